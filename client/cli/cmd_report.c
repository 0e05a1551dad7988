/* assize report SOURCE…: one page that carries everything there is to say. */
#include <stdio.h>
#include <string.h>

#include "client/cli/combined.h"
#include "client/cli/command.h"
#include "client/cli/contested.h"
#include "client/cli/corpus.h"
#include "client/cli/decide.h"
#include "client/cli/elsewhere.h"
#include "client/cli/habits.h"
#include "client/cli/honest.h"
#include "client/cli/io_by.h"
#include "client/cli/io_calibrated.h"
#include "client/cli/io_sources.h"
#include "client/cli/ranking.h"
#include "client/cli/report.h"
#include "client/cli/source_args.h"
#include "core/io_file.h"
#include "core/mem.h"
#include "policies/calibration.h"

enum {
    ITEM_BYTES = 32768,
    PAGE_MAX = 256 << 20,
    NOTES_MAX = 13,
    CONTESTED = 100,
    SUBPANEL_SEED = 1,
    COMBINED_SEED = 0, /* as `calibrate` without --seed: the same figures */
    HONEST_SEED = 0,
    RANKING_SEED = 1,
};

struct options {
    const char *out, *json, *items, *gold, *elsewhere, *title, *rule;
    int64_t contested;
    struct az_calibrated_options by;
};

static const struct az_opt table[] = {
    {"output", 'o', AZ_OPT_STRING, offsetof(struct options, out), "FILE", "the page (report.html)",
     0},
    {"json", 0, AZ_OPT_STRING, offsetof(struct options, json), "FILE",
     "the same figures as JSON, besides the page; - is stdout", 0},
    {"items", 0, AZ_OPT_STRING, offsetof(struct options, items), "ITEMS",
     "the items that the ballots are about: their texts, systems and gold", 0},
    {"gold", 0, AZ_OPT_STRING, offsetof(struct options, gold), "FILE",
     "true answers by id (JSONL or CSV: id, gold)", 0},
    AZ_BY_ROW(struct options, rule),
    {"elsewhere", 0, AZ_OPT_STRING, offsetof(struct options, elsewhere), "SOURCE",
     "labelled items of another job, for the panel's error rates", 0},
    AZ_CALIBRATED_ROWS(struct options, by),
    {"title", 0, AZ_OPT_STRING, offsetof(struct options, title), "TEXT",
     "in place of the panel's name", 0},
    {"contested", 0, AZ_OPT_INT, offsetof(struct options, contested), "N",
     "how many of the most contested items it shows (100)", 0},
    {0},
};

/* Everything that is added up while the items pass by. */
struct reporting {
    const struct options *options;
    bool as_decided; /* one source, and no other panel: its verdicts stand */
    bool who_came;   /* no PANEL: a judge without a ballot on an item has no seat there */
    struct az_panel panel;
    struct az_by by;
    bool decided_here; /* some ballots had no verdict */
    struct az_arena *arena;
    struct az_summary *summary;
    struct az_habits *habits;
    struct az_contested *contested;
    struct az_corpus gold; /* items with a true answer only */
    struct az_subpanels subpanels;
    int64_t (*errors)[AZ_BE_COUNT];
    int64_t left;
    double *cost; /* of a seat */
    bool costs_are_usd;
    struct az_ranking *ranking;
    struct az_ranking_figures ranked;
    struct az_combined combined;
    struct az_honest *over_all;
    struct az_honest_figures honest;
    struct az_report_method methods[AZ_METHODS_MAX + 2];
    size_t n_methods;
    struct az_report_system *systems;
    size_t n_systems;
    const char *notes[NOTES_MAX];
    size_t n_notes;
    char rule[200], drawn[160], over[160]; /* notes with numbers in them */
};

/* ---- items passing by ---- */

static void count_errors(struct reporting *r, struct az_ballots ballots)
{
    for (size_t i = 0; i < ballots.n; i++) {
        const struct az_ballot *b = &ballots.v[i];
        if (b->error && (size_t)b->key.judge < r->panel.n_judges)
            r->errors[b->key.judge][b->error]++;
    }
}

