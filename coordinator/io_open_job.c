/* One open job of the coordinator: its input, its store, its end. */
#include "coordinator/io_coordinator_state.h"
#include "core/io_clock.h"
#include "core/log.h"
#include "core/mem.h"

enum {
    ITEMS_A_TURN = 256,
    WINDOW_BYTES = 64 << 20,
    PROGRESS_MS = 100,
    WATCH_BYTES = 8192, /* seats and shares of one item */
};

void az_fed_free(struct az_fed *f)
{
    if (!f)
        return;
    az_item_free(f->item);
    az_arena_free(f->arena);
    free(f);
}

/* ---- opening and closing ---- */

static void on_store(void *arg, int fd, unsigned events)
{
    struct az_open_job *job = arg;
    az_store_ack(job->config.store);
}

static int open_docket(struct az_coordinator *c, struct az_open_job *job, struct az_error *err)
{
    job->panel_yaml = az_buf(AZ_WIRE_PANEL_MAX);
    az_panel_print(&job->panel_yaml, job->config.panel, true);
    int r = az_buf_check(&job->panel_yaml, err);
    if (r < 0)
        az_wrap(err, "the panel");
    struct az_docket_config docket = {.number = ++c->last_number,
                                      .panel = job->config.panel,
                                      .job = job,
                                      .spent = job->config.spent,
                                      .window_items = (size_t)job->config.window_items,
                                      .window_bytes = WINDOW_BYTES,
                                      .weight = job->config.weight ? job->config.weight : AZ_WEIGHT,
                                      .under_way_max = job->config.slots};
    return r < 0 ? r : az_sched_open(c->sched, &docket, &job->docket, err);
}

/* Whoever submits or resumes a job wants its backends tried, also those that refused
 * an earlier one. Their workers learn it before the first question. */
static int retry_stopped(struct az_coordinator *c, const struct az_panel *panel,
                         struct az_error *err)
{
    for (size_t b = 0; b < panel->n_backends; b++) {
        const char *name = panel->backends[b].name;
        if (!az_sched_retry(c->sched, name))
            continue;
        struct az_msg msg = {.kind = AZ_MSG_TUNE};
        msg.tune.backend = az_str(name);
        int told = az_coordinator_tune(c, &msg, err);
        if (told < 0)
            return told;
        az_info("a backend that had stopped is tried again", KV("backend", name),
                KV("workers", told));
    }
    return 0;
}

static void job_free(struct az_open_job *job)
{
    az_buf_release(&job->panel_yaml);
    az_watch_free(job->watch);
    free(job);
}

int az_coordinator_open(struct az_coordinator *c, const struct az_job_config *config,
                        struct az_open_job **ret, struct az_error *err)
{
    struct az_open_job *job = az_zalloc(sizeof(*job));
    if (!job)
        return az_oom(err);
    job->coordinator = c;
    job->config = *config;
    job->deadline = config->job_ms ? az_clock_ms() + config->job_ms : INT64_MAX;
    int r = az_watch_new(config->panel, &job->watch) < 0 ? az_oom(err) : 0;
    if (r == 0)
        r = retry_stopped(c, config->panel, err);
    if (r == 0)
        r = open_docket(c, job, err);
    if (r == 0)
        r = az_loop_watch(c->loop, az_store_fd(config->store), AZ_LOOP_READ, on_store, job, err);
    if (r < 0) {
        if (job->docket)
            (void)az_sched_close(job->docket, &c->fx, err);
        job_free(job);
        return r;
    }
    job->watching_store = true;
    struct az_open_job **end = &c->jobs;
    while (*end)
        end = &(*end)->next;
    *end = job;
    az_coordinator_poke(c);
    *ret = job;
    return 0;
}

static void unwatch(struct az_open_job *job)
{
    struct az_loop *loop = job->coordinator->loop;
    if (job->watching_store)
        az_loop_unwatch(loop, az_store_fd(job->config.store));
    if (job->watching_input)
        az_loop_unwatch(loop, az_queue_fd(job->config.in));
    job->watching_store = job->watching_input = false;
}

void az_coordinator_close(struct az_open_job *job)
{
    struct az_coordinator *c = job->coordinator;
    struct az_open_job **at = &c->jobs;
    struct az_error err = {0};
    while (*at != job)
        at = &(*at)->next;
    *at = job->next;
    unwatch(job);
    int r = az_sched_close(job->docket, &c->fx, &err);
    az_coordinator_give_up(c, r, &err);
    az_coordinator_effects(c);
    job_free(job);
}

/* ---- effects ---- */

int open_job_panel(struct az_open_job *job, int peer, uint32_t number, struct az_error *err)
{
    struct az_msg msg = {.kind = AZ_MSG_PANEL};
    msg.panel.panel = number;
    msg.panel.yaml = az_buf_view(&job->panel_yaml);
    memcpy(msg.panel.secret, az_store_secret(job->config.store), AZ_SECRET_BYTES);
    return az_door_send(job->coordinator->door, peer, &msg, err);
}

