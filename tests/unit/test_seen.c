#include "core/seen.h"

#include "core/error.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

static struct az_hash content(char c)
{
    struct az_hash h;
    memset(h.bytes, c, sizeof(h.bytes));
    return h;
}

static int add(struct az_seen_ids *s, int n, char c)
{
    char id[32];
    struct az_hash h = content(c);
    snprintf(id, sizeof(id), "item-%d", n);
    return az_seen_ids_add(s, az_str(id), &h);
}

static void answers(void **state)
{
    (void)state;
    struct az_seen_ids s = {0};
    struct az_hash h = content('a');
    assert_int_equal(add(&s, 1, 'a'), AZ_SEEN_NEW);
    assert_int_equal(add(&s, 1, 'a'), AZ_SEEN_SAME);
    assert_int_equal(add(&s, 1, 'b'), AZ_SEEN_OTHER);
    assert_int_equal(add(&s, 1, 'a'), AZ_SEEN_SAME); /* the first stays */
    assert_int_equal(add(&s, 2, 'a'), AZ_SEEN_NEW);
    assert_int_equal(az_seen_ids_add(&s, AZ_STR(""), &h), AZ_SEEN_NEW);
    assert_int_equal(az_seen_ids_add(&s, AZ_STR(""), &h), AZ_SEEN_SAME);
    assert_int_equal(s.n, 3);
    az_seen_ids_release(&s);
}

/* Through many growths nothing is forgotten, and it stays half empty. */
static void many(void **state)
{
    (void)state;
    enum { N = 50000 };
    struct az_seen_ids s = {0};
    for (int i = 0; i < N; i++)
        assert_int_equal(add(&s, i, (char)(i % 100)), AZ_SEEN_NEW);
    assert_true(s.n == N && s.cap >= 2 * N && s.cap < 8 * N);
    for (int i = 0; i < N; i++) {
        assert_int_equal(add(&s, i, (char)(i % 100)), AZ_SEEN_SAME);
        assert_int_equal(add(&s, i, (char)(i % 100 + 1)), AZ_SEEN_OTHER);
    }
    az_seen_ids_release(&s);
}

/* Where there is no memory to grow, what was known stays known. */
static void without_memory(void **state)
{
    (void)state;
    for (int nth = 1; nth <= 2; nth++) {
        struct az_seen_ids s = {0};
        az_fault_alloc(nth);
        assert_int_equal(add(&s, 1, 'a'), AZ_ENOMEM);
        az_fault_alloc(0);
        int n = 0;
        while (s.n + 1 <= s.cap / 2 || !s.cap)
            assert_int_equal(add(&s, n++, 'a'), AZ_SEEN_NEW);
        az_fault_alloc(nth);
        assert_int_equal(add(&s, n, 'a'), AZ_ENOMEM);
        az_fault_alloc(0);
        assert_int_equal(add(&s, 0, 'a'), AZ_SEEN_SAME);
        assert_int_equal(add(&s, n, 'a'), AZ_SEEN_NEW);
        az_seen_ids_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers), cmocka_unit_test(many),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
