#include "workers/backend.h"

#include <math.h>

#include "workers/answer.h"
#include "workers/backends/backends.h"
#include "workers/body.h"

enum { ENUM_SCORES = 32 }; /* a scale of so many steps is listed in the schema */

static const struct az_backend_kind *const kinds[] = {&az_backend_openai, &az_backend_anthropic};

const struct az_backend_kind *az_backend_kind_find(const char *name)
{
    for (size_t i = 0; i < AZ_LEN(kinds); i++) {
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    }
    return NULL;
}

/* One step down from what the call was made with, never up. */
static void step_form(struct az_caps *caps, const struct az_caps *used)
{
    int below = AZ_MIN((int)used->json + 1, (int)AZ_JSON_TEXT);
    caps->json = AZ_MAX((int)caps->json, below);
}

bool az_caps_same(const struct az_caps *a, const struct az_caps *b)
{
    return a->json == b->json && a->no_temperature == b->no_temperature &&
           a->other_length_name == b->other_length_name && a->no_seed == b->no_seed &&
           a->few_logprobs == b->few_logprobs;
}

bool az_caps_learn(struct az_caps *caps, const struct az_caps *used, const struct az_reply *reply)
{
    struct az_caps next = *caps;
    if (reply->refused & AZ_REFUSED_FORM)
        step_form(&next, used);
    next.no_temperature |= (reply->refused & AZ_REFUSED_TEMPERATURE) != 0;
    next.other_length_name |= (reply->refused & AZ_REFUSED_LENGTH) != 0;
    next.no_seed |= (reply->refused & AZ_REFUSED_SEED) != 0;
    next.few_logprobs |= (reply->refused & AZ_REFUSED_TOP) != 0;
    *caps = next;
    return !az_caps_same(caps, used);
}

bool az_caps_learn_ignored(struct az_caps *caps, const struct az_caps *used)
{
    struct az_reply ignored = {.refused = AZ_REFUSED_FORM};
    return az_caps_learn(caps, used, &ignored);
}

static void score_schema(struct az_jw *w, const struct az_question *q)
{
    double steps = q->step > 0 ? (q->scale_max - q->scale_min) / q->step : INFINITY;
    bool whole = q->step > 0 && q->step == floor(q->step) && q->scale_min == floor(q->scale_min);
    az_jw_kz(w, "type", whole ? "integer" : "number");
    if (!whole || steps >= ENUM_SCORES)
        return; /* not every provider knows minimum and maximum; the reader checks */
    az_jw_key(w, "enum");
    az_jw_arr(w);
    for (int i = 0; i <= (int)steps; i++)
        az_jw_num(w, q->scale_min + i * q->step);
    az_jw_arr_end(w);
}

/* In the order shown, so that both orders of a pair have one schema. */
static void label_schema(struct az_jw *w, const struct az_ask *ask)
{
    const struct az_question *q = &ask->panel->question;
    size_t n = az_label_count(q, ask->item);
    az_jw_kz(w, "type", "string");
    az_jw_key(w, "enum");
    az_jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        int label = az_label_unshow(q, ask->item->n_responses, ask->key.order, (int)i);
        az_jw_z(w, az_prompt_label_shown(ask->panel, &ask->key, ask->item, label));
    }
    az_jw_arr_end(w);
}

void az_answer_schema(struct az_jw *w, const struct az_ask *ask)
{
    bool score = ask->panel->question.kind == AZ_SCORE;
    const char *key = score ? "score" : "label";
    az_jw_obj(w);
    az_jw_kz(w, "type", "object");
    az_jw_key(w, "properties");
    az_jw_obj(w);
    az_jw_key(w, "rationale");
    az_jw_obj(w);
    az_jw_kz(w, "type", "string");
    az_jw_obj_end(w);
    az_jw_key(w, key);
    az_jw_obj(w);
    if (score)
        score_schema(w, &ask->panel->question);
    else
        label_schema(w, ask);
    az_jw_obj_end(w);
    az_jw_obj_end(w);
    az_jw_key(w, "required");
    az_jw_arr(w);
    az_jw_z(w, "rationale");
    az_jw_z(w, key);
    az_jw_arr_end(w);
    az_jw_kbool(w, "additionalProperties", false);
    az_jw_obj_end(w);
}

static const char *answer_name(const struct az_ask *ask)
{
    static const char *const names[] = {
        [AZ_ANSWER_LETTER] = "letter",         [AZ_ANSWER_LOGPROBS] = "logprobs",
        [AZ_ANSWER_ARENA_HARD] = "arena_hard", [AZ_ANSWER_MT_BENCH] = "mt_bench",
        [AZ_ANSWER_REGEX] = "regex",
    };
    static const char *const forms[] = {"json_schema", "json_object", "json_text"};
    return ask->judge->answer == AZ_ANSWER_JSON ? forms[ask->caps.json] : names[ask->judge->answer];
}

void az_request_params(struct az_buf *out, const struct az_ask *ask)
{
    const struct az_backend_kind *kind = az_backend_kind_find(ask->backend->kind);
    struct az_body b;
    int64_t seed;
    if (az_body_begin(&b, out, ask, NULL) < 0)
        return; /* the request fails for the same reason, and says so */
    az_body_kint(&b, "max_tokens", az_ask_max_tokens(ask));
    az_body_temperature(&b, ask);
    if (kind && kind->seed && az_ask_seed(ask, &seed))
        az_body_kint(&b, "seed", seed);
    az_body_kz(&b, "answer", answer_name(ask));
    if (ask->judge->answer == AZ_ANSWER_LOGPROBS)
        az_body_kint(&b, "top_logprobs", az_ask_top_logprobs(ask));
    az_body_end(&b, NULL);
}

void az_request_mistake(struct az_buf *b, const struct az_ask *ask)
{
    az_buf_z(b, "That answer can't be used: ");
    az_buf_str(b, ask->mistake);
    az_buf_z(b, ".\nAnswer the same question again. The answer must be ");
    az_answer_form(b, ask);
    az_buf_char(b, '.');
}

struct az_hash az_request_hash(const struct az_ask *ask)
{
    AZ_AUTO_BUF params = az_buf(AZ_BUF_MAX);
    az_request_params(&params, ask);
    if (ask->judge->answer == AZ_ANSWER_JSON && ask->caps.json == AZ_JSON_SCHEMA) {
        struct az_jw w = az_jw(&params);
        az_answer_schema(&w, ask);
    }
    struct az_hasher h;
    az_hasher_init(&h);
    az_hasher_str(&h, AZ_STR("assize request 1"));
    az_hasher_str(&h, az_str(ask->backend->kind));
    az_hasher_str(&h, az_str(ask->judge->model));
    az_hasher_str(&h, az_buf_view(&params));
    az_hasher_str(&h, (struct az_str){(const char *)ask->prompt->hash.bytes, AZ_HASH_BYTES});
    az_hasher_str(&h, az_str(ask->backend->headers));
    az_hasher_int(&h, ask->key.sample);
    az_hasher_str(&h, ask->said);
    az_hasher_str(&h, ask->mistake);
    return az_hasher_end(&h);
}
