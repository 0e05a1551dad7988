#include "client/cli/decide.h"

#include "client/cli/corpus.h"
#include "policies/policy.h"

int az_decide_panel(const struct az_panel *panel, bool by_all, int round, struct az_panel *ret,
                    struct az_error *err)
{
    if (panel->n_judges > AZ_JUDGES_MAX) {
        az_fail(err, AZ_EINVAL, "%zu judges: a verdict names at most %d", panel->n_judges,
                AZ_JUDGES_MAX);
        az_hint(err, "Name a PANEL that seats fewer.");
        return AZ_EINVAL;
    }
    struct az_panel p = by_all ? az_panel_by_all(panel) : *panel;
    if (round > 1) {
        p.policy.kind = AZ_POLICY_DEBATE;
        p.policy.rounds = round;
    } else if (round == 1) {
        p.policy.kind = AZ_POLICY_VOTE;
        p.policy.rounds = 1;
    }
    *ret = p;
    return 0;
}

/* Ballots of rounds that the policy does not hold are not there. */
static struct az_ballot *in_rounds(const struct az_panel *panel, struct az_ballots from,
                                   struct az_arena *arena, size_t *n)
{
    int rounds = panel->policy.kind == AZ_POLICY_DEBATE ? panel->policy.rounds : AZ_ROUNDS_MAX;
    struct az_ballot *v = az_arena_zalloc(arena, from.n * sizeof(*v));
    *n = 0;
    for (size_t i = 0; v && i < from.n; i++) {
        if (from.v[i].key.round <= rounds)
            v[(*n)++] = from.v[i];
    }
    return v;
}

/* What the fold sees: the panel, or those of its judges who have a ballot. */
struct view {
    struct az_panel panel;
    struct az_ballot *v;
    int *judges; /* the seats' to the panel's; NULL: the same */
};

/* A tie that a judge decides stays that judge's, who may not have come. */
static int only_who_came(const struct az_panel *panel, const struct az_ballot *v, size_t n,
                         struct az_arena *arena, struct view *to)
{
    int seat_of[AZ_JUDGES_MAX];
    struct az_judge *judges = az_arena_zalloc(arena, panel->n_judges * sizeof(*judges));
    to->judges = az_arena_zalloc(arena, panel->n_judges * sizeof(*to->judges));
    to->v = az_arena_zalloc(arena, n * sizeof(*to->v));
    if (!judges || !to->judges || !to->v)
        return AZ_ENOMEM;
    for (size_t j = 0; j < panel->n_judges; j++)
        seat_of[j] = -1;
    to->panel.judges = judges;
    to->panel.n_judges = 0;
    for (size_t i = 0; i < n; i++) {
        int j = v[i].key.judge;
        if (seat_of[j] < 0) {
            seat_of[j] = (int)to->panel.n_judges;
            to->judges[to->panel.n_judges] = j;
            judges[to->panel.n_judges++] = panel->judges[j];
        }
        to->v[i] = v[i];
        to->v[i].key.judge = seat_of[j];
    }
    return 0;
}

/* Dissent by the panel's numbers. */
static void restore(const struct view *from, struct az_verdict *v)
{
    uint64_t seats[AZ_JUDGES_MAX / 64];
    if (!from->judges)
        return;
    memcpy(seats, v->dissent, sizeof(seats));
    memset(v->dissent, 0, sizeof(v->dissent));
    for (size_t i = 0; i < from->panel.n_judges; i++) {
        int j = from->judges[i];
        if (seats[i / 64] >> (i % 64) & 1)
            v->dissent[j / 64] |= UINT64_C(1) << (j % 64);
    }
}

int az_decide(const struct az_panel *panel, const struct az_decide_case *c, struct az_arena *arena,
              struct az_verdict *verdict, struct az_ballots *ballots, struct az_error *err)
{
    size_t n;
    struct az_ballot *v = in_rounds(panel, c->ballots, arena, &n);
    struct view view = {.panel = *panel, .v = v};
    if (!v || (c->who_came && n && !c->open && only_who_came(panel, v, n, arena, &view) < 0))
        return az_oom(err);
    struct az_fold fold = {.panel = &view.panel,
                           .item = c->item,
                           .ballots = {view.v, n},
                           .closed = !c->open,
                           .arena = arena};
    struct az_gold gold = c->item->gold;
    struct az_step step;
    if (!c->asked_with_gold)
        c->item->gold = (struct az_gold){0};
    int r = az_policy_next(&fold, &step, err);
    c->item->gold = gold;
    if (r < 0)
        return r;
    if (step.kind == AZ_ASK)
        return AZ_DECIDE_LEFT;
    for (size_t i = 0; i < n; i++)
        v[i].used = step.used[i];
    restore(&view, &step.verdict);
    *verdict = step.verdict;
    *ballots = (struct az_ballots){v, n};
    return AZ_DECIDE_DONE;
}
