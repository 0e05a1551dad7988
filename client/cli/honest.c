#include "client/cli/honest_state.h"

#include <math.h>
#include <string.h>

#include "client/cli/compare.h"
#include "core/hash.h"
#include "core/item.h"
#include "core/mem.h"
#include "statistics/folds.h"
#include "statistics/interval/weighted.h"
#include "statistics/learn/learner.h"

enum { ITEM_BYTES = 16384 };

static const uint64_t draw_seed = UINT64_C(0x686f6e657374); /* "honest" */

void az_honest_figures_release(struct az_honest_figures *f)
{
    free(f->v);
    *f = (struct az_honest_figures){0};
}

struct az_honest *az_honest_new(const struct az_panel *panel, size_t n_responses)
{
    struct az_corpus_options with = {.n_responses = n_responses};
    AZ_AUTO(honest) h = az_zalloc(sizeof(*h));
    if (!h)
        return NULL;
    h->panel = panel;
    h->limit = UINT64_MAX;
    h->arena = az_arena_new(ITEM_BYTES);
    if (!h->arena || az_corpus_init(&h->corpus, panel, &with, NULL) < 0)
        return NULL;
    size_t cells =
        AZ_MAX(panel->n_judges, (size_t)1) * AZ_MAX(h->corpus.sample.n_labels, (size_t)1);
    h->most_rest = AZ_MIN((size_t)AZ_HONEST_REST, AZ_MAX(AZ_HONEST_CELLS / cells, (size_t)500));
    return AZ_TAKE(h);
}

void az_honest_free(struct az_honest *h)
{
    if (!h)
        return;
    az_corpus_release(&h->corpus);
    az_arena_free(h->arena);
    free(h->has_credit);
    free(h->words);
    free(h->rows);
    free(h);
}

void az_honest_want(struct az_honest *h, const struct az_honest_widths *w)
{
    h->widths = *w;
}

/* ---- items passing by ---- */

bool az_honest_labelled(const struct az_honest *h, size_t item)
{
    const struct az_sample *s = &h->corpus.sample;
    return h->panel->question.kind == AZ_SCORE ? s->has_true_score[item]
                                               : az_sample_labelled(s, item);
}

bool az_honest_drawn(const struct az_honest *h, uint64_t cluster)
{
    return az_hash64_mix(cluster, draw_seed) <= h->limit;
}

/* Half of the clusters go, until what is in fits; none where it is one cluster. */
static void thin(struct az_honest *h)
{
    const struct az_sample *s = &h->corpus.sample;
    while (h->n_rest > h->most_rest && h->limit > 1) {
        h->limit /= 2;
        h->n_rest = 0;
        for (size_t i = 0; i < s->n_items; i++)
            h->n_rest += !az_honest_labelled(h, i) && az_honest_drawn(h, s->clusters[i]);
    }
}

/* Can an answer of it be known? What only some annotators or another question can say is no
 * truth here, and the item one of the rest. */
static bool has_gold(const struct az_item *item)
{
    return item->gold.n || item->gold.has_number;
}

/* By one of the question's answers. */
static bool answered(const struct az_honest *h, const struct az_item *item)
{
    return h->panel->question.kind == AZ_SCORE ? item->gold.has_number : item->gold.n > 0;
}

/* It is in. */
static int take(struct az_honest *h, const struct az_item *item, const struct az_verdict *verdict,
                struct az_ballots ballots, double weight, struct az_error *err)
{
    struct az_outcome o;
    az_arena_reset(h->arena);
    if (az_outcome_of(h->panel, item, verdict, ballots, h->arena, &o) < 0)
        return az_oom(err);
    h->corpus.options.round = az_corpus_round(h->panel, ballots);
    int r = az_corpus_add(&h->corpus, item, ballots, verdict->early, err);
    if (r < 0)
        return r;
    size_t at = az_corpus_n(&h->corpus) - 1;
    if (az_grow(&h->has_credit, &h->caps[0], at + 1, sizeof(*h->has_credit)) < 0 ||
        az_grow(&h->words, &h->caps[1], at + 1, sizeof(*h->words)) < 0)
        return az_oom(err);
    h->has_credit[at] = o.has_gold;
    h->words[at] = (struct az_honest_word){o.label, o.has_score, o.score, o.shared};
    if (az_honest_labelled(h, at)) {
        h->labels++;
        az_corpus_weigh(&h->corpus, weight);
        return 0;
    }
    h->n_rest++;
    thin(h);
    return 0;
}

int az_honest_add(struct az_honest *h, const struct az_item *item, const struct az_verdict *verdict,
                  struct az_ballots ballots, double weight, struct az_error *err)
{
    h->items++;
    h->early |= verdict->early;
    if (!has_gold(item) && !az_honest_drawn(h, az_item_cluster(item)))
        return 0;
    return take(h, item, verdict, ballots, weight, err);
}

