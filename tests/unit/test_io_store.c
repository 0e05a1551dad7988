#include "tests/unit/store_world.h"

/* What is stored for item 0, as "judge/order=label,…" in the store's order. */
static const char *ballots_text(struct az_store_reader *r, int64_t seq)
{
    static char text[512];
    AZ_AUTO(arena) a = az_arena_new(1024);
    struct az_ballots all;
    assert_int_equal(az_store_ballots(r, seq, a, &all, NULL), 0);
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < all.n; i++) {
        const struct az_ballot *b = &all.v[i];
        const char *what = b->error                   ? az_ballot_error_name(b->error)
                           : b->label == AZ_LABEL_TIE ? "tie"
                           : b->label                 ? "B"
                                                      : "A";
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d/%d=%s", n ? "," : "", b->key.judge,
                              b->key.order, what);
    }
    return text;
}

static void keeps_what_was_put(void **state)
{
    struct world *w = *state;
    unsigned char secret[AZ_SECRET_BYTES];
    AZ_AUTO(store) s = open_job(w);
    assert_null(az_store_note(s));
    assert_int_equal(az_store_submit(s), 0); /* nothing was put */
    memcpy(secret, az_store_secret(s), sizeof(secret));
    put_item(s, 0);
    put_item(s, 1);
    put_ballot(s, answer_of(key_of(0, 2, 0), AZ_LABEL_B));
    put_ballot(s, answer_of(key_of(0, 1, 1), AZ_LABEL_TIE));
    put_ballot(s, error_of(key_of(0, 1, 0), AZ_BE_TIMEOUT));
    assert_int_equal(az_store_put_ledger(s, 5, 7, NULL), 0);
    assert_int_equal(az_store_pending(s), 6);
    uint64_t first = az_store_submit(s);
    assert_int_equal(az_store_pending(s), 0);
    put_ballot(s, answer_of(key_of(1, 0, -1), AZ_LABEL_A));
    uint64_t second = az_store_submit(s);
    assert_int_equal(second, first + 1);
    assert_int_equal(wait_committed(s, second), 0);
    assert_int_equal(az_store_backlog(s), 0);
    assert_int_equal(az_store_close(AZ_TAKE(s), NULL), 0);

    s = open_job(w);
    assert_memory_equal(secret, az_store_secret(s), sizeof(secret));
    AZ_AUTO(store_reader) r = open_reader(s);
    assert_string_equal(ballots_text(r, 0), "1/0=timeout,1/1=tie,2/0=B");
    assert_string_equal(ballots_text(r, 1), "0/-1=A");
    assert_string_equal(ballots_text(r, 2), "");
    struct az_store_totals t = totals_of(r);
    assert_int_equal(t.items, 2);
    assert_int_equal(t.next_seq, 2);
    assert_int_equal(t.ballots, 4);
    assert_int_equal(t.ballot_errors, 1);
    assert_int_equal(t.settled, 5);
    assert_int_equal(t.ceiling, 7);

    struct az_stored found;
    AZ_AUTO(item) item = make_item(1);
    assert_int_equal(az_store_find(r, AZ_STR("q1"), &found, NULL), 0);
    assert_int_equal(found.seq, 1);
    assert_int_equal(found.status, AZ_OPEN);
    assert_true(az_hash_eq(&found.content, &item->content));
    assert_int_equal(az_store_find(r, AZ_STR("q2"), &found, NULL), AZ_ENOENT);
}

/* What arrives for one key, in this order, and what is kept. A: answer A,
 * B: answer B, e: error, v: a verdict, r: reopened, |: the store is closed and
 * opened again. */
static const struct {
    const char *name, *events, *want;
} rules[] = {
    {"first answer stays", "AB", "0/0=A"},
    {"also over runs", "A|B", "0/0=A"},
    {"an answer replaces an error", "eA", "0/0=A"},
    {"also over runs", "e|A", "0/0=A"},
    {"an error replaces no answer", "Ae", "0/0=A"},
    {"first error stays", "ee", "0/0=timeout"},
    {"the error's answer stays", "eABe", "0/0=A"},
    {"no answer after the verdict", "evA", "0/0=timeout"},
    {"also over runs", "ev|A", "0/0=timeout"},
    {"reopened, errors are gone", "evr", ""},
    {"reopened, answers stay", "Avr", "0/0=A"},
    {"reopened, it may be answered", "evrA", "0/0=A"},
    {"reopened, it may fail again", "evre", "0/0=timeout"},
};

