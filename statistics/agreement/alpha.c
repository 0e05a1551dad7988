#include "statistics/agreement/alpha.h"

#include "core/error.h"
#include "core/mem.h"

static const char no_pair[] = "no item with two readable votes";
static const char all_same[] = "all votes are the same";

int az_alpha_init(struct az_alpha *a, size_t n_labels)
{
    *a = (struct az_alpha){.n_labels = n_labels};
    a->coincidence = az_zalloc(n_labels * n_labels * sizeof(*a->coincidence));
    a->counts = az_zalloc(n_labels * sizeof(*a->counts));
    if (a->coincidence && a->counts)
        return 0;
    az_alpha_release(a);
    return AZ_ENOMEM;
}

void az_alpha_release(struct az_alpha *a)
{
    free(a->coincidence);
    free(a->counts);
    *a = (struct az_alpha){0};
}

void az_alpha_add(struct az_alpha *a, const int *labels, size_t n)
{
    size_t k = a->n_labels;
    int64_t values = 0;

    memset(a->counts, 0, k * sizeof(*a->counts));
    for (size_t i = 0; i < n; i++) {
        if (labels[i] < 0)
            continue;
        az_assert((size_t)labels[i] < k);
        a->counts[labels[i]]++;
        values++;
    }
    if (values < 2)
        return;

    a->items++;
    for (size_t c = 0; c < k; c++) {
        if (a->counts[c] == 0)
            continue;
        for (size_t d = 0; d < k; d++) {
            int64_t pairs = a->counts[c] * (a->counts[d] - (c == d));
            a->coincidence[c * k + d] += (double)pairs / (double)(values - 1);
        }
    }
}

/* How often each label was given, over the pairable values. */
static void margins(const struct az_alpha *a, double *margin)
{
    for (size_t c = 0; c < a->n_labels; c++) {
        margin[c] = 0;
        for (size_t d = 0; d < a->n_labels; d++)
            margin[c] += a->coincidence[c * a->n_labels + d];
    }
}

/* The squared distance of labels c <= d; `between` is the sum of the margins
 * from c to d. */
static double distance(enum az_alpha_level level, double between, double c, double d)
{
    if (level == AZ_ALPHA_NOMINAL)
        return 1;
    double steps = between - (c + d) / 2.0;
    return steps * steps;
}

struct az_figure az_alpha_figure(const struct az_alpha *a, enum az_alpha_level level)
{
    if (a->items == 0)
        return az_figure_none(no_pair, 0);

    AZ_AUTO_MEM double *margin = az_alloc(a->n_labels * sizeof(*margin));
    if (!margin)
        return az_figure_none("out of memory", a->items);
    margins(a, margin);

    double total = 0, observed = 0, expected = 0;
    for (size_t c = 0; c < a->n_labels; c++) {
        double between = margin[c];
        total += margin[c];
        for (size_t d = c + 1; d < a->n_labels; d++) {
            between += margin[d];
            double far = distance(level, between, margin[c], margin[d]);
            observed += a->coincidence[c * a->n_labels + d] * far;
            expected += margin[c] * margin[d] * far;
        }
    }
    if (!(expected > 0))
        return az_figure_none(all_same, a->items);
    return az_figure_of(1.0 - (total - 1.0) * observed / expected, a->items);
}

void az_alpha_scores_add(struct az_alpha_scores *a, const double *scores, const bool *has, size_t n)
{
    int64_t values = 0;
    double mean = 0, ss = 0;

    for (size_t i = 0; i < n; i++) {
        if (!has[i])
            continue;
        double off = scores[i] - mean;
        values++;
        mean += off / (double)values;
        ss += off * (scores[i] - mean);
    }
    if (values < 2)
        return;

    /* The sum of (x - y)^2 over ordered pairs of m values is 2 m ss. */
    double m = (double)values, before = (double)a->n, after = before + m;
    double off = mean - a->mean;
    a->within += 2.0 * m * ss / (m - 1.0);
    a->ss += ss + off * off * before * m / after;
    a->mean += off * m / after;
    a->n += values;
    a->items++;
}

struct az_figure az_alpha_scores_figure(const struct az_alpha_scores *a)
{
    if (a->items == 0)
        return az_figure_none(no_pair, 0);

    double n = (double)a->n, expected = 2.0 * n * a->ss;
    if (!(expected > 0))
        return az_figure_none(all_same, a->items);
    return az_figure_of(1.0 - (n - 1.0) * a->within / expected, a->items);
}
