/* assize run PANEL ITEMS: a panel votes on a file of items, end to end. */
#include "client/cli/command.h"
#include "client/cli/expr.h"
#include "client/cli/io_job.h"
#include "client/cli/io_panel.h"
#include "client/cli/io_stream.h"
#include "client/cli/io_terminal.h"
#include "client/cli/summary.h"
#include "coordinator/io_results.h"
#include "core/io_file.h"
#include "core/json.h"

struct options {
    struct az_job_options job;
    const char *out, *json_summary, *sample, *max_failed, *require;
    int64_t limit;
    bool retry_failed, strict, brief;
};

static const struct az_opt table[] = {
    {"output", 'o', AZ_OPT_STRING, offsetof(struct options, out), "VERDICTS",
     "a copy of the verdicts, in item order; - is stdout", 0},
    AZ_JOB_OPTIONS(struct options, job),
    {"limit", 'n', AZ_OPT_INT, offsetof(struct options, limit), "N", "the first N items only", 1},
    {"sample", 0, AZ_OPT_STRING, offsetof(struct options, sample), "N|P%",
     "N items, or a share of them, drawn by id and --seed", 0},
    {"gold", 0, AZ_OPT_STRING, offsetof(struct options, job.gold), "FILE",
     "true answers by id (JSONL or CSV: id, gold)", 0},
    {"json-summary", 0, AZ_OPT_STRING, offsetof(struct options, json_summary), "FILE",
     "the summary as JSON; - is stdout", 0},
    {"retry-failed", 0, AZ_OPT_FLAG, offsetof(struct options, retry_failed), NULL,
     "ask again what failed before", 0},
    {"strict", 0, AZ_OPT_FLAG, offsetof(struct options, strict), NULL, "a bad line stops the job",
     0},
    {"brief", 0, AZ_OPT_FLAG, offsetof(struct options, brief), NULL,
     "verdicts without their ballots", 0},
    {"max-failed", 0, AZ_OPT_STRING, offsetof(struct options, max_failed), "P%",
     "so many failures are no failure of the job", 0},
    {"require", 0, AZ_OPT_STRING, offsetof(struct options, require), "EXPR",
     "exit 1 unless the summary is so: 'panel.accuracy >= 0.8'", 0},
    {0},
};

/* ---- the arguments that are numbers with a unit ---- */

static bool read_percent(const char *text, double *share)
{
    struct az_str s = az_str(text);
    double percent;
    if (!az_str_ends(s, "%") || !az_str_double((struct az_str){s.p, s.n - 1}, &percent) ||
        percent < 0 || percent > 100)
        return false;
    *share = percent / 100;
    return true;
}

static int read_sample(const char *text, struct az_feed_config *feed, struct az_error *err)
{
    if (!text || read_percent(text, &feed->sample) ||
        (az_str_int(az_str(text), &feed->sample_n) && feed->sample_n >= 1))
        return 0;
    az_fail(err, AZ_EUSAGE, "'--sample %s': expected a number or a share", text);
    az_hint(err, "For example --sample 500 or --sample 10%%.");
    return AZ_EUSAGE;
}

static int read_max_failed(const char *text, double *share, struct az_error *err)
{
    *share = 0;
    if (!text || read_percent(text, share))
        return 0;
    az_fail(err, AZ_EUSAGE, "'--max-failed %s': expected a share", text);
    az_hint(err, "For example --max-failed 1%%.");
    return AZ_EUSAGE;
}

/* ---- --require: over summary.json ---- */

