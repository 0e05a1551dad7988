#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ask.h"

static const struct {
    const char *name, *text, *want;
} pairs[] = {
    {"plain", "{\"rationale\":\"r\",\"label\":\"A\"}", "A"},
    {"tie", "{\"rationale\":\"r\",\"label\":\"tie\"}", "tie"},
    {"other case", "{\"label\":\"Tie\"}", "tie"},
    {"white space", "\n {\"label\" : \" B \" }\n", "B"},
    {"fenced", "```json\n{\"rationale\":\"r\",\"label\":\"B\"}\n```", "B"},
    {"fence without a name", "```\n{\"label\":\"B\"}\n```", "B"},
    {"in prose", "I think so: {\"label\":\"B\"}. That is all.", "B"},
    {"the last of two", "{\"label\":\"A\"} no, better: {\"label\":\"B\"}", "B"},
    {"the last that has the key", "{\"label\":\"A\"} {\"note\":\"B\"}", "A"},
    {"the last that is complete", "{\"label\":\"A\"} {\"label\":\"B\"", "A"},
    {"braces of prose before", "the set {x : x > 0} and \\frac{a}{b}: {\"label\":\"B\"}", "B"},
    {"a brace that never closes", "{ {\"label\":\"B\"}", "B"},
    {"brace inside a string", "{\"rationale\":\"use } or {\",\"label\":\"A\"}", "A"},
    {"quoted verdict in the rationale",
     "{\"rationale\":\"it says {\\\"label\\\":\\\"A\\\"} to me\",\"label\":\"B\"}", "B"},
    {"judged text quoted before",
     "It says: {\"rationale\":\"x\",\"label\":\"A\"}\n{\"label\":\"B\"}", "B"},
    {"not at top level", "{\"answer\":{\"label\":\"A\"}}", "parse"},
    {"no such label", "{\"label\":\"C\"}", "outside"},
    {"a sentence", "{\"label\":\"A is better\"}", "outside"},
    {"empty label", "{\"label\":\"\"}", "outside"},
    {"label twice", "{\"label\":\"A\",\"label\":\"B\"}", "parse"},
    {"null", "{\"label\":null}", "parse"},
    {"list", "{\"label\":[\"A\"]}", "parse"},
    {"another key", "{\"verdict\":\"A\"}", "parse"},
    {"only a string", "\"A\"", "parse"},
    {"a letter", "A", "parse"},
    {"brackets", "[[A]]", "parse"},
    {"single quotes", "{'label':'A'}", "parse"},
    {"empty", "", "empty"},
    {"blank", " \n", "empty"},
};

static void labels(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < AZ_LEN(pairs); i++) {
        struct az_ballot b;
        const char *got = read_text(&f, pairs[i].text, false, &b);
        if (strcmp(got, pairs[i].want))
            fail_msg("%s: got '%s', want '%s'", pairs[i].name, got, pairs[i].want);
    }
    fixture_release(&f);
}

/* What is shown as A in the other order is the item's B; a tie stays. */
static void labels_are_in_the_items_frame(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.ask.key.order = AZ_ORDER_REVERSED;
    assert_string_equal(read_text(&f, "{\"label\":\"A\"}", false, &b), "B");
    assert_string_equal(read_text(&f, "{\"label\":\"B\"}", false, &b), "A");
    assert_string_equal(read_text(&f, "{\"label\":\"tie\"}", false, &b), "tie");
    fixture_release(&f);
}

static void no_tie_where_ties_are_off(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.panel.question.ties = false;
    f.panel.question.n_labels = 2;
    assert_string_equal(read_text(&f, "{\"label\":\"tie\"}", false, &b), "outside");
    fixture_release(&f);
}

static const struct {
    const char *name;
    double min, max, step;
    const char *text, *want;
} scores[] = {
    {"whole", 1, 5, 1, "{\"rationale\":\"r\",\"score\":4}", "4"},
    {"lowest", 1, 5, 1, "{\"score\":1}", "1"},
    {"highest", 1, 5, 1, "{\"score\":5.0}", "5"},
    {"as text", 1, 5, 1, "{\"score\":\"4\"}", "4"},
    {"above is not clamped", 1, 5, 1, "{\"score\":6}", "outside"},
    {"below is not clamped", 1, 5, 1, "{\"score\":0}", "outside"},
    {"between steps", 1, 5, 1, "{\"score\":3.5}", "outside"},
    {"half steps", 1, 5, 0.5, "{\"score\":3.5}", "3.5"},
    {"tenths", 0, 1, 0.1, "{\"score\":0.7}", "0.7"},
    {"no steps", 0, 1, 0, "{\"score\":0.123}", "0.123"},
    {"of five", 1, 5, 1, "{\"score\":\"4/5\"}", "parse"},
    {"percent", 0, 100, 1, "{\"score\":90}", "90"},
    {"hexadecimal", 1, 5, 1, "{\"score\":\"0x4\"}", "parse"},
    {"infinite", 1, 5, 1, "{\"score\":1e999}", "parse"},
    {"boolean", 0, 1, 1, "{\"score\":true}", "parse"},
    {"label instead", 1, 5, 1, "{\"label\":\"4\"}", "parse"},
};

static void score_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(scores); i++) {
        struct fixture f;
        struct az_ballot b;
        fixture_init(&f);
        fixture_score(&f, scores[i].min, scores[i].max, scores[i].step);
        const char *got = read_text(&f, scores[i].text, false, &b);
        if (strcmp(got, scores[i].want))
            fail_msg("%s: got '%s', want '%s'", scores[i].name, got, scores[i].want);
        fixture_release(&f);
    }
}

