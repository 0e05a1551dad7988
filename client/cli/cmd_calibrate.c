/* assize calibrate SOURCE… -o FILE: weights that are earned on items with true answers. */
#include <stdio.h>
#include <string.h>

#include "client/cli/calibrate_text.h"
#include "client/cli/command.h"
#include "client/cli/corpus.h"
#include "client/cli/honest.h"
#include "client/cli/io_calibrated.h"
#include "client/cli/io_sources.h"
#include "client/cli/io_terminal.h"
#include "client/cli/maps.h"
#include "client/cli/methods.h"
#include "client/cli/promises.h"
#include "client/cli/reasoned.h"
#include "client/cli/reference.h"
#include "client/cli/source_args.h"
#include "core/io_file.h"
#include "core/keys.h"
#include "core/mem.h"
#include "policies/calibration.h"
#include "statistics/folds.h"
#include "statistics/interval/weighted.h"

enum { CALIBRATION_MAX = 256 << 20, COLUMNS = 100 };

struct options {
    const char *out, *items, *gold, *kind, *risk, *delta, *conformal;
    int64_t seed;
};

static const struct az_opt table[] = {
    {"output", 'o', AZ_OPT_STRING, offsetof(struct options, out), "FILE",
     "the calibration, for a panel's aggregate: {kind: auto, calibration: FILE}", 0},
    {"items", 0, AZ_OPT_STRING, offsetof(struct options, items), "ITEMS",
     "the items that the ballots are about", 0},
    {"gold", 0, AZ_OPT_STRING, offsetof(struct options, gold), "FILE",
     "true answers by id (JSONL or CSV: id, gold, weight)", 0},
    {"kind", 0, AZ_OPT_STRING, offsetof(struct options, kind), "KIND",
     "auto (default), logodds, confusion, single, hierarchical, stack; or majority: how sure "
     "a count of votes is; or mean: what people give where the mean score is that",
     0},
    {"risk", 0, AZ_OPT_STRING, offsetof(struct options, risk), "SHARE",
     "promise that at most this share of what is decided is wrong; half of the labels test it", 0},
    {"delta", 0, AZ_OPT_STRING, offsetof(struct options, delta), "SHARE",
     "how often such a promise may be broken (0.05)", 0},
    {"conformal", 0, AZ_OPT_STRING, offsetof(struct options, conformal), "SHARE",
     "sets of answers that miss the true one in at most this share; from half of the labels", 0},
    {"seed", 0, AZ_OPT_INT, offsetof(struct options, seed), "N", "other folds", 0},
    {0},
};

struct calibrating {
    const struct options *options;
    const char *kind, *learner; /* as an aggregate is called, and who learns */
    struct az_panel panel;      /* borrowed from the sources */
    struct az_corpus corpus;
    int64_t early; /* labelled items that were not asked in full */
    struct az_design design;
    uint32_t *room;
    struct az_rows rows, fit, test;
    struct az_methods methods;
    struct az_reasoned reasoned;
    char with_reasons[32]; /* how that is called among the methods */
    struct az_maps maps;
    struct az_model *model;
    struct az_mapped *map; /* of what the model says; kept where it is part of `maps` */
    struct az_mapped own;
    bool mean;                  /* scores: their mean, and what people say where it is that */
    struct az_score_fit scores; /* then */
    struct az_promises promises;
    struct az_honest *over_all;
    struct az_honest_figures honest;
    struct az_reference reference; /* of labels with equal chances */
};

/* ---- labelled items ---- */

static int add_one(void *arg, struct az_found *found, struct az_error *err)
{
    struct calibrating *c = arg;
    const struct az_gold *g = &found->item->gold;
    int r = found->open ? 0
                        : az_honest_add(c->over_all, found->item, &found->verdict, found->ballots,
                                        found->weight, err);
    if (r < 0 || (!g->n && !g->has_number))
        return r;
    if (found->verdict.early && !found->asked_with_gold) {
        c->early++;
        return 0;
    }
    c->corpus.options.round = az_corpus_round(&c->panel, found->ballots);
    r = az_corpus_add(&c->corpus, found->item, found->ballots, false, err);
    if (r == 0)
        az_corpus_weigh(&c->corpus, found->weight);
    return r;
}

