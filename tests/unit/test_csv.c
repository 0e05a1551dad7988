#include "core/csv.h"

#include "core/buf.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

/* Cells in [] with each row's line in front. */
static const struct {
    char separator;
    const char *text, *want;
} cases[] = {
    {',', "a,b\nc,d\n", "1[a][b] 2[c][d]"},
    {',', "a,b\r\nc,d", "1[a][b] 2[c][d]"},
    {',', "a,\n,b\n,", "1[a][] 2[][b] 3[][]"},
    {',', "\n\na", "1[] 2[] 3[a]"},
    {',', "\"a,\n\"\"b\"\"\",c\nd", "1[a,\n\"b\"][c] 3[d]"},
    {',', "\"\",\"\"", "1[][]"},
    {',', "a\"b,c\rd\n", "1[a\"b][c\rd]"},
    {'\t', "a,b\tc\n", "1[a,b][c]"},
    {',', " a , b ", "1[ a ][ b ]"},
    {',', "", ""},
    {',', "a\n\"b", "1[a] error: line 2: a quote that is never closed"},
    {',', "\"a\nb\" ,c", "error: line 2: text after a closing quote"},
};

static void csv_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(65536);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(csv) csv = az_csv_new(az_str(cases[i].text), cases[i].separator);
        struct az_csv_row row;
        struct az_error err = {0};
        int r;
        az_buf_clear(&b);
        while ((r = az_csv_next(csv, &row, &err)) == 1) {
            az_buf_fmt(&b, "%s%lld", b.n ? " " : "", (long long)row.line);
            for (size_t k = 0; k < row.n; k++)
                az_buf_fmt(&b, "[" AZ_STR_FMT "]", AZ_STR_ARG(row.v[k]));
        }
        if (r < 0)
            az_buf_fmt(&b, "%serror: %s", b.n ? " " : "", err.what);
        if (!az_str_eqz(az_buf_view(&b), cases[i].want))
            fail_msg("case %zu: got '%s', want '%s'", i, b.p, cases[i].want);
    }
}

/* Does a quoted cell go on behind the line? */
static const struct {
    bool open;
    const char *line;
    bool want;
} lines[] = {
    {false, "a,b", false},
    {false, "a,\"b", true},
    {false, "\"a\",\"b\"", false},
    {false, "\"a\"\"", true},
    {false, "\"a\"\"\",b", false},
    {false, "5\" disk,b", false},
    {true, "b\",c", false},
    {true, "b", true},
    {true, "b\"\",\"\"", true},
    {true, "b\",\"c", true},
    {false, "", false},
    {true, "", true},
    {false, " \"a", false},
};

static void open_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(lines); i++) {
        if (az_csv_open(lines[i].open, az_str(lines[i].line), ',') != lines[i].want)
            fail_msg("line %zu: '%s'", i, lines[i].line);
    }
}

static void row_by_row(void **state)
{
    (void)state;
    AZ_AUTO(csv) csv = az_csv_new(AZ_STR(""), ',');
    struct az_csv_row row;
    struct az_error err = {0};
    az_csv_set(csv, AZ_STR("a,\"b\nc\""), 7);
    assert_int_equal(az_csv_next(csv, &row, &err), 1);
    assert_int_equal(row.line, 7);
    assert_true(row.n == 2 && az_str_eqz(row.v[1], "b\nc"));
    assert_int_equal(az_csv_next(csv, &row, &err), 0);
    az_csv_set(csv, AZ_STR("\"x"), 9);
    assert_int_equal(az_csv_next(csv, &row, &err), AZ_EINVAL);
    assert_string_equal(err.what, "line 9: a quote that is never closed");
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM, failures = 0;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        az_fault_alloc(nth);
        AZ_AUTO(csv) csv = az_csv_new(AZ_STR("\"a\",b"), ',');
        struct az_csv_row row;
        struct az_error err = {0};
        if (csv)
            r = az_csv_next(csv, &row, &err);
        assert_true(!csv || r == 1 || *err.what);
        failures += r != 1;
    }
    az_fault_alloc(0);
    assert_int_equal(r, 1);
    assert_int_equal(failures, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_table),
        cmocka_unit_test(open_table),
        cmocka_unit_test(row_by_row),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
