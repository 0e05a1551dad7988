/* The workers: session and core as workers/io_worker.c runs them. */
#include "core/mem.h"
#include "tests/sim/world.h"
#include "workers/work_state.h"

/* ---- to the coordinator ---- */

static void tell(struct world *w, int who, struct az_msg *msg)
{
    struct worker *k = &w->workers[who];
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_error err = {0};
    msg->seq = az_session_say(&k->session, w->now);
    if (az_wire_pack(&b, msg, w->scratch, &err) < 0) {
        world_fail(w, "a worker's message: %s", err.what);
        az_buf_release(&b);
        return;
    }
    size_t n = b.n;
    net_send_up(w, who, (struct az_str){az_buf_take(&b), n});
}

static bool can_tell(const struct worker *k)
{
    return k->session.state == AZ_SESSION_OPEN && !k->broken;
}

static void send_answers(struct world *w, int who, struct az_msg_answer *v, size_t n)
{
    struct worker *k = &w->workers[who];
    struct az_credit credit[WORLD_BACKENDS];
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    if (!n || !can_tell(k))
        return;
    msg.answers.n = n;
    msg.answers.v = v;
    msg.answers.credit.v = credit;
    for (size_t b = 0; b < k->n_backends; b++) {
        uint32_t more = az_work_credit(k->work, b);
        if (more)
            credit[msg.answers.credit.n++] =
                (struct az_credit){.backend = az_str(k->backends[b].name),
                                   .kind = az_str(k->backends[b].kind),
                                   .credit = more};
    }
    tell(w, who, &msg);
}

static void send_announce(struct world *w, int who, size_t first, size_t n)
{
    struct worker *k = &w->workers[who];
    struct az_credit credit[WORLD_BACKENDS];
    struct az_msg msg = {.kind = AZ_MSG_ANNOUNCE};
    if (!can_tell(k))
        return;
    msg.announce.v = credit;
    for (size_t b = first; b < first + n; b++) {
        credit[msg.announce.n] = az_work_announce(k->work, b);
        /* A session may begin with a backend that is only tried: later news add to that. */
        uint32_t all = AZ_MAX(credit[msg.announce.n].credit, k->work->backends[b].exposed);
        k->may_hold[b] = AZ_MAX(k->may_hold[b], all);
        msg.announce.n++;
    }
    tell(w, who, &msg);
}

static void send_stopped(struct world *w, int who, const struct az_wfx *x)
{
    struct worker *k = &w->workers[who];
    struct az_msg msg = {.kind = AZ_MSG_STOPPED};
    msg.stopped.backend = az_str(k->backends[x->stopped.backend].name);
    msg.stopped.why = x->stopped.why;
    if (can_tell(k))
        tell(w, who, &msg);
}

/* ---- effects ---- */

static void start_call(struct world *w, int who, const struct az_wfx *x)
{
    const struct work_call *c = x->call.call;
    int attempts = c->ask.panel->limits.attempts;
    if (c->attempts_before + c->attempts > attempts)
        world_fail(w, "call %d of a question that may have %d", c->attempts_before + c->attempts,
                   attempts);
    if (c->calls_max && c->calls > c->calls_max)
        world_fail(w, "call %u, and the lease was for %u", c->calls, c->calls_max);
    if ((int64_t)x->call.body.n > c->bytes_bound)
        world_fail(w, "a body of %zu bytes, the bound is %lld", x->call.body.n,
                   (long long)c->bytes_bound);
    check_begun(w, who, c);
    check_slots(w, who, c->backend->index);
    rate_call(w, &w->workers[who].rates[c->backend->index], (double)c->tokens_reserved,
              c->backend->backend->name);
    judge_call(w, who, x->call.call, x->call.timeout_ms);
}

/* ---- its cache: of the process, the last replies ---- */

