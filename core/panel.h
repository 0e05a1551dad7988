/* core/panel.h: a panel: question, judges, policy, aggregation, limits.
 *
 * Pure: YAML text in, structs out; files it names (extends, template_file) are
 * asked for through a callback. Everything lives in the panel's arena. */
#pragma once
#include "core/arena.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/model.h"

enum az_answer {
    AZ_ANSWER_JSON,
    AZ_ANSWER_LETTER,
    AZ_ANSWER_LOGPROBS,
    AZ_ANSWER_ARENA_HARD,
    AZ_ANSWER_MT_BENCH,
    AZ_ANSWER_REGEX
};
enum az_orders { AZ_ORDERS_DEFAULT, AZ_ORDERS_ONE, AZ_ORDERS_BOTH, AZ_ORDERS_NONE };

/* Prices in pico-dollars a token (1 USD per million tokens = 1,000,000). */
struct az_price {
    bool known;
    int64_t input, output, cached; /* cached: = input when not said */
};

enum { AZ_URLS_MAX = 256 };

/* A program that serves a backend's model, run by the worker. */
struct az_serve {
    size_t n_command;
    const char **command; /* its argv, ending in NULL */
    const char *ready;    /* a url that answers 200 once it serves */
    bool restart;         /* run again when it ends */
    int stop_s;           /* from SIGTERM to SIGKILL */
};

/* The kind of a backend that a panel names and only workers know. */
#define AZ_KIND_UNSAID ""

struct az_backend {
    const char *name;
    const char *kind; /* "openai", "anthropic", "lexical", "recorded", or unsaid */
    size_t n_urls;
    const char **urls;   /* host lists expanded; no trailing slash */
    const char *key;     /* "env:NAME", "file:PATH", "cred:NAME"; NULL = none */
    int slots;           /* calls under way at once over all urls; 0 = adaptive */
    double rpm, tpm;     /* a minute; 0 = not stated */
    const char *file;    /* recorded: ballots TSV or JSONL, as a path to open: joined to the
                            folder of the file that names it */
    int delay_ms;        /* recorded: answer after */
    const char *headers; /* extra headers, JSON object, or NULL */

    /* In a worker's configuration only (core/backends.h). */
    const char *limit_group; /* rpm and tpm are shared by workers that name it; NULL = none */
    size_t n_models;
    const char **models;          /* that it serves, for people; none = not said */
    const struct az_serve *serve; /* NULL = somebody else runs it */
};

/* An answer cut off for want of room is asked once more with so many times
 * max_tokens. */
enum { AZ_MORE_ROOM = 4 };

/* lexical, choice: the first bound that the value reaches gives the label. */
struct az_map_row {
    double at_least; /* -INFINITY = else */
    int label;
};

struct az_judge {
    const char *name;
    const char *backend; /* a name; resolved to `backend_at` */
    int backend_at;      /* index into panel->backends */
    const char *model;
    const char *family;   /* NULL = not said */
    const char *persona;  /* NULL = none */
    const char *template; /* its own, or NULL = the panel's */
    enum az_orders orders;
    int samples;
    enum az_answer answer;
    const char *regex; /* AZ_ANSWER_REGEX */
    int max_tokens;
    bool has_temperature; /* false: 0 is sent and may be dropped */
    double temperature;
    bool has_seed;
    int64_t seed;
    const char *extra; /* JSON object merged into the request, or NULL */
    struct az_price price;
    double weight; /* aggregate.weights; 1 */
    size_t n_map;
    struct az_map_row *map;
    struct az_hash identity; /* question, template, model, parameters: not backend, not price */
};

enum az_policy_kind { AZ_POLICY_VOTE, AZ_POLICY_DEBATE };
struct az_policy {
    enum az_policy_kind kind;
    int rounds; /* vote: 1 */
    bool early_stop;
    double audit; /* share of items asked in full under early_stop */
};

enum az_aggregate_kind {
    AZ_AGG_MAJORITY,
    AZ_AGG_PLURALITY,
    AZ_AGG_MEAN,
    AZ_AGG_MEDIAN,
    AZ_AGG_MIN,
    AZ_AGG_MAX,
    AZ_AGG_TRIMMED_MEAN,
    AZ_AGG_WEIGHTED,
    AZ_AGG_AUTO, /* from here on: learnt, by a calibration */
    AZ_AGG_LOGODDS,
    AZ_AGG_CONFUSION,
    AZ_AGG_SINGLE,
    AZ_AGG_HIERARCHICAL,
    AZ_AGG_STACK,
    AZ_AGG_INFERRED, /* of all items together: no panel names it */
};

struct az_inferred; /* policies/aggregate/inferred.h */

struct az_calibration; /* policies/calibration.h */

