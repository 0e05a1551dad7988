#include "coordinator/config.h"

#define AT(field) .at = offsetof(struct az_coordinator_setup, field)

const struct az_key_row az_coordinator_keys[] = {
    {"state", AZ_KEY_TEXT, AT(state), .required = true,
     .doc = "The directory of jobs and their catalog; one coordinator each."},
    {"clients", AZ_KEY_TEXT, AT(clients), .required = true,
     .doc = "Where clients come to: tcp://ADDRESS:PORT, or ipc:///PATH for one machine."},
    {"workers", AZ_KEY_TEXT, AT(workers), .required = true, .doc = "Where workers come to."},
    {"key", AZ_KEY_TEXT, AT(key),
     .doc = "The file of the coordinator's secret key, as `assize keygen` makes one; needed for "
            "tcp://."},
    {"principals", AZ_KEY_TEXT, AT(principals),
     .doc = "The file that lists who may come, one `principal key roles` a line; read again on "
            "SIGHUP."},
    {"insecure", AZ_KEY_WORD, AT(trust), .words = az_trust_words, .def = "nothing",
     .doc = "names: no keys. Whoever connects may do everything, and a worker is who it says it "
            "is; for a network where everybody is trusted."},
    {"http", AZ_KEY_TEXT, AT(http),
     .doc = "Where /metrics and /healthz are: a port of 127.0.0.1, or ADDRESS:PORT."},
    {"silence_ms", AZ_KEY_INT, AT(silence_ms), .min = 1000, .max = 3600000, .def = "15000",
     .doc = "A worker not heard for so long is taken for lost: what it held is asked elsewhere."},
    {"jobs_open", AZ_KEY_INT, AT(jobs_open), .min = 1, .max = 4096, .def = "64",
     .doc = "Jobs that are worked on at once; the others wait."},
    {"window_items", AZ_KEY_INT64, AT(window_items), .min = 1, .max = 1000000, .def = "2000",
     .doc = "Items of one job that are under way at once."},
    {"log", AZ_KEY_WORD, AT(log), .words = az_log_words, .what = "log level", .def = "info",
     .doc = "What is logged: this level and what is worse."},
    {0},
};

/* "9090", "ADDRESS:PORT", "[::1]:9090". */
static bool read_http(struct az_coordinator_setup *s)
{
    struct az_str all = az_str(s->http), host = AZ_STR("127.0.0.1");
    ptrdiff_t colon = az_str_rfind(all, AZ_STR(":"));
    int64_t port;
    if (colon >= 0)
        host = (struct az_str){all.p, (size_t)colon};
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct az_str){host.p + 1, host.n - 2};
    bool fits = host.n && host.n < sizeof(s->http_host);
    if (!fits || !az_str_int(az_str(all.p + colon + 1), &port) || port < 1 || port > 65535)
        return false;
    memcpy(s->http_host, host.p, host.n);
    s->http_port = (int)port;
    return true;
}

static int check_http(struct az_coordinator_setup *s, const struct az_yaml *root,
                      struct az_error *err)
{
    if (!s->http || read_http(s))
        return 0;
    az_yaml_fail(err, az_yaml_get(root, "http"), "'http' is no port and no ADDRESS:PORT");
    az_hint(err, "Write a port, as 9464: it is then heard on 127.0.0.1 only.");
    return AZ_EINVAL;
}

/* Over tcp a coordinator without keys would let anybody in: that must be said. */
static int check_trust(const struct az_coordinator_setup *s, const struct az_yaml *root,
                       struct az_error *err)
{
    static const char *const both[] = {"clients", "workers"};
    if (s->trust == AZ_TRUST_NAMES) {
        if (!s->key && !s->principals)
            return 0;
        az_yaml_fail_key(err, az_yaml_get(root, "insecure"), "both 'insecure' and '%s'",
                         s->key ? "key" : "principals");
        az_hint(err, "With keys, leave 'insecure' out.");
        return AZ_EINVAL;
    }
    for (size_t i = 0; i < AZ_LEN(both); i++) {
        const char *endpoint = i ? s->workers : s->clients;
        if (!az_endpoint_is_remote(endpoint) || (s->key && s->principals))
            continue;
        az_yaml_fail(err, az_yaml_get(root, both[i]), "'%s' is tcp://, and there is no '%s'",
                     both[i], s->key ? "principals" : "key");
        az_hint(err, "Make keys with 'assize keygen'; or write insecure: names where everybody "
                     "who reaches this port is trusted.");
        return AZ_EINVAL;
    }
    return 0;
}

static int check(struct az_coordinator_setup *s, const struct az_yaml *root, struct az_error *err)
{
    int r = az_settings_endpoint(root, "clients", s->clients, err);
    if (r == 0)
        r = az_settings_endpoint(root, "workers", s->workers, err);
    if (r == 0 && !strcmp(s->clients, s->workers)) {
        az_yaml_fail(err, az_yaml_get(root, "workers"), "'workers' is where the clients come to");
        az_hint(err, "Give each an endpoint of its own.");
        r = AZ_EINVAL;
    }
    if (r == 0)
        r = check_trust(s, root, err);
    return r < 0 ? r : check_http(s, root, err);
}

static int fill(struct az_coordinator_setup *s, const char *text,
                const struct az_settings_source *source, struct az_error *err)
{
    struct az_yaml *root;
    int r =
        az_settings_read(s->arena, text, "coordinator", source, az_coordinator_keys, s, &root, err);
    if (r == 0)
        r = check(s, root, err);
    if (r == 0)
        r = az_settings_file(s->arena, source, &s->state, err);
    if (r == 0)
        r = az_settings_file(s->arena, source, &s->key, err);
    return r < 0 ? r : az_settings_file(s->arena, source, &s->principals, err);
}

int az_coordinator_setup_read(const char *text, const struct az_settings_source *source,
                              struct az_coordinator_setup **ret, struct az_error *err)
{
    AZ_AUTO(arena) a = az_arena_new(8192);
    struct az_coordinator_setup *s = a ? az_arena_zalloc(a, sizeof(*s)) : NULL;
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

void az_coordinator_setup_free(struct az_coordinator_setup *s)
{
    if (s)
        az_arena_free(s->arena);
}

static bool same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

const char *az_coordinator_setup_fixed(const struct az_coordinator_setup *a,
                                       const struct az_coordinator_setup *b)
{
    if (!same(a->state, b->state))
        return "state";
    if (!same(a->clients, b->clients))
        return "clients";
    if (!same(a->workers, b->workers))
        return "workers";
    if (!same(a->key, b->key))
        return "key";
    if (!same(a->principals, b->principals))
        return "principals";
    if (!same(a->http, b->http))
        return "http";
    if (a->trust != b->trust)
        return "insecure";
    return a->silence_ms != b->silence_ms ? "silence_ms" : NULL;
}
