/* What a response means: a ballot, another try, a lesson about the backend, or
 * the end of it. */
#include "core/price.h"
#include "workers/answer.h"
#include "workers/retry.h"
#include "workers/work_state.h"

static bool attempts_left(const struct work_call *c)
{
    return c->attempts_before + c->attempts < c->ask.panel->limits.attempts;
}

/* The same question after a pause. Whoever bounds the calls spends something on
 * each: such a question goes back after the pause, when it can be asked. */
static int try_later(struct az_work *w, struct work_call *c, int64_t retry_after_ms,
                     enum az_ballot_error error, const char *text, az_ms now, struct az_wfxs *fx)
{
    if (!attempts_left(c))
        return call_error(w, c, error, text, fx);
    if (call_has_calls(c) ? !call_may_go_on(w, c) : call_wanted_back(w, c))
        return give_back(w, c, fx);
    az_ms delay = az_retry_delay(++c->failures, retry_after_ms, &w->rng);
    return wait_until(w, c, now + delay);
}

/* The judge's own text was at fault: once more, and it is told. */
static int ask_with_mistake(struct az_work *w, struct work_call *c, const struct az_ballot *bad,
                            struct az_str said, struct az_wfxs *fx, struct az_error *err)
{
    enum az_ballot_error mistake = bad->error;
    c->asked_again = true;
    c->mistake = mistake;
    bool show = mistake == AZ_BE_PARSE || mistake == AZ_BE_OUTSIDE;
    c->ask.mistake = (struct az_str){0};
    c->ask.said = (struct az_str){0};
    if (show) {
        c->ask.said = az_arena_str(c->arena, said);
        c->ask.mistake = az_arena_str(c->arena, bad->error_text);
        if (!c->ask.said.p || !c->ask.mistake.p)
            return az_oom(err);
    }
    int r = call_prepare(w, c, fx, err);
    if (r != 0)
        return AZ_MIN(r, 0);
    if (!call_may_go_on(w, c))
        return give_back(w, c, fx) < 0 ? az_oom(err) : 0;
    ready_push(c);
    return 0;
}

/* Money that a reply cost: by the provider's word, by its usage, or the worst. */
static void charge(struct work_call *c, const struct az_reply *reply)
{
    const struct az_price *price = &c->ask.judge->price;
    /* A gateway that knows no price says 0: the panel's stands then. */
    if (reply->has_cost && (reply->cost || !price->known)) {
        c->cost = az_nusd_add(c->cost, reply->cost);
        c->cost_known = true;
    } else if (price->known && reply->has_usage) {
        c->cost = az_nusd_add(c->cost, az_price_cost(price, reply->tokens_in, reply->tokens_cached,
                                                     reply->tokens_out));
    } else {
        c->cost = az_nusd_add(c->cost, call_worst(c));
    }
}

/* What a call without an answer may have cost: behind an error inside a 200, and
 * behind a gateway's word that it got no (whole) answer, the model may have
 * worked all the same. Other statuses are not billed. */
static void charge_failure(struct work_call *c, const struct az_response *response,
                           const struct az_reply *reply)
{
    long status = response->status;
    if ((status >= 200 && status < 300) || status == 502 || status == 504)
        charge(c, reply);
}

static int end_with_answer(struct az_work *w, struct work_call *c,
                           const struct az_response *response, const struct az_reply *reply,
                           struct az_ballot *ballot, struct az_wfxs *fx, struct az_error *err)
{
    ballot->cost = c->cost;
    ballot->cost_known = c->ask.judge->price.known || c->cost_known;
    ballot->raw = response->body;
    if (!ballot->error && w->config.cache && !ballot->cached && !c->asked_again) {
        struct az_wfx *x = wfx_add(fx, AZ_WFX_REMEMBER);
        if (!x)
            return az_oom(err);
        x->remember.hash = c->hash;
        x->remember.reply = az_arena_str(fx->arena, response->body);
        if (!x->remember.reply.p)
            return az_oom(err);
    }
    return call_end(w, c, ballot, fx) < 0 ? az_oom(err) : 0;
}

