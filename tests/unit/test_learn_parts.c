/* The parts' own numbers beside the formulas, by hand. */
#include <math.h>

#include "statistics/learn/features.h"
#include "tests/unit/learn_scene.h"

/* Twelve items in turn A and B; each letter of `right` is one judge's: y right, n
 * wrong, - nothing, = half of each. */
static void build(struct az_sample *s, enum az_answers answers, size_t n_judges,
                  const char *const *says)
{
    static const double both[] = {0.5, 0.5};
    az_sample_init(s, n_judges, 2, answers);
    for (size_t i = 0; i < 12; i++) {
        size_t truth = i % 2;
        assert_int_equal(az_sample_item(s, i, 2), 0);
        az_sample_truth(s, truth);
        for (size_t j = 0; j < n_judges; j++) {
            char c = says[j][i];
            if (c == '=')
                assert_int_equal(az_sample_vote_spread(s, j, both, NULL, NULL), 0);
            else if (c != '-')
                assert_int_equal(az_sample_vote(s, j, c == 'y' ? truth : 1 - truth), 0);
        }
    }
}

static struct az_model *learnt(const char *name, enum az_answers answers, size_t n_judges,
                               const char *const *says, struct az_sample *s)
{
    double *p;
    build(s, answers, n_judges, says);
    struct az_model *m = learn_all(name, s, &p);
    free(p);
    assert_string_equal(m->reason, "");
    return m;
}

static void log_odds_are_shrunk(void **state)
{
    static const char *const says[] = {"yyyyyyyyynnn", "yyynnn==----"};
    struct az_sample s;
    AZ_AUTO(model) m = learnt("logodds", AZ_ANSWERS_EXCHANGEABLE, 2, says, &s);
    /* 9 of 12, and 4 of 8: 13 of 20 in all; 8 items of that for each. */
    double pooled = 13.0 / 20, a = (9 + 8 * pooled) / 20, b = (4 + 8 * pooled) / 16;
    assert_true(fabs(m->arrays[0][0] - log(a / (1 - a))) < 1e-12);
    assert_true(fabs(m->arrays[0][1] - log(b / (1 - b))) < 1e-12);
    az_sample_release(&s);
}

static void the_best_is_picked(void **state)
{
    static const struct {
        const char *name, *says[3];
        double want;
    } cases[] = {
        {"most right", {"yyyyyyynnnnn", "yyyyyyyyynnn", "yyyyyyyynnnn"}, 1},
        {"missing is a guess", {"yyyyyyynnnnn", "yyyyyy------", "nnnnnnnnnnnn"}, 1},
        {"a split is half", {"yyyyyyy=====", "yyyyyyyyynnn", "nnnnnnnnnnnn"}, 0},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_sample s;
        AZ_AUTO(model) m = learnt("single", AZ_ANSWERS_EXCHANGEABLE, 3, cases[i].says, &s);
        if (m->arrays[2][0] != cases[i].want)
            fail_msg("%s: %g", cases[i].name, m->arrays[2][0]);
        az_sample_release(&s);
    }
}

static void confusion_counts(void **state)
{
    /* Of A (items 0, 2 …) right 6 of 6; of B 2 of 6. */
    static const char *const says[] = {"yyynynynynyy"};
    struct az_sample s;
    AZ_AUTO(model) m = learnt("confusion", AZ_ANSWERS_NAMED, 1, says, &s);
    double a = (6 + 0.5) / 7, b = (2 + 0.5) / 7; /* pooled: one flat item a row */
    const double want[] = {(6 + 8 * a) / 14, (8 - 8 * a) / 14, (4 + 8 * (1 - b)) / 14,
                           (2 + 8 * b) / 14};
    size_t b_right = 0;
    for (size_t i = 1; i < 12; i += 2)
        b_right += says[0][i] == 'y';
    assert_int_equal(b_right, 2);
    for (size_t i = 0; i < 4; i++)
        assert_true(fabs(m->arrays[0][i] - want[i]) < 1e-12);
    az_sample_release(&s);

    /* A pair's places share: 8 of 12, whichever is which. */
    AZ_AUTO(model) pair = learnt("confusion", AZ_ANSWERS_EXCHANGEABLE, 1, says, &s);
    assert_true(pair->arrays[0][0] == pair->arrays[0][3]);
    assert_true(fabs(pair->arrays[0][0] - (4 + 8 * (4 + 0.5) / 7) / 14) < 1e-12);
    az_sample_release(&s);
}