static void remember(struct worker *k, const struct az_hash *hash, struct az_str reply)
{
    struct remembered *r = az_alloc(sizeof(*r) + reply.n);
    az_assert(r);
    *r = (struct remembered){*hash, reply.n};
    memcpy(r->reply, reply.p, reply.n);
    size_t at = k->n_remembered++ % AZ_LEN(k->remembered);
    free(k->remembered[at]);
    k->remembered[at] = r;
}

/* Adds to the effects being run. */
static void look_up(struct world *w, int who, struct work_call *c, struct az_hash hash)
{
    struct worker *k = &w->workers[who];
    struct az_str reply = {0};
    struct az_error err = {0};
    for (size_t i = 0; i < AZ_LEN(k->remembered); i++) {
        const struct remembered *r = k->remembered[i];
        if (r && az_hash_eq(&r->hash, &hash))
            reply = (struct az_str){r->reply, r->n};
    }
    az_assert(az_work_on_cached(k->work, c, reply, w->now, &k->fx, &err) == 0);
}

static void run_effects(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    size_t n = 0;
    for (size_t i = 0; i < k->fx.n; i++) {
        if (k->fx.v[i].kind == AZ_WFX_LOOKUP)
            look_up(w, who, k->fx.v[i].lookup.call, k->fx.v[i].lookup.hash);
    }
    struct az_msg_answer *answers =
        az_arena_zalloc(w->scratch, (k->fx.n + 1) * sizeof(struct az_msg_answer));
    for (size_t i = 0; i < k->fx.n; i++) {
        const struct az_wfx *x = &k->fx.v[i];
        if (x->kind == AZ_WFX_CALL) {
            start_call(w, who, x);
        } else if (x->kind == AZ_WFX_ANSWER) {
            answers[n++] = x->answer.answer;
        } else if (x->kind == AZ_WFX_REMEMBER) {
            remember(k, &x->remember.hash, x->remember.reply);
        } else if (x->kind == AZ_WFX_STOPPED || x->kind == AZ_WFX_ANNOUNCE) {
            send_answers(w, who, answers, n);
            n = 0;
            if (x->kind == AZ_WFX_STOPPED)
                send_stopped(w, who, x);
            else
                send_announce(w, who, x->announce.backend, 1);
        }
    }
    send_answers(w, who, answers, n);
    az_wfxs_clear(&k->fx);
}

/* ---- the session ---- */

static void part(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    struct az_error err = {0};
    net_close(w, who, k->parting);
    az_session_lost(&k->session, w->now);
    k->broken = k->parting = false;
    memset(k->may_hold, 0, sizeof(k->may_hold));
    az_assert(az_work_on_session(k->work, &k->fx, &err) == 0);
    run_effects(w, who);
}

static void on_time(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    struct az_error err = {0};
    struct az_msg msg = {.kind = AZ_MSG_HEARTBEAT};
    if (az_work_deadline(k->work) <= w->now)
        az_assert(az_work_on_tick(k->work, w->now, &k->fx, &err) == 0);
    run_effects(w, who);
    if (k->broken || (k->leaving && k->session.state != AZ_SESSION_OPEN))
        return;
    switch (az_session_tick(&k->session, w->now, &err)) {
    case AZ_DUE_KNOCK:
        net_socket(w, who);
        msg.kind = AZ_MSG_HELLO;
        msg.hello.name = AZ_STR("worker");
        msg.hello.software = AZ_STR("world");
        tell(w, who, &msg);
        break;
    case AZ_DUE_HEARTBEAT:
        tell(w, who, &msg);
        break;
    case AZ_DUE_LOST:
        world_say(w, "worker %d: %s", who, err.what);
        k->broken = true;
        break;
    case AZ_DUE_NOTHING:
        break;
    }
}

static void start_again(struct world *w, int who)
{
    world_at(w, w->now + (az_ms)world_roll(w, BY_WORKER, 10000),
             (struct event){.kind = EV_WORKER_STARTS, .who = who});
}

static void end_if_done(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    if (az_work_held(k->work) || k->fx.n)
        return;
    if (k->leaving) {
        world_say(w, "worker %d has left", who);
        net_close(w, who, true);
        worker_die(w, who);
        start_again(w, who);
    } else if (k->parting) {
        part(w, who);
    }
}

