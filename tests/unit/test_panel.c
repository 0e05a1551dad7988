#include "core/panel.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/mem.h"

/* Files and environment of a test: name, text; ends in NULL. */
static const char *const files[][2] = {
    {"base.yaml", "name: base\n"
                  "question: pair\n"
                  "template_file: prompts/pair.md\n"
                  "judges: [openai/one, openai/two]\n"
                  "limits: {usd: 5, attempts: 2}\n"},
    {"sub/base.yaml", "extends: deep/root.yaml\n"
                      "judges: [openai/one]\n"
                      "backends: [{name: past, kind: recorded, file: b.tsv}]\n"
                      "template_file: t.md\n"},
    {"sub/deep/root.yaml", "question: {kind: score, scale: [1, 5]}\njudges: [openai/none]\n"},
    {"sub/t.md", "sub {{response}}"},
    {"prompts/pair.md", "{{first}} or {{second}}?"},
    {"loop.yaml", "extends: loop.yaml\n"},
    {"wrong.yaml", "question: pair\njudges: [openai/m]\nlimits: {usd: x}\n"},
};

static int read_file(void *arg, const char *path, char **ret, struct az_error *err)
{
    (void)arg;
    for (size_t i = 0; i < AZ_LEN(files); i++) {
        if (strcmp(files[i][0], path) == 0) {
            *ret = az_strdup(files[i][1]);
            return *ret ? 0 : az_oom(err);
        }
    }
    return az_fail(err, AZ_ENOENT, "no file '%s'", path);
}

static const char *env(void *arg, const char *name)
{
    const char *const *pairs = arg;
    for (; pairs && *pairs; pairs += 2) {
        if (strcmp(pairs[0], name) == 0)
            return pairs[1];
    }
    return NULL;
}

static struct az_panel *parse(const char *yaml, const struct az_panel_source *source)
{
    static const struct az_panel_source usual = {.read = read_file, .env = env};
    struct az_panel *p = NULL;
    struct az_error err = {0};
    if (az_panel_parse(yaml, "p.yaml", source ? source : &usual, &p, &err) < 0)
        fail_msg("%s\n%s", yaml, err.what);
    return p;
}

static void short_panel(void **state)
{
    (void)state;
    AZ_AUTO(panel)
    p = parse("question: pair\njudges: [openai/gpt-x-mini, anthropic/claude/x]\n", NULL);
    assert_string_equal(p->name, "p");
    assert_int_equal(p->question.kind, AZ_PAIR);
    assert_true(p->question.ties);
    assert_int_equal(p->question.n_labels, 3);
    assert_null(p->template);
    assert_int_equal(p->n_judges, 2);
    assert_string_equal(p->judges[1].name, "anthropic/claude/x");
    assert_string_equal(p->judges[1].model, "claude/x");
    assert_int_equal(p->judges[0].max_tokens, 1024);
    assert_int_equal(p->judges[0].samples, 1);
    assert_true(p->judges[0].weight == 1);
    assert_false(p->judges[0].has_temperature);
    assert_int_equal(p->n_backends, 2);
    const struct az_backend *b = &p->backends[p->judges[0].backend_at];
    assert_string_equal(b->kind, "openai");
    assert_string_equal(b->urls[0], "https://api.openai.com/v1");
    assert_string_equal(b->key, "env:OPENAI_API_KEY");
    assert_string_equal(p->backends[p->judges[1].backend_at].urls[0], "https://api.anthropic.com");
    assert_int_equal(p->policy.kind, AZ_POLICY_VOTE);
    assert_int_equal(p->policy.rounds, 1);
    assert_true(p->policy.audit == 0.1);
    assert_int_equal(p->aggregate.kind, AZ_AGG_MAJORITY);
    assert_int_equal(p->aggregate.tie, AZ_TIE_DEFAULT);
    assert_int_equal(p->limits.attempts, 4);
    assert_int_equal(p->limits.timeout_s, 60);
    assert_int_equal(p->limits.item_s, 600);
    assert_int_equal(p->limits.quorum, 1);
    assert_false(p->limits.has_usd);
}

