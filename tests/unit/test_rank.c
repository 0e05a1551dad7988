#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/correlation.h"
#include "statistics/rank/bradley_terry.h"
#include "statistics/rank/elo.h"
#include "statistics/rank/intervals.h"
#include "statistics/rank/judged.h"
#include "statistics/rank/standings.h"

enum { GAMES_MAX = 64, SYSTEMS_MAX = 8 };

/* "A>B C=D": systems are letters. */
static struct az_games games_of(const char *text, size_t n_systems, struct az_game *ret)
{
    struct az_games g = {.n_systems = n_systems, .games = ret};
    for (const char *p = text; *p; p += p[3] ? 4 : 3) {
        assert_true(g.n < GAMES_MAX);
        ret[g.n] = (struct az_game){.a = p[0] - 'A',
                                    .b = p[2] - 'A',
                                    .a_wins = p[1] == '>',
                                    .b_wins = p[1] == '<',
                                    .ties = p[1] == '=',
                                    .cluster = g.n};
        g.n++;
    }
    return g;
}

/* What comes of games that do not rank everybody: order of strengths, '-' where a
 * system has none; a reason. */
static const struct {
    const char *name, *games;
    size_t systems;
    const char *want, *reason;
    bool weak, bounded;
} cases[] = {
    {"even", "A>B A<B", 2, "A=B", NULL, false, true},
    {"won everything", "A>B A>B", 2, "A>B", NULL, true, false},
    {"won everything among three", "A>B B>C C>B A>C", 3, "A>B=C", NULL, true, false},
    {"a circle", "A>B B>C C>A", 3, "A=B=C", NULL, false, true},
    {"a win and a tie", "A>B A=B", 2, "A>B", NULL, true, true}, /* nu grows with the lead */
    {"more wins than ties around", "A>B B>C C=A", 3, "A>B>C", NULL, false, true},
    {"ties where wins go both ways", "A>B B>A A=B A>B", 2, "A>B", NULL, false, true},
    {"all ties", "A=B B=C", 3, "A=B=C", NULL, false, true},
    {"no ties", "A>B A>B A<B", 2, "A>B", NULL, false, true},
    {"two islands", "A>B A<B C>D C<D D>E D<E", 5, "--C=D=E", NULL, false, true},
    {"the first of two alike", "A>B A<B C>D C<D", 4, "A=B--", NULL, false, true},
    {"one did not play", "A>B A<B", 3, "A=B-", NULL, false, true},
    {"nobody played", "", 3, "---", "no two systems met", false, false},
    {"one system", "", 1, "-", "fewer than two systems", false, false},
    {"no system", "", 0, "", "fewer than two systems", false, false},
};

static void degenerate(void **state)
{
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_game games[GAMES_MAX];
        struct az_games g = games_of(cases[i].games, cases[i].systems, games);
        struct az_bt bt;
        assert_int_equal(az_bt_fit(&g, 0, &bt), 0);
        char got[64] = "";
        size_t n = 0, last = SIZE_MAX;
        for (size_t s = 0; s < g.n_systems; s++) {
            struct az_figure f = az_bt_strength(&bt, s);
            assert_true(f.defined == bt.ranked[s] && (f.defined || f.reason));
            assert_true(isfinite(bt.strength[s]) && fabs(bt.strength[s]) < 10);
            if (f.defined && last != SIZE_MAX) {
                double off = bt.strength[last] - bt.strength[s];
                got[n++] = fabs(off) < 1e-9 ? '=' : off > 0 ? '>' : '<';
            }
            got[n++] = f.defined ? (char)('A' + s) : '-';
            last = f.defined ? s : last;
        }
        const char *want = cases[i].want;
        if (strcmp(got, want) != 0 || bt.weak_prior != cases[i].weak)
            fail_msg("%s: got '%s', want '%s', weak %d", cases[i].name, got, want, bt.weak_prior);
        assert_true((bt.reason == NULL) == (cases[i].reason == NULL));
        if (bt.reason)
            assert_string_equal(bt.reason, cases[i].reason);
        az_bt_release(&bt);
    }
}

static void bounded_or_not(void **state)
{
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_game games[GAMES_MAX];
        int32_t groups[SYSTEMS_MAX], largest = -1;
        struct az_games g = games_of(cases[i].games, cases[i].systems, games);
        size_t n = az_games_groups(&g, groups, &largest);
        assert_true((n > 0) == (largest >= 0));
        if (n > 0 && az_games_bounded(&g, groups, largest) != cases[i].bounded)
            fail_msg("%s", cases[i].name);
    }
    struct az_game games[GAMES_MAX];
    int32_t groups[6];
    struct az_games g = games_of("F>E B>C E=D", 6, games);
    assert_int_equal(az_games_groups(&g, groups, NULL), 2);
    static const int32_t want[] = {-1, 0, 0, 1, 1, 1};
    assert_memory_equal(groups, want, sizeof(want));
}

