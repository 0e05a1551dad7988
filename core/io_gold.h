/* core/io_gold.h: read a --gold file, plain or compressed. */
#pragma once
#include "core/golds.h"

enum { AZ_GOLD_FILE_MAX = 1 << 30 };

/* As az_golds_parse(), and the errors of az_file_read(); the path is in front. */
int az_golds_read(const char *path, struct az_golds **ret, struct az_error *err);
