/* Any server with OpenAI's /chat/completions: OpenAI itself, vLLM, llama-server,
 * SGLang, LM Studio, OpenRouter, DeepSeek, Mistral, LiteLLM. */
#include "core/number.h"
#include "workers/backends/backends.h"
#include "workers/body.h"
#include "workers/status.h"

/* ---- request ---- */

static bool is_openai_itself(const struct az_backend *b)
{
    return !b->n_urls || az_str_find(az_str(b->urls[0]), AZ_STR("//api.openai.com")) >= 0;
}

static const char *length_name(const struct az_ask *ask)
{
    bool newer = is_openai_itself(ask->backend) != ask->caps.other_length_name;
    return newer ? "max_completion_tokens" : "max_tokens";
}

static void response_format(struct az_body *b, const struct az_ask *ask)
{
    if (ask->judge->answer != AZ_ANSWER_JSON || ask->caps.json == AZ_JSON_TEXT)
        return;
    if (!az_body_key(b, "response_format"))
        return;
    struct az_jw *w = &b->w;
    az_jw_obj(w);
    if (ask->caps.json == AZ_JSON_MODE) {
        az_jw_kz(w, "type", "json_object");
    } else {
        az_jw_kz(w, "type", "json_schema");
        az_jw_key(w, "json_schema");
        az_jw_obj(w);
        az_jw_kz(w, "name", "answer");
        az_jw_kbool(w, "strict", true);
        az_jw_key(w, "schema");
        az_answer_schema(w, ask);
        az_jw_obj_end(w);
    }
    az_jw_obj_end(w);
}

static int request(struct az_buf *out, const struct az_ask *ask, struct az_error *err)
{
    struct az_body b;
    int64_t seed;
    int r = az_body_begin(&b, out, ask, err);
    if (r < 0)
        return r;
    az_body_kz(&b, "model", ask->judge->model);
    if (az_body_key(&b, "messages")) {
        az_jw_arr(&b.w);
        if (ask->prompt->system.n)
            az_body_message(&b, "system", az_buf_view(&ask->prompt->system));
        az_body_turns(&b, ask);
        az_jw_arr_end(&b.w);
    }
    az_body_kint(&b, length_name(ask), az_ask_max_tokens(ask));
    az_body_temperature(&b, ask);
    if (az_ask_seed(ask, &seed))
        az_body_kint(&b, "seed", seed);
    if (ask->judge->answer == AZ_ANSWER_LOGPROBS) {
        az_body_kbool(&b, "logprobs", true);
        az_body_kint(&b, "top_logprobs", az_ask_top_logprobs(ask));
    }
    response_format(&b, ask);
    return az_body_end(&b, err);
}

/* ---- reply ---- */

static void read_usage(struct az_reply *r, az_jv usage)
{
    double usd;
    bool in = az_jv_int(az_jv_get(usage, "prompt_tokens"), &r->tokens_in);
    r->has_usage = az_jv_int(az_jv_get(usage, "completion_tokens"), &r->tokens_out) && in;
    if (!az_jv_int(az_jv_path(usage, "prompt_tokens_details.cached_tokens"), &r->tokens_cached))
        az_jv_int(az_jv_get(usage, "prompt_cache_hit_tokens"), &r->tokens_cached); /* DeepSeek */
    az_jv_int(az_jv_path(usage, "completion_tokens_details.reasoning_tokens"),
              &r->tokens_reasoning);
    az_reply_usage(r);
    if (az_jv_num(az_jv_get(usage, "cost"), &usd)) /* OpenRouter */
        r->has_cost = az_number_nusd(usd, &r->cost);
}

/* The token's bytes, which a character split over tokens needs. */
static struct az_str token_text(struct az_reply *r, az_jv token)
{
    az_jv bytes = az_jv_get(token, "bytes");
    struct az_str text = az_jv_str(az_jv_get(token, "token"));
    size_t n = az_jv_type(bytes) == AZ_J_ARRAY ? az_jv_len(bytes) : 0;
    char *p = n ? az_arena_zalloc(r->arena, n) : NULL;
    if (!p)
        return text;
    size_t i = 0;
    for (az_jv v = az_jv_first(bytes); v; v = az_jv_next(v)) {
        int64_t byte;
        if (!az_jv_int(v, &byte) || byte < 0 || byte > 255)
            return text;
        p[i++] = (char)byte;
    }
    return (struct az_str){p, n};
}

static double logprob(az_jv token)
{
    double v;
    return az_jv_num(az_jv_get(token, "logprob"), &v) ? v : -9999.0;
}

static bool read_top(struct az_reply *r, az_jv list, struct az_token *token)
{
    size_t n = az_jv_len(list);
    struct az_top *top = n ? az_arena_zalloc(r->arena, n * sizeof(*top)) : NULL;
    if (!n)
        return true;
    if (!top)
        return false;
    for (az_jv v = az_jv_first(list); v; v = az_jv_next(v))
        top[token->n_top++] = (struct az_top){token_text(r, v), logprob(v)};
    token->top = top;
    return true;
}

