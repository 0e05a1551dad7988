/* coordinator/tally.h: what a coordinator counts from its start on, by the names
 * of backends, for the page of metrics.h. Pure. */
#pragma once
#include "coordinator/metrics.h"

enum { AZ_TALLY_BACKENDS = 256 }; /* told apart; a panel from anybody may name more */

struct az_tally {
    int64_t drift_alarms;
    struct az_spread commits; /* from handing over to being durable */
    size_t n;
    struct az_backend_figures v[AZ_TALLY_BACKENDS];
};

struct az_tally *az_tally_new(void); /* NULL: no memory */
void az_tally_free(struct az_tally *t);
AZ_FREEP(tally)

/* Where a backend of that name is counted; NULL: there are too many, or no memory. */
struct az_backend_figures *az_tally_at(struct az_tally *t, const char *backend);

/* A ballot that is kept. */
void az_tally_ballot(struct az_tally *t, const char *backend, const struct az_ballot *ballot);

/* What is looked up anew each time (workers, queued, leases, credit) is 0 again. */
void az_tally_look(struct az_tally *t);
