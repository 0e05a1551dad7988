#include "statistics/interval/rogan_gladen.h"

#include <math.h>

#include "statistics/special.h"

struct part {
    double p, v; /* a share and its variance */
};

/* With `add` more observations, half of them yes. */
static struct part part(int64_t x, int64_t n, double add)
{
    double m = (double)n + add, p = ((double)x + 0.5 * add) / m;
    return (struct part){p, p * (1 - p) / m};
}

static double cut(double p)
{
    return AZ_MIN(AZ_MAX(p, 0.0), 1.0);
}

static bool possible(int64_t x, int64_t n)
{
    return x >= 0 && x <= n;
}

struct az_figure az_rogan_gladen(const struct az_rogan_gladen *c)
{
    int64_t n = c->yes + c->no;
    az_assert(possible(c->said_yes, c->n) && possible(c->yes_of_yes, c->yes) &&
              possible(c->no_of_no, c->no));
    if (c->n == 0)
        return az_figure_none("no judged items", n);
    if (c->yes == 0 || c->no == 0)
        return az_figure_none("labelled items of one answer only", n);

    double z = az_normal_quantile(0.975);
    struct part p = part(c->said_yes, c->n, z * z);
    struct part se = part(c->yes_of_yes, c->yes, 2), sp = part(c->no_of_no, c->no, 2);
    double youden = se.p + sp.p - 1;
    if (!(youden > 2 * sqrt(se.v + sp.v)))
        return az_figure_none("the judge does not tell yes from no", n);

    /* The middle of the interval is shifted: Se and Sp are in the divisor, too. */
    double share = (p.p + sp.p - 1) / youden;
    double shift = 2 * z * z * (share * se.v - (1 - share) * sp.v);
    double half = z * sqrt(p.v + (1 - share) * (1 - share) * sp.v + share * share * se.v) / youden;
    double plain_se = (double)c->yes_of_yes / (double)c->yes;
    double plain_sp = (double)c->no_of_no / (double)c->no;
    double value = (double)c->said_yes / (double)c->n + plain_sp - 1;
    struct az_figure f = az_figure_of(cut(value / (plain_se + plain_sp - 1)), n);
    double low = share + shift - half, high = share + shift + half;
    if (!(low < 1 && high > 0))
        return az_figure_none("the judged share does not go with the judge's error rates", n);
    low = cut(low);
    high = cut(high);
    return az_figure_between(f, AZ_MIN(low, f.value), AZ_MAX(high, f.value), "rogan-gladen");
}
