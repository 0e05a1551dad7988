#include "coordinator/sched.h"

#include "coordinator/sched_state.h"
#include "core/mem.h"
#include "core/plant.h"

int az_sched_new(const struct az_sched_config *config, struct az_sched **ret, struct az_error *err)
{
    AZ_AUTO(sched) s = az_zalloc(sizeof(*s));
    if (!s)
        return az_oom(err);
    s->config = *config;
    s->wake = s->next_silence = s->next_hedge = INT64_MAX;
    s->peers = az_zalloc(AZ_PEERS_MAX * sizeof(*s->peers));
    if (!s->peers)
        return az_oom(err);
    *ret = AZ_TAKE(s);
    return 0;
}

static void peer_release(struct peer *p)
{
    for (size_t b = 0; b < p->n_offers; b++) {
        free(p->offers[b].kind);
        free(p->offers[b].state);
    }
    free(p->offers);
    *p = (struct peer){0};
}

void az_sched_free(struct az_sched *s)
{
    if (!s)
        return;
    az_leases_release(&s->leases);
    for (size_t i = 0; i < s->n_dockets; i++)
        docket_free(s->dockets[i]);
    for (size_t p = 0; p < s->n_peers; p++)
        peer_release(&s->peers[p]);
    for (size_t b = 0; b < s->n_backends; b++) {
        free(s->backends[b].name);
        free(s->backends[b].ms);
    }
    for (size_t g = 0; g < s->n_groups; g++)
        free(s->groups[g].name);
    free(s->peers);
    free(s->backends);
    free(s->groups);
    free(s->dockets);
    free(s->recalls);
    free(s);
}

/* ---- leases ---- */

void lease_end(struct az_sched *s, struct az_lease *l)
{
    struct peer *p = &s->peers[l->peer];
    if (l->backend < p->n_offers)
        p->offers[l->backend].held--;
    for (struct az_lease **at = l->ask ? &l->ask->leases : NULL; at && *at; at = &(*at)->of_ask) {
        if (*at == l) {
            *at = l->of_ask;
            break;
        }
    }
    az_lease_end(&s->leases, l);
}

/* Out of memory here only means that a question is asked in vain. */
void recall_later(struct az_sched *s, const struct az_lease *l)
{
    if (l->lost || az_grow(&s->recalls, &s->cap_recalls, s->n_recalls + 1, sizeof(*s->recalls)) < 0)
        return;
    s->recalls[s->n_recalls++] = (struct recall){l->peer, l->number, l->key};
}

/* ---- what workers offer ---- */

bool peer_may_be_asked(const struct peer *p, size_t backend)
{
    if (!p->live || p->silent || backend >= p->n_offers)
        return false;
    const struct offer *o = &p->offers[backend];
    return o->offered && !o->stopped && !(o->state && *o->state);
}

bool peer_is_unfit(const struct az_docket *d, size_t peer)
{
    return d->unfit[peer / 64] & 1ull << (peer % 64);
}

int entry_knower(const struct entry *e, const struct queue *q)
{
    return e->homes[q - e->docket->queues] - 1;
}

int entry_home(const struct az_sched *s, const struct entry *e, const struct queue *q)
{
    int home = entry_knower(e, q);
    if (home < 0 || peer_is_unfit(e->docket, (size_t)home) ||
        !peer_may_be_asked(&s->peers[home], q->backend) ||
        !s->peers[home].offers[q->backend].credit)
        return -1;
    return home;
}

/* AZ_EPROTO: so many names that it must be a mistake. */
static int offer_of(struct az_sched *s, struct peer *p, struct az_str name, size_t *ret,
                    struct az_error *err)
{
    size_t b = backend_find(s, name), had = p->cap_offers;
    if (b < p->n_offers && p->offers[b].offered) {
        *ret = b;
        return 0;
    }
    if (p->n_offered >= AZ_WIRE_BACKENDS_MAX)
        return az_fail(err, AZ_EPROTO, "more than %d backends in one session",
                       AZ_WIRE_BACKENDS_MAX);
    if (backend_use(s, name, &b) < 0)
        return az_oom(err);
    if (az_grow(&p->offers, &p->cap_offers, b + 1, sizeof(*p->offers)) < 0) {
        backend_leave(s, b);
        return az_oom(err);
    }
    memset(p->offers + had, 0, (p->cap_offers - had) * sizeof(*p->offers));
    p->n_offers = AZ_MAX(p->n_offers, b + 1);
    p->n_offered++;
    p->offers[b] = (struct offer){.offered = true, .group = -1};
    *ret = b;
    return 0;
}

