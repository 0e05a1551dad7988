/* `auto`: a mixture of all parts, weighed by what they say of items that they were
 * not learnt from: a super learner (van der Laan, Polley and Hubbard 2007). The
 * weights maximise the log score out of fold under a Dirichlet(1 + 2/M) prior, by
 * EM (stacking), and are then averaged with the corners of the simplex, each part
 * alone, all of them weighed by exp(½ log score): stacking is what wins with many
 * labels, exponential weights lose least with few (log M against M log n nats; Yao
 * et al. 2018, "Using stacking to average Bayesian predictive distributions", on
 * both). Mixing costs little where one part is best, and picking one part by its
 * score on few labels costs more than mixing does. */
#include <math.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"
#include "statistics/learn/learner.h"
#include "statistics/learn/parts.h"

static const struct az_learner *const parts[] = {
    &az_learn_majority,     &az_learn_mean,      &az_learn_logodds,       &az_learn_single,
    &az_learn_single_first, &az_learn_singles,   &az_learn_singles_first, &az_learn_hierarchical,
    &az_learn_stack,        &az_learn_confusion,
};
enum { PARTS = AZ_LEN(parts), REPEATS_MAX = 2, REPEATED_BELOW = 120, EM_MAX = 500 };
static const double LEAST_WEIGHT = 0.002, LOG_POWER_SD = 0.2, LOG_POWER_MOST = 1;
/* Scores of folds that share most of their labels move together: half of what they
 * seem to say counts (a learning rate as in Grünwald and van Ommen 2017). */
static const double RATE = 0.5;
_Static_assert((int)PARTS <= (int)AZ_MODEL_PARTS, "a model has room for them");

const struct az_learner *az_auto_part(size_t i)
{
    az_assert(i < PARTS);
    return parts[i];
}

static size_t of_parts(const struct az_frame *f)
{
    return PARTS;
}

/* What the parts say out of fold: of the truth, rows × PARTS probabilities, and of
 * every answer, rows × PARTS × labels. */
struct outs {
    const struct az_design *d;
    size_t n;
    double *q, *p, *weight;
    const double *unseen; /* of all rows (model.h) */
    uint32_t *item;
    bool failed[PARTS];
};

/* One part, learnt on `in`; its word on `out` goes to q (a row each). */
static int part_out(const struct az_learner *learner, const struct az_design *d, struct az_rows in,
                    struct az_rows out, uint64_t seed, double *p, double *q, double *all)
{
    size_t labels = d->frame.n_labels;
    AZ_AUTO(model) m = az_model_new(learner, d, in);
    if (!m)
        return AZ_ENOMEM;
    int r = learner->fit(d, in, seed, m);
    if (r == 0)
        r = az_model_predict(m, d, out, p);
    for (size_t i = 0; r == 0 && i < out.n; i++) {
        q[i * PARTS] = exp(az_log_score(p + i * labels, az_design_truth(d, out.v[i]), labels));
        memcpy(all + i * PARTS * labels, p + i * labels, labels * sizeof(*all));
    }
    return r;
}

static int folds_out(const struct az_design *d, struct az_rows rows, size_t n_folds, uint64_t seed,
                     struct outs *o)
{
    AZ_AUTO_MEM uint32_t *room = az_alloc((3 * rows.n + 1) * sizeof(*room));
    AZ_AUTO_MEM double *p = az_alloc((rows.n * d->frame.n_labels + 1) * sizeof(*p));
    if (!room || !p || az_learn_folds(d, rows, n_folds, seed, room) < 0)
        return AZ_ENOMEM;
    for (uint32_t f = 0; f < n_folds; f++) {
        struct az_rows out = az_rows_of(rows, room, f, true, room + rows.n);
        struct az_rows in = az_rows_of(rows, room, f, false, room + 2 * rows.n);
        for (size_t m = 0; m < PARTS && in.n > 0; m++) {
            size_t at = o->n * PARTS + m;
            int r = o->failed[m] ? 0
                                 : part_out(parts[m], d, in, out, seed, p, o->q + at,
                                            o->p + at * d->frame.n_labels);
            if (r == AZ_ENOMEM)
                return r;
            o->failed[m] |= r < 0;
        }
        for (size_t i = 0; i < out.n; i++) {
            o->weight[o->n + i] = d->weight[out.v[i]];
            o->item[o->n + i] = out.v[i];
        }
        o->n += in.n > 0 ? out.n : 0;
    }
    return 0;
}

