#include "core/arena.h"

#include <stdalign.h>

#include "core/mem.h"

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct az_arena {
    struct block *top;
    size_t total;
};

static struct block *block_new(size_t size)
{
    if (size > PTRDIFF_MAX - sizeof(struct block))
        return NULL;
    struct block *b = az_alloc(sizeof(*b) + size);
    if (b)
        *b = (struct block){.size = size};
    return b;
}

struct az_arena *az_arena_new(size_t first)
{
    struct az_arena *a = az_zalloc(sizeof(*a));
    if (!a)
        return NULL;
    a->top = block_new(AZ_MAX(first, (size_t)64));
    if (!a->top) {
        free(a);
        return NULL;
    }
    a->total = sizeof(*a) + sizeof(*a->top) + a->top->size;
    return a;
}

void az_arena_free(struct az_arena *a)
{
    if (!a)
        return;
    for (struct block *b = a->top; b;) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
    free(a);
}

void *az_arena_zalloc(struct az_arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX - align)
        return NULL;
    size = (size + align - 1) / align * align;

    if (a->top->size - a->top->used < size) {
        struct block *b = block_new(AZ_MAX(size, AZ_MIN(a->top->size * 2, (size_t)65536)));
        if (!b)
            return NULL;
        b->next = a->top;
        a->top = b;
        a->total += sizeof(*b) + b->size;
    }
    void *p = a->top->bytes + a->top->used;
    a->top->used += size;
    return memset(p, 0, size);
}

void az_arena_reset(struct az_arena *a)
{
    for (struct block *b = a->top->next; b;) {
        struct block *next = b->next;
        a->total -= sizeof(*b) + b->size;
        free(b);
        b = next;
    }
    a->top->next = NULL;
    a->top->used = 0;
}

char *az_arena_strndup(struct az_arena *a, const char *s, size_t n)
{
    char *copy = n < SIZE_MAX ? az_arena_zalloc(a, n + 1) : NULL;
    if (copy && n)
        memcpy(copy, s, n);
    return copy;
}

char *az_arena_strdup(struct az_arena *a, const char *s)
{
    return az_arena_strndup(a, s, strlen(s));
}

struct az_str az_arena_str(struct az_arena *a, struct az_str s)
{
    char *copy = az_arena_strndup(a, s.p, s.n);
    return (struct az_str){copy, copy ? s.n : 0};
}

size_t az_arena_bytes(const struct az_arena *a)
{
    return a->total;
}
