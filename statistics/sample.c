#include "statistics/sample.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"

enum { HAS_SHARES = 1, HAS_MARGINS = 2, HAS_SCORE = 4 };

void az_sample_init(struct az_sample *s, size_t n_judges, size_t n_labels, enum az_answers answers)
{
    az_assert(n_judges <= AZ_SAMPLE_JUDGES_MAX && n_labels <= AZ_SAMPLE_LABELS_MAX);
    *s = (struct az_sample){
        .n_judges = n_judges, .n_labels = n_labels, .answers = answers, .tie = -1};
}

void az_sample_release(struct az_sample *s)
{
    free(s->start);
    free(s->votes);
    free(s->truths);
    free(s->clusters);
    free(s->weights);
    free(s->labels_of);
    free(s->true_scores);
    free(s->has_true_score);
    free(s->rows);
    *s = (struct az_sample){0};
}

/* ---- rows: shares, margins, score ---- */

static size_t stride(const struct az_sample *s)
{
    return 2 * s->n_labels + 1;
}

static double *row_of(const struct az_sample *s, int32_t row)
{
    return s->rows + (size_t)row * stride(s);
}

static int row_new(struct az_sample *s, int32_t *ret)
{
    if (s->n_rows >= INT32_MAX ||
        az_grow(&s->rows, &s->rows_cap, (s->n_rows + 1) * stride(s), sizeof(*s->rows)) < 0)
        return AZ_ENOMEM;
    *ret = (int32_t)s->n_rows++;
    memset(row_of(s, *ret), 0, stride(s) * sizeof(*s->rows));
    return 0;
}

/* ---- items ---- */

static int grow_items(struct az_sample *s)
{
    size_t need = s->n_items + 2; /* start has one more */
    size_t caps[7];
    for (size_t i = 0; i < AZ_LEN(caps); i++)
        caps[i] = s->items_cap;
    if (need <= s->items_cap)
        return 0;
    if (az_grow(&s->start, &caps[0], need, sizeof(*s->start)) < 0 ||
        az_grow(&s->truths, &caps[1], need, sizeof(*s->truths)) < 0 ||
        az_grow(&s->clusters, &caps[2], need, sizeof(*s->clusters)) < 0 ||
        az_grow(&s->weights, &caps[3], need, sizeof(*s->weights)) < 0 ||
        az_grow(&s->labels_of, &caps[4], need, sizeof(*s->labels_of)) < 0 ||
        az_grow(&s->true_scores, &caps[5], need, sizeof(*s->true_scores)) < 0 ||
        az_grow(&s->has_true_score, &caps[6], need, sizeof(*s->has_true_score)) < 0)
        return AZ_ENOMEM;
    s->items_cap = caps[0];
    return 0;
}

int az_sample_item(struct az_sample *s, uint64_t cluster, size_t n_labels)
{
    az_assert(n_labels <= s->n_labels);
    if (s->n_items >= UINT32_MAX - 1 || grow_items(s) < 0)
        return AZ_ENOMEM;
    size_t i = s->n_items++;
    s->start[i] = s->start[i + 1] = (uint32_t)s->n_votes;
    s->truths[i] = (struct az_truth){-1, -1};
    s->clusters[i] = cluster;
    s->weights[i] = 1;
    s->labels_of[i] = (int16_t)n_labels;
    s->true_scores[i] = 0;
    s->has_true_score[i] = false;
    return 0;
}

static int add(struct az_sample *s, struct az_vote vote)
{
    az_assert(s->n_items > 0 && (size_t)vote.judge < s->n_judges);
    if (s->n_votes >= UINT32_MAX ||
        az_grow(&s->votes, &s->votes_cap, s->n_votes + 1, sizeof(*s->votes)) < 0)
        return AZ_ENOMEM;
    s->votes[s->n_votes++] = vote;
    s->start[s->n_items] = (uint32_t)s->n_votes;
    return 0;
}

int az_sample_vote(struct az_sample *s, size_t judge, size_t label)
{
    az_assert(label < (size_t)s->labels_of[s->n_items - 1]);
    return add(s, (struct az_vote){(int32_t)judge, (int16_t)label, HAS_SHARES, -1});
}

/* The label that has all of it, or -1. */
static int only_label(const double *shares, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (shares[i] >= 1 - 1e-12)
            return (int)i;
    }
    return -1;
}

