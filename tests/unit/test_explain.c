#include <math.h>

#include "core/mem.h"
#include "statistics/learn/explain.h"
#include "tests/unit/learn_scene.h"

static const double accuracies[] = {0.9, 0.75, 0.6, 0.5};

static struct learn_scene scene(size_t n)
{
    return (struct learn_scene){.n = n,
                                .n_judges = 4,
                                .n_labels = 2,
                                .answers = AZ_ANSWERS_EXCHANGEABLE,
                                .tie = -1,
                                .accuracy = accuracies,
                                .labelled = n,
                                .seed = 21};
}

static void explain(const struct az_sample *sample, struct az_judge_worth *ret)
{
    struct az_design d;
    struct az_error err = {0};
    uint32_t *room = malloc((sample->n_items + 1) * sizeof(*room));
    assert_int_equal(az_design_init(&d, sample, 0, sample->n_items, &err), 0);
    if (az_explain_judges(&d, az_labelled(&d, room), 3, ret, &err) < 0)
        fail_msg("%s", err.what);
    az_design_release(&d);
    free(room);
}

/* Independent judges weigh their log odds, and add by their order. */
static void independent_judges(void **state)
{
    struct learn_scene s = scene(3000);
    struct az_sample sample;
    struct az_judge_worth w[4];
    learn_sample(&s, &sample);
    explain(&sample, w);
    for (size_t j = 0; j < 4; j++) {
        double want = log(accuracies[j] / (1 - accuracies[j]));
        double half = (w[j].weight.high - w[j].weight.low) / 2;
        assert_true(w[j].weight.has_interval && half > 0.03 && half < 0.5);
        assert_string_equal(w[j].weight.method, "laplace");
        assert_true(fabs(w[j].weight.value - want) < 1.6 * half); /* three deviations */
        assert_int_equal(w[j].weight.n, 3000);
    }
    assert_true(w[0].adds.value > 0.15);
    assert_true(w[0].adds.low > w[1].adds.high && w[1].adds.low > w[2].adds.value);
    assert_true(w[3].adds.low < 0.001 && fabs(w[3].adds.value) < 0.005);
    az_sample_release(&sample);
}

/* Two judges that say the same: neither would be missed, and they share a weight. */
static void twins(void **state)
{
    struct learn_scene s = scene(600);
    struct az_sample sample;
    struct az_judge_worth w[4];
    learn_sample(&s, &sample);
    for (size_t i = 0; i < s.n; i++)
        sample.votes[sample.start[i] + 1].label = sample.votes[sample.start[i]].label;
    explain(&sample, w);
    assert_true(fabs(w[0].adds.value) < 0.01 && fabs(w[1].adds.value) < 0.01);
    assert_true(fabs(w[0].weight.value - w[1].weight.value) < 1e-6);
    assert_true(fabs(w[0].weight.value + w[1].weight.value - log(9)) < 0.4);
    az_sample_release(&sample);
}

static void all_kinds(void **state)
{
    static const enum az_answers answers[] = {AZ_ANSWERS_NAMED, AZ_ANSWERS_ORDINAL,
                                              AZ_ANSWERS_EXCHANGEABLE};
    for (size_t kind = 0; kind < 3; kind++) {
        struct learn_scene s = scene(300);
        struct az_sample sample;
        struct az_judge_worth w[4];
        s.answers = answers[kind];
        s.n_labels = 4;
        s.tie = kind == 2 ? 3 : -1;
        s.margins = kind != 1;
        learn_sample(&s, &sample);
        explain(&sample, w);
        for (size_t j = 0; j < 4; j++)
            assert_true(w[j].weight.defined && w[j].adds.defined && w[j].adds.has_interval);
        assert_true(w[0].weight.value > w[2].weight.value && w[0].adds.low > 0);
        az_sample_release(&sample);
    }
}

static void says_why_not(void **state)
{
    struct learn_scene s = scene(40);
    struct az_sample sample;
    struct az_judge_worth w[4];
    s.labelled = 5;
    learn_sample(&s, &sample);
    explain(&sample, w);
    assert_false(w[0].weight.defined);
    assert_string_equal(w[3].adds.reason, "too few labelled items");
    az_sample_release(&sample);
    s.labelled = 40;
    learn_sample(&s, &sample);
    for (size_t i = 0; i < s.n; i++)
        sample.clusters[i] = i % 4;
    explain(&sample, w);
    assert_string_equal(w[3].adds.reason, "too few clusters with labels");
    az_sample_release(&sample);
}

static void parts(void **state)
{
    struct learn_scene s = scene(200);
    struct az_sample sample;
    struct az_part_worth worth[AZ_MODEL_PARTS];
    double *p, sum = 0;
    learn_sample(&s, &sample);
    AZ_AUTO(model) m = learn_all("auto", &sample, &p);
    size_t n = az_explain_parts(m, worth);
    assert_int_equal(n, 10);
    for (size_t i = 0; i < n; i++) {
        sum += worth[i].weight;
        assert_true(worth[i].log_score < 0 && worth[i].log_score > -2);
        assert_non_null(az_learner_find(worth[i].name));
    }
    assert_true(fabs(sum - 1) < 1e-12);
    free(p);
    AZ_AUTO(model) mean = learn_all("mean", &sample, &p);
    assert_int_equal(az_explain_parts(mean, worth), 0);
    free(p);
    az_sample_release(&sample);
}

static void out_of_memory(void **state)
{
    struct learn_scene s = scene(20);
    struct az_sample sample;
    struct az_design d;
    struct az_judge_worth w[4];
    uint32_t room[20];
    int r = AZ_ENOMEM;
    learn_sample(&s, &sample);
    assert_int_equal(az_design_init(&d, &sample, 0, s.n, NULL), 0);
    struct az_rows rows = az_labelled(&d, room);
    for (int nth = 1; r < 0; nth += 1 + nth / 16) {
        az_fault_alloc(nth);
        r = az_explain_judges(&d, rows, 1, w, NULL);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
    }
    az_design_release(&d);
    az_sample_release(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(independent_judges),
        cmocka_unit_test(twins),
        cmocka_unit_test(all_kinds),
        cmocka_unit_test(says_why_not),
        cmocka_unit_test(parts),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
