/* A job's verdicts from a coordinator: all, once, in order, and no more under way
 * than there is credit for; over sessions that break. */
#include "client/lib/io_verdicts.h"

#include "protos/job.pb-c.h"
#include "tests/unit/fake_coordinator.h"

enum { LINES = 50, LINE = 100, CREDIT = 1000, SILENCE = 200 };

struct source {
    uint64_t request;
    int64_t next, credit;
    int64_t break_at; /* after this line the session is forgotten; -1 = never */
    int sessions;
};

/* As much as credit allows, some lines a message. */
static void go_on(struct fake *f, int peer)
{
    struct source *s = f->arg;
    while (s->credit >= LINE && s->next <= LINES) {
        Assize__Verdicts m = ASSIZE__VERDICTS__INIT;
        ProtobufCBinaryData lines[3];
        char text[3][LINE + 1];
        m.request = s->request;
        m.lines = lines;
        while (m.n_lines < 3 && s->credit >= LINE && s->next < LINES && s->next != s->break_at) {
            snprintf(text[m.n_lines], LINE + 1, "%0*lld", LINE, (long long)s->next++);
            lines[m.n_lines] = (ProtobufCBinaryData){LINE, (uint8_t *)text[m.n_lines]};
            m.n_lines++;
            s->credit -= LINE;
        }
        m.next = s->next;
        m.end = s->next == LINES;
        m.open = m.end ? 2 : 0;
        fake_send(f, peer, (struct az_msg){.kind = AZ_MSG_VERDICTS, .verdicts = &m});
        if (s->next == s->break_at) {
            s->break_at = -1;
            s->credit = 0;
            az_door_drop(f->door, peer);
        }
        if (m.end)
            return;
    }
}

static void on(struct fake *f, int peer, const struct az_msg *msg)
{
    struct source *s = f->arg;
    if (msg->kind == AZ_MSG_RESULTS && msg->results->job != 7) {
        Assize__Failed m = ASSIZE__FAILED__INIT;
        m.request = msg->results->request;
        m.code = -AZ_ENOENT;
        m.what = (char *)"no job 8";
        fake_send(f, peer, (struct az_msg){.kind = AZ_MSG_FAILED, .failed = &m});
    } else if (msg->kind == AZ_MSG_RESULTS) {
        s->request = msg->results->request;
        s->next = msg->results->from;
        s->credit = msg->results->credit;
        s->sessions++;
        go_on(f, peer);
    } else if (msg->kind == AZ_MSG_MORE) {
        s->credit += msg->more->credit;
        assert_true(s->credit <= CREDIT);
        go_on(f, peer);
    }
}

static int lines_held;

static int on_line(void *arg, struct az_str line, struct az_error *err)
{
    int64_t *want = arg, n;
    if (*want == -1)
        return az_fail(err, AZ_EOUTPUT, "full");
    assert_int_equal(line.n, LINE);
    while (line.n > 1 && *line.p == '0')
        line = (struct az_str){line.p + 1, line.n - 1};
    assert_true(az_str_int(line, &n));
    assert_int_equal(n, (*want)++);
    lines_held++;
    return 0;
}

static int on_batch(void *arg, struct az_error *err)
{
    (void)arg;
    (void)err;
    assert_in_range(lines_held, 1, 3); /* what came in one message */
    lines_held = 0;
    return 0;
}

static int read_all(const struct fake *f, uint64_t job, int64_t from, int64_t *want,
                    struct az_verdicts *got, struct az_error *err)
{
    struct az_verdicts_config config = {.client = {.endpoint = f->endpoint},
                                        .job = job,
                                        .from = from,
                                        .credit = CREDIT,
                                        .patience_ms = 5000,
                                        .line = on_line,
                                        .batch = on_batch,
                                        .arg = want};
    return az_verdicts_read(&config, got, err);
}

static void verdicts_read(void **state)
{
    (void)state;
    static const struct {
        int64_t from, break_at;
        int sessions;
    } cases[] = {{0, -1, 1}, {10, -1, 1}, {0, 20, 2}, {0, 1, 2}, {49, -1, 1}, {50, -1, 1}};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct source s = {.break_at = cases[i].break_at};
        struct fake f = {.on = on, .arg = &s, .silence_ms = SILENCE};
        struct az_verdicts got;
        struct az_error err = {0};
        int64_t want = cases[i].from;
        fake_start(&f);
        if (read_all(&f, 7, cases[i].from, &want, &got, &err) < 0)
            fail_msg("case %zu: %s", i, err.what);
        assert_int_equal(want, LINES);
        assert_int_equal(lines_held, 0);
        assert_int_equal(got.next, LINES);
        assert_int_equal(got.lines, LINES - cases[i].from);
        assert_int_equal(got.open, 2);
        assert_int_equal(s.sessions, cases[i].sessions);
        fake_end(&f);
    }
}

static void verdicts_fail(void **state)
{
    (void)state;
    struct source s = {.break_at = -1};
    struct fake f = {.on = on, .arg = &s, .silence_ms = SILENCE};
    struct az_verdicts got;
    struct az_error err = {0};
    int64_t want = 0;
    fake_start(&f);
    assert_int_equal(read_all(&f, 8, 0, &want, &got, &err), AZ_ENOENT);
    assert_string_equal(err.what, "no job 8");
    want = -1;
    assert_int_equal(read_all(&f, 7, 0, &want, &got, &err), AZ_EOUTPUT);
    fake_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts_read),
                                       cmocka_unit_test(verdicts_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
