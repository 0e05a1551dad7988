#include "workers/io_cache.h"

#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/mem.h"

struct place {
    char root[64], path[128];
};

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return remove(path);
}

static int place_new(void **state)
{
    static struct place p;
    snprintf(p.root, sizeof(p.root), "/tmp/assize-cache-XXXXXX");
    if (!mkdtemp(p.root))
        return -1;
    snprintf(p.path, sizeof(p.path), "%s/new/folder/answers.db", p.root);
    *state = &p;
    return 0;
}

static int place_free(void **state)
{
    struct place *p = *state;
    return nftw(p->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct az_cache *open_cache(const struct place *p)
{
    struct az_cache *c = NULL;
    assert_int_equal(az_cache_open(p->path, &c, NULL), 0);
    return c;
}

static struct az_hash hash(int i)
{
    struct az_hash h = {{(unsigned char)i, (unsigned char)(i >> 8), (unsigned char)(i >> 16)}};
    return h;
}

static void put(struct az_cache *c, int i, const char *bytes)
{
    struct az_hash h = hash(i);
    az_cache_put(c, &h, az_str(bytes));
}

/* Ask, wait for the answer's event, and give the answer. */
static struct az_cache_answer *next(struct az_cache *c)
{
    struct pollfd p = {.fd = az_cache_fd(c), .events = POLLIN};
    assert_int_equal(poll(&p, 1, -1), 1);
    struct az_cache_answer *a = az_cache_next(c);
    assert_non_null(a);
    return a;
}

static void expect(struct az_cache *c, int i, const char *want)
{
    struct az_hash h = hash(i);
    int token;
    assert_int_equal(az_cache_ask(c, &h, &token), 0);
    struct az_cache_answer *a = next(c);
    assert_ptr_equal(a->token, &token);
    if (a->hit != !!want || (want && !az_str_eqz(a->bytes, want)))
        fail_msg("%d: got '" AZ_STR_FMT "', want '%s'", i, AZ_STR_ARG(a->bytes), want);
    free(a);
}

static void assert_no_warning(struct az_cache *c)
{
    struct az_error err;
    if (az_cache_warning(c, &err))
        fail_msg("%s", err.what);
}

static void keeps_the_first(void **state)
{
    AZ_AUTO(cache) c = open_cache(*state);
    expect(c, 1, NULL);
    put(c, 1, "one");
    expect(c, 1, "one"); /* at once */
    put(c, 1, "other");
    put(c, 2, "");
    expect(c, 1, "one");
    expect(c, 2, "");
    expect(c, 3, NULL);
    assert_no_warning(c);
    az_cache_close(AZ_TAKE(c));

    c = open_cache(*state);
    expect(c, 1, "one");
    expect(c, 2, "");
    assert_no_warning(c);
}

static void is_private(void **state)
{
    struct place *p = *state;
    struct stat st;
    az_cache_close(open_cache(p));
    assert_int_equal(stat(p->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* Many at once: every token comes back once, in order, with its own bytes. */
static void many_at_once(void **state)
{
    enum { N = 3000 };
    static int tokens[N];
    AZ_AUTO(cache) c = open_cache(*state);
    AZ_AUTO_MEM char *text = az_alloc(N + 1);
    memset(text, 'x', N);
    text[N] = '\0';
    for (int i = 0; i < N; i += 2)
        put(c, i, text + i);
    for (int i = 0; i < N; i++) {
        struct az_hash h = hash(i);
        assert_int_equal(az_cache_ask(c, &h, &tokens[i]), 0);
    }
    for (int i = 0; i < N; i++) {
        struct az_cache_answer *a = next(c);
        assert_ptr_equal(a->token, &tokens[i]);
        assert_int_equal(a->hit, i % 2 == 0);
        assert_int_equal(a->bytes.n, a->hit ? N - i : 0);
        free(a);
    }
    struct pollfd p = {.fd = az_cache_fd(c), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_null(az_cache_next(c));
}

static void asking_is_bounded(void **state)
{
    AZ_AUTO(cache) c = open_cache(*state);
    struct az_hash h = hash(1);
    for (int i = 0; i < AZ_CACHE_ASKS; i++)
        assert_int_equal(az_cache_ask(c, &h, NULL), 0);
    assert_int_equal(az_cache_ask(c, &h, NULL), AZ_EAGAIN);
    free(next(c));
    assert_int_equal(az_cache_ask(c, &h, NULL), 0);
    /* and closing with all of them untaken neither hangs nor leaks */
}

static void put_survives_closing(void **state)
{
    AZ_AUTO(cache) c = open_cache(*state);
    char text[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof(text), "answer %d", i);
        put(c, i, text);
    }
    az_cache_close(AZ_TAKE(c));
    c = open_cache(*state);
    expect(c, 0, "answer 0");
    expect(c, 999, "answer 999");
}

enum { CHILDREN = 4, EACH = 200 };

static void child_fills(const struct place *p, int k)
{
    struct az_cache *c = NULL;
    struct az_error err;
    char text[32];
    if (az_cache_open(p->path, &c, NULL) < 0)
        _exit(1);
    for (int i = k * EACH; i < (k + 1) * EACH; i++) {
        snprintf(text, sizeof(text), "answer %d", i);
        put(c, i, text);
        struct az_hash h = hash(i);
        if (az_cache_ask(c, &h, NULL) < 0)
            _exit(2);
        struct az_cache_answer *a = next(c);
        if (!a->hit)
            _exit(3);
        free(a);
    }
    if (az_cache_warning(c, &err))
        _exit(4);
    az_cache_close(c);
    _exit(0);
}

static void child_makes(const struct place *p, int k)
{
    struct az_cache *c = NULL;
    struct az_error err;
    struct az_hash h = hash(k);
    if (az_cache_open(p->path, &c, NULL) < 0)
        _exit(1);
    put(c, k, "here");
    if (az_cache_ask(c, &h, NULL) < 0)
        _exit(2);
    free(next(c));
    az_cache_close(AZ_TAKE(c)); /* all is said and written now */
    if (az_cache_open(p->path, &c, NULL) < 0 || az_cache_ask(c, &h, NULL) < 0)
        _exit(3);
    struct az_cache_answer *a = next(c);
    if (!a->hit || az_cache_warning(c, &err))
        _exit(4);
    free(a);
    az_cache_close(c);
    _exit(0);
}

static void in_children(const struct place *p, void (*run)(const struct place *p, int k))
{
    pid_t children[CHILDREN];
    for (int k = 0; k < CHILDREN; k++) {
        children[k] = fork();
        if (!children[k])
            run(p, k);
    }
    for (int k = 0; k < CHILDREN; k++) {
        int status;
        assert_int_equal(waitpid(children[k], &status, 0), children[k]);
        assert_int_equal(status, 0);
    }
}

/* Several processes make one file at once; again and again, for the moment in
 * which one sees another's half is short. */
static void made_by_processes(void **state)
{
    struct place p = *(struct place *)*state;
    for (int i = 0; i < 30; i++) {
        snprintf(p.path, sizeof(p.path), "%s/%d/answers.db", p.root, i);
        in_children(&p, child_makes);
    }
}

/* Several processes fill one file at once. */
static void shared_by_processes(void **state)
{
    in_children(*state, child_fills);
    AZ_AUTO(cache) c = open_cache(*state);
    char text[32];
    for (int i = 0; i < CHILDREN * EACH; i++) {
        snprintf(text, sizeof(text), "answer %d", i);
        expect(c, i, text);
    }
}

static void refused(struct place *p, const char *what, const char *hint)
{
    struct az_error err = {0};
    AZ_AUTO(cache) c = open_cache(p);
    put(c, 1, "one");
    expect(c, 2, NULL); /* it works, and knows nothing */
    assert_true(az_cache_warning(c, &err));
    if (!strstr(err.what, what) || !strstr(err.hint, hint))
        fail_msg("'%s' '%s'", err.what, err.hint);
    assert_false(az_cache_warning(c, &err));
}

static void damaged_file(void **state)
{
    struct place *p = *state;
    AZ_AUTO(cache) c = open_cache(p);
    put(c, 1, "one");
    az_cache_close(AZ_TAKE(c));
    FILE *f = fopen(p->path, "r+");
    for (int i = 0; i < 8192; i++)
        fputc('#', f);
    fclose(f);
    refused(p, "damaged, or no database", "Delete it: it is made anew.");
    assert_int_equal(unlink(p->path), 0);
    c = open_cache(p);
    put(c, 1, "one");
    expect(c, 1, "one");
    assert_no_warning(c);
}

static void sql(struct place *p, const char *text)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void what_is_no_cache(void **state)
{
    struct place *p = *state;
    az_cache_close(open_cache(p));
    sql(p, "PRAGMA user_version = 9");
    refused(p, "of another version of assize", "--cache");
    sql(p, "PRAGMA application_id = 5");
    refused(p, "not a cache of assize", "--cache");

    snprintf(p->path, sizeof(p->path), "%s", p->root); /* a folder */
    refused(p, "unable to open database file", "Going on without it.");
    snprintf(p->path, sizeof(p->path), "%s/new/folder/answers.db/x/y", p->root);
    refused(p, "cannot make its folder: Not a directory", "Going on without it.");
}

/* It breaks while it is in use: one warning, and no more of it. */
static void breaks_in_use(void **state)
{
    struct place *p = *state;
    struct az_error err = {0};
    AZ_AUTO(cache) c = open_cache(p);
    expect(c, 1, NULL);
    sql(p, "DROP TABLE answers");
    put(c, 1, "one");
    expect(c, 2, NULL);
    expect(c, 1, NULL);
    assert_true(az_cache_warning(c, &err));
    assert_non_null(strstr(err.what, "no such table"));
}

static void larger_than_any(void **state)
{
    AZ_AUTO(cache) c = open_cache(*state);
    struct az_hash h = hash(1);
    const size_t n = AZ_CACHE_BODY_MAX;
    AZ_AUTO_MEM char *text = az_zalloc(n);
    az_cache_put(c, &h, (struct az_str){text, n}); /* not kept, and no harm */
    expect(c, 1, NULL);
    az_cache_put(c, &h, (struct az_str){text, 3 << 20});
    assert_int_equal(az_cache_ask(c, &h, NULL), 0);
    struct az_cache_answer *a = next(c);
    assert_int_equal(a->bytes.n, 3 << 20);
    free(a);
    assert_no_warning(c);
}

static void open_without_memory(void **state)
{
    struct place *p = *state;
    for (int nth = 1; nth <= 4; nth++) {
        struct az_cache *c = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        assert_int_equal(az_cache_open(p->path, &c, &err), AZ_ENOMEM);
        az_fault_alloc(0);
        assert_null(c);
        assert_string_equal(err.what, "out of memory");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_new, place_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_the_first),   TEST(is_private),           TEST(many_at_once),
        TEST(asking_is_bounded), TEST(put_survives_closing), TEST(shared_by_processes),
        TEST(made_by_processes), TEST(damaged_file),         TEST(what_is_no_cache),
        TEST(breaks_in_use),     TEST(larger_than_any),      TEST(open_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
