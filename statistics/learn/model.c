#include "statistics/learn/model.h"

#include <string.h>

#include "core/mem.h"
#include "statistics/folds.h"

size_t az_model_size(const struct az_model *m, size_t field)
{
    const struct az_field *f = &m->learner->fields[field];
    return f->name ? f->size(&m->frame) : 0;
}

struct az_model *az_model_empty(const struct az_learner *learner, const struct az_frame *f)
{
    AZ_AUTO(model) m = az_zalloc(sizeof(*m));
    if (!m)
        return NULL;
    m->learner = learner;
    m->frame = *f;
    for (size_t i = 0; i < AZ_MODEL_FIELDS && learner->fields[i].name; i++) {
        m->arrays[i] = az_zalloc((az_model_size(m, i) + 1) * sizeof(double));
        if (!m->arrays[i])
            return NULL;
    }
    return AZ_TAKE(m);
}

/* Places are never unseen: what is right of one is right of all. */
static bool is_place(const struct az_frame *f, size_t label)
{
    return f->answers == AZ_ANSWERS_EXCHANGEABLE && (int)label != f->tie;
}

static void see(struct az_model *m, const struct az_design *d, struct az_rows rows)
{
    double seen[AZ_SAMPLE_LABELS_MAX] = {0};
    size_t labels = m->frame.n_labels, missing = 0;
    for (size_t r = 0; r < rows.n; r++) {
        for (size_t k = 0; k < labels; k++)
            seen[k] += az_design_truth(d, rows.v[r])[k];
    }
    for (size_t k = 0; k < labels; k++)
        missing += seen[k] == 0 && !is_place(&m->frame, k);
    for (size_t k = 0; k < labels; k++)
        m->unseen[k] = seen[k] == 0 && !is_place(&m->frame, k)
                           ? 0.5 / ((double)rows.n + 0.5 * (double)labels)
                           : 0;
    if (missing == labels)
        memset(m->unseen, 0, sizeof(m->unseen));
}

struct az_model *az_model_new(const struct az_learner *learner, const struct az_design *d,
                              struct az_rows rows)
{
    AZ_AUTO_MEM uint64_t *clusters = az_alloc((rows.n + 1) * sizeof(*clusters));
    AZ_AUTO(model) m = az_model_empty(learner, &d->frame);
    if (!m || !clusters)
        return NULL;
    for (size_t r = 0; r < rows.n; r++)
        clusters[r] = d->clusters[rows.v[r]];
    int64_t n = az_clusters(clusters, rows.n);
    if (n < 0)
        return NULL;
    m->n_labelled = rows.n;
    m->n_clusters = (size_t)n;
    see(m, d, rows);
    return AZ_TAKE(m);
}

void az_model_free(struct az_model *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < AZ_MODEL_FIELDS; i++)
        free(m->arrays[i]);
    for (size_t i = 0; i < AZ_MODEL_PARTS; i++)
        az_model_free(m->parts[i]);
    free(m);
}

void az_model_open(const struct az_model *m, const struct az_design *d, size_t item, bool *open)
{
    for (size_t k = 0; k < m->frame.n_labels; k++)
        open[k] = k < (size_t)d->labels_of[item] && m->unseen[k] == 0;
}

/* What was never seen gets its share; the whole is 1. */
static void whole(const struct az_model *m, size_t n_labels, double *p)
{
    double sum = 0, unseen = 0;
    for (size_t k = 0; k < n_labels; k++) {
        unseen += m->unseen[k];
        sum += p[k];
    }
    for (size_t k = 0; k < n_labels; k++) {
        double seen = sum > 0 ? p[k] * (1 - unseen) / sum : 0;
        p[k] = m->unseen[k] > 0 ? m->unseen[k] : seen;
    }
    sum = 0;
    for (size_t k = 0; k < n_labels; k++)
        sum += p[k];
    for (size_t k = 0; k < n_labels; k++)
        p[k] = sum > 0 ? p[k] / sum : 1 / (double)n_labels;
}

int az_model_predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                     double *p)
{
    az_assert(m->frame.n_judges == d->frame.n_judges && m->frame.n_labels == d->frame.n_labels);
    int r = m->learner->predict(m, d, rows, p);
    for (size_t i = 0; r == 0 && i < rows.n && !m->learner->mixture; i++)
        whole(m, (size_t)d->labels_of[rows.v[i]], p + i * m->frame.n_labels);
    return r;
}
