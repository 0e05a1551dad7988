#include "statistics/infer/infer.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/infer/methods.h"

const struct az_infer_method az_infer_methods[] = {
    {"majority", AZ_INFER_DECIDES, AZ_INFER_LABELS, "shares of the votes", az_infer_majority},
    {"wawa", AZ_INFER_DECIDES, AZ_INFER_LABELS, "votes weighted by agreement with the majority",
     az_infer_wawa},
    {"mean-logit", AZ_INFER_DECIDES, AZ_INFER_MARGINS, "mean of the judges' log probabilities",
     az_infer_mean_logit},
    {"dawid-skene", AZ_INFER_DECIDES, AZ_INFER_LABELS, "a confusion matrix a judge, EM",
     az_infer_dawid_skene},
    {"dawid-skene-map", AZ_INFER_DECIDES, AZ_INFER_LABELS,
     "the same, drawn to what all judges have in common", az_infer_dawid_skene_map},
    {"ordinal", AZ_INFER_DECIDES, AZ_INFER_LABELS, "levels: a bias and a precision a judge",
     az_infer_ordinal},
    {"gaussian", AZ_INFER_DECIDES, AZ_INFER_SCORES, "scores: bias, scale and variance a judge",
     az_infer_gaussian},
    {"zero-based", AZ_INFER_RESEARCH, AZ_INFER_LABELS, "weights by gradient steps",
     az_infer_zero_based},
    {"one-coin", AZ_INFER_RESEARCH, AZ_INFER_LABELS, "one probability to be right a judge, EM",
     az_infer_one_coin},
    {"glad", AZ_INFER_RESEARCH, AZ_INFER_LABELS, "ability of judges, difficulty of items",
     az_infer_glad},
    {"mace", AZ_INFER_RESEARCH, AZ_INFER_LABELS, "judges that know or spam, variational Bayes",
     az_infer_mace},
    {"kos", AZ_INFER_RESEARCH, AZ_INFER_TWO_LABELS, "spectral: message passing", az_infer_kos},
    {"mmsr", AZ_INFER_RESEARCH, AZ_INFER_FEW_JUDGES,
     "spectral: judges' agreement as a matrix of rank one", az_infer_mmsr},
    {0},
};

const struct az_infer_method *az_infer_method(const char *name)
{
    for (const struct az_infer_method *m = az_infer_methods; m->name; m++) {
        if (strcmp(m->name, name) == 0)
            return m;
    }
    return NULL;
}

static const char *unfit(const struct az_infer_method *m, const struct az_sample *s)
{
    if (s->n_items == 0 || s->n_judges == 0)
        return "there are no items or no judges";
    if (m->needs == AZ_INFER_SCORES)
        return NULL;
    if (s->n_labels < 2)
        return "it is about labels, and there are fewer than two";
    if (m->needs == AZ_INFER_TWO_LABELS && s->n_labels != 2)
        return "it is for two labels";
    if (m->needs == AZ_INFER_FEW_JUDGES && s->n_judges > AZ_INFER_JUDGES_FEW)
        return "it is for at most 4096 judges";
    return NULL;
}

int az_infer(const struct az_infer_method *m, const struct az_sample *s,
             const struct az_infer_options *o, struct az_infer *ret, struct az_error *err)
{
    static const struct az_infer_options own;
    struct az_infer r = {.n_items = s->n_items, .n_judges = s->n_judges, .n_labels = s->n_labels};
    const char *why = unfit(m, s);
    if (why)
        return az_fail(err, AZ_EINVAL, "'%s' cannot be used: %s", m->name, why);
    int rc = m->run(s, o ? o : &own, &r);
    if (rc < 0) {
        az_infer_release(&r);
        if (rc == AZ_ENOMEM)
            return az_oom(err);
        return az_fail(err, rc, "'%s' has no solution for these votes", m->name);
    }
    *ret = r;
    return 0;
}

void az_infer_release(struct az_infer *r)
{
    free(r->posterior);
    free(r->prior);
    free(r->answers);
    free(r->skill);
    free(r->confusion);
    free(r->score);
    free(r->score_var);
    free(r->bias);
    free(r->scale);
    free(r->spread);
    free(r->difficulty);
    *r = (struct az_infer){0};
}

