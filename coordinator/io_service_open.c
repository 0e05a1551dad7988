/* A job is opened, runs and ends. What waits for a disk is done by the thread
 * `disk`, in two halves: opening, then closing. */
#include "coordinator/io_results.h"
#include "coordinator/io_service_state.h"
#include "core/log.h"
#include "core/mem.h"
#include "policies/standing.h"

enum { QUEUE_ITEMS = 512, QUEUE_BYTES = 16 << 20 };

struct passage {
    struct az_chore chore;
    struct az_service *s;
    struct job *job;
    char *dir, *sets;
    int code;
    struct az_error err;
    struct az_panel *panel;
    struct az_store *store;
    struct az_queue *in;
    struct az_feeder *feeder;
    struct az_store_totals totals;
    struct az_summary_extra extra; /* of the results */
    bool ran;                      /* what it came to is this run's */
    bool retry;                    /* what failed is open again */
};

static void passage_free(struct passage *p)
{
    az_panel_free(p->panel);
    free(p->dir);
    free(p->sets);
    free(p);
}

/* Of a job that is not freed before it is done. NULL: no memory, and told so. */
static struct passage *passage_new(struct az_service *s, struct job *job,
                                   void (*run)(struct az_chore *), void (*done)(struct az_chore *))
{
    struct passage *p = az_zalloc(sizeof(*p));
    if (p) {
        p->chore = (struct az_chore){.run = run, .done = done};
        p->s = s;
        p->job = job;
        p->dir = disk_job_dir(s, job->rec.id);
        p->sets = job->rec.sets ? az_strdup(job->rec.sets) : NULL;
    }
    if (!p || !p->dir || (job->rec.sets && !p->sets)) {
        struct az_error err;
        service_give_up(s, az_oom(&err), &err);
        if (p)
            passage_free(p);
        return NULL;
    }
    job->desk.chores++;
    return p;
}

/* ---- its files, when it rests ---- */

static void results_run(struct az_chore *c)
{
    struct passage *p = (struct passage *)c;
    AZ_AUTO(store) store = NULL;
    AZ_AUTO(summary) summary = NULL;
    p->code = az_store_open(p->dir, AZ_STORE_READ, p->panel, &store, &p->err);
    if (p->code < 0)
        return;
    struct az_results_config config = {
        .panel = p->panel, .store = store, .dir = p->dir, .extra = p->extra};
    p->code = az_results_write(&config, &summary, &p->err);
}

static void results_done(struct az_chore *c)
{
    struct passage *p = (struct passage *)c;
    if (p->code < 0)
        az_warn("verdicts.jsonl and summary.json are not written; its verdicts are safe",
                KV("job", p->job->rec.id), KV("error", &p->err));
    p->job->desk.writing = false;
    service_release(p->s, p->job);
    passage_free(p);
}

static void write_results(struct az_service *s, struct job *job, struct az_panel *panel)
{
    struct passage *p = passage_new(s, job, results_run, results_done);
    if (!p) {
        az_panel_free(panel);
        return;
    }
    const struct az_job_figures *f = &job->rec.figures;
    p->panel = panel;
    p->extra = (struct az_summary_extra){
        .seconds = (double)(service_wall_s() - job->rec.created_s),
        .bad_lines = f->bad_lines,
        .calls = {.made = job->made_calls, .cached = job->cached, .retried = job->retried},
        .has_cost = true,
        .cost = f->spent,
    };
    job->desk.writing = true;
    az_chores_add(s->results, &p->chore);
}

/* ---- closing ---- */

/* All that it holds is closed; what is in its store then is the truth. */
static void close_run(struct az_chore *c)
{
    struct passage *p = (struct passage *)c;
    p->code = az_feeder_stop(AZ_TAKE(p->feeder), &p->err);
    struct az_error err = {0};
    int r = az_store_close(AZ_TAKE(p->store), &err);
    az_queue_free(AZ_TAKE(p->in));
    if (r == 0)
        r = disk_read_totals(p->dir, p->panel, &p->totals, &err);
    if (r < 0 && p->code == 0) {
        p->code = r;
        p->err = err;
    }
}

static void take_totals(struct job *job, const struct az_store_totals *t)
{
    struct az_job_figures *f = &job->rec.figures;
    f->items = t->items;
    f->bad_lines = t->progress.bad_lines;
    f->decided = t->decided;
    f->abstained = t->abstained;
    f->failed = t->failed;
    f->ballots = t->ballots;
    f->ballot_errors = t->ballot_errors;
    f->spent = AZ_MAX(t->settled, t->ceiling);
}

