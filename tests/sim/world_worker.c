/* The workers: as workers/io_worker.c runs the core, on the world's network. */
#include "core/mem.h"
#include "tests/sim/world.h"
#include "workers/work_state.h"

static void send(struct world *w, struct worker *k, struct az_msg *msg)
{
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_error err = {0};
    msg->seq = 1;
    if (az_wire_pack(&b, msg, w->arena, &err) < 0) {
        world_fail(w, "a worker's message: %s", err.what);
        return;
    }
    k->last_sent = AZ_MAX(k->last_sent + 1, w->now + (az_ms)world_roll(w, (uint64_t)w->net_ms));
    world_at(w, k->last_sent,
             (struct event){.kind = EV_TO_COORDINATOR,
                            .life = w->life,
                            .peer = k->peer,
                            .frame = az_arena_str(w->arena, az_buf_view(&b))});
}

static void send_answers(struct world *w, struct worker *k, struct az_msg_answer *v, size_t n)
{
    struct az_credit credit[WORLD_BACKENDS];
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    msg.answers.n = n;
    msg.answers.v = v;
    msg.answers.credit.v = credit;
    for (size_t b = 0; b < w->n_backends; b++) {
        uint32_t more = az_work_credit(k->work, b);
        if (more)
            credit[msg.answers.credit.n++] =
                (struct az_credit){.backend = az_str(w->panel->backends[b].name),
                                   .kind = az_str(w->panel->backends[b].kind),
                                   .credit = more};
    }
    if (n)
        send(w, k, &msg);
}

static void start_call(struct world *w, int who, const struct az_wfx *x)
{
    const struct work_call *c = x->call.call;
    if (c->attempts_before + c->attempts > w->panel->limits.attempts)
        world_fail(w, "call %d of a question that may have %d", c->attempts_before + c->attempts,
                   w->panel->limits.attempts);
    if ((int64_t)x->call.body.n > c->bytes_bound)
        world_fail(w, "a body of %zu bytes, the bound is %lld", x->call.body.n,
                   (long long)c->bytes_bound);
    judge_call(w, who, x->call.call, x->call.timeout_ms);
}

static void run(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    struct az_msg_answer *answers =
        az_arena_zalloc(w->arena, (k->fx.n + 1) * sizeof(struct az_msg_answer));
    size_t n = 0;
    for (size_t i = 0; i < k->fx.n; i++) {
        const struct az_wfx *x = &k->fx.v[i];
        if (x->kind == AZ_WFX_CALL) {
            start_call(w, who, x);
        } else if (x->kind == AZ_WFX_ANSWER) {
            answers[n++] = x->answer.answer;
        } else if (x->kind == AZ_WFX_STOPPED) {
            send_answers(w, k, answers, n);
            n = 0;
            struct az_msg msg = {.kind = AZ_MSG_STOPPED};
            msg.stopped.backend = az_str(w->panel->backends[x->stopped.backend].name);
            msg.stopped.why = x->stopped.why;
            send(w, k, &msg);
        }
    }
    send_answers(w, k, answers, n);
    az_wfxs_clear(&k->fx);
    check_held(w, who);
    az_ms at = az_work_deadline(k->work);
    if (at != INT64_MAX)
        world_at(w, AZ_MAX(at, w->now + 1),
                 (struct event){.kind = EV_WORKER_TICK, .who = who, .life = k->life});
}

void worker_join(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    struct az_work_backend backends[WORLD_BACKENDS] = {0};
    struct az_panel_source source = {.portable = true};
    struct az_panel *panel;
    struct az_error err = {0};
    static const unsigned char secret[AZ_SECRET_BYTES];
    for (size_t b = 0; b < w->n_backends; b++)
        backends[b].backend = &w->panel->backends[b];
    struct az_work_config config = {
        .n_backends = w->n_backends, .backends = backends, .seed = world_roll(w, UINT32_MAX)};
    *k = (struct worker){.alive = true, .life = k->life + 1, .peer = w->next_peer++};
    if (az_work_new(&config, &k->work, &err) < 0 || az_wfxs_init(&k->fx, &err) < 0 ||
        az_panel_parse(w->portable.p, "portable", &source, &panel, &err) < 0 ||
        az_work_on_panel(k->work, 1, panel, secret, &err) < 0) {
        world_fail(w, "a worker: %s", err.what);
        return;
    }
    struct az_credit credit[WORLD_BACKENDS];
    struct az_msg msg = {.kind = AZ_MSG_ANNOUNCE};
    msg.announce.v = credit;
    for (size_t b = 0; b < w->n_backends; b++) {
        credit[msg.announce.n] = az_work_announce(k->work, b);
        k->may_hold[b] = credit[msg.announce.n++].credit;
    }
    send(w, k, &msg);
}

void worker_die(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    if (!k->alive)
        return;
    k->alive = false;
    k->life++;
    az_work_free(AZ_TAKE(k->work));
    az_wfxs_release(&k->fx);
}

void worker_receive(struct world *w, struct event *e)
{
    struct worker *k = &w->workers[e->who];
    struct az_msg msg;
    struct az_error err = {0};
    int r = az_wire_unpack(e->frame, w->arena, &msg, &err);
    if (r == 0 && msg.kind == AZ_MSG_RECALL)
        r = az_work_on_recall(k->work, msg.recall.panel, msg.recall.keys, msg.recall.n,
                              msg.recall.all, &k->fx, &err);
    else if (r == 0)
        r = az_work_on_questions(k->work, &msg, w->now, &k->fx, &err);
    if (r < 0)
        world_fail(w, "a message to a worker: %s", err.what);
    run(w, e->who);
}

void worker_reply(struct world *w, struct event *e)
{
    struct worker *k = &w->workers[e->who];
    struct az_error err = {0};
    struct az_call_result result = {.end = e->end,
                                    .response = e->end == AZ_CALL_ANSWERED ? &e->response : NULL,
                                    .why = "no reply",
                                    .ms = 1};
    if (az_work_on_response(k->work, e->call, &result, w->now, w->now, &k->fx, &err) < 0)
        world_fail(w, "a reply: %s", err.what);
    run(w, e->who);
}

void worker_tick(struct world *w, int who)
{
    struct worker *k = &w->workers[who];
    struct az_error err = {0};
    if (az_work_deadline(k->work) > w->now)
        return; /* was needed once */
    if (az_work_on_tick(k->work, w->now, &k->fx, &err) < 0)
        world_fail(w, "a tick: %s", err.what);
    run(w, who);
}
