#include "workers/recorded.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static const char *pair_labels[] = {"A", "B", "tie"};

static struct az_question question(const char *kind)
{
    if (!strcmp(kind, "score"))
        return (struct az_question){.kind = AZ_SCORE, .scale_min = 1, .scale_max = 5};
    if (!strcmp(kind, "best"))
        return (struct az_question){.kind = AZ_BEST};
    bool ties = !strcmp(kind, "pair");
    return (struct az_question){
        .kind = AZ_PAIR, .ties = ties, .n_labels = ties ? 3 : 2, .labels = pair_labels};
}

static int add_all(struct az_recorded *t, const char *text, struct az_error *err)
{
    struct az_str rest = az_str(text), line;
    while (az_str_line(&rest, &line)) {
        int r = az_recorded_add_line(t, line, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* "A", "2.5" or "error: text", with " (rationale)" and " [p p]" where there are any. */
static void print_ballot(struct az_buf *b, const struct az_question *q, const struct az_ballot *got)
{
    az_buf_clear(b);
    if (got->error != AZ_BE_NONE)
        az_buf_fmt(b, "%s: " AZ_STR_FMT, az_ballot_error_name(got->error),
                   AZ_STR_ARG(got->error_text));
    else if (got->has_score)
        az_buf_fmt(b, "%g", got->score);
    else
        az_buf_z(b, az_label_name(q, got->label));
    if (got->rationale.p)
        az_buf_fmt(b, " (" AZ_STR_FMT ")", AZ_STR_ARG(got->rationale));
    for (size_t i = 0; i < got->n_probs; i++)
        az_buf_fmt(b, " %g", got->probs[i]);
}

static const char tsv[] = "item\tjudge\tkind\torder\tsample\tlabel\tscore\n"
                          "q1\tm\tllm\tAB\t0\tA\t\n"
                          "q1\tm\tllm\tBA\t0\tB\t\n"
                          "q1\tm\tllm\t\t1\ttie\t0.5\n"
                          "q1\trm\trm\t\t0\tB\t-1.25\n"
                          "q2\tm\tllm\tAB\t0\t\t\n"
                          "q3\tm\tllm\tAB\t0\tC\t\n"
                          "\n"
                          "q4\tm\tllm\tBA\t\tA\t3.5\n"
                          "q5\tm\tllm\t\t0\t4\t\n"
                          "q6\tm\tllm\t\t0\t9\t9\n"
                          "q7\tm\tllm\tDCBA\t0\tD\t\n";

static const char jsonl[] =
    "{\"item\":\"q1\",\"judge\":\"m\",\"round\":1,\"criterion\":null,\"order\":\"AB\",\"sample\":0,"
    "\"label\":\"B\",\"score\":null,\"probs\":{\"B\":0.75,\"A\":0.25},\"how\":\"json\","
    "\"rationale\":\"b is right\",\"tokens_in\":812,\"usd\":0.1}\n"
    "{\"item\":\"q1\",\"judge\":\"m\",\"round\":2,\"order\":\"AB\",\"label\":\"A\"}\n"
    "{\"item\":\"q2\",\"judge\":\"m\",\"label\":null,\"error\":{\"kind\":\"timeout\",\"text\":"
    "\"60 s\"}}\n"
    "{\"item\":\"q4\",\"judge\":\"m\",\"score\":2.5}\n"
    "{\"item\":\"q5\",\"judge\":\"m\",\"label\":\"A\",\"probs\":{\"yes\":1}}\n"
    "{\"item\":\"q6\",\"judge\":\"m\",\"label\":null,\"probs\":{\"A\":0.5,\"B\":0.5,\"C\":0}}\n"
    "{\"item\":\"q7\",\"judge\":\"m\",\"label\":null,\"probs\":{\"yes\":1}}\n";

#define MISSING(item, rest) \
    "missing: judge 'm' has no recorded ballot on item '" item "'" rest ", sample "

static const struct {
    const char *name, *text, *kind, *item, *model;
    enum az_order order;
    int round, sample;
    const char *want;
} cases[] = {
    {"as listed", tsv, "pair", "q1", "m", AZ_ORDER_LISTED, 1, 0, "A"},
    {"labels stay in the item's frame", tsv, "pair", "q1", "m", AZ_ORDER_REVERSED, 1, 0, "B"},
    {"no order serves AB", tsv, "pair", "q1", "m", AZ_ORDER_LISTED, 1, 1, "tie"},
    {"no order serves BA", tsv, "pair", "q1", "rm", AZ_ORDER_REVERSED, 1, 0, "B"},
    {"asked without an order", tsv, "pair", "q1", "m", AZ_ORDER_NONE, 1, 0, "A"},
    {"only BA, asked without", tsv, "pair", "q4", "m", AZ_ORDER_NONE, 1, 0, "A"},
    {"only BA, asked AB", tsv, "pair", "q4", "m", AZ_ORDER_LISTED, 1, 0,
     MISSING("q4", ", order AB") "0"},
    {"tie where ties are off", tsv, "strict", "q1", "m", AZ_ORDER_LISTED, 1, 1, "tie"},
    {"a reward is no score of a pair", tsv, "pair", "q1", "rm", AZ_ORDER_LISTED, 1, 0, "B"},
    {"empty label", tsv, "pair", "q2", "m", AZ_ORDER_LISTED, 1, 0,
     "parse: recorded without a readable answer"},
    {"label of no question", tsv, "pair", "q3", "m", AZ_ORDER_LISTED, 1, 0,
     "outside: recorded answer 'C' is none of the question's"},
    {"no such item", tsv, "pair", "q99", "m", AZ_ORDER_NONE, 1, 3, MISSING("q99", "") "3"},
    {"no such judge", tsv, "pair", "q1", "n", AZ_ORDER_LISTED, 1, 0,
     "missing: judge 'n' has no recorded ballot on item 'q1', order AB, sample 0"},
    {"a later round", tsv, "pair", "q1", "m", AZ_ORDER_LISTED, 3, 0, "A"},
    {"score beside a label", tsv, "score", "q4", "m", AZ_ORDER_NONE, 1, 0, "3.5"},
    {"label that is a number", tsv, "score", "q5", "m", AZ_ORDER_NONE, 1, 0, "4"},
    {"score out of scale", tsv, "score", "q6", "m", AZ_ORDER_NONE, 1, 0,
     "outside: recorded score 9 is outside the scale"},
    {"label that is no number", tsv, "score", "q7", "m", AZ_ORDER_NONE, 1, 0,
     "parse: recorded without a readable score"},
    {"best of four, reversed", tsv, "best", "q7", "m", AZ_ORDER_REVERSED, 1, 0, "D"},
    {"probabilities and rationale", jsonl, "pair", "q1", "m", AZ_ORDER_LISTED, 1, 0,
     "B (b is right) 0.25 0.75 0"},
    {"its own second round", jsonl, "pair", "q1", "m", AZ_ORDER_LISTED, 2, 0, "A"},
    {"a recorded error", jsonl, "pair", "q2", "m", AZ_ORDER_LISTED, 1, 0, "timeout: 60 s"},
    {"a score", jsonl, "score", "q4", "m", AZ_ORDER_NONE, 1, 0, "2.5"},
    {"a score to a pair", jsonl, "pair", "q4", "m", AZ_ORDER_LISTED, 1, 0,
     "parse: recorded without a readable answer"},
    {"a shared top names no label", jsonl, "best", "q6", "m", AZ_ORDER_NONE, 1, 0, " 0.5 0.5 0 0"},
    {"shares of another question", jsonl, "best", "q7", "m", AZ_ORDER_NONE, 1, 0,
     "parse: recorded without a readable answer"},
    {"probabilities of another question", jsonl, "pair", "q5", "m", AZ_ORDER_LISTED, 1, 0, "A"},
};

static void recorded_lookup(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(recorded) t = az_recorded_new();
        AZ_AUTO(arena) arena = az_arena_new(256);
        AZ_AUTO_BUF b = az_buf(4096);
        struct az_error err = {0};
        assert_int_equal(add_all(t, cases[i].text, &err), 0);
        struct az_judge judge = {.name = "j", .model = cases[i].model};
        struct az_panel panel = {
            .question = question(cases[i].kind), .n_judges = 1, .judges = &judge};
        struct az_item item = {.id = az_str(cases[i].item), .n_responses = 2};
        if (panel.question.kind == AZ_BEST)
            item.n_responses = 4;
        struct az_key key = {.order = cases[i].order,
                             .round = cases[i].round,
                             .sample = cases[i].sample,
                             .criterion = -1};
        struct az_ballot got;
        assert_int_equal(az_recorded_find(t, &panel, &key, &item, arena, &got), 0);
        assert_true(got.error == AZ_BE_NONE || (got.label == AZ_LABEL_NONE && !got.has_score));
        assert_int_equal(az_key_cmp(&got.key, &key), 0);
        assert_true(az_str_eqz(got.how, "recorded"));
        print_ballot(&b, &panel.question, &got);
        if (strcmp(b.p, cases[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].name, b.p, cases[i].want);
    }
}

static const struct {
    const char *text, *what;
} bad[] = {
    {"item\tlabel\n", "line 1: neither a JSON ballot nor a header of ballots"},
    {"item\tjudge\torder\n", "line 1: neither a JSON ballot nor a header of ballots"},
    {"\xff\n", "line 1: not UTF-8 at byte 0"},
    {"item\tjudge\tlabel\nq\tm\n", "line 2: 2 columns where the header has 3"},
    {"item\tjudge\tlabel\nq\tm\tA\t\n", "line 2: 4 columns where the header has 3"},
    {"item\tjudge\tlabel\n\n\tm\tA\n", "line 3: no item or no judge"},
    {"item\tjudge\tscore\nq\tm\tnan\n", "line 2: 'nan' is no score"},
    {"item\tjudge\torder\tlabel\nq\tm\tXY\tA\n", "line 2: 'XY' is no order"},
    {"item\tjudge\torder\tlabel\nq\tm\tA\tA\n", "line 2: 'A' is no order"},
    {"item\tjudge\tsample\tlabel\nq\tm\t-1\tA\n", "line 2: '-1' is no sample"},
    {"{\"item\":\"q\"\n", "line 1: not JSON at byte 10"},
    {"{\"item\":\"q\"}\n", "line 1: a ballot without item or judge"},
    {"{\"item\":7,\"judge\":\"m\"}\n", "line 1: 'item' is a number and no string"},
    {"{\"item\":\"q\",\"judge\":\"m\",\"score\":\"3\"}\n",
     "line 1: 'score' is a string and no number"},
    {"{\"item\":\"q\",\"judge\":\"m\",\"round\":0}\n", "line 1: 'round' is no whole number from 1"},
    {"{\"item\":\"q\",\"judge\":\"m\",\"criterion\":\"c\"}\n",
     "line 1: a ballot on one criterion, which no question asks for"},
    {"{\"item\":\"q\",\"judge\":\"m\",\"error\":{\"kind\":\"nope\"}}\n",
     "line 1: unknown error kind 'nope'"},
    {"{\"item\":\"q\",\"judge\":\"m\",\"error\":{\"kind\":\"none\"}}\n",
     "line 1: unknown error kind 'none'"},
    {"{\"item\":\"q\",\"judge\":\"m\",\"label\":\"A\"}\n[1]\n", "line 2: an array and no ballot"},
};

static void recorded_bad_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(bad); i++) {
        AZ_AUTO(recorded) t = az_recorded_new();
        struct az_error err = {0};
        assert_int_equal(add_all(t, bad[i].text, &err), AZ_EINVAL);
        assert_string_equal(err.what, bad[i].what);
    }
}

/* The first answer stays; an answer takes the place of none, never the reverse. */
static void recorded_twice(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int r;
        size_t n;
    } lines[] = {
        {"item\tjudge\tlabel", 0, 0},
        {"q\tm\t", 0, 1},
        {"q\tm\tB", 1, 1},
        {"q\tm\tA", 1, 1},
        {"q\tm\t", 1, 1},
        {"q\tn\tA", 0, 2},
    };
    AZ_AUTO(recorded) t = az_recorded_new();
    for (size_t i = 0; i < AZ_LEN(lines); i++) {
        assert_int_equal(az_recorded_add_line(t, az_str(lines[i].line), NULL), lines[i].r);
        assert_int_equal(az_recorded_count(t), lines[i].n);
    }
    AZ_AUTO(arena) arena = az_arena_new(256);
    struct az_judge judge = {.name = "j", .model = "m"};
    struct az_panel panel = {.question = question("pair"), .n_judges = 1, .judges = &judge};
    struct az_item item = {.id = AZ_STR("q"), .n_responses = 2};
    struct az_key key = {.round = 1};
    struct az_ballot got;
    assert_int_equal(az_recorded_find(t, &panel, &key, &item, arena, &got), 0);
    assert_int_equal(got.label, AZ_LABEL_B);
}