static const char *const require_fields[] = {
    "items",
    "decided",
    "abstained",
    "failed",
    "left",
    "bad_lines",
    "seconds",
    "usd",
    "tokens_in",
    "tokens_out",
    "calls.made",
    "calls.cached",
    "calls.retried",
    "calls.saved",
    "pass_rate.value",
    "pass_rate.low",
    "pass_rate.high",
    "pass_rate.n",
    "mean.value",
    "mean.low",
    "mean.high",
    "mean.n",
    "panel.accuracy",
    "panel.accuracy_shared",
    "panel.kappa",
    "panel.kappa_n",
    "panel.mae",
    "panel.pearson",
    "panel.low",
    "panel.high",
    "panel.n",
    "agreement.alpha",
    "agreement.percent",
    "agreement.kappa",
    "agreement.effective_votes",
    "agreement.effective_votes_n",
    "agreement.low",
    "agreement.high",
    "agreement.n",
    NULL,
};

static struct az_value summary_field(void *arg, const char *path)
{
    return az_value_of(az_jv_path(arg, path));
}

static bool require_holds(const struct az_summary *s, const struct az_expr *e)
{
    AZ_AUTO_BUF json = az_buf(AZ_BUF_MAX);
    AZ_AUTO(json) doc = NULL;
    az_summary_json(&json, s);
    if (json.failed || az_json_parse(az_buf_view(&json), &doc, NULL) < 0)
        return false;
    return az_expr_holds(e, summary_field, (void *)az_json_root(doc));
}

/* ---- the end ---- */

static void tell_end(const struct az_job *job)
{
    switch (job->end) {
    case AZ_JOB_BACKEND:
        az_say("backend '%s' stopped: %s", job->counts.stopped, job->counts.stopped_why);
        break;
    case AZ_JOB_BROKE:
        az_say("limits.usd is spent, but for less than a call may cost; raise it (--set "
               "limits.usd=…) and run the same command");
        break;
    case AZ_JOB_TIME:
        az_say("limits.job_s is up; the same command goes on");
        break;
    case AZ_JOB_STOPPED:
        az_say("stopped; the same command goes on where it was");
        break;
    case AZ_JOB_FAILED: /* told as an error */
        break;
    case AZ_JOB_DONE:
        if (job->nobody_answered)
            az_say("not one judge answered; %s", job->nobody_why);
        break;
    }
    if (job->fed.doubles)
        az_say("%lld line%s an earlier item: judged once", (long long)job->fed.doubles,
               job->fed.doubles == 1 ? " repeats" : "s repeat");
    if (job->fed.unknown_gold)
        az_say("%lld item%s a gold answer that is none of the question's: not compared",
               (long long)job->fed.unknown_gold, job->fed.unknown_gold == 1 ? " has" : "s have");
    if (job->golds && job->fed.items + job->fed.known && !job->fed.in_golds)
        az_say("--gold '%s': none of its ids is an item's", job->options.gold);
}

/* As a shell reads it. */
static void put_word(struct az_buf *b, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=,+@%";
    if (*word && !word[strspn(word, plain)]) {
        az_buf_fmt(b, " %s", word);
        return;
    }
    az_buf_z(b, " '");
    for (; *word; word++) {
        if (*word == '\'')
            az_buf_z(b, "'\\''");
        else
            az_buf_char(b, *word);
    }
    az_buf_char(b, '\'');
}

static void put_option(struct az_buf *b, const char *option, const char *value)
{
    if (!value)
        return;
    az_buf_fmt(b, " %s", option);
    put_word(b, value);
}

/* With the options that decide what is asked and what it may cost: without its
 * --set limits.usd=1 the same panel may spend more. */
static void put_run(struct az_buf *b, const struct az_job_options *o, const char *panel,
                    const char *items)
{
    az_buf_z(b, "assize run");
    put_word(b, panel);
    put_word(b, items);
    put_option(b, "--job", o->job);
    put_option(b, "--backends", o->backends);
    put_option(b, "--env-file", o->env_file);
    put_option(b, "--cache", o->cache);
    put_option(b, "--gold", o->gold);
    for (size_t i = 0; i < o->set.n; i++)
        put_option(b, "--set", o->set.v[i]);
}

