#include "workers/status.h"

#include "workers/retry.h"

enum { SCAN = 400 }; /* bytes of a message that are looked at: more is an echoed prompt */

bool az_fault_find(az_jv body, struct az_fault *ret)
{
    *ret = (struct az_fault){0};
    az_jv e = az_jv_get(body, "error");
    enum az_jtype type = az_jv_type(e);
    az_jv detail = az_jv_get(body, "detail"); /* FastAPI: text, or what is wrong where */
    if (type == AZ_J_STRING) {
        ret->message = az_jv_str(e);
        return true;
    }
    if (type == AZ_J_OBJECT) {
        ret->message = az_jv_str(az_jv_get(e, "message"));
    } else if (detail) {
        ret->message = az_jv_str(detail);
        if (!ret->message.p)
            ret->message = az_jv_str(az_jv_path(detail, "0.msg"));
        ret->param = az_jv_str(az_jv_path(detail, "0.loc.1"));
        return true;
    } else if (az_str_eqz(az_jv_str(az_jv_get(body, "object")), "error")) {
        e = body; /* old vLLM */
        ret->message = az_jv_str(az_jv_get(body, "message"));
    } else {
        return false;
    }
    ret->type = az_jv_str(az_jv_get(e, "type"));
    ret->param = az_jv_str(az_jv_get(e, "param"));
    ret->code = az_jv_str(az_jv_get(e, "code"));
    if (!ret->code.p)
        ret->code = az_jv_str(az_jv_path(e, "details.error_code"));
    if (!az_jv_int(az_jv_get(e, "code"), &ret->number))
        az_str_int(ret->code, &ret->number);
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* `word` in the message's head, any case; as a whole name, so that "seed" is
 * not found in "exceeded". */
static bool says(struct az_str message, const char *word)
{
    size_t n = strlen(word), end = AZ_MIN(message.n, (size_t)SCAN);
    for (size_t i = 0; i + n <= end; i++) {
        size_t k = 0;
        while (k < n && lower(message.p[i + k]) == word[k])
            k++;
        char before = i ? lower(message.p[i - 1]) : ' ';
        char after = i + n < message.n ? lower(message.p[i + n]) : ' ';
        bool whole = !(before >= 'a' && before <= 'z') && before != '_' &&
                     !(after >= 'a' && after <= 'z') && after != '_';
        if (k == n && whole)
            return true;
    }
    return false;
}

static bool says_any(struct az_str message, const char *const *words)
{
    for (; *words; words++) {
        if (says(message, *words))
            return true;
    }
    return false;
}

static bool is_any(struct az_str s, const char *const *words)
{
    for (; *words; words++) {
        if (az_str_eqz(s, *words))
            return true;
    }
    return false;
}

static bool out_of_money(const struct az_fault *f)
{
    static const char *const codes[] = {"insufficient_quota",
                                        "enforced_spend_limit_reached",
                                        "billing_hard_limit_reached",
                                        "billing_not_active",
                                        "billing_error",
                                        NULL};
    static const char *const words[] = {"credit balance", "insufficient balance",
                                        "insufficient credits", NULL};
    return is_any(f->code, codes) || is_any(f->type, codes) || says_any(f->message, words);
}

static bool too_long(const struct az_fault *f)
{
    static const char *const codes[] = {"context_length_exceeded", "string_above_max_length",
                                        "exceed_context_size_error", "request_too_large", NULL};
    static const char *const words[] = {
        "maximum context length", "context length",     "context window",
        "context size",           "prompt is too long", "input is too long",
        "prompt too long",        "max_model_len",      NULL};
    return is_any(f->code, codes) || is_any(f->type, codes) || says_any(f->message, words);
}

static bool declined(long status, const struct az_fault *f)
{
    static const char *const codes[] = {"content_filter", "content_policy_violation",
                                        "moderation_blocked", "invalid_prompt", NULL};
    static const char *const words[] = {
        "moderation",     "flagged",        "content management policy",
        "content policy", "usage policies", NULL};
    return is_any(f->code, codes) || is_any(f->type, codes) ||
           (status == 403 && says_any(f->message, words));
}

static const char *const form_names[] = {
    "response_format",    "output_config",     "output_format", "json_schema",
    "json_object",        "json schema",       "json mode",     "structured_outputs",
    "structured outputs", "structured output", "guided_json",   "invalid schema",
    "parse grammar",      "grammar error",     "xgrammar",      NULL};
static const char *const length_names[] = {"max_tokens", "max_completion_tokens", NULL};
static const char *const top_names[] = {"top_logprobs", "logprobs", NULL};

/* The parameter that the error is about, from its `param`, else its words. */
static unsigned about(const struct az_fault *f)
{
    /* A value refused is a name known: only these words are about the name. */
    static const char *const refusals[] = {"unsupported",
                                           "not supported",
                                           "not support",
                                           "doesn't support",
                                           "not permitted",
                                           "not allowed",
                                           "not available",
                                           "unrecognized",
                                           "unknown",
                                           "unexpected",
                                           "extra",
                                           "extra inputs",
                                           "deprecated",
                                           "only the default",
                                           "not enabled",
                                           "not implemented",
                                           "no longer",
                                           "invalid",
                                           "invalid schema",
                                           "instead",
                                           "must be",
                                           "must contain",
                                           "may only",
                                           "failed",
                                           "cannot",
                                           "can't",
                                           NULL};
    size_t n = 0;
    while (n < f->param.n && f->param.p[n] != '.' && f->param.p[n] != '[')
        n++;
    struct az_str param = {f->param.p, n};
    struct az_str text = param.n ? param : f->message;
    if (!param.n && !says_any(f->message, refusals))
        return 0;
    if (says_any(text, form_names) || says(f->message, "response_format"))
        return AZ_REFUSED_FORM;
    if (says(text, "temperature"))
        return AZ_REFUSED_TEMPERATURE;
    if (says_any(text, length_names))
        return AZ_REFUSED_LENGTH;
    if (says_any(text, top_names))
        return AZ_REFUSED_TOP;
    return says(text, "seed") ? AZ_REFUSED_SEED : 0;
}

static bool value_is_wrong(const struct az_fault *f)
{
    static const char *const words[] = {"too large",     "at most",  "less than",
                                        "greater than",  "at least", "integer above",
                                        "integer below", NULL};
    return says_any(f->message, words);
}

/* What of it the request can do without; 0: nothing. */
static unsigned refused(const struct az_ask *ask, const struct az_fault *f)
{
    const struct az_caps *used = &ask->caps;
    const struct az_judge *j = ask->judge;
    unsigned what = about(f);
    switch (what) {
    case AZ_REFUSED_FORM:
        return j->answer == AZ_ANSWER_JSON && used->json != AZ_JSON_TEXT ? what : 0;
    case AZ_REFUSED_TEMPERATURE: /* one that the panel asks for is not dropped */
        return j->has_temperature || used->no_temperature ? 0 : what;
    case AZ_REFUSED_LENGTH:
        return used->other_length_name || value_is_wrong(f) ? 0 : what;
    case AZ_REFUSED_SEED:
        return used->no_seed ? 0 : what;
    case AZ_REFUSED_TOP:
        return j->answer == AZ_ANSWER_LOGPROBS ? what : 0;
    default:
        return what;
    }
}

static void read_400(struct az_reply *r, const struct az_ask *ask, long status,
                     const struct az_fault *f)
{
    unsigned what = refused(ask, f);
    if (what == AZ_REFUSED_TOP) {
        bool count = says(f->message, "top_logprobs") && !ask->caps.few_logprobs &&
                     (value_is_wrong(f) || says(f->message, "5"));
        if (!count) {
            az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_LOGPROBS,
                          "'%s' gives no log-probabilities; use answer: letter (" AZ_STR_FMT ")",
                          ask->judge->model, AZ_STR_ARG(f->message));
            return;
        }
    }
    r->refused = what;
    az_reply_fail(r, what ? AZ_TROUBLE_LEARN : AZ_TROUBLE_ITEM, AZ_BE_HTTP, "HTTP %ld: " AZ_STR_FMT,
                  status, AZ_STR_ARG(f->message));
}