static void ballot_rules(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < AZ_LEN(rules); i++) {
        AZ_AUTO(store) s = open_job(w);
        int64_t seq = (int64_t)i;
        put_item(s, seq);
        struct az_verdict v = verdict_of(AZ_FAILED, AZ_LABEL_NONE);
        for (const char *e = rules[i].events; *e; e++) {
            if (*e == 'A' || *e == 'B')
                put_ballot(s, answer_of(key_of(seq, 0, 0), *e - 'A'));
            else if (*e == 'e')
                put_ballot(s, error_of(key_of(seq, 0, 0), AZ_BE_TIMEOUT));
            else if (*e == 'v')
                assert_int_equal(az_store_put_verdict(s, seq, &v, (struct az_ballots){0}, NULL), 0);
            else if (*e == 'r')
                assert_int_equal(az_store_reopen_item(s, seq, NULL), 0);
            else if (*e == '|')
                az_store_free(AZ_TAKE(s)), s = open_job(w);
        }
        assert_int_equal(commit_all(s), 0);
        AZ_AUTO(store_reader) r = open_reader(s);
        const char *got = ballots_text(r, seq);
        if (strcmp(got, rules[i].want))
            fail_msg("%s (%s): got '%s', want '%s'", rules[i].name, rules[i].events, got,
                     rules[i].want);
    }
}

/* Of more items than go into one ticket. */
static void all_that_failed_are_open(void **state)
{
    enum { MANY = 2500 };
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    assert_int_equal(az_store_reopen_failed(s, NULL), 0);
    for (int64_t seq = 0; seq < MANY; seq++) {
        put_item(s, seq);
        put_ballot(s, error_of(key_of(seq, 0, 0), AZ_BE_HTTP));
        put_ballot(s, answer_of(key_of(seq, 1, 0), AZ_LABEL_A));
        struct az_verdict v = verdict_of(AZ_DECIDED + (int)(seq % 3), AZ_LABEL_NONE);
        assert_int_equal(az_store_put_verdict(s, seq, &v, (struct az_ballots){0}, NULL), 0);
    }
    assert_int_equal(commit_all(s), 0);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(az_store_reopen_failed(s, NULL), 0);
        AZ_AUTO(store_reader) r = open_reader(s);
        struct az_store_totals t = totals_of(r);
        assert_int_equal(t.items, MANY);
        assert_int_equal(t.decided, (MANY + 2) / 3);
        assert_int_equal(t.abstained + t.failed, 0);
        assert_int_equal(t.ballot_errors, (MANY + 2) / 3);
        assert_int_equal(t.ballots, MANY + (MANY + 2) / 3);
    }
    AZ_AUTO(store_reader) r = open_reader(s);
    assert_string_equal(ballots_text(r, 1), "1/0=A");
}

/* The totals that are kept agree with what is there, after all of it. */
static void totals_agree(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    for (int64_t seq = 0; seq < 5; seq++) {
        put_item(s, seq);
        put_item(s, seq);
        put_ballot(s, error_of(key_of(seq, 0, 0), AZ_BE_HTTP));
        put_ballot(s, error_of(key_of(seq, 1, 0), AZ_BE_HTTP));
        put_ballot(s, answer_of(key_of(seq, 1, 0), AZ_LABEL_A));
        put_ballot(s, answer_of(key_of(seq, 2, 0), AZ_LABEL_A));
        struct az_verdict v = verdict_of(AZ_DECIDED + (int)(seq % 3), AZ_LABEL_NONE);
        assert_int_equal(az_store_put_verdict(s, seq, &v, (struct az_ballots){0}, NULL), 0);
        v.status = AZ_FAILED; /* a second verdict changes nothing */
        assert_int_equal(az_store_put_verdict(s, seq, &v, (struct az_ballots){0}, NULL), 0);
    }
    assert_int_equal(az_store_reopen_item(s, 2, NULL), 0); /* the one that failed */
    assert_int_equal(az_store_reopen_item(s, 2, NULL), 0);
    assert_int_equal(commit_all(s), 0);
    AZ_AUTO(store_reader) r = open_reader(s);
    struct az_store_totals t = totals_of(r);
    assert_int_equal(t.items, 5);
    assert_int_equal(t.decided, 2);
    assert_int_equal(t.abstained, 2);
    assert_int_equal(t.failed, 0);
    assert_int_equal(t.ballots, 14);
    assert_int_equal(t.ballot_errors, 4);
    struct az_stored found;
    assert_int_equal(az_store_find(r, AZ_STR("q2"), &found, NULL), 0);
    assert_int_equal(found.status, AZ_OPEN);
    assert_int_equal(az_store_find(r, AZ_STR("q1"), &found, NULL), 0);
    assert_int_equal(found.status, AZ_ABSTAINED);
}

