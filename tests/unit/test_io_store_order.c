#include "tests/unit/store_world.h"

static void put_verdict(struct az_store *s, int64_t seq, enum az_status status)
{
    struct az_verdict v = verdict_of(status, status == AZ_DECIDED ? AZ_LABEL_B : AZ_LABEL_NONE);
    struct az_ballot used = answer_of(key_of(seq, 1, 0), AZ_LABEL_B);
    used.used = true;
    assert_int_equal(az_store_put_verdict(s, seq, &v, (struct az_ballots){&used, 1}, NULL), 0);
}

/* What a reader gives, as text: "pos:item/ballots/used," or "item/ballots,". */
struct told {
    char text[4096];
    size_t n;
    int stop_after; /* 0 = never */
};

static void tell(struct told *t, int64_t pos, int64_t item, struct az_ballots ballots)
{
    size_t used = 0;
    for (size_t i = 0; i < ballots.n; i++)
        used += ballots.v[i].used;
    t->n += (size_t)snprintf(t->text + t->n, sizeof(t->text) - t->n, "%s%lld:%lld/%zu/%zu",
                             t->n ? " " : "", (long long)pos, (long long)item, ballots.n, used);
}

static int on_decided(void *arg, const struct az_case *c, struct az_error *err)
{
    struct told *t = arg;
    tell(t, c->pos, c->item->seq, c->ballots);
    assert_int_not_equal(c->verdict.status, AZ_OPEN);
    assert_string_equal(c->verdict.how, "majority");
    return t->stop_after && !--t->stop_after ? 7 : 0;
}

static int on_open(void *arg, struct az_item *item, struct az_ballots ballots, struct az_error *err)
{
    struct told *t = arg;
    tell(t, 0, item->seq, ballots);
    az_item_free(item);
    return t->stop_after && !--t->stop_after ? 7 : 0;
}

static const char *decided_text(struct world *w, struct az_store *s, int64_t pos)
{
    static struct told t;
    t = (struct told){0};
    AZ_AUTO(store_reader) r = open_reader(s);
    assert_int_equal(az_store_each_decided(r, &w->panel, pos, on_decided, &t, NULL), 0);
    return t.text;
}

static const char *open_text(struct world *w, struct az_store *s, int64_t seq)
{
    static struct told t;
    t = (struct told){0};
    AZ_AUTO(store_reader) r = open_reader(s);
    assert_int_equal(az_store_each_open(r, &w->panel, seq, on_open, &t, NULL), 0);
    return t.text;
}

static void as_they_were_decided(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    for (int64_t seq = 0; seq < 6; seq++)
        put_item(s, seq);
    put_ballot(s, answer_of(key_of(4, 1, 0), AZ_LABEL_B));
    put_ballot(s, answer_of(key_of(4, 2, 0), AZ_LABEL_A));
    put_verdict(s, 4, AZ_DECIDED);
    put_verdict(s, 0, AZ_FAILED);
    assert_int_equal(commit_all(s), 0);
    put_verdict(s, 2, AZ_DECIDED);
    put_verdict(s, 4, AZ_FAILED); /* changes nothing */
    assert_int_equal(commit_all(s), 0);
    assert_string_equal(decided_text(w, s, 0), "1:4/2/1 2:0/0/0 3:2/0/0");
    assert_string_equal(decided_text(w, s, 2), "2:0/0/0 3:2/0/0");
    assert_string_equal(decided_text(w, s, 4), "");

    /* Decided again, it has a new place, also when it was the last. */
    assert_int_equal(az_store_reopen_item(s, 2, NULL), 0);
    assert_int_equal(az_store_reopen_item(s, 2, NULL), 0);
    assert_int_equal(commit_all(s), 0);
    az_store_free(AZ_TAKE(s));
    s = open_job(w);
    assert_string_equal(decided_text(w, s, 0), "1:4/2/1 2:0/0/0");
    put_verdict(s, 2, AZ_ABSTAINED);
    assert_int_equal(commit_all(s), 0);
    assert_string_equal(decided_text(w, s, 3), "4:2/0/0");
    AZ_AUTO(store_reader) r = open_reader(s);
    assert_int_equal(totals_of(r).decisions, 4);
}

static void open_ones(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    assert_string_equal(open_text(w, s, 0), "");
    for (int64_t seq = 0; seq < 6; seq++)
        put_item(s, seq);
    put_ballot(s, answer_of(key_of(3, 1, 0), AZ_LABEL_B));
    put_ballot(s, error_of(key_of(3, 0, 0), AZ_BE_TIMEOUT));
    put_verdict(s, 0, AZ_DECIDED);
    put_verdict(s, 4, AZ_FAILED);
    assert_int_equal(commit_all(s), 0);
    assert_string_equal(open_text(w, s, 0), "0:1/0/0 0:2/0/0 0:3/2/0 0:5/0/0");
    assert_string_equal(open_text(w, s, 4), "0:5/0/0");
    for (int64_t seq = 0; seq < 6; seq++)
        put_verdict(s, seq, AZ_FAILED);
    assert_int_equal(commit_all(s), 0);
    assert_string_equal(open_text(w, s, 0), "");
}

/* Gaps of every width, over more than one look at the store: those that are stepped
 * over and those that are searched across. */
static void open_ones_far_apart(void **state)
{
    struct world *w = *state;
    struct told want = {0};
    AZ_AUTO(store) s = open_job(w);
    for (int64_t seq = 0, next = 1, gap = 1; seq < 150; seq++) {
        put_item(s, seq);
        put_ballot(s, answer_of(key_of(seq, 0, 0), AZ_LABEL_A));
        struct az_ballot b[2] = {0};
        if (seq % 3 == 0)
            put_ballot(s, answer_of(key_of(seq, 2, 0), AZ_LABEL_B));
        if (seq == next) {
            tell(&want, 0, seq, (struct az_ballots){b, seq % 3 ? 1 : 2});
            next += ++gap;
        } else {
            put_verdict(s, seq, AZ_DECIDED);
        }
    }
    assert_int_equal(commit_all(s), 0);
    assert_string_equal(open_text(w, s, 0), want.text);
}

