#include "core/prompt.h"

#include "core/fence.h"
#include "core/instruct.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

static const unsigned char secret[AZ_SECRET_BYTES] = "thirty-two bytes of a job's key";
static const unsigned char other[AZ_SECRET_BYTES] = "thirty-two bytes of another one";

static const char *pair_labels[] = {"A", "B", "tie"};
static const char *tones[] = {"kind", "plain", "no"};
static const char *tone_meanings[] = {"warm words", NULL, "refuses"};
static struct az_level levels[] = {{1, "useless"}, {5, "flawless"}};

static struct az_question question(enum az_kind kind)
{
    struct az_question q = {.kind = kind, .ask = "Which is it?"};
    if (kind == AZ_PAIR) {
        q.ties = true;
        q.labels = pair_labels;
        q.n_labels = 3;
    } else if (kind == AZ_CHOICE) {
        q.labels = tones;
        q.meanings = tone_meanings;
        q.n_labels = 3;
    } else if (kind == AZ_SCORE) {
        q.scale_min = 1;
        q.scale_max = 5;
        q.step = 1;
        q.levels = levels;
        q.n_levels = 2;
    }
    return q;
}

/* A panel of one judge, and an item with the given responses. */
struct world {
    struct az_judge judge;
    struct az_panel panel;
    struct az_str responses[AZ_RESPONSES_MAX];
    struct az_item item;
    struct az_key key;
    struct az_prompt prompt;
    struct az_error err;
};

static void world_init(struct world *w, enum az_kind kind, enum az_answer answer,
                       const char *template, size_t n_responses)
{
    static const char *const texts[] = {"one", "two", "three", "four"};
    *w = (struct world){.judge = {.name = "j", .answer = answer}, .key = {.round = 1}};
    w->key.criterion = -1;
    w->panel = (struct az_panel){.question = question(kind), .template = template};
    w->panel.n_judges = 1;
    w->panel.judges = &w->judge;
    for (size_t i = 0; i < n_responses; i++)
        w->responses[i] = az_str(texts[i]);
    w->item = (struct az_item){.n_responses = n_responses, .responses = w->responses};
    az_prompt_init(&w->prompt);
}

static int render(struct world *w, const struct az_view *view)
{
    w->err = (struct az_error){0};
    return az_prompt_render(&w->prompt, &w->panel, &w->key, &w->item, view, secret, &w->err);
}

/* The user part with nonces as zeros. */
static const char *zeroed(struct world *w)
{
    for (size_t i = 0; i < w->prompt.n_fences; i++) {
        memset(w->prompt.user.p + w->prompt.fences[i].open, '0', AZ_NONCE_HEX);
        memset(w->prompt.user.p + w->prompt.fences[i].close, '0', AZ_NONCE_HEX);
    }
    return w->prompt.user.p;
}

#define Z "0000000000000000"

static const struct az_seen seen_labels[] = {
    {.label = AZ_LABEL_B, .rationale = {"two is right", 12}},
    {.label = AZ_LABEL_TIE},
};
static const struct az_view seen_view = {2, seen_labels};
static const struct az_seen seen_scores[] = {
    {.label = AZ_LABEL_NONE, .has_score = true, .score = 2.5}};
static const struct az_view score_view = {1, seen_scores};