static int offer_announced(struct az_sched *s, struct offer *o, const struct az_credit *c,
                           az_ms now)
{
    if (text_replace(&o->kind, c->kind) < 0 || text_replace(&o->state, c->state) < 0)
        return AZ_ENOMEM;
    o->slots = c->slots;
    o->rpm = c->rpm;
    o->tpm = c->tpm;
    return offer_group(s, o, c, now);
}

/* Answers give back credit and say nothing else of a backend. */
static int credit_add(struct az_sched *s, int peer, const struct az_credits *credits,
                      bool announced, az_ms now, struct az_error *err)
{
    struct peer *p = &s->peers[peer];
    for (size_t i = 0; i < credits->n; i++) {
        const struct az_credit *c = &credits->v[i];
        size_t b;
        int r = offer_of(s, p, c->backend, &b, err);
        if (r < 0)
            return r;
        struct offer *o = &p->offers[b];
        if (announced && offer_announced(s, o, c, now) < 0)
            return az_oom(err);
        o->credit += AZ_MIN(c->credit, UINT32_MAX - o->credit);
        if (peer_may_be_asked(p, b))
            s->backends[b].stopped = false;
        backend_recount(s, b);
    }
    return 0;
}

/* ---- workers' events ---- */

static struct peer *peer_live(struct az_sched *s, int peer, az_ms now)
{
    az_assert(peer >= 0 && peer < AZ_PEERS_MAX);
    struct peer *p = &s->peers[peer];
    s->n_peers = AZ_MAX(s->n_peers, (size_t)peer + 1);
    if (!p->live) {
        p->live = true;
        p->heard = now;
    }
    if (s->config.silence_ms)
        s->next_silence = AZ_MIN(s->next_silence, p->heard + s->config.silence_ms);
    return p;
}

int az_sched_on_hello(struct az_sched *s, int peer, az_ms now, struct az_effects *fx,
                      struct az_error *err)
{
    int r = s->peers[peer].live ? az_sched_on_gone(s, peer, now, fx, err) : 0;
    if (r == 0)
        peer_live(s, peer, now);
    return r;
}

static void offer_leave(struct az_sched *s, const struct peer *p, size_t backend, az_ms now)
{
    struct offer *o = &p->offers[backend];
    if (!o->offered)
        return;
    backend_leave(s, backend);
    offer_ungroup(s, o, now);
}

static void recount_peer(struct az_sched *s, int peer)
{
    for (size_t b = 0; b < s->peers[peer].n_offers; b++)
        backend_recount(s, b);
}

/* It was silent and is back: what nobody else was asked meanwhile it may go on
 * with, the rest it need not call any more. */
int az_sched_on_heard(struct az_sched *s, int peer, az_ms now, struct az_effects *fx,
                      struct az_error *err)
{
    struct peer *p = peer_live(s, peer, now);
    p->heard = now;
    if (!p->silent)
        return 0;
    p->silent = false;
    for (struct az_lease *l = az_leases_of(&s->leases, peer); l; l = l->next) {
        if (!l->lost)
            continue;
        docket_found(l);
        if (!l->lost)
            continue;
        l->lost = false; /* only to be told: nobody waits for it as before */
        recall_later(s, l);
        l->lost = true;
    }
    recount_peer(s, peer);
    return sched_dispatch(s, now, fx, err);
}

int az_sched_on_credit(struct az_sched *s, int peer, const struct az_credits *credits, az_ms now,
                       struct az_effects *fx, struct az_error *err)
{
    peer_live(s, peer, now);
    int r = credit_add(s, peer, credits, true, now, err);
    return r < 0 ? r : sched_dispatch(s, now, fx, err);
}

static struct az_docket *docket_of(const struct az_sched *s, uint32_t number)
{
    for (size_t i = 0; i < s->n_dockets; i++) {
        if (s->dockets[i]->config.number == number)
            return s->dockets[i];
    }
    return NULL;
}

static void limit_settle(struct az_sched *s, const struct az_lease *l,
                         const struct az_ballot *ballot, az_ms now)
{
    const struct peer *p = &s->peers[l->peer];
    int group = l->backend < p->n_offers ? p->offers[l->backend].group : -1;
    if (l->tokens >= 0 && group >= 0 && !ballot->cached && ballot->tokens_in + ballot->tokens_out)
        az_limit_settle(&s->groups[group].limit, l->tokens, ballot->tokens_in + ballot->tokens_out,
                        now);
}