static int no_labels(const struct calibrating *c, const struct az_sources *s, struct az_error *err)
{
    if (az_sources_gold_missed(s)) {
        az_fail(err, AZ_EUSAGE, "no item has a true answer: none of the --gold ids is an item's");
        az_hint(err, "Ids are compared as they are written; 'assize label' helps to make a file.");
        return AZ_EUSAGE;
    }
    az_fail(err, AZ_EUSAGE,
            c->corpus.golds ? "no true answer is one of the question's levels"
                            : "no item has a true answer");
    az_hint(err, "Give them with --gold FILE; 'assize label' helps to make one.");
    return AZ_EUSAGE;
}

static int gather(struct calibrating *c, struct az_sources *s, struct az_error *err)
{
    struct az_corpus_options with = {
        .n_responses = az_sources_n_responses(s), .seat = az_reasoned_seat, .arg = &c->reasoned};
    c->panel = *az_sources_panel(s);
    int r = az_corpus_init(&c->corpus, &c->panel, &with, err);
    c->over_all = az_honest_new(&c->panel, with.n_responses);
    if (r == 0 && !c->over_all)
        r = az_oom(err);
    if (r == 0)
        r = az_reasoned_init(&c->reasoned, &c->panel, c->corpus.options.n_responses, err);
    if (r == 0)
        r = az_sources_each(s, add_one, c, err);
    bool score = c->panel.question.kind == AZ_SCORE, votes = strcmp(c->learner, "votes") == 0;
    if (r == 0 && votes && score != c->mean)
        return az_fail(err, AZ_EUSAGE, "--kind %s is for %s, and the question asks for a %s",
                       c->kind, score ? "labels" : "scores", score ? "score" : "label");
    if (r == 0 && !c->corpus.sample.n_labels) {
        az_fail(err, AZ_EUSAGE, "a score without steps can't be calibrated");
        az_hint(err, "Name a PANEL whose question has step: 1, or the like.");
        return AZ_EUSAGE;
    }
    if (r == 0)
        r = az_design_init(&c->design, &c->corpus.sample, 0, az_corpus_n(&c->corpus), err);
    if (r < 0)
        return r;
    c->room = az_alloc((3 * az_corpus_n(&c->corpus) + 1) * sizeof(*c->room));
    if (!c->room)
        return az_oom(err);
    c->rows = c->fit = az_labelled(&c->design, c->room);
    return c->rows.n ? 0 : no_labels(c, s, err);
}

/* ---- learning ---- */

/* A promise is tested on items that nothing was learnt from. */
static int split(struct calibrating *c, struct az_error *err)
{
    size_t n = c->rows.n;
    AZ_AUTO_MEM uint64_t *clusters = az_alloc((n + 1) * sizeof(*clusters));
    AZ_AUTO_MEM bool *fits = az_alloc((n + 1) * sizeof(*fits));
    if (!clusters || !fits)
        return az_oom(err);
    for (size_t i = 0; i < n; i++)
        clusters[i] = c->design.clusters[c->rows.v[i]];
    if (az_split(clusters, n, 0.5, (uint64_t)c->options->seed, fits) < 0)
        return az_oom(err);
    uint32_t *fit = c->room + az_corpus_n(&c->corpus), *test = fit + n;
    c->fit = (struct az_rows){fit, 0};
    c->test = (struct az_rows){test, 0};
    for (size_t i = 0; i < n; i++) {
        if (fits[i])
            fit[c->fit.n++] = c->rows.v[i];
        else
            test[c->test.n++] = c->rows.v[i];
    }
    return 0;
}

/* The test counts items, and each is one draw from the stream that is promised for. */
static int check_weights(const struct calibrating *c, struct az_error *err)
{
    const struct az_sample *s = &c->corpus.sample;
    if (az_weights_equal(s->weights, s->n_items))
        return 0;
    const char *option = c->promises.risk > 0 ? "risk" : "conformal";
    az_fail(err, AZ_EUSAGE, "--%s needs labels that were drawn with equal chances", option);
    az_hint(err, "Take a random sample (assize label --uniform 100), or leave --%s out.", option);
    return AZ_EUSAGE;
}

