#include "tests/unit/store_world.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "core/rng.h"

enum { ROUNDS = 20, RAW = 2500 };

/* Bytes that no compression makes smaller, so that WAL and checkpoints are had. */
static void noise(char raw[RAW], int64_t seq)
{
    struct az_rng rng = az_rng((uint64_t)seq);
    for (int i = 0; i < RAW; i++)
        raw[i] = (char)az_rng_next(&rng);
}

/* One item, its ballot, an error that an answer replaces, its verdict. */
static int put_case(struct az_store *s, int64_t seq)
{
    char raw[RAW];
    noise(raw, seq);
    AZ_AUTO(item) item = make_item(seq);
    struct az_ballot b = answer_of(key_of(seq, 0, 0), (int)(seq % 3));
    b.raw = (struct az_str){raw, RAW};
    struct az_ballot failed = error_of(key_of(seq, 1, 0), AZ_BE_HTTP);
    struct az_ballot mended = answer_of(key_of(seq, 1, 0), 0);
    struct az_verdict v = verdict_of(AZ_DECIDED, b.label);
    b.used = true;
    int r = az_store_put_item(s, item, NULL);
    if (r == 0)
        r = az_store_put_ballot(s, &b, NULL);
    if (r == 0)
        r = az_store_put_ballot(s, &failed, NULL);
    if (r == 0)
        r = az_store_put_ballot(s, &mended, NULL);
    return r == 0 ? az_store_put_verdict(s, seq, &v, (struct az_ballots){&b, 1}, NULL) : r;
}

struct whole {
    int64_t next; /* the case that is due */
};

static int check_case(void *arg, const struct az_case *c, struct az_error *err)
{
    struct whole *w = arg;
    char raw[RAW];
    assert_int_equal(c->item->seq, w->next++);
    noise(raw, c->item->seq);
    assert_int_equal(c->ballots.n, 2);
    assert_int_equal(c->ballots.v[0].label, c->item->seq % 3);
    assert_true(c->ballots.v[0].used && !c->ballots.v[1].used);
    assert_true(az_str_eq(c->ballots.v[0].raw, (struct az_str){raw, RAW}));
    assert_int_equal(c->ballots.v[1].error, AZ_BE_NONE);
    assert_int_equal(c->verdict.status, AZ_DECIDED);
    assert_int_equal(c->verdict.label, c->item->seq % 3);
    return 0;
}

/* All cases that are there are whole and without a gap. Returns how many. */
static int64_t check_all(struct world *w, struct az_store *s)
{
    AZ_AUTO(store_reader) r = open_reader(s);
    struct az_error err = {0};
    struct whole whole = {0};
    if (az_store_each(r, &w->panel, check_case, &whole, &err) < 0)
        fail_msg("%s", err.what);
    struct az_store_totals t = totals_of(r);
    assert_int_equal(t.items, whole.next);
    assert_int_equal(t.decided, whole.next);
    assert_int_equal(t.ballots, 2 * whole.next);
    assert_int_equal(t.ballot_errors, 0);
    return whole.next;
}

/* The child: from `seq` on, batches of 1 to 40 cases; after each commit it says
 * how many cases are durable. Its end is SIGKILL. */
static void child_writes(struct world *w, int64_t seq, int out)
{
    enum { TICKETS = 1 << 20 };
    int64_t *until = calloc(TICKETS, sizeof(*until)); /* by ticket */
    struct az_rng rng = az_rng((uint64_t)seq);
    struct az_store *s = NULL;
    if (!until || az_store_open(w->dir, AZ_STORE_RUN, &w->panel, &s, NULL) < 0)
        _exit(2);
    uint64_t told = 0;
    for (;;) {
        for (uint64_t n = 1 + az_rng_below(&rng, 40); n; n--) {
            if (put_case(s, seq++) < 0)
                _exit(3);
        }
        uint64_t ticket = az_store_submit(s);
        if (ticket >= TICKETS)
            _exit(4);
        until[ticket] = seq;
        while (az_store_backlog(s) > 1 << 20) {
            struct pollfd p = {.fd = az_store_fd(s), .events = POLLIN};
            poll(&p, 1, -1);
            az_store_ack(s);
        }
        uint64_t done = az_store_committed(s);
        if (done > told && write(out, &until[done], sizeof(*until)) != sizeof(*until))
            _exit(5);
        told = done;
    }
}

