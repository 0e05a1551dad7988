/* workers/io_key.h: API keys: the only place that sees them. Edge.
 *
 * A key is read from where the panel says (env:NAME, file:PATH, cred:NAME),
 * kept in locked memory, and goes into the request's header and nowhere else: no
 * log, message, error or store. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "workers/backend.h"

struct az_secret_key; /* one key */

/* `where` NULL: no key. Errors name where, never what. From the first key on the
 * process leaves no core dump and can be traced by root alone. */
int az_secret_key_read(const char *where, struct az_secret_key **ret, struct az_error *err);
void az_secret_key_free(struct az_secret_key *k); /* wiped; NULL is fine */

/* NULL: no key. */
bool az_secret_key_same(const struct az_secret_key *a, const struct az_secret_key *b);

/* "Authorization: Bearer …" or "x-api-key: …" into `line`; wipe it after use.
 * False: no key, or no room. */
bool az_secret_key_header(const struct az_secret_key *k, enum az_auth auth, char *line,
                          size_t size);
