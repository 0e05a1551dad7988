#include "policies/aggregate/aggregate.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

static const struct az_aggregator *const table[] = {
    &az_majority,  &az_plurality, &az_weighted,     &az_mean,  &az_median,
    &az_min,       &az_max,       &az_trimmed_mean, &az_auto,  &az_logodds,
    &az_confusion, &az_single,    &az_hierarchical, &az_stack, &az_inferred_by,
};

const struct az_aggregator *az_aggregator_at(size_t i)
{
    return i < AZ_LEN(table) ? table[i] : NULL;
}

const struct az_aggregator *az_aggregator_of(enum az_aggregate_kind kind)
{
    for (size_t i = 0; i < AZ_LEN(table); i++) {
        if (table[i]->kind == kind)
            return table[i];
    }
    az_assert(!"an aggregate without a row");
    return NULL;
}

/* ---- check ---- */

static int check_kind(const struct az_panel *panel, const struct az_aggregator *by,
                      struct az_error *err)
{
    bool score = panel->question.kind == AZ_SCORE;
    if (score ? by->for_scores : by->for_labels)
        return 0;
    az_fail(err, AZ_EINVAL, "aggregate '%s' is for %s questions", by->name,
            score ? "label" : "score");
    az_hint(err, score ? "Scores take mean, median, min, max or trimmed_mean."
                       : "Labels take majority, plurality or weighted.");
    return AZ_EINVAL;
}

static int check_tie(const struct az_panel *panel, struct az_error *err)
{
    const struct az_question *q = &panel->question;
    const struct az_aggregate *a = &panel->aggregate;
    if (a->tie == AZ_TIE_DEFAULT)
        return 0;
    if (q->kind == AZ_SCORE) {
        az_fail(err, AZ_EINVAL, "aggregate: 'tie' is for label questions");
        az_hint(err, "Leave it out: scores have no ties.");
        return AZ_EINVAL;
    }
    if (a->tie == AZ_TIE_TIE && (q->kind != AZ_PAIR || !q->ties)) {
        az_fail(err, AZ_EINVAL, "aggregate: tie 'tie' needs a pair question with ties");
        az_hint(err, "Use abstain or a judge's name.");
        return AZ_EINVAL;
    }
    if (a->tie == AZ_TIE_JUDGE && (a->tie_judge < 0 || (size_t)a->tie_judge >= panel->n_judges))
        return az_fail(err, AZ_EINVAL, "aggregate: tie names a judge that has no seat");
    return 0;
}

static int check_weights(const struct az_panel *panel, struct az_error *err)
{
    double sum = 0;
    for (size_t j = 0; j < panel->n_judges; j++) {
        double w = panel->judges[j].weight;
        if (!(w >= 0 && w < INFINITY))
            return az_fail(err, AZ_EINVAL, "aggregate: the weight of judge '%s' is not 0 or more",
                           panel->judges[j].name);
        sum += w;
    }
    if (sum > 0 && sum < INFINITY)
        return 0;
    az_fail(err, AZ_EINVAL, "aggregate: the weights add up to nothing");
    az_hint(err, "Give at least one judge a weight above 0.");
    return AZ_EINVAL;
}

int az_aggregate_check(const struct az_panel *panel, struct az_error *err)
{
    const struct az_aggregator *by = az_aggregator_of(panel->aggregate.kind);
    int r = check_kind(panel, by, err);
    if (!r)
        r = check_tie(panel, err);
    if (!r && by->weighs)
        r = check_weights(panel, err);
    if (!r && by->check)
        r = by->check(panel, err);
    return r;
}

/* ---- tally ---- */

static double weight_of(const struct az_tally *t, int judge)
{
    return t->by->weighs ? t->panel->judges[judge].weight : 1;
}

int az_tally_init(struct az_tally *t, struct az_arena *arena, const struct az_panel *panel,
                  const struct az_item *item, const struct az_plan *plan)
{
    *t = (struct az_tally){
        .panel = panel,
        .by = az_aggregator_of(panel->aggregate.kind),
        .n_labels = az_label_count(&panel->question, item),
        .n = (int)plan->n_seats,
        .chair = AZ_LABEL_NONE,
    };
    size_t n_scores = panel->question.kind == AZ_SCORE ? plan->n_seats : 0;
    t->sums = az_arena_zalloc(arena, (2 * t->n_labels + n_scores) * sizeof(double));
    if (!t->sums)
        return AZ_ENOMEM;
    t->counts = t->sums + t->n_labels;
    t->scores = t->counts + t->n_labels;
    for (size_t i = 0; i < plan->n_seats; i++)
        t->total += weight_of(t, plan->seats[i].judge);
    t->rest = t->total;
    return 0;
}

/* Weights of seats that are all there leave exactly nothing. */
static double take(struct az_tally *t, const struct az_seat *seat)
{
    double w = weight_of(t, seat->plan->judge);
    t->asked++;
    t->rest = t->asked == t->n ? 0 : AZ_MAX(t->rest - w, 0.0);
    return w;
}

static void add_score(struct az_tally *t, double score)
{
    int i = t->voted;
    for (; i > 0 && t->scores[i - 1] > score; i--)
        t->scores[i] = t->scores[i - 1];
    t->scores[i] = score;
}