static int add(struct reporting *r, struct az_found *found, const struct az_verdict *verdict,
               struct az_ballots ballots, struct az_error *err)
{
    const struct az_item *item = found->item;
    if (item->gold.n || item->gold.has_number)
        az_summary_weigh(r->summary, found->weight);
    int e = az_summary_add(r->summary, item, verdict, ballots, err);
    if (e == 0)
        e = az_habits_add(r->habits, item, ballots, err);
    if (e == 0)
        e = az_contested_add(r->contested, item, verdict, ballots, err);
    if (e == 0)
        e = az_ranking_add(r->ranking, item, verdict, err);
    if (e == 0)
        e = az_honest_add(r->over_all, item, verdict, ballots, found->weight, err);
    if (e == 0 && (item->gold.n || item->gold.has_number))
        e = az_corpus_add(&r->gold, item, ballots, found->verdict.early && !found->asked_with_gold,
                          err);
    if (e == 0 && (item->gold.n || item->gold.has_number))
        az_corpus_weigh(&r->gold, found->weight);
    count_errors(r, ballots);
    return e;
}

static int add_one(void *arg, struct az_found *found, struct az_error *err)
{
    struct reporting *r = arg;
    struct az_decide_case c = {found->item, found->ballots, found->open, found->asked_with_gold,
                               r->who_came};
    struct az_verdict verdict;
    struct az_ballots ballots;
    if (r->as_decided && found->verdict.status != AZ_OPEN)
        return add(r, found, &found->verdict, found->ballots, err);
    const struct az_panel *panel =
        az_by_rules(&r->by) ? az_by_panel(&r->by, found->item) : &r->panel;
    az_arena_reset(r->arena);
    r->decided_here = true;
    int e = az_decide(panel, &c, r->arena, &verdict, &ballots, err);
    if (e == AZ_DECIDE_LEFT) {
        r->left++;
        return 0;
    }
    return e < 0 ? e : add(r, found, &verdict, ballots, err);
}

static int make_parts(struct reporting *r, const struct az_sources *s, struct az_error *err)
{
    struct az_corpus_options with = {.n_responses = az_sources_n_responses(s)};
    int64_t most = r->options->contested ? r->options->contested : CONTESTED;
    r->arena = az_arena_new(ITEM_BYTES);
    r->summary = az_summary_new(&r->panel);
    r->habits = az_habits_new(&r->panel);
    r->contested = az_contested_new(&r->panel, (size_t)AZ_MIN(most, INT64_C(10000)));
    r->ranking = az_ranking_new(&r->panel);
    r->over_all = az_honest_new(&r->panel, with.n_responses);
    r->errors = az_zalloc((r->panel.n_judges + 1) * sizeof(*r->errors));
    r->cost = az_zalloc((r->panel.n_judges + 1) * sizeof(*r->cost));
    if (!r->arena || !r->summary || !r->habits || !r->contested || !r->ranking || !r->errors ||
        !r->cost || !r->over_all)
        return az_oom(err);
    if (r->who_came)
        az_summary_who_came(r->summary);
    return az_corpus_init(&r->gold, &r->panel, &with, err);
}

/* ---- figures from all of them ---- */

/* Dollars an item where every judge has a price that was paid; else every seat is one. */
static void price_seats(struct reporting *r)
{
    const struct az_summary_figures *f = az_summary_figures(r->summary);
    bool known = f->items > 0;
    for (size_t j = 0; j < f->n_judges; j++)
        known = known && f->judges[j].cost_known && f->judges[j].cost > 0;
    r->costs_are_usd = known;
    for (size_t j = 0; j < f->n_judges; j++)
        r->cost[j] =
            known ? (double)f->judges[j].cost / (double)AZ_NUSD_PER_USD / (double)f->items : 1;
}

static void add_method(struct reporting *r, struct az_report_method m)
{
    az_assert(r->n_methods < AZ_LEN(r->methods));
    r->methods[r->n_methods++] = m;
}

