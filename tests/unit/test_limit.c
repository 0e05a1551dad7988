#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/limit.h"
#include "core/rng.h"

static void no_limit(void **state)
{
    (void)state;
    struct az_limit l;
    az_limit_init(&l, 0, 0, 100);
    for (int i = 0; i < 1000; i++)
        assert_true(az_limit_reserve(&l, 1000000, 100));
    assert_int_equal(az_limit_wait(&l, INT64_MAX / 2, 100), 0);
}

/* 60 a minute: six at once, then the other 54 over the minute. */
static void requests(void **state)
{
    (void)state;
    struct az_limit l;
    az_limit_init(&l, 60, 0, 0);
    for (int i = 0; i < 6; i++)
        assert_true(az_limit_reserve(&l, 0, 0));
    assert_false(az_limit_reserve(&l, 0, 0));
    az_ms wait = az_limit_wait(&l, 0, 0);
    assert_int_equal(wait, 1112);
    assert_false(az_limit_reserve(&l, 0, wait - 2));
    assert_true(az_limit_reserve(&l, 0, wait));
}

static void tokens(void **state)
{
    (void)state;
    struct az_limit l;
    az_limit_init(&l, 0, 60000, 0); /* 6000 at once, then 0.9 a millisecond */
    assert_true(az_limit_reserve(&l, 6000, 0));
    assert_int_equal(az_limit_wait(&l, 900, 0), 1000);
    assert_false(az_limit_reserve(&l, 900, 999));
    assert_true(az_limit_reserve(&l, 900, 1000));
}

/* A refusal takes nothing from either bucket. */
static void both_or_none(void **state)
{
    (void)state;
    struct az_limit l;
    az_limit_init(&l, 10, 60000, 0); /* one request at once */
    assert_true(az_limit_reserve(&l, 1000, 0));
    assert_false(az_limit_reserve(&l, 1000, 0)); /* for want of a request */
    assert_int_equal((int64_t)l.tokens.level, 5000);
    assert_int_equal((int64_t)l.requests.level, 0);
}

static void the_estimate_is_settled(void **state)
{
    (void)state;
    struct az_limit l;
    az_limit_init(&l, 0, 60000, 0);
    assert_true(az_limit_reserve(&l, 5000, 0));
    az_limit_settle(&l, 5000, 800, 0);
    assert_int_equal((int64_t)l.tokens.level, 5200);
    az_limit_settle(&l, 0, 200, 0); /* used more than was thought */
    assert_int_equal((int64_t)l.tokens.level, 5000);
    az_limit_settle(&l, 100000, 0, 0); /* never more than full */
    assert_int_equal((int64_t)l.tokens.level, 6000);
}

static void larger_than_the_bucket(void **state)
{
    (void)state;
    struct az_limit l;
    az_limit_init(&l, 0, 60000, 0);
    assert_true(az_limit_reserve(&l, 60000, 0)); /* full: it goes */
    assert_false(az_limit_reserve(&l, 1, 0));    /* and the debt is paid first */
    assert_int_equal(az_limit_wait(&l, 1, 0), 60002);
    assert_int_equal(az_limit_wait(&l, 60000, 0), 66667);
}

static void paused(void **state)
{
    (void)state;
    struct az_limit l;
    az_limit_init(&l, 0, 0, 0);
    az_limit_pause(&l, 500);
    az_limit_pause(&l, 300);
    assert_int_equal(az_limit_wait(&l, 1, 100), 400);
    assert_false(az_limit_reserve(&l, 1, 499));
    assert_true(az_limit_reserve(&l, 1, 500));
}

static void slow_limits_get_through(void **state)
{
    (void)state;
    static const double rpms[] = {0.1, 0.5, 1, 1.5, 2};
    for (size_t i = 0; i < AZ_LEN(rpms); i++) {
        struct az_limit l;
        az_limit_init(&l, rpms[i], 0, 0);
        assert_true(az_limit_reserve(&l, 0, 0));
        az_ms wait = az_limit_wait(&l, 0, 0);
        assert_true(wait >= 60000 / rpms[i] && wait <= 2 * 60000 / rpms[i] + 1);
        assert_true(az_limit_reserve(&l, 0, wait));
    }
}

/* Whoever asks whenever there is room never passes the limit in any minute. */
static void no_minute_sees_more(void **state)
{
    (void)state;
    enum { RPM = 120, N = 1000 };
    static az_ms at[N];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct az_limit l;
        struct az_rng rng = az_rng(seed);
        az_ms now = 0;
        az_limit_init(&l, RPM, 0, now);
        for (size_t n = 0; n < N; n++) {
            if (az_rng_below(&rng, 50) == 0)
                now += (az_ms)az_rng_below(&rng, 30000); /* a lull */
            now += az_limit_wait(&l, 0, now);
            assert_true(az_limit_reserve(&l, 0, now));
            at[n] = now;
            if (n >= RPM && at[n] - at[n - RPM] < 60000)
                fail_msg("seed %llu: %d in %lld ms", (unsigned long long)seed, RPM + 1,
                         (long long)(at[n] - at[n - RPM]));
        }
    }
}

/* Other limits while it runs: what was taken still counts, and so does a pause. */
static void tuned(void **state)
{
    (void)state;
    struct az_limit l;
    az_limit_init(&l, 60, 0, 0);
    for (int i = 0; i < 6; i++)
        assert_true(az_limit_reserve(&l, 0, 0)); /* the bucket is empty */
    az_limit_tune(&l, 600, 0, 0);
    assert_false(az_limit_reserve(&l, 0, 0));
    assert_in_range(az_limit_wait(&l, 0, 0), 100, 120);
    az_limit_tune(&l, 60, 0, 10000); /* 60 fit before; 6 do now */
    for (int i = 0; i < 6; i++)
        assert_true(az_limit_reserve(&l, 0, 10000));
    assert_false(az_limit_reserve(&l, 0, 10000));
    az_limit_pause(&l, 50000);
    az_limit_tune(&l, 6000, 1000, 10000); /* a limit that was not there is full */
    assert_int_equal(az_limit_wait(&l, 100, 10000), 40000);
    assert_true(az_limit_reserve(&l, 100, 50000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_limit),
        cmocka_unit_test(requests),
        cmocka_unit_test(tokens),
        cmocka_unit_test(both_or_none),
        cmocka_unit_test(the_estimate_is_settled),
        cmocka_unit_test(larger_than_the_bucket),
        cmocka_unit_test(paused),
        cmocka_unit_test(slow_limits_get_through),
        cmocka_unit_test(no_minute_sees_more),
        cmocka_unit_test(tuned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