/* Many items and judges: everything added is found, nothing else is. */
static void recorded_many(void **state)
{
    (void)state;
    enum { ITEMS = 3000, JUDGES = 5 };
    AZ_AUTO(recorded) t = az_recorded_new();
    char line[64], model[16], id[16];
    assert_int_equal(az_recorded_add_line(t, AZ_STR("judge\titem\tlabel"), NULL), 0);
    for (int i = 0; i < ITEMS; i++) {
        for (int j = 0; j < JUDGES; j++) {
            snprintf(line, sizeof(line), "m%d\tq%d\t%s", j, i, pair_labels[(i + j) % 3]);
            assert_int_equal(az_recorded_add_line(t, az_str(line), NULL), 0);
        }
    }
    assert_int_equal(az_recorded_count(t), ITEMS * JUDGES);
    struct az_judge judge = {.name = "j", .model = model};
    struct az_panel panel = {.question = question("pair"), .n_judges = 1, .judges = &judge};
    struct az_item item = {.n_responses = 2};
    for (int i = 0; i <= ITEMS; i++) {
        AZ_AUTO(arena) arena = az_arena_new(256);
        struct az_key key = {.round = 1, .order = i % 2};
        struct az_ballot got;
        snprintf(model, sizeof(model), "m%d", i % JUDGES);
        snprintf(id, sizeof(id), "q%d", i);
        item.id = az_str(id);
        assert_int_equal(az_recorded_find(t, &panel, &key, &item, arena, &got), 0);
        assert_int_equal(got.error, i == ITEMS ? AZ_BE_MISSING : AZ_BE_NONE);
        assert_int_equal(got.label, i == ITEMS ? AZ_LABEL_NONE : (i + i % JUDGES) % 3);
    }
}

