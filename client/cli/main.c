#include <signal.h>
#include <sodium/core.h>

#include "client/cli/command.h"
#include "client/cli/manual.h"
#include "core/str.h"

enum { COMMANDS_MAX = 64 };

static void print(const struct az_buf *b, FILE *to)
{
    fputs(b->p ? b->p : "", to);
}

static void help(FILE *to)
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_manual_commands(&b);
    print(&b, to);
}

static void help_command(const struct az_command *c)
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_manual_help(&b, c);
    print(&b, stdout);
}

static int unknown_command(const char *name)
{
    const char *names[COMMANDS_MAX + 1];
    size_t n = 0;
    for (; n < COMMANDS_MAX && az_commands[n]; n++)
        names[n] = az_commands[n]->name;
    names[n] = NULL;
    const char *near = az_nearest(az_str(name), names);
    struct az_error err;
    az_fail(&err, AZ_EUSAGE, "unknown command '%s'", name);
    if (near)
        az_hint(&err, "Did you mean 'assize %s'?", near);
    else
        az_hint(&err, "See assize --help.");
    return az_report(&err, AZ_EXIT_USAGE);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (sodium_init() < 0) {
        fputs("assize: libsodium does not start\n", stderr);
        return AZ_EXIT_SOFTWARE;
    }
    if (argc < 2) {
        help(stderr);
        return AZ_EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("assize " ASSIZE_VERSION);
        return 0;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        help(stdout);
        return 0;
    }
    for (const struct az_command *const *c = az_commands; *c; c++) {
        if (strcmp(argv[1], (*c)->name))
            continue;
        for (int i = 2; i < argc && strcmp(argv[i], "--"); i++) {
            if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
                help_command(*c);
                return 0;
            }
        }
        return (*c)->run(argc - 1, argv + 1);
    }
    return unknown_command(argv[1]);
}