/* Logistic regression of a win on the length term: at the top both scores vanish. */
static void length_control(void **state)
{
    enum { N = 400 };
    static struct az_game games[N];
    static double lengths[N];
    struct az_rng rng = az_rng(9);
    struct az_bt bt;
    double won = 0, off = 0, off_x = 0;
    for (size_t i = 0; i < N; i++)
        lengths[i] = 300 * az_rng_unit(&rng) - 60;
    double kept = lengths[0];
    az_length_covariate(lengths, N);
    assert_true(fabs(lengths[0]) < 1 && (lengths[0] > 0) == (kept > 0));
    for (size_t i = 0; i < N; i++) {
        double p = 1 / (1 + exp(0.5 - 2 * lengths[i]));
        bool wins = az_rng_unit(&rng) < p;
        games[i] = (struct az_game){.a = 0, .b = 1, .a_wins = wins, .b_wins = !wins};
        games[i].x[0] = lengths[i];
        won += wins;
    }
    struct az_games g = {.n_systems = 2, .n_covariates = 1, .n = N, .games = games};
    assert_int_equal(az_bt_fit(&g, 0, &bt), 0);
    for (size_t i = 0; i < N; i++) {
        double lead = bt.strength[0] - bt.strength[1] + bt.effects[0] * games[i].x[0];
        double r = games[i].a_wins - 1 / (1 + exp(-lead));
        off += r;
        off_x += r * games[i].x[0];
    }
    assert_true(bt.converged && fabs(off) < 1e-7 && fabs(off_x) < 1e-7);
    /* It wins by its length: controlled it is the weaker one. */
    struct az_figure plain = az_win_rate(&g, 0), rate = az_bt_win_rate(&bt, &g, 0);
    assert_true(plain.value > 0.5 && fabs(plain.value - won / N) < 1e-12);
    assert_true(fabs(rate.value - 1 / (1 + exp(0.5))) < 0.08 && rate.n == N);
    assert_true(fabs(bt.effects[0] - 2) < 0.5);
    az_bt_release(&bt);
}

/* A covariate that tells all games apart has no best effect: the weak prior holds. */
static void covariate_separates(void **state)
{
    struct az_game games[GAMES_MAX];
    struct az_games g = games_of("A>B A<B A>B A<B", 2, games);
    struct az_bt bt;
    g.n_covariates = 1;
    for (size_t i = 0; i < g.n; i++)
        games[i].x[0] = games[i].a_wins > 0 ? 1 : -1;
    assert_int_equal(az_bt_fit(&g, 0, &bt), 0);
    assert_true(bt.weak_prior && bt.converged);
    assert_true(bt.effects[0] > 0.5 && bt.effects[0] < 10 && fabs(bt.strength[0]) < 1e-9);
    az_bt_release(&bt);
}

static void priors_shrink(void **state)
{
    struct az_game games[GAMES_MAX];
    struct az_games g = games_of("A>B A>B A>B A<B", 2, games);
    struct az_bt free, tight;
    assert_int_equal(az_bt_fit(&g, 0, &free), 0);
    assert_int_equal(az_bt_fit(&g, 0.5, &tight), 0);
    assert_true(fabs(free.strength[0] - log(3) / 2) < 1e-10);
    assert_true(tight.weak_prior && tight.strength[0] > 0 && tight.strength[0] < free.strength[0]);
    assert_true(fabs(az_bt_beats(&free, 0, 1) - 0.75) < 1e-10);
    az_bt_release(&free);
    az_bt_release(&tight);
}

static void elo_by_hand(void **state)
{
    struct az_game games[GAMES_MAX];
    struct az_games g = games_of("A>B A>B A=B", 2, games);
    struct az_elo one[2], many[2], again[2], third[3];
    assert_int_equal(az_elo(&g, 32, 0, 0, one), 0);
    double up = 16 + 32 * (1 - 1 / (1 + pow(10, -32.0 / 400)));
    double last = 32 * (0.5 - 1 / (1 + pow(10, -2 * up / 400)));
    assert_true(fabs(one[0].rating - (1000 + up + last)) < 1e-9 && one[0].stray == 0);
    assert_true(fabs(one[0].rating + one[1].rating - 2000) < 1e-9 && one[0].games == 3);
    assert_int_equal(az_elo(&g, 32, 200, 5, many), 0);
    assert_int_equal(az_elo(&g, 32, 200, 5, again), 0);
    assert_true(many[0].rating == again[0].rating && many[0].stray > 0);
    assert_true(many[0].rating != one[0].rating && many[0].rating > 1000);
    g.n_systems = 3;
    assert_int_equal(az_elo(&g, AZ_ELO_K, 10, 5, third), 0);
    assert_true(third[2].rating == AZ_ELO_START && third[2].games == 0);
}