static int count_decided(void *arg, const struct az_case *c, struct az_error *err)
{
    int64_t *n = arg;
    assert_int_equal(c->pos, ++*n);
    return 0;
}

static int count_open(void *arg, struct az_item *item, struct az_ballots ballots,
                      struct az_error *err)
{
    int64_t *n = arg;
    assert_int_equal(item->seq, 2 * (*n)++ + 1);
    az_item_free(item);
    return 0;
}

/* More than are in memory at once, and one that stops. */
static void many(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    enum { N = 1000 };
    for (int64_t seq = 0; seq < N; seq++)
        put_item(s, seq);
    for (int64_t seq = N - 2; seq >= 0; seq -= 2)
        put_verdict(s, seq, AZ_DECIDED);
    assert_int_equal(commit_all(s), 0);
    AZ_AUTO(store_reader) r = open_reader(s);
    int64_t n = 0;
    assert_int_equal(az_store_each_decided(r, &w->panel, 1, count_decided, &n, NULL), 0);
    assert_int_equal(n, N / 2);
    n = 0;
    assert_int_equal(az_store_each_open(r, &w->panel, 0, count_open, &n, NULL), 0);
    assert_int_equal(n, N / 2);
    struct told t = {.stop_after = 70};
    assert_int_equal(az_store_each_decided(r, &w->panel, 1, on_decided, &t, NULL), 7);
    t = (struct told){.stop_after = 70};
    assert_int_equal(az_store_each_open(r, &w->panel, 0, on_open, &t, NULL), 7);
}

static void without_memory(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    for (int64_t seq = 0; seq < 2; seq++)
        put_item(s, seq);
    put_ballot(s, answer_of(key_of(0, 1, 0), AZ_LABEL_B));
    put_verdict(s, 0, AZ_DECIDED);
    assert_int_equal(commit_all(s), 0);
    for (int open = 0; open < 2; open++) {
        int code = AZ_ENOMEM;
        for (int nth = 1; code == AZ_ENOMEM; nth++) {
            AZ_AUTO(store_reader) r = open_reader(s);
            struct told t = {0};
            struct az_error err = {0};
            az_fault_alloc(nth);
            code = open ? az_store_each_open(r, &w->panel, 0, on_open, &t, &err)
                        : az_store_each_decided(r, &w->panel, 0, on_decided, &t, &err);
            az_fault_alloc(0);
            assert_true(code == 0 || *err.what);
            assert_true(code || t.n);
        }
        assert_int_equal(code, 0);
    }
}

/* Chunks and their items come and go together. */
static void progress(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    put_item(s, 0);
    struct az_store_progress p = {.chunks = 1, .lines = 3, .bad_lines = 1, .doubles = 1};
    assert_int_equal(az_store_put_progress(s, &p, NULL), 0);
    assert_int_equal(commit_all(s), 0);
    p = (struct az_store_progress){
        .chunks = 2, .lines = 9, .bad_lines = 2, .last_line = 11, .sealed = true};
    assert_int_equal(az_store_put_progress(s, &p, NULL), 0);
    az_store_free(AZ_TAKE(s));
    s = open_job(w);
    AZ_AUTO(store_reader) r = open_reader(s);
    struct az_store_totals t = totals_of(r);
    assert_int_equal(t.progress.chunks, 2);
    assert_int_equal(t.progress.lines, 9);
    assert_int_equal(t.progress.bad_lines, 2);
    assert_int_equal(t.progress.doubles, 0);
    assert_int_equal(t.progress.last_line, 11);
    assert_true(t.progress.sealed);
}

/* A job of the first format: items that were decided have places, in order. */
static void from_the_first_format(void **state)
{
    struct world *w = *state;
    char path[128];
    assert_int_equal(mkdir(w->dir, 0777), 0);
    snprintf(path, sizeof(path), "%s/state.db", w->dir);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(az_store_migrate(db, w->dir, az_store_schema, 1, NULL), 0);
    assert_int_equal(
        sqlite3_exec(db,
                     "INSERT INTO verdicts VALUES(5, 1, x'00'), (3, 3, x'00'), (9, 1, x'00');"
                     "UPDATE totals SET items = 10, decided = 2, failed = 1",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);

    AZ_AUTO(store) s = open_job(w);
    AZ_AUTO(store_reader) r = open_reader(s);
    assert_int_equal(totals_of(r).decisions, 3);
    int64_t n = 0;
    assert_int_equal(az_sql_int(s->db, w->dir,
                                "SELECT count(*) FROM decided JOIN verdicts USING(pos)"
                                " WHERE decided.item = verdicts.item AND (pos, verdicts.item) IN"
                                " (VALUES(1, 3), (2, 5), (3, 9))",
                                &n, NULL),
                     0);
    assert_int_equal(n, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_they_were_decided, world_new, world_free),
        cmocka_unit_test_setup_teardown(open_ones, world_new, world_free),
        cmocka_unit_test_setup_teardown(open_ones_far_apart, world_new, world_free),
        cmocka_unit_test_setup_teardown(many, world_new, world_free),
        cmocka_unit_test_setup_teardown(without_memory, world_new, world_free),
        cmocka_unit_test_setup_teardown(progress, world_new, world_free),
        cmocka_unit_test_setup_teardown(from_the_first_format, world_new, world_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
