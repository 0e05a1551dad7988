#include "workers/body.h"

enum {
    TAIL = 1024,        /* bytes around the prompt: schema, names, parameters */
    LOGPROB_TOKENS = 4, /* room for "\n" and "[[A]]" */
    TOP = 20,
    FEW_TOP = 5,
};

static const char *const reserved[] = {"max_tokens", "max_completion_tokens", "n", "best_of",
                                       "stream"};

static int parse_extra(const struct az_judge *judge, struct az_json **ret, struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(az_str(judge->extra), &doc, err);
    if (r == AZ_ENOMEM)
        return r;
    if (r < 0 || az_jv_type(az_json_root(doc)) != AZ_J_OBJECT)
        return az_fail(err, AZ_EINVAL, "judge '%s': extra is not a JSON object", judge->name);
    for (size_t i = 0; i < AZ_LEN(reserved); i++) {
        if (az_jv_get(az_json_root(doc), reserved[i]))
            return az_fail(err, AZ_EINVAL, "judge '%s': extra cannot set '%s'", judge->name,
                           reserved[i]);
    }
    *ret = AZ_TAKE(doc);
    return 0;
}

int az_body_begin(struct az_body *b, struct az_buf *out, const struct az_ask *ask,
                  struct az_error *err)
{
    *b = (struct az_body){.w = az_jw(out)};
    int r = ask->judge->extra ? parse_extra(ask->judge, &b->doc, err) : 0;
    if (r < 0)
        return r;
    az_buf_room(out, ask->prompt->system.n + ask->prompt->user.n + TAIL);
    az_jw_obj(&b->w);
    return 0;
}

bool az_body_key(struct az_body *b, const char *key)
{
    if (b->doc && az_jv_get(az_json_root(b->doc), key))
        return false;
    az_jw_key(&b->w, key);
    return true;
}

void az_body_kz(struct az_body *b, const char *key, const char *z)
{
    if (az_body_key(b, key))
        az_jw_z(&b->w, z);
}

void az_body_kint(struct az_body *b, const char *key, int64_t v)
{
    if (az_body_key(b, key))
        az_jw_int(&b->w, v);
}

void az_body_knum(struct az_body *b, const char *key, double v)
{
    if (az_body_key(b, key))
        az_jw_num(&b->w, v);
}

void az_body_kbool(struct az_body *b, const char *key, bool v)
{
    if (az_body_key(b, key))
        az_jw_bool(&b->w, v);
}

int az_body_end(struct az_body *b, struct az_error *err)
{
    az_jv extra = b->doc ? az_json_root(b->doc) : NULL;
    for (az_jv v = az_jv_first(extra); v; v = az_jv_next(v)) {
        if (az_jv_type(v) == AZ_J_NULL)
            continue;
        az_jw_key_str(&b->w, az_jv_key(v));
        az_jv_print(b->w.b, v);
        b->w.comma = true;
    }
    az_jw_obj_end(&b->w);
    az_json_free(AZ_TAKE(b->doc));
    return az_buf_check(b->w.b, err);
}

void az_body_message(struct az_body *b, const char *role, struct az_str content)
{
    az_jw_obj(&b->w);
    az_jw_kz(&b->w, "role", role);
    az_jw_kstr(&b->w, "content", content);
    az_jw_obj_end(&b->w);
}

void az_body_turns(struct az_body *b, const struct az_ask *ask)
{
    az_body_message(b, "user", az_buf_view(&ask->prompt->user));
    if (!ask->mistake.n)
        return;
    if (az_str_trim(ask->said).n) /* an empty turn is refused by some */
        az_body_message(b, "assistant", ask->said);
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    az_request_mistake(&text, ask);
    az_body_message(b, "user", az_buf_view(&text));
    if (text.failed)
        b->w.b->failed = text.failed;
}

void az_body_temperature(struct az_body *b, const struct az_ask *ask)
{
    if (ask->judge->has_temperature)
        az_body_knum(b, "temperature", ask->judge->temperature);
    else if (!ask->caps.no_temperature)
        az_body_knum(b, "temperature", 0);
}

bool az_ask_seed(const struct az_ask *ask, int64_t *ret)
{
    const struct az_judge *j = ask->judge;
    if (ask->caps.no_seed || (!j->has_seed && j->samples <= 1))
        return false;
    *ret = (j->has_seed ? j->seed : 0) + (j->samples > 1 ? ask->key.sample : 0);
    return true;
}

int az_ask_max_tokens(const struct az_ask *ask)
{
    bool first = ask->max_tokens <= ask->judge->max_tokens;
    if (ask->judge->answer == AZ_ANSWER_LOGPROBS && first)
        return AZ_MIN(ask->max_tokens, (int)LOGPROB_TOKENS);
    return ask->max_tokens;
}

int az_ask_top_logprobs(const struct az_ask *ask)
{
    return ask->caps.few_logprobs ? FEW_TOP : TOP;
}
