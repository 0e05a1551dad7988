#include "client/cli/keep.h"

#include "core/verdict.h"
#include "tests/unit/cli_panel.h"

static const char pair_yaml[] = "question: {kind: pair, pass: [A]}\njudges: [lexical/length]\n";
static const char plain_yaml[] = "question: pair\njudges: [lexical/length]\n";
static const char score_yaml[] = "question: {kind: score, scale: [1, 5], pass: \">= 4\"}\n"
                                 "judges: [lexical/token_f1]\n"
                                 "aggregate: mean\n";
static const char pair_item[] = "{\"id\":\"q1\",\"prompt\":\"p\",\"responses\":{\"X\":\"a\","
                                "\"Y\":\"b\"},\"meta\":{\"lang\":\"de\",\"n\":3}}";
static const char score_item[] = "{\"id\":\"q1\",\"response\":\"a\"}";

/* A verdict is its status, then its label or score: "A", "4.5", "?" abstained,
 * "!" failed. */
static struct az_verdict verdict_of(const struct az_panel *p, const char *text)
{
    struct az_verdict v = {.status = AZ_DECIDED,
                           .label = AZ_LABEL_NONE,
                           .how = "majority",
                           .has_share = true,
                           .share = 0.75,
                           .seats = {4, 4, 3, 1, 0},
                           .rounds = 2,
                           .cost = 1500000};
    if (*text == '?' || *text == '!') {
        v.status = *text == '?' ? AZ_ABSTAINED : AZ_FAILED;
        v.error = *text == '!' ? AZ_BE_TIMEOUT : AZ_BE_NONE;
        snprintf(v.reason, sizeof(v.reason), "no majority");
        v.has_share = false;
    } else if (p->question.kind == AZ_SCORE) {
        v.has_score = az_str_double(az_str(text), &v.score);
        assert_true(v.has_score);
    } else {
        v.label = az_label_find(&p->question, p->question.n_labels, az_str(text));
        assert_true(v.label >= 0);
    }
    return v;
}

static bool keeps(const char *yaml, const char *item_json, const char *text, const char *condition)
{
    AZ_AUTO(panel) p = panel_from(yaml);
    AZ_AUTO(item) item = item_from(p, item_json);
    AZ_AUTO(expr) expr = NULL;
    AZ_AUTO_BUF json = az_buf(1 << 20);
    struct az_error err = {0};
    if (condition && az_expr_parse(condition, az_keep_fields, &expr, &err) < 0)
        fail_msg("%s: %s", condition, err.what);
    struct az_verdict v = verdict_of(p, text);
    az_verdict_print(&json, p, item, &v, (struct az_ballots){0}, true);
    return az_keep(expr, p, item, &v, az_buf_view(&json));
}

static const struct {
    const char *yaml, *item, *verdict, *condition; /* NULL: the question's pass */
    bool want;
} cases[] = {
    {pair_yaml, pair_item, "A", NULL, true},
    {pair_yaml, pair_item, "B", NULL, false},
    {pair_yaml, pair_item, "tie", NULL, false},
    {pair_yaml, pair_item, "?", NULL, false},
    {pair_yaml, pair_item, "!", NULL, false},
    {plain_yaml, pair_item, "A", NULL, false}, /* no pass: nothing passes by itself */
    {score_yaml, score_item, "4", NULL, true},
    {score_yaml, score_item, "3.999", NULL, false},
    {score_yaml, score_item, "?", NULL, false},
    {plain_yaml, pair_item, "A", "label == 'A'", true},
    {plain_yaml, pair_item, "A", "label == 'A' and share > 0.75", false},
    {plain_yaml, pair_item, "A", "share >= 0.75 and seats.voted == 3", true},
    {plain_yaml, pair_item, "B", "winner == 'Y'", true},
    {plain_yaml, pair_item, "tie", "winner == 'Y'", false},
    {plain_yaml, pair_item, "A", "usd < 0.002 and rounds == 2 and how == 'majority'", true},
    {plain_yaml, pair_item, "A", "id == 'q1' and item.prompt == 'p'", true},
    {plain_yaml, pair_item, "A", "meta.lang == 'de' and meta.n == 3", true},
    {plain_yaml, pair_item, "A", "item.meta.lang == 'en'", false},
    {plain_yaml, pair_item, "A", "item.responses.1 == 'b'", true},
    {score_yaml, score_item, "4", "item.response == 'a'", true},
    {plain_yaml, pair_item, "A", "meta.missing == 1", false},
    {plain_yaml, pair_item, "A", "not meta.missing == 1", true},
    {score_yaml, score_item, "4.5", "score > 4.4", true},
    {score_yaml, score_item, "4.5", "label == 'A'", false},
    /* Undecided passes only where it is asked for. */
    {plain_yaml, pair_item, "?", "share > 0", false},
    {plain_yaml, pair_item, "?", "status == 'abstained'", true},
    {plain_yaml, pair_item, "!", "status == 'failed' and reason == 'no majority'", true},
    {score_yaml, score_item, "!", "score != 3", false},
};

static void keep_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        if (keeps(cases[i].yaml, cases[i].item, cases[i].verdict, cases[i].condition) !=
            cases[i].want)
            fail_msg("case %zu, verdict %s, %s: not %d", i, cases[i].verdict,
                     cases[i].condition ? cases[i].condition : "pass", cases[i].want);
    }
}

/* The ballots are not there to be named: conditions are over the verdict. */
static void unknown_fields(void **state)
{
    (void)state;
    static const char *const bad[] = {"item.respnse", "scor > 3", "ballots == 1", "seats == 1",
                                      "gold == 'A'"};
    for (size_t i = 0; i < AZ_LEN(bad); i++) {
        AZ_AUTO(expr) expr = NULL;
        struct az_error err = {0};
        assert_int_equal(az_expr_parse(bad[i], az_keep_fields, &expr, &err), AZ_EINVAL);
        assert_true(az_str_starts(az_str(err.what), "column 1: unknown field"));
    }
}

/* Early stopping knows of no threshold but label and status: it would pass by two
 * of two what the whole panel stops with two of three. */
static void early_stop_has_no_share(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *keep;
        int want;
    } rows[] = {
        {"policy: {kind: vote, early_stop: true}\n", "label == 'A' and share > 0.7", AZ_EUSAGE},
        {"policy: {kind: vote, early_stop: true}\n", "seats.errors == 0", AZ_EUSAGE},
        {"policy: {kind: vote, early_stop: true}\n", "label == 'A' and seats.n > 1", 0},
        {"policy: vote\n", "share > 0.7", 0},
    };
    for (size_t i = 0; i < AZ_LEN(rows); i++) {
        char yaml[256];
        snprintf(yaml, sizeof(yaml), "%s%s", plain_yaml, rows[i].rules);
        AZ_AUTO(panel) panel = panel_from(yaml);
        struct az_error err = {0};
        assert_int_equal(az_keep_check(rows[i].keep, panel, &err), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keep_table),
                                       cmocka_unit_test(unknown_fields),
                                       cmocka_unit_test(early_stop_has_no_share)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