static void add_methods(struct reporting *r)
{
    const struct az_summary_figures *f = az_summary_figures(r->summary);
    struct az_figure none = az_figure_none("not worked out of what was reported", 0);
    if (!f->gold)
        return;
    const char *by = az_aggregate_name(r->panel.aggregate.kind);
    add_method(r, (struct az_report_method){
                      az_by_rules(&r->by) && r->decided_here ? r->by.name : by, "as reported",
                      f->accuracy, f->accuracy_shared, none, none, none, NULL});
    for (size_t i = 0; i < r->combined.methods.n; i++)
        add_method(r, r->combined.methods.v[i]);
    if (!r->combined.methods.n && r->subpanels.n_path)
        add_method(r, (struct az_report_method){"one judge", "picked on other items", none,
                                                r->subpanels.path[0].held_out, none, none, none,
                                                NULL});
}

/* Pairs and the best of K are in the summary; scores in the ranking alone. */
static int tell_systems(struct reporting *r, struct az_error *err)
{
    const struct az_summary_figures *f = az_summary_figures(r->summary);
    struct az_figure none = az_figure_none("only pairs are games of two systems", 0);
    size_t n = f->n_systems ? f->n_systems : r->ranked.n;
    r->systems = az_zalloc((n + 1) * sizeof(*r->systems));
    if (!r->systems)
        return az_oom(err);
    for (size_t i = 0; i < f->n_systems; i++)
        r->systems[i] = (struct az_report_system){
            f->systems[i].name, f->systems[i].win_rate.n, f->systems[i].win_rate, none, none, none};
    for (size_t i = 0; i < r->ranked.n; i++) {
        const struct az_ranked *from = &r->ranked.v[i];
        size_t at = 0;
        while (at < f->n_systems && strcmp(r->systems[at].name, from->name) != 0)
            at++;
        if (f->n_systems && at == f->n_systems)
            continue; /* gold alone knows it */
        if (!f->n_systems)
            r->systems[at = i] =
                (struct az_report_system){.name = from->name,
                                          .n = from->n,
                                          .win_rate = az_figure_none("scores are no games", 0)};
        r->systems[at].strength = from->strength;
        r->systems[at].elo = from->elo;
        r->systems[at].mean = from->mean;
    }
    r->n_systems = n;
    return 0;
}

static void note(struct reporting *r, const char *text)
{
    az_assert(r->n_notes < NOTES_MAX);
    r->notes[r->n_notes++] = text;
}

static void note_rule(struct reporting *r)
{
    if (!az_by_rules(&r->by) || !r->decided_here)
        return;
    if (r->by.inferred) {
        snprintf(r->rule, sizeof(r->rule),
                 "The ballots are decided by %s, from the agreement of judges alone; it has no "
                 "probability that could be trusted.",
                 r->by.name);
        note(r, r->rule);
        return;
    }
    snprintf(r->rule, sizeof(r->rule),
             "The ballots are decided by %s, learnt from %lld items with gold; each of these was "
             "decided by models that had not seen it.",
             r->by.name, (long long)r->by.crossed.used);
    note(r, r->rule);
}

static void note_combined(struct reporting *r)
{
    const struct az_combined *c = &r->combined;
    if (r->options->by.calibration && c->methods.n)
        note(r, "The panel decides by a calibration. If that was learnt from these labels, what is "
                "reported looks better than it is; the other aggregations are out of fold.");
    if (c->used == c->labelled)
        return;
    snprintf(r->drawn, sizeof(r->drawn),
             "Aggregations are compared on %lld of the %lld items with gold, drawn at random.",
             (long long)c->used, (long long)c->labelled);
    note(r, r->drawn);
}

static void note_ranking(struct reporting *r)
{
    if (r->ranked.weak_prior)
        note(r, "Some system won or lost every game: strengths have a weak prior, without which "
                "it would have none.");
    if (!r->ranked.over)
        return;
    snprintf(r->over, sizeof(r->over),
             "More than %d systems: the others, seen %lld times, are not ranked.",
             AZ_RANKING_SYSTEMS, (long long)r->ranked.over);
    note(r, r->over);
}

