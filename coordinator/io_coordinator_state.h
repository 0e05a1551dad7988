/* coordinator/io_coordinator_state.h: shared by io_coordinator.c (the loop, the
 * workers) and io_open_job.c (a job), and nobody else. */
#pragma once
#include <stdatomic.h>

#include "coordinator/io_coordinator.h"
#include "coordinator/tally.h"
#include "coordinator/tune.h"
#include "core/buf.h"
#include "policies/watch.h"

_Static_assert((int)AZ_DOOR_PEERS_MAX <= (int)AZ_PEERS_MAX, "a door's peers are the scheduler's");

enum { AZ_BACKLOG_MAX = 64 << 20 }; /* bytes of one job on their way to the disk */

struct az_open_job {
    struct az_coordinator *coordinator;
    struct az_open_job *next;
    struct az_job_config config;
    struct az_docket *docket;
    struct az_buf panel_yaml;
    bool stopping;    /* the docket has been told */
    bool input_ended; /* the queue is closed and empty */
    bool watching_input, watching_store;
    bool time_up;
    bool ended;
    az_ms deadline, next_progress;
    uint64_t submitted_ticket, told_ticket;
    uint64_t timed_ticket; /* how long it takes is being measured; 0 = none */
    az_ms timed_at;
    struct az_watch *watch; /* NULL: no calibration to hold items against */
    struct az_error failed; /* code < 0: its store can't be written */
};

struct az_coordinator {
    az_ms silence_ms;
    struct az_loop *loop;
    struct az_door *door;
    struct az_sched *sched;
    struct az_tally *tally;
    struct az_effects fx;
    struct az_open_job *jobs;
    uint32_t last_number;              /* of a docket */
    bool lost_any, lost[AZ_PEERS_MAX]; /* found out while sending */
    bool silent[AZ_PEERS_MAX];         /* and said so in the log */
    int64_t ballots[AZ_PEERS_MAX];     /* answered in this session */
    struct az_tunes tunes;
    int poke;
    atomic_bool stop;
    az_ms turn; /* when the last one was */
    int code;   /* negative: the loop is left, and `why` says why */
    struct az_error why;
};

/* Something that concerns all jobs went wrong. */
void az_coordinator_give_up(struct az_coordinator *c, int r, const struct az_error *why);
/* Run what the last event led to. */
void az_coordinator_effects(struct az_coordinator *c);

/* After az_door_send(), whose result `r` is: a peer that could not be sent to is
 * taken for lost, with the next effects. */
int coordinator_send(struct az_coordinator *c, int peer, int r);

/* io_open_job.c */
/* Only this job is concerned. */
void open_job_fail(struct az_open_job *job, const struct az_error *why);
int open_job_panel(struct az_open_job *job, int peer, uint32_t number, struct az_error *err);
void open_job_store(struct az_open_job *job, const struct az_effect *x);
/* Take items as long as there is room. True: there may be more. */
bool open_job_feed(struct az_open_job *job);
/* A commit's worth need not wait for the end of the turn. */
void open_job_hand_over(struct az_open_job *job);
void open_job_commit(struct az_open_job *job);
void open_job_check_end(struct az_open_job *job);
/* Until when it may sleep. */
az_ms open_job_rest(struct az_open_job *job);

/* io_coordinator_tell.c: to the log. The scheduler has not been told of it yet. */
void tell_came(const struct az_coordinator *c, int peer);
void tell_gone(struct az_coordinator *c, int peer);
/* And when it has been. */
void tell_unfit(const struct az_coordinator *c, int peer, const struct az_msg *msg);
void tell_heard(struct az_coordinator *c, int peer);
void tell_silent(struct az_coordinator *c);
