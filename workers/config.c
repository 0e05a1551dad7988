#include "workers/config.h"

#include "core/backends.h"

#define AT(field) .at = offsetof(struct az_worker_setup, field)

const struct az_key_row az_worker_keys[] = {
    {"name", AZ_KEY_TEXT, AT(name), .required = true,
     .doc = "What the worker is called in lists and logs."},
    {"coordinator", AZ_KEY_TEXT, AT(coordinator), .required = true,
     .doc = "The coordinator's endpoint for workers: tcp://HOST:PORT or ipc:///PATH."},
    {"key", AZ_KEY_TEXT, AT(key),
     .doc = "The file of the worker's secret key, as `assize keygen` makes one; needed for "
            "tcp://."},
    {"coordinator_key", AZ_KEY_TEXT, AT(coordinator_key),
     .doc = "The file of the coordinator's public key: whoever lacks the other half is not "
            "talked to."},
    {"insecure", AZ_KEY_WORD, AT(trust), .words = az_trust_words, .def = "nothing",
     .doc = "names: no keys, as the coordinator says too."},
    {"cache", AZ_KEY_TEXT, AT(cache), .def_doc = "none",
     .doc = "The file that keeps answers, so that nothing is paid for twice; workers of one "
            "machine may share it."},
    {"slots", AZ_KEY_INT, AT(slots), .min = 1, .max = 100000, .def_doc = "the sum of the backends'",
     .doc = "Calls under way at once, over all backends."},
    {"backends", AZ_KEY_NODE, AT(list), .shape = AZ_SHAPE_TABLES, .required = true,
     .doc = "What it can call. Panels name these backends, and nothing of what reaches them."},
    {"log", AZ_KEY_WORD, AT(log), .words = az_log_words, .what = "log level", .def = "info",
     .doc = "What is logged: this level and what is worse."},
    {0},
};

static int check_trust(const struct az_worker_setup *s, const struct az_yaml *root,
                       struct az_error *err)
{
    const char *said = s->key ? "key" : s->coordinator_key ? "coordinator_key" : NULL;
    if (s->trust == AZ_TRUST_NAMES && said) {
        az_yaml_fail_key(err, az_yaml_get(root, "insecure"), "both 'insecure' and '%s'", said);
        az_hint(err, "With keys, leave 'insecure' out.");
        return AZ_EINVAL;
    }
    bool bare = az_endpoint_is_remote(s->coordinator) && (!s->key || !s->coordinator_key);
    if (s->trust == AZ_TRUST_NAMES || !bare)
        return 0;
    az_yaml_fail(err, az_yaml_get(root, "coordinator"),
                 "'coordinator' is tcp://, and there is no '%s'",
                 s->key ? "coordinator_key" : "key");
    az_hint(err, "Make keys with 'assize keygen'; or write insecure: names, as the coordinator "
                 "must then too.");
    return AZ_EINVAL;
}

/* Keep the list's files, and what else it names, where the configuration is. */
static int files(struct az_worker_setup *s, const struct az_settings_source *source,
                 struct az_error *err)
{
    int r = az_settings_file(s->arena, source, &s->key, err);
    if (r == 0)
        r = az_settings_file(s->arena, source, &s->coordinator_key, err);
    if (r == 0 && s->cache && !strcmp(s->cache, "none"))
        s->cache = NULL;
    return r < 0 ? r : az_settings_file(s->arena, source, &s->cache, err);
}

static int fill(struct az_worker_setup *s, const char *text,
                const struct az_settings_source *source, struct az_error *err)
{
    struct az_yaml *root;
    int r = az_settings_read(s->arena, text, "worker", source, az_worker_keys, s, &root, err);
    if (r == 0)
        r = az_settings_name(root, "name", s->name, err);
    if (r == 0)
        r = az_settings_endpoint(root, "coordinator", s->coordinator, err);
    if (r == 0)
        r = check_trust(s, root, err);
    if (r == 0)
        r = files(s, source, err);
    return r < 0 ? r
                 : az_backends_read(s->arena, s->list, source, &s->backends, &s->n_backends, err);
}

int az_worker_setup_read(const char *text, const struct az_settings_source *source,
                         struct az_worker_setup **ret, struct az_error *err)
{
    AZ_AUTO(arena) a = az_arena_new(8192);
    struct az_worker_setup *s = a ? az_arena_zalloc(a, sizeof(*s)) : NULL;
    if (!s)
        return az_oom(err);
    s->arena = a;
    int r = fill(s, text, source, err);
    if (r < 0)
        return r;
    a = NULL;
    *ret = s;
    return 0;
}

void az_worker_setup_free(struct az_worker_setup *s)
{
    if (s)
        az_arena_free(s->arena);
}

/* ---- comparing ---- */

static bool same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static bool same_list(size_t n, const char *const *a, size_t m, const char *const *b)
{
    for (size_t i = 0; n == m && i < n; i++) {
        if (!same(a[i], b[i]))
            return false;
    }
    return n == m;
}

static bool same_serve(const struct az_serve *a, const struct az_serve *b)
{
    if (!a || !b)
        return a == b;
    return same_list(a->n_command, a->command, b->n_command, b->command) &&
           same(a->ready, b->ready) && a->restart == b->restart && a->stop_s == b->stop_s;
}

/* A limit that is no longer stated cannot be taken back from a worker that runs. */
static bool limit_goes_on(double was, double now)
{
    return was == now || now > 0;
}

static bool backend_goes_on(const struct az_backend *a, const struct az_backend *b)
{
    return same(a->name, b->name) && same(a->kind, b->kind) &&
           same_list(a->n_urls, a->urls, b->n_urls, b->urls) && same(a->key, b->key) &&
           same(a->file, b->file) && a->delay_ms == b->delay_ms && same(a->headers, b->headers) &&
           same(a->limit_group, b->limit_group) &&
           same_list(a->n_models, a->models, b->n_models, b->models) &&
           same_serve(a->serve, b->serve) && limit_goes_on(a->slots, b->slots) &&
           limit_goes_on(a->rpm, b->rpm) && limit_goes_on(a->tpm, b->tpm);
}

bool az_worker_setup_goes_on(const struct az_worker_setup *was, const struct az_worker_setup *now)
{
    bool goes_on = same(was->name, now->name) && same(was->coordinator, now->coordinator) &&
                   same(was->key, now->key) && same(was->coordinator_key, now->coordinator_key) &&
                   was->trust == now->trust && same(was->cache, now->cache) &&
                   was->slots == now->slots && was->n_backends == now->n_backends;
    for (size_t i = 0; goes_on && i < now->n_backends; i++)
        goes_on = backend_goes_on(&was->backends[i], &now->backends[i]);
    return goes_on;
}