static void read_tokens(struct az_reply *r, az_jv list)
{
    size_t n = az_jv_type(list) == AZ_J_ARRAY ? az_jv_len(list) : 0;
    struct az_token *tokens = n ? az_arena_zalloc(r->arena, n * sizeof(*tokens)) : NULL;
    if (!tokens)
        return;
    size_t i = 0;
    for (az_jv v = az_jv_first(list); v; v = az_jv_next(v), i++) {
        tokens[i] = (struct az_token){.text = token_text(r, v), .logprob = logprob(v)};
        if (!read_top(r, az_jv_get(v, "top_logprobs"), &tokens[i]))
            return;
    }
    r->tokens = tokens;
    r->n_tokens = n;
}

/* Mistral's reasoning models: content is a list of parts. */
static bool join_parts(struct az_buf *text, struct az_buf *thinking, az_jv parts)
{
    for (az_jv p = az_jv_first(parts); p; p = az_jv_next(p)) {
        struct az_str type = az_jv_str(az_jv_get(p, "type"));
        if (az_str_eqz(type, "text"))
            az_buf_str(text, az_jv_str(az_jv_get(p, "text")));
        for (az_jv t = az_jv_first(az_jv_get(p, "thinking")); t; t = az_jv_next(t))
            az_buf_str(thinking, az_jv_str(az_jv_get(t, "text")));
    }
    return !text->failed && !thinking->failed;
}

static void read_content(struct az_reply *r, az_jv message)
{
    az_jv content = az_jv_get(message, "content");
    struct az_str apart = az_jv_str(az_jv_get(message, "reasoning_content"));
    if (!apart.p)
        apart = az_jv_str(az_jv_get(message, "reasoning"));
    if (az_jv_type(content) != AZ_J_ARRAY) {
        az_reply_text(r, az_jv_str(content), apart);
        return;
    }
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF thinking = az_buf(AZ_BUF_MAX);
    struct az_str t = {NULL, 0}, k = {NULL, 0};
    if (join_parts(&text, &thinking, content)) {
        t = az_arena_str(r->arena, az_buf_view(&text));
        k = az_arena_str(r->arena, az_buf_view(&thinking));
    }
    if (!t.p || !k.p)
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_INTERNAL, "out of memory");
    else
        az_reply_text(r, t, k.n ? k : apart);
}

/* True: the choice ended well or for want of room, and its text counts. */
static bool read_finish(struct az_reply *r, az_jv choice)
{
    struct az_str finish = az_jv_str(az_jv_get(choice, "finish_reason"));
    struct az_str refusal = az_jv_str(az_jv_path(choice, "message.refusal"));
    if (refusal.n) {
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_REFUSAL, AZ_STR_FMT, AZ_STR_ARG(refusal));
        return false;
    }
    if (az_str_eqz(finish, "content_filter")) {
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_REFUSAL, "stopped by the provider's filter");
        return false;
    }
    if (az_str_eqz(finish, "insufficient_system_resource") || az_str_eqz(finish, "error")) {
        az_reply_fail(r, AZ_TROUBLE_RETRY, AZ_BE_SERVER, "the answer ended with '" AZ_STR_FMT "'",
                      AZ_STR_ARG(finish));
        return false;
    }
    r->cut = az_str_eqz(finish, "length") || az_str_eqz(finish, "model_length");
    return true;
}

static void read_200(struct az_reply *r, const struct az_ask *ask)
{
    struct az_fault fault;
    az_jv root = az_json_root(r->doc);
    az_jv choice = az_jv_path(root, "choices.0");
    r->model = az_jv_str(az_jv_get(root, "model"));
    read_usage(r, az_jv_get(root, "usage"));
    if (az_fault_find(root, &fault) || az_fault_find(choice, &fault)) {
        az_status_inside(r, ask, &fault);
        return;
    }
    if (!az_jv_get(choice, "message")) {
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_BODY, "the reply has no choices[0].message");
        return;
    }
    if (!read_finish(r, choice))
        return;
    read_content(r, az_jv_get(choice, "message"));
    if (ask->judge->answer == AZ_ANSWER_LOGPROBS)
        read_tokens(r, az_jv_path(choice, "logprobs.content"));
}

static void reply(struct az_reply *r, const struct az_ask *ask, const struct az_response *response,
                  int64_t now_wall_ms)
{
    az_reply_begin(r, response->body);
    if (response->status < 200 || response->status > 299)
        az_status_read(r, ask, response, now_wall_ms);
    else if (r->doc)
        read_200(r, ask);
    az_reply_cost_header(r, response->headers);
}

const struct az_backend_kind az_backend_openai = {
    .name = "openai",
    .path = "/chat/completions",
    .url = "https://api.openai.com/v1",
    .url_env = "OPENAI_BASE_URL",
    .key_env = "OPENAI_API_KEY",
    .auth = AZ_AUTH_BEARER,
    .seed = true,
    .logprobs = true,
    .request = request,
    .reply = reply,
};
