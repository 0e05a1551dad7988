/* assize decide [PANEL] SOURCE…: verdicts from ballots that are there already. */
#include "client/cli/beside.h"
#include "client/cli/command.h"
#include "client/cli/decide.h"
#include "client/cli/io_by.h"
#include "client/cli/io_calibrated.h"
#include "client/cli/io_sources.h"
#include "client/cli/io_terminal.h"
#include "client/cli/source_args.h"
#include "client/cli/summary.h"
#include "coordinator/io_results.h"
#include "core/io_clock.h"
#include "core/io_file.h"
#include "core/verdict.h"
#include "policies/calibration.h"

enum { ITEM_BYTES = 32768, NO_TERMINAL_COLUMNS = 100 };

struct options {
    const char *out, *items, *gold, *json_summary, *rule;
    int64_t round;
    bool brief, quiet;
    struct az_calibrated_options by;
};

static const struct az_opt table[] = {
    {"output", 'o', AZ_OPT_STRING, offsetof(struct options, out), "VERDICTS",
     "the verdicts, in place of stdout", 0},
    {"items", 0, AZ_OPT_STRING, offsetof(struct options, items), "ITEMS",
     "the items that the ballots are about, in the order that is wanted", 0},
    {"gold", 0, AZ_OPT_STRING, offsetof(struct options, gold), "FILE",
     "true answers by id (JSONL or CSV: id, gold)", 0},
    {"round", 0, AZ_OPT_INT, offsetof(struct options, round), "N",
     "as it stood after N rounds of a debate", 1},
    {"json-summary", 0, AZ_OPT_STRING, offsetof(struct options, json_summary), "FILE",
     "the summary as JSON; - is stdout", 0},
    AZ_BY_ROW(struct options, rule),
    AZ_CALIBRATED_ROWS(struct options, by),
    {"brief", 0, AZ_OPT_FLAG, offsetof(struct options, brief), NULL,
     "verdicts without their ballots", 0},
    {"quiet", 'q', AZ_OPT_FLAG, offsetof(struct options, quiet), NULL, "no summary on stderr", 0},
    {0},
};

struct deciding {
    const struct options *options;
    struct az_panel panel;
    bool by_all; /* no PANEL: whoever has a ballot on an item has a seat there */
    struct az_by by;
    struct az_beside beside; /* by what was learnt, and by the majority */
    struct az_summary *summary;
    struct az_out *out;
    struct az_arena *arena;
    struct az_buf line;
    int64_t left;
};

static int write_verdict(struct deciding *d, const struct az_item *item,
                         const struct az_verdict *verdict, struct az_ballots ballots,
                         struct az_error *err)
{
    az_buf_clear(&d->line);
    az_verdict_print(&d->line, &d->panel, item, verdict, ballots, d->options->brief);
    az_buf_char(&d->line, '\n');
    int r = az_buf_check(&d->line, err);
    return r < 0 ? r : az_out_write(d->out, az_buf_view(&d->line), err);
}

static int decide_one(void *arg, struct az_found *found, struct az_error *err)
{
    struct deciding *d = arg;
    struct az_decide_case c = {found->item, found->ballots, found->open, found->asked_with_gold,
                               d->by_all};
    const struct az_panel *panel =
        az_by_rules(&d->by) ? az_by_panel(&d->by, found->item) : &d->panel;
    struct az_verdict verdict;
    struct az_ballots ballots;
    az_arena_reset(d->arena);
    int r = az_decide(panel, &c, d->arena, &verdict, &ballots, err);
    if (r == AZ_DECIDE_LEFT) {
        d->left++;
        return 0;
    }
    if (r == 0)
        r = write_verdict(d, found->item, &verdict, ballots, err);
    if (r == 0 && az_by_rules(&d->by))
        r = az_beside_add(&d->beside, &c, &verdict, ballots, d->arena, err);
    /* Whoever decides it anew, judges that were not asked have not failed. */
    verdict.early |= found->verdict.early;
    if (found->item->gold.n || found->item->gold.has_number)
        az_summary_weigh(d->summary, found->weight);
    return r < 0 ? r : az_summary_add(d->summary, found->item, &verdict, ballots, err);
}

static int decide_all(struct deciding *d, struct az_sources *s, struct az_error *err)
{
    az_ms began = az_clock_ms();
    d->summary = az_summary_new(&d->panel);
    d->arena = az_arena_new(ITEM_BYTES);
    if (!d->summary || !d->arena)
        return az_oom(err);
    if (d->by_all)
        az_summary_who_came(d->summary);
    int r = az_out_open(d->options->out ? d->options->out : "-", AZ_OUT_ATOMIC, &d->out, err);
    if (r == 0)
        r = az_sources_each(s, decide_one, d, err);
    if (r < 0)
        return r;
    struct az_summary_extra extra = {.seconds = (double)(az_clock_ms() - began) / 1000,
                                     .bad_lines = az_sources_counts(s).bad_lines,
                                     .left = d->left,
                                     .beside = az_beside_figures(&d->beside)};
    r = az_summary_finish(d->summary, &extra, err);
    if (r == 0)
        r = az_out_commit(d->out, err);
    if (r == 0 && d->options->json_summary)
        r = az_summary_write(d->summary, d->options->json_summary, err);
    return r;
}

