#include "core/gold.h"

#include <math.h>

#include "core/buf.h"
#include "core/item.h"
#include "tests/unit/item_panels.h"
#include "tests/unit/unit.h"

/* "A", "A:0.25 B:0.75", "4.5", "unknown" or "none". */
static const char *told(const struct az_question *q, const struct az_gold *gold,
                        const struct az_str *json, struct az_buf *b)
{
    az_buf_clear(b);
    if (gold->unknown.p)
        az_buf_z(b, "unknown");
    else if (gold->has_number)
        az_buf_fmt(b, "%g", gold->number);
    else if (!gold->n)
        az_buf_z(b, "none");
    for (size_t i = 0; i < gold->n; i++) {
        az_buf_fmt(b, "%s%s", i ? " " : "", az_label_name(q, gold->labels[i]));
        if (gold->n > 1)
            az_buf_fmt(b, ":%g", gold->weights[i]);
    }
    assert_int_equal(json->p != NULL, strcmp(b->p, "none") != 0);
    return b->p;
}

static const struct {
    enum az_kind kind;
    const char *gold, *want;
} cases[] = {
    {AZ_PAIR, "'A'", "A"},
    {AZ_PAIR, "'B'", "B"},
    {AZ_PAIR, "'tie'", "tie"},
    {AZ_PAIR, "'Tie'", "tie"},
    {AZ_PAIR, "'b'", "B"},
    {AZ_PAIR, "'A>B'", "A"},
    {AZ_PAIR, "'A>>B'", "A"},
    {AZ_PAIR, "'B > A'", "B"},
    {AZ_PAIR, "'A<B'", "B"},
    {AZ_PAIR, "'B<<A'", "A"},
    {AZ_PAIR, "'A=B'", "tie"},
    {AZ_PAIR, "'B==A'", "tie"},
    {AZ_PAIR, "'A>A'", "unknown"},
    {AZ_PAIR, "'A>'", "unknown"},
    {AZ_PAIR, "'>B'", "unknown"},
    {AZ_PAIR, "'AB'", "unknown"},
    {AZ_PAIR, "'A>B>A'", "unknown"},
    {AZ_PAIR, "'A><B'", "unknown"},
    {AZ_PAIR, "'A>C'", "unknown"},
    {AZ_PAIR, "'m'", "A"},
    {AZ_PAIR, "'n'", "B"},
    {AZ_PAIR, "'first'", "A"}, /* gold_map */
    {AZ_PAIR, "2", "B"},       /* gold_map of a number */
    {AZ_PAIR, "1", "unknown"},
    {AZ_PAIR, "'C'", "unknown"},
    {AZ_PAIR, "true", "unknown"},
    {AZ_PAIR, "['A','A','B','tie']", "A:0.5 B:0.25 tie:0.25"},
    {AZ_PAIR, "['m','first','B',null]", "A:0.666667 B:0.333333"},
    {AZ_PAIR, "['A','C']", "unknown"},
    {AZ_PAIR, "[['A']]", "unknown"},
    {AZ_PAIR, "{'A':3,'B':1}", "A:0.75 B:0.25"},
    {AZ_PAIR, "{'A':3,'B':0}", "A"},
    {AZ_PAIR, "{'n':1}", "B"},
    {AZ_PAIR, "{'A':-1,'B':2}", "unknown"},
    {AZ_PAIR, "{'A':0}", "unknown"},
    {AZ_PAIR, "{'factual':'A','style':'B'}", "unknown"},
    {AZ_PAIR, "{'factual':1}", "unknown"},
    {AZ_PAIR, "{}", "unknown"},
    {AZ_PAIR, "''", "none"},
    {AZ_PAIR, "null", "none"},
    {AZ_PAIR, "[]", "none"},
    {AZ_PAIR, "[null]", "none"},
    {AZ_BEST, "'A'", "A"},
    {AZ_BEST, "'C'", "unknown"}, /* two responses only */
    {AZ_BEST, "'A>B'", "A"},
    {AZ_BEST, "'A=B'", "unknown"},
    {AZ_BEST, "'tie'", "unknown"},
    {AZ_BEST, "'n'", "B"},
    {AZ_CHOICE, "'good'", "good"},
    {AZ_CHOICE, "'GOOD'", "good"},
    {AZ_CHOICE, "1", "1"},
    {AZ_CHOICE, "'1'", "1"},
    {AZ_CHOICE, "1.5", "unknown"},
    {AZ_CHOICE, "'m'", "unknown"}, /* a system is no label */
    {AZ_CHOICE, "'first'", "unknown"},
    {AZ_CHOICE, "true", "good"}, /* gold_map of a boolean */
    {AZ_CHOICE, "{'good':1,'bad':1}", "good:0.5 bad:0.5"},
    {AZ_SCORE, "4", "4"},
    {AZ_SCORE, "3.4", "3.4"},
    {AZ_SCORE, "'4'", "4"},
    {AZ_SCORE, "' 4 '", "4"},
    {AZ_SCORE, "1", "1"},
    {AZ_SCORE, "5", "5"},
    {AZ_SCORE, "0.99", "unknown"},
    {AZ_SCORE, "6", "unknown"},
    {AZ_SCORE, "'good'", "unknown"},
    {AZ_SCORE, "'first'", "unknown"}, /* mapped to A */
    {AZ_SCORE, "2", "unknown"},       /* mapped to B */
    {AZ_SCORE, "[3,4,5,4]", "4"},
    {AZ_SCORE, "[3,9]", "unknown"},
    {AZ_SCORE, "{'4':1,'5':3}", "4.75"},
    {AZ_RANK, "['A','B']", "unknown"},
};

