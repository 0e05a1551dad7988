/* One question: its prompt and request, and how it ends. */
#include "core/mem.h"
#include "core/price.h"
#include "workers/work_state.h"

struct work_call *call_new(struct az_work *w)
{
    struct work_call *c = w->free;
    if (c) {
        w->free = c->next;
    } else {
        if (az_grow(&w->all, &w->cap_all, w->n_all + 1, sizeof(struct work_call *)) < 0)
            return NULL;
        c = az_zalloc(sizeof(*c));
        if (!c)
            return NULL;
        c->arena = az_arena_new(256);
        if (!c->arena) {
            free(c);
            return NULL;
        }
        c->body = az_buf(AZ_BUF_MAX);
        az_prompt_init(&c->prompt);
        w->all[w->n_all++] = c;
    }
    struct az_arena *arena = c->arena;
    struct az_prompt prompt = c->prompt;
    struct az_buf body = c->body;
    *c = (struct work_call){.arena = arena, .prompt = prompt, .body = body, .state = CALL_READY};
    w->held++;
    return c;
}

void call_free(struct az_work *w, struct work_call *c)
{
    if (c->item && --c->item->refs == 0) {
        az_item_free(c->item->item);
        free(c->item);
    }
    c->item = NULL;
    if (c->panel)
        panel_unhold(AZ_TAKE(c->panel));
    az_arena_reset(c->arena);
    c->state = CALL_FREE;
    w->held--;
    c->next = w->free;
    w->free = c;
}

/* What was wrong, in words that the judge is told. */
static struct az_str mistake_text(enum az_ballot_error mistake)
{
    switch (mistake) {
    case AZ_BE_PARSE:
        return AZ_STR("there was no answer in the form that was asked for");
    case AZ_BE_OUTSIDE:
        return AZ_STR("the answer was not one of those allowed");
    default:
        return (struct az_str){0}; /* empty or cut off: asked again, nothing to show */
    }
}

int call_prepare(struct az_work *w, struct work_call *c, struct az_wfxs *fx, struct az_error *err)
{
    struct az_caps *caps = call_caps(w, c);
    if (!caps)
        return az_oom(err);
    c->ask.caps = *caps;
    c->ask.max_tokens = c->ask.judge->max_tokens;
    if (c->mistake == AZ_BE_LENGTH)
        c->ask.max_tokens *= AZ_MORE_ROOM;
    if (!c->ask.mistake.p)
        c->ask.mistake = mistake_text(c->mistake);

    struct az_error why = {0};
    int r = az_prompter_render(c->panel->prompter, &c->prompt, &c->ask.key, c->ask.item, &c->view,
                               c->panel->secret, &why);
    if (r == AZ_ELIMIT || r == AZ_EINVAL) {
        enum az_ballot_error e = r == AZ_ELIMIT ? AZ_BE_TOO_LONG : AZ_BE_UNFIT;
        return call_error(w, c, e, why.what, fx) < 0 ? az_oom(err) : 1;
    }
    if (r < 0)
        return az_oom(err);
    az_buf_clear(&c->body);
    r = c->backend->kind->request(&c->body, &c->ask, &why);
    if (r == AZ_ENOMEM)
        return az_oom(err);
    if (r < 0)
        return call_error(w, c, AZ_BE_UNFIT, why.what, fx) < 0 ? az_oom(err) : 1;
    c->hash = az_request_hash(&c->ask);
    /* As the scheduler reckons it, or a grant would not suffice. */
    c->bytes_bound =
        az_nusd_add(az_prompter_bytes_bound(c->panel->prompter, &c->ask.key, c->ask.item, &c->view),
                    az_prompter_again_bound(c->panel->prompter, c->mistake, c->ask.said));
    return 0;
}

int call_go(struct az_work *w, struct work_call *c, struct az_wfxs *fx)
{
    if (!w->config.cache || c->asked_again) {
        ready_push(c);
        return 0;
    }
    struct az_wfx *x = wfx_add(fx, AZ_WFX_LOOKUP);
    if (!x)
        return AZ_ENOMEM;
    c->state = CALL_LOOKUP;
    x->lookup.call = c;
    x->lookup.hash = c->hash;
    return 0;
}

az_nusd call_worst(const struct work_call *c)
{
    const struct az_price *price = &c->ask.judge->price;
    return price->known ? az_price_worst(price, c->bytes_bound, c->ask.max_tokens) : 0;
}

/* With the money that was granted. */
static bool affordable(const struct work_call *c)
{
    return c->grant == AZ_NUSD_MAX || az_nusd_add(c->cost, call_worst(c)) <= c->grant;
}

bool call_wanted_back(const struct az_work *w, const struct work_call *c)
{
    return w->draining || w->lapsed || c->recalled || c->backend->stopped || *c->backend->state;
}

bool call_has_calls(const struct work_call *c)
{
    return !c->calls_max || c->calls < c->calls_max;
}

bool call_may_go_on(const struct az_work *w, const struct work_call *c)
{
    return !call_wanted_back(w, c) && call_has_calls(c) && affordable(c);
}

static bool cost_known(const struct work_call *c)
{
    return c->ask.judge->price.known || c->cost_known;
}

struct az_ballot call_ballot(const struct work_call *c)
{
    return (struct az_ballot){
        .key = c->ask.key,
        .label = AZ_LABEL_NONE,
        .model = az_str(c->ask.judge->model),
        .request = c->hash,
        .has_request = c->backend->kind,
        .cost = c->cost,
        .cost_known = cost_known(c),
        .ms = c->ms,
        .attempts = c->attempts,
    };
}

/* NULL: no memory. */
static struct az_wfx *answer_add(struct work_call *c, struct az_wfxs *fx)
{
    struct az_wfx *x = wfx_add(fx, AZ_WFX_ANSWER);
    if (!x)
        return NULL;
    x->answer.backend = c->backend->index;
    x->answer.answer.panel = c->panel->number;
    if (c->backend->exposed)
        c->backend->exposed--;
    return x;
}

int call_end(struct az_work *w, struct work_call *c, struct az_ballot *ballot, struct az_wfxs *fx)
{
    int r = 0;
    if (!c->orphan) {
        struct az_wfx *x = answer_add(c, fx);
        /* Its text may lie in the call, which is free in a moment. */
        r = x ? az_ballot_copy(fx->arena, ballot, &x->answer.answer.ballot) : AZ_ENOMEM;
    }
    call_free(w, c);
    return r;
}

int call_error(struct az_work *w, struct work_call *c, enum az_ballot_error error, const char *text,
               struct az_wfxs *fx)
{
    struct az_ballot ballot = call_ballot(c);
    ballot.error = error;
    ballot.error_text = az_str(text);
    ballot.how = AZ_STR("error");
    return call_end(w, c, &ballot, fx);
}

int call_again(struct az_work *w, struct work_call *c, enum az_ballot_error mistake,
               struct az_str said, struct az_wfxs *fx)
{
    if (c->orphan) {
        call_free(w, c);
        return 0;
    }
    struct az_wfx *x = answer_add(c, fx);
    if (!x)
        return AZ_ENOMEM;
    x->answer.answer.again = true;
    x->answer.answer.ballot = (struct az_ballot){.key = c->ask.key,
                                                 .error = mistake,
                                                 .label = AZ_LABEL_NONE,
                                                 .cost = c->cost,
                                                 .cost_known = cost_known(c),
                                                 .attempts = c->attempts};
    if (said.p) {
        x->answer.answer.said = az_arena_str(fx->arena, said);
        if (!x->answer.answer.said.p)
            return AZ_ENOMEM;
    }
    call_free(w, c);
    return 0;
}
