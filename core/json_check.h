/* core/json_check.h: is this text one JSON value (RFC 8259)? Where is it not?
 * Pure. For core/json.c: the library behind it tells neither exactly.
 *
 * One thing more is allowed, for models write it: a line break or another
 * control character as itself inside a string. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"

/* AZ_EINVAL: "not JSON at byte 17" (with a hint when the text ends there),
 * "text after the JSON at byte 3", "a NUL character at byte 9" (also written
 * \u0000), "half a character (\ud83d) at byte 4"; AZ_ELIMIT: too deep. */
int az_json_check(struct az_str text, struct az_error *err);
