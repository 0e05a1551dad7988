#include "core/mem.h"

#include <stdatomic.h>

#include "core/error.h"

static atomic_int fault_in;

void az_fault_alloc(int nth)
{
    atomic_store(&fault_in, nth);
}

/* One relaxed load on the usual road; only tests ever count down. */
static bool faulted(void)
{
    int left = atomic_load_explicit(&fault_in, memory_order_relaxed);
    if (left <= 0)
        return false;
    return atomic_fetch_sub(&fault_in, 1) == 1;
}

void *az_alloc(size_t size)
{
    return faulted() ? NULL : malloc(size ? size : 1);
}

void *az_zalloc(size_t size)
{
    return faulted() ? NULL : calloc(1, size ? size : 1);
}

void *az_realloc(void *p, size_t size)
{
    return faulted() ? NULL : realloc(p, size ? size : 1);
}

char *az_strdup(const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = az_alloc(n);
    return copy ? memcpy(copy, s, n) : NULL;
}

int az_grow(void *p, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return 0;

    size_t want = *cap ? *cap : 8;
    while (want < need) {
        if (want > SIZE_MAX / 2 / size)
            return AZ_ENOMEM;
        want *= 2;
    }
    void *grown = az_realloc(*(void **)p, want * size);
    if (!grown)
        return AZ_ENOMEM;
    *(void **)p = grown;
    *cap = want;
    return 0;
}
