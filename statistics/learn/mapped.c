#include "statistics/learn/mapped.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/learn/parts.h"

static const double least_probability = 1e-12;

/* ---- what a map is applied to ---- */

static double voters(const struct az_design *d, size_t item)
{
    double n = 0;
    for (size_t j = 0; j < d->frame.n_judges; j++)
        n += (az_design_has(d, item, j) & AZ_HAS_SHARE) != 0;
    return n;
}

/* Logits of an item's k answers. Nobody's votes are alike for all. */
static void logits(const struct az_learner *learner, const struct az_design *d, size_t item,
                   const double *p, double *z)
{
    size_t k = (size_t)d->labels_of[item];
    double n = learner == &az_learn_votes ? voters(d, item) : 0;
    for (size_t i = 0; i < k; i++) {
        double v = learner == &az_learn_votes ? (n * p[i] + 1 / (double)k) / (n + 1) : p[i];
        z[i] = log(AZ_MAX(v, least_probability));
    }
}

void az_mapped_apply(const struct az_learner *learner, const struct az_calibrator *map,
                     const struct az_design *d, struct az_rows rows, double *p)
{
    double z[AZ_SAMPLE_LABELS_MAX];
    if (map->kind == AZ_CALIBRATOR_NONE && learner != &az_learn_votes)
        return;
    for (size_t r = 0; r < rows.n; r++) {
        double *of = p + r * d->frame.n_labels;
        logits(learner, d, rows.v[r], of, z);
        az_calibrator_apply(map, z, (size_t)d->labels_of[rows.v[r]], of);
    }
}

/* Labels with a meaning of their own, and the tie of a pair. */
static uint64_t own_labels(const struct az_frame *f)
{
    if (f->answers != AZ_ANSWERS_EXCHANGEABLE)
        return UINT64_MAX;
    return f->tie >= 0 ? UINT64_C(1) << f->tie : 0;
}

/* ---- maps from what was said out of fold ---- */

struct work {
    const char *name;
    const struct az_learner *learner;
    const struct az_design *d;
    struct az_rows rows;
    uint64_t seed;
    uint32_t *fold;  /* of rows */
    uint32_t *room;  /* 2 n */
    double *said;    /* n_folds tables of n rows: [f] by models that have not seen f either */
    double *some;    /* n rows */
    double *z, *w;   /* n rows; n */
    int32_t *truth;  /* n */
    int16_t *labels; /* n */
    uint64_t *clusters;
    bool few; /* a model had too few labels: what it says is of another kind */
};

static void work_release(struct work *k)
{
    free(k->fold);
    free(k->room);
    free(k->said);
    free(k->z);
    free(k->w);
    free(k->truth);
    free(k->labels);
    free(k->clusters);
}

static int work_init(struct work *k)
{
    size_t n = k->rows.n, row = n * k->d->frame.n_labels;
    k->fold = az_alloc((n + 1) * sizeof(*k->fold));
    k->room = az_alloc((2 * n + 1) * sizeof(*k->room));
    k->said = az_zalloc(((AZ_LEARN_FOLDS + 1) * row + 1) * sizeof(*k->said));
    k->z = az_alloc((row + 1) * sizeof(*k->z));
    k->w = az_alloc((n + 1) * sizeof(*k->w));
    k->truth = az_alloc((n + 1) * sizeof(*k->truth));
    k->labels = az_alloc((n + 1) * sizeof(*k->labels));
    k->clusters = az_alloc((n + 1) * sizeof(*k->clusters));
    if (!k->fold || !k->room || !k->said || !k->z || !k->w || !k->truth || !k->labels ||
        !k->clusters)
        return AZ_ENOMEM;
    k->some = k->said + AZ_LEARN_FOLDS * row;
    return az_learn_folds(k->d, k->rows, AZ_LEARN_FOLDS, k->seed, k->fold);
}

/* The likeliest true label, where it is the likelier one. */
static int32_t truth_of(const struct az_design *d, size_t item)
{
    const double *truth = az_design_truth(d, item);
    for (size_t k = 0; k < d->frame.n_labels; k++) {
        if (truth[k] > 0.5)
            return (int32_t)k;
    }
    return -1;
}

static struct az_rows without(struct work *k, uint32_t f, uint32_t g)
{
    struct az_rows in = {k->room, 0};
    for (size_t r = 0; r < k->rows.n; r++) {
        if (k->fold[r] != f && k->fold[r] != g)
            k->room[in.n++] = k->rows.v[r];
    }
    return in;
}

/* What `m` says of the rows of fold `of`, into `to`. */
static int say(struct work *k, const struct az_model *m, uint32_t of, double *to)
{
    size_t labels = k->d->frame.n_labels;
    struct az_rows out = az_rows_of(k->rows, k->fold, of, true, k->room + k->rows.n);
    if (az_model_predict(m, k->d, out, k->some) < 0)
        return AZ_ENOMEM;
    for (size_t r = 0, at = 0; r < k->rows.n; r++) {
        if (k->fold[r] == of)
            memcpy(to + r * labels, k->some + at++ * labels, labels * sizeof(*to));
    }
    return 0;
}

