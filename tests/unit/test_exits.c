#include "core/exits.h"

#include "tests/unit/unit.h"

static void codes(void **state)
{
    (void)state;
    static const struct {
        int code, exit;
    } cases[] = {
        {AZ_EUSAGE, 64},  {AZ_ENOENT, 66}, {AZ_EIO, 66},    {AZ_EPROTO, 70},   {AZ_ENOMEM, 70},
        {AZ_EOUTPUT, 74}, {AZ_EBUSY, 75},  {AZ_EINVAL, 78}, {AZ_ECHANGED, 78},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_error err = {.code = cases[i].code};
        if (az_exit_of(&err) != cases[i].exit)
            fail_msg("%s: %d", az_error_name(cases[i].code), az_exit_of(&err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(codes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
