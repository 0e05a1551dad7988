#include "client/cli/job_text.h"

#include <math.h>

#include "client/cli/human.h"
#include "client/cli/table.h"
#include "core/exits.h"
#include "core/json.h"
#include "core/wrap.h"

static const char *const states[] = {
    [ASSIZE__JOB_STATE__RECEIVING] = "receiving", [ASSIZE__JOB_STATE__WAITING] = "waiting",
    [ASSIZE__JOB_STATE__RUNNING] = "running",     [ASSIZE__JOB_STATE__PAUSED] = "paused",
    [ASSIZE__JOB_STATE__STOPPED] = "stopped",     [ASSIZE__JOB_STATE__DONE] = "done",
    [ASSIZE__JOB_STATE__CANCELLED] = "cancelled",
};

const char *az_job_state_word(Assize__JobState state)
{
    return (size_t)state < AZ_LEN(states) ? states[state] : "?";
}

bool az_job_is_over(const Assize__JobInfo *job)
{
    return job->state == ASSIZE__JOB_STATE__DONE || job->state == ASSIZE__JOB_STATE__CANCELLED;
}

bool az_job_is_at_rest(const Assize__JobInfo *job)
{
    return az_job_is_over(job) || job->state == ASSIZE__JOB_STATE__PAUSED ||
           job->state == ASSIZE__JOB_STATE__STOPPED;
}

int64_t az_job_ended_items(const Assize__JobInfo *job)
{
    return job->decided + job->abstained + job->failed;
}

int az_job_exit(const Assize__JobInfo *job)
{
    if (!az_job_is_over(job))
        return AZ_EXIT_UNFINISHED;
    if (job->failed && !job->decided && !job->abstained && job->ballots &&
        job->ballot_errors == job->ballots)
        return AZ_EXIT_NOBODY;
    bool without =
        job->state == ASSIZE__JOB_STATE__CANCELLED && az_job_ended_items(job) < job->items;
    return job->failed || job->bad_lines || without ? AZ_EXIT_ITEMS : AZ_EXIT_OK;
}

static void put_items(struct az_buf *b, const Assize__JobInfo *job)
{
    az_human_count(b, az_job_ended_items(job));
    az_buf_char(b, '/');
    az_human_count(b, job->items);
}

static void put_reason(struct az_buf *b, int64_t n, const char *one, const char *many)
{
    if (!n)
        return;
    az_buf_z(b, "; ");
    az_human_count(b, n);
    az_buf_z(b, n == 1 ? one : many);
}

void az_job_end_text(struct az_buf *b, const Assize__JobInfo *job)
{
    az_buf_fmt(b, "job %llu is %s", (unsigned long long)job->job, az_job_state_word(job->state));
    if (*job->why) {
        az_buf_z(b, ": ");
        az_human_text(b, az_str(job->why), AZ_WRAP_NONE);
    }
    if (!az_job_is_over(job)) {
        az_buf_z(b, "; ");
        put_items(b, job);
        az_buf_z(b, " items have ended");
        return;
    }
    if (az_job_exit(job) == AZ_EXIT_NOBODY)
        az_buf_z(b, "; not one judge gave one answer");
    put_reason(b, job->failed, " item failed", " items failed");
    put_reason(b, job->bad_lines, " line was bad", " lines were bad");
    put_reason(b, job->items - az_job_ended_items(job), " item has no verdict",
               " items have no verdict");
}

double az_job_eta_s(const Assize__JobInfo *job)
{
    int64_t left = job->items - az_job_ended_items(job);
    if (job->state != ASSIZE__JOB_STATE__RUNNING || left <= 0 || !(job->items_a_second > 0))
        return -1;
    return (double)left / job->items_a_second;
}

/* ---- parts ---- */

static void put_spend(struct az_buf *b, const Assize__JobInfo *job)
{
    az_human_usd(b, job->spent_nusd);
    if (job->limit_nusd < 0)
        return;
    az_buf_z(b, " of ");
    az_human_usd(b, job->limit_nusd);
}

static void put_since(struct az_buf *b, int64_t then_s, int64_t now_s)
{
    az_human_duration(b, (double)AZ_MAX(now_s - then_s, (int64_t)0));
}