static void item_keeps_its_content(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    AZ_AUTO(item) item = make_item(0);
    put_item(s, 0);
    item->line = 77;
    assert_int_equal(az_store_put_item(s, item, NULL), 0);
    item->line = 99;
    item->content.bytes[0] ^= 1;
    assert_int_equal(az_store_put_item(s, item, NULL), 0);
    assert_int_equal(commit_all(s), 0);
    sqlite3_stmt *q = NULL;
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT line FROM items", -1, &q, NULL);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(q, 0), 77);
    assert_int_equal(sqlite3_step(q), SQLITE_DONE);
    sqlite3_finalize(q);
    sqlite3_close(db);
}

/* ---- reading all ---- */

struct seen {
    size_t n, ballots, used;
    int64_t last, stop_at;
};

static int see(void *arg, const struct az_case *c, struct az_error *err)
{
    struct seen *s = arg;
    assert_true(c->item->seq > s->last);
    s->last = c->item->seq;
    assert_int_equal(c->item->line, c->item->seq + 1);
    char want[128];
    snprintf(want, sizeof(want), "q%lld", (long long)c->item->seq);
    assert_true(az_str_eqz(c->item->id, want));
    snprintf(want, sizeof(want), "the second answer to %lld", (long long)c->item->seq);
    assert_true(az_str_eqz(c->item->responses[1], want));

    assert_int_equal(c->ballots.n, c->item->seq % 4);
    assert_int_equal(c->verdict.status, c->item->seq % 2 ? AZ_DECIDED : AZ_OPEN);
    for (size_t i = 0; i < c->ballots.n; i++) {
        assert_int_equal(c->ballots.v[i].key.item, c->item->seq);
        assert_int_equal(c->ballots.v[i].key.judge, i);
        assert_true(az_str_eqz(c->ballots.v[i].rationale, "because"));
        s->used += c->ballots.v[i].used;
    }
    s->ballots += c->ballots.n;
    s->n++;
    return s->last == s->stop_at ? 42 : 0;
}

/* seq 0 … n-1, seq % 4 ballots each; every other has a verdict, which used the
 * first of its ballots. */
static void fill(struct az_store *s, int64_t from, int64_t n)
{
    for (int64_t seq = from; seq < n; seq++) {
        put_item(s, seq);
        struct az_ballot b[3];
        for (int j = 0; j < seq % 4; j++)
            put_ballot(s, b[j] = answer_of(key_of(seq, j, 0), AZ_LABEL_B));
        if (seq % 2 == 0)
            continue;
        struct az_verdict v = verdict_of(AZ_DECIDED, AZ_LABEL_B);
        b[0].used = true;
        struct az_ballots all = {b, (size_t)(seq % 4)};
        assert_int_equal(az_store_put_verdict(s, seq, &v, all, NULL), 0);
        if (seq % 100 == 99)
            az_store_submit(s);
    }
}

