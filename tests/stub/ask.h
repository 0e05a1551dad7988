/* tests/stub/ask.h: what a request wants to know, in one form for both
 * providers. */
#pragma once
#include "core/base.h"
#include "core/json.h"
#include "tests/stub/http.h"

enum provider { OPENAI, ANTHROPIC };

struct ask {
    struct az_json *doc; /* owns what is below */
    enum provider provider;
    struct az_str model, user; /* user: text of the first user message; later ones complain */
    struct az_str id;          /* xyz of an item marker #id:xyz#, or {NULL} */
    uint64_t key;              /* of the question: model and messages, nonces left out */
    az_jv schema;              /* of the answer; NULL: none asked for */
    bool json_object;          /* JSON is asked for, without a schema */
    bool has_temperature, has_max_tokens, has_max_completion_tokens, logprobs;
    int64_t max_tokens, top_logprobs;
    int64_t tokens_in; /* a quarter of the messages' bytes */
    int64_t n_bytes;   /* of the request's body */
};

/* AZ_EINVAL: no JSON, or no messages. */
int ask_read(struct ask *ask, enum provider provider, struct az_str body, struct az_error *err);
void ask_release(struct ask *ask);

/* Text without its nonces: a hash that skips runs of 16 or more hex digits,
 * so that the same question of two jobs has the same key. */
uint64_t ask_text_hash(uint64_t seed, struct az_str text);