/* ---- a table of jobs ---- */

static const struct az_column jobs_columns[] = {
    {"JOB", true, 0, 0},    {"STATE", false, 0, 0},  {"NAME", false, 6, 40}, {"ITEMS", true, 8, 0},
    {"FAILED", true, 4, 0}, {"BAD", true, 2, 0},     {"SPENT", true, 7, 0},  {"LEFT", true, 5, 0},
    {"AGE", true, 3, 0},    {"OWNER", false, 1, 24},
};

static void cell(struct az_table *t, struct az_buf *b)
{
    az_table_cell(t, az_buf_view(b));
    az_buf_clear(b);
}

static void jobs_row(struct az_table *t, struct az_buf *b, const Assize__JobInfo *job,
                     int64_t now_s)
{
    az_buf_fmt(b, "%llu", (unsigned long long)job->job);
    cell(t, b);
    az_table_cell_z(t, az_job_state_word(job->state));
    az_table_cell_z(t, job->name);
    put_items(b, job);
    cell(t, b);
    az_human_count(b, job->failed);
    cell(t, b);
    az_human_count(b, job->bad_lines);
    cell(t, b);
    put_spend(b, job);
    cell(t, b);
    if (az_job_eta_s(job) >= 0)
        az_human_duration(b, az_job_eta_s(job));
    cell(t, b);
    put_since(b, job->created_s, now_s);
    cell(t, b);
    az_table_cell_z(t, job->owner);
}

void az_jobs_text(struct az_buf *b, Assize__JobInfo *const *jobs, size_t n, int64_t now_s,
                  size_t width)
{
    struct az_table *t = az_table_new(jobs_columns, AZ_LEN(jobs_columns));
    AZ_AUTO_BUF scratch = az_buf(AZ_BUF_MAX);
    if (!t) {
        b->failed = AZ_ENOMEM;
        return;
    }
    for (size_t i = 0; i < n; i++)
        jobs_row(t, &scratch, jobs[i], now_s);
    az_table_print(b, t, 0, width);
    if (scratch.failed)
        b->failed = scratch.failed;
    az_table_free(t);
}

/* ---- one job ---- */

static void name(struct az_buf *b, const char *z)
{
    az_buf_fmt(b, "  %-10s", z);
}

static void sentence(struct az_buf *b, const char *title, const char *z, size_t width)
{
    name(b, title);
    az_human_text(b, az_str(z), width > 14 ? width - 12 : AZ_WRAP_NONE);
    az_buf_char(b, '\n');
}

static void counted(struct az_buf *b, int64_t n, const char *what)
{
    if (!n)
        return;
    az_buf_z(b, ", ");
    az_human_count(b, n);
    az_buf_fmt(b, " %s", what);
}

static void items_line(struct az_buf *b, const Assize__JobInfo *job)
{
    name(b, "items");
    put_items(b, job);
    az_buf_z(b, " ended");
    counted(b, job->decided, "decided");
    counted(b, job->abstained, "abstained");
    counted(b, job->failed, "failed");
    counted(b, job->bad_lines, job->bad_lines == 1 ? "bad line" : "bad lines");
    az_buf_char(b, '\n');
}

static void speed_line(struct az_buf *b, const Assize__JobInfo *job)
{
    if (job->state != ASSIZE__JOB_STATE__RUNNING)
        return;
    name(b, "speed");
    if (isfinite(job->items_a_second))
        az_buf_fmt(b, "%.3g items/s", job->items_a_second);
    if (az_job_eta_s(job) >= 0) {
        az_buf_z(b, ", ");
        az_human_duration(b, az_job_eta_s(job));
        az_buf_z(b, " left");
    }
    az_buf_char(b, '\n');
}

static void awaited_line(struct az_buf *b, const Assize__JobInfo *job)
{
    if (!job->asked && !job->queued)
        return;
    name(b, "awaited");
    az_human_count(b, job->asked);
    az_buf_z(b, job->asked == 1 ? " question under way" : " questions under way");
    if (job->asked) {
        az_buf_z(b, ", the oldest for ");
        az_human_duration(b, (double)job->oldest_ms / 1000);
    }
    counted(b, job->queued, "waiting for a worker");
    az_buf_char(b, '\n');
}

