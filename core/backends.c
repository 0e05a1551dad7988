#include "core/backends.h"

#include "core/panel_parts.h"

enum { WORDS_MAX = 4096 }; /* of a command, of models */

/* A list of texts as an array that ends in NULL. */
static int texts(struct az_panel_draft *d, const struct az_yaml *list, const char *key, size_t *n,
                 const char ***ret, struct az_error *err)
{
    if (list->type != AZ_Y_LIST || !list->n || list->n > WORDS_MAX)
        return az_yaml_fail(err, list, "'%s' must be a list of 1 to %d texts", key, WORDS_MAX);
    const char **v = az_arena_zalloc(d->panel->arena, (list->n + 1) * sizeof(*v));
    if (!v)
        return az_oom(err);
    *n = 0;
    for (const struct az_yaml *c = list->first; c; c = c->next) {
        if (!az_yaml_is_scalar(c) || c->type == AZ_Y_NULL)
            return az_yaml_fail(err, c, "'%s' must be a list of texts", key);
        v[(*n)++] = c->text.p;
    }
    *ret = v;
    return 0;
}

static int serve(struct az_panel_draft *d, struct az_backend_draft *draft, struct az_error *err)
{
    const struct az_yaml *y = draft->serve;
    struct az_serve_draft s = {0};
    int r = az_keys_fill(y, az_serve_keys, "serve", &s, err);
    if (r == 0)
        r = texts(d, s.command, "command", &s.serve.n_command, &s.serve.command, err);
    if (r < 0)
        return r;
    struct az_str ready = az_str(s.serve.ready);
    if (!az_str_starts(ready, "http://") && !az_str_starts(ready, "https://")) {
        az_yaml_fail(err, az_yaml_get(y, "ready"), "'ready' is no http:// or https:// url");
        az_hint(err, "Most servers have http://localhost:PORT/health.");
        return AZ_EINVAL;
    }
    struct az_serve *kept = az_arena_zalloc(d->panel->arena, sizeof(*kept));
    if (!kept)
        return az_oom(err);
    *kept = s.serve;
    draft->backend.serve = kept;
    return 0;
}

int az_panel_worker_backend(struct az_panel_draft *d, struct az_backend_draft *draft,
                            const struct az_yaml *map, struct az_error *err)
{
    struct az_backend *b = &draft->backend;
    int r = 0;
    if (b->limit_group) {
        const struct az_yaml *at = az_yaml_get(map, "limit_group");
        r = az_panel_name(at, az_str(b->limit_group), "a limit group's name", err);
        if (r == 0 && b->rpm <= 0 && b->tpm <= 0) {
            az_yaml_fail_key(err, at, "'limit_group' without a limit to share");
            az_hint(err, "State 'rpm', 'tpm' or both, as the account has them.");
            return AZ_EINVAL;
        }
    }
    if (r == 0 && draft->models)
        r = texts(d, draft->models, "models", &b->n_models, &b->models, err);
    return r == 0 && draft->serve ? serve(d, draft, err) : r;
}

int az_backends_read(struct az_arena *arena, const struct az_yaml *list,
                     const struct az_settings_source *source, struct az_backend **ret, size_t *n,
                     struct az_error *err)
{
    struct az_panel holder = {.arena = arena, .path = source->path};
    struct az_panel_source env = {.env = source->env, .arg = source->env_arg};
    struct az_panel_draft d = {.panel = &holder, .source = &env, .worker = true};
    if (list->type != AZ_Y_LIST || !list->n) {
        az_yaml_fail(err, list, "'backends' must be a list, and not an empty one");
        az_hint(err, "A worker without backends can answer nothing.");
        return AZ_EINVAL;
    }
    int r = az_panel_backend_twins(list, err);
    if (r < 0)
        return r;
    struct az_backend *v = az_arena_zalloc(arena, list->n * sizeof(*v));
    if (!v)
        return az_oom(err);
    size_t i = 0;
    for (const struct az_yaml *c = list->first; c && r == 0; c = c->next)
        r = az_panel_backend(&d, c, source->path, &v[i++], err);
    if (r < 0)
        return r;
    *ret = v;
    *n = i;
    return 0;
}
