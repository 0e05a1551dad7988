#include "tests/stub/table.h"

#include "core/error.h"
#include "core/mem.h"

void table_release(struct table *t)
{
    free(t->slots);
    *t = (struct table){0};
}

static void place(struct table *t, uint64_t key, uint32_t stored)
{
    size_t i = key & (t->cap - 1);
    while (t->slots[i].value)
        i = (i + 1) & (t->cap - 1);
    t->slots[i] = (struct slot){key, stored};
}

static int grow(struct table *t)
{
    struct table bigger = {.cap = t->cap ? 2 * t->cap : 1024, .n = t->n};
    bigger.slots = az_zalloc(bigger.cap * sizeof(*bigger.slots));
    if (!bigger.slots)
        return AZ_ENOMEM;
    for (size_t i = 0; i < t->cap; i++)
        if (t->slots[i].value)
            place(&bigger, t->slots[i].key, t->slots[i].value);
    free(t->slots);
    *t = bigger;
    return 0;
}

int table_add(struct table *t, uint64_t key, uint32_t value)
{
    if (2 * (t->n + 1) > t->cap && grow(t) < 0)
        return AZ_ENOMEM;
    place(t, key, value + 1);
    t->n++;
    return 0;
}

int64_t table_find(const struct table *t, uint64_t key, size_t *at)
{
    if (!t->cap)
        return -1;
    for (; *at < t->cap; ++*at) {
        const struct slot *s = &t->slots[(key + *at) & (t->cap - 1)];
        if (!s->value)
            return -1;
        if (s->key == key) {
            ++*at;
            return (int64_t)s->value - 1;
        }
    }
    return -1;
}
