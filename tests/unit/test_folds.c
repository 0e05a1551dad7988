#include <string.h>

#include "core/mem.h"
#include "statistics/folds.h"
#include "tests/unit/unit.h"

enum { N = 60 };

/* Clusters of 1 to 5 items; two classes. */
static void scene(uint64_t *clusters, int32_t *classes)
{
    for (size_t i = 0, c = 0, left = 1; i < N; i++) {
        clusters[i] = 1000 + c;
        classes[i] = c % 3 == 0;
        if (--left == 0)
            left = ++c % 5 + 1;
    }
}

static void clusters_stay_together(void **state)
{
    uint64_t clusters[N];
    int32_t classes[N];
    uint32_t fold[N];
    size_t count[5] = {0};
    scene(clusters, classes);
    assert_int_equal(az_folds(clusters, NULL, N, 5, 1, fold), 0);
    for (size_t i = 0; i < N; i++) {
        assert_in_range(fold[i], 0, 4);
        count[fold[i]]++;
        for (size_t k = 0; k < i; k++)
            assert_true(clusters[i] != clusters[k] || fold[i] == fold[k]);
    }
    for (size_t f = 0; f < 5; f++)
        assert_in_range(count[f], 10, 14); /* 12 but for whole clusters */
}

static void order_changes_nothing(void **state)
{
    uint64_t clusters[N], turned[N];
    int32_t classes[N], turned_classes[N];
    uint32_t fold[N], other[N];
    bool taken[N], turned_taken[N];
    scene(clusters, classes);
    for (size_t i = 0; i < N; i++) {
        turned[i] = clusters[(i * 7 + 3) % N];
        turned_classes[i] = classes[(i * 7 + 3) % N];
    }
    assert_int_equal(az_folds(clusters, classes, N, 4, 9, fold), 0);
    assert_int_equal(az_folds(turned, turned_classes, N, 4, 9, other), 0);
    assert_int_equal(az_split(clusters, N, 0.3, 9, taken),
                     az_split(turned, N, 0.3, 9, turned_taken));
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(other[i], fold[(i * 7 + 3) % N]);
        assert_int_equal(turned_taken[i], taken[(i * 7 + 3) % N]);
    }
    assert_int_equal(az_folds(clusters, classes, N, 4, 10, other), 0);
    assert_true(memcmp(fold, other, sizeof(fold)) != 0); /* another seed */
}

static void classes_are_spread(void **state)
{
    uint64_t clusters[N];
    int32_t classes[N];
    uint32_t fold[N];
    size_t of_class[3] = {0};
    for (size_t i = 0; i < N; i++) {
        clusters[i] = i;
        classes[i] = i % 10 == 0; /* six of sixty */
    }
    assert_int_equal(az_folds(clusters, classes, N, 3, 4, fold), 0);
    for (size_t i = 0; i < N; i++)
        of_class[fold[i]] += (size_t)classes[i];
    for (size_t f = 0; f < 3; f++)
        assert_int_equal(of_class[f], 2);
}

static void splits(void **state)
{
    static const struct {
        double share;
        int64_t least, most;
    } cases[] = {{0, 1, 5}, {0.05, 3, 7}, {0.5, 30, 34}, {1, 60, 60}};
    uint64_t clusters[N];
    int32_t classes[N];
    bool taken[N];
    scene(clusters, classes);
    for (size_t c = 0; c < AZ_LEN(cases); c++) {
        int64_t n = az_split(clusters, N, cases[c].share, 3, taken), counted = 0;
        assert_true(n >= cases[c].least && n <= cases[c].most);
        for (size_t i = 0; i < N; i++) {
            counted += taken[i];
            for (size_t k = 0; k < i; k++)
                assert_true(clusters[i] != clusters[k] || taken[i] == taken[k]);
        }
        assert_int_equal(counted, n);
    }
    assert_int_equal(az_clusters(clusters, N), 20);
    assert_int_equal(az_clusters(clusters, 0), 0);
}

/* Every place is as likely, and those that are kept stay in their order. */
static void draws(void **state)
{
    enum { RUNS = 4000, OF = 7, WANT = 3 };
    int kept[OF] = {0};
    uint32_t v[OF];
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        for (uint32_t i = 0; i < OF; i++)
            v[i] = i;
        assert_int_equal(az_draw(v, OF, WANT, seed), WANT);
        for (size_t i = 0; i < WANT; i++) {
            kept[v[i]]++;
            assert_true(i == 0 || v[i - 1] < v[i]);
        }
    }
    for (size_t i = 0; i < OF; i++) /* 1714 and a standard error of 31 */
        assert_true(kept[i] > 1580 && kept[i] < 1850);
    for (uint32_t i = 0; i < OF; i++)
        v[i] = i;
    assert_int_equal(az_draw(v, OF, OF + 1, 1), OF);
    assert_int_equal(v[OF - 1], OF - 1);
    assert_int_equal(az_draw(v, 0, 5, 1), 0);
}

static void out_of_memory(void **state)
{
    uint64_t clusters[N];
    int32_t classes[N];
    uint32_t fold[N];
    int r = AZ_ENOMEM;
    scene(clusters, classes);
    for (int nth = 1; r < 0; nth++) {
        az_fault_alloc(nth);
        r = az_folds(clusters, classes, N, 5, 1, fold);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        assert_true(nth < 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_stay_together),
        cmocka_unit_test(order_changes_nothing),
        cmocka_unit_test(classes_are_spread),
        cmocka_unit_test(splits),
        cmocka_unit_test(draws),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
