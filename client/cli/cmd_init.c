/* assize init [pair|score|choice]: a panel to start from. */
#include "client/cli/command.h"
#include "client/cli/io_terminal.h"
#include "client/cli/starter.h"
#include "core/io_file.h"
#include "core/str.h"

struct options {
    const char *out;
};

static const struct az_opt table[] = {
    {"output", 'o', AZ_OPT_STRING, offsetof(struct options, out), "FILE",
     "write it here; a file that is there stays as it is", 0},
    {0},
};

static int unknown(const char *name, struct az_error *err)
{
    const char *names[] = {"pair", "score", "choice", NULL};
    const char *near = az_nearest(az_str(name), names);
    az_fail(err, AZ_EUSAGE, "no starter panel '%s'", name);
    if (near)
        az_hint(err, "Did you mean '%s'?", near);
    else
        az_hint(err, "There are pair, score and choice.");
    return AZ_EUSAGE;
}

static int write_new(const char *path, const char *yaml, struct az_error *err)
{
    int r = az_file_put(path, AZ_OUT_NEW, az_str(yaml), err);
    if (r == AZ_EEXIST)
        az_hint(err, "Name another file with -o, or remove it.");
    return r;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    const struct az_starter *starter = NULL;
    int r = az_options_parse(table, argc, argv, &o, args, 1, &n, &err);
    if (r == 0)
        starter = n ? az_starter_find(args[0]) : az_starters;
    if (r == 0 && !starter)
        r = unknown(args[0], &err);
    if (r == 0 && o.out && strcmp(o.out, "-") != 0)
        r = write_new(o.out, starter->yaml, &err);
    if (r < 0)
        return az_report(&err, r == AZ_EEXIST ? AZ_EXIT_OUTPUT : az_exit_of(&err));
    if (o.out && strcmp(o.out, "-") != 0)
        return 0;
    AZ_AUTO_BUF b = az_buf(1 << 20);
    az_buf_z(&b, starter->yaml);
    return az_print(&b);
}

const struct az_command az_cmd_init = {
    .name = "init",
    .args = "[pair|score|choice]",
    .summary = "a commented panel to start from",
    .options = table,
    .run = run,
};