static const struct {
    const char *name, *template;
    enum az_kind kind;
    size_t n_responses;
    enum az_order order;
    const char *prompt, *reference;
    const struct az_view *view;
    const char *want; /* "!…": refused, and that is the error */
} cases[] = {
    {"pair as listed", NULL, AZ_PAIR, 2, AZ_ORDER_LISTED, "why", NULL, NULL,
     "The prompt:\n<<<prompt " Z "\nwhy\n" Z ">>>\n\n"
     "Response A:\n<<<response A " Z "\none\n" Z ">>>\n\n"
     "Response B:\n<<<response B " Z "\ntwo\n" Z ">>>\n\n"},
    {"pair reversed", NULL, AZ_PAIR, 2, AZ_ORDER_REVERSED, NULL, NULL, NULL,
     "Response A:\n<<<response A " Z "\ntwo\n" Z ">>>\n\n"
     "Response B:\n<<<response B " Z "\none\n" Z ">>>\n\n"},
    {"first and second", "{{{first}}}/{{{second}}}", AZ_PAIR, 2, AZ_ORDER_LISTED, NULL, NULL, NULL,
     "one/two"},
    {"first and second reversed", "{{{first}}}/{{{second}}}", AZ_PAIR, 2, AZ_ORDER_REVERSED, NULL,
     NULL, NULL, "two/one"},
    {"best of four reversed", "{{#responses}}{{slot}}={{{text}}} {{/responses}}", AZ_BEST, 4,
     AZ_ORDER_REVERSED, NULL, NULL, NULL, "A=four B=three C=two D=one "},
    {"a score's default", NULL, AZ_SCORE, 1, AZ_ORDER_NONE, "why", "because", NULL,
     "The prompt:\n<<<prompt " Z "\nwhy\n" Z ">>>\n\n"
     "A reference answer:\n<<<reference " Z "\nbecause\n" Z ">>>\n\n"
     "To be judged:\n<<<response " Z "\none\n" Z ">>>\n"},
    {"a document alone", NULL, AZ_SCORE, 0, AZ_ORDER_NONE, "a text", NULL, NULL,
     "The prompt:\n<<<prompt " Z "\na text\n" Z ">>>\n\n"},
    {"a fence starts and ends its lines", "x {{prompt}} y", AZ_SCORE, 1, AZ_ORDER_NONE, "why", NULL,
     NULL, "x \n<<<prompt " Z "\nwhy\n" Z ">>>\n y"},
    {"sections", "{{#reference}}yes{{/reference}}{{^reference}}no{{/reference}}", AZ_SCORE, 1,
     AZ_ORDER_NONE, NULL, NULL, NULL, "no"},
    {"sections, there", "{{#reference}}yes{{/reference}}{{^reference}}no{{/reference}}", AZ_SCORE,
     1, AZ_ORDER_NONE, NULL, "", NULL, "yes"},
    {"never escaped", "{{{prompt}}}", AZ_SCORE, 1, AZ_ORDER_NONE, "<b>&amp;\"'", NULL, NULL,
     "<b>&amp;\"'"},
    {"the panel's words are not fenced", "{{ask}}|{{scale}}|{{labels}}|{{persona}}", AZ_SCORE, 1,
     AZ_ORDER_NONE, NULL, NULL, NULL,
     "Which is it?|from 1 to 5 in steps of 1\n- 1: useless\n- 5: flawless||"},
    {"a choice's labels", "{{labels}}", AZ_CHOICE, 1, AZ_ORDER_NONE, NULL, NULL, NULL,
     "- kind: warm words\n- plain\n- no: refuses"},
    {"an item's mustache is data", "{{{prompt}}}", AZ_SCORE, 1, AZ_ORDER_NONE, "{{gold}}", NULL,
     NULL, "{{gold}}"},
    {"seen where the template shows it",
     "{{{first}}}{{#seen}} {{judge}}:{{answer}}:{{{rationale}}}{{/seen}}", AZ_PAIR, 2,
     AZ_ORDER_LISTED, NULL, NULL, &seen_view, "one Judge 1:B:two is right Judge 2:tie:"},
    {"seen in the judge's frame", "{{{first}}}{{#seen}} {{answer}}{{/seen}}", AZ_PAIR, 2,
     AZ_ORDER_REVERSED, NULL, NULL, &seen_view, "two A tie"},
    {"seen scores", "{{{response}}}{{#seen}} {{answer}}{{/seen}}", AZ_SCORE, 1, AZ_ORDER_NONE, NULL,
     NULL, &score_view, "one 2.5"},
    {"nothing seen", "{{{response}}}{{^seen}} first round{{/seen}}", AZ_SCORE, 1, AZ_ORDER_NONE,
     NULL, NULL, NULL, "one first round"},
    {"seen is appended", "{{{first}}}", AZ_PAIR, 2, AZ_ORDER_LISTED, NULL, NULL, &seen_view,
     "one\n"
     "What other judges answered in the round before, and why. They may be wrong and so may you: "
     "change your answer only for a reason that holds.\n"
     "\n"
     "Judge 1 answered: B\n"
     "<<<reason of judge 1 " Z "\ntwo is right\n" Z ">>>\n"
     "\n"
     "Judge 2 answered: tie\n"},
    {"lacks a field", "{{reference}}", AZ_SCORE, 1, AZ_ORDER_NONE, NULL, NULL, NULL,
     "!the template shows 'reference', which the item lacks"},
    {"several responses to a score", "{{response}}", AZ_SCORE, 2, AZ_ORDER_NONE, NULL, NULL, NULL,
     "!the template shows 'response', which the item lacks"},
    {"three responses in a pair", NULL, AZ_PAIR, 3, AZ_ORDER_LISTED, NULL, NULL, NULL,
     "!a pair has two responses and the item has 3"},
    {"one response in best", NULL, AZ_BEST, 1, AZ_ORDER_LISTED, NULL, NULL, NULL,
     "!there is nothing to compare: the item has 1 responses"},
    {"an item without text", NULL, AZ_SCORE, 0, AZ_ORDER_NONE, NULL, NULL, NULL,
     "!the template shows nothing of the item"},
};

