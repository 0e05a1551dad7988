#include "statistics/rank/intervals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"

struct row {
    uint64_t cluster;
    uint32_t at;
};

static int by_cluster(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* The place of each row's cluster, in order of first rows; how many there are.
 * AZ_ENOMEM is told by 0, for there are rows. */
static size_t number(const struct az_table_of *of, uint32_t *place)
{
    AZ_AUTO_MEM struct row *rows = az_alloc(of->n_rows * sizeof(*rows));
    size_t n = 0;
    if (!rows)
        return 0;
    for (size_t i = 0; i < of->n_rows; i++)
        rows[i] = (struct row){of->clusters ? of->clusters[i] : i, (uint32_t)i};
    qsort(rows, of->n_rows, sizeof(*rows), by_cluster);
    /* First each row's first row, then the first rows' numbers. */
    for (size_t i = 0; i < of->n_rows; i++)
        place[rows[i].at] =
            i > 0 && rows[i].cluster == rows[i - 1].cluster ? place[rows[i - 1].at] : rows[i].at;
    for (size_t i = 0; i < of->n_rows; i++) {
        uint32_t first = place[i];
        place[i] = first == i ? (uint32_t)n++ : place[first];
    }
    return n;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double quantile(const double *sorted, size_t n, double q)
{
    double at = (double)(n - 1) * q;
    size_t low = (size_t)at;
    double part = at - (double)low;
    return low + 1 < n ? sorted[low] + part * (sorted[low + 1] - sorted[low]) : sorted[low];
}

/* One column of the draws: what is defined, ascending. */
static size_t column(const double *values, size_t n_draws, size_t n, size_t system, double *ret)
{
    size_t defined = 0;
    for (size_t d = 0; d < n_draws; d++) {
        double x = values[d * n + system];
        if (isfinite(x))
            ret[defined++] = x;
    }
    qsort(ret, defined, sizeof(*ret), by_value);
    return defined;
}

static double place_of(const double *row, size_t n, size_t system)
{
    double place = 1;
    for (size_t i = 0; i < n; i++)
        place += isfinite(row[i]) && row[i] > row[system];
    return isfinite(row[system]) ? place : NAN;
}

static bool enough(size_t defined, size_t draws)
{
    return defined > 0 && (draws - defined) * 20 <= draws;
}

static void conclude(const struct az_table_of *of, double *values, double *scratch,
                     struct az_figure *figures, struct az_rank_range *ranks)
{
    const char *method = of->clusters ? "cluster bootstrap" : "bootstrap";
    size_t n = of->n_systems;
    for (size_t i = 0; i < n; i++) {
        size_t defined = column(values, of->draws, n, i, scratch);
        if (figures[i].defined && enough(defined, of->draws))
            figures[i] = az_figure_between(figures[i], quantile(scratch, defined, 0.025),
                                           quantile(scratch, defined, 0.975), method);
    }
    for (size_t i = 0; ranks && i < n; i++) {
        size_t defined = 0;
        for (size_t d = 0; d < of->draws; d++) {
            double place = place_of(&values[d * n], n, i);
            if (isfinite(place))
                scratch[defined++] = place;
        }
        qsort(scratch, defined, sizeof(*scratch), by_value);
        ranks[i] = (struct az_rank_range){0};
        if (figures[i].defined && enough(defined, of->draws))
            ranks[i] = (struct az_rank_range){(size_t)floor(quantile(scratch, defined, 0.025)),
                                              (size_t)ceil(quantile(scratch, defined, 0.975))};
    }
}

static int draw_all(const struct az_table_of *of, const uint32_t *place, size_t n_clusters,
                    double *times, double *weights, double *values)
{
    struct az_rng rng = az_rng(of->seed);
    for (size_t d = 0; d < of->draws; d++) {
        memset(times, 0, n_clusters * sizeof(*times));
        for (size_t c = 0; c < n_clusters; c++)
            times[(size_t)(az_rng_unit(&rng) * (double)n_clusters)]++;
        for (size_t i = 0; i < of->n_rows; i++)
            weights[i] = times[place[i]];
        if (of->table(of->arg, weights, &values[d * of->n_systems]) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

int az_table_intervals(const struct az_table_of *of, struct az_figure *figures,
                       struct az_rank_range *ranks)
{
    size_t longest = AZ_MAX(of->draws, (size_t)1);
    for (size_t i = 0; ranks && i < of->n_systems; i++)
        ranks[i] = (struct az_rank_range){0};
    if (of->n_rows == 0 || of->n_systems == 0 || of->draws == 0)
        return 0;
    AZ_AUTO_MEM uint32_t *place = az_alloc(of->n_rows * sizeof(*place));
    AZ_AUTO_MEM double *weights = az_alloc(2 * of->n_rows * sizeof(*weights));
    AZ_AUTO_MEM double *values = az_alloc((longest * of->n_systems + longest) * sizeof(*values));
    size_t n_clusters = place && weights && values ? number(of, place) : 0;
    if (n_clusters == 0)
        return AZ_ENOMEM;
    if (n_clusters < 2)
        return 0;
    if (draw_all(of, place, n_clusters, weights + of->n_rows, weights, values) < 0)
        return AZ_ENOMEM;
    conclude(of, values, values + longest * of->n_systems, figures, ranks);
    return 0;
}
