#include "coordinator/tune.h"

#include "core/mem.h"
#include "core/plant.h"

void az_tunes_release(struct az_tunes *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i].backend);
    free(t->v);
    *t = (struct az_tunes){0};
}

static struct az_tune *find(struct az_tunes *t, struct az_str backend)
{
    for (size_t i = 0; i < t->n; i++) {
        if (az_str_eqz(backend, t->v[i].backend))
            return &t->v[i];
    }
    return NULL;
}

static struct az_tune *add(struct az_tunes *t, struct az_str backend)
{
    char *name = az_alloc(backend.n + 1);
    if (!name || az_grow(&t->v, &t->cap, t->n + 1, sizeof(*t->v)) < 0) {
        free(name);
        return NULL;
    }
    memcpy(name, backend.p, backend.n);
    name[backend.n] = '\0';
    t->v[t->n] = (struct az_tune){.backend = name};
    return &t->v[t->n++];
}

static int remember(struct az_tunes *t, const struct az_msg *msg)
{
    if (!msg->tune.slots && msg->tune.rpm <= 0 && msg->tune.tpm <= 0)
        return 0;
    struct az_tune *had = find(t, msg->tune.backend);
    had = had ? had : add(t, msg->tune.backend);
    if (!had)
        return AZ_ENOMEM;
    had->slots = msg->tune.slots ? msg->tune.slots : had->slots;
    had->rpm = msg->tune.rpm > 0 ? msg->tune.rpm : had->rpm;
    had->tpm = msg->tune.tpm > 0 ? msg->tune.tpm : had->tpm;
    return 0;
}

enum { HAS_NOT, HAS, HAS_NOT_SAID };

static int has(const struct az_sched *sched, int peer, struct az_str backend)
{
    struct az_offer offer;
    size_t n = 0;
    for (; az_sched_offer(sched, peer, n, &offer); n++) {
        if (az_str_eqz(backend, offer.backend))
            return HAS;
    }
    return n == 0 && az_sched_live(sched, peer) ? HAS_NOT_SAID : HAS_NOT;
}

static int tell(int peer, const struct az_msg *msg, struct az_effects *fx)
{
    struct az_effect *x = az_effects_add(fx, AZ_FX_SEND, NULL);
    if (!x)
        return AZ_ENOMEM;
    x->send.peer = peer;
    x->send.msg = *msg;
    return 0;
}

int az_tunes_set(struct az_tunes *t, const struct az_sched *sched, const struct az_msg *msg,
                 struct az_effects *fx, struct az_error *err)
{
    struct az_msg kept = *msg;
    int n = 0;
    for (int p = 0; p < AZ_PEERS_MAX; p++)
        n += has(sched, p, msg->tune.backend) == HAS;
    if (!n)
        return 0;
    kept.tune.backend = az_arena_str(fx->arena, msg->tune.backend);
    if (!kept.tune.backend.p || remember(t, msg) < 0)
        return az_oom(err);
    for (int p = 0; p < AZ_PEERS_MAX; p++) {
        if (has(sched, p, msg->tune.backend) != HAS_NOT && tell(p, &kept, fx) < 0)
            return az_oom(err);
    }
    return n;
}

int az_tunes_hello(const struct az_tunes *t, int peer, struct az_effects *fx, struct az_error *err)
{
    for (size_t i = 0; i < t->n && !AZ_PLANTED(AZ_PLANT_TUNE_FORGOTTEN); i++) {
        struct az_msg msg = {.kind = AZ_MSG_TUNE};
        msg.tune.backend = az_str(t->v[i].backend);
        msg.tune.slots = t->v[i].slots;
        msg.tune.rpm = t->v[i].rpm;
        msg.tune.tpm = t->v[i].tpm;
        if (tell(peer, &msg, fx) < 0)
            return az_oom(err);
    }
    return 0;
}
