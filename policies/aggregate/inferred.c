#include "policies/aggregate/inferred.h"

#include "policies/aggregate/aggregate.h"

static const char no_p[] = "the method takes judges to err independently";

static int decide(const struct az_tally *t, struct az_verdict *v)
{
    const struct az_inferred *by = t->panel->aggregate.inferred;
    struct az_inferred_answer a;
    v->how = by->name;
    v->no_p = no_p;
    if (!by->answer(by, t->board->fold->item->id, &a))
        az_outcome_abstain(v, "nothing was inferred of this item");
    else if (a.score)
        az_outcome_score(v, a.value);
    else if (a.label == AZ_LABEL_NONE && t->panel->question.kind != AZ_SCORE)
        az_outcome_tie(t, v, "two answers are as likely");
    else if (a.label == AZ_LABEL_NONE)
        az_outcome_abstain(v, "two levels are as likely");
    else if (t->panel->question.kind == AZ_SCORE)
        az_outcome_score(v, t->panel->question.scale_min + a.label * t->panel->question.step);
    else
        az_outcome_label(v, a.label);
    return 0;
}

static int check(const struct az_panel *panel, struct az_error *err)
{
    if (panel->aggregate.inferred)
        return 0;
    return az_fail(err, AZ_EINVAL, "nothing was inferred of the panel's items");
}

const struct az_aggregator az_inferred_by = {
    .name = "inferred",
    .kind = AZ_AGG_INFERRED,
    .for_labels = true,
    .for_scores = true,
    .check = check,
    .decide = decide,
};
