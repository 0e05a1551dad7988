/* core/verdict.c: exact lines. */
#include "core/json.h"
#include "core/mem.h"
#include "tests/unit/seated.h"

/* Judges by their own names, in the panel's order; the plan order of
 * "q1" is the other way round, which the dissent and the ballots below show. */
static void two_judges(struct seated *s)
{
    seated_init(s, AZ_PAIR, 2, AZ_ORDERS_BOTH);
    s->judges[0].name = "qwen";
    s->judges[1].name = "haiku";
    seated_places(s);
}

static const char *print(struct seated *s, const struct az_verdict *v, bool brief, struct az_buf *b)
{
    az_buf_clear(b);
    az_verdict_print(b, &s->panel, &s->item, v, (struct az_ballots){s->ballots, s->n}, brief);
    assert_int_equal(az_buf_check(b, NULL), 0);
    return b->p;
}

static const struct {
    const char *name;
    struct az_verdict v;
    const char *want;
} lines[] = {
    {"decided",
     {.status = AZ_DECIDED,
      .label = AZ_LABEL_A,
      .has_share = true,
      .share = 2.0 / 3,
      .how = "majority",
      .seats = {3, 3, 2, 1, 0},
      .rounds = 1,
      .cost = 2100000},
     "{\"id\":\"q1\",\"line\":1,\"status\":\"decided\",\"label\":\"A\",\"winner\":\"X\","
     "\"score\":null,\"share\":0.6666666666666666,\"p\":null,\"probs\":null,"
     "\"how\":\"majority\",\"dissent\":[],\"criteria\":{},"
     "\"seats\":{\"n\":3,\"asked\":3,\"voted\":2,\"errors\":1,\"partial\":0},"
     "\"rounds\":1,\"usd\":0.0021}"},
    {"a tie has no winner; dissent in plan order",
     {.status = AZ_DECIDED,
      .label = AZ_LABEL_TIE,
      .has_share = true,
      .share = 0,
      .how = "plurality",
      .dissent = {3},
      .seats = {2, 2, 2, 0, 1},
      .rounds = 2},
     "{\"id\":\"q1\",\"line\":1,\"status\":\"decided\",\"label\":\"tie\",\"winner\":null,"
     "\"score\":null,\"share\":0,\"p\":null,\"probs\":null,\"how\":\"plurality\","
     "\"dissent\":[\"haiku\",\"qwen\"],\"criteria\":{},"
     "\"seats\":{\"n\":2,\"asked\":2,\"voted\":2,\"errors\":0,\"partial\":1},"
     "\"rounds\":2,\"usd\":0}"},
    {"abstained",
     {.status = AZ_ABSTAINED,
      .label = AZ_LABEL_NONE,
      .how = "majority",
      .reason = "no majority",
      .seats = {4, 4, 4, 0, 0},
      .rounds = 1},
     "{\"id\":\"q1\",\"line\":1,\"status\":\"abstained\",\"label\":null,\"winner\":null,"
     "\"score\":null,\"share\":null,\"p\":null,\"probs\":null,\"how\":\"majority\","
     "\"reason\":\"no majority\",\"dissent\":[],\"criteria\":{},"
     "\"seats\":{\"n\":4,\"asked\":4,\"voted\":4,\"errors\":0,\"partial\":0},"
     "\"rounds\":1,\"usd\":0}"},
    {"failed",
     {.status = AZ_FAILED,
      .label = AZ_LABEL_NONE,
      .how = "majority",
      .reason = "2 of 2 seats in error: timeout",
      .error = AZ_BE_TIMEOUT,
      .seats = {2, 2, 0, 2, 0},
      .rounds = 1},
     "{\"id\":\"q1\",\"line\":1,\"status\":\"failed\",\"label\":null,\"winner\":null,"
     "\"score\":null,\"share\":null,\"p\":null,\"probs\":null,\"how\":\"majority\","
     "\"reason\":\"2 of 2 seats in error: timeout\","
     "\"error\":{\"kind\":\"timeout\",\"text\":\"2 of 2 seats in error: timeout\"},"
     "\"dissent\":[],\"criteria\":{},"
     "\"seats\":{\"n\":2,\"asked\":2,\"voted\":0,\"errors\":2,\"partial\":0},"
     "\"rounds\":1,\"usd\":0}"},
    {"open",
     {.status = AZ_OPEN, .label = AZ_LABEL_NONE},
     "{\"id\":\"q1\",\"line\":1,\"status\":\"open\",\"label\":null,\"winner\":null,"
     "\"score\":null,\"share\":null,\"p\":null,\"probs\":null,\"how\":null,"
     "\"dissent\":[],\"criteria\":{},"
     "\"seats\":{\"n\":0,\"asked\":0,\"voted\":0,\"errors\":0,\"partial\":0},"
     "\"rounds\":0,\"usd\":0}"},
    {"a set of answers",
     {.status = AZ_ABSTAINED,
      .label = AZ_LABEL_NONE,
      .has_p = true,
      .p = 0.5,
      .set = 5,
      .how = "auto",
      .reason = "p 0.500 is below 0.8",
      .seats = {2, 2, 2, 0, 0},
      .rounds = 1},
     "{\"id\":\"q1\",\"line\":1,\"status\":\"abstained\",\"label\":null,\"winner\":null,"
     "\"score\":null,\"share\":null,\"p\":0.5,\"probs\":null,\"set\":[\"A\",\"tie\"],"
     "\"how\":\"auto\",\"reason\":\"p 0.500 is below 0.8\",\"dissent\":[],\"criteria\":{},"
     "\"seats\":{\"n\":2,\"asked\":2,\"voted\":2,\"errors\":0,\"partial\":0},"
     "\"rounds\":1,\"usd\":0}"},
    {"probabilities",
     {.status = AZ_DECIDED,
      .label = AZ_LABEL_B,
      .has_p = true,
      .p = 0.75,
      .n_probs = 3,
      .probs = {0.125, 0.75, 0.125},
      .how = "auto",
      .seats = {2, 2, 2, 0, 0},
      .rounds = 1},
     "{\"id\":\"q1\",\"line\":1,\"status\":\"decided\",\"label\":\"B\",\"winner\":\"Y\","
     "\"score\":null,\"share\":null,\"p\":0.75,"
     "\"probs\":{\"A\":0.125,\"B\":0.75,\"tie\":0.125},\"how\":\"auto\","
     "\"dissent\":[],\"criteria\":{},"
     "\"seats\":{\"n\":2,\"asked\":2,\"voted\":2,\"errors\":0,\"partial\":0},"
     "\"rounds\":1,\"usd\":0}"},
    {"a score",
     {.status = AZ_DECIDED,
      .label = AZ_LABEL_NONE,
      .has_score = true,
      .score = 4.1,
      .has_p = true,
      .p = 0.75,
      .how = "mean",
      .seats = {2, 1, 1, 0, 0},
      .rounds = 1,
      .early = true},
     "{\"id\":\"q1\",\"line\":1,\"status\":\"decided\",\"label\":null,\"winner\":null,"
     "\"score\":4.1,\"share\":null,\"p\":0.75,\"probs\":null,\"how\":\"mean\","
     "\"dissent\":[],\"criteria\":{},"
     "\"seats\":{\"n\":2,\"asked\":1,\"voted\":1,\"errors\":0,\"partial\":0},"
     "\"rounds\":1,\"usd\":0}"},
};

