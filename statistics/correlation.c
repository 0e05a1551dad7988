#include "statistics/correlation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/mem.h"

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

/* ---- of ranks ---- */

struct pair {
    double x, y;
    size_t at;
};

static int by_x_then_y(const void *a, const void *b)
{
    const struct pair *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return p->y < q->y ? -1 : p->y > q->y;
}

static struct pair *sorted(const double *x, const double *y, size_t n)
{
    struct pair *p = az_alloc(AZ_MAX(n, (size_t)1) * sizeof(*p));
    for (size_t i = 0; p && i < n; i++)
        p[i] = (struct pair){x[i], y[i], i};
    if (p)
        qsort(p, n, sizeof(*p), by_x_then_y);
    return p;
}

/* Mid-ranks: alike values share the mean of their places. */
static int ranks_of(const double *x, size_t n, double *ret)
{
    AZ_AUTO_MEM struct pair *p = sorted(x, x, n);
    if (!p)
        return AZ_ENOMEM;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && p[end].x == p[i].x; end++)
            ;
        for (size_t j = i; j < end; j++)
            ret[p[j].at] = (double)(i + end - 1) / 2 + 1;
    }
    return 0;
}

int az_spearman(const double *x, const double *y, size_t n, struct az_figure *ret)
{
    AZ_AUTO_MEM double *ranks = az_alloc(AZ_MAX(n, (size_t)1) * 2 * sizeof(*ranks));
    struct az_pearson p = {0};
    if (!ranks || ranks_of(x, n, ranks) < 0 || ranks_of(y, n, ranks + n) < 0)
        return AZ_ENOMEM;
    for (size_t i = 0; i < n; i++)
        az_pearson_add(&p, ranks[i], ranks[n + i]);
    *ret = az_pearson_figure(&p);
    return 0;
}

/* Pairs among equals: of x, of y, or of both. */
static double ties(const struct pair *p, size_t n, bool of_x, bool of_y)
{
    double sum = 0, run = 1;
    for (size_t i = 1; i < n; i++) {
        bool same = (!of_x || p[i].x == p[i - 1].x) && (!of_y || p[i].y == p[i - 1].y);
        run = same ? run + 1 : 1;
        sum += run - 1;
    }
    return sum;
}

/* Sorts by y, stable; returns how many pairs changed places. */
static double merge_sort(struct pair *p, size_t n, struct pair *room)
{
    if (n < 2)
        return 0;
    size_t half = n / 2, i = 0, j = half, out = 0;
    double swaps = merge_sort(p, half, room) + merge_sort(p + half, n - half, room);
    while (i < half || j < n) {
        if (j == n || (i < half && p[i].y <= p[j].y)) {
            room[out++] = p[i++];
        } else {
            swaps += (double)(half - i);
            room[out++] = p[j++];
        }
    }
    memcpy(p, room, n * sizeof(*p));
    return swaps;
}

int az_kendall_tau_b(const double *x, const double *y, size_t n, struct az_figure *ret)
{
    AZ_AUTO_MEM struct pair *p = sorted(x, y, n);
    AZ_AUTO_MEM struct pair *room = az_alloc(AZ_MAX(n, (size_t)1) * sizeof(*room));
    if (!p || !room)
        return AZ_ENOMEM;
    double pairs = (double)n * ((double)n - 1) / 2;
    double of_x = ties(p, n, true, false), of_both = ties(p, n, true, true);
    double swaps = merge_sort(p, n, room), of_y = ties(p, n, false, true);
    double scale = sqrt(pairs - of_x) * sqrt(pairs - of_y);
    if (n < 2)
        *ret = az_figure_none("fewer than two pairs", (int64_t)n);
    else if (!(scale > 0))
        *ret = az_figure_none("one side never changes", (int64_t)n);
    else
        *ret = az_figure_of((pairs - of_x - of_y + of_both - 2 * swaps) / scale, (int64_t)n);
    return 0;
}
