#include "client/cli/io_panel.h"

#include <errno.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/io_file.h"
#include "core/mem.h"
#include "core/prompt.h"
#include "core/str.h"
#include "policies/policy.h"
#include "workers/lexical/lexical.h"

enum { PANEL_MAX = 4 << 20 };

/* The folder of a panel, with its slash; "" for the working directory. */
static void folder_of(const char *path, struct az_buf *b)
{
    const char *slash = strrchr(path, '/');
    if (slash)
        az_buf_put(b, path, (size_t)(slash - path) + 1);
}

static int read_named(void *arg, const char *path, char **ret, struct az_error *err)
{
    AZ_AUTO_BUF whole = az_buf(1 << 16);
    if (path[0] != '/')
        folder_of(arg, &whole);
    az_buf_z(&whole, path);
    int r = az_buf_check(&whole, err);
    return r < 0 ? r : az_file_read(whole.p, PANEL_MAX, ret, NULL, err);
}

static const char *read_env(void *arg, const char *name)
{
    return getenv(name);
}

static int check_judge(const struct az_panel *panel, const struct az_judge *judge, bool elsewhere,
                       struct az_error *err)
{
    const struct az_backend *backend = &panel->backends[judge->backend_at];
    if (!strcmp(backend->kind, "lexical"))
        return az_lexical_check(panel, judge, err);
    if (elsewhere || !backend->file || access(backend->file, R_OK) == 0)
        return 0;
    return az_fail(err, AZ_EINVAL, "backend '%s': can't read '%s': %s", backend->name,
                   backend->file, strerror(errno));
}

/* What only the parts that ask and answer can tell. */
static int check_judges(const struct az_panel *panel, bool elsewhere, struct az_error *err)
{
    AZ_AUTO(prompter) prompter = NULL;
    int r = az_prompter_new(panel, &prompter, err);
    for (size_t j = 0; r == 0 && j < panel->n_judges; j++)
        r = check_judge(panel, &panel->judges[j], elsewhere, err);
    return r;
}

/* A panel that is not there is a configuration that is wrong, not lacking input. */
static int read_panel_file(const char *path, char **ret, struct az_error *err)
{
    int r = az_file_read(path, PANEL_MAX, ret, NULL, err);
    if (r == AZ_ENOENT || r == AZ_EIO)
        r = err->code = AZ_EINVAL;
    return r;
}

/* `source` says whose backends it names; the rest is filled in. */
static int parse(const char *path, const char *backends_path, const struct az_opt_list *set,
                 struct az_panel_source source, struct az_panel **ret, struct az_error *err)
{
    AZ_AUTO_MEM char *yaml = NULL;
    AZ_AUTO_MEM char *backends = NULL;
    int r = read_panel_file(path, &yaml, err);
    if (r == 0 && backends_path)
        r = read_panel_file(backends_path, &backends, err);
    if (r < 0)
        return r;
    source.read = read_named;
    source.env = read_env;
    source.arg = (void *)path;
    source.backends_yaml = backends;
    source.backends_path = backends_path;
    source.n_set = set ? set->n : 0;
    source.set = set ? set->v : NULL;
    r = az_panel_parse(yaml, path, &source, ret, err);
    if (r == AZ_ENOENT || r == AZ_EIO)
        r = err->code = AZ_EINVAL; /* a file that it names */
    return r;
}

static int load(const char *path, const char *backends_path, const struct az_opt_list *set,
                bool elsewhere, struct az_panel **ret, struct az_error *err)
{
    AZ_AUTO(panel) panel = NULL;
    struct az_panel_source source = {.elsewhere = elsewhere};
    int r = parse(path, backends_path, set, source, &panel, err);
    if (r < 0)
        return r;
    r = az_policy_check(panel, err);
    if (r == 0)
        r = check_judges(panel, elsewhere, err);
    if (r < 0)
        return r == AZ_ENOMEM ? r : az_wrap(err, "panel '%s'", path);
    *ret = AZ_TAKE(panel);
    return 0;
}

int az_panel_load(const char *path, const char *backends_path, const struct az_opt_list *set,
                  struct az_panel **ret, struct az_error *err)
{
    return load(path, backends_path, set, false, ret, err);
}

int az_panel_load_elsewhere(const char *path, const char *backends_path,
                            const struct az_opt_list *set, struct az_panel **ret,
                            struct az_error *err)
{
    return load(path, backends_path, set, true, ret, err);
}

int az_panel_load_kept(const char *dir, struct az_panel **ret, struct az_error *err)
{
    AZ_AUTO_BUF path = az_buf(1 << 16);
    struct az_panel_source source = {.portable = true}; /* a service's names its workers' */
    az_buf_fmt(&path, "%s/panel.yaml", dir);
    int r = az_buf_check(&path, err);
    if (r < 0)
        return r;
    AZ_AUTO(panel) panel = NULL;
    r = parse(path.p, NULL, NULL, source, &panel, err);
    if (r == 0)
        r = az_policy_calibrate(panel, err);
    if (r == 0)
        *ret = AZ_TAKE(panel);
    return r;
}

int az_env_file_load(const char *path, struct az_error *err)
{
    AZ_AUTO_MEM char *text = NULL;
    int r = az_file_read(path, 1 << 20, &text, NULL, err);
    if (r < 0)
        return r;
    struct az_str rest = az_str(text), line;
    for (int number = 1; az_str_line(&rest, &line); number++) {
        line = az_str_trim(line);
        if (!line.n || line.p[0] == '#')
            continue;
        if (az_str_starts(line, "export "))
            line = az_str_trim((struct az_str){line.p + 7, line.n - 7});
        const char *eq = memchr(line.p, '=', line.n);
        if (!eq || eq == line.p)
            return az_fail(err, AZ_EINVAL, "'%s': line %d: expected NAME=VALUE", path, number);
        struct az_str value = {eq + 1, line.n - (size_t)(eq + 1 - line.p)};
        char q = value.n ? value.p[0] : 0;
        if (value.n >= 2 && (q == '"' || q == '\'') && value.p[value.n - 1] == q)
            value = (struct az_str){value.p + 1, value.n - 2};
        AZ_AUTO_BUF name = az_buf(4096);
        AZ_AUTO_BUF copy = az_buf(1 << 16);
        az_buf_put(&name, line.p, (size_t)(eq - line.p));
        az_buf_str(&copy, value);
        az_buf_char(&copy, '\0');
        if (name.failed || copy.failed || setenv(name.p, copy.p, 0) < 0)
            return az_fail(err, AZ_EINVAL, "'%s': line %d can't be set", path, number);
    }
    return 0;
}

void az_path_stem(const char *path, char *stem, size_t size)
{
    static const char *const packed[] = {".gz", ".zst", NULL};
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    struct az_str s = az_str(base);
    for (const char *const *end = packed; *end; end++) {
        if (az_str_ends(s, *end))
            s.n -= strlen(*end);
    }
    ptrdiff_t dot = az_str_rfind(s, AZ_STR("."));
    if (dot > 0)
        s.n = (size_t)dot;
    snprintf(stem, size, AZ_STR_FMT, AZ_STR_ARG(s));
}