static void each_in_order(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    fill(s, 0, 1000);
    assert_int_equal(commit_all(s), 0);
    AZ_AUTO(store_reader) r = open_reader(s);
    struct seen all = {.last = -1, .stop_at = -1};
    assert_int_equal(az_store_each(r, &w->panel, see, &all, NULL), 0);
    assert_int_equal(all.n, 1000);
    assert_int_equal(all.ballots, 1500);
    assert_int_equal(all.used, 500);

    struct seen some = {.last = -1, .stop_at = 130};
    assert_int_equal(az_store_each(r, &w->panel, see, &some, NULL), 42);
    assert_int_equal(some.n, 131);

    struct seen late = {.last = 899, .stop_at = -1};
    assert_int_equal(az_store_each_from(r, &w->panel, 900, see, &late, NULL), 0);
    assert_int_equal(late.n, 100);
    assert_int_equal(az_store_each_from(r, &w->panel, 1000, see, &late, NULL), 0);
    assert_int_equal(late.n, 100);

    struct seen one = {.last = -1, .stop_at = -1};
    assert_int_equal(az_store_one(r, &w->panel, AZ_STR("q777"), see, &one, NULL), 0);
    assert_int_equal(one.n, 1);
    assert_int_equal(one.last, 777);
    assert_int_equal(az_store_one(r, &w->panel, AZ_STR("q1000"), see, &one, NULL), AZ_ENOENT);
}

static void each_of_nothing(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    AZ_AUTO(store_reader) r = open_reader(s);
    struct seen all = {.last = -1};
    assert_int_equal(az_store_each(r, &w->panel, see, &all, NULL), 0);
    assert_int_equal(all.n, 0);
}

static int64_t wal_bytes(const struct world *w)
{
    char path[128];
    struct stat st;
    snprintf(path, sizeof(path), "%s/state.db-wal", w->dir);
    return stat(path, &st) == 0 ? st.st_size : 0;
}

struct slow {
    struct seen seen;
    struct world *w;
    struct az_store *s;
    int64_t next, most;
};

/* While one reader is inside a callback, much is written. */
static int write_meanwhile(void *arg, const struct az_case *c, struct az_error *err)
{
    struct slow *slow = arg;
    if (c->item->seq == 10) {
        char *text = az_alloc(3000);
        for (int i = 0; i < 3000; i++)
            text[i] = (char)('a' + (i * 7919 + i / 26) % 26);
        for (int i = 0; i < 40000; i++) {
            struct az_ballot b = answer_of(key_of(10000 + i, 0, 0), AZ_LABEL_A);
            b.raw = (struct az_str){text, 900};
            put_ballot(slow->s, b);
            if (i % 2000 == 0) {
                assert_int_equal(commit_all(slow->s), 0);
                slow->most = AZ_MAX(slow->most, wal_bytes(slow->w));
            }
        }
        free(text);
        assert_int_equal(commit_all(slow->s), 0);
    }
    return see(&slow->seen, c, err);
}

static void wal_is_bounded(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    fill(s, 0, 300);
    assert_int_equal(commit_all(s), 0);
    AZ_AUTO(store_reader) r = open_reader(s);
    struct slow slow = {.seen = {.last = -1, .stop_at = -1}, .w = w, .s = s};
    assert_int_equal(az_store_each(r, &w->panel, write_meanwhile, &slow, NULL), 0);
    assert_int_equal(slow.seen.n, 300);
    assert_in_range(slow.most, 1, 24 << 20);
}

static void bodies_of_all_sizes(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    const size_t big = 4 << 20;
    AZ_AUTO_MEM char *text = az_alloc(big);
    uint64_t x = 1;
    for (size_t i = 0; i < big; i++) {
        x = az_hash64_mix(x, i);
        text[i] = (char)x; /* raw is bytes: no compression helps */
    }
    const size_t sizes[] = {0, 1, 1000, 1024, 5000, 70000, big};
    for (size_t i = 0; i < 2 * AZ_LEN(sizes); i++) {
        struct az_ballot b = answer_of(key_of((int64_t)i, 0, 0), AZ_LABEL_A);
        b.raw = (struct az_str){text, sizes[i / 2]};
        if (i % 2)
            memset(text, 'x', sizes[i / 2]);
        put_ballot(s, b);
        assert_int_equal(commit_all(s), 0);
        AZ_AUTO(store_reader) r = open_reader(s);
        AZ_AUTO(arena) a = az_arena_new(1024);
        struct az_ballots got;
        assert_int_equal(az_store_ballots(r, (int64_t)i, a, &got, NULL), 0);
        assert_int_equal(got.n, 1);
        assert_true(az_str_eq(got.v[0].raw, b.raw));
    }
}

