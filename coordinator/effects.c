#include "coordinator/effects.h"

#include "core/mem.h"

int az_effects_init(struct az_effects *fx, struct az_error *err)
{
    *fx = (struct az_effects){.arena = az_arena_new(16384), .turn = 1};
    return fx->arena ? 0 : az_oom(err);
}

void az_effects_release(struct az_effects *fx)
{
    free(fx->v);
    az_arena_free(fx->arena);
    *fx = (struct az_effects){0};
}

void az_effects_clear(struct az_effects *fx)
{
    fx->n = 0;
    fx->turn++;
    az_arena_reset(fx->arena);
}

struct az_effect *az_effects_add(struct az_effects *fx, enum az_effect_kind kind, void *job)
{
    if (az_grow(&fx->v, &fx->cap, fx->n + 1, sizeof(*fx->v)) < 0)
        return NULL;
    struct az_effect *e = &fx->v[fx->n++];
    *e = (struct az_effect){.kind = kind, .job = job};
    return e;
}
