#include "statistics/correlation.h"

#include <math.h>

void az_moments_add(struct az_moments *m, double x)
{
    double off = x - m->mean;

    m->n++;
    m->mean += off / (double)m->n;
    m->ss += off * (x - m->mean);
}

void az_pearson_add(struct az_pearson *p, double x, double y)
{
    double off_x = x - p->mean_x, off_y = y - p->mean_y;

    p->n++;
    p->mean_x += off_x / (double)p->n;
    p->mean_y += off_y / (double)p->n;
    p->ss_x += off_x * (x - p->mean_x);
    p->ss_y += off_y * (y - p->mean_y);
    p->s_xy += off_x * (y - p->mean_y);
}

void az_pearson_merge(struct az_pearson *into, const struct az_pearson *from)
{
    if (from->n == 0)
        return;
    double a = (double)into->n, b = (double)from->n, n = a + b;
    double off_x = from->mean_x - into->mean_x, off_y = from->mean_y - into->mean_y;

    into->ss_x += from->ss_x + off_x * off_x * a * b / n;
    into->ss_y += from->ss_y + off_y * off_y * a * b / n;
    into->s_xy += from->s_xy + off_x * off_y * a * b / n;
    into->mean_x += off_x * b / n;
    into->mean_y += off_y * b / n;
    into->n += from->n;
}

struct az_figure az_pearson_figure(const struct az_pearson *p)
{
    if (p->n < 2)
        return az_figure_none("fewer than two pairs", p->n);
    if (!(p->ss_x > 0) || !(p->ss_y > 0))
        return az_figure_none("one side never changes", p->n);

    double r = p->s_xy / (sqrt(p->ss_x) * sqrt(p->ss_y));
    return az_figure_of(AZ_MAX(-1.0, AZ_MIN(1.0, r)), p->n);
}
