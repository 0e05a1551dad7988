#include "statistics/agreement/subpanels.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/folds.h"
#include "statistics/interval/weighted.h"

enum { ITEMS_LEAST = 20, ALL = AZ_SUBPANEL_FOLDS };

static const double same = 1e-12;

/* What is picked from: sub-panels and their summed credit fold by fold. */
struct candidate {
    size_t at, n; /* its judges in the pool */
    double cost;
    double credit[AZ_SUBPANEL_FOLDS];
};

struct pool {
    struct candidate *v;
    size_t n, cap;
    uint32_t *judges;
    size_t n_judges, judges_cap;
};

struct work {
    const struct az_sample *s;
    const double *cost;
    uint32_t *items; /* labelled ones */
    size_t n;
    uint32_t *fold;
    uint64_t *clusters;
    double *weight;                           /* of the items, mean 1 */
    double sizes[AZ_SUBPANEL_FOLDS];          /* summed weights of the folds */
    double *shares;                           /* n * n_judges * n_labels */
    struct pool pools[AZ_SUBPANEL_FOLDS + 1]; /* picked without fold f; with all */
    uint32_t paths[AZ_SUBPANEL_FOLDS + 1][AZ_SUBPANEL_STEPS];
    double *sums;   /* n * n_labels: of the path so far */
    double *credit; /* n */
};

static const double *shares_of(const struct work *w, size_t item, size_t judge)
{
    return w->shares + (item * w->s->n_judges + judge) * w->s->n_labels;
}

static double credit_of(const struct work *w, size_t item, const double *sums)
{
    size_t i = w->items[item], truth = (size_t)w->s->truths[i].label, m = 0;
    double top = 0;
    for (size_t k = 0; k < w->s->n_labels; k++)
        top = AZ_MAX(top, sums[k]);
    if (top <= same || sums[truth] < top - same)
        return 0;
    for (size_t k = 0; k < w->s->n_labels; k++)
        m += sums[k] >= top - same;
    return 1 / (double)m;
}

/* Credit of every item for these judges. */
static void credit_all(const struct work *w, const uint32_t *judges, size_t n, double *credit)
{
    double sums[AZ_SAMPLE_LABELS_MAX];
    for (size_t i = 0; i < w->n; i++) {
        memset(sums, 0, sizeof(sums));
        for (size_t j = 0; j < n; j++) {
            const double *shares = shares_of(w, i, judges[j]);
            for (size_t k = 0; k < w->s->n_labels; k++)
                sums[k] += shares[k];
        }
        credit[i] = credit_of(w, i, sums);
    }
}

/* Mean credit on all folds but `without` (ALL: on all). */
static double accuracy(const struct work *w, const double credit[AZ_SUBPANEL_FOLDS], int without)
{
    double sum = 0, n = 0;
    for (int f = 0; f < AZ_SUBPANEL_FOLDS; f++) {
        if (f == without)
            continue;
        sum += credit[f];
        n += w->sizes[f];
    }
    return sum / n;
}

/* ---- candidates ---- */

static int add(struct work *w, struct pool *p, const uint32_t *judges, size_t n)
{
    struct candidate c = {.at = p->n_judges, .n = n};
    if (az_grow(&p->v, &p->cap, p->n + 1, sizeof(*p->v)) < 0 ||
        az_grow(&p->judges, &p->judges_cap, p->n_judges + n, sizeof(*p->judges)) < 0)
        return AZ_ENOMEM;
    memcpy(p->judges + p->n_judges, judges, n * sizeof(*judges));
    p->n_judges += n;
    for (size_t j = 0; j < n; j++)
        c.cost += w->cost[judges[j]];
    credit_all(w, judges, n, w->credit);
    for (size_t i = 0; i < w->n; i++)
        c.credit[w->fold[i]] += w->weight[i] * w->credit[i];
    p->v[p->n++] = c;
    return 0;
}

