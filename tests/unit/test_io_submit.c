/* A file's lines to a coordinator: all of them, once, in order; over sessions that
 * break, and by a client that comes back. */
#include "client/lib/io_submit.h"

#include "protos/job.pb-c.h"
#include "tests/unit/fake_coordinator.h"

enum { LINE = 1500, CHUNK = 4096, SILENCE = 200 }; /* two lines a chunk */

/* What the fake keeps, and when it lets a session down. */
struct store {
    uint64_t chunks;
    bool sealed;
    int submits;
    int forget_at;        /* with this chunk the session is forgotten; -1 = never */
    bool keep_it;         /* and that chunk is kept all the same */
    int busy;             /* so many chunks it has no room for */
    uint32_t chunk_bytes; /* 0 = CHUNK */
    int64_t others;       /* another client's line, with the chunk that comes next */
    int64_t lines, last_number, golds;
};

static void on_submit(struct fake *f, int peer, const Assize__Submit *m)
{
    struct store *s = f->arg;
    assert_int_equal(m->key.len, 3);
    assert_string_equal(m->yaml, "question: pair\n");
    Assize__Submitted reply = ASSIZE__SUBMITTED__INIT;
    reply.request = m->request;
    reply.job = 7;
    reply.chunks = s->chunks;
    reply.sealed = s->sealed;
    reply.window = 2;
    reply.chunk_bytes = s->chunk_bytes ? s->chunk_bytes : CHUNK;
    reply.last_line = s->last_number;
    reply.existed = s->submits++;
    fake_send(f, peer, (struct az_msg){.kind = AZ_MSG_SUBMITTED, .submitted = &reply});
}

static void keep(struct store *s, const Assize__Chunk *m)
{
    assert_int_equal(m->index, s->chunks);
    for (size_t i = 0; i < m->n_lines; i++) {
        assert_true(m->lines[i]->number > s->last_number);
        s->last_number = m->lines[i]->number;
        s->golds += m->lines[i]->gold_or_none_case != 0;
    }
    s->lines += (int64_t)m->n_lines;
    s->chunks++;
    s->sealed = m->last;
}

static void on_chunk(struct fake *f, int peer, const Assize__Chunk *m)
{
    struct store *s = f->arg;
    assert_int_equal(m->job, 7);
    if ((int)m->index == s->forget_at) {
        s->forget_at = -1;
        if (s->keep_it)
            keep(s, m);
        az_door_drop(f->door, peer);
        return;
    }
    if (s->busy > 0 || m->index > s->chunks) { /* and what was on its way behind it */
        bool busy = s->busy-- > 0;
        Assize__Failed failed = ASSIZE__FAILED__INIT;
        failed.job = 7;
        failed.code = busy ? -AZ_EBUSY : -AZ_EINVAL;
        failed.what = (char *)(busy ? "too much waits" : "the chunk before it has not come");
        fake_send(f, peer, (struct az_msg){.kind = AZ_MSG_FAILED, .failed = &failed});
        return;
    }
    if (s->others) {
        s->chunks++;
        s->last_number = s->others;
    } else {
        keep(s, m);
    }
    Assize__Chunked reply = ASSIZE__CHUNKED__INIT;
    Assize__Chunked__Bad bad = ASSIZE__CHUNKED__BAD__INIT, *bads[] = {&bad};
    reply.job = 7;
    reply.chunks = s->chunks;
    reply.sealed = s->sealed;
    bad.line = 1;
    bad.what = (char *)"no prompt";
    reply.bad = bads;
    reply.n_bad = m->index == 0;
    reply.bad_lines = 1;
    reply.last_line = s->last_number;
    fake_send(f, peer, (struct az_msg){.kind = AZ_MSG_CHUNKED, .chunked = &reply});
}

static void on(struct fake *f, int peer, const struct az_msg *msg)
{
    if (msg->kind == AZ_MSG_SUBMIT)
        on_submit(f, peer, msg->submit);
    else if (msg->kind == AZ_MSG_CHUNK)
        on_chunk(f, peer, msg->chunk);
}

