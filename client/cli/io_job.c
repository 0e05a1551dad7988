#include "client/cli/io_job.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/io_panel.h"
#include "client/cli/io_progress.h"
#include "coordinator/io_results.h"
#include "core/io_clock.h"
#include "core/io_file.h"
#include "core/io_gold.h"
#include "core/mem.h"

enum { QUEUE_ITEMS = 512, QUEUE_BYTES = 16 << 20, WINDOW_MIN = 1024, WINDOW_MAX = 8192 };

static const char endpoint[] = "inproc://work";

/* ---- signals: the first asks nobody new, the second leaves at once ---- */

static struct az_coordinator *volatile signalled;
static volatile sig_atomic_t signals;

static bool on_terminal; /* the progress line is to be wiped */

static void on_signal(int number)
{
    static const char text[] =
        "\r\033[Kassize: stopping: calls under way are waited for; once more leaves at once\n";
    size_t from = on_terminal ? 0 : strlen("\r\033[K");
    int before = errno;
    if (++signals > 1)
        _exit(AZ_EXIT_INTERRUPTED);
    (void)!write(STDERR_FILENO, text + from, sizeof(text) - 1 - from);
    if (signalled)
        az_coordinator_stop(signalled);
    errno = before;
}

static void catch_signals(struct az_coordinator *c)
{
    signalled = c;
    on_terminal = isatty(STDERR_FILENO);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void leave_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signalled = NULL;
}

/* ---- opening ---- */

bool az_cache_path(const char *option, char *path, size_t size)
{
    if (option && !strcmp(option, "none"))
        return false;
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int n;
    if (option)
        n = snprintf(path, size, "%s", option);
    else if (xdg && *xdg == '/')
        n = snprintf(path, size, "%s/assize/answers.db", xdg);
    else if (home && *home == '/')
        n = snprintf(path, size, "%s/.cache/assize/answers.db", home);
    else
        return false;
    return n > 0 && (size_t)n < size;
}

/* Under a budget every price must be known before the first call. */
static int check_prices(const struct az_panel *panel, struct az_error *err)
{
    for (size_t j = 0; j < panel->n_judges && panel->limits.has_usd; j++) {
        const struct az_judge *judge = &panel->judges[j];
        if (judge->price.known || az_backend_is_local(&panel->backends[judge->backend_at]))
            continue;
        az_fail(err, AZ_EINVAL, "limits.usd is set, and the price of judge '%s' is not known",
                judge->name);
        az_hint(err, "Add to it: usd_per_mtok: {input: …, output: …} (0 for a model of your own).");
        return AZ_EINVAL;
    }
    return 0;
}

/* What the job is about, with templates inlined, beside its state. */
static int write_panel(const struct az_panel *panel, const char *dir, struct az_error *err)
{
    AZ_AUTO_BUF path = az_buf(1 << 16);
    AZ_AUTO_BUF yaml = az_buf(AZ_BUF_MAX);
    az_buf_fmt(&path, "%s/panel.yaml", dir);
    az_panel_print(&yaml, panel, false);
    int r = az_buf_check(&path, err);
    r = r < 0 ? r : az_buf_check(&yaml, err);
    return r < 0 ? r : az_file_write(path.p, az_buf_view(&yaml), err);
}

static int open_store(struct az_job *job, const char *dir, struct az_error *err)
{
    if (!dir)
        return az_store_open_null(&job->store, err);
    int r = az_store_open(dir, AZ_STORE_RUN, job->panel, &job->store, err);
    if (r == 0)
        r = write_panel(job->panel, dir, err);
    AZ_AUTO(store_reader) reader = NULL;
    if (r == 0)
        r = az_store_reader_open(job->store, &reader, err);
    return r < 0 ? r : az_store_totals(reader, &job->before, err);
}

static int read_panel(struct az_job *job, const char *path, struct az_error *err)
{
    const struct az_job_options *o = &job->options;
    int r = o->env_file ? az_env_file_load(o->env_file, err) : 0;
    if (r == 0)
        r = az_panel_load(path, o->backends, &o->set, &job->panel, err);
    if (r < 0)
        return r;
    r = check_prices(job->panel, err);
    if (r == 0)
        r = az_worker_new(job->panel->backends, job->panel->n_backends, &job->worker, err);
    return r < 0 ? az_wrap(err, "panel '%s'", path) : 0;
}

