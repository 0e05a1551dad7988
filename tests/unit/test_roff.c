#include "core/roff.h"

#include "tests/unit/unit.h"

static void text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"plain", "plain"},
        {"a-b \\n", "a\\-b \\en"},
        {".TH is no request", "\\&.TH is no request"},
        {"so \u2026 \u2013 \u00e9", "so \\[u2026] \\[u2013] \\[u00E9]"},
        {"a\n'b\nc.d", "a\n\\&'b\nc.d"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF b = az_buf(4096);
        az_roff(&b, cases[i].text);
        assert_string_equal(b.p, cases[i].want);
    }
}

static void parts(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(4096);
    const struct az_opt o = {"keep-it", 'k', AZ_OPT_STRING, 0, "FILE", "what is kept", 0};
    az_roff_head(&b, 8, "Services", "assize-x", "does it");
    assert_non_null(
        strstr(b.p, ".TH ASSIZE-X 8 \"\" \"assize " ASSIZE_VERSION "\" \"Services\"\n"));
    assert_non_null(strstr(b.p, "assize\\-x \\- does it\n.SH SYNOPSIS\n"));
    az_buf_clear(&b);
    az_roff_option(&b, &o);
    assert_string_equal(b.p,
                        ".TP\n\\fB\\-k\\fR, \\fB\\-\\-keep\\-it\\fR \\fIFILE\\fR\nwhat is kept\n");
    az_buf_clear(&b);
    az_roff_item(&b, true, "tag", "text");
    az_roff_item(&b, false, "0", ".text");
    assert_string_equal(b.p, ".TP\n\\fBtag\\fR\ntext\n.TP\n0\n\\&.text\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text), cmocka_unit_test(parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
