/* Whose turn it is. Each backend is shared by the jobs that wait for it in
 * proportion to their weights (stride scheduling: Waldspurger & Weihl 1995, §2):
 * the queue that has had the least, over its weight, goes next. Its questions go
 * to the worker with the most room. */
#include "coordinator/sched_state.h"
#include "core/mem.h"

/* Questions of one turn, where others wait: an item's questions mostly go to one
 * worker, next to each other, where they share a prompt's prefix. */
enum { QUANTUM = 32, RECALLS = 512 };

void backend_recount(struct az_sched *s, size_t backend)
{
    s->backends[backend].credit = 0;
    for (size_t p = 0; p < s->n_peers; p++) {
        if (peer_may_be_asked(&s->peers[p], backend))
            s->backends[backend].credit += s->peers[p].offers[backend].credit;
    }
}

static struct queue *queue_in(struct az_docket *d, size_t backend)
{
    for (size_t i = 0; i < d->panel->n_backends; i++) {
        if (d->queues[i].backend == backend)
            return &d->queues[i];
    }
    return NULL;
}

/* NULL: nobody waits for this backend. *others: somebody else does, too. */
static struct queue *next_queue(struct az_sched *s, size_t backend, struct az_docket **of,
                                bool *others)
{
    struct queue *best = NULL;
    *others = false;
    for (size_t i = 0; i < s->n_dockets; i++) {
        struct az_docket *d = s->dockets[i];
        struct queue *q = d->stopping || d->broke ? NULL : queue_in(d, backend);
        if (!q || !q->head || q->stalled == s->turn)
            continue;
        *others = *others || best;
        if (best && best->pass <= q->pass)
            continue;
        best = q;
        *of = d;
    }
    return best;
}

/* The one with the most room; -1: none has any, or (PASSED) only for others' jobs. */
enum { PASSED = -2 };
static int roomiest_peer(struct az_sched *s, size_t backend, const struct az_docket *d,
                         bool *others)
{
    int best = -1;
    *others = false;
    for (size_t i = 0; i < s->n_peers; i++) {
        const struct peer *p = &s->peers[i];
        if (!peer_may_be_asked(p, backend) || !p->offers[backend].credit)
            continue;
        int group = p->offers[backend].group;
        if (group >= 0 && s->groups[group].stalled == s->turn)
            continue;
        if (peer_is_unfit(d, i)) {
            best = best < 0 ? PASSED : best;
            continue;
        }
        *others = *others || best >= 0;
        if (best < 0 || p->offers[backend].credit > s->peers[best].offers[backend].credit)
            best = (int)i;
    }
    return best;
}

/* Who was asked about the item before goes first: a prompt's prefix is known there. */
static int next_peer(struct az_sched *s, size_t backend, const struct queue *q, bool *others)
{
    int home = entry_home(s, q->head->entry, q);
    int group = home < 0 ? -1 : s->peers[home].offers[backend].group;
    int roomiest = roomiest_peer(s, backend, q->head->entry->docket, others);
    return home < 0 || (group >= 0 && s->groups[group].stalled == s->turn) ? roomiest : home;
}

/* One turn. Positive: there may be more. */
static int serve_once(struct az_sched *s, size_t backend, az_ms now, struct az_effects *fx)
{
    struct az_docket *d;
    bool jobs, peers;
    struct backend *b = &s->backends[backend];
    if (!b->credit || !b->queued)
        return 0;
    struct queue *q = next_queue(s, backend, &d, &jobs);
    int peer = q ? next_peer(s, backend, q, &peers) : -1;
    if (peer == PASSED) {
        q->stalled = s->turn;
        return 1;
    }
    if (peer < 0)
        return 0;
    struct offer *o = &s->peers[peer].offers[backend];
    struct group *group = o->group >= 0 ? &s->groups[o->group] : NULL;
    uint32_t max = jobs || peers ? AZ_MIN(o->credit, (uint32_t)QUANTUM) : o->credit, sent;
    int r = queue_send(d, q, peer, max, group ? &group->limit : NULL, now, fx, &sent);
    if (r < 0)
        return r;
    b->pass = AZ_MAX(b->pass, q->pass);
    q->pass += (double)sent / d->config.weight;
    o->credit -= sent;
    b->credit -= sent;
    if (r == SEND_NO_LIMIT)
        group->stalled = s->turn;
    else if (r == SEND_NO_MONEY || r == SEND_HELD || r == SEND_FULL)
        q->stalled = s->turn;
    return 1;
}

/* Told in as few messages as there are (worker, job) pairs in a row. */
static int tell_recalls(struct az_sched *s, struct az_effects *fx)
{
    for (size_t i = 0, n; i < s->n_recalls; i += n) {
        const struct recall *first = &s->recalls[i];
        for (n = 1; i + n < s->n_recalls && n < RECALLS; n++) {
            if (first[n].peer != first->peer || first[n].number != first->number)
                break;
        }
        struct az_key *keys = az_arena_zalloc(fx->arena, n * sizeof(*keys));
        struct az_effect *x = keys ? az_effects_add(fx, AZ_FX_SEND, NULL) : NULL;
        if (!x)
            return AZ_ENOMEM;
        for (size_t k = 0; k < n; k++)
            keys[k] = first[k].key;
        x->send.peer = first->peer;
        x->send.msg.kind = AZ_MSG_RECALL;
        x->send.msg.recall.panel = first->number;
        x->send.msg.recall.n = n;
        x->send.msg.recall.keys = keys;
    }
    s->n_recalls = 0;
    return 0;
}

int sched_dispatch(struct az_sched *s, az_ms now, struct az_effects *fx, struct az_error *err)
{
    int r = 0;
    s->turn++;
    s->wake = INT64_MAX;
    for (size_t b = 0; b < s->n_backends && r >= 0; b++) {
        while ((r = serve_once(s, b, now, fx)) > 0)
            continue;
    }
    /* What costs money and does not fit will never fit: its items stay open. */
    for (size_t i = 0; i < s->n_dockets && r >= 0; i++) {
        struct az_docket *d = s->dockets[i];
        for (size_t b = 0; b < d->panel->n_backends && d->broke; b++)
            queue_block_all(d, &d->queues[b]);
    }
    if (r >= 0)
        r = tell_recalls(s, fx);
    return r < 0 ? az_oom(err) : 0;
}
