#include "client/cli/job_text.h"

#include "client/cli/worker_text.h"
#include "core/exits.h"
#include "core/json.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

enum { NOW = 1000000, WIDE = 1000 };

static Assize__JudgeInfo judges[4], *all_judges[4];
static char *trouble[] = {(char *)"No worker has the backend 'gpu'.", (char *)"\x1b[31mred"};

static Assize__JobInfo running(void)
{
    Assize__JobInfo job = ASSIZE__JOB_INFO__INIT;
    job.job = 7;
    job.name = (char *)"nightly";
    job.owner = (char *)"lab";
    job.state = ASSIZE__JOB_STATE__RUNNING;
    job.priority = 100;
    job.created_s = NOW - 200;
    job.items = 1000;
    job.decided = 390;
    job.abstained = 8;
    job.failed = 2;
    job.bad_lines = 1;
    job.ballots = 1200;
    job.ballot_errors = 30;
    job.spent_nusd = 1500000000;
    job.limit_nusd = 20000000000;
    job.asked = 64;
    job.queued = 1734;
    job.oldest_ms = 12500;
    job.items_a_second = 2;
    for (size_t i = 0; i < AZ_LEN(judges); i++) {
        assize__judge_info__init(&judges[i]);
        judges[i].name = (char *)"q";
        judges[i].backend = (char *)"gpu";
        all_judges[i] = &judges[i];
    }
    job.n_judges = 1;
    job.judges = all_judges;
    return job;
}

static void has(const struct az_buf *b, const char *want)
{
    if (!strstr(b->p, want))
        fail_msg("no '%s' in:\n%s", want, b->p);
}

static void job_text(void **state)
{
    (void)state;
    Assize__JobInfo job = running();
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    judges[0].errors = 30;
    judges[0].under_way = 3;
    judges[0].oldest_ms = 65000;
    judges[0].last_error = (char *)"429: \x1b[2J slow down";
    job.n_trouble = 2;
    job.trouble = trouble;
    az_job_text(&b, &job, NOW, WIDE);
    has(&b, "job 7 nightly is running\n");
    has(&b, "400/1,000 ended, 390 decided, 8 abstained, 2 failed, 1 bad line\n");
    has(&b, "2 items/s, 5m 00s left\n");
    has(&b, "64 questions under way, the oldest for 13s, 1,734 waiting for a worker\n");
    has(&b, "$1.50 of $20.00\n");
    has(&b, "3m 20s, priority 100, of lab\n");
    has(&b, "No worker has the backend 'gpu'.\n");
    has(&b, "?[31mred\n");
    has(&b, "429: ?[2J slow down");
    has(&b, "1m 05s");
    assert_null(strchr(b.p, '\x1b'));
}

/* What is of no interest any more is left out. */
static void job_text_of_an_end(void **state)
{
    (void)state;
    Assize__JobInfo job = running();
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    job.state = ASSIZE__JOB_STATE__STOPPED;
    job.why = (char *)"limits.usd is spent";
    job.asked = job.queued = 0;
    job.ended_s = NOW - 100;
    job.n_judges = 0;
    az_job_text(&b, &job, NOW, WIDE);
    has(&b, "job 7 nightly is stopped\n  why       limits.usd is spent\n");
    has(&b, "1m 40s from first to last");
    assert_null(strstr(b.p, "items/s"));
    assert_null(strstr(b.p, "awaited"));
    assert_null(strstr(b.p, "judge"));
}