static int64_t bad_told;

static void on_bad(void *arg, int64_t line, const char *what)
{
    (void)arg;
    (void)what;
    bad_told = line;
}

static int on_gold(void *arg, const struct az_line *line, struct az_str *ret, struct az_error *err)
{
    (void)arg;
    (void)err;
    *ret = line->number % 2 ? AZ_STR("\"A\"") : (struct az_str){0};
    return 0;
}

/* `n` lines of LINE bytes into a file; every tenth has a blank one after it. */
static void write_items(const struct fake *f, int n, char path[128])
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    snprintf(path, 128, "%s/items", f->dir);
    for (int i = 0; i < n; i++) {
        az_buf_fmt(&b, "{\"prompt\": \"%0*d\"}\n", LINE, i);
        az_buf_z(&b, i % 10 ? "" : " \n");
    }
    assert_int_equal(az_file_write(path, az_buf_view(&b), NULL), 0);
}

static int submit(const struct fake *f, const char *path, struct az_submitted *done,
                  struct az_error *err)
{
    AZ_AUTO(lines) in = NULL;
    assert_int_equal(az_lines_open(path, &in, NULL), 0);
    struct az_submit_config config = {.client = {.endpoint = f->endpoint, .answer_ms = 5000},
                                      .key = AZ_STR("key"),
                                      .yaml = "question: pair\n",
                                      .name = "n",
                                      .patience_ms = 10000,
                                      .in = in,
                                      .gold = on_gold,
                                      .bad = on_bad};
    return az_submit(&config, done, err);
}

static void submit_whole(void **state)
{
    (void)state;
    struct store s = {.forget_at = -1};
    struct fake f = {.on = on, .arg = &s, .silence_ms = SILENCE};
    struct az_submitted done;
    struct az_error err = {0};
    char path[128];
    fake_start(&f);
    write_items(&f, 25, path);
    assert_int_equal(submit(&f, path, &done, &err), 0);
    assert_int_equal(done.job, 7);
    assert_int_equal(done.lines, 25);
    assert_int_equal(done.bad, 1);
    assert_int_equal(bad_told, 1);
    assert_false(done.existed || done.complete);
    assert_true(s.sealed);
    assert_int_equal(s.lines, 25);
    assert_true(s.golds > 5 && s.golds < 20);
    assert_int_equal(s.chunks, 13); /* two lines each */

    /* The same again: it is there. */
    assert_int_equal(submit(&f, path, &done, &err), 0);
    assert_true(done.existed && done.complete);
    assert_int_equal(s.lines, 25);
    unlink(path);
    fake_end(&f);
}

/* The coordinator forgets the session with a chunk, which is kept or is not. */
static void submit_over_a_break(void **state)
{
    (void)state;
    static const struct {
        int at;
        bool keep_it;
    } cases[] = {{0, false}, {0, true}, {5, false}, {5, true}, {12, true}};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct store s = {.forget_at = cases[i].at, .keep_it = cases[i].keep_it};
        struct fake f = {.on = on, .arg = &s, .silence_ms = SILENCE};
        struct az_submitted done;
        struct az_error err = {0};
        char path[128];
        fake_start(&f);
        write_items(&f, 25, path);
        if (submit(&f, path, &done, &err) < 0)
            fail_msg("case %zu: %s", i, err.what);
        assert_int_equal(s.lines, 25);
        assert_int_equal(done.lines, 25);
        assert_int_equal(s.submits, 2);
        assert_false(done.complete);
        unlink(path);
        fake_end(&f);
    }
}

/* No room for a chunk now: all that is not durable is sent again, a little later. */
static void submit_finds_no_room(void **state)
{
    (void)state;
    struct store s = {.forget_at = -1, .busy = 3};
    struct fake f = {.on = on, .arg = &s, .silence_ms = SILENCE};
    struct az_submitted done;
    struct az_error err = {0};
    char path[128];
    fake_start(&f);
    write_items(&f, 25, path);
    if (submit(&f, path, &done, &err) < 0)
        fail_msg("%s", err.what);
    assert_int_equal(s.lines, 25);
    assert_int_equal(done.lines, 25);
    assert_true(s.submits > 1 && s.sealed);
    unlink(path);
    fake_end(&f);
}

