/* core/number.h: numbers as text, without a locale. Pure. */
#pragma once
#include "core/base.h"

enum { AZ_NUMBER_MAX = 40 };

/* The shortest decimal that reads back to the same bits; `v` is finite.
 * Returns `text`. */
const char *az_number_print(double v, char text[AZ_NUMBER_MAX]);

/* Nano-dollars as dollars, exact, without trailing zeros: "0.0015", "0". */
const char *az_number_usd(az_nusd v, char text[AZ_NUMBER_MAX]);

/* Dollars to nano-dollars, rounded up. False: negative, or past 9e9 dollars. */
bool az_number_nusd(double usd, az_nusd *ret);

/* The same from text, exactly ("20", "0.0015", "1e-3"); what is below a
 * nano-dollar is rounded up. */
bool az_number_usd_read(const char *text, az_nusd *ret);
