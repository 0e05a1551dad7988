/* tests/unit/interval_cells.h: how often an interval holds the truth, in worlds
 * whose truth is known. For tests and benchmarks.
 *
 * A run draws a job of items, what the judge says of each and which are labelled;
 * everything that is fitted is fitted anew inside the run. */
#pragma once
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "statistics/calibrate/crossfit.h"
#include "statistics/calibrate/logit.h"
#include "statistics/interval/bootstrap.h"
#include "statistics/interval/choose.h"
#include "statistics/interval/oua.h"
#include "statistics/interval/ppi.h"
#include "statistics/interval/rogan_gladen.h"
#include "statistics/interval/wilson.h"
#include "statistics/learn/learner.h"
#include "statistics/special.h"

enum { CELL_ITEMS_MAX = 4096, CELL_JUDGES = 4, CELL_FOLDS = 5 };

/* What the panel says, in the end. */
enum cell_says {
    CELL_CROSSFIT, /* a probability: Platt, cross-fitted on the run's labels */
    CELL_FROZEN,   /* a biased probability that was fitted elsewhere */
    CELL_SCALE,    /* a number on another scale */
    CELL_YES_NO,   /* yes or no */
    CELL_LEARNT,   /* a probability: `learner` over the votes of four judges, cross-fitted */
    CELL_DIFFERS,  /* whether two panels differ, with the sign of the labels' mean */
};

struct cell {
    const char *world;
    double p;        /* the true share; of a mean, its median */
    double strength; /* distance of the judge's scores of yes and no, in deviations, halved */
    size_t n_labels; /* labelled items (with clusters: labelled clusters times their size) */
    enum cell_says says;
    const char *learner;
    bool numbers;      /* truth is a number in (0, 1), no yes or no */
    size_t in_cluster; /* items a cluster; 0 and 1: none */
    bool weighted;     /* doubtful items are labelled three times as often, and weighted back */
    bool elsewhere;    /* labelled items come from where the share is 1 - p */
    bool ties;         /* one truth in five is a half */
    bool paired;       /* truth is what one of two panels has more: they differ on a share
                        * 1 - p, and 3 in 5 of these are the first one's */
};

enum cell_method {
    CELL_WILSON,
    CELL_LABELS,
    CELL_PPI,
    CELL_OUA,
    CELL_RG,
    CELL_BOOT,
    CELL_CHOSEN,
    CELL_METHODS
};
static const char *const cell_methods[] = {"plain",        "labels only", "ppi++", "oua",
                                           "rogan-gladen", "bootstrap",   "chosen"};

struct cell_tally {
    int64_t runs, held, without; /* without: no interval in this run */
    double width, value;         /* sums */
};

struct cell_result {
    double truth;
    struct cell_tally of[CELL_METHODS];
};

struct cell_run {
    size_t n;
    double score[CELL_ITEMS_MAX], judged[CELL_ITEMS_MAX], truth[CELL_ITEMS_MAX], w[CELL_ITEMS_MAX];
    bool labelled[CELL_ITEMS_MAX];
    uint8_t votes[CELL_ITEMS_MAX][CELL_JUDGES]; /* of CELL_LEARNT */
    uint64_t cluster[CELL_ITEMS_MAX];
};

/* Box and Muller's, one of the two. */
static double cell_normal(struct az_rng *rng)
{
    double u = 1 - az_rng_unit(rng);
    return sqrt(-2 * log(u)) * cos(2 * M_PI * az_rng_unit(rng));
}

/* The mean of sigmoid(logit(p) + 1.2 Z). */
static double cell_truth(const struct cell *c)
{
    double sum = 0, weights = 0;
    if (c->paired)
        return 0.2 * (1 - c->p);
    if (!c->numbers)
        return c->ties ? 0.8 * c->p + 0.1 : c->p;
    for (double z = -8; z <= 8; z += 0x1p-8) {
        sum += exp(-0.5 * z * z) * az_sigmoid(az_logit(c->p) + 1.2 * z);
        weights += exp(-0.5 * z * z);
    }
    return sum / weights;
}

/* Judges one better than the other, the last two with the same errors half of the time. */
static void cell_votes(struct az_rng *rng, bool truth, uint8_t *votes)
{
    static const double right[CELL_JUDGES] = {0.85, 0.75, 0.65, 0.65};
    for (size_t j = 0; j < CELL_JUDGES; j++) {
        bool copies = j + 1 == CELL_JUDGES && az_rng_unit(rng) < 0.5;
        votes[j] = copies ? votes[j - 1] : (az_rng_unit(rng) < right[j]) == truth;
    }
}

