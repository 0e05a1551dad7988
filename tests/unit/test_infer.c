#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/infer/infer.h"
#include "statistics/special.h"

/* A line an item, a character a judge: a label's digit, '-' for no vote, '/' for
 * half of the first and half of the second label. */
static int sample_of(struct az_sample *s, const char *const *lines, size_t n, size_t n_labels,
                     enum az_answers answers)
{
    static const double half[AZ_SAMPLE_LABELS_MAX] = {0.5, 0.5};
    int r = 0;
    az_sample_init(s, strlen(lines[0]), n_labels, answers);
    for (size_t i = 0; i < n && r == 0; i++) {
        r = az_sample_item(s, i, n_labels);
        for (size_t j = 0; r == 0 && lines[i][j]; j++) {
            if (lines[i][j] == '/')
                r = az_sample_vote_spread(s, j, half, NULL, NULL);
            else if (lines[i][j] != '-')
                r = az_sample_vote(s, j, (size_t)(lines[i][j] - '0'));
        }
    }
    return r;
}

static const char *const votes[] = {"0010-", "111--", "/00--", "-----", "1101-", "0/11-", "0000-"};
static const char *const nobody[] = {"---", "---"};
static const char *const all_same[] = {"11", "11", "11"};
static const char *const one_vote[] = {"0"};
static const char *const splits[] = {"//", "//"};

static const struct {
    const char *const *lines;
    size_t n;
} samples[] = {
    {votes, AZ_LEN(votes)},       {nobody, AZ_LEN(nobody)}, {all_same, AZ_LEN(all_same)},
    {one_vote, AZ_LEN(one_vote)}, {splits, AZ_LEN(splits)},
};

static bool all_finite(const double *x, size_t n)
{
    for (size_t i = 0; x && i < n; i++) {
        if (!isfinite(x[i]))
            return false;
    }
    return true;
}

static void check_sane(const struct az_infer *r, const char *name)
{
    size_t n = r->n_items, j = r->n_judges, k = r->n_labels;
    if (!all_finite(r->posterior, n * k) || !all_finite(r->prior, k) || !all_finite(r->skill, j) ||
        !all_finite(r->confusion, j * k * k) || !all_finite(r->difficulty, n) ||
        !all_finite(r->score, n) || !all_finite(r->score_var, n) || !all_finite(r->bias, j) ||
        !all_finite(r->scale, j) || !all_finite(r->spread, j) || !isfinite(r->loglik))
        fail_msg("%s: not finite", name);
    for (size_t i = 0; r->posterior && i < n; i++) {
        double sum = 0;
        for (size_t c = 0; c < k; c++)
            sum += r->posterior[i * k + c];
        if (fabs(sum - 1) > 1e-12)
            fail_msg("%s: item %zu sums to %g", name, i, sum);
    }
}

/* Whatever there is or is not, nothing is NaN and each row sums to 1. */
static void odd_samples(void **state)
{
    for (size_t i = 0; i < AZ_LEN(samples); i++) {
        for (int kind = 0; kind < 3; kind++) {
            struct az_sample s;
            size_t labels = kind == 2 ? 3 : 2;
            assert_int_equal(sample_of(&s, samples[i].lines, samples[i].n, labels,
                                       kind ? AZ_ANSWERS_EXCHANGEABLE : AZ_ANSWERS_NAMED),
                             0);
            s.tie = kind == 2 ? 2 : -1;
            for (const struct az_infer_method *m = az_infer_methods; m->name; m++) {
                struct az_infer r;
                if (m->needs == AZ_INFER_TWO_LABELS && labels != 2)
                    continue;
                assert_int_equal(az_infer(m, &s, NULL, &r, NULL), 0);
                check_sane(&r, m->name);
                az_infer_release(&r);
            }
            az_sample_release(&s);
        }
    }
}

static void unfit_samples(void **state)
{
    struct az_sample s;
    struct az_infer r;
    struct az_error err;
    assert_int_equal(sample_of(&s, votes, 3, 3, AZ_ANSWERS_NAMED), 0);
    assert_int_equal(az_infer(az_infer_method("kos"), &s, NULL, &r, &err), AZ_EINVAL);
    assert_string_equal(err.what, "'kos' cannot be used: it is for two labels");
    az_sample_release(&s);
    az_sample_init(&s, 1, 2, AZ_ANSWERS_NAMED);
    assert_int_equal(az_infer(az_infer_method("wawa"), &s, NULL, &r, &err), AZ_EINVAL);
    az_sample_release(&s);
    assert_null(az_infer_method("oracle"));
}

