/* Bradley and Terry's and Davidson's strengths, and the draws of the bootstrap, against
 * values that other programs agree on. */
#include <math.h>

#include "core/buf.h"
#include "core/json.h"
#include "statistics/rank/bradley_terry.h"
#include "statistics/rank/intervals.h"
#include "statistics/rank/judged.h"
#include "statistics/rank/standings.h"
#include "tests/unit/crowd.h"

enum { SYSTEMS = 5, PLAYERS = 8, GAMES = 420 };

static const char *data_or_skip(void)
{
    const char *data = getenv("ASSIZE_TEST_DATA");
    if (!data) {
        print_message("ASSIZE_TEST_DATA is not set: nothing to compare with\n");
        skip();
    }
    return data;
}

static struct az_json *open_json(const char *data)
{
    char path[4096], chunk[4096];
    struct az_json *doc = NULL;
    snprintf(path, sizeof(path), "%s/calibration/expected.json", data);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
        az_buf_put(&b, chunk, n);
    fclose(f);
    AZ_AUTO_MEM char *text = az_buf_take(&b);
    assert_int_equal(az_json_parse(az_str(text), &doc, NULL), 0);
    return doc;
}

static double num(az_jv v)
{
    double x = NAN;
    assert_true(az_jv_num(v, &x));
    return x;
}

static void read_matrix(az_jv rows, double ret[SYSTEMS][SYSTEMS])
{
    size_t i = 0, j = 0;
    for (az_jv row = az_jv_first(rows); row; row = az_jv_next(row), i++) {
        j = 0;
        for (az_jv v = az_jv_first(row); v; v = az_jv_next(v), j++)
            ret[i][j] = num(v);
    }
    assert_true(i == SYSTEMS && j == SYSTEMS);
}

static void check_strengths(const char *name, const struct az_bt *bt, az_jv want)
{
    size_t i = 0;
    for (az_jv v = az_jv_first(want); v; v = az_jv_next(v), i++) {
        if (!(fabs(bt->strength[i] - num(v)) < 1e-10))
            fail_msg("%s: system %zu: got %.13g, want %.13g", name, i, bt->strength[i], num(v));
    }
    assert_int_equal(i, bt->n_systems);
    assert_true(bt->converged && !bt->weak_prior);
}

/* Ties are kept, dropped, or half a win for both. */
static void davidson(void **state)
{
    const char *data = data_or_skip();
    static const char *const keys[] = {"davidson", "bradley_terry_ties_dropped",
                                       "bradley_terry_ties_half"};
    double wins[SYSTEMS][SYSTEMS], ties[SYSTEMS][SYSTEMS];
    AZ_AUTO(json) doc = open_json(data);
    az_jv all = az_jv_get(az_json_root(doc), "bradley_terry_davidson");
    read_matrix(az_jv_get(all, "wins_matrix"), wins);
    read_matrix(az_jv_get(all, "ties_matrix"), ties);
    for (int how = 0; how < 3; how++) {
        struct az_game games[SYSTEMS * SYSTEMS] = {{0}};
        struct az_games g = {.n_systems = SYSTEMS, .games = games};
        struct az_bt bt;
        for (int a = 0; a < SYSTEMS; a++) {
            for (int b = a + 1; b < SYSTEMS; b++) {
                double half = how == 2 ? ties[a][b] / 2 : 0;
                games[g.n++] = (struct az_game){.a = a,
                                                .b = b,
                                                .a_wins = wins[a][b] + half,
                                                .b_wins = wins[b][a] + half,
                                                .ties = how == 0 ? ties[a][b] : 0};
            }
        }
        assert_int_equal(az_bt_fit(&g, 0, &bt), 0);
        check_strengths(keys[how], &bt, az_jv_get(az_jv_get(all, keys[how]), "log_strength"));
        if (how == 0) {
            assert_true(fabs(bt.nu - num(az_jv_path(all, "davidson.nu"))) < 1e-10);
            assert_true(fabs(bt.loglik - num(az_jv_path(all, "davidson.log_likelihood"))) < 1e-9);
        }
        az_bt_release(&bt);
    }
}

struct play {
    struct az_game games[GAMES];
    double want[PLAYERS], loglik;
    size_t n, wanted;
};

static void keep_game(char *f[CROWD_FIELDS], size_t n, void *arg)
{
    struct play *p = arg;
    assert_true(n == 4 && p->n < GAMES);
    bool left = strcmp(f[3], f[1]) == 0;
    p->games[p->n++] = (struct az_game){.a = f[1][1] - '1',
                                        .b = f[2][1] - '1',
                                        .a_wins = left,
                                        .b_wins = !left,
                                        .cluster = (uint64_t)f[0][1]};
}

