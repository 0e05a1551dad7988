/* From the accumulators to the figures. */
#include "coordinator/summary_state.h"

static const char no_gold[] = "no item with gold";
static const char no_scores[] = "a score question: see mae and pearson";
static const char no_labels[] = "not a score question";
static const char none_decided[] = "no item was decided";

static void *part(struct az_summary *s, size_t n, size_t size)
{
    return az_arena_zalloc(s->arena, n * size + 1);
}

/* The figures of a judge or panel against gold. */
static void gold_figures(const struct az_summary *s, const struct az_gold_match *g,
                         struct az_figure *accuracy, struct az_figure *shared,
                         struct az_figure *kappa, struct az_figure *mae, struct az_figure *pearson)
{
    if (s->n_labels == 0) {
        *accuracy = *shared = *kappa = az_figure_none(no_scores, g->n);
        *mae = az_figure_ratio(g->off, g->scored, g->n ? "no score on an item with gold" : no_gold);
        *pearson = g->n ? az_pearson_figure(&g->scores) : az_figure_none(no_gold, 0);
        return;
    }
    *mae = *pearson = az_figure_none(no_labels, g->n);
    *accuracy = az_figure_ratio(g->right, g->n, no_gold);
    *shared = az_figure_ratio(g->shared, g->n, no_gold);
    *kappa = g->n ? az_kappa_figure(&g->kappa) : az_figure_none(no_gold, 0);
}

static void top_error(const struct az_judge_sums *j, struct az_summary_judge *to)
{
    for (int e = AZ_BE_NONE + 1; e < AZ_BE_COUNT; e++) {
        if (j->by_error[e] > to->top_error_n) {
            to->top_error = (enum az_ballot_error)e;
            to->top_error_n = j->by_error[e];
        }
    }
}

static void judge_figures(const struct az_summary *s, size_t at, struct az_summary_judge *to)
{
    const struct az_judge_sums *j = &s->judges[at];

    *to = (struct az_summary_judge){
        .name = s->panel->judges[at].name,
        .ballots = j->ballots,
        .errors = j->errors,
        .cost = j->cost,
        .cost_known = !j->cost_unknown,
        .tokens_in = j->tokens_in,
        .tokens_out = j->tokens_out,
        .parse_rate = az_figure_ratio((double)j->readable, j->replies, "no reply came"),
        .flip_rate = az_bias_flip_rate(&j->bias),
        .reversal_rate = az_bias_reversal_rate(&j->bias),
        .position = az_bias_position(&j->bias),
        .ms_p50 = az_histogram_percentile(&j->ms, 0.5),
        .ms_p99 = az_histogram_percentile(&j->ms, 0.99),
        .left_out = s->votes.each && az_votes_left_out(&s->votes, at),
    };
    top_error(j, to);
    gold_figures(s, &j->gold, &to->accuracy, &to->accuracy_shared, &to->kappa, &to->mae,
                 &to->pearson);
}

static int by_count(const void *a, const void *b)
{
    const struct az_summary_count *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return strcmp(x->name, y->name);
}

