/* workers/date.h: dates and durations as HTTP headers write them. Pure. */
#pragma once
#include "core/base.h"
#include "core/str.h"

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, the one form that is still sent)
 * to Unix milliseconds. False: it is something else. */
bool az_date_http(struct az_str s, int64_t *ret_ms);

/* "2026-01-27T12:34:56Z", "…56.789+02:00" (RFC 3339) to Unix milliseconds. */
bool az_date_rfc3339(struct az_str s, int64_t *ret_ms);

/* "1s", "6m0s", "120ms", "1h2m3.5s" to milliseconds. */
bool az_duration(struct az_str s, int64_t *ret_ms);