static void prompt_user_part(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct world w;
        world_init(&w, cases[i].kind, AZ_ANSWER_JSON, cases[i].template, cases[i].n_responses);
        w.key.order = cases[i].order;
        w.item.prompt = az_str(cases[i].prompt);
        w.item.reference = az_str(cases[i].reference);
        int r = render(&w, cases[i].view);
        if (cases[i].want[0] == '!') {
            assert_int_equal(r, AZ_EINVAL);
            assert_string_equal(w.err.what, cases[i].want + 1);
        } else if (r < 0 || strcmp(zeroed(&w), cases[i].want) != 0) {
            fail_msg("%s: %s got '%s'", cases[i].name, w.err.what, w.prompt.user.p);
        }
        az_prompt_release(&w.prompt);
    }
}

static const struct {
    enum az_kind kind;
    enum az_answer answer;
    const char *has, *lacks;
} forms[] = {
    {AZ_PAIR, AZ_ANSWER_JSON, "as the label: \"A\", \"B\", \"tie\".", "[["},
    {AZ_PAIR, AZ_ANSWER_LETTER, "nothing else: A, B or C.", "\"label\""},
    {AZ_PAIR, AZ_ANSWER_LETTER, "- C: neither is better", "tie"},
    {AZ_PAIR, AZ_ANSWER_LOGPROBS, "nothing else: A, B or C.", "Explain"},
    {AZ_PAIR, AZ_ANSWER_ARENA_HARD, "[[A>>B]], [[A>B]], [[A=B]], [[B>A]] or [[B>>A]].", "json"},
    {AZ_PAIR, AZ_ANSWER_MT_BENCH, "[[C]] for a tie", "[[rating]]"},
    {AZ_PAIR, AZ_ANSWER_REGEX, "- A: response A is better", "Reply with"},
    {AZ_CHOICE, AZ_ANSWER_JSON, "as the label: \"kind\", \"plain\", \"no\".", "A = "},
    {AZ_CHOICE, AZ_ANSWER_LETTER, "- A = kind: warm words\n- B = plain\n- C = no: refuses", "JSON"},
    {AZ_SCORE, AZ_ANSWER_JSON, "\"score\": 5}", "\"label\""},
    {AZ_SCORE, AZ_ANSWER_JSON, "Give a number from 1 to 5 in steps of 1\n- 1: useless", "letter"},
    {AZ_SCORE, AZ_ANSWER_LOGPROBS, "Reply with the number alone.", "letter"},
    {AZ_SCORE, AZ_ANSWER_MT_BENCH, "[[rating]]", "[[A]]"},
    {AZ_BEST, AZ_ANSWER_JSON, "with the letter of a response as the label.", "tie"},
    {AZ_BEST, AZ_ANSWER_LETTER, "Reply with one letter and nothing else.", "tie"},
    {AZ_BEST, AZ_ANSWER_MT_BENCH, "[[B]] if response B is, and so on", "tie"},
};