static void stop(struct az_reply *r, const struct az_ask *ask, long status,
                 const struct az_fault *f)
{
    const char *why = status == 401   ? "the key is refused"
                      : status == 403 ? "not permitted"
                      : status == 404 ? "no such model or path"
                                      : "no money or quota left";
    az_reply_fail(r, AZ_TROUBLE_STOP, AZ_BE_HTTP,
                  "%s (backend '%s', model '%s', HTTP %ld): " AZ_STR_FMT, why, ask->backend->name,
                  ask->judge->model, status, AZ_STR_ARG(f->message));
}

/* Without an error object, the body's own words. */
static void find_words(const struct az_reply *r, const struct az_response *response,
                       struct az_fault *f)
{
    az_jv root = r->doc ? az_json_root(r->doc) : NULL;
    if (!az_fault_find(root, f) || !f->message.p)
        f->message = az_str_trim(response->body);
}

void az_status_read(struct az_reply *r, const struct az_ask *ask,
                    const struct az_response *response, int64_t now_wall_ms)
{
    long status = response->status;
    struct az_hints hints = az_hints_read(response->headers, now_wall_ms);
    enum az_trouble trouble = az_retry_status(status, &hints);
    struct az_fault f;
    find_words(r, response, &f);

    if (declined(status, &f)) {
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_REFUSAL, AZ_STR_FMT, AZ_STR_ARG(f.message));
    } else if (trouble == AZ_TROUBLE_STOP || out_of_money(&f) ||
               az_str_eqz(f.code, "model_not_found")) {
        stop(r, ask, az_str_eqz(f.code, "model_not_found") ? 404 : status, &f);
    } else if (status == 413 || (status < 500 && status != 429 && too_long(&f))) {
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_TOO_LONG, AZ_STR_FMT, AZ_STR_ARG(f.message));
    } else if (trouble == AZ_TROUBLE_ITEM && (status == 400 || status == 422)) {
        read_400(r, ask, status, &f);
    } else {
        az_reply_fail(r, trouble, status == 429 ? AZ_BE_RATE : AZ_BE_HTTP, "HTTP %ld: " AZ_STR_FMT,
                      status, AZ_STR_ARG(f.message));
        r->retry_after_ms = az_hints_wait(&hints);
    }
}

