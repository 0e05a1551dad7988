/* The reference sets as samples: the plurality that each set's SOURCE.md measures.
 * Skipped without ASSIZE_TEST_DATA. */
#include <math.h>

#include "tests/unit/dataset.h"
#include "tests/unit/unit.h"

static const struct {
    const char *name;
    size_t items, judges;
    double plurality; /* of one-label seats, ties = 1/m; NaN: not measured there */
} sets[] = {
    {"judgebench", 350, 6, NAN},          {"humanpairs", 466, 8, 75.97},
    {"llmbar-casestudy", 315, 30, 49.21}, {"rewardbench2-k8", 869, 9, NAN},
    {"pandalm", 999, 2, 68.82},           {"dices350", 350, 123, 65.43},
    {"llmjudge", 2299, 33, NAN},          {"llm-rubric", 223, 9, NAN},
};

/* A judge's single label, none where it is spread; without any an item is wrong.
 * Per cent right. */
static double plurality(const struct az_sample *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n_items; i++) {
        double count[AZ_SAMPLE_LABELS_MAX] = {0}, top = 0, m = 0;
        struct az_votes_of votes = az_sample_votes(s, i);
        for (size_t v = 0; v < votes.n; v++) {
            if (votes.v[v].label >= 0)
                top = fmax(top, ++count[votes.v[v].label]);
        }
        for (size_t k = 0; k < s->n_labels; k++)
            m += count[k] >= top;
        sum += top > 0 && count[s->truths[i].label] >= top ? 1 / m : 0;
    }
    return 100 * sum / (double)s->n_items;
}

static void as_their_sources_say(void **state)
{
    const char *folder = getenv("ASSIZE_TEST_DATA");
    if (!folder) {
        print_message("ASSIZE_TEST_DATA is not set\n");
        skip();
    }
    for (size_t i = 0; i < AZ_LEN(sets); i++) {
        struct dataset d;
        struct az_error err = {0};
        if (dataset_load(folder, dataset_spec(sets[i].name), &d, &err) < 0)
            fail_msg("%s: %s", sets[i].name, err.what);
        double got = plurality(&d.sample);
        if (d.sample.n_items != sets[i].items || d.n_judges != sets[i].judges ||
            (!isnan(sets[i].plurality) && fabs(got - sets[i].plurality) > 0.006))
            fail_msg("%s: %zu items, %zu judges, plurality %.2f", sets[i].name, d.sample.n_items,
                     d.n_judges, got);
        dataset_release(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_their_sources_say)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
