/* Scores: a seat's score is the mean of its readable ballots; these are taken
 * over the seats that voted. */
#include <math.h>

#include "policies/aggregate/aggregate.h"
#include "policies/calibration.h"

/* No mean lies outside what it is of, whatever rounding says. */
static double within(double mean, double low, double high)
{
    return AZ_MIN(AZ_MAX(mean, low), high);
}

/* The score that people give where the panel's mean is this, if that was learnt. */
static double calibrated(const struct az_tally *t, double mean)
{
    const struct az_calibration *c = t->panel->aggregate.calibrated;
    const struct az_question *q = &t->panel->question;
    if (!c || !c->scored || c->scores.kind == AZ_SCORES_NONE)
        return mean;
    return within(az_score_map_apply(&c->scores, mean), q->scale_min, q->scale_max);
}

static int mean(const struct az_tally *t, struct az_verdict *v)
{
    if (t->weight > 0)
        az_outcome_score(v, calibrated(t, within(t->weighted_score / t->weight, t->scores[0],
                                                 t->scores[t->voted - 1])));
    else
        az_outcome_abstain(v, "the judges that voted have no weight");
    return 0;
}

static int median(const struct az_tally *t, struct az_verdict *v)
{
    int n = t->voted;
    az_outcome_score(v, t->scores[(n - 1) / 2] / 2 + t->scores[n / 2] / 2);
    return 0;
}

static int min(const struct az_tally *t, struct az_verdict *v)
{
    az_outcome_score(v, t->scores[0]);
    return 0;
}

static int max(const struct az_tally *t, struct az_verdict *v)
{
    az_outcome_score(v, t->scores[t->voted - 1]);
    return 0;
}

/* floor(trim × n) go at each end, as in R's mean(x, trim). The little that is
 * added keeps 0.1 × 30 at 3. */
static int trimmed_mean(const struct az_tally *t, struct az_verdict *v)
{
    int cut = (int)floor(t->panel->aggregate.trim * t->voted + 1e-9);
    double sum = 0;
    for (int i = cut; i < t->voted - cut; i++)
        sum += t->scores[i];
    az_outcome_score(
        v, within(sum / (t->voted - 2 * cut), t->scores[cut], t->scores[t->voted - 1 - cut]));
    return 0;
}

static int check_trim(const struct az_panel *panel, struct az_error *err)
{
    if (panel->aggregate.trim >= 0 && panel->aggregate.trim < 0.5)
        return 0;
    az_fail(err, AZ_EINVAL, "aggregate: trim is not from 0 to less than 0.5");
    az_hint(err, "It is the share of the scores that is cut at each end.");
    return AZ_EINVAL;
}

/* Nobody can go below the scale's end … */
static bool min_settled(const struct az_tally *t)
{
    return t->hoped || (t->voted && t->scores[0] <= t->panel->question.scale_min);
}

/* … nor above the other. */
static bool max_settled(const struct az_tally *t)
{
    return t->hoped || (t->voted && t->scores[t->voted - 1] >= t->panel->question.scale_max);
}

const struct az_aggregator az_mean = {.name = "mean",
                                      .kind = AZ_AGG_MEAN,
                                      .for_scores = true,
                                      .weighs = true,
                                      .check = az_calibrated_check,
                                      .decide = mean};

const struct az_aggregator az_median = {
    .name = "median", .kind = AZ_AGG_MEDIAN, .for_scores = true, .decide = median};

const struct az_aggregator az_min = {
    .name = "min", .kind = AZ_AGG_MIN, .for_scores = true, .decide = min, .settled = min_settled};

const struct az_aggregator az_max = {
    .name = "max", .kind = AZ_AGG_MAX, .for_scores = true, .decide = max, .settled = max_settled};

const struct az_aggregator az_trimmed_mean = {.name = "trimmed_mean",
                                              .kind = AZ_AGG_TRIMMED_MEAN,
                                              .for_scores = true,
                                              .check = check_trim,
                                              .decide = trimmed_mean};