int az_job_read(struct az_job *job, const char *panel_path)
{
    struct az_error err = {0};
    int r = read_panel(job, panel_path, &err);
    if (r < 0) /* a file that is missing here is no input but configuration */
        return az_report(&err, r == AZ_ENOENT || r == AZ_EIO ? AZ_EXIT_CONFIG : az_exit_of(&err));
    if (job->options.gold)
        r = az_golds_read(job->options.gold, &job->golds, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : 0;
}

int az_job_open(struct az_job *job, const char *dir)
{
    struct az_error err = {0};
    if (open_store(job, dir, &err) < 0)
        return az_report(&err, az_exit_of(&err));
    if (az_store_note(job->store))
        az_say("%s", az_store_note(job->store));
    return 0;
}

void az_job_close(struct az_job *job)
{
    az_worker_free(AZ_TAKE(job->worker));
    az_store_free(AZ_TAKE(job->store));
    az_golds_free(AZ_TAKE(job->golds));
    az_panel_free(AZ_TAKE(job->panel));
}

/* ---- running ---- */

struct running {
    struct az_job *job;
    const struct az_job_sink *sink;
    struct az_net *net;
    struct az_queue *queue;
    struct az_feed *feed;
    struct az_worker *worker;
    struct az_coordinator *coordinator;
    struct az_open_job *open;
    struct az_progress_view *view;
    bool begun;           /* the sink was told so, and not yet of the end */
    struct az_error lost; /* code < 0: the store could not be written */
};

static void warn(void *arg, const struct az_error *why)
{
    az_report(why, 0);
}

static void on_done(void *arg, const struct az_done *done)
{
    struct running *run = arg;
    if (run->view)
        az_progress_view_done(run->view, done->item, done->ballots);
    run->sink->done(run->sink->arg, done);
}

static void on_progress(void *arg, const struct az_counts *counts, bool last)
{
    struct running *run = arg;
    if (run->view)
        az_progress_view_show(run->view, counts, az_feed_counts(run->feed), last);
}

/* As many items at once as keep every slot busy. */
static int64_t window_of(const struct az_panel *panel)
{
    int64_t slots = 0;
    for (size_t b = 0; b < panel->n_backends; b++)
        slots += panel->backends[b].slots;
    return AZ_MIN(AZ_MAX(slots * 4, (int64_t)WINDOW_MIN), (int64_t)WINDOW_MAX);
}

/* Calls under way over all backends; 0 = the sum of theirs. */
static int slots_of(const struct az_job *job)
{
    int64_t asked = job->options.slots, limit = job->panel->limits.slots;
    return (int)(asked && limit ? AZ_MIN(asked, limit) : AZ_MAX(asked, limit));
}

static int start_worker(struct running *run, struct az_error *err)
{
    struct az_job *job = run->job;
    static char cache[4096];
    struct az_worker_config config = {
        .net = run->net,
        .endpoint = endpoint,
        .name = "here",
        .cache = az_cache_path(job->options.cache, cache, sizeof(cache)) ? cache : NULL,
        .slots = slots_of(job),
        .seed = (uint64_t)job->options.seed,
        .warn = warn,
    };
    run->worker = AZ_TAKE(job->worker);
    return az_worker_start(run->worker, &config, err);
}

static void on_ended(void *arg, enum az_job_end end, const struct az_error *why)
{
    struct running *run = arg;
    run->job->end = end;
    if (why)
        run->lost = *why;
    az_coordinator_leave(run->coordinator);
}

static int start_coordinator(struct running *run, struct az_error *err)
{
    struct az_job *job = run->job;
    struct az_door_config workers = {.net = run->net, .endpoint = endpoint, .name = "workers"};
    struct az_job_config config = {
        .panel = job->panel,
        .store = job->store,
        .in = run->queue,
        .spent = job->before.ceiling,
        .window_items = window_of(job->panel),
        .job_ms = (int64_t)job->panel->limits.job_s * 1000,
        .done = on_done,
        .progress = on_progress,
        .ended = on_ended,
        .arg = run,
    };
    int r = az_coordinator_new(&workers, &run->coordinator, err);
    return r < 0 ? r : az_coordinator_open(run->coordinator, &config, &run->open, err);
}

static int set_up(struct running *run, struct az_error *err)
{
    struct az_job *job = run->job;
    int r = az_queue_new(QUEUE_ITEMS, QUEUE_BYTES, &run->queue, err);
    if (r == 0)
        r = az_net_new(&run->net, err);
    if (r == 0)
        r = start_coordinator(run, err); /* it listens before the worker connects */
    if (r == 0)
        r = start_worker(run, err);
    if (r < 0)
        return r;
    r = az_coordinator_watch_worker(run->coordinator, az_worker_gone_fd(run->worker), err);
    if (r < 0)
        return r;
    run->begun = true;
    if (run->sink->begin)
        run->sink->begin(run->sink->arg, run->coordinator);
    struct az_feed_config feed = run->sink->feed;
    feed.arg = run->sink->arg;
    feed.panel = job->panel;
    feed.store = job->store;
    feed.golds = job->golds;
    feed.out = run->queue;
    feed.seed = (uint64_t)job->options.seed;
    return az_feed_start(&feed, &run->feed, err);
}

static void end_sink(struct running *run)
{
    if (run->begun && run->sink->end)
        run->sink->end(run->sink->arg);
    run->begun = false;
}

static void tear_down(struct running *run)
{
    end_sink(run);
    az_feed_free(run->feed);
    az_worker_free(run->worker);
    az_coordinator_free(run->coordinator);
    az_net_free(run->net);
    az_queue_free(run->queue);
    az_progress_view_free(run->view);
}

static void count_answers(struct az_job *job, const struct az_counts *c)
{
    int64_t asked = 0, answers = 0;
    for (size_t j = 0; j < c->n_judges; j++) {
        const struct az_judge_count *judge = &c->judges[j];
        asked += judge->asked;
        answers += judge->ballots - judge->errors;
        if (judge->errors && !*job->nobody_why)
            snprintf(job->nobody_why, sizeof(job->nobody_why), "judge '%s': %s",
                     job->panel->judges[j].name, judge->last_text);
    }
    job->nobody_answered = asked && !answers;
}

static int run_all(struct running *run, struct az_error *err)
{
    struct az_job *job = run->job;
    int r = set_up(run, err);
    if (r < 0)
        return r;
    if (!job->options.quiet) {
        az_nusd limit = job->panel->limits.has_usd ? job->panel->limits.usd : AZ_NUSD_MAX;
        run->view = az_progress_view_new(limit, job->panel, STDERR_FILENO);
    }
    az_ms begun = az_clock_ms();
    catch_signals(run->coordinator);
    r = az_coordinator_run(run->coordinator, err);
    if (r == 0 && run->lost.code < 0) {
        *err = run->lost;
        r = run->lost.code;
    }
    leave_signals();
    job->seconds = (double)(az_clock_ms() - begun) / 1000;
    job->counts = az_open_job_counts(run->open);
    job->counts.judges = NULL; /* they go with the coordinator, as does … */
    snprintf(job->stopped_why, sizeof(job->stopped_why), "%s",
             job->counts.stopped_why ? job->counts.stopped_why : "");
    job->counts.stopped_why = job->stopped_why;
    struct az_counts live = az_open_job_counts(run->open);
    count_answers(job, &live);

    end_sink(run);
    struct az_error why = {0};
    int ended = az_feed_stop(run->feed, &why);
    job->fed = az_feed_counts(run->feed);
    struct az_error of_worker = {0};
    int worker = az_worker_stop(run->worker, &of_worker);
    if (worker < 0) { /* the coordinator only knows that it has ended */
        *err = of_worker;
        return worker;
    }
    if (r == 0 && ended < 0) {
        /* What was read has been judged: its verdicts are wanted all the same. */
        job->input_code = az_report(&why, ended == AZ_EINVAL ? AZ_EXIT_ITEMS : az_exit_of(&why));
    }
    return r;
}

/* After tear_down(): the feed and the coordinator read from the store. */
static int close_store(struct az_job *job, int r, struct az_error *err)
{
    struct az_error why = {0};
    if (az_store_close(AZ_TAKE(job->store), &why) < 0 && r == 0) {
        *err = why;
        return why.code;
    }
    return r;
}

int az_job_run(struct az_job *job, const struct az_job_sink *sink)
{
    struct az_error err = {0};
    struct running run = {.job = job, .sink = sink};
    int r = run_all(&run, &err);
    tear_down(&run);
    if (sink->fed)
        sink->fed(sink->arg);
    r = close_store(job, r, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : 0;
}

struct az_summary_extra az_job_extra(const struct az_job *job)
{
    const struct az_feed_counts *fed = &job->fed;
    int64_t read = fed->items + fed->known + fed->doubles + fed->bad;
    int64_t unread = fed->ended || fed->total < 0 ? 0 : AZ_MAX(fed->total - read, (int64_t)0);
    struct az_summary_extra x = {.seconds = job->seconds,
                                 .bad_lines = job->fed.bad,
                                 .left = unread + fed->dropped,
                                 .has_cost = true,
                                 .cost = job->counts.settled};
    x.calls.made = job->counts.made;
    x.calls.cached = job->counts.cached;
    x.calls.retried = job->counts.retried;
    return x;
}

int az_job_results(struct az_job *job, const char *dir, const char *out, int64_t out_from,
                   bool brief, struct az_summary **summary, struct az_error *err)
{
    int r = az_store_open(dir, AZ_STORE_READ, job->panel, &job->store, err);
    struct az_results_config config = {.panel = job->panel,
                                       .store = job->store,
                                       .dir = dir,
                                       .out = out,
                                       .out_from = out_from,
                                       .brief = brief,
                                       .extra = az_job_extra(job)};
    return r < 0 ? r : az_results_write(&config, summary, err);
}
