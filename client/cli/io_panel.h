/* client/cli/io_panel.h: a panel from a file, with what it names: templates,
 * extended panels, the environment. Edge. */
#pragma once
#include "core/error.h"
#include "core/options.h"
#include "core/panel.h"

/* `backends_path`: --backends FILE, or NULL; `set` may be NULL. Also asks the
 * policy whether it can be run, and the judges whether they can answer: what
 * comes out needs no further check. Errors name the file and what to do; a file
 * that is not there is AZ_EINVAL. */
int az_panel_load(const char *path, const char *backends_path, const struct az_opt_list *set,
                  struct az_panel **ret, struct az_error *err);

/* The same for a panel that a service's workers will ask about: a backend may be
 * known to them alone, and its files are theirs. */
int az_panel_load_elsewhere(const char *path, const char *backends_path,
                            const struct az_opt_list *set, struct az_panel **ret,
                            struct az_error *err);

/* The panel that a job directory keeps, as it was when the job was last run.
 * Needs no file beside it and nothing of the environment; whether it can still
 * be run is not asked. */
int az_panel_load_kept(const char *dir, struct az_panel **ret, struct az_error *err);

/* NAME=VALUE lines into the environment; what is set already stays. */
int az_env_file_load(const char *path, struct az_error *err);

/* A path's last part without its last ending: "dir/p.yaml" gives "p". Into
 * `stem`, cut if need be. */
void az_path_stem(const char *path, char *stem, size_t size);