/* The parent reads until it has been told of `enough` more, and kills. Whatever
 * is in the pipe then was told as well. */
static int64_t kill_at(struct world *w, int64_t from, int64_t enough)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (!child) {
        close(pipes[0]);
        child_writes(w, from, pipes[1]);
    }
    close(pipes[1]);
    int64_t told = from, n;
    while (told < from + enough && read(pipes[0], &n, sizeof(n)) == sizeof(n))
        told = n;
    kill(child, SIGKILL);
    while (read(pipes[0], &n, sizeof(n)) == sizeof(n))
        told = n;
    close(pipes[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFSIGNALED(status))
        fail_msg("the child ended by itself: %d", WEXITSTATUS(status));
    return told;
}

/* kill -9 at twenty places: what was told is there, whole and in order. */
static void killed(void **state)
{
    struct world *w = *state;
    struct az_rng rng = az_rng(9);
    int64_t there = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t told = kill_at(w, there, 1 + (int64_t)az_rng_below(&rng, 600));
        AZ_AUTO(store) s = open_job(w);
        there = check_all(w, s);
        if (there < told)
            fail_msg("round %d: %lld were committed, %lld are there", round, (long long)told,
                     (long long)there);
    }
}

/* Put until it fails; returns how many cases are durable. */
static int64_t write_until_full(struct world *w, struct az_error *err)
{
    int64_t seq = 0, durable = 0;
    AZ_AUTO(store) s = open_job(w);
    while (put_case(s, seq) == 0 && seq < 100000) {
        uint64_t ticket = az_store_submit(s);
        seq++;
        if (seq % 50 == 0 && wait_committed(s, ticket) == 0)
            durable = seq;
    }
    assert_int_equal(az_store_failed(s, err), AZ_EOUTPUT);
    assert_true(az_store_committed(s) < s->ticket); /* one case a ticket */
    durable = AZ_MAX(durable, (int64_t)az_store_committed(s));
    assert_int_equal(az_store_close(AZ_TAKE(s), err), AZ_EOUTPUT);
    return durable;
}

/* There is room again: all that was committed is there, and it goes on. */
static void goes_on(struct world *w, int64_t durable)
{
    AZ_AUTO(store) s = open_job(w);
    int64_t there = check_all(w, s);
    assert_true(there >= durable);
    assert_int_equal(put_case(s, there), 0);
    assert_int_equal(commit_all(s), 0);
    assert_int_equal(check_all(w, s), there + 1);
}

static void file_too_large(void **state)
{
    struct world *w = *state;
    struct az_error err = {0};
    struct rlimit before, low;
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    low.rlim_cur = 3 << 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    int64_t durable = write_until_full(w, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, old);
    assert_true(durable > 0);
    /* Up to the limit SQLite writes a part and calls it full; then the system says why. */
    if (!strstr(err.what, "cannot write state.db: File too large") &&
        !strstr(err.what, "cannot write state.db: the disk or a quota is full"))
        fail_msg("%s", err.what);
    goes_on(w, durable);
}

static void disk_full(void **state)
{
    struct world *w = *state;
    struct az_error err = {0};
    if (mount("tmpfs", w->root, "tmpfs", 0, "size=4m") < 0)
        skip(); /* it takes root to make a small disk */
    int64_t durable = write_until_full(w, &err);
    bool said = strstr(err.what, "cannot write state.db: the disk or a quota is full");
    int larger = mount("tmpfs", w->root, "tmpfs", MS_REMOUNT, "size=64m");
    if (said && durable > 0 && larger == 0)
        goes_on(w, durable);
    umount2(w->root, MNT_DETACH);
    if (!said)
        fail_msg("%s", err.what);
    assert_true(durable > 0);
    assert_int_equal(larger, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(killed), TEST(file_too_large), TEST(disk_full)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