static void cell_paired(const struct cell *c, struct az_rng *rng, struct cell_run *r, size_t i)
{
    r->score[i] = az_rng_unit(rng) < 1 - c->p;
    r->truth[i] = r->score[i] == 0 ? 0 : az_rng_unit(rng) < 0.6 ? 1 : -1;
}

static void cell_item(const struct cell *c, struct az_rng *rng, double p, bool same, double shared,
                      bool shared_yes, struct cell_run *r, size_t i)
{
    if (c->numbers) {
        double z = same ? sqrt(0.4) * shared + sqrt(0.6) * cell_normal(rng) : cell_normal(rng);
        r->truth[i] = az_sigmoid(az_logit(p) + 1.2 * z);
        r->score[i] = c->strength * z + cell_normal(rng);
        return;
    }
    if (c->paired) {
        cell_paired(c, rng, r, i);
        return;
    }
    bool copies = same && az_rng_unit(rng) < 0.6;
    r->truth[i] = copies ? shared_yes : az_rng_unit(rng) < p;
    r->score[i] =
        c->strength * (2 * r->truth[i] - 1) + cell_normal(rng) + (same ? 0.5 * shared : 0);
    if (c->says == CELL_LEARNT)
        cell_votes(rng, r->truth[i] == 1, r->votes[i]);
    if (c->ties && az_rng_unit(rng) < 0.2)
        r->truth[i] = 0.5;
}

/* `n` items, the first labelled ones of a random order. */
static void cell_draw(const struct cell *c, struct az_rng *rng, size_t n, struct cell_run *r)
{
    size_t in = AZ_MAX(c->in_cluster, (size_t)1);
    double shared = 0;
    bool shared_yes = false;
    r->n = n;
    for (size_t i = 0; i < n; i++) {
        double p = c->elsewhere && i < c->n_labels ? 1 - c->p : c->p;
        if (i % in == 0) {
            shared = cell_normal(rng);
            shared_yes = az_rng_unit(rng) < p;
        }
        cell_item(c, rng, p, in > 1, shared, shared_yes, r, i);
        r->cluster[i] = i / in;
        r->labelled[i] = i < c->n_labels;
        r->w[i] = 1;
    }
    for (size_t i = 0; c->weighted && i < n; i++) {
        double rate = (fabs(r->score[i]) < 0.7 ? 3.0 : 1.0) * (double)c->n_labels / (double)n / 1.8;
        r->labelled[i] = az_rng_unit(rng) < rate;
        r->w[i] = 1 / rate;
    }
}

static void cell_crossfit(struct cell_run *r, uint64_t seed)
{
    static double z[2 * CELL_ITEMS_MAX];
    static int32_t truth[CELL_ITEMS_MAX];
    struct az_crossfit fit;
    for (size_t i = 0; i < r->n; i++) {
        z[2 * i] = 0;
        z[2 * i + 1] = r->score[i];
        truth[i] = r->labelled[i] ? r->truth[i] > 0.5 : -1;
    }
    struct az_logits l = {.n = r->n, .n_labels = 2, .z = z, .truth = truth, .w = r->w};
    if (az_crossfit(&l, r->cluster, 2, 1u << AZ_CALIBRATOR_PLATT, 5, seed, &fit) < 0)
        abort();
    for (size_t i = 0; i < r->n; i++)
        r->judged[i] = fit.q[2 * i + 1];
    az_crossfit_release(&fit);
}

/* As `assize report` does it (client/cli/honest.c). */
static void cell_learn(const char *learner, struct cell_run *r, uint64_t seed)
{
    static double out[3 * CELL_ITEMS_MAX];
    static uint32_t room[2 * CELL_ITEMS_MAX];
    struct az_rows fit = {room, 0}, rest = {room + CELL_ITEMS_MAX, 0};
    struct az_sample s;
    struct az_design d = {0};
    struct az_error err = {0};
    int e = 0;
    az_sample_init(&s, CELL_JUDGES, 2, AZ_ANSWERS_NAMED);
    for (size_t i = 0; e == 0 && i < r->n; i++) {
        e = az_sample_item(&s, r->cluster[i], 2);
        for (size_t j = 0; e == 0 && j < CELL_JUDGES; j++)
            e = az_sample_vote(&s, j, r->votes[i][j]);
        if (r->labelled[i])
            az_sample_truth(&s, r->truth[i] == 1);
        if (r->labelled[i])
            room[fit.n++] = (uint32_t)i;
        else
            room[CELL_ITEMS_MAX + rest.n++] = (uint32_t)i;
    }
    double *p_rest = out + 2 * fit.n, *top = out + 2 * r->n;
    if (e < 0 || az_design_init(&d, &s, 0, r->n, &err) < 0 ||
        az_learn_cross(learner, &d, fit, rest, CELL_FOLDS, seed, out, p_rest, top, &err) < 0)
        abort();
    for (size_t i = 0; i < r->n; i++)
        r->judged[i < fit.n ? fit.v[i] : rest.v[i - fit.n]] = out[2 * i + 1];
    az_design_release(&d);
    az_sample_release(&s);
}

