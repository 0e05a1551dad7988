/* core/backends.h: a worker's own backends: what its configuration lists. Pure.
 *
 * They have the keys of a panel's backends, and keys that a panel may not have:
 * limit_group, models, serve. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"
#include "core/settings.h"
#include "core/yaml.h"

/* From the list `list`, a node of a tree in `arena`, where the result lives too.
 * Files are seen from the folder of the configuration; a provider's url may come
 * from the environment, as in a panel. AZ_EINVAL with file, line and hint. */
int az_backends_read(struct az_arena *arena, const struct az_yaml *list,
                     const struct az_settings_source *source, struct az_backend **ret, size_t *n,
                     struct az_error *err);
