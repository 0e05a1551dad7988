#include "core/panel_doc.h"

#include "core/json.h"
#include "core/panel_parts.h"
#include "tests/unit/unit.h"

static const struct az_key_row *const tables[] = {
    az_panel_keys, az_question_keys, az_clip_keys,      az_backend_keys, az_judge_keys,
    az_price_keys, az_policy_keys,   az_aggregate_keys, az_limits_keys};

/* Every key that is built stands on the page with its meaning; no other does. */
static void page(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(1 << 20);
    az_panel_doc_markdown(&b);
    assert_int_equal(az_buf_check(&b, NULL), 0);
    for (size_t i = 0; i < AZ_LEN(tables); i++) {
        for (const struct az_key_row *row = tables[i]; row->name; row++) {
            char start[64];
            snprintf(start, sizeof(start), "\n| `%s` | ", row->name);
            if (!strstr(b.p, start) != row->unbuilt)
                fail_msg("'%s' is %s", row->name, row->unbuilt ? "on the page" : "missing");
        }
    }
    assert_non_null(strstr(b.p, "\n| `attempts` | whole number, 1 to 20 | `4` | Calls a question"));
    assert_non_null(strstr(b.p, "\n| `token_f1` | a ratio | yes |"));
    assert_non_null(strstr(b.p, "\n| `vllm` | openai | http://localhost:8000/v1 |"));
    assert_non_null(strstr(b.p, "| `policy` | a word or a map, below |"));
}

/* A row that says nothing, or a range its default is outside of, is a bug. */
static void rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(tables); i++) {
        for (const struct az_key_row *row = tables[i]; row->name; row++) {
            struct az_str doc = az_str(row->doc);
            if (!doc.n || !az_str_ends(doc, "."))
                fail_msg("'%s' is not explained in a sentence", row->name);
            if (!row->unbuilt && row->type == AZ_KEY_NODE && !row->shape)
                fail_msg("'%s' has no shape", row->name);
            if (row->type == AZ_KEY_WORD && !row->words)
                fail_msg("'%s' has no words", row->name);
        }
    }
}

static void schema(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(1 << 20);
    AZ_AUTO(json) doc = NULL;
    struct az_error err = {0};
    az_panel_doc_schema(&b);
    assert_int_equal(az_json_parse(az_buf_view(&b), &doc, &err), 0);
    az_jv root = az_json_root(doc);
    assert_int_equal(az_jv_len(az_jv_get(root, "required")), 2);
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"properties.limits.anyOf.0.properties.attempts.maximum", "20"},
        {"properties.limits.anyOf.0.properties.attempts.default", "4"},
        {"properties.policy.anyOf.0.enum.1", "\"debate\""},
        {"properties.policy.anyOf.1.additionalProperties", "false"},
        {"properties.judges.anyOf.0.items.anyOf.0.type", "\"string\""},
        {"properties.judges.anyOf.0.items.anyOf.1.required.1", "\"model\""},
        {"properties.question.anyOf.1.properties.scale.anyOf.0.items.type", "\"number\""},
        {"properties.backends.anyOf.0.items.anyOf.0.properties.kind.enum.0", "\"openai\""},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF got = az_buf(4096);
        az_jv v = az_jv_path(root, cases[i].path);
        if (v)
            az_jv_print(&got, v);
        if (!v || strcmp(got.p, cases[i].want) != 0)
            fail_msg("%s is %s, not %s", cases[i].path, v ? got.p : "not there", cases[i].want);
    }
}

/* The schema's defaults are what the reader puts in. */
static void defaults(void **state)
{
    (void)state;
    AZ_AUTO(panel) p = NULL;
    assert_int_equal(
        az_panel_parse("question: pair\njudges: [openai/m]\n", "p.yaml", NULL, &p, NULL), 0);
    const struct {
        const struct az_key_row *rows;
        const char *key;
        double got;
    } cases[] = {
        {az_limits_keys, "attempts", p->limits.attempts},
        {az_limits_keys, "timeout_s", p->limits.timeout_s},
        {az_limits_keys, "item_s", p->limits.item_s},
        {az_limits_keys, "quorum", p->limits.quorum},
        {az_policy_keys, "audit", p->policy.audit},
        {az_aggregate_keys, "trim", p->aggregate.trim},
        {az_judge_keys, "samples", p->judges[0].samples},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        const struct az_key_row *row = cases[i].rows;
        double want;
        while (strcmp(row->name, cases[i].key) != 0)
            row++;
        assert_true(az_str_double(az_str(row->def), &want));
        if (want != cases[i].got)
            fail_msg("%s is %g, documented %g", row->name, cases[i].got, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(page), cmocka_unit_test(rows),
                                       cmocka_unit_test(schema), cmocka_unit_test(defaults)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