static void tables_of_scores(void **state)
{
    static const struct az_scored scores[] = {{0, 1, 0}, {0, 4, 1}, {1, 2, 0},
                                              {0, 2, 2}, {0, 3, 2}, {1, 7, 1}};
    static const double weights[] = {1, 0, 3, 1, 0, 1};
    struct az_scores s = {.n_systems = 3, .n = AZ_LEN(scores), .scores = scores};
    struct az_figure f;
    assert_true(az_scores_mean(&s, 0).value == 2.5 && az_scores_mean(&s, 1).value == 4.5);
    assert_false(az_scores_mean(&s, 2).defined);
    assert_int_equal(az_scores_median(&s, 0, &f), 0);
    assert_true(f.value == 2.5 && f.n == 4);
    assert_int_equal(az_scores_median(&s, 2, &f), 0);
    assert_string_equal(f.reason, "no scores");
    s.weights = weights;
    assert_int_equal(az_scores_median(&s, 1, &f), 0);
    assert_true(f.value == 2);
    assert_true(az_scores_mean(&s, 1).value == (3 * 2 + 7) / 4.0);
    assert_int_equal(az_scores_median(&s, 0, &f), 0);
    assert_true(f.value == 1.5);
}

/* Six clusters that agree have less to say than the sixty games in them. */
static void intervals_by_cluster(void **state)
{
    struct az_game games[60];
    uint64_t clusters[60];
    struct az_rank_range ranks[3];
    struct az_figure by_game[3], by_cluster[3];
    struct az_games g = {.n_systems = 3, .n = 60, .games = games};
    for (int i = 0; i < 60; i++) {
        bool first = i / 10 % 3 != 0;
        games[i] = (struct az_game){.a = i % 2,
                                    .b = 1 - i % 2,
                                    .a_wins = first == (i % 2 == 0),
                                    .b_wins = first != (i % 2 == 0)};
        clusters[i] = (uint64_t)(i / 10);
    }
    for (size_t i = 0; i < 3; i++)
        by_game[i] = by_cluster[i] = az_win_rate(&g, i);
    struct az_table_of of = {60, 3, NULL, az_win_rate_table, &g, 500, 1};
    assert_int_equal(az_table_intervals(&of, by_game, NULL), 0);
    of.clusters = clusters;
    assert_int_equal(az_table_intervals(&of, by_cluster, ranks), 0);
    assert_false(by_cluster[2].has_interval);
    for (size_t i = 0; i < 2; i++) {
        assert_true(by_game[i].has_interval && by_cluster[i].has_interval);
        assert_true(by_cluster[i].low <= by_cluster[i].value);
        assert_true(by_cluster[i].high >= by_cluster[i].value);
        assert_true(ranks[i].low >= 1 && ranks[i].high <= 2 && ranks[i].low <= ranks[i].high);
    }
    assert_string_equal(by_cluster[0].method, "cluster bootstrap");
    assert_string_equal(by_game[0].method, "bootstrap");
    double narrow = by_game[0].high - by_game[0].low;
    assert_true(by_cluster[0].high - by_cluster[0].low > 1.5 * narrow);
    memset(clusters, 0, sizeof(clusters));
    by_cluster[0].has_interval = false;
    assert_int_equal(az_table_intervals(&of, by_cluster, ranks), 0);
    assert_true(!by_cluster[0].has_interval && ranks[0].high == 0);
}

/* Strengths and rates of a strong, an even and a weak system hold their order. */
static void intervals_of_strengths(void **state)
{
    struct az_game games[GAMES_MAX];
    struct az_games g = games_of("A>B A>B A<B B>C B>C C>B A>C A>C A>C C>A A>B B>C", 4, games);
    struct az_figure strengths[4], rates[4];
    struct az_bt bt;
    assert_int_equal(az_bt_fit(&g, 0, &bt), 0);
    for (size_t i = 0; i < 4; i++) {
        strengths[i] = az_bt_strength(&bt, i);
        rates[i] = az_bt_win_rate(&bt, &g, i);
    }
    struct az_table_of of = {g.n, 4, NULL, az_bt_strength_table, &g, 200, 3};
    assert_int_equal(az_table_intervals(&of, strengths, NULL), 0);
    of.table = az_bt_win_rate_table;
    assert_int_equal(az_table_intervals(&of, rates, NULL), 0);
    assert_true(strengths[0].has_interval && strengths[0].high < 10 && strengths[0].low < 0.5);
    assert_true(rates[0].has_interval && rates[0].high <= 1 && rates[2].low >= 0);
    assert_false(strengths[3].defined || rates[3].defined);
    assert_false(strengths[3].has_interval);
    az_bt_release(&bt);
}

