/* core/panel_rules.c: policy, aggregation, limits, clip: from drafts to panel. */
#include <math.h>

#include "core/panel_parts.h"

static const struct az_yaml *aggregate_at(const struct az_panel_draft *d, const char *key)
{
    return az_yaml_get(az_yaml_get(d->root, "aggregate"), key);
}

static void judge_names(const struct az_panel *p, const char *names[AZ_JUDGES_MAX + 1])
{
    for (size_t i = 0; i < p->n_judges; i++)
        names[i] = p->judges[i].name;
    names[p->n_judges] = NULL;
}

static int fail_judge(const struct az_panel *p, const struct az_yaml *at, struct az_str name,
                      const char *what, struct az_error *err)
{
    const char *names[AZ_JUDGES_MAX + 1];
    judge_names(p, names);
    az_yaml_fail_key(err, at, "%s names no judge of the panel: '%.60s'", what, name.p);
    az_keys_hint(err, name, names);
    return AZ_EINVAL;
}

static bool is_learnt(enum az_aggregate_kind k)
{
    return k >= AZ_AGG_AUTO;
}

static bool is_label_kind(enum az_aggregate_kind k)
{
    return k == AZ_AGG_MAJORITY || k == AZ_AGG_PLURALITY || k == AZ_AGG_WEIGHTED;
}

static int check_kind(const struct az_panel_draft *d, struct az_error *err)
{
    const struct az_yaml *y = az_yaml_get(d->root, "aggregate");
    bool score = d->panel->question.kind == AZ_SCORE;
    const char *word = az_aggregate_words[d->panel->aggregate.kind];
    if (is_learnt(d->panel->aggregate.kind) || score != is_label_kind(d->panel->aggregate.kind))
        return 0;
    const struct az_yaml *kind = az_yaml_get(y, "kind");
    az_yaml_fail(err, kind ? kind : y, "aggregate '%s' is for %s, and the question asks for %s",
                 word, score ? "labels" : "scores", score ? "a score" : "a label");
    az_hint(err, score ? "Use mean (with weights, if need be), median, min, max or trimmed_mean."
                       : "Use majority, plurality or weighted.");
    return AZ_EINVAL;
}

static int tie(struct az_panel_draft *d, struct az_aggregate *a, struct az_error *err)
{
    const struct az_question *q = &d->panel->question;
    const struct az_yaml *at = aggregate_at(d, "tie");
    const char *text = d->aggregate.tie;
    if (!text)
        return 0;
    if (!is_label_kind(a->kind) && !(is_learnt(a->kind) && q->kind != AZ_SCORE))
        return az_yaml_fail_key(err, at, "'tie' means nothing for %s", az_aggregate_words[a->kind]);
    if (strcmp(text, "abstain") == 0) {
        a->tie = AZ_TIE_ABSTAIN;
        return 0;
    }
    if (strcmp(text, "tie") == 0) {
        a->tie = AZ_TIE_TIE;
        if (q->kind == AZ_PAIR && q->ties)
            return 0;
        az_yaml_fail(err, at, "tie: tie needs a pair with ties");
        az_hint(err, "Write tie: abstain, or the name of the judge that decides.");
        return AZ_EINVAL;
    }
    a->tie = AZ_TIE_JUDGE;
    a->tie_judge = az_panel_judge_find(d->panel, az_str(text));
    return a->tie_judge < 0 ? fail_judge(d->panel, at, az_str(text), "'tie'", err) : 0;
}

static int weights(struct az_panel_draft *d, const struct az_aggregate *a, struct az_error *err)
{
    const struct az_yaml *y = d->aggregate.weights;
    struct az_panel *p = d->panel;
    bool takes = a->kind == AZ_AGG_WEIGHTED || a->kind == AZ_AGG_MEAN;
    double sum = 0;
    if (!y && a->kind == AZ_AGG_WEIGHTED) {
        az_yaml_fail(err, az_yaml_get(d->root, "aggregate"),
                     "aggregate 'weighted' has no 'weights'");
        az_hint(err, "Write aggregate: {kind: weighted, weights: {%.60s: 2}}.", p->judges[0].name);
        return AZ_EINVAL;
    }
    if (!y)
        return 0;
    if (!takes) {
        az_yaml_fail_key(err, y, "'weights' means nothing for %s", az_aggregate_words[a->kind]);
        az_hint(err, "They are for %s.",
                p->question.kind == AZ_SCORE ? "kind: mean" : "kind: weighted");
        return AZ_EINVAL;
    }
    if (y->type != AZ_Y_MAP)
        return az_yaml_fail(err, y, "'weights' must be a map from judges to numbers");
    for (const struct az_yaml *c = y->first; c; c = c->next) {
        int j = az_panel_judge_find(p, c->key);
        if (j < 0)
            return fail_judge(p, c, c->key, "'weights'", err);
        if (!az_yaml_num(c, &p->judges[j].weight) || p->judges[j].weight < 0 ||
            p->judges[j].weight > 1e9)
            return az_yaml_fail(err, c, "the weight of '%s' must be a number from 0 to 1e9",
                                c->key.p);
    }
    for (size_t i = 0; i < p->n_judges; i++)
        sum += p->judges[i].weight;
    return sum > 0 ? 0 : az_yaml_fail(err, y, "all weights are 0");
}

