/* statistics/interval/needed.c: labels for a width, beside the widths that they turn out to
 * have. */
#include "statistics/interval/needed.h"

#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

enum { N = 4000 };

static double judged[N], truth[N], weight[N];
static bool labelled[N];

/* `knows`: how far what is judged follows the truth. */
static struct az_mean_of scene(size_t n, double p, double knows, bool rate)
{
    struct az_rng rng = az_rng(4);
    for (size_t i = 0; i < N; i++) {
        truth[i] = az_rng_unit(&rng) < p;
        if (!rate)
            truth[i] = 3 * az_rng_unit(&rng);
        judged[i] =
            (rate ? 0.5 : 1.5) * (1 - knows) + knows * truth[i] + 0.2 * (az_rng_unit(&rng) - 0.5);
        labelled[i] = i < n;
        weight[i] = 1 + i % 3;
    }
    return (struct az_mean_of){.n = N,
                               .judged = judged,
                               .truth = truth,
                               .labelled = labelled,
                               .rate = rate,
                               .same_scale = true};
}

static double width_of(const struct az_mean_of *of)
{
    struct az_chosen c;
    assert_int_equal(az_choose_mean(of, &c), 0);
    assert_true(c.figure.has_interval);
    return c.figure.high - c.figure.low;
}

static const struct {
    const char *name;
    size_t n;
    double p, knows, width;
    bool rate, weighted;
} cases[] = {
    {"a good panel", 100, 0.4, 0.8, 0.06, true, false},
    {"a panel that knows little", 100, 0.5, 0.1, 0.12, true, false},
    {"from few labels", 40, 0.5, 0.5, 0.1, true, false},
    {"rare: labels only", 200, 0.03, 0.5, 0.1, true, false},
    {"weighted", 200, 0.4, 0.5, 0.1, true, true},
    {"numbers", 100, 0.5, 0.5, 0.2, false, false},
};

/* With as many labels the interval is about as wide as was wanted. */
static void needed_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_mean_of of = scene(cases[i].n, cases[i].p, cases[i].knows, cases[i].rate);
        int64_t needed;
        of.w = cases[i].weighted ? weight : NULL;
        assert_int_equal(az_labels_needed(&of, cases[i].width, &needed), 0);
        if (needed < AZ_NEEDED_LEAST || needed > N)
            fail_msg("%s: %lld labels", cases[i].name, (long long)needed);
        of = scene((size_t)needed, cases[i].p, cases[i].knows, cases[i].rate);
        of.w = cases[i].weighted ? weight : NULL;
        double ratio = width_of(&of) / cases[i].width;
        if (!(ratio > 0.8 && ratio < 1.2))
            fail_msg("%s: %lld labels give %.2f of the width", cases[i].name, (long long)needed,
                     ratio);
    }
}

static void cannot_be_said(void **state)
{
    int64_t needed;
    (void)state;
    struct az_mean_of of = scene(AZ_NEEDED_LEAST - 1, 0.4, 0.5, true);
    assert_int_equal(az_labels_needed(&of, 0.1, &needed), 0);
    assert_int_equal(needed, 0);
    of = scene(100, 0.4, 0.5, true);
    assert_int_equal(az_labels_needed(&of, 0.001, &needed), 0);
    assert_true(needed > N); /* not even all of them */
    of.elsewhere = true;
    assert_int_equal(az_labels_needed(&of, 0.1, &needed), 0);
    assert_int_equal(needed, 0);
    of = scene(30, 1, 0.5, true); /* all labels are the same */
    assert_int_equal(az_labels_needed(&of, 0.1, &needed), 0);
    assert_true(needed >= 30 && needed < 80);
}

static void out_of_memory(void **state)
{
    struct az_mean_of of = scene(100, 0.4, 0.5, true);
    int r = AZ_ENOMEM;
    int64_t needed;
    (void)state;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        az_fault_alloc(nth);
        r = az_labels_needed(&of, 0.1, &needed);
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(needed_table),
        cmocka_unit_test(cannot_be_said),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