/* As the loop does before it sleeps. */
static void settle(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    run_effects(w, who);
    if (!k->broken)
        on_time(w, who);
    if (k->broken)
        part(w, who);
    check_held(w, who);
    end_if_done(w, who);
    if (!k->alive)
        return;
    bool apart = k->leaving && k->session.state != AZ_SESSION_OPEN;
    az_ms at =
        AZ_MIN(apart ? INT64_MAX : az_session_deadline(&k->session), az_work_deadline(k->work));
    at = AZ_MAX(at, w->now + 1);
    if (at == INT64_MAX || (k->wakes > w->now && k->wakes <= at))
        return;
    k->wakes = at;
    world_at(w, at, (struct event){.kind = EV_WORKER_TIME, .who = who, .life = k->life});
}

/* ---- events ---- */

static int on_panel(struct worker *k, const struct az_msg *msg, struct az_error *err)
{
    struct az_panel_source source = {.portable = true};
    struct az_panel *panel;
    int r = az_panel_parse(msg->panel.yaml.p, "portable", &source, &panel, err);
    return r < 0 ? r : az_work_on_panel(k->work, msg->panel.panel, panel, msg->panel.secret, err);
}

/* Zero changes nothing. */
static void tuned(struct world *w, struct worker *k, size_t b, const struct az_msg *msg)
{
    struct rate *r = &k->rates[b];
    k->slots[b] = msg->tune.slots ? msg->tune.slots : k->slots[b];
    if (k->backends[b].n_urls)
        rate_set(r, msg->tune.rpm > 0 ? msg->tune.rpm : r->rpm,
                 msg->tune.tpm > 0 ? msg->tune.tpm : r->tpm, w->now);
}

static int on_tune(struct world *w, struct worker *k, const struct az_msg *msg,
                   struct az_error *err)
{
    for (size_t b = 0; b < k->n_backends; b++) {
        if (az_str_eqz(msg->tune.backend, k->backends[b].name))
            tuned(w, k, b, msg);
    }
    return az_work_on_tune(k->work, msg->tune.backend, msg->tune.slots, msg->tune.rpm,
                           msg->tune.tpm, w->now, &k->fx, err);
}

static int on_message(struct world *w, int who, struct az_msg *msg, struct az_error *err)
{
    struct worker *k = &w->workers[who];
    az_work_on_lease(k->work, az_session_lease(&k->session));
    switch (msg->kind) {
    case AZ_MSG_WELCOME:
        send_announce(w, who, 0, k->n_backends);
        return 0;
    case AZ_MSG_PANEL:
        return on_panel(k, msg, err);
    case AZ_MSG_TUNE:
        return on_tune(w, k, msg, err);
    case AZ_MSG_FORGET:
        az_work_on_forget(k->work, msg->forget.panel);
        return 0;
    case AZ_MSG_QUESTIONS:
        return az_work_on_questions(k->work, msg, w->now, &k->fx, err);
    case AZ_MSG_RECALL:
        return az_work_on_recall(k->work, msg->recall.panel, msg->recall.keys, msg->recall.n,
                                 msg->recall.all, &k->fx, err);
    default:
        return 0;
    }
}

static void receive(struct world *w, int who, struct az_str frame)
{
    struct worker *k = &w->workers[who];
    struct az_msg msg;
    struct az_error err = {0};
    if (az_wire_unpack(frame, w->scratch, &msg, &err) < 0) {
        world_fail(w, "worker %d can't read: %s", who, err.what);
        return;
    }
    int r = az_session_on_message(&k->session, &msg, w->now, &err);
    if (r < 0) {
        for (size_t i = 0; msg.kind == AZ_MSG_QUESTIONS && i < msg.questions.n_items; i++)
            az_item_free(msg.questions.items[i]);
        if (msg.kind != AZ_MSG_REFUSE && who != w->mangler) /* a hello may have come twice */
            world_fail(w, "worker %d: %s", who, err.what);
        k->broken = true;
    } else if (on_message(w, who, &msg, &err) < 0) {
        world_fail(w, "worker %d can't use a message of kind %d: %s", who, (int)msg.kind, err.what);
    }
    run_effects(w, who);
}

