/* Rows are inserted many at a time: what is kept is as if each came alone. */
#include "core/buf.h"
#include "core/rng.h"
#include "tests/unit/store_world.h"

enum { ITEMS = 48, RECORDS = 2000, A_BATCH = 150, SEEDS = 12 };

static void put_random(struct az_store *s, struct az_rng *rng, const char *long_text)
{
    struct az_key key = key_of((int64_t)az_rng_below(rng, ITEMS), (int)az_rng_below(rng, 3),
                               (int)az_rng_below(rng, 2));
    uint64_t what = az_rng_below(rng, 100);
    struct az_verdict v = verdict_of(AZ_DECIDED + (int)(what % 3), AZ_LABEL_NONE);
    struct az_ballot answer = answer_of(key, (int)az_rng_below(rng, 2));
    if (what < 4)
        answer.rationale = az_str(long_text); /* compressed */
    if (what < 60)
        put_ballot(s, answer);
    else if (what < 66)
        put_ballot(s, error_of(key, AZ_BE_TIMEOUT));
    else if (what < 98)
        assert_int_equal(az_store_put_verdict(s, key.item, &v, (struct az_ballots){0}, NULL), 0);
    else
        assert_int_equal(az_store_reopen_item(s, key.item, NULL), 0);
}

static void fill(struct az_store *s, uint64_t seed, int a_batch)
{
    char long_text[2000];
    struct az_rng rng = az_rng(seed);
    memset(long_text, 'x', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    for (int64_t i = 0; i < ITEMS; i++)
        put_item(s, i);
    for (int i = 1; i <= RECORDS; i++) {
        put_random(s, &rng, long_text);
        if (i % a_batch == 0)
            az_store_submit(s);
    }
    assert_int_equal(commit_all(s), 0);
}

static void tell_case(struct az_buf *b, const struct az_case *c)
{
    az_buf_fmt(b, "%lld %d:", (long long)c->item->seq, (int)c->verdict.status);
    for (size_t i = 0; i < c->ballots.n; i++) {
        const struct az_ballot *ballot = &c->ballots.v[i];
        az_buf_fmt(b, " %d/%d=%d%s%zu", ballot->key.judge, ballot->key.order, ballot->label,
                   ballot->error ? "e" : "a", ballot->rationale.n);
    }
    az_buf_char(b, '\n');
}

static int on_case(void *arg, const struct az_case *c, struct az_error *err)
{
    tell_case(arg, c);
    return 0;
}

/* All that a reader can be told, but for the places of decisions themselves, which
 * may have gaps. */
static struct az_buf told(struct world *w, struct az_store *s)
{
    AZ_AUTO(store_reader) r = open_reader(s);
    struct az_buf b = az_buf(AZ_BUF_MAX);
    struct az_store_totals t = totals_of(r);
    az_buf_fmt(&b, "%lld items, %lld %lld %lld, %lld ballots, %lld errors\n", (long long)t.items,
               (long long)t.decided, (long long)t.abstained, (long long)t.failed,
               (long long)t.ballots, (long long)t.ballot_errors);
    assert_int_equal(az_store_each(r, &w->panel, on_case, &b, NULL), 0);
    assert_int_equal(az_store_each_decided(r, &w->panel, 1, on_case, &b, NULL), 0);
    assert_int_equal(az_buf_check(&b, NULL), 0);
    return b;
}

static void many_at_a_time_is_as_one_by_one(void **state)
{
    struct world *w = *state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        snprintf(w->dir, sizeof(w->dir), "%s/many%d", w->root, (int)seed);
        AZ_AUTO(store) many = open_job(w);
        fill(many, seed, A_BATCH);
        AZ_AUTO_BUF got = told(w, many);
        snprintf(w->dir, sizeof(w->dir), "%s/one%d", w->root, (int)seed);
        AZ_AUTO(store) one = open_job(w);
        fill(one, seed, 1);
        AZ_AUTO_BUF want = told(w, one);
        if (strcmp(got.p, want.p) != 0)
            fail_msg("seed %d:\n%s\nis not\n%s", (int)seed, got.p, want.p);
    }
}

/* Verdicts of a whole group, some of which are there: the others have their places. */
static void a_group_of_verdicts_half_of_them_known(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    struct az_verdict v = verdict_of(AZ_DECIDED, AZ_LABEL_B);
    for (int64_t i = 0; i < 16; i++)
        put_item(s, i);
    for (int64_t i = 0; i < 16; i += 2)
        assert_int_equal(az_store_put_verdict(s, i, &v, (struct az_ballots){0}, NULL), 0);
    assert_int_equal(commit_all(s), 0);
    v.status = AZ_FAILED;
    for (int64_t i = 15; i >= 0; i--)
        assert_int_equal(az_store_put_verdict(s, i, &v, (struct az_ballots){0}, NULL), 0);
    assert_int_equal(commit_all(s), 0);

    AZ_AUTO(store_reader) r = open_reader(s);
    struct az_store_totals t = totals_of(r);
    assert_int_equal(t.decided, 8);
    assert_int_equal(t.failed, 8);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    assert_int_equal(az_store_each_decided(r, &w->panel, 9, on_case, &b, NULL), 0);
    assert_string_equal(b.p, "15 3:\n13 3:\n11 3:\n9 3:\n7 3:\n5 3:\n3 3:\n1 3:\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_at_a_time_is_as_one_by_one, world_new, world_free),
        cmocka_unit_test_setup_teardown(a_group_of_verdicts_half_of_them_known, world_new,
                                        world_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
