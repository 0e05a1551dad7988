/* workers/serve.h: a model server that the worker runs: when to start it, to ask
 * whether it answers, to start it again, to end it. Pure: `now` and the seed are
 * arguments.
 *
 *   idle --> starting --a probe is answered--> ready
 *              ^   `-------- it ends ---------'  |
 *              `-- pausing <---------------------'      (restart: false: over)
 *   told to stop: starting, ready --> stopping --it ends--> over
 *
 * Only its end counts as death: a server that is slow to answer a probe may be
 * busy with what it was asked. */
#pragma once
#include "core/base.h"
#include "core/panel.h"
#include "core/rng.h"

enum az_server_state {
    AZ_SERVER_IDLE,
    AZ_SERVER_STARTING,
    AZ_SERVER_READY,
    AZ_SERVER_PAUSING,
    AZ_SERVER_STOPPING,
    AZ_SERVER_OVER,
    AZ_SERVER_STATES
};

enum { AZ_SERVER_STATE_MAX = 96 };

struct az_server {
    enum az_server_state state;
    bool restart;
    az_ms stop_ms;
    bool probing; /* a probe is under way */
    bool killed;  /* SIGKILL was sent */
    az_ms due;    /* of the state: next probe, end of the pause, SIGKILL */
    az_ms ready_since;
    int failures;                      /* ends in a row */
    char trouble[AZ_SERVER_STATE_MAX]; /* "" = ready; else what a coordinator is told */
    struct az_rng rng;
};

struct az_server az_server(const struct az_serve *config, uint64_t seed);

/* What is to be done now. */
enum az_server_do {
    AZ_DO_NOTHING,
    AZ_DO_START, /* then az_server_on_end() when it can't be */
    AZ_DO_PROBE, /* then az_server_on_probe() */
    AZ_DO_TERM,  /* ask it to end … */
    AZ_DO_KILL,  /* … and make it */
};

enum az_server_do az_server_tick(struct az_server *s, az_ms now);
az_ms az_server_deadline(const struct az_server *s); /* of the next tick; INT64_MAX = none */

void az_server_on_probe(struct az_server *s, bool answered, az_ms now);
/* It has ended, or could not be started: `how` in words. */
void az_server_on_end(struct az_server *s, const char *how, az_ms now);
/* The worker ends. */
enum az_server_do az_server_stop(struct az_server *s, az_ms now);
