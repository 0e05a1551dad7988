#include "statistics/rank/bradley_terry.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/matrix.h"

enum { ROUNDS = 60, HALVINGS = 30 };

#define FAR 25.0 /* a strength or effect that no data means */

/* Parameters in one vector: strengths of the ranked, effects, ln nu. */
struct fit {
    const struct az_game *games; /* of the ranked group, systems by their place there */
    size_t n_games, n_systems, n_covariates, n;
    bool ties;
    double prior_sd; /* 0: none */
    double *at, *step, *slope, *curve, *trial;
};

struct chances {
    double a, b, tie, log_norm;
};

static struct chances chances_of(double d, double log_nu, bool ties)
{
    double half = fabs(d) / 2, top = ties ? AZ_MAX(half, log_nu) : half;
    double strong = exp(half - top), weak = exp(-half - top), tie = ties ? exp(log_nu - top) : 0;
    double sum = strong + weak + tie;
    return (struct chances){(d >= 0 ? strong : weak) / sum, (d >= 0 ? weak : strong) / sum,
                            tie / sum, top + log(sum)};
}

static double lead_of(const struct fit *f, const struct az_game *g, const double *at)
{
    double d = at[g->a] - at[g->b];
    for (size_t c = 0; c < f->n_covariates; c++)
        d += at[f->n_systems + c] * g->x[c];
    return d;
}

static double log_nu(const struct fit *f, const double *at)
{
    return f->ties ? at[f->n - 1] : 0;
}

static double log_prior(const struct fit *f, const double *at)
{
    double sum = 0;
    for (size_t i = 0; f->prior_sd > 0 && i < f->n_systems + f->n_covariates; i++)
        sum -= at[i] * at[i] / (2 * f->prior_sd * f->prior_sd);
    return sum;
}

static double loglik(const struct fit *f, const double *at)
{
    double sum = 0;
    for (size_t i = 0; i < f->n_games; i++) {
        const struct az_game *g = &f->games[i];
        double d = lead_of(f, g, at);
        struct chances p = chances_of(d, log_nu(f, at), f->ties);
        sum += (g->a_wins - g->b_wins) * d / 2 + g->ties * log_nu(f, at) -
               (g->a_wins + g->b_wins + g->ties) * p.log_norm;
    }
    return sum;
}

/* The lead depends on both systems and the covariates; ln nu is on its own. */
static void add_game(struct fit *f, const struct az_game *g)
{
    size_t index[2 + AZ_COVARIATES_MAX] = {(size_t)g->a, (size_t)g->b}, n = 2;
    double by[2 + AZ_COVARIATES_MAX] = {1, -1}, all = g->a_wins + g->b_wins + g->ties;
    for (size_t c = 0; c < f->n_covariates; c++, n++) {
        index[n] = f->n_systems + c;
        by[n] = g->x[c];
    }
    struct chances p = chances_of(lead_of(f, g, f->at), log_nu(f, f->at), f->ties);
    double gap = p.a - p.b, first = (g->a_wins - g->b_wins - all * gap) / 2;
    double second = all * (p.a + p.b - gap * gap) / 4, last = (double)f->ties;
    for (size_t i = 0; i < n; i++) {
        f->slope[index[i]] += first * by[i];
        for (size_t j = 0; j < n; j++)
            f->curve[index[i] * f->n + index[j]] += second * by[i] * by[j];
        /* Of the lead and ln nu: -P(tie) * gap / 2, in minus the Hessian. */
        if (last > 0)
            f->curve[(f->n - 1) * f->n + index[i]] -= all * p.tie * gap / 2 * by[i];
    }
    if (f->ties) {
        f->slope[f->n - 1] += g->ties - all * p.tie;
        f->curve[f->n * f->n - 1] += all * p.tie * (1 - p.tie);
    }
}

/* Slope, and minus the Hessian in the lower triangle. Strengths are known up to a
 * constant only: the mean is pinned to 0 by a ridge along it that no step feels. */
static void look(struct fit *f)
{
    memset(f->slope, 0, f->n * sizeof(*f->slope));
    memset(f->curve, 0, f->n * f->n * sizeof(*f->curve));
    for (size_t i = 0; i < f->n_games; i++)
        add_game(f, &f->games[i]);
    for (size_t i = 0; i < f->n_systems; i++) {
        for (size_t j = 0; j < f->n_systems; j++)
            f->curve[i * f->n + j] += 1.0 / (double)f->n_systems;
    }
    for (size_t i = 0; f->prior_sd > 0 && i < f->n_systems + f->n_covariates; i++) {
        f->slope[i] -= f->at[i] / (f->prior_sd * f->prior_sd);
        f->curve[i * f->n + i] += 1 / (f->prior_sd * f->prior_sd);
    }
}

