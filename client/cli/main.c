#include <signal.h>
#include <sodium/core.h>
#include <stdarg.h>

#include "client/cli/command.h"
#include "core/str.h"

const struct az_command *const az_commands[] = {
    &az_cmd_run,
    &az_cmd_filter,
    NULL,
};

static void help(FILE *to)
{
    fputs("assize: a panel of judges for language model outputs\n\n", to);
    for (const struct az_command *const *c = az_commands; *c; c++)
        fprintf(to, "  assize %-8s %-28s %s\n", (*c)->name, (*c)->args, (*c)->summary);
    fputs("\nassize COMMAND --help tells more. assize --version.\n", to);
}

static void help_command(const struct az_command *c)
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_buf_fmt(&b, "usage: assize %s %s\n\n%s.\n", c->name, c->args, c->summary);
    if (c->more)
        az_buf_fmt(&b, "\n%s\n", c->more);
    az_buf_z(&b, "\noptions:\n");
    az_options_help(&b, c->options);
    fputs(b.p ? b.p : "", stdout);
}

static int unknown_command(const char *name)
{
    const char *names[AZ_LEN(az_commands)];
    for (size_t i = 0; i < AZ_LEN(az_commands); i++)
        names[i] = az_commands[i] ? az_commands[i]->name : NULL;
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
