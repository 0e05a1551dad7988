#include "coordinator/tally.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static void ballots(void **state)
{
    (void)state;
    AZ_AUTO(tally) t = az_tally_new();
    const struct az_ballot some[] = {
        {.cost = 5, .ms = 40}, {.cached = true}, {.error = AZ_BE_PARSE, .cost = 7}, {.ms = 90000}};
    for (size_t i = 0; i < AZ_LEN(some); i++)
        az_tally_ballot(t, "gpu", &some[i]);
    az_tally_ballot(t, "other", &some[1]);
    assert_int_equal(t->n, 2);
    const struct az_backend_figures *f = az_tally_at(t, "gpu");
    assert_int_equal(f->ballots, 4);
    assert_int_equal(f->cached, 1);
    assert_int_equal(f->spent, 12);
    assert_int_equal(f->errors[AZ_BE_PARSE], 1);
    assert_int_equal(f->answers.sum_ms, 90040); /* neither cached answers nor errors */
}

static void looking_keeps_what_is_counted(void **state)
{
    (void)state;
    AZ_AUTO(tally) t = az_tally_new();
    struct az_backend_figures *f = az_tally_at(t, "gpu");
    f->ballots = f->workers = f->leases = f->queued = f->credit = 3;
    az_tally_look(t);
    assert_ptr_equal(az_tally_at(t, "gpu"), f);
    assert_int_equal(f->ballots, 3);
    assert_int_equal(f->workers + f->leases + f->queued + f->credit, 0);
}

static void names_have_an_end(void **state)
{
    (void)state;
    AZ_AUTO(tally) t = az_tally_new();
    const struct az_ballot one = {.ms = 1};
    char name[16];
    for (int i = 0; i < AZ_TALLY_BACKENDS + 9; i++) {
        snprintf(name, sizeof(name), "b%d", i);
        az_tally_ballot(t, name, &one);
    }
    assert_int_equal(t->n, AZ_TALLY_BACKENDS);
    assert_null(az_tally_at(t, "b256"));
    assert_non_null(az_tally_at(t, "b255"));
}

static void without_memory(void **state)
{
    (void)state;
    const struct az_ballot one = {.ms = 1};
    az_fault_alloc(1);
    assert_null(az_tally_new());
    az_fault_alloc(0);
    AZ_AUTO(tally) t = az_tally_new();
    az_fault_alloc(1);
    az_tally_ballot(t, "gpu", &one);
    az_fault_alloc(0);
    assert_int_equal(t->n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ballots), cmocka_unit_test(looking_keeps_what_is_counted),
        cmocka_unit_test(names_have_an_end), cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