/* One step of EM; returns how far a weight moved. */
static double em_step(const struct outs *o, double repeats, double *w)
{
    double sum[PARTS], total = 0, moved = 0;
    for (size_t m = 0; m < PARTS; m++)
        sum[m] = o->failed[m] ? 0 : 2.0 / PARTS;
    for (size_t i = 0; i < o->n; i++) {
        const double *q = o->q + i * PARTS;
        double p = 0;
        for (size_t m = 0; m < PARTS; m++)
            p += o->failed[m] ? 0 : w[m] * q[m];
        for (size_t m = 0; m < PARTS && p > 0; m++)
            sum[m] += o->failed[m] ? 0 : o->weight[i] / repeats * w[m] * q[m] / p;
    }
    for (size_t m = 0; m < PARTS; m++)
        total += sum[m];
    for (size_t m = 0; m < PARTS; m++) {
        moved = AZ_MAX(moved, fabs(sum[m] / total - w[m]));
        w[m] = sum[m] / total;
    }
    return moved;
}

/* w becomes the average of w and each part alone; `sums` are the parts' log scores
 * over all items. */
static void with_corners(const struct outs *o, double repeats, const double *sums, double *w)
{
    double mixed = 0, alone[PARTS], total = 1;
    for (size_t i = 0; i < o->n; i++) {
        double p = 0;
        for (size_t m = 0; m < PARTS; m++)
            p += o->failed[m] ? 0 : w[m] * o->q[i * PARTS + m];
        mixed += o->weight[i] / repeats * log(p);
    }
    for (size_t m = 0; m < PARTS; m++)
        total += alone[m] = o->failed[m] ? 0 : exp(RATE * (sums[m] - mixed));
    for (size_t m = 0; m < PARTS; m++)
        w[m] = (w[m] + alone[m]) / total;
}

static void weigh(const struct outs *o, double repeats, double *w, double *scores)
{
    double n = 0, kept = 0, sums[PARTS];
    for (size_t i = 0; i < o->n; i++)
        n += o->weight[i];
    for (size_t m = 0; m < PARTS; m++) {
        w[m] = o->failed[m] ? 0 : 1.0 / PARTS;
        scores[m] = 0;
        for (size_t i = 0; i < o->n && !o->failed[m]; i++)
            scores[m] += o->weight[i] * log(o->q[i * PARTS + m]) / n;
    }
    for (int i = 0; i < EM_MAX && em_step(o, repeats, w) > 1e-6; i++)
        ;
    for (size_t m = 0; m < PARTS; m++)
        sums[m] = scores[m] * n / repeats;
    with_corners(o, repeats, sums, w);
    for (size_t m = 0; m < PARTS; m++)
        kept += w[m] = w[m] < LEAST_WEIGHT ? 0 : w[m];
    for (size_t m = 0; m < PARTS; m++)
        w[m] /= kept;
}

/* p becomes p^power, with the same sum. A label that no labelled item has keeps what
 * the rule of succession gave it: labels say nothing of how sure to be about it. */
static void sharpen(double *p, const double *unseen, size_t n, double power)
{
    double before = 0, after = 0;
    for (size_t k = 0; k < n; k++) {
        if (unseen[k] > 0)
            continue;
        before += p[k];
        after += p[k] = p[k] > 0 ? pow(p[k], power) : 0;
    }
    for (size_t k = 0; k < n && after > 0; k++)
        p[k] *= unseen[k] > 0 ? 1 : before / after;
}

