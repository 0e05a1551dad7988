/* workers/names.h: text kept once and known by a small number. Pure. */
#pragma once
#include "core/base.h"
#include "core/str.h"

struct az_names {
    char *bytes;
    size_t n_bytes, cap_bytes;
    struct az_name *names;
    size_t n, cap;
    uint32_t *slots; /* number + 1; 0 = free */
    size_t n_slots;  /* a power of two */
};

enum { AZ_NAME_NONE = 0 }; /* numbers start at 1 */

void az_names_release(struct az_names *t);

/* The number of `s`, new or known; AZ_NAME_NONE when out of memory. */
uint32_t az_names_add(struct az_names *t, struct az_str s);
/* AZ_NAME_NONE: not known. */
uint32_t az_names_find(const struct az_names *t, struct az_str s);
/* Borrowed until the next az_names_add(); {NULL, 0} for AZ_NAME_NONE. */
struct az_str az_names_get(const struct az_names *t, uint32_t number);
