/* workers/status.h: what an error means: HTTP status, headers and the
 * provider's error object to a trouble. For the files in workers/backends/.
 * Pure. */
#pragma once
#include "core/base.h"
#include "workers/backend.h"

/* The provider's error object, whatever its shape; absent parts are empty. */
struct az_fault {
    struct az_str message, type, code, param;
    int64_t number; /* a numeric code; 0 = none */
};

/* False: the body holds no error object. */
bool az_fault_find(az_jv body, struct az_fault *ret);

/* Fill the reply's trouble and error from a status that is none of 2xx.
 * `r` has been begun (its doc may be NULL: gateways answer in HTML). */
void az_status_read(struct az_reply *r, const struct az_ask *ask,
                    const struct az_response *response, int64_t now_wall_ms);

/* The same for an error inside a 200: SERVER, RETRY when its code is transient. */
void az_status_inside(struct az_reply *r, const struct az_ask *ask, const struct az_fault *fault);
