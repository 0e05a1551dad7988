/* workers/io_serve.h: the model servers of a worker (serve.h), on a thread of
 * their own, so that none waits for calls and no call for them. Edge. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"
#include "workers/serve.h"

struct az_serves;

/* Start those that `backends` (borrowed) have; NULL where there is none. */
int az_serves_start(const struct az_backend *backends, size_t n, uint64_t seed,
                    struct az_serves **ret, struct az_error *err);
/* End them: what does not end in its time is killed. That may take minutes: `beat`
 * is called meanwhile, every `beat_ms`; 0 = never. NULL is fine. */
void az_serves_stop(struct az_serves *s, az_ms beat_ms, void (*beat)(void));

int az_serves_fd(const struct az_serves *s); /* readable: a state has changed */
/* A change that was not told yet; false: none. */
bool az_serves_next(struct az_serves *s, size_t *backend, char state[AZ_SERVER_STATE_MAX]);
