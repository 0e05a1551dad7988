#include "statistics/guarantee/pick.h"

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"

struct member {
    uint64_t cluster;
    uint32_t item;
};

static int by_cluster(const void *a, const void *b)
{
    const struct member *p = a, *q = b;
    if (p->cluster != q->cluster)
        return p->cluster < q->cluster ? -1 : 1;
    return (p->item > q->item) - (p->item < q->item);
}

static int ascending(const void *a, const void *b)
{
    uint32_t p = *(const uint32_t *)a, q = *(const uint32_t *)b;
    return (p > q) - (p < q);
}

int az_pick_one(const uint64_t *cluster, const bool *use, size_t n, uint64_t seed, uint32_t *picked,
                size_t *n_picked)
{
    AZ_AUTO_MEM struct member *members = az_alloc(n * sizeof(*members));
    size_t used = 0, got = 0;
    if (!members)
        return AZ_ENOMEM;
    az_assert(n <= UINT32_MAX);
    for (size_t i = 0; i < n; i++) {
        if (!use || use[i])
            members[used++] = (struct member){cluster ? cluster[i] : i, (uint32_t)i};
    }
    if (cluster)
        qsort(members, used, sizeof(*members), by_cluster);

    for (size_t i = 0, end; i < used; i = end) {
        for (end = i + 1; end < used && members[end].cluster == members[i].cluster; end++)
            ;
        struct az_rng rng = az_rng(seed ^ members[i].cluster);
        picked[got++] = members[i + az_rng_below(&rng, end - i)].item;
    }
    qsort(picked, got, sizeof(*picked), ascending);
    *n_picked = got;
    return 0;
}
