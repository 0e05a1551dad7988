#include "coordinator/tally.h"

#include "core/mem.h"

struct az_tally *az_tally_new(void)
{
    return az_zalloc(sizeof(struct az_tally));
}

void az_tally_free(struct az_tally *t)
{
    for (size_t i = 0; t && i < t->n; i++)
        free((char *)t->v[i].name);
    free(t);
}

struct az_backend_figures *az_tally_at(struct az_tally *t, const char *backend)
{
    for (size_t i = 0; i < t->n; i++) {
        if (!strcmp(t->v[i].name, backend))
            return &t->v[i];
    }
    char *name = t->n < AZ_TALLY_BACKENDS ? az_strdup(backend) : NULL;
    if (!name)
        return NULL;
    t->v[t->n].name = name;
    return &t->v[t->n++];
}

void az_tally_ballot(struct az_tally *t, const char *backend, const struct az_ballot *ballot)
{
    struct az_backend_figures *f = az_tally_at(t, backend);
    if (!f)
        return; /* a count is not worth ending a job for */
    f->ballots++;
    f->cached += ballot->cached;
    f->spent = az_nusd_add(f->spent, ballot->cost);
    if (ballot->error)
        f->errors[ballot->error]++;
    else if (!ballot->cached)
        az_spread_add(&f->answers, ballot->ms);
}

void az_tally_look(struct az_tally *t)
{
    for (size_t i = 0; i < t->n; i++) {
        struct az_backend_figures *f = &t->v[i];
        f->workers = f->queued = f->leases = f->credit = 0;
    }
}
