/* The verdict of an undisturbed run over the same ballots. */
#include "core/wire_model.h"
#include "policies/policy.h"
#include "tests/sim/world.h"

struct replay {
    struct az_ballot v[WORLD_BALLOTS];
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

static struct az_verdict undisturbed(struct world *w, const struct job *job,
                                     const struct az_item *item, bool *closed)
{
    static struct replay r;
    const struct stored_item *s = &job->items[item->seq];
    r.n = 0;
    *closed = false;
    for (;;) {
        struct az_fold fold = {.panel = job->panel,
                               .item = item,
                               .ballots = {r.v, r.n},
                               .closed = *closed,
                               .arena = w->scratch};
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
void check_verdict(struct world *w, struct job *job, int64_t seq)
{
    AZ_AUTO(item) item = world_item(job, seq);
    bool closed;
    struct az_verdict want = undisturbed(w, job, item, &closed);
    const struct az_verdict *got = &job->items[seq].verdict;
    if (!same_verdict(w, got, &want))
        world_fail(w, "job %d, item %d: %s %d (%s), undisturbed it is %s %d (%s)", job->index,
                   (int)seq, az_status_name(got->status), got->label, got->reason,
                   az_status_name(want.status), want.label, want.reason);
    if (closed && job->panel->limits.item_s > 100000)
        world_fail(w, "job %d, item %d: decided before all was asked", job->index, (int)seq);
}
