#include "statistics/agreement/decisive.h"

#include <math.h>
#include <string.h>

#include "statistics/special.h"

static const double least = 0.05, most = 20;

static double loss(const struct az_duel *v, size_t n, double alpha)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double off = v[i].judged - az_beta_inc(alpha, alpha, v[i].truth);
        sum += off * off;
    }
    return sum;
}

/* By golden section on ln alpha; the start is the best of a grid, so that a second,
 * shallower hollow does not catch it. */
static double minimise(const struct az_duel *v, size_t n)
{
    enum { GRID = 48, STEPS = 60 };
    const double ratio = 0.6180339887498949;
    double width = log(most / least) / GRID, best = 0, best_loss = INFINITY;
    for (int i = 0; i <= GRID; i++) {
        double at = log(least) + i * width, here = loss(v, n, exp(at));
        if (here < best_loss) {
            best = at;
            best_loss = here;
        }
    }
    double a = AZ_MAX(best - width, log(least)), b = AZ_MIN(best + width, log(most));
    for (int i = 0; i < STEPS; i++) {
        double x = b - ratio * (b - a), y = a + ratio * (b - a);
        if (loss(v, n, exp(x)) <= loss(v, n, exp(y)))
            b = y;
        else
            a = x;
    }
    return exp((a + b) / 2);
}

struct az_figure az_decisive_alpha(const struct az_duel *v, size_t n, bool *edge)
{
    bool differs = false;
    *edge = false;
    for (size_t i = 0; i < n; i++)
        differs = differs || fabs(v[i].truth - 0.5) > 1e-9;
    if (n < 3)
        return az_figure_none("fewer than three pairs of systems", (int64_t)n);
    if (!differs)
        return az_figure_none("by gold no system is better than another", (int64_t)n);
    double alpha = minimise(v, n);
    *edge = alpha < least * 1.001 || alpha > most / 1.001;
    return az_figure_of(alpha, (int64_t)n);
}

struct az_figure az_decisive_bias(const struct az_duel *v, size_t n, double alpha, double *bias,
                                  size_t n_systems, int64_t *met)
{
    double squares = 0;
    int64_t systems = 0;
    memset(bias, 0, n_systems * sizeof(*bias));
    memset(met, 0, n_systems * sizeof(*met));
    for (size_t i = 0; i < n; i++) {
        double off = v[i].judged - az_beta_inc(alpha, alpha, v[i].truth);
        bias[v[i].a] += off;
        bias[v[i].b] -= off;
        met[v[i].a]++;
        met[v[i].b]++;
    }
    for (size_t i = 0; i < n_systems; i++) {
        if (!met[i])
            continue;
        bias[i] /= (double)met[i];
        squares += bias[i] * bias[i];
        systems++;
    }
    if (!systems)
        return az_figure_none("no two systems met", 0);
    return az_figure_of(sqrt(squares / (double)systems), systems);
}
