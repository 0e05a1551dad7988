/* client/cli/corpus_panel.c: who cast ballots as a panel, and each ballot in a
 * slot of it. */
#include "client/cli/corpus.h"
#include "core/mem.h"
#include "core/prompt.h"

/* ---- judges ---- */

int az_caster_note(struct az_caster *c, enum az_order order, int sample, struct az_error *err)
{
    if (sample < 0 || sample >= AZ_SAMPLES_MAX)
        return az_fail(err, AZ_EINVAL, "sample %d of judge '%s': samples are numbered 0 to %d",
                       sample, c->name, AZ_SAMPLES_MAX - 1);
    c->orders |= 1U << (order - AZ_ORDER_NONE);
    c->samples = AZ_MAX(c->samples, sample + 1);
    return 0;
}

/* What is written in two orders is asked in both; ballots without an order stand
 * for those that are not there. */
static enum az_orders orders_of(unsigned seen)
{
    const unsigned listed = 2, reversed = 4;
    if (seen & reversed)
        return AZ_ORDERS_BOTH;
    return seen & listed ? AZ_ORDERS_ONE : AZ_ORDERS_NONE;
}

int az_caster_seat(struct az_panel *panel, const struct az_caster *c)
{
    struct az_judge *j = &panel->judges[panel->n_judges];
    *j = (struct az_judge){.name = az_arena_strdup(panel->arena, c->name),
                           .backend = "",
                           .backend_at = -1,
                           .orders = orders_of(c->orders),
                           .samples = c->samples ? c->samples : 1,
                           .weight = 1};
    j->model = j->name;
    if (c->family)
        j->family = az_arena_strdup(panel->arena, c->family);
    if (!j->name || (c->family && !j->family))
        return AZ_ENOMEM;
    panel->n_judges++;
    return 0;
}

struct az_panel az_panel_by_all(const struct az_panel *panel)
{
    struct az_panel p = *panel;
    bool rounds = panel->policy.kind == AZ_POLICY_DEBATE;
    p.policy.early_stop = false;
    p.policy.rounds = rounds ? panel->policy.rounds : 1;
    p.aggregate = (struct az_aggregate){
        .kind = p.question.kind == AZ_SCORE ? AZ_AGG_MEAN : AZ_AGG_MAJORITY, .tie_judge = -1};
    p.limits.quorum = 1;
    return p;
}

struct az_panel *az_panel_of(const struct az_question *q, size_t n, int rounds)
{
    struct az_arena *arena = az_arena_new(4096);
    struct az_panel *p = arena ? az_arena_zalloc(arena, sizeof(*p)) : NULL;
    struct az_judge *judges = arena ? az_arena_zalloc(arena, n * sizeof(*judges)) : NULL;
    if (!p || !judges) {
        az_arena_free(arena);
        return NULL;
    }
    *p = (struct az_panel){
        .arena = arena,
        .path = "",
        .name = "ballots",
        .question = *q,
        .judges = judges,
        .policy = {rounds > 1 ? AZ_POLICY_DEBATE : AZ_POLICY_VOTE, .rounds = rounds}};
    *p = az_panel_by_all(p);
    return p;
}

/* ---- ballots ---- */

static bool same_key(const struct az_key *a, const struct az_key *b)
{
    return a->judge == b->judge && a->round == b->round && a->criterion == b->criterion &&
           a->order == b->order && a->sample == b->sample;
}

static int by_key(const void *pa, const void *pb)
{
    const struct az_ballot *a = *(struct az_ballot *const *)pa, *b = *(struct az_ballot *const *)pb;
    int c = az_key_cmp(&a->key, &b->key);
    return c ? c : (a > b) - (a < b);
}

enum { FEW = 64 };

/* Marks by `used` which go. The sort is for items that thousands have judged. */
static size_t mark_sorted(struct az_ballot **sorted, size_t n)
{
    size_t gone = 0;
    qsort(sorted, n, sizeof(struct az_ballot *), by_key);
    for (size_t i = 0; i < n;) {
        size_t end = i + 1, stays = i;
        while (end < n && same_key(&sorted[i]->key, &sorted[end]->key))
            end++;
        for (size_t k = i; k < end && sorted[stays]->error; k++) {
            if (!sorted[k]->error)
                stays = k;
        }
        for (size_t k = i; k < end; k++)
            sorted[k]->used = k == stays;
        gone += end - i - 1;
        i = end;
    }
    return gone;
}

