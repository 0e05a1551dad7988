#include "coordinator/io_feeder.h"
#include "tests/unit/store_world.h"

static struct az_queue *queue_of(size_t items)
{
    struct az_queue *q = NULL;
    assert_int_equal(az_queue_new(items, 0, &q, NULL), 0);
    return q;
}

static struct az_feeder *start(struct world *w, struct az_store *s, struct az_queue *q)
{
    struct az_feeder *f = NULL;
    struct az_error err = {0};
    if (az_feeder_start(&w->panel, s, q, &f, &err) < 0)
        fail_msg("%s", err.what);
    return f;
}

/* Every second item is open; those divisible by three have a ballot. */
static struct az_store *job_of(struct world *w, int64_t items)
{
    struct az_store *s = open_job(w);
    struct az_verdict v = verdict_of(AZ_DECIDED, AZ_LABEL_A);
    for (int64_t seq = 0; seq < items; seq++) {
        put_item(s, seq);
        if (seq % 3 == 0)
            put_ballot(s, answer_of(key_of(seq, 1, 0), AZ_LABEL_A));
        if (seq % 2 == 0)
            assert_int_equal(az_store_put_verdict(s, seq, &v, (struct az_ballots){0}, NULL), 0);
    }
    assert_int_equal(commit_all(s), 0);
    return s;
}

static void all_open_items(void **state)
{
    struct world *w = *state;
    enum { N = 400 };
    AZ_AUTO(store) s = job_of(w, N);
    AZ_AUTO(queue) q = queue_of(3); /* it waits for whoever takes them */
    struct az_feeder *f = start(w, s, q);
    void *p;
    int64_t want = 1;
    for (; az_queue_pop_wait(q, -1, &p) == 0; want += 2) {
        struct az_fed *fed = p;
        assert_int_equal(fed->item->seq, want);
        assert_int_equal(fed->ballots.n, want % 3 == 0);
        assert_true(!fed->is_new && !fed->renewed && !fed->decided && !fed->reopened);
        az_fed_free(fed);
    }
    assert_int_equal(want, N + 1);
    assert_int_equal(az_feeder_stop(f, NULL), 0);
}

/* What nobody took is freed, wherever the thread was. */
static void stopped_half_way(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = job_of(w, 400);
    for (int taken = 0; taken < 3; taken++) {
        AZ_AUTO(queue) q = queue_of(3);
        struct az_feeder *f = start(w, s, q);
        for (int i = 0; i < taken; i++) {
            void *p = NULL;
            assert_int_equal(az_queue_pop_wait(q, -1, &p), 0);
            az_fed_free(p);
        }
        assert_int_equal(az_feeder_stop(f, NULL), 0);
        assert_true(az_queue_closed(q));
    }
}

/* An item that cannot be read ends it, and it says so: the job isn't done. */
static void damaged(void **state)
{
    struct world *w = *state;
    struct az_store *s = job_of(w, 4);
    assert_int_equal(az_store_close(s, NULL), 0);
    char path[128];
    snprintf(path, sizeof(path), "%s/state.db", w->dir);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "UPDATE items SET body = x'00ff' WHERE seq = 3", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);

    s = open_job(w);
    AZ_AUTO(queue) q = queue_of(8);
    struct az_feeder *f = start(w, s, q);
    void *p;
    while (az_queue_pop_wait(q, -1, &p) == 0)
        az_fed_free(p);
    struct az_error err = {0};
    assert_int_equal(az_feeder_stop(f, &err), AZ_EIO);
    assert_non_null(strstr(err.what, "item 3"));
    az_store_free(s);
}

static void without_memory(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = job_of(w, 4);
    AZ_AUTO(queue) q = queue_of(8);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_feeder *f = NULL;
        az_fault_alloc(nth);
        r = az_feeder_start(&w->panel, s, q, &f, NULL);
        if (r == 0)
            r = az_feeder_stop(f, NULL);
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_open_items, world_new, world_free),
        cmocka_unit_test_setup_teardown(stopped_half_way, world_new, world_free),
        cmocka_unit_test_setup_teardown(damaged, world_new, world_free),
        cmocka_unit_test_setup_teardown(without_memory, world_new, world_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
