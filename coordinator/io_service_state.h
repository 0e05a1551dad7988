/* coordinator/io_service_state.h: what the service's files share, and nobody else.
 *
 * io_service.c         setting up, the loop's hook, time, stopping
 * io_service_jobs.c    records: found, changed, kept; which job runs next
 * io_service_open.c    a job is opened, runs and ends
 * io_service_disk.c    directories of jobs: made, read, written, removed
 * io_front.c           clients: sessions, requests, answers that wait for the disk
 * io_front_submit.c    Submit, Chunk
 * io_front_status.c    List, Status, Workers
 * io_front_results.c   Results, More
 * io_front_control.c   Control, SetBackend, Prune
 * io_front_check.c     settings of a job that is not open */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "coordinator/io_catalog.h"
#include "coordinator/io_chores.h"
#include "coordinator/io_coordinator.h"
#include "coordinator/io_feeder.h"
#include "coordinator/io_intake.h"
#include "coordinator/io_service.h"
#include "coordinator/job.h"
#include "coordinator/metrics.h"
#include "core/map.h"
#include "protos/job.pb-c.h"

enum {
    AZ_RATE_SAMPLES = 13, /* of decided items, five seconds apart: the last minute */
    AZ_RATE_MS = 5000,
};

/* A request of one session; a later one of the same peer is another. */
struct asker {
    int peer;
    uint64_t session;
    uint64_t request;
};

enum job_phase { JOB_CLOSED, JOB_OPENING, JOB_OPEN, JOB_CLOSING };

/* What a judge came to in the job's runs that have ended, since this process began. */
struct judge_past {
    char *name, *backend;
    int64_t asked, ballots, errors;
    char last_text[256];
};

struct job {
    struct az_service *s;
    struct az_job_record rec;
    struct job *next;      /* by number */
    uint64_t born, ticket; /* of its first record since the start, and of its newest */
    int chores;            /* about it, not settled */
    bool made;             /* its directory and record are there or on their way to the disk */
    bool gone;             /* pruned: nobody finds it any more */
    bool writing;          /* its result files */

    /* receiving */
    int64_t chunks, last_line; /* durable; the line is the last in them */
    int64_t repeated_lines;    /* in them */
    int chunks_under_way;
    struct az_intake *intake; /* of the thread `disk` alone */

    /* running */
    enum job_phase phase;
    struct az_panel *panel;
    struct az_store *store;
    struct az_queue *in;
    struct az_feeder *feeder;
    struct az_open_job *open;
    struct az_store_totals before; /* when it was opened */
    bool ended;                    /* and is to be closed */
    bool time_up, raised;          /* stopped for that; its limit grew while it ran */
    az_nusd limit;                 /* that was set last */
    enum az_job_event end;
    char why[256];
    int64_t made_calls, cached, retried; /* of its last run */
    size_t n_past;
    struct judge_past *past; /* one a judge of its panel, or none yet */

    /* looking */
    bool news; /* something changed, or a verdict came, since readers were woken */
    int64_t samples[AZ_RATE_SAMPLES];
    az_ms sampled;
    int n_samples;
};

/* An answer or a change that waits for a ticket of the catalog. */
struct pending {
    struct pending *next;
    uint64_t ticket;
    struct asker asker;
    struct job *job; /* its `chores` counts this one; or NULL */
    int64_t n;
    void (*then)(struct az_service *s, struct pending *p);
};

struct stream;   /* io_front_results.c */
struct follower; /* io_front_status.c */

struct az_service {
    struct az_service_config config;
    char *jobs_dir; /* STATE/jobs */
    int lock_fd, poke;
    struct az_catalog *catalog;
    struct az_coordinator *coordinator;
    struct az_loop *loop;
    struct az_door *door; /* of clients */
    struct az_chores *disk, *results, *reading;
    struct az_map by_id;
    struct job *jobs, **jobs_end;

    uint64_t sessions[AZ_DOOR_PEERS_MAX]; /* 0: none */
    uint64_t last_session;
    int64_t clients;
    size_t intake_bytes; /* of panels and chunks that wait for the disk */
    struct pending *pending, **pending_end;
    struct stream *streams;
    struct follower *followers;
    bool any_ended, any_decided, wake_readers; /* some job; a reason to look at all */
    az_ms next_wake, next_tick;

    /* Intakes that are open, newest first; of the thread `disk` alone. */
    struct job *intakes[16];

    atomic_int stop; /* how often it was asked */
    atomic_bool reload;
    atomic_int_fast64_t ticked; /* when the loop last did, az_ms */
    bool stopping, left_at_once, told_failing;
    int code; /* negative: the loop is left, and `why` says why */
    struct az_error why;

    pthread_mutex_t lock; /* of what follows */
    struct az_buf metrics;
    /* since the start, of jobs that are closed again */
    struct az_job_figures closed;
};

/* ---- io_service.c ---- */

/* What concerns all: the loop ends. */
void service_give_up(struct az_service *s, int r, const struct az_error *why);
int64_t service_wall_s(void);

/* ---- io_service_jobs.c ---- */

