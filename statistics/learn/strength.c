#include "statistics/learn/strength.h"

#include <string.h>

size_t az_strength_mean(const struct az_design *d, size_t item, int except, double *ret)
{
    size_t labels = d->frame.n_labels, n = 0;
    memset(ret, 0, labels * sizeof(*ret));
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        const double *share = az_design_share(d, item, j);
        if ((int)j == except || !(az_design_has(d, item, j) & AZ_HAS_SHARE))
            continue;
        for (size_t k = 0; k < labels; k++)
            ret[k] += share[k];
        n++;
    }
    for (size_t k = 0; k < labels && n > 0; k++)
        ret[k] /= (double)n;
    return n;
}

void az_strength_majority(const struct az_design *d, size_t item, double *ret)
{
    bool is_top[AZ_SAMPLE_LABELS_MAX];
    if (az_strength_mean(d, item, -1, ret) == 0)
        return;
    double m = (double)az_top(ret, (size_t)d->labels_of[item], is_top);
    for (size_t k = 0; k < (size_t)d->labels_of[item]; k++)
        ret[k] = is_top[k] ? 1 / m : 0;
}

double az_judge_credit(const struct az_design *d, size_t item, size_t judge)
{
    size_t labels = (size_t)d->labels_of[item];
    if (!(az_design_has(d, item, judge) & AZ_HAS_SHARE))
        return 1 / (double)labels;
    return az_credit(az_design_share(d, item, judge), az_design_truth(d, item), labels);
}

double az_labels_seen(const struct az_design *d, struct az_rows rows)
{
    double n = 0;
    if (d->frame.answers == AZ_ANSWERS_EXCHANGEABLE)
        return (double)d->frame.n_labels;
    for (size_t k = 0; k < d->frame.n_labels; k++) {
        for (size_t r = 0; r < rows.n; r++) {
            if (az_design_truth(d, rows.v[r])[k] > 0) {
                n++;
                break;
            }
        }
    }
    return AZ_MAX(n, 2.0);
}
