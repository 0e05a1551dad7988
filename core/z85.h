/* core/z85.h: keys of CURVE as text: 32 bytes in 40 characters of Z85. Pure. */
#pragma once
#include "core/base.h"
#include "core/str.h"

enum { AZ_Z85_KEY = 40 };

/* One text a key: what would be another text when it is written is none. */
bool az_z85_is_key(struct az_str s);