static void end_text(void **state)
{
    (void)state;
    static const struct {
        Assize__JobState state;
        const char *why;
        int64_t items, decided, failed, bad, ballots, errors;
        const char *want;
    } cases[] = {
        {ASSIZE__JOB_STATE__DONE, "", 9, 9, 0, 0, 9, 0, "job 7 is done"},
        {ASSIZE__JOB_STATE__DONE, "", 9, 7, 2, 1, 9, 3,
         "job 7 is done; 2 items failed; 1 line was bad"},
        {ASSIZE__JOB_STATE__DONE, "", 1, 0, 1, 0, 2, 2,
         "job 7 is done; not one judge gave one answer; 1 item failed"},
        {ASSIZE__JOB_STATE__CANCELLED, "", 9, 4, 0, 2, 4, 0,
         "job 7 is cancelled; 2 lines were bad; 5 items have no verdict"},
        {ASSIZE__JOB_STATE__STOPPED, "limits.usd \x1b is spent", 2000, 1000, 1, 0, 1, 0,
         "job 7 is stopped: limits.usd ? is spent; 1,001/2,000 items have ended"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        Assize__JobInfo job = ASSIZE__JOB_INFO__INIT;
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        job.job = 7;
        job.state = cases[i].state;
        job.why = (char *)cases[i].why;
        job.items = cases[i].items;
        job.decided = cases[i].decided;
        job.failed = cases[i].failed;
        job.bad_lines = cases[i].bad;
        job.ballots = cases[i].ballots;
        job.ballot_errors = cases[i].errors;
        az_job_end_text(&b, &job);
        assert_string_equal(b.p, cases[i].want);
    }
}

static void job_table(void **state)
{
    (void)state;
    Assize__JobInfo one = running(), two = running(), *all[] = {&one, &two};
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    two.job = 12;
    two.state = ASSIZE__JOB_STATE__DONE;
    two.limit_nusd = -1;
    az_jobs_text(&b, all, 2, NOW, WIDE);
    has(&b, "JOB  STATE ");
    has(&b, "  7  running  nightly");
    has(&b, " 12  done ");
    has(&b, "5m 00s");
    AZ_AUTO_BUF none = az_buf(AZ_BUF_MAX);
    az_jobs_text(&none, NULL, 0, NOW, WIDE);
    has(&none, "JOB");
}

static void job_json(void **state)
{
    (void)state;
    Assize__JobInfo job = running();
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    AZ_AUTO(json) doc = NULL;
    double usd;
    int64_t n;
    job.limit_nusd = -1;
    az_job_json(&b, &job);
    assert_int_equal(az_json_parse(az_buf_view(&b), &doc, NULL), 0);
    az_jv root = az_json_root(doc);
    assert_true(az_jv_int(az_jv_get(root, "job"), &n) && n == 7);
    assert_true(az_str_eqz(az_jv_str(az_jv_get(root, "state")), "running"));
    assert_true(az_jv_num(az_jv_get(root, "usd"), &usd) && usd == 1.5);
    assert_int_equal(az_jv_type(az_jv_get(root, "limit_usd")), AZ_J_NULL);
    assert_int_equal(az_jv_type(az_jv_get(root, "why")), AZ_J_NULL);
    assert_int_equal(az_jv_len(az_jv_get(root, "judges")), 1);
}

static void job_exit(void **state)
{
    (void)state;
    static const struct {
        Assize__JobState state;
        int64_t items, decided, failed, bad, ballots, errors;
        int want;
    } cases[] = {
        {ASSIZE__JOB_STATE__RUNNING, 2, 2, 0, 0, 2, 0, AZ_EXIT_UNFINISHED},
        {ASSIZE__JOB_STATE__STOPPED, 2, 1, 1, 0, 2, 0, AZ_EXIT_UNFINISHED},
        {ASSIZE__JOB_STATE__DONE, 2, 2, 0, 0, 2, 0, AZ_EXIT_OK},
        {ASSIZE__JOB_STATE__DONE, 0, 0, 0, 0, 0, 0, AZ_EXIT_OK},
        {ASSIZE__JOB_STATE__DONE, 2, 1, 1, 0, 2, 1, AZ_EXIT_ITEMS},
        {ASSIZE__JOB_STATE__DONE, 2, 2, 0, 1, 2, 0, AZ_EXIT_ITEMS},
        {ASSIZE__JOB_STATE__DONE, 2, 0, 2, 0, 2, 2, AZ_EXIT_NOBODY},
        {ASSIZE__JOB_STATE__CANCELLED, 2, 1, 0, 0, 1, 0, AZ_EXIT_ITEMS},
        {ASSIZE__JOB_STATE__CANCELLED, 2, 2, 0, 0, 2, 0, AZ_EXIT_OK},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        Assize__JobInfo job = ASSIZE__JOB_INFO__INIT;
        job.state = cases[i].state;
        job.items = cases[i].items;
        job.decided = cases[i].decided;
        job.failed = cases[i].failed;
        job.bad_lines = cases[i].bad;
        job.ballots = cases[i].ballots;
        job.ballot_errors = cases[i].errors;
        if (az_job_exit(&job) != cases[i].want)
            fail_msg("case %zu: %d, want %d", i, az_job_exit(&job), cases[i].want);
    }
}

/* The judges with the most errors come first, and no more than there is room for. */
static void job_progress(void **state)
{
    (void)state;
    Assize__JobInfo job = running();
    struct az_trouble t[AZ_JOB_TROUBLES];
    struct az_right right[AZ_JOB_RIGHTS];
    static const int64_t errors[] = {5, 0, 9, 7};
    job.n_judges = 4;
    for (size_t i = 0; i < 4; i++)
        judges[i].errors = errors[i];
    judges[2].last_error = (char *)"down";
    struct az_progress p = az_job_progress(&job, t, right);
    assert_int_equal(p.n_trouble, 3);
    assert_true(t[0].n == 9 && t[1].n == 7 && t[2].n == 5);
    assert_string_equal(t[0].why, "down");
    assert_true(p.done == 400 && p.total == 1000 && p.eta_s == 300);
    judges[1].errors = 6;
    p = az_job_progress(&job, t, right);
    assert_true(p.n_trouble == 3 && t[2].n == 6);
    assert_int_equal(p.n_right, 0);
    for (size_t i = 1; i < 3; i++) {
        judges[i].right_or_none_case = ASSIZE__JUDGE_INFO__RIGHT_OR_NONE_RIGHT;
        judges[i].right = 1 - 0.2 * (double)i;
    }
    p = az_job_progress(&job, t, right);
    assert_true(p.n_right == 2 && right[0].share == 0.6 && right[1].share == 0.8);
    job.state = ASSIZE__JOB_STATE__RECEIVING;
    assert_int_equal(az_job_progress(&job, t, right).total, -1);
}

static void workers(void **state)
{
    (void)state;
    Assize__WorkerInfo__Backend gpu = ASSIZE__WORKER_INFO__BACKEND__INIT, *backends[] = {&gpu};
    Assize__WorkerInfo one = ASSIZE__WORKER_INFO__INIT, two = ASSIZE__WORKER_INFO__INIT;
    Assize__WorkerInfo *all[] = {&one, &two};
    char *models[] = {(char *)"Qwen3-8B", (char *)"Qwen3-32B"};
    gpu.name = (char *)"gpu";
    gpu.kind = (char *)"openai";
    gpu.slots = 64;
    gpu.credit = 1200;
    gpu.held = 96;
    gpu.p50_ms = 480;
    gpu.p95_ms = -1;
    gpu.n_models = 2;
    gpu.models = models;
    one.name = (char *)"node1";
    one.since_s = NOW - 7500;
    one.n_backends = 1;
    one.backends = backends;
    two.name = (char *)"node2";
    two.silent = true;
    two.silent_ms = 20000;
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_workers_text(&b, all, 2, NOW, WIDE);
    has(&b, "node1   gpu      openai  well");
    has(&b, "1,200");
    has(&b, "Qwen3-8B, Qwen3-32B");
    has(&b, "2h 05m");
    has(&b, "silent for 20s");

    AZ_AUTO_BUF json = az_buf(AZ_BUF_MAX);
    AZ_AUTO(json) doc = NULL;
    az_worker_json(&json, &one);
    assert_int_equal(az_json_parse(az_buf_view(&json), &doc, NULL), 0);
    az_jv backend = az_jv_first(az_jv_get(az_json_root(doc), "backends"));
    assert_int_equal(az_jv_len(az_jv_get(backend, "models")), 2);
    assert_int_equal(az_jv_type(az_jv_get(backend, "p95_ms")), AZ_J_NULL);
    assert_int_equal(az_jv_type(az_jv_get(backend, "rpm")), AZ_J_NULL);
}

/* Without memory it says so, and crashes nowhere. */
static void text_without_memory(void **state)
{
    (void)state;
    Assize__JobInfo job = running(), *all[] = {&job};
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        az_fault_alloc(nth);
        az_jobs_text(&b, all, 1, NOW, WIDE);
        az_job_text(&b, &job, NOW, WIDE);
        az_fault_alloc(0);
        r = az_buf_check(&b, NULL);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_text),
        cmocka_unit_test(job_text_of_an_end),
        cmocka_unit_test(end_text),
        cmocka_unit_test(job_table),
        cmocka_unit_test(job_json),
        cmocka_unit_test(job_exit),
        cmocka_unit_test(job_progress),
        cmocka_unit_test(workers),
        cmocka_unit_test(text_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