static void mixture(const struct outs *o, const double *w, size_t i, double *p)
{
    size_t labels = o->d->frame.n_labels;
    memset(p, 0, labels * sizeof(*p));
    for (size_t m = 0; m < PARTS; m++) {
        for (size_t k = 0; k < labels && w[m] > 0; k++)
            p[k] += w[m] * o->p[(i * PARTS + m) * labels + k];
    }
}

static double entropy(const double *p, size_t n)
{
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum -= p[k] > 0 ? p[k] * log(p[k]) : 0;
    return sum;
}

/* By how much the mixture to a power is less sure than its parts are on the average,
 * in nats: Σ entropy − Σ w Σ the parts' entropies. */
static double less_sure(const struct outs *o, const double *w, double log_power)
{
    size_t labels = o->d->frame.n_labels;
    double sum = 0, p[AZ_SAMPLE_LABELS_MAX];
    for (size_t i = 0; i < o->n; i++) {
        mixture(o, w, i, p);
        sharpen(p, o->unseen, labels, exp(log_power));
        double more = entropy(p, labels);
        for (size_t m = 0; m < PARTS; m++)
            more -= w[m] > 0 ? w[m] * entropy(o->p + (i * PARTS + m) * labels, labels) : 0;
        sum += o->weight[i] * more;
    }
    return sum;
}

/* Where parts that are right about their certainty differ, their mixture is less sure
 * than it may be (Ranjan and Gneiting 2010): the power that makes it as sure as they
 * are is where the fit begins. No label is needed for it. */
