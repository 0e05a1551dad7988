#include "policies/plan.h"

#include "core/verdict.h"

static bool stands_before(const struct az_panel *panel, const struct az_plan_seat *a,
                          const struct az_plan_seat *b)
{
    if (a->place != b->place)
        return a->place < b->place;
    return strcmp(panel->judges[a->judge].name, panel->judges[b->judge].name) < 0;
}

static struct az_plan_seat seat_of_judge(const struct az_panel *panel, uint64_t seed, int judge)
{
    struct az_plan_seat s = {
        .judge = judge,
        .place = az_plan_place(seed, panel->judges[judge].name),
        .samples = AZ_MAX(panel->judges[judge].samples, 1),
    };
    s.n_orders = az_judge_orders(panel, judge, s.orders);
    az_assert(s.n_orders == 1 || s.n_orders == 2);
    if (s.n_orders == 2 && s.orders[0] > s.orders[1]) {
        enum az_order swap = s.orders[0];
        s.orders[0] = s.orders[1];
        s.orders[1] = swap;
    }
    s.n = (size_t)s.n_orders * (size_t)s.samples;
    return s;
}

int az_plan_make(struct az_arena *arena, const struct az_panel *panel, const struct az_item *item,
                 struct az_plan *plan)
{
    size_t n = panel->n_judges;
    uint64_t seed = az_plan_seed(item);
    *plan = (struct az_plan){.n_seats = n};
    plan->seats = az_arena_zalloc(arena, n * sizeof(*plan->seats));
    plan->seat_of = az_arena_zalloc(arena, n * sizeof(*plan->seat_of));
    if (!plan->seats || !plan->seat_of)
        return AZ_ENOMEM;

    /* By insertion: panels are small and qsort() may allocate. */
    for (size_t j = 0; j < n; j++) {
        struct az_plan_seat s = seat_of_judge(panel, seed, (int)j);
        size_t i = j;
        for (; i > 0 && stands_before(panel, &s, &plan->seats[i - 1]); i--)
            plan->seats[i] = plan->seats[i - 1];
        plan->seats[i] = s;
    }
    for (size_t i = 0; i < n; i++) {
        plan->seats[i].first = plan->n_slots;
        plan->n_slots += plan->seats[i].n;
        plan->seat_of[plan->seats[i].judge] = (int)i;
    }
    return 0;
}

static const struct az_plan_seat *seat_with(const struct az_plan *plan, size_t slot)
{
    size_t low = 0, high = plan->n_seats;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (plan->seats[middle].first <= slot)
            low = middle;
        else
            high = middle;
    }
    return &plan->seats[low];
}

struct az_key az_plan_key(const struct az_plan *plan, const struct az_item *item, int round,
                          size_t slot)
{
    az_assert(slot < plan->n_slots);
    const struct az_plan_seat *s = seat_with(plan, slot);
    size_t at = slot - s->first;
    return (struct az_key){
        .item = item->seq,
        .judge = s->judge,
        .round = round,
        .criterion = -1,
        .order = s->orders[at / (size_t)s->samples],
        .sample = (int32_t)(at % (size_t)s->samples),
    };
}

int az_plan_slot(const struct az_plan *plan, const struct az_key *key)
{
    if (key->judge < 0 || (size_t)key->judge >= plan->n_seats || key->criterion != -1)
        return -1;
    const struct az_plan_seat *s = &plan->seats[plan->seat_of[key->judge]];
    if (key->sample < 0 || key->sample >= s->samples)
        return -1;
    for (int o = 0; o < s->n_orders; o++) {
        if ((int)s->orders[o] == key->order)
            return (int)s->first + o * s->samples + key->sample;
    }
    return -1;
}

static int cmp_double(double a, double b)
{
    return (a > b) - (a < b);
}

/* Does `a` stay when `b` has the same key? */
static bool stays(const struct az_ballot *a, const struct az_ballot *b)
{
    if (a->error != b->error)
        return a->error < b->error; /* AZ_BE_NONE is the lowest: an answer */
    int c = a->label - b->label;
    if (!c)
        c = cmp_double(a->score, b->score);
    if (!c)
        c = (a->cost > b->cost) - (a->cost < b->cost);
    return c <= 0;
}

/* As an earlier fold of the item has made it, or anew. */
static int plan_of(const struct az_fold *fold, struct az_plan *plan)
{
    if (fold->plan && *fold->plan) {
        *plan = **fold->plan;
        return 0;
    }
    int r = az_plan_make(fold->arena, fold->panel, fold->item, plan);
    if (r < 0 || !fold->plan)
        return r;
    struct az_plan *kept = az_arena_alloc(fold->arena, sizeof(*kept));
    if (!kept)
        return AZ_ENOMEM;
    *kept = *plan;
    *fold->plan = kept;
    return 0;
}

int az_board_make(const struct az_fold *fold, struct az_board *board)
{
    const struct az_policy *policy = &fold->panel->policy;
    *board = (struct az_board){
        .fold = fold,
        .rounds = policy->kind == AZ_POLICY_DEBATE ? AZ_MAX(policy->rounds, 1) : 1,
    };
    int r = plan_of(fold, &board->plan);
    if (r < 0)
        return r;
    size_t n_slots = board->plan.n_slots;
    board->at = az_arena_zalloc(fold->arena, (size_t)board->rounds * n_slots * sizeof(*board->at));
    if (!board->at)
        return AZ_ENOMEM;

    for (size_t i = 0; i < fold->ballots.n; i++) {
        const struct az_ballot *b = &fold->ballots.v[i];
        int slot = az_plan_slot(&board->plan, &b->key);
        if (slot < 0 || b->key.round < 1 || b->key.round > board->rounds)
            continue;
        const struct az_ballot **at =
            &board->at[(size_t)(b->key.round - 1) * n_slots + (size_t)slot];
        if (!*at || !stays(*at, b))
            *at = b;
        board->last_round = AZ_MAX(board->last_round, b->key.round);
    }
    return 0;
}
