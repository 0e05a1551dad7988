#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/io_catalog_schema.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

struct world {
    char dir[64];
};

static int world_new(void **state)
{
    struct world *w = az_zalloc(sizeof(*w));
    snprintf(w->dir, sizeof(w->dir), "/tmp/assize-catalog-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    *state = w;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return remove(path);
}

static int world_free(void **state)
{
    struct world *w = *state;
    nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

static struct az_catalog *open_catalog(struct world *w)
{
    struct az_catalog *c = NULL;
    struct az_error err = {0};
    if (az_catalog_open(w->dir, &c, &err) < 0)
        fail_msg("%s", err.what);
    return c;
}

/* Of the test's own; texts are static. */
static struct az_job_record record(int64_t id)
{
    static char owner[] = "team", keys[8][32], sets[] = "limits.usd=3\n";
    char *key = keys[id % 8];
    snprintf(key, sizeof(keys[0]), "key%lld", (long long)id);
    return (struct az_job_record){.id = id,
                                  .owner = owner,
                                  .key = key,
                                  .sets = sets,
                                  .state = AZ_IS_WAITING,
                                  .priority = 100,
                                  .created_s = 1000 + id,
                                  .sealed = true,
                                  .figures = {.items = id, .spent = 5, .limit = -1}};
}

static uint64_t put(struct az_catalog *c, const struct az_job_record *job)
{
    uint64_t ticket = 0;
    assert_int_equal(az_catalog_put(c, job, &ticket, NULL), 0);
    return ticket;
}

static void await(struct az_catalog *c, uint64_t ticket)
{
    struct pollfd p = {.fd = az_catalog_fd(c), .events = POLLIN};
    while (az_catalog_committed(c) < ticket) {
        poll(&p, 1, -1);
        az_catalog_ack(c);
    }
}

/* "id:state:items …" */
static int tell(void *arg, const struct az_job_record *job, struct az_error *err)
{
    az_buf_fmt(arg, "%lld:%s:%lld ", (long long)job->id, az_job_state_name(job->state),
               (long long)job->figures.items);
    return 0;
}

static void has(struct world *w, const char *want)
{
    AZ_AUTO(catalog) c = open_catalog(w);
    AZ_AUTO_BUF text = az_buf(1 << 20);
    assert_int_equal(az_catalog_each(c, tell, &text, NULL), 0);
    assert_string_equal(text.p ? text.p : "", want);
}

static void keeps_what_was_put(void **state)
{
    struct world *w = *state;
    AZ_AUTO(catalog) c = open_catalog(w);
    assert_int_equal(az_catalog_next_id(c), 1);
    assert_int_equal(az_catalog_next_id(c), 2);
    struct az_job_record one = record(1), two = record(2);
    char why[] = "limits.usd is spent";
    put(c, &one);
    put(c, &two);
    two.state = AZ_IS_STOPPED;
    two.cause = AZ_CAUSE_BUDGET;
    two.why = why;
    uint64_t ticket = put(c, &two);
    assert_int_equal(ticket, 3);
    await(c, ticket);
    assert_int_equal(az_catalog_failing(c, NULL), 0);
    assert_int_equal(az_catalog_close(AZ_TAKE(c), NULL), 0);
    has(w, "1:waiting:1 2:stopped:2 ");

    c = open_catalog(w);
    assert_int_equal(az_catalog_drop(c, 2, &ticket, NULL), 0);
    assert_int_equal(az_catalog_drop(c, 9, &ticket, NULL), 0);
    assert_int_equal(az_catalog_close(AZ_TAKE(c), NULL), 0);
    has(w, "1:waiting:1 ");
    c = open_catalog(w);
    assert_int_equal(az_catalog_next_id(c), 3); /* 2 is gone, and never given again */
}

static int same_as(void *arg, const struct az_job_record *job, struct az_error *err)
{
    const struct az_job_record *want = arg;
    assert_string_equal(job->owner, want->owner);
    assert_string_equal(job->key, want->key);
    assert_string_equal(job->name, want->name);
    assert_string_equal(job->sets, want->sets);
    assert_null(job->why);
    assert_int_equal(job->priority, want->priority);
    assert_int_equal(job->created_s, want->created_s);
    assert_int_equal(job->ended_s, want->ended_s);
    assert_int_equal(job->deadline_s, want->deadline_s);
    assert_true(job->sealed == want->sealed && job->retry == want->retry);
    assert_memory_equal(&job->figures, &want->figures, sizeof(job->figures));
    return 0;
}

static void every_field(void **state)
{
    struct world *w = *state;
    char name[] = "näme";
    struct az_job_record job = record(7);
    job.name = name;
    job.retry = true;
    job.deadline_s = 88;
    job.figures = (struct az_job_figures){1, 2, 3, 4, 5, 6, 7, 8, 9};
    AZ_AUTO(catalog) c = open_catalog(w);
    put(c, &job);
    assert_int_equal(az_catalog_close(AZ_TAKE(c), NULL), 0);
    c = open_catalog(w);
    assert_int_equal(az_catalog_each(c, same_as, &job, NULL), 0);
}

/* What an older assize wrote is there, as it was. */
static void older(void **state)
{
    struct world *w = *state;
    sqlite3 *db = NULL;
    char path[128];
    snprintf(path, sizeof(path), "%s/catalog.db", w->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(az_catalog_migrate(db, w->dir, az_catalog_schema, 1, NULL), 0);
    const char *sql = "INSERT INTO jobs VALUES(1, 'team', 'k', NULL, NULL, NULL, 5, 0, 100, 9, 10,"
                      " 0, 1, 7, 0, 6, 0, 1, 7, 0, 5, -1)";
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    has(w, "1:done:7 ");
    has(w, "1:done:7 ");
}

/* The child puts records and says which are durable, until it is killed. */
static void child_writes(struct world *w, int out)
{
    struct az_catalog *c = NULL;
    if (az_catalog_open(w->dir, &c, NULL) < 0)
        _exit(2);
    int64_t base = az_catalog_next_id(c) - 1; /* tickets count from 1 */
    for (int64_t id = base + 1;; id = az_catalog_next_id(c)) {
        struct az_job_record job = record(id);
        char key[32];
        snprintf(key, sizeof(key), "k%lld", (long long)id);
        job.key = key;
        uint64_t ticket = 0;
        if (az_catalog_put(c, &job, &ticket, NULL) < 0)
            _exit(3);
        if (ticket % 7 == 0)
            await(c, ticket - 3);
        int64_t durable = base + (int64_t)az_catalog_committed(c);
        if (write(out, &durable, sizeof(durable)) != sizeof(durable))
            _exit(4);
    }
}

static int64_t kill_at(struct world *w, int64_t enough)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (!child) {
        close(pipes[0]);
        child_writes(w, pipes[1]);
    }
    close(pipes[1]);
    int64_t told = 0, n;
    while (told < enough && read(pipes[0], &n, sizeof(n)) == sizeof(n))
        told = n;
    kill(child, SIGKILL);
    while (read(pipes[0], &n, sizeof(n)) == sizeof(n))
        told = n;
    close(pipes[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return told;
}

static int count(void *arg, const struct az_job_record *job, struct az_error *err)
{
    int64_t *n = arg;
    assert_int_equal(job->id, ++*n);
    return 0;
}

static void killed(void **state)
{
    struct world *w = *state;
    struct az_rng rng = az_rng(5);
    int64_t enough = 0;
    for (int round = 0; round < 8; round++) {
        enough += 1 + (int64_t)az_rng_below(&rng, 300);
        int64_t told = kill_at(w, enough), there = 0;
        AZ_AUTO(catalog) c = open_catalog(w);
        assert_int_equal(az_catalog_each(c, count, &there, NULL), 0);
        assert_true(there >= told);
        assert_int_equal(az_catalog_next_id(c), there + 1);
        enough = there;
    }
}

/* While the disk is full nothing is told to be durable; then all of it is. */
static void disk_full(void **state)
{
    struct world *w = *state;
    struct rlimit before, low;
    struct az_error err = {0};
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    AZ_AUTO(catalog) c = open_catalog(w);
    struct az_job_record job = record(1);
    await(c, put(c, &job));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    low.rlim_cur = 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    job = record(2);
    uint64_t ticket = put(c, &job);
    struct pollfd p = {.fd = az_catalog_fd(c), .events = POLLIN};
    while (az_catalog_failing(c, &err) == 0) {
        poll(&p, 1, -1);
        az_catalog_ack(c);
    }
    assert_int_equal(err.code, AZ_EOUTPUT);
    assert_non_null(strstr(err.what, "catalog.db': "));
    assert_true(az_catalog_committed(c) < ticket);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, old);
    await(c, ticket);
    assert_int_equal(az_catalog_failing(c, NULL), 0);
    assert_int_equal(az_catalog_close(AZ_TAKE(c), NULL), 0);
    has(w, "1:waiting:1 2:waiting:2 ");
}

static void refused(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *sql, *want;
        int code;
    } cases[] = {
        {"PRAGMA user_version = 99", "was written by a newer assize", AZ_EINVAL},
        {"PRAGMA application_id = 7", "is no catalog of jobs", AZ_EINVAL},
        {"UPDATE jobs SET state = 42", "job 1: an unknown state", AZ_EIO},
        {"UPDATE jobs SET sealed = 0", "job 1: what is not receiving is sealed", AZ_EIO},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(catalog) c = open_catalog(w);
        struct az_job_record job = record(1);
        put(c, &job);
        assert_int_equal(az_catalog_close(AZ_TAKE(c), NULL), 0);
        char path[128];
        snprintf(path, sizeof(path), "%s/catalog.db", w->dir);
        sqlite3 *db = NULL;
        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        struct az_error err = {0};
        int r = az_catalog_open(w->dir, &c, &err);
        AZ_AUTO_BUF text = az_buf(4096);
        if (r == 0)
            r = az_catalog_each(c, tell, &text, &err);
        assert_int_equal(r, cases[i].code);
        if (!strstr(err.what, cases[i].want))
            fail_msg("%s: %s", cases[i].sql, err.what);
        unlink(path);
    }
}

static void without_memory(void **state)
{
    struct world *w = *state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(catalog) c = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_catalog_open(w->dir, &c, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || (!c && *err.what));
    }
    assert_int_equal(r, 0);
    AZ_AUTO(catalog) c = open_catalog(w);
    struct az_job_record job = record(1);
    uint64_t ticket = 0;
    r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        az_fault_alloc(nth);
        r = az_catalog_put(c, &job, &ticket, NULL);
        az_fault_alloc(0);
    }
    assert_int_equal(ticket, 1); /* what failed was no ticket */
    await(c, ticket);
    az_fault_alloc(1);
    assert_int_equal(az_catalog_drop(c, 1, &ticket, NULL), AZ_ENOMEM);
    az_fault_alloc(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_what_was_put, world_new, world_free),
        cmocka_unit_test_setup_teardown(every_field, world_new, world_free),
        cmocka_unit_test_setup_teardown(older, world_new, world_free),
        cmocka_unit_test_setup_teardown(killed, world_new, world_free),
        cmocka_unit_test_setup_teardown(disk_full, world_new, world_free),
        cmocka_unit_test_setup_teardown(refused, world_new, world_free),
        cmocka_unit_test_setup_teardown(without_memory, world_new, world_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
