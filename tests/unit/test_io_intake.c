#include <signal.h>
#include <sys/resource.h>

#include "coordinator/io_intake.h"
#include "coordinator/job_panel.h"
#include "tests/unit/store_world.h"

static const char yaml[] = "question: {kind: pair}\n"
                           "judges: [{name: overlap, backend: lexical, model: words}]\n";

static struct az_panel *panel_of(void)
{
    struct az_panel *p = NULL;
    struct az_error err = {0};
    if (az_job_panel_read(yaml, NULL, 0, &p, &err) < 0)
        fail_msg("%s", err.what);
    return p;
}

static struct az_intake *open_intake(struct world *w)
{
    struct az_intake *in = NULL;
    struct az_error err = {0};
    if (az_intake_open(w->dir, panel_of(), &in, &err) < 0)
        fail_msg("%s", err.what);
    return in;
}

/* Lines from one text; gold for the second, where it is given. */
static struct az_chunk *chunk_of(int64_t index, int64_t from, const char *text, bool last)
{
    struct az_arena *a = az_arena_new(1024);
    struct az_chunk *c = az_arena_zalloc(a, sizeof(*c));
    *c = (struct az_chunk){.arena = a, .index = index, .last = last};
    c->lines = az_arena_zalloc(a, 64 * sizeof(*c->lines));
    struct az_str rest = az_arena_str(a, az_str(text)), line;
    while (az_str_line(&rest, &line)) {
        c->lines[c->n] = (struct az_chunk_line){.text = line, .number = from + (int64_t)c->n};
        c->n++;
    }
    return c;
}

static int give(struct az_intake *in, int64_t index, int64_t from, const char *text, bool last,
                struct az_bad_lines *bad, struct az_error *err)
{
    struct az_chunk *c = chunk_of(index, from, text, last);
    *bad = (struct az_bad_lines){0};
    int r = az_intake_take(in, c, bad, err);
    az_chunk_free(c);
    return r;
}

static int ids(void *arg, const struct az_case *c, struct az_error *err)
{
    struct az_buf *b = arg;
    az_buf_fmt(b, "%lld:" AZ_STR_FMT " ", (long long)c->item->line, AZ_STR_ARG(c->item->id));
    return 0;
}

/* "line:id …", in order, then the counts. */
static void has(struct world *w, const char *want, int64_t lines, int64_t bad, int64_t doubles)
{
    AZ_AUTO(panel) panel = panel_of();
    AZ_AUTO(store) s = NULL;
    assert_int_equal(az_store_open(w->dir, AZ_STORE_READ, panel, &s, NULL), 0);
    AZ_AUTO(store_reader) r = open_reader(s);
    AZ_AUTO_BUF text = az_buf(4096);
    assert_int_equal(az_store_each(r, panel, ids, &text, NULL), 0);
    assert_string_equal(text.p ? text.p : "", want);
    struct az_store_totals t = totals_of(r);
    assert_int_equal(t.progress.lines, lines);
    assert_int_equal(t.progress.bad_lines, bad);
    assert_int_equal(t.progress.doubles, doubles);
}

#define A "{\"id\":\"a\",\"prompt\":\"p\",\"responses\":[\"x\",\"y\"]}\n"
#define A2 "{\"id\":\"a\",\"prompt\":\"p\",\"responses\":[\"x\",\"z\"]}\n"
#define B "{\"id\":\"b\",\"prompt\":\"p\",\"responses\":[\"x\",\"y\"]}\n"
#define C "{\"id\":\"c\",\"prompt\":\"p\",\"responses\":[\"x\",\"y\"]}\n"

static void lines_to_items(void **state)
{
    struct world *w = *state;
    AZ_AUTO(intake) in = open_intake(w);
    struct az_bad_lines bad;
    /* A double in its chunk; a line that is none; another content; a blank line. */
    assert_int_equal(give(in, 0, 1, A A "{\n" A2 "\n", false, &bad, NULL), 0);
    assert_int_equal(bad.n, 2);
    assert_int_equal(bad.v[0].line, 3);
    assert_int_equal(bad.v[1].line, 4);
    assert_string_equal(bad.v[1].what, "id 'a' again, with another content");
    /* The same over chunks. */
    assert_int_equal(give(in, 1, 6, A A2 B, false, &bad, NULL), 0);
    assert_int_equal(bad.n, 1);
    assert_int_equal(bad.v[0].line, 7);
    assert_int_equal(give(in, 2, 9, C, true, &bad, NULL), 0);
    assert_int_equal(az_intake_items(in), 3);
    assert_true(az_intake_progress(in).sealed);
    assert_int_equal(az_intake_close(AZ_TAKE(in), NULL), 0);
    has(w, "1:a 8:b 9:c ", 8, 3, 2);
}

static void goes_on_where_it_was(void **state)
{
    struct world *w = *state;
    AZ_AUTO(intake) in = open_intake(w);
    struct az_bad_lines bad;
    struct az_error err = {0};
    assert_int_equal(give(in, 0, 1, A, false, &bad, NULL), 0);
    assert_int_equal(az_intake_close(AZ_TAKE(in), NULL), 0);

    in = open_intake(w);
    assert_int_equal(az_intake_progress(in).chunks, 1);
    assert_int_equal(give(in, 0, 1, A, false, &bad, NULL), 0); /* it was there */
    assert_int_equal(give(in, 2, 3, C, false, &bad, &err), AZ_EINVAL);
    assert_string_equal(err.what, "chunk 2, and chunk 1 has not come");
    assert_int_equal(give(in, 1, 2, B, true, &bad, NULL), 0);
    assert_int_equal(give(in, 1, 2, B, true, &bad, NULL), 0);
    assert_int_equal(give(in, 2, 3, C, true, &bad, &err), AZ_EINVAL);
    assert_string_equal(err.what, "chunk 2, and chunk 1 was the last");
    assert_int_equal(az_intake_close(AZ_TAKE(in), NULL), 0);
    has(w, "1:a 2:b ", 2, 0, 0);
}

