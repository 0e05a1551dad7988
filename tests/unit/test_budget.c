#include "coordinator/budget.h"

#include "core/rng.h"
#include "tests/unit/unit.h"

static const char *const answers[] = {"granted", "raise", "wait", "spent"};

static void budget_table(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        az_nusd limit, settled, reserved, durable, worst;
        const char *want;
    } cases[] = {
        {"fits under the ceiling", 100, 0, 0, 50, 50, "granted"},
        {"over the ceiling", 100, 0, 0, 50, 51, "raise"},
        {"others hold the ceiling", 100, 10, 30, 50, 11, "raise"},
        {"the last of it", 100, 90, 0, 100, 10, "granted"},
        {"others hold the rest", 100, 50, 45, 100, 6, "wait"},
        {"more than is left of all", 100, 95, 0, 100, 6, "spent"},
        {"more than there ever was", 100, 0, 0, 0, 101, "spent"},
        {"free when all is spent", 100, 100, 0, 100, 0, "granted"},
        {"spent beyond the limit", 100, 120, 0, 120, 1, "spent"},
        {"free beyond the limit", 100, 120, 0, 120, 0, "granted"},
        {"no limit", AZ_NUSD_MAX, 5, 0, 5, 1000000, "granted"},
        {"no limit, no overflow", AZ_NUSD_MAX, 5, AZ_NUSD_MAX, 5, AZ_NUSD_MAX, "granted"},
        {"a worst case without bound", 100, 0, 0, 100, AZ_NUSD_MAX, "spent"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_budget b = {.limit = cases[i].limit,
                              .settled = cases[i].settled,
                              .reserved = cases[i].reserved,
                              .durable = cases[i].durable,
                              .asked = cases[i].durable};
        enum az_budget_answer got = az_budget_reserve(&b, cases[i].worst);
        if (strcmp(answers[got], cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, answers[got], cases[i].want);
        az_nusd want = got == AZ_BUDGET_GRANTED ? az_nusd_add(cases[i].reserved, cases[i].worst)
                                                : cases[i].reserved;
        assert_true(b.reserved == want);
    }
}

/* A raise makes room for the call that wants it, never past the limit. */
static void budget_raise_makes_room(void **state)
{
    (void)state;
    struct az_budget b = az_budget(1000, 100);
    assert_int_equal(az_budget_reserve(&b, 10), AZ_BUDGET_RAISE);
    az_nusd ceiling = az_budget_raise(&b, 10);
    assert_int_equal(ceiling, 100 + 160);
    assert_int_equal(az_budget_reserve(&b, 10), AZ_BUDGET_RAISE); /* not durable yet */
    az_budget_raised(&b, ceiling);
    assert_int_equal(az_budget_reserve(&b, 10), AZ_BUDGET_GRANTED);
    assert_int_equal(az_budget_raise(&b, 200), 1000); /* a block would not fit */
    az_budget_raised(&b, 200);                        /* an older, lower one */
    assert_int_equal(b.durable, ceiling);
}

static void budget_settle_gives_back(void **state)
{
    (void)state;
    struct az_budget b = az_budget(100, 0);
    az_budget_raised(&b, 100);
    assert_int_equal(az_budget_reserve(&b, 60), AZ_BUDGET_GRANTED);
    assert_int_equal(az_budget_reserve(&b, 60), AZ_BUDGET_WAIT);
    az_budget_settle(&b, 60, 5);
    assert_int_equal(az_budget_reserve(&b, 60), AZ_BUDGET_GRANTED);
    az_budget_settle(&b, 60, 60);
    assert_int_equal(b.settled, 65);
    assert_int_equal(b.reserved, 0);
    az_budget_settle(&b, 0, AZ_NUSD_MAX);
    assert_true(b.settled == AZ_NUSD_MAX);
}

enum { CALLS = 64 };

struct bank {
    struct az_budget b;
    az_nusd under_way[CALLS];
    int n;
    az_nusd raise, disk; /* on its way; durable */
};

static void bank_step(struct bank *k, struct az_rng *rng)
{
    az_nusd worst = (az_nusd)(az_rng_next(rng) % 400);
    switch (az_rng_next(rng) % 4) {
    case 0:
    case 1:
        if (k->n == CALLS)
            break;
        switch (az_budget_reserve(&k->b, worst)) {
        case AZ_BUDGET_GRANTED:
            k->under_way[k->n++] = worst;
            break;
        case AZ_BUDGET_RAISE:
            if (!k->raise)
                k->raise = az_budget_raise(&k->b, worst);
            break;
        default:
            break;
        }
        break;
    case 2:
        if (k->n) {
            worst = k->under_way[--k->n];
            az_budget_settle(&k->b, worst, (az_nusd)(az_rng_next(rng) % (uint64_t)(worst + 1)));
        }
        break;
    case 3:
        if (k->raise) {
            k->disk = k->raise;
            az_budget_raised(&k->b, k->raise);
            k->raise = 0;
        }
    }
}

/* settled + reserved <= durable <= limit after every step, over crashes too, and
 * what is granted is at last spent. */
static void budget_is_never_passed(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct az_rng rng = az_rng(seed);
        az_nusd limit = (az_nusd)(az_rng_next(&rng) % 20000);
        struct bank k = {.b = az_budget(limit, 0)};
        for (int step = 0; step < 2000; step++) {
            bank_step(&k, &rng);
            if (az_rng_next(&rng) % 500 == 0) /* a crash: the disk's word counts */
                k = (struct bank){.b = az_budget(limit, k.disk), .disk = k.disk};
            bool holds = k.b.settled + k.b.reserved <= k.b.durable && k.b.durable <= limit &&
                         k.b.durable == k.disk && k.b.asked >= k.b.durable;
            if (!holds)
                fail_msg("seed %d, step %d", (int)seed, step);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(budget_table),
        cmocka_unit_test(budget_raise_makes_room),
        cmocka_unit_test(budget_settle_gives_back),
        cmocka_unit_test(budget_is_never_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
