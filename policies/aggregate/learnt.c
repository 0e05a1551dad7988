/* What a calibration learnt from true answers, applied to an item's seats: the
 * likeliest answer and its probability. A seat in error is a vote that is missing. */
#include <math.h>
#include <string.h>

#include "policies/aggregate/aggregate.h"
#include "policies/answers.h"
#include "policies/calibration.h"
#include "policies/reasons.h"
#include "statistics/learn/design.h"
#include "statistics/learn/learner.h"
#include "statistics/learn/mapped.h"

/* How many the item has: the rest of the model's are of other items. */
static size_t answers(const struct az_tally *t, const struct az_calibration *c)
{
    return t->panel->question.kind == AZ_SCORE ? c->model->frame.n_labels : t->n_labels;
}

/* The item as the model saw those that it was learnt from. */
static int sample_of(const struct az_tally *t, const struct az_calibration *c, double *levels,
                     struct az_sample *s)
{
    const struct az_panel *panel = t->panel;
    size_t most = c->model->frame.n_labels;
    az_answers_sample(s, &panel->question, c->n_judges, most, levels);
    int r = az_sample_item(s, 0, answers(t, c));
    for (int i = 0; r == 0 && i < t->n; i++) {
        int judge = az_calibration_judge(c, panel->judges[t->seats[i].plan->judge].name);
        if (judge >= 0)
            r = az_answers_vote(s, t->board, t->round, &t->seats[i], (size_t)judge);
    }
    return r;
}

/* What the judge's rationales make of its vote, where they are read. */
static int read_reasons(const struct az_tally *t, const struct az_calibration *c,
                        const struct az_sample *s, const struct az_seat *seat, struct az_design *d)
{
    int judge = az_calibration_judge(c, t->panel->judges[seat->plan->judge].name);
    const double *margins = NULL;
    struct az_evaluations e;
    double p[AZ_SAMPLE_LABELS_MAX];
    if (judge < 0 || !c->reasons[judge] || seat->state != AZ_SEAT_VOTED)
        return 0;
    for (size_t v = 0; v < s->n_votes; v++)
        margins = s->votes[v].judge == judge ? az_vote_margins(s, &s->votes[v]) : margins;
    az_reasons_init(&e, &t->panel->question, c->model->frame.n_labels);
    int r = az_reasons_add(&e, t->board, t->round, seat, (size_t)d->labels_of[0], margins);
    if (r == 0) {
        az_quantitative_apply(c->reasons[judge], &e, 0, p);
        r = az_design_say(d, 0, (size_t)judge, p);
    }
    az_evaluations_release(&e);
    return r;
}

/* What the model says, and what is known to hold of it. */
struct said {
    double raw[AZ_SAMPLE_LABELS_MAX], p[AZ_SAMPLE_LABELS_MAX];
};

static int predict(const struct az_tally *t, const struct az_calibration *c, struct said *said)
{
    static const uint32_t first = 0;
    static const struct az_rows rows = {&first, 1};
    double levels[AZ_SAMPLE_LABELS_MAX];
    struct az_sample s = {0};
    struct az_design d = {0};
    int r = sample_of(t, c, levels, &s);
    if (r == 0)
        r = az_design_init(&d, &s, 0, 1, NULL);
    for (int i = 0; r == 0 && c->reasons && i < t->n; i++)
        r = read_reasons(t, c, &s, &t->seats[i], &d);
    if (r == 0)
        r = az_model_predict(c->model, &d, rows, said->raw);
    memcpy(said->p, said->raw, sizeof(said->p));
    if (r == 0 && c->mapped)
        az_mapped_apply(c->model->learner, &c->map, &d, rows, said->p);
    az_design_release(&d);
    az_sample_release(&s);
    return r;
}

/* 1: *said is there. 0: it says nothing of the item, and *v why. AZ_ENOMEM. */
static int ask(const struct az_tally *t, const struct az_calibration *c, struct said *said,
               struct az_verdict *v)
{
    az_assert(c && t->seats);
    if (t->n_labels > c->model->frame.n_labels) {
        az_outcome_abstain(v, "%zu answers, and the calibration is for %zu", t->n_labels,
                           c->model->frame.n_labels);
        return 0;
    }
    int r = predict(t, c, said);
    if (r == AZ_ENOMEM)
        return r;
    if (r < 0)
        az_outcome_abstain(v, "the calibration says nothing of this item");
    return r == 0;
}

/* The answers among which the true one is; also where it is not sure enough of one. */
static uint64_t set_of(const struct az_tally *t, const struct az_calibration *c, const double *p)
{
    double conformal = t->panel->aggregate.conformal;
    const struct az_label_sets *s = conformal > 0 ? az_calibration_sets(c, conformal) : NULL;
    size_t n = t->panel->question.kind == AZ_SCORE ? c->model->frame.n_labels : t->n_labels;
    return s && s->made ? az_calibration_set(s, p, n) : 0;
}

