/* statistics/fitted_json.h: numbers that a fit made, as JSON and back. Pure.
 *
 * What is written reads back to the same bits. A number of more than 1e9 is none that
 * a fit makes: it is an error, and products of those that are let in stay finite. */
#pragma once
#include "core/json.h"

bool az_fitted_fits(double v);

/* "key": [v[0], …, v[n - 1]] of the object that is open. */
void az_fitted_put(struct az_jw *w, const char *key, const double *v, size_t n);

/* A number of the object. AZ_EINVAL. */
int az_fitted_number(az_jv object, const char *key, double *ret, struct az_error *err);
/* `n` numbers of the object. AZ_EINVAL: another length, too. */
int az_fitted_list(az_jv object, const char *key, size_t n, double *ret, struct az_error *err);

/* "'key' is missing, or nothing that a fit makes": AZ_EINVAL. */
int az_fitted_bad(struct az_error *err, const char *key);
