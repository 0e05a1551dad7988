/* coordinator/io_service.h: jobs over a socket, on top of the coordinator's
 * loop: clients submit items under a panel, look, read verdicts and control. All
 * of it is kept in a state directory, and goes on where it was. Edge.
 *
 *   STATE/lock          held by the one coordinator of this state
 *   STATE/catalog.db    the jobs: owners, keys, states (io_catalog.h)
 *   STATE/jobs/ID/      a job's directory, as `assize run` keeps one
 *
 * One thread runs the service; what it does to disks it has done by threads of
 * its own (io_chores.h). */
#pragma once
#include "coordinator/io_door.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/io_loop.h"

struct az_service;

/* What may change while it runs. */
struct az_service_settings {
    int jobs_open;        /* jobs that run at once; the others wait. At least 1 */
    int64_t window_items; /* items of one job that are under way at once */
};

struct az_service_config {
    const char *dir; /* the state directory; made when it is not there */
    /* Their names and the workers' role are the service's own. Roles of clients: 0 =
     * all that there are for them. */
    struct az_door_config workers, clients;
    struct az_service_settings settings;
    /* Bytes of what is submitted that may wait for the disk, shared by owners (share.h);
     * 0 = 256 MiB. */
    size_t intake_max;
    /* az_service_reload() was called: read again what may change. Loop's thread. */
    void (*reload)(void *arg, struct az_service_settings *settings);
    void *arg;
};

/* AZ_EBUSY: another coordinator has this state. AZ_EINVAL: it is a newer one's.
 * AZ_EIO, AZ_EOUTPUT: the disk. All is borrowed until it is freed. */
int az_service_new(const struct az_service_config *config, struct az_service **ret,
                   struct az_error *err);
/* Waits for what is being written. AZ_EOUTPUT: changes that nobody was told of are
 * lost, for the catalog can't be written. */
int az_service_close(struct az_service *s, struct az_error *err);
void az_service_free(struct az_service *s); /* close without asking */
AZ_FREEP(service)

/* For watches of one's own (the gate's). */
struct az_loop *az_service_loop(struct az_service *s);

/* Until az_service_stop(): then nobody new is asked, calls under way end, all is
 * committed. Jobs go on at the next start. AZ_ENOMEM, or what the sockets say. */
int az_service_run(struct az_service *s, struct az_error *err);

/* Any thread, and signal handlers. A second stop waits for no call any more. */
void az_service_stop(struct az_service *s);
void az_service_reload(struct az_service *s);

/* For /healthz: its loop turns, and its catalog can be written. Any thread. */
bool az_service_well(struct az_service *s);
/* The text of /metrics (coordinator/metrics.h), a second or two old. Any thread. */
void az_service_metrics(struct az_service *s, struct az_buf *b);