static void add_closed(struct az_service *s, const struct job *job)
{
    struct az_job_figures *all = &s->closed;
    const struct az_job_figures *f = &job->rec.figures;
    all->decided += f->decided - job->before.decided;
    all->abstained += f->abstained - job->before.abstained;
    all->failed += f->failed - job->before.failed;
    all->ballots += f->ballots - job->before.ballots;
    all->ballot_errors += f->ballot_errors - job->before.ballot_errors;
    all->spent += f->spent - job->before.ceiling;
}

static void close_done(struct az_chore *c)
{
    struct passage *p = (struct passage *)c;
    struct az_service *s = p->s;
    struct job *job = p->job;
    if (p->code == 0) {
        take_totals(job, &p->totals);
        if (p->ran)
            add_closed(s, job);
    }
    struct az_error err = {0};
    int r = az_desk_closed(&s->desk, &job->desk, p->code, p->err.what, service_wall_s(), &err);
    service_desk(s, r, &err);
    job->news = s->wake_readers = true;
    if (az_job_rests(&job->rec) && p->code == 0 && p->panel)
        write_results(s, job, AZ_TAKE(p->panel));
    service_release(s, job);
    passage_free(p);
}

/* Of a job that is read from the disk anew it is not known: its store counts ballots
 * of all judges together. No memory only leaves it out. */
static struct judge_past *past_of(struct job *job)
{
    const struct az_panel *panel = job->panel;
    if (job->past)
        return job->past;
    struct judge_past *past = az_zalloc(panel->n_judges * sizeof(*past));
    for (size_t j = 0; past && j < panel->n_judges; j++) {
        past[j].name = az_strdup(panel->judges[j].name);
        past[j].backend = az_strdup(panel->judges[j].backend);
    }
    job->n_past = past ? panel->n_judges : 0;
    return job->past = past;
}

/* One that never answered is seldom meant so, and the job ends well without it. */
static void remember_judges(struct job *job, const struct az_counts *counts)
{
    struct judge_past *past = past_of(job);
    for (size_t j = 0; past && j < counts->n_judges; j++) {
        const struct az_judge_count *c = &counts->judges[j];
        past[j].asked += c->asked;
        past[j].ballots += c->ballots;
        past[j].errors += c->errors;
        if (*c->last_text)
            memcpy(past[j].last_text, c->last_text, sizeof(c->last_text));
        if (c->errors && c->errors == c->ballots)
            az_warn("a judge had nothing but errors", KV("job", job->rec.id),
                    KV("judge", job->panel->judges[j].name),
                    KV("backend", job->panel->judges[j].backend), KV("errors", c->errors),
                    KV("last", c->last_text));
    }
}

/* What it holds goes with the chore. */
void service_close(struct az_service *s, struct job *job)
{
    bool ran = job->open != NULL;
    if (ran) {
        struct az_counts counts = az_open_job_counts(job->open);
        job->rec.figures = service_figures(job);
        job->made_calls = counts.made;
        job->cached = counts.cached;
        job->retried = counts.retried;
        remember_judges(job, &counts);
        az_coordinator_close(AZ_TAKE(job->open));
        az_coordinator_poke(s->coordinator); /* workers were told: that may eat an edge */
    }
    az_standing_free(AZ_TAKE(job->standing));
    struct passage *p = passage_new(s, job, close_run, close_done);
    if (!p)
        return;
    p->panel = AZ_TAKE(job->panel);
    p->store = AZ_TAKE(job->store);
    p->in = AZ_TAKE(job->in);
    p->feeder = AZ_TAKE(job->feeder);
    p->ran = ran;
    az_chores_add(s->disk, &p->chore);
}

void service_close_ended(struct az_service *s)
{
    if (!s->any_ended)
        return;
    s->any_ended = false;
    for (struct job *j = job_first(s); j; j = job_next(j)) {
        struct az_error err = {0};
        if (j->ended && j->desk.phase == AZ_PHASE_OPEN)
            service_desk(s, az_desk_ended(&s->desk, &j->desk, &err), &err);
    }
}

/* ---- running ---- */

static enum az_job_event event_of(enum az_job_end end)
{
    switch (end) {
    case AZ_JOB_DONE:
        return AZ_ON_DONE;
    case AZ_JOB_STOPPED:
        return AZ_ON_LEFT;
    case AZ_JOB_BACKEND:
        return AZ_ON_BACKEND;
    case AZ_JOB_BROKE:
        return AZ_ON_BUDGET;
    case AZ_JOB_TIME:
        return AZ_ON_TIME;
    case AZ_JOB_FAILED:
        break;
    }
    return AZ_ON_FAILED;
}

