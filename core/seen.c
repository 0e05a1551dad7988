#include "core/seen.h"

#include "core/error.h"
#include "core/mem.h"

void az_seen_ids_release(struct az_seen_ids *s)
{
    free(s->ids);
    free(s->contents);
    *s = (struct az_seen_ids){0};
}

static size_t place(const struct az_seen_ids *s, uint64_t id)
{
    size_t i = (size_t)id & (s->cap - 1);
    while (s->ids[i] && s->ids[i] != id)
        i = (i + 1) & (s->cap - 1);
    return i;
}

static int grow(struct az_seen_ids *s)
{
    struct az_seen_ids bigger = {.cap = s->cap ? s->cap * 2 : 1024, .n = s->n};
    bigger.ids = az_zalloc(bigger.cap * sizeof(*bigger.ids));
    bigger.contents = az_zalloc(bigger.cap * sizeof(*bigger.contents));
    if (!bigger.ids || !bigger.contents) {
        az_seen_ids_release(&bigger);
        return AZ_ENOMEM;
    }
    for (size_t i = 0; i < s->cap; i++) {
        if (!s->ids[i])
            continue;
        size_t at = place(&bigger, s->ids[i]);
        bigger.ids[at] = s->ids[i];
        bigger.contents[at] = s->contents[i];
    }
    az_seen_ids_release(s);
    *s = bigger;
    return 0;
}

int az_seen_ids_add(struct az_seen_ids *s, struct az_str id, const struct az_hash *content)
{
    if (s->n + 1 > s->cap / 2 && grow(s) < 0)
        return AZ_ENOMEM;
    uint64_t key = az_hash64(0, id);
    key += !key; /* 0 is the free mark */
    uint32_t what;
    memcpy(&what, content->bytes, sizeof(what));
    size_t at = place(s, key);
    if (s->ids[at])
        return s->contents[at] == what ? AZ_SEEN_SAME : AZ_SEEN_OTHER;
    s->ids[at] = key;
    s->contents[at] = what;
    s->n++;
    return AZ_SEEN_NEW;
}
