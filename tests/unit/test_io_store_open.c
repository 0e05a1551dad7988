#include "tests/unit/store_world.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

static int try_open(struct world *w, enum az_store_mode mode, struct az_error *err)
{
    AZ_AUTO(store) s = NULL;
    *err = (struct az_error){0};
    return az_store_open(w->dir, mode, &w->panel, &s, err);
}

static void assert_text(const char *got, const char *want)
{
    if (!strstr(got, want))
        fail_msg("got '%s', want '%s' in it", got, want);
}

static void sql(struct world *w, const char *text)
{
    char path[128];
    sqlite3 *db = NULL;
    snprintf(path, sizeof(path), "%s/state.db", w->dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* ---- who is asked ---- */

static void judges_of(struct world *w, char *text, size_t size)
{
    AZ_AUTO(store) s = open_job(w);
    AZ_AUTO(store_reader) r = open_reader(s);
    AZ_AUTO(arena) a = az_arena_new(1024);
    struct az_ballots all;
    assert_int_equal(az_store_ballots(r, 0, a, &all, NULL), 0);
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < all.n; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%s=%d", n ? " " : "",
                              w->panel.judges[all.v[i].key.judge].name, all.v[i].label);
}

static int see_bits(void *arg, const struct az_case *c, struct az_error *err)
{
    *(uint64_t *)arg = c->verdict.dissent[0];
    for (size_t i = 0; i < c->ballots.n; i++)
        *(uint64_t *)arg |= (uint64_t)c->ballots.v[i].used << (8 + c->ballots.v[i].key.judge);
    return 0;
}

/* Judges move about in the file, go and come: their ballots, and what the
 * verdict says of them, follow their names. */
static void judges_go_by_name(void **state)
{
    struct world *w = *state;
    char text[256];
    AZ_AUTO(store) s = open_job(w);
    struct az_ballot b[3];
    put_item(s, 0);
    for (int j = 0; j < 3; j++)
        put_ballot(s, b[j] = answer_of(key_of(0, j, 0), j));
    b[0].used = b[1].used = true;
    struct az_verdict v = verdict_of(AZ_DECIDED, 0);
    v.dissent[0] = 1u << 1; /* haiku */
    assert_int_equal(az_store_put_verdict(s, 0, &v, (struct az_ballots){b, 3}, NULL), 0);
    az_store_free(AZ_TAKE(s));

    struct az_judge moved[] = {w->judges[2], w->judges[3], w->judges[1]}; /* qwen is gone */
    w->panel.judges = moved;
    judges_of(w, text, sizeof(text));
    assert_string_equal(text, "haiku=1 overlap=2");
    s = open_job(w);
    AZ_AUTO(store_reader) r = open_reader(s);
    uint64_t bits = 0;
    assert_int_equal(az_store_each(r, &w->panel, see_bits, &bits, NULL), 0);
    assert_int_equal(bits, 1u << 2 | 1u << (8 + 2)); /* haiku: dissents, used */
    put_ballot(s, answer_of(key_of(0, 1, 0), 0));    /* later */
    az_store_reader_free(AZ_TAKE(r));
    az_store_free(AZ_TAKE(s));

    w->panel.judges = w->judges;
    w->panel.n_judges = 4;
    judges_of(w, text, sizeof(text));
    assert_string_equal(text, "qwen=0 haiku=1 overlap=2 later=0");
}

static void changed_identity_is_refused(void **state)
{
    struct world *w = *state;
    struct az_error err;
    AZ_AUTO(store) s = open_job(w);
    for (int i = 0; i < 1234; i++)
        put_ballot(s, answer_of(key_of(i, 1, 0), 0));
    az_store_free(AZ_TAKE(s));

    w->judges[2].identity.bytes[1] = 1; /* nothing was asked of it: it may change */
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), 0);

    w->judges[1].identity.bytes[1] = 1;
    w->judges[1].model = "m-2";
    for (int mode = AZ_STORE_RUN; mode <= AZ_STORE_READ; mode++) {
        assert_int_equal(try_open(w, mode, &err), AZ_ECHANGED);
        assert_text(err.what, "judge 'haiku' changed its model or parameters since 1,234 ballots");
        assert_text(err.what, "(model: was \"m\", is \"m-2\")");
        assert_string_equal(err.hint, "Use --job NEW for a new job; unchanged judges are "
                                      "answered from the cache.");
    }
    w->judges[1].name = "haiku2"; /* another judge then */
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), 0);
    w->judges[1].name = "haiku";
    w->judges[1].identity.bytes[1] = 0;
    w->judges[1].model = "m";
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), 0);

    w->panel.identity.bytes[3] = 1;
    w->panel.question.ask = "Which of them?";
    w->panel.template = "{{prompt}}";
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), AZ_ECHANGED);
    assert_text(err.what, "the question or template changed since 1,234 ballots (ask: was "
                          "\"Which?\", is \"Which of them?\", template");
}

