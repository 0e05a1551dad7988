/* core/wire_values.h: what holds for the values of any message, read off its
 * descriptor: protobuf-c looks at none of it. Pure. What another version knows
 * and this one does not is dropped. */
#pragma once
#include <protobuf-c/protobuf-c.h>

#include "core/error.h"

/* AZ_EPROTO: a text that is no UTF-8, a number that is not finite or an enum
 * without a name, in the message or inside it. */
int az_wire_values_check(ProtobufCMessage *m, struct az_error *err);

/* Before it is packed: a byte of a text that is no UTF-8 becomes '?', in place.
 * AZ_EINVAL: one of the others. */
int az_wire_values_mend(ProtobufCMessage *m, struct az_error *err);

/* Limits of a provider; else `code`. */
int az_wire_rates_check(double rpm, double tpm, int code, struct az_error *err);

/* What a worker says of a backend; else `code`. */
int az_wire_backend_check(size_t name_bytes, size_t n_models, double rpm, double tpm, int code,
                          struct az_error *err);
