#include "core/buf.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static void putting(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(100);
    assert_string_equal(az_buf_view(&b).p, "");
    az_buf_z(&b, "ab");
    az_buf_char(&b, 'c');
    az_buf_str(&b, AZ_STR("de"));
    az_buf_put(&b, "f\0g", 3);
    az_buf_fmt(&b, "%d|%s", 42, "x");
    az_buf_str(&b, (struct az_str){NULL, 0});
    assert_int_equal(b.n, 12);
    assert_memory_equal(b.p, "abcdef\0g42|x", 13);
    assert_int_equal(az_buf_check(&b, NULL), 0);
    az_buf_clear(&b);
    assert_int_equal(b.n, 0);
    assert_string_equal(b.p, "");
}

/* The ceiling is exact, sticks, and nothing is put by halves. */
static void the_ceiling(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(5);
    struct az_error err = {0};
    az_buf_z(&b, "12345");
    assert_int_equal(az_buf_check(&b, &err), 0);
    az_buf_z(&b, "");
    assert_int_equal(az_buf_check(&b, &err), 0);
    az_buf_char(&b, '6');
    az_buf_z(&b, "");
    assert_int_equal(az_buf_check(&b, &err), AZ_ELIMIT);
    assert_string_equal(err.what, "larger than 5 bytes");
    assert_string_equal(b.p, "12345");
    assert_null(az_buf_room(&b, 0));
    az_buf_fmt(&b, "%d", 1);
    assert_string_equal(b.p, "12345");

    az_buf_clear(&b);
    az_buf_fmt(&b, "%s", "123456");
    assert_int_equal(az_buf_check(&b, &err), AZ_ELIMIT);
    az_buf_clear(&b);
    az_buf_fmt(&b, "%s", "12345");
    assert_int_equal(az_buf_check(&b, &err), 0);
}

static void sizes_do_not_wrap(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(SIZE_MAX);
    assert_null(az_buf_room(&b, SIZE_MAX));
    assert_int_equal(az_buf_check(&b, NULL), AZ_ELIMIT);
    az_buf_clear(&b);
    az_buf_char(&b, 'x');
    assert_null(az_buf_room(&b, SIZE_MAX - 1));
    assert_int_equal(b.n, 1);
}

static void room_and_take(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(1000);
    AZ_AUTO_BUF empty = az_buf(10);
    char *at = az_buf_room(&b, 600);
    assert_non_null(at);
    memset(at, 'x', 600);
    b.n += 600;
    az_buf_z(&b, "y");
    AZ_AUTO_MEM char *taken = az_buf_take(&b);
    assert_int_equal(strlen(taken), 601);
    assert_int_equal(b.n, 0);
    assert_null(b.p);
    AZ_AUTO_MEM char *nothing = az_buf_take(&empty);
    assert_string_equal(nothing, "");

    az_buf_char(&empty, 'x');
    az_buf_z(&empty, "12345678901");
    assert_null(az_buf_take(&empty)); /* failed, so nothing, and nothing leaks */
}

static void without_memory(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(1000);
    struct az_error err = {0};
    az_fault_alloc(1);
    az_buf_z(&b, "lost");
    az_buf_z(&b, "lost too");
    assert_int_equal(az_buf_check(&b, &err), AZ_ENOMEM);
    assert_string_equal(err.what, "out of memory");
    assert_string_equal(az_buf_view(&b).p, "");
    assert_null(az_buf_take(&b));
    az_buf_z(&b, "again");
    assert_string_equal(b.p, "again");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(putting),           cmocka_unit_test(the_ceiling),
        cmocka_unit_test(sizes_do_not_wrap), cmocka_unit_test(room_and_take),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