void az_status_inside(struct az_reply *r, const struct az_ask *ask, const struct az_fault *f)
{
    static const char *const transient[] = {"server_error",
                                            "api_error",
                                            "rate_limit_exceeded",
                                            "rate_limit_error",
                                            "overloaded_error",
                                            "overloaded",
                                            "timeout",
                                            "timeout_error",
                                            "internal_server_error",
                                            "insufficient_system_resource",
                                            "unavailable_error",
                                            "service_unavailable",
                                            NULL};
    if (declined(f->number, f)) {
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_REFUSAL, AZ_STR_FMT, AZ_STR_ARG(f->message));
        return;
    }
    if (out_of_money(f) || f->number == 401 || f->number == 402 || f->number == 403) {
        stop(r, ask, f->number ? (long)f->number : 402, f);
        return;
    }
    if (too_long(f)) {
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_TOO_LONG, AZ_STR_FMT, AZ_STR_ARG(f->message));
        return;
    }
    struct az_hints none = {.should_retry = -1};
    bool again = is_any(f->code, transient) || is_any(f->type, transient) ||
                 (f->number >= 400 && az_retry_status((long)f->number, &none) == AZ_TROUBLE_RETRY);
    az_reply_fail(r, again ? AZ_TROUBLE_RETRY : AZ_TROUBLE_ITEM, AZ_BE_SERVER,
                  "error inside an answer: " AZ_STR_FMT, AZ_STR_ARG(f->message));
}
