#include "tests/stub/fault.h"

#include "core/hash.h"
#include "core/mem.h"
#include "tests/stub/server.h"

#define STATUS(name_, status_, type_, code_, message_, retry_)                               \
    {                                                                                        \
        .name = name_, .act = FAULT_STATUS, .status = status_, .type = type_, .code = code_, \
        .message = message_, .retry_after = retry_                                           \
    }
#define REFUSE(name_, param_, message_)                                                     \
    {                                                                                       \
        .name = name_, .act = FAULT_REFUSE, .status = 400, .type = "invalid_request_error", \
        .code = "unsupported_parameter", .message = message_, .param = param_               \
    }
#define ENDING(name_, ending_)                                               \
    {                                                                        \
        .name = name_, .act = FAULT_ENDING, .status = 200, .detail = ending_ \
    }
#define BODY(name_, body_)                                               \
    {                                                                    \
        .name = name_, .act = FAULT_BODY, .status = 200, .detail = body_ \
    }

static const struct fault_kind kinds[] = {
    STATUS("400", 400, "invalid_request_error", NULL, "The request is wrong.", false),
    STATUS("context", 400, "invalid_request_error", "context_length_exceeded",
           "This model's maximum context length is 4096 tokens.", false),
    STATUS("401", 401, "authentication_error", "invalid_api_key", "Incorrect API key provided.",
           false),
    STATUS("402", 402, "billing_error", NULL, "Insufficient Balance", false),
    STATUS("403", 403, "permission_error", NULL, "The key lacks permission.", false),
    STATUS("moderation", 403, "moderation_error", "moderation",
           "Your input was flagged by moderation.", false),
    STATUS("404", 404, "not_found_error", "model_not_found", "The model does not exist.", false),
    STATUS("408", 408, "timeout_error", NULL, "Request timed out.", false),
    STATUS("413", 413, "request_too_large", NULL, "Request exceeds the maximum size.", false),
    STATUS("429", 429, "rate_limit_error", "rate_limit_exceeded", "Rate limit reached.", true),
    STATUS("quota", 429, "insufficient_quota", "insufficient_quota",
           "You exceeded your current quota, please check your plan and billing details.", false),
    STATUS("500", 500, "api_error", NULL, "The server had an error.", true),
    STATUS("502", 502, NULL, NULL, "<html><body><h1>502 Bad Gateway</h1></body></html>\n", false),
    STATUS("503", 503, "overloaded_error", NULL, "The server is starting or overloaded.", true),
    STATUS("529", 529, "overloaded_error", NULL, "Overloaded", true),
    REFUSE("temperature", "temperature",
           "Unsupported value: 'temperature' does not support 0 with this model. Only the default "
           "(1) value is supported."),
    REFUSE("schema", "response_format",
           "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this "
           "model."),
    REFUSE("max_tokens", "max_tokens",
           "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
           "'max_completion_tokens' instead."),
    REFUSE("logprobs", "logprobs", "You are not allowed to request logprobs from this model."),
    ENDING("reset", END_RESET),
    ENDING("cut", END_CUT),
    ENDING("hang", END_HANG),
    ENDING("drip", END_DRIP),
    BODY("error200", BODY_ERROR),
    BODY("nojson", BODY_NOT_JSON),
    BODY("empty", BODY_EMPTY),
    BODY("refusal", BODY_REFUSAL),
    BODY("filter", BODY_FILTER),
    BODY("outside", BODY_OUTSIDE),
    BODY("length", BODY_LENGTH),
    BODY("noschema", BODY_NO_SCHEMA),
    BODY("badlength", BODY_WRONG_LENGTH),
    BODY("huge", BODY_HUGE),
};

enum { NTH_MAX = 16 };

struct rule {
    const struct fault_kind *kind;
    enum when { ALWAYS, RATE, EVERY, NTH, FIRST, AFTER, TRIES } when;
    double rate;
    size_t n;
    int64_t at[NTH_MAX];
    char *model; /* NULL: any */
};

struct fault_rules {
    struct rule *at;
    size_t n, cap;
};

const struct fault_kind *fault_nth(size_t n)
{
    return n < AZ_LEN(kinds) ? &kinds[n] : NULL;
}

const struct fault_kind *fault_find(struct az_str name)
{
    for (size_t i = 0; i < AZ_LEN(kinds); i++)
        if (az_str_eqz(name, kinds[i].name))
            return &kinds[i];
    return NULL;
}

