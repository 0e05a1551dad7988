/* coordinator/program.h: what assize-coordinator says of itself. Pure. */
#pragma once
#include "core/program.h"

extern const struct az_program az_coordinator_program;
