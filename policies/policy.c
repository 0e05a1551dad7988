#include "policies/policy.h"

#include "policies/calibration.h"
#include "policies/step.h"

static const struct {
    enum az_policy_kind kind;
    int (*next)(const struct az_board *board, struct az_step *step);
} kinds[] = {
    {AZ_POLICY_VOTE, az_vote_next},
    {AZ_POLICY_DEBATE, az_debate_next},
};

static size_t kind_of(const struct az_panel *panel)
{
    for (size_t i = 0; i < AZ_LEN(kinds); i++) {
        if (kinds[i].kind == panel->policy.kind)
            return i;
    }
    az_assert(!"a policy without a row");
    return 0;
}

/* It ends: a step asks for something, each thing has no ballot yet, none comes
 * twice (they ascend), and there are only so many. */
static void assert_ask(const struct az_board *board, const struct az_step *step)
{
    az_assert(!board->fold->closed);
    az_assert(step->ask.n > 0);
    int64_t before = -1;
    for (size_t i = 0; i < step->ask.n; i++) {
        const struct az_key *key = &step->ask.v[i];
        int slot = az_plan_slot(&board->plan, key);
        az_assert(slot >= 0 && key->round >= 1 && key->round <= board->rounds);
        az_assert(!az_board_at(board, key->round, (size_t)slot));
        int64_t at = (int64_t)key->round * (int64_t)board->plan.n_slots + slot;
        az_assert(at > before);
        before = at;
    }
}

/* A failure is never a vote, and no figure is outside its range. */
static void assert_verdict(const struct az_verdict *v)
{
    bool answer = v->label != AZ_LABEL_NONE || v->has_score;
    az_assert(v->status != AZ_OPEN);
    az_assert(answer == (v->status == AZ_DECIDED));
    az_assert(!*v->reason == (v->status == AZ_DECIDED));
    az_assert(!v->has_share || (v->share >= 0 && v->share <= 1));
    az_assert(v->seats.voted + v->seats.errors == v->seats.asked);
    az_assert(v->seats.asked <= v->seats.n);
}

int az_policy_next(const struct az_fold *fold, struct az_step *step, struct az_error *err)
{
    struct az_board board;
    int r = az_board_make(fold, &board);
    if (!r)
        r = kinds[kind_of(fold->panel)].next(&board, step);
    if (r < 0)
        return az_oom(err);
    if (step->kind == AZ_ASK)
        assert_ask(&board, step);
    else
        assert_verdict(&step->verdict);
    return 0;
}

static int check_policy(const struct az_panel *panel, struct az_error *err)
{
    const struct az_policy *p = &panel->policy;
    if (!(p->audit >= 0 && p->audit <= 1))
        return az_fail(err, AZ_EINVAL, "policy: audit is not from 0 to 1");
    if (p->kind != AZ_POLICY_DEBATE)
        return 0;
    if (p->rounds < 1 || p->rounds > AZ_ROUNDS_MAX)
        return az_fail(err, AZ_EINVAL, "policy: rounds is not from 1 to %d", AZ_ROUNDS_MAX);
    if (panel->n_judges < 2) {
        az_fail(err, AZ_EINVAL, "policy: a debate needs two judges or more");
        az_hint(err, "Use policy: vote.");
        return AZ_EINVAL;
    }
    return 0;
}

static int check_quorum(const struct az_panel *panel, struct az_error *err)
{
    if (panel->limits.quorum <= (int)panel->n_judges)
        return 0;
    az_fail(err, AZ_EINVAL, "limits: quorum is %d, but there are %zu seats", panel->limits.quorum,
            panel->n_judges);
    az_hint(err, "It is the number of judges that must answer.");
    return AZ_EINVAL;
}

int az_policy_calibrate(struct az_panel *panel, struct az_error *err)
{
    struct az_aggregate *a = &panel->aggregate;
    if (!a->calibration || a->calibrated)
        return 0;
    int r = az_calibration_read(az_str(a->calibration), &a->calibrated, err);
    a->calibrated_free = az_calibration_free;
    return r < 0 ? az_wrap(err, "calibration") : 0;
}

int az_policy_check(struct az_panel *panel, struct az_error *err)
{
    if (!panel->n_judges)
        return az_fail(err, AZ_EINVAL, "the panel has no judges");
    if (panel->question.kind == AZ_RANK)
        return az_fail(err, AZ_EINVAL, "question 'rank' has no policy yet");
    int r = check_policy(panel, err);
    if (!r)
        r = check_quorum(panel, err);
    if (!r)
        r = az_policy_calibrate(panel, err);
    return r ? r : az_aggregate_check(panel, err);
}

int az_policy_max_questions(const struct az_panel *panel)
{
    int n = 0;
    for (int j = 0; j < (int)panel->n_judges; j++) {
        enum az_order orders[2];
        n += az_judge_orders(panel, j, orders) * AZ_MAX(panel->judges[j].samples, 1);
    }
    return panel->policy.kind == AZ_POLICY_DEBATE ? n * AZ_MAX(panel->policy.rounds, 1) : n;
}