/* The panel of the design page: every part of the format. */
static const char whole[] =
    "name: helpfulness\n"
    "question:\n"
    "  kind: pair\n"
    "  ask: \"Which answer helps the person more?\"\n"
    "  pass: [A]\n"
    "template_file: prompts/pair.md\n"
    "clip: {response: 12000}\n"
    "fields: {prompt: meta.text, responses: {X: answer_x, Y: answer_y}}\n"
    "gold_map: {left: A, right: B, \"5\": tie}\n"
    "backends:\n"
    "  - {name: gpu, kind: openai, url: \"http://gpu[01-08]:8000/v1/\", slots: 64,\n"
    "     headers: {X-Team: \"a \\\"b\\\"\"}}\n"
    "  - {name: claude, kind: anthropic, key: \"env:CLAUDE_KEY\", rpm: 500, tpm: 80000}\n"
    "  - {name: past, kind: recorded, file: ballots.tsv, delay_ms: 5}\n"
    "judges:\n"
    "  - {name: qwen, backend: gpu, model: Qwen3-8B, family: qwen, orders: both, samples: 3,\n"
    "     answer: logprobs, temperature: 0.7, seed: -9007199254740995,\n"
    "     extra: {top_k: 5, chat_template_kwargs: {enable_thinking: false}, a: [1e30, x, null]}}\n"
    "  - {name: haiku, backend: claude, model: claude-haiku, orders: one, max_tokens: 800,\n"
    "     persona: \"You are\\n a strict  editor.\\n\",\n"
    "     usd_per_mtok: {input: 1.0, output: 5.0, cached: 0.1}}\n"
    "  - {backend: gpu, model: m, answer: regex, regex: 'Verdict: \\[\\[([ABC])\\]\\]',\n"
    "     template: \"{{prompt}}\\n\\t{{first}}\\n{{second}}\\n\\n\"}\n"
    "  - {name: old, backend: past, model: gpt}\n"
    "  - {name: overlap, backend: lexical, model: token_f1}\n"
    "policy: {kind: debate, rounds: 3, early_stop: true, audit: 0.25}\n"
    "aggregate: {kind: weighted, tie: haiku, weights: {qwen: 2, gpu/m: 0.5}}\n"
    "limits: {usd: 20.000000001, attempts: 5, timeout_s: 6, item_s: 60, job_s: 99, quorum: 2,\n"
    "         slots: 7}\n";

static void whole_panel(void **state)
{
    (void)state;
    AZ_AUTO(panel) p = parse(whole, NULL);
    assert_string_equal(p->template, "{{first}} or {{second}}?");
    assert_int_equal(p->question.pass_labels, 1);
    assert_int_equal(p->clip.response, 12000);
    assert_int_equal(p->n_fields, 2);
    assert_string_equal(p->fields[1].systems[1], "Y");
    assert_string_equal(p->fields[1].paths[1], "answer_y");
    assert_string_equal(p->gold_map[2].from, "5");
    assert_int_equal(p->backends[0].n_urls, 8);
    assert_string_equal(p->backends[0].urls[7], "http://gpu08:8000/v1");
    assert_string_equal(p->backends[0].headers, "{\"X-Team\":\"a \\\"b\\\"\"}");
    assert_null(p->backends[0].key);
    assert_string_equal(p->backends[1].key, "env:CLAUDE_KEY");
    assert_string_equal(p->backends[2].file, "ballots.tsv");
    assert_int_equal(p->judges[0].max_tokens, 1);
    assert_int_equal(p->judges[0].seed, -9007199254740995);
    assert_string_equal(p->judges[0].extra,
                        "{\"top_k\":5,\"chat_template_kwargs\":{\"enable_thinking\":false},"
                        "\"a\":[1e+30,\"x\",null]}");
    assert_int_equal(p->judges[1].price.input, 1000000);
    assert_int_equal(p->judges[1].price.cached, 100000);
    assert_string_equal(p->judges[2].name, "gpu/m");
    assert_int_equal(p->judges[3].backend_at, 2);
    assert_int_equal(p->policy.rounds, 3);
    assert_int_equal(p->aggregate.tie_judge, 1);
    assert_true(p->judges[0].weight == 2 && p->judges[2].weight == 0.5);
    assert_int_equal(p->limits.usd, 20000000001);
}

/* ---- printing ---- */

