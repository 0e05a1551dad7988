#include "core/arena.h"

#include <stdalign.h>

#include "core/mem.h"
#include "tests/unit/unit.h"

static void zeroed_and_aligned(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(100);
    assert_non_null(a);
    unsigned char *last = NULL;
    for (size_t size = 0; size < 300; size++) {
        unsigned char *p = az_arena_zalloc(a, size);
        assert_non_null(p);
        assert_true((uintptr_t)p % alignof(max_align_t) == 0);
        assert_true(size < 2 || p != last);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xa5, size); /* ours to write on: ASan would say */
        last = p;
    }
}

/* What came before stays as it was when blocks are added. */
static void nothing_moves(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(0);
    char *texts[500];
    for (int i = 0; i < 500; i++) {
        char text[32];
        snprintf(text, sizeof(text), "text %d", i);
        texts[i] = az_arena_strdup(a, text);
        if (i % 50 == 0)
            assert_non_null(az_arena_zalloc(a, (size_t)i * 1000));
    }
    for (int i = 0; i < 500; i++) {
        char text[32];
        snprintf(text, sizeof(text), "text %d", i);
        assert_string_equal(texts[i], text);
    }
    assert_true(az_arena_bytes(a) > 2000000);
}

static void copies(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(64);
    struct az_str s = az_arena_str(a, (struct az_str){"abcdef", 3});
    assert_string_equal(s.p, "abc");
    assert_int_equal(s.n, 3);
    assert_string_equal(az_arena_strndup(a, "xyz", 1), "x");
    s = az_arena_str(a, AZ_STR(""));
    assert_string_equal(s.p, "");
    s = az_arena_str(a, (struct az_str){NULL, 0});
    assert_string_equal(s.p, "");
}

static void sizes_do_not_wrap(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(64);
    static const size_t huge[] = {SIZE_MAX,      SIZE_MAX - 1,  SIZE_MAX - 15,   SIZE_MAX - 16,
                                  SIZE_MAX - 31, SIZE_MAX - 64, SIZE_MAX / 2 + 1};
    for (size_t i = 0; i < AZ_LEN(huge); i++) {
        assert_null(az_arena_zalloc(a, huge[i]));
        assert_null(az_arena_new(huge[i]));
    }
    assert_null(az_arena_strndup(a, "x", SIZE_MAX));
    assert_non_null(az_arena_zalloc(a, 16));
}

/* Reset and filled again and again, it takes no more from the heap. */
static void reset(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(64);
    size_t bytes = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 40; i++) {
            unsigned char *p = az_arena_zalloc(a, 100);
            assert_non_null(p);
            for (size_t k = 0; k < 100; k++)
                assert_int_equal(p[k], 0); /* what was there before is gone */
            memset(p, 0xa5, 100);
        }
        az_arena_reset(a);
        if (round == 10)
            bytes = az_arena_bytes(a);
        assert_true(round <= 10 || az_arena_bytes(a) == bytes);
    }
    assert_true(bytes < 20000);
}

static void without_memory(void **state)
{
    (void)state;
    az_fault_alloc(1);
    assert_null(az_arena_new(64));
    AZ_AUTO(arena) a = az_arena_new(64);
    az_fault_alloc(1);
    assert_null(az_arena_zalloc(a, 1000));
    az_fault_alloc(1);
    assert_null(az_arena_str(a, AZ_STR("a text that does not fit in the first block any more, for "
                                       "it is longer than sixty-four bytes"))
                    .p);
    az_fault_alloc(0);
    assert_non_null(az_arena_zalloc(a, 1000));
    az_arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_and_aligned),
        cmocka_unit_test(nothing_moves),
        cmocka_unit_test(copies),
        cmocka_unit_test(sizes_do_not_wrap),
        cmocka_unit_test(reset),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
