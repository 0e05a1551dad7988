#include "core/heap.h"

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

static void heap_of_nothing(void **state)
{
    (void)state;
    struct az_heap h = {0};
    assert_true(az_heap_first(&h) == INT64_MAX);
    assert_null(az_heap_pop(&h, INT64_MAX));
    az_heap_release(&h);
}

/* Nothing comes before its time; at its time it does. */
static void heap_waits(void **state)
{
    (void)state;
    struct az_heap h = {0};
    int late, soon;
    assert_int_equal(az_heap_push(&h, 20, &late), 0);
    assert_int_equal(az_heap_push(&h, 10, &soon), 0);
    assert_true(az_heap_first(&h) == 10);
    assert_null(az_heap_pop(&h, 9));
    assert_ptr_equal(az_heap_pop(&h, 10), &soon);
    assert_null(az_heap_pop(&h, 19));
    assert_ptr_equal(az_heap_pop(&h, 100), &late);
    az_heap_release(&h);
}

/* Whatever goes in, in any order, comes out once and by time. */
static void heap_sorts(void **state)
{
    (void)state;
    enum { N = 300 };
    static int64_t at[N];
    static bool out[N];
    struct az_rng rng = az_rng(3);
    for (int round = 0; round < 50; round++) {
        struct az_heap h = {0};
        memset(out, 0, sizeof(out));
        for (int i = 0; i < N; i++) {
            at[i] = (int64_t)(az_rng_next(&rng) % 100) - 50; /* many of one time */
            assert_int_equal(az_heap_push(&h, at[i], &at[i]), 0);
        }
        int64_t before = INT64_MIN;
        for (int i = 0; i < N; i++) {
            int64_t first = az_heap_first(&h);
            const int64_t *what = az_heap_pop(&h, INT64_MAX);
            assert_non_null(what);
            assert_true(*what == first && *what >= before);
            assert_false(out[what - at]);
            out[what - at] = true;
            before = *what;
        }
        assert_null(az_heap_pop(&h, INT64_MAX));
        az_heap_release(&h);
    }
}

static void heap_without_memory(void **state)
{
    (void)state;
    struct az_heap h = {0};
    int thing;
    az_fault_alloc(1);
    assert_int_equal(az_heap_push(&h, 1, &thing), AZ_ENOMEM);
    az_fault_alloc(0);
    assert_true(az_heap_first(&h) == INT64_MAX);
    az_heap_release(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heap_of_nothing),
        cmocka_unit_test(heap_waits),
        cmocka_unit_test(heap_sorts),
        cmocka_unit_test(heap_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
