/* core/panel_backend.c: one backend from its keys. A key is named, never
 * written: a message must not show what may be one. */
#include "core/json.h"
#include "core/panel_parts.h"

bool az_kind_is_remote(enum az_backend_kind_id kind)
{
    return kind == AZ_KIND_OPENAI || kind == AZ_KIND_ANTHROPIC;
}

static bool is_env_name(const char *s)
{
    size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
    return n && !s[n] && !(s[0] >= '0' && s[0] <= '9');
}

/* Does the text say where a key is, rather than being one? */
static bool names_a_key(const char *key)
{
    if (strncmp(key, "env:", 4) == 0)
        return is_env_name(key + 4);
    if (strncmp(key, "file:", 5) != 0 && strncmp(key, "cred:", 5) != 0)
        return false;
    return strchr(key, ':')[1];
}

static int check_key(const struct az_yaml *at, const char *key, struct az_error *err)
{
    if (!key || names_a_key(key))
        return 0;
    az_yaml_fail(err, at, "'key' must say where the key is, and never hold it");
    az_hint(err, "Write env:NAME, file:PATH or cred:NAME; and if that was a real key, it is known "
                 "to whoever reads this file.");
    return AZ_EINVAL;
}

static bool carries_secret(struct az_str name)
{
    static const char *const names[] = {"authorization",       "x-api-key", "api-key",
                                        "proxy-authorization", "cookie",    "x-goog-api-key"};
    for (size_t i = 0; i < AZ_LEN(names); i++) {
        if (az_str_eqz_nocase(name, names[i]))
            return true;
    }
    return false;
}

