/* Probabilities and their map are measured on items that neither has seen. */
#include "statistics/learn/mapped.h"

#include <math.h>

#include "core/mem.h"
#include "tests/unit/learn_scene.h"

enum { ITEMS = 300, JUDGES = 5 };

static const double alike[] = {0.8, 0.8, 0.8, 0.8, 0.8};
static const double poor[] = {0.55, 0.55, 0.55, 0.55, 0.55};

static struct learn_scene pairs(const double *accuracy)
{
    return (struct learn_scene){.n = ITEMS,
                                .n_judges = JUDGES,
                                .n_labels = 2,
                                .answers = AZ_ANSWERS_EXCHANGEABLE,
                                .tie = -1,
                                .accuracy = accuracy,
                                .labelled = ITEMS,
                                .seed = 9};
}

static int fit(const char *learner, const struct az_sample *s, struct az_mapped *m,
               struct az_error *err)
{
    struct az_design d = {0};
    uint32_t room[ITEMS];
    int r = az_design_init(&d, s, 0, s->n_items, err);
    if (r == 0)
        r = az_mapped_fit(learner, &d, az_labelled(&d, room), 1, m, err);
    az_design_release(&d);
    return r;
}

static double loss(const struct az_sample *s, const double *p)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_items; i++)
        sum -= log(p[i * s->n_labels + (size_t)s->truths[i].label]) / (double)s->n_items;
    return sum;
}

/* Five judges that guess are sure as five: a map takes that back. Where five are as good
 * as they look, and where a learner has seen to it, there is nothing to win. */
static void chooses(void **state)
{
    static const struct {
        const char *learner;
        const double *accuracy;
        bool wins;
    } cases[] = {{"votes", poor, true}, {"logodds", alike, false}, {"auto", alike, false}};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct learn_scene scene = pairs(cases[i].accuracy);
        struct az_sample s;
        struct az_mapped m = {0};
        struct az_error err = {0};
        learn_sample(&scene, &s);
        assert_int_equal(fit(cases[i].learner, &s, &m, &err), 0);
        double before = loss(&s, m.raw), after = loss(&s, m.q);
        assert_true(!m.reason && m.tried[AZ_CALIBRATOR_NONE] && !m.tried[AZ_CALIBRATOR_ISOTONIC]);
        if (cases[i].wins != (m.map.kind != AZ_CALIBRATOR_NONE))
            fail_msg("%s: map %s", cases[i].learner, az_calibrator_name(m.map.kind));
        if (cases[i].wins ? !(after < before - 0.01) : !(after < before + 0.005))
            fail_msg("%s: %g, then %g", cases[i].learner, before, after);
        az_mapped_release(&m);
        az_sample_release(&s);
    }
}

/* Another truth of an item changes no digit of its own rows, before or after. */
static void no_item_is_seen(void **state)
{
    static const char *const learners[] = {"votes", "logodds", "stack"};
    struct learn_scene scene = pairs(poor);
    for (size_t i = 0; i < AZ_LEN(learners); i++) {
        struct az_sample s;
        struct az_mapped m = {0}, other = {0};
        struct az_error err = {0};
        learn_sample(&scene, &s);
        assert_int_equal(fit(learners[i], &s, &m, &err), 0);
        for (size_t item = 7; item < ITEMS; item += 97) {
            s.truths[item].label = 1 - s.truths[item].label;
            assert_int_equal(fit(learners[i], &s, &other, &err), 0);
            assert_memory_equal(m.raw + 2 * item, other.raw + 2 * item, 2 * sizeof(double));
            assert_memory_equal(m.q + 2 * item, other.q + 2 * item, 2 * sizeof(double));
            assert_true(memcmp(m.q, other.q, 2 * ITEMS * sizeof(double)) != 0);
            s.truths[item].label = 1 - s.truths[item].label;
            az_mapped_release(&other);
        }
        az_mapped_release(&m);
        az_sample_release(&s);
    }
}

/* The answers of a pair the other way round: so are the probabilities. */
static void reversal(void **state)
{
    static const char *const learners[] = {"votes", "logodds"};
    for (size_t i = 0; i < AZ_LEN(learners); i++) {
        struct learn_scene scene = pairs(poor), turned = scene;
        struct az_sample s, t;
        struct az_mapped m = {0}, other = {0};
        struct az_error err = {0};
        turned.turned = true;
        learn_sample(&scene, &s);
        learn_sample(&turned, &t);
        assert_int_equal(fit(learners[i], &s, &m, &err), 0);
        assert_int_equal(fit(learners[i], &t, &other, &err), 0);
        assert_int_equal(m.map.kind, other.map.kind);
        for (size_t k = 0; k < 2 * ITEMS; k++) {
            size_t at = k / 2 % 2 ? k ^ 1 : k;
            assert_true(fabs(m.q[k] - other.q[at]) < 1e-9);
        }
        az_mapped_release(&m);
        az_mapped_release(&other);
        az_sample_release(&s);
        az_sample_release(&t);
    }
}

/* What is said of few labels is as it is, with the reason. */
static void few_labels(void **state)
{
    static const struct {
        const char *learner;
        size_t labelled;
    } cases[] = {{"votes", 9}, {"logodds", 9}, {"logodds", 14}};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct learn_scene scene = pairs(alike);
        struct az_sample s;
        struct az_mapped m = {0};
        struct az_error err = {0};
        scene.labelled = cases[i].labelled;
        learn_sample(&scene, &s);
        assert_int_equal(fit(cases[i].learner, &s, &m, &err), 0);
        assert_non_null(m.reason);
        assert_int_equal(m.map.kind, AZ_CALIBRATOR_NONE);
        assert_memory_equal(m.raw, m.q, 2 * cases[i].labelled * sizeof(double));
        az_mapped_release(&m);
        az_sample_release(&s);
    }
}

static void bad_input(void **state)
{
    struct learn_scene scene = pairs(alike);
    struct az_sample s;
    struct az_mapped m = {0};
    struct az_error err = {0};
    learn_sample(&scene, &s);
    assert_int_equal(fit("logods", &s, &m, &err), AZ_EINVAL);
    assert_string_equal(err.what, "no learner is called 'logods'");
    az_sample_release(&s);
}

static void out_of_memory(void **state)
{
    struct learn_scene scene = pairs(poor);
    struct az_sample s;
    scene.n = scene.labelled = 60;
    learn_sample(&scene, &s);
    for (int nth = 1, r = -1; r < 0; nth++) {
        struct az_mapped m = {0};
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = fit("votes", &s, &m, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        az_mapped_release(&m);
    }
    az_sample_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses),   cmocka_unit_test(no_item_is_seen),
        cmocka_unit_test(reversal),  cmocka_unit_test(few_labels),
        cmocka_unit_test(bad_input), cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
