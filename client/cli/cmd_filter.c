/* assize filter PANEL: JSONL on stdin, the kept lines on stdout. */
#include <stdatomic.h>

#include "client/cli/command.h"
#include "client/cli/io_job.h"
#include "client/cli/io_twins.h"
#include "client/cli/io_window.h"
#include "client/cli/keep.h"
#include "coordinator/io_results.h"
#include "core/verdict.h"

enum { WINDOW_LINES = 16384, WINDOW_BYTES = 64 << 20 };

struct options {
    struct az_job_options job;
    const char *keep, *annotate, *rejects, *json_summary;
    bool strict;
};

static const struct az_opt table[] = {
    {"keep", 'k', AZ_OPT_STRING, offsetof(struct options, keep), "EXPR",
     "which lines pass: 'score >= 4 and share > 0.6' (default: the question's pass)", 0},
    {"annotate", 'a', AZ_OPT_STRING, offsetof(struct options, annotate), "FIELD",
     "add the verdict to each line as this field", 0},
    {"rejects", 0, AZ_OPT_STRING, offsetof(struct options, rejects), "FILE",
     "lines that do not pass go here", 0},
    AZ_JOB_OPTIONS(struct options, job),
    {"gold", 0, AZ_OPT_STRING, offsetof(struct options, job.gold), "FILE",
     "true answers by id (JSONL or CSV: id, gold)", 0},
    {"json-summary", 0, AZ_OPT_STRING, offsetof(struct options, json_summary), "FILE",
     "the summary as JSON", 0},
    {"strict", 0, AZ_OPT_FLAG, offsetof(struct options, strict), NULL,
     "a bad line stops the filter", 0},
    {0},
};

struct filter {
    const struct options *options;
    struct az_job job;
    struct az_expr *keep;
    struct az_window_out *window;
    _Atomic(struct az_coordinator *) coordinator;
    struct az_summary *summary;
    struct az_store_reader *reader; /* of the input thread, with --job */
    struct az_twins *twins;
    int summary_code; /* negative: the summary was lost, `summary_error` says why */
    struct az_error summary_error;
    int64_t lines[AZ_FAILED + 1]; /* by status; under the twins' lock */
};

/* The one place where a verdict becomes a line's fate. Under the twins' lock. */
static void settle(struct filter *f, int64_t line, const struct az_item *item,
                   const struct az_verdict *verdict, struct az_ballots ballots)
{
    AZ_AUTO_BUF json = az_buf(AZ_BUF_MAX);
    if (f->keep || f->options->annotate)
        az_verdict_print(&json, f->job.panel, item, verdict, ballots, true);
    struct az_str text = json.n && !json.failed ? az_buf_view(&json) : (struct az_str){0};
    f->lines[verdict->status]++;
    /* `not (score >= 4)` holds where there is no score: that is no judgement. */
    bool judged = verdict->status == AZ_DECIDED || verdict->status == AZ_ABSTAINED;
    bool keep = judged && az_keep(f->keep, f->job.panel, item, verdict, text);
    az_window_out_settle(f->window, line, keep ? AZ_FATE_KEEP : AZ_FATE_REJECT,
                         f->options->annotate ? text : (struct az_str){0});
}

static void on_done(void *arg, const struct az_done *done)
{
    struct filter *f = arg;
    if (f->summary_code == 0)
        f->summary_code = az_summary_add(f->summary, done->item, &done->verdict, done->ballots,
                                         &f->summary_error);
    az_twins_lock(f->twins);
    int64_t line = done->item->line;
    do {
        settle(f, line, done->item, &done->verdict, done->ballots);
        line = az_twins_take(f->twins, done->item->id);
    } while (line);
    az_twins_unlock(f->twins);
}

static bool on_line(void *arg, const struct az_line *line)
{
    struct filter *f = arg;
    return az_window_out_add(f->window, line);
}

struct earlier {
    struct filter *filter;
    int64_t line;
};

static int settle_earlier(void *arg, const struct az_case *c, struct az_error *err)
{
    struct earlier *e = arg;
    if (c->verdict.status == AZ_OPEN)
        return 1;
    settle(e->filter, e->line, c->item, &c->verdict, c->ballots);
    return 0;
}

