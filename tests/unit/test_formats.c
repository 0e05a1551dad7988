/* What the program really writes, held against the tables that describe it. */
#include "client/cli/formats.h"

#include "coordinator/summary.h"
#include "core/json.h"
#include "core/verdict.h"
#include "tests/unit/cli_panel.h"

/* ---- a small reader of the JSON Schema that az_format_schema() writes ---- */

static bool type_is(const char *type, az_jv v)
{
    double d;
    switch (az_jv_type(v)) {
    case AZ_J_STRING:
        return !strcmp(type, "string");
    case AZ_J_NUMBER:
        return !strcmp(type, "number") ||
               (!strcmp(type, "integer") && az_jv_num(v, &d) && d == (double)(int64_t)d);
    case AZ_J_BOOL:
        return !strcmp(type, "boolean");
    case AZ_J_OBJECT:
        return !strcmp(type, "object");
    case AZ_J_ARRAY:
        return !strcmp(type, "array");
    case AZ_J_NULL:
        return !strcmp(type, "null");
    case AZ_J_NONE:
        break;
    }
    return false;
}

static bool type_fits(az_jv type, az_jv v)
{
    if (!type)
        return true;
    if (az_jv_type(type) == AZ_J_STRING)
        return type_is(az_jv_str(type).p, v);
    for (az_jv t = az_jv_first(type); t; t = az_jv_next(t)) {
        if (type_is(az_jv_str(t).p, v))
            return true;
    }
    return false;
}

static const char *fault(struct az_str key, const char *what)
{
    static char why[256];
    snprintf(why, sizeof(why), "'" AZ_STR_FMT "' is %s", AZ_STR_ARG(key), what);
    return why;
}

/* NULL: it fits. Else what does not, for the message. A key that is not listed
 * is a fault here, though the schema allows it to others. */
static const char *misfit(az_jv schema, az_jv v)
{
    if (!type_fits(az_jv_get(schema, "type"), v))
        return fault(az_jv_key(v), az_jtype_name(az_jv_type(v)));
    az_jv properties = az_jv_get(schema, "properties"), items = az_jv_get(schema, "items");
    const char *r = NULL;
    bool map = az_jv_type(v) == AZ_J_OBJECT, list = az_jv_type(v) == AZ_J_ARRAY;
    for (az_jv c = map && properties ? az_jv_first(v) : NULL; c && !r; c = az_jv_next(c)) {
        az_jv known = az_jv_get(properties, az_jv_key(c).p);
        r = known ? misfit(known, c) : fault(az_jv_key(c), "not listed");
    }
    az_jv required = map ? az_jv_first(az_jv_get(schema, "required")) : NULL;
    for (az_jv k = required; k && !r; k = az_jv_next(k)) {
        if (!az_jv_get(v, az_jv_str(k).p))
            r = fault(az_jv_str(k), "not there");
    }
    for (az_jv c = list && items ? az_jv_first(v) : NULL; c && !r; c = az_jv_next(c))
        r = misfit(items, c);
    return r;
}

static const char *check_text(const char *format, struct az_str json)
{
    static char why[256];
    AZ_AUTO_BUF b = az_buf(1 << 20);
    AZ_AUTO(json) schema = NULL;
    AZ_AUTO(json) doc = NULL;
    az_format_schema(&b, az_format_find(format));
    struct az_error err = {0};
    if (az_json_parse(az_buf_view(&b), &schema, &err) < 0 || az_json_parse(json, &doc, &err) < 0)
        fail_msg("%s: %s", format, err.what);
    const char *r = misfit(az_json_root(schema), az_json_root(doc));
    if (r)
        snprintf(why, sizeof(why), "%s", r);
    return r ? why : NULL;
}

static void must_fit(const char *format, const struct az_buf *json)
{
    const char *why = check_text(format, az_buf_view(json));
    if (why)
        fail_msg("%s: %s\nin %s", format, why, json->p);
}

/* ---- what is written ---- */

static const char pair_yaml[] = "question: pair\n"
                                "judges:\n"
                                "  - {name: a, backend: openai, model: m}\n"
                                "  - {name: b, backend: lexical, model: length}\n";
static const char score_yaml[] = "question: {kind: score, scale: [1, 3], step: 1, pass: \">= 2\"}\n"
                                 "judges:\n"
                                 "  - {name: a, backend: openai, model: m}\n"
                                 "  - {name: b, backend: openai, model: n}\n"
                                 "aggregate: mean\n";

static struct az_ballot answer_of(int judge, enum az_order order, bool score)
{
    static const double probs[3] = {0.2, 0.7, 0.1};
    return (struct az_ballot){
        .key = {.item = 6, .judge = judge, .round = 1, .criterion = -1, .order = order},
        .label = score ? AZ_LABEL_NONE : AZ_LABEL_B,
        .has_score = score,
        .score = 2.25,
        .n_probs = 3,
        .probs = probs,
        .how = AZ_STR("logprobs"),
        .rationale = AZ_STR("since"),
        .model = AZ_STR("m-1"),
        .has_request = true,
        .tokens_in = 12,
        .tokens_out = 3,
        .cost = 1234,
        .cost_known = true,
        .ms = 48,
        .attempts = 1,
        .used = true};
}

static struct az_ballot error_of(int judge)
{
    return (struct az_ballot){
        .key = {.item = 6, .judge = judge, .round = 1, .criterion = -1, .order = AZ_ORDER_NONE},
        .error = AZ_BE_PARSE,
        .error_text = AZ_STR("no answer"),
        .label = AZ_LABEL_NONE};
}

