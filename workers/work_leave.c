/* Questions that leave without an answer: recalled, given back by a worker that
 * ends, dropped with a session. What is under way is paid for and ends. */
#include <stdlib.h>

#include "core/plant.h"
#include "workers/work_state.h"

/* Ready or waiting and wanted back: to the coordinator. What a lookup is asked
 * for and calls that are under way find out when they end. */
int give_back_waiting(struct az_work *w, struct az_wfxs *fx, struct az_error *err)
{
    for (size_t i = 0; i < w->n_backends; i++) {
        struct work_backend *b = &w->backends[i];
        struct work_call *c = b->head;
        b->head = NULL;
        for (struct work_call *next; c; c = next) {
            next = c->next;
            if (!call_wanted_back(w, c))
                ready_push(c);
            else if (give_back(w, c, fx) < 0)
                return az_oom(err);
        }
    }
    size_t n = w->waiting.n;
    struct az_heap_row *rows = az_arena_zalloc(fx->arena, (n + 1) * sizeof(*rows));
    if (!rows)
        return az_oom(err);
    if (n)
        memcpy(rows, w->waiting.v, n * sizeof(*rows));
    w->waiting.n = 0;
    for (size_t i = 0; i < n; i++) {
        struct work_call *c = rows[i].what;
        int r = call_wanted_back(w, c) ? give_back(w, c, fx) : wait_until(w, c, rows[i].at);
        if (r < 0)
            return az_oom(err);
    }
    return 0;
}

static int key_cmp(const void *a, const void *b)
{
    return az_key_cmp(a, b);
}

int az_work_on_recall(struct az_work *w, uint32_t panel, struct az_key *keys, size_t n, bool all,
                      struct az_wfxs *fx, struct az_error *err)
{
    if (n)
        qsort(keys, n, sizeof(*keys), key_cmp);
    for (size_t i = 0; i < w->n_all; i++) {
        struct work_call *c = w->all[i];
        if (c->state == CALL_FREE || c->panel->number != panel || c->orphan)
            continue;
        if (all || (n && bsearch(&c->ask.key, keys, n, sizeof(*keys), key_cmp)))
            c->recalled = true;
    }
    return give_back_waiting(w, fx, err);
}

int az_work_drain(struct az_work *w, struct az_wfxs *fx, struct az_error *err)
{
    int r = 0;
    w->draining = true; /* told first, so that nothing more is sent for what comes back */
    for (size_t b = 0; b < w->n_backends && r == 0; b++)
        r = backend_announce(&w->backends[b], fx, err);
    return r < 0 ? r : give_back_waiting(w, fx, err);
}

void az_work_on_lease(struct az_work *w, az_ms until)
{
    w->lease_until = until;
}

void lease_look(struct az_work *w, az_ms now)
{
    w->lapsed = now >= w->lease_until && !AZ_PLANTED(AZ_PLANT_LEASE_OUTLIVED);
}

int az_work_on_session(struct az_work *w, struct az_wfxs *fx, struct az_error *err)
{
    w->draining = w->lapsed = false;
    w->lease_until = INT64_MAX;
    while (w->n_panels)
        az_work_on_forget(w, w->panels[0]->number);
    for (size_t b = 0; b < w->n_backends; b++) {
        w->backends[b].exposed = 0;
        w->backends[b].stopped = false; /* whoever asks next is told anew */
    }
    for (size_t i = 0; i < w->n_all; i++) {
        if (w->all[i]->state != CALL_FREE)
            w->all[i]->orphan = w->all[i]->recalled = true;
    }
    return give_back_waiting(w, fx, err);
}
