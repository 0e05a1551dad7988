/* Every wrong panel gives one clear error: file, line, hint. */
#include "core/panel.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PAIR "question: pair\n"
#define JUDGES "judges: [openai/m]\n"
#define CHOICE "question: {kind: choice, labels: [good, bad]}\n"
#define SCORE "question: {kind: score, scale: [1, 5]}\n"
#define BACKEND(keys) PAIR "judges: [b/m]\nbackends:\n- {name: b, " keys "}\n"
#define JUDGE(keys) "judges:\n- {backend: openai, model: m, " keys "}\n"

struct bad {
    const char *yaml, *what, *hint; /* `hint` is found in the hint */
};

static const char *env(void *arg, const char *name)
{
    (void)arg;
    if (strcmp(name, "LEAK") == 0)
        return "sk-secret";
    return strcmp(name, "BAD_URL") == 0 ? "http://me:sk-secret@host" : NULL;
}

static void check(const struct bad *cases, size_t n, const struct az_panel_source *source)
{
    for (size_t i = 0; i < n; i++) {
        const struct bad *c = &cases[i];
        AZ_AUTO(panel) p = NULL;
        struct az_error err = {0};
        int r = az_panel_parse(c->yaml, "p.yaml", source, &p, &err);
        if (r != AZ_EINVAL || p || strcmp(err.what, c->what) != 0)
            fail_msg("%s\ngot  '%s' (%d)\nwant '%s'", c->yaml, r < 0 ? err.what : "no error", r,
                     c->what);
        if (!strstr(err.hint, c->hint))
            fail_msg("%s\nhint '%s'\nwant '%s'", c->yaml, err.hint, c->hint);
        if (strstr(err.what, "sk-") || strstr(err.hint, "sk-"))
            fail_msg("%s\nshows a secret: '%s' '%s'", c->yaml, err.what, err.hint);
    }
}

#define AT(line) "panel 'p.yaml': line " #line ": "

