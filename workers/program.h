/* workers/program.h: what assize-worker says of itself. Pure. */
#pragma once
#include "core/program.h"

extern const struct az_program az_worker_program;
