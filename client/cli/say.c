/* What a command tells its user on stderr. */
#include <stdarg.h>

#include "client/cli/command.h"

int az_report(const struct az_error *err, int code)
{
    fprintf(stderr, "assize: %s\n", err->what);
    if (*err->hint)
        fprintf(stderr, "        %s\n", err->hint);
    return code;
}

void az_warn(const char *fmt, ...)
{
    char line[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    fprintf(stderr, "assize: %s\n", line);
}

int az_exit_of(const struct az_error *err)
{
    switch (err->code) {
    case AZ_EUSAGE:
        return AZ_EXIT_USAGE;
    case AZ_ENOENT:
        return AZ_EXIT_NO_INPUT;
    case AZ_EIO:
        return AZ_EXIT_NO_INPUT;
    case AZ_EOUTPUT:
        return AZ_EXIT_OUTPUT;
    case AZ_EBUSY:
        return AZ_EXIT_UNFINISHED;
    case AZ_ENOMEM:
    case AZ_EPROTO:
        return AZ_EXIT_SOFTWARE;
    default:
        return AZ_EXIT_CONFIG;
    }
}