/* Not to be closed from here: the next turn does it. */
static void on_ended(void *arg, enum az_job_end end, const struct az_error *why)
{
    struct job *job = arg;
    struct az_counts counts = az_open_job_counts(job->open);
    job->ended = job->s->any_ended = true;
    job->desk.end = event_of(end);
    if (why)
        snprintf(job->desk.why, sizeof(job->desk.why), "%s", why->what);
    else if (end == AZ_JOB_BACKEND)
        snprintf(job->desk.why, sizeof(job->desk.why), "backend '%s' stopped: %s", counts.stopped,
                 counts.stopped_why);
    else if (end == AZ_JOB_BROKE)
        snprintf(job->desk.why, sizeof(job->desk.why),
                 "limits.usd is spent, but for less than a call may cost");
}

static void on_done(void *arg, const struct az_done *done)
{
    struct job *job = arg;
    if (done->verdict.status == AZ_OPEN)
        return;
    job->news = job->s->any_decided = true;
    if (job->standing)
        az_standing_add(job->standing, done->item, done->ballots); /* without memory: passed over */
}

void service_halt(struct az_service *s, struct job *job, bool at_once)
{
    struct az_error err = {0};
    if (!job->open)
        return; /* it is being opened, and looks at its state then */
    if (at_once)
        service_give_up(s, az_open_job_cancel(job->open, &err), &err);
    else
        az_open_job_stop(job->open);
}

static int start(struct az_service *s, struct job *job, struct az_error *err)
{
    struct az_job_config config = {
        .panel = job->panel,
        .store = job->store,
        .in = job->in,
        .spent = AZ_MAX(job->before.settled, job->before.ceiling),
        .window_items = s->config.settings.window_items,
        .weight = job->rec.priority,
        .slots = job->panel->limits.slots,
        .done = on_done,
        .ended = on_ended,
        .arg = job,
    };
    int r = az_coordinator_open(s->coordinator, &config, &job->open, err);
    if (r == 0)
        job->standing = az_standing_new(job->panel);
    return r;
}

/* ---- opening ---- */

static void open_run(struct az_chore *c)
{
    struct passage *p = (struct passage *)c;
    AZ_AUTO(store_reader) reader = NULL;
    disk_intake_drop(p->s, p->job);
    p->code = disk_read_panel(p->dir, p->sets, &p->panel, &p->err);
    if (p->code == 0)
        p->code = az_store_open(p->dir, AZ_STORE_RUN, p->panel, &p->store, &p->err);
    if (p->code == 0 && p->retry)
        p->code = az_store_reopen_failed(p->store, &p->err);
    if (p->code == 0)
        p->code = az_store_reader_open(p->store, &reader, &p->err);
    if (p->code == 0)
        p->code = az_store_totals(reader, &p->totals, &p->err);
    if (p->code == 0)
        p->code = az_queue_new(QUEUE_ITEMS, QUEUE_BYTES, &p->in, &p->err);
    if (p->code == 0)
        p->code = az_feeder_start(p->panel, p->store, p->in, &p->feeder, &p->err);
}

/* What was opened is the job's, whole or in part. */
static void hand_over(struct passage *p)
{
    struct job *job = p->job;
    job->panel = AZ_TAKE(p->panel);
    job->store = AZ_TAKE(p->store);
    job->in = AZ_TAKE(p->in);
    job->feeder = AZ_TAKE(p->feeder);
    if (p->code < 0)
        return;
    job->before = p->totals;
    take_totals(job, &p->totals);
    if (!job->desk.limit_set) /* since then; its record knows better */
        job->rec.figures.limit = job->panel->limits.has_usd ? job->panel->limits.usd : -1;
}

static void open_done(struct az_chore *c)
{
    struct passage *p = (struct passage *)c;
    struct az_service *s = p->s;
    struct job *job = p->job;
    hand_over(p);
    bool wanted = az_desk_wanted(&s->desk, &job->desk, service_wall_s());
    if (p->code == 0 && wanted)
        p->code = start(s, job, &p->err);
    struct az_error err = {0};
    int r =
        az_desk_opened(&s->desk, &job->desk, wanted, p->code, p->err.what, service_wall_s(), &err);
    service_desk(s, r, &err);
    service_release(s, job);
    passage_free(p);
}

void service_open(struct az_service *s, struct job *job)
{
    job->ended = false;
    job->n_samples = 0;
    struct passage *p = passage_new(s, job, open_run, open_done);
    if (!p)
        return;
    p->retry = job->desk.retrying;
    az_chores_add(s->disk, &p->chore);
}
