#include "core/arena.h"

#include <stdalign.h>

#include "core/mem.h"

/* A block may be twice as large as the one before, up to this: what is reset again
 * and again soon has one block for all that it ever holds, and the heap is left alone. */
enum { BLOCK_MAX = 512 << 10 };

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct az_arena {
    struct block *top; /* the newest; the last of them is `first` */
    size_t total;
    alignas(struct block) unsigned char first[]; /* a block, of the same allocation */
};

static struct block *block_init(struct block *b, size_t size)
{
    *b = (struct block){.size = size};
    return b;
}

static struct block *block_new(size_t size)
{
    if (size > PTRDIFF_MAX - sizeof(struct block))
        return NULL;
    struct block *b = az_alloc(sizeof(*b) + size);
    return b ? block_init(b, size) : NULL;
}

struct az_arena *az_arena_new(size_t first)
{
    first = AZ_MAX(first, (size_t)64);
    if (first > PTRDIFF_MAX - sizeof(struct az_arena) - sizeof(struct block))
        return NULL;
    size_t total = sizeof(struct az_arena) + sizeof(struct block) + first;
    struct az_arena *a = az_alloc(total);
    if (!a)
        return NULL;
    *a = (struct az_arena){.total = total};
    a->top = block_init((struct block *)a->first, first);
    return a;
}

/* Down to `last`, which stays. */
static void blocks_free(struct block *from, const struct block *last)
{
    while (from != last) {
        struct block *next = from->next;
        free(from);
        from = next;
    }
}

void az_arena_free(struct az_arena *a)
{
    if (!a)
        return;
    blocks_free(a->top, (struct block *)a->first);
    free(a);
}

void *az_arena_alloc(struct az_arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX - align)
        return NULL;
    size = (size + align - 1) / align * align;

    if (a->top->size - a->top->used < size) {
        struct block *b = block_new(AZ_MAX(size, AZ_MIN(a->top->size * 2, (size_t)BLOCK_MAX)));
        if (!b)
            return NULL;
        b->next = a->top;
        a->top = b;
        a->total += sizeof(*b) + b->size;
    }
    void *p = a->top->bytes + a->top->used;
    a->top->used += size;
    return p;
}

void *az_arena_zalloc(struct az_arena *a, size_t size)
{
    void *p = az_arena_alloc(a, size);
    return p ? memset(p, 0, size) : NULL;
}

void az_arena_reset(struct az_arena *a)
{
    struct block *top = a->top, *first = (struct block *)a->first;
    a->total = sizeof(*a) + sizeof(*first) + first->size;
    if (top != first) {
        blocks_free(top->next, first);
        top->next = first;
        a->total += sizeof(*top) + top->size;
    }
    top->used = first->used = 0;
}

char *az_arena_strndup(struct az_arena *a, const char *s, size_t n)
{
    char *copy = n < SIZE_MAX ? az_arena_alloc(a, n + 1) : NULL;
    if (!copy)
        return NULL;
    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
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