static void shape(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"", "panel 'p.yaml': it is empty", "needs question and judges"},
        {"- a\n", AT(1) "it must be a map, not a list", "assize init"},
        {PAIR, AT(1) "the panel has no 'judges'", "Add 'judges'"},
        {JUDGES, AT(1) "the panel has no 'question'", "Add 'question'"},
        {PAIR JUDGES "\nagregate: majority\n", AT(4) "unrecognized key 'agregate'",
         "Did you mean 'aggregate'?"},
        {PAIR JUDGES "zzzz: 1\n", AT(3) "unrecognized key 'zzzz'", "Known here: version, name"},
        {PAIR "judges: [a", AT(2) "flow sequence without a closing bracket", ""},
        {PAIR JUDGES PAIR, AT(3) "duplicate key 'question'", "line 1"},
        {PAIR "judges: &a [openai/m]\n", AT(2) "anchors and aliases are refused", "extend"},
        {PAIR JUDGES "x: *a\n", AT(3) "anchors and aliases are refused", ""},
        {PAIR JUDGES "version: 2\n", AT(3) "version 2 of the panel format is not known", "1"},
        {PAIR JUDGES "name: \"a\\nb\"\n", AT(3) "the panel's name has a control character in it",
         ""},
        {PAIR JUDGES "limits:\n", AT(3) "'limits' has no value", "null"},
        {PAIR JUDGES "limits: 3\n", AT(3) "'limits' must be a map, not '3'", ""},
        {PAIR JUDGES "limits: {usd: -1}\n", AT(3) "'usd' is out of range: -1", "0 or more"},
        {PAIR JUDGES "limits: {usd: \"20\"}\n",
         AT(3) "'usd' must be dollars, as a number, not '20'", "without quotes"},
        {PAIR JUDGES "limits: {attempts: 0}\n", AT(3) "'attempts' is out of range: 0",
         "between 1 and 20"},
        {PAIR JUDGES "limits: {attempts: 2.5}\n",
         AT(3) "'attempts' must be a whole number, not '2.5'", ""},
        {PAIR JUDGES "limits: {quorum: 2}\n", AT(3) "quorum 2 of 1 judge", "at most all"},
        {PAIR JUDGES "limits: {timeout: 2}\n", AT(3) "unrecognized key 'timeout'", "timeout_s"},
        {PAIR JUDGES "clip: {response: 0}\n", AT(3) "'response' is out of range: 0", ""},
        {PAIR JUDGES "fields: {promt: x}\n", AT(3) "'fields' maps no 'promt'",
         "Did you mean 'prompt'?"},
        {PAIR JUDGES "fields: {prompt: [a, b]}\n", AT(3) "'prompt' is found in one place",
         "responses"},
        {PAIR JUDGES "fields: {responses: [a]}\n", AT(3) "responses are 2 to 26", ""},
        {CHOICE JUDGES "gold_map: {y: god}\n",
         AT(3) "'gold_map' leads to no label of the question: 'god'", "Did you mean 'good'?"},
        {SCORE JUDGES "gold_map: {y: good}\n",
         AT(3) "'gold_map' of a score must lead to a number, not 'good'", ""},
        {PAIR JUDGES "template: '{{gold}}'\n",
         AT(3) "template: line 1: '{{gold}}' is never shown to a judge", "judging"},
        {PAIR JUDGES "template: a\ntemplate_file: b\n", AT(4) "both 'template' and 'template_file'",
         ""},
        {PAIR JUDGES "template_file: b\n",
         AT(3) "'template_file' names a file, and none is read here", "Write out"},
        {PAIR JUDGES "extends: b\n", AT(3) "'extends' names a file, and none is read here", ""},
        {PAIR JUDGES "policy: vot\n", AT(3) "unknown policy 'vot'", "Did you mean 'vote'?"},
        {PAIR JUDGES "policy: cascade\n", AT(3) "policy 'cascade' is not built yet",
         "vote, debate"},
        {PAIR JUDGES "policy: {kind: vote, rounds: 2}\n", AT(3) "a vote has one round", "debate"},
        {PAIR JUDGES "policy: {early_stop: yes}\n",
         AT(3) "'early_stop' must be true or false, not 'yes'", "YAML 1.2"},
        {PAIR JUDGES "policy: {audit: 2}\n", AT(3) "'audit' is out of range: 2", "0 and 1"},
    };
    check(cases, AZ_LEN(cases), NULL);
}