static void money_line(struct az_buf *b, const Assize__JobInfo *job)
{
    if (!job->spent_nusd && job->limit_nusd < 0)
        return;
    name(b, "spent");
    put_spend(b, job);
    az_buf_char(b, '\n');
}

static const struct az_column judge_columns[] = {
    {"judge", false, 0, 32}, {"backend", false, 3, 24},    {"ballots", true, 8, 0},
    {"errors", true, 7, 0},  {"under way", true, 6, 0},    {"waiting", true, 5, 0},
    {"oldest", true, 4, 0},  {"last error", false, 2, 60},
};

static void judge_row(struct az_table *t, struct az_buf *b, const Assize__JudgeInfo *j)
{
    az_table_cell_z(t, j->name);
    az_table_cell_z(t, j->backend);
    const int64_t counts[] = {j->ballots, j->errors, j->under_way, j->queued};
    for (size_t i = 0; i < AZ_LEN(counts); i++) {
        az_human_count(b, counts[i]);
        cell(t, b);
    }
    if (j->under_way)
        az_human_duration(b, (double)j->oldest_ms / 1000);
    cell(t, b);
    az_table_cell_z(t, j->last_error);
}

static void judges(struct az_buf *b, const Assize__JobInfo *job, size_t width)
{
    if (!job->n_judges)
        return;
    struct az_table *t = az_table_new(judge_columns, AZ_LEN(judge_columns));
    AZ_AUTO_BUF scratch = az_buf(AZ_BUF_MAX);
    if (!t) {
        b->failed = AZ_ENOMEM;
        return;
    }
    for (size_t i = 0; i < job->n_judges; i++)
        judge_row(t, &scratch, job->judges[i]);
    az_buf_char(b, '\n');
    az_table_print(b, t, 2, width);
    if (scratch.failed)
        b->failed = scratch.failed;
    az_table_free(t);
}

void az_job_text(struct az_buf *b, const Assize__JobInfo *job, int64_t now_s, size_t width)
{
    az_buf_fmt(b, "job %llu ", (unsigned long long)job->job);
    if (*job->name) {
        az_human_text(b, az_str(job->name), 80);
        az_buf_char(b, ' ');
    }
    az_buf_fmt(b, "is %s\n", az_job_state_word(job->state));
    if (*job->why)
        sentence(b, "why", job->why, width);
    items_line(b, job);
    speed_line(b, job);
    awaited_line(b, job);
    money_line(b, job);
    name(b, "age");
    put_since(b, job->created_s, job->ended_s ? job->ended_s : now_s);
    az_buf_fmt(b, "%s, priority %u, of ", job->ended_s ? " from first to last" : "", job->priority);
    az_human_text(b, az_str(*job->owner ? job->owner : "anybody"), 64);
    az_buf_char(b, '\n');
    for (size_t i = 0; i < job->n_trouble; i++)
        sentence(b, "trouble", job->trouble[i], width);
    judges(b, job, width);
}

/* ---- for programs ---- */

static void kusd(struct az_jw *w, const char *key, int64_t nusd)
{
    az_jw_key(w, key);
    if (nusd < 0)
        az_jw_null(w);
    else
        az_jw_usd(w, nusd);
}

static void judge_json(struct az_jw *w, const Assize__JudgeInfo *j)
{
    az_jw_obj(w);
    az_jw_kz(w, "name", j->name);
    az_jw_kz(w, "backend", j->backend);
    az_jw_kint(w, "asked", j->asked);
    az_jw_kint(w, "ballots", j->ballots);
    az_jw_kint(w, "errors", j->errors);
    az_jw_kz(w, "last_error", *j->last_error ? j->last_error : NULL);
    az_jw_kint(w, "queued", j->queued);
    az_jw_kint(w, "under_way", j->under_way);
    az_jw_kint(w, "oldest_ms", j->oldest_ms);
    if (j->right_or_none_case == ASSIZE__JUDGE_INFO__RIGHT_OR_NONE_RIGHT)
        az_jw_knum(w, "right", j->right);
    else
        az_jw_knull(w, "right");
    az_jw_obj_end(w);
}