static void out_of_range_is_refused(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    struct az_ballot bad = answer_of(key_of(0, 3, 0), AZ_LABEL_A); /* no such seat */
    assert_int_equal(az_store_put_ballot(s, &bad, NULL), AZ_EINVAL);
    bad = answer_of(key_of(0, 0, 0), AZ_LABELS_MAX);
    assert_int_equal(az_store_put_ballot(s, &bad, NULL), AZ_EINVAL);
    struct az_verdict open = {.status = AZ_OPEN};
    assert_int_equal(az_store_put_verdict(s, 0, &open, (struct az_ballots){0}, NULL), AZ_EINVAL);
    assert_int_equal(az_store_submit(s), 0); /* nothing of it stayed in the batch */
    put_ballot(s, answer_of(key_of(0, 0, 0), AZ_LABEL_A));
    assert_int_equal(commit_all(s), 0);
}

static void null_store(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = NULL;
    assert_int_equal(az_store_open_null(&s, NULL), 0);
    put_item(s, 0);
    put_ballot(s, answer_of(key_of(0, 0, 0), AZ_LABEL_A));
    assert_int_equal(az_store_put_ledger(s, 3, 4, NULL), 0);
    uint64_t ticket = az_store_submit(s);
    assert_int_equal(ticket, 1);
    assert_int_equal(az_store_submit(s), 0);
    assert_int_equal(az_store_committed(s), 1);
    struct pollfd p = {.fd = az_store_fd(s), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 0), 1);
    az_store_ack(s);
    assert_int_equal(poll(&p, 1, 0), 0);
    AZ_AUTO(store_reader) r = open_reader(s);
    struct az_stored found;
    struct seen all = {.last = -1};
    assert_int_equal(az_store_find(r, AZ_STR("q0"), &found, NULL), AZ_ENOENT);
    assert_int_equal(az_store_each(r, &w->panel, see, &all, NULL), 0);
    assert_string_equal(ballots_text(r, 0), "");
    assert_int_equal(totals_of(r).ceiling, 4);
    assert_null(az_store_note(s));
}

/* Many ids are looked up in one state of the job. */
static void held_it_stays_as_it_was(void **state)
{
    struct world *w = *state;
    struct az_stored found;
    AZ_AUTO(store) s = open_job(w);
    AZ_AUTO(store_reader) r = open_reader(s);
    put_item(s, 0);
    assert_int_equal(commit_all(s), 0);
    assert_int_equal(az_store_hold(r, NULL), 0);
    assert_int_equal(az_store_find(r, AZ_STR("q0"), &found, NULL), 0);
    put_item(s, 1);
    assert_int_equal(commit_all(s), 0);
    assert_int_equal(az_store_find(r, AZ_STR("q1"), &found, NULL), AZ_ENOENT);
    assert_int_equal(az_store_find(r, AZ_STR("q0"), &found, NULL), 0);
    az_store_let_go(r);
    assert_int_equal(az_store_find(r, AZ_STR("q1"), &found, NULL), 0);
    az_store_let_go(r); /* nothing is held */
    assert_int_equal(totals_of(r).items, 2);
}

/* A cache of its own may take 32 MB; of a shared bound it does not pass the rest. */
static void caches_share_a_bound(void **state)
{
    struct world *w = *state;
    const int64_t bound = 2 << 20;
    char text[800];
    memset(text, 'x', sizeof(text));
    az_store_share_memory((size_t)bound);
    AZ_AUTO(store) s = open_job(w);
    for (int64_t seq = 0; seq < 20000; seq++) {
        struct az_ballot b = answer_of(key_of(seq, 0, 0), AZ_LABEL_A);
        b.rationale = (struct az_str){text, sizeof(text)};
        put_ballot(s, b);
        if (seq % 500 == 499)
            assert_int_equal(commit_all(s), 0);
    }
    assert_in_range(sqlite3_memory_used(), 0, 2 * bound); /* 16 MB of rows */
    az_store_share_memory(0);
    AZ_AUTO(store_reader) r = open_reader(s);
    assert_int_equal(totals_of(r).ballots, 20000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_what_was_put),
        TEST(ballot_rules),
        TEST(all_that_failed_are_open),
        TEST(totals_agree),
        TEST(item_keeps_its_content),
        TEST(each_in_order),
        TEST(each_of_nothing),
        TEST(wal_is_bounded),
        TEST(caches_share_a_bound),
        TEST(held_it_stays_as_it_was),
        TEST(bodies_of_all_sizes),
        TEST(out_of_range_is_refused),
        TEST(null_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
