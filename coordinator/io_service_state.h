/* coordinator/io_service_state.h: what the service's files share, and nobody else.
 *
 * io_service.c         setting up, the loop's hook, time, stopping
 * io_service_desk.c    does what the desk (desk.h) decides
 * io_service_jobs.c    records: found, kept, read at the start
 * io_service_open.c    a job is opened, runs and ends
 * io_service_disk.c    directories of jobs: made, read, written, removed
 * io_front.c           clients: sessions, requests, answers
 * io_front_submit.c    Submit, Chunk
 * io_front_status.c    List, Status, Workers
 * io_front_results.c   Results, More
 * io_front_control.c   Control, SetBackend, Prune
 * io_front_check.c     settings of a job that is not open */
#pragma once
#include <pthread.h>
#include <stdatomic.h>

#include "coordinator/desk.h"
#include "coordinator/io_catalog.h"
#include "coordinator/io_chores.h"
#include "coordinator/io_coordinator.h"
#include "coordinator/io_feeder.h"
#include "coordinator/io_intake.h"
#include "coordinator/io_service.h"
#include "coordinator/job.h"
#include "coordinator/metrics.h"
#include "coordinator/share.h"
#include "core/map.h"
#include "protos/job.pb-c.h"

enum {
    AZ_RATE_SAMPLES = 13, /* of decided items, five seconds apart: the last minute */
    AZ_RATE_MS = 5000,
};

/* What a judge came to in the job's runs that have ended, since this process began. */
struct judge_past {
    char *name, *backend;
    int64_t asked, ballots, errors;
    char last_text[256];
};

struct job {
    struct az_desk_job desk; /* first: what is decided of it */
    struct az_service *s;
    struct az_job_record rec;
    struct az_intake *intake; /* of the thread `disk` alone */

    /* running */
    struct az_panel *panel;
    struct az_store *store;
    struct az_queue *in;
    struct az_feeder *feeder;
    struct az_open_job *open;
    struct az_standing *standing;        /* of its judges; NULL: nothing is said of it */
    struct az_store_totals before;       /* when it was opened */
    bool ended;                          /* and is to be closed */
    int64_t made_calls, cached, retried; /* of its last run */
    size_t n_past;
    struct judge_past *past; /* one a judge of its panel, or none yet */

    /* looking */
    bool news; /* something changed, or a verdict came, since readers were woken */
    int64_t samples[AZ_RATE_SAMPLES];
    az_ms sampled;
    int n_samples;
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
    struct az_desk desk; /* and its jobs */
    struct az_map by_id;

    uint64_t sessions[AZ_DOOR_PEERS_MAX]; /* 0: none */
    uint64_t last_session;
    int64_t clients;
    struct az_share intake; /* bytes of panels and chunks that wait for the disk, by owner */
    struct stream *streams;
    struct follower *followers;
    bool any_ended, any_decided, wake_readers; /* some job; a reason to look at all */
    az_ms next_wake, next_tick;

    /* Intakes that are open, newest first; of the thread `disk` alone. */
    struct job *intakes[16];

    atomic_int stop; /* how often it was asked */
    atomic_bool reload;
    atomic_int_fast64_t ticked; /* when the loop last did, az_ms */
    bool left_at_once, told_failing;
    int code; /* negative: the loop is left, and `why` says why */
    struct az_error why;

    pthread_mutex_t lock; /* of what follows */
    struct az_buf metrics;
    /* since the start, of jobs that are closed again */
    struct az_job_figures closed;
};

static inline struct job *job_of(struct az_desk_job *d)
{
    return (struct job *)d;
}

static inline struct job *job_first(const struct az_service *s)
{
    return job_of(s->desk.jobs);
}

static inline struct job *job_next(const struct job *job)
{
    return job_of(job->desk.next);
}

/* ---- io_service.c ---- */

/* What concerns all: the loop ends. */
void service_give_up(struct az_service *s, int r, const struct az_error *why);
int64_t service_wall_s(void);

/* ---- io_service_desk.c ---- */

/* After an event of the desk, which returned `r`: all that is due is done. */
void service_desk(struct az_service *s, int r, const struct az_error *err);
void service_desk_drop(struct az_service *s); /* at the end: nobody is told */

