/* How many questions a backend may be sent, and what changes that: other limits,
 * a server that is away or down. */
#include "core/plant.h"
#include "core/str.h"
#include "workers/work_state.h"

enum { LOCAL_CREDIT = 4096 }; /* questions: what is answered at once */

/* Held here or on their way, at the most. */
static uint32_t credit_wanted(const struct az_work *w, const struct work_backend *b)
{
    if (*b->state || w->draining)
        return 0;
    if (b->ailing) /* who tries it is one; the rest is asked elsewhere meanwhile */
        return 1;
    /* Nothing queues at a local one: what has come is under way. */
    if (!b->kind)
        return b->slots ? (uint32_t)b->slots : LOCAL_CREDIT;
    int ahead = b->slots + b->slots / 2 + 1;
    double most = ahead;
    /* No more than a minute's worth waits here, where an item's time runs. */
    if (b->rpm > 0)
        most = AZ_MAX(AZ_MIN(most, b->rpm), 1.0);
    return (uint32_t)most;
}

uint32_t az_work_credit(struct az_work *w, size_t backend)
{
    struct work_backend *b = &w->backends[backend];
    uint32_t wanted = credit_wanted(w, b);
    /* More than that was announced under other limits: answers use it up. */
    uint32_t more = wanted > b->exposed ? wanted - b->exposed : 0;
    b->exposed += AZ_PLANTED(AZ_PLANT_CREDIT_TWICE) ? 0 : more;
    return more;
}

struct az_credit az_work_announce(struct az_work *w, size_t backend)
{
    struct work_backend *b = &w->backends[backend];
    return (struct az_credit){
        .backend = az_str(b->backend->name),
        .kind = az_str(b->backend->kind),
        .credit = az_work_credit(w, backend),
        .rpm = b->rpm,
        .tpm = b->tpm,
        .slots = (uint32_t)b->slots,
        .state = w->draining ? AZ_STR("leaving") : az_str(b->state),
        .limit_group = az_str(b->backend->limit_group),
        .n_models = b->backend->n_models,
        .models = b->models,
    };
}

int backend_announce(struct work_backend *b, struct az_wfxs *fx, struct az_error *err)
{
    struct az_wfx *x = wfx_add(fx, AZ_WFX_ANNOUNCE);
    if (!x)
        return az_oom(err);
    x->announce.backend = b->index;
    return 0;
}

int backend_down(struct az_work *w, struct work_backend *b, struct az_wfxs *fx,
                 struct az_error *err)
{
    int n = snprintf(b->state, sizeof(b->state), "down: %s", b->failure);
    az_utf8_mend(b->state, AZ_MIN((size_t)n, sizeof(b->state) - 1));
    b->down = true;
    if (backend_announce(b, fx, err) < 0)
        return AZ_ENOMEM;
    struct az_wfx *x = &fx->v[fx->n - 1];
    x->announce.news = b->ailing ? AZ_NEWS_NONE : AZ_NEWS_DOWN;
    x->announce.why = az_arena_str(fx->arena, az_str(b->failure));
    if (!x->announce.why.p)
        return az_oom(err);
    b->ailing = true;
    return give_back_waiting(w, fx, err);
}

int backend_try(struct work_backend *b, struct az_wfxs *fx, struct az_error *err)
{
    b->down = false;
    b->state[0] = '\0';
    return backend_announce(b, fx, err);
}

int backend_answers(struct work_backend *b, struct az_wfxs *fx, struct az_error *err)
{
    b->ailing = false;
    if (b->down) { /* a call from before the outage */
        b->down = false;
        b->state[0] = '\0';
    }
    if (backend_announce(b, fx, err) < 0)
        return AZ_ENOMEM;
    fx->v[fx->n - 1].announce.news = AZ_NEWS_ANSWERS;
    return 0;
}

int az_work_on_tune(struct az_work *w, struct az_str backend, uint32_t slots, double rpm,
                    double tpm, az_ms now, struct az_wfxs *fx, struct az_error *err)
{
    struct work_backend *b = NULL;
    for (size_t i = 0; i < w->n_backends; i++) {
        if (az_str_eq(az_str(w->backends[i].backend->name), backend))
            b = &w->backends[i];
    }
    if (!b)
        return 0;
    if (slots) {
        b->slots = (int)AZ_MIN(slots, (uint32_t)SLOTS_MAX);
        if (w->config.slots && b->kind)
            b->slots = AZ_MIN(b->slots, w->config.slots);
        b->slots_stated = true;
        if (b->kind)
            az_window_set(&b->window, b->slots);
    }
    b->rpm = rpm > 0 ? rpm : b->rpm;
    b->tpm = tpm > 0 ? tpm : b->tpm;
    if (b->kind && (rpm > 0 || tpm > 0))
        az_limit_tune(&b->limit, b->rpm, b->tpm, now);
    b->stopped = false; /* whoever changes its limits wants it tried again */
    lease_look(w, now);
    int r = backend_announce(b, fx, err);
    return r < 0 ? r : backend_pump(w, b, now, fx, err);
}

int az_work_on_state(struct az_work *w, size_t backend, const char *state, az_ms now,
                     struct az_wfxs *fx, struct az_error *err)
{
    struct work_backend *b = &w->backends[backend];
    bool was_away = *b->state;
    if (!strncmp(b->state, state, sizeof(b->state) - 1))
        return 0;
    snprintf(b->state, sizeof(b->state), "%s", state);
    b->down = b->ailing = false; /* whoever runs the server knows better */
    int r = backend_announce(b, fx, err);
    if (r < 0)
        return r;
    if (*b->state && !was_away)
        return give_back_waiting(w, fx, err);
    if (was_away && !*b->state) { /* what it did wrong was the server's before it */
        breaker_reset(b);
        b->stopped = false;
    }
    return 0;
}
