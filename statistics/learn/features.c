#include "statistics/learn/features.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/learn/choice.h"
#include "statistics/learn/strength.h"
#include "statistics/learn/trust.h"

struct az_features az_features(const struct az_frame *f, const double *scale)
{
    struct az_features ret = {.frame = f, .scale = scale};
    bool tie = f->tie >= 0, places = f->answers == AZ_ANSWERS_EXCHANGEABLE;
    const bool there[AZ_FEATURE_GROUPS] = {true, places && tie, f->answers == AZ_ANSWERS_ORDINAL,
                                           f->margins};
    for (size_t g = 0; g < AZ_FEATURE_GROUPS; g++) {
        ret.at[g] = there[g] ? (int)ret.n : -1;
        ret.n += there[g] ? f->n_judges : 0;
    }
    ret.fixed = ret.n;
    ret.n_constants = places ? tie : f->n_labels;
    ret.n += ret.n_constants;
    ret.n += places ? tie : f->n_labels * (f->n_labels - 1);
    az_levels_standard(f, ret.levels);
    return ret;
}

size_t az_features_n(const struct az_frame *f)
{
    return az_features(f, NULL).n;
}

/* Half of what a step of one spread is, as shares go from −½ to ½ in a pair; nearly
 * linear below 3 spreads, never above them. */
double az_features_bent(double z)
{
    z = AZ_MIN(AZ_MAX(z, -1e6), 1e6); /* so that its square is a number */
    return z / sqrt(1 + z * z / 9) / 2;
}

static void of_judge(const struct az_features *f, const struct az_design *d, size_t item, size_t j,
                     double *x)
{
    const double *share = az_design_share(d, item, j);
    size_t labels = (size_t)d->labels_of[item];
    double expected = 0;
    for (size_t k = 0; k < labels; k++)
        expected += f->levels[k] * share[k];
    for (size_t k = 0; k < labels && (az_design_has(d, item, j) & AZ_HAS_SHARE); k++) {
        double *row = x + k * f->n + j;
        bool tie = f->at[AZ_FEATURE_TIE] >= 0 && (int)k == f->frame->tie;
        row[tie ? f->at[AZ_FEATURE_TIE] : f->at[AZ_FEATURE_SHARE]] = share[k];
        if (f->at[AZ_FEATURE_SCORE] >= 0)
            row[f->at[AZ_FEATURE_SCORE]] = f->levels[k] * expected;
    }
    if (f->at[AZ_FEATURE_MARGIN] < 0 || !(az_design_has(d, item, j) & AZ_HAS_MARGINS))
        return;
    const double *margins = az_design_margins(d, item, j);
    double mean = 0;
    for (size_t k = 0; k < labels; k++)
        mean += margins[k] / (double)labels;
    for (size_t k = 0; k < labels; k++)
        x[k * f->n + j + (size_t)f->at[AZ_FEATURE_MARGIN]] =
            az_features_bent((margins[k] - mean) / f->scale[j]);
}

static void of_panel(const struct az_features *f, const struct az_design *d, size_t item, double *x)
{
    const struct az_frame *frame = f->frame;
    double mean[AZ_SAMPLE_LABELS_MAX], top = 0, tie = 0;
    size_t n = az_strength_mean(d, item, -1, mean), labels = frame->n_labels;
    if (frame->answers == AZ_ANSWERS_EXCHANGEABLE) {
        if (frame->tie < 0)
            return;
        for (size_t k = 0; k < labels; k++)
            *((int)k == frame->tie ? &tie : &top) =
                (int)k == frame->tie ? mean[k] : AZ_MAX(top, mean[k]);
        double *row = x + (size_t)frame->tie * f->n + f->fixed;
        row[0] = 1;
        row[1] = n > 0 ? 1 - top - tie : 0;
        return;
    }
    for (size_t k = 0; k < labels; k++) {
        double *row = x + k * f->n + f->fixed;
        row[k] = 1;
        for (size_t l = 0, at = labels + k * (labels - 1); l < labels; l++) {
            if (l != k)
                row[at++] = mean[l];
        }
    }
}

void az_features_of(const struct az_features *f, const struct az_design *d, size_t item, double *x)
{
    memset(x, 0, f->frame->n_labels * f->n * sizeof(*x));
    for (size_t j = 0; j < f->frame->n_judges; j++)
        of_judge(f, d, item, j, x);
    of_panel(f, d, item, x);
}

void az_features_scales(const struct az_design *d, struct az_rows rows, double *scale)
{
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        double ss = 0, n = 0;
        scale[j] = 1;
        for (size_t r = 0; r < rows.n && d->frame.margins; r++) {
            size_t item = rows.v[r], labels = (size_t)d->labels_of[item];
            if (!(az_design_has(d, item, j) & AZ_HAS_MARGINS))
                continue;
            const double *margins = az_design_margins(d, item, j);
            double mean = 0;
            for (size_t k = 0; k < labels; k++)
                mean += margins[k] / (double)labels;
            for (size_t k = 0; k < labels; k++)
                ss += (margins[k] - mean) * (margins[k] - mean); /* below 1e201 */
            n += (double)labels;
        }
        if (ss > 0)
            scale[j] = sqrt(ss / n);
    }
}

const char *az_features_check(const double *scale, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        if (!(scale[j] > 0))
            return "'scales' has one that is not above 0";
    }
    return NULL;
}

int az_features_choice(const struct az_features *f, const struct az_model *m,
                       const struct az_design *d, struct az_rows rows, struct az_choice *ret)
{
    size_t k = f->frame->n_labels;
    if (az_choice_init(ret, rows.n, k, f->n) < 0)
        return AZ_ENOMEM;
    for (size_t i = 0; i < rows.n; i++) {
        size_t item = rows.v[i];
        bool *open = ret->open + i * k;
        az_model_open(m, d, item, open);
        az_features_of(f, d, item, ret->x + i * k * f->n);
        az_choice_centre(ret->x + i * k * f->n, open, k, f->n);
        ret->w[i] =
            d->weight[item] * az_choice_truth(az_design_truth(d, item), open, k, ret->y + i * k);
    }
    return 0;
}
