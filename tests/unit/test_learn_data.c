/* `auto` on published sets, against the best of the simple rules: the bench in small,
 * so that a change that breaks it is seen. Skipped without ASSIZE_TEST_DATA. */
#include <math.h>

#include "core/mem.h"
#include "statistics/folds.h"
#include "statistics/learn/learner.h"
#include "statistics/learn/strength.h"
#include "tests/unit/dataset.h"
#include "tests/unit/unit.h"

enum { SPLITS = 6 };

/* What bench_aggregate measures over 200 splits, less two or three points for so few. */
static const struct {
    const char *name;
    double labelled, accuracy, log_loss, rule; /* rule: the least difference, in points */
} cases[] = {
    {"judgebench", 0.5, 75, 0.53, -1},        {"humanpairs", 0.2, 76, 0.52, -1},
    {"humanpairs", 0.5, 76.5, 0.51, -1},      {"llmbar-casestudy", 0.2, 86, 0.35, 1},
    {"llmbar-casestudy", 0.5, 88, 0.29, 2.5}, {"rewardbench2-k8", 0.2, 88.5, 0.31, -1},
    {"pandalm", 0.5, 70.5, 0.75, 0},
};

struct sums {
    double of_auto, log_score, votes, single;
};

static void split(const struct az_design *d, double labelled, uint64_t seed, struct sums *s)
{
    struct az_error err = {0};
    AZ_AUTO_MEM bool *taken = az_zalloc(d->n);
    AZ_AUTO_MEM uint32_t *room = az_alloc(2 * d->n * sizeof(*room));
    AZ_AUTO_MEM double *p = az_alloc(d->n * d->frame.n_labels * sizeof(*p));
    AZ_AUTO(model) m = NULL;
    AZ_AUTO(model) single = NULL;
    struct az_rows train = {room, 0}, test = {room + d->n, 0};
    size_t k = d->frame.n_labels;
    assert_true(az_split(d->clusters, d->n, labelled, seed, taken) > 0);
    for (size_t i = 0; i < d->n; i++) {
        if (taken[i])
            room[train.n++] = (uint32_t)i;
        else
            room[d->n + test.n++] = (uint32_t)i;
    }
    assert_int_equal(az_learn("auto", d, train, seed, &m, &err), 0);
    assert_int_equal(az_learn("single", d, train, seed, &single, &err), 0);
    assert_int_equal(az_model_predict(m, d, test, p), 0);
    for (size_t i = 0; i < test.n; i++) {
        double mean[AZ_SAMPLE_LABELS_MAX], n = (double)test.n * SPLITS / 100;
        const double *truth = az_design_truth(d, test.v[i]);
        az_strength_mean(d, test.v[i], -1, mean);
        s->of_auto += az_credit(p + i * k, truth, k) / n;
        s->log_score += az_log_score(p + i * k, truth, k) / n / 100;
        s->votes += az_credit(mean, truth, k) / n;
        s->single += az_judge_credit(d, test.v[i], (size_t)single->arrays[2][0]) / n;
    }
}

static void better_than_rules(void **state)
{
    const char *folder = getenv("ASSIZE_TEST_DATA");
    if (!folder) {
        print_message("ASSIZE_TEST_DATA is not set\n");
        skip();
    }
    for (size_t c = 0; c < AZ_LEN(cases); c++) {
        struct dataset data;
        struct az_design d;
        struct az_error err = {0};
        struct sums s = {0};
        if (dataset_load(folder, dataset_spec(cases[c].name), &data, &err) < 0)
            fail_msg("%s: %s", cases[c].name, err.what);
        assert_int_equal(az_design_init(&d, &data.sample, 0, data.sample.n_items, &err), 0);
        for (size_t i = 0; i < d.n; i++)
            d.clusters[i] = az_hash64(7, az_str(data.ids[i])); /* by item */
        for (uint64_t seed = 1; seed <= SPLITS; seed++)
            split(&d, cases[c].labelled, seed, &s);
        double rule = fmax(s.votes, s.single);
        if (s.of_auto < cases[c].accuracy || -s.log_score > cases[c].log_loss ||
            s.of_auto - rule < cases[c].rule)
            fail_msg("%s, %g: %.2f, log loss %.3f, rule %.2f", cases[c].name, cases[c].labelled,
                     s.of_auto, -s.log_score, rule);
        az_design_release(&d);
        dataset_release(&data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(better_than_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
