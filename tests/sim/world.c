#include "tests/sim/world.h"

#include <stdarg.h>

#include "core/mem.h"

void world_fail(struct world *w, const char *fmt, ...)
{
    if (*w->failed)
        return;
    int n = snprintf(w->failed, sizeof(w->failed), "at %lld ms: ", (long long)w->now);
    va_list args;
    va_start(args, fmt);
    vsnprintf(w->failed + n, sizeof(w->failed) - (size_t)n, fmt, args);
    va_end(args);
}

uint64_t world_roll(struct world *w, uint64_t n)
{
    return az_rng_below(&w->rng, n);
}

void world_at(struct world *w, az_ms at, struct event e)
{
    struct event *kept = az_arena_zalloc(w->arena, sizeof(*kept));
    az_assert(kept);
    *kept = e;
    az_assert(az_heap_push(&w->events, at, kept) == 0);
}

/* ---- the disk ---- */

static void disk_put(struct world *w, const struct az_effect *x)
{
    struct record *r = az_arena_zalloc(w->arena, sizeof(*r));
    struct record **end = &w->pending;
    az_assert(r);
    r->what = *x;
    if (x->kind == AZ_FX_BALLOT) {
        struct az_ballot *b = az_arena_zalloc(w->arena, sizeof(*b));
        az_assert(b && az_ballot_copy(w->arena, x->ballot, b) == 0);
        r->what.ballot = b;
        r->late = w->verdict_put[b->key.item] || w->items[b->key.item].verdict.status != AZ_OPEN;
    } else if (x->kind == AZ_FX_VERDICT) {
        struct az_verdict *v = az_arena_zalloc(w->arena, sizeof(*v));
        az_assert(v);
        *v = *x->verdict.verdict;
        r->what.verdict.verdict = v;
        if (w->verdict_put[x->verdict.seq] || w->items[x->verdict.seq].verdict.status != AZ_OPEN)
            world_fail(w, "item %d: a second verdict", (int)x->verdict.seq);
        w->verdict_put[x->verdict.seq] = true;
    }
    while (*end)
        end = &(*end)->next;
    *end = r;
}

static void disk_ballot(struct world *w, const struct record *r)
{
    const struct az_ballot *b = r->what.ballot;
    struct stored_item *s = &w->items[b->key.item];
    if (stored_has(s, &b->key)) {
        world_fail(w, "item %d, judge %d: a second ballot", (int)b->key.item, b->key.judge);
        return;
    }
    az_assert(s->n < AZ_LEN(s->ballots));
    s->ballots[s->n++] = (struct stored_ballot){*b, r->late};
}

/* All up to `ticket` is durable. */
static void disk_commit(struct world *w, uint64_t ticket)
{
    struct record *r;
    for (; (r = w->pending) && r->ticket && r->ticket <= ticket; w->pending = r->next) {
        if (r->what.kind == AZ_FX_BALLOT) {
            disk_ballot(w, r);
        } else if (r->what.kind == AZ_FX_VERDICT) {
            w->items[r->what.verdict.seq].verdict = *r->what.verdict.verdict;
            check_verdict(w, r->what.verdict.seq);
        } else {
            if (r->what.ledger.ceiling < w->disk_ceiling && r->what.ledger.ceiling < w->billed)
                world_fail(w, "the ledger forgets");
            w->disk_ceiling = r->what.ledger.ceiling;
        }
    }
    check_money(w);
}

/* ---- the coordinator ---- */

