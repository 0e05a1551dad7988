#include "coordinator/acl.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

#define KEY_A "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define KEY_B "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

static const char list[] = "# who may do what\n"
                           "\n"
                           "nightly " KEY_A " submit,read\n"
                           "  gpu-a\t" KEY_B "  work   # the first rack\n"
                           "gpu-a 00000"
                           "00000000000000000000000000000000000 work,admin\r\n"
                           "shell uid:1000 submit,read,work,admin\n"
                           "anybody plain read";

static void acl_finds(void **state)
{
    (void)state;
    static const struct {
        const char *key, *want;
    } cases[] = {
        {KEY_A, "nightly: submit, read"},
        {KEY_B, "gpu-a: work"},
        {"uid:1000", "shell: submit, read, work, admin"},
        {"plain", "anybody: read"},
        {"uid:100", "none"},
        {"uid:10000", "none"},
        {"nightly", "none"},
        {"", "none"},
    };
    AZ_AUTO(acl) a = NULL;
    struct az_error err = {0};
    if (az_acl_parse(AZ_STR(list), "keys", &a, &err) < 0)
        fail_msg("%s", err.what);
    assert_int_equal(az_acl_len(a), 5);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        const struct az_grant *g = az_acl_find(a, cases[i].key);
        char roles[AZ_ROLES_TEXT], got[256] = "none";
        if (g) {
            az_roles_text(g->roles, roles);
            snprintf(got, sizeof(got), "%s: %s", g->principal, roles);
        }
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("'%s': got '%s', want '%s'", cases[i].key, got, cases[i].want);
    }
    assert_int_equal(az_acl_roles_of(a, "gpu-a"), AZ_ROLE_WORK | AZ_ROLE_ADMIN);
    assert_int_equal(az_acl_roles_of(a, "gpu"), 0);
}

static const struct {
    const char *name, *text, *want;
} wrong[] = {
    {"no roles", "\nnightly " KEY_A, "'keys' line 2: this is not 'PRINCIPAL KEY ROLES'"},
    {"too much", "nightly " KEY_A " read write", "line 1: this is not"},
    {"a blank in roles", "nightly " KEY_A " read, work", "line 1: this is not"},
    {"no such role", "nightly " KEY_A " reed", "line 1: no role 'reed'"},
    {"an empty role", "nightly " KEY_A " read,", "line 1: no role ''"},
    {"a key cut short", "nightly rq:rM>}U read", "line 1: the key of 'nightly' is neither"},
    {"a uid that is none", "nightly uid:x read", "the key of 'nightly' is neither"},
    {"a uid written otherwise", "nightly uid:01 read", "the key of 'nightly' is neither"},
    {"no uid", "nightly uid: read", "the key of 'nightly' is neither"},
    {"nobody's uid", "nightly uid:4294967295 read", "the key of 'nightly' is neither"},
    {"a principal with a slash", "../x " KEY_A " read", "line 1: a principal is"},
    {"a principal with a colour", "\x1b[31m " KEY_A " read", "line 1: a principal is"},
    {"twice", "a " KEY_A " read\n#\nb " KEY_A " work", "'keys' lines 1 and 3 have the same key"},
};

static void acl_refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(wrong); i++) {
        AZ_AUTO(acl) a = NULL;
        struct az_error err = {0};
        int r = az_acl_parse(az_str(wrong[i].text), "keys", &a, &err);
        if (r != AZ_EINVAL || a || !strstr(err.what, wrong[i].want))
            fail_msg("%s: %d '%s', want '%s'", wrong[i].name, r, err.what, wrong[i].want);
        if (strstr(err.what, "rq:rM"))
            fail_msg("%s: a key in '%s'", wrong[i].name, err.what);
    }
}

static void acl_empty(void **state)
{
    (void)state;
    AZ_AUTO(acl) a = NULL;
    assert_int_equal(az_acl_parse(AZ_STR("# nobody\n"), "keys", &a, NULL), 0);
    assert_int_equal(az_acl_len(a), 0);
    assert_null(az_acl_find(a, KEY_A));
}

static void acl_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(acl) a = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_acl_parse(AZ_STR(list), "keys", &a, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || (!a && *err.what));
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acl_finds),
        cmocka_unit_test(acl_refuses),
        cmocka_unit_test(acl_empty),
        cmocka_unit_test(acl_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