static int by_win_rate(const void *a, const void *b)
{
    const struct az_summary_system *x = a, *y = b;
    if (x->win_rate.value != y->win_rate.value)
        return x->win_rate.value < y->win_rate.value ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void why_figures(struct az_summary *s)
{
    struct az_summary_figures *out = &s->out;

    for (int e = 0; e < AZ_BE_COUNT; e++) {
        if (s->failed_by[e])
            out->failures[out->n_failures++] = (struct az_summary_count){
                .name = e == AZ_BE_NONE ? "other" : az_ballot_error_name((enum az_ballot_error)e),
                .n = s->failed_by[e]};
    }
    for (size_t i = 0; i < AZ_LEN(s->reasons); i++) {
        if (s->reasons[i].n)
            out->abstentions[out->n_abstentions++] =
                (struct az_summary_count){.name = s->reasons[i].text, .n = s->reasons[i].n};
    }
    qsort(out->failures, out->n_failures, sizeof(*out->failures), by_count);
    qsort(out->abstentions, out->n_abstentions, sizeof(*out->abstentions), by_count);
}

static void label_figures(struct az_summary *s)
{
    struct az_summary_figures *out = &s->out;
    bool best = s->panel->question.kind == AZ_BEST || s->panel->question.kind == AZ_RANK;

    for (size_t i = 0; i < s->n_labels; i++) {
        const struct az_mean *m = &s->labels[i];
        if (best && !(m->sum > 0))
            continue; /* a place that no item has, or that never won */
        out->labels[out->n_labels++] =
            (struct az_summary_count){.name = az_label_name(&s->panel->question, (int)i),
                                      .n = (int64_t)m->sum,
                                      .share = az_mean_rate(m, none_decided)};
    }
}

static void system_figures(struct az_summary *s)
{
    struct az_summary_figures *out = &s->out;

    for (size_t i = 0; i < s->n_systems; i++) {
        const struct az_system_sums *from = &s->systems[i];
        out->systems[i] =
            (struct az_summary_system){.name = from->name,
                                       .wins = from->wins,
                                       .ties = from->ties,
                                       .losses = from->losses,
                                       .win_rate = az_mean_rate(&from->won, none_decided)};
    }
    out->n_systems = s->n_systems;
    out->systems_over = s->systems_over;
    qsort(out->systems, out->n_systems, sizeof(*out->systems), by_win_rate);
}

/* A mean of scores lies on the scale, and so does its interval. */
static struct az_figure mean_on_scale(const struct az_summary *s)
{
    const struct az_question *q = &s->panel->question;
    struct az_figure f = az_mean_figure(&s->mean, none_decided);
    if (f.has_interval) {
        f.low = AZ_MAX(f.low, q->scale_min);
        f.high = AZ_MIN(f.high, q->scale_max);
    }
    return f;
}

static void panel_figures(struct az_summary *s)
{
    struct az_summary_figures *out = &s->out;
    const struct az_question *q = &s->panel->question;

    out->pass_rate = q->pass == AZ_PASS_NONE ? az_figure_none("the question has no pass", 0)
                                             : az_mean_rate(&s->pass, none_decided);
    out->mean = q->kind != AZ_SCORE ? az_figure_none(no_labels, 0) : mean_on_scale(s);
    out->gold = s->panel_gold.n;
    gold_figures(s, &s->panel_gold, &out->accuracy, &out->accuracy_shared, &out->kappa, &out->mae,
                 &out->pearson);
    if (s->n_labels > 0) {
        out->accuracy = az_mean_rate(&s->panel_right, no_gold);
        out->accuracy_shared = az_mean_rate(&s->panel_shared, no_gold);
    }
}

static void agreement_figures(struct az_summary *s)
{
    struct az_summary_figures *out = &s->out;

    if (s->n_labels == 0) {
        out->alpha = az_alpha_scores_figure(&s->alpha_scores);
        out->percent = az_figure_none("a score question: see pairs", 0);
        out->agreement_kappa = az_figure_none("a score has no categories", 0);
        out->effective_votes = az_figure_none("a score is not right or wrong", 0);
        return;
    }
    out->alpha = az_alpha_figure(&s->pairs.alpha, AZ_ALPHA_NOMINAL);
    out->percent = az_pairs_percent(&s->pairs);
    out->agreement_kappa = az_pairs_kappa(&s->pairs);
    out->effective_votes = s->votes.each ? az_votes_figure(&s->votes) : az_figure_none(no_gold, 0);
}

static void totals(struct az_summary *s, const struct az_summary_extra *extra)
{
    struct az_summary_figures *out = &s->out;

    out->extra = *extra;
    out->decided = s->decided;
    out->abstained = s->abstained;
    out->failed = s->failed;
    out->left = s->open + extra->left;
    out->items = out->decided + out->abstained + out->failed + out->left;
    out->cost_known = true;
    for (size_t i = 0; i < s->n_judges; i++) {
        out->cost += s->judges[i].cost;
        out->cost_known &= !s->judges[i].cost_unknown;
        out->tokens_in += s->judges[i].tokens_in;
        out->tokens_out += s->judges[i].tokens_out;
    }
    if (extra->has_cost)
        out->cost = extra->cost;
}

int az_summary_finish(struct az_summary *s, const struct az_summary_extra *extra,
                      struct az_error *err)
{
    struct az_summary_figures *out = &s->out;

    *out = (struct az_summary_figures){.panel = s->panel};
    out->failures = part(s, AZ_BE_COUNT, sizeof(*out->failures));
    out->abstentions = part(s, AZ_LEN(s->reasons), sizeof(*out->abstentions));
    out->labels = part(s, s->n_labels, sizeof(*out->labels));
    out->systems = part(s, s->n_systems, sizeof(*out->systems));
    out->judges = part(s, s->n_judges, sizeof(*out->judges));
    if (!out->failures || !out->abstentions || !out->labels || !out->systems || !out->judges)
        return az_oom(err);

    totals(s, extra);
    why_figures(s);
    label_figures(s);
    system_figures(s);
    panel_figures(s);
    az_summary_set_figures(s);
    out->watch = s->watch;
    out->n_judges = s->n_judges;
    for (size_t i = 0; i < s->n_judges; i++)
        judge_figures(s, i, &out->judges[i]);
    agreement_figures(s);
    return 0;
}

const struct az_summary_figures *az_summary_figures(const struct az_summary *s)
{
    return &s->out;
}

struct az_summary_pair az_summary_pair(const struct az_summary *s, size_t a, size_t b)
{
    if (s->n_labels > 0) {
        const struct az_kappa *k = az_pairs_of(&s->pairs, a, b);
        return (struct az_summary_pair){.percent = az_kappa_percent(k),
                                        .kappa = az_kappa_figure(k),
                                        .pearson = az_figure_none(no_labels, k->n)};
    }
    size_t high = AZ_MAX(a, b), low = AZ_MIN(a, b);
    const struct az_score_pair *p = &s->score_pairs[high * (high - 1) / 2 + low];
    return (struct az_summary_pair){
        .percent = az_figure_ratio((double)p->equal, p->r.n, "no item that both scored"),
        .kappa = az_figure_none("a score has no categories", p->r.n),
        .pearson = az_pearson_figure(&p->r)};
}