/* Decided by an earlier run, or the same item as a line before. */
static void settle_again(struct filter *f, int64_t line, struct az_str id)
{
    struct earlier e = {f, line};
    struct az_error err = {0};
    az_twins_lock(f->twins);
    int r = az_store_one(f->reader, f->job.panel, id, settle_earlier, &e, &err);
    if (r && az_twins_add(f->twins, id, line) < 0)
        az_window_out_settle(f->window, line, AZ_FATE_REJECT, (struct az_str){0});
    az_twins_unlock(f->twins);
}

/* A line without a verdict of its own. */
static void on_settled(void *arg, int64_t line, bool bad, struct az_str id)
{
    struct filter *f = arg;
    if (id.p && f->reader)
        settle_again(f, line, id);
    else
        az_window_out_settle(f->window, line, bad ? AZ_FATE_REJECT : AZ_FATE_DROP,
                             (struct az_str){0});
}

static void on_begin(void *arg, struct az_coordinator *c)
{
    struct filter *f = arg;
    atomic_store(&f->coordinator, c);
}

static void on_end(void *arg)
{
    struct filter *f = arg;
    az_window_out_close(f->window);
}

static void on_fed(void *arg)
{
    struct filter *f = arg;
    az_store_reader_free(AZ_TAKE(f->reader));
}

static void on_output_failed(void *arg)
{
    struct filter *f = arg;
    struct az_coordinator *c = atomic_load(&f->coordinator);
    if (c)
        az_coordinator_stop(c);
}

static void tell(struct filter *f)
{
    if (f->options->job.quiet)
        return;
    struct az_window_counts c = az_window_out_counts(f->window);
    int64_t all = c.kept + c.rejected;
    az_say("kept %lld of %lld lines (%.1f%%); %lld abstained, %lld failed, %lld bad, %lld left",
           (long long)c.kept, (long long)all, all ? 100.0 * (double)c.kept / (double)all : 0.0,
           (long long)f->lines[AZ_ABSTAINED], (long long)f->lines[AZ_FAILED],
           (long long)f->job.fed.bad, (long long)f->lines[AZ_OPEN] + (long long)c.left);
}

/* With a job its store knows best, earlier runs included. */
static int write_summary(struct filter *f, struct az_error *err)
{
    const char *dir = f->options->job.job, *path = f->options->json_summary;
    AZ_AUTO(summary) of_job = NULL;
    int r = f->summary_code;
    if (dir) {
        r = az_job_results(&f->job, dir, NULL, 0, false, &of_job, err);
    } else if (r < 0) {
        *err = f->summary_error;
    } else {
        struct az_summary_extra extra = az_job_extra(&f->job);
        r = az_summary_finish(f->summary, &extra, err);
    }
    return r < 0 || !path ? r : az_summary_write(dir ? of_job : f->summary, path, err);
}

static int exit_code(const struct filter *f)
{
    if (f->job.nobody_answered)
        return AZ_EXIT_NOBODY;
    if (f->job.end != AZ_JOB_DONE || f->lines[AZ_OPEN])
        return AZ_EXIT_UNFINISHED;
    if (f->job.input_code)
        return f->job.input_code;
    return f->lines[AZ_FAILED] || f->job.fed.bad ? AZ_EXIT_ITEMS : AZ_EXIT_OK;
}

static int filter_lines(struct filter *f)
{
    struct az_job_sink sink = {
        .done = on_done, .begin = on_begin, .end = on_end, .fed = on_fed, .arg = f};
    sink.feed = (struct az_feed_config){.path = "-",
                                        .stored = f->options->job.job,
                                        .limit = -1,
                                        .sample = 1,
                                        .sample_n = -1,
                                        .strict = f->options->strict,
                                        .line = on_line,
                                        .settled = on_settled};
    if (!f->options->job.quiet)
        az_say_promises(f->job.panel);
    int code = az_job_run(&f->job, &sink);
    atomic_store(&f->coordinator, NULL);
    struct az_error err = {0};
    if (az_window_out_finish(f->window, &err) < 0)
        return az_report(&err, AZ_EXIT_OUTPUT);
    if (code)
        return code;
    if (f->job.end == AZ_JOB_BACKEND)
        az_say("backend '%s' stopped: %s", f->job.counts.stopped, f->job.stopped_why);
    if (f->job.end == AZ_JOB_BROKE)
        az_say("limits.usd is spent, but for less than a call may cost");
    if (f->job.end == AZ_JOB_DONE && f->job.nobody_answered)
        az_say("not one judge answered; %s", f->job.nobody_why);
    tell(f);
    if (write_summary(f, &err) < 0)
        return az_report(&err, az_exit_of(&err));
    return exit_code(f);
}