int az_sched_on_answers(struct az_sched *s, int peer, const struct az_msg *msg, az_ms now,
                        struct az_effects *fx, struct az_error *err)
{
    struct az_docket *d = NULL;
    for (size_t i = 0; i < msg->answers.n; i++) {
        const struct az_msg_answer *answer = &msg->answers.v[i];
        if (!d || d->config.number != answer->panel)
            d = docket_of(s, answer->panel);
        if (!d)
            continue; /* of a job that was closed: the worker has been told */
        struct az_lease *l = az_lease_find(&s->leases, peer, answer->panel, &answer->ballot.key);
        if (l)
            limit_settle(s, l, &answer->ballot, now);
        if (l && !answer->again && backend_learn(s, l, answer->ballot.cached, now) < 0)
            return az_oom(err);
        int r = docket_answer(d, l, answer, fx, err);
        if (r < 0)
            return r;
    }
    peer_live(s, peer, now);
    int r = credit_add(s, peer, &msg->answers.credit, false, now, err);
    return r < 0 ? r : sched_dispatch(s, now, fx, err);
}

/* Does every worker that has this backend say that it refuses for good? */
static bool all_stopped(const struct az_sched *s, size_t backend)
{
    bool any = false;
    for (size_t i = 0; i < s->n_peers; i++) {
        const struct peer *p = &s->peers[i];
        if (!p->live || backend >= p->n_offers || !p->offers[backend].offered)
            continue;
        if (!p->offers[backend].stopped)
            return false;
        any = true;
    }
    return any;
}

static void check_stopped(struct az_sched *s, size_t backend)
{
    if (s->backends[backend].stopped || !all_stopped(s, backend))
        return;
    s->backends[backend].stopped = true;
    for (size_t i = 0; i < s->n_dockets; i++)
        docket_backend_stopped(s->dockets[i], backend);
}

int az_sched_on_stopped(struct az_sched *s, int peer, const struct az_msg *msg, az_ms now,
                        struct az_effects *fx, struct az_error *err)
{
    struct peer *p = peer_live(s, peer, now);
    size_t b;
    int r = offer_of(s, p, msg->stopped.backend, &b, err);
    if (r < 0)
        return r;
    p->offers[b].stopped = true;
    backend_recount(s, b);
    struct backend *backend = &s->backends[b];
    if (!backend->stopped) /* the first reason stays: what follows only echoes it */
        snprintf(backend->why, sizeof(backend->why), AZ_STR_FMT, AZ_STR_ARG(msg->stopped.why));
    check_stopped(s, b);
    return sched_dispatch(s, now, fx, err);
}

/* It answers none of what it was sent, so it gives no credit back either. */
static int take_back(struct az_sched *s, int peer, struct az_docket *d, struct az_effects *fx,
                     struct az_error *err)
{
    int r = 0;
    for (struct az_lease *l = az_leases_of(&s->leases, peer), *next; l && r == 0; l = next) {
        next = l->next;
        if (l->docket != d)
            continue;
        struct az_msg_answer again = {
            .ballot = {.key = l->key, .label = AZ_LABEL_NONE}, .panel = l->number, .again = true};
        s->peers[peer].offers[l->backend].credit++;
        r = docket_answer(d, l, &again, fx, err);
    }
    recount_peer(s, peer);
    return r;
}

int az_sched_on_unfit(struct az_sched *s, int peer, const struct az_msg *msg, az_ms now,
                      struct az_effects *fx, struct az_error *err)
{
    struct az_docket *d = docket_of(s, msg->unfit.panel);
    if (!d || peer_is_unfit(d, (size_t)peer))
        return 0;
    d->unfit[peer / 64] |= 1ull << (peer % 64);
    d->n_unfit++;
    snprintf(d->unfit_why, sizeof(d->unfit_why), AZ_STR_FMT, AZ_STR_ARG(msg->unfit.why));
    int r = take_back(s, peer, d, fx, err);
    if (r == 0)
        r = sched_dispatch(s, now, fx, err);
    return r < 0 ? r : 1;
}

bool az_sched_retry(struct az_sched *s, const char *name)
{
    bool any = false;
    for (size_t b = 0; b < s->n_backends; b++) {
        if (strcmp(s->backends[b].name, name))
            continue;
        for (size_t p = 0; p < s->n_peers; p++) {
            if (b >= s->peers[p].n_offers || !s->peers[p].offers[b].stopped)
                continue;
            s->peers[p].offers[b].stopped = false;
            any = true;
        }
        s->backends[b].stopped = false;
        backend_recount(s, b);
    }
    return any;
}

int64_t az_sched_lost(const struct az_sched *s)
{
    return s->n_lost;
}

