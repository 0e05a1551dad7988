/* What must hold, whatever happens. */
#include "core/wire_model.h"
#include "policies/policy.h"
#include "tests/sim/world.h"
#include "workers/work_state.h"

/* No stored ballot is asked again, nobody is asked what another holds, and a later
 * round only when all it can see is durable. */
void check_asked(struct world *w, int peer, const struct az_msg_question *q)
{
    const struct stored_item *s = &w->items[q->key.item];
    if (s->verdict.status != AZ_OPEN)
        world_fail(w, "item %d is decided and asked about", (int)q->key.item);
    if (stored_has(s, &q->key))
        world_fail(w, "item %d, judge %d, round %d: stored, and asked again", (int)q->key.item,
                   q->key.judge, q->key.round);
    size_t seen = 0;
    for (size_t i = 0; i < s->n; i++)
        seen += s->ballots[i].ballot.key.round == q->key.round - 1 && !s->ballots[i].ballot.error;
    if (q->key.round > 1 && q->view.n > seen)
        world_fail(w, "item %d, round %d: %zu ballots are shown, %zu are durable", (int)q->key.item,
                   q->key.round, q->view.n, seen);
    if (w->with_limit && q->grant == AZ_NUSD_MAX)
        world_fail(w, "a question without a limit");
    (void)peer;
}

/* Over all crashes: neither what judges bill nor what is durable passes the limit,
 * and nothing is billed that the disk does not know of. */
void check_money(struct world *w)
{
    if (!w->with_limit)
        return;
    az_nusd limit = w->panel->limits.usd;
    if (w->billed > limit || w->billed > w->disk_ceiling || w->disk_ceiling > limit)
        world_fail(w, "billed %lld, on disk %lld, the limit is %lld", (long long)w->billed,
                   (long long)w->disk_ceiling, (long long)limit);
}

void check_held(struct world *w, int who)
{
    const struct worker *k = &w->workers[who];
    uint32_t held[WORLD_BACKENDS] = {0};
    for (size_t i = 0; i < k->work->n_all; i++) {
        if (k->work->all[i]->state != CALL_FREE)
            held[k->work->all[i]->backend->index]++;
    }
    for (size_t b = 0; b < w->n_backends; b++) {
        if (held[b] > k->may_hold[b])
            world_fail(w, "worker %d holds %u questions for '%s', its credit was %u", who, held[b],
                       w->panel->backends[b].name, k->may_hold[b]);
    }
}

/* ---- the verdict of an undisturbed run over the same ballots ---- */

struct replay {
    struct az_ballot v[256];
    size_t n;
};

static const struct az_ballot *known(const struct stored_item *s, const struct az_key *key)
{
    for (size_t i = 0; i < s->n; i++) {
        if (!s->ballots[i].late && az_key_cmp(&s->ballots[i].ballot.key, key) == 0)
            return &s->ballots[i].ballot;
    }
    return NULL;
}

static void replay_all(struct replay *r, const struct stored_item *s)
{
    r->n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (!s->ballots[i].late)
            r->v[r->n++] = s->ballots[i].ballot;
    }
}

static struct az_verdict undisturbed(struct world *w, const struct az_item *item, bool *closed)
{
    static struct replay r;
    const struct stored_item *s = &w->items[item->seq];
    r.n = 0;
    *closed = false;
    for (;;) {
        struct az_fold fold = {w->panel, item, {r.v, r.n}, *closed, w->arena};
        struct az_step step;
        struct az_error err = {0};
        az_assert(az_policy_next(&fold, &step, &err) == 0);
        if (step.kind == AZ_DECIDE)
            return step.verdict;
        size_t before = r.n;
        for (size_t i = 0; i < step.ask.n; i++) {
            const struct az_ballot *b = known(s, &step.ask.v[i]);
            if (b)
                r.v[r.n++] = *b;
        }
        if (r.n == before) { /* its time was up */
            *closed = true;
            replay_all(&r, s);
        }
    }
}

static bool same_verdict(struct world *w, const struct az_verdict *a, const struct az_verdict *b)
{
    AZ_AUTO_BUF one = az_buf(65536);
    AZ_AUTO_BUF two = az_buf(65536);
    struct az_error err = {0};
    if (az_wire_verdict_pack(&one, a, (struct az_keys){0}, &err) < 0 ||
        az_wire_verdict_pack(&two, b, (struct az_keys){0}, &err) < 0)
        world_fail(w, "a verdict: %s", err.what);
    return az_str_eq(az_buf_view(&one), az_buf_view(&two));
}

/* When a verdict becomes durable. */
void check_verdict(struct world *w, int64_t seq)
{
    AZ_AUTO(item) item = world_item(seq);
    bool closed;
    struct az_verdict want = undisturbed(w, item, &closed);
    const struct az_verdict *got = &w->items[seq].verdict;
    if (!same_verdict(w, got, &want))
        world_fail(w, "item %d: %s %d (%s), undisturbed it is %s %d (%s)", (int)seq,
                   az_status_name(got->status), got->label, got->reason,
                   az_status_name(want.status), want.label, want.reason);
    if (closed && w->panel->limits.item_s > 10000)
        world_fail(w, "item %d: decided before all was asked", (int)seq);
}

void check_end(struct world *w)
{
    struct az_counts counts = az_docket_counts(w->docket);
    bool broke = counts.broke || counts.unaffordable;
    for (int i = 0; i < WORLD_ITEMS && !*w->failed; i++) {
        if (w->items[i].verdict.status == AZ_OPEN && !broke)
            world_fail(w, "item %d was left open", i);
        for (size_t b = 0; b < w->items[i].n; b++) {
            const struct az_ballot *x = &w->items[i].ballots[b].ballot;
            /* Each life of the coordinator and each lost lease begins to count anew. */
            if (x->attempts > w->panel->limits.attempts)
                world_fail(w, "item %d: a ballot of %d attempts", i, x->attempts);
        }
    }
    check_money(w);
}