/* A judge that is always right has all the weight of evidence. */
static void evidence_knows_whom(void **state)
{
    static const char *const says[] = {"ynynynynynyn", "yyyyyyyyyyyy", "nynynnyynyny"};
    struct az_sample s;
    AZ_AUTO(model) m = learnt("singles", AZ_ANSWERS_EXCHANGEABLE, 3, says, &s);
    assert_true(m->arrays[2][1] > 0.9);
    assert_true(fabs(m->arrays[2][0] + m->arrays[2][1] + m->arrays[2][2] - 1) < 1e-12);
    az_sample_release(&s);
}

/* Margins are of the judge's own spread: its unit changes nothing. */
static void units_of_margins(void **state)
{
    struct az_sample s[2];
    double *p[2];
    struct az_model *models[2];
    for (size_t unit = 0; unit < 2; unit++) {
        struct az_rng rng = az_rng(4);
        az_sample_init(&s[unit], 2, 2, AZ_ANSWERS_EXCHANGEABLE);
        for (size_t i = 0; i < 40; i++) {
            size_t truth = az_rng_below(&rng, 2);
            assert_int_equal(az_sample_item(&s[unit], i, 2), 0);
            az_sample_truth(&s[unit], truth);
            for (size_t j = 0; j < 2; j++) {
                double by = az_rng_unit(&rng) * 3 - 1, scale = unit == 1 && j == 1 ? 1000 : 1;
                double margins[2] = {0, 0};
                margins[truth] = by * scale;
                margins[0] += 7 * scale; /* nor does where it begins */
                margins[1] += 7 * scale;
                assert_int_equal(az_sample_vote_spread(&s[unit], j, NULL, margins, NULL), 0);
            }
        }
        models[unit] = learn_all("hierarchical", &s[unit], &p[unit]);
    }
    for (size_t i = 0; i < 80; i++)
        assert_true(fabs(p[0][i] - p[1][i]) < 1e-6);
    for (size_t unit = 0; unit < 2; unit++) {
        free(p[unit]);
        az_sample_release(&s[unit]);
    }
    az_model_free(models[0]);
    az_model_free(models[1]);
}

/* Levels: a judge that is one too high is as good as one that is right. */
static void levels_are_moved(void **state)
{
    struct az_sample s;
    double *p, right = 0;
    struct az_rng rng = az_rng(9);
    az_sample_init(&s, 2, 4, AZ_ANSWERS_ORDINAL);
    for (size_t i = 0; i < 300; i++) {
        size_t truth = az_rng_below(&rng, 3);
        assert_int_equal(az_sample_item(&s, i, 4), 0);
        if (i < 150)
            az_sample_truth(&s, truth);
        assert_int_equal(az_sample_vote(&s, 0, truth + 1), 0);
        assert_int_equal(az_sample_vote(&s, 1, az_rng_below(&rng, 4)), 0);
    }
    AZ_AUTO(model) m = learn_all("auto", &s, &p);
    for (size_t i = 150; i < 300; i++) {
        bool is_top[4];
        size_t says = (size_t)az_sample_votes(&s, i).v[0].label;
        right += az_top(p + 4 * i, 4, is_top) == 1 && is_top[says - 1];
    }
    assert_true(right / 150 > 0.98);
    free(p);
    az_sample_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_odds_are_shrunk), cmocka_unit_test(the_best_is_picked),
        cmocka_unit_test(confusion_counts),    cmocka_unit_test(evidence_knows_whom),
        cmocka_unit_test(units_of_margins),    cmocka_unit_test(levels_are_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
