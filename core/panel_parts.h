/* core/panel_parts.h: what the panel_*.c files share, and nobody else reads:
 * the drafts that key tables fill, and the steps from drafts to a panel.
 *
 * Order: panel_source.c makes one tree (extends, --set) → the tables of
 * panel_keys.c fill the draft → question, backends, judges, rules, fields build
 * the panel from it → panel_check.c sees what must fit together →
 * panel_identity.c hashes. */
#pragma once
#include "core/keys.h"
#include "core/panel.h"
#include "core/yaml.h"

struct az_question_draft {
    enum az_kind kind;
    const char *ask;
    const struct az_yaml *labels, *scale, *levels, *pass;
    bool has_step, has_ties;
    double step;
    bool ties;
};

struct az_policy_draft {
    struct az_policy policy;
    bool has_rounds;
};

struct az_aggregate_draft {
    bool has_kind;
    enum az_aggregate_kind kind;
    const char *tie; /* NULL = default */
    const struct az_yaml *weights;
    bool has_trim;
    double trim;
    const char *calibration;
    bool has_abstain_below, has_risk, has_delta, has_conformal;
    double abstain_below, risk, delta, conformal;
};

struct az_panel_draft {
    struct az_panel *panel;
    const struct az_panel_source *source;
    const struct az_yaml *root;
    int version;
    const char *name, *extends, *template, *template_file;
    struct az_question_draft question;
    struct az_clip clip;
    const struct az_yaml *fields, *gold_map, *backends, *judges;
    struct az_policy_draft policy;
    struct az_aggregate_draft aggregate;
    struct az_limits limits;
    struct az_yaml *more_backends;      /* --backends, a list; or NULL */
    const struct az_yaml **judge_nodes; /* where each judge was written */
    bool worker;                        /* not a panel's backends, but a worker's */
};

enum az_backend_kind_id { AZ_KIND_OPENAI, AZ_KIND_ANTHROPIC, AZ_KIND_LEXICAL, AZ_KIND_RECORDED };

/* One backend as its keys give it. */
struct az_backend_draft {
    struct az_backend backend;
    enum az_backend_kind_id kind;
    const struct az_yaml *url, *headers, *models, *serve;
};

struct az_serve_draft {
    struct az_serve serve;
    const struct az_yaml *command;
};

struct az_usd_per_mtok {
    double input, output, cached;
    bool has_cached;
};

struct az_judge_draft {
    struct az_judge judge;
    bool has_answer, has_max_tokens;
    const char *template_file;
    const struct az_yaml *extra, *map, *usd;
};

/* panel_keys.c: the tables, also what the reference page and schema are of. */
extern const struct az_key_row az_panel_keys[];
extern const struct az_key_row az_question_keys[];
extern const struct az_key_row az_clip_keys[];
/* Those of a worker's backends; the first are a worker's alone. */
enum { AZ_WORKER_ROWS = 3 };
extern const struct az_key_row az_worker_backend_keys[];
extern const struct az_key_row az_serve_keys[];
#define az_backend_keys (az_worker_backend_keys + AZ_WORKER_ROWS)
extern const struct az_key_row az_judge_keys[];
extern const struct az_key_row az_price_keys[];
extern const struct az_key_row az_policy_keys[];
extern const struct az_key_row az_aggregate_keys[];
extern const struct az_key_row az_limits_keys[];

/* enum to word, in the enum's order; each ends in NULL. */
extern const char *const az_kind_words[];
extern const char *const az_answer_words[];
extern const char *const az_orders_words[];
extern const char *const az_policy_words[];
extern const char *const az_aggregate_words[];
extern const char *const az_backend_words[];
/* Names that `fields` maps. */
extern const char *const az_field_words[];

/* panel_source.c. One tree from the panel's text, what it extends and --set. */
int az_panel_tree(const char *yaml, struct az_panel_draft *d, struct az_yaml **ret,
                  struct az_error *err);
