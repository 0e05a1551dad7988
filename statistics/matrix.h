/* statistics/matrix.h: small dense matrices: Gram products and symmetric
 * systems. Pure; the only file that sees BLAS and LAPACK.
 *
 * Matrices are row-major; of symmetric ones the lower triangle is read and
 * written, unless a call says that it fills both. n is the order. */
#pragma once
#include "core/base.h"
#include "core/error.h"

/* h += rowsᵀ rows for `n` rows of `f` numbers; h is f × f. */
void az_matrix_gram(const double *rows, size_t n, size_t f, double *h);

/* The Cholesky factor L (A = L Lᵀ) in place of A. AZ_EINVAL: A is not positive
 * definite, or not finite; AZ_ENOMEM. `a` is then spoiled. */
int az_cholesky(double *a, size_t n);

/* With L from above: b becomes A⁻¹ b. */
void az_cholesky_solve(const double *l, size_t n, double *b);

/* log det A. */
double az_cholesky_logdet(const double *l, size_t n);

/* L becomes A⁻¹, both triangles. AZ_ENOMEM. */
int az_cholesky_inverse(double *l, size_t n);

/* Eigenvalues, ascending, into values[n]; row i of `a` becomes the eigenvector of
 * values[i]. AZ_EINVAL: not finite; AZ_ENOMEM. */
int az_matrix_eigen(double *a, size_t n, double *values);