static void verdict_lines(void **state)
{
    (void)state;
    struct az_str systems[] = {AZ_STR("X"), AZ_STR("Y")};
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    for (size_t i = 0; i < AZ_LEN(lines); i++) {
        struct seated s;
        two_judges(&s);
        s.item.systems = systems;
        const char *got = print(&s, &lines[i].v, true, &b);
        if (strcmp(got, lines[i].want))
            fail_msg("%s: got\n%s\nwant\n%s", lines[i].name, got, lines[i].want);
        struct az_json *doc;
        assert_int_equal(az_json_parse(az_buf_view(&b), &doc, NULL), 0);
        az_json_free(doc);
        seated_release(&s);
    }
}

static const double probs[] = {0.9, 0.1, 0};

static struct az_ballot full_ballot(void)
{
    return (struct az_ballot){
        .key = {.judge = 0, .round = 1, .criterion = -1, .order = AZ_ORDER_LISTED},
        .label = AZ_LABEL_A,
        .n_probs = 3,
        .probs = probs,
        .how = AZ_STR("logprobs"),
        .rationale = AZ_STR("It \"helps\".\n"),
        .model = AZ_STR("Qwen3-8B"),
        .has_request = true,
        .request = {{0xab, 0xcd}},
        .tokens_in = 812,
        .tokens_out = 1,
        .tokens_cached = 640,
        .params = AZ_STR("{\"temperature\":0}"),
        .cost = 1,
        .cost_known = true,
        .ms = 48,
        .attempts = 1,
        .used = true,
    };
}

static const char full_line[] =
    "{\"judge\":\"qwen\",\"round\":1,\"criterion\":null,\"order\":\"AB\",\"sample\":0,"
    "\"label\":\"A\",\"score\":null,\"probs\":{\"A\":0.9,\"B\":0.1,\"tie\":0},"
    "\"how\":\"logprobs\",\"rationale\":\"It \\\"helps\\\".\\n\",\"model\":\"Qwen3-8B\","
    "\"params\":{\"temperature\":0},\"request\":\"abcd0000000000000000000000000000\","
    "\"tokens_in\":812,\"tokens_out\":1,\"tokens_cached\":640,\"usd\":0.000000001,\"ms\":48,"
    "\"attempts\":1,\"cached\":false,\"used\":true}";