int az_honest_add_elsewhere(struct az_honest *h, const struct az_item *item,
                            const struct az_verdict *verdict, struct az_ballots ballots,
                            double weight, struct az_error *err)
{
    h->elsewhere = true;
    if (!answered(h, item))
        return 0;
    return take(h, item, verdict, ballots, weight, err);
}

int64_t az_honest_labels(const struct az_honest *h)
{
    return h->labels;
}

/* ---- what the panel says ---- */

/* The mean of the seats' shares, each answer as likely where nobody has one. Where early
 * stopping cut seats off, shares of what was not asked in full are of other seats than the
 * labelled items', but the verdict is what all would have made it. */
static void say_shares(const struct az_honest *h, size_t item, double *p)
{
    const struct az_sample *s = &h->corpus.sample;
    struct az_votes_of votes = az_sample_votes(s, item);
    size_t labels = (size_t)s->labels_of[item];
    double n = 0;
    memset(p, 0, s->n_labels * sizeof(*p));
    for (size_t i = 0; !h->early && i < votes.n; i++) {
        if (!az_vote_has_share(&votes.v[i]))
            continue;
        n++;
        for (size_t k = 0; k < labels; k++)
            p[k] += az_vote_share(s, &votes.v[i], k);
    }
    int verdict = h->early ? h->words[item].label : AZ_LABEL_NONE;
    if (verdict >= 0 && (size_t)verdict < labels) {
        p[verdict] = 1;
        return;
    }
    for (size_t k = 0; k < labels; k++)
        p[k] = n > 0 ? p[k] / n : 1 / (double)labels;
}

/* The verdict's score, else the mean of the seats' that have one, else the scale's middle. */
static double say_score(const struct az_honest *h, size_t item)
{
    const struct az_sample *s = &h->corpus.sample;
    const struct az_question *q = &h->panel->question;
    struct az_votes_of votes = az_sample_votes(s, item);
    double sum = 0, n = 0;
    if (h->words[item].has_score)
        return h->words[item].score;
    for (size_t i = 0; i < votes.n; i++) {
        const double *score = az_vote_score(s, &votes.v[i]);
        sum += score ? *score : 0;
        n += score != NULL;
    }
    return n > 0 ? sum / n : (q->scale_min + q->scale_max) / 2;
}

/* What it says and nothing else: error rates are of yes and no. */
static void say_verdict(const struct az_honest *h, size_t item, double *p)
{
    size_t labels = h->corpus.sample.n_labels;
    int verdict = h->words[item].label;
    memset(p, 0, labels * sizeof(*p));
    if (verdict >= 0 && (size_t)verdict < labels)
        p[verdict] = 1;
}

/* ---- predictions that have not seen the label ---- */

/* Labelled items that are learnt from, and all others. Of many whole clusters are drawn: an item
 * that is left out must not be predicted by what has learnt from its like. */
static int split(const struct az_design *d, uint64_t seed, struct az_rows *fit,
                 struct az_rows *rest, uint32_t *room)
{
    AZ_AUTO_MEM uint64_t *clusters = az_alloc((d->n + 1) * sizeof(*clusters));
    AZ_AUTO_MEM bool *taken = az_alloc((d->n + 1) * sizeof(*taken));
    size_t n = 0, at = 0;
    if (!clusters || !taken)
        return AZ_ENOMEM;
    for (size_t i = 0; i < d->n; i++) {
        if (d->labelled[i])
            clusters[n++] = d->clusters[i];
    }
    double share = n > AZ_HONEST_FIT ? (double)AZ_HONEST_FIT / (double)n : 1;
    if (az_split(clusters, n, share, seed, taken) < 0)
        return AZ_ENOMEM;
    *fit = (struct az_rows){room, 0};
    *rest = (struct az_rows){room + d->n, 0};
    for (size_t i = 0; i < d->n; i++) {
        if (d->labelled[i] && taken[at++])
            room[fit->n++] = (uint32_t)i;
        else
            room[d->n + rest->n++] = (uint32_t)i;
    }
    return 0;
}

static int cross(const struct az_design *d, const char *learner, uint64_t seed, double *p,
                 double *top)
{
    size_t k = d->frame.n_labels;
    AZ_AUTO_MEM uint32_t *room = az_alloc((2 * d->n + 1) * sizeof(*room));
    AZ_AUTO_MEM double *out = az_alloc((d->n * (k + 1) + 1) * sizeof(*out));
    struct az_rows fit, rest;
    struct az_error err = {0};
    if (!room || !out || split(d, seed, &fit, &rest, room) < 0)
        return AZ_ENOMEM;
    double *p_rest = out + fit.n * k, *top_rest = out + d->n * k;
    int r =
        az_learn_cross(learner, d, fit, rest, AZ_LEARN_FOLDS, seed, out, p_rest, top_rest, &err);
    for (size_t i = 0; r == 0 && i < d->n; i++) {
        uint32_t item = i < fit.n ? fit.v[i] : rest.v[i - fit.n];
        memcpy(p + item * k, out + i * k, k * sizeof(*p));
        top[item] = i < fit.n ? 0 : top_rest[i - fit.n];
        for (size_t l = 0; i < fit.n && l < k; l++)
            top[item] = AZ_MAX(top[item], out[i * k + l]);
    }
    return r;
}