/* Items with labels in turn; judges right with their own probability. */
static int made_up(struct az_sample *s, const double *skills, size_t n_judges, size_t n,
                   size_t n_labels)
{
    struct az_rng rng = az_rng(7);
    int r = 0;
    az_sample_init(s, n_judges, n_labels, AZ_ANSWERS_NAMED);
    for (size_t i = 0; i < n && r == 0; i++) {
        size_t truth = i % n_labels;
        r = az_sample_item(s, i, n_labels);
        for (size_t j = 0; r == 0 && j < n_judges; j++) {
            bool right = az_rng_unit(&rng) < skills[j];
            size_t off = 1 + az_rng_below(&rng, n_labels - 1);
            r = az_sample_vote(s, j, right ? truth : (truth + off) % n_labels);
        }
    }
    return r;
}

static const double skills[] = {0.9, 0.8, 0.7, 0.6, 0.55};

/* The models find what the votes were made of. */
static void skills_are_found(void **state)
{
    static const char *const names[] = {"dawid-skene", "dawid-skene-map", "one-coin"};
    struct az_sample s;
    assert_int_equal(made_up(&s, skills, 5, 20000, 3), 0);
    for (size_t m = 0; m < AZ_LEN(names); m++) {
        struct az_infer r;
        assert_int_equal(az_infer(az_infer_method(names[m]), &s, NULL, &r, NULL), 0);
        assert_true(r.converged);
        for (size_t j = 0; j < 5; j++) {
            if (fabs(r.skill[j] - skills[j]) > 0.015)
                fail_msg("%s: judge %zu: %g", names[m], j, r.skill[j]);
        }
        az_infer_release(&r);
    }
    az_sample_release(&s);
}

/* Of a pair whose places say nothing, turning all of them round turns the
 * posterior round and leaves the judges alone. */
static void places_are_alike(void **state)
{
    static const char *const pairs[] = {"001", "011", "1-1", "002", "110", "000"};
    static const char *const turned[] = {"110", "100", "0-0", "112", "001", "111"};
    struct az_sample a, b;
    struct az_infer of_a, of_b;
    assert_int_equal(sample_of(&a, pairs, 6, 3, AZ_ANSWERS_EXCHANGEABLE), 0);
    assert_int_equal(sample_of(&b, turned, 6, 3, AZ_ANSWERS_EXCHANGEABLE), 0);
    a.tie = b.tie = 2;
    const struct az_infer_method *m = az_infer_method("dawid-skene");
    assert_int_equal(az_infer(m, &a, NULL, &of_a, NULL), 0);
    assert_int_equal(az_infer(m, &b, NULL, &of_b, NULL), 0);
    for (size_t i = 0; i < 6; i++) {
        assert_true(fabs(of_a.posterior[i * 3] - of_b.posterior[i * 3 + 1]) < 1e-9);
        assert_true(fabs(of_a.posterior[i * 3 + 2] - of_b.posterior[i * 3 + 2]) < 1e-9);
    }
    for (size_t x = 0; x < 3 * 9; x++)
        assert_true(fabs(of_a.confusion[x] - of_b.confusion[x]) < 1e-9);
    assert_true(of_a.prior[0] == of_a.prior[1]);
    az_infer_release(&of_a);
    az_infer_release(&of_b);
    az_sample_release(&a);
    az_sample_release(&b);
}

/* Repeats of one answer are votes, but agree once (see wawa.c). */
static void wawa_by_hand(void **state)
{
    struct az_sample s;
    struct az_infer r;
    static const size_t said[][2] = {{0, 0}, {1, 0}, {2, 1}, {2, 1}, {2, 1}};
    az_sample_init(&s, 3, 2, AZ_ANSWERS_NAMED);
    assert_int_equal(az_sample_item(&s, 0, 2), 0);
    for (size_t i = 0; i < AZ_LEN(said); i++)
        assert_int_equal(az_sample_vote(&s, said[i][0], said[i][1]), 0);
    assert_int_equal(az_sample_item(&s, 1, 2), 0);
    for (size_t j = 0; j < 3; j++)
        assert_int_equal(az_sample_vote(&s, j, 0), 0);
    assert_int_equal(az_infer(az_infer_method("wawa"), &s, NULL, &r, NULL), 0);
    assert_true(r.skill[0] == 0.5 && r.skill[1] == 0.5 && r.skill[2] == 1);
    assert_true(r.posterior[1] == 0.75);
    assert_true(r.answers[2] == 4);
    az_infer_release(&r);
    az_sample_release(&s);
}