static int add_every(struct work *w, struct pool *p)
{
    uint32_t judges[AZ_SUBPANEL_ALL_MAX];
    for (uint32_t mask = 1; mask < UINT32_C(1) << w->s->n_judges; mask++) {
        size_t n = 0;
        for (uint32_t j = 0; j < w->s->n_judges; j++) {
            if (mask >> j & 1)
                judges[n++] = j;
        }
        if (add(w, p, judges, n) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

static int add_path(struct work *w, struct pool *p, const uint32_t *path, size_t steps)
{
    for (uint32_t j = 0; j < w->s->n_judges; j++) {
        if (add(w, p, &j, 1) < 0)
            return AZ_ENOMEM;
    }
    for (size_t n = 2; n <= steps; n++) {
        if (add(w, p, path, n) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

/* ---- the greedy path ---- */

static size_t steps_of(const struct work *w)
{
    return AZ_MIN(w->s->n_judges, (size_t)AZ_SUBPANEL_STEPS);
}

/* Credit that the panel so far would have with this judge as well. */
static double with(const struct work *w, uint32_t judge, int without)
{
    double sums[AZ_SAMPLE_LABELS_MAX], total = 0;
    size_t k_n = w->s->n_labels;
    for (size_t i = 0; i < w->n; i++) {
        if ((int)w->fold[i] == without)
            continue;
        const double *shares = shares_of(w, i, judge);
        for (size_t k = 0; k < k_n; k++)
            sums[k] = w->sums[i * k_n + k] + shares[k];
        total += w->weight[i] * credit_of(w, i, sums);
    }
    return total;
}

static int find_path(struct work *w, int without)
{
    size_t k_n = w->s->n_labels;
    AZ_AUTO_MEM bool *taken = az_zalloc(w->s->n_judges * sizeof(*taken));
    if (!taken)
        return AZ_ENOMEM;
    memset(w->sums, 0, w->n * k_n * sizeof(*w->sums));
    for (size_t step = 0; step < steps_of(w); step++) {
        double best = -1;
        uint32_t judge = 0;
        for (uint32_t j = 0; j < w->s->n_judges; j++) {
            double credit = taken[j] ? -1 : with(w, j, without);
            if (credit > best + same ||
                (credit > best - same && best >= 0 && w->cost[j] < w->cost[judge])) {
                best = credit;
                judge = j;
            }
        }
        taken[judge] = true;
        w->paths[without][step] = judge;
        for (size_t i = 0; i < w->n; i++) {
            for (size_t k = 0; k < k_n; k++)
                w->sums[i * k_n + k] += shares_of(w, i, judge)[k];
        }
    }
    return 0;
}

/* ---- figures ---- */

/* The best candidate without this fold that costs no more; the cheaper of equals. */
static const struct candidate *pick(const struct work *w, int without, double most)
{
    const struct pool *p = &w->pools[w->s->n_judges <= AZ_SUBPANEL_ALL_MAX ? ALL : without];
    const struct candidate *best = NULL;
    double best_accuracy = -1;
    for (size_t i = 0; i < p->n; i++) {
        const struct candidate *c = &p->v[i];
        double here = accuracy(w, c->credit, without);
        if (c->cost > most * (1 + same) || here < best_accuracy - same)
            continue;
        if (here > best_accuracy + same || c->cost < best->cost) {
            best = c;
            best_accuracy = here;
        }
    }
    return best;
}

static const uint32_t *judges_of(const struct work *w, int without, const struct candidate *c)
{
    return w->pools[w->s->n_judges <= AZ_SUBPANEL_ALL_MAX ? ALL : without].judges + c->at;
}

static int figure(const struct work *w, const double *credit, struct az_figure *ret)
{
    return az_weighted_mean(credit, w->weight, w->clusters, w->n, true, "no item", ret);
}

/* Every fold judged by what was picked without it: by cost, or the first steps of its
 * path. `scratch` has n places. */
static int held_out(const struct work *w, double most, size_t steps, double *scratch,
                    struct az_figure *ret)
{
    for (int f = 0; f < AZ_SUBPANEL_FOLDS; f++) {
        const struct candidate *c = steps ? NULL : pick(w, f, most);
        if (c)
            credit_all(w, judges_of(w, f, c), c->n, scratch);
        else
            credit_all(w, w->paths[f], steps, scratch);
        for (size_t i = 0; i < w->n; i++) {
            if ((int)w->fold[i] == f)
                w->credit[i] = scratch[i];
        }
    }
    return figure(w, w->credit, ret);
}

static int by_cost(const void *a, const void *b)
{
    const struct az_subpanel *x = a, *y = b;
    if (x->cost != y->cost)
        return x->cost < y->cost ? -1 : 1;
    if (x->accuracy != y->accuracy)
        return x->accuracy > y->accuracy ? -1 : 1;
    return (x->n > y->n) - (x->n < y->n);
}

static int tell_panels(struct work *w, struct az_subpanels *ret)
{
    const struct pool *p = &w->pools[ALL];
    ret->panels = az_alloc(p->n * sizeof(*ret->panels));
    ret->pool = az_alloc(p->n_judges * sizeof(*ret->pool));
    if (!ret->panels || !ret->pool)
        return AZ_ENOMEM;
    memcpy(ret->pool, p->judges, p->n_judges * sizeof(*ret->pool));
    for (size_t i = 0; i < p->n; i++)
        ret->panels[i] = (struct az_subpanel){p->v[i].n, ret->pool + p->v[i].at, p->v[i].cost,
                                              accuracy(w, p->v[i].credit, ALL)};
    ret->n_panels = p->n;
    qsort(ret->panels, ret->n_panels, sizeof(*ret->panels), by_cost);
    return 0;
}

static int tell_frontier(struct work *w, double *scratch, struct az_subpanels *ret)
{
    double best = -1;
    ret->frontier = az_alloc(ret->n_panels * sizeof(*ret->frontier));
    if (!ret->frontier)
        return AZ_ENOMEM;
    for (size_t i = 0; i < ret->n_panels; i++) {
        if (ret->panels[i].accuracy <= best + same)
            continue;
        best = ret->panels[i].accuracy;
        struct az_frontier_step step = {.panel = i};
        if (held_out(w, ret->panels[i].cost, 0, scratch, &step.held_out) < 0)
            return AZ_ENOMEM;
        ret->frontier[ret->n_frontier++] = step;
    }
    return 0;
}

static int tell_path(struct work *w, double *scratch, struct az_subpanels *ret)
{
    size_t steps = steps_of(w);
    ret->path = az_alloc(steps * sizeof(*ret->path));
    if (!ret->path)
        return AZ_ENOMEM;
    for (size_t n = 1; n <= steps; n++) {
        struct az_path_step step = {.judge = w->paths[ALL][n - 1]};
        struct az_figure apparent;
        credit_all(w, w->paths[ALL], n, scratch);
        if (figure(w, scratch, &apparent) < 0 || held_out(w, 0, n, scratch, &step.held_out) < 0)
            return AZ_ENOMEM;
        step.accuracy = apparent.value;
        ret->path[ret->n_path++] = step;
    }
    return 0;
}

/* ---- all of it ---- */

static int gather(struct work *w)
{
    const struct az_sample *s = w->s;
    size_t row = s->n_judges * s->n_labels;
    double total = 0;
    w->items = az_alloc((s->n_items + 1) * sizeof(*w->items));
    if (!w->items)
        return AZ_ENOMEM;
    for (size_t i = 0; i < s->n_items; i++) {
        if (s->truths[i].label >= 0)
            w->items[w->n++] = (uint32_t)i;
    }
    w->fold = az_alloc((w->n + 1) * sizeof(*w->fold));
    w->clusters = az_alloc((w->n + 1) * sizeof(*w->clusters));
    w->weight = az_alloc((w->n + 1) * sizeof(*w->weight));
    w->credit = az_alloc((w->n + 1) * sizeof(*w->credit));
    w->sums = az_alloc((w->n * s->n_labels + 1) * sizeof(*w->sums));
    w->shares = az_zalloc((w->n * row + 1) * sizeof(*w->shares));
    if (!w->fold || !w->clusters || !w->weight || !w->credit || !w->sums || !w->shares)
        return AZ_ENOMEM;
    for (size_t i = 0; i < w->n; i++) {
        struct az_votes_of votes = az_sample_votes(s, w->items[i]);
        total += w->weight[i] = s->weights[w->items[i]];
        w->clusters[i] = s->clusters[w->items[i]];
        for (size_t v = 0; v < votes.n; v++) {
            double *to = w->shares + i * row + (size_t)votes.v[v].judge * s->n_labels;
            for (size_t k = 0; k < s->n_labels; k++)
                to[k] += az_vote_share(s, &votes.v[v], k);
        }
    }
    for (size_t i = 0; i < w->n; i++)
        w->weight[i] *= (double)w->n / total;
    return 0;
}

static int deal(struct work *w, uint64_t seed, const char **reason)
{
    int64_t different = az_clusters(w->clusters, w->n);
    if (different < 0)
        return AZ_ENOMEM;
    if (w->n < ITEMS_LEAST || different < AZ_SUBPANEL_FOLDS) {
        *reason = w->n < ITEMS_LEAST ? "fewer than 20 items have one true label"
                                     : "the labelled items are of fewer than five clusters";
        return 0;
    }
    if (az_folds(w->clusters, NULL, w->n, AZ_SUBPANEL_FOLDS, seed, w->fold) < 0)
        return AZ_ENOMEM;
    for (size_t i = 0; i < w->n; i++)
        w->sizes[w->fold[i]] += w->weight[i];
    return 0;
}

static int find(struct work *w)
{
    for (int f = 0; f <= ALL; f++) {
        if (find_path(w, f) < 0)
            return AZ_ENOMEM;
    }
    if (w->s->n_judges <= AZ_SUBPANEL_ALL_MAX)
        return add_every(w, &w->pools[ALL]);
    for (int f = 0; f <= ALL; f++) {
        if (add_path(w, &w->pools[f], w->paths[f], steps_of(w)) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

static int work_out(struct work *w, uint64_t seed, struct az_subpanels *ret)
{
    if (gather(w) < 0 || deal(w, seed, &ret->reason) < 0)
        return AZ_ENOMEM;
    if (ret->reason)
        return 0;
    AZ_AUTO_MEM double *scratch = az_alloc((w->n + 1) * sizeof(*scratch));
    if (!scratch || find(w) < 0 || tell_panels(w, ret) < 0 || tell_frontier(w, scratch, ret) < 0 ||
        tell_path(w, scratch, ret) < 0)
        return AZ_ENOMEM;
    ret->n = (int64_t)w->n;
    return 0;
}

int az_subpanels(const struct az_sample *s, const double *cost, uint64_t seed,
                 struct az_subpanels *ret)
{
    struct az_subpanels found = {0};
    if (!s->n_judges || !s->n_labels) {
        found.reason = s->n_judges ? "scores without steps" : "no judge";
        *ret = found;
        return 0;
    }
    AZ_AUTO_MEM struct work *w = az_zalloc(sizeof(*w));
    if (!w)
        return AZ_ENOMEM;
    w->s = s;
    w->cost = cost;
    int r = work_out(w, seed, &found);
    for (int f = 0; f <= ALL; f++) {
        free(w->pools[f].v);
        free(w->pools[f].judges);
    }
    free(w->items);
    free(w->fold);
    free(w->clusters);
    free(w->weight);
    free(w->credit);
    free(w->sums);
    free(w->shares);
    if (r < 0)
        az_subpanels_release(&found);
    else
        *ret = found;
    return r;
}

void az_subpanels_release(struct az_subpanels *p)
{
    free(p->panels);
    free(p->frontier);
    free(p->path);
    free(p->pool);
    *p = (struct az_subpanels){0};
}
