/* core/settings.h: what the configuration files of the coordinator and the worker
 * have in common. Pure: the text, its path and the environment come in.
 *
 * YAML as a panel's; ${NAME} and ${NAME:-x} in any value are replaced from the
 * environment, so that what systemd or a batch system says (STATE_DIRECTORY,
 * CREDENTIALS_DIRECTORY …) can be named. Errors have file, line and hint. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/error.h"
#include "core/keys.h"
#include "core/panel.h"
#include "core/yaml.h"

struct az_settings_source {
    const char *path; /* for messages, and for the files it names */
    az_panel_env_fn *env;
    void *env_arg;
};

/* A map by `rows`, into `into`. `what`: "coordinator", "worker". Texts live in
 * `arena`, and so does what *root, if given, is of. */
int az_settings_read(struct az_arena *arena, const char *text, const char *what,
                     const struct az_settings_source *source, const struct az_key_row *rows,
                     void *into, struct az_yaml **root, struct az_error *err);

/* *path as seen from the folder of the configuration; NULL stays. */
int az_settings_file(struct az_arena *arena, const struct az_settings_source *source,
                     const char **path, struct az_error *err);

/* Who is believed to be who. */
enum az_trust {
    AZ_TRUST_KEYS,  /* CURVE over tcp, the peer's uid over ipc */
    AZ_TRUST_NAMES, /* `insecure: names`: all may come, and are called what they say */
};
extern const char *const az_trust_words[];

/* "tcp://HOST:PORT" or "ipc:///PATH"? `key` names the key of `root` that says it. */
int az_settings_endpoint(const struct az_yaml *root, const char *key, const char *endpoint,
                         struct az_error *err);
bool az_endpoint_is_remote(const char *endpoint);

/* A name that a program gives itself or a job: AZ_EINVAL when it is empty, long,
 * or has control characters. */
int az_settings_name(const struct az_yaml *root, const char *key, const char *name,
                     struct az_error *err);
