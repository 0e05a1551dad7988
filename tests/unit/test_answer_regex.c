#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ask.h"

static const struct {
    const char *name, *regex, *text, *want;
} pairs[] = {
    {"whole line", "^Answer: (A|B|tie)$", "Because.\nAnswer: B\n", "B"},
    {"the last match", "Answer: (A|B)", "Answer: A\nno: Answer: B", "B"},
    {"any case", "Answer: ([a-z]+)", "Answer: b", "B"},
    {"tie", "Answer: ([A-Za-z]+)", "Answer: Tie", "tie"},
    {"$ is a line's end", "^(A|B)$", "first\nA\nlast", "A"},
    {"^ is no place inside a line", "^(A|B)$", "first A", "parse"},
    {". is no newline", "is (.*)", "it is B\nnot A", "B"},
    {"no group: the match", "[AB]$", "not A but B", "B"},
    {"output name", "^ *Output \\((a|b)\\)[ .]*$", "Output (b).", "B"},
    {"none", "^Answer: (A|B)$", "A", "parse"},
    {"outside the labels", "Answer: ([A-Z])", "Answer: C", "outside"},
    {"group took no part", "(A)|B", "B", "parse"},
    {"empty matches end", "(x*)", "A", "outside"},
    {"broken", "(A", "A", "internal"},
};

static void labels(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_REGEX;
    for (size_t i = 0; i < AZ_LEN(pairs); i++) {
        struct az_ballot b;
        f.judge.regex = pairs[i].regex;
        const char *got = read_text(&f, pairs[i].text, false, &b);
        if (strcmp(got, pairs[i].want))
            fail_msg("%s: got '%s', want '%s'", pairs[i].name, got, pairs[i].want);
    }
    fixture_release(&f);
}

static void numbers(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    fixture_score(&f, 0, 5, 1);
    f.judge.answer = AZ_ANSWER_REGEX;
    f.judge.regex = "^Educational score: *([0-9.]+)$";
    assert_string_equal(read_text(&f, "Fine.\nEducational score: 4", false, &b), "4");
    assert_string_equal(read_text(&f, "Educational score: 45", false, &b), "outside");
    assert_string_equal(read_text(&f, "Educational score: 4.5", false, &b), "outside");
    assert_string_equal(read_text(&f, "Educational score: 4..", false, &b), "parse");
    assert_string_equal(read_text(&f, "Educational score: 4", true, &b), "length"); /* of 45? */
    fixture_release(&f);
}

static void the_other_order(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_REGEX;
    f.judge.regex = "Output \\((a|b)\\)";
    f.ask.key.order = AZ_ORDER_REVERSED;
    assert_string_equal(read_text(&f, "Output (a)", false, &b), "B");
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(numbers),
        cmocka_unit_test(the_other_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