/* Another process, with the same file: what is durable is not sent again. */
static void submit_comes_back(void **state)
{
    (void)state;
    struct store s = {.forget_at = -1};
    struct fake f = {.on = on, .arg = &s, .silence_ms = SILENCE};
    struct az_submitted done;
    struct az_error err = {0};
    char path[128];
    fake_start(&f);
    write_items(&f, 25, path);
    s.chunks = 4;
    s.last_number = 9; /* eight and a blank one */
    s.submits = 1;
    assert_int_equal(submit(&f, path, &done, &err), 0);
    assert_int_equal(s.lines, 25 - 8);
    assert_int_equal(done.lines, 25);
    assert_true(done.existed && !done.complete);
    unlink(path);
    fake_end(&f);
}

/* The chunks that are there were cut by another size, also in the middle of a
 * submission: no line is left out or comes twice. */
static void submit_over_another_size(void **state)
{
    (void)state;
    struct store s = {.forget_at = -1, .chunks = 1, .last_number = 6, .submits = 1};
    struct fake f = {.on = on, .arg = &s, .silence_ms = SILENCE};
    struct az_submitted done;
    struct az_error err = {0};
    char path[128];
    fake_start(&f);
    write_items(&f, 25, path);
    s.chunk_bytes = 5000; /* three lines */
    assert_int_equal(submit(&f, path, &done, &err), 0);
    assert_int_equal(s.lines, 25 - 5);
    assert_int_equal(s.chunks, 1 + 7);
    assert_int_equal(done.lines, 25);
    unlink(path);
    fake_end(&f);
}

/* Another client of the same key has sent more, or less, in a chunk of this number. */
static void submit_beside_another(void **state)
{
    (void)state;
    for (int64_t line = 1; line <= 7; line += 6) {
        struct store s = {.forget_at = -1, .others = line};
        struct fake f = {.on = on, .arg = &s, .silence_ms = SILENCE};
        struct az_submitted done;
        struct az_error err = {0};
        char path[128];
        fake_start(&f);
        write_items(&f, 25, path);
        assert_int_equal(submit(&f, path, &done, &err), AZ_EBUSY);
        assert_string_equal(err.what, "somebody else sends the lines of job 7 too");
        unlink(path);
        fake_end(&f);
    }
}

/* A pipe that has nothing for a while keeps the session. */
static void submit_slow_pipe(void **state)
{
    (void)state;
    struct store s = {.forget_at = -1};
    struct fake f = {.on = on, .arg = &s, .silence_ms = SILENCE};
    struct az_submitted done;
    struct az_error err = {0};
    fake_start(&f);
    FILE *in = popen("echo '{}'; sleep 0.5; echo '{}'", "r");
    AZ_AUTO(lines) lines = NULL;
    assert_int_equal(az_lines_open_fd(fileno(in), "pipe", &lines, NULL), 0);
    struct az_submit_config config = {.client = {.endpoint = f.endpoint},
                                      .key = AZ_STR("key"),
                                      .yaml = "question: pair\n",
                                      .name = "n",
                                      .patience_ms = 300,
                                      .in = lines,
                                      .bad = on_bad};
    if (az_submit(&config, &done, &err) < 0)
        fail_msg("%s", err.what);
    assert_int_equal(s.lines, 2);
    assert_int_equal(s.submits, 1);
    pclose(in);
    fake_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(submit_whole),
        cmocka_unit_test(submit_over_a_break),
        cmocka_unit_test(submit_finds_no_room),
        cmocka_unit_test(submit_comes_back),
        cmocka_unit_test(submit_over_another_size),
        cmocka_unit_test(submit_beside_another),
        cmocka_unit_test(submit_slow_pipe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
