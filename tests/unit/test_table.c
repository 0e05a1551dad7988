#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/cli/human.h"
#include "client/cli/table.h"
#include "core/mem.h"

static const struct az_column columns[] = {
    {"judge", .most = 12},
    {"right", .right = true, .need = 3},
    {"error", .need = 1},
    {"ms", .right = true, .need = 2},
};

static struct az_table *small_table(void)
{
    static const char *const cells[] = {"qwen", "81.5%", "parse",  "48", "模型",   "9.1%",
                                        "",     "1,204", "é́clair", "-",  "timeout"};
    struct az_table *t = az_table_new(columns, AZ_LEN(columns));
    assert_non_null(t);
    for (size_t i = 0; i < AZ_LEN(cells); i++)
        az_table_cell_z(t, cells[i]);
    return t;
}

static void check(const struct az_table *t, size_t indent, size_t width, const char *want)
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_table_print(&b, t, indent, width);
    assert_int_equal(b.failed, 0);
    if (strcmp(b.p, want))
        fail_msg("width %zu: got\n%swant\n%s", width, b.p, want);
}

static void columns_are_aligned(void **state)
{
    (void)state;
    AZ_AUTO(table) t = small_table();
    assert_int_equal(az_table_rows(t), 3);
    check(t, 0, 80,
          "judge   right  error       ms\n"
          "qwen    81.5%  parse       48\n"
          "模型     9.1%           1,204\n"
          "é́clair      -  timeout\n");
    check(t, 2, 80,
          "  judge   right  error       ms\n"
          "  qwen    81.5%  parse       48\n"
          "  模型     9.1%           1,204\n"
          "  é́clair      -  timeout\n");
}

static void narrow_terminals(void **state)
{
    (void)state;
    AZ_AUTO(table) t = small_table();
    check(t, 0, 25,
          "judge   right     ms\n"
          "qwen    81.5%     48\n"
          "模型     9.1%  1,204\n"
          "é́clair      -\n");
    check(t, 0, 15,
          "judge   right\n"
          "qwen    81.5%\n"
          "模型     9.1%\n"
          "é́clair      -\n");
    check(t, 0, 5,
          "judge\n"
          "qwen\n"
          "模型\n"
          "é́cla…\n");
    check(t, 0, 0, "…\n…\n…\n…\n");
}

static void no_rows_leave_the_titles(void **state)
{
    (void)state;
    AZ_AUTO(table) t = az_table_new(columns, AZ_LEN(columns));
    check(t, 0, 80, "judge  right  error  ms\n");
}

static void names_cannot_move_the_cursor(void **state)
{
    (void)state;
    AZ_AUTO(table) t = az_table_new(columns, 1);
    az_table_cell_z(t, "a\033[2Jb\n\xff\xc2\x9b");
    check(t, 0, 80, "judge\na?[2Jb???\n");
}

static void table_without_memory(void **state)
{
    (void)state;
    int failures = 0;
    for (int nth = 1;; nth++) {
        az_fault_alloc(nth);
        AZ_AUTO(table) t = az_table_new(columns, AZ_LEN(columns));
        for (int i = 0; t && i < 200; i++)
            az_table_cell_z(t, "a cell that fills the arena");
        az_fault_alloc(0);
        if (t) {
            AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
            az_table_print(&b, t, 0, 80);
            if (!b.failed)
                break;
            assert_int_equal(b.failed, AZ_ENOMEM);
        }
        failures++;
    }
    assert_true(failures > 4);
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        char what;
        double v;
        const char *want;
    } cases[] = {
        {'n', 0, "0"},
        {'n', 999, "999"},
        {'n', 1000, "1,000"},
        {'n', -1234567, "-1,234,567"},
        {'s', 0, "0s"},
        {'s', 0.44, "0.4s"},
        {'s', 9.96, "10s"},
        {'s', 59.4, "59s"},
        {'s', 200, "3m 20s"},
        {'s', 3599.6, "1h 00m"},
        {'s', 7500, "2h 05m"},
        {'s', 273600, "3d 04h"},
        {'s', -1, "?"},
        {'s', NAN, "?"},
        {'$', 0, "$0"},
        {'$', 1000, "<$0.0001"},
        {'$', 1200000, "$0.0012"},
        {'$', 350e6, "$0.35"},
        {'$', 12345e6, "$12.35"},
        {'$', 1234567e6, "$1,235"},
        {'%', 0.5214, "52.1%"},
        {'%', NAN, "?"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        double v = cases[i].v;
        if (cases[i].what == 'n')
            az_human_count(&b, (int64_t)v);
        else if (cases[i].what == 's')
            az_human_duration(&b, v);
        else if (cases[i].what == '$')
            az_human_usd(&b, (az_nusd)v);
        else
            az_human_percent(&b, v);
        if (strcmp(b.p, cases[i].want))
            fail_msg("%c %g: got '%s', want '%s'", cases[i].what, v, b.p, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned),      cmocka_unit_test(narrow_terminals),
        cmocka_unit_test(no_rows_leave_the_titles), cmocka_unit_test(names_cannot_move_the_cursor),
        cmocka_unit_test(table_without_memory),     cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