static void question_may_change_before_ballots(void **state)
{
    struct world *w = *state;
    struct az_error err;
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), 0);
    w->panel.identity.bytes[3] = 1;
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), 0);
    AZ_AUTO(store) s = open_job(w);
    put_ballot(s, answer_of(key_of(0, 1, 0), 0));
    az_store_free(AZ_TAKE(s));
    w->panel.identity.bytes[3] = 0;
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), AZ_ECHANGED);
    assert_text(err.what, "since 1 ballot");
}

static void too_many_judges(void **state)
{
    struct world *w = *state;
    struct az_error err;
    struct az_judge *many = az_zalloc(AZ_JUDGES_MAX * sizeof(*many));
    char names[AZ_JUDGES_MAX][8];
    for (int i = 0; i < AZ_JUDGES_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "j%d", i);
        many[i].name = names[i];
    }
    w->panel.judges = many;
    w->panel.n_judges = AZ_JUDGES_MAX;
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), 0);
    many[7].name = "one more";
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), AZ_ELIMIT);
    assert_text(err.what, "more than 256 judges");
    free(many);
}

/* ---- who holds it ---- */

static void one_run_at_a_time(void **state)
{
    struct world *w = *state;
    struct az_error err;
    char want[160];
    AZ_AUTO(store) s = open_job(w);
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), AZ_EBUSY);
    snprintf(want, sizeof(want), "job '%s' is in use by another assize", w->dir);
    assert_string_equal(err.what, want);
    assert_int_equal(try_open(w, AZ_STORE_READ, &err), 0);
    az_store_free(AZ_TAKE(s));
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), 0);
}

static void lock_dies_with_its_holder(void **state)
{
    struct world *w = *state;
    struct az_error err;
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (!child) {
        struct az_store *s = NULL;
        char ok = az_store_open(w->dir, AZ_STORE_RUN, &w->panel, &s, NULL) == 0;
        if (write(pipes[1], &ok, 1) == 1)
            pause();
        _exit(1);
    }
    char ok = 0;
    assert_int_equal(read(pipes[0], &ok, 1), 1);
    assert_true(ok);
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), AZ_EBUSY);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), 0);
    close(pipes[0]);
    close(pipes[1]);
}

static void reading_beside_a_run(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    put_item(s, 0);
    put_ballot(s, answer_of(key_of(0, 1, 0), 0));
    assert_int_equal(commit_all(s), 0);

    AZ_AUTO(store) other = NULL;
    assert_int_equal(az_store_open(w->dir, AZ_STORE_READ, NULL, &other, NULL), 0);
    AZ_AUTO(store_reader) r = open_reader(other);
    assert_int_equal(totals_of(r).ballots, 1);
    put_ballot(s, answer_of(key_of(0, 2, 0), 0));
    assert_int_equal(totals_of(r).ballots, 1); /* put, not committed */
    assert_int_equal(commit_all(s), 0);
    assert_int_equal(totals_of(r).ballots, 2);
}

static void nothing_to_read(void **state)
{
    struct world *w = *state;
    struct az_error err;
    assert_int_equal(try_open(w, AZ_STORE_READ, &err), AZ_ENOENT);
    assert_text(err.what, "no job in '");
    assert_int_equal(access(w->dir, F_OK), -1); /* and nothing was made */
    snprintf(w->dir, sizeof(w->dir), "%s/a/b", w->root);
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), AZ_EOUTPUT);
    assert_text(err.what, "cannot make job directory");
}

