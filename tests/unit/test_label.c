/* assize label: the sheet, the keys and the file. */
#include "client/cli/label_file.h"
#include "client/cli/label_sheet.h"
#include "core/item.h"
#include "core/mem.h"
#include "core/panel.h"
#include "tests/unit/unit.h"

#define JUDGES "judges: [{backend: openai, model: m}]\n"

static struct az_panel *panel_of(const char *question)
{
    AZ_AUTO_BUF yaml = az_buf(1 << 16);
    struct az_panel *p = NULL;
    struct az_error err = {0};
    struct az_panel_source source = {0};
    az_buf_fmt(&yaml, "question: %s\n" JUDGES, question);
    if (az_panel_parse(yaml.p, "p.yaml", &source, &p, &err) < 0)
        fail_msg("%s", err.what);
    return p;
}

static struct az_item *item_of(const struct az_panel *p, const char *json)
{
    struct az_item *item = NULL;
    struct az_error err = {0};
    if (az_item_parse(p, az_str(json), 1, &item, &err) < 0)
        fail_msg("%s", err.what);
    return item;
}

#define PAIR "{\"id\":\"%s\",\"prompt\":\"why\",\"responses\":[\"one\",\"two\"]}"
#define TEXT "{\"id\":\"%s\",\"text\":\"some text\"}"

/* ---- keys ---- */

static const struct {
    const char *question, *item;
    int key;
    const char *want; /* gold, or skip, undo, quit, nothing; pairs: by what is shown first */
} key_cases[] = {
    {"{kind: pair, ask: q}", PAIR, 't', "\"tie\""},
    {"{kind: pair, ask: q}", PAIR, 'T', "\"tie\""},
    {"{kind: pair, ask: q}", PAIR, '3', "nothing"},
    {"{kind: pair, ask: q, ties: false}", PAIR, 't', "nothing"},
    {"{kind: pair, ask: q}", PAIR, 's', "skip"},
    {"{kind: pair, ask: q}", PAIR, ' ', "skip"},
    {"{kind: pair, ask: q}", PAIR, 'u', "undo"},
    {"{kind: pair, ask: q}", PAIR, 127, "undo"},
    {"{kind: pair, ask: q}", PAIR, 'q', "quit"},
    {"{kind: pair, ask: q}", PAIR, 4, "quit"},
    {"{kind: pair, ask: q}", PAIR, 'x', "nothing"},
    {"{kind: choice, ask: q, labels: [keep, \"say \\\"no\\\"\"]}", TEXT, '1', "\"keep\""},
    {"{kind: choice, ask: q, labels: [keep, \"say \\\"no\\\"\"]}", TEXT, '2', "\"say \\\"no\\\"\""},
    {"{kind: choice, ask: q, labels: [keep, drop]}", TEXT, '3', "nothing"},
    {"{kind: score, ask: q, scale: [0, 4]}", TEXT, '0', "0"},
    {"{kind: score, ask: q, scale: [0, 4]}", TEXT, '4', "4"},
    {"{kind: score, ask: q, scale: [0, 4]}", TEXT, '5', "nothing"},
    {"{kind: score, ask: q, scale: [1, 3], step: 0.5}", TEXT, '2', "1.5"},
    {"{kind: score, ask: q, scale: [-1, 1]}", TEXT, '1', "-1"},
};

static void key_table(void **state)
{
    static const char *const acts[] = {"nothing", NULL, "skip", "undo", "quit"};
    for (size_t i = 0; i < AZ_LEN(key_cases); i++) {
        AZ_AUTO(panel) p = panel_of(key_cases[i].question);
        char json[256], gold[AZ_LABEL_GOLD_MAX];
        snprintf(json, sizeof(json), key_cases[i].item, "q1");
        AZ_AUTO(item) item = item_of(p, json);
        assert_null(az_label_sheet_cannot(&p->question));
        enum az_label_act act = az_label_key(&p->question, item, key_cases[i].key, gold);
        const char *got = act == AZ_LABEL_IT ? gold : acts[act];
        if (strcmp(got, key_cases[i].want))
            fail_msg("%s, key %d: '%s', want '%s'", key_cases[i].question, key_cases[i].key, got,
                     key_cases[i].want);
    }
}

/* What stands first has key 1, and its label is that of the text shown. */
static void shows_both_orders(void **state)
{
    AZ_AUTO(panel) p = panel_of("{kind: pair, ask: q}");
    bool seen[2] = {false};
    for (int i = 0; i < 16; i++) {
        AZ_AUTO_BUF b = az_buf(1 << 16);
        char json[256], id[8], gold[AZ_LABEL_GOLD_MAX];
        snprintf(id, sizeof(id), "q%d", i);
        snprintf(json, sizeof(json), PAIR, id);
        AZ_AUTO(item) item = item_of(p, json);
        az_label_sheet(&b, &p->question, item, 1, 2, 0, 80, false);
        bool listed = strstr(b.p, "one") < strstr(b.p, "two");
        assert_int_equal(az_label_key(&p->question, item, '1', gold), AZ_LABEL_IT);
        assert_string_equal(gold, listed ? "\"A\"" : "\"B\"");
        seen[listed] = true;
    }
    assert_true(seen[0] && seen[1]);
}