/* logit(0.9) and logit(0.4) meet in the middle; hard votes are left out. */
static void mean_logit_by_hand(void **state)
{
    struct az_sample s;
    struct az_infer r;
    double sure[] = {log(0.9), log(0.1)}, less[] = {log(0.4) + 3, log(0.6) + 3};
    az_sample_init(&s, 3, 2, AZ_ANSWERS_NAMED);
    assert_int_equal(az_sample_item(&s, 0, 2), 0);
    assert_int_equal(az_sample_vote_spread(&s, 0, NULL, sure, NULL), 0);
    assert_int_equal(az_sample_vote_spread(&s, 1, NULL, less, NULL), 0);
    assert_int_equal(az_sample_vote(&s, 2, 1), 0);
    assert_int_equal(az_sample_item(&s, 1, 2), 0);
    assert_int_equal(az_sample_vote(&s, 2, 1), 0);
    assert_int_equal(az_infer(az_infer_method("mean-logit"), &s, NULL, &r, NULL), 0);
    double logit = (log(9) + log(0.4 / 0.6)) / 2;
    assert_true(fabs(r.posterior[0] - 1 / (1 + exp(-logit))) < 1e-12);
    assert_true(r.posterior[3] == 1);
    assert_int_equal(r.left_out, 1);
    assert_true(r.answers[0] == 1 && r.answers[2] == 0);
    assert_int_equal(az_infer_label(&r, 0), 0);
    az_infer_release(&r);
    az_sample_release(&s);
}

/* A normal number: the sum of twelve. */
static double normal(struct az_rng *rng)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += az_rng_unit(rng);
    return sum;
}

static const double biases[] = {0.5, -0.5, 1, -1, 0}, scales[] = {1.4, 0.6, 1, 1.2, 0.8};
static const double spreads[] = {0.1, 0.5, 1, 2, 0.3};

/* True scores are normal about 5 with variance 4; a third of the scores is missing. */
static int made_up_scores(struct az_sample *s, double *truths, size_t n)
{
    struct az_rng rng = az_rng(11);
    int r = 0;
    az_sample_init(s, 5, 0, AZ_ANSWERS_NAMED);
    for (size_t i = 0; i < n && r == 0; i++) {
        truths[i] = 5 + 2 * normal(&rng);
        r = az_sample_item(s, i, 0);
        for (size_t j = 0; r == 0 && j < 5; j++) {
            double y = biases[j] + scales[j] * truths[i] + sqrt(spreads[j]) * normal(&rng);
            if (az_rng_below(&rng, 3) > 0)
                r = az_sample_vote_spread(s, j, NULL, NULL, &y);
        }
    }
    return r;
}

static void gaussian_finds_judges(void **state)
{
    enum { N = 8000 };
    static double truths[N];
    struct az_sample s;
    struct az_infer r;
    double off = 0, off_mean = 0, var = 0;
    assert_int_equal(made_up_scores(&s, truths, N), 0);
    assert_int_equal(az_infer(az_infer_method("gaussian"), &s, NULL, &r, NULL), 0);
    assert_true(r.converged && !r.posterior);
    for (size_t j = 0; j < 5; j++) {
        if (fabs(r.scale[j] - scales[j]) > 0.05 ||
            fabs(r.spread[j] - spreads[j]) > 0.05 + 0.1 * spreads[j] ||
            fabs(r.bias[j] - biases[j]) > 0.3)
            fail_msg("judge %zu: %g + %g, %g", j, r.bias[j], r.scale[j], r.spread[j]);
    }
    for (size_t i = 0; i < N; i++) {
        struct az_votes_of v = az_sample_votes(&s, i);
        double mean = 0;
        for (size_t x = 0; x < v.n; x++)
            mean += *az_vote_score(&s, &v.v[x]) / (double)v.n;
        if (v.n == 0)
            continue;
        off += (r.score[i] - truths[i]) * (r.score[i] - truths[i]);
        off_mean += (mean - truths[i]) * (mean - truths[i]);
        var += r.score_var[i];
    }
    assert_true(off < off_mean / 4);
    assert_true(fabs(off / var - 1) < 0.1); /* the variance is honest where the model holds */
    az_infer_release(&r);
    az_sample_release(&s);
}