static void questions(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"question: rank\n" JUDGES, AT(1) "question 'rank' is not built yet", "choice, score"},
        {"question: pairs\n" JUDGES, AT(1) "unknown question 'pairs'", "Did you mean 'pair'?"},
        {"question: {kind: pair, criteria: []}\n" JUDGES, AT(1) "'criteria' is not built yet",
         "Leave the key out"},
        {"question: {ask: why}\n" JUDGES, AT(1) "question has no 'kind'", "choice"},
        {"question: {kind: pair, ask: ' '}\n" JUDGES, AT(1) "'ask' is empty", ""},
        {"question: choice\n" JUDGES, AT(1) "a choice needs 'labels'", "labels: [a, b]"},
        {"question: {kind: choice, labels: [a]}\n" JUDGES, AT(1) "1 label", "2 to 64"},
        {"question: {kind: choice, labels: [a, b, a]}\n" JUDGES, AT(1) "label 'a' is there twice",
         ""},
        {"question: {kind: choice, labels: [a, null]}\n" JUDGES,
         AT(1) "a label must be text, not empty", "Quote"},
        {"question: {kind: choice, labels: [a, ' b']}\n" JUDGES,
         AT(1) "a label begins or ends in white space", ""},
        {"question: {kind: choice, labels: a}\n" JUDGES,
         AT(1) "'labels' must be a list or a map, not text", ""},
        {"question: {kind: pair, labels: [a, b]}\n" JUDGES,
         AT(1) "'labels' is for a choice question, and this one is a pair question",
         "kind: choice"},
        {"question: {kind: score, scale: [1, 5], ties: true}\n" JUDGES,
         AT(1) "'ties' is for a pair question, and this one is a score question", ""},
        {"question: score\n" JUDGES, AT(1) "a score needs 'scale'", "scale: [1, 5]"},
        {"question: {kind: score, scale: [1]}\n" JUDGES, AT(1) "'scale' must be two numbers", ""},
        {"question: {kind: score, scale: [1, .inf]}\n" JUDGES, AT(1) "'scale' must be two numbers",
         ""},
        {"question: {kind: score, scale: [5, 1]}\n" JUDGES,
         AT(1) "'scale' must go from a lower to a higher number", "[1, 5]"},
        {"question: {kind: score, scale: [1, 5], step: 0}\n" JUDGES,
         AT(1) "'step' is out of range: 0", ""},
        {"question: {kind: score, scale: [1, 5], step: 3}\n" JUDGES,
         AT(1) "'step' does not lead from one end of the scale to the other", "whole number"},
        {"question: {kind: score, scale: [1, 5], levels: {6: x}}\n" JUDGES,
         AT(1) "level '6' is no answer on the scale", ""},
        {"question: {kind: score, scale: [1, 5], levels: {1: x, 1.0: y}}\n" JUDGES,
         AT(1) "level 1.0 is there twice", ""},
        {"question: {kind: score, scale: [1, 5], pass: [4]}\n" JUDGES,
         AT(1) "'pass' of a score must be a bound", ">= 4"},
        {"question: {kind: score, scale: [1, 5], pass: '>= 6'}\n" JUDGES,
         AT(1) "'pass' lies outside the scale", ""},
        {"question: {kind: pair, pass: [C]}\n" JUDGES,
         AT(1) "'pass' names no label of the question: 'C'", "A, B, tie"},
        {"question: {kind: pair, ties: false, pass: tie}\n" JUDGES,
         AT(1) "'pass' names no label of the question: 'tie'", ""},
        {"question: {kind: pair, pass: []}\n" JUDGES,
         AT(1) "'pass' is empty: nothing would ever pass", ""},
    };
    check(cases, AZ_LEN(cases), NULL);
}

