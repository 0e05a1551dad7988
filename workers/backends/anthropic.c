/* Anthropic's /v1/messages. No seed, no log-probabilities, no JSON mode: below
 * the schema there is only text. */
#include "workers/backends/backends.h"
#include "workers/body.h"
#include "workers/status.h"

/* ---- request ---- */

static void output_config(struct az_body *b, const struct az_ask *ask)
{
    if (ask->judge->answer != AZ_ANSWER_JSON || ask->caps.json != AZ_JSON_SCHEMA)
        return;
    if (!az_body_key(b, "output_config"))
        return;
    struct az_jw *w = &b->w;
    az_jw_obj(w);
    az_jw_key(w, "format");
    az_jw_obj(w);
    az_jw_kz(w, "type", "json_schema");
    az_jw_key(w, "schema");
    az_answer_schema(w, ask);
    az_jw_obj_end(w);
    az_jw_obj_end(w);
}

static int request(struct az_buf *out, const struct az_ask *ask, struct az_error *err)
{
    struct az_body b;
    if (ask->judge->answer == AZ_ANSWER_LOGPROBS) {
        az_fail(err, AZ_EINVAL, "judge '%s': anthropic gives no log-probabilities",
                ask->judge->name);
        az_hint(err, "Use answer: letter, or json.");
        return AZ_EINVAL;
    }
    int r = az_body_begin(&b, out, ask, err);
    if (r < 0)
        return r;
    az_body_kz(&b, "model", ask->judge->model);
    az_body_kint(&b, "max_tokens", az_ask_max_tokens(ask));
    if (ask->prompt->system.n && az_body_key(&b, "system"))
        az_jw_str(&b.w, az_buf_view(&ask->prompt->system));
    if (az_body_key(&b, "messages")) {
        az_jw_arr(&b.w);
        az_body_turns(&b, ask);
        az_jw_arr_end(&b.w);
    }
    az_body_temperature(&b, ask);
    output_config(&b, ask);
    return az_body_end(&b, err);
}

/* ---- reply ---- */

/* What was read from and written to the cache lies outside input_tokens. */
static void read_usage(struct az_reply *r, az_jv usage)
{
    int64_t plain = 0, written = 0;
    bool in = az_jv_int(az_jv_get(usage, "input_tokens"), &plain);
    az_jv_int(az_jv_get(usage, "cache_creation_input_tokens"), &written);
    az_jv_int(az_jv_get(usage, "cache_read_input_tokens"), &r->tokens_cached);
    r->has_usage = az_jv_int(az_jv_get(usage, "output_tokens"), &r->tokens_out) && in;
    az_jv_int(az_jv_path(usage, "output_tokens_details.thinking_tokens"), &r->tokens_reasoning);
    /* A part that is negative or absurd makes the sum so, and the whole unsaid. */
    if (__builtin_add_overflow(plain, written, &r->tokens_in) || plain < 0 || written < 0 ||
        __builtin_add_overflow(r->tokens_in, r->tokens_cached, &r->tokens_in))
        r->tokens_in = -1;
    az_reply_usage(r);
}

/* The blocks of one type joined, in the reply's arena; one alone is borrowed. */
static bool join(struct az_reply *r, az_jv blocks, const char *type, struct az_str *ret)
{
    AZ_AUTO_BUF all = az_buf(AZ_BUF_MAX);
    size_t n = 0;
    *ret = (struct az_str){NULL, 0};
    for (az_jv b = az_jv_first(blocks); b; b = az_jv_next(b)) {
        if (!az_str_eqz(az_jv_str(az_jv_get(b, "type")), type))
            continue;
        struct az_str part = az_jv_str(az_jv_get(b, type)); /* {"type":"text","text":…} */
        az_buf_str(&all, part);
        if (n++ == 0)
            *ret = part;
    }
    if (n > 1 && !all.failed)
        *ret = az_arena_str(r->arena, az_buf_view(&all));
    return !all.failed && (n < 2 || ret->p);
}

static void read_content(struct az_reply *r, az_jv blocks)
{
    struct az_str text, thinking;
    if (!join(r, blocks, "text", &text) || !join(r, blocks, "thinking", &thinking))
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_INTERNAL, "out of memory");
    else
        az_reply_text(r, text, thinking);
}

static void read_200(struct az_reply *r, const struct az_ask *ask)
{
    struct az_fault fault;
    az_jv root = az_json_root(r->doc);
    az_jv content = az_jv_get(root, "content");
    r->model = az_jv_str(az_jv_get(root, "model"));
    read_usage(r, az_jv_get(root, "usage"));
    if (az_fault_find(root, &fault)) {
        az_status_inside(r, ask, &fault);
        return;
    }
    if (az_jv_type(content) != AZ_J_ARRAY) {
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_BODY, "the reply has no content blocks");
        return;
    }
    struct az_str stop = az_jv_str(az_jv_get(root, "stop_reason"));
    if (az_str_eqz(stop, "refusal")) {
        struct az_str what = az_jv_str(az_jv_path(root, "stop_details.category"));
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_REFUSAL, "the model declines%s" AZ_STR_FMT,
                      what.n ? ": " : "", AZ_STR_ARG(what));
        return;
    }
    r->cut = az_str_eqz(stop, "max_tokens") || az_str_eqz(stop, "model_context_window_exceeded");
    read_content(r, content);
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

static const char *const headers[] = {"anthropic-version: 2023-06-01", NULL};

const struct az_backend_kind az_backend_anthropic = {
    .name = "anthropic",
    .path = "/v1/messages",
    .url = "https://api.anthropic.com",
    .url_env = "ANTHROPIC_BASE_URL",
    .key_env = "ANTHROPIC_API_KEY",
    .auth = AZ_AUTH_X_API_KEY,
    .headers = headers,
    .request = request,
    .reply = reply,
};