/* As `assize compare` does it (client/cli/compare.c). */
static void cell_differ(struct cell_run *r)
{
    double sum = 0;
    for (size_t i = 0; i < r->n; i++)
        sum += r->labelled[i] ? r->truth[i] : 0;
    for (size_t i = 0; i < r->n; i++)
        r->judged[i] = sum < 0 ? -r->score[i] : r->score[i];
}

static void cell_say(const struct cell *c, struct cell_run *r, uint64_t seed)
{
    if (c->says == CELL_CROSSFIT) {
        cell_crossfit(r, seed);
        return;
    }
    if (c->says == CELL_LEARNT) {
        cell_learn(c->learner, r, seed);
        return;
    }
    if (c->says == CELL_DIFFERS) {
        cell_differ(r);
        return;
    }
    for (size_t i = 0; i < r->n; i++) {
        if (c->says == CELL_SCALE)
            r->judged[i] = r->score[i];
        else if (c->says == CELL_YES_NO)
            r->judged[i] = r->score[i] > 0.3;
        else
            r->judged[i] = az_sigmoid((c->numbers ? 1.0 : 1.5) * r->score[i] + 0.7);
    }
}

static void cell_count(struct cell_tally *t, struct az_figure f, double truth)
{
    t->runs++;
    if (!f.defined || !f.has_interval) {
        t->without++;
        return;
    }
    t->held += f.low <= truth && truth <= f.high;
    t->width += f.high - f.low;
    t->value += f.value;
}

static struct az_figure cell_ppi(const struct cell *c, const struct cell_run *r)
{
    static double y[CELL_ITEMS_MAX], p[CELL_ITEMS_MAX], w[CELL_ITEMS_MAX], rest[CELL_ITEMS_MAX];
    static uint64_t own[CELL_ITEMS_MAX], others[CELL_ITEMS_MAX];
    struct az_ppi_data d = {.y = y,
                            .predicted = p,
                            .w = w,
                            .cluster = own,
                            .predicted_rest = rest,
                            .cluster_rest = others};
    struct az_ppi_fit f;
    for (size_t i = 0; i < r->n; i++) {
        if (r->labelled[i]) {
            y[d.n] = r->truth[i];
            p[d.n] = r->judged[i];
            w[d.n] = r->w[i];
            own[d.n++] = r->cluster[i];
        }
        if (!r->labelled[i] || c->weighted) { /* those left over are no random sample then */
            rest[d.n_rest] = r->judged[i];
            others[d.n_rest++] = r->cluster[i];
        }
    }
    if (az_ppi_fit(&d, NAN, &f) < 0)
        return az_figure_none("too few", 0);
    return az_ppi_figure(&f, !c->numbers && !c->paired, "ppi++");
}

static double cell_mean(const uint32_t *items, size_t n, void *arg)
{
    const struct cell_run *r = arg;
    double sum = 0, weights = 0;
    for (size_t i = 0; i < n; i++) {
        sum += r->w[items[i]] * r->truth[items[i]];
        weights += r->w[items[i]];
    }
    return sum / weights;
}

/* Of the labels' mean; labelled items come first where they are not weighted. */
static struct az_figure cell_boot(struct cell_run *r, size_t n, size_t draws, uint64_t seed)
{
    struct az_bootstrap_of of = {.n = n,
                                 .cluster = r->cluster,
                                 .figure = cell_mean,
                                 .arg = r,
                                 .draws = draws,
                                 .seed = seed,
                                 .level = 0.95};
    struct az_bootstrap b;
    if (az_bootstrap(&of, &b) < 0)
        return az_figure_none("bootstrap", 0);
    return az_bootstrap_figure(&b);
}

static struct az_figure cell_oua(const struct cell_run *r, uint64_t seed)
{
    struct az_oua_data d = {r->n, r->judged, r->truth, r->labelled, r->w, r->cluster};
    struct az_oua o;
    return az_oua_fit(&d, seed, &o) < 0 ? az_figure_none("oua", 0) : az_oua_figure(&o);
}