void open_job_fail(struct az_open_job *job, const struct az_error *why)
{
    if (job->failed.code < 0)
        return;
    job->failed = *why;
    if (!job->failed.code)
        job->failed.code = AZ_EIO;
    az_docket_stop(job->docket);
    job->stopping = true;
}

void open_job_store(struct az_open_job *job, const struct az_effect *x)
{
    struct az_store *store = job->config.store;
    struct az_error err = {0};
    int r = 0;
    if (job->failed.code < 0)
        return;
    if (x->kind == AZ_FX_BALLOT) {
        const struct az_judge *judge = &job->config.panel->judges[x->ballot->key.judge];
        az_tally_ballot(job->coordinator->tally, judge->backend, x->ballot);
        r = az_store_put_ballot(store, x->ballot, &err);
    } else if (x->kind == AZ_FX_VERDICT) {
        r = az_store_put_verdict(store, x->verdict.seq, x->verdict.verdict, x->verdict.ballots,
                                 &err);
    } else {
        r = az_store_put_ledger(store, x->ledger.settled, x->ledger.ceiling, &err);
    }
    if (r < 0)
        open_job_fail(job, &err);
}

/* ---- items ---- */

static int store_item(struct az_open_job *job, struct az_fed *fed, struct az_error *err)
{
    struct az_store *store = job->config.store;
    int r = fed->is_new || fed->renewed ? az_store_put_item(store, fed->item, err) : 0;
    if (r == 0 && fed->reopened)
        r = az_store_reopen_item(store, fed->item->seq, err);
    return r;
}

static void take(struct az_open_job *job, struct az_fed *fed)
{
    struct az_coordinator *c = job->coordinator;
    struct az_error err = {0};
    if (store_item(job, fed, &err) < 0) {
        open_job_fail(job, &err);
        return;
    }
    if (fed->decided)
        return;
    int r = az_docket_add(job->docket, AZ_TAKE(fed->item), fed->ballots, az_loop_now(c->loop),
                          &c->fx, &err);
    az_coordinator_give_up(c, r, &err);
}

static bool room(const struct az_open_job *job)
{
    return az_docket_room(job->docket) && az_store_backlog(job->config.store) <= AZ_BACKLOG_MAX &&
           (!job->config.room || job->config.room(job->config.arg));
}

static bool take_some(struct az_open_job *job)
{
    for (int i = 0; i < ITEMS_A_TURN; i++) {
        if (job->stopping || job->coordinator->code < 0 || !room(job))
            return false;
        struct az_fed *fed = az_queue_pop(job->config.in);
        if (!fed) {
            job->input_ended = az_queue_closed(job->config.in) && !az_queue_len(job->config.in);
            return false;
        }
        take(job, fed);
        az_fed_free(fed);
    }
    return true;
}

/* What all of them want is sent together: a message an item would be mostly
 * overhead. */
bool open_job_feed(struct az_open_job *job)
{
    bool more = take_some(job);
    az_coordinator_effects(job->coordinator);
    return more;
}

/* The next feed takes what has come. */
static void on_input(void *arg, int fd, unsigned events)
{
}

/* The queue's descriptor is readable as long as something is in it: watched
 * without room for an item it would keep the loop awake. */
static void watch_input(struct az_open_job *job, bool want)
{
    struct az_loop *loop = job->coordinator->loop;
    int fd = az_queue_fd(job->config.in);
    struct az_error err = {0};
    if (want == job->watching_input)
        return;
    job->watching_input = want;
    if (want)
        az_coordinator_give_up(job->coordinator,
                               az_loop_watch(loop, fd, AZ_LOOP_READ, on_input, job, &err), &err);
    else
        az_loop_unwatch(loop, fd);
}

/* ---- commits ---- */

/* From handing over to being durable, one ticket at a time. */
static void time_commit(struct az_open_job *job, uint64_t committed)
{
    struct az_coordinator *c = job->coordinator;
    az_ms now = az_loop_now(c->loop);
    if (job->timed_ticket && committed >= job->timed_ticket) {
        az_spread_add(&c->tally->commits, now - job->timed_at);
        job->timed_ticket = 0;
    }
    if (!job->timed_ticket && job->submitted_ticket > committed) {
        job->timed_ticket = job->submitted_ticket;
        job->timed_at = now;
    }
}

static void tell_drift(const struct az_open_job *job, const struct az_watched *one)
{
    const struct az_panel *panel = job->config.panel;
    const char *what = one->what == AZ_WATCH_APART ? "apart" : "wrong";
    const char *who = one->judge < 0 ? "" : panel->judges[one->judge].name;
    az_warn("judges have drifted, what was calibrated holds no more", KV("panel", panel->name),
            KV("judge", who), KV("what", what), KV("rate", one->then.value), KV("base", one->base),
            KV("audited", one->then.n));
}

/* Are judges what they were? In the order of decisions; an item more or less where there
 * is no memory is not worth ending a job for. */