static void judges(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {PAIR "judges: []\n", AT(2) "'judges' must be a list of one or more", "openai/MODEL"},
        {PAIR "judges: [gpt]\n", AT(2) "no judge: 'gpt'", "BACKEND/MODEL"},
        {PAIR "judges: [opnai/gpt]\n", AT(2) "unknown backend 'opnai'", "Did you mean 'openai'?"},
        {PAIR "judges: [openai/m, openai/m]\n", AT(2) "two judges are called 'openai/m'", "name"},
        {PAIR "judges:\n- {backend: openai}\n", AT(3) "a judge has no 'model'", "Add 'model'"},
        {PAIR "judges:\n- {backend: openai, modle: m}\n", AT(3) "unrecognized key 'modle'",
         "Did you mean 'model'?"},
        {PAIR JUDGE("name: tie"), AT(3) "a judge cannot be called 'tie': it is a tie rule", ""},
        {PAIR JUDGE("name: \"a\\tb\""), AT(3) "a judge's name has a control character in it", ""},
        {PAIR JUDGE("samples: 65"), AT(3) "'samples' is out of range: 65", "1 and 64"},
        {PAIR JUDGE("orders: two"), AT(3) "unknown orders 'two'", "one, both"},
        {PAIR JUDGE("orders: none"), AT(3) "a judge that reads the responses sees an order", ""},
        {SCORE JUDGE("orders: both"), AT(3) "'orders' means nothing where one text is judged", ""},
        {PAIR JUDGE("temperature: 3"), AT(3) "'temperature' is out of range: 3", ""},
        {PAIR JUDGE("answer: xml"), AT(3) "unknown answer 'xml'", "json"},
        {SCORE JUDGE("answer: arena_hard"), AT(3) "answer 'arena_hard' is for a pair question", ""},
        {CHOICE JUDGE("answer: mt_bench"),
         AT(3) "answer 'mt_bench' is for a pair or score question", ""},
        {SCORE JUDGE("answer: logprobs"),
         AT(3) "answer 'logprobs' needs a score of whole steps from 0 to 9", "step: 1"},
        {"question: {kind: score, scale: [0, 1.5]}\n" JUDGE("answer: letter"),
         AT(3) "answer 'letter' needs a scale of whole numbers", "json"},
        {PAIR JUDGE("answer: regex"), AT(3) "answer 'regex' needs a 'regex'", "one group"},
        {PAIR JUDGE("regex: '([AB])'"), AT(3) "'regex' is for answer: regex", ""},
        {PAIR JUDGE("answer: regex, regex: '[AB]'"), AT(3) "'regex' has 0 groups, and needs one",
         ""},
        {PAIR JUDGE("answer: regex, regex: '(A)|(B)'"), AT(3) "'regex' has 2 groups, and needs one",
         ""},
        {PAIR JUDGE("answer: regex, regex: '([AB]'"),
         AT(3) "'regex' does not compile: Unmatched ( or \\(", "POSIX"},
        {PAIR JUDGE("extra: {max_tokens: 5}"), AT(3) "'extra' cannot set 'max_tokens'", "own keys"},
        {PAIR JUDGE("extra: {best_of: 5}"), AT(3) "'extra' cannot set 'best_of'", "own keys"},
        {PAIR JUDGE("extra: {x: .nan}"), AT(3) "'.nan' is no finite number", ""},
        {PAIR JUDGE("extra: 5"), AT(3) "'extra' must be a map, not a whole number", ""},
        {PAIR JUDGE("usd_per_mtok: {input: 1}"), AT(3) "usd_per_mtok has no 'output'", ""},
        {PAIR JUDGE("usd_per_mtok: 1"), AT(3) "usd_per_mtok must be a map, not a whole number", ""},
        {CHOICE JUDGE("map: {else: bad}"), AT(3) "'map' is for a lexical judge", ""},
        {PAIR JUDGE("map: {else: A}"), AT(3) "'map' is for a choice question", ""},
        {PAIR JUDGE("template: '{{x}}'"), AT(3) "template: line 1: unknown field 'x'", ""},
        {PAIR "judges: [lexical/tokenf1]\n", AT(2) "unknown lexical model 'tokenf1'",
         "Did you mean 'token_f1'?"},
        {CHOICE "judges: [lexical/length]\n",
         AT(2) "lexical judge 'lexical/length' of a choice has no 'map'", "else"},
        {CHOICE "judges:\n- {backend: lexical, model: words, map: {'>= 5': god, else: bad}}\n",
         AT(3) "'map' names no label of the question: 'god'", "Did you mean 'good'?"},
        {CHOICE "judges:\n- {backend: lexical, model: words, map: {'>= 5': good}}\n",
         AT(3) "'map' has no else", ""},
        {CHOICE "judges:\n- {backend: lexical, model: words, map: {'>= 5': good, '>= 6': bad}}\n",
         AT(3) "the bounds of 'map' must fall", ""},
        {CHOICE "judges:\n- {backend: lexical, model: words, map: {'> 5': good, else: bad}}\n",
         AT(3) "'> 5' is no bound", ">= 0.5"},
        {PAIR "judges:\n- {backend: lexical, model: words, persona: x}\n",
         AT(3) "'persona' means nothing for a lexical judge", "Leave it out"},
        {PAIR "judges:\n- {backend: lexical, model: words, samples: 2}\n",
         AT(3) "a lexical judge always says the same: it has one sample", ""},
        {PAIR "judges:\n- {backend: lexical, model: words, orders: both}\n",
         AT(3) "a lexical judge knows no order", ""},
    };
    check(cases, AZ_LEN(cases), NULL);
}

