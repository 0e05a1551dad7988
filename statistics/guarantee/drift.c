#include "statistics/guarantee/drift.h"

#include <math.h>

#include "statistics/interval/clopper_pearson.h"
#include "statistics/special.h"

enum { BISECTIONS = 100 };

static const double level = 0.05; /* of the confidence sequence */
static const double most = 1e300; /* wealth beyond it says nothing more */

/* What the bets are on: the odds of the base times these. */
static const double odds[AZ_DRIFT_BETS] = {1.2, 1.4, 1.7, 2.1, 2.7, 3.5, 5, 8, 14, 30};

void az_drift_init(struct az_drift *d, double base, double delta)
{
    az_assert(base > 0 && base < 1 && delta > 0 && delta < 1);
    *d = (struct az_drift){.base = base, .delta = delta};
}

static double factor(double base, double ratio, double loss)
{
    double q = base * ratio / (1 - base + base * ratio);
    return 1 + (q - base) / (base * (1 - base)) * (loss - base);
}

bool az_drift_add(struct az_drift *d, double loss)
{
    az_assert(loss >= 0 && loss <= 1);
    double j = (double)++d->n;
    d->sum += loss;
    for (size_t i = 0; i < AZ_DRIFT_BETS; i++) {
        double stake = 1 / (j * (j + 1)) / AZ_DRIFT_BETS; /* bets that begin here */
        double wealth = (d->wealth[i] + stake) * factor(d->base, odds[i], loss);
        d->wealth[i] = AZ_MIN(wealth, most);
    }
    if (d->alarm == 0 && az_drift_evidence(d) >= 1 / d->delta)
        d->alarm = d->n;
    return d->alarm > 0;
}

double az_drift_evidence(const struct az_drift *d)
{
    double sum = 1 / (double)(d->n + 1); /* what has not been staked yet */
    for (size_t i = 0; i < AZ_DRIFT_BETS; i++)
        sum += d->wealth[i];
    return sum;
}

double az_drift_base(int64_t errors, int64_t n, double delta)
{
    return az_binomial_upper(errors, n, 1 - delta);
}

/* ln of the wealth of the mixture against a mean of m. */
static double against(double sum, double rest, double m)
{
    double log_wealth = az_log_beta(sum + 0.5, rest + 0.5) - az_log_beta(0.5, 0.5);
    if (sum > 0)
        log_wealth -= sum * log(m);
    if (rest > 0)
        log_wealth -= rest * log1p(-m);
    return log_wealth;
}

/* Where the wealth reaches 1 / level between the mean and `end`. */
static double reach(double sum, double rest, double mean, double end)
{
    double in = mean, out = end;
    for (int i = 0; i < BISECTIONS; i++) {
        double m = 0.5 * (in + out);
        if (against(sum, rest, m) < -log(level))
            in = m;
        else
            out = m;
    }
    return out;
}

struct az_figure az_drift_rate(const struct az_drift *d)
{
    struct az_figure f = az_figure_ratio(d->sum, d->n, "no audited items");
    if (!f.defined)
        return f;
    double rest = (double)d->n - d->sum;
    double low = d->sum > 0 ? reach(d->sum, rest, f.value, 0) : 0;
    double high = rest > 0 ? reach(d->sum, rest, f.value, 1) : 1;
    return az_figure_between(f, low, high, "confidence sequence");
}
