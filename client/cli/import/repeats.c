#include "client/cli/import/repeats.h"

#include "core/error.h"
#include "core/mem.h"

void az_repeats_release(struct az_repeats *t)
{
    free(t->keys);
    free(t->counts);
    *t = (struct az_repeats){0};
}

static size_t slot_of(const struct az_repeats *t, uint64_t key)
{
    size_t i = key & (t->cap - 1);
    while (t->keys[i] && t->keys[i] != key)
        i = (i + 1) & (t->cap - 1);
    return i;
}

static int grow(struct az_repeats *t)
{
    if ((t->n + 1) * 2 <= t->cap)
        return 0;
    struct az_repeats wide = {.cap = t->cap ? t->cap * 2 : 64, .n = t->n};
    wide.keys = az_zalloc(wide.cap * sizeof(*wide.keys));
    wide.counts = az_zalloc(wide.cap * sizeof(*wide.counts));
    if (!wide.keys || !wide.counts) {
        az_repeats_release(&wide);
        return AZ_ENOMEM;
    }
    for (size_t i = 0; i < t->cap; i++) {
        size_t to = t->keys[i] ? slot_of(&wide, t->keys[i]) : 0;
        if (!t->keys[i])
            continue;
        wide.keys[to] = t->keys[i];
        wide.counts[to] = t->counts[i];
    }
    az_repeats_release(t);
    *t = wide;
    return 0;
}

int64_t az_repeats_add(struct az_repeats *t, uint64_t key)
{
    if (grow(t) < 0)
        return AZ_ENOMEM;
    key += !key; /* 0 is a free slot */
    size_t at = slot_of(t, key);
    t->n += !t->keys[at];
    t->keys[at] = key;
    return t->counts[at]++;
}