static int on_text(struct az_work *w, struct work_call *c, const struct az_response *response,
                   const struct az_reply *reply, struct az_wfxs *fx, struct az_error *err)
{
    charge(c, reply);
    struct az_ballot ballot = call_ballot(c);
    if (az_answer_read(fx->arena, &c->ask, reply, &ballot) < 0)
        return az_oom(err);
    if (ballot.error && az_answer_form_ignored(&c->ask, reply, &ballot)) {
        struct az_caps *caps = call_caps(w, c);
        if (caps && az_caps_learn_ignored(caps, &c->ask.caps)) {
            c->attempts--; /* finding out is free */
            int r = call_prepare(w, c, fx, err);
            if (r != 0)
                return AZ_MIN(r, 0);
            if (!call_may_go_on(w, c))
                return give_back(w, c, fx) < 0 ? az_oom(err) : 0;
            return call_go(w, c, fx) < 0 ? az_oom(err) : 0;
        }
    }
    if (az_ballot_error_asks_again(ballot.error) && !c->asked_again && attempts_left(c))
        return ask_with_mistake(w, c, &ballot, reply->text, fx, err);
    return end_with_answer(w, c, response, reply, &ballot, fx, err);
}

static int on_lesson(struct az_work *w, struct work_call *c, const struct az_reply *reply,
                     struct az_wfxs *fx, struct az_error *err)
{
    struct az_caps *caps = call_caps(w, c);
    if (!caps)
        return az_oom(err);
    if (!az_caps_learn(caps, &c->ask.caps, reply))
        return call_error(w, c, reply->error, reply->error_text, fx) < 0 ? az_oom(err) : 0;
    c->attempts--; /* finding out what a backend can do is free */
    int r = call_prepare(w, c, fx, err);
    if (r != 0)
        return AZ_MIN(r, 0);
    if (!call_may_go_on(w, c))
        return give_back(w, c, fx) < 0 ? az_oom(err) : 0;
    return call_go(w, c, fx) < 0 ? az_oom(err) : 0;
}

/* A reply came that is an error of its own: what it used up is told, and what it
 * said is kept. */
static int on_failure(struct az_work *w, struct work_call *c, const struct az_response *response,
                      const struct az_reply *reply, struct az_wfxs *fx, struct az_error *err)
{
    charge_failure(c, response, reply);
    if (response->status < 200 || response->status > 299)
        return call_error(w, c, reply->error, reply->error_text, fx) < 0 ? az_oom(err) : 0;
    struct az_ballot ballot = call_ballot(c);
    if (az_answer_read(fx->arena, &c->ask, reply, &ballot) < 0)
        return az_oom(err);
    return end_with_answer(w, c, response, reply, &ballot, fx, err);
}

/* Slots that somebody stated are kept to; only a window of our own adapts. */
static enum az_window_end load_of(const struct work_backend *b, const struct az_response *response)
{
    if (b->slots_stated)
        return AZ_WINDOW_NEUTRAL;
    if (response->status == 429 || response->status == 503 || response->status == 529)
        return AZ_WINDOW_OVERLOAD;
    return response->status >= 200 && response->status < 300 ? AZ_WINDOW_OK : AZ_WINDOW_NEUTRAL;
}

/* Is the backend itself to blame? A 429 is a limit and no failure. */
static bool backend_failed(const struct az_response *response)
{
    return response->status >= 500 && response->status != 503 && response->status != 529;
}

static int count_failure(struct az_work *w, struct work_backend *b, const char *why, az_ms now,
                         struct az_wfxs *fx, struct az_error *err)
{
    snprintf(b->failure, sizeof(b->failure), "%s", why);
    az_breaker_failure(&b->breaker, now);
    /* Told before the question that found out goes back, or it is sent here again. */
    if (w->config.service && !*b->state && breaker_says_down(b))
        return backend_down(w, b, fx, err);
    return 0;
}

/* Of the backend, by a response to any question. */
static int count_response(struct az_work *w, struct work_backend *b,
                          const struct az_response *response, const struct az_reply *reply,
                          az_ms now, struct az_wfxs *fx, struct az_error *err)
{
    if (backend_failed(response)) {
        /* What a server says may quote a prompt, which a status or a log shows to all. */
        char status[32];
        snprintf(status, sizeof(status), "HTTP status %ld", response->status);
        return count_failure(w, b, w->config.service ? status : reply->error_text, now, fx, err);
    }
    az_breaker_success(&b->breaker);
    return b->ailing ? backend_answers(b, fx, err) : 0;
}

