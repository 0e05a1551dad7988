#include "core/io_program.h"

#include <signal.h>
#include <sodium/core.h>
#include <sys/resource.h>

#include "core/exits.h"
#include "core/io_file.h"

enum { CONFIG_MAX = 4 << 20 };

static rlim_t descriptors; /* the soft limit before it was raised; 0 = it was not */

int az_program_exit(const struct az_error *err)
{
    int code = az_exit_of(err);
    return code == AZ_EXIT_NO_INPUT ? AZ_EXIT_CONFIG : code;
}

int az_program_fail(const struct az_program *p, const struct az_error *err)
{
    fprintf(stderr, "%s: %s\n", p->name, err->what);
    if (*err->hint)
        fprintf(stderr, "%*s  %s\n", (int)strlen(p->name), "", err->hint);
    return az_program_exit(err);
}

static int show_help(const struct az_program *p)
{
    AZ_AUTO_BUF b = az_buf(1 << 16);
    struct az_error err = {0};
    az_program_help(&b, p);
    if (az_buf_check(&b, &err) < 0)
        return az_program_fail(p, &err);
    fputs(b.p, stdout);
    return AZ_EXIT_OK;
}

/* A connection takes one, and libzmq ends the process when none is left for one
 * over ipc://. The soft limit is 1024 for the sake of select(), which nobody here
 * calls. Where it can't be raised it stays. */
static void raise_descriptors(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
        descriptors = l.rlim_cur;
        l.rlim_cur = l.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &l);
    }
}

void az_program_lower(void)
{
    struct rlimit l;
    if (descriptors && getrlimit(RLIMIT_NOFILE, &l) == 0) {
        l.rlim_cur = descriptors;
        (void)setrlimit(RLIMIT_NOFILE, &l);
    }
}

int az_program_begin(const struct az_program *p, int argc, char **argv,
                     struct az_program_options *o)
{
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    signal(SIGPIPE, SIG_IGN);
    if (az_options_parse(az_program_table, argc, argv, o, args, 0, &n, &err) < 0)
        return az_program_fail(p, &err);
    if (o->help)
        return show_help(p);
    if (o->version) {
        printf("%s %s\n", p->name, ASSIZE_VERSION);
        return AZ_EXIT_OK;
    }
    if (sodium_init() < 0) {
        az_fail(&err, AZ_EPROTO, "libsodium does not start");
        return az_program_fail(p, &err);
    }
    raise_descriptors();
    return AZ_PROGRAM_GOES_ON;
}

int az_program_config(const struct az_program *p, const struct az_program_options *o, char **text,
                      const char **path, struct az_error *err)
{
    *path = o->config ? o->config : p->config;
    int r = az_file_read(*path, CONFIG_MAX, text, NULL, err);
    if (r == AZ_ENOENT && !o->config)
        az_hint(err, "Write one, or name another with --config FILE.");
    if (r == AZ_ENOENT || r == AZ_EIO)
        r = err->code = AZ_EINVAL;
    return r;
}

const char *az_program_env(void *arg, const char *name)
{
    return getenv(name);
}
