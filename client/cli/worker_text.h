/* client/cli/worker_text.h: what a coordinator says of its workers, for people and
 * for programs. Pure: the time is an argument (Unix seconds). */
#pragma once
#include "core/buf.h"
#include "protos/job.pb-c.h"

/* A row a backend. */
void az_workers_text(struct az_buf *b, Assize__WorkerInfo *const *workers, size_t n, int64_t now_s,
                     size_t width);
/* One object, no newline. */
void az_worker_json(struct az_buf *b, const Assize__WorkerInfo *worker);
