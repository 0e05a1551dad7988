#include "core/map.h"

#include "core/error.h"
#include "core/hash.h"
#include "core/mem.h"

static size_t home(const struct az_map *m, int64_t key)
{
    return (size_t)az_hash64_mix((uint64_t)key, 0) & (m->cap - 1);
}

/* The key's slot, or the free slot where it would go. */
static struct az_map_slot *find(const struct az_map *m, int64_t key)
{
    size_t i = home(m, key);
    while (m->slots[i].value && m->slots[i].key != key)
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

void az_map_release(struct az_map *m)
{
    free(m->slots);
    *m = (struct az_map){0};
}

void *az_map_get(const struct az_map *m, int64_t key)
{
    return m->n ? find(m, key)->value : NULL;
}

static int grow(struct az_map *m)
{
    struct az_map bigger = {.cap = m->cap ? m->cap * 2 : 16, .n = m->n};
    bigger.slots = az_zalloc(bigger.cap * sizeof(*bigger.slots));
    if (!bigger.slots)
        return AZ_ENOMEM;
    for (size_t i = 0; i < m->cap; i++) {
        if (m->slots[i].value)
            *find(&bigger, m->slots[i].key) = m->slots[i];
    }
    free(m->slots);
    *m = bigger;
    return 0;
}

int az_map_put(struct az_map *m, int64_t key, void *value)
{
    az_assert(value);
    if (m->n + 1 > m->cap / 2 && grow(m) < 0)
        return AZ_ENOMEM;
    struct az_map_slot *slot = find(m, key);
    m->n += !slot->value;
    *slot = (struct az_map_slot){key, value};
    return 0;
}

void *az_map_remove(struct az_map *m, int64_t key)
{
    if (!m->n)
        return NULL;
    struct az_map_slot *slot = find(m, key);
    void *value = slot->value;
    if (!value)
        return NULL;

    /* Close the gap, so that no later key of the chain becomes unreachable. */
    size_t gap = (size_t)(slot - m->slots), i = gap;
    for (;;) {
        i = (i + 1) & (m->cap - 1);
        if (!m->slots[i].value)
            break;
        size_t h = home(m, m->slots[i].key);
        bool reachable = gap <= i ? h > gap && h <= i : h > gap || h <= i;
        if (!reachable) {
            m->slots[gap] = m->slots[i];
            gap = i;
        }
    }
    m->slots[gap].value = NULL;
    m->n--;
    return value;
}