static void keep_want(char *f[CROWD_FIELDS], size_t n, void *arg)
{
    struct play *p = arg;
    if (n < 6 || strcmp(f[1], "MLE") != 0)
        return;
    if (strcmp(f[2], "log_likelihood") == 0)
        p->loglik = strtod(f[5], NULL);
    if (strcmp(f[2], "log_strength_centred") != 0)
        return;
    p->want[f[3][1] - '1'] = strtod(f[5], NULL);
    p->wanted++;
}

static void comparisons(void **state)
{
    const char *data = data_or_skip();
    static struct play p;
    char path[4096];
    struct az_bt bt;
    snprintf(path, sizeof(path), "%s/crowd/pairwise/comparisons.tsv", data);
    crowd_read(path, keep_game, &p);
    snprintf(path, sizeof(path), "%s/crowd/expected/pairwise.tsv", data);
    crowd_read(path, keep_want, &p);
    assert_true(p.n == GAMES && p.wanted == PLAYERS);
    struct az_games g = {.n_systems = PLAYERS, .n = GAMES, .games = p.games};
    assert_int_equal(az_bt_fit(&g, 0, &bt), 0);
    for (size_t i = 0; i < PLAYERS; i++) {
        if (!(fabs(bt.strength[i] - p.want[i]) < 1e-9))
            fail_msg("m%zu: got %.12g, want %.12g", i + 1, bt.strength[i], p.want[i]);
    }
    assert_true(fabs(bt.loglik - p.loglik) < 1e-8);
    assert_false(bt.has_ties);
    az_bt_release(&bt);
}

enum { JUDGES = 6 };

struct noisy {
    struct az_judged_game games[GAMES];
    size_t n;
    struct az_judged got;
    size_t checked;
};

static void keep_judged(char *f[CROWD_FIELDS], size_t n, void *arg)
{
    struct noisy *p = arg;
    assert_true(n == 4 && p->n < GAMES);
    p->games[p->n++] = (struct az_judged_game){f[1][1] - '1', f[2][1] - '1', f[0][1] - '1',
                                               strcmp(f[3], f[1]) == 0};
}

static void check_judged(char *f[CROWD_FIELDS], size_t n, void *arg)
{
    struct noisy *p = arg;
    if (n < 6 || strcmp(f[1], "penalised MAP lambda=0.1") != 0)
        return;
    int at = f[3][0] ? f[3][1] - '1' : 0;
    double got = strcmp(f[2], "s") == 0              ? p->got.strength[at]
                 : strcmp(f[2], "q_logit_left") == 0 ? p->got.left_side[at]
                 : strcmp(f[2], "objective") == 0    ? p->got.objective
                                                     : p->got.looks[at];
    if (!(fabs(got - strtod(f[5], NULL)) < 1e-5))
        fail_msg("%s %s: got %.9g, want %s", f[2], f[3], got, f[5]);
    p->checked++;
}

static void judges_that_click(void **state)
{
    const char *data = data_or_skip();
    static struct noisy p;
    char path[4096];
    snprintf(path, sizeof(path), "%s/crowd/pairwise/comparisons.tsv", data);
    crowd_read(path, keep_judged, &p);
    assert_int_equal(az_judged_fit(p.games, p.n, PLAYERS, JUDGES, 0.1, &p.got), 0);
    assert_true(p.got.converged);
    snprintf(path, sizeof(path), "%s/crowd/expected/pairwise.tsv", data);
    crowd_read(path, check_judged, &p);
    assert_int_equal(p.checked, PLAYERS + 2 * JUDGES + 1);
    az_judged_release(&p.got);
}

/* The percentile interval of a mean, draw by draw. */
static void bootstrap(void **state)
{
    const char *data = data_or_skip();
    struct az_scored scores[64];
    AZ_AUTO(json) doc = open_json(data);
    az_jv b = az_jv_get(az_json_root(doc), "bootstrap");
    struct az_scores s = {.n_systems = 1, .scores = scores};
    for (az_jv v = az_jv_first(az_jv_get(b, "data")); v; v = az_jv_next(v)) {
        assert_true(s.n < AZ_LEN(scores));
        scores[s.n++] = (struct az_scored){.score = num(v)};
    }
    struct az_figure mean = az_scores_mean(&s, 0);
    struct az_table_of of = {.n_rows = s.n,
                             .n_systems = 1,
                             .table = az_scores_mean_table,
                             .arg = &s,
                             .draws = (size_t)num(az_jv_get(b, "B")),
                             .seed = (uint64_t)num(az_jv_get(b, "seed"))};
    assert_int_equal(az_table_intervals(&of, &mean, NULL), 0);
    assert_true(fabs(mean.value - num(az_jv_get(b, "theta"))) < 1e-12);
    assert_true(fabs(mean.low - num(az_jv_path(b, "percentile95.0"))) < 1e-12);
    assert_true(fabs(mean.high - num(az_jv_path(b, "percentile95.1"))) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(davidson),
        cmocka_unit_test(comparisons),
        cmocka_unit_test(judges_that_click),
        cmocka_unit_test(bootstrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