/* Votes are what they are, whoever is left out. */
static int say_votes(struct work *k, const struct az_model *m)
{
    size_t table = k->rows.n * k->d->frame.n_labels;
    if (az_model_predict(m, k->d, k->rows, k->said) < 0)
        return AZ_ENOMEM;
    for (size_t f = 1; f < AZ_LEARN_FOLDS; f++)
        memcpy(k->said + f * table, k->said, table * sizeof(*k->said));
    return 0;
}

static int say_all(struct work *k, struct az_error *err)
{
    size_t table = k->rows.n * k->d->frame.n_labels;
    for (uint32_t f = 0; f < AZ_LEARN_FOLDS; f++) {
        for (uint32_t g = f; g < AZ_LEARN_FOLDS; g++) {
            AZ_AUTO(model) m = NULL;
            int r = az_learn(k->name, k->d, without(k, f, g), k->seed, &m, err);
            if (r < 0)
                return r;
            if (m->learner == &az_learn_votes && k->learner == &az_learn_votes)
                return say_votes(k, m) < 0 ? az_oom(err) : 0;
            k->few = k->few || *m->reason;
            if (say(k, m, g, k->said + f * table) < 0 || say(k, m, f, k->said + g * table) < 0)
                return az_oom(err);
        }
    }
    return 0;
}

/* The map of what `said` says of all rows but those of fold `f` (n_folds: of all). */
static int map_of(struct work *k, const double *said, uint32_t f, struct az_crossfit *ret)
{
    size_t labels = k->d->frame.n_labels, n = 0;
    for (size_t r = 0; r < k->rows.n; r++) {
        size_t item = k->rows.v[r];
        if (k->fold[r] == f)
            continue;
        logits(k->learner, k->d, item, said + r * labels, k->z + n * labels);
        k->truth[n] = truth_of(k->d, item);
        k->w[n] = k->d->weight[item];
        k->labels[n] = k->d->labels_of[item];
        k->clusters[n++] = k->d->clusters[item];
    }
    struct az_logits l = {n, labels, k->z, k->labels, k->truth, k->w};
    return az_crossfit(&l, k->clusters, own_labels(&k->d->frame), (1u << AZ_CALIBRATOR_KINDS) - 1,
                       AZ_LEARN_FOLDS, k->seed, ret);
}

/* q of the rows of one fold, by a map that has not seen them. */
static int map_fold(struct work *k, uint32_t f, struct az_mapped *m)
{
    size_t labels = k->d->frame.n_labels, table = k->rows.n * labels;
    struct az_crossfit c;
    if (map_of(k, k->said + f * table, f, &c) < 0)
        return AZ_ENOMEM;
    for (size_t r = 0; r < k->rows.n; r++) {
        if (k->fold[r] == f)
            az_mapped_apply(k->learner, &c.map, k->d, (struct az_rows){&k->rows.v[r], 1},
                            m->q + r * labels);
    }
    az_crossfit_release(&c);
    return 0;
}

/* The map that is kept. */
static int keep(struct work *k, struct az_mapped *m)
{
    struct az_crossfit c;
    if (map_of(k, m->raw, AZ_LEARN_FOLDS, &c) < 0)
        return AZ_ENOMEM;
    m->map = c.map;
    m->reason = c.reason;
    memcpy(m->tried, c.tried, sizeof(m->tried));
    memcpy(m->loss, c.loss, sizeof(m->loss));
    c.map = (struct az_calibrator){0};
    az_crossfit_release(&c);
    return 0;
}

static int fit(struct work *k, struct az_mapped *m)
{
    static const struct az_calibrator none;
    size_t labels = k->d->frame.n_labels, table = k->rows.n * labels;
    int r = 0;
    for (size_t i = 0; i < k->rows.n; i++)
        memcpy(m->raw + i * labels, k->said + k->fold[i] * table + i * labels,
               labels * sizeof(*m->raw));
    memcpy(m->q, m->raw, table * sizeof(*m->q));
    if (k->few) {
        m->reason = "too few labels to choose a map by";
        return 0;
    }
    for (uint32_t f = 0; r == 0 && f < AZ_LEARN_FOLDS; f++)
        r = map_fold(k, f, m);
    if (r == 0)
        r = keep(k, m);
    az_mapped_apply(k->learner, &none, k->d, k->rows, m->raw);
    return r;
}

int az_mapped_fit(const char *learner, const struct az_design *d, struct az_rows rows,
                  uint64_t seed, struct az_mapped *ret, struct az_error *err)
{
    size_t table = rows.n * d->frame.n_labels + 1;
    if (!az_learner_find(learner))
        return az_fail(err, AZ_EINVAL, "no learner is called '%s'", learner);
    struct work k = {
        .name = learner, .learner = az_learner_find(learner), .d = d, .rows = rows, .seed = seed};
    struct az_mapped m = {.raw = az_alloc(table * sizeof(*m.raw)),
                          .q = az_alloc(table * sizeof(*m.q))};
    int r = m.raw && m.q && work_init(&k) == 0 ? 0 : az_oom(err);
    if (r == 0)
        r = say_all(&k, err);
    if (r == 0 && fit(&k, &m) < 0)
        r = az_oom(err);
    work_release(&k);
    if (r < 0) {
        az_mapped_release(&m);
        return r;
    }
    *ret = m;
    return 0;
}

void az_mapped_release(struct az_mapped *m)
{
    az_calibrator_release(&m->map);
    free(m->raw);
    free(m->q);
    *m = (struct az_mapped){0};
}