/* 1: it was done; 0: shares have to do. */
static int predict(const struct az_honest *h, size_t n, const char *learner, uint64_t seed,
                   double *p, double *top)
{
    const struct az_sample *s = &h->corpus.sample;
    struct az_sample picked = {0};
    struct az_design d = {0};
    AZ_AUTO_MEM uint64_t *clusters = az_alloc((n + 1) * sizeof(*clusters));
    size_t labelled = 0;
    if (!clusters)
        return AZ_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (az_sample_labelled(s, h->rows[i]))
            clusters[labelled++] = s->clusters[h->rows[i]];
    }
    if (!learner || h->early || h->elsewhere || !s->n_labels ||
        s->n_judges > AZ_DESIGN_JUDGES_MAX || az_clusters(clusters, labelled) < AZ_CHOOSE_LABELS)
        return 0;
    int r = az_sample_pick(s, h->rows, n, NULL, &picked);
    if (r == 0)
        r = az_design_init(&d, &picked, 0, n, NULL);
    if (r == 0)
        r = cross(&d, learner, seed, p, top);
    az_design_release(&d);
    az_sample_release(&picked);
    return r == AZ_ENOMEM ? r : r == 0;
}

/* ---- all of it ---- */

static int gather(struct az_honest *h, size_t *n, struct az_honest_figures *f)
{
    const struct az_sample *s = &h->corpus.sample;
    AZ_AUTO_MEM double *weights = az_alloc((s->n_items + 1) * sizeof(*weights));
    h->rows = az_alloc((s->n_items + 1) * sizeof(*h->rows));
    if (!weights || !h->rows)
        return AZ_ENOMEM;
    *n = 0;
    for (size_t i = 0; i < s->n_items; i++) {
        bool labelled = az_honest_labelled(h, i);
        if (!labelled && !az_honest_drawn(h, s->clusters[i]))
            continue;
        h->rows[(*n)++] = (uint32_t)i;
        if (labelled)
            weights[f->labelled++] = s->weights[i];
        else
            f->rest++;
    }
    f->weighted = !az_weights_equal(weights, (size_t)f->labelled);
    return 0;
}

static int finish(struct az_honest *h, size_t n, const char *learner, bool its_own, uint64_t seed,
                  struct az_honest_figures *f)
{
    size_t k = h->corpus.sample.n_labels;
    bool score = h->panel->question.kind == AZ_SCORE;
    AZ_AUTO_MEM double *p = az_zalloc((n * k + 1) * sizeof(*p));
    AZ_AUTO_MEM double *scores = az_alloc((2 * n + 1) * sizeof(*scores));
    if (!p || !scores)
        return AZ_ENOMEM;
    double *top = scores + n;
    int r = k ? predict(h, n, learner, seed, p, top) : 0;
    if (r < 0)
        return r;
    f->by = r                          ? "probabilities that were learnt on other items"
            : h->early || h->elsewhere ? "the verdict"
            : score                    ? "the panel's score"
                                       : "the seats' mean share";
    for (size_t i = 0; i < n; i++) {
        scores[i] = say_score(h, h->rows[i]);
        if (!r && k && h->elsewhere)
            say_verdict(h, h->rows[i], p + i * k);
        else if (!r && k)
            say_shares(h, h->rows[i], p + i * k);
    }
    for (size_t i = 0; r && score && i < n; i++) {
        scores[i] = 0;
        for (size_t l = 0; l < k; l++)
            scores[i] += p[i * k + l] * h->corpus.levels[l];
    }
    struct az_honest_view view = {.h = h,
                                  .rows = h->rows,
                                  .n = n,
                                  .n_labels = k,
                                  .p = k ? p : NULL,
                                  .scores = score ? scores : NULL,
                                  .top = its_own && r ? top : NULL,
                                  .no_accuracy =
                                      its_own ? !r : h->panel->aggregate.calibration != NULL,
                                  .seed = seed};
    return az_honest_work_out(&view, f);
}

int az_honest_finish(struct az_honest *h, const char *learner, bool its_own, uint64_t seed,
                     struct az_honest_figures *ret)
{
    struct az_honest_figures f = {.items = h->items, .elsewhere = h->elsewhere};
    size_t n;
    int r = gather(h, &n, &f);
    if (r == 0 && !f.labelled)
        f.reason = "no item has a true answer";
    else if (r == 0 && f.elsewhere && f.weighted)
        f.reason = "error rates need labels that were drawn with equal chances";
    else if (r == 0)
        r = finish(h, n, learner, its_own, seed, &f);
    if (r < 0)
        az_honest_figures_release(&f);
    *ret = f;
    return r;
}
