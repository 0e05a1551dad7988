#include "client/cli/combined.h"

#include <string.h>

#include "core/mem.h"
#include "statistics/folds.h"
#include "statistics/learn/explain.h"

void az_combined_release(struct az_combined *c)
{
    az_methods_release(&c->methods);
    free(c->weights);
    free(c->adds);
    *c = (struct az_combined){0};
}

/* Labelled and asked in full, in their order. */
static size_t rows_of(const struct az_corpus *c, uint32_t *room)
{
    size_t n = 0;
    for (size_t i = 0; i < az_corpus_n(c); i++) {
        if (az_sample_labelled(&c->sample, i) && c->in_full[i])
            room[n++] = (uint32_t)i;
    }
    return n;
}

static int compare(struct az_combined *c, const struct az_design *d, struct az_rows rows,
                   uint64_t seed, struct az_error *err)
{
    static const char *const names[] = {"votes", "single", "logodds", "auto"};
    int r = 0;
    for (size_t i = 0; r == 0 && i < AZ_LEN(names); i++)
        r = az_methods_add(&c->methods, names[i], d, rows, seed, err);
    for (size_t i = 0; i < c->methods.n; i++) {
        if (strcmp(c->methods.v[i].name, "votes") == 0)
            c->methods.v[i].name = "majority";
    }
    return r;
}

/* One fit a judge and fold: on large panels from fewer items. */
static int worth(struct az_combined *c, const struct az_design *d, struct az_rows rows,
                 uint32_t *room, uint64_t seed, struct az_error *err)
{
    size_t n = d->frame.n_judges;
    size_t most = AZ_COMBINED_WORTH / (n * n * d->frame.n_labels);
    AZ_AUTO_MEM struct az_judge_worth *v = az_alloc((n + 1) * sizeof(*v));
    c->weights = az_zalloc((n + 1) * sizeof(*c->weights));
    c->adds = az_zalloc((n + 1) * sizeof(*c->adds));
    if (!v || !c->weights || !c->adds)
        return az_oom(err);
    if (rows.n > most && most >= AZ_LEARN_LEAST)
        rows = (struct az_rows){room, az_draw(room, rows.n, most, seed)};
    int r = most < AZ_LEARN_LEAST ? 0 : az_explain_judges(d, rows, seed, v, err);
    for (size_t j = 0; r == 0 && j < n; j++) {
        struct az_figure none = az_figure_none("too many judges to take each away", 0);
        c->weights[j] = most < AZ_LEARN_LEAST ? none : v[j].weight;
        c->adds[j] = most < AZ_LEARN_LEAST ? none : v[j].adds;
    }
    return r;
}

static int fit(const struct az_corpus *from, struct az_combined *c, uint64_t seed,
               struct az_error *err)
{
    struct az_sample picked = {0};
    struct az_design d = {0};
    AZ_AUTO_MEM uint32_t *room = az_alloc((az_corpus_n(from) + 1) * sizeof(*room));
    if (!room)
        return az_oom(err);
    size_t n = rows_of(from, room);
    c->labelled = c->used = (int64_t)n;
    if (n < AZ_COMBINED_LEAST) {
        c->reason = "fewer than 20 items with gold";
        return 0;
    }
    if (n > AZ_COMBINED_MOST)
        c->used = (int64_t)(n = az_draw(room, n, AZ_COMBINED_MOST, seed));
    int r = az_sample_pick(&from->sample, room, n, NULL, &picked) < 0 ? az_oom(err) : 0;
    if (r == 0)
        r = az_design_init(&d, &picked, 0, n, err);
    struct az_rows rows = r == 0 ? az_labelled(&d, room) : (struct az_rows){0};
    if (r == 0)
        r = compare(c, &d, rows, seed, err);
    if (r == 0)
        r = worth(c, &d, rows, room, seed, err);
    az_design_release(&d);
    az_sample_release(&picked);
    return r;
}

int az_combined(const struct az_corpus *c, uint64_t seed, struct az_combined *ret,
                struct az_error *err)
{
    *ret = (struct az_combined){.n_judges = c->panel->n_judges};
    if (!c->sample.n_labels)
        ret->reason = "a score without steps has no levels to learn";
    else if (c->panel->n_judges > AZ_DESIGN_JUDGES_MAX)
        ret->reason = "more judges than are fitted";
    else if (c->panel->n_judges > 0)
        return fit(c, ret, seed, err);
    return 0;
}