/* ---- io_service_jobs.c ---- */

/* Is its number durable, so that it may be told? */
bool service_is_told(const struct az_service *s, const struct job *job);
struct job *service_job(const struct az_service *s, int64_t id); /* or NULL */
/* Takes what the record points to. NULL: no memory, nothing is taken. The desk does
 * not know it yet. */
struct job *service_add(struct az_service *s, struct az_job_record *rec);
/* What is open of it has been closed. */
void service_job_free(struct job *job);
void service_release(struct az_service *s, struct job *job); /* one chore less */
/* Put its record, as it is now. */
void service_save(struct az_service *s, struct job *job);
/* As it is now, with what the loop knows. */
struct az_job_figures service_figures(const struct job *job);
int service_load(struct az_service *s, struct az_error *err);

/* ---- io_service_open.c ---- */

void service_open(struct az_service *s, struct job *job);
/* What it holds goes to the thread `disk`. */
void service_close(struct az_service *s, struct job *job);
/* Of a job that is open: stop it. */
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
struct az_asker front_who(const struct az_service *s, const struct az_asked *asker);
/* AZ_EAGAIN: its queue is full, send it again later. AZ_ELIMIT, AZ_EINVAL: it
 * can't be sent, and the asker has been told so. Any other failure is none here:
 * its session is over then. */
int front_send(struct az_service *s, const struct az_asked *asker, enum az_msg_kind kind,
               const ProtobufCMessage *msg);
/* The same, and whoever has a full queue has no session any more. */
void front_answer(struct az_service *s, const struct az_asked *asker, enum az_msg_kind kind,
                  const ProtobufCMessage *msg);
void front_failed(struct az_service *s, const struct az_asked *asker, int64_t job,
                  const struct az_error *why);
void front_done(struct az_service *s, const struct az_asked *asker, int64_t n);
/* The job of a request that may look at it, or change it; NULL: the asker has been told. */
struct job *front_job(struct az_service *s, const struct az_asked *asker, uint64_t id, bool change);

void front_submit(struct az_service *s, const struct az_asked *asker, const Assize__Submit *m);
void front_chunk(struct az_service *s, const struct az_asked *asker, const Assize__Chunk *m);
void front_submitted(struct az_service *s, const struct az_asked *asker, const struct job *job,
                     bool existed);
void front_chunked(struct az_service *s, const struct az_asked *asker, const struct job *job,
                   const struct az_bad_lines *bad); /* NULL: none */

void front_list(struct az_service *s, const struct az_asked *asker);
void front_status(struct az_service *s, const struct az_asked *asker, const Assize__Status *m);
void front_workers(struct az_service *s, const struct az_asked *asker);
/* Followers that are due; returns when the next is. */
az_ms front_follow(struct az_service *s, az_ms now);
void front_followers_gone(struct az_service *s, int peer); /* -1: all */

void front_results(struct az_service *s, const struct az_asked *asker, const Assize__Results *m);
void front_more(struct az_service *s, const struct az_asked *asker, const Assize__More *m);
/* Start reading for those who have credit and news; returns when to look again. */
az_ms front_stream(struct az_service *s, az_ms now);
void front_streams_gone(struct az_service *s, int peer); /* -1: all */

/* The settings, with a panel that can be opened after them. */
typedef int front_checked_fn(struct az_service *s, const struct az_asked *asker, struct job *job,
                             const Assize__Control *m, struct az_error *err);
/* Read the job's panel with them, then call `then`, or tell the asker why not. */
int front_check_sets(struct az_service *s, const struct az_asked *asker, struct job *job,
                     const Assize__Control *m, const struct az_job_set *sets,
                     front_checked_fn *then, struct az_error *err);

void front_control(struct az_service *s, const struct az_asked *asker, const Assize__Control *m);
void front_set_backend(struct az_service *s, const struct az_asked *asker,
                       const Assize__SetBackend *m);
/* Its directory goes, or only its intake. */
void front_remove(struct az_service *s, struct job *job, bool dir);
void front_prune(struct az_service *s, const struct az_asked *asker, const Assize__Prune *m);