static void send_message(struct world *w, struct az_effect *x)
{
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_error err = {0};
    x->send.msg.seq = 1;
    for (size_t i = 0; x->send.msg.kind == AZ_MSG_QUESTIONS && i < x->send.msg.questions.n; i++)
        check_asked(w, x->send.peer, &x->send.msg.questions.v[i]);
    if (az_wire_pack(&b, &x->send.msg, w->arena, &err) < 0)
        world_fail(w, "questions: %s", err.what);
    for (int who = 0; who < WORLD_WORKERS; who++) {
        struct worker *k = &w->workers[who];
        if (!k->alive || k->peer != x->send.peer)
            continue; /* lost on the way */
        k->last_received =
            AZ_MAX(k->last_received + 1, w->now + (az_ms)world_roll(w, (uint64_t)w->net_ms));
        world_at(w, k->last_received,
                 (struct event){.kind = EV_TO_WORKER,
                                .who = who,
                                .life = k->life,
                                .frame = az_arena_str(w->arena, az_buf_view(&b))});
    }
}

static void run_effects(struct world *w)
{
    struct az_error err = {0};
    az_assert(az_sched_ledgers(w->sched, &w->fx, &err) == 0);
    for (size_t i = 0; i < w->fx.n; i++) {
        if (w->fx.v[i].kind == AZ_FX_SEND)
            send_message(w, &w->fx.v[i]);
        else if (w->fx.v[i].kind != AZ_FX_PANEL) /* they have it */
            disk_put(w, &w->fx.v[i]);
    }
    az_effects_clear(&w->fx);
}

static void submit(struct world *w)
{
    bool any = false;
    for (struct record *r = w->pending; r; r = r->next) {
        if (r->ticket)
            continue;
        if (!any)
            w->ticket++;
        any = true;
        r->ticket = w->ticket;
    }
    az_docket_submitted(w->docket, any ? w->ticket : 0);
    if (!any)
        return;
    w->last_commit =
        AZ_MAX(w->last_commit + 1, w->now + (az_ms)world_roll(w, (uint64_t)w->disk_ms));
    world_at(w, w->last_commit,
             (struct event){.kind = EV_COMMIT, .life = w->life, .ticket = w->ticket});
}

static void leave(struct world *w)
{
    struct az_done done;
    while (az_docket_next_done(w->docket, &done)) {
        int64_t seq = done.item->seq;
        if (w->left[seq])
            world_fail(w, "item %d left twice", (int)seq);
        w->left[seq] = true;
        if (done.verdict.status != w->items[seq].verdict.status)
            world_fail(w, "item %d is told as %s and stored as %s", (int)seq,
                       az_status_name(done.verdict.status),
                       az_status_name(w->items[seq].verdict.status));
    }
}

static void feed(struct world *w)
{
    while (w->next_item < WORLD_ITEMS && az_docket_room(w->docket) && !*w->failed) {
        int seq = w->next_item++;
        struct stored_item *s = &w->items[seq];
        if (s->verdict.status != AZ_OPEN)
            continue;
        struct az_ballot had[256];
        for (size_t i = 0; i < s->n; i++)
            had[i] = s->ballots[i].ballot;
        struct az_error err = {0};
        az_assert(az_docket_add(w->docket, world_item(seq), (struct az_ballots){had, s->n}, w->now,
                                &w->fx, &err) == 0);
        run_effects(w);
    }
}

static void coordinator_die(struct world *w)
{
    if (!w->up)
        return;
    w->up = false;
    w->life++;
    /* Some of what was under way may have reached the disk untold. */
    disk_commit(w, w->committed + world_roll(w, w->ticket - w->committed + 1));
    w->pending = NULL;
    az_effects_release(&w->fx);
    az_sched_free(AZ_TAKE(w->sched));
    for (int who = 0; who < WORLD_WORKERS; who++)
        worker_die(w, who);
}

static void coordinator_start(struct world *w)
{
    struct az_error err = {0};
    struct az_sched_config config = {0};
    struct az_docket_config docket = {.number = 1,
                                      .panel = w->panel,
                                      .spent = w->disk_ceiling,
                                      .window_items = 1 + world_roll(w, 12),
                                      .window_bytes = 1 << 20,
                                      .weight = AZ_WEIGHT};
    az_assert(az_sched_new(&config, &w->sched, &err) == 0);
    az_assert(az_sched_open(w->sched, &docket, &w->docket, &err) == 0);
    az_assert(az_effects_init(&w->fx, &err) == 0);
    w->up = true;
    w->starts++;
    w->ticket = w->committed = 0;
    w->next_item = w->next_peer = 0;
    w->last_commit = w->now;
    memset(w->left, 0, sizeof(w->left));
    memset(w->verdict_put, 0, sizeof(w->verdict_put));
    for (int who = 0; who < WORLD_WORKERS; who++)
        world_at(w, w->now + (az_ms)world_roll(w, 1000),
                 (struct event){.kind = EV_WORKER_JOINS, .who = who, .life = w->life});
}

