#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ask.h"

enum { TOKENS_MAX = 8, TOP_MAX = 8 };

/* One token: what was written and the likeliest at its place, in percent. */
struct spec {
    const char *text;
    double percent;
    struct {
        const char *text;
        double percent;
    } top[TOP_MAX];
};

struct built {
    struct az_token tokens[TOKENS_MAX];
    struct az_top top[TOKENS_MAX][TOP_MAX];
};

static void build(struct built *b, const struct spec *spec, struct az_reply *reply)
{
    size_t n = 0;
    for (; n < TOKENS_MAX && spec[n].text; n++) {
        size_t k = 0;
        for (; k < TOP_MAX && spec[n].top[k].text; k++)
            b->top[n][k] = (struct az_top){
                az_str(spec[n].top[k].text),
                spec[n].top[k].percent > 0 ? log(spec[n].top[k].percent / 100) : -9999.0};
        b->tokens[n] = (struct az_token){.text = az_str(spec[n].text),
                                         .logprob = log(spec[n].percent / 100),
                                         .n_top = k,
                                         .top = b->top[n]};
    }
    reply->tokens = b->tokens;
    reply->n_tokens = n;
}

static const char *read_tokens(struct fixture *f, const char *text, const char *reasoning,
                               const struct spec *spec, struct az_ballot *b)
{
    struct built built = {0};
    struct az_reply reply = {.text = az_str(text), .reasoning = az_str(reasoning)};
    build(&built, spec, &reply);
    *b = (struct az_ballot){0};
    assert_int_equal(az_answer_read(f->arena, &f->ask, &reply, b), 0);
    return ballot_word(f, b);
}

/* A token whose alternatives nobody reads. */
#define T(name, p)                     \
    {                                  \
        .text = (name), .percent = (p) \
    }

#define A70                             \
    {                                   \
        {"A", 70}, {"B", 20}, {"C", 5}, \
        {                               \
            "The", 5                    \
        }                               \
    }

static const struct {
    const char *name, *text;
    struct spec tokens[TOKENS_MAX];
    const char *want;
    double a, b, tie, mass; /* where want is a label */
} cases[] = {
    {"one token", "A", {{"A", 70, A70}}, "A", 70 / 95., 20 / 95., 5 / 95., .95},
    {"the end token too", "A", {{"A", 70, A70}, T("", 99)}, "A", 70 / 95., 20 / 95., 5 / 95., .95},
    {"a named end token",
     "A",
     {{"A", 70, A70}, T("<|im_end|>", 99)},
     "A",
     70 / 95.,
     20 / 95.,
     5 / 95.,
     .95},
    {"white space first",
     "A",
     {{"\n\n", 90, {{"\n\n", 90}}}, {"A", 70, A70}},
     "A",
     70 / 95.,
     20 / 95.,
     5 / 95.,
     .95},
    {"brackets",
     "[[A]]",
     {{"[[", 99, {{"[[", 99}}}, {"A", 70, A70}, T("]]", 99)},
     "A",
     70 / 95.,
     20 / 95.,
     5 / 95.,
     .95},
    {"variants are summed",
     "B",
     {{" B", 40, {{" B", 40}, {"A", 25}, {"B", 10}, {" A", 15}, {"b", 2}}}},
     "B",
     40 / 92.,
     52 / 92.,
     0,
     .92},
    {"likelier than what was written",
     "B",
     {{"B", 40, {{"A", 45}, {"B", 40}}}},
     "A",
     45 / 85.,
     40 / 85.,
     0,
     .85},
    {"even: what was written", "B", {{"B", 50, {{"A", 50}, {"B", 50}}}}, "B", .5, .5, 0, 1},
    {"written but not listed",
     "B",
     {{"B", 10, {{"The", 60}, {"A", 20}}}},
     "A",
     20 / 30.,
     10 / 30.,
     0,
     .30},
    {"-9999 is outside the list", "A", {{"A", 90, {{"A", 90}, {"B", 0}}}}, "A", 1, 0, 0, .90},
    {"a sentence",
     "A careful look",
     {{"A", 70, A70}, T(" careful", 9), T(" look", 9)},
     "parse",
     0,
     0,
     0,
     0},
    {"another word", "The", {{"The", 70, {{"The", 70}, {"A", 20}}}}, "parse", 0, 0, 0, 0},
    {"no likeliest", "A", {T("A", 70)}, "logprobs", 0, 0, 0, 0},
    {"no tokens", "A", {T(NULL, 0)}, "logprobs", 0, 0, 0, 0},
};

