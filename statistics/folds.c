#include "statistics/folds.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/rng.h"

/* A cluster's items are a run of `order`, which is sorted by cluster. */
struct cluster {
    uint64_t id, hash;
    size_t first, n; /* of order */
    int32_t class;
};

struct clusters {
    struct cluster *v;
    size_t n;
    struct item {
        uint64_t cluster;
        uint32_t at;
    } * order;
};

static int by_cluster(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

static int by_hash(const void *a, const void *b)
{
    const struct cluster *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* One class after the other; in it large clusters first. */
static int by_class(const void *a, const void *b)
{
    const struct cluster *x = a, *y = b;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return by_hash(a, b);
}

static void release(struct clusters *c)
{
    free(c->v);
    free(c->order);
}

static int find(struct clusters *c, const uint64_t *clusters, const int32_t *class_of, size_t n,
                uint64_t seed)
{
    c->v = az_alloc((n + 1) * sizeof(*c->v));
    c->order = az_alloc((n + 1) * sizeof(*c->order));
    if (!c->v || !c->order) {
        release(c);
        return AZ_ENOMEM;
    }
    for (size_t i = 0; i < n; i++)
        c->order[i] = (struct item){clusters[i], (uint32_t)i};
    qsort(c->order, n, sizeof(*c->order), by_cluster);
    c->n = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t id = c->order[i].cluster;
        int32_t class = class_of ? class_of[c->order[i].at] : 0;
        if (i == 0 || id != c->order[i - 1].cluster)
            c->v[c->n++] = (struct cluster){id, az_hash64_mix(id, seed), i, 0, class};
        c->v[c->n - 1].n++;
        c->v[c->n - 1].class = AZ_MIN(c->v[c->n - 1].class, class);
    }
    return 0;
}

static size_t emptiest(const size_t *items, size_t n_folds, size_t from)
{
    size_t best = from % n_folds;
    for (size_t k = 1; k < n_folds; k++) {
        size_t f = (from + k) % n_folds;
        if (items[f] < items[best])
            best = f;
    }
    return best;
}

int az_folds(const uint64_t *clusters, const int32_t *class_of, size_t n, size_t n_folds,
             uint64_t seed, uint32_t *ret)
{
    struct clusters c = {0};
    az_assert(n_folds >= 2);
    AZ_AUTO_MEM size_t *items = az_zalloc(n_folds * sizeof(*items));
    if (!items || find(&c, clusters, class_of, n, seed) < 0)
        return AZ_ENOMEM;
    qsort(c.v, c.n, sizeof(*c.v), by_class);
    for (size_t i = 0, last = 0; i < c.n; i++) {
        size_t fold = emptiest(items, n_folds, last);
        for (size_t k = 0; k < c.v[i].n; k++)
            ret[c.order[c.v[i].first + k].at] = (uint32_t)fold;
        items[fold] += c.v[i].n;
        last = fold + 1;
    }
    release(&c);
    return 0;
}

int64_t az_split(const uint64_t *clusters, size_t n, double share, uint64_t seed, bool *taken)
{
    struct clusters c = {0};
    size_t got = 0;
    if (find(&c, clusters, NULL, n, seed) < 0)
        return AZ_ENOMEM;
    qsort(c.v, c.n, sizeof(*c.v), by_hash);
    for (size_t i = 0; i < n; i++)
        taken[i] = false;
    for (size_t i = 0; i < c.n && (i == 0 || (double)got + 0.5 < share * (double)n); i++) {
        for (size_t k = 0; k < c.v[i].n; k++)
            taken[c.order[c.v[i].first + k].at] = true;
        got += c.v[i].n;
    }
    release(&c);
    return (int64_t)got;
}

size_t az_draw(uint32_t *v, size_t n, size_t want, uint64_t seed)
{
    struct az_rng rng = az_rng(seed);
    size_t taken = 0;
    if (want >= n)
        return n;
    for (size_t i = 0; i < n && taken < want; i++) {
        if (az_rng_below(&rng, n - i) < want - taken)
            v[taken++] = v[i];
    }
    return taken;
}

int64_t az_clusters(const uint64_t *clusters, size_t n)
{
    struct clusters c = {0};
    if (find(&c, clusters, NULL, n, 0) < 0)
        return AZ_ENOMEM;
    release(&c);
    return (int64_t)c.n;
}
