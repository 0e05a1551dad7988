#include "core/settings.h"

#include "core/endpoint.h"
#include "core/panel_parts.h"

enum { IPC_PATH_MAX = 107 }; /* of a UNIX socket's address */

const char *const az_trust_words[] = {"nothing", "names", NULL};

int az_settings_read(struct az_arena *arena, const char *text, const char *what,
                     const struct az_settings_source *source, const struct az_key_row *rows,
                     void *into, struct az_yaml **root, struct az_error *err)
{
    struct az_panel holder = {.arena = arena, .path = source->path};
    struct az_panel_source env = {.env = source->env, .arg = source->env_arg};
    struct az_panel_draft d = {.panel = &holder, .source = &env};
    const char *origin = az_panel_origin(arena, what, source->path);
    struct az_yaml *y;
    if (!origin)
        return az_oom(err);
    int r = az_yaml_parse(arena, az_str(text), origin, &y, err);
    if (r < 0)
        return r;
    if (y->type == AZ_Y_NULL)
        return az_fail(err, AZ_EINVAL, "%s: it is empty", origin);
    r = az_panel_expand(&d, y, err);
    if (r == 0)
        r = az_keys_fill(y, rows, "the configuration", into, err);
    if (r == 0 && root)
        *root = y;
    return r;
}

int az_settings_file(struct az_arena *arena, const struct az_settings_source *source,
                     const char **path, struct az_error *err)
{
    if (!*path)
        return 0;
    const char *joined = az_path_beside(arena, source->path, *path);
    if (!joined)
        return az_oom(err);
    *path = joined;
    return 0;
}

bool az_endpoint_is_remote(const char *endpoint)
{
    return az_str_starts(az_str(endpoint), "tcp://");
}

static const char *fault(const char *endpoint)
{
    struct az_str s = az_str(endpoint);
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] <= 0x20 || (unsigned char)s.p[i] >= 0x7f)
            return "has white space or a character that is not ASCII in it";
    }
    if (az_str_starts(s, "ipc:///"))
        return s.n - 6 > IPC_PATH_MAX ? "is longer than a socket's path may be"
               : s.n == 7             ? "names no socket"
                                      : NULL;
    if (!az_endpoint_is_remote(endpoint))
        return "is neither tcp:// nor ipc:///";
    struct az_endpoint at;
    if (az_endpoint_parse(endpoint, &at, NULL) < 0 || az_str_ends(s, ":*"))
        return "has no host and port";
    return NULL;
}

int az_settings_endpoint(const struct az_yaml *root, const char *key, const char *endpoint,
                         struct az_error *err)
{
    const char *what = fault(endpoint);
    if (!what)
        return 0;
    az_yaml_fail(err, az_yaml_get(root, key), "'%s' %s", key, what);
    az_hint(err, "Write tcp://HOST:PORT, or ipc:///PATH for one machine.");
    return AZ_EINVAL;
}

int az_settings_name(const struct az_yaml *root, const char *key, const char *name,
                     struct az_error *err)
{
    char what[64];
    snprintf(what, sizeof(what), "'%s'", key);
    return az_panel_name(az_yaml_get(root, key), az_str(name), what, err);
}
