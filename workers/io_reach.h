/* workers/io_reach.h: how the backends of a worker are reached: urls with the
 * kind's path, keys, recorded ballots. Edge; read once, then never changed. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "workers/backend.h"
#include "workers/io_http.h"
#include "workers/work.h"

struct az_reach;

/* `backends` is borrowed. An error says which backend has no key, file or kind. */
int az_reach_new(const struct az_backend *backends, size_t n, struct az_reach **ret,
                 struct az_error *err);
void az_reach_free(struct az_reach *r);
AZ_FREEP(reach)

/* Of the same backends: what was read says the same. Files of ballots are not compared:
 * with one, no. */
bool az_reach_same(const struct az_reach *a, const struct az_reach *b);

const struct az_recorded *az_reach_recorded(const struct az_reach *r, size_t backend);

/* The call that `x` (AZ_WFX_CALL) asks for; borrowed from both. */
struct az_http_call az_reach_call(const struct az_reach *r, const struct az_wfx *x);
