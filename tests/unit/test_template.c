#include "core/template.h"

#include "core/buf.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

/* The operations, one letter and what they name, as one line. */
static void print_ops(struct az_buf *b, const struct az_template *t)
{
    static const char letters[] = "TFR#^/";
    for (size_t i = 0; i < t->n; i++) {
        const struct az_op *op = &t->ops[i];
        az_buf_char(b, '|');
        if (op->kind == AZ_OP_TEXT) {
            az_buf_str(b, op->text);
        } else {
            az_buf_char(b, letters[op->kind]);
            az_buf_z(b, az_field_name(op->field));
        }
        if (op->kind == AZ_OP_SECTION || op->kind == AZ_OP_INVERTED)
            assert_int_equal(t->ops[op->to].to, i);
    }
}

static const struct {
    const char *text, *want;
} good[] = {
    {"", ""},
    {"plain } } {", "|plain } } {"},
    {"{{prompt}}", "|Fprompt"},
    {"{{ prompt }}!", "|Fprompt|!"},
    {"{{{prompt}}}", "|Rprompt"},
    {"{{ask}} {{labels}} {{scale}} {{persona}}", "|Rask| |Rlabels| |Rscale| |Rpersona"},
    {"a{{! not shown }}b", "|a|b"},
    {"{{#reference}}x{{/reference}}", "|#reference|x|/reference"},
    {"{{^reference}}none{{/reference}}", "|^reference|none|/reference"},
    {"a\n  {{#context}}  \nb\n{{/context}}\nc\n", "|a\n|#context|b\n|/context|c\n"},
    {"a\r\n{{#context}}\r\nb{{/context}}\r\n", "|a\r\n|#context|b|/context|\r\n"},
    {"{{#context}}\n{{#turns}}\nx\n{{/turns}}\n{{/context}}",
     "|#context|#turns|x\n|/turns|/context"},
    {"a {{#context}}\nb{{/context}}", "|a |#context|\nb|/context"},
    {"{{! alone }}\nx", "|x"},
    {"{{prompt}}\nx", "|Fprompt|\nx"},
    {"{{#seen}}{{judge}}: {{answer}} {{rationale}}{{/seen}}",
     "|#seen|Rjudge|: |Ranswer| |Frationale|/seen"},
    {"{{#prompt}}{{#context}}{{context}}{{/context}}{{/prompt}}",
     "|#prompt|#context|Fcontext|/context|/prompt"},
};

static void template_good(void **state)
{
    (void)state;
    struct az_question q = {.kind = AZ_SCORE};
    for (size_t i = 0; i < AZ_LEN(good); i++) {
        AZ_AUTO(template) t = NULL;
        struct az_error err = {0};
        if (az_template_parse(&q, good[i].text, &t, &err) < 0)
            fail_msg("'%s': %s", good[i].text, err.what);
        AZ_AUTO_BUF b = az_buf(4096);
        az_buf_z(&b, "");
        print_ops(&b, t);
        assert_string_equal(b.p, good[i].want);
    }
}

static const struct {
    enum az_kind kind;
    const char *text, *what, *hint;
} bad[] = {
    {AZ_SCORE, "a\nb\n{{respons}}", "line 3: unknown field 'respons'", "Did you mean 'response'?"},
    {AZ_SCORE, "{{zzzzzz}}", "line 1: unknown field 'zzzzzz'", "A template knows prompt"},
    {AZ_SCORE, "{{}}", "line 1: unknown field ''", ""},
    {AZ_SCORE, "\n{{gold}}", "line 2: '{{gold}}' is never shown to a judge", "A judge that knew"},
    {AZ_PAIR, "{{{systems}}}", "line 1: '{{systems}}' is never shown to a judge", ""},
    {AZ_SCORE, "{{#gold}}x{{/gold}}", "line 1: '{{gold}}' is never shown to a judge", ""},
    {AZ_SCORE, "x\n{{prompt", "line 2: '{{' without '}}'", ""},
    {AZ_SCORE, "x\n{{", "line 2: '{{' without '}}'", ""},
    {AZ_SCORE, "{{{prompt}}", "line 1: '{{' without '}}}'", ""},
    {AZ_SCORE, "\n{{#prompt}}\nx", "line 2: section 'prompt' is not closed", ""},
    {AZ_SCORE, "{{/prompt}}", "line 1: nothing is open at the closing tag of 'prompt'", ""},
    {AZ_SCORE, "{{#prompt}}\n\n{{#context}}\n{{/prompt}}",
     "line 4: '{{/prompt}}' where '{{/context}}' must come first (opened in line 3)", ""},
    {AZ_PAIR, "{{response}}", "line 1: a question with several responses has no 'response'",
     "Use '{{first}}'"},
    {AZ_SCORE, "{{first}}", "line 1: a question about one response has no 'first'",
     "Use '{{response}}'"},
    {AZ_PAIR, "{{slot}}", "line 1: only inside a section there is 'slot'",
     "Write it between '{{#responses}}' and '{{/responses}}'."},
    {AZ_PAIR, "{{#responses}}{{rationale}}{{/responses}}",
     "line 1: only inside a section there is 'rationale'", "Write it between '{{#seen}}'"},
    {AZ_PAIR, "{{responses}}", "line 1: a list is no text: 'responses'", "Write '{{#responses}}"},
    {AZ_PAIR, "{{#seen}}{{#responses}}{{/responses}}{{/seen}}",
     "line 1: a list inside a list: 'responses'", ""},
    {AZ_SCORE,
     "{{#prompt}}{{#prompt}}{{#prompt}}{{#prompt}}{{#prompt}}{{#prompt}}{{#prompt}}"
     "{{#prompt}}{{#prompt}}",
     "line 1: sections nested too deep at 'prompt'", ""},
};

static void template_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(bad); i++) {
        struct az_question q = {.kind = bad[i].kind};
        AZ_AUTO(template) t = NULL;
        struct az_error err = {0};
        assert_int_equal(az_template_parse(&q, bad[i].text, &t, &err), AZ_EINVAL);
        assert_null(t);
        assert_string_equal(err.what, bad[i].what);
        if (strncmp(err.hint, bad[i].hint, strlen(bad[i].hint)) != 0)
            fail_msg("'%s': hint '%s'", bad[i].text, err.hint);
    }
}

static void template_names_fields(void **state)
{
    (void)state;
    struct az_question q = {.kind = AZ_PAIR};
    AZ_AUTO(template) t = NULL;
    assert_int_equal(az_template_parse(&q, "{{first}}{{#seen}}{{/seen}}", &t, NULL), 0);
    assert_int_equal(t->fields, UINT32_C(1) << AZ_FIELD_FIRST | UINT32_C(1) << AZ_FIELD_SEEN);
}

static void template_without_memory(void **state)
{
    (void)state;
    struct az_question q = {.kind = AZ_SCORE};
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(template) t = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_template_parse(&q, "a{{prompt}}b{{prompt}}c{{prompt}}d{{prompt}}e{{prompt}}f", &t,
                              &err);
        assert_true(r == 0 || (!t && *err.what));
    }
    az_fault_alloc(0);
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_good),
        cmocka_unit_test(template_bad),
        cmocka_unit_test(template_names_fields),
        cmocka_unit_test(template_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