void az_job_json(struct az_buf *b, const Assize__JobInfo *job)
{
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    az_jw_kint(&w, "job", (int64_t)job->job);
    az_jw_kz(&w, "name", job->name);
    az_jw_kz(&w, "owner", job->owner);
    az_jw_kz(&w, "state", az_job_state_word(job->state));
    az_jw_kz(&w, "why", *job->why ? job->why : NULL);
    az_jw_kint(&w, "priority", job->priority);
    az_jw_kint(&w, "created_s", job->created_s);
    az_jw_key(&w, "ended_s");
    if (job->ended_s)
        az_jw_int(&w, job->ended_s);
    else
        az_jw_null(&w);
    az_jw_kint(&w, "items", job->items);
    az_jw_kint(&w, "decided", job->decided);
    az_jw_kint(&w, "abstained", job->abstained);
    az_jw_kint(&w, "failed", job->failed);
    az_jw_kint(&w, "bad_lines", job->bad_lines);
    az_jw_kint(&w, "ballots", job->ballots);
    az_jw_kint(&w, "ballot_errors", job->ballot_errors);
    kusd(&w, "usd", job->spent_nusd);
    kusd(&w, "limit_usd", job->limit_nusd);
    az_jw_kint(&w, "asked", job->asked);
    az_jw_kint(&w, "queued", job->queued);
    az_jw_kint(&w, "oldest_ms", job->oldest_ms);
    az_jw_knum(&w, "items_a_second", job->items_a_second);
    az_jw_key(&w, "judges");
    az_jw_arr(&w);
    for (size_t i = 0; i < job->n_judges; i++)
        judge_json(&w, job->judges[i]);
    az_jw_arr_end(&w);
    az_jw_key(&w, "trouble");
    az_jw_arr(&w);
    for (size_t i = 0; i < job->n_trouble; i++)
        az_jw_z(&w, job->trouble[i]);
    az_jw_arr_end(&w);
    az_jw_obj_end(&w);
}

/* ---- the line of `watch` ---- */

/* The judges with the most errors, the worst first. */
static size_t troubles(const Assize__JobInfo *job, struct az_trouble t[AZ_JOB_TROUBLES])
{
    size_t n = 0;
    for (size_t i = 0; i < job->n_judges; i++) {
        const Assize__JudgeInfo *j = job->judges[i];
        size_t at = n;
        while (at && t[at - 1].n < j->errors)
            at--;
        if (!j->errors || at == AZ_JOB_TROUBLES)
            continue;
        size_t last = n < AZ_JOB_TROUBLES ? n++ : AZ_JOB_TROUBLES - 1;
        memmove(&t[at + 1], &t[at], (last - at) * sizeof(*t));
        t[at] = (struct az_trouble){j->name, *j->last_error ? j->last_error : "errors", j->errors};
    }
    return n;
}

/* The lowest first. */
static size_t rights(const Assize__JobInfo *job, struct az_right right[AZ_JOB_RIGHTS])
{
    size_t n = 0;
    for (size_t i = 0; i < job->n_judges; i++) {
        const Assize__JudgeInfo *j = job->judges[i];
        if (j->right_or_none_case == ASSIZE__JUDGE_INFO__RIGHT_OR_NONE_RIGHT)
            n = az_right_put(right, n, AZ_JOB_RIGHTS, (struct az_right){j->name, j->right});
    }
    return n;
}

struct az_progress az_job_progress(const Assize__JobInfo *job,
                                   struct az_trouble trouble[AZ_JOB_TROUBLES],
                                   struct az_right right[AZ_JOB_RIGHTS])
{
    return (struct az_progress){
        .done = az_job_ended_items(job),
        .total = job->state == ASSIZE__JOB_STATE__RECEIVING ? -1 : job->items,
        .failed = job->failed,
        .calls_per_s = -1,
        .spent = job->spent_nusd,
        .limit = job->limit_nusd < 0 ? AZ_NUSD_MAX : job->limit_nusd,
        .eta_s = az_job_eta_s(job),
        .paused = job->state == ASSIZE__JOB_STATE__PAUSED,
        .n_trouble = troubles(job, trouble),
        .trouble = trouble,
        .n_right = rights(job, right),
        .right = right,
    };
}