enum az_tie { AZ_TIE_DEFAULT, AZ_TIE_TIE, AZ_TIE_ABSTAIN, AZ_TIE_JUDGE };
struct az_aggregate {
    enum az_aggregate_kind kind;
    enum az_tie tie;
    int tie_judge;                     /* AZ_TIE_JUDGE: index */
    double trim;                       /* trimmed_mean: share cut at each end */
    const char *calibration;           /* JSON; NULL: none */
    struct az_calibration *calibrated; /* the same, read (az_policy_prepare()); owned */
    void (*calibrated_free)(struct az_calibration *);
    const struct az_inferred *inferred; /* AZ_AGG_INFERRED; borrowed */
    double abstain_below;               /* a probability; 0: never */
    double risk, delta;                 /* a guarantee that the calibration gives; risk 0: none */
    double conformal; /* label sets that miss the true one in this share; 0: none */
};

struct az_limits {
    bool has_usd;
    az_nusd usd;
    int attempts;                 /* calls a question, at the most */
    int timeout_s, item_s, job_s; /* job_s 0 = none */
    int quorum;                   /* seats that must vote; default 1 */
    int slots;                    /* calls under way, all backends; 0 = sum of theirs */
    bool hedge;                   /* ask a slow question once more, elsewhere */
};

struct az_clip {
    int64_t prompt, response, reference, context; /* characters; 0 = no clip */
};

/* `fields:` where a name that assize knows is found in the item's line. */
struct az_field_map {
    const char *name; /* "prompt", "responses" … */
    size_t n;
    const char **paths;   /* "meta.text"; several for responses */
    const char **systems; /* responses given as a map: their names; or NULL */
};

struct az_gold_map_row {
    const char *from, *to;
};

struct az_panel {
    struct az_arena *arena;
    const char *path; /* for messages */
    const char *name; /* default: the file's stem */
    struct az_question question;
    const char *template; /* NULL = the default of its kind */
    struct az_clip clip;
    size_t n_fields;
    struct az_field_map *fields;
    size_t n_gold_map;
    struct az_gold_map_row *gold_map;
    size_t n_backends;
    struct az_backend *backends;
    size_t n_judges;
    struct az_judge *judges;
    struct az_policy policy;
    struct az_aggregate aggregate;
    struct az_limits limits;
    struct az_hash identity; /* of question and template: what every judge shares */
};

/* Read a file that the panel names, relative to it. 0 and *ret (heap, the
 * caller frees), or an error that says why. */
typedef int az_panel_read_fn(void *arg, const char *path, char **ret, struct az_error *err);
/* An environment variable, or NULL. */
typedef const char *az_panel_env_fn(void *arg, const char *name);

struct az_panel_source {
    az_panel_read_fn *read; /* NULL: a panel that names files is refused */
    az_panel_env_fn *env;   /* NULL: nothing is set */
    void *arg;
    const char *backends_yaml; /* --backends FILE's text, a list or {backends: list}; or NULL */
    const char *backends_path; /* its name, for messages and for what it names; or NULL */
    size_t n_set;
    const char *const *set; /* --set KEY=VALUE: "limits.usd=3" */
    bool elsewhere;         /* to be asked by others' workers: a backend that nobody here
                               defines is theirs to know */
    bool submitted;         /* from elsewhere: urls, keys, files, commands are refused */
    bool portable;          /* what az_panel_print(…, true) wrote: backends are names and
                               kinds, and stay without url, key and file; one that is not
                               listed is a name (so too when submitted) */
};

/* Parse and check. `path` is for messages. Errors: "panel 'p.yaml': line 12:
 * unrecognized key 'agregate'" with the hint "Did you mean 'aggregate'?". */
int az_panel_parse(const char *yaml, const char *path, const struct az_panel_source *source,
                   struct az_panel **ret, struct az_error *err);
void az_panel_free(struct az_panel *p);
AZ_FREEP(panel)

/* Where the panel ends up: YAML with every default, template and extension
 * written out, that parses to the same identities. With `portable`, without
 * urls, keys and files of backends: what a worker is sent. */
void az_panel_print(struct az_buf *b, const struct az_panel *p, bool portable);

/* As a panel writes them. Static. */
const char *az_kind_name(enum az_kind kind);
const char *az_policy_name(enum az_policy_kind kind);
const char *az_aggregate_name(enum az_aggregate_kind kind);

int az_panel_judge_find(const struct az_panel *p, struct az_str name); /* -1 = none */

/* Which orders judge j is asked in for this question: fills orders[2]. */
int az_judge_orders(const struct az_panel *p, int judge, enum az_order orders[2]);
/* An embedded or recorded judge: no prompt, no cost, never cached. */
bool az_backend_is_local(const struct az_backend *b);
