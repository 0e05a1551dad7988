#include "workers/lexical/grams.h"

#include "core/error.h"
#include "core/mem.h"

int az_grams_init(struct az_grams *g, size_t most)
{
    *g = (struct az_grams){.n_slots = 16};
    while (g->n_slots < most * 2)
        g->n_slots *= 2;
    g->keys = az_alloc(g->n_slots * sizeof(*g->keys));
    g->ids = az_zalloc(g->n_slots * sizeof(*g->ids));
    if (g->keys && g->ids)
        return 0;
    az_grams_release(g);
    return AZ_ENOMEM;
}

void az_grams_release(struct az_grams *g)
{
    free(g->keys);
    free(g->ids);
    *g = (struct az_grams){0};
}

void az_grams_clear(struct az_grams *g)
{
    memset(g->ids, 0, g->n_slots * sizeof(*g->ids));
    g->n = 0;
}

/* Fibonacci hashing (Knuth, vol. 3, 6.4), the high bits folded down. */
static size_t slot_of(const struct az_grams *g, uint64_t key)
{
    uint64_t h = key * UINT64_C(0x9e3779b97f4a7c15);
    size_t i = (size_t)(h ^ h >> 32) & (g->n_slots - 1);
    while (g->ids[i] && g->keys[i] != key)
        i = (i + 1) & (g->n_slots - 1);
    return i;
}

static uint64_t key_of(uint32_t first, uint32_t last)
{
    return (uint64_t)first << 32 | last;
}

uint32_t az_grams_find(const struct az_grams *g, uint32_t first, uint32_t last)
{
    return g->ids[slot_of(g, key_of(first, last))];
}

uint32_t az_grams_add(struct az_grams *g, uint32_t first, uint32_t last)
{
    size_t i = slot_of(g, key_of(first, last));
    if (!g->ids[i]) {
        az_assert(g->n < g->n_slots / 2); /* more than were announced */
        g->keys[i] = key_of(first, last);
        g->ids[i] = ++g->n;
    }
    return g->ids[i];
}