static void sheet_of_a_text(void **state)
{
    AZ_AUTO(panel) p = panel_of("{kind: choice, ask: \"Is it fit?\", labels: [keep, drop]}");
    AZ_AUTO_BUF b = az_buf(1 << 16);
    char json[256];
    snprintf(json, sizeof(json), TEXT, "q\\u001b[2J");
    AZ_AUTO(item) item = item_of(p, json);
    az_label_sheet(&b, &p->question, item, 3, 20, 2, 80, false);
    assert_string_equal(b.p, "item 3 of 20, 2 labelled: q?[2J\n"
                             "\nresponse\n  some text\n"
                             "\nIs it fit?\n"
                             "  [1] keep  [2] drop\n  [s] skip  [u] undo  [q] quit\n");
}

static void more_than_a_key(void **state)
{
    AZ_AUTO(panel) p = panel_of("{kind: score, ask: q, scale: [0, 100]}");
    assert_non_null(az_label_sheet_cannot(&p->question));
}

/* ---- the file ---- */

static const char *printed(struct az_label_file *f, struct az_buf *b)
{
    az_buf_clear(b);
    az_label_file_print(f, b);
    return b->n ? b->p : "";
}

static void adds_and_takes_back(void **state)
{
    AZ_AUTO(label_file) f = NULL;
    AZ_AUTO_BUF b = az_buf(1 << 16);
    assert_int_equal(az_label_file_parse(AZ_STR(""), &f, NULL), 0);
    az_label_file_drawn(f, 2);
    assert_int_equal(az_label_file_add(f, AZ_STR("a"), AZ_STR("\"A\""), 0.5, NULL), 0);
    assert_string_equal(printed(f, &b), "{\"id\":\"a\",\"gold\":\"A\",\"weight\":4}\n");
    assert_int_equal(az_label_file_add(f, AZ_STR("b"), AZ_STR("3"), 0.25, NULL), 0);
    assert_string_equal(printed(f, &b), "{\"id\":\"a\",\"gold\":\"A\",\"weight\":2}\n"
                                        "{\"id\":\"b\",\"gold\":3,\"weight\":4}\n");
    assert_true(az_label_file_has(f, AZ_STR("b")));
    assert_true(az_str_eqz(az_label_file_undo(f), "b"));
    assert_false(az_label_file_has(f, AZ_STR("b")));
    assert_true(az_str_eqz(az_label_file_undo(f), "a"));
    assert_null(az_label_file_undo(f).p);
    assert_string_equal(printed(f, &b), "");
}

static void second_draw(void **state)
{
    static const char before[] = "{\"id\":\"a\",\"who\":\"x\",\"gold\":\"A\",\"weight\":4}\n"
                                 "{\"id\":\"b\",\"gold\":[\"A\",\"B\"]}\n";
    AZ_AUTO(label_file) f = NULL;
    AZ_AUTO_BUF b = az_buf(1 << 16);
    assert_int_equal(az_label_file_parse(az_str(before), &f, NULL), 0);
    assert_int_equal(az_label_file_count(f), 2);
    assert_string_equal(printed(f, &b), "{\"id\":\"a\",\"who\":\"x\",\"gold\":\"A\",\"weight\":4}\n"
                                        "{\"id\":\"b\",\"gold\":[\"A\",\"B\"],\"weight\":1}\n");
    az_label_file_drawn(f, 2);
    assert_int_equal(az_label_file_add(f, AZ_STR("c"), AZ_STR("\"B\""), 0.5, NULL), 0);
    assert_int_equal(az_label_file_add(f, AZ_STR("d"), AZ_STR("\"B\""), 1, NULL), 0);
    assert_string_equal(printed(f, &b),
                        "{\"id\":\"a\",\"who\":\"x\",\"gold\":\"A\",\"weight\":2.5}\n"
                        "{\"id\":\"b\",\"gold\":[\"A\",\"B\"],\"weight\":1}\n"
                        "{\"id\":\"c\",\"gold\":\"B\",\"weight\":1}\n"
                        "{\"id\":\"d\",\"gold\":\"B\",\"weight\":0.5}\n");
}

static void bad_files(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"{\"id\":\"a\",\"gold\":1}\n{\"id\":\"b\"}\n",
         "line 2: not an object with 'id' and 'gold'"},
        {"[1]\n", "line 1: not an object with 'id' and 'gold'"},
        {"{\"id\":\"a\",\"gold\":1,\"weight\":0}\n", "line 1: 'weight' is not above 0"},
        {"{\"id\":\"a\",\"gold\":1}\n\n{\"id\":\"a\",\"gold\":1}\n",
         "line 3: this id has a label already"},
        {"{\"id\"\n", "line 1: not JSON at byte 4"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(label_file) f = NULL;
        struct az_error err = {0};
        assert_int_equal(az_label_file_parse(az_str(cases[i].text), &f, &err), AZ_EINVAL);
        assert_null(f);
        assert_string_equal(err.what, cases[i].want);
    }
}

static void without_memory(void **state)
{
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(label_file) f = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_label_file_parse(AZ_STR("{\"id\":\"a\",\"gold\":1}\n"), &f, &err);
        if (r == 0)
            r = az_label_file_add(f, AZ_STR("b"), AZ_STR("2"), 1, &err);
        az_fault_alloc(0);
        assert_true(nth < 200);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_table),           cmocka_unit_test(shows_both_orders),
        cmocka_unit_test(sheet_of_a_text),     cmocka_unit_test(more_than_a_key),
        cmocka_unit_test(adds_and_takes_back), cmocka_unit_test(second_draw),
        cmocka_unit_test(bad_files),           cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
