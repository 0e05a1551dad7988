/* How many questions a backend takes at once. */
#include <stdlib.h>

#include "core/model.h"
#include "core/panel.h"
#include "tests/unit/unit.h"
#include "workers/work.h"

static const struct {
    const char *name, *kind;
    int slots;
    double rpm;
    uint32_t want;
} cases[] = {
    {"a recorded judge answers at once: many", "recorded", 0, 0, 4096},
    {"and keeps to its slots where it has a delay and slots", "recorded", 3, 0, 3},
    {"a lexical one too", "lexical", 0, 0, 4096},
    {"an API has some to come beyond its slots", "openai", 4, 0, 7},
    {"an API without slots has room to grow", "openai", 0, 0, 385},
    {"but holds no more than a minute's worth", "openai", 0, 20, 20},
    {"and one at the least", "openai", 4, 0.5, 1},
};

static void credit_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_backend backend = {
            .name = "b", .kind = cases[i].kind, .slots = cases[i].slots, .rpm = cases[i].rpm};
        struct az_work_backend seated = {.backend = &backend};
        struct az_work_config config = {.n_backends = 1, .backends = &seated};
        AZ_AUTO(work) w = NULL;
        struct az_error err;
        assert_int_equal(az_work_new(&config, &w, &err), 0);
        uint32_t got = az_work_credit(w, 0);
        if (got != cases[i].want)
            fail_msg("%s: %u, want %u", cases[i].name, got, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(credit_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