static int lose_all(struct az_sched *s, int peer, bool for_good, struct az_effects *fx,
                    struct az_error *err)
{
    for (struct az_lease *l = az_leases_of(&s->leases, peer), *next; l; l = next) {
        next = l->next;
        s->n_lost += !l->lost;
        if (!l->lost && !AZ_PLANTED(AZ_PLANT_LEASE_KEPT) && docket_lost(l, fx) < 0)
            return az_oom(err);
        if (for_good)
            lease_end(s, l);
    }
    for (size_t i = 0; i < s->n_dockets; i++) {
        int r = docket_fold_all(s->dockets[i], fx, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int az_sched_on_gone(struct az_sched *s, int peer, az_ms now, struct az_effects *fx,
                     struct az_error *err)
{
    struct peer *p = &s->peers[peer];
    int r = lose_all(s, peer, true, fx, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < s->n_dockets; i++) {
        struct az_docket *d = s->dockets[i];
        d->n_unfit -= peer_is_unfit(d, (size_t)peer);
        d->knows[peer / 64] &= ~(1ull << (peer % 64));
        d->unfit[peer / 64] &= ~(1ull << (peer % 64));
    }
    p->live = false;
    recount_peer(s, peer);
    for (size_t b = 0; b < p->n_offers; b++) { /* it may have been the last that went on */
        check_stopped(s, b);
        if (!all_stopped(s, b)) /* or the last that refused: whoever brings it next is asked */
            s->backends[b].stopped = false;
        offer_leave(s, p, b, now);
    }
    peer_release(p);
    return sched_dispatch(s, now, fx, err);
}

/* ---- time ---- */

static int find_silent(struct az_sched *s, az_ms now, struct az_effects *fx, struct az_error *err)
{
    if (s->next_silence > now)
        return 0;
    s->next_silence = INT64_MAX;
    for (size_t i = 0; i < s->n_peers; i++) {
        struct peer *p = &s->peers[i];
        if (!p->live || p->silent)
            continue;
        az_ms at = p->heard + s->config.silence_ms;
        if (at > now) {
            s->next_silence = AZ_MIN(s->next_silence, at);
            continue;
        }
        p->silent = true;
        recount_peer(s, (int)i);
        int r = lose_all(s, (int)i, false, fx, err);
        if (r < 0)
            return r;
    }
    return 0;
}

int az_sched_on_tick(struct az_sched *s, az_ms now, struct az_effects *fx, struct az_error *err)
{
    int r = find_silent(s, now, fx, err);
    for (size_t i = 0; i < s->n_dockets && r == 0; i++)
        r = docket_tick(s->dockets[i], now, fx, err);
    if (r == 0 && sched_hedge(s, now, fx) < 0)
        r = az_oom(err);
    return r < 0 ? r : sched_dispatch(s, now, fx, err);
}

az_ms az_sched_deadline(const struct az_sched *s)
{
    az_ms at = AZ_MIN(AZ_MIN(s->wake, s->next_silence), s->next_hedge);
    for (size_t i = 0; i < s->n_dockets; i++) {
        if (s->dockets[i]->oldest)
            at = AZ_MIN(at, s->dockets[i]->oldest->deadline);
    }
    return at;
}

void az_sched_forgive(struct az_sched *s, az_ms now)
{
    for (size_t p = 0; p < s->n_peers; p++) {
        if (s->peers[p].live && !s->peers[p].silent)
            s->peers[p].heard = now;
    }
}

/* ---- for people ---- */

bool az_sched_offer(const struct az_sched *s, int peer, size_t n, struct az_offer *ret)
{
    const struct peer *p = &s->peers[peer];
    size_t b = 0;
    for (; b < p->n_offers; b++) {
        if (p->offers[b].offered && n-- == 0)
            break;
    }
    if (b >= p->n_offers)
        return false;
    const struct offer *o = &p->offers[b];
    *ret = (struct az_offer){.backend = s->backends[b].name,
                             .kind = o->kind ? o->kind : "",
                             .state = o->stopped ? s->backends[b].why
                                      : o->state ? o->state
                                                 : "",
                             .limit_group = o->group >= 0 ? s->groups[o->group].name : "",
                             .slots = o->slots,
                             .credit = o->credit,
                             .held = o->held,
                             .rpm = o->rpm,
                             .tpm = o->tpm};
    if (s->backends[b].ms) {
        const struct az_histogram *ms = s->backends[b].ms;
        ret->answers = ms->n;
        ret->p50 = az_histogram_percentile(ms, 0.5).value;
        ret->p95 = az_histogram_percentile(ms, 0.95).value;
    }
    return true;
}

bool az_sched_live(const struct az_sched *s, int peer)
{
    return s->peers[peer].live;
}

bool az_sched_silent(const struct az_sched *s, int peer)
{
    return s->peers[peer].silent;
}

size_t az_sched_held(const struct az_sched *s, int peer)
{
    size_t n = 0;
    for (const struct az_lease *l = az_leases_of(&s->leases, peer); l; l = l->next)
        n++;
    return n;
}
