/* tests/stub/file.h: whole files, and JSONL row by row. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/json.h"

int file_read(const char *path, struct az_buf *ret, struct az_error *err);

/* Calls `each` with every row; its first failure ends it and is returned. The
 * row is gone after the call. */
typedef int file_row_fn(void *arg, az_jv row, struct az_error *err);
int file_each_json(const char *path, file_row_fn *each, void *arg, struct az_error *err);
