#include "core/error.h"

#include "core/str.h"
#include "tests/unit/unit.h"

static void failing(void **state)
{
    (void)state;
    struct az_error err = {0};
    az_hint(&err, "Old.");
    assert_int_equal(az_fail(&err, AZ_EINVAL, "line %d: '%s'", 12, "x"), AZ_EINVAL);
    assert_string_equal(err.what, "line 12: 'x'");
    assert_string_equal(err.hint, ""); /* a new fact has no old advice */
    az_hint(&err, "Did you mean '%s'?", "y");
    assert_int_equal(az_wrap(&err, "panel '%s'", "p.yaml"), AZ_EINVAL);
    assert_string_equal(err.what, "panel 'p.yaml': line 12: 'x'");
    assert_string_equal(err.hint, "Did you mean 'y'?");
    assert_int_equal(az_oom(&err), AZ_ENOMEM);
    assert_string_equal(err.what, "out of memory");
}

static void nobody_reads(void **state)
{
    (void)state;
    assert_int_equal(az_fail(NULL, AZ_EIO, "x"), AZ_EIO);
    assert_int_equal(az_oom(NULL), AZ_ENOMEM);
    az_hint(NULL, "x");
    assert_true(az_wrap(NULL, "x") < 0);
}

/* However long the pieces are, what is left is whole characters. */
static void cut_at_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"x", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < AZ_LEN(characters); i++) {
        for (size_t lead = 0; lead < 8; lead++) {
            char text[2000] = "1234567";
            size_t n = lead, len = strlen(characters[i]);
            while (n + len + 1 < sizeof(text)) {
                memcpy(text + n, characters[i], len);
                n += len;
                text[n] = '\0';
            }
            struct az_error err = {0};
            az_fail(&err, AZ_EINVAL, "%s", text);
            assert_true(az_utf8_valid(az_str(err.what), NULL));
            assert_true(strlen(err.what) + len >= sizeof(err.what) - 1);
            az_hint(&err, "%s", text);
            assert_true(az_utf8_valid(az_str(err.hint), NULL));
            az_wrap(&err, "%s", text);
            assert_true(az_utf8_valid(az_str(err.what), NULL));
        }
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(az_error_name(AZ_ENOMEM), "out of memory");
    assert_string_equal(az_error_name(AZ_EOUTPUT), "writing failed: full disk, closed pipe");
    assert_string_equal(az_error_name(0), "no error");
    assert_string_equal(az_error_name(-9999), "no error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing),
        cmocka_unit_test(nobody_reads),
        cmocka_unit_test(cut_at_characters),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