/* "3,9" to numbers. */
static bool numbers(struct az_str s, struct rule *r)
{
    while (s.n && r->n < NTH_MAX) {
        const char *comma = memchr(s.p, ',', s.n);
        size_t n = comma ? (size_t)(comma - s.p) : s.n;
        if (!az_str_int((struct az_str){s.p, n}, &r->at[r->n]) || r->at[r->n] < 1)
            return false;
        r->n++;
        n += comma != NULL;
        s = (struct az_str){s.p + n, s.n - n};
    }
    return r->n && !s.n;
}

static bool when(struct az_str s, struct rule *r)
{
    static const struct {
        const char *prefix;
        enum when when;
    } rows[] = {
        {"every=", EVERY}, {"nth=", NTH}, {"first=", FIRST}, {"after=", AFTER}, {"tries=", TRIES}};
    if (!s.n)
        return true;
    for (size_t i = 0; i < AZ_LEN(rows); i++) {
        size_t n = strlen(rows[i].prefix);
        if (az_str_starts(s, rows[i].prefix)) {
            r->when = rows[i].when;
            return numbers((struct az_str){s.p + n, s.n - n}, r);
        }
    }
    r->when = RATE;
    return az_str_double(s, &r->rate) && r->rate >= 0 && r->rate <= 1;
}

int fault_add(struct fault_rules **rules, const char *spec, struct az_error *err)
{
    struct az_str rest = az_str(spec), model = {NULL, 0};
    const char *at = strchr(spec, '@');
    if (at) {
        model = az_str(at + 1);
        rest.n = (size_t)(at - spec);
    }
    const char *colon = memchr(rest.p, ':', rest.n);
    struct az_str name = {rest.p, colon ? (size_t)(colon - rest.p) : rest.n};
    struct az_str moment = {colon ? colon + 1 : "", colon ? rest.n - name.n - 1 : 0};

    struct rule r = {.kind = fault_find(name)};
    if (!r.kind)
        return az_fail(err, AZ_EINVAL, "no fault is called '" AZ_STR_FMT "'", AZ_STR_ARG(name));
    if (!when(moment, &r))
        return az_fail(err, AZ_EINVAL, "fault '%s': no such moment", spec);
    if (!*rules && !(*rules = az_zalloc(sizeof(**rules))))
        return az_oom(err);
    struct fault_rules *list = *rules;
    if (az_grow(&list->at, &list->cap, list->n + 1, sizeof(*list->at)) < 0 ||
        (model.p && !(r.model = az_strdup(model.p))))
        return az_oom(err);
    list->at[list->n++] = r;
    return 0;
}

void fault_clear(struct fault_rules **rules)
{
    if (!*rules)
        return;
    for (size_t i = 0; i < (*rules)->n; i++)
        free((*rules)->at[i].model);
    free((*rules)->at);
    free(*rules);
    *rules = NULL;
}

static bool listed(const struct rule *r, int64_t n)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->at[i] == n)
            return true;
    return false;
}

static bool is_time(const struct rule *r, size_t row, const struct fault_case *c)
{
    switch (r->when) {
    case ALWAYS:
        return true;
    case RATE: {
        uint64_t h = az_hash64_mix(az_hash64_mix(c->seed + row, c->ask->key), (uint64_t)c->asking);
        return (double)(h >> 11) * 0x1p-53 < r->rate;
    }
    case EVERY:
        return c->request % r->at[0] == 0;
    case NTH:
        return listed(r, c->request);
    case FIRST:
        return c->request <= r->at[0];
    case AFTER:
        return c->request > r->at[0];
    case TRIES:
        return c->asking <= r->at[0];
    }
    return false;
}

/* A field can only be refused to whom sends it. */
static bool applies(const struct fault_kind *k, const struct ask *ask)
{
    if (k->act != FAULT_REFUSE)
        return k->act != FAULT_BODY || k->detail != BODY_NO_SCHEMA || ask->schema;
    if (!strcmp(k->param, "temperature"))
        return ask->has_temperature;
    if (!strcmp(k->param, "response_format"))
        return ask->schema != NULL;
    if (!strcmp(k->param, "logprobs"))
        return ask->logprobs;
    return ask->has_max_tokens;
}

const struct fault_kind *fault_pick(const struct fault_rules *rules, const struct fault_case *c)
{
    for (size_t i = 0; rules && i < rules->n; i++) {
        const struct rule *r = &rules->at[i];
        if (r->model && !az_str_eqz(c->ask->model, r->model))
            continue;
        if (applies(r->kind, c->ask) && is_time(r, i, c))
            return r->kind;
    }
    return NULL;
}