static void next_command(struct az_buf *b, const struct az_job *job,
                         const struct az_summary_figures *f, const struct options *o,
                         const char *panel, const char *items, const char *dir)
{
    bool open = f->left || job->end != AZ_JOB_DONE;
    if (!f->items && job->fed.bad) {
        az_buf_z(b, "assize check");
        put_word(b, panel);
        put_word(b, items);
    } else if (open || f->failed) {
        put_run(b, &o->job, panel, items);
        az_buf_z(b, open ? "" : " --retry-failed");
    } else {
        az_buf_z(b, "assize show");
        put_word(b, dir);
        az_buf_z(b, " ID");
    }
}

static int exit_code(const struct az_job *job, const struct az_summary_figures *f,
                     double max_failed)
{
    int64_t failed = f->failed + job->fed.bad;
    int64_t all = f->items + job->fed.bad;
    if (job->end == AZ_JOB_DONE && job->nobody_answered && !f->decided && !f->abstained)
        return AZ_EXIT_NOBODY;
    if (job->end != AZ_JOB_DONE || (f->left && !job->input_code))
        return AZ_EXIT_UNFINISHED;
    if (job->input_code)
        return job->input_code;
    if (failed && (double)failed > max_failed * (double)all)
        return AZ_EXIT_ITEMS;
    return AZ_EXIT_OK;
}

/* ---- -o -: verdicts while it runs ---- */

struct streaming {
    const struct options *options;
    const struct az_job *job;
    struct az_coordinator *coordinator;
    struct az_stream *stream; /* NULL: nothing is streamed */
    int64_t next;             /* the first item that is not out */
    int code;                 /* of the stream, when it has ended badly */
    struct az_error err;
};

static void on_stream_failed(void *arg)
{
    struct streaming *s = arg;
    az_coordinator_stop(s->coordinator);
}

/* --retry-failed takes verdicts back, so they wait for the end. */
static void on_begin(void *arg, struct az_coordinator *c)
{
    struct streaming *s = arg;
    const struct options *o = s->options;
    if (!o->out || strcmp(o->out, "-") != 0 || o->retry_failed)
        return;
    s->coordinator = c;
    struct az_stream_config config = {.panel = s->job->panel,
                                      .store = s->job->store,
                                      .brief = o->brief,
                                      .failed = on_stream_failed,
                                      .arg = s};
    s->code = az_stream_start(&config, &s->stream, &s->err);
    if (s->code < 0)
        az_coordinator_stop(c);
}

static void on_done(void *arg, const struct az_done *done)
{
    struct streaming *s = arg;
    if (s->stream)
        az_stream_done(s->stream, done->item->seq);
}

static void on_end(void *arg)
{
    struct streaming *s = arg;
    if (s->stream)
        s->code = az_stream_stop(AZ_TAKE(s->stream), &s->next, &s->err);
}

/* ---- what is left behind ---- */