static void prompt_system_part(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(forms); i++) {
        struct world w;
        world_init(&w, forms[i].kind, forms[i].answer, NULL, 2);
        if (forms[i].kind == AZ_CHOICE || forms[i].kind == AZ_SCORE)
            w.item.n_responses = 1;
        assert_int_equal(render(&w, NULL), 0);
        const char *text = w.prompt.system.p;
        assert_non_null(strstr(text, "The question: Which is it?"));
        assert_non_null(strstr(text, az_fence_rule()));
        if (!strstr(text, forms[i].has) || strstr(text, forms[i].lacks))
            fail_msg("form %zu: %s", i, text);
        az_prompt_release(&w.prompt);
    }
}

static void prompt_without_ties(void **state)
{
    (void)state;
    for (enum az_answer a = AZ_ANSWER_JSON; a <= AZ_ANSWER_REGEX; a++) {
        struct world w;
        world_init(&w, AZ_PAIR, a, NULL, 2);
        w.panel.question.ties = false;
        w.panel.question.n_labels = 2;
        assert_int_equal(render(&w, NULL), 0);
        assert_null(strstr(w.prompt.system.p, "tie"));
        assert_null(strstr(w.prompt.system.p, "A=B"));
        assert_null(strstr(w.prompt.system.p, "neither is better"));
        az_prompt_release(&w.prompt);
    }
}

static void prompt_persona(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, AZ_PAIR, AZ_ANSWER_JSON, "{{persona}}{{{first}}}", 2);
    w.judge.persona = "a strict editor";
    assert_int_equal(render(&w, NULL), 0);
    assert_non_null(strstr(w.prompt.system.p, "You judge as: a strict editor"));
    assert_string_equal(w.prompt.user.p, "a strict editorone");
    az_prompt_release(&w.prompt);
}

static const struct {
    enum az_kind kind;
    enum az_answer answer;
    const char *what;
} refused[] = {
    {AZ_SCORE, AZ_ANSWER_ARENA_HARD, "judge 'j': answer 'arena_hard' is for pairs"},
    {AZ_CHOICE, AZ_ANSWER_MT_BENCH, "judge 'j': answer 'mt_bench' has no labels of its own"},
    {AZ_RANK, AZ_ANSWER_JSON, "a question of kind 'rank' cannot be put to a judge yet"},
};

static void prompt_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(refused); i++) {
        struct world w;
        world_init(&w, refused[i].kind, refused[i].answer, NULL, 2);
        assert_int_equal(render(&w, NULL), AZ_EINVAL);
        assert_string_equal(w.err.what, refused[i].what);
        az_prompt_release(&w.prompt);
    }
    struct world w;
    world_init(&w, AZ_PAIR, AZ_ANSWER_JSON, "\n{{gold}}", 2);
    assert_int_equal(render(&w, NULL), AZ_EINVAL);
    assert_string_equal(w.err.what,
                        "judge 'j': template: line 2: '{{gold}}' is never shown to a judge");
    az_prompt_release(&w.prompt);
}