/* ---- formats ---- */

static const char *const older[] = {
    "CREATE TABLE notes(id INTEGER PRIMARY KEY, text); INSERT INTO notes VALUES(1, 'kept');"
    "PRAGMA application_id = 1634957925;",
    "ALTER TABLE notes ADD COLUMN year INTEGER; UPDATE notes SET year = 2026;",
    "CREATE INDEX notes_by_year ON notes(year);",
    "THIS IS NO SQL;",
};

/* A database of version 1 goes to 3 in one step or not at all. */
static void migrates_forward(void **state)
{
    sqlite3 *db = NULL;
    struct az_error err = {0};
    int64_t n;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(az_store_migrate(db, "x", older, 1, &err), 0);
    assert_int_equal(az_store_check_version(db, "x", 1, &err), 0);
    assert_int_equal(az_store_check_version(db, "x", 3, &err), AZ_EINVAL);
    assert_text(err.what, "job 'x' is in an older format: 1, this assize reads 3");

    assert_int_equal(az_store_migrate(db, "x", older, 4, &err), AZ_EIO);
    assert_text(err.what, "migrating from format 3");
    assert_int_equal(az_store_check_version(db, "x", 1, &err), 0); /* as it was */

    assert_int_equal(az_store_migrate(db, "x", older, 3, &err), 0);
    assert_int_equal(az_store_migrate(db, "x", older, 3, &err), 0); /* nothing to do */
    assert_int_equal(az_store_check_version(db, "x", 3, &err), 0);
    assert_int_equal(az_sql_int(db, "x", "SELECT year FROM notes WHERE text = 'kept'", &n, &err),
                     0);
    assert_int_equal(n, 2026);
    assert_int_equal(az_store_migrate(db, "x", older, 1, &err), AZ_EINVAL);
    assert_text(err.what,
                "job 'x' was written by a newer assize: its format is 3, this one knows 1");
    sqlite3_close(db);
}

static void newer_is_refused(void **state)
{
    struct world *w = *state;
    struct az_error err;
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), 0);
    sql(w, "PRAGMA user_version = 99");
    for (int mode = AZ_STORE_RUN; mode <= AZ_STORE_READ; mode++) {
        assert_int_equal(try_open(w, mode, &err), AZ_EINVAL);
        assert_text(err.what, "was written by a newer assize: its format is 99");
    }
}

static void what_is_no_job(void **state)
{
    struct world *w = *state;
    struct az_error err;
    char path[128];
    assert_int_equal(mkdir(w->dir, 0777), 0);
    sql(w, "CREATE TABLE other(x)");
    assert_int_equal(try_open(w, AZ_STORE_RUN, &err), AZ_EINVAL);
    assert_text(err.what, "is not an assize job");

    snprintf(path, sizeof(path), "%s/state.db", w->dir);
    int fd = open(path, O_WRONLY | O_TRUNC);
    char noise[8192];
    memset(noise, '#', sizeof(noise));
    assert_int_equal(write(fd, noise, sizeof(noise)), sizeof(noise));
    close(fd);
    for (int mode = AZ_STORE_RUN; mode <= AZ_STORE_READ; mode++) {
        assert_int_equal(try_open(w, mode, &err), AZ_EIO);
        assert_text(err.what, "state.db is damaged or no database");
    }
}

/* ---- network file systems, read-only media ---- */