static bool promises(const struct calibrating *c)
{
    return c->promises.risk > 0 || c->promises.conformal > 0;
}

/* Rationales, where they help; what is promised is tested with what is used. */
static int reason(struct calibrating *c, struct az_error *err)
{
    struct az_reasoned *by = &c->reasoned;
    uint64_t seed = (uint64_t)c->options->seed;
    if (strcmp(c->learner, "votes") == 0) /* who counts, counts what was cast */
        return 0;
    int r = az_reasoned_try(by, &c->design, c->fit, seed, err);
    if (r == 0)
        r = az_reasoned_panel(by, c->learner, &c->corpus.sample, &c->design, seed, err);
    if (r < 0 || !by->used)
        return r;
    if (by->rows.n != c->rows.n) /* else they are the same, in the same order */
        return 0;
    snprintf(c->with_reasons, sizeof(c->with_reasons), "%s, reasons read", c->learner);
    return az_methods_put(&c->methods, c->with_reasons, &c->design, c->rows, by->p, err);
}

/* Votes with a map of their own, and what was asked for; each scored out of fold. */
static int compare(struct calibrating *c, struct az_error *err)
{
    static const char *const others[] = {"votes", "single", "logodds"};
    uint64_t seed = (uint64_t)c->options->seed;
    int r = az_maps_add(&c->maps, "votes", &c->design, c->rows, seed, err);
    for (size_t i = 0; r == 0 && i < AZ_LEN(others); i++) {
        if (strcmp(others[i], c->learner) != 0)
            r = az_methods_add(&c->methods, others[i], &c->design, c->rows, seed, err);
    }
    if (r < 0 || strcmp(c->learner, "votes") == 0)
        return r < 0 ? r : az_methods_add(&c->methods, "votes", &c->design, c->rows, seed, err);
    r = az_maps_add(&c->maps, c->learner, &c->design, c->rows, seed, err);
    return r < 0 ? r
                 : az_methods_put(&c->methods, c->learner, &c->design, c->rows,
                                  c->maps.v[c->maps.n - 1].mapped.raw, err);
}

/* The map goes with the model: from the same items. */
static int learn_map(struct calibrating *c, struct az_error *err)
{
    c->map = &c->maps.v[c->maps.n - 1].mapped;
    if (c->fit.n == c->rows.n)
        return 0;
    int r = az_mapped_fit(c->learner, &c->design, c->fit, (uint64_t)c->options->seed, &c->own, err);
    c->map = &c->own;
    return r;
}

/* The panel's mean as a run has it (score.c), beside the true score. Returns how many. */
static size_t means(const struct calibrating *c, double *x, double *y, double *w,
                    uint64_t *clusters)
{
    const struct az_sample *s = &c->corpus.sample;
    size_t n = 0;
    for (size_t i = 0; i < s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(s, i);
        double sum = 0, weight = 0;
        for (size_t v = 0; v < votes.n; v++) {
            double of = c->panel.judges[votes.v[v].judge].weight;
            sum += of * az_corpus_number(s, &votes.v[v]);
            weight += of;
        }
        if (!s->has_true_score[i] || !(weight > 0))
            continue;
        x[n] = sum / weight;
        y[n] = s->true_scores[i];
        w[n] = s->weights[i];
        clusters[n++] = s->clusters[i];
    }
    return n;
}

static int learn_scores(struct calibrating *c, struct az_error *err)
{
    size_t n = az_corpus_n(&c->corpus);
    AZ_AUTO_MEM double *x = az_alloc((3 * n + 1) * sizeof(*x));
    AZ_AUTO_MEM uint64_t *clusters = az_alloc((n + 1) * sizeof(*clusters));
    if (!x || !clusters)
        return az_oom(err);
    size_t found = means(c, x, x + n, x + 2 * n, clusters);
    int r = az_score_map_fit(x, x + n, x + 2 * n, clusters, found, (uint64_t)c->options->seed,
                             &c->scores);
    return r < 0 ? az_oom(err) : 0;
}

