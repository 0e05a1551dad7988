#include "client/cli/io_stored.h"

#include "client/cli/io_panel.h"

/* The store is asked first: it knows best what is wrong with a directory. */
static int check(const char *dir, struct az_error *err)
{
    AZ_AUTO(store) store = NULL;
    int r = az_store_open(dir, AZ_STORE_READ, NULL, &store, err);
    if (r == AZ_ENOENT)
        az_hint(err, "Name a job directory, as ITEMS.PANEL.assize that 'assize run' makes.");
    return r;
}

int az_stored_job_open(const char *dir, struct az_stored_job *ret, struct az_error *err)
{
    struct az_stored_job job = {0};
    int r = check(dir, err);
    if (r == 0)
        r = az_panel_load_kept(dir, &job.panel, err);
    if (r == 0)
        r = az_store_open(dir, AZ_STORE_READ, job.panel, &job.store, err);
    if (r == 0)
        r = az_store_reader_open(job.store, &job.reader, err);
    if (r < 0)
        az_stored_job_close(&job);
    else
        *ret = job;
    return r;
}

void az_stored_job_close(struct az_stored_job *job)
{
    az_store_reader_free(AZ_TAKE(job->reader));
    az_store_free(AZ_TAKE(job->store));
    az_panel_free(AZ_TAKE(job->panel));
}