static void aggregates(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {PAIR JUDGES "aggregate: majorty\n", AT(3) "unknown aggregate 'majorty'",
         "Did you mean 'majority'?"},
        {PAIR JUDGES "aggregate: auto\n", AT(3) "aggregate 'auto' has no 'calibration'",
         "assize calibrate"},
        {PAIR JUDGES "aggregate: {kind: auto, calibration: c.json}\n",
         AT(3) "'calibration' names a file, and none is read here", ""},
        {"question: {kind: score, scale: [1, 5]}\n" JUDGES
         "aggregate: {kind: median, calibration: '{}'}\n",
         AT(3) "'calibration' means nothing for median", "kind: auto"},
        {"question: {kind: score, scale: [1, 5]}\n" JUDGES
         "aggregate: {kind: mean, calibration: '{}', risk: 0.1}\n",
         AT(3) "'risk' needs a probability, and a mean of scores has none", ""},
        {PAIR JUDGES "aggregate: {kind: majority, abstain_below: 0.8}\n",
         AT(3) "'abstain_below' needs a calibration", ""},
        {PAIR JUDGES "aggregate: {kind: auto, calibration: '{}', risk: 0.6}\n",
         AT(3) "'risk' is out of range: 0.6", ""},
        {PAIR JUDGES "aggregate: {kind: auto, calibration: '{}', delta: 0.1}\n",
         AT(3) "'delta' needs 'risk'", ""},
        {PAIR JUDGES "aggregate: {kind: auto, calibration: '{}', conformal: 0}\n",
         AT(3) "'conformal' is out of range: 0", ""},
        {PAIR JUDGES "aggregate: {conformal: 0.1}\n", AT(3) "'conformal' needs a calibration", ""},
        {PAIR JUDGES "aggregate: mean\n",
         AT(3) "aggregate 'mean' is for scores, and the question asks for a label", "majority"},
        {SCORE JUDGES "aggregate: majority\n",
         AT(3) "aggregate 'majority' is for labels, and the question asks for a score", "mean"},
        {SCORE JUDGES "aggregate: {tie: abstain}\n", AT(3) "'tie' means nothing for mean", ""},
        {CHOICE JUDGES "aggregate: {tie: tie}\n", AT(3) "tie: tie needs a pair with ties",
         "abstain"},
        {"question: {kind: pair, ties: false}\n" JUDGES "aggregate: {tie: tie}\n",
         AT(3) "tie: tie needs a pair with ties", ""},
        {PAIR JUDGES "aggregate: {tie: openai/n}\n",
         AT(3) "'tie' names no judge of the panel: 'openai/n'", "Did you mean 'openai/m'?"},
        {PAIR JUDGES "aggregate: weighted\n", AT(3) "aggregate 'weighted' has no 'weights'",
         "weights: {openai/m: 2}"},
        {PAIR JUDGES "aggregate: {weights: {openai/m: 2}}\n",
         AT(3) "'weights' means nothing for majority", "kind: weighted"},
        {PAIR JUDGES "aggregate: {kind: weighted, weights: {n: 2}}\n",
         AT(3) "'weights' names no judge of the panel: 'n'", "Known here: openai/m"},
        {PAIR JUDGES "aggregate: {kind: weighted, weights: {openai/m: -2}}\n",
         AT(3) "the weight of 'openai/m' must be a number from 0 to 1e9", ""},
        {PAIR JUDGES "aggregate: {kind: weighted, weights: {openai/m: 0}}\n",
         AT(3) "all weights are 0", ""},
        {PAIR JUDGES "aggregate: {kind: weighted, weights: [1]}\n",
         AT(3) "'weights' must be a map from judges to numbers", ""},
        {SCORE JUDGES "aggregate: {trim: 0.1}\n", AT(3) "'trim' is for kind: trimmed_mean", ""},
        {SCORE JUDGES "aggregate: {kind: trimmed_mean, trim: 0.5}\n",
         AT(3) "'trim' is out of range: 0.5", ""},
    };
    check(cases, AZ_LEN(cases), NULL);
}

