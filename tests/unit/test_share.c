#include "coordinator/share.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

/* Of 100: "a+30" takes, "a-30" gives back; what is refused is marked "!". */
static const struct {
    const char *name, *events, *used;
} cases[] = {
    {"one alone gets half", "a+40 a+10 a+10! a+1!", "50"},
    {"two get a third each", "a+50 b+25 a+1! b+1! a-25 b+13 b+1!", "63"},
    {"whoever comes finds room", "a+50 b+25 c+12 d+6 e+3 a+1!", "96"},
    {"who has nothing may have any piece", "a+50 b+70 c+1! a+1!", "120"},
    {"and alone one of any size", "a+1000 a+1! b+1! a-1000 b+50", "50"},
    {"what is given back may be had again", "a+50 a+1! a-10 a+10 a-50 a+50", "50"},
};

static void share_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_share s = {.max = 100};
        char who[2] = "", sign, mark;
        unsigned bytes;
        int n;
        for (const char *at = cases[i].events; sscanf(at, "%1s%c%u%n", who, &sign, &bytes, &n) == 3;
             at += n) {
            struct az_error err = {0};
            mark = at[n] == '!';
            int r = 0;
            if (sign == '-')
                az_share_give(&s, who, bytes);
            else
                r = az_share_take(&s, who, bytes, &err);
            if (r != (mark ? AZ_EBUSY : 0) || (r < 0 && !*err.hint))
                fail_msg("%s: at '%s': %d", cases[i].name, at, r);
            n += mark;
        }
        char used[32];
        snprintf(used, sizeof(used), "%zu", s.used);
        assert_string_equal(used, cases[i].used);
        az_share_release(&s);
    }
}

/* Nothing is kept of those who have nothing. */
static void share_forgets(void **state)
{
    (void)state;
    struct az_share s = {.max = 100};
    for (int i = 0; i < 1000; i++) {
        char who[16];
        snprintf(who, sizeof(who), "%d", i);
        assert_int_equal(az_share_take(&s, who, 10, NULL), 0);
        assert_int_equal(s.n, 1);
        az_share_give(&s, who, 10);
    }
    assert_int_equal(s.n + s.used, 0);
    az_share_release(&s);
}

static void share_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_share s = {.max = 100};
        az_fault_alloc(nth);
        r = az_share_take(&s, "a", 10, NULL);
        az_fault_alloc(0);
        assert_int_equal(s.used, r < 0 ? 0 : 10);
        assert_int_equal(s.n, r == 0);
        az_share_release(&s);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(share_table),
        cmocka_unit_test(share_forgets),
        cmocka_unit_test(share_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