static const char error_line[] =
    "{\"judge\":\"haiku\",\"round\":1,\"criterion\":null,\"order\":\"BA\",\"sample\":2,"
    "\"label\":null,\"error\":{\"kind\":\"parse\",\"text\":\"no verdict\"},"
    "\"model\":null,\"request\":null,\"tokens_in\":0,\"tokens_out\":0,\"usd\":null,"
    "\"ms\":0,\"attempts\":2,\"cached\":false,\"used\":false}";

static struct az_ballot error_ballot(void)
{
    return (struct az_ballot){
        .key = {.judge = 1, .round = 1, .criterion = -1, .order = AZ_ORDER_REVERSED, .sample = 2},
        .error = AZ_BE_PARSE,
        .error_text = AZ_STR("no verdict"),
        .label = AZ_LABEL_NONE,
        .attempts = 2,
    };
}

static void expect_ballot(struct seated *s, const struct az_ballot *ballot, struct az_str id,
                          const char *want)
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_ballot_print(&b, &s->panel, &s->item, ballot, id);
    assert_string_equal(b.p, want);
}

static void ballot_lines(void **state)
{
    (void)state;
    struct seated s;
    two_judges(&s);
    struct az_ballot full = full_ballot(), error = error_ballot();
    expect_ballot(&s, &full, (struct az_str){0}, full_line);
    expect_ballot(&s, &error, (struct az_str){0}, error_line);
    seated_release(&s);

    static const double steps[] = {0.25, 0.75};
    seated_init(&s, AZ_SCORE, 1, AZ_ORDERS_NONE);
    s.panel.question.step = 0.5;
    struct az_ballot score = {
        .key = {.round = 2, .criterion = -1, .order = AZ_ORDER_NONE},
        .label = AZ_LABEL_NONE,
        .has_score = true,
        .score = 1.375,
        .n_probs = 2,
        .probs = steps,
        .how = AZ_STR("logprobs"),
        .cached = true,
    };
    expect_ballot(&s, &score, AZ_STR("q 1"),
                  "{\"item\":\"q 1\",\"judge\":\"judge1\",\"round\":2,\"criterion\":null,"
                  "\"order\":null,\"sample\":0,\"label\":null,\"score\":1.375,"
                  "\"probs\":{\"1\":0.25,\"1.5\":0.75},\"how\":\"logprobs\",\"rationale\":null,"
                  "\"model\":null,\"request\":null,\"tokens_in\":0,\"tokens_out\":0,"
                  "\"usd\":null,\"ms\":0,\"attempts\":0,\"cached\":true,\"used\":false}");
    seated_release(&s);
}

static void ballots_stand_in_plan_order(void **state)
{
    (void)state;
    struct seated s;
    two_judges(&s);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF want = az_buf(AZ_BUF_MAX);
    az_buf_fmt(&want, "\"usd\":0,\"ballots\":[%s,%s]}", error_line, full_line);
    const struct az_verdict v = {.status = AZ_OPEN, .label = AZ_LABEL_NONE};
    for (int turn = 0; turn < 2; turn++) {
        s.ballots[turn] = full_ballot();
        s.ballots[!turn] = error_ballot();
        s.n = 2;
        assert_string_equal(strstr(print(&s, &v, false, &b), "\"usd\":0,\"ballots\""), want.p);
    }
    seated_release(&s);
}

/* A sum with a price in it that nobody knows is no figure. */
static void an_unknown_price(void **state)
{
    (void)state;
    struct seated s;
    two_judges(&s);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    const struct az_verdict v = {.status = AZ_OPEN, .label = AZ_LABEL_NONE};
    s.ballots[0] = full_ballot();
    s.n = 1;
    for (int known = 0; known < 2; known++) {
        s.ballots[0].cost_known = known;
        s.ballots[0].used = true;
        const char *usd = known ? "\"usd\":0,\"ballots\"" : "\"usd\":null,\"ballots\"";
        assert_non_null(strstr(print(&s, &v, false, &b), usd));
    }
    seated_release(&s);
}

static void without_memory(void **state)
{
    (void)state;
    struct seated s;
    two_judges(&s);
    s.ballots[0] = full_ballot();
    s.n = 1;
    const struct az_verdict v = {.status = AZ_OPEN, .label = AZ_LABEL_NONE};
    int r = AZ_ENOMEM, nth = 1;
    for (; r == AZ_ENOMEM; nth++) {
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        az_fault_alloc(nth);
        az_verdict_print(&b, &s.panel, &s.item, &v, (struct az_ballots){s.ballots, s.n}, false);
        az_fault_alloc(0);
        r = az_buf_check(&b, NULL);
    }
    assert_int_equal(r, 0);
    assert_true(nth > 2);
    seated_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdict_lines),
        cmocka_unit_test(ballot_lines),
        cmocka_unit_test(ballots_stand_in_plan_order),
        cmocka_unit_test(an_unknown_price),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
