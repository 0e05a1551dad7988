/* What `assize check` counts, and what it says. */
#include "client/cli/estimate.h"

#include "client/cli/check_text.h"
#include "client/cli/human.h"
#include "core/mem.h"
#include "core/price.h"
#include "core/wrap.h"
#include "tests/unit/cli_panel.h"

static const char panel_yaml[] =
    "question: {kind: pair, ask: Which is better?, pass: [A]}\n"
    "judges:\n"
    "  - {name: both, backend: openai, model: m, samples: 2, max_tokens: 100,\n"
    "     usd_per_mtok: {input: 1, output: 10}}\n"
    "  - {name: one, backend: openai, model: m, orders: one, max_tokens: 50, answer: letter,\n"
    "     usd_per_mtok: {input: 2, output: 4}}\n"
    "  - {name: same, backend: anthropic, model: c, max_tokens: 100}\n"
    "  - {name: measure, backend: lexical, model: length}\n"
    "limits: {usd: 0.0001}\n";
static const char item_json[] = "{\"id\":\"q1\",\"prompt\":\"p\",\"responses\":[\"a\",\"b\"]}";

static void count(struct az_estimate *e, const struct az_panel *p, struct az_prompter **prompter,
                  const char *json)
{
    AZ_AUTO(item) item = item_from(p, json);
    assert_int_equal(az_prompter_new(p, prompter, NULL), 0);
    assert_int_equal(az_estimate_init(e, p, *prompter, NULL), 0);
    assert_int_equal(az_estimate_add(e, item, NULL), 0);
    assert_int_equal(az_estimate_add(e, item, NULL), 0);
}

static void calls(void **state)
{
    (void)state;
    AZ_AUTO(panel) p = panel_from(panel_yaml);
    AZ_AUTO(prompter) prompter = NULL;
    struct az_estimate e;
    count(&e, p, &prompter, item_json);
    static const int64_t want_calls[] = {8, 2, 4, 2}, want_out[] = {800, 100, 400, 0};
    for (int j = 0; j < 4; j++) {
        assert_int_equal(e.judges[j].calls, want_calls[j]);
        assert_int_equal(e.judges[j].out, want_out[j]);
    }
    assert_int_equal(e.items, 2);

    /* The money of one judge is what the scheduler would reserve for it. */
    AZ_AUTO(item) item = item_from(p, item_json);
    struct az_key key = {.judge = 1, .round = 1, .criterion = -1, .order = AZ_ORDER_LISTED};
    int64_t bound = az_prompter_bytes_bound(prompter, &key, item, NULL);
    assert_int_equal(e.judges[1].worst, 2 * az_price_worst(&p->judges[1].price, bound, 50));

    /* Its tokens are those of what it is sent. */
    static const unsigned char secret[AZ_SECRET_BYTES];
    struct az_prompt prompt;
    struct az_error err;
    az_prompt_init(&prompt);
    assert_int_equal(az_prompter_render(prompter, &prompt, &key, item, NULL, secret, &err), 0);
    assert_int_equal(e.judges[1].bytes, 2 * (prompt.system.n + prompt.user.n));
    az_prompt_release(&prompt);
    assert_int_equal(e.judges[2].worst, 0); /* its price is not known */
    assert_int_equal(e.judges[3].bytes, 0);

    struct az_estimate_judge total = az_estimate_total(&e);
    assert_int_equal(total.calls, 14); /* the lexical judge asks nobody */
    assert_int_equal(total.worst, e.judges[0].worst + e.judges[1].worst);
    assert_true(total.likely > 0 && total.likely < total.worst);
    az_estimate_release(&e);
}

#define DEBATERS                                                                   \
    "question: pair\n"                                                             \
    "judges:\n"                                                                    \
    "  - {backend: openai, model: a, usd_per_mtok: {input: 1000000, output: 0}}\n" \
    "  - {backend: openai, model: b, usd_per_mtok: {input: 1000000, output: 0}}\n"

/* A later round costs more than the first, at the worst, by what the others said. */
static void debate(void **state)
{
    (void)state;
    AZ_AUTO(panel) vote = panel_from(DEBATERS);
    AZ_AUTO(panel)
    twice = panel_from(DEBATERS "policy: {kind: debate, rounds: 2}\n");
    AZ_AUTO(prompter) one = NULL;
    AZ_AUTO(prompter) two = NULL;
    struct az_estimate e1, e2;
    count(&e1, vote, &one, item_json);
    count(&e2, twice, &two, item_json);
    int64_t said = (int64_t)vote->judges[1].max_tokens * AZ_BYTES_PER_TOKEN;
    assert_int_equal(e2.judges[0].calls, 2 * e1.judges[0].calls);
    az_nusd more = said * e1.judges[0].calls * AZ_NUSD_PER_USD; /* a dollar a byte */
    assert_true(e2.judges[0].worst >= 2 * e1.judges[0].worst + more);
    az_estimate_release(&e1);
    az_estimate_release(&e2);
}

