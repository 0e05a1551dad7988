#include "core/z85.h"

#include "tests/unit/unit.h"

static const struct {
    const char *name, *text;
    bool yes;
} cases[] = {
    {"a key", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", true},
    {"zeros", "0000000000000000000000000000000000000000", true},
    {"the largest", "%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0", true},
    {"one more than the largest", "%nSc1%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0%nSc0", false},
    {"far too large", "#####00000000000000000000000000000000000", false},
    {"too short", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf", false},
    {"too long", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf70", false},
    {"a blank", "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf ", false},
    {"a quote", "\"000000000000000000000000000000000000000", false},
    {"a backslash", "\\000000000000000000000000000000000000000", false},
    {"nothing", "", false},
};

static void z85_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        if (az_z85_is_key(az_str(cases[i].text)) != cases[i].yes)
            fail_msg("%s", cases[i].name);
    }
    char nul[AZ_Z85_KEY] = {0};
    assert_false(az_z85_is_key((struct az_str){nul, sizeof(nul)}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z85_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
