#include "client/cli/expr.h"

#include "core/buf.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

static const char *const fields[] = {"status", "label",       "score",       "share",
                                     "p",      "how",         "winner",      "seats.voted",
                                     "meta.*", "item.prompt", "item.meta.*", NULL};

static struct az_value look(void *arg, const char *path)
{
    return az_value_of(az_jv_path(arg, path));
}

static const char verdict[] =
    "{\"status\":\"decided\",\"label\":\"A\",\"score\":4,\"share\":0.75,\"p\":null,"
    "\"how\":\"majority\",\"seats\":{\"voted\":3},"
    "\"meta\":{\"lang\":\"de\",\"ok\":true,\"n\":0,\"list\":[1],\"my key\":7,\"a-b\":1,\"über\":2},"
    "\"item\":{\"prompt\":\"don't \\\"x\\\"\\n\",\"meta\":{\"and\":1}}}";

/* "yes", "no", or "column 3: … (hint)". */
static const char *result(az_jv root, const char *text, char *got, size_t size)
{
    AZ_AUTO(expr) e = NULL;
    struct az_error err = {0};
    int r = az_expr_parse(text, fields, &e, &err);
    if (r < 0) {
        assert_null(e);
        assert_int_equal(r, AZ_EINVAL);
        snprintf(got, size, *err.hint ? "%s (%s)" : "%s", err.what, err.hint);
    } else {
        snprintf(got, size, "%s", az_expr_holds(e, look, (void *)root) ? "yes" : "no");
    }
    return got;
}

static const struct {
    const char *text, *want;
} cases[] = {
    /* comparisons */
    {"score >= 4 and share > 0.6", "yes"},
    {"score>=4and share>0.6", "column 8: not a number"},
    {"label == \"A\" or (status == 'decided' and not meta.lang == \"de\")", "yes"},
    {"label == 'B' or (status == 'decided' and not meta.lang == 'de')", "no"},
    {"score == 4.0", "yes"},
    {"score != 4", "no"},
    {"score < 4", "no"},
    {"score <= 4", "yes"},
    {"4 <= score", "yes"},
    {"-1 < +0.5e1", "yes"},
    {".5 < share", "yes"},
    {"label < 'B'", "yes"},
    {"label < 'AA'", "yes"},
    {"label >= 'AA'", "no"},
    {"meta.lang == meta.lang", "yes"},
    {"seats.voted == 3", "yes"},
    /* precedence */
    {"true or true and false", "yes"},
    {"(true or true) and false", "no"},
    {"not false and false", "no"},
    {"not (false and false)", "yes"},
    {"not not true", "yes"},
    {"false or false or true", "yes"},
    {"not score == 5", "yes"},
    {"(score > 3) == true", "yes"},
    {"(score > 3) != (share > 0.9)", "yes"},
    /* alone */
    {"meta.ok", "yes"},
    {"meta.n", "no"},
    {"label", "no"},
    {"not label", "yes"},
    {"meta.nothing", "no"},
    /* null */
    {"p == 1", "no"},
    {"p != 1", "no"},
    {"p < 1", "no"},
    {"p == p", "no"},
    {"not p == 1", "yes"},
    {"p == null", "yes"},
    {"p != null", "no"},
    {"null != score", "yes"},
    {"winner == null", "yes"},
    {"meta.list == null", "yes"},
    {"null == null", "yes"},
    {"meta.x.y.z == 1", "no"},
    /* types */
    {"label == 4", "no"},
    {"label != 4", "yes"},
    {"label < 4", "no"},
    {"meta.ok == true", "yes"},
    {"meta.ok != false", "yes"},
    {"meta.ok > false", "no"},
    {"score == '4'", "no"},
    /* texts and names */
    {"item.prompt == 'don\\'t \\\"x\\\"\\n'", "yes"},
    {"item.prompt == \"don't \\\"x\\\"\\n\"", "yes"},
    {"meta.\"my key\" == 7", "yes"},
    {"meta.a-b == 1", "yes"},
    {"meta.über == 2", "yes"},
    {"item.meta.and == 1", "yes"},
    {"\t(\nscore >= 4)  ", "yes"},
    /* mistakes */
    {"", "an empty expression"},
    {"  ", "an empty expression"},
    {"scor >= 4", "column 1: unknown field 'scor' (Did you mean 'score'?)"},
    {"score >= 4 and shares > 1", "column 16: unknown field 'shares' (Did you mean 'share'?)"},
    {"meta.über == 2 and scor > 1", "column 20: unknown field 'scor' (Did you mean 'score'?)"},
    {"label == A", "column 10: unknown field 'A' (If it is a text, put it in quotes: \"A\".)"},
    {"meta. == 1", "column 6: a name must follow '.'"},
    {"meta.", "column 6: a name must follow '.'"},
    {"meta == 1", "column 1: unknown field 'meta' (Did you mean 'meta.*'?)"},
    {"seats.voted.x == 1", "column 1: unknown field 'seats.voted.x' (Did you mean 'seats.voted'?)"},
    {"score = 4", "column 7: expected 'and', 'or', a comparison or the end (Write '=='.)"},
    {"score => 4", "column 7: expected 'and', 'or', a comparison or the end (Write '>='.)"},
    {"score === 4", "column 9: expected a field or value"},
    {"score >= 4 && share > 1",
     "column 12: expected 'and', 'or', a comparison or the end (Write 'and'.)"},
    {"score >= 4 || share > 1",
     "column 12: expected 'and', 'or', a comparison or the end (Write 'or'.)"},
    {"!meta.ok", "column 1: expected a field or value (Write 'not'.)"},
    {"score >=", "column 9: expected a field or value before the end"},
    {"score >= and", "column 10: expected a field or value"},
    {"and score", "column 1: expected a field or value"},
    {"not", "column 4: expected a field or value before the end"},
    {"(score > 1", "column 1: '(' is never closed"},
    {"(score > 1 1)", "column 12: expected ')' or an operator"},
    {"score > 1)",
     "column 10: expected 'and', 'or', a comparison or the end (There is no '(' for it.)"},
    {"()", "column 2: expected a field or value"},
    {"score > 1 2", "column 11: expected 'and', 'or', a comparison or the end"},
    {"1 < score < 5", "column 11: comparisons do not chain (Write 'a < b and b < c'.)"},
    {"score < null", "column 7: null has no order (Ask with == null or != null.)"},
    {"score", "no"},
    {"4", "column 1: a number is no condition (Compare it with something: score >= 4.)"},
    {"meta.ok and 'x'",
     "column 13: a text is no condition (Compare it with something: score >= 4.)"},
    {"null or true", "column 1: null is no condition (Compare it with something: score >= 4.)"},
    {"not 4", "column 5: a number is no condition (Compare it with something: score >= 4.)"},
    {"label == 'A", "column 10: a text without its closing quote"},
    {"label == \"A\\\"", "column 10: a text without its closing quote"},
    {"label == 'A\\x'", "column 12: a '\\' that is followed by none of \" ' \\ n t"},
    {"share > 60%", "column 11: a number with '%' (Write 60% as 0.6.)"},
    {"score > 1.2.3", "column 9: not a number"},
    {"score > 4x", "column 9: not a number"},
    {"score > -", "column 9: not a number"},
    {"score > 1e999", "column 9: not a number"},
    {"score # 4", "column 7: expected 'and', 'or', a comparison or the end"},
    {"\xff", "not UTF-8 at byte 0"},
};