void worker_frame(struct world *w, int who, struct az_str frame)
{
    receive(w, who, frame);
    settle(w, who);
}

/* What has come counts, before its sender is said to be silent. */
void worker_wake(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    struct az_str frame;
    while (k->conn && k->cut_until <= w->now && !k->broken &&
           net_take(w, &(struct event){.kind = EV_DOWN, .life = k->conn->id}, &frame)) {
        receive(w, who, frame);
        free((char *)frame.p);
    }
    settle(w, who);
}

void worker_reply(struct world *w, struct event *e)
{
    struct worker *k = &w->workers[e->who];
    const struct reply *reply = e->reply;
    struct az_error err = {0};
    struct az_response response = {reply->status, az_str(reply->headers), az_str(reply->body)};
    struct az_call_result result = {.end = reply->end,
                                    .response = reply->end == AZ_CALL_ANSWERED ? &response : NULL,
                                    .why = "no reply",
                                    .ms = 1};
    if (reply->used)
        rate_settled(&k->rates[e->call->backend->index],
                     (double)(reply->used - e->call->tokens_reserved), w->now);
    if (az_work_on_response(k->work, e->call, &result, w->now, w->now, &k->fx, &err) < 0)
        world_fail(w, "a reply: %s", err.what);
    settle(w, e->who);
}

/* ---- life and death ---- */

void worker_start(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    struct az_work_backend backends[WORLD_BACKENDS] = {0};
    struct az_error err = {0};
    if (k->alive)
        return;
    for (size_t b = 0; b < k->n_backends; b++)
        backends[b].backend = &k->backends[b];
    uint64_t seed = world_roll(w, BY_WORKER, UINT32_MAX);
    struct az_work_config config = {.n_backends = k->n_backends,
                                    .backends = backends,
                                    .cache = w->cache,
                                    .service = w->seed % 2,
                                    .seed = seed};
    k->alive = true;
    k->leaving = k->broken = k->parting = false;
    k->life++;
    k->wakes = 0;
    memset(k->may_hold, 0, sizeof(k->may_hold));
    memset(k->slots, 0, sizeof(k->slots));
    for (size_t b = 0; b < k->n_backends; b++)
        k->rates[b] = (struct rate){.rpm = k->backends[b].rpm, .tpm = k->backends[b].tpm};
    k->session = az_session(seed, w->now);
    if (az_work_new(&config, &k->work, &err) < 0 || az_wfxs_init(&k->fx, &err) < 0)
        world_fail(w, "a worker: %s", err.what);
    else
        settle(w, who);
}

void worker_die(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    if (!k->alive)
        return;
    k->alive = false;
    k->life++;
    k->stopped_until = 0;
    net_close(w, who, false);
    for (size_t i = 0; i < AZ_LEN(k->remembered); i++)
        free(AZ_TAKE(k->remembered[i]));
    az_work_free(AZ_TAKE(k->work));
    az_wfxs_release(&k->fx);
}

/* Its server, if it runs one, is away; "": it answers. */
void worker_away(struct world *w, int who, size_t backend, const char *state)
{
    struct worker *k = &w->workers[who];
    struct az_error err = {0};
    world_say(w, "worker %d: '%s' is %s", who, k->backends[backend].name, *state ? state : "back");
    az_assert(az_work_on_state(k->work, backend, state, w->now, &k->fx, &err) == 0);
    settle(w, who);
}

void worker_leave(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    struct az_error err = {0};
    if (!k->alive || k->leaving)
        return;
    world_say(w, "worker %d leaves", who);
    k->leaving = true;
    az_assert(az_work_drain(k->work, &k->fx, &err) == 0);
    settle(w, who);
}