/* The file's text, or the text itself. */
static int calibration(struct az_panel_draft *d, struct az_aggregate *a, struct az_error *err)
{
    const struct az_yaml *at = aggregate_at(d, "calibration");
    const char *text = d->aggregate.calibration;
    if (!text && is_learnt(a->kind)) {
        az_yaml_fail(err, az_yaml_get(d->root, "aggregate"), "aggregate '%s' has no 'calibration'",
                     az_aggregate_words[a->kind]);
        az_hint(err, "Make one of items with gold: assize calibrate JOB --gold FILE -o c.json");
        return AZ_EINVAL;
    }
    if (!text)
        return 0;
    if (!is_learnt(a->kind) && !is_label_kind(a->kind) && a->kind != AZ_AGG_MEAN) {
        az_yaml_fail_key(err, at, "'calibration' means nothing for %s",
                         az_aggregate_words[a->kind]);
        az_hint(err, "Write kind: auto.");
        return AZ_EINVAL;
    }
    if (az_str_trim(az_str(text)).n && az_str_trim(az_str(text)).p[0] == '{') {
        a->calibration = text;
        return 0;
    }
    return az_panel_file(d, at, text, &a->calibration, err);
}

static int promises(struct az_panel_draft *d, struct az_aggregate *a, struct az_error *err)
{
    static const char *const keys[] = {"abstain_below", "risk", "delta", "conformal"};
    const bool has[] = {d->aggregate.has_abstain_below, d->aggregate.has_risk,
                        d->aggregate.has_delta, d->aggregate.has_conformal};
    for (size_t i = 0; i < AZ_LEN(keys); i++) {
        if (has[i] && !a->calibration)
            return az_yaml_fail_key(err, aggregate_at(d, keys[i]), "'%s' needs a calibration",
                                    keys[i]);
        if (has[i] && a->kind == AZ_AGG_MEAN)
            return az_yaml_fail_key(err, aggregate_at(d, keys[i]),
                                    "'%s' needs a probability, and a mean of scores has none",
                                    keys[i]);
    }
    if (d->aggregate.has_delta && !d->aggregate.has_risk)
        return az_yaml_fail_key(err, aggregate_at(d, "delta"), "'delta' needs 'risk'");
    a->abstain_below = d->aggregate.has_abstain_below ? d->aggregate.abstain_below : 0;
    a->risk = d->aggregate.has_risk ? d->aggregate.risk : 0;
    a->delta = d->aggregate.delta;
    a->conformal = d->aggregate.has_conformal ? d->aggregate.conformal : 0;
    return 0;
}

static int aggregate(struct az_panel_draft *d, struct az_error *err)
{
    struct az_aggregate *a = &d->panel->aggregate;
    *a = (struct az_aggregate){
        .kind = d->aggregate.kind, .trim = d->aggregate.trim, .tie_judge = -1};
    if (!d->aggregate.has_kind)
        a->kind = d->panel->question.kind == AZ_SCORE ? AZ_AGG_MEAN : AZ_AGG_MAJORITY;
    int r = check_kind(d, err);
    if (r == 0)
        r = tie(d, a, err);
    if (r == 0)
        r = weights(d, a, err);
    if (r == 0)
        r = calibration(d, a, err);
    if (r == 0)
        r = promises(d, a, err);
    if (r == 0 && d->aggregate.has_trim && a->kind != AZ_AGG_TRIMMED_MEAN)
        return az_yaml_fail_key(err, aggregate_at(d, "trim"), "'trim' is for kind: trimmed_mean");
    return r;
}

static int policy(struct az_panel_draft *d, struct az_error *err)
{
    struct az_policy *p = &d->panel->policy;
    *p = d->policy.policy;
    if (p->kind == AZ_POLICY_VOTE) {
        const struct az_yaml *at = az_yaml_get(az_yaml_get(d->root, "policy"), "rounds");
        if (d->policy.has_rounds && p->rounds != 1) {
            az_yaml_fail_key(err, at, "a vote has one round");
            az_hint(err, "Write kind: debate for more.");
            return AZ_EINVAL;
        }
        p->rounds = 1;
    } else if (!d->policy.has_rounds) {
        p->rounds = 2;
    }
    return 0;
}

int az_panel_rules(struct az_panel_draft *d, struct az_error *err)
{
    struct az_panel *p = d->panel;
    int r = policy(d, err);
    if (r == 0)
        r = aggregate(d, err);
    if (r < 0)
        return r;
    p->limits = d->limits;
    p->clip = d->clip;
    if ((size_t)p->limits.quorum <= p->n_judges)
        return 0;
    az_yaml_fail(err, az_yaml_get(az_yaml_get(d->root, "limits"), "quorum"),
                 "quorum %d of %zu judge%s", p->limits.quorum, p->n_judges,
                 p->n_judges == 1 ? "" : "s");
    az_hint(err, "It is how many judges must have voted: at most all of them.");
    return AZ_EINVAL;
}