static const struct {
    enum az_kind kind;
    enum az_answer answer;
    size_t n;
    enum az_order order;
    int label;
    const char *want;
} shown[] = {
    {AZ_PAIR, AZ_ANSWER_JSON, 2, AZ_ORDER_LISTED, AZ_LABEL_A, "A"},
    {AZ_PAIR, AZ_ANSWER_JSON, 2, AZ_ORDER_REVERSED, AZ_LABEL_A, "B"},
    {AZ_PAIR, AZ_ANSWER_JSON, 2, AZ_ORDER_REVERSED, AZ_LABEL_B, "A"},
    {AZ_PAIR, AZ_ANSWER_JSON, 2, AZ_ORDER_REVERSED, AZ_LABEL_TIE, "tie"},
    {AZ_PAIR, AZ_ANSWER_LETTER, 2, AZ_ORDER_REVERSED, AZ_LABEL_TIE, "C"},
    {AZ_PAIR, AZ_ANSWER_MT_BENCH, 2, AZ_ORDER_LISTED, AZ_LABEL_TIE, "C"},
    {AZ_PAIR, AZ_ANSWER_ARENA_HARD, 2, AZ_ORDER_REVERSED, AZ_LABEL_A, "B>A"},
    {AZ_PAIR, AZ_ANSWER_ARENA_HARD, 2, AZ_ORDER_LISTED, AZ_LABEL_TIE, "A=B"},
    {AZ_PAIR, AZ_ANSWER_JSON, 2, AZ_ORDER_LISTED, AZ_LABEL_NONE, ""},
    {AZ_BEST, AZ_ANSWER_JSON, 4, AZ_ORDER_REVERSED, 0, "D"},
    {AZ_BEST, AZ_ANSWER_LOGPROBS, 4, AZ_ORDER_LISTED, 2, "C"},
    {AZ_CHOICE, AZ_ANSWER_JSON, 1, AZ_ORDER_NONE, 2, "no"},
    {AZ_CHOICE, AZ_ANSWER_REGEX, 1, AZ_ORDER_NONE, 0, "kind"},
    {AZ_CHOICE, AZ_ANSWER_LOGPROBS, 1, AZ_ORDER_NONE, 2, "C"},
};

static void prompt_label_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(shown); i++) {
        struct world w;
        world_init(&w, shown[i].kind, shown[i].answer, NULL, shown[i].n);
        w.key.order = shown[i].order;
        const char *got = az_prompt_label_shown(&w.panel, &w.key, &w.item, shown[i].label);
        if (strcmp(got, shown[i].want) != 0)
            fail_msg("case %zu: got '%s', want '%s'", i, got, shown[i].want);
    }
}

/* The cut is told outside the fence; what is inside is the text's own start. */
static void prompt_clip(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, AZ_SCORE, AZ_ANSWER_JSON, "{{response}} {{{prompt}}}", 1);
    w.responses[0] = AZ_STR("äöü");
    w.item.prompt = AZ_STR("long prompt");
    w.panel.clip = (struct az_clip){.response = 2, .prompt = 4};
    assert_int_equal(render(&w, NULL), 0);
    assert_string_equal(zeroed(&w), "<<<response " Z "\näö\n" Z ">>>\n"
                                    "[cut: the first 2 of 3 characters are shown]\n"
                                    " long\n[cut: the first 4 of 11 characters are shown]");

    w.panel.clip = (struct az_clip){.response = 3, .prompt = 11};
    assert_int_equal(render(&w, NULL), 0);
    assert_string_equal(zeroed(&w), "<<<response " Z "\näöü\n" Z ">>>\n long prompt");
    az_prompt_release(&w.prompt);
}

static void prompt_too_large(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, AZ_SCORE, AZ_ANSWER_JSON, "{{response}}", 1);
    AZ_AUTO_MEM char *big = az_zalloc(AZ_PROMPT_MAX);
    assert_non_null(big);
    memset(big, 'x', AZ_PROMPT_MAX);
    w.responses[0] = (struct az_str){big, AZ_PROMPT_MAX};
    assert_int_equal(render(&w, NULL), AZ_ELIMIT);
    assert_string_equal(w.err.what, "the prompt: larger than 16777216 bytes");
    w.responses[0].n = 10;
    assert_int_equal(render(&w, NULL), 0);
    az_prompt_release(&w.prompt);
}

/* What the cache asks by: the text, whatever the job's key is. */
static void prompt_hash(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, AZ_PAIR, AZ_ANSWER_JSON, NULL, 2);
    assert_int_equal(render(&w, NULL), 0);
    struct az_hash first = w.prompt.hash;
    AZ_AUTO_BUF sealed = az_buf(AZ_BUF_MAX);
    az_buf_str(&sealed, az_buf_view(&w.prompt.user));

    struct az_hasher h;
    az_hasher_init(&h);
    az_hasher_str(&h, az_buf_view(&w.prompt.system));
    az_hasher_str(&h, az_str(zeroed(&w)));
    struct az_hash by_hand = az_hasher_end(&h);
    assert_true(az_hash_eq(&first, &by_hand));

    assert_int_equal(az_prompt_render(&w.prompt, &w.panel, &w.key, &w.item, NULL, other, &w.err),
                     0);
    assert_true(az_hash_eq(&first, &w.prompt.hash));
    assert_string_not_equal(sealed.p, w.prompt.user.p);

    w.key.order = AZ_ORDER_REVERSED;
    assert_int_equal(render(&w, NULL), 0);
    assert_false(az_hash_eq(&first, &w.prompt.hash));

    w.key.order = AZ_ORDER_LISTED;
    w.judge.persona = "other";
    assert_int_equal(render(&w, NULL), 0);
    assert_false(az_hash_eq(&first, &w.prompt.hash));
    az_prompt_release(&w.prompt);
}

