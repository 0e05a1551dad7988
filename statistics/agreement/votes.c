#include "statistics/agreement/votes.h"

#include <math.h>

#include "core/hash.h"
#include "core/mem.h"
#include "statistics/special.h"

static size_t n_pairs(const struct az_votes *v)
{
    return v->n_judges * (v->n_judges - 1) / 2;
}

int az_votes_init(struct az_votes *v, size_t n_judges)
{
    *v = (struct az_votes){.n_judges = n_judges};
    v->each = az_zalloc((n_judges + 1) * sizeof(*v->each));
    v->pairs = az_zalloc((n_pairs(v) * AZ_VOTES_GROUPS + 1) * sizeof(*v->pairs));
    if (v->each && v->pairs)
        return 0;
    az_votes_release(v);
    return AZ_ENOMEM;
}

void az_votes_release(struct az_votes *v)
{
    free(v->each);
    free(v->pairs);
    *v = (struct az_votes){0};
}

void az_votes_add(struct az_votes *v, uint64_t cluster, const double *errors)
{
    size_t group = az_hash64_mix(cluster, UINT64_C(0x766f746573)) % AZ_VOTES_GROUPS;
    struct az_pearson *pair = v->pairs + group * n_pairs(v);

    v->n++;
    v->group_n[group]++;
    for (size_t a = 0; a < v->n_judges; a++) {
        if (errors[a] >= 0)
            az_moments_add(&v->each[a], errors[a]);
        for (size_t b = 0; b < a; b++, pair++) {
            if (errors[a] >= 0 && errors[b] >= 0)
                az_pearson_add(pair, errors[a], errors[b]);
        }
    }
}

bool az_votes_left_out(const struct az_votes *v, size_t judge)
{
    return v->each[judge].n < 2 || !(v->each[judge].ss > 0);
}

/* A pair over all groups but `without` (AZ_VOTES_GROUPS: over all). */
static struct az_pearson pair_sum(const struct az_votes *v, size_t pair, size_t without)
{
    struct az_pearson sum = {0};
    for (size_t g = 0; g < AZ_VOTES_GROUPS; g++) {
        if (g != without)
            az_pearson_merge(&sum, &v->pairs[g * n_pairs(v) + pair]);
    }
    return sum;
}

/* NaN when no pair has a correlation. */
static double estimate(const struct az_votes *v, size_t judges, size_t without)
{
    double sum = 0;
    size_t n = 0, at = 0;

    for (size_t a = 0; a < v->n_judges; a++) {
        for (size_t b = 0; b < a; b++, at++) {
            if (az_votes_left_out(v, a) || az_votes_left_out(v, b))
                continue;
            struct az_pearson pair = pair_sum(v, at, without);
            struct az_figure r = az_pearson_figure(&pair);
            if (!r.defined)
                continue;
            sum += r.value;
            n++;
        }
    }
    if (n == 0)
        return NAN;
    double j = (double)judges, under = 1.0 + (j - 1.0) * sum / (double)n;
    return under <= 1.0 ? j : AZ_MAX(1.0, j / under); /* errors that repel: no more than J */
}

/* Half the width of the interval; NaN with too few groups, or when one of them
 * holds all there is to correlate. */
static double half_width(const struct az_votes *v, size_t judges)
{
    double without[AZ_VOTES_GROUPS], mean = 0, ss = 0, g;
    size_t n = 0;

    for (size_t i = 0; i < AZ_VOTES_GROUPS; i++) {
        if (v->group_n[i] > 0)
            without[n++] = estimate(v, judges, i);
    }
    if (n < AZ_VOTES_GROUPS_LEAST)
        return NAN;
    g = (double)n;
    for (size_t i = 0; i < n; i++)
        mean += without[i] / g;
    for (size_t i = 0; i < n; i++)
        ss += (without[i] - mean) * (without[i] - mean);
    return az_t_quantile(0.975, g - 1.0) * sqrt((g - 1.0) / g * ss);
}

struct az_figure az_votes_figure(const struct az_votes *v)
{
    size_t judges = 0;

    if (v->n == 0)
        return az_figure_none("no item with gold", 0);
    for (size_t a = 0; a < v->n_judges; a++)
        judges += !az_votes_left_out(v, a);
    if (judges < 2)
        return az_figure_none("fewer than two judges whose errors vary", v->n);

    double j = (double)judges, value = estimate(v, judges, AZ_VOTES_GROUPS);
    if (isnan(value))
        return az_figure_none("no two judges answered the same items", v->n);
    double half = half_width(v, judges);
    struct az_figure f = az_figure_of(value, v->n);
    if (isnan(half))
        return f;
    return az_figure_between(f, AZ_MAX(1.0, value - half), AZ_MIN(j, value + half),
                             "jackknife by cluster");
}
