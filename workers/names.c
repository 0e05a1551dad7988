#include "workers/names.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/mem.h"

struct az_name {
    size_t at, n; /* in bytes */
    uint64_t hash;
};

void az_names_release(struct az_names *t)
{
    free(t->bytes);
    free(t->names);
    free(t->slots);
    *t = (struct az_names){0};
}

struct az_str az_names_get(const struct az_names *t, uint32_t number)
{
    if (number == AZ_NAME_NONE)
        return (struct az_str){0};
    const struct az_name *name = &t->names[number - 1];
    return (struct az_str){t->bytes + name->at, name->n};
}

/* The slot that holds `s`, or the free one where it would go. */
static size_t slot_of(const struct az_names *t, struct az_str s, uint64_t hash)
{
    size_t i = hash & (t->n_slots - 1);
    while (t->slots[i]) {
        if (t->names[t->slots[i] - 1].hash == hash && az_str_eq(az_names_get(t, t->slots[i]), s))
            break;
        i = (i + 1) & (t->n_slots - 1);
    }
    return i;
}

static int grow_slots(struct az_names *t)
{
    if ((t->n + 1) * 2 <= t->n_slots)
        return 0;
    size_t n = t->n_slots ? t->n_slots * 2 : 64;
    uint32_t *slots = az_zalloc(n * sizeof(*slots));
    if (!slots)
        return AZ_ENOMEM;
    for (size_t k = 0; k < t->n; k++) {
        size_t i = t->names[k].hash & (n - 1);
        while (slots[i])
            i = (i + 1) & (n - 1);
        slots[i] = (uint32_t)k + 1;
    }
    free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    return 0;
}

uint32_t az_names_find(const struct az_names *t, struct az_str s)
{
    return t->n_slots ? t->slots[slot_of(t, s, az_hash64(0, s))] : AZ_NAME_NONE;
}

uint32_t az_names_add(struct az_names *t, struct az_str s)
{
    uint64_t hash = az_hash64(0, s);
    if (t->n == UINT32_MAX - 1 || grow_slots(t) < 0)
        return AZ_NAME_NONE;
    size_t slot = slot_of(t, s, hash);
    if (t->slots[slot])
        return t->slots[slot];
    if (az_grow(&t->bytes, &t->cap_bytes, t->n_bytes + s.n + 1, 1) < 0 ||
        az_grow(&t->names, &t->cap, t->n + 1, sizeof(*t->names)) < 0)
        return AZ_NAME_NONE;
    if (s.n)
        memcpy(t->bytes + t->n_bytes, s.p, s.n);
    t->names[t->n++] = (struct az_name){t->n_bytes, s.n, hash};
    t->n_bytes += s.n;
    t->slots[slot] = (uint32_t)t->n;
    return (uint32_t)t->n;
}
