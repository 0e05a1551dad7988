#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ask.h"

static const struct {
    const char *text, *want;
} pairs[] = {
    {"A", "A"},       {" B\n", "B"},          {"C", "tie"},      {"A.", "A"},
    {"(B)", "B"},     {"[A]", "A"},           {"[[A]]", "A"},    {"**B**", "B"},
    {"**B.**", "B"},  {"(A).", "A"},          {"a", "A"},        {".", "parse"},
    {".", "parse"},   {"AB", "parse"},        {"A B", "parse"},  {"A is better", "parse"},
    {"tie", "parse"}, {"Answer: A", "parse"}, {"A, B", "parse"}, {"()", "parse"},
    {".", "parse"},   {"A\nB", "parse"},      {"((A))", "A"},    {"(((A)))", "parse"},
    {"", "empty"},
};

static void letters(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_LETTER;
    for (size_t i = 0; i < AZ_LEN(pairs); i++) {
        struct az_ballot b;
        const char *got = read_text(&f, pairs[i].text, false, &b);
        if (strcmp(got, pairs[i].want))
            fail_msg("'%s': got '%s', want '%s'", pairs[i].text, got, pairs[i].want);
    }
    fixture_release(&f);
}

static void letters_of_a_choice(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    fixture_choice(&f);
    f.judge.answer = AZ_ANSWER_LETTER;
    assert_string_equal(read_text(&f, "B", false, &b), "no");
    assert_string_equal(read_text(&f, "D", false, &b), "outside");
    assert_string_equal(read_text(&f, "no", false, &b), "parse");
    fixture_release(&f);
}

static void letters_of_the_best(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.panel.question = (struct az_question){.kind = AZ_BEST};
    f.item.n_responses = 4;
    f.judge.answer = AZ_ANSWER_LETTER;
    assert_string_equal(read_text(&f, "D", false, &b), "D");
    f.ask.key.order = AZ_ORDER_REVERSED;
    assert_string_equal(read_text(&f, "D", false, &b), "A");
    assert_string_equal(read_text(&f, "E", false, &b), "outside");
    fixture_release(&f);
}

static void numbers(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    fixture_score(&f, 1, 10, 1);
    f.judge.answer = AZ_ANSWER_LETTER;
    assert_string_equal(read_text(&f, "10", false, &b), "10");
    assert_string_equal(read_text(&f, "(7).", false, &b), "7");
    assert_string_equal(read_text(&f, "11", false, &b), "outside");
    assert_string_equal(read_text(&f, "7/10", false, &b), "parse");
    assert_string_equal(read_text(&f, "1", true, &b), "length"); /* of "10"? */
    fixture_release(&f);
}

/* It may be a thought that has not come to its letter: it gets more room. */
static void a_cut_sentence_gets_more_room(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_LETTER;
    assert_string_equal(read_text(&f, "Both answers", true, &b), "length");
    assert_string_equal(read_text(&f, "A", true, &b), "A");
    assert_string_equal(read_text(&f, "", true, &b), "length");
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters),
        cmocka_unit_test(letters_of_a_choice),
        cmocka_unit_test(letters_of_the_best),
        cmocka_unit_test(numbers),
        cmocka_unit_test(a_cut_sentence_gets_more_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