static void answer(const struct az_tally *t, int label, struct az_verdict *v)
{
    const struct az_question *q = &t->panel->question;
    if (q->kind == AZ_SCORE)
        az_outcome_score(v, q->scale_min + label * q->step);
    else
        az_outcome_label(v, label);
}

/* Does what was promised hold of this answer? The test took an item for kept by the likeliest
 * answer's probability, and one whose top is shared for wrong, and kept by no threshold. */
static bool promised(const struct az_guarantee *g, const struct said *said, size_t n, int label)
{
    int top = az_shares_top(said->raw, n);
    if (!g || !g->kept)
        return false;
    if (top == AZ_LABEL_NONE)
        return g->all;
    return top == label && (g->all || said->p[top] >= g->threshold);
}

/* Is it sure enough of it, by what the panel says and by what was promised? */
static bool sure_enough(const struct az_tally *t, const struct az_calibration *c,
                        const struct said *said, int label, struct az_verdict *v)
{
    const struct az_aggregate *a = &t->panel->aggregate;
    double p = said->p[label];
    if (a->risk > 0 && !promised(az_calibration_guarantee(c, a->risk, a->delta), said,
                                 c->model->frame.n_labels, label)) {
        az_outcome_abstain(v, "p %.3f is too low for risk %g", p, a->risk);
        return false;
    }
    if (p < a->abstain_below) {
        az_outcome_abstain(v, "p %.3f is below %g", p, a->abstain_below);
        return false;
    }
    return true;
}

static void set_probs(const struct az_tally *t, const struct az_calibration *c,
                      const struct said *said, int at, struct az_verdict *v)
{
    v->set = set_of(t, c, said->p);
    if (az_calibration_is_probability(c))
        az_outcome_probs(v, said->p, answers(t, c), at);
}

/* Which answer is on top is the model's to say: a map says how sure that is. */
static int decide(const struct az_tally *t, struct az_verdict *v)
{
    const struct az_calibration *c = t->panel->aggregate.calibrated;
    struct said said = {0};
    int r = ask(t, c, &said, v);
    if (r <= 0)
        return r;
    int top = az_shares_top(said.raw, c->model->frame.n_labels);
    if (top == AZ_LABEL_NONE) {
        if (t->panel->question.kind == AZ_SCORE)
            az_outcome_abstain(v, "two levels are as likely");
        else
            az_outcome_tie(t, v, "two answers are as likely");
        set_probs(t, c, &said, v->label, v);
        if (v->status == AZ_DECIDED && !sure_enough(t, c, &said, v->label, v))
            v->label = AZ_LABEL_NONE;
        return 0;
    }
    set_probs(t, c, &said, top, v);
    if (sure_enough(t, c, &said, top, v))
        answer(t, top, v);
    return 0;
}

int az_calibrated_sure(const struct az_tally *t, struct az_verdict *v)
{
    const struct az_calibration *c = t->panel->aggregate.calibrated;
    struct said said = {0};
    struct az_verdict kept = *v;
    if (t->panel->question.kind == AZ_SCORE)
        return 0; /* a mean is no level, and has no probability */
    int r = ask(t, c, &said, v);
    if (r < 0)
        return r;
    if (r == 0) { /* the count is what it is, and nobody knows how sure */
        *v = kept;
        return 0;
    }
    set_probs(t, c, &said, v->label, v);
    if (v->status == AZ_DECIDED && !sure_enough(t, c, &said, v->label, v))
        v->label = AZ_LABEL_NONE;
    return 0;
}

int az_calibrated_check(const struct az_panel *panel, struct az_error *err)
{
    const struct az_aggregate *a = &panel->aggregate;
    return a->calibrated ? az_calibration_fits(a->calibrated, panel, err) : 0;
}

static int check(const struct az_panel *panel, struct az_error *err)
{
    if (!panel->aggregate.calibrated)
        return az_fail(err, AZ_EINVAL, "the panel's calibration has not been read");
    if (panel->question.kind == AZ_SCORE && !az_answers_levels(&panel->question)) {
        az_fail(err, AZ_EINVAL, "aggregate '%s' needs a score with steps, at most %d",
                az_aggregate_name(panel->aggregate.kind), AZ_SAMPLE_LABELS_MAX);
        az_hint(err, "Say how far two answers are apart: question: {step: 1}.");
        return AZ_EINVAL;
    }
    return az_calibration_fits(panel->aggregate.calibrated, panel, err);
}

#define LEARNT(id, word, named)            \
    const struct az_aggregator az_##id = { \
        .name = named,                     \
        .kind = word,                      \
        .for_labels = true,                \
        .for_scores = true,                \
        .check = check,                    \
        .decide = decide,                  \
    }

LEARNT(auto, AZ_AGG_AUTO, "auto");
LEARNT(logodds, AZ_AGG_LOGODDS, "logodds");
LEARNT(confusion, AZ_AGG_CONFUSION, "confusion");
LEARNT(single, AZ_AGG_SINGLE, "single");
LEARNT(hierarchical, AZ_AGG_HIERARCHICAL, "hierarchical");
LEARNT(stack, AZ_AGG_STACK, "stack");
