/* core/hash.h: content hashes (BLAKE2b by libsodium). Pure.
 *
 * Parts are length-prefixed, so ("ab","c") and ("a","bc") differ. */
#pragma once
#include <sodium/crypto_generichash.h>

#include "core/base.h"
#include "core/str.h"

enum { AZ_HASH_BYTES = 16, AZ_HASH_HEX = 2 * AZ_HASH_BYTES, AZ_SECRET_BYTES = 32 };

struct az_hash {
    unsigned char bytes[AZ_HASH_BYTES];
};

struct az_hasher {
    crypto_generichash_state state;
};

void az_hasher_init(struct az_hasher *h);
/* Keyed with 32 bytes: nobody without them can make the same hash. */
void az_hasher_init_keyed(struct az_hasher *h, const unsigned char key[AZ_SECRET_BYTES]);
void az_hasher_str(struct az_hasher *h, struct az_str s); /* {NULL, 0} ≠ {"", 0} */
void az_hasher_int(struct az_hasher *h, int64_t v);
void az_hasher_double(struct az_hasher *h, double v);
struct az_hash az_hasher_end(struct az_hasher *h);

struct az_hash az_hash_of(struct az_str s);
bool az_hash_eq(const struct az_hash *a, const struct az_hash *b);
void az_hash_hex(const struct az_hash *h, char hex[AZ_HASH_HEX + 1]);

/* 64 bits of text for maps and for a stable random order; the same on every
 * machine. */
uint64_t az_hash64(uint64_t seed, struct az_str s);
/* Mix two 64-bit values into one. */
uint64_t az_hash64_mix(uint64_t a, uint64_t b);
