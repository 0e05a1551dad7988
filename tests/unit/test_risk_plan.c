#include "statistics/guarantee/plan.h"

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"
#include "statistics/guarantee/risk.h"
#include "tests/unit/unit.h"

enum { OTHERS = 1000 };

static int64_t plan(const double *wrong, size_t n_other, size_t n, double alpha)
{
    int64_t start = -1;
    assert_int_equal(az_risk_plan(wrong, n_other, n, alpha, 0.05, &start), 0);
    return start;
}

/* Chances that rise evenly from `low` to `high`. */
static void rising(double *wrong, double low, double high)
{
    for (size_t i = 0; i < OTHERS; i++)
        wrong[i] = low + (high - low) * (double)i / OTHERS;
}

static void starts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double low, high, alpha;
        size_t n;
        int64_t least, most;
    } cases[] = {
        {"no label would do", 0, 0.5, 0.05, 58, 0, 0},
        {"one test only", 0, 0.1, 0.05, 70, 0, 0},
        {"nothing is wrong: the last test keeps as much", 0, 0, 0.05, 200, 0, 0},
        {"wrong from the top on", 0.1, 0.2, 0.2, 200, 15, 40},
        {"sure at the top, a coin below", 0.0001, 0.9, 0.05, 200, 0, 0},
        {"in proportion beyond", 0.1, 0.2, 0.2, 20000, 300, 4000},
        {"hopeless: anything", 0.5, 0.6, 0.05, 200, 0, 5},
    };
    double wrong[OTHERS];
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        rising(wrong, cases[i].low, cases[i].high);
        int64_t got = plan(wrong, OTHERS, cases[i].n, cases[i].alpha);
        if (got < cases[i].least || got > cases[i].most)
            fail_msg("%s: %lld", cases[i].name, (long long)got);
    }
    assert_int_equal(plan(NULL, 0, 200, 0.05), 0);
    assert_int_equal(plan(wrong, OTHERS, 0, 0.05), 0);
}

/* The order of the others is nothing to it. */
static void any_order(void **state)
{
    (void)state;
    double wrong[OTHERS], turned[OTHERS];
    rising(wrong, 0.05, 0.3);
    for (size_t i = 0; i < OTHERS; i++)
        turned[i] = wrong[(i * 7 + 3) % OTHERS];
    assert_int_equal(plan(wrong, OTHERS, 150, 0.2), plan(turned, OTHERS, 150, 0.2));
}

/* With a start that is planned a promise holds as often as it should, and more is kept: the
 * risk rises from 5 % at the top to 35 %. */
static void keeps_its_promise(void **state)
{
    (void)state;
    enum { DRAWS = 2000, N = 200 };
    double wrong[OTHERS], score[N], loss[N], kept[2] = {0};
    struct az_rng rng = az_rng(11);
    int64_t broken = 0;
    rising(wrong, 0.05, 0.35);
    int64_t start = plan(wrong, OTHERS, N, 0.15);
    assert_true(start > 0);
    for (int t = 0; t < DRAWS; t++) {
        struct az_risk r[2];
        for (size_t i = 0; i < N; i++) {
            double q = 0.05 + 0.3 * az_rng_unit(&rng);
            score[i] = 1 - q;
            loss[i] = az_rng_unit(&rng) < q;
        }
        assert_int_equal(az_risk_fit(score, loss, NULL, N, 0.15, 0.05, 1, &r[0]), 0);
        assert_int_equal(az_risk_fit_from(score, loss, NULL, N, 0.15, 0.05, start, 1, &r[1]), 0);
        for (int i = 0; i < 2; i++)
            kept[i] += (double)r[i].n_kept / N / DRAWS;
        /* of all that scores at least so much the risk is the middle of 0.05 and 1 - threshold */
        double worst = r[1].all ? 0.35 : 1 - r[1].threshold;
        broken += r[1].kept && (0.05 + worst) / 2 > 0.15;
    }
    assert_true((double)broken / DRAWS <= 0.05 + 2 * 0.005);
    assert_true(kept[1] > kept[0] + 0.05);
}

static void out_of_memory(void **state)
{
    (void)state;
    double wrong[OTHERS];
    int64_t start;
    int r = AZ_ENOMEM, nth;
    rising(wrong, 0.05, 0.3);
    for (nth = 1; r == AZ_ENOMEM; nth++) {
        az_fault_alloc(nth);
        r = az_risk_plan(wrong, OTHERS, 150, 0.2, 0.05, &start);
        az_fault_alloc(0);
    }
    assert_true(r == 0 && nth > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts),
        cmocka_unit_test(any_order),
        cmocka_unit_test(keeps_its_promise),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
