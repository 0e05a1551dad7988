#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/cli/human.h"
#include "client/cli/progress.h"
#include "core/glyph.h"

static const struct az_trouble troubles[] = {{"haiku", "rate_limit", 12}, {"qwen", "down", 0}};

static const struct az_progress under_way = {
    .done = 1234,
    .total = 10000,
    .calls_per_s = 45.23,
    .spent = 1230000000,
    .limit = 20 * AZ_NUSD_PER_USD,
    .eta_s = 200,
    .n_trouble = 2,
    .trouble = troubles,
};

static void line_fits_the_terminal(void **state)
{
    (void)state;
    static const struct {
        size_t width;
        const char *want;
    } cases[] = {
        {200, "1,234/10,000 12.3% · 45.2 calls/s · $1.23 of $20.00 · 3m 20s left · "
              "haiku: rate_limit 12; qwen: down"},
        {80, "1,234/10,000 12.3% · 45.2 calls/s · $1.23 of $20.00 · 3m 20s left · haiku: rate…"},
        {70, "1,234/10,000 12.3% · 45.2 calls/s · $1.23 of $20.00 · 3m 20s left"},
        {60, "1,234/10,000 12.3% · 45.2 calls/s · $1.23 of $20.00"},
        {40, "1,234/10,000 12.3% · 45.2 calls/s"},
        {20, "1,234/10,000 12.3%"},
        {10, "1,234/10,…"},
        {0, ""},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        az_progress_line(&b, &under_way, cases[i].width);
        if (!az_str_eqz(az_buf_view(&b), cases[i].want) && (b.n || *cases[i].want))
            fail_msg("width %zu: got '%s', want '%s'", cases[i].width, b.p, cases[i].want);
    }
    for (size_t width = 0; width < 120; width++) {
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        az_progress_line(&b, &under_way, width);
        assert_true(az_glyph_width(az_buf_view(&b)) <= width);
    }
}

static void plain_lines(void **state)
{
    (void)state;
    static const struct {
        struct az_progress p;
        const char *want;
    } cases[] = {
        {{.done = 0, .total = -1, .calls_per_s = -1, .limit = AZ_NUSD_MAX, .eta_s = -1}, "0 items"},
        {{.done = 0, .total = 0, .calls_per_s = 0, .limit = AZ_NUSD_MAX, .eta_s = 0},
         "0/0, 0.0 calls/s, 0s left"},
        {{.done = 9999, .total = 10000, .calls_per_s = 123.4, .limit = AZ_NUSD_MAX, .eta_s = NAN},
         "9,999/10,000 99.9%, 123 calls/s"},
        {{.done = 10,
          .total = 10,
          .failed = 3,
          .calls_per_s = INFINITY,
          .spent = 5000000,
          .limit = AZ_NUSD_MAX,
          .eta_s = -1},
         "10/10 100.0%, 3 failed, $0.0050"},
        {{.done = 5, .total = 10, .calls_per_s = 2, .limit = 0, .eta_s = 60, .paused = true},
         "5/10 50.0%, paused, $0 of $0"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        az_progress_plain(&b, &cases[i].p);
        if (strcmp(b.p, cases[i].want))
            fail_msg("got '%s', want '%s'", b.p, cases[i].want);
    }
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_progress_plain(&b, &under_way);
    assert_string_equal(b.p, "1,234/10,000 12.3%, 45.2 calls/s, $1.23 of $20.00, 3m 20s left, "
                             "haiku: rate_limit 12; qwen: down");
}

/* Judges come last, and none is cut. */
static void how_right_judges_are(void **state)
{
    (void)state;
    static const struct az_right right[] = {{"overlap", 0.617}, {"qwen", 0.84}};
    static const struct {
        size_t width, n_trouble;
        const char *want;
    } cases[] = {
        {80, 0, "5/10 50.0% · right: overlap ~62%; qwen ~84%"},
        {42, 0, "5/10 50.0% · right: overlap ~62%"},
        {31, 0, "5/10 50.0%"},
        {80, 1, "5/10 50.0% · haiku: rate_limit 12 · right: overlap ~62%; qwen ~84%"},
        {40, 1, "5/10 50.0% · haiku: rate_limit 12"},
    };
    struct az_progress p = {.done = 5,
                            .total = 10,
                            .calls_per_s = -1,
                            .limit = AZ_NUSD_MAX,
                            .eta_s = -1,
                            .trouble = troubles,
                            .n_right = 2,
                            .right = right};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        p.n_trouble = cases[i].n_trouble;
        az_progress_line(&b, &p, cases[i].width);
        if (!az_str_eqz(az_buf_view(&b), cases[i].want))
            fail_msg("width %zu: got '%s', want '%s'", cases[i].width, b.p, cases[i].want);
    }
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    p.n_trouble = 0;
    az_progress_plain(&b, &p);
    assert_string_equal(b.p, "5/10 50.0%, right: overlap ~62%; qwen ~84%");
}

static void the_lowest_are_kept(void **state)
{
    (void)state;
    enum { MOST = 3 };
    static const double shares[] = {0.9, 0.5, 0.7, 0.6, 0.95, 0.5};
    struct az_right v[MOST];
    char names[] = "a\0b\0c\0d\0e\0f";
    size_t n = 0;
    for (size_t i = 0; i < AZ_LEN(shares); i++)
        n = az_right_put(v, n, MOST, (struct az_right){names + 2 * i, shares[i]});
    assert_int_equal(n, MOST);
    assert_true(*v[0].judge == 'b' && *v[1].judge == 'f' && *v[2].judge == 'd');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_fits_the_terminal),
        cmocka_unit_test(plain_lines),
        cmocka_unit_test(how_right_judges_are),
        cmocka_unit_test(the_lowest_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