static void take_notes(struct reporting *r)
{
    const struct az_summary_figures *f = az_summary_figures(r->summary);
    if (!f->gold)
        note(r, "No item has gold: nothing here says how often the panel is right. Label some "
                "items (assize label) and make the report again.");
    else if (f->gold < f->items)
        note(r, "Only some items have gold. What it says of all items is under 'Over all items'; "
                "other figures of accuracy are about those that have it. Both hold for the others "
                "as far as the labelled ones were drawn at random, or carry their weights.");
    if (r->honest.weighted)
        note(r, "The labels were drawn with unequal chances. Figures under 'Over all items' and of "
                "aggregations weigh them; other figures of accuracy take them as they come.");
    if (r->left)
        note(r, "The job is not done: what is still asked about is left out.");
    if (f->effective_votes.defined && f->n_judges > 2 &&
        f->effective_votes.value < (double)f->n_judges / 2)
        note(r, "The judges err together: the panel is worth far fewer votes than it has seats.");
    note_rule(r);
    note_combined(r);
    note_ranking(r);
}

/* A fit that runs away costs the report its table, not the report. */
static int combine(struct reporting *r, struct az_error *err)
{
    int e = az_combined(&r->gold, COMBINED_SEED, &r->combined, err);
    if (e == AZ_ENOMEM || e == 0)
        return e;
    az_combined_release(&r->combined);
    note(r, "Aggregations are not compared: the numbers of a fit ran away.");
    return 0;
}

static int work_out(struct reporting *r, const struct az_sources *s, struct az_error *err)
{
    struct az_summary_extra extra = {.bad_lines = az_sources_counts(s).bad_lines, .left = r->left};
    int e = az_summary_finish(r->summary, &extra, err);
    if (e < 0)
        return e;
    price_seats(r);
    if (az_subpanels(&r->gold.sample, r->cost, SUBPANEL_SEED, &r->subpanels) < 0)
        return az_oom(err);
    if (az_ranking_finish(r->ranking, RANKING_SEED, &r->ranked) < 0)
        return az_oom(err);
    if (az_honest_finish(r->over_all, "auto", false, HONEST_SEED, &r->honest) < 0)
        return az_oom(err);
    e = combine(r, err);
    if (e < 0)
        return e;
    add_methods(r);
    take_notes(r);
    return tell_systems(r, err);
}

/* ---- writing ---- */

static int write_out(struct reporting *r, const char *const *paths, size_t n, struct az_error *err)
{
    struct az_report report = {
        .title = r->options->title ? r->options->title : r->panel.name,
        .n_sources = n,
        .n_notes = r->n_notes,
        .sources = paths,
        .notes = r->notes,
        .panel = &r->panel,
        .summary = r->summary,
        .honest = &r->honest,
        .habits = r->habits,
        .subpanels = &r->subpanels,
        .costs_are_usd = r->costs_are_usd,
        .n_methods = r->n_methods,
        .n_systems = r->n_systems,
        .methods = r->methods,
        .systems = r->systems,
        .tau = &r->ranked.tau,
        .weights = r->combined.weights,
        .adds = r->combined.adds,
        .not_fitted = r->combined.reason,
        .errors = r->errors,
        .contested = r->contested,
    };
    AZ_AUTO_BUF json = az_buf(PAGE_MAX);
    AZ_AUTO_BUF page = az_buf(PAGE_MAX);
    if (az_report_json(&json, &report) < 0)
        return az_oom(err);
    az_report_page(&page, az_buf_view(&json));
    az_buf_char(&json, '\n');
    int e = az_buf_check(&json, err);
    if (e == 0)
        e = az_buf_check(&page, err);
    if (e == 0)
        e = az_file_write(r->options->out ? r->options->out : "report.html", az_buf_view(&page),
                          err);
    if (e == 0 && r->options->json)
        e = az_file_write(r->options->json, az_buf_view(&json), err);
    return e;
}

