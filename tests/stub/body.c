#include "tests/stub/body.h"

#include <math.h>

#include "core/hash.h"
#include "core/json.h"
#include "core/rng.h"

enum { TOP_MAX = 20 };

struct top {
    struct az_str token;
    double p;
};

/* "A:0.7, A:0.1,B:0.2": names are taken as they are, spaces included. */
static size_t fixed_probs(struct az_str rest, struct top *tops)
{
    size_t n = 0;
    while (rest.n && n < TOP_MAX) {
        const char *comma = memchr(rest.p, ',', rest.n);
        size_t len = comma ? (size_t)(comma - rest.p) : rest.n;
        struct az_str row = {rest.p, len};
        ptrdiff_t colon = az_str_rfind(row, AZ_STR(":"));
        if (colon >= 0 &&
            az_str_double((struct az_str){row.p + colon + 1, len - (size_t)colon - 1}, &tops[n].p))
            tops[n++].token = (struct az_str){row.p, (size_t)colon};
        len += comma != NULL;
        rest = (struct az_str){rest.p + len, rest.n - len};
    }
    return n;
}

/* The label said gets more than half; the others share the rest. */
static size_t drawn_probs(const struct completion *c, struct az_str label, struct top *tops)
{
    struct az_str labels[TOP_MAX];
    size_t n = judge_labels(c->judge, c->ask, labels, TOP_MAX);
    struct az_rng rng = az_rng(az_hash64_mix(c->judge->seed, c->ask->key));
    double p = 0.55 + 0.44 * az_rng_unit(&rng);
    for (size_t i = 0; i < n; i++)
        tops[i] = (struct top){
            labels[i], az_str_eq(labels[i], label) ? p : (1 - p) / (double)(n > 1 ? n - 1 : 1)};
    return n;
}

static void token(struct az_jw *w, struct az_str text, double p)
{
    az_jw_kstr(w, "token", text);
    az_jw_knum(w, "logprob", p > 0 ? log(p) : -9999.0);
    az_jw_key(w, "bytes");
    az_jw_arr(w);
    for (size_t i = 0; i < text.n; i++)
        az_jw_int(w, (unsigned char)text.p[i]);
    az_jw_arr_end(w);
}

