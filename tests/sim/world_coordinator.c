/* The coordinator's loop, as io_coordinator runs it: effects, time, its own death. */
#include "tests/sim/world.h"

static int lost_one(struct world *w)
{
    for (int p = 0; p < w->n_seats; p++) {
        if (w->lost[p])
            return p;
    }
    return -1;
}

static void send_panel(struct world *w, struct job *job, int peer, uint32_t number)
{
    static const unsigned char secret[AZ_SECRET_BYTES];
    struct az_msg msg = {.kind = AZ_MSG_PANEL};
    msg.panel.panel = number;
    msg.panel.yaml = az_str(job->portable);
    memcpy(msg.panel.secret, secret, sizeof(secret));
    if (!door_send(w, peer, &msg))
        w->lost[peer] = true;
}

static void send_message(struct world *w, struct az_effect *x)
{
    struct az_msg *msg = &x->send.msg;
    for (size_t i = 0; msg->kind == AZ_MSG_QUESTIONS && i < msg->questions.n; i++) {
        const struct az_msg_question *q = &msg->questions.v[i];
        struct job *job = world_job(w, q->panel);
        if (job)
            check_asked(w, job, x->send.peer, q);
        else
            world_fail(w, "a question of panel %u, whose job is closed", q->panel);
    }
    if (!door_send(w, x->send.peer, msg))
        w->lost[x->send.peer] = true;
}

static void run_once(struct world *w)
{
    struct az_error err = {0};
    az_assert(az_sched_ledgers(w->sched, &w->fx, &err) == 0);
    for (size_t i = 0; i < w->fx.n; i++) {
        struct az_effect *x = &w->fx.v[i];
        if (x->kind == AZ_FX_SEND)
            send_message(w, x);
        else if (x->kind == AZ_FX_PANEL)
            send_panel(w, x->job, x->panel.peer, x->panel.number);
        else
            disk_put(w, x->job, x);
    }
    az_effects_clear(&w->fx);
}

void coordinator_effects(struct world *w)
{
    run_once(w);
    for (int p; (p = lost_one(w)) >= 0;) {
        w->lost[p] = false;
        if (w->seats[p].state == SEAT_LIVE)
            coordinator_gone(w, p);
    }
}

/* A session is over. */
void coordinator_gone(struct world *w, int peer)
{
    struct az_error err = {0};
    world_say(w, "session %u is over", w->seats[peer].session);
    check_gone(w, peer);
    w->seats[peer].state = SEAT_FREE;
    account_stated(w);
    az_assert(az_sched_on_gone(w->sched, peer, w->now, &w->fx, &err) == 0);
    run_once(w);
}

void coordinator_up(struct world *w, struct event *e)
{
    struct az_str frame;
    if (!net_take(w, e, &frame))
        return;
    door_receive(w, e->life, frame);
    free((char *)frame.p);
}

/* ---- time ---- */

/* It was stopped itself, and what workers sent meanwhile has not been read yet. */
static void tick(struct world *w)
{
    struct az_error err = {0};
    if (w->now - w->turn > w->silence_ms / 2)
        az_sched_forgive(w->sched, w->now);
    w->turn = w->now;
    if (az_sched_deadline(w->sched) > w->now)
        return;
    az_assert(az_sched_on_tick(w->sched, w->now, &w->fx, &err) == 0);
    coordinator_effects(w);
}

/* Only to wake the loop. */
void coordinator_time(struct world *w)
{
    w->wakes = 0;
}

static void sleep_until(struct world *w, az_ms at)
{
    at = AZ_MAX(at, w->now + 1);
    if (at == INT64_MAX || (w->wakes > w->now && w->wakes <= at))
        return;
    w->wakes = at;
    world_at(w, at, (struct event){.kind = EV_COORDINATOR_TIME, .life = w->life});
}

void coordinator_beat(struct world *w)
{
    for (int p = 0; p < w->n_seats; p++) {
        struct az_msg heartbeat = {.kind = AZ_MSG_HEARTBEAT};
        if (w->seats[p].state == SEAT_LIVE && !w->seats[p].told && !door_send(w, p, &heartbeat))
            coordinator_gone(w, p);
        w->seats[p].told = false;
    }
    world_at(w, w->now + AZ_MAX(w->silence_ms / 8, (az_ms)1),
             (struct event){.kind = EV_COORDINATOR_BEATS, .life = w->life});
}

void coordinator_settle(struct world *w)
{
    coordinator_effects(w);
    tick(w);
    for (int j = 0; j < w->n_jobs; j++)
        job_feeds(w, &w->jobs[j]);
    for (int j = 0; j < w->n_jobs; j++) {
        job_commits(w, &w->jobs[j]);
        job_ends(w, &w->jobs[j]);
    }
    coordinator_effects(w);
    for (int j = 0; j < w->n_jobs; j++)
        disk_submit(w, &w->jobs[j]);
    az_ms until = service_tick(w);
    sleep_until(w, AZ_MIN(until, AZ_MIN(az_sched_deadline(w->sched), readers_go(w))));
    if (!*w->failed)
        check_sched(w);
}

/* ---- life and death ---- */

void coordinator_start(struct world *w)
{
    struct az_error err = {0};
    struct az_sched_config config = {.silence_ms = w->silence_ms};
    if (w->up)
        return;
    world_say(w, "the coordinator starts");
    az_assert(az_sched_new(&config, &w->sched, &err) == 0);
    az_assert(az_effects_init(&w->fx, &err) == 0);
    w->up = true;
    w->turn = w->now;
    w->wakes = 0;
    w->last_number = 0;
    memset(w->seats, 0, sizeof(w->seats));
    w->n_seats = 0;
    w->account = (struct rate){0};
    memset(w->lost, 0, sizeof(w->lost));
    for (int j = 0; j < w->n_jobs; j++) {
        struct job *job = &w->jobs[j];
        job->last_commit = w->now;
    }
    service_starts(w);
    coordinator_beat(w);
    coordinator_settle(w);
}

void coordinator_die(struct world *w)
{
    world_say(w, "the coordinator dies");
    w->up = false;
    w->life++;
    w->stopped_until = 0;
    for (int j = 0; j < w->n_jobs; j++) {
        struct job *job = &w->jobs[j];
        disk_crash(w, job);
        job->docket = NULL;
        job->failed = false;
    }
    service_dies(w);
    az_effects_release(&w->fx);
    az_sched_free(w->sched);
    memset(w->seats, 0, sizeof(w->seats));
    w->n_seats = 0;
    net_break_all(w);
}
