#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"
#include "core/hash.h"
#include "core/mem.h"
#include "statistics/suggest.h"

enum { ITEMS = 200 };

static struct {
    uint64_t keys[ITEMS];
    double doubt[ITEMS];
    bool labelled[ITEMS];
} items;

static struct az_suggest setting(size_t wanted, double uniform, uint64_t seed)
{
    for (size_t i = 0; i < ITEMS; i++) {
        items.keys[i] = az_hash64_mix(i, 99);
        items.doubt[i] = i < 20 ? 0.5 : i < 100 ? 0.1 : 0;
        items.labelled[i] = false;
    }
    return (struct az_suggest){items.keys, items.doubt, items.labelled, ITEMS, wanted,
                               uniform,    seed};
}

static void picks_what_is_in_doubt(void **state)
{
    struct az_suggestion v[ITEMS];
    struct az_suggest s = setting(30, 0.2, 1);
    size_t n, doubtful = 0;
    assert_int_equal(az_suggest(&s, v, &n), 0);
    assert_int_equal(n, 30);
    for (size_t i = 0; i < n; i++) {
        assert_true(v[i].chance > 0 && v[i].chance <= 1);
        doubtful += v[i].item < 20;
    }
    assert_true(doubtful > 10 && doubtful < 20); /* not all of them: a few are uniform */
}

/* Chances are what they are said to be, and means under 1/chance are right. */
static void weights_are_honest(void **state)
{
    enum { DRAWS = 20000, WANTED = 12 };
    double came[ITEMS] = {0}, chance[ITEMS] = {0}, sum = 0, truth = 0;
    for (uint64_t seed = 1; seed <= DRAWS; seed++) {
        struct az_suggestion v[WANTED];
        struct az_suggest s = setting(WANTED, 0.3, seed);
        size_t n;
        assert_int_equal(az_suggest(&s, v, &n), 0);
        assert_int_equal(n, WANTED);
        for (size_t i = 0; i < n; i++) {
            came[v[i].item]++;
            chance[v[i].item] = v[i].chance;
            sum += (double)(v[i].item % 7) / v[i].chance;
        }
    }
    for (size_t i = 0; i < ITEMS; i++) {
        double p = chance[i], off = came[i] / DRAWS - p;
        truth += (double)(i % 7);
        assert_true(p > 0 && fabs(off) < 5 * sqrt(p * (1 - p) / DRAWS));
    }
    assert_true(fabs(sum / DRAWS - truth) < 0.02 * truth);
}

static void does_not_depend_on_the_order(void **state)
{
    struct az_suggestion a[10], b[10];
    struct az_suggest s = setting(10, 0.5, 7);
    size_t n;
    assert_int_equal(az_suggest(&s, a, &n), 0);
    for (size_t i = 0; i < ITEMS / 2; i++) {
        size_t j = ITEMS - 1 - i;
        uint64_t key = items.keys[i];
        double doubt = items.doubt[i];
        items.keys[i] = items.keys[j];
        items.keys[j] = key;
        items.doubt[i] = items.doubt[j];
        items.doubt[j] = doubt;
    }
    assert_int_equal(az_suggest(&s, b, &n), 0);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(b[i].item, ITEMS - 1 - a[i].item);
}

static void edges(void **state)
{
    struct az_suggestion v[ITEMS];
    size_t n;
    struct az_suggest s = setting(ITEMS, 0.5, 3); /* all */
    for (size_t i = 0; i < 150; i++)
        items.labelled[i] = true;
    assert_int_equal(az_suggest(&s, v, &n), 0);
    assert_int_equal(n, 50);
    for (size_t i = 0; i < n; i++)
        assert_true(v[i].item >= 150 && v[i].chance == 1);
    for (size_t i = 0; i < ITEMS; i++)
        items.labelled[i] = true;
    assert_int_equal(az_suggest(&s, v, &n), 0);
    assert_int_equal(n, 0);
    s = setting(4, 1, 3); /* by no doubt at all */
    assert_int_equal(az_suggest(&s, v, &n), 0);
    assert_true(n == 4 && fabs(v[0].chance - 4.0 / ITEMS) < 1e-12);
    az_fault_alloc(1);
    assert_int_equal(az_suggest(&s, v, &n), AZ_ENOMEM);
    az_fault_alloc(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picks_what_is_in_doubt),
        cmocka_unit_test(weights_are_honest),
        cmocka_unit_test(does_not_depend_on_the_order),
        cmocka_unit_test(edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
