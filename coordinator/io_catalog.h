/* coordinator/io_catalog.h: which jobs there are: their records, in STATE/catalog.db
 * (SQLite), behind a thread of its own with group commit. Edge.
 *
 * Records are read once, at the start; whoever has them in memory puts each
 * change here and gets a ticket, and tells nobody of it before that ticket is
 * committed. A disk that can't be written is tried again until it can: tickets
 * wait so long, and nothing is lost but time. */
#pragma once
#include "coordinator/job.h"
#include "core/base.h"
#include "core/error.h"

struct az_catalog;

/* Open or make DIR/catalog.db, in a directory that is there and that nobody else
 * uses. AZ_EINVAL: a newer assize's, or no catalog; AZ_EIO: damaged. */
int az_catalog_open(const char *dir, struct az_catalog **ret, struct az_error *err);
/* Commits what was put, or AZ_EOUTPUT: that can't be. */
int az_catalog_close(struct az_catalog *c, struct az_error *err);
void az_catalog_free(struct az_catalog *c); /* close without asking */
AZ_FREEP(catalog)

/* Every record, by number, as it was when the catalog was opened; before the
 * first put. Non-zero from `each` stops it and is returned. AZ_EIO: a record
 * that cannot be. */
typedef int az_catalog_each_fn(void *arg, const struct az_job_record *job, struct az_error *err);
int az_catalog_each(struct az_catalog *c, az_catalog_each_fn *each, void *arg,
                    struct az_error *err);
/* The next job's number. One whose record was durable is never given again. */
int64_t az_catalog_next_id(struct az_catalog *c);
/* Did this catalog never know a job of that number? */
bool az_catalog_is_new(const struct az_catalog *c, int64_t id);
/* Never give it, nor one before it. */
void az_catalog_skip(struct az_catalog *c, int64_t id);

/* By one thread. Copied; AZ_ENOMEM. The ticket grows by one each time. */
int az_catalog_put(struct az_catalog *c, const struct az_job_record *job, uint64_t *ticket,
                   struct az_error *err);
int az_catalog_drop(struct az_catalog *c, int64_t id, uint64_t *ticket, struct az_error *err);

/* The highest ticket that is durable. Any thread. */
uint64_t az_catalog_committed(const struct az_catalog *c);
/* Readable (poll) whenever that may have grown, or az_catalog_failing() has
 * changed; az_catalog_ack() makes it quiet again. */
int az_catalog_fd(const struct az_catalog *c);
void az_catalog_ack(struct az_catalog *c);
/* 0, or AZ_EOUTPUT with *err: the last try to write failed. */
int az_catalog_failing(struct az_catalog *c, struct az_error *err);