static void receive(struct world *w, struct event *e)
{
    struct az_msg msg;
    struct az_error err = {0};
    int r = az_wire_unpack(e->frame, w->arena, &msg, &err);
    if (r == 0 && msg.kind == AZ_MSG_ANNOUNCE)
        r = az_sched_on_credit(w->sched, e->peer, &msg.announce, w->now, &w->fx, &err);
    else if (r == 0 && msg.kind == AZ_MSG_ANSWERS)
        r = az_sched_on_answers(w->sched, e->peer, &msg, w->now, &w->fx, &err);
    else if (r == 0)
        r = az_sched_on_stopped(w->sched, e->peer, &msg, w->now, &w->fx, &err);
    if (r < 0)
        world_fail(w, "a worker's message: %s", err.what);
}

/* After every event, as the loop does before it sleeps. */
static void settle(struct world *w)
{
    run_effects(w);
    feed(w);
    submit(w);
    leave(w);
    az_ms at = az_sched_deadline(w->sched);
    if (at != INT64_MAX)
        world_at(w, AZ_MAX(at, w->now + 1),
                 (struct event){.kind = EV_COORDINATOR_TICK, .life = w->life});
    struct az_counts counts = az_docket_counts(w->docket);
    if (!az_docket_idle(w->docket) ||
        !(w->next_item == WORLD_ITEMS || counts.stopped || counts.broke))
        return;
    if (!counts.stopped) {
        w->over = true;
        return;
    }
    /* Somebody pays, and types the same command again. */
    w->quota_gone = false;
    w->stops = 0;
    struct az_error err = {0};
    az_assert(az_docket_ledger(w->docket, &w->fx, &err) == 0);
    run_effects(w);
    submit(w);
    disk_commit(w, w->ticket);
    w->committed = w->ticket;
    coordinator_die(w);
    coordinator_start(w);
}

/* ---- time ---- */

/* True: the coordinator was concerned. */
static bool on_coordinator(struct world *w, struct event *e)
{
    struct az_error err = {0};
    if (!w->up || e->life != w->life)
        return false;
    switch (e->kind) {
    case EV_TO_COORDINATOR:
        receive(w, e);
        return true;
    case EV_COMMIT:
        disk_commit(w, e->ticket);
        w->committed = e->ticket;
        az_assert(az_docket_on_committed(w->docket, e->ticket, w->now, &w->fx, &err) == 0);
        return true;
    case EV_COORDINATOR_TICK:
        if (az_sched_deadline(w->sched) > w->now)
            return false;
        az_assert(az_sched_on_tick(w->sched, w->now, &w->fx, &err) == 0);
        return true;
    case EV_GONE:
        az_assert(az_sched_on_gone(w->sched, e->peer, w->now, &w->fx, &err) == 0);
        return true;
    case EV_WORKER_JOINS:
        if (!w->workers[e->who].alive)
            worker_join(w, e->who);
        return false;
    default:
        return false;
    }
}

static void on_worker(struct world *w, struct event *e)
{
    if (!w->workers[e->who].alive || e->life != w->workers[e->who].life)
        return;
    if (e->kind == EV_TO_WORKER)
        worker_receive(w, e);
    else if (e->kind == EV_REPLY)
        worker_reply(w, e);
    else
        worker_tick(w, e->who);
}

/* A worker is lost with all it holds; what it sent may still come before that is
 * noticed, and another takes its place. */
