/* workers/backends/backends.h: the rows of the table in workers/backend.c. */
#pragma once
#include "workers/backend.h"

extern const struct az_backend_kind az_backend_openai, az_backend_anthropic;
