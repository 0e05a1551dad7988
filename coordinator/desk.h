/* coordinator/desk.h: what clients ask of jobs, and when they may be told: which key
 * is which job, which chunk is taken, when a job may run, what a setting changes, and
 * which answer waits for which write. Events in, effects out.
 *
 * Pure: times are Unix seconds and arguments; nothing here reads a clock, socket or
 * disk. One thread owns it. After each event the caller takes the effects, in order,
 * with az_desk_next() until there is none, and does each: those that wait for a write
 * come once the catalog has committed it. Calls that can fail return 0 or a negative
 * AZ_E* and fill *err; AZ_ENOMEM: all must stop. Requests that are refused are
 * effects, not failures.
 *
 * A job's directory is made before its record and removed after it; its number is
 * told once its record is durable; a chunk once its job's store has it (reception.h);
 * a setting, or a verb, once the record that has it is. A limit that was set holds
 * from then on, and none before: after a crash no more would be spent than is
 * allowed. */
#pragma once
#include "coordinator/job.h"
#include "coordinator/store.h"
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"

struct az_bad_lines; /* coordinator/reception.h */

/* A request of one session; a later one of the same peer is another. */
struct az_asked {
    int peer;
    uint64_t session;
    uint64_t request;
};

/* Of what a job holds while it runs: its store and its place in the loop. */
enum az_phase { AZ_PHASE_CLOSED, AZ_PHASE_OPENING, AZ_PHASE_OPEN, AZ_PHASE_CLOSING };

/* A job, as far as it is decided here. Zeroed by its owner, who sets `rec`. */
struct az_desk_job {
    struct az_desk_job *next;  /* of the desk's jobs, by number */
    struct az_job_record *rec; /* borrowed from the owner, for as long as the job is there */
    uint64_t born, ticket;     /* of its first record since the start, and of its newest */
    bool made;                 /* its directory and record are there or on their way to the disk */
    bool gone;                 /* pruned, or never made: nobody finds it any more */
    bool writing;              /* the owner's: its result files are being written */
    int chores;                /* effects and the owner's work about it that are not settled */

    /* receiving */
    int64_t chunks, last_line; /* durable; the line is the last in them */
    int64_t repeated_lines;    /* in them */
    int chunks_under_way;

    /* running */
    enum az_phase phase;
    bool time_up;          /* stopped for that */
    bool limit_set;        /* since it was opened */
    bool has_late;         /* one became durable while it was being opened: */
    az_nusd late;          /* … this one */
    int setting;           /* that are not durable */
    bool retrying;         /* its items that failed were opened again, too */
    enum az_job_event end; /* how its run ended, set by the owner … */
    char why[256];         /* … and why, if it stops for that */
};

struct az_desk_effect {
    enum az_desk_kind {
        /* To the catalog; the ticket that it gives goes to az_desk_put(). */
        AZ_DESK_PUT,  /* the record as it is; `changed`: its state has changed */
        AZ_DESK_DROP, /* the record goes */
        /* Answers, to `asked`. */
        AZ_DESK_SUBMITTED, /* `existed` */
        AZ_DESK_CHUNKED,   /* `bad`, or NULL */
        AZ_DESK_DONE,      /* `n` */
        AZ_DESK_FAILED,    /* `err`, about the job `n` (0: none) */
        /* To the job. */
        AZ_DESK_OPEN,   /* open what it has on its disk; az_desk_opened() */
        AZ_DESK_CLOSE,  /* close that; az_desk_closed() */
        AZ_DESK_HALT,   /* its run, if it has one; `at_once`: calls are not waited for */
        AZ_DESK_WEIGHT, /* of its run: the record's priority */
        AZ_DESK_LIMIT,  /* of its run: `usd` */
        AZ_DESK_LEAVE,  /* nothing comes in any more */
        AZ_DESK_GONE,   /* it never was, and is forgotten */
        AZ_DESK_REMOVE, /* its directory */
        AZ_DESK_NOTHING,
    } kind;
    struct az_desk_job *job; /* whose, or NULL; its `chores` counts this effect */
    struct az_asked asked;
    bool durable; /* not before the job's newest record is */
    bool changed, existed, at_once;
    int64_t n;
    az_nusd usd;
    const struct az_bad_lines *bad; /* borrowed from the event, whose effects are taken at once */
    struct az_error err;
};

struct az_desk {
    struct az_desk_job *jobs, **jobs_end;
    bool stopping; /* nothing is begun any more */
    int jobs_open; /* that may run at once, at least 1 */
    bool look;     /* another job may have its turn now */
    struct az_desk_queue {
        struct az_desk_node *head, **end;
    } now, waiting;
};

void az_desk_init(struct az_desk *d, int jobs_open);

/* ---- effects ---- */

/* 1: the next that is due, with `committed` the catalog's highest durable ticket. Once
 * it is done, its taker counts its job's `chores` down. 0: none is due. Jobs whose turn
 * it is are among them: those that wait, by priority and number, as many as may run,
 * once what was set of them is durable. */
int az_desk_next(struct az_desk *d, uint64_t committed, struct az_desk_effect *ret,
                 struct az_error *err);
/* Any, due or not: for the end. False: there is none. */
bool az_desk_drop(struct az_desk *d, struct az_desk_effect *ret);
bool az_desk_waits(const struct az_desk *d); /* does any wait for a write? */
/* The catalog gave this ticket to the record that was put, or goes. */
void az_desk_put(struct az_desk_job *job, uint64_t ticket);