static void backends(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {PAIR JUDGES "backends: {a: b}\n", AT(3) "'backends' must be a list, not a map", ""},
        {BACKEND("kind: opena"), AT(4) "unknown backend kind 'opena'", "Did you mean 'openai'?"},
        {BACKEND("kind: openai, key: sk-12345"),
         AT(4) "'key' must say where the key is, and never hold it", "env:NAME"},
        {BACKEND("kind: openai, key: 'env:sk-12345'"),
         AT(4) "'key' must say where the key is, and never hold it", ""},
        {BACKEND("kind: openai, key: '${LEAK}'"),
         AT(4) "'key' must say where the key is, and never hold it", ""},
        {BACKEND("kind: openai, slots: '${LEAK}'"),
         AT(4) "'slots' must be a whole number, not (hidden)", ""},
        {BACKEND("kind: openai, url: '${BAD_URL}'"), AT(4) "a url that holds a user or password",
         "/chat/completions"},
        {BACKEND("kind: openai, url: '${UNSET}/v1'"),
         AT(4) "environment variable 'UNSET' is not set", "${UNSET:-value}"},
        {BACKEND("kind: openai, url: '${}'"), AT(4) "'${' without a name and '}'", "${NAME}"},
        {BACKEND("kind: openai, url: '${A'"), AT(4) "'${' without a name and '}'", "${NAME}"},
        {BACKEND("kind: openai, url: gpu:8000"),
         AT(4) "a url that does not begin with http:// or https://", "https://api.openai.com/v1"},
        {BACKEND("kind: openai, url: 'http://'"),
         AT(4) "a url that does not begin with http:// or https://", ""},
        {BACKEND("kind: openai, url: 'http:///v1'"), AT(4) "a url that names no host", ""},
        {BACKEND("kind: openai, url: 'http://h/v1?a=b'"),
         AT(4) "a url that has a '?' or '#': a path is appended to it", ""},
        {BACKEND("kind: openai, url: 'http://h/v1/chat/completions'"),
         AT(4) "a url that already ends in '/chat/completions'", "base only"},
        {BACKEND("kind: anthropic, url: 'http://h/v1'"), AT(4) "a url that already ends in '/v1'",
         ""},
        {BACKEND("kind: openai, url: 'http://h[3-1]/v1'"), AT(4) "url: no range of hosts: '3-1'",
         "gpu[01-08]"},
        {BACKEND("kind: openai, url: 'http://h[1-300]/v1'"),
         AT(4) "url: a host list of more than 256 names", ""},
        {BACKEND("kind: openai, url: []"), AT(4) "'url' is an empty list", ""},
        {BACKEND("kind: openai, serve: {command: [sh]}"), AT(4) "'serve' is refused in a panel",
         "worker's configuration"},
        {BACKEND("kind: openai, limit_group: lab"), AT(4) "'limit_group' is refused in a panel",
         ""},
        {BACKEND("kind: openai, models: [m]"), AT(4) "'models' is refused in a panel", ""},
        {BACKEND("kind: openai, file: x"), AT(4) "'file' means nothing for kind openai", ""},
        {BACKEND("kind: lexical, url: x"), AT(4) "'url' means nothing for kind lexical", ""},
        {BACKEND("kind: recorded"), AT(4) "backend 'b' of recorded ballots has no 'file'", "TSV"},
        {BACKEND("kind: openai, headers: {Authorization: sk-1}"),
         AT(4) "header 'Authorization' carries a secret", "key"},
        {BACKEND("kind: openai, headers: {'a b': c}"), AT(4) "'a b' is no header of one line", ""},
        {BACKEND("kind: openai, headers: {a: \"x\\r\\ny\"}"), AT(4) "'a' is no header of one line",
         ""},
        {PAIR JUDGES "backends:\n- {name: a/b, kind: openai}\n",
         AT(4) "a backend's name has a '/' in it", "first slash"},
        {PAIR JUDGES "backends:\n- {name: a, kind: lexical}\n- {name: a, kind: lexical}\n",
         AT(5) "two backends are called 'a'", ""},
        {PAIR "judges:\n- {backend: b, model: m, answer: json}\n"
              "backends: [{name: b, kind: recorded, file: f}]\n",
         AT(3) "'answer' means nothing for a recorded judge", ""},
    };
    struct az_panel_source source = {.env = env};
    check(cases, AZ_LEN(cases), &source);
}

