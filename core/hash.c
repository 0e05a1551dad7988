#include "core/hash.h"

#include <endian.h>
#include <sodium/crypto_shorthash.h>
#include <sodium/utils.h>

void az_hasher_init(struct az_hasher *h)
{
    crypto_generichash_init(&h->state, NULL, 0, AZ_HASH_BYTES);
}

void az_hasher_init_keyed(struct az_hasher *h, const unsigned char key[AZ_SECRET_BYTES])
{
    crypto_generichash_init(&h->state, key, AZ_SECRET_BYTES, AZ_HASH_BYTES);
}

void az_hasher_int(struct az_hasher *h, int64_t v)
{
    unsigned char le[8];
    for (int i = 0; i < 8; i++)
        le[i] = (unsigned char)((uint64_t)v >> (8 * i));
    crypto_generichash_update(&h->state, le, sizeof(le));
}

void az_hasher_double(struct az_hasher *h, double v)
{
    int64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    az_hasher_int(h, bits);
}

void az_hasher_str(struct az_hasher *h, struct az_str s)
{
    az_hasher_int(h, s.p ? (int64_t)s.n : -1);
    if (s.n)
        crypto_generichash_update(&h->state, (const unsigned char *)s.p, s.n);
}

struct az_hash az_hasher_end(struct az_hasher *h)
{
    struct az_hash ret;
    crypto_generichash_final(&h->state, ret.bytes, sizeof(ret.bytes));
    return ret;
}

struct az_hash az_hash_of(struct az_str s)
{
    struct az_hasher h;
    az_hasher_init(&h);
    az_hasher_str(&h, s);
    return az_hasher_end(&h);
}

bool az_hash_eq(const struct az_hash *a, const struct az_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void az_hash_hex(const struct az_hash *h, char hex[AZ_HASH_HEX + 1])
{
    sodium_bin2hex(hex, AZ_HASH_HEX + 1, h->bytes, sizeof(h->bytes));
}

uint64_t az_hash64(uint64_t seed, struct az_str s)
{
    unsigned char key[crypto_shorthash_KEYBYTES] = "assize map order";
    unsigned char out[crypto_shorthash_BYTES];
    uint64_t word; /* little-endian in both */
    memcpy(&word, key, sizeof(word));
    word ^= htole64(seed);
    memcpy(key, &word, sizeof(word));
    crypto_shorthash(out, (const unsigned char *)(s.p ? s.p : ""), s.n, key);
    memcpy(&word, out, sizeof(word));
    return le64toh(word);
}

/* The finalizer of MurmurHash3 over a xor of the two. */
uint64_t az_hash64_mix(uint64_t a, uint64_t b)
{
    uint64_t x = a ^ (b * UINT64_C(0x9e3779b97f4a7c15));
    x = (x ^ (x >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ (x >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ (x >> 33);
}
