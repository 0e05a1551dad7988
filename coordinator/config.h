/* coordinator/config.h: the coordinator's configuration. Pure: its text and the
 * environment come in, and what may be wrong with it has file, line and hint. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/log.h"
#include "core/settings.h"

struct az_coordinator_setup {
    struct az_arena *arena;        /* of all texts */
    const char *state;             /* directory of jobs and catalog */
    const char *clients, *workers; /* endpoints */
    const char *key;               /* file of its secret key; NULL = none */
    const char *principals;        /* file of who may come; NULL = none */
    enum az_trust trust;
    const char *http; /* as written; NULL = no metrics */
    char http_host[64];
    int http_port;
    int silence_ms; /* a worker not heard for so long is lost */
    int jobs_open;  /* at once; the others wait */
    int64_t window_items;
    enum az_log_level log;
};

extern const struct az_key_row az_coordinator_keys[];

/* AZ_EINVAL: it is wrong. */
int az_coordinator_setup_read(const char *text, const struct az_settings_source *source,
                              struct az_coordinator_setup **ret, struct az_error *err);
void az_coordinator_setup_free(struct az_coordinator_setup *s);
AZ_FREEP(coordinator_setup)

/* What differs that a running coordinator can't take up, as the name of a key;
 * NULL: it can take up all. */
const char *az_coordinator_setup_fixed(const struct az_coordinator_setup *a,
                                       const struct az_coordinator_setup *b);
