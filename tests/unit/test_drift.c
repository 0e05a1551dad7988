#include <math.h>

#include "core/rng.h"
#include "statistics/guarantee/drift.h"
#include "tests/unit/unit.h"

/* Feeds n losses of mean `rate`; the alarm's place or 0. */
static int64_t stream(struct az_drift *d, struct az_rng *rng, double rate, int n)
{
    for (int i = 0; i < n; i++)
        az_drift_add(d, az_rng_unit(rng) < rate);
    return d->alarm;
}

/* At the base itself false alarms stay below delta, however long one looks. */
static void false_alarms(void **state)
{
    (void)state;
    enum { RUNS = 400 };
    struct az_rng rng = az_rng(3);
    int alarms = 0;
    for (int i = 0; i < RUNS; i++) {
        struct az_drift d;
        az_drift_init(&d, 0.05, 0.1);
        alarms += stream(&d, &rng, 0.05, 2000) > 0;
    }
    assert_true(alarms <= RUNS * 0.1);
}

/* A drift from 5 % to 15 % wrong is found within a few hundred items, at once or
 * after a thousand good ones; one below the base never matters. */
static void drifts_are_found(void **state)
{
    (void)state;
    enum { RUNS = 100 };
    struct az_rng rng = az_rng(4);
    int found = 0, late = 0, better = 0;
    for (int i = 0; i < RUNS; i++) {
        struct az_drift d;
        az_drift_init(&d, 0.05, 0.05);
        found += stream(&d, &rng, 0.15, 300) > 0;
        az_drift_init(&d, 0.05, 0.05);
        if (stream(&d, &rng, 0.05, 1000) == 0)
            late += stream(&d, &rng, 0.15, 500) > 1000;
        az_drift_init(&d, 0.05, 0.05);
        better += stream(&d, &rng, 0.01, 1000) > 0;
    }
    assert_true(found > 90 && late > 85 && better == 0);
}

/* The evidence is a fair bet: at the base its expectation is 1 after any number of
 * items. All 2^10 streams, weighed. */
static void a_fair_bet(void **state)
{
    (void)state;
    enum { STEPS = 10 };
    double mean = 0, base = 0.2;
    for (unsigned bits = 0; bits < 1u << STEPS; bits++) {
        struct az_drift d;
        double probability = 1;
        az_drift_init(&d, base, 0.01);
        for (int i = 0; i < STEPS; i++) {
            bool wrong = bits >> i & 1;
            probability *= wrong ? base : 1 - base;
            az_drift_add(&d, wrong);
        }
        mean += probability * az_drift_evidence(&d);
    }
    assert_true(fabs(mean - 1) < 1e-9);
}

static void rates(void **state)
{
    (void)state;
    enum { RUNS = 100 };
    struct az_rng rng = az_rng(5);
    struct az_drift d;
    az_drift_init(&d, 0.05, 0.05);
    assert_false(az_drift_rate(&d).defined);
    az_drift_add(&d, 0);
    struct az_figure f = az_drift_rate(&d);
    assert_true(f.value == 0 && f.low == 0 && f.high > 0.9 && f.high < 1);
    assert_string_equal(f.method, "confidence sequence");

    int missed = 0;
    for (int r = 0; r < RUNS; r++) {
        bool out = false;
        az_drift_init(&d, 0.05, 0.05);
        for (int i = 0; i < 400; i++) {
            az_drift_add(&d, az_rng_unit(&rng) < 0.3 ? 0.5 : 0.25 * (az_rng_unit(&rng) < 0.5));
            f = az_drift_rate(&d);
            out = out || f.low > 0.2375 || f.high < 0.2375;
        }
        missed += out;
    }
    assert_true(missed <= 0.05 * RUNS);
    assert_true(f.high - f.low < 0.2);
}

static void bases(void **state)
{
    (void)state;
    assert_true(fabs(az_drift_base(0, 59, 0.05) - (1 - pow(0.05, 1.0 / 59))) < 1e-12);
    assert_true(isnan(az_drift_base(0, 0, 0.05)));
}

/* Wealth has a ceiling: no figure becomes infinite. */
static void long_disaster(void **state)
{
    (void)state;
    struct az_drift d;
    az_drift_init(&d, 0.01, 0.05);
    for (int i = 0; i < 100000; i++)
        az_drift_add(&d, 1);
    assert_true(isfinite(az_drift_evidence(&d)));
    assert_true(d.alarm > 0 && d.alarm < 10);
    assert_true(az_drift_rate(&d).high == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(false_alarms), cmocka_unit_test(drifts_are_found),
        cmocka_unit_test(a_fair_bet),   cmocka_unit_test(rates),
        cmocka_unit_test(bases),        cmocka_unit_test(long_disaster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