static void lose_worker(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    if (!k->alive || !w->up)
        return;
    az_ms noticed = AZ_MAX(w->now, k->last_sent) + 1 + (az_ms)world_roll(w, 5000);
    world_at(w, noticed, (struct event){.kind = EV_GONE, .life = w->life, .peer = k->peer});
    world_at(w, w->now + (az_ms)world_roll(w, 10000),
             (struct event){.kind = EV_WORKER_JOINS, .who = who, .life = w->life});
    worker_die(w, who);
}

static void happen(struct world *w, struct event *e)
{
    switch (e->kind) {
    case EV_TO_WORKER:
    case EV_REPLY:
    case EV_WORKER_TICK:
        on_worker(w, e);
        break;
    case EV_WORKER_DIES:
        lose_worker(w, e->who);
        break;
    case EV_COORDINATOR_DIES:
        coordinator_die(w);
        world_at(w, w->now + 1 + (az_ms)world_roll(w, 2000),
                 (struct event){.kind = EV_COORDINATOR_STARTS});
        break;
    case EV_COORDINATOR_STARTS:
        if (!w->up) {
            coordinator_start(w);
            settle(w);
        }
        break;
    default:
        if (on_coordinator(w, e))
            settle(w);
    }
}

static void weather(struct world *w)
{
    static const az_ms delays[] = {1, 20, 300, 5000};
    w->slow_ms = delays[world_roll(w, 4)] * 4 + 1;
    w->disk_ms = delays[world_roll(w, 4)];
    w->net_ms = delays[world_roll(w, 3)];
    int *shares[] = {&w->wrong, &w->busy, &w->broken, &w->silent};
    for (size_t i = 0; i < AZ_LEN(shares); i++)
        *shares[i] = world_roll(w, 3) ? 0 : (int)world_roll(w, 250);
    w->stops = world_roll(w, 6) ? 0 : 10;
    az_ms span = 1 + w->slow_ms * 20;
    for (uint64_t n = world_roll(w, 4); n-- > 0;)
        world_at(w, 1 + (az_ms)world_roll(w, (uint64_t)span),
                 (struct event){.kind = EV_COORDINATOR_DIES});
    for (uint64_t n = world_roll(w, 5); n-- > 0;)
        world_at(w, 1 + (az_ms)world_roll(w, (uint64_t)span),
                 (struct event){.kind = EV_WORKER_DIES, .who = (int)world_roll(w, WORLD_WORKERS)});
}

const char *world_run(struct world *w, uint64_t seed, bool trace)
{
    *w = (struct world){.seed = seed, .rng = az_rng(seed), .trace = trace};
    w->arena = az_arena_new(1 << 20);
    az_assert(w->arena);
    world_panel(w);
    weather(w);
    world_at(w, 0, (struct event){.kind = EV_COORDINATOR_STARTS});
    for (int step = 0; !w->over && !*w->failed; step++) {
        az_ms at = az_heap_first(&w->events);
        struct event *e = az_heap_pop(&w->events, INT64_MAX);
        if (!e)
            world_fail(w, "nothing will ever happen again, %lld questions are under way",
                       w->up ? (long long)az_docket_counts(w->docket).sent : -1);
        else if (step == WORLD_STEPS)
            world_fail(w, "no end after %d steps", step);
        if (*w->failed)
            break;
        w->now = AZ_MAX(w->now, at);
        if (trace)
            fprintf(stderr, "%lld: event %d who %d peer %d\n", (long long)w->now, (int)e->kind,
                    e->who, e->peer);
        happen(w, e);
    }
    if (!*w->failed)
        check_end(w);
    return *w->failed ? w->failed : NULL;
}

void world_release(struct world *w)
{
    for (int who = 0; who < WORLD_WORKERS; who++)
        worker_die(w, who);
    if (w->up) {
        az_effects_release(&w->fx);
        az_sched_free(w->sched);
    }
    az_heap_release(&w->events);
    az_panel_free(w->panel);
    az_arena_free(w->arena);
}