static int open_ends(struct filter *f, struct az_out **kept, struct az_out **rejects,
                     struct az_error *err)
{
    int r = az_out_open("-", AZ_OUT_STREAM, kept, err);
    if (r == 0 && f->options->rejects)
        r = az_out_open(f->options->rejects, AZ_OUT_STREAM, rejects, err);
    if (r == 0 && f->options->job.job)
        r = az_store_reader_open(f->job.store, &f->reader, err);
    f->summary = az_summary_new(f->job.panel);
    f->twins = az_twins_new();
    if (r == 0 && (!f->summary || !f->twins))
        r = az_oom(err);
    struct az_window_config window = {.kept = *kept,
                                      .rejects = *rejects,
                                      .annotate = f->options->annotate,
                                      .max_lines = WINDOW_LINES,
                                      .max_bytes = WINDOW_BYTES,
                                      .failed = on_output_failed,
                                      .arg = f};
    return r < 0 ? r : az_window_out_start(&window, &f->window, err);
}

static int check_ends(const struct options *o)
{
    struct az_error err = {0};
    int r = o->rejects ? az_out_check(o->rejects, &err) : 0;
    if (r == 0 && o->json_summary)
        r = az_out_check(o->json_summary, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : 0;
}

static int filter_with(const struct options *o, const char *panel, struct az_expr *keep)
{
    struct filter f = {.options = o, .keep = keep, .job.options = o->job};
    AZ_AUTO(out) kept = NULL;
    AZ_AUTO(out) rejects = NULL;
    struct az_error err = {0};
    int code = az_job_read(&f.job, panel);
    if (code == 0 && !keep && f.job.panel->question.pass == AZ_PASS_NONE) {
        az_fail(&err, AZ_EUSAGE, "nothing says which lines pass");
        az_hint(&err, "Give --keep EXPR, or question.pass in the panel.");
        code = az_report(&err, AZ_EXIT_USAGE);
    }
    if (code == 0 && keep && az_keep_check(o->keep, f.job.panel, &err) < 0)
        code = az_report(&err, az_exit_of(&err));
    if (code == 0)
        code = check_ends(o);
    if (code == 0)
        code = az_job_open(&f.job, o->job.job);
    if (code == 0 && open_ends(&f, &kept, &rejects, &err) < 0)
        code = az_report(&err, az_exit_of(&err));
    if (code == 0)
        code = filter_lines(&f);
    az_window_out_free(f.window);
    az_twins_free(f.twins);
    az_store_reader_free(f.reader);
    az_summary_free(f.summary);
    az_job_close(&f.job);
    return code;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    AZ_AUTO(expr) keep = NULL;
    int r = az_options_parse(table, argc, argv, &o, args, 1, &n, &err);
    if (r == 0 && n < 1) {
        r = az_fail(&err, AZ_EUSAGE, "filter wants a panel");
        az_hint(&err, "assize filter PANEL.yaml < items.jsonl > kept.jsonl");
    }
    if (r == 0 && o.keep && az_expr_parse(o.keep, az_keep_fields, &keep, &err) < 0) {
        az_wrap(&err, "--keep");
        r = err.code = AZ_EUSAGE;
    }
    if (r < 0)
        return az_report(&err, az_exit_of(&err));
    return filter_with(&o, args[0], keep);
}

const struct az_command az_cmd_filter = {
    .name = "filter",
    .args = "PANEL [--keep EXPR]",
    .summary = "JSONL on stdin; the lines that pass on stdout, as they were",
    .more = "Lines come out byte for byte and in order, while others are still judged. What\n"
            "could not be judged does not pass and is counted.",
    .options = table,
    .run = run,
};