/* The prefix of a judge is the same bytes for any item, order and round. */
static void prompt_prefix_is_stable(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, AZ_PAIR, AZ_ANSWER_JSON, NULL, 2);
    AZ_AUTO(prompter) r = NULL;
    assert_int_equal(az_prompter_new(&w.panel, &r, &w.err), 0);
    assert_int_equal(az_prompter_render(r, &w.prompt, &w.key, &w.item, NULL, secret, &w.err), 0);
    AZ_AUTO_BUF system = az_buf(AZ_BUF_MAX), user = az_buf(AZ_BUF_MAX);
    az_buf_str(&system, az_buf_view(&w.prompt.system));
    az_buf_str(&user, az_buf_view(&w.prompt.user));

    w.key.round = 2;
    assert_int_equal(az_prompter_render(r, &w.prompt, &w.key, &w.item, &seen_view, secret, &w.err),
                     0);
    assert_string_equal(system.p, w.prompt.system.p);
    assert_true(az_str_starts(az_buf_view(&w.prompt.user), user.p));

    w.key.order = AZ_ORDER_REVERSED;
    assert_int_equal(az_prompter_render(r, &w.prompt, &w.key, &w.item, NULL, secret, &w.err), 0);
    assert_string_equal(system.p, w.prompt.system.p);
    az_prompt_release(&w.prompt);
}

static struct az_str random_text(struct az_rng *rng, char *at, size_t max)
{
    static const char alphabet[] = "ab \n{}<>0#/\xc3";
    size_t n = az_rng_below(rng, max), used = 0;
    while (used + 2 < n) {
        char c = alphabet[az_rng_below(rng, sizeof(alphabet) - 1)];
        at[used++] = c;
        if (c == '\xc3')
            at[used++] = '\xa4';
    }
    return (struct az_str){at, used};
}

/* Whatever is rendered is no longer than what was reserved for, and every
 * fence holds the item's bytes and its own nonce twice. */
static void prompt_bound_and_fences(void **state)
{
    (void)state;
    static const char *const templates[] = {
        NULL, "{{#responses}}{{slot}}{{text}}{{text}}{{/responses}}{{#seen}}{{rationale}}{{/seen}}",
        "x{{first}}y{{second}}z{{#prompt}}{{prompt}}{{/prompt}}{{{first}}}"};
    struct az_rng rng = az_rng(7);
    char text[8][400];
    for (int i = 0; i < 3000; i++) {
        struct world w;
        enum az_kind kind = az_rng_below(&rng, 2) ? AZ_PAIR : AZ_BEST;
        enum az_answer answer = (enum az_answer)az_rng_below(&rng, 3);
        size_t n = kind == AZ_PAIR ? 2 : 2 + az_rng_below(&rng, 3);
        world_init(&w, kind, answer, templates[az_rng_below(&rng, AZ_LEN(templates))], n);
        w.key.order = (int32_t)az_rng_below(&rng, 2);
        for (size_t k = 0; k < n; k++)
            w.responses[k] = random_text(&rng, text[k], sizeof(text[k]));
        if (az_rng_below(&rng, 2))
            w.item.prompt = random_text(&rng, text[5], sizeof(text[5]));
        w.panel.clip.response = (int64_t)az_rng_below(&rng, 3) * 40;
        struct az_seen seen[2] = {
            {.label = 1, .rationale = random_text(&rng, text[6], sizeof(text[6]))}, {.label = 0}};
        struct az_view view = {az_rng_below(&rng, 3), seen};

        assert_int_equal(render(&w, &view), 0);
        int64_t bound = az_prompt_bytes_bound(&w.panel, &w.key, &w.item, &view);
        int64_t bytes = (int64_t)(az_json_bytes(az_buf_view(&w.prompt.system)) +
                                  az_json_bytes(az_buf_view(&w.prompt.user)));
        assert_in_range(bound, bytes + 1000, bytes + 2000);
        for (size_t k = 0; k < w.prompt.n_fences; k++) {
            const struct az_fence *f = &w.prompt.fences[k];
            const char *open = w.prompt.user.p + f->open, *close = w.prompt.user.p + f->close;
            char nonce[AZ_NONCE_HEX + 1];
            az_fence_nonce(f->bytes, secret, nonce);
            assert_memory_equal(open, nonce, AZ_NONCE_HEX);
            assert_memory_equal(close, nonce, AZ_NONCE_HEX);
            assert_int_equal(close - open, AZ_NONCE_HEX + 1 + f->bytes.n + 1);
            assert_memory_equal(open + AZ_NONCE_HEX + 1, f->bytes.p, f->bytes.n);
        }
        az_prompt_release(&w.prompt);
    }
}