/* NULL: nothing was tried. */
static const struct az_calibrator *map_of(const struct calibrating *c)
{
    if (c->mean)
        return NULL;
    bool as_cast = !c->reasoned.used; /* it was chosen for votes without rationales */
    return c->map->reason || *c->model->reason || !as_cast ? NULL : &c->map->map;
}

static int learn(struct calibrating *c, struct az_error *err)
{
    uint64_t seed = (uint64_t)c->options->seed;
    int r = compare(c, err);
    if (r == 0 && az_honest_finish(c->over_all, c->learner, true, seed, &c->honest) < 0)
        r = az_oom(err);
    if (r == 0 && promises(c))
        r = split(c, err);
    if (r == 0)
        r = learn_map(c, err);
    if (r == 0 && c->mean)
        r = learn_scores(c, err);
    if (r == 0)
        r = reason(c, err);
    /* Judges are held against votes as they were cast, the panel against what it decides. */
    const struct az_sample *s = &c->corpus.sample;
    if (r == 0 && !c->mean && az_weights_equal(s->weights, s->n_items) &&
        az_reference_of(&c->design, c->rows, c->methods.p, seed, &c->reference) < 0)
        return az_oom(err);
    if (r == 0 && c->reasoned.used &&
        az_reasoned_say(&c->reasoned, &c->design, AZ_OFFER_NO_FOLD) < 0)
        return az_oom(err);
    if (r == 0)
        r = az_learn(c->learner, &c->design, c->fit, seed, &c->model, err);
    if (r == 0 && c->promises.risk > 0 &&
        az_promises_plan(&c->promises, c->learner, &c->design, c->fit, c->test, seed) < 0)
        return az_oom(err);
    if (r == 0 && promises(c) &&
        az_promises_test(&c->promises, c->model, map_of(c), &c->design, c->test, seed) < 0)
        return az_oom(err);
    return r;
}

/* ---- telling ---- */

static int write_out(const struct calibrating *c, struct az_error *err)
{
    AZ_AUTO_BUF b = az_buf(CALIBRATION_MAX);
    AZ_AUTO_BUF figures = az_buf(CALIBRATION_MAX);
    az_calibrate_json(&figures, &c->methods, &c->maps, c->mean ? &c->scores : NULL, &c->reasoned,
                      &c->honest);
    struct az_calibration_tested tested = {.map = map_of(c),
                                           .scores = c->mean ? &c->scores.map : NULL,
                                           .guarantees = &c->promises.guarantee,
                                           .n_guarantees = c->promises.risk > 0,
                                           .sets = &c->promises.sets,
                                           .n_sets = c->promises.conformal > 0,
                                           .reference = &c->reference};
    az_calibration_write(&b, &c->panel, c->model, c->reasoned.used ? c->reasoned.models : NULL,
                         &tested, az_buf_view(&figures));
    az_buf_char(&b, '\n');
    int r = az_buf_check(&figures, err);
    if (r == 0)
        r = az_buf_check(&b, err);
    return r < 0 ? r : az_file_write(c->options->out, az_buf_view(&b), err);
}

static void tell(const struct calibrating *c)
{
    AZ_AUTO_BUF b = az_buf(1 << 20);
    struct az_calibrate_told told = {.methods = &c->methods,
                                     .reasoned = &c->reasoned,
                                     .maps = &c->maps,
                                     .map = c->map,
                                     .scores = c->mean ? &c->scores : NULL,
                                     .kind = c->kind,
                                     .model = c->model,
                                     .panel = &c->panel,
                                     .honest = &c->honest,
                                     .labelled = (int64_t)c->rows.n,
                                     .early = c->early,
                                     .promises = &c->promises,
                                     .reference = &c->reference,
                                     .fitted = (int64_t)c->fit.n,
                                     .path = c->options->out};
    az_calibrate_text(&b, &told, az_terminal_columns(2, COLUMNS));
    fputs(b.p ? b.p : "", stderr);
}

/* ---- the command ---- */

