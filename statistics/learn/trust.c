#include "statistics/learn/trust.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"

/* Judges are taken to be better than chance until labels say otherwise: a sample of
 * twenty easily has a panel below it, and a slope below 0 turns every answer round. */
static const double SLOPE_MEAN = 2.5, SLOPE_SD = 2.5, CONSTANT_SD = 2;

static size_t per_strength(const struct az_frame *f)
{
    return f->answers == AZ_ANSWERS_ORDINAL || f->tie >= 0 ? 2 : 1;
}

static size_t constants(const struct az_frame *f)
{
    if (f->answers != AZ_ANSWERS_EXCHANGEABLE)
        return f->n_labels;
    return f->tie >= 0;
}

size_t az_trust_size(const struct az_frame *f, size_t n)
{
    return n * per_strength(f) + constants(f);
}

size_t az_trust_tri(const struct az_frame *f, size_t n)
{
    size_t size = az_trust_size(f, n);
    return size * (size + 1) / 2;
}

void az_levels_standard(const struct az_frame *f, double *levels)
{
    double mean = 0, ss = 0, n = (double)f->n_labels;
    for (size_t k = 0; k < f->n_labels; k++)
        mean += f->levels[k] / n;
    for (size_t k = 0; k < f->n_labels; k++)
        ss += (f->levels[k] - mean) * (f->levels[k] - mean) / n;
    for (size_t k = 0; k < f->n_labels; k++)
        levels[k] = ss > 0 ? (f->levels[k] - mean) / sqrt(ss) : 0;
}

void az_tri_pack(const double *full, size_t n, double *tri)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++)
            *tri++ = full[i * n + j];
    }
}

void az_tri_unpack(const double *tri, size_t n, double *full)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++)
            full[i * n + j] = full[j * n + i] = *tri++;
    }
}

/* The features of one item: n_labels × size. */
static void features(const struct az_frame *f, const double *strength, size_t n, double *x)
{
    size_t size = az_trust_size(f, n), step = per_strength(f), labels = f->n_labels;
    double levels[AZ_SAMPLE_LABELS_MAX];

    memset(x, 0, labels * size * sizeof(*x));
    az_levels_standard(f, levels);
    for (size_t s = 0; s < n; s++, strength += labels) {
        double expected = 0;
        for (size_t k = 0; k < labels; k++)
            expected += levels[k] * strength[k];
        for (size_t k = 0; k < labels; k++) {
            double *row = x + k * size + s * step;
            if (f->answers == AZ_ANSWERS_ORDINAL)
                row[1] = levels[k] * expected;
            row[(int)k == f->tie] = strength[k];
        }
    }
    for (size_t k = 0; k < labels; k++) {
        if (f->answers != AZ_ANSWERS_EXCHANGEABLE)
            x[k * size + n * step + k] = 1;
        else if ((int)k == f->tie)
            x[k * size + n * step] = 1;
    }
}

/* One item's features, ready for the logit. */
static void item_features(const struct az_model *m, const struct az_design *d, size_t item,
                          size_t n, const double *strength, bool *open, double *x)
{
    az_model_open(m, d, item, open);
    features(&m->frame, strength, n, x);
    az_choice_centre(x, open, m->frame.n_labels, az_trust_size(&m->frame, n));
}

/* The prior's mean and (diagonal) precision; returns the log of its determinant. */
static double prior(const struct az_frame *f, size_t n, double *precision, double *mean)
{
    size_t size = az_trust_size(f, n);
    double logdet = 0;
    for (size_t a = 0; a < size; a++) {
        bool slope = a < n * per_strength(f);
        bool of_level = f->answers == AZ_ANSWERS_ORDINAL && a % 2 == 1;
        double sd = slope ? SLOPE_SD : CONSTANT_SD;
        mean[a] = slope && !of_level ? SLOPE_MEAN / (double)n : 0;
        precision[a * size + a] = 1 / (sd * sd);
        logdet -= 2 * log(sd);
    }
    return logdet;
}

int az_trust_fit(const struct az_model *m, const struct az_design *d, struct az_rows rows, size_t n,
                 az_strength_fn *strength, const void *arg, double *theta, double *tri,
                 double *log_evidence)
{
    size_t k = m->frame.n_labels, size = az_trust_size(&m->frame, n);
    double values[AZ_TRUST_STRENGTHS * AZ_SAMPLE_LABELS_MAX], logdet = 0;
    struct az_choice l = {0};
    struct az_gauss g = {0};
    AZ_AUTO_MEM double *precision = az_zalloc((size * size + size) * sizeof(*precision));
    double *prior_mean = precision ? precision + size * size : NULL;

    int r = precision ? az_choice_init(&l, rows.n, k, size) : AZ_ENOMEM;
    if (r == 0)
        r = az_gauss_init(&g, size);
    for (size_t i = 0; r == 0 && i < rows.n; i++) {
        size_t item = rows.v[i];
        strength(arg, d, item, true, values);
        item_features(m, d, item, n, values, l.open + i * k, l.x + i * k * size);
        l.w[i] = d->weight[item] *
                 az_choice_truth(az_design_truth(d, item), l.open + i * k, k, l.y + i * k);
    }
    if (r == 0)
        logdet = prior(&m->frame, n, precision, prior_mean);
    for (size_t a = 0; r == 0 && a < size; a++)
        g.mean[a] = prior_mean[a];
    if (r == 0)
        r = az_choice_fit(&l, prior_mean, precision, logdet, true, &g);
    if (r == 0) {
        memcpy(theta, g.mean, size * sizeof(*theta));
        az_tri_pack(g.cov, size, tri);
        if (log_evidence)
            *log_evidence = g.log_evidence;
    }
    az_gauss_release(&g);
    az_choice_release(&l);
    return r;
}

int az_trust_predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                     size_t n, az_strength_fn *strength, const void *arg, const double *theta,
                     const double *tri, double weight, double *p)
{
    size_t k = m->frame.n_labels, size = az_trust_size(&m->frame, n);
    double values[AZ_TRUST_STRENGTHS * AZ_SAMPLE_LABELS_MAX], one[AZ_SAMPLE_LABELS_MAX];
    bool open[AZ_SAMPLE_LABELS_MAX];
    AZ_AUTO_MEM double *room = az_alloc((size * size + k * size + 1) * sizeof(*room));
    if (!room)
        return AZ_ENOMEM;
    double *cov = room, *x = room + size * size;
    az_tri_unpack(tri, size, cov);
    for (size_t i = 0; i < rows.n; i++) {
        strength(arg, d, rows.v[i], false, values);
        item_features(m, d, rows.v[i], n, values, open, x);
        az_choice_predict(theta, cov, x, open, k, size, one);
        for (size_t a = 0; a < k; a++)
            p[i * k + a] += weight * one[a];
    }
    return 0;
}