static void recorded_empty(void **state)
{
    (void)state;
    AZ_AUTO(recorded) t = az_recorded_new();
    AZ_AUTO(arena) arena = az_arena_new(256);
    struct az_judge judge = {.name = "j", .model = "m"};
    struct az_panel panel = {.question = question("pair"), .n_judges = 1, .judges = &judge};
    struct az_item item = {.id = AZ_STR("q"), .n_responses = 2};
    struct az_key key = {.round = 1};
    struct az_ballot got;
    assert_int_equal(az_recorded_find(t, &panel, &key, &item, arena, &got), 0);
    assert_int_equal(got.error, AZ_BE_MISSING);
}

/* A line that failed for want of memory was not added; again, it is. */
static void recorded_without_memory(void **state)
{
    (void)state;
    static const char *const texts[] = {tsv, jsonl};
    for (int nth = 1, failed = 1; failed; nth++) {
        failed = 0;
        for (size_t i = 0; i < AZ_LEN(texts); i++) {
            AZ_AUTO(recorded) t = az_recorded_new();
            struct az_str rest = az_str(texts[i]), line;
            az_fault_alloc(nth);
            while (az_str_line(&rest, &line)) {
                struct az_error err = {0};
                size_t n = az_recorded_count(t);
                int r = az_recorded_add_line(t, line, &err);
                if (r == 0)
                    continue;
                failed++;
                assert_true(*err.what && az_recorded_count(t) == n);
                az_fault_alloc(0);
                assert_int_equal(az_recorded_add_line(t, line, &err), 0);
            }
            az_fault_alloc(0);
            assert_int_equal(az_recorded_count(t), i == 0 ? 10 : 7);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_lookup), cmocka_unit_test(recorded_bad_lines),
        cmocka_unit_test(recorded_twice),  cmocka_unit_test(recorded_many),
        cmocka_unit_test(recorded_empty),  cmocka_unit_test(recorded_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
