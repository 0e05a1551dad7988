#include "core/heap.h"

#include "core/error.h"
#include "core/mem.h"

void az_heap_release(struct az_heap *h)
{
    free(h->v);
    *h = (struct az_heap){0};
}

int az_heap_push(struct az_heap *h, int64_t at, void *what)
{
    if (az_grow(&h->v, &h->cap, h->n + 1, sizeof(*h->v)) < 0)
        return AZ_ENOMEM;
    size_t i = h->n++;
    while (i && h->v[(i - 1) / 2].at > at) {
        h->v[i] = h->v[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->v[i] = (struct az_heap_row){at, what};
    return 0;
}

int64_t az_heap_first(const struct az_heap *h)
{
    return h->n ? h->v[0].at : INT64_MAX;
}

void *az_heap_pop(struct az_heap *h, int64_t now)
{
    if (!h->n || h->v[0].at > now)
        return NULL;
    void *what = h->v[0].what;
    struct az_heap_row last = h->v[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && h->v[child + 1].at < h->v[child].at)
            child++;
        if (h->v[child].at >= last.at)
            break;
        h->v[i] = h->v[child];
    }
    if (h->n)
        h->v[i] = last;
    return what;
}