static bool is_header(const struct az_yaml *c)
{
    size_t n = strspn(c->key.p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    if (!n || n != c->key.n || !az_yaml_is_scalar(c) || c->type == AZ_Y_NULL)
        return false;
    for (size_t i = 0; i < c->text.n; i++) {
        if ((unsigned char)c->text.p[i] < 0x20 || c->text.p[i] == 0x7f)
            return false;
    }
    return true;
}

static int headers(struct az_panel_draft *d, struct az_backend_draft *draft, struct az_error *err)
{
    const struct az_yaml *y = draft->headers;
    AZ_AUTO_BUF b = az_buf(64 << 10);
    if (y->type != AZ_Y_MAP)
        return az_yaml_fail(err, y, "'headers' must be a map from names to texts");
    struct az_jw w = az_jw(&b);
    az_jw_obj(&w);
    for (const struct az_yaml *c = y->first; c; c = c->next) {
        if (carries_secret(c->key)) {
            az_yaml_fail_key(err, c, "header '%s' carries a secret", c->key.p);
            az_hint(err, "Use the backend's 'key'.");
            return AZ_EINVAL;
        }
        if (!is_header(c))
            return az_yaml_fail_key(err, c, "'%.60s' is no header of one line", c->key.p);
        az_jw_kstr(&w, c->key.p, c->text);
    }
    az_jw_obj_end(&w);
    int r = az_buf_check(&b, err);
    if (r < 0)
        return r;
    draft->backend.headers = az_arena_strndup(d->panel->arena, b.p, b.n);
    return draft->backend.headers ? 0 : az_oom(err);
}

/* Keys that only some kinds have; and none from a stranger but names and rates. */
static int check_keys(const struct az_panel_draft *d, const struct az_backend_draft *draft,
                      const struct az_yaml *map, struct az_error *err)
{
    static const struct {
        const char *key;
        bool remote, recorded, submitted;
    } rules[] = {
        {"url", true, false, false},         {"key", true, false, false},
        {"headers", true, false, false},     {"rpm", true, false, true},
        {"tpm", true, false, true},          {"slots", true, true, true},
        {"file", false, true, false},        {"delay_ms", false, true, true},
        {"models", true, false, false},      {"serve", true, false, false},
        {"limit_group", true, false, false},
    };
    const char *kind = az_backend_words[draft->kind];
    for (size_t i = 0; i < AZ_LEN(rules); i++) {
        const struct az_yaml *y = az_yaml_get(map, rules[i].key);
        if (!y || y->type == AZ_Y_NULL)
            continue;
        bool fits = az_kind_is_remote(draft->kind)    ? rules[i].remote
                    : draft->kind == AZ_KIND_RECORDED ? rules[i].recorded
                                                      : false;
        if (!fits)
            return az_yaml_fail_key(err, y, "'%s' means nothing for kind %s", rules[i].key, kind);
        if (d->source->submitted && !rules[i].submitted) {
            az_yaml_fail_key(err, y, "'%s' is refused in a submitted panel", rules[i].key);
            az_hint(err, "Name a backend that the service's workers know.");
            return AZ_EINVAL;
        }
    }
    return 0;
}

/* A panel may come from anybody: it says what to ask, and runs nothing. */
static int no_worker_keys(const struct az_yaml *map, struct az_error *err)
{
    for (int i = 0; map->type == AZ_Y_MAP && i < AZ_WORKER_ROWS; i++) {
        const char *key = az_worker_backend_keys[i].name;
        const struct az_yaml *y = az_yaml_get(map, key);
        if (!y)
            continue;
        az_yaml_fail_key(err, y, "'%s' is refused in a panel", key);
        az_hint(err, "It belongs to a backend of a worker's configuration.");
        return AZ_EINVAL;
    }
    return 0;
}

static int fill(const struct az_panel_draft *d, const struct az_yaml *map,
                struct az_backend_draft *draft, struct az_error *err)
{
    if (d->worker)
        return az_keys_fill(map, az_worker_backend_keys, "a backend", draft, err);
    int r = no_worker_keys(map, err);
    return r < 0 ? r : az_keys_fill(map, az_backend_keys, "a backend", draft, err);
}

static int recorded_file(struct az_panel_draft *d, struct az_backend *b, const struct az_yaml *map,
                         const char *from, struct az_error *err)
{
    if (b->file) {
        b->file = az_path_beside(d->panel->arena, from, b->file);
        return b->file ? 0 : az_oom(err);
    }
    if (az_panel_by_name(d))
        return 0;
    az_yaml_fail(err, map, "backend '%.60s' of recorded ballots has no 'file'", b->name);
    az_hint(err, "Add file: with the path of a ballots TSV or JSONL.");
    return AZ_EINVAL;
}

/* `from` is the file that it stands in. */
int az_panel_backend(struct az_panel_draft *d, const struct az_yaml *map, const char *from,
                     struct az_backend *ret, struct az_error *err)
{
    struct az_backend_draft draft = {0};
    int r = fill(d, map, &draft, err);
    if (r == 0)
        r = check_keys(d, &draft, map, err);
    if (r == 0)
        r = az_panel_name(az_yaml_get(map, "name"), az_str(draft.backend.name), "a backend's name",
                          err);
    if (r == 0 && strchr(draft.backend.name, '/')) {
        az_yaml_fail(err, az_yaml_get(map, "name"), "a backend's name has a '/' in it");
        az_hint(err, "BACKEND/MODEL is split at the first slash.");
        return AZ_EINVAL;
    }
    if (r == 0)
        r = check_key(az_yaml_get(map, "key"), draft.backend.key, err);
    if (r == 0 && draft.headers)
        r = headers(d, &draft, err);
    if (r == 0 && draft.url)
        r = az_panel_urls(d, &draft, err);
    else if (r == 0 && az_kind_is_remote(draft.kind) && !az_panel_by_name(d))
        r = az_panel_provider(d, &draft.backend, draft.kind, map, err);
    if (r == 0 && draft.kind == AZ_KIND_RECORDED)
        r = recorded_file(d, &draft.backend, map, from, err);
    if (r == 0)
        r = az_panel_worker_backend(d, &draft, map, err);
    if (r < 0)
        return r;
    draft.backend.kind = az_backend_words[draft.kind];
    *ret = draft.backend;
    return 0;
}