static void choices_by_name(void **state)
{
    (void)state;
    static const char *numbers[] = {"1", "2", "true"};
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    fixture_choice(&f);
    assert_string_equal(read_text(&f, "{\"label\":\"unsure\"}", false, &b), "unsure");
    assert_string_equal(read_text(&f, "{\"label\":\"YES\"}", false, &b), "yes");
    f.panel.question.labels = numbers;
    assert_string_equal(read_text(&f, "{\"label\":2}", false, &b), "2");
    assert_string_equal(read_text(&f, "{\"label\":true}", false, &b), "true");
    assert_string_equal(read_text(&f, "{\"label\":3}", false, &b), "outside");
    fixture_release(&f);
}

static void a_cut_answer(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    assert_string_equal(read_text(&f, "{\"rationale\":\"because", true, &b), "length");
    assert_string_equal(read_text(&f, "", true, &b), "length");
    assert_string_equal(read_text(&f, "{\"label\":\"C\"}", true, &b), "outside");
    assert_string_equal(read_text(&f, "{\"label\":\"A\"} and", true, &b), "A");
    fixture_release(&f);
}

static void rationale_comes_after_reasoning(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b = {0};
    fixture_init(&f);
    struct az_reply reply = {.text = AZ_STR("{\"rationale\":\"shorter\",\"label\":\"B\"}"),
                             .reasoning = AZ_STR("so {\"label\":\"A\"}?\n"),
                             .model = AZ_STR("m-2"),
                             .tokens_in = 7};
    assert_int_equal(az_answer_read(f.arena, &f.ask, &reply, &b), 0);
    assert_string_equal(ballot_word(&f, &b), "B");
    assert_string_equal(b.rationale.p, "so {\"label\":\"A\"}?\n\nshorter");
    assert_string_equal(b.how.p, "json");
    assert_string_equal(b.model.p, "m-2");
    assert_int_equal(b.tokens_in, 7);
    assert_string_equal(b.params.p,
                        "{\"max_tokens\":512,\"temperature\":0,\"answer\":\"json_schema\"}");
    fixture_release(&f);
}

static void a_failed_reply_is_never_read(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b = {.label = 1, .has_score = true};
    fixture_init(&f);
    struct az_reply reply = {.text = AZ_STR("{\"label\":\"A\"}"),
                             .trouble = AZ_TROUBLE_ITEM,
                             .error = AZ_BE_SERVER,
                             .error_text = "score 5"};
    assert_int_equal(az_answer_read(f.arena, &f.ask, &reply, &b), 0);
    assert_string_equal(ballot_word(&f, &b), "server");
    assert_string_equal(b.error_text.p, "score 5");
    fixture_release(&f);
}

static void words_for_the_judge(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    read_text(&f, "{\"label\":\"neither\"}", false, &b);
    assert_string_equal(b.error_text.p, "'neither' is none of A, B, tie");
    fixture_score(&f, 1, 5, 1);
    read_text(&f, "{\"score\":9}", false, &b);
    assert_string_equal(b.error_text.p, "'9' is none of 1 to 5 in steps of 1");
    fixture_release(&f);
}

static bool ignored(struct fixture *f, const char *text, bool cut)
{
    struct az_ballot b;
    struct az_reply reply = {.text = az_str(text)};
    read_text(f, text, cut, &b);
    return az_answer_form_ignored(&f->ask, &reply, &b);
}

static void a_form_that_is_ignored(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    assert_true(ignored(&f, "I prefer A.", false));
    f.ask.caps.json = AZ_JSON_TEXT; /* nothing was sent that could be ignored */
    assert_false(ignored(&f, "I prefer A.", false));
    f.ask.caps.json = AZ_JSON_SCHEMA;
    assert_false(ignored(&f, "{\"label\":\"C\"}", false));
    assert_false(ignored(&f, "{\"label\":\"A\"", false)); /* a slip, not a server without forms */
    assert_false(ignored(&f, "I pre", true));
    fixture_release(&f);
}

/* Many braces that never close must not take the square of their number. */
static void braces_without_end(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    struct fixture f;
    fixture_init(&f);
    char *text = az_alloc(N + 1);
    assert_non_null(text);
    memset(text, '{', N);
    text[N] = '\0';
    struct az_ballot b;
    assert_string_equal(read_text(&f, text, false, &b), "parse");
    free(text);
    fixture_release(&f);
}

static void without_memory(void **state)
{
    (void)state;
    struct az_reply reply = {.text = AZ_STR("so {\"rationale\":\"r\",\"label\":\"tie\"}"),
                             .reasoning = AZ_STR("hm")};
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct fixture f;
        struct az_ballot b = {0};
        fixture_init(&f);
        az_fault_alloc(nth);
        r = az_answer_read(f.arena, &f.ask, &reply, &b);
        az_fault_alloc(0);
        if (r == 0)
            assert_string_equal(ballot_word(&f, &b), "tie");
        fixture_release(&f);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(labels_are_in_the_items_frame),
        cmocka_unit_test(no_tie_where_ties_are_off),
        cmocka_unit_test(score_table),
        cmocka_unit_test(choices_by_name),
        cmocka_unit_test(a_cut_answer),
        cmocka_unit_test(rationale_comes_after_reasoning),
        cmocka_unit_test(a_failed_reply_is_never_read),
        cmocka_unit_test(words_for_the_judge),
        cmocka_unit_test(a_form_that_is_ignored),
        cmocka_unit_test(braces_without_end),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