static int write_results(struct az_job *job, const struct options *o, const char *dir,
                         const struct streaming *s, struct az_summary **summary)
{
    struct az_error err = {0};
    int r = az_job_results(job, dir, s->code ? NULL : o->out, s->next, o->brief, summary, &err);
    if (r == 0 && o->json_summary)
        r = az_summary_write(*summary, o->json_summary, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : 0;
}

static int finish(struct az_job *job, const struct options *o, const char *panel, const char *items,
                  const char *dir, double max_failed, const struct az_expr *require,
                  const struct streaming *s)
{
    AZ_AUTO(summary) summary = NULL;
    int code = write_results(job, o, dir, s, &summary);
    if (code)
        return code;
    if (s->code)
        return az_report(&s->err, az_exit_of(&s->err));
    tell_end(job);
    const struct az_summary_figures *f = az_summary_figures(summary);
    if (!o->job.quiet) {
        AZ_AUTO_BUF next = az_buf(1 << 20);
        next_command(&next, job, f, o, panel, items, dir);
        AZ_AUTO_BUF text = az_buf(1 << 20);
        bool color = az_terminal_color(2);
        az_summary_text(&text, summary, az_terminal_columns(2, 100), color,
                        next.failed ? NULL : next.p);
        fputs(text.p ? text.p : "", stderr);
    }
    code = exit_code(job, f, max_failed);
    if (code == AZ_EXIT_OK && require && !require_holds(summary, require)) {
        az_say("--require does not hold: %s", o->require);
        return AZ_EXIT_REQUIRE;
    }
    return code;
}

/* Both ends before anything is made: what cannot be read or written is known
 * before it is paid for. */
static int check_ends(const struct options *o, const char *items)
{
    struct az_error err = {0};
    int r = az_feed_check(items, &err);
    if (r == 0 && o->out)
        r = az_out_check(o->out, &err);
    if (r == 0 && o->json_summary)
        r = az_out_check(o->json_summary, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : 0;
}

static int run_job(const struct options *o, const char *panel, const char *items,
                   const struct az_job_sink *plain, double max_failed,
                   const struct az_expr *require)
{
    char default_dir[4096], p[1024], i[1024];
    az_path_stem(panel, p, sizeof(p));
    az_path_stem(strcmp(items, "-") ? items : "stdin", i, sizeof(i));
    snprintf(default_dir, sizeof(default_dir), "%s.%s.assize", i, p);
    const char *dir = o->job.job ? o->job.job : default_dir;

    struct az_job job = {.options = o->job};
    struct streaming streaming = {.options = o, .job = &job};
    struct az_job_sink sink = *plain;
    sink.arg = &streaming;
    int code = az_job_read(&job, panel);
    if (code == 0)
        code = check_ends(o, items);
    if (code == 0)
        code = az_job_open(&job, dir);
    if (code == 0 && !o->job.quiet)
        az_say_promises(job.panel);
    if (code == 0)
        code = az_job_run(&job, &sink);
    if (code == 0)
        code = finish(&job, o, panel, items, dir, max_failed, require, &streaming);
    az_job_close(&job);
    return code;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[2];
    size_t n;
    struct az_error err = {0};
    int r = az_options_parse(table, argc, argv, &o, args, 2, &n, &err);
    if (r == 0 && n < 2) {
        r = az_fail(&err, AZ_EUSAGE, "run wants a panel and items");
        az_hint(&err, "assize run PANEL.yaml ITEMS.jsonl");
    }
    struct az_job_sink sink = {.done = on_done, .begin = on_begin, .end = on_end};
    sink.feed.path = n == 2 ? args[1] : NULL;
    sink.feed.stored = true;
    sink.feed.limit = o.limit ? o.limit : -1;
    sink.feed.sample = 1;
    sink.feed.sample_n = -1;
    sink.feed.retry_failed = o.retry_failed;
    sink.feed.strict = o.strict;
    double max_failed = 0;
    AZ_AUTO(expr) require = NULL;
    if (r == 0)
        r = read_sample(o.sample, &sink.feed, &err);
    if (r == 0)
        r = read_max_failed(o.max_failed, &max_failed, &err);
    if (r == 0 && o.require && az_expr_parse(o.require, require_fields, &require, &err) < 0) {
        az_wrap(&err, "--require");
        r = err.code = AZ_EUSAGE;
    }
    if (r < 0)
        return az_report(&err, az_exit_of(&err));
    return run_job(&o, args[0], args[1], &sink, max_failed, require);
}

const struct az_command az_cmd_run = {
    .name = "run",
    .args = "PANEL ITEMS",
    .summary = "judge a file of items, go on where it stopped",
    .more = "The job is kept in ITEMS.PANEL.assize/ (or --job DIR): state, verdicts.jsonl and\n"
            "summary.json. The same command again goes on where the last one stopped.\n"
            "The line while it runs ends with how often each judge looks right, the lowest\n"
            "first: by gold where there is some, else by what three or more judges say.",
    .options = table,
    .run = run,
};
