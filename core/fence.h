/* core/fence.h: text that is data, between two lines that its author cannot
 * forge. Pure; the key is an argument.
 *
 *     <<<response A 3f2a90c1d47be865
 *     … the bytes as they are …
 *     3f2a90c1d47be865>>>
 *
 * The nonce is a hash of the fenced bytes under a secret key (SipHash-2-4,
 * Aumasson and Bernstein 2012, under the secret's halves xored), so text that
 * held its own nonce would have to be a fixed point of a hash that nobody
 * outside can compute; and the same bytes get the same nonce within a job. Whatever is
 * hashed for a cache is hashed with the nonces zeroed, for the key differs
 * from job to job. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/hash.h"

enum { AZ_NONCE_HEX = 16 };

/* Where a fence's two nonces stand in the buffer. */
struct az_fence {
    size_t open, close;
    struct az_str bytes; /* what is fenced; borrowed */
};

/* What a fence of `bytes` bytes under `name` adds to a prompt. */
size_t az_fence_size(struct az_str name, size_t bytes);

/* Write the fence with zeroed nonces; *fence says where they go. A name is
 * one line of ours. No line end follows the last line. */
void az_fence_put(struct az_buf *b, struct az_str name, struct az_str bytes,
                  struct az_fence *fence);

/* Put the nonces in. The buffer has not failed since az_fence_put(). */
void az_fence_seal(struct az_buf *b, const struct az_fence *fence,
                   const unsigned char secret[AZ_SECRET_BYTES]);

/* The nonce of these bytes, NUL-terminated. */
void az_fence_nonce(struct az_str bytes, const unsigned char secret[AZ_SECRET_BYTES],
                    char nonce[AZ_NONCE_HEX + 1]);

/* The rule that tells a judge what fences mean. Static. */
const char *az_fence_rule(void);
