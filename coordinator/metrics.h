/* coordinator/metrics.h: the figures of a coordinator as Prometheus reads them.
 * Pure: a struct of figures in, text out. A zeroed struct is one of a coordinator
 * that has done nothing. */
#pragma once
#include "coordinator/job.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/model.h"

/* How often something took how long. */
enum { AZ_SPREAD_BOUNDS = 14 };
struct az_spread {
    int64_t n[AZ_SPREAD_BOUNDS + 1]; /* by the first bound that holds it; then the rest */
    int64_t sum_ms;
};
void az_spread_add(struct az_spread *s, az_ms took);

/* Of one backend's name, over all workers. */
struct az_backend_figures {
    const char *name;
    int64_t workers;                /* that announce it */
    int64_t queued, leases, credit; /* questions that wait, that are held; room for more */
    int64_t ballots, cached;        /* since the start */
    int64_t errors[AZ_BE_COUNT];    /* by kind; NONE is not counted */
    az_nusd spent;
    struct az_spread answers; /* of calls, cached answers left out */
};

struct az_metrics {
    int64_t jobs[AZ_JOB_STATES];
    int64_t clients, workers, workers_silent;
    int64_t docket;         /* items in the windows of open jobs */
    int64_t queued, leases; /* questions: waiting, under way */
    az_ms oldest_ms;        /* of those under way; 0 = none */
    bool store_failing;     /* something could not be written just now */
    /* since the start */
    int64_t decided, abstained, failed;
    int64_t ballots, ballot_errors, lost;
    az_nusd spent;
    int64_t drift_alarms;
    struct az_spread commits; /* how long one took */
    size_t n_backends;
    const struct az_backend_figures *backends;
};

void az_metrics_print(struct az_buf *b, const struct az_metrics *m);
