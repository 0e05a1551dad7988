/* workers/body.h: a request body being written straight onto a buffer, with the
 * judge's `extra` merged into it. For the files in workers/backends/. Pure. */
#pragma once
#include "core/base.h"
#include "core/json.h"
#include "workers/backend.h"

struct az_body {
    struct az_jw w;
    struct az_json *doc; /* of `extra`; NULL = none */
};

/* Open the object. AZ_EINVAL: `extra` is no JSON object, or names what decides
 * how much a call can cost or how its reply is read: n, stream, max_tokens … */
int az_body_begin(struct az_body *b, struct az_buf *out, const struct az_ask *ask,
                  struct az_error *err);

/* Write the member's key, unless `extra` has that key: then false, and the
 * value is not to be written. */
bool az_body_key(struct az_body *b, const char *key);
void az_body_kz(struct az_body *b, const char *key, const char *z);
void az_body_kint(struct az_body *b, const char *key, int64_t v);
void az_body_knum(struct az_body *b, const char *key, double v);
void az_body_kbool(struct az_body *b, const char *key, bool v);

/* Add the members of `extra` (one that is null takes the member away), close
 * the object, free. 0 or the buffer's failure. */
int az_body_end(struct az_body *b, struct az_error *err);

/* {"role": …, "content": …} */
void az_body_message(struct az_body *b, const char *role, struct az_str content);
/* The user's turn, and when asked again what was said and what was wrong. */
void az_body_turns(struct az_body *b, const struct az_ask *ask);

/* The judge's temperature (0 when not said), unless the model refuses it. */
void az_body_temperature(struct az_body *b, const struct az_ask *ask);
/* The seed of this sample. False: none is sent. */
bool az_ask_seed(const struct az_ask *ask, int64_t *ret);
/* Tokens the answer may have. One that is read from log-probabilities is short
 * at first; asked again with more room, it gets it. */
int az_ask_max_tokens(const struct az_ask *ask);
int az_ask_top_logprobs(const struct az_ask *ask);