static void tell_drift(const struct reporting *r)
{
    const struct az_watch *w = az_summary_figures(r->summary)->watch;
    for (size_t i = 0; w && i < az_watch_n(w); i++) {
        struct az_watched one = az_watch_at(w, i);
        AZ_AUTO_BUF b = az_buf(1 << 12);
        az_watch_say(&b, w, &one);
        if (one.alarm && b.p)
            az_say("DRIFT: %s", b.p);
    }
}

static void release(struct reporting *r)
{
    az_subpanels_release(&r->subpanels);
    az_corpus_release(&r->gold);
    az_by_release(&r->by);
    az_combined_release(&r->combined);
    az_honest_figures_release(&r->honest);
    az_honest_free(r->over_all);
    az_ranking_free(r->ranking);
    az_contested_free(r->contested);
    az_habits_free(r->habits);
    az_summary_free(r->summary);
    az_arena_free(r->arena);
    free(r->systems);
    free(r->errors);
    free(r->cost);
}

/* What a PANEL, a job or a calibration says is what is reported. */
static int choose_rule(struct reporting *r, struct az_sources *s, struct az_error *err)
{
    const struct options *o = r->options;
    if (!o->by.calibration && az_sources_by_all(s))
        return az_by_learn(s, &r->panel, o->rule, !r->as_decided, &r->by, err);
    if (!o->rule)
        return 0;
    return az_fail(err, AZ_EUSAGE, "--by is for ballots that no panel or calibration decides");
}

static int report(const struct options *o, const char *panel, const char *const *paths, size_t n)
{
    struct az_sources_options with = {.panel = panel, .items = o->items, .gold = o->gold};
    struct reporting r = {
        .options = o, .as_decided = !panel && n == 1 && !o->by.calibration, .who_came = !panel};
    struct az_question question;
    AZ_AUTO(calibration) by = NULL;
    AZ_AUTO(sources) s = NULL;
    struct az_error err = {0};
    int e = az_out_check(o->out ? o->out : "report.html", &err);
    if (e == 0)
        e = az_calibrated_read(&o->by, &by, &err);
    with.question = az_calibrated_question(by, &question);
    if (e == 0)
        e = az_sources_open(paths, n, &with, &s, &err);
    if (e == 0)
        e = az_decide_panel(az_sources_panel(s), false, 0, &r.panel, &err);
    if (e == 0)
        e = az_calibrated_panel(&o->by, by, &r.panel, &err);
    if (e == 0)
        e = choose_rule(&r, s, &err);
    if (e == 0)
        e = make_parts(&r, s, &err);
    if (e == 0)
        e = az_sources_each(s, add_one, &r, &err);
    if (e == 0 && o->elsewhere)
        e = az_elsewhere_add(&(struct az_elsewhere){&r.panel, r.as_decided, r.who_came},
                             o->elsewhere, &with, r.over_all, &err);
    if (e == 0)
        e = work_out(&r, s, &err);
    if (e == 0)
        e = write_out(&r, paths, n, &err);
    if (e == 0) {
        az_sources_tell(s);
        tell_drift(&r);
        az_say("the report is in '%s'", o->out ? o->out : "report.html");
    }
    release(&r);
    return e < 0 ? az_report(&err, az_exit_of(&err)) : AZ_EXIT_OK;
}

static int run(int argc, char **argv)
{
    static const char example[] =
        "A job directory, verdicts or ballots: assize report ITEMS.PANEL.assize";
    struct options o = {0};
    struct az_source_args args;
    struct az_error err = {0};
    int r = az_source_args(table, argc, argv, &o, "report wants a SOURCE", example, &args, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : report(&o, args.panel, args.paths, args.n);
}

const struct az_command az_cmd_report = {
    .name = "report",
    .args = "[PANEL] SOURCE...",
    .summary = "one page: verdicts, judges, agreement, cost, contested items",
    .more = "The page is one file that loads nothing: it works offline, prints, and can be\n"
            "sent. A SOURCE is a job directory, verdicts or a ballots file; nobody is asked\n"
            "anything. Ballots that neither a PANEL nor their job decides are decided as by\n"
            "`assize decide`.",
    .options = table,
    .run = run,
};
