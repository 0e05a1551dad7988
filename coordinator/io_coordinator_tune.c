/* Limits of backends that an admin set: told to the workers that are there, and to
 * those that come, or come again, as long as this process lives. */
#include "coordinator/io_coordinator_state.h"
#include "core/mem.h"

static struct tune *find(struct az_coordinator *c, struct az_str backend)
{
    for (size_t i = 0; i < c->n_tunes; i++) {
        if (az_str_eqz(backend, c->tunes[i].backend))
            return &c->tunes[i];
    }
    return NULL;
}

static int remember(struct az_coordinator *c, const struct az_msg *msg, struct az_error *err)
{
    if (!msg->tune.slots && msg->tune.rpm <= 0 && msg->tune.tpm <= 0)
        return 0;
    struct tune *t = find(c, msg->tune.backend);
    if (!t) {
        if (az_grow(&c->tunes, &c->cap_tunes, c->n_tunes + 1, sizeof(*c->tunes)) < 0)
            return az_oom(err);
        char *name = az_alloc(msg->tune.backend.n + 1);
        if (!name)
            return az_oom(err);
        memcpy(name, msg->tune.backend.p, msg->tune.backend.n);
        name[msg->tune.backend.n] = '\0';
        t = &c->tunes[c->n_tunes++];
        *t = (struct tune){.backend = name};
    }
    t->slots = msg->tune.slots ? msg->tune.slots : t->slots;
    t->rpm = msg->tune.rpm > 0 ? msg->tune.rpm : t->rpm;
    t->tpm = msg->tune.tpm > 0 ? msg->tune.tpm : t->tpm;
    return 0;
}

int az_coordinator_tune(struct az_coordinator *c, struct az_msg *msg, struct az_error *err)
{
    int told = 0;
    for (int p = 0; p < AZ_PEERS_MAX; p++) {
        struct az_offer offer;
        bool has = false;
        for (size_t n = 0; !has && az_sched_offer(c->sched, p, n, &offer); n++)
            has = az_str_eqz(msg->tune.backend, offer.backend);
        int r = has ? coordinator_send(c, p, az_door_send(c->door, p, msg, err)) : 0;
        if (r < 0)
            return r;
        told += has;
    }
    az_coordinator_effects(c);
    int r = told ? remember(c, msg, err) : 0;
    return r < 0 ? r : told;
}

/* Which backends it has it has not said yet; what it does not have it passes over. */
int coordinator_tune_newcomer(struct az_coordinator *c, int peer, struct az_error *err)
{
    int r = 0;
    for (size_t i = 0; i < c->n_tunes && r == 0; i++) {
        const struct tune *t = &c->tunes[i];
        struct az_msg msg = {.kind = AZ_MSG_TUNE};
        msg.tune.backend = az_str(t->backend);
        msg.tune.slots = t->slots;
        msg.tune.rpm = t->rpm;
        msg.tune.tpm = t->tpm;
        r = coordinator_send(c, peer, az_door_send(c->door, peer, &msg, err));
    }
    return r;
}

void coordinator_tunes_release(struct az_coordinator *c)
{
    for (size_t i = 0; i < c->n_tunes; i++)
        free(c->tunes[i].backend);
    free(c->tunes);
}