static void submitted(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {BACKEND("kind: openai, url: 'http://h/v1'"), AT(4) "'url' is refused in a submitted panel",
         "workers know"},
        {BACKEND("kind: openai, key: 'env:HOME'"), AT(4) "'key' is refused in a submitted panel",
         ""},
        {BACKEND("kind: openai, headers: {a: b}"),
         AT(4) "'headers' is refused in a submitted panel", ""},
        {BACKEND("kind: recorded, file: /etc/passwd"),
         AT(4) "'file' is refused in a submitted panel", ""},
        {BACKEND("kind: '${LEAK}'"), AT(4) "'${…}' is refused in a submitted panel", ""},
        {PAIR JUDGES "template_file: b\n",
         AT(3) "'template_file' names a file, and none is read here", ""},
        {PAIR JUDGES "extends: b\n", AT(3) "'extends' names a file, and none is read here", ""},
    };
    struct az_panel_source source = {.env = env, .submitted = true};
    check(cases, AZ_LEN(cases), &source);
}

/* Errors in what does not come from the panel's own file say where they are. */
static void elsewhere(void **state)
{
    (void)state;
    static const struct {
        const char *set, *backends, *what;
    } cases[] = {
        {"limits.usd", NULL, "--set 'limits.usd': no KEY=VALUE"},
        {"=3", NULL, "--set '=3': no KEY=VALUE"},
        {"limits.usdd=3", NULL, "--set 'limits.usdd': unrecognized key 'usdd'"},
        {"limits.usd=", NULL, "--set 'limits.usd': 'usd' has no value"},
        {"limits.usd=x", NULL, "--set 'limits.usd': 'usd' must be dollars, as a number, not 'x'"},
        {"limits.usd.x=1", NULL,
         "--set 'limits.usd.x': 'usd' must be dollars, as a number, not a map"},
        {"limits..usd=1", NULL, "--set 'limits..usd': unrecognized key ''"},
        {"judges.3.model=x", NULL, "--set 'judges.3.model': nothing there called '3.model'"},
        {"judges.nobody.model=x", NULL,
         "--set 'judges.nobody.model': nothing there called 'nobody.model'"},
        {"extends=x", NULL, "--set 'extends': it is set in the panel's file only"},
        {"name=[", NULL, "--set 'name': line 1: flow sequence without a closing bracket"},
        {NULL, "- {name: openai, kind: openai, key: sk-1}",
         "backends 'b.yaml': line 1: 'key' must say where the key is, and never hold it"},
        {NULL, "backend: []", "backends 'b.yaml': line 1: unrecognized key 'backend'"},
        {NULL, "backends: x", "backends 'b.yaml': line 1: backends must be a list, not text"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(panel) p = NULL;
        struct az_error err = {0};
        struct az_panel_source source = {.n_set = cases[i].set ? 1 : 0,
                                         .set = &cases[i].set,
                                         .backends_yaml = cases[i].backends,
                                         .backends_path = "b.yaml"};
        int r = az_panel_parse(PAIR JUDGES, "p.yaml", &source, &p, &err);
        if (r != AZ_EINVAL || strcmp(err.what, cases[i].what) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].set ? cases[i].set : cases[i].backends,
                     err.what, cases[i].what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shape),      cmocka_unit_test(questions), cmocka_unit_test(judges),
        cmocka_unit_test(aggregates), cmocka_unit_test(backends),  cmocka_unit_test(submitted),
        cmocka_unit_test(elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
