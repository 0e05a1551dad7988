#include "core/log.h"

#include <math.h>

#include "core/mem.h"
#include "tests/unit/unit.h"

#define FIELDS(...) ((const struct az_kv[]){{0}, ##__VA_ARGS__, {0}} + 1)

/* The macros put here, in place of io_log.c. */
static struct az_buf said;

void az_log_put(enum az_log_level level, const char *sentence, const struct az_kv *kv)
{
    az_log_line(&said, AZ_LOG_MANAGER, "assize-test", 0, level, sentence, kv);
}

static const struct az_error full = {.what = "disk 'a' is full", .hint = "Make room."};

static void values(void **state)
{
    (void)state;
    const struct {
        struct az_kv kv;
        const char *want;
    } cases[] = {
        {KV("n", 3), "n=3"},
        {KV("n", INT64_MIN), "n=-9223372036854775808"},
        {KV("n", UINT64_MAX), "n=18446744073709551615"},
        {KV("x", 0.25), "x=0.25"},
        {KV("x", (double)NAN), "x=null"},
        {KV("b", (bool)true), "b=true"},
        {KV("name", "gpu0"), "name=gpu0"},
        {KV("name", ""), "name=\"\""},
        {KV("name", "gpu 0"), "name=\"gpu 0\""},
        {KV("name", "a=b"), "name=\"a=b\""},
        {KV("name", "say \"no\\yes\""), "name=\"say \\\"no\\\\yes\\\"\""},
        {KV("name", "a\nb\x1b[1m"), "name=\"a?b?[1m\""},
        {KV("name", "\xff"), "name=?"},
        {KV("why", &full), "why=\"disk 'a' is full\" why_hint=\"Make room.\""},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF b = az_buf(4096);
        char want[256];
        snprintf(want, sizeof(want), "it happened: %s", cases[i].want);
        az_log_text(&b, "it happened", FIELDS(cases[i].kv));
        if (strcmp(b.p, want))
            fail_msg("got '%s', want '%s'", b.p, want);
    }
}

static void no_fields(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(4096);
    az_log_text(&b, "it happened", FIELDS());
    assert_string_equal(b.p, "it happened");
    az_buf_clear(&b);
    az_log_text(&b, "it happened", FIELDS(KV("not", (const char *)NULL), KV("n", 1)));
    assert_string_equal(b.p, "it happened: n=1");
}

static void long_values_are_cut(void **state)
{
    (void)state;
    char text[2048];
    AZ_AUTO_BUF b = az_buf(4096);
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    az_log_text(&b, "s", FIELDS(KV("t", text)));
    assert_int_equal(b.n, strlen("s: t=…") + AZ_LOG_FIELD_MAX);
    assert_true(az_str_ends(az_buf_view(&b), "a…"));
}

static void lines(void **state)
{
    (void)state;
    static const struct {
        enum az_log_form form;
        enum az_log_level level;
        const char *want;
        int64_t wall_ms;
    } cases[] = {
        {AZ_LOG_MANAGER, AZ_LOG_ERROR, "<3>s: n=1\n", 0},
        {AZ_LOG_MANAGER, AZ_LOG_WARNING, "<4>s: n=1\n", 0},
        {AZ_LOG_MANAGER, AZ_LOG_INFO, "<6>s: n=1\n", 0},
        {AZ_LOG_MANAGER, AZ_LOG_DEBUG, "<7>s: n=1\n", 0},
        {AZ_LOG_PEOPLE, AZ_LOG_ERROR, "p: error: s: n=1\n", 0},
        {AZ_LOG_PEOPLE, AZ_LOG_INFO, "p: s: n=1\n", 0},
        {AZ_LOG_FILE, AZ_LOG_INFO, "1970-01-01T00:00:00.000Z info s: n=1\n", 0},
        {AZ_LOG_FILE, AZ_LOG_ERROR, "1969-12-31T23:59:59.999Z error s: n=1\n", -1},
        {AZ_LOG_FILE, AZ_LOG_WARNING, "2000-02-29T12:34:56.789Z warning s: n=1\n", 951827696789},
        {AZ_LOG_FILE, AZ_LOG_DEBUG, "2100-03-01T00:00:00.000Z debug s: n=1\n", 4107542400000},
        {AZ_LOG_FILE, AZ_LOG_INFO, "2026-12-31T23:59:59.000Z info s: n=1\n", 1798761599000},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF b = az_buf(4096);
        az_log_line(&b, cases[i].form, "p", cases[i].wall_ms, cases[i].level, "s",
                    FIELDS(KV("n", 1)));
        assert_string_equal(b.p, cases[i].want);
    }
}

static void journal_fields(void **state)
{
    (void)state;
    static const char want[] = "MESSAGE=s: worker=\"gpu 0\" why=\"disk 'a' is full\" "
                               "why_hint=\"Make room.\" n=1\n"
                               "PRIORITY=4\n"
                               "SYSLOG_IDENTIFIER=p\n"
                               "ASSIZE_WORKER=gpu 0\n"
                               "ASSIZE_WHY=disk 'a' is full\n"
                               "ASSIZE_WHY_HINT=Make room.\n"
                               "ASSIZE_N=1\n";
    AZ_AUTO_BUF b = az_buf(4096);
    az_log_fields(&b, "p", AZ_LOG_WARNING, "s",
                  FIELDS(KV("worker", "gpu 0"), KV("why", &full), KV("n", 1)));
    assert_string_equal(b.p, want);
}

/* Or a value could say that it is another field. */
static void no_value_makes_a_field(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(4096);
    az_log_fields(&b, "p", AZ_LOG_INFO, "s", FIELDS(KV("name", "a\nPRIORITY=0\u2028x")));
    assert_string_equal(b.p, "MESSAGE=s: name=\"a?PRIORITY=0?x\"\nPRIORITY=6\nSYSLOG_IDENTIFIER=p\n"
                             "ASSIZE_NAME=a?PRIORITY=0?x\n");
}

static void macros(void **state)
{
    (void)state;
    char name[] = "gpu0";
    int64_t ms = 1500;
    size_t n = 2;
    said = az_buf(4096);
    az_warn("worker went silent, asking elsewhere", KV("worker", name), KV("silent_ms", ms),
            KV("leases", n));
    az_info("started");
    assert_string_equal(said.p,
                        "<4>worker went silent, asking elsewhere: worker=gpu0 silent_ms=1500 "
                        "leases=2\n<6>started\n");
    az_buf_release(&said);
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO_BUF b = az_buf(4096);
        az_fault_alloc(nth);
        az_log_fields(&b, "p", AZ_LOG_INFO, "s", FIELDS(KV("name", "gpu 0"), KV("why", &full)));
        r = az_buf_check(&b, NULL);
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values),
                                       cmocka_unit_test(no_fields),
                                       cmocka_unit_test(lines),
                                       cmocka_unit_test(journal_fields),
                                       cmocka_unit_test(no_value_makes_a_field),
                                       cmocka_unit_test(macros),
                                       cmocka_unit_test(long_values_are_cut),
                                       cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
