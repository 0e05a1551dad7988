#include "statistics/rank/judged.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/matrix.h"

enum { ROUNDS = 20000 };

#define STILL 1e-9

struct slope {
    double first, second; /* second: minus, > 0 */
};

struct fit {
    const struct az_judged_game *games;
    size_t n, n_systems;
    double lambda;
    struct az_judged *to;
    double *slope, *curve;        /* of strengths */
    struct slope *looks, *clicks; /* a judge */
};

static double sigma(double x)
{
    return 1 / (1 + exp(-x));
}

/* One outcome of a game, which weighs `w`. */
static void add_outcome(struct fit *f, const struct az_judged_game *g, bool left, double w)
{
    const struct az_judged *at = f->to;
    double y = left ? 1 : -1, gap = at->strength[g->left] - at->strength[g->right];
    double attentive = sigma(at->looks[g->judge]), side = at->left_side[g->judge];
    double by_look = attentive * sigma(y * gap), by_click = (1 - attentive) * sigma(y * side);
    double looked = w * by_look / (by_look + by_click), clicked = w - looked;
    f->to->objective -= w * log(by_look + by_click);

    double p = sigma(gap), first = looked * (left - p), second = looked * p * (1 - p);
    size_t l = (size_t)g->left, r = (size_t)g->right, n = f->n_systems;
    f->slope[l] += first;
    f->slope[r] -= first;
    f->curve[l * n + l] += second;
    f->curve[r * n + r] += second;
    f->curve[AZ_MAX(l, r) * n + AZ_MIN(l, r)] -= second;

    double q = sigma(side);
    f->clicks[g->judge].first += clicked * (left - q);
    f->clicks[g->judge].second += clicked * q * (1 - q);
    f->looks[g->judge].first += looked - w * attentive;
    f->looks[g->judge].second += w * attentive * (1 - attentive);
}

static void look(struct fit *f)
{
    struct az_judged *at = f->to;
    size_t n = f->n_systems;
    memset(f->slope, 0, n * sizeof(*f->slope));
    memset(f->curve, 0, n * n * sizeof(*f->curve));
    at->objective = 0;
    for (size_t i = 0; i < n; i++) {
        f->slope[i] = -f->lambda * at->strength[i];
        f->curve[i * n + i] = f->lambda;
        at->objective += f->lambda / 2 * at->strength[i] * at->strength[i];
    }
    for (size_t j = 0; j < at->n_judges; j++) {
        double off = at->looks[j] - 1;
        f->looks[j] = (struct slope){-f->lambda * off, f->lambda};
        f->clicks[j] = (struct slope){-f->lambda * at->left_side[j], f->lambda};
        at->objective += f->lambda / 2 * (off * off + at->left_side[j] * at->left_side[j]);
    }
    for (size_t i = 0; i < f->n; i++) {
        const struct az_judged_game *g = &f->games[i];
        if (g->left_won > 0)
            add_outcome(f, g, true, g->left_won);
        if (g->left_won < 1)
            add_outcome(f, g, false, 1 - g->left_won);
    }
}

static double bounded(double step)
{
    return AZ_MAX(-1.0, AZ_MIN(1.0, step));
}

static double move(double *x, double step, double most)
{
    *x += bounded(step);
    return AZ_MAX(most, fabs(step));
}

/* The largest step, into *most. */
static int step_all(struct fit *f, double *most)
{
    struct az_judged *at = f->to;
    *most = 0;
    look(f);
    int r = az_cholesky(f->curve, f->n_systems);
    if (r < 0)
        return r; /* of memory: with lambda it is positive definite */
    az_cholesky_solve(f->curve, f->n_systems, f->slope);
    for (size_t i = 0; i < f->n_systems; i++)
        *most = move(&at->strength[i], f->slope[i], *most);
    for (size_t j = 0; j < at->n_judges; j++) {
        *most = move(&at->looks[j], f->looks[j].first / f->looks[j].second, *most);
        *most = move(&at->left_side[j], f->clicks[j].first / f->clicks[j].second, *most);
    }
    return 0;
}

static int climb(struct fit *f)
{
    AZ_AUTO_MEM double *room = az_zalloc((f->n_systems + 1) * f->n_systems * sizeof(*room));
    AZ_AUTO_MEM struct slope *judges = az_zalloc(2 * f->to->n_judges * sizeof(*judges));
    if (!room || !judges)
        return AZ_ENOMEM;
    f->slope = room;
    f->curve = room + f->n_systems;
    f->looks = judges;
    f->clicks = judges + f->to->n_judges;
    for (; f->to->rounds < ROUNDS && !f->to->converged; f->to->rounds++) {
        double most;
        int r = step_all(f, &most);
        if (r < 0)
            return r;
        f->to->converged = most < STILL;
    }
    look(f);
    return 0;
}

int az_judged_fit(const struct az_judged_game *games, size_t n, size_t n_systems, size_t n_judges,
                  double lambda, struct az_judged *ret)
{
    struct az_judged to = {.n_systems = n_systems, .n_judges = n_judges};
    struct fit f = {games, n, n_systems, lambda, &to, NULL, NULL, NULL, NULL};
    az_assert(lambda > 0 && n_systems > 0 && n_judges > 0);
    to.strength = az_zalloc((n_systems + 2 * n_judges) * sizeof(*to.strength));
    int r = to.strength ? 0 : AZ_ENOMEM;
    if (r == 0) {
        to.looks = to.strength + n_systems;
        to.left_side = to.looks + n_judges;
        for (size_t j = 0; j < n_judges; j++)
            to.looks[j] = 1;
        r = climb(&f);
    }
    if (r < 0) {
        az_judged_release(&to);
        return AZ_ENOMEM;
    }
    *ret = to;
    return 0;
}

void az_judged_release(struct az_judged *j)
{
    free(j->strength); /* looks and left_side are in it */
    *j = (struct az_judged){0};
}