static double power_of_parts(const struct outs *o, const double *w)
{
    double low = 0, high = LOG_POWER_MOST;
    while (high - low > 0.01) {
        double middle = (low + high) / 2;
        if (less_sure(o, w, middle) > 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The log score of the mixture to a power, with its prior. */
static double power_score(const struct outs *o, double repeats, const double *w, double mean,
                          double log_power)
{
    size_t labels = o->d->frame.n_labels;
    double off = (log_power - mean) / LOG_POWER_SD, sum = -off * off / 2;
    for (size_t i = 0; i < o->n; i++) {
        double p[AZ_SAMPLE_LABELS_MAX];
        mixture(o, w, i, p);
        sharpen(p, o->unseen, labels, exp(log_power));
        sum += o->weight[i] / repeats * az_log_score(p, az_design_truth(o->d, o->item[i]), labels);
    }
    return sum;
}

/* Golden section: the score has one maximum in practice, and its place need not be
 * exact. */
static double best_power(const struct outs *o, double repeats, const double *w)
{
    double mean = power_of_parts(o, w), ratio = (sqrt(5) - 1) / 2;
    double low = -LOG_POWER_MOST, high = LOG_POWER_MOST;
    double a = high - ratio * (high - low), b = low + ratio * (high - low);
    double at_a = power_score(o, repeats, w, mean, a), at_b = power_score(o, repeats, w, mean, b);
    while (high - low > 0.01) {
        if (at_a > at_b) {
            high = b;
            b = a;
            at_b = at_a;
            at_a = power_score(o, repeats, w, mean, a = high - ratio * (high - low));
        } else {
            low = a;
            a = b;
            at_a = at_b;
            at_b = power_score(o, repeats, w, mean, b = low + ratio * (high - low));
        }
    }
    return exp((low + high) / 2);
}

/* The parts that carry weight, learnt from all rows. */
static int learn_parts(const struct az_design *d, struct az_rows rows, uint64_t seed,
                       struct az_model *m)
{
    double kept = 0;
    for (size_t i = 0; i < PARTS; i++) {
        if (m->arrays[AZ_AUTO_WEIGHTS][i] == 0)
            continue;
        AZ_AUTO(model) part = az_model_new(parts[i], d, rows);
        int r = part ? parts[i]->fit(d, rows, seed, part) : AZ_ENOMEM;
        if (r == AZ_ENOMEM)
            return r;
        if (r < 0) {
            m->arrays[AZ_AUTO_WEIGHTS][i] = 0;
            continue;
        }
        kept += m->arrays[AZ_AUTO_WEIGHTS][i];
        m->parts[m->n_parts++] = AZ_TAKE(part);
    }
    for (size_t i = 0; i < PARTS && kept > 0; i++)
        m->arrays[AZ_AUTO_WEIGHTS][i] /= kept;
    return kept > 0 ? 0 : AZ_EINVAL;
}

static int fit(const struct az_design *d, struct az_rows rows, uint64_t seed, struct az_model *m)
{
    size_t repeats = rows.n < REPEATED_BELOW ? REPEATS_MAX : 1, n = rows.n * repeats;
    size_t n_folds = AZ_MAX(AZ_MIN((size_t)AZ_LEARN_FOLDS, m->n_clusters), (size_t)2);
    AZ_AUTO_MEM double *room = az_zalloc((n * (PARTS + 1) + 1) * sizeof(*room));
    AZ_AUTO_MEM double *all = az_zalloc((n * PARTS * d->frame.n_labels + 1) * sizeof(*all));
    AZ_AUTO_MEM uint32_t *items = az_alloc((n + 1) * sizeof(*items));
    if (!room || !all || !items)
        return AZ_ENOMEM;
    struct outs o = {.d = d,
                     .q = room,
                     .p = all,
                     .weight = room + n * PARTS,
                     .unseen = m->unseen,
                     .item = items};
    for (size_t i = 0; i < repeats; i++) {
        int r = folds_out(d, rows, n_folds, az_hash64_mix(seed, i + 1), &o);
        if (r < 0)
            return r;
    }
    weigh(&o, (double)repeats, m->arrays[AZ_AUTO_WEIGHTS], m->arrays[AZ_AUTO_SCORES]);
    m->arrays[AZ_AUTO_POWER][0] = best_power(&o, (double)repeats, m->arrays[AZ_AUTO_WEIGHTS]);
    return learn_parts(d, rows, seed, m);
}

static int predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                   double *p)
{
    size_t cells = rows.n * m->frame.n_labels;
    AZ_AUTO_MEM double *one = az_alloc((cells + 1) * sizeof(*one));
    if (!one)
        return AZ_ENOMEM;
    memset(p, 0, cells * sizeof(*p));
    double all = 0; /* 1, but for what a file has cut off */
    for (size_t i = 0; i < PARTS; i++)
        all += m->arrays[AZ_AUTO_WEIGHTS][i];
    for (size_t i = 0, part = 0; i < PARTS; i++) {
        double w = m->arrays[AZ_AUTO_WEIGHTS][i] / all;
        if (w == 0)
            continue;
        if (az_model_predict(m->parts[part++], d, rows, one) < 0)
            return AZ_ENOMEM;
        for (size_t c = 0; c < cells; c++)
            p[c] += w * one[c];
    }
    for (size_t i = 0; i < rows.n; i++)
        sharpen(p + i * m->frame.n_labels, m->unseen, m->frame.n_labels,
                m->arrays[AZ_AUTO_POWER][0]);
    return 0;
}

static const char *check(const struct az_model *m)
{
    double sum = 0;
    size_t part = 0;
    for (size_t i = 0; i < PARTS; i++) {
        double w = m->arrays[AZ_AUTO_WEIGHTS][i];
        if (w < 0)
            return "'weights' has one below 0";
        sum += w;
        if (w > 0 && (part >= m->n_parts || m->parts[part++]->learner != parts[i]))
            return "'parts' are not those that have a weight";
    }
    if (part != m->n_parts)
        return "'parts' has one without a weight";
    if (fabs(sum - 1) > 1e-6)
        return "'weights' do not sum to 1";
    return m->arrays[AZ_AUTO_POWER][0] > 0 && m->arrays[AZ_AUTO_POWER][0] < 10
               ? NULL
               : "'power' is not above 0";
}

const struct az_learner az_learn_auto = {
    .name = "auto",
    .what = "a mixture of all of these, weighed by their log score out of fold",
    .fields = {{"weights", of_parts}, {"scores", of_parts}, {"power", az_size_one}},
    .mixture = true,
    .fit = fit,
    .predict = predict,
    .check = check,
};
