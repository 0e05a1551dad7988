/* coordinator/job.h: what a job of the service may do and when: its states, the
 * moves between them, what may be changed while it runs, and who may see it.
 *
 * Pure. Times are Unix seconds. A job's record is what the catalog keeps. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"

enum {
    AZ_JOB_PRIORITY_MIN = 1,
    AZ_JOB_PRIORITY = 100, /* unless said */
    AZ_JOB_PRIORITY_MAX = 1000,
    AZ_JOB_NAME_MAX = 200, /* bytes */
    AZ_JOB_KEY_MAX = 64,
};

/* Numbered as in protos/job.proto and in the catalog. */
enum az_job_state {
    AZ_IS_RECEIVING, /* its items are not all there */
    AZ_IS_WAITING,   /* for its turn */
    AZ_IS_RUNNING,
    AZ_IS_PAUSED,
    AZ_IS_STOPPED, /* `cause` and `why` say it */
    AZ_IS_DONE,
    AZ_IS_CANCELLED,
    AZ_JOB_STATES
};
const char *az_job_state_name(enum az_job_state state);

/* Why a job stands in AZ_IS_STOPPED; kept in the catalog by number. */
enum az_job_cause {
    AZ_CAUSE_NONE,
    AZ_CAUSE_BACKEND, /* it refuses for good */
    AZ_CAUSE_BUDGET,  /* limits.usd is spent */
    AZ_CAUSE_TIME,    /* its deadline has passed */
    AZ_CAUSE_FAILED,  /* its store cannot be read or written */
    AZ_JOB_CAUSES
};

enum az_job_event {
    /* verbs */
    AZ_ON_CANCEL,
    AZ_ON_PAUSE,
    AZ_ON_RESUME,
    AZ_ON_SET,    /* settings that ended no stop */
    AZ_ON_RAISED, /* the limit that stopped it was raised */
    AZ_ON_RETRY,  /* resume, and items that failed or abstained are open again */
    /* of the service itself */
    AZ_ON_SEALED,
    AZ_ON_OPENED,
    AZ_ON_RESTART, /* the service begins again */
    /* how a run of it ended */
    AZ_ON_DONE,
    AZ_ON_LEFT, /* it was told to stop, and did */
    AZ_ON_BACKEND,
    AZ_ON_BUDGET,
    AZ_ON_TIME,
    AZ_ON_FAILED,
    AZ_JOB_EVENTS
};

/* What a job had come to when its record was last written: while it runs, its
 * store and the loop know better. */
struct az_job_figures {
    int64_t items, bad_lines, decided, abstained, failed, ballots, ballot_errors;
    az_nusd spent, limit; /* limit -1: none */
};

struct az_job_record {
    int64_t id;                     /* from 1; never used again */
    char *owner, *key, *name, *why; /* key: as hex */
    char *sets;                     /* settings changed since, "limits.usd=30\n…" */
    enum az_job_state state;
    enum az_job_cause cause;
    int priority;
    int64_t created_s, ended_s, deadline_s; /* 0: not yet; none */
    bool sealed;
    bool retry; /* items that failed or abstained are opened again with the next run */
    struct az_job_figures figures;
};

/* What the state would become. AZ_EINVAL: it may not; *err says so in words
 * for the asker, with what to do. Nothing is changed. */
int az_job_move(const struct az_job_record *job, enum az_job_event event, enum az_job_state *ret,
                struct az_error *err);

/* The same, and done: the state, and with it what must hold of the others. `why`
 * is copied where the job stops, else NULL. AZ_ENOMEM: nothing has changed. */
int az_job_on(struct az_job_record *job, enum az_job_event event, const char *why, int64_t now_s,
              struct az_error *err);

/* What holds of every record; NULL, or what does not. Also for what was read. */
const char *az_job_broken(const struct az_job_record *job);

bool az_job_has_ended(const struct az_job_record *job); /* done or cancelled: prune takes it */
/* Nothing more will come of it unless somebody acts. */
bool az_job_rests(const struct az_job_record *job);

/* Of two jobs that wait: which is opened first? As qsort compares. */
int az_job_order(const struct az_job_record *a, const struct az_job_record *b);

void az_job_record_release(struct az_job_record *job);
int az_job_record_copy(const struct az_job_record *from, struct az_job_record *to,
                       struct az_error *err);

/* ---- settings: KEY=VALUE ---- */

/* One setting, read. */
struct az_job_set {
    enum az_job_set_kind {
        AZ_SET_PRIORITY,
        AZ_SET_NAME,
        AZ_SET_DEADLINE, /* seconds from now; 0 = none */
        AZ_SET_USD,      /* the panel's limits: */
        AZ_SET_LIMIT,
    } kind;
    struct az_str key, value;
    int64_t number; /* priority, deadline */
    az_nusd usd;
};

/* Read one setting of a job in this state. AZ_EINVAL: not KEY=VALUE, a value out
 * of range, or a key that may not change (now): `err` says which may. */
int az_job_set_read(const char *text, enum az_job_state state, struct az_job_set *ret,
                    struct az_error *err);
/* A panel's own settings of a job's `sets`, for az_panel_source.set: lines cut
 * off in place at `sets`. Returns how many; at most `max`. */
size_t az_job_sets_split(char *sets, const char **v, size_t max);
/* `sets` with one more, in place of an earlier one of that key. NULL: no memory;
 * the caller frees. */
char *az_job_sets_with(const char *sets, const struct az_job_set *set);
/* Does this setting end what stopped the job? */
bool az_job_set_raises(enum az_job_cause cause, const struct az_job_set *set);

/* ---- who ---- */

struct az_asker {
    const char *principal;
    bool submits; /* may have jobs of its own */
    bool reads;   /* may look at those of others */
    bool admin;   /* may do everything */
};

/* AZ_ENOENT: there is no such job, or none for this asker, who is told the same.
 * AZ_EINVAL: the asker may look at it (`change` was asked) and no more. `job` may
 * be NULL. */
int az_job_access(const struct az_job_record *job, int64_t id, const struct az_asker *asker,
                  bool change, struct az_error *err);
/* May the asker see it, in a list? */
bool az_job_is_seen(const struct az_job_record *job, const struct az_asker *asker);