int az_infer_label(const struct az_infer *r, size_t item)
{
    if (!r->posterior)
        return -1;
    const double *p = &r->posterior[item * r->n_labels];
    double top = p[az_infer_top(p, r->n_labels)];
    for (size_t c = 0; c < r->n_labels; c++) {
        if (p[c] >= top - 1e-9)
            return (int)c;
    }
    return -1;
}

/* ---- what methods share ---- */

static int room(double **at, bool wanted, size_t n)
{
    if (!wanted)
        return 0;
    *at = az_zalloc(n * sizeof(**at));
    return *at ? 0 : AZ_ENOMEM;
}

static void count_answers(const struct az_sample *s, bool scores, struct az_infer *r)
{
    for (size_t v = 0; v < s->n_votes; v++) {
        const struct az_vote *vote = &s->votes[v];
        if (scores ? az_vote_score(s, vote) != NULL : az_vote_has_share(vote))
            r->answers[vote->judge]++;
        else
            r->left_out++;
    }
}

int az_infer_room(const struct az_sample *s, unsigned wants, struct az_infer *r)
{
    size_t n = s->n_items, j = s->n_judges, k = s->n_labels;
    bool score = wants & AZ_WANT_SCORE;
    if (room(&r->answers, true, j) < 0 ||
        room(&r->posterior, wants & AZ_WANT_POSTERIOR, n * k) < 0 ||
        room(&r->prior, wants & AZ_WANT_PRIOR, k) < 0 ||
        room(&r->skill, wants & AZ_WANT_SKILL, j) < 0 ||
        room(&r->confusion, wants & AZ_WANT_CONFUSION, j * k * k) < 0 ||
        room(&r->score, score, n) < 0 || room(&r->score_var, score, n) < 0 ||
        room(&r->bias, wants & AZ_WANT_JUDGE, j) < 0 || room(&r->scale, score, j) < 0 ||
        room(&r->spread, wants & AZ_WANT_JUDGE, j) < 0 ||
        room(&r->difficulty, wants & AZ_WANT_DIFFICULTY, n) < 0)
        return AZ_ENOMEM;
    count_answers(s, score, r);
    return 0;
}

static void add_shares(const struct az_sample *s, const struct az_vote *v, double weight,
                       double *row)
{
    if (v->label >= 0) {
        row[v->label] += weight;
        return;
    }
    for (size_t c = 0; c < s->n_labels; c++)
        row[c] += weight * az_vote_share(s, v, c);
}

/* Weights NULL: all 1. The sum is 0 where nobody voted, or with no weight. */
static double sum_votes(const struct az_sample *s, size_t item, const double *weights, double *row)
{
    struct az_votes_of votes = az_sample_votes(s, item);
    double sum = 0;
    memset(row, 0, s->n_labels * sizeof(*row));
    for (size_t i = 0; i < votes.n; i++)
        add_shares(s, &votes.v[i], weights ? weights[votes.v[i].judge] : 1, row);
    for (size_t c = 0; c < s->n_labels; c++)
        sum += row[c];
    return sum;
}

static void share_item(const struct az_sample *s, size_t item, const double *weights, double *row)
{
    double sum = sum_votes(s, item, weights, row);
    if (!(sum > 0) && weights)
        sum = sum_votes(s, item, NULL, row);
    for (size_t c = 0, n = (size_t)s->labels_of[item]; c < n; c++)
        row[c] = sum > 0 ? row[c] / sum : 1.0 / (double)n;
}

void az_infer_weigh(const struct az_sample *s, const double *weights, struct az_infer *r)
{
    for (size_t i = 0; i < s->n_items; i++)
        share_item(s, i, weights, &r->posterior[i * s->n_labels]);
}

void az_infer_shares(const struct az_sample *s, struct az_infer *r)
{
    az_infer_weigh(s, NULL, r);
}

double az_infer_softmax(double *logs, size_t n)
{
    az_assert(n > 0);
    double top = logs[az_infer_top(logs, n)], sum = 0;
    for (size_t c = 0; c < n; c++)
        sum += logs[c] = exp(logs[c] - top);
    for (size_t c = 0; c < n; c++)
        logs[c] /= sum;
    return top + log(AZ_MAX(1.0, sum)); /* one of them is 1 */
}
