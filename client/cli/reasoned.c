#include "client/cli/reasoned.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "policies/answers.h"
#include "policies/reasons.h"
#include "statistics/folds.h"
#include "statistics/interval/weighted.h"

int az_reasoned_init(struct az_reasoned *r, const struct az_panel *panel, size_t n_responses,
                     struct az_error *err)
{
    double levels[AZ_SAMPLE_LABELS_MAX];
    struct az_sample s;
    *r = (struct az_reasoned){.panel = panel};
    az_answers_sample(&s, &panel->question, 1, n_responses, levels);
    size_t n_labels = s.n_labels;
    az_sample_release(&s);
    if (n_labels < 2)
        return 0;
    r->v = az_zalloc((panel->n_judges + 1) * sizeof(*r->v));
    r->models = az_zalloc((panel->n_judges + 1) * sizeof(*r->models));
    if (!r->v || !r->models)
        return az_oom(err);
    for (size_t j = 0; j < panel->n_judges; j++)
        az_reasons_init(&r->v[j].says, &panel->question, n_responses);
    return 0;
}

void az_reasoned_release(struct az_reasoned *r)
{
    for (size_t j = 0; r->v && j < r->panel->n_judges; j++) {
        az_evaluations_release(&r->v[j].says);
        az_offer_release(&r->v[j].offer);
        free(r->v[j].item);
    }
    free(r->v);
    free(r->models);
    free(r->fold);
    free(r->room);
    free(r->p);
    *r = (struct az_reasoned){0};
}

int az_reasoned_seat(void *arg, const struct az_sample *s, const struct az_board *board, int round,
                     const struct az_seat *seat, size_t judge)
{
    struct az_reasoned *r = arg;
    const struct az_vote *vote = &s->votes[s->n_votes - 1];
    if (!r->v)
        return 0;
    struct az_reasoned_judge *j = &r->v[judge];
    if (az_grow(&j->item, &j->item_cap, j->says.n + 1, sizeof(*j->item)) < 0)
        return AZ_ENOMEM;
    j->item[j->says.n] = (uint32_t)(s->n_items - 1);
    return az_reasons_add(&j->says, board, round, seat, (size_t)s->labels_of[s->n_items - 1],
                          az_vote_margins(s, vote));
}

/* ---- judge by judge ---- */

/* The judge's items beside what the design knows of them. */
static int try_judge(struct az_reasoned *r, size_t judge, const struct az_design *d)
{
    struct az_reasoned_judge *j = &r->v[judge];
    size_t n = j->says.n, k = d->frame.n_labels;
    AZ_AUTO_MEM double *truth = az_alloc((n * k + n + 1) * sizeof(*truth));
    AZ_AUTO_MEM uint64_t *cluster = az_alloc((n + 1) * sizeof(*cluster));
    AZ_AUTO_MEM uint32_t *fold = az_alloc((n + 1) * sizeof(*fold));
    if (!truth || !cluster || !fold)
        return AZ_ENOMEM;
    double *w = truth + n * k;
    for (size_t i = 0; i < n; i++) {
        size_t item = j->item[i];
        memcpy(truth + i * k, az_design_truth(d, item), k * sizeof(*truth));
        w[i] = d->weight[item];
        cluster[i] = d->clusters[item];
        fold[i] = r->fold[item];
    }
    return az_offer(&j->says, truth, w, cluster, fold, &j->offer);
}

/* Which items are learnt from, in which folds; the others are in none. */
static int deal(struct az_reasoned *r, const struct az_design *d, struct az_rows rows,
                uint64_t seed)
{
    AZ_AUTO_MEM uint32_t *fold = az_alloc((rows.n + 1) * sizeof(*fold));
    r->fold = az_alloc((d->n + 1) * sizeof(*r->fold));
    r->room = az_alloc((rows.n + 1) * sizeof(*r->room));
    if (!fold || !r->fold || !r->room)
        return AZ_ENOMEM;
    memcpy(r->room, rows.v, rows.n * sizeof(*r->room));
    r->rows = (struct az_rows){r->room, az_draw(r->room, rows.n, AZ_REASONED_MOST, seed)};
    if (az_learn_folds(d, r->rows, AZ_OFFER_FOLDS, seed, fold) < 0)
        return AZ_ENOMEM;
    for (size_t i = 0; i < d->n; i++)
        r->fold[i] = AZ_OFFER_NO_FOLD;
    for (size_t i = 0; i < r->rows.n; i++)
        r->fold[r->rows.v[i]] = fold[i];
    return 0;
}

