/* What a worker tells its coordinator, and all other effects of its core. */
#include "core/log.h"
#include "core/str.h"
#include "workers/io_worker_state.h"

enum { ANSWER_BYTES_MAX = 1 << 20 }; /* a message, about */

void worker_give_up(struct az_worker *w, int r)
{
    if (r >= 0 || w->code < 0)
        return;
    w->code = r;
    az_loop_stop(w->loop);
}

void worker_session_trouble(struct az_worker *w, int r)
{
    if (r < 0 && w->config.service && r != AZ_ENOMEM)
        w->broken = true;
    else
        worker_give_up(w, r);
}

/* ---- to the coordinator ---- */

static bool can_tell(const struct az_worker *w)
{
    return az_link_open(w->link) && !w->broken && !w->code;
}

static void tell(struct az_worker *w, struct az_msg *msg)
{
    worker_session_trouble(w, az_link_send(w->link, msg, az_loop_now(w->loop), &w->failed));
}

int worker_announce(struct az_worker *w, size_t first, size_t n, struct az_error *err)
{
    if (!can_tell(w))
        return 0;
    struct az_msg msg = {.kind = AZ_MSG_ANNOUNCE};
    msg.announce.v = az_arena_zalloc(az_link_scratch(w->link), n * sizeof(*msg.announce.v));
    if (!msg.announce.v)
        return az_oom(err);
    for (size_t b = first; b < first + n; b++)
        msg.announce.v[msg.announce.n++] = az_work_announce(w->work, b);
    tell(w, &msg);
    return 0;
}

static int flush_answers(struct az_worker *w, struct az_error *err)
{
    if (!w->n_answers || !can_tell(w)) {
        w->n_answers = w->answer_bytes = 0;
        return 0;
    }
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    msg.answers.n = w->n_answers;
    msg.answers.v = w->answers;
    msg.answers.credit.v =
        az_arena_zalloc(az_link_scratch(w->link), w->n_backends * sizeof(struct az_credit));
    if (!msg.answers.credit.v)
        return az_oom(err);
    for (size_t b = 0; b < w->n_backends; b++) {
        uint32_t credit = az_work_credit(w->work, b);
        if (credit)
            msg.answers.credit.v[msg.answers.credit.n++] =
                (struct az_credit){.backend = az_str(w->backends[b].name),
                                   .kind = az_str(w->backends[b].kind),
                                   .credit = credit};
    }
    w->n_answers = w->answer_bytes = 0;
    tell(w, &msg);
    return 0;
}

static int queue_answer(struct az_worker *w, const struct az_wfx *x, struct az_error *err)
{
    w->answers[w->n_answers++] = x->answer.answer;
    const struct az_ballot *b = &x->answer.answer.ballot;
    w->answer_bytes += b->raw.n + b->rationale.n + b->params.n + x->answer.answer.said.n;
    bool full = w->n_answers == ANSWERS_MAX || w->answer_bytes > ANSWER_BYTES_MAX;
    return full ? flush_answers(w, err) : 0;
}

static void send_stopped(struct az_worker *w, const struct az_wfx *x)
{
    struct az_msg msg = {.kind = AZ_MSG_STOPPED};
    msg.stopped.backend = az_str(w->backends[x->stopped.backend].name);
    msg.stopped.why = x->stopped.why;
    if (can_tell(w))
        tell(w, &msg);
}

void worker_tell_unfit(struct az_worker *w, uint32_t panel, const struct az_error *why)
{
    struct az_msg msg = {.kind = AZ_MSG_UNFIT};
    char text[sizeof(why->what)];
    snprintf(text, sizeof(text), "%s", why->what);
    az_utf8_mend(text, strlen(text));
    msg.unfit.panel = panel;
    msg.unfit.why = az_str(text);
    az_warn("a job's panel cannot be used here, others are served", KV("why", why));
    if (can_tell(w))
        tell(w, &msg);
}

static void log_news(const struct az_worker *w, const struct az_wfx *x)
{
    const char *name = w->backends[x->announce.backend].name;
    if (x->announce.news == AZ_NEWS_DOWN)
        az_warn("a backend is down, its questions are asked elsewhere or wait", KV("backend", name),
                KV("why", x->announce.why.p));
    else if (x->announce.news == AZ_NEWS_ANSWERS)
        az_info("a backend answers again", KV("backend", name));
}

/* ---- effects ---- */

static int start_call(struct az_worker *w, const struct az_wfx *x, struct az_error *err)
{
    struct az_http_call call = az_reach_call(w->reach, x);
    return az_http_start(w->http, &call, err);
}

/* A cache that is too busy is gone without. Adds to the effects being run. */
static int look_up(struct az_worker *w, struct work_call *call, const struct az_hash *hash,
                   struct az_error *err)
{
    int r = az_cache_ask(w->cache, hash, call);
    if (r != AZ_EAGAIN)
        return r < 0 ? az_oom(err) : 0;
    return az_work_on_cached(w->work, call, (struct az_str){0}, az_loop_now(w->loop), &w->fx, err);
}

static int run_effect(struct az_worker *w, const struct az_wfx *x, struct az_error *err)
{
    int r;
    switch (x->kind) {
    case AZ_WFX_CALL:
        return start_call(w, x, err);
    case AZ_WFX_LOOKUP:
        return look_up(w, x->lookup.call, &x->lookup.hash, err);
    case AZ_WFX_REMEMBER:
        az_cache_put(w->cache, &x->remember.hash, x->remember.reply);
        return 0;
    case AZ_WFX_ANSWER:
        return queue_answer(w, x, err);
    case AZ_WFX_STOPPED:
        r = flush_answers(w, err);
        send_stopped(w, x);
        return r;
    case AZ_WFX_ANNOUNCE:
        log_news(w, x);
        r = flush_answers(w, err);
        return r < 0 ? r : worker_announce(w, x->announce.backend, 1, err);
    }
    return 0;
}

void worker_run_effects(struct az_worker *w)
{
    int r = 0;
    for (size_t i = 0; i < w->fx.n && r == 0; i++)
        r = run_effect(w, &w->fx.v[i], &w->failed);
    if (r == 0)
        r = flush_answers(w, &w->failed);
    az_wfxs_clear(&w->fx);
    worker_give_up(w, r);
}