/* All scores alike: no line, no noise, and nothing that is not finite. */
static void gaussian_without_spread(void **state)
{
    struct az_sample s;
    struct az_infer r;
    double same = 3;
    az_sample_init(&s, 2, 0, AZ_ANSWERS_NAMED);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(az_sample_item(&s, i, 0), 0);
        assert_int_equal(az_sample_vote_spread(&s, i % 2, NULL, NULL, &same), 0);
    }
    assert_int_equal(az_infer(az_infer_method("gaussian"), &s, NULL, &r, NULL), 0);
    check_sane(&r, "gaussian");
    assert_true(r.score[0] == 3 && r.score_var[0] == 0 && r.scale[1] == 1 && r.bias[1] == 0);
    az_infer_release(&r);
    az_sample_release(&s);
}

/* Levels 1 … 5; a judge adds its bias and noise, and rounds. */
static int made_up_levels(struct az_sample *s, const double *bias, const double *sd, size_t n)
{
    static const double levels[] = {1, 2, 3, 4, 5};
    struct az_rng rng = az_rng(5);
    int r = 0;
    az_sample_init(s, 4, 5, AZ_ANSWERS_ORDINAL);
    s->levels = levels;
    for (size_t i = 0; i < n && r == 0; i++) {
        size_t truth = az_rng_below(&rng, 5);
        r = az_sample_item(s, i, 5);
        az_sample_truth(s, truth);
        for (size_t j = 0; r == 0 && j < 4; j++) {
            double y = (double)truth + bias[j] + sd[j] * normal(&rng);
            r = az_sample_vote(s, j, (size_t)AZ_MAX(0.0, AZ_MIN(4.0, round(y))));
        }
    }
    return r;
}

static double right_of(const struct az_sample *s, const struct az_infer *r)
{
    double n = 0;
    for (size_t i = 0; i < s->n_items; i++)
        n += az_infer_label(r, i) == s->truths[i].label;
    return n / (double)s->n_items;
}

static void ordinal_finds_judges(void **state)
{
    static const double bias[] = {0.8, -0.8, 0, 0}, sd[] = {0.5, 0.5, 0.8, 1.5};
    struct az_sample s;
    struct az_infer r, majority;
    assert_int_equal(made_up_levels(&s, bias, sd, 300), 0);
    assert_int_equal(az_infer(az_infer_method("ordinal"), &s, NULL, &r, NULL), 0);
    assert_int_equal(az_infer(az_infer_method("majority"), &s, NULL, &majority, NULL), 0);
    check_sane(&r, "ordinal");
    assert_true(r.bias[0] > 0.4 && r.bias[1] < -0.4 && fabs(r.bias[2]) < 0.3);
    assert_true(r.spread[0] < r.spread[2] && r.spread[2] < r.spread[3]);
    assert_true(right_of(&s, &r) > right_of(&s, &majority) + 0.1);
    az_infer_release(&r);
    az_infer_release(&majority);
    az_sample_release(&s);
}

static void digamma(void **state)
{
    /* -gamma; -gamma - 2 ln 2; 1 - gamma; the second by the recurrence; ln x - 1/2x - 1/12x^2 */
    static const double cases[][2] = {{1, -0.57721566490153286},
                                      {0.5, -1.9635100260214235},
                                      {2, 0.42278433509846714},
                                      {10.5, 2.3030010342976865},
                                      {1e6, 13.815510057964191}};
    for (size_t i = 0; i < AZ_LEN(cases); i++)
        assert_true(fabs(az_digamma(cases[i][0]) - cases[i][1]) < 1e-13 * (1 + fabs(cases[i][1])));
    assert_true(isnan(az_digamma(0)));
}

static void out_of_memory(void **state)
{
    struct az_sample s;
    assert_int_equal(sample_of(&s, votes, AZ_LEN(votes), 2, AZ_ANSWERS_NAMED), 0);
    for (const struct az_infer_method *m = az_infer_methods; m->name; m++) {
        for (int nth = 1, r = -1; r < 0; nth++) {
            struct az_infer got;
            struct az_error err;
            az_fault_alloc(nth);
            r = az_infer(m, &s, NULL, &got, &err);
            az_fault_alloc(0);
            assert_true(r == 0 || (r == AZ_ENOMEM && *err.what));
            if (r == 0)
                az_infer_release(&got);
            assert_true(nth < 100);
        }
    }
    az_sample_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(odd_samples),           cmocka_unit_test(unfit_samples),
        cmocka_unit_test(skills_are_found),      cmocka_unit_test(places_are_alike),
        cmocka_unit_test(wawa_by_hand),          cmocka_unit_test(mean_logit_by_hand),
        cmocka_unit_test(gaussian_finds_judges), cmocka_unit_test(gaussian_without_spread),
        cmocka_unit_test(ordinal_finds_judges),  cmocka_unit_test(digamma),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