static struct az_gold_map_row rows[] = {{"first", "A"}, {"2", "B"}, {"true", "good"}};

static const char *quoted(const char *from, struct az_buf *b)
{
    az_buf_clear(b);
    for (; *from; from++)
        az_buf_char(b, *from == '\'' ? '"' : *from);
    return b->p;
}

static struct az_item *two_responses(const struct az_panel *panel)
{
    struct az_item *item = NULL;
    struct az_error err = {0};
    if (az_item_parse(panel, AZ_STR("{\"responses\":[\"x\",\"y\"],\"systems\":[\"m\",\"n\"]}"), 1,
                      &item, &err) < 0)
        fail_msg("%s", err.what);
    return item;
}

static void gold_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF json = az_buf(4096), told_as = az_buf(4096);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_panel panel = panel_of(cases[i].kind);
        panel.n_gold_map = AZ_LEN(rows);
        panel.gold_map = rows;
        AZ_AUTO(item) item = two_responses(&panel);
        struct az_error err = {0};
        assert_int_equal(az_item_set_gold(&panel, item, az_str(quoted(cases[i].gold, &json)), &err),
                         0);
        const char *got = told(&panel.question, &item->gold, &item->gold_json, &told_as);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].gold, got, cases[i].want);
        if (item->gold.unknown.p)
            assert_string_equal(item->gold.unknown.p, json.p);

        AZ_AUTO(json) doc = NULL;
        assert_int_equal(az_json_parse(az_buf_view(&json), &doc, &err), 0);
        bool known = strcmp(got, "unknown") != 0 && strcmp(got, "none") != 0;
        assert_int_equal(az_gold_known(&panel, item, az_json_root(doc)), known);
    }
}

/* ties: false: a tie is half for each. */
static void tie_without_ties(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(4096);
    struct az_panel panel = panel_of(AZ_PAIR);
    panel.question.ties = false;
    panel.question.n_labels = 2;
    AZ_AUTO(item) item = two_responses(&panel);
    assert_int_equal(az_item_set_gold(&panel, item, AZ_STR("\"tie\""), NULL), 0);
    assert_string_equal(told(&panel.question, &item->gold, &item->gold_json, &b), "A:0.5 B:0.5");
    assert_int_equal(az_item_set_gold(&panel, item, AZ_STR("[\"A=B\",\"A\"]"), NULL), 0);
    assert_string_equal(told(&panel.question, &item->gold, &item->gold_json, &b), "A:0.75 B:0.25");
}

static void same_system_twice(void **state)
{
    (void)state;
    struct az_panel panel = panel_of(AZ_PAIR);
    AZ_AUTO(item) item = two_responses(&panel);
    item->systems[1] = item->systems[0];
    assert_int_equal(az_item_set_gold(&panel, item, AZ_STR("\"m\""), NULL), 0);
    assert_string_equal(item->gold.unknown.p, "\"m\"");
}

/* A letter is a place before it is a system's name. */
static void letter_before_system(void **state)
{
    (void)state;
    struct az_panel panel = panel_of(AZ_PAIR);
    AZ_AUTO(item) item = two_responses(&panel);
    item->systems[0] = AZ_STR("B");
    item->systems[1] = AZ_STR("A");
    assert_int_equal(az_item_set_gold(&panel, item, AZ_STR("\"B\""), NULL), 0);
    assert_int_equal(item->gold.labels[0], AZ_LABEL_B);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gold_table),
        cmocka_unit_test(tie_without_ties),
        cmocka_unit_test(same_system_twice),
        cmocka_unit_test(letter_before_system),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
