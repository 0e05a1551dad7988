#include <math.h>
#include <string.h>

#include "statistics/matrix.h"
#include "tests/unit/unit.h"

#define near(a, b) assert_true(fabs((a) - (b)) < 1e-12)

/* 4 12 -16 / 12 37 -43 / -16 -43 98 has the factor 2 / 6 1 / -8 5 3. */
static const double example[] = {4, 0, 0, 12, 37, 0, -16, -43, 98};

static void cholesky(void **state)
{
    double a[9], b[] = {1, 2, 3};
    memcpy(a, example, sizeof(a));
    assert_int_equal(az_cholesky(a, 3), 0);
    static const double want[] = {2, 6, 1, -8, 5, 3};
    for (size_t i = 0, at = 0; i < 3; i++) {
        for (size_t j = 0; j <= i; j++)
            near(a[i * 3 + j], want[at++]);
    }
    near(az_cholesky_logdet(a, 3), log(36));
    az_cholesky_solve(a, 3, b);
    near(4 * b[0] + 12 * b[1] - 16 * b[2], 1);
    near(12 * b[0] + 37 * b[1] - 43 * b[2], 2);
    near(-16 * b[0] - 43 * b[1] + 98 * b[2], 3);
}

static void inverse(void **state)
{
    double l[9];
    memcpy(l, example, sizeof(l));
    assert_int_equal(az_cholesky(l, 3), 0);
    assert_int_equal(az_cholesky_inverse(l, 3), 0);
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++) {
            double sum = 0;
            for (size_t k = 0; k < 3; k++)
                sum += example[AZ_MAX(i, k) * 3 + AZ_MIN(i, k)] * l[k * 3 + j];
            assert_true(fabs(sum - (i == j)) < 1e-9);
        }
    }
}

static void gram(void **state)
{
    static const double rows[] = {1, 2, 3, 4, 5, 6};
    double h[] = {100, 0, 0, 0, 0, 0, 0, 0, 0};
    az_matrix_gram(rows, 2, 3, h);
    near(h[0], 100 + 17);
    near(h[3], 22);
    near(h[4], 29);
    near(h[6], 27);
    near(h[7], 36);
    near(h[8], 45);
    az_matrix_gram(rows, 0, 3, h); /* nothing is nothing */
    near(h[8], 45);
}

static void eigen(void **state)
{
    double a[] = {2, 0, 1, 2}, values[2];
    assert_int_equal(az_matrix_eigen(a, 2, values), 0);
    near(values[0], 1);
    near(values[1], 3);
    near(fabs(a[2]), sqrt(0.5));
    near(a[2], a[3]);  /* of 3: along (1, 1) */
    near(a[0], -a[1]); /* of 1: across it */
}

static void refused(void **state)
{
    double minus[] = {1, 0, 2, 1}, nan[] = {NAN, 0, 0, 1}, values[2];
    assert_int_equal(az_cholesky(minus, 2), AZ_EINVAL);
    assert_int_equal(az_cholesky(nan, 2), AZ_EINVAL);
    assert_int_equal(az_matrix_eigen(nan, 2, values), AZ_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cholesky), cmocka_unit_test(inverse), cmocka_unit_test(gram),
        cmocka_unit_test(eigen),    cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
