#include "core/hostlist.h"

#include "core/buf.h"
#include "tests/unit/unit.h"

static void lists(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* joined by spaces; "!" = an error that says … */
    } cases[] = {
        {"gpu", "gpu"},
        {"", ""},
        {"gpu[1-3]", "gpu1 gpu2 gpu3"},
        {"gpu[01-03]", "gpu01 gpu02 gpu03"},
        {"gpu[08-11]", "gpu08 gpu09 gpu10 gpu11"},
        {"gpu[8-11]", "gpu8 gpu9 gpu10 gpu11"},
        {"gpu[1,3,5-6]x", "gpu1x gpu3x gpu5x gpu6x"},
        {"r[1-2]n[1-2]", "r1n1 r1n2 r2n1 r2n2"},
        {"http://[::1]:8000/v1", "http://[::1]:8000/v1"},
        {"http://[fe80::1]/gpu[1-2]", "http://[fe80::1]/gpu1 http://[fe80::1]/gpu2"},
        {"gpu[1", "gpu[1"},
        {"gpu[]", "!no range of hosts: ''"},
        {"gpu[1,]", "!no range of hosts: ''"},
        {"gpu[3-1]", "!no range of hosts: '3-1'"},
        {"gpu[a-b]", "!no range of hosts: 'a-b'"},
        {"gpu[-3]", "!no range of hosts: '-3'"},
        {"gpu[+1-2]", "!no range of hosts: '+1-2'"},
        {"gpu[1-9]", "!a host list of more than 8 names"},
        {"gpu[0-99999999999999999]", "!a host list of more than 8 names"},
        {"gpu[99999999999999999999]", "!no range of hosts: '99999999999999999999'"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(arena) a = az_arena_new(256);
        AZ_AUTO_BUF got = az_buf(4096);
        struct az_error err = {0};
        const char **names;
        size_t n;
        int r = az_hostlist_expand(a, az_str(cases[i].text), 8, &names, &n, &err);
        az_buf_z(&got, r < 0 ? "!" : "");
        az_buf_z(&got, r < 0 ? err.what : "");
        for (size_t j = 0; r == 0 && j < n; j++)
            az_buf_fmt(&got, "%s%s", j ? " " : "", names[j]);
        if (strcmp(got.p, cases[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].text, got.p, cases[i].want);
    }
}

/* Brackets without end take no time and no memory. */
static void many_brackets(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(256);
    AZ_AUTO_BUF text = az_buf(8192);
    struct az_error err = {0};
    const char **names;
    size_t n;
    for (int i = 0; i < 200; i++)
        az_buf_z(&text, "[1-9]");
    assert_int_equal(az_hostlist_expand(a, az_buf_view(&text), 256, &names, &n, &err), AZ_ELIMIT);
    for (int i = 0; i < 200; i++)
        az_buf_z(&text, "[1-9]");
    assert_int_equal(az_hostlist_expand(a, az_buf_view(&text), 256, &names, &n, &err), AZ_ELIMIT);
    assert_string_equal(err.what, "a host list longer than 1024 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lists), cmocka_unit_test(many_brackets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