static size_t mark_few(struct az_ballot *v, size_t n)
{
    size_t gone = 0;
    for (size_t i = 0; i < n; i++) {
        v[i].used = true;
        for (size_t k = 0; k < i; k++) {
            if (!v[k].used || !same_key(&v[i].key, &v[k].key))
                continue;
            gone++;
            bool better = v[k].error && !v[i].error;
            v[k].used = !better;
            v[i].used = better;
            break;
        }
    }
    return gone;
}

int az_ballots_unique(struct az_ballot *v, size_t *n)
{
    size_t gone, kept = 0;
    if (*n <= FEW) {
        gone = mark_few(v, *n);
    } else {
        AZ_AUTO_MEM struct az_ballot **sorted = az_alloc(*n * sizeof(struct az_ballot *));
        if (!sorted)
            return AZ_ENOMEM;
        for (size_t i = 0; i < *n; i++)
            sorted[i] = &v[i];
        gone = mark_sorted(sorted, *n);
    }
    for (size_t i = 0; i < *n; i++) {
        if (v[i].used)
            v[kept++] = v[i];
    }
    for (size_t i = 0; i < kept; i++)
        v[i].used = false;
    *n = kept;
    return (int)AZ_MIN(gone, (size_t)INT32_MAX);
}

struct fitting {
    const struct az_panel *panel;
    struct az_ballot *v;
    size_t n, n_given; /* given: those before the copies */
};

static const struct az_ballot *find(const struct fitting *f, const struct az_key *key, int order)
{
    struct az_key want = *key;
    want.order = order;
    for (size_t i = 0; i < f->n; i++) {
        if (same_key(&f->v[i].key, &want))
            return &f->v[i];
    }
    return NULL;
}

static bool asks(const enum az_order *orders, int n, int order)
{
    for (int i = 0; i < n; i++) {
        if ((int)orders[i] == order)
            return true;
    }
    return false;
}

/* The second order that one ballot serves: no call was made for it. */
static void copy_to(struct fitting *f, size_t from, int order)
{
    struct az_ballot *to = &f->v[f->n++];
    *to = f->v[from];
    to->key.order = order;
    to->tokens_in = to->tokens_out = to->tokens_cached = to->tokens_reasoning = 0;
    to->cost = 0;
    to->ms = 0;
    to->attempts = 0;
}

static void fit_one(struct fitting *f, size_t i)
{
    enum az_order orders[2];
    struct az_key key = f->v[i].key;
    int n = az_judge_orders(f->panel, key.judge, orders);
    if (asks(orders, n, key.order))
        return;
    if (orders[0] == AZ_ORDER_NONE) {
        bool other = key.order == AZ_ORDER_REVERSED && find(f, &key, AZ_ORDER_LISTED);
        if (!other && !find(f, &key, AZ_ORDER_NONE))
            f->v[i].key.order = AZ_ORDER_NONE;
        return;
    }
    if (key.order != AZ_ORDER_NONE)
        return;
    bool placed = false;
    for (int o = 0; o < n; o++) {
        if (find(f, &key, (int)orders[o]))
            continue;
        if (placed)
            copy_to(f, i, (int)orders[o]);
        else
            f->v[i].key.order = (int32_t)orders[o];
        placed = true;
    }
}

static bool all_fit(const struct az_panel *panel, const struct az_ballot *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum az_order orders[2];
        int k = az_judge_orders(panel, v[i].key.judge, orders);
        if (!asks(orders, k, v[i].key.order))
            return false;
    }
    return true;
}

int az_ballots_fit(struct az_arena *arena, const struct az_panel *panel, struct az_ballot **v,
                   size_t *n)
{
    if (all_fit(panel, *v, *n))
        return 0;
    struct fitting f = {.panel = panel, .n = *n, .n_given = *n};
    f.v = az_arena_zalloc(arena, 2 * *n * sizeof(*f.v));
    if (!f.v)
        return AZ_ENOMEM;
    memcpy(f.v, *v, *n * sizeof(*f.v));
    for (size_t i = 0; i < f.n_given; i++)
        fit_one(&f, i);
    *v = f.v;
    *n = f.n;
    return 0;
}
