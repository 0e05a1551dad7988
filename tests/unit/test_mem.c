#include "core/mem.h"

#include "core/error.h"
#include "tests/unit/unit.h"

static void allocations(void **state)
{
    (void)state;
    AZ_AUTO_MEM char *none = az_alloc(0); /* nothing is something: not NULL */
    AZ_AUTO_MEM unsigned char *zeros = az_zalloc(64);
    AZ_AUTO_MEM char *copy = az_strdup("text");
    AZ_AUTO_MEM char *empty = az_strdup("");
    assert_non_null(none);
    for (int i = 0; i < 64; i++)
        assert_int_equal(zeros[i], 0);
    assert_string_equal(copy, "text");
    assert_string_equal(empty, "");
    copy = az_realloc(copy, 100);
    assert_string_equal(copy, "text");
}

static void growing(void **state)
{
    (void)state;
    int *v = NULL;
    size_t cap = 0;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(az_grow(&v, &cap, (size_t)i + 1, sizeof(*v)), 0);
        assert_true(cap > (size_t)i);
        v[i] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(v[i], i);

    int *before = v;
    size_t cap_before = cap;
    assert_int_equal(az_grow(&v, &cap, 10, sizeof(*v)), 0); /* there already */
    assert_ptr_equal(v, before);
    assert_int_equal(az_grow(&v, &cap, SIZE_MAX / 2, sizeof(*v)), AZ_ENOMEM);
    assert_int_equal(az_grow(&v, &cap, SIZE_MAX, 1), AZ_ENOMEM);
    assert_int_equal(az_grow(&v, &cap, SIZE_MAX / sizeof(*v) + 2, sizeof(*v)), AZ_ENOMEM);
    az_fault_alloc(1);
    assert_int_equal(az_grow(&v, &cap, cap + 1, sizeof(*v)), AZ_ENOMEM);
    assert_ptr_equal(v, before);
    assert_int_equal(cap, cap_before);
    free(v);
}

static void the_nth_fails(void **state)
{
    (void)state;
    AZ_AUTO_MEM void *a = NULL;
    AZ_AUTO_MEM void *b = NULL;
    az_fault_alloc(2);
    a = az_alloc(1);
    assert_non_null(a);
    assert_null(az_zalloc(1));
    b = az_zalloc(1); /* only that one */
    assert_non_null(b);
    az_fault_alloc(1);
    assert_null(az_strdup("x"));
    az_fault_alloc(1);
    assert_null(az_realloc(NULL, 1));
    az_fault_alloc(1);
    az_fault_alloc(0);
    AZ_AUTO_MEM void *c = az_alloc(1);
    assert_non_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations),
        cmocka_unit_test(growing),
        cmocka_unit_test(the_nth_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