static struct az_figure cell_rg(const struct cell_run *r)
{
    struct az_rogan_gladen c = {0};
    for (size_t i = 0; i < r->n; i++) {
        bool yes = r->truth[i] == 1, said = r->judged[i] == 1;
        if (r->labelled[i]) {
            c.yes += yes;
            c.no += !yes;
            c.yes_of_yes += yes && said;
            c.no_of_no += !yes && !said;
        } else {
            c.n++;
            c.said_yes += said;
        }
    }
    return az_rogan_gladen(&c);
}

/* What one would write without all this: Wilson's interval (of a mean, t) of the
 * labelled items as if they were independent and of equal weight. */
static struct az_figure cell_plain(const struct cell *c, const struct cell_run *r)
{
    double n = 0, sum = 0, ss = 0, low, high;
    for (size_t i = 0; i < r->n; i++) {
        n += r->labelled[i];
        sum += r->labelled[i] ? r->truth[i] : 0;
        ss += r->labelled[i] ? r->truth[i] * r->truth[i] : 0;
    }
    struct az_figure f = az_figure_ratio(sum, (int64_t)n, "no labels");
    if (!f.defined || n < 2)
        return f;
    double half = az_t_quantile(0.975, n - 1) * sqrt((ss / n - f.value * f.value) / (n - 1));
    if (c->numbers || c->paired || c->ties)
        return az_figure_between(f, f.value - half, f.value + half, "t");
    az_wilson(f.value, n, az_normal_quantile(0.975), &low, &high);
    return az_figure_between(f, low, high, "wilson");
}

/* `runs` runs of a cell with jobs of `n` items; `draws` of the bootstrap, 0: none. */
static void cell_simulate(const struct cell *c, size_t n, int64_t runs, size_t draws, uint64_t seed,
                          struct cell_result *ret)
{
    static struct cell_run r;
    struct az_rng rng = az_rng(seed);
    *ret = (struct cell_result){.truth = cell_truth(c)};
    for (int64_t i = 0; i < runs; i++) {
        cell_draw(c, &rng, n, &r);
        cell_say(c, &r, seed + (uint64_t)i);
        struct az_mean_of of = {.n = r.n,
                                .judged = r.judged,
                                .truth = r.truth,
                                .labelled = r.labelled,
                                .w = c->weighted ? r.w : NULL,
                                .cluster = c->in_cluster > 1 ? r.cluster : NULL,
                                .rate = !c->numbers && !c->paired,
                                .same_scale = c->says != CELL_SCALE,
                                .elsewhere = c->elsewhere,
                                .seed = seed};
        struct az_chosen chosen;
        if (az_choose_mean(&of, &chosen) < 0)
            abort();
        if (!chosen.judge_error) /* no promise about the truth */
            chosen.figure.has_interval = false;
        cell_count(&ret->of[CELL_CHOSEN], chosen.figure, ret->truth);
        cell_count(&ret->of[CELL_WILSON], cell_plain(c, &r), ret->truth);
        cell_count(&ret->of[CELL_LABELS], chosen.labels, ret->truth);
        if (!c->elsewhere) {
            cell_count(&ret->of[CELL_PPI], cell_ppi(c, &r), ret->truth);
            if (c->says == CELL_SCALE || c->weighted || c->in_cluster > 1)
                cell_count(&ret->of[CELL_OUA], cell_oua(&r, seed), ret->truth);
        }
        if (c->says == CELL_YES_NO)
            cell_count(&ret->of[CELL_RG], cell_rg(&r), ret->truth);
        if (draws > 0 && !c->elsewhere && !c->weighted)
            cell_count(&ret->of[CELL_BOOT], cell_boot(&r, c->n_labels, draws, seed + (uint64_t)i),
                       ret->truth);
    }
}

static double cell_rate(const struct cell_tally *t)
{
    return t->runs > t->without ? (double)t->held / (double)(t->runs - t->without) : 0;
}

/* A promise is made here: for PPI++ and OUA from 50 labelled clusters and, of a rate,
 * 15 of the rarer answer on. */
static bool cell_supported(const struct cell *c, enum cell_method m)
{
    double clusters = (double)c->n_labels / (double)AZ_MAX(c->in_cluster, (size_t)1);
    double mean = cell_truth(c), least = c->numbers ? 1 : AZ_MIN(mean, 1 - mean);
    if (c->paired)
        least = 1 - c->p; /* those that differ */
    bool common = clusters >= 50 && (c->numbers || clusters * least >= 15);
    if (m == CELL_PPI || m == CELL_OUA)
        return common;
    if (m == CELL_RG)
        return c->elsewhere && common;
    if (m == CELL_BOOT || m == CELL_WILSON)
        return false;
    if (c->paired)
        return common;
    return clusters >= 50 && !(m == CELL_LABELS && c->elsewhere);
}
