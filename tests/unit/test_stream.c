#include "coordinator/stream.h"

#include "core/buf.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

/* Items of a job: D decided, - open; each line is 10 bytes. What one message is: the
 * items in it, then where it goes on, and "end". */
static const struct {
    const char *name, *items;
    int64_t from, credit;
    bool follow, final;
    const char *want;
} cases[] = {
    {"all", "DDD", 0, 1000, false, false, "0 1 2 next 3 end"},
    {"from a position", "DDD", 2, 1000, false, false, "2 next 3 end"},
    {"past the end", "DDD", 9, 1000, false, false, "next 9 end"},
    {"open ones are counted", "D-D-", 0, 1000, false, false, "0 2 next 4 end open 2 first 1"},
    {"who follows waits for them", "D-D", 0, 1000, true, false, "0 next 1"},
    {"if they come at all", "D-D", 0, 1000, true, true, "0 2 next 3 end open 1 first 1"},
    {"nothing new", "-", 0, 1000, true, false, ""},
    {"as much as may be sent, and a line beyond", "DDDD", 0, 15, false, false, "0 1 next 2"},
    {"the last line fills it: the end is another message", "DD", 0, 20, false, false, "0 1 next 2"},
};

static void read_items(struct az_stream *s, const char *items, struct az_buf *b)
{
    int next = AZ_STREAM_MORE;
    for (int64_t seq = s->at; seq < (int64_t)strlen(items) && next == AZ_STREAM_MORE; seq++) {
        next = az_stream_case(s, seq, 0, items[seq] == 'D');
        if (next != AZ_STREAM_LINE)
            continue;
        az_buf_fmt(b, "%lld ", (long long)seq);
        next = az_stream_line(s, seq, 0, 10);
    }
    az_stream_read(s, next == AZ_STREAM_ENOUGH);
}

static void messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF b = az_buf(4096);
        struct az_stream s = az_stream(cases[i].from, cases[i].credit, cases[i].follow, false);
        az_stream_begin(&s, cases[i].final);
        read_items(&s, cases[i].items, &b);
        if (az_stream_says(&s))
            az_buf_fmt(&b, "next %lld", (long long)s.after);
        if (az_stream_is_last(&s))
            az_buf_z(&b, " end");
        if (s.open)
            az_buf_fmt(&b, " open %lld first %lld", (long long)s.open, (long long)s.first_open);
        if (strcmp(b.p ? b.p : "", cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, b.p, cases[i].want);
    }
}

static void read_again(struct az_stream *s, const char *items)
{
    AZ_AUTO_BUF b = az_buf(4096);
    az_stream_begin(s, false);
    read_items(s, items, &b);
}

/* Its place moves only with what went out. */
static void a_full_queue(void **state)
{
    (void)state;
    struct az_stream s = az_stream(0, 1000, true, false);
    az_ms until = INT64_MAX;
    assert_true(az_stream_ready(&s, 0, &until));
    read_again(&s, "DD");
    assert_false(az_stream_ready(&s, 0, &until)); /* it is busy */
    assert_false(az_stream_sent(&s, true, 50));
    assert_int_equal(s.at, 0);
    assert_int_equal(s.credit, 1000);
    assert_false(az_stream_ready(&s, 60, &until));
    assert_int_equal(until, 150);
    for (int i = 0; i < 20; i++) {
        read_again(&s, "DD");
        az_stream_sent(&s, true, 1000);
    }
    assert_int_equal(s.retry, 11000);
    read_again(&s, "DD");
    assert_false(az_stream_sent(&s, false, 11000));
    assert_int_equal(s.at, 2);
    assert_int_equal(s.credit, 980);
}

static void who_has_read_all_waits(void **state)
{
    (void)state;
    struct az_stream s = az_stream(0, 15, true, false);
    az_ms until = INT64_MAX;
    read_again(&s, "D-");
    az_stream_sent(&s, false, 0);
    assert_false(az_stream_ready(&s, 0, &until));
    az_stream_wake(&s);
    assert_true(az_stream_ready(&s, 0, &until));
    read_again(&s, "D-");
    az_stream_wake(&s); /* while it reads */
    az_stream_sent(&s, false, 0);
    assert_true(az_stream_ready(&s, 0, &until));
    read_again(&s, "DD");
    az_stream_sent(&s, false, 0);
    assert_int_equal(s.credit, -5); /* overdrawn by a line */
    az_stream_wake(&s);
    assert_false(az_stream_ready(&s, 0, &until));
    az_stream_more(&s, INT64_MAX);
    az_stream_more(&s, INT64_MAX);
    assert_true(az_stream_ready(&s, 0, &until));
    assert_int_equal(s.credit, INT64_MAX);
}

/* By decision: the place counts. */
static void as_they_come(void **state)
{
    (void)state;
    struct az_stream s = az_stream(4, 1000, false, true);
    az_stream_begin(&s, true);
    assert_int_equal(az_stream_case(&s, 17, 4, true), AZ_STREAM_LINE);
    assert_int_equal(az_stream_line(&s, 17, 4, 10), AZ_STREAM_MORE);
    az_stream_read(&s, false);
    assert_int_equal(s.after, 5);
    assert_true(az_stream_sent(&s, false, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),
        cmocka_unit_test(a_full_queue),
        cmocka_unit_test(who_has_read_all_waits),
        cmocka_unit_test(as_they_come),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
