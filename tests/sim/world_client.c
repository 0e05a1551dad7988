/* Clients: each submits a file in chunks under the file's key, and goes on where it
 * stopped when its connection breaks; or it dies, and another comes with the same key,
 * that cuts chunks at other places. The rules are those of client/lib/io_submit.c. */
#include "tests/sim/world.h"

enum { PATIENCE_MS = 15000 };

void client_make(struct world *w, struct job *job, az_ms at)
{
    struct client *c = &w->clients[w->n_clients++];
    *c = (struct client){.job = job, .fresh = true};
    world_at(w, at, (struct event){.kind = EV_CLIENT_TIME, .who = (int)(c - w->clients)});
}

/* Some come twice, too late, or not at all. */
static void say(struct world *w, struct client *c, struct client_msg m)
{
    uint64_t chance = world_roll(w, BY_CLIENT, 3000);
    az_ms ms = (az_ms)world_roll(w, BY_CLIENT, (uint64_t)w->net_ms);
    struct event e = {.kind = EV_TO_SERVICE, .who = (int)(c - w->clients)};
    m.session = c->session;
    m.seq = ++c->out;
    e.said = m;
    bool garbled = chance / 3 < (uint64_t)w->garbled;
    if (garbled && chance % 3 == 0)
        return;
    if (garbled && chance % 3 == 1)
        world_at(w, w->now + ms + 50, e);
    c->last_up = AZ_MAX(c->last_up + 1, w->now + ms);
    world_at(w, c->last_up + (garbled && chance % 3 == 2 ? 100 : 0), e);
}

/* ---- chunks ---- */

static void cut_one(struct client *c, bool empty)
{
    int to = AZ_MIN(c->next_line + c->cut, c->job->n_lines + 1);
    bool all = to == c->job->n_lines + 1;
    c->ended = all && !(empty && to > c->next_line);
    c->parcels[c->n++] =
        (struct parcel){.index = c->next_index++, .from = c->next_line, .to = to, .last = c->ended};
    c->next_line = to;
}

/* Two that send the same lines, and cut them at other places, must not complete each
 * other: false. */
static bool forget_durable(struct client *c)
{
    while (c->n && c->parcels[0].index <= c->acked) {
        const struct parcel *p = &c->parcels[0];
        bool durable = p->index < c->acked;
        if (p->to > p->from && !(durable ? p->to - 1 <= c->last_line : p->from > c->last_line))
            return false;
        if (!durable)
            return true;
        memmove(c->parcels, c->parcels + 1, --c->n * sizeof(*c->parcels));
    }
    return true;
}

static void go_on(struct world *w, struct client *c)
{
    if (!forget_durable(c)) {
        client_breaks(w, c, true);
        return;
    }
    while (!c->ended && c->n < WORLD_AHEAD) {
        cut_one(c, world_roll(w, BY_CLIENT, 2));
        if (!forget_durable(c)) { /* another is ahead */
            client_breaks(w, c, true);
            return;
        }
    }
    for (size_t i = 0; i < c->n; i++) {
        struct parcel *p = &c->parcels[i];
        if (p->sent)
            continue;
        p->sent = true;
        say(w, c,
            (struct client_msg){.kind = C_CHUNK,
                                .job = c->told,
                                .index = p->index,
                                .from = p->from,
                                .to = p->to,
                                .last = p->last});
    }
}

/* ---- its life ---- */

void client_breaks(struct world *w, struct client *c, bool dies)
{
    if (c->state == CLIENT_CONTENT)
        return;
    c->session = ++w->last_client; /* what was under way is lost */
    c->state = CLIENT_APART;
    for (size_t i = 0; i < c->n; i++)
        c->parcels[i].sent = false;
    if (dies) {
        c->fresh = true;
        c->ended = false;
        c->n = 0;
    }
}

void client_time(struct world *w, struct client *c)
{
    if (c->state == CLIENT_CONTENT)
        return;
    if (c->state != CLIENT_APART && w->now - c->heard > PATIENCE_MS)
        client_breaks(w, c, world_roll(w, BY_CLIENT, 2));
    if (c->state == CLIENT_APART) {
        c->session = ++w->last_client;
        c->state = CLIENT_ASKING;
        c->heard = w->now;
        c->out = 1; /* its hello */
        say(w, c, (struct client_msg){.kind = C_SUBMIT});
    }
    world_at(w, w->now + PATIENCE_MS / 3,
             (struct event){.kind = EV_CLIENT_TIME, .who = (int)(c - w->clients)});
}

static void submitted(struct world *w, struct client *c, const struct client_msg *m)
{
    if (c->told && c->told != m->job && c->told <= c->job->pruned) {
        if (!c->fresh) { /* not any more what it was */
            client_breaks(w, c, true);
            return;
        }
        c->told = c->acked = c->last_line = 0;
    }
    if (c->told && c->told != m->job)
        world_fail(w, "job %d was %lld, and is %lld", c->job->index, (long long)c->told,
                   (long long)m->job);
    c->told = m->job;
    c->state = CLIENT_SENDING;
    if (!c->fresh)
        return;
    c->fresh = false;
    c->cut = 1 + (int)world_roll(w, BY_CLIENT, 5);
    c->next_index = m->chunks;
    c->next_line = (int)m->last_line + 1;
}

void client_hears(struct world *w, struct client *c, const struct client_msg *m)
{
    if (c->state == CLIENT_CONTENT)
        return;
    c->heard = w->now;
    if (m->kind == C_FAILED || m->kind == C_REFUSED) {
        bool over =
            m->kind == C_FAILED && c->told && c->job->kept.id && az_job_has_ended(&c->job->kept);
        client_breaks(w, c, m->kind == C_FAILED);
        c->state = over ? CLIENT_CONTENT : c->state;
        return;
    }
    if (m->kind == C_SUBMITTED)
        submitted(w, c, m);
    if (c->state == CLIENT_APART)
        return;
    if (m->chunks < c->acked && m->kind == C_SUBMITTED)
        world_fail(w, "job %d: %lld chunks were acknowledged, %lld are there", c->job->index,
                   (long long)c->acked, (long long)m->chunks);
    c->acked = AZ_MAX(c->acked, m->chunks);
    c->last_line = AZ_MAX(c->last_line, m->last_line);
    if (m->sealed)
        c->state = CLIENT_CONTENT;
    else
        go_on(w, c);
}
