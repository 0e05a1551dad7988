#include "statistics/matrix.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>

/* Row-major lower is column-major upper: LAPACK is told that, so that nothing
 * is transposed. */
enum { UPPER = 'U' };

void az_matrix_gram(const double *rows, size_t n, size_t f, double *h)
{
    if (n > 0)
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (int)f, (int)n, 1.0, rows, (int)f, 1.0,
                    h, (int)f);
}

static int code(lapack_int info)
{
    if (info == 0)
        return 0;
    return info == LAPACK_WORK_MEMORY_ERROR ? AZ_ENOMEM : AZ_EINVAL;
}

static bool finite_lower(const double *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            if (!isfinite(a[i * n + j]))
                return false;
        }
    }
    return true;
}

int az_cholesky(double *a, size_t n)
{
    if (!finite_lower(a, n))
        return AZ_EINVAL;
    return code(LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, UPPER, (lapack_int)n, a, (lapack_int)n));
}

void az_cholesky_solve(const double *l, size_t n, double *b)
{
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)n, l, (int)n, b, 1);
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, (int)n, l, (int)n, b, 1);
}

double az_cholesky_logdet(const double *l, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += log(l[i * n + i]);
    return 2 * sum;
}

int az_cholesky_inverse(double *l, size_t n)
{
    int r = code(LAPACKE_dpotri_work(LAPACK_COL_MAJOR, UPPER, (lapack_int)n, l, (lapack_int)n));
    for (size_t i = 0; r == 0 && i < n; i++) {
        for (size_t j = 0; j < i; j++)
            l[j * n + i] = l[i * n + j];
    }
    return r;
}

int az_matrix_eigen(double *a, size_t n, double *values)
{
    if (!finite_lower(a, n))
        return AZ_EINVAL;
    /* The columns of a column-major matrix are our rows. */
    return code(
        LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', UPPER, (lapack_int)n, a, (lapack_int)n, values));
}
