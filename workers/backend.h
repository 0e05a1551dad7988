/* workers/backend.h: a remote backend is two pure functions: question to
 * request bytes; status, headers and body to a reply. One file a backend in
 * workers/backends/, one row in backend.c.
 *
 * Keys are never seen here: a request says how it is authorised, and
 * workers/io_http.c, with io_key.c, adds the header. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"
#include "core/prompt.h"
#include "workers/reply.h"

/* What was learnt about one backend and model: starts zeroed, steps down only. */
struct az_caps {
    enum { AZ_JSON_SCHEMA, AZ_JSON_MODE, AZ_JSON_TEXT } json;
    bool no_temperature;
    bool other_length_name; /* max_tokens where max_completion_tokens is usual, or the reverse */
    bool no_seed;
    bool few_logprobs; /* 5 instead of 20 */
};

enum az_auth { AZ_AUTH_BEARER, AZ_AUTH_X_API_KEY };

struct az_ask {
    const struct az_panel *panel;
    const struct az_backend *backend;
    const struct az_judge *judge;
    const struct az_item *item;
    struct az_key key;
    const struct az_prompt *prompt;
    struct az_caps caps;
    int max_tokens;
    /* Asked again: what the judge said and what was wrong with it; or {NULL}. */
    struct az_str said, mistake;
};

struct az_response {
    long status;           /* HTTP status */
    struct az_str headers; /* raw header lines */
    struct az_str body;
};

struct az_backend_kind {
    const char *name;    /* "openai" */
    const char *path;    /* after the url: "/chat/completions" */
    const char *url;     /* when the panel gives none, with …_BASE_URL's name: */
    const char *url_env; /* "OPENAI_BASE_URL" or NULL */
    const char *key_env; /* "OPENAI_API_KEY" or NULL */
    enum az_auth auth;
    bool seed, logprobs;        /* has them at all */
    const char *const *headers; /* fixed header lines, NULL-terminated; or NULL */
    /* The request body. */
    int (*request)(struct az_buf *body, const struct az_ask *ask, struct az_error *err);
    /* Never fails: what can't be read is an error in the reply. `now_wall_ms`
     * (Unix time) is for Retry-After dates. */
    void (*reply)(struct az_reply *reply, const struct az_ask *ask,
                  const struct az_response *response, int64_t now_wall_ms);
};

/* NULL: no remote backend of that kind. */
const struct az_backend_kind *az_backend_kind_find(const char *name);

/* What a refusal (AZ_TROUBLE_LEARN) taught: changes *caps and returns true, or
 * false when there is nothing left to step down to. `used` is what that call
 * was made with: true without a change when another call has learnt it since. */
bool az_caps_learn(struct az_caps *caps, const struct az_caps *used, const struct az_reply *reply);

/* The same for a server that takes the JSON form and ignores it, which
 * az_answer_form_ignored() tells. */
bool az_caps_learn_ignored(struct az_caps *caps, const struct az_caps *used);

bool az_caps_same(const struct az_caps *a, const struct az_caps *b);

/* The JSON schema of an answer to this question, rationale before label. */
void az_answer_schema(struct az_jw *w, const struct az_ask *ask);

/* The effective parameters as a JSON object, under the same names for every
 * provider: max_tokens, temperature, seed, answer, top_logprobs, then the
 * judge's `extra`. What a ballot's `params` says. */
void az_request_params(struct az_buf *b, const struct az_ask *ask);

/* Names what was wrong with what the judge said and repeats the answer's form:
 * the user's next message when ask->mistake is set. */
void az_request_mistake(struct az_buf *b, const struct az_ask *ask);

/* What the cache is asked by: model, provider kind, effective parameters,
 * headers of the panel's own, prompt (nonces zeroed), sample; never job, nonce or
 * backend name. */
struct az_hash az_request_hash(const struct az_ask *ask);
