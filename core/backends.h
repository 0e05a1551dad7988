/* core/backends.h: a worker's own backends: what its configuration lists. Pure.
 *
 * They have the keys of a panel's backends, and keys that a panel may not have:
 * limit_group, models, serve. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"
#include "core/yaml.h"

/* From the list `list`, a node of a tree in `arena`, where the result lives too;
 * ${NAME} in it is replaced from `env`. Files are seen from the folder of `path`.
 * AZ_EINVAL with file, line and hint. */
int az_backends_read(struct az_arena *arena, struct az_yaml *list, const char *path,
                     az_panel_env_fn *env, void *env_arg, struct az_backend **ret, size_t *n,
                     struct az_error *err);
