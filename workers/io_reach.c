#include "workers/io_reach.h"

#include "core/mem.h"
#include "workers/io_recorded.h"

/* What belongs to one backend of the config. */
struct way {
    const struct az_backend *backend;
    struct az_secret_key *key;
    struct az_recorded *recorded;
    size_t n_urls;
    char **urls; /* with the kind's path */
};

struct az_reach {
    size_t n;
    struct way *ways;
};

static int way_urls(struct way *way, const struct az_backend_kind *kind, struct az_error *err)
{
    const struct az_backend *b = way->backend;
    way->n_urls = AZ_MAX(b->n_urls, (size_t)1);
    way->urls = az_zalloc(way->n_urls * sizeof(char *));
    if (!way->urls)
        return az_oom(err);
    for (size_t i = 0; i < way->n_urls; i++) {
        AZ_AUTO_BUF url = az_buf(8192);
        az_buf_z(&url, b->n_urls ? b->urls[i] : kind->url);
        az_buf_z(&url, kind->path);
        way->urls[i] = az_buf_take(&url);
        if (!way->urls[i])
            return az_oom(err);
    }
    return 0;
}

static int way_init(struct way *way, const struct az_backend *b, struct az_error *err)
{
    way->backend = b;
    if (!strcmp(b->kind, "recorded"))
        return az_recorded_load(b->file, &way->recorded, err);
    if (az_backend_is_local(b))
        return 0;
    const struct az_backend_kind *kind = az_backend_kind_find(b->kind);
    if (!kind)
        return az_fail(err, AZ_EINVAL, "no kind '%s'", b->kind);
    int r = az_secret_key_read(b->key, &way->key, err);
    return r < 0 ? r : way_urls(way, kind, err);
}

int az_reach_new(const struct az_backend *backends, size_t n, struct az_reach **ret,
                 struct az_error *err)
{
    AZ_AUTO(reach) reach = az_zalloc(sizeof(*reach));
    if (!reach)
        return az_oom(err);
    reach->ways = az_zalloc(n * sizeof(*reach->ways));
    if (!reach->ways)
        return az_oom(err);
    for (reach->n = 0; reach->n < n;) {
        const struct az_backend *b = &backends[reach->n];
        int r = way_init(&reach->ways[reach->n++], b, err);
        if (r < 0)
            return az_wrap(err, "backend '%s'", b->name);
    }
    *ret = AZ_TAKE(reach);
    return 0;
}

void az_reach_free(struct az_reach *reach)
{
    if (!reach)
        return;
    for (size_t i = 0; i < reach->n; i++) {
        struct way *way = &reach->ways[i];
        az_secret_key_free(way->key);
        az_recorded_free(way->recorded);
        for (size_t u = 0; way->urls && u < way->n_urls; u++)
            free(way->urls[u]);
        free(way->urls);
    }
    free(reach->ways);
    free(reach);
}

bool az_reach_same(const struct az_reach *a, const struct az_reach *b)
{
    for (size_t i = 0; a->n == b->n && i < a->n; i++) {
        if (a->ways[i].recorded || b->ways[i].recorded ||
            !az_secret_key_same(a->ways[i].key, b->ways[i].key))
            return false;
    }
    return a->n == b->n;
}

const struct az_recorded *az_reach_recorded(const struct az_reach *r, size_t backend)
{
    return r->ways[backend].recorded;
}

struct az_http_call az_reach_call(const struct az_reach *r, const struct az_wfx *x)
{
    const struct way *way = &r->ways[x->call.backend];
    const char *url = way->urls[0];
    for (size_t i = 0; i < way->backend->n_urls; i++) {
        if (way->backend->urls[i] == x->call.url)
            url = way->urls[i];
    }
    return (struct az_http_call){.url = url,
                                 .headers = x->call.kind->headers,
                                 .extra_headers = way->backend->headers,
                                 .key = way->key,
                                 .auth = x->call.kind->auth,
                                 .body = x->call.body,
                                 .timeout_ms = x->call.timeout_ms,
                                 .call = x->call.call};
}
