/* What `assize show` says of one case. */
#include "client/cli/case_text.h"

#include "client/cli/human.h"
#include "tests/unit/cli_panel.h"

static const char panel_yaml[] = "question: {kind: pair, pass: [A]}\n"
                                 "judges:\n"
                                 "  - {name: qwen, backend: openai, model: m}\n"
                                 "  - {name: haiku, backend: anthropic, model: c, samples: 2}\n";
static const char item_json[] =
    "{\"id\":\"q1\",\"prompt\":\"Say \\u001b[31mred\\u0007\",\"responses\":{\"X\":\"one\","
    "\"Y\":\"two\\u202e\"},\"gold\":\"B\",\"reference\":\"ref\"}";

static const double probs[] = {0.75, 0.2, 0.05};

static const struct az_ballot ballots[] = {
    {.key = {.judge = 1, .round = 1, .criterion = -1, .order = AZ_ORDER_REVERSED, .sample = 1},
     .error = AZ_BE_PARSE,
     .error_text = {"no \033[1manswer", 13},
     .label = AZ_LABEL_NONE,
     .ms = 7,
     .attempts = 2},
    {.key = {.judge = 0, .round = 1, .criterion = -1, .order = AZ_ORDER_LISTED},
     .label = AZ_LABEL_A,
     .n_probs = 3,
     .probs = probs,
     .how = {"logprobs", 8},
     .rationale = {"because\nof it", 13},
     .model = {"m-1", 3},
     .tokens_in = 812,
     .tokens_out = 1,
     .cost = 2100000,
     .cost_known = true,
     .ms = 48,
     .attempts = 1,
     .used = true},
};

static struct az_verdict decided(void)
{
    return (struct az_verdict){.status = AZ_DECIDED,
                               .label = AZ_LABEL_A,
                               .has_share = true,
                               .share = 0.5,
                               .how = "majority",
                               .seats = {2, 2, 1, 1, 0},
                               .rounds = 1,
                               .cost = 2100000,
                               .dissent = {2}};
}

static void put(struct az_buf *b, const struct az_verdict *v, struct az_ballots all, bool color)
{
    AZ_AUTO(panel) p = panel_from(panel_yaml);
    AZ_AUTO(item) item = item_from(p, item_json);
    struct az_case c = {.item = item, .verdict = *v, .ballots = all};
    az_case_text(b, p, &c, 60, color);
    assert_int_equal(az_buf_check(b, NULL), 0);
}

static void whole(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(1 << 20);
    struct az_verdict v = decided();
    put(&b, &v, (struct az_ballots){ballots, AZ_LEN(ballots)}, false);
    assert_string_equal(b.p, "q1  line 7\n"
                             "\n"
                             "prompt\n"
                             "  Say ?[31mred?\n"
                             "\n"
                             "reference\n"
                             "  ref\n"
                             "\n"
                             "response A (X)\n"
                             "  one\n"
                             "\n"
                             "response B (Y)\n"
                             "  two?\n"
                             "\n"
                             "verdict\n"
                             "  decided A (X), share 50.0%, by majority\n"
                             "  1 of 2 seats voted, 1 in error; 1 round; $0.0021\n"
                             "  dissent: haiku\n"
                             "  gold: B\n"
                             "\n"
                             "ballots\n"
                             "  qwen  AB  A  logprobs  m-1  812+1 tokens  $0.0021  48 ms\n"
                             "    A 75.0%  B 20.0%  tie 5.0%\n"
                             "    because\n"
                             "    of it\n"
                             "  haiku  BA  sample 2  error: parse  7 ms  2 attempts  not used\n"
                             "    no ?[1manswer\n");
}

static void other_ends(void **state)
{
    (void)state;
    static const struct {
        enum az_status status;
        const char *reason, *want;
    } cases[] = {
        {AZ_OPEN, "", "verdict\n  open: not decided yet\n  gold: B\n\nno ballots yet\n"},
        {AZ_ABSTAINED, "no majority", "verdict\n  abstained, by majority: no majority\n"},
        {AZ_FAILED, "quorum \033[2J", "verdict\n  failed, by majority: quorum ?[2J\n"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF b = az_buf(1 << 20);
        struct az_verdict v = {.status = cases[i].status,
                               .label = AZ_LABEL_NONE,
                               .how = "majority",
                               .seats = {2, 1, 0, 1, 0},
                               .rounds = 1};
        snprintf(v.reason, sizeof(v.reason), "%s", cases[i].reason);
        put(&b, &v, (struct az_ballots){0}, false);
        if (!strstr(b.p, cases[i].want))
            fail_msg("no '%s' in\n%s", cases[i].want, b.p);
    }
}

/* Colours change nothing but colours, and only ours reach the terminal. */
static void colors(void **state)
{
    (void)state;
    AZ_AUTO_BUF plain = az_buf(1 << 20);
    AZ_AUTO_BUF colored = az_buf(1 << 20);
    AZ_AUTO_BUF bare = az_buf(1 << 20);
    struct az_verdict v = decided();
    struct az_ballots all = {ballots, AZ_LEN(ballots)};
    put(&plain, &v, all, false);
    put(&colored, &v, all, true);
    for (const char *at = colored.p; *at; at++) {
        if (*at != '\033') {
            az_buf_char(&bare, *at);
            continue;
        }
        at = strchr(at, 'm');
        assert_non_null(at);
    }
    assert_null(strchr(plain.p, '\033'));
    assert_non_null(strchr(colored.p, '\033'));
    assert_string_equal(bare.p, plain.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whole), cmocka_unit_test(other_ends),
                                       cmocka_unit_test(colors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
