/* workers/config.h: a worker's configuration. Pure: its text and the environment
 * come in, and what may be wrong with it has file, line and hint. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/log.h"
#include "core/panel.h"
#include "core/settings.h"

struct az_worker_setup {
    struct az_arena *arena; /* of all texts, and of the backends */
    const char *name;
    const char *coordinator;     /* endpoint */
    const char *key;             /* file of its secret key; NULL = none */
    const char *coordinator_key; /* file of the coordinator's public key; NULL = none */
    enum az_trust trust;
    const char *cache; /* file of answers; NULL = none */
    int slots;         /* calls under way over all backends; 0 = the sum of theirs */
    size_t n_backends;
    struct az_backend *backends;
    enum az_log_level log;
    const struct az_yaml *list; /* of the backends, as written */
};

extern const struct az_key_row az_worker_keys[];

/* AZ_EINVAL: it is wrong. */
int az_worker_setup_read(const char *text, const struct az_settings_source *source,
                         struct az_worker_setup **ret, struct az_error *err);
void az_worker_setup_free(struct az_worker_setup *s);

/* Can a worker that runs as `was` says go on as `now` does? Then they differ in how
 * much is logged and in limits of backends that both state, at the most. */
bool az_worker_setup_goes_on(const struct az_worker_setup *was, const struct az_worker_setup *now);
AZ_FREEP(worker_setup)