static void on_a_network(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = NULL;
    char wal[128];
    put_item((s = open_job(w)), 0); /* begun on a local disk, in WAL mode */
    az_store_free(AZ_TAKE(s));

    assert_int_equal(az_store_open_on(w->dir, AZ_STORE_RUN, &w->panel, AZ_DISK_NETWORK, &s, NULL),
                     0);
    assert_text(az_store_note(s), "network file system");
    AZ_AUTO(store_reader) r = open_reader(s);
    for (int i = 0; i < 3000; i++) {
        put_ballot(s, answer_of(key_of(i / 3, i % 3, 0), 0));
        if (i % 100 == 0)
            az_store_submit(s);
        if (i % 1000 == 0)
            assert_in_range(totals_of(r).ballots, 0, i + 1);
    }
    assert_int_equal(commit_all(s), 0);
    assert_int_equal(totals_of(r).ballots, 3000);
    uint64_t bits = 0;
    assert_int_equal(az_store_each(r, &w->panel, see_bits, &bits, NULL), 0);
    snprintf(wal, sizeof(wal), "%s/state.db-wal", w->dir);
    assert_int_equal(access(wal, F_OK), -1);

    /* Nobody else gets at it, and is told so. */
    AZ_AUTO(store) other = NULL;
    struct az_error err = {0};
    sqlite3 *db = NULL;
    int64_t n;
    assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
    assert_int_equal(az_sql_int(db, "x", "SELECT ballots FROM totals", &n, &err), AZ_EBUSY);
    assert_text(err.what, "job 'x' is in use by another assize");
    sqlite3_close(db);

    az_store_reader_free(AZ_TAKE(r));
    az_store_free(AZ_TAKE(s));
    s = open_job(w); /* and back */
    assert_null(az_store_note(s));
    r = open_reader(s);
    assert_int_equal(totals_of(r).ballots, 3000);
}

static void on_read_only_media(void **state)
{
    struct world *w = *state;
    if (mount("tmpfs", w->root, "tmpfs", 0, "size=8m") < 0)
        skip(); /* it takes root to make one */
    snprintf(w->dir, sizeof(w->dir), "%s/50%% of #1", w->root);
    AZ_AUTO(store) s = open_job(w);
    put_item(s, 0);
    az_store_free(AZ_TAKE(s));
    int remounted = mount("tmpfs", w->root, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL);
    struct az_error err = {0};
    int run = remounted == 0 ? try_open(w, AZ_STORE_RUN, &err) : AZ_EOUTPUT;
    int r = az_store_open(w->dir, AZ_STORE_READ, &w->panel, &s, &err);
    int64_t items = 0;
    if (r == 0) {
        AZ_AUTO(store_reader) reader = open_reader(s);
        items = totals_of(reader).items;
    }
    az_store_free(AZ_TAKE(s));
    umount2(w->root, MNT_DETACH);
    assert_int_equal(run, AZ_EOUTPUT);
    if (r < 0)
        fail_msg("%s", err.what);
    assert_int_equal(items, 1);
}

/* A folder that may only be read, by somebody who is not root, after SQLite's
 * own files beside the database are gone. */
static void in_a_read_only_folder(void **state)
{
    struct world *w = *state;
    AZ_AUTO(store) s = open_job(w);
    put_item(s, 0);
    az_store_free(AZ_TAKE(s));
    chmod(w->root, 0755);
    chmod(w->dir, 0555);
    AZ_AUTO_BUF db = az_buf(512);
    az_buf_fmt(&db, "%s/state.db", w->dir);
    chmod(db.p, 0444);
    pid_t child = fork();
    if (child == 0) {
        if (getuid() == 0 && setuid(65534) < 0)
            _exit(2);
        int r = az_store_open(w->dir, AZ_STORE_READ, &w->panel, &s, NULL);
        _exit(r == 0 && totals_of(open_reader(s)).items == 1 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    chmod(w->dir, 0755);
    assert_int_equal(status, 0);
}

static void open_without_memory(void **state)
{
    struct world *w = *state;
    for (int mode = AZ_STORE_RUN; mode <= AZ_STORE_READ; mode++) {
        int r = AZ_ENOMEM;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            AZ_AUTO(store) s = NULL;
            struct az_error err = {0};
            az_fault_alloc(nth);
            r = az_store_open(w->dir, mode, &w->panel, &s, &err);
            az_fault_alloc(0);
            assert_true(r == 0 || (!s && *err.what));
        }
        assert_int_equal(r, 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_new, world_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(judges_go_by_name),
        TEST(changed_identity_is_refused),
        TEST(question_may_change_before_ballots),
        TEST(too_many_judges),
        TEST(one_run_at_a_time),
        TEST(lock_dies_with_its_holder),
        TEST(reading_beside_a_run),
        TEST(nothing_to_read),
        TEST(migrates_forward),
        TEST(newer_is_refused),
        TEST(what_is_no_job),
        TEST(on_a_network),
        TEST(on_read_only_media),
        TEST(in_a_read_only_folder),
        TEST(open_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
