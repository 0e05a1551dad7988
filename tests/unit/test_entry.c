#include "client/cli/import/entry.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static const char *const keys[] = {"id", "scores", NULL};

static const struct {
    const char *text, *want;
} cases[] = {
    {"{\"events\":[{\"id\":9}],\"id\":1,\"x\":{},\"scores\":{\"a\":\"}\"}}",
     "{\"id\":1,\"scores\":{\"a\":\"}\"}}"},
    {"{}", "{}"},
    {"[{\"id\":1}]", "{}"},
    {"{\"id\":1", "error: not JSON at byte 7: it ends there, too early"},
    {"{\"id\" 1}", "error: not JSON at byte 6"},
    {"{\"id\":2}", "{\"id\":2}"},
};

static int read(struct az_entry *e, const char *text, size_t chunk, struct az_buf *out,
                struct az_error *err)
{
    size_t n = strlen(text);
    struct az_str got;
    int r = 0;
    for (size_t at = 0; r == 0 && at < n; at += chunk)
        r = az_entry_feed(e, (struct az_str){text + at, AZ_MIN(chunk, n - at)}, err);
    int ended = az_entry_end(e, &got, r == 0 ? err : NULL);
    r = r == 0 ? ended : r;
    if (r == 0)
        az_buf_str(out, got);
    else
        az_buf_fmt(out, "error: %s", err->what);
    return r;
}

/* One after the other: a broken one leaves nothing to the next. */
static void entry_table(void **state)
{
    (void)state;
    for (size_t chunk = 1; chunk < 100; chunk *= 3) {
        struct az_entry e;
        az_entry_init(&e, keys);
        for (size_t i = 0; i < AZ_LEN(cases); i++) {
            AZ_AUTO_BUF got = az_buf(4096);
            struct az_error err = {0};
            read(&e, cases[i].text, chunk, &got, &err);
            if (strcmp(got.p, cases[i].want))
                fail_msg("case %zu by %zu: got '%s', want '%s'", i, chunk, got.p, cases[i].want);
        }
        az_entry_release(&e);
    }
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_entry e;
        AZ_AUTO_BUF got = az_buf(4096);
        struct az_error err = {0};
        az_buf_z(&got, "");
        az_entry_init(&e, keys);
        az_fault_alloc(nth);
        r = read(&e, cases[0].text, 5, &got, &err);
        az_fault_alloc(0);
        az_entry_release(&e);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_table),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