/* Whoever comes back with chunks that are cut otherwise begins after the last line. */
static void goes_on_after_the_last_line(void **state)
{
    struct world *w = *state;
    AZ_AUTO(intake) in = open_intake(w);
    struct az_bad_lines bad;
    struct az_error err = {0};
    assert_int_equal(give(in, 0, 1, A B "{\n", false, &bad, NULL), 0);
    assert_int_equal(az_intake_close(AZ_TAKE(in), NULL), 0);
    in = open_intake(w);
    assert_int_equal(az_intake_progress(in).last_line, 3);
    assert_int_equal(give(in, 1, 3, "{\n" C, true, &bad, &err), AZ_EINVAL);
    assert_string_equal(err.what, "chunk 1: line 3 after line 3");
    assert_int_equal(give(in, 1, 4, C, false, &bad, NULL), 0);
    assert_int_equal(give(in, 2, 9, "", true, &bad, NULL), 0);
    assert_int_equal(az_intake_progress(in).last_line, 4);
    assert_int_equal(az_intake_close(AZ_TAKE(in), NULL), 0);
    has(w, "1:a 2:b 4:c ", 4, 1, 0);
}

static void nothing_at_all(void **state)
{
    struct world *w = *state;
    AZ_AUTO(intake) in = open_intake(w);
    struct az_bad_lines bad;
    assert_int_equal(give(in, 0, 1, "", true, &bad, NULL), 0);
    assert_int_equal(az_intake_close(AZ_TAKE(in), NULL), 0);
    has(w, "", 0, 0, 0);
}

static void many_bad_lines(void **state)
{
    struct world *w = *state;
    AZ_AUTO(intake) in = open_intake(w);
    struct az_bad_lines bad = {0};
    for (int64_t index = 0; index < 3; index++) { /* 60 lines each */
        AZ_AUTO_BUF text = az_buf(4096);
        for (int i = 0; i < 60; i++)
            az_buf_z(&text, "x\n");
        assert_int_equal(give(in, index, 1 + 60 * index, text.p, false, &bad, NULL), 0);
        assert_int_equal(bad.n, 60);
    }
    assert_int_equal(az_intake_progress(in).bad_lines, 180);
}

static void gold_from_elsewhere(void **state)
{
    struct world *w = *state;
    AZ_AUTO(intake) in = open_intake(w);
    struct az_bad_lines bad = {0};
    struct az_chunk *c = chunk_of(0, 1, A B, true);
    c->lines[1].gold = AZ_STR("\"B\"");
    assert_int_equal(az_intake_take(in, c, &bad, NULL), 0);
    az_chunk_free(c);
    assert_int_equal(bad.n, 0);
    assert_int_equal(az_intake_items(in), 2);
}

/* Whatever fails, a new intake takes the chunk again, and it is there once. */
static void without_memory(void **state)
{
    struct world *w = *state;
    struct az_bad_lines bad;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_intake *in = NULL;
        struct az_panel *panel = panel_of();
        struct az_chunk *c = chunk_of(0, 1, A "{\n" B, true);
        struct az_error err = {0};
        bad = (struct az_bad_lines){0};
        az_fault_alloc(nth);
        r = az_intake_open(w->dir, panel, &in, &err);
        if (r == 0)
            r = az_intake_take(in, c, &bad, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || *err.what);
        az_chunk_free(c);
        az_intake_free(in);
    }
    assert_int_equal(r, 0);
    has(w, "1:a 3:b ", 3, 1, 0);
}

static void full_disk(void **state)
{
    struct world *w = *state;
    struct rlimit before, low;
    struct az_bad_lines bad;
    struct az_error err = {0};
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    AZ_AUTO(intake) in = open_intake(w);
    assert_int_equal(give(in, 0, 1, A, false, &bad, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    low.rlim_cur = 1;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    assert_int_equal(give(in, 1, 2, B, true, &bad, &err), AZ_EOUTPUT);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, old);
    assert_int_equal(az_intake_progress(in).chunks, 1);
    az_intake_free(AZ_TAKE(in));
    in = open_intake(w);
    assert_int_equal(give(in, 1, 2, B, true, &bad, NULL), 0);
    assert_int_equal(az_intake_close(AZ_TAKE(in), NULL), 0);
    has(w, "1:a 2:b ", 2, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_to_items, world_new, world_free),
        cmocka_unit_test_setup_teardown(goes_on_where_it_was, world_new, world_free),
        cmocka_unit_test_setup_teardown(goes_on_after_the_last_line, world_new, world_free),
        cmocka_unit_test_setup_teardown(nothing_at_all, world_new, world_free),
        cmocka_unit_test_setup_teardown(many_bad_lines, world_new, world_free),
        cmocka_unit_test_setup_teardown(gold_from_elsewhere, world_new, world_free),
        cmocka_unit_test_setup_teardown(without_memory, world_new, world_free),
        cmocka_unit_test_setup_teardown(full_disk, world_new, world_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