/* Asking again shows what was said and what was wrong with it, in the form of
 * any byte that JSON knows. */
static void prompt_again_bound(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, AZ_PAIR, AZ_ANSWER_JSON, NULL, 2);
    AZ_AUTO(prompter) p = NULL;
    assert_int_equal(az_prompter_new(&w.panel, &p, &w.err), 0);
    struct az_str said = AZ_STR("\x01\"so\"\n");
    assert_int_equal(az_prompter_again_bound(p, AZ_BE_NONE, said), 0);
    assert_int_equal(az_prompter_again_bound(p, AZ_BE_LENGTH, said), 0);
    int64_t none = az_prompter_again_bound(p, AZ_BE_PARSE, (struct az_str){NULL, 0});
    assert_true(none >= 1000);
    assert_int_equal(az_prompter_again_bound(p, AZ_BE_OUTSIDE, said), none + 6 + 4 + 2 + 2);
    az_prompt_release(&w.prompt);
}

static void prompt_without_memory(void **state)
{
    (void)state;
    struct world w;
    world_init(&w, AZ_PAIR, AZ_ANSWER_JSON, NULL, 2);
    w.item.prompt = AZ_STR("why");
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        az_prompt_release(&w.prompt);
        az_prompt_init(&w.prompt);
        az_fault_alloc(nth);
        r = render(&w, &seen_view);
        assert_true(r == 0 || *w.err.what);
    }
    az_fault_alloc(1);
    assert_true(az_prompt_bytes_bound(&w.panel, &w.key, &w.item, NULL) == INT64_MAX);
    az_fault_alloc(0);
    assert_int_equal(r, 0);
    az_prompt_release(&w.prompt);
}

static void template_defaults_are_valid(void **state)
{
    (void)state;
    for (enum az_kind k = AZ_CHOICE; k <= AZ_RANK; k++) {
        struct az_question q = question(k);
        assert_int_equal(az_template_check(&q, az_template_default(&q), NULL), 0);
    }
    struct az_question q = question(AZ_PAIR);
    struct az_error err = {0};
    assert_int_equal(az_template_check(&q, "{{systems}}", &err), AZ_EINVAL);
    assert_string_equal(err.what, "line 1: '{{systems}}' is never shown to a judge");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompt_user_part),
        cmocka_unit_test(prompt_system_part),
        cmocka_unit_test(prompt_without_ties),
        cmocka_unit_test(prompt_persona),
        cmocka_unit_test(prompt_refused),
        cmocka_unit_test(prompt_label_shown),
        cmocka_unit_test(prompt_clip),
        cmocka_unit_test(prompt_too_large),
        cmocka_unit_test(prompt_hash),
        cmocka_unit_test(prompt_prefix_is_stable),
        cmocka_unit_test(prompt_bound_and_fences),
        cmocka_unit_test(prompt_again_bound),
        cmocka_unit_test(prompt_without_memory),
        cmocka_unit_test(template_defaults_are_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