int call_on_reply(struct az_work *w, struct work_call *c, const struct az_response *response,
                  az_ms now, int64_t now_wall_ms, struct az_wfxs *fx, struct az_error *err)
{
    struct work_backend *b = c->backend;
    struct az_reply reply = {0};
    b->kind->reply(&reply, &c->ask, response, now_wall_ms);
    az_window_end(&b->window, load_of(b, response), c->started, now);
    int r = count_response(w, b, response, &reply, now, fx, err);
    if (r < 0) {
        az_reply_release(&reply);
        return r;
    }
    if (reply.has_usage)
        az_limit_settle(&b->limit, c->tokens_reserved, reply.tokens_in + reply.tokens_out, now);
    if (reply.trouble == AZ_TROUBLE_RETRY && response->status == 429 && reply.retry_after_ms > 0)
        az_limit_pause(&b->limit, now + reply.retry_after_ms);

    switch (reply.trouble) {
    case AZ_TROUBLE_NONE:
        r = on_text(w, c, response, &reply, fx, err);
        break;
    case AZ_TROUBLE_LEARN:
        r = on_lesson(w, c, &reply, fx, err);
        break;
    case AZ_TROUBLE_RETRY:
        charge_failure(c, response, &reply);
        r = try_later(w, c, reply.retry_after_ms, reply.error, reply.error_text, now, fx);
        r = r < 0 ? az_oom(err) : 0;
        break;
    case AZ_TROUBLE_STOP:
        r = backend_stop(w, c, reply.error_text, fx) < 0 ? az_oom(err) : 0;
        break;
    case AZ_TROUBLE_ITEM:
        r = on_failure(w, c, response, &reply, fx, err);
        break;
    }
    az_reply_release(&reply);
    return r;
}

int call_on_no_reply(struct az_work *w, struct work_call *c, const struct az_call_result *result,
                     az_ms now, struct az_wfxs *fx, struct az_error *err)
{
    static const enum az_ballot_error errors[] = {
        [AZ_CALL_CONNECT] = AZ_BE_CONNECT,
        [AZ_CALL_TIMEOUT] = AZ_BE_TIMEOUT,
        [AZ_CALL_BROKEN] = AZ_BE_BROKEN,
    };
    struct work_backend *b = c->backend;
    az_window_end(&b->window, AZ_WINDOW_NEUTRAL, c->started, now);
    bool nobody = result->end == AZ_CALL_CONNECT;
    int r = 0;
    if (!*b->state)
        r = count_failure(w, b, result->why, now, fx, err);
    if (r < 0)
        return r;
    if (nobody)
        c->attempts--; /* nobody was there to be asked; the breaker ends that */
    else
        c->cost = az_nusd_add(c->cost, call_worst(c)); /* it may have been answered and billed */
    r = nobody && !w->config.service && breaker_says_down(b)
            ? call_is_down(w, c, fx)
            : try_later(w, c, -1, errors[result->end], result->why, now, fx);
    return r < 0 ? az_oom(err) : 0;
}

int call_on_cached(struct az_work *w, struct work_call *c, struct az_str body, struct az_wfxs *fx,
                   struct az_error *err)
{
    struct az_response response = {.status = 200, .body = body};
    struct az_reply reply = {0};
    c->backend->kind->reply(&reply, &c->ask, &response, 0);
    struct az_ballot ballot = call_ballot(c);
    int r = 0;
    if (reply.trouble == AZ_TROUBLE_NONE) {
        r = az_answer_read(fx->arena, &c->ask, &reply, &ballot);
        if (r == 0 && !ballot.error) {
            ballot.cached = true;
            ballot.cost_known = true;
            r = end_with_answer(w, c, &response, &reply, &ballot, fx, err);
            r = r < 0 ? r : 1;
        }
    }
    az_reply_release(&reply);
    return r;
}