/* panel_set.c. One "limits.usd=3". */
int az_panel_set(struct az_panel_draft *d, struct az_yaml *root, const char *set,
                 struct az_error *err);
/* Is this a key whose lone word stands for {kind: word}? And make it so. */
bool az_panel_has_shorthand(struct az_str key);
int az_panel_word_to_map(struct az_arena *a, struct az_yaml *y, struct az_error *err);
/* "panel 'p.yaml'": what messages call a source. NULL: out of memory. */
const char *az_panel_origin(struct az_arena *a, const char *what, const char *path);
/* The text of a file that the panel names, in the panel's arena. */
int az_panel_file(struct az_panel_draft *d, const struct az_yaml *at, const char *path,
                  const char **ret, struct az_error *err);
/* panel_env.c. "${NAME}" and "${NAME:-x}" in every scalar below `y`. */
int az_panel_expand(struct az_panel_draft *d, struct az_yaml *y, struct az_error *err);
/* `path` as seen from the folder of the file `from`. NULL: out of memory. */
const char *az_path_beside(struct az_arena *a, const char *from, const char *path);
/* The other way; `path` itself when it is not below that folder. */
const char *az_path_within(const char *from, const char *path);

/* Each fills its part of d->panel. */
int az_panel_question(struct az_panel_draft *d, struct az_error *err);
int az_panel_backends(struct az_panel_draft *d, struct az_error *err);
int az_panel_judges(struct az_panel_draft *d, struct az_error *err);
int az_panel_rules(struct az_panel_draft *d, struct az_error *err);
int az_panel_fields(struct az_panel_draft *d, struct az_error *err);
int az_panel_check(struct az_panel_draft *d, struct az_error *err);
void az_panel_identify(struct az_panel *p);

/* panel_backend.c. One backend; `from` is the path of the file it stands in. */
int az_panel_backend(struct az_panel_draft *d, const struct az_yaml *map, const char *from,
                     struct az_backend *ret, struct az_error *err);
bool az_kind_is_remote(enum az_backend_kind_id kind);
/* backends.c. What only a worker's backend has. */
int az_panel_worker_backend(struct az_panel_draft *d, struct az_backend_draft *draft,
                            const struct az_yaml *map, struct az_error *err);
/* panel_backends.c. No two of one name. */
int az_panel_backend_twins(const struct az_yaml *list, struct az_error *err);
/* panel_urls.c. From draft->url, or where the kind's provider is. */
int az_panel_urls(struct az_panel_draft *d, struct az_backend_draft *draft, struct az_error *err);
int az_panel_provider(struct az_panel_draft *d, struct az_backend *b, enum az_backend_kind_id kind,
                      const struct az_yaml *at, struct az_error *err);

/* Index of a backend that a judge names, those of --backends and built-in ones
 * added to the panel on first use; *ret -1 = not known. */
int az_panel_backend_use(struct az_panel_draft *d, struct az_str name, int *ret,
                         struct az_error *err);
/* Names a judge may use, for a hint; ends in NULL. */
enum { AZ_BACKEND_NAMES_MAX = 64 };
void az_panel_backend_names(const struct az_panel_draft *d,
                            const char *names[AZ_BACKEND_NAMES_MAX + 1]);

/* Built-in backends, by the name that a judge uses; ends in no name. */
struct az_builtin {
    const char *name;
    enum az_backend_kind_id kind;
    const char *url, *key; /* NULL: where the kind's provider is */
    const char *url_doc, *key_doc;
};
extern const struct az_builtin az_builtins[];

/* May backends lack what reaches them (portable, submitted)? */
bool az_panel_by_name(const struct az_panel_draft *d);

/* A name in files and tables: AZ_EINVAL when empty, long, or with control
 * characters or white space at its ends. `what`: "a label", "a judge's name". */
enum { AZ_NAME_BYTES = 128 };
int az_panel_name(const struct az_yaml *at, struct az_str name, const char *what,
                  struct az_error *err);