static void logprob(struct az_jw *w, const struct completion *c, struct az_str text, bool label)
{
    struct top tops[TOP_MAX] = {{text, 0.999}};
    size_t n = 1;
    if (label)
        n = c->judge->probs ? fixed_probs(az_str(c->judge->probs), tops)
                            : drawn_probs(c, text, tops);
    double p = 0;
    for (size_t i = 0; i < n; i++)
        if (az_str_eq(tops[i].token, text))
            p = tops[i].p;
    az_jw_obj(w);
    token(w, text, p);
    az_jw_key(w, "top_logprobs");
    az_jw_arr(w);
    for (size_t i = 0; i < n && (int64_t)i < c->ask->top_logprobs; i++) {
        az_jw_obj(w);
        token(w, tops[i].token, tops[i].p);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
    az_jw_obj_end(w);
}

/* Three tokens: what stands before the label, the label, and what follows. */
static void logprobs(struct az_jw *w, const struct completion *c)
{
    struct az_str text = az_buf_view(&c->said->text);
    size_t at = c->said->label_n ? c->said->label_at : text.n, end = at + c->said->label_n;
    az_jw_key(w, "logprobs");
    az_jw_obj(w);
    az_jw_key(w, "content");
    az_jw_arr(w);
    if (at)
        logprob(w, c, (struct az_str){text.p, at}, false);
    if (end > at)
        logprob(w, c, (struct az_str){text.p + at, end - at}, true);
    if (end < text.n)
        logprob(w, c, (struct az_str){text.p + end, text.n - end}, false);
    az_jw_arr_end(w);
    az_jw_obj_end(w);
}

static struct az_str content(const struct completion *c)
{
    struct az_str text = az_buf_view(&c->said->text);
    if (c->what == BODY_EMPTY || c->what == BODY_REFUSAL || c->what == BODY_FILTER)
        return AZ_STR("");
    if (c->what == BODY_LENGTH)
        text.n /= 2;
    return text.p ? text : AZ_STR("");
}

static void openai_usage(struct az_jw *w, const struct usage *u)
{
    az_jw_key(w, "usage");
    az_jw_obj(w);
    az_jw_kint(w, "prompt_tokens", u->in);
    az_jw_kint(w, "completion_tokens", u->out);
    az_jw_kint(w, "total_tokens", u->in + u->out);
    az_jw_key(w, "prompt_tokens_details");
    az_jw_obj(w);
    az_jw_kint(w, "cached_tokens", u->cached);
    az_jw_obj_end(w);
    az_jw_obj_end(w);
}

static void openai_message(struct az_jw *w, const struct completion *c)
{
    az_jw_key(w, "message");
    az_jw_obj(w);
    az_jw_kz(w, "role", "assistant");
    if (c->what == BODY_REFUSAL) {
        az_jw_knull(w, "content");
        az_jw_kz(w, "refusal", "I can't help with that.");
    } else {
        az_jw_kstr(w, "content", content(c));
        az_jw_knull(w, "refusal");
    }
    if (c->judge->reasoning)
        az_jw_kz(w, "reasoning_content", c->judge->reasoning);
    az_jw_obj_end(w);
}

static void openai(struct az_buf *b, const struct completion *c)
{
    struct az_jw w = az_jw(b);
    char id[40];
    snprintf(id, sizeof(id), "chatcmpl-%lld", (long long)c->number);
    az_jw_obj(&w);
    az_jw_kz(&w, "id", id);
    az_jw_kz(&w, "object", "chat.completion");
    az_jw_kint(&w, "created", 1700000000);
    az_jw_kstr(&w, "model", c->ask->model);
    az_jw_key(&w, "choices");
    az_jw_arr(&w);
    az_jw_obj(&w);
    az_jw_kint(&w, "index", 0);
    openai_message(&w, c);
    if (c->ask->logprobs && !c->what)
        logprobs(&w, c);
    else
        az_jw_knull(&w, "logprobs");
    az_jw_kz(&w, "finish_reason",
             c->what == BODY_LENGTH   ? "length"
             : c->what == BODY_FILTER ? "content_filter"
                                      : "stop");
    az_jw_obj_end(&w);
    az_jw_arr_end(&w);
    if (c->usage.told)
        openai_usage(&w, &c->usage);
    az_jw_obj_end(&w);
}

static void anthropic_content(struct az_jw *w, const struct completion *c)
{
    az_jw_key(w, "content");
    az_jw_arr(w);
    if (c->judge->reasoning) {
        az_jw_obj(w);
        az_jw_kz(w, "type", "thinking");
        az_jw_kz(w, "thinking", c->judge->reasoning);
        az_jw_kz(w, "signature", "c3R1Yg==");
        az_jw_obj_end(w);
    }
    if (c->what != BODY_REFUSAL) {
        az_jw_obj(w);
        az_jw_kz(w, "type", "text");
        az_jw_kstr(w, "text", content(c));
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
}

static void anthropic(struct az_buf *b, const struct completion *c)
{
    struct az_jw w = az_jw(b);
    char id[40];
    snprintf(id, sizeof(id), "msg_%lld", (long long)c->number);
    az_jw_obj(&w);
    az_jw_kz(&w, "id", id);
    az_jw_kz(&w, "type", "message");
    az_jw_kz(&w, "role", "assistant");
    az_jw_kstr(&w, "model", c->ask->model);
    anthropic_content(&w, c);
    az_jw_kz(&w, "stop_reason",
             c->what == BODY_LENGTH                              ? "max_tokens"
             : c->what == BODY_REFUSAL || c->what == BODY_FILTER ? "refusal"
                                                                 : "end_turn");
    az_jw_knull(&w, "stop_sequence");
    if (c->usage.told) {
        az_jw_key(&w, "usage");
        az_jw_obj(&w);
        az_jw_kint(&w, "input_tokens", c->usage.in - c->usage.cached);
        az_jw_kint(&w, "cache_creation_input_tokens", 0);
        az_jw_kint(&w, "cache_read_input_tokens", c->usage.cached);
        az_jw_kint(&w, "output_tokens", c->usage.out);
        az_jw_obj_end(&w);
    }
    az_jw_obj_end(&w);
}

void body_completion(struct az_buf *b, const struct completion *c)
{
    if (c->what == BODY_NOT_JSON)
        az_buf_z(b, "upstream connect error or disconnect/reset before headers {\"id\":");
    else if (c->ask->provider == OPENAI)
        openai(b, c);
    else
        anthropic(b, c);
}

void body_error(struct az_buf *b, enum provider provider, const struct fault_kind *k)
{
    if (!k->type) { /* a gateway's page */
        az_buf_z(b, k->message);
        return;
    }
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    if (provider == ANTHROPIC)
        az_jw_kz(&w, "type", "error");
    az_jw_key(&w, "error");
    az_jw_obj(&w);
    az_jw_kz(&w, "type", k->type);
    az_jw_kz(&w, "message", k->message);
    if (provider == OPENAI) {
        az_jw_kz(&w, "param", k->param);
        az_jw_kz(&w, "code", k->code);
    }
    az_jw_obj_end(&w);
    if (provider == ANTHROPIC)
        az_jw_kz(&w, "request_id", "req_stub");
    az_jw_obj_end(&w);
}

void body_huge_start(struct az_buf *b, const struct completion *c)
{
    az_buf_z(b, c->ask->provider == OPENAI
                    ? "{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\""
                    : "{\"stop_reason\":\"end_turn\",\"content\":[{\"type\":\"text\",\"text\":\"");
}

const char *body_huge_tail(enum provider provider)
{
    return provider == OPENAI ? "\"}}]}" : "\"}]}";
}