int az_reasoned_try(struct az_reasoned *r, const struct az_design *d, struct az_rows rows,
                    uint64_t seed, struct az_error *err)
{
    if (!r->v)
        return 0;
    if (deal(r, d, rows, seed) < 0)
        return az_oom(err);
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        if (try_judge(r, j, d) < 0)
            return az_oom(err);
        r->n_tried += r->v[j].offer.tried;
        r->n_offered += r->v[j].offer.offered;
        r->models[j] = r->v[j].offer.offered ? r->v[j].offer.best : NULL;
    }
    return 0;
}

int az_reasoned_say(const struct az_reasoned *r, struct az_design *d, size_t without)
{
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        const struct az_reasoned_judge *v = &r->v[j];
        for (size_t i = 0; v->offer.offered_without[without] && i < v->says.n; i++) {
            if (az_design_say(d, v->item[i], j, az_offer_p(&v->offer, without, i)) < 0)
                return AZ_ENOMEM;
        }
    }
    return 0;
}

/* ---- the panel ---- */

/* p of the rows of one fold, put where they belong. */
static int out_of(struct az_reasoned *r, const char *learner, const struct az_sample *s,
                  struct az_rows rows, uint32_t which, uint64_t seed, struct az_error *err)
{
    size_t k = s->n_labels;
    struct az_design d = {0};
    AZ_AUTO(model) m = NULL;
    AZ_AUTO_MEM uint32_t *fold = az_alloc((3 * rows.n + 1) * sizeof(*fold));
    AZ_AUTO_MEM double *p = az_alloc((rows.n * k + 1) * sizeof(*p));
    if (!fold || !p)
        return az_oom(err);
    for (size_t i = 0; i < rows.n; i++)
        fold[i] = r->fold[rows.v[i]];
    struct az_rows out = az_rows_of(rows, fold, which, true, fold + rows.n);
    struct az_rows in = az_rows_of(rows, fold, which, false, fold + 2 * rows.n);
    int e = az_design_init(&d, s, 0, s->n_items, err);
    if (e == 0 && az_reasoned_say(r, &d, which) < 0)
        e = az_oom(err);
    if (e == 0)
        e = az_learn(learner, &d, in, seed, &m, err);
    if (e == 0 && az_model_predict(m, &d, out, p) < 0)
        e = az_oom(err);
    for (size_t i = 0, at = 0; e == 0 && i < rows.n; i++) {
        if (fold[i] == which)
            memcpy(r->p + i * k, p + at++ * k, k * sizeof(*p));
    }
    az_design_release(&d);
    return e;
}

static double loss_of(const double *p, const double *truth, size_t n)
{
    return -az_log_score(p, truth, n);
}

static int compare(struct az_reasoned *r, const struct az_design *d, struct az_rows rows,
                   const double *plain)
{
    size_t n = rows.n, k = d->frame.n_labels;
    AZ_AUTO_MEM double *x = az_alloc((4 * n + 1) * sizeof(*x));
    AZ_AUTO_MEM uint64_t *cluster = az_alloc((n + 1) * sizeof(*cluster));
    struct az_figure *const to[] = {&r->plain, &r->loss, &r->gain};
    int e = x && cluster ? 0 : AZ_ENOMEM;
    for (size_t i = 0; e == 0 && i < n; i++) {
        const double *truth = az_design_truth(d, rows.v[i]);
        x[i] = loss_of(plain + i * k, truth, k);
        x[n + i] = loss_of(r->p + i * k, truth, k);
        x[2 * n + i] = x[i] - x[n + i];
        x[3 * n + i] = d->weight[rows.v[i]];
        cluster[i] = d->clusters[rows.v[i]];
    }
    for (size_t f = 0; e == 0 && f < AZ_LEN(to); f++)
        e = az_weighted_mean(x + f * n, x + 3 * n, cluster, n, false, "no item has a true answer",
                             to[f]);
    r->compared = e == 0;
    r->used = e == 0 && az_figure_beyond_error(&r->gain);
    return e;
}

int az_reasoned_panel(struct az_reasoned *r, const char *learner, const struct az_sample *s,
                      const struct az_design *d, uint64_t seed, struct az_error *err)
{
    struct az_rows rows = r->rows;
    if (!r->n_offered)
        return 0;
    size_t cells = rows.n * d->frame.n_labels + 1;
    AZ_AUTO_MEM double *plain = az_alloc(cells * sizeof(*plain));
    r->p = az_zalloc(cells * sizeof(*r->p));
    if (!plain || !r->p)
        return az_oom(err);
    int e = az_learn_out(learner, d, rows, AZ_OFFER_FOLDS, seed, plain, err);
    for (uint32_t which = 0; e == 0 && which < AZ_OFFER_FOLDS; which++)
        e = out_of(r, learner, s, rows, which, seed, err);
    if (e < 0)
        return e;
    return compare(r, d, rows, plain) < 0 ? az_oom(err) : 0;
}
