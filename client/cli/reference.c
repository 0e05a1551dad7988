#include "client/cli/reference.h"

#include "core/mem.h"
#include "statistics/guarantee/pick.h"

/* The one answer on top; -1: shared, or none. */
static int top_of(const double *p, size_t k)
{
    bool top[AZ_SAMPLE_LABELS_MAX];
    if (az_top(p, k, top) != 1)
        return -1;
    for (size_t l = 0; l < k; l++) {
        if (top[l])
            return (int)l;
    }
    return -1;
}

static void tried(struct az_tried *t, bool hit)
{
    t->n++;
    t->hit += hit;
}

static void try_judges(const struct az_design *d, size_t item, int truth, int answer,
                       struct az_reference *r)
{
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        if (!(az_design_has(d, item, j) & AZ_HAS_SHARE))
            continue;
        int said = top_of(az_design_share(d, item, j), d->frame.n_labels);
        if (truth >= 0)
            tried(&r->wrong[j], said != truth);
        if (answer >= 0)
            tried(&r->apart[j], said != answer);
    }
}

int az_reference_of(const struct az_design *d, struct az_rows rows, const double *p, uint64_t seed,
                    struct az_reference *ret)
{
    size_t k = d->frame.n_labels, n = 0;
    bool judges = d->frame.answers != AZ_ANSWERS_ORDINAL;
    AZ_AUTO_MEM uint32_t *picked = az_alloc((rows.n + 1) * sizeof(*picked));
    AZ_AUTO_MEM uint64_t *clusters = az_alloc((rows.n + 1) * sizeof(*clusters));
    if (judges) {
        ret->wrong = az_zalloc(d->frame.n_judges * sizeof(*ret->wrong));
        ret->apart = az_zalloc(d->frame.n_judges * sizeof(*ret->apart));
    }
    if (!picked || !clusters || (judges && (!ret->wrong || !ret->apart)))
        return AZ_ENOMEM;
    for (size_t i = 0; i < rows.n; i++)
        clusters[i] = d->clusters[rows.v[i]];
    if (az_pick_one(clusters, NULL, rows.n, seed, picked, &n) < 0)
        return AZ_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        size_t item = rows.v[picked[i]];
        int answer = top_of(p + picked[i] * k, k), truth = top_of(az_design_truth(d, item), k);
        if (answer >= 0 && truth >= 0)
            tried(&ret->panel, answer != truth);
        if (judges)
            try_judges(d, item, truth, answer, ret);
    }
    return 0;
}

void az_reference_release(struct az_reference *r)
{
    free(r->wrong);
    free(r->apart);
    *r = (struct az_reference){0};
}