static const char *const panels[] = {
    whole,
    "question: pair\njudges: [openai/a, lexical/rouge_l]\n",
    "question: {kind: pair, ties: false, pass: B}\njudges: [openai/a]\naggregate: {tie: abstain}\n",
    "question: best\njudges: [{backend: ollama, model: m, orders: both}]\naggregate: plurality\n",
    "question: {kind: choice, labels: [yes, no, null-ish, \"null\", \"5\", \"a: b\", \"#c\"],\n"
    "           pass: [no, \"5\"]}\njudges: [vllm/m]\n",
    "question: {kind: choice, labels: {good: \"fine\\n  text \", bad: null}}\n"
    "judges:\n- {backend: lexical, model: chrf, map: {'>= 0.75': good, '>= -1e-9': bad,\n"
    "   else: bad}}\n",
    "question: {kind: score, scale: [0, 1], step: 0.1, levels: {1: best, 0: worst, 0.5: so},\n"
    "           pass: '>= 0.7'}\njudges: [llama-server/m, openrouter/a/b]\n"
    "aggregate: {kind: trimmed_mean, trim: 0.25}\n",
    "question: {kind: score, scale: [-1.5, 1e3], pass: '< 10'}\njudges: [openai/a, openai/b]\n"
    "aggregate: {kind: mean, weights: {openai/a: 0.1}}\npolicy: debate\n",
    "question: pair\ntemplate: \"\\u00e9 {{first}}\\u2028{{second}}\\u0085\\ufeff\\x01\"\n"
    "judges: [{backend: openai, model: m, answer: letter, extra: {s: \"\\u2028\\x7f\"}}]\n",
};

static void same_text(const char *what, const char *a, const char *b)
{
    if (!a != !b || (a && strcmp(a, b) != 0))
        fail_msg("%s: '%s', was '%s'", what, b ? b : "(none)", a ? a : "(none)");
}

static void same_hash(const char *what, const struct az_hash *a, const struct az_hash *b)
{
    if (!az_hash_eq(a, b))
        fail_msg("%s has another identity", what);
}

/* Printing writes all fields, so the same text means the same fields; that the
 * text holds them is shown by whole_panel() on the second parse. */
static void print(struct az_buf *b, const struct az_panel *p, bool portable)
{
    az_buf_clear(b);
    az_panel_print(b, p, portable);
    assert_int_equal(az_buf_check(b, NULL), 0);
}

static void prints_back(void **state)
{
    (void)state;
    AZ_AUTO_BUF first = az_buf(1 << 20), second = az_buf(1 << 20);
    for (size_t i = 0; i < AZ_LEN(panels); i++) {
        AZ_AUTO(panel) p = parse(panels[i], NULL);
        print(&first, p, false);
        AZ_AUTO(panel) q = parse(first.p, NULL);
        print(&second, q, false);
        assert_string_equal(first.p, second.p);
        same_hash(panels[i], &p->identity, &q->identity);
        assert_int_equal(p->n_judges, q->n_judges);
        for (size_t j = 0; j < p->n_judges; j++) {
            const struct az_judge *a = &p->judges[j], *b = &q->judges[j];
            same_hash(a->name, &a->identity, &b->identity);
            same_text("name", a->name, b->name);
            same_text("persona", a->persona, b->persona);
            same_text("template", a->template, b->template);
            same_text("regex", a->regex, b->regex);
            same_text("extra", a->extra, b->extra);
            assert_memory_equal(&a->price, &b->price, sizeof(a->price));
            assert_true(a->weight == b->weight && a->seed == b->seed && a->orders == b->orders);
        }
        assert_memory_equal(&p->limits, &q->limits, sizeof(p->limits));
        assert_memory_equal(&p->clip, &q->clip, sizeof(p->clip));
        assert_memory_equal(&p->policy, &q->policy, sizeof(p->policy));
        assert_memory_equal(&p->aggregate, &q->aggregate, sizeof(p->aggregate));
        assert_int_equal(p->question.pass_labels, q->question.pass_labels);
        assert_true(p->question.pass_at == q->question.pass_at);
    }
}

static void prints_portable(void **state)
{
    (void)state;
    AZ_AUTO_BUF text = az_buf(1 << 20);
    for (size_t i = 0; i < AZ_LEN(panels); i++) {
        AZ_AUTO(panel) p = parse(panels[i], NULL);
        print(&text, p, true);
        assert_null(strstr(text.p, "url:"));
        assert_null(strstr(text.p, "key:"));
        assert_null(strstr(text.p, "file:"));
        assert_null(strstr(text.p, "headers:"));
        struct az_panel_source source = {.portable = true};
        AZ_AUTO(panel) q = parse(text.p, &source);
        same_hash(panels[i], &p->identity, &q->identity);
        assert_int_equal(p->n_backends, q->n_backends);
        for (size_t j = 0; j < p->n_judges; j++) {
            same_hash(p->judges[j].name, &p->judges[j].identity, &q->judges[j].identity);
            assert_int_equal(p->judges[j].backend_at, q->judges[j].backend_at);
        }
        for (size_t j = 0; j < q->n_backends; j++) {
            assert_int_equal(q->backends[j].n_urls, 0);
            assert_null(q->backends[j].key);
            assert_string_equal(p->backends[j].kind, q->backends[j].kind);
        }
    }
}