/* step = curve^-1 slope. AZ_EINVAL: the curve is flat somewhere; or AZ_ENOMEM. */
static int solve(struct fit *f)
{
    int r = az_cholesky(f->curve, f->n);
    memcpy(f->step, f->slope, f->n * sizeof(*f->step));
    if (r == 0)
        az_cholesky_solve(f->curve, f->n, f->step);
    return r;
}

static double largest(const double *x, size_t n)
{
    double top = 0;
    for (size_t i = 0; i < n; i++)
        top = AZ_MAX(top, fabs(x[i]));
    return top;
}

/* 1: at the top. 0: it has none within reach. Or AZ_ENOMEM. */
static int climb(struct fit *f)
{
    double now = loglik(f, f->at) + log_prior(f, f->at);
    for (int round = 0; round < ROUNDS; round++) {
        double by = 1, then = -INFINITY;
        look(f);
        int r = solve(f);
        if (r < 0)
            return r == AZ_ENOMEM ? r : 0;
        for (int i = 0; i < HALVINGS && then < now - 1e-9; i++, by /= 2) {
            for (size_t p = 0; p < f->n; p++)
                f->trial[p] = f->at[p] + by * f->step[p];
            then = loglik(f, f->trial) + log_prior(f, f->trial);
        }
        memcpy(f->at, f->trial, f->n * sizeof(*f->at));
        now = then;
        if (!(largest(f->at, f->n) <= FAR))
            return 0;
        if (largest(f->step, f->n) < 1e-10)
            return 1;
    }
    return 0;
}

/* ---- from games to rows ---- */

/* Games of the ranked, weighted; without covariates one row a pair, where that is
 * shorter. */
static size_t gather(const struct az_games *g, const int32_t *place, size_t n_ranked,
                     struct az_game *rows, struct az_game *pairs)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct az_game *game = &g->games[i];
        double w = az_game_weight(g, i);
        if (!(w > 0) || place[game->a] < 0 || place[game->b] < 0)
            continue;
        struct az_game *row =
            pairs ? &pairs[(size_t)place[game->a] * n_ranked + (size_t)place[game->b]] : &rows[n++];
        if (!pairs) {
            *row = *game;
            row->a_wins = row->b_wins = row->ties = 0;
        }
        row->a = place[game->a];
        row->b = place[game->b];
        row->a_wins += w * game->a_wins;
        row->b_wins += w * game->b_wins;
        row->ties += w * game->ties;
    }
    for (size_t i = 0; pairs && i < n_ranked * n_ranked; i++) {
        if (pairs[i].a_wins + pairs[i].b_wins + pairs[i].ties > 0)
            rows[n++] = pairs[i];
    }
    return n;
}

static void place_systems(const int32_t *groups, int32_t group, size_t n, struct az_bt *bt,
                          int32_t *place)
{
    for (size_t i = 0; i < n; i++) {
        bt->ranked[i] = groups[i] == group;
        place[i] = bt->ranked[i] ? (int32_t)bt->n_ranked++ : -1;
    }
}

static void keep(const struct fit *f, const int32_t *place, struct az_bt *bt)
{
    double mean = 0;
    for (size_t i = 0; i < f->n_systems; i++)
        mean += f->at[i] / (double)f->n_systems;
    for (size_t i = 0; i < bt->n_systems; i++)
        bt->strength[i] = place[i] < 0 ? 0 : f->at[place[i]] - mean;
    for (size_t c = 0; c < f->n_covariates; c++)
        bt->effects[c] = f->at[f->n_systems + c];
    bt->nu = f->ties ? exp(f->at[f->n - 1]) : 0;
    bt->loglik = loglik(f, f->at);
}

static int fit_rows(struct fit *f, double prior_sd, bool bounded, const int32_t *place,
                    struct az_bt *bt)
{
    size_t n = f->n;
    AZ_AUTO_MEM double *room = az_zalloc((4 * n + n * n) * sizeof(*room));
    if (!room)
        return AZ_ENOMEM;
    f->at = room;
    f->step = room + n;
    f->slope = room + 2 * n;
    f->trial = room + 3 * n;
    f->curve = room + 4 * n;
    f->prior_sd = prior_sd;
    int r = bounded || prior_sd > 0 ? climb(f) : 0;
    if (r == 0 && !(prior_sd > 0)) {
        memset(f->at, 0, n * sizeof(*f->at));
        f->prior_sd = AZ_BT_WEAK;
        r = climb(f);
    }
    if (r < 0)
        return r;
    bt->converged = r;
    bt->weak_prior = f->prior_sd > 0;
    keep(f, place, bt);
    return 0;
}

static void totals(const struct fit *f, double *decided, double *ties)
{
    *decided = *ties = 0;
    for (size_t i = 0; i < f->n_games; i++) {
        *decided += f->games[i].a_wins + f->games[i].b_wins;
        *ties += f->games[i].ties;
    }
}