static void add_vote(struct az_tally *t, const struct az_seat *seat, double w)
{
    if (t->panel->question.kind == AZ_SCORE) {
        add_score(t, seat->score);
        t->weighted_score += w * seat->score;
    }
    for (size_t i = 0; i < t->n_labels; i++) {
        t->sums[i] += w * seat->shares[i];
        t->counts[i] += seat->shares[i];
    }
    t->weight += w;
    t->voted++;
    t->partial += seat->n_readable < seat->plan->n;
}

void az_tally_add(struct az_tally *t, const struct az_seat *seat)
{
    az_assert(seat->state != AZ_SEAT_WAITS);
    double w = take(t, seat);
    if (seat->state == AZ_SEAT_VOTED) {
        add_vote(t, seat, w);
    } else {
        t->errors++;
        t->lost += w;
    }
    if (t->panel->aggregate.tie == AZ_TIE_JUDGE &&
        t->panel->aggregate.tie_judge == seat->plan->judge) {
        t->chair_asked = true;
        t->chair = seat->top;
    }
}

void az_tally_hope(struct az_tally *t, const struct az_seat *seat)
{
    t->hoped_weight += take(t, seat);
    t->hoped++;
}

double az_tally_eps(const struct az_tally *t)
{
    return AZ_SHARE_EPS * AZ_MAX(t->total, 1.0);
}

int az_tally_quorum(const struct az_tally *t)
{
    return AZ_MAX(t->panel->limits.quorum, 1);
}

bool az_tally_settled(const struct az_tally *t)
{
    int can_vote = t->n - t->errors, will_vote = t->voted + t->hoped;
    if (t->asked == t->n || can_vote < az_tally_quorum(t))
        return true;
    return will_vote >= az_tally_quorum(t) && t->by->settled && t->by->settled(t);
}

/* The share of the seats asked that are for the label, or on the score's side
 * of `pass`. A count, whatever the weights. */
static void set_share(const struct az_tally *t, struct az_verdict *v)
{
    const struct az_question *q = &t->panel->question;
    double n = 0;
    if (v->status != AZ_DECIDED || (v->has_score && q->pass == AZ_PASS_NONE))
        return;
    if (v->has_score) {
        bool side = az_passes(q, AZ_LABEL_NONE, true, v->score);
        for (int i = 0; i < t->voted; i++)
            n += az_passes(q, AZ_LABEL_NONE, true, t->scores[i]) == side;
    } else {
        n = t->counts[v->label];
    }
    v->has_share = true;
    v->share = n / t->asked;
}

int az_tally_decide(const struct az_tally *t, struct az_verdict *v)
{
    int r = 0;
    az_assert(!t->hoped);
    v->label = AZ_LABEL_NONE;
    v->how = t->by->name;
    v->seats = (struct az_seats){t->n, t->asked, t->voted, t->errors, t->partial};
    v->early = t->asked < t->n;
    if (t->voted < az_tally_quorum(t))
        v->status = AZ_FAILED;
    else
        r = t->by->decide(t, v);
    if (r == 0 && v->status != AZ_FAILED && t->by->check == az_calibrated_check &&
        t->panel->aggregate.calibrated)
        r = az_calibrated_sure(t, v);
    set_share(t, v);
    return r;
}

/* ---- outcomes ---- */

void az_outcome_label(struct az_verdict *v, int label)
{
    v->status = AZ_DECIDED;
    v->label = label;
}

void az_outcome_score(struct az_verdict *v, double score)
{
    v->status = AZ_DECIDED;
    v->has_score = true;
    v->score = score;
}

void az_outcome_probs(struct az_verdict *v, const double *probs, size_t n, int at)
{
    az_assert(n <= AZ_LEN(v->probs) && (at < 0 || (size_t)at < n));
    v->has_p = at >= 0;
    v->p = at >= 0 ? probs[at] : 0;
    v->n_probs = n;
    memcpy(v->probs, probs, n * sizeof(*probs));
}

void az_outcome_abstain(struct az_verdict *v, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    v->status = AZ_ABSTAINED;
    vsnprintf(v->reason, sizeof(v->reason), fmt, args);
    va_end(args);
}

enum az_tie az_tie_rule(const struct az_panel *panel)
{
    const struct az_question *q = &panel->question;
    if (panel->aggregate.tie != AZ_TIE_DEFAULT)
        return panel->aggregate.tie;
    return q->kind == AZ_PAIR && q->ties ? AZ_TIE_TIE : AZ_TIE_ABSTAIN;
}

void az_outcome_tie(const struct az_tally *t, struct az_verdict *v, const char *why)
{
    enum az_tie rule = az_tie_rule(t->panel);
    if (rule == AZ_TIE_TIE)
        az_outcome_label(v, AZ_LABEL_TIE);
    else if (rule == AZ_TIE_JUDGE && t->chair != AZ_LABEL_NONE)
        az_outcome_label(v, t->chair);
    else if (rule == AZ_TIE_JUDGE)
        az_outcome_abstain(v, "%s, and the judge that breaks ties is split or in error", why);
    else
        az_outcome_abstain(v, "%s", why);
}
