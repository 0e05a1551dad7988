#include "coordinator/job.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

static const struct {
    const char *set;
    enum az_job_state state;
    const char *want; /* the kind and what was read, or the error */
} cases[] = {
    {"priority=500", AZ_IS_RUNNING, "0 500"},
    {"priority=0", AZ_IS_RUNNING, "'priority=0': expected a whole number from 1 to 1000"},
    {"priority=high", AZ_IS_RUNNING, "'priority=high': expected a whole number from 1 to 1000"},
    {"priority=", AZ_IS_RUNNING, "'priority=': expected a whole number from 1 to 1000"},
    {"name=second try", AZ_IS_RUNNING, "1 second try"},
    {"name=a\nb", AZ_IS_RUNNING, "'name=a\nb': expected 200 bytes of text in one line at the most"},
    {"deadline=3600", AZ_IS_WAITING, "2 3600"},
    {"deadline=0", AZ_IS_WAITING, "2 0"},
    {"limits.usd=30", AZ_IS_RUNNING, "3 30000000000"},
    {"limits.usd=0.0015", AZ_IS_STOPPED, "3 1500000"},
    {"limits.usd=-1", AZ_IS_STOPPED, "'limits.usd=-1': expected dollars"},
    {"limits.usd=much", AZ_IS_STOPPED, "'limits.usd=much': expected dollars"},
    {"limits.item_s=60", AZ_IS_PAUSED, "4 60"},
    {"limits.item_s=60", AZ_IS_RUNNING, "'limits.item_s' cannot be changed while the job runs"},
    {"limits.attempts=21", AZ_IS_PAUSED,
     "'limits.attempts=21': expected a whole number from 1 to 20"},
    {"judges.a.model=b", AZ_IS_PAUSED, "'judges.a.model' of a job that is there cannot be changed"},
    {"limits.uds=3", AZ_IS_PAUSED, "'limits.uds' of a job that is there cannot be changed"},
    {"priority", AZ_IS_PAUSED, "'priority': expected KEY=VALUE"},
    {"=3", AZ_IS_PAUSED, "'=3': expected KEY=VALUE"},
    {"", AZ_IS_PAUSED, "'': expected KEY=VALUE"},
};

static const char *read_text(const char *text, enum az_job_state state)
{
    static char got[256];
    struct az_job_set set;
    struct az_error err = {0};
    if (az_job_set_read(text, state, &set, &err) < 0)
        snprintf(got, sizeof(got), "%s", err.what);
    else if (set.kind == AZ_SET_NAME)
        snprintf(got, sizeof(got), "%d " AZ_STR_FMT, set.kind, AZ_STR_ARG(set.value));
    else
        snprintf(got, sizeof(got), "%d %lld", set.kind,
                 (long long)(set.kind == AZ_SET_USD ? set.usd : set.number));
    return got;
}

static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        const char *got = read_text(cases[i].set, cases[i].state);
        if (strcmp(got, cases[i].want))
            fail_msg("'%s': got '%s', want '%s'", cases[i].set, got, cases[i].want);
    }
}

static void helps(void **state)
{
    (void)state;
    struct az_job_set set;
    struct az_error err = {0};
    assert_int_equal(az_job_set_read("limits.uds=3", AZ_IS_PAUSED, &set, &err), AZ_EINVAL);
    assert_string_equal(err.hint, "Did you mean 'limits.usd'?");
    assert_int_equal(az_job_set_read("limits.item_s=3", AZ_IS_RUNNING, &set, &err), AZ_EINVAL);
    assert_string_equal(err.hint, "Pause it, set it, and resume it.");
}

static struct az_job_set set_of(const char *text)
{
    struct az_job_set set;
    assert_int_equal(az_job_set_read(text, AZ_IS_PAUSED, &set, NULL), 0);
    return set;
}

static void kept_in_lines(void **state)
{
    (void)state;
    struct az_job_set usd = set_of("limits.usd=3"), item = set_of("limits.item_s=9"),
                      more = set_of("limits.usd=30");
    AZ_AUTO_MEM char *one = az_job_sets_with(NULL, &usd);
    AZ_AUTO_MEM char *two = az_job_sets_with(one, &item);
    AZ_AUTO_MEM char *three = az_job_sets_with(two, &more);
    assert_string_equal(one, "limits.usd=3\n");
    assert_string_equal(two, "limits.usd=3\nlimits.item_s=9\n");
    assert_string_equal(three, "limits.item_s=9\nlimits.usd=30\n");
    const char *v[4];
    assert_int_equal(az_job_sets_split(three, v, 4), 2);
    assert_string_equal(v[0], "limits.item_s=9");
    assert_string_equal(v[1], "limits.usd=30");
    assert_int_equal(az_job_sets_split(NULL, v, 4), 0);
    assert_int_equal(az_job_sets_split(two, v, 1), 1);
    az_fault_alloc(1);
    assert_null(az_job_sets_with(NULL, &usd));
    az_fault_alloc(0);
}

static void raises(void **state)
{
    (void)state;
    struct az_job_set usd = set_of("limits.usd=3"), deadline = set_of("deadline=60"),
                      priority = set_of("priority=3");
    assert_true(az_job_set_raises(AZ_CAUSE_BUDGET, &usd));
    assert_true(az_job_set_raises(AZ_CAUSE_TIME, &deadline));
    assert_false(az_job_set_raises(AZ_CAUSE_BUDGET, &deadline));
    assert_false(az_job_set_raises(AZ_CAUSE_BACKEND, &usd));
    assert_false(az_job_set_raises(AZ_CAUSE_BUDGET, &priority));
    assert_false(az_job_set_raises(AZ_CAUSE_NONE, &usd));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(helps),
                                       cmocka_unit_test(kept_in_lines), cmocka_unit_test(raises)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