/* ---- which jobs there are ---- */

/* At the end of the list; numbers grow. */
void az_desk_add(struct az_desk *d, struct az_desk_job *job);
struct az_desk_job *az_desk_by_key(const struct az_desk *d, const char *owner, const char *key);
/* Is its number durable, so that it may be told? */
bool az_desk_told(const struct az_desk_job *job, uint64_t committed);
/* From the catalog, at the start. True: it was being received, and its store may have
 * its last chunk (az_desk_looked()). */
int az_desk_load(struct az_desk *d, struct az_desk_job *job, int64_t now_s, bool *look,
                 struct az_error *err);
int az_desk_looked(struct az_desk *d, struct az_desk_job *job, const struct az_store_totals *totals,
                   int64_t now_s, struct az_error *err);

/* ---- Submit, Chunk: desk_submit.c ---- */

/* May the asker submit anything now? AZ_EBUSY, AZ_EINVAL, or `failing`: what the
 * catalog says of itself. */
int az_desk_admit(const struct az_desk *d, const struct az_asker *who,
                  const struct az_error *failing, struct az_error *err);
/* The record of a job that is new, but for its texts. */
void az_desk_begin(struct az_job_record *rec, int64_t id, uint32_t priority, int64_t deadline_s,
                   int64_t now_s);

/* A new job's directory was made, or (code < 0) was not, and there is none. */
struct az_desk_made {
    int code;
    int64_t job_s; /* the panel's; 0 = none */
    az_nusd limit; /* the panel's; -1 = none */
};
int az_desk_made(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                 const struct az_desk_made *made, int64_t now_s, struct az_error *err);
/* A job that was there was compared with what is submitted: it is the same, and this
 * much of it is durable; or (code < 0) it is not, and `err` says why. */
int az_desk_found(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                  int code, const struct az_store_progress *progress, struct az_error *err);

/* True: it is to be taken, and az_desk_taken() says what came of it. Otherwise it is
 * answered already. */
int az_desk_chunk(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                  uint64_t index, bool *take, struct az_error *err);
/* `err`, too, where code < 0. */
struct az_desk_taken {
    int code;
    struct az_store_progress progress;
    int64_t items;
    const struct az_bad_lines *bad;
};
int az_desk_taken(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                  const struct az_desk_taken *taken, int64_t now_s, struct az_error *err);

/* ---- Control, Prune: desk_control.c. Refused: negative, and `err` says why ---- */

enum az_desk_verb { AZ_DESK_CANCEL, AZ_DESK_PAUSE, AZ_DESK_RESUME, AZ_DESK_VERBS };
int az_desk_control(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                    enum az_desk_verb verb, int64_t now_s, struct az_error *err);
/* Resume, and what failed or abstained is open again. `now`: the figures of its run, or
 * its record's. */
int az_desk_retry(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                  const struct az_job_figures *now, int64_t now_s, struct az_error *err);
/* KEY=VALUE each, at most AZ_WIRE_SET_MAX, into *ret; `panel` is that of a job that is
 * open, or NULL. */
int az_desk_read_sets(const struct az_desk_job *job, char *const *set, size_t n,
                      const struct az_panel *panel, struct az_job_set *ret, struct az_error *err);
/* The same, and done. Nothing is set of a request
 * that cannot be read as a whole. */
int az_desk_set(struct az_desk *d, struct az_desk_job *job, const struct az_asked *asked,
                char *const *set, size_t n, const struct az_panel *panel, int64_t now_s,
                struct az_error *err);
int az_desk_prune(struct az_desk *d, const struct az_asked *asked, const struct az_asker *who,
                  bool all_owners, int64_t older_than_s, int64_t now_s, struct az_error *err);

/* ---- running: desk_run.c ---- */

/* What was opened may still be wanted: then the caller starts its run. Not if its deadline
 * has passed meanwhile, or while nobody was there to see it. */
bool az_desk_wanted(const struct az_desk *d, const struct az_desk_job *job, int64_t now_s);
/* It runs (`wanted` and code 0), or all that was opened is to be closed; `why` where
 * code < 0. */
int az_desk_opened(struct az_desk *d, struct az_desk_job *job, bool wanted, int code,
                   const char *why, int64_t now_s, struct az_error *err);
/* Its run has ended so, and nobody has closed it: close it. */
int az_desk_ended(struct az_desk *d, struct az_desk_job *job, struct az_error *err);
/* All is closed; code < 0 and `why`: that went wrong. */
int az_desk_closed(struct az_desk *d, struct az_desk_job *job, int code, const char *why,
                   int64_t now_s, struct az_error *err);
int az_desk_deadlines(struct az_desk *d, int64_t now_s, struct az_error *err);
/* Nobody new is asked; what runs ends. */
int az_desk_stop(struct az_desk *d, bool at_once, struct az_error *err);

/* ---- shared by desk*.c ---- */

/* Out of the list; `gone`. */
void desk_forget(struct az_desk *d, struct az_desk_job *job);
/* Open those whose turn it is. */
int desk_open_more(struct az_desk *d, struct az_error *err);
int desk_push(struct az_desk *d, const struct az_desk_effect *e, struct az_error *err);
int desk_refuse(struct az_desk *d, const struct az_asked *asked, int64_t job,
                const struct az_error *why, struct az_error *err);
/* An event of its life; the record is put where its state changes. */
int desk_change(struct az_desk *d, struct az_desk_job *job, enum az_job_event event,
                const char *why, int64_t now_s, struct az_error *err);