/* ---- identity ---- */

static struct az_hash judge_hash(const char *yaml)
{
    AZ_AUTO(panel) p = parse(yaml, NULL);
    return p->judges[0].identity;
}

#define ONE(question, judge)                        \
    "question: {kind: pair" question "}\njudges:\n" \
    "- {name: j, backend: openai, model: m" judge "}\n"

static void identity(void **state)
{
    (void)state;
    static const struct {
        const char *name, *yaml;
        bool same;
    } cases[] = {
        {"name", "question: pair\njudges: [{backend: openai, model: m, name: k}]\n", true},
        {"backend", "question: pair\njudges: [{backend: vllm, model: m}]\n", true},
        {"orders", ONE("", ", orders: one"), true},
        {"samples", ONE("", ", samples: 4"), true},
        {"family", ONE("", ", family: f"), true},
        {"price", ONE("", ", usd_per_mtok: {input: 1, output: 2}"), true},
        {"default written out", ONE(", ties: true", ", answer: json, max_tokens: 1024"), true},
        {"pass", ONE(", pass: A", ""), true},
        {"rules", ONE("", "") "policy: debate\naggregate: plurality\nlimits: {usd: 1}\n", true},
        {"weight", ONE("", "") "aggregate: {kind: weighted, weights: {j: 3}}\n", true},
        {"model", "question: pair\njudges: [openai/n]\n", false},
        {"a recorded judge of that name",
         "question: pair\nbackends: [{name: r, kind: recorded, file: b.tsv}]\n"
         "judges: [{name: j, backend: r, model: m}]\n",
         false},
        {"ask", ONE(", ask: why", ""), false},
        {"ties", ONE(", ties: false", ""), false},
        {"template", ONE("", "") "template: '{{first}} {{second}}'\n", false},
        {"own template", ONE("", ", template: '{{first}} {{second}}'"), false},
        {"persona", ONE("", ", persona: p"), false},
        {"answer", ONE("", ", answer: letter"), false},
        {"max_tokens", ONE("", ", max_tokens: 1023"), false},
        {"temperature", ONE("", ", temperature: 0"), false},
        {"seed", ONE("", ", seed: 0"), false},
        {"extra", ONE("", ", extra: {}"), false},
        {"clip", ONE("", "") "clip: {prompt: 9}\n", false},
    };
    struct az_hash base = judge_hash(ONE("", ""));
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_hash h = judge_hash(cases[i].yaml);
        if (az_hash_eq(&base, &h) != cases[i].same)
            fail_msg("%s: identity %s", cases[i].name,
                     cases[i].same ? "changed" : "did not change");
    }
}

/* ---- where a panel comes from ---- */

static void extends(void **state)
{
    (void)state;
    AZ_AUTO(panel)
    p = parse("extends: base.yaml\nquestion: {ask: why}\nlimits: {attempts: 3}\n", NULL);
    assert_string_equal(p->name, "p");
    assert_int_equal(p->question.kind, AZ_PAIR);
    assert_string_equal(p->question.ask, "why");
    assert_int_equal(p->n_judges, 2);
    assert_int_equal(p->limits.attempts, 3);
    assert_int_equal(p->limits.usd, 5 * AZ_NUSD_PER_USD);

    AZ_AUTO(panel) q = parse("extends: sub/base.yaml\nlimits: {usd: null}\n", NULL);
    assert_int_equal(q->question.kind, AZ_SCORE);
    assert_int_equal(q->n_judges, 1);
    assert_string_equal(q->judges[0].model, "one");
    assert_string_equal(q->template, "sub {{response}}");
    assert_string_equal(q->backends[0].file, "sub/b.tsv");
    assert_false(q->limits.has_usd);

    AZ_AUTO(panel) own = parse("extends: base.yaml\ntemplate: '{{first}}'\n", NULL);
    assert_string_equal(own->template, "{{first}}");
}

