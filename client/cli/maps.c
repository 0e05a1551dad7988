#include "client/cli/maps.h"

#include <string.h>

void az_maps_release(struct az_maps *m)
{
    for (size_t i = 0; i < m->n; i++) {
        az_mapped_release(&m->v[i].mapped);
        az_quality_release(&m->v[i].quality[0]);
        az_quality_release(&m->v[i].quality[1]);
    }
    *m = (struct az_maps){0};
}

int az_maps_add(struct az_maps *m, const char *name, const struct az_design *d, struct az_rows rows,
                uint64_t seed, struct az_error *err)
{
    az_assert(m->n < AZ_MAPS_MAX);
    struct az_map_told *t = &m->v[m->n];
    int r = az_mapped_fit(name, d, rows, seed, &t->mapped, err);
    if (r < 0)
        return r;
    m->n++;
    t->learner = t->before.name = t->after.name = az_learner_find(name)->name;
    r = az_method_measure(d, rows, t->mapped.raw, true, &t->quality[0], &t->before);
    if (r == 0)
        r = az_method_measure(d, rows, t->mapped.q, true, &t->quality[1], &t->after);
    return r < 0 ? az_oom(err) : 0;
}

const struct az_map_told *az_maps_find(const struct az_maps *m, const char *learner)
{
    for (size_t i = 0; i < m->n; i++) {
        if (strcmp(m->v[i].learner, learner) == 0)
            return &m->v[i];
    }
    return NULL;
}