static void watch(struct az_open_job *job, const struct az_done *done)
{
    AZ_AUTO(arena) arena = NULL;
    struct az_board board;
    struct az_fold fold = {
        .panel = job->config.panel, .item = done->item, .ballots = done->ballots, .closed = true};
    struct az_watched one;
    if (!job->watch || done->verdict.status == AZ_OPEN)
        return;
    fold.arena = arena = az_arena_new(WATCH_BYTES);
    if (!arena || az_board_make(&fold, &board) < 0 ||
        az_watch_add(job->watch, &board, &done->verdict) < 0)
        return;
    while (az_watch_next_alarm(job->watch, &one)) {
        job->coordinator->tally->drift_alarms++;
        tell_drift(job, &one);
    }
}

static void submit(struct az_open_job *job)
{
    uint64_t ticket = az_store_submit(job->config.store);
    if (ticket)
        job->submitted_ticket = ticket;
    az_docket_submitted(job->docket, ticket);
}

void open_job_hand_over(struct az_open_job *job)
{
    if (az_store_pending(job->config.store) >= AZ_STORE_ROWS)
        submit(job);
}

void open_job_commit(struct az_open_job *job)
{
    struct az_coordinator *c = job->coordinator;
    struct az_store *store = job->config.store;
    struct az_error err = {0};
    submit(job);
    uint64_t committed = az_store_committed(store);
    time_commit(job, committed);
    if (committed != job->told_ticket) {
        job->told_ticket = committed;
        int r = az_docket_on_committed(job->docket, committed, az_loop_now(c->loop), &c->fx, &err);
        az_coordinator_give_up(c, r, &err);
        az_coordinator_effects(c);
        submit(job);
    }
    struct az_done done;
    while (az_docket_next_done(job->docket, &done)) {
        watch(job, &done);
        job->config.done(job->config.arg, &done);
    }
    if (az_store_failed(store, &err) < 0)
        open_job_fail(job, &err);
}

/* ---- its end ---- */

static void progress(struct az_open_job *job, bool last)
{
    az_ms now = az_clock_ms();
    if (!job->config.progress || (!last && now < job->next_progress))
        return;
    job->next_progress = now + PROGRESS_MS;
    struct az_counts counts = az_docket_counts(job->docket);
    job->config.progress(job->config.arg, &counts, last);
}

void az_open_job_stop(struct az_open_job *job)
{
    if (job->stopping)
        return;
    job->stopping = true;
    az_docket_stop(job->docket);
    az_coordinator_poke(job->coordinator);
}

int az_open_job_cancel(struct az_open_job *job, struct az_error *err)
{
    struct az_coordinator *c = job->coordinator;
    job->stopping = true;
    int r = az_docket_cancel(job->docket, az_loop_now(c->loop), &c->fx, err);
    if (r == 0)
        az_coordinator_effects(c);
    az_coordinator_poke(c);
    return r;
}

static bool finished(const struct az_open_job *job)
{
    if (job->failed.code < 0)
        return true;
    if (!az_docket_idle(job->docket))
        return false;
    struct az_counts counts = az_docket_counts(job->docket);
    return job->input_ended || job->stopping || counts.stopped || counts.broke;
}

static enum az_job_end end_of(const struct az_open_job *job)
{
    struct az_counts counts = az_docket_counts(job->docket);
    if (job->failed.code < 0)
        return AZ_JOB_FAILED;
    if (counts.stopped)
        return AZ_JOB_BACKEND;
    if (counts.broke || counts.unaffordable)
        return AZ_JOB_BROKE;
    if (job->stopping)
        return job->time_up ? AZ_JOB_TIME : AZ_JOB_STOPPED;
    return AZ_JOB_DONE;
}

void open_job_check_end(struct az_open_job *job)
{
    struct az_coordinator *c = job->coordinator;
    struct az_error err = {0};
    if (az_clock_ms() >= job->deadline && !job->stopping) {
        job->time_up = true;
        az_open_job_stop(job);
    }
    progress(job, false);
    if (!finished(job) || c->code < 0)
        return;
    az_coordinator_give_up(c, az_docket_ledger(job->docket, &c->fx, &err), &err);
    az_coordinator_effects(c);
    az_store_submit(job->config.store);
    job->ended = true;
    unwatch(job);
    progress(job, true);
    job->config.ended(job->config.arg, end_of(job), job->failed.code < 0 ? &job->failed : NULL);
}

az_ms open_job_rest(struct az_open_job *job)
{
    if (job->ended)
        return INT64_MAX;
    watch_input(job, !job->input_ended && !job->stopping && room(job));
    return job->config.progress ? AZ_MIN(job->deadline, job->next_progress) : job->deadline;
}

/* ---- control ---- */

int az_open_job_limit(struct az_open_job *job, az_nusd limit, struct az_error *err)
{
    struct az_coordinator *c = job->coordinator;
    int r = az_docket_limit(job->docket, limit, az_loop_now(c->loop), &c->fx, err);
    if (r == 0)
        az_coordinator_effects(c);
    az_coordinator_poke(c);
    return r;
}

void az_open_job_weight(struct az_open_job *job, int weight)
{
    az_docket_weight(job->docket, weight);
}

struct az_counts az_open_job_counts(const struct az_open_job *job)
{
    return az_docket_counts(job->docket);
}

void az_open_job_waits(const struct az_open_job *job, struct az_judge_wait *ret)
{
    az_docket_waits(job->docket, ret);
}
