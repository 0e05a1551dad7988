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

void az_say(const char *fmt, ...)
{
    char line[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    fprintf(stderr, "assize: %s\n", line);
}
