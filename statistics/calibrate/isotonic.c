#include "statistics/calibrate/isotonic.h"

#include <math.h>

#include "core/error.h"
#include "core/mem.h"

struct block {
    double from, to; /* its scores */
    double sum, w;   /* of w * y, and of w */
};

struct point {
    double x, y, w;
};

static int by_x(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    return (p->x > q->x) - (p->x < q->x);
}

static double mean(const struct block *b)
{
    return b->sum / b->w;
}

/* Points with weight, by score. */
static size_t gather(const double *x, const double *y, const double *w, size_t n,
                     struct point *points)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = w ? w[i] : 1;
        if (weight > 0)
            points[used++] = (struct point){x[i], y[i], weight};
    }
    qsort(points, used, sizeof(*points), by_x);
    return used;
}

/* One block a score, then neighbours that fall are thrown together. */
static size_t pool(const struct point *points, size_t n, struct block *blocks)
{
    size_t used = 0;
    for (size_t i = 0; i < n;) {
        struct block b = {points[i].x, points[i].x, 0, 0};
        for (; i < n && points[i].x == b.from; i++) {
            b.sum += points[i].w * points[i].y;
            b.w += points[i].w;
        }
        while (used > 0 && mean(&blocks[used - 1]) >= mean(&b)) {
            const struct block *left = &blocks[--used];
            b = (struct block){left->from, b.to, left->sum + b.sum, left->w + b.w};
        }
        blocks[used++] = b;
    }
    return used;
}

static int knots(const struct block *blocks, size_t n, struct az_isotonic *ret)
{
    struct az_isotonic m = {0, az_alloc(2 * n * sizeof(double)), az_alloc(2 * n * sizeof(double))};
    if (!m.x || !m.y) {
        az_isotonic_release(&m);
        return AZ_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        m.x[m.n] = blocks[i].from;
        m.y[m.n++] = mean(&blocks[i]);
        if (blocks[i].to > blocks[i].from) {
            m.x[m.n] = blocks[i].to;
            m.y[m.n++] = mean(&blocks[i]);
        }
    }
    *ret = m;
    return 0;
}

int az_isotonic_fit(const double *x, const double *y, const double *w, size_t n,
                    struct az_isotonic *ret)
{
    AZ_AUTO_MEM struct point *points = az_alloc(n * sizeof(*points));
    AZ_AUTO_MEM struct block *blocks = az_alloc(n * sizeof(*blocks));
    if (!points || !blocks)
        return AZ_ENOMEM;
    size_t used = gather(x, y, w, n, points);
    if (used == 0)
        return AZ_ENOENT;
    return knots(blocks, pool(points, used, blocks), ret);
}

void az_isotonic_release(struct az_isotonic *m)
{
    free(m->x);
    free(m->y);
    *m = (struct az_isotonic){0};
}

double az_isotonic_apply(const struct az_isotonic *m, double x)
{
    if (!(x > m->x[0]))
        return m->y[0];
    if (x >= m->x[m->n - 1])
        return m->y[m->n - 1];
    size_t low = 0, high = m->n - 1; /* x[low] <= x < x[high] */
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (m->x[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    double part = (x - m->x[low]) / (m->x[high] - m->x[low]);
    return m->y[low] + part * (m->y[high] - m->y[low]);
}