static bool has(const struct az_buf *b, const char *text)
{
    return strstr(b->p, text) != NULL;
}

static void texts(void **state)
{
    (void)state;
    AZ_AUTO(panel) p = panel_from(panel_yaml);
    AZ_AUTO(prompter) prompter = NULL;
    AZ_AUTO(item)
    item = item_from(p, "{\"id\":\"q1\",\"prompt\":\"tell \\u001b[31m\","
                        "\"responses\":[\"first\",\"second\"]}");
    AZ_AUTO_BUF b = az_buf(1 << 20);
    struct az_estimate e;
    count(&e, p, &prompter, item_json);
    az_check_panel(&b, p, 120);
    az_check_estimate(&b, &e, 120);
    az_estimate_release(&e);
    assert_int_equal(az_check_prompts(&b, p, prompter, item, 120, NULL), 0);
    static const char *const want[] = {
        "  question   pair\n",
        "  answers    A, B, tie\n",
        "  passes     A\n",
        "  policy     vote\n",
        "  aggregate  majority",
        "4 calls a question, 60 s a call",
        "  measure  lexical    length",
        "  both     openai     m       json    both          2         100  1 + 10\n",
        "env:OPENAI_API_KEY",
        "bytes / 4: an estimate",
        "Where a price is unknown, add usd_per_mtok",
        "what both, same will read of item q1\n",
        "what one will read of item q1\n",
        "tell ?[31m",
    };
    for (size_t i = 0; i < AZ_LEN(want); i++) {
        if (!has(&b, want[i]))
            fail_msg("no '%s' in\n%s", want[i], b.p);
    }
    assert_false(has(&b, "what measure"));
}

/* A judge whose template wants what the item has not is told, not an end. */
static void unfit(void **state)
{
    (void)state;
    AZ_AUTO(panel)
    p = panel_from("question: pair\njudges: [openai/m]\n"
                   "template: '{{prompt}} {{reference}} {{first}} {{second}}'\n");
    AZ_AUTO(prompter) prompter = NULL;
    AZ_AUTO(item) item = item_from(p, item_json);
    AZ_AUTO(item) example = NULL;
    AZ_AUTO_BUF b = az_buf(1 << 20);
    struct az_error err = {0};
    assert_int_equal(az_prompter_new(p, &prompter, NULL), 0);
    assert_int_equal(az_check_prompts(&b, p, prompter, item, 120, &err), 0);
    assert_true(has(&b, "judge openai/m can't be asked about this item: "));
    assert_false(has(&b, "will read"));
    az_buf_clear(&b);
    assert_int_equal(az_check_example(p, &example, &err), 0);
    assert_int_equal(az_check_prompts(&b, p, prompter, example, AZ_WRAP_NONE, &err), 0);
    assert_true(has(&b, "(its reference)") && has(&b, "(the second response)"));
}

/* The made-up item fits every kind, whatever `fields:` maps. */
static void examples(void **state)
{
    (void)state;
    static const char *const yaml[] = {
        "question: pair\njudges: [openai/m]\nfields: {prompt: q.text}\n",
        "question: {kind: score, scale: [1, 5]}\njudges: [openai/m]\naggregate: mean\n",
        "question: {kind: choice, labels: [x, y]}\njudges: [openai/m]\n",
        "question: best\njudges: [openai/m]\n",
    };
    for (size_t i = 0; i < AZ_LEN(yaml); i++) {
        AZ_AUTO(panel) p = panel_from(yaml[i]);
        AZ_AUTO(prompter) prompter = NULL;
        AZ_AUTO(item) item = NULL;
        AZ_AUTO_BUF b = az_buf(1 << 20);
        assert_int_equal(az_check_example(p, &item, NULL), 0);
        assert_int_equal(az_prompter_new(p, &prompter, NULL), 0);
        assert_int_equal(az_check_prompts(&b, p, prompter, item, 80, NULL), 0);
        assert_true(has(&b, "what openai/m will read of item example\n"));
        assert_true(has(&b, "(the item's prompt)"));
    }
}

static void without_memory(void **state)
{
    (void)state;
    AZ_AUTO(panel)
    p = panel_from("question: pair\njudges: [openai/a, openai/b]\n"
                   "policy: {kind: debate, rounds: 2}\n");
    AZ_AUTO(prompter) prompter = NULL;
    assert_int_equal(az_prompter_new(p, &prompter, NULL), 0);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_error err = {0};
        struct az_estimate e;
        az_fault_alloc(nth);
        r = az_estimate_init(&e, p, prompter, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || err.code == AZ_ENOMEM);
        if (r == 0)
            az_estimate_release(&e);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls), cmocka_unit_test(debate),   cmocka_unit_test(texts),
        cmocka_unit_test(unfit), cmocka_unit_test(examples), cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