static int fit_group(const struct az_games *g, const int32_t *groups, int32_t group,
                     double prior_sd, int32_t *place, struct az_bt *bt)
{
    place_systems(groups, group, g->n_systems, bt, place);
    size_t cells = bt->n_ranked * bt->n_ranked;
    bool by_pair = g->n_covariates == 0 && cells < g->n;
    AZ_AUTO_MEM struct az_game *rows = az_zalloc(g->n * sizeof(*rows));
    AZ_AUTO_MEM struct az_game *pairs = by_pair ? az_zalloc(cells * sizeof(*pairs)) : NULL;
    int bounded = az_games_bounded(g, groups, group);
    if (!rows || (by_pair && !pairs) || bounded < 0)
        return AZ_ENOMEM;

    double decided, ties;
    struct fit f = {.games = rows, .n_systems = bt->n_ranked, .n_covariates = g->n_covariates};
    f.n_games = gather(g, place, bt->n_ranked, rows, pairs);
    totals(&f, &decided, &ties);
    bt->games = decided + ties;
    bt->has_ties = f.ties = ties > 0;
    f.n = f.n_systems + f.n_covariates + f.ties;
    if (!(decided > 0)) { /* all are ties: nobody is stronger */
        bt->converged = true;
        return 0;
    }
    return fit_rows(&f, prior_sd, bounded, place, bt);
}

int az_bt_fit(const struct az_games *g, double prior_sd, struct az_bt *ret)
{
    size_t n = AZ_MAX(g->n_systems, (size_t)1);
    int32_t largest = -1;
    az_assert(g->n_covariates <= AZ_COVARIATES_MAX);
    AZ_AUTO_MEM int32_t *groups = az_alloc(2 * n * sizeof(*groups));
    struct az_bt bt = {.n_systems = g->n_systems, .n_covariates = g->n_covariates};
    bt.strength = az_zalloc(n * sizeof(*bt.strength));
    bt.ranked = az_zalloc(n * sizeof(*bt.ranked));
    int r = groups && bt.strength && bt.ranked ? 0 : AZ_ENOMEM;
    if (r == 0) {
        az_games_groups(g, groups, &largest);
        if (largest < 0)
            bt.reason = g->n_systems < 2 ? "fewer than two systems" : "no two systems met";
        else
            r = fit_group(g, groups, largest, prior_sd, groups + n, &bt);
    }
    if (r < 0) {
        az_bt_release(&bt);
        return r;
    }
    *ret = bt;
    return 0;
}

void az_bt_release(struct az_bt *bt)
{
    free(bt->strength);
    free(bt->ranked);
    *bt = (struct az_bt){0};
}

/* ---- reading ---- */

double az_bt_beats(const struct az_bt *bt, size_t a, size_t b)
{
    az_assert(bt->ranked[a] && bt->ranked[b]);
    bool ties = bt->has_ties && bt->nu > 0;
    struct chances p = chances_of(bt->strength[a] - bt->strength[b], ties ? log(bt->nu) : 0, ties);
    return p.a + p.tie / 2;
}

static const char *unranked(const struct az_bt *bt)
{
    return bt->reason ? bt->reason : "it never met the systems that are ranked";
}

struct az_figure az_bt_strength(const struct az_bt *bt, size_t system)
{
    int64_t n = (int64_t)llround(bt->games);
    return bt->ranked[system] ? az_figure_of(bt->strength[system], n)
                              : az_figure_none(unranked(bt), n);
}

struct az_figure az_bt_win_rate(const struct az_bt *bt, const struct az_games *g, size_t system)
{
    double sum = 0, n = 0;
    if (!bt->ranked[system])
        return az_figure_none(unranked(bt), 0);
    for (size_t i = 0; i < g->n; i++) {
        const struct az_game *game = &g->games[i];
        size_t a = (size_t)game->a, b = (size_t)game->b, other = a == system ? b : a;
        double w = az_game_weight(g, i) * (game->a_wins + game->b_wins + game->ties);
        if ((a != system && b != system) || !(w > 0))
            continue;
        sum += w * az_bt_beats(bt, system, other);
        n += w;
    }
    return n > 0 ? az_figure_of(sum / n, (int64_t)llround(n)) : az_figure_none("no games", 0);
}

static int table(const struct az_games *games, const double *weights, bool rates, double *ret)
{
    struct az_games g = *games;
    struct az_bt bt;
    g.weights = weights;
    int r = az_bt_fit(&g, 0, &bt);
    if (r < 0)
        return r;
    for (size_t i = 0; i < g.n_systems; i++) {
        struct az_figure f = rates ? az_bt_win_rate(&bt, &g, i) : az_bt_strength(&bt, i);
        ret[i] = f.defined ? f.value : NAN;
    }
    az_bt_release(&bt);
    return 0;
}

int az_bt_strength_table(void *games, const double *weights, double *ret)
{
    return table(games, weights, false, ret);
}

int az_bt_win_rate_table(void *games, const double *weights, double *ret)
{
    return table(games, weights, true, ret);
}