static int read_options(struct calibrating *c, struct az_error *err)
{
    const char *kinds[AZ_AGG_STACK - AZ_AGG_AUTO + 4] = {az_aggregate_name(AZ_AGG_MAJORITY),
                                                         az_aggregate_name(AZ_AGG_MEAN)};
    const struct options *o = c->options;
    bool known = false;
    for (size_t i = 0; i + 3 < AZ_LEN(kinds); i++)
        kinds[i + 2] = az_aggregate_name(AZ_AGG_AUTO + (enum az_aggregate_kind)i);
    c->kind = o->kind ? o->kind : "auto";
    c->mean = strcmp(c->kind, kinds[1]) == 0;
    c->learner = c->mean || strcmp(c->kind, kinds[0]) == 0 ? "votes" : c->kind;
    c->promises.delta = 0.05;
    for (size_t i = 0; kinds[i]; i++)
        known = known || strcmp(kinds[i], c->kind) == 0;
    if (!known) {
        az_fail(err, AZ_EUSAGE, "unknown --kind '%.40s'", c->kind);
        az_keys_hint(err, az_str(c->kind), kinds);
        return AZ_EUSAGE;
    }
    if (o->delta && !o->risk)
        return az_fail(err, AZ_EUSAGE, "--delta needs --risk");
    if (c->mean && (o->risk || o->conformal))
        return az_fail(err, AZ_EUSAGE, "--%s needs a probability, and a mean of scores has none",
                       o->risk ? "risk" : "conformal");
    int r = o->risk ? az_calibrated_share("risk", o->risk, &c->promises.risk, err) : 0;
    if (r == 0 && o->conformal)
        r = az_calibrated_share("conformal", o->conformal, &c->promises.conformal, err);
    return r < 0 || !o->delta ? r : az_calibrated_share("delta", o->delta, &c->promises.delta, err);
}

static void release(struct calibrating *c)
{
    az_reasoned_release(&c->reasoned);
    az_methods_release(&c->methods);
    az_honest_figures_release(&c->honest);
    az_honest_free(c->over_all);
    az_reference_release(&c->reference);
    az_maps_release(&c->maps);
    az_mapped_release(&c->own);
    az_score_map_release(&c->scores.map);
    az_model_free(c->model);
    az_design_release(&c->design);
    az_corpus_release(&c->corpus);
    free(c->room);
}

static int calibrate(const struct options *o, const char *panel, const char *const *paths, size_t n)
{
    struct az_sources_options with = {.panel = panel, .items = o->items, .gold = o->gold};
    struct calibrating c = {.options = o};
    AZ_AUTO(sources) s = NULL;
    struct az_error err = {0};
    int r = read_options(&c, &err);
    if (r == 0)
        r = az_out_check(o->out, &err);
    if (r == 0)
        r = az_sources_open(paths, n, &with, &s, &err);
    if (r == 0)
        r = gather(&c, s, &err);
    if (r == 0)
        r = promises(&c) ? check_weights(&c, &err) : 0;
    if (r == 0)
        r = learn(&c, &err);
    if (r == 0)
        r = write_out(&c, &err);
    if (r == 0) {
        az_sources_tell(s);
        tell(&c);
    }
    release(&c);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : AZ_EXIT_OK;
}

static int run(int argc, char **argv)
{
    static const char example[] = "assize calibrate ITEMS.PANEL.assize --gold gold.jsonl -o c.json";
    struct options o = {0};
    struct az_source_args args;
    struct az_error err = {0};
    int r = az_source_args(table, argc, argv, &o, "calibrate wants a SOURCE", example, &args, &err);
    if (r == 0 && !o.out) {
        r = az_fail(&err, AZ_EUSAGE, "calibrate wants -o FILE");
        az_hint(&err, "%s", example);
    }
    return r < 0 ? az_report(&err, az_exit_of(&err))
                 : calibrate(&o, args.panel, args.paths, args.n);
}

const struct az_command az_cmd_calibrate = {
    .name = "calibrate",
    .args = "[PANEL] SOURCE... -o FILE",
    .summary = "weights earned on items with true answers, for a panel to decide by",
    .more = "What it prints of itself was scored on items that it had not seen. Without ten\n"
            "labelled items nothing is learnt, and it says so. Judges' rationales are read\n"
            "where there are fifty labelled ones and that is better beyond its error. With\n"
            "--risk or --conformal it learns from half of the labels and tests the promise\n"
            "on the other half.",
    .options = table,
    .run = run,
};