static void extends_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *what;
    } cases[] = {
        {"extends: gone.yaml\n", "panel 'p.yaml': line 1: no file 'gone.yaml'"},
        {"extends: loop.yaml\n",
         "panel 'loop.yaml': line 1: 'extends' goes more than 8 panels deep"},
        {"extends: wrong.yaml\n",
         "panel 'wrong.yaml': line 3: 'usd' must be dollars, as a number, not 'x'"},
        {"\nextends: [a]\n",
         "panel 'p.yaml': line 2: 'extends' must be the name of a panel's file"},
    };
    struct az_panel_source source = {.read = read_file};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(panel) p = NULL;
        struct az_error err = {0};
        assert_true(az_panel_parse(cases[i].yaml, "p.yaml", &source, &p, &err) < 0);
        assert_string_equal(err.what, cases[i].what);
    }
}

static void set(void **state)
{
    (void)state;
    static const char *const sets[] = {
        "limits.usd=3",          "aggregate.kind=weighted", "aggregate.weights.gpt-4.1=2",
        "judges.gpt-4.1.seed=7", "judges.1.samples=5",      "question.pass=[A, tie]",
        "policy.early_stop=true"};
    struct az_panel_source source = {.n_set = AZ_LEN(sets), .set = sets};
    AZ_AUTO(panel)
    p = parse("question: pair\naggregate: majority\njudges:\n"
              "- {name: gpt-4.1, backend: openai, model: m}\n- openai/n\n",
              &source);
    assert_int_equal(p->limits.usd, 3 * AZ_NUSD_PER_USD);
    assert_int_equal(p->aggregate.kind, AZ_AGG_WEIGHTED);
    assert_true(p->judges[0].weight == 2);
    assert_int_equal(p->judges[0].seed, 7);
    assert_int_equal(p->judges[1].samples, 5);
    assert_int_equal(p->question.pass_labels, 5);
    assert_true(p->policy.early_stop);

    static const char *const judges[] = {"judges=[openai/x]", "judges.openai/x.name=y"};
    struct az_panel_source other = {.n_set = AZ_LEN(judges), .set = judges};
    AZ_AUTO(panel) q = parse("question: pair\njudges: [openai/m]\n", &other);
    assert_string_equal(q->judges[0].name, "y");
    assert_string_equal(q->judges[0].model, "x");
}

static void environment(void **state)
{
    (void)state;
    static const char *vars[] = {
        "OPENAI_BASE_URL", "http://my:1/v1/", "HOST", "h2", "SLOTS", "9", "EMPTY", "", NULL};
    struct az_panel_source source = {.env = env, .arg = vars};
    AZ_AUTO(panel)
    p = parse("question: pair\njudges: [openai/m, b/m, c/m]\nbackends:\n"
              "- {name: b, kind: openai, url: 'http://${HOST}:${PORT:-80}/v1',\n"
              "   slots: '${SLOTS}'}\n"
              "- {name: c, kind: openai, url: 'http://c${EMPTY}${EMPTY:-x}/v1'}\n",
              &source);
    const struct az_backend *openai = &p->backends[p->judges[0].backend_at];
    assert_string_equal(openai->urls[0], "http://my:1/v1");
    assert_null(openai->key); /* somebody else's server, and no key is set */
    assert_string_equal(p->backends[0].urls[0], "http://h2:80/v1");
    assert_int_equal(p->backends[0].slots, 9);
    assert_string_equal(p->backends[1].urls[0], "http://cx/v1");

    static const char *keyed[] = {"OPENAI_BASE_URL", "http://my:1/v1", "OPENAI_API_KEY", "sk",
                                  NULL};
    struct az_panel_source with_key = {.env = env, .arg = keyed};
    AZ_AUTO(panel) q = parse("question: pair\njudges: [openai/m]\n", &with_key);
    assert_string_equal(q->backends[0].key, "env:OPENAI_API_KEY");

    /* ${NAME} is text outside of backends. */
    AZ_AUTO(panel) r = parse("question: {kind: pair, ask: '${HOST}?'}\njudges: [openai/m]\n", NULL);
    assert_string_equal(r->question.ask, "${HOST}?");
}