static void expr_table(void **state)
{
    (void)state;
    AZ_AUTO(json) doc = NULL;
    assert_int_equal(az_json_parse(az_str(verdict), &doc, NULL), 0);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        char got[1024];
        result(az_json_root(doc), cases[i].text, got, sizeof(got));
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].text, got, cases[i].want);
    }
}

/* n times "(" or "not ", then true, then ")". */
static int parse_nested(const char *open, const char *close, int n)
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    AZ_AUTO(expr) e = NULL;
    struct az_error err = {0};
    for (int i = 0; i < n; i++)
        az_buf_z(&b, open);
    az_buf_z(&b, "true");
    for (int i = 0; i < n; i++)
        az_buf_z(&b, close);
    return az_expr_parse(b.p, fields, &e, &err);
}

static void limits(void **state)
{
    (void)state;
    assert_int_equal(parse_nested("(", ")", AZ_EXPR_DEPTH), 0);
    assert_int_equal(parse_nested("(", ")", AZ_EXPR_DEPTH + 1), AZ_EINVAL);
    assert_int_equal(parse_nested("not ", "", AZ_EXPR_DEPTH + 1), AZ_EINVAL);
    assert_int_equal(parse_nested("", " and true", 1000), 0);
    assert_int_equal(parse_nested("", " and true", AZ_EXPR_MAX / 9 + 1), AZ_ELIMIT);
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM, failures = 0;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(expr) e = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_expr_parse("label == 'x' and meta.k > 3 or not meta.\"a b\"", fields, &e, &err);
        assert_true(r == 0 || (!e && *err.what));
        failures += r != 0;
    }
    az_fault_alloc(0);
    assert_int_equal(r, 0);
    assert_true(failures > 2);
}

static void without_anybody_who_reads_errors(void **state)
{
    (void)state;
    AZ_AUTO(expr) e = NULL;
    assert_int_equal(az_expr_parse("scor > 1", fields, &e, NULL), AZ_EINVAL);
    assert_null(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expr_table),
        cmocka_unit_test(limits),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(without_anybody_who_reads_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