static void labels(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_LOGPROBS;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_ballot b;
        const char *got = read_tokens(&f, cases[i].text, NULL, cases[i].tokens, &b);
        if (strcmp(got, cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, got, cases[i].want);
        if (b.error != AZ_BE_NONE)
            continue;
        assert_int_equal(b.n_probs, 3);
        if (fabs(b.probs[0] - cases[i].a) > 1e-12 || fabs(b.probs[1] - cases[i].b) > 1e-12 ||
            fabs(b.probs[2] - cases[i].tie) > 1e-12)
            fail_msg("%s: got %g %g %g", cases[i].name, b.probs[0], b.probs[1], b.probs[2]);
        double mass;
        const char *at = strstr(b.params.p, "\"label_mass\":");
        assert_non_null(at);
        mass = strtod(at + strlen("\"label_mass\":"), NULL);
        if (fabs(mass - cases[i].mass) > 1e-12)
            fail_msg("%s: mass %g", cases[i].name, mass);
        assert_string_equal(b.how.p, "logprobs");
    }
    fixture_release(&f);
}

/* Probabilities, like labels, are the item's: shown A is its B. */
static void the_other_order(void **state)
{
    (void)state;
    static const struct spec spec[] = {{"A", 70, A70}, T(NULL, 0)};
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_LOGPROBS;
    f.ask.key.order = AZ_ORDER_REVERSED;
    assert_string_equal(read_tokens(&f, "A", NULL, spec, &b), "B");
    assert_true(fabs(b.probs[1] - 70 / 95.) < 1e-12);
    assert_true(fabs(b.probs[0] - 20 / 95.) < 1e-12);
    fixture_release(&f);
}

/* An equal token in the reasoning is not where the answer stands. */
static void the_answers_place_after_reasoning(void **state)
{
    (void)state;
    static const struct spec spec[] = {{"<think>", 99, {{"<think>", 99}}},
                                       {"B", 99, {{"B", 99}}},
                                       {"</think>", 99, {{"</think>", 99}}},
                                       {"\n", 99, {{"\n", 99}}},
                                       {"A", 70, A70},
                                       T(NULL, 0)};
    static const struct spec hidden[] = {{"B", 99, {{"B", 99}}}, T(NULL, 0)};
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_LOGPROBS;
    assert_string_equal(read_tokens(&f, "\nA", "B", spec, &b), "A");
    /* the answer's tokens are not in the list at all */
    assert_string_equal(read_tokens(&f, "A", "B", hidden, &b), "parse");
    fixture_release(&f);
}

static void scores(void **state)
{
    (void)state;
    static const struct spec spec[] = {
        {"4", 50, {{"4", 50}, {"5", 25}, {" 5", 5}, {"3", 10}, {"9", 5}, {"45", 1}}}, T(NULL, 0)};
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    fixture_score(&f, 1, 5, 1);
    f.judge.answer = AZ_ANSWER_LOGPROBS;
    read_tokens(&f, "4", NULL, spec, &b);
    assert_true(b.has_score);
    assert_true(fabs(b.score - (3 * 10 + 4 * 50 + 5 * 30) / 90.) < 1e-12);
    assert_int_equal(b.n_probs, 5);
    assert_true(b.probs[0] == 0 && fabs(b.probs[3] - 50 / 90.) < 1e-12);

    fixture_score(&f, 1, 10, 1); /* "10" may be two tokens */
    assert_string_equal(read_tokens(&f, "4", NULL, spec, &b), "logprobs");
    fixture_score(&f, 0, 1, 0.5);
    assert_string_equal(read_tokens(&f, "4", NULL, spec, &b), "logprobs");
    fixture_score(&f, 1, 3, 1);
    assert_string_equal(read_tokens(&f, "4", NULL, spec, &b), "parse");
    fixture_release(&f);
}

static void no_silent_fallback(void **state)
{
    (void)state;
    static const struct spec none[] = {T(NULL, 0)};
    struct fixture f;
    struct az_ballot b;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_LOGPROBS;
    read_tokens(&f, "A", NULL, none, &b);
    assert_string_equal(b.error_text.p, "'m' gives no log-probabilities; use answer: letter");
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels),
        cmocka_unit_test(the_other_order),
        cmocka_unit_test(the_answers_place_after_reasoning),
        cmocka_unit_test(scores),
        cmocka_unit_test(no_silent_fallback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