static void more_backends(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "- {name: b, kind: openai, url: 'http://two/v1'}\n"
        "- {name: openai, kind: openai, url: 'http://three/v1'}\n"
        "- {name: past, kind: recorded, file: r.tsv}\n",
        "backends:\n"
        "- {name: b, kind: openai, url: 'http://two/v1'}\n"
        "- {name: openai, kind: openai, url: 'http://three/v1'}\n"
        "- {name: past, kind: recorded, file: r.tsv}\n",
    };
    for (size_t i = 0; i < AZ_LEN(texts); i++) {
        struct az_panel_source source = {.backends_yaml = texts[i], .backends_path = "etc/b.yaml"};
        AZ_AUTO(panel)
        p = parse("question: pair\njudges: [b/m, openai/m, past/x]\n"
                  "backends: [{name: b, kind: openai, url: 'http://one/v1'}]\n",
                  &source);
        assert_string_equal(p->backends[p->judges[0].backend_at].urls[0], "http://two/v1");
        assert_string_equal(p->backends[p->judges[1].backend_at].urls[0], "http://three/v1");
        assert_null(p->backends[p->judges[1].backend_at].key);
        assert_string_equal(p->backends[p->judges[2].backend_at].file, "etc/r.tsv");
    }
}

static void submitted(void **state)
{
    (void)state;
    struct az_panel_source source = {.submitted = true};
    AZ_AUTO(panel)
    p = parse("question: pair\njudges: [theirs/m, openai/m, past/x]\n"
              "backends: [{name: past, kind: recorded}]\n",
              &source);
    assert_string_equal(p->backends[p->judges[0].backend_at].name, "theirs");
    assert_int_equal(p->backends[p->judges[1].backend_at].n_urls, 0);
    assert_null(p->backends[p->judges[1].backend_at].key);
    assert_string_equal(p->backends[p->judges[2].backend_at].kind, "recorded");
}

/* What is resolved here for others' workers goes to them without what is ours, and
 * is the same panel there. */
static void elsewhere(void **state)
{
    (void)state;
    struct az_panel_source ours = {.elsewhere = true}, theirs = {.submitted = true};
    AZ_AUTO(panel)
    p = parse("question: pair\njudges: [theirs/m, mine/n]\n"
              "backends: [{name: mine, kind: openai, url: \"http://h/v1\", key: \"env:K\"}]\n",
              &ours);
    assert_string_equal(p->backends[p->judges[0].backend_at].kind, AZ_KIND_UNSAID);
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    az_panel_print(&text, p, true);
    assert_null(strstr(text.p, "http"));
    assert_null(strstr(text.p, "env:"));
    AZ_AUTO(panel) q = parse(text.p, &theirs);
    for (int j = 0; j < 2; j++) {
        assert_string_equal(q->judges[j].backend, p->judges[j].backend);
        assert_true(az_hash_eq(&q->judges[j].identity, &p->judges[j].identity));
    }
}

/* A backend that only workers know is a name, here and where it is sent to. */
static void by_name(void **state)
{
    (void)state;
    static const char yaml[] = "question: pair\n"
                               "judges: [theirs/m, theirs/n, {backend: others, model: m, answer: "
                               "logprobs}, openai/m]\n";
    struct az_panel_source submitted = {.submitted = true}, portable = {.portable = true};
    AZ_AUTO_BUF text = az_buf(1 << 20), again = az_buf(1 << 20);
    AZ_AUTO(panel) p = parse(yaml, &submitted);
    print(&text, p, true);
    AZ_AUTO(panel) q = parse(text.p, &portable);
    print(&again, q, true);
    assert_string_equal(text.p, again.p);
    assert_null(strstr(text.p, "name: theirs\n"));
    assert_int_equal(q->n_backends, 3);
    for (size_t j = 0; j < q->n_judges; j++) {
        const struct az_backend *b = &q->backends[q->judges[j].backend_at];
        same_hash(q->judges[j].name, &p->judges[j].identity, &q->judges[j].identity);
        assert_string_equal(b->name, q->judges[j].backend);
        assert_string_equal(b->kind, j < 3 ? AZ_KIND_UNSAID : "openai");
        assert_false(az_backend_is_local(b));
    }
    assert_int_equal(q->judges[0].backend_at, q->judges[1].backend_at);

    AZ_AUTO(panel) here = NULL;
    struct az_error err = {0};
    assert_int_equal(az_panel_parse(yaml, "p.yaml", NULL, &here, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "unknown backend 'theirs'"));
}