int az_sample_vote_spread(struct az_sample *s, size_t judge, const double *shares,
                          const double *margins, const double *score)
{
    size_t n = (size_t)s->labels_of[s->n_items - 1];
    struct az_vote vote = {(int32_t)judge, -1, 0, -1};
    az_assert(shares || margins || score);
    if (shares) {
        vote.flags |= HAS_SHARES;
        vote.label = (int16_t)only_label(shares, n);
    }
    if (!margins && !score && vote.label >= 0)
        return add(s, vote);
    if (row_new(s, &vote.more) < 0)
        return AZ_ENOMEM;
    double *row = row_of(s, vote.more);
    if (shares)
        memcpy(row, shares, n * sizeof(*row));
    if (margins) {
        memcpy(row + s->n_labels, margins, n * sizeof(*row));
        vote.flags |= HAS_MARGINS;
    }
    if (score) {
        row[2 * s->n_labels] = *score;
        vote.flags |= HAS_SCORE;
    }
    return add(s, vote);
}

void az_sample_truth(struct az_sample *s, size_t label)
{
    az_assert(label < (size_t)s->labels_of[s->n_items - 1]);
    s->truths[s->n_items - 1] = (struct az_truth){(int32_t)label, -1};
}

int az_sample_truth_spread(struct az_sample *s, const double *shares)
{
    size_t i = s->n_items - 1, n = (size_t)s->labels_of[i];
    struct az_truth truth = {only_label(shares, n), -1};
    if (truth.label < 0) {
        if (row_new(s, &truth.more) < 0)
            return AZ_ENOMEM;
        memcpy(row_of(s, truth.more), shares, n * sizeof(*shares));
    }
    s->truths[i] = truth;
    return 0;
}

void az_sample_true_score(struct az_sample *s, double score)
{
    az_assert(isfinite(score));
    s->true_scores[s->n_items - 1] = score;
    s->has_true_score[s->n_items - 1] = true;
}

void az_sample_weight(struct az_sample *s, double weight)
{
    az_assert(weight > 0 && isfinite(weight));
    s->weights[s->n_items - 1] = weight;
}

/* ---- reading ---- */

bool az_vote_has_share(const struct az_vote *v)
{
    return v->flags & HAS_SHARES;
}

double az_vote_share(const struct az_sample *s, const struct az_vote *v, size_t label)
{
    if (v->label >= 0)
        return (size_t)v->label == label;
    return v->flags & HAS_SHARES ? row_of(s, v->more)[label] : 0;
}

const double *az_vote_margins(const struct az_sample *s, const struct az_vote *v)
{
    return v->flags & HAS_MARGINS ? row_of(s, v->more) + s->n_labels : NULL;
}

const double *az_vote_score(const struct az_sample *s, const struct az_vote *v)
{
    return v->flags & HAS_SCORE ? row_of(s, v->more) + 2 * s->n_labels : NULL;
}

double az_sample_true_share(const struct az_sample *s, size_t item, size_t label)
{
    const struct az_truth *t = &s->truths[item];
    if (t->label >= 0)
        return (size_t)t->label == label;
    return t->more >= 0 ? row_of(s, t->more)[label] : 0;
}

/* ---- picking ---- */

static int copy_votes(const struct az_sample *from, size_t item, struct az_sample *to)
{
    struct az_votes_of votes = az_sample_votes(from, item);
    for (size_t i = 0; i < votes.n; i++) {
        const struct az_vote *v = &votes.v[i];
        const double *row = v->more >= 0 ? row_of(from, v->more) : NULL;
        int r =
            row ? az_sample_vote_spread(to, (size_t)v->judge, v->flags & HAS_SHARES ? row : NULL,
                                        az_vote_margins(from, v), az_vote_score(from, v))
                : az_sample_vote(to, (size_t)v->judge, (size_t)v->label);
        if (r < 0)
            return r;
    }
    return 0;
}

static int copy_truth(const struct az_sample *from, size_t item, struct az_sample *to)
{
    const struct az_truth *t = &from->truths[item];
    if (from->has_true_score[item])
        az_sample_true_score(to, from->true_scores[item]);
    if (t->label >= 0)
        az_sample_truth(to, (size_t)t->label);
    return t->more >= 0 ? az_sample_truth_spread(to, row_of(from, t->more)) : 0;
}

static int copy_item(const struct az_sample *from, size_t item, bool truth, struct az_sample *to)
{
    int r = az_sample_item(to, from->clusters[item], (size_t)from->labels_of[item]);
    if (r == 0)
        r = copy_votes(from, item, to);
    if (r == 0 && truth)
        r = copy_truth(from, item, to);
    if (r == 0)
        az_sample_weight(to, from->weights[item]);
    return r;
}

int az_sample_pick(const struct az_sample *from, const uint32_t *items, size_t n,
                   const bool *keep_truth, struct az_sample *ret)
{
    struct az_sample to;
    az_sample_init(&to, from->n_judges, from->n_labels, from->answers);
    to.tie = from->tie;
    to.levels = from->levels;
    to.family = from->family;
    for (size_t i = 0; i < n; i++) {
        if (copy_item(from, items[i], !keep_truth || keep_truth[i], &to) < 0) {
            az_sample_release(&to);
            return AZ_ENOMEM;
        }
    }
    *ret = to;
    return 0;
}
