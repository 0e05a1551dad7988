/* coordinator/io_service.h: jobs over a socket, on top of the coordinator's
 * loop: clients submit items under a panel, look, read verdicts and control. All
 * of it is kept in a state directory, and goes on where it was. Edge.
 *
 *   STATE/lock          held by the one coordinator of this state
 *   STATE/catalog.db    the jobs: owners, keys, states (io_catalog.h)
 *   STATE/jobs/ID/      a job's directory, as `assize run` keeps one
 *
 * One thread runs the service; what it does to disks it has done by threads of
 * its own. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/io_sock.h"

struct az_gate;
struct az_service;

/* What may change while it runs. */
struct az_service_settings {
    int jobs_open;        /* jobs that run at once; the others wait. At least 1 */
    int64_t window_items; /* items of one job that are under way at once */
};

struct az_service_config {
    struct az_net *net;
    const char *dir;               /* the state directory; made when it is not there */
    const char *workers, *clients; /* endpoints */
    struct az_gate *workers_gate, *clients_gate;      /* NULL = all may come, as admin */
    unsigned worker_roles, client_roles, admin_roles; /* of the gate's */
    az_ms silence_ms;                                 /* as in az_door_config */
    struct az_service_settings settings;

    /* What happened, for the log: a whole line, lower case. Loop's thread. NULL:
     * nobody reads it. */
    void (*log)(void *arg, bool warning, const char *line);
    /* az_service_reload() was called: read again what may change. Loop's thread. */
    void (*reload)(void *arg, struct az_service_settings *settings);
    void *arg;
};

/* AZ_EBUSY: another coordinator has this state. AZ_EINVAL: it is a newer one's.
 * AZ_EIO, AZ_EOUTPUT: the disk. All is borrowed until it is freed. */
int az_service_new(const struct az_service_config *config, struct az_service **ret,
                   struct az_error *err);
void az_service_free(struct az_service *s);
AZ_FREEP(service)

/* Until az_service_stop(): then nobody new is asked, calls under way end, all is
 * committed. Jobs go on at the next start. AZ_EOUTPUT: the catalog can't be
 * written. */
int az_service_run(struct az_service *s, struct az_error *err);

/* Any thread, and signal handlers. A second stop waits for no call any more. */
void az_service_stop(struct az_service *s);
void az_service_reload(struct az_service *s);

/* For /metrics: a copy, some seconds old at the most. Any thread. */
struct az_service_figures {
    int64_t jobs[7]; /* by enum az_job_state */
    int64_t clients, workers;
    int64_t items, decided, abstained, failed; /* since the start */
    int64_t ballots, ballot_errors;
    int64_t asked, queued; /* questions: under way, waiting */
    int64_t oldest_ms;     /* of those under way; 0 = none */
    az_nusd spent;         /* since the start */
    bool catalog_failing;  /* it can't be written at present */
};
void az_service_figures(struct az_service *s, struct az_service_figures *ret);
