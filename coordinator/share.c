#include "coordinator/share.h"

#include "core/mem.h"

void az_share_release(struct az_share *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->v[i].who);
    free(s->v);
    *s = (struct az_share){0};
}

static struct az_share_part *part_of(const struct az_share *s, const char *who)
{
    for (size_t i = 0; i < s->n; i++) {
        if (!strcmp(s->v[i].who, who))
            return &s->v[i];
    }
    return NULL;
}

static struct az_share_part *part_new(struct az_share *s, const char *who)
{
    char *copy = az_strdup(who);
    if (!copy || az_grow(&s->v, &s->cap, s->n + 1, sizeof(*s->v)) < 0) {
        free(copy);
        return NULL;
    }
    s->v[s->n] = (struct az_share_part){.who = copy};
    return &s->v[s->n++];
}

int az_share_take(struct az_share *s, const char *who, size_t bytes, struct az_error *err)
{
    struct az_share_part *p = part_of(s, who);
    size_t left = s->used < s->max ? s->max - s->used : 0;
    if (p ? bytes > left || p->bytes > left - bytes : !left) {
        az_fail(err, AZ_EBUSY, "too much that was submitted waits for the disk");
        az_hint(err, "Send it again in a moment.");
        return AZ_EBUSY;
    }
    if (!p && !(p = part_new(s, who)))
        return az_oom(err);
    p->bytes += bytes;
    s->used += bytes;
    return 0;
}

void az_share_give(struct az_share *s, const char *who, size_t bytes)
{
    struct az_share_part *p = part_of(s, who);
    az_assert(p && p->bytes >= bytes);
    p->bytes -= bytes;
    s->used -= bytes;
    if (p->bytes)
        return;
    free(p->who);
    *p = s->v[--s->n];
}