static struct az_verdict verdict_of(enum az_status status, bool score)
{
    bool decided = status == AZ_DECIDED;
    struct az_verdict v = {.status = status,
                           .label = decided && !score ? AZ_LABEL_B : AZ_LABEL_NONE,
                           .has_score = decided && score,
                           .score = 2.25,
                           .has_share = decided,
                           .share = 0.5,
                           .how = "majority",
                           .error = status == AZ_FAILED ? AZ_BE_PARSE : AZ_BE_NONE,
                           .seats = {2, 2, 1, 1, 0},
                           .rounds = 1,
                           .dissent = {2}};
    if (!decided)
        snprintf(v.reason, sizeof(v.reason), "a reason");
    return v;
}

static void write_all(const char *yaml, const char *item_json, bool score)
{
    AZ_AUTO(panel) p = panel_from(yaml);
    AZ_AUTO(item) item = item_from(p, item_json);
    struct az_ballot ballots[] = {answer_of(0, score ? AZ_ORDER_NONE : AZ_ORDER_REVERSED, score),
                                  error_of(1)};
    struct az_ballots all = {ballots, AZ_LEN(ballots)};
    AZ_AUTO(summary) s = az_summary_new(p);
    assert_non_null(s);
    for (enum az_status status = AZ_DECIDED; status <= AZ_FAILED; status++) {
        struct az_verdict v = verdict_of(status, score);
        for (int brief = 0; brief < 2; brief++) {
            AZ_AUTO_BUF line = az_buf(1 << 20);
            az_verdict_print(&line, p, item, &v, all, brief);
            must_fit("verdict", &line);
        }
        assert_int_equal(az_summary_add(s, item, &v, all, NULL), 0);
    }
    for (size_t i = 0; i < AZ_LEN(ballots); i++) {
        AZ_AUTO_BUF line = az_buf(1 << 20);
        az_ballot_print(&line, p, item, &ballots[i], item->id);
        must_fit("ballot", &line);
    }
    AZ_AUTO_BUF json = az_buf(1 << 20);
    struct az_summary_extra extra = {.seconds = 1.5};
    assert_int_equal(az_summary_finish(s, &extra, NULL), 0);
    az_summary_json(&json, s);
    must_fit("summary", &json);
}

static void pairs(void **state)
{
    (void)state;
    write_all(pair_yaml,
              "{\"id\":\"q\",\"prompt\":\"p\",\"responses\":{\"X\":\"a\",\"Y\":\"b\"},"
              "\"gold\":\"B\"}",
              false);
    write_all(pair_yaml, "{\"id\":\"q\",\"prompt\":\"p\",\"responses\":[\"a\",\"b\"]}", false);
}

static void scores(void **state)
{
    (void)state;
    write_all(score_yaml, "{\"id\":\"q\",\"prompt\":\"p\",\"response\":\"a\",\"gold\":2}", true);
    write_all(score_yaml, "{\"id\":\"q\",\"prompt\":\"p\",\"response\":\"a\"}", true);
}

static const struct {
    const char *json, *want; /* "" = it fits */
} items[] = {
    {"{\"id\":\"q\",\"prompt\":\"p\",\"responses\":[\"a\",\"b\"],\"systems\":[\"X\",\"Y\"]}", ""},
    {"{\"id\":7,\"response\":\"a\",\"gold\":[1,2],\"meta\":{\"x\":1}}", ""},
    {"{\"responses\":{\"X\":\"a\"}}", ""},
    {"{\"id\":[]}", "'id' is a list"},
    {"{\"responses\":\"a\"}", "'responses' is a string"},
    {"{\"systems\":[1]}", "'' is a number"},
    {"[]", "'' is a list"},
};

static void item_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(items); i++) {
        const char *why = check_text("item", az_str(items[i].json));
        bool fits = !*items[i].want;
        if (fits != !why)
            fail_msg("%s: %s", items[i].json, why ? why : "fits");
    }
}

/* The checker sees what is wrong: a missing key, a wrong type, a key too many. */
static void faults_are_seen(void **state)
{
    (void)state;
    assert_non_null(check_text("verdict", AZ_STR("{}")));
    assert_non_null(check_text("summary", AZ_STR("{\"format\":1}")));
    assert_string_equal(check_text("ballot", AZ_STR("{\"judge\":7}")), "'judge' is a number");
    assert_string_equal(check_text("ballot", AZ_STR("{\"jugde\":\"x\"}")), "'jugde' is not listed");
    assert_null(az_format_find("panel"));
}

/* Every field is explained in a sentence, and what is inside it is listed. */
static void check_fields(const struct az_format_field *f)
{
    for (; f->name; f++) {
        if (!az_str_ends(az_str(f->doc), "."))
            fail_msg("'%s' is not explained in a sentence", f->name);
        if ((f->types & (AZ_F_OBJECT | AZ_F_LIST)) && !f->of)
            fail_msg("'%s' does not say what is in it", f->name);
        if (f->of)
            check_fields(f->of);
    }
}

static void tables(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct az_format *f = az_formats; f->name; f++, n++)
        check_fields(f->fields);
    assert_int_equal(n, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs), cmocka_unit_test(scores),
                                       cmocka_unit_test(item_lines), cmocka_unit_test(tables),
                                       cmocka_unit_test(faults_are_seen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