/* Does the order of systems agree with that of people? */
static void agreement_with_people(void **state)
{
    static const double ours[] = {3, 2, 1, 0}, people[] = {3, 2, 0, 1}, same[] = {1, 1, 1, 1};
    struct az_figure f;
    assert_int_equal(az_kendall_tau_b(ours, people, 4, &f), 0);
    assert_true(fabs(f.value - 4.0 / 6) < 1e-12 && f.n == 4);
    assert_int_equal(az_spearman(ours, people, 4, &f), 0);
    assert_true(fabs(f.value - 0.8) < 1e-12);
    assert_int_equal(az_kendall_tau_b(ours, same, 4, &f), 0);
    assert_string_equal(f.reason, "one side never changes");
    assert_int_equal(az_kendall_tau_b(ours, people, 1, &f), 0);
    assert_string_equal(f.reason, "fewer than two pairs");
    assert_int_equal(az_spearman(ours, people, 0, &f), 0);
    assert_false(f.defined);
}

/* Ten games each of a judge that looks and of one that takes the left; ties half. */
static int judged(struct az_judged *ret)
{
    static struct az_judged_game games[41];
    for (int i = 0; i < 40; i++) {
        bool swap = i % 2;
        games[i] = (struct az_judged_game){swap, !swap, i / 20, i < 20 ? !swap : 1};
    }
    games[40] = (struct az_judged_game){0, 1, 0, 0.5};
    return az_judged_fit(games, 41, 2, 2, 0.1, ret);
}

static void who_looks(void **state)
{
    struct az_judged j;
    assert_int_equal(judged(&j), 0);
    assert_true(j.converged && isfinite(j.objective));
    assert_true(j.strength[0] > 1 && fabs(j.strength[0] + j.strength[1]) < 1e-6);
    assert_true(j.looks[0] > 1 && j.looks[1] < 0 && j.left_side[1] > 1);
    az_judged_release(&j);
}

static int everything(const struct az_games *g)
{
    struct az_figure figures[3] = {az_figure_of(1, 1)}, f;
    struct az_elo elo[3];
    struct az_scored scored[] = {{0, 1, 0}, {1, 2, 0}};
    struct az_scores s = {.n_systems = 2, .n = 2, .scores = scored};
    struct az_table_of of = {g->n, 3, NULL, az_bt_win_rate_table, (void *)(uintptr_t)g, 2, 1};
    int r = az_table_intervals(&of, figures, NULL);
    if (r == 0)
        r = az_elo(g, 4, 2, 1, elo);
    struct az_judged j;
    if (r == 0)
        r = az_scores_median(&s, 0, &f);
    if (r == 0 && (r = judged(&j)) == 0)
        az_judged_release(&j);
    of = (struct az_table_of){2, 2, NULL, az_scores_median_table, &s, 2, 1};
    if (r == 0)
        r = az_table_intervals(&of, figures, NULL);
    if (r == 0)
        r = az_spearman((double[]){1, 2}, (double[]){1, 2}, 2, &f);
    if (r == 0)
        r = az_kendall_tau_b((double[]){1, 2}, (double[]){1, 2}, 2, &f);
    return r;
}

static void out_of_memory(void **state)
{
    struct az_game games[GAMES_MAX];
    struct az_games g = games_of("A>B B>C C>A A>B B>C C>A A>B B>C C>A A=C", 3, games);
    for (int nth = 1, r = -1; r < 0; nth++) {
        az_fault_alloc(nth);
        r = everything(&g);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        assert_true(nth < 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(degenerate),
        cmocka_unit_test(bounded_or_not),
        cmocka_unit_test(length_control),
        cmocka_unit_test(covariate_separates),
        cmocka_unit_test(priors_shrink),
        cmocka_unit_test(elo_by_hand),
        cmocka_unit_test(tables_of_scores),
        cmocka_unit_test(intervals_by_cluster),
        cmocka_unit_test(intervals_of_strengths),
        cmocka_unit_test(agreement_with_people),
        cmocka_unit_test(who_looks),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