/* A recorded file is seen from the panel's folder, also when printed. */
static void folders(void **state)
{
    (void)state;
    static const struct {
        const char *path, *file, *want;
    } cases[] = {
        {"p.yaml", "b.tsv", "b.tsv"},           {"a/b/p.yaml", "c/b.tsv", "a/b/c/b.tsv"},
        {"/a/p.yaml", "b.tsv", "/a/b.tsv"},     {"a/p.yaml", "/b.tsv", "/b.tsv"},
        {"../a/p.yaml", "b.tsv", "../a/b.tsv"},
    };
    AZ_AUTO_BUF text = az_buf(1 << 20);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        char yaml[256];
        snprintf(yaml, sizeof(yaml),
                 "question: pair\njudges: [p/x]\nbackends: [{name: p, kind: recorded, file: %s}]\n",
                 cases[i].file);
        AZ_AUTO(panel) p = NULL;
        AZ_AUTO(panel) q = NULL;
        assert_int_equal(az_panel_parse(yaml, cases[i].path, NULL, &p, NULL), 0);
        assert_string_equal(p->backends[0].file, cases[i].want);
        print(&text, p, false);
        assert_int_equal(az_panel_parse(text.p, cases[i].path, NULL, &q, NULL), 0);
        assert_string_equal(q->backends[0].file, cases[i].want);
    }
}

static void orders(void **state)
{
    (void)state;
    static const struct {
        const char *question, *judge;
        int n, first;
    } cases[] = {
        {"pair", "backend: openai", 2, AZ_ORDER_LISTED},
        {"pair", "backend: openai, orders: one", 1, AZ_ORDER_LISTED},
        {"pair", "backend: lexical", 1, AZ_ORDER_NONE},
        {"pair", "backend: past", 2, AZ_ORDER_LISTED},
        {"pair", "backend: past, orders: none", 1, AZ_ORDER_NONE},
        {"pair", "backend: past, orders: one", 1, AZ_ORDER_LISTED},
        {"best", "backend: openai", 1, AZ_ORDER_LISTED},
        {"best", "backend: openai, orders: both", 2, AZ_ORDER_LISTED},
        {"best", "backend: lexical", 1, AZ_ORDER_NONE},
        {"{kind: choice, labels: [a, b]}", "backend: openai", 1, AZ_ORDER_NONE},
        {"{kind: score, scale: [1, 5]}", "backend: openai", 1, AZ_ORDER_NONE},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        char yaml[512];
        enum az_order got[2];
        snprintf(yaml, sizeof(yaml),
                 "question: %s\njudges: [{model: words, %s}]\n"
                 "backends: [{name: past, kind: recorded, file: f}]\n",
                 cases[i].question, cases[i].judge);
        AZ_AUTO(panel) p = parse(yaml, NULL);
        int n = az_judge_orders(p, 0, got);
        if (n != cases[i].n || got[0] != (enum az_order)cases[i].first ||
            (n == 2 && got[1] != AZ_ORDER_REVERSED))
            fail_msg("%s: %d orders, first %d", yaml, n, got[0]);
    }
}

static void lookups(void **state)
{
    (void)state;
    AZ_AUTO(panel) p = parse("question: pair\njudges: [openai/a, lexical/words]\n", NULL);
    assert_int_equal(az_panel_judge_find(p, AZ_STR("lexical/words")), 1);
    assert_int_equal(az_panel_judge_find(p, AZ_STR("words")), -1);
    assert_false(az_backend_is_local(&p->backends[p->judges[0].backend_at]));
    assert_true(az_backend_is_local(&p->backends[p->judges[1].backend_at]));
}

static void without_memory(void **state)
{
    (void)state;
    struct az_panel_source source = {.read = read_file};
    int r = AZ_ENOMEM, nth = 1;
    for (; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(panel) p = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_panel_parse(whole, "p.yaml", &source, &p, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || (!p && *err.what));
    }
    assert_int_equal(r, 0);
    assert_true(nth > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_panel),    cmocka_unit_test(whole_panel),
        cmocka_unit_test(prints_back),    cmocka_unit_test(prints_portable),
        cmocka_unit_test(identity),       cmocka_unit_test(extends),
        cmocka_unit_test(extends_wrong),  cmocka_unit_test(set),
        cmocka_unit_test(environment),    cmocka_unit_test(more_backends),
        cmocka_unit_test(elsewhere),      cmocka_unit_test(submitted),
        cmocka_unit_test(by_name),        cmocka_unit_test(folders),
        cmocka_unit_test(orders),         cmocka_unit_test(lookups),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
