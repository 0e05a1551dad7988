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

int az_decide(const struct az_panel *panel, const struct az_decide_case *c, struct az_arena *arena,
              struct az_verdict *verdict, struct az_ballots *ballots, struct az_error *err)
{
    size_t n;
    struct az_ballot *v = in_rounds(panel, c->ballots, arena, &n);
    if (!v)
        return az_oom(err);
    struct az_fold fold = {
        .panel = panel, .item = c->item, .ballots = {v, n}, .closed = !c->open, .arena = arena};
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
    *verdict = step.verdict;
    *ballots = (struct az_ballots){v, n};
    return AZ_DECIDE_DONE;
}