static void tell(const struct deciding *d, const struct az_sources *s)
{
    az_sources_tell(s);
    if (d->left)
        az_say("%lld item%s still asked about by the job: left out", (long long)d->left,
               d->left == 1 ? " is" : "s are");
    if (d->options->quiet)
        return;
    if (d->by.inferred && d->by.unlearnt.method->use == AZ_INFER_RESEARCH)
        az_say("%s is there for research: to compare with, not to decide by", d->by.name);
    if (d->by.reason)
        az_say("decided by the majority: %s", d->by.reason);
    AZ_AUTO_BUF text = az_buf(1 << 20);
    az_summary_text(&text, d->summary, az_terminal_columns(2, NO_TERMINAL_COLUMNS),
                    az_terminal_color(2), NULL);
    fputs(text.p ? text.p : "", stderr);
}

static int exit_code(const struct deciding *d, const struct az_sources *s)
{
    const struct az_summary_figures *f = az_summary_figures(d->summary);
    if (d->left)
        return AZ_EXIT_UNFINISHED;
    return f->failed || az_sources_counts(s).bad_lines ? AZ_EXIT_ITEMS : AZ_EXIT_OK;
}

/* PANEL and a calibration are rules of their own. */
static int check_rule(const struct options *o, const char *panel, struct az_error *err)
{
    if (!o->rule || (!panel && !o->by.calibration))
        return 0;
    return az_fail(err, AZ_EUSAGE, "--by is for ballots without a %s",
                   panel ? "PANEL, which says what decides" : "--calibration");
}

static int choose_rule(struct deciding *d, struct az_sources *s, struct az_error *err)
{
    const struct options *o = d->options;
    if (!d->by_all || o->by.calibration)
        return 0;
    int r = az_by_learn(s, &d->panel, o->rule, true, &d->by, err);
    if (r == 0 && az_by_rules(&d->by))
        az_beside_init(&d->beside, &d->panel, d->by.name, d->by.crossed.used);
    return r;
}

static int decide(const struct options *o, const char *panel, const char *const *paths, size_t n)
{
    struct az_sources_options with = {.panel = panel, .items = o->items, .gold = o->gold};
    struct deciding d = {.options = o, .by_all = !panel, .line = az_buf(4 * AZ_BUF_MAX)};
    struct az_question question;
    AZ_AUTO(calibration) by = NULL;
    AZ_AUTO(sources) s = NULL;
    struct az_error err = {0};
    int r = check_rule(o, panel, &err);
    if (r == 0 && o->out)
        r = az_out_check(o->out, &err);
    if (r == 0)
        r = az_calibrated_read(&o->by, &by, &err);
    with.question = az_calibrated_question(by, &question);
    if (r == 0)
        r = az_sources_open(paths, n, &with, &s, &err);
    if (r == 0)
        r = az_decide_panel(az_sources_panel(s), !panel, (int)o->round, &d.panel, &err);
    if (r == 0)
        r = az_calibrated_panel(&o->by, by, &d.panel, &err);
    if (r == 0)
        r = choose_rule(&d, s, &err);
    if (r == 0)
        r = decide_all(&d, s, &err);
    int code = r < 0 ? az_report(&err, az_exit_of(&err)) : exit_code(&d, s);
    if (r == 0)
        tell(&d, s);
    az_out_free(d.out);
    az_beside_release(&d.beside);
    az_by_release(&d.by);
    az_summary_free(d.summary);
    az_arena_free(d.arena);
    az_buf_release(&d.line);
    return code;
}

static int run(int argc, char **argv)
{
    static const char example[] = "assize decide [PANEL.yaml] SOURCE…";
    struct options o = {0};
    struct az_source_args args;
    struct az_error err = {0};
    int r =
        az_source_args(table, argc, argv, &o, "decide wants a job directory or a file of ballots",
                       example, &args, &err);
    if (r == 0 && o.round > AZ_ROUNDS_MAX)
        r = az_fail(&err, AZ_EUSAGE, "'--round %lld': at most %d", (long long)o.round,
                    AZ_ROUNDS_MAX);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : decide(&o, args.panel, args.paths, args.n);
}

const struct az_command az_cmd_decide = {
    .name = "decide",
    .args = "[PANEL] SOURCE...",
    .summary = "verdicts from ballots that are there already; asks nobody",
    .more = "PANEL ends in .yaml or .yml. Without one all judges who have a ballot on an item\n"
            "decide it: where 20 items have gold by what was learnt from those (auto), no\n"
            "item by a model that has seen it; else by the majority (a score: their mean).\n"
            "A SOURCE is a job directory, a file of verdicts or ballots (JSONL), or a ballots\n"
            "TSV; it is only read, also while the job runs.",
    .options = table,
    .run = run,
};
