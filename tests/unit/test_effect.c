#include <math.h>

#include "core/mem.h"
#include "statistics/learn/effect.h"
#include "tests/unit/learn_scene.h"

static const double accuracies[] = {0.8, 0.7, 0.6};

static double rho_of(const struct az_sample *s, double *weight)
{
    struct az_design d;
    double rho = -1;
    uint32_t *room = malloc((s->n_items + 1) * sizeof(*room));
    assert_int_equal(az_design_init(&d, s, 0, s->n_items, NULL), 0);
    assert_int_equal(az_effect_weights(&d, az_labelled(&d, room), weight, &rho), 0);
    az_design_release(&d);
    free(room);
    return rho;
}

static struct learn_scene scene(enum az_answers answers, size_t n)
{
    return (struct learn_scene){.n = n,
                                .n_judges = 3,
                                .n_labels = 2,
                                .answers = answers,
                                .tie = -1,
                                .accuracy = accuracies,
                                .labelled = n,
                                .seed = 5};
}

/* Items that come four times over are a quarter of an item each; apart they are whole;
 * thrown together by accident they are nearly whole. */
static void copies(void **state)
{
    static const enum az_answers kinds[] = {AZ_ANSWERS_EXCHANGEABLE, AZ_ANSWERS_NAMED};
    for (size_t kind = 0; kind < 2; kind++) {
        struct learn_scene s = scene(kinds[kind], 100);
        struct az_sample sample, four;
        uint32_t again[400];
        double weight[400];
        learn_sample(&s, &sample);
        for (uint32_t i = 0; i < 400; i++)
            again[i] = i / 4;
        assert_int_equal(az_sample_pick(&sample, again, 400, NULL, &four), 0);
        double rho = rho_of(&four, weight);
        assert_true(rho > 0.999);
        for (size_t i = 0; i < 400; i++)
            assert_true(fabs(weight[i] - 0.25) < 1e-3);

        assert_true(rho_of(&sample, weight) == 0 && weight[7] == 1); /* no two together */
        for (size_t i = 0; i < 100; i++)
            sample.clusters[i] = i / 4;
        assert_true(rho_of(&sample, weight) < 0.15);
        az_sample_release(&four);
        az_sample_release(&sample);
    }
}

/* What is learnt from copies is what is learnt from the items: no surer. */
static void copies_teach_no_more(void **state)
{
    struct learn_scene s = scene(AZ_ANSWERS_EXCHANGEABLE, 60);
    struct az_sample sample, four;
    uint32_t again[240];
    double *p, *q;
    learn_sample(&s, &sample);
    for (uint32_t i = 0; i < 240; i++)
        again[i] = i / 4;
    assert_int_equal(az_sample_pick(&sample, again, 240, NULL, &four), 0);
    AZ_AUTO(model) one = learn_all("hierarchical", &sample, &p);
    AZ_AUTO(model) many = learn_all("hierarchical", &four, &q);
    for (size_t i = 0; i < 240; i++)
        assert_true(fabs(q[2 * i] - p[2 * (i / 4)]) < 1e-3);
    free(p);
    free(q);
    az_sample_release(&four);
    az_sample_release(&sample);
}

static void out_of_memory(void **state)
{
    struct learn_scene s = scene(AZ_ANSWERS_NAMED, 12);
    struct az_sample sample;
    struct az_design d;
    double weight[12];
    uint32_t room[12];
    int r = AZ_ENOMEM;
    learn_sample(&s, &sample);
    assert_int_equal(az_design_init(&d, &sample, 0, 12, NULL), 0);
    struct az_rows rows = az_labelled(&d, room);
    for (int nth = 1; r < 0; nth++) {
        az_fault_alloc(nth);
        r = az_effect_weights(&d, rows, weight, NULL);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
    }
    az_design_release(&d);
    az_sample_release(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies),
        cmocka_unit_test(copies_teach_no_more),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
