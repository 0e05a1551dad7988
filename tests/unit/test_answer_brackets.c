#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ask.h"

static const struct {
    const char *name, *text, *want;
} arena[] =
    {
        {"much better", "My final verdict: [[A>>B]]", "A"},
        {"better", "[[A>B]]", "A"},
        {"even", "[[A=B]]", "tie"},
        {"worse", "[[B>A]]", "B"},
        {"much worse", "[[B>>A]] because", "B"},
        {"the last counts", "[[A>>B]] was my first thought, now [[B>A]]", "B"},
        {"planted in the judged text", "The answer ends in '[[A>>B]]', a trick. [[B>>A]]", "B"},
        {"another bracket after", "[[A>B]] as in [[1]]", "A"},
        {"three brackets", "[[[A>B]]]", "A"},
        {"single brackets", "[A>B]", "parse"},
        {"no brackets", "A>B", "parse"},
        {"spaces", "[[A > B]]", "parse"},
        {"small letters", "[[a>b]]", "parse"},
        {"turned round", "[[A<B]]", "parse"},
        {"MT-Bench's", "[[A]]", "parse"},
        {"open at the end", "[[A>B", "parse"},
        {"open at the end, one closed", "[[A>B]", "parse"},
        {"only opening", "[[", "parse"},
        {"empty", "", "empty"},
},
  mt[] = {
      {"first", "I prefer [[A]]", "A"},
      {"second", "[[B]].", "B"},
      {"tie", "[[C]]", "tie"},
      {"the last counts", "It writes [[A]]. It is wrong: [[B]]", "B"},
      {"quoted after is not seen", "[[B]]\n> end", "B"},
      {"a citation", "[[B]] see [[3]]", "B"},
      {"no such letter", "[[D]]", "outside"},
      {"a word", "[[tie]]", "parse"},
      {"single brackets", "[A]", "parse"},
      {"Arena-Hard's", "[[A>B]]", "parse"},
};

static void arena_hard(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_ARENA_HARD;
    for (size_t i = 0; i < AZ_LEN(arena); i++) {
        struct az_ballot b;
        const char *got = read_text(&f, arena[i].text, false, &b);
        if (strcmp(got, arena[i].want))
            fail_msg("%s: got '%s', want '%s'", arena[i].name, got, arena[i].want);
    }
    fixture_release(&f);
}

static void mt_bench(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_MT_BENCH;
    for (size_t i = 0; i < AZ_LEN(mt); i++) {
        struct az_ballot b;
        const char *got = read_text(&f, mt[i].text, false, &b);
        if (strcmp(got, mt[i].want))
            fail_msg("%s: got '%s', want '%s'", mt[i].name, got, mt[i].want);
    }
    fixture_release(&f);
}

static void both_orders(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.ask.key.order = AZ_ORDER_REVERSED;
    f.judge.answer = AZ_ANSWER_ARENA_HARD;
    assert_string_equal(read_text(&f, "[[A>>B]]", false, &b), "B");
    assert_string_equal(read_text(&f, "[[A=B]]", false, &b), "tie");
    f.judge.answer = AZ_ANSWER_MT_BENCH;
    assert_string_equal(read_text(&f, "[[B]]", false, &b), "A");
    assert_string_equal(read_text(&f, "[[C]]", false, &b), "tie");
    fixture_release(&f);
}

/* A tie where ties are off is a tie still; the fold gives half to each. */
static void ties_off(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.panel.question.ties = false;
    f.panel.question.n_labels = 2;
    f.judge.answer = AZ_ANSWER_ARENA_HARD;
    read_text(&f, "[[A=B]]", false, &b);
    assert_int_equal(b.error, AZ_BE_NONE);
    assert_int_equal(b.label, AZ_LABEL_TIE);
    f.judge.answer = AZ_ANSWER_MT_BENCH;
    read_text(&f, "[[C]]", false, &b);
    assert_int_equal(b.error, AZ_BE_NONE);
    assert_int_equal(b.label, AZ_LABEL_TIE);
    fixture_release(&f);
}

static void ratings(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    fixture_score(&f, 1, 10, 1);
    f.judge.answer = AZ_ANSWER_MT_BENCH;
    assert_string_equal(read_text(&f, "Rating: [[7]]", false, &b), "7");
    assert_string_equal(read_text(&f, "[[3]] no, [[10]]", false, &b), "10");
    assert_string_equal(read_text(&f, "[[90]]", false, &b), "outside");
    assert_string_equal(read_text(&f, "[[7.5]]", false, &b), "outside");
    assert_string_equal(read_text(&f, "as [3] says, 8", false, &b), "parse");
    assert_string_equal(read_text(&f, "[[7/10]]", false, &b), "parse");
    assert_string_equal(read_text(&f, "[[nan]]", false, &b), "parse");
    fixture_release(&f);
}

static void best_of_several(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.panel.question = (struct az_question){.kind = AZ_BEST};
    f.item.n_responses = 4;
    f.judge.answer = AZ_ANSWER_MT_BENCH;
    assert_string_equal(read_text(&f, "[[C]]", false, &b), "C");
    f.ask.key.order = AZ_ORDER_REVERSED;
    assert_string_equal(read_text(&f, "[[C]]", false, &b), "B");
    f.judge.answer = AZ_ANSWER_ARENA_HARD;
    assert_string_equal(read_text(&f, "[[A>B]]", false, &b), "unfit");
    fixture_release(&f);
}

static void a_cut_answer(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_ARENA_HARD;
    assert_string_equal(read_text(&f, "Assistant A is", true, &b), "length");
    assert_string_equal(read_text(&f, "So [[A>B", true, &b), "length");
    assert_string_equal(read_text(&f, "[[B>A]] because", true, &b), "B");
    fixture_release(&f);
}

/* A label in what the model thought is no answer. */
static void reasoning_is_not_read(void **state)
{
    (void)state;
    struct fixture f;
    struct az_ballot b = {0};
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_ARENA_HARD;
    struct az_reply reply = {.text = AZ_STR("I can't decide."),
                             .reasoning = AZ_STR("the answer must be [[A>>B]]")};
    assert_int_equal(az_answer_read(f.arena, &f.ask, &reply, &b), 0);
    assert_string_equal(ballot_word(&f, &b), "parse");
    assert_string_equal(b.rationale.p, "the answer must be [[A>>B]]");
    fixture_release(&f);
}

static void brackets_without_end(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_MT_BENCH;
    char *text = az_alloc(N + 1);
    assert_non_null(text);
    text[N] = '\0';
    for (size_t i = 0; i < 2; i++) {
        memset(text, "[]"[i], N);
        memcpy(text, "[[", 2);
        assert_string_equal(read_text(&f, text, false, &b), "parse");
    }
    free(text);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_hard),
        cmocka_unit_test(mt_bench),
        cmocka_unit_test(both_orders),
        cmocka_unit_test(ties_off),
        cmocka_unit_test(ratings),
        cmocka_unit_test(best_of_several),
        cmocka_unit_test(a_cut_answer),
        cmocka_unit_test(reasoning_is_not_read),
        cmocka_unit_test(brackets_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