/* Is its number durable, so that it may be told? */
bool service_is_told(const struct az_service *s, const struct job *job);
struct job *service_job(const struct az_service *s, int64_t id); /* or NULL */
struct job *service_job_by_key(const struct az_service *s, const char *owner, const char *key);
/* Takes what the record points to. NULL: no memory, nothing is taken. */
struct job *service_add(struct az_service *s, struct az_job_record *rec);
/* What is open of it has been closed. */
void service_job_free(struct job *job);
/* Out of all lists; freed when nothing is under way about it. */
void service_forget(struct az_service *s, struct job *job);
void service_release(struct az_service *s, struct job *job); /* one chore or pending less */
/* Put its record; returns the ticket. */
uint64_t service_save(struct az_service *s, struct job *job);
/* An event of its life: the record changes and is put, readers are woken. Refused:
 * the error says why. */
int service_change(struct az_service *s, struct job *job, enum az_job_event event, const char *why,
                   struct az_error *err);
/* As it is now, with what the loop knows. */
struct az_job_figures service_figures(const struct job *job);
void service_open_more(struct az_service *s);
void service_check_deadlines(struct az_service *s);
int service_load(struct az_service *s, struct az_error *err);

/* ---- io_service_open.c ---- */

void service_open(struct az_service *s, struct job *job);
/* Of a job that is open: stop it, for this reason. */
void service_halt(struct az_service *s, struct job *job, bool at_once);
void service_close_ended(struct az_service *s); /* those that ended since the last turn */

/* ---- io_service_disk.c: on the thread `disk`, but for the last two ---- */

int disk_lock(const char *dir, int *fd, struct az_error *err);
int disk_make_job(const char *dir, struct az_panel *panel, struct az_intake **ret,
                  struct az_error *err); /* takes the panel */
int disk_read_panel(const char *dir, const char *sets, struct az_panel **ret, struct az_error *err);
int disk_read_totals(const char *dir, const struct az_panel *panel, struct az_store_totals *ret,
                     struct az_error *err);
int disk_remove_job(const char *dir);
/* Its intake, opened if need be. */
int disk_intake(struct az_service *s, struct job *job, const char *dir, struct az_error *err);
void disk_intake_keep(struct az_service *s, struct job *job, struct az_intake *in);
void disk_intake_drop(struct az_service *s, struct job *job);
/* The directory of a job; the caller frees. NULL: no memory. */
char *disk_job_dir(const struct az_service *s, int64_t id);
void disk_remove_strangers(struct az_service *s); /* at the start: jobs that never were */

/* ---- io_front.c ---- */

bool front_receive(struct az_service *s);  /* true: there was something, or may be more */
void front_drop_all(struct az_service *s); /* all that it keeps, at the end */
struct az_asker front_who(const struct az_service *s, const struct asker *asker);
/* AZ_EAGAIN: its queue is full, send it again later. AZ_ELIMIT, AZ_EINVAL: it
 * can't be sent, and the asker has been told so. Any other failure is none here:
 * its session is over then. */
int front_send(struct az_service *s, const struct asker *asker, enum az_msg_kind kind,
               const ProtobufCMessage *msg);
/* The same, and whoever has a full queue has no session any more. */
void front_answer(struct az_service *s, const struct asker *asker, enum az_msg_kind kind,
                  const ProtobufCMessage *msg);
void front_failed(struct az_service *s, const struct asker *asker, int64_t job,
                  const struct az_error *why);
void front_done(struct az_service *s, const struct asker *asker, int64_t n);
/* Do it once the ticket is durable. The job may be NULL. */
void front_when(struct az_service *s, uint64_t ticket, const struct asker *asker, struct job *job,
                int64_t n, void (*then)(struct az_service *s, struct pending *p));
void front_then_done(struct az_service *s, struct pending *p); /* Done, with n */
/* The job of a request that may look at it, or change it; NULL: the asker has been told. */
struct job *front_job(struct az_service *s, const struct asker *asker, uint64_t id, bool change);
void front_committed(struct az_service *s);

void front_submit(struct az_service *s, const struct asker *asker, const Assize__Submit *m);
void front_chunk(struct az_service *s, const struct asker *asker, const Assize__Chunk *m);

void front_list(struct az_service *s, const struct asker *asker);
void front_status(struct az_service *s, const struct asker *asker, const Assize__Status *m);
void front_workers(struct az_service *s, const struct asker *asker);
/* Followers that are due; returns when the next is. */
az_ms front_follow(struct az_service *s, az_ms now);
void front_followers_gone(struct az_service *s, int peer); /* -1: all */

void front_results(struct az_service *s, const struct asker *asker, const Assize__Results *m);
void front_more(struct az_service *s, const struct asker *asker, const Assize__More *m);
/* Start reading for those who have credit and news; returns when to look again. */
az_ms front_stream(struct az_service *s, az_ms now);
void front_streams_gone(struct az_service *s, int peer); /* -1: all */

/* The settings, with a panel that can be opened after them. */
typedef int front_checked_fn(struct az_service *s, const struct asker *asker, struct job *job,
                             const Assize__Control *m, struct az_error *err);
/* Read the job's panel with them, then call `then`, or tell the asker why not. */
int front_check_sets(struct az_service *s, const struct asker *asker, struct job *job,
                     const Assize__Control *m, const struct az_job_set *sets,
                     front_checked_fn *then, struct az_error *err);

void front_control(struct az_service *s, const struct asker *asker, const Assize__Control *m);
void front_set_backend(struct az_service *s, const struct asker *asker,
                       const Assize__SetBackend *m);
void front_prune(struct az_service *s, const struct asker *asker, const Assize__Prune *m);
