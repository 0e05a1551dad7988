/* assize jobs: the jobs of a coordinator that one may see. */
#include "client/cli/command.h"
#include "client/cli/io_listing.h"
#include "client/cli/job_text.h"

static int ask(struct az_client *c, struct az_msg *reply, struct az_error *err)
{
    Assize__List m = ASSIZE__LIST__INIT;
    m.request = az_client_request(c);
    struct az_msg msg = {.kind = AZ_MSG_LIST, .list = &m};
    return az_client_call(c, &msg, m.request, AZ_MSG_JOBS, reply, err);
}

static void json(struct az_buf *b, const struct az_msg *reply)
{
    for (size_t i = 0; i < reply->jobs->n_jobs; i++) {
        az_job_json(b, reply->jobs->jobs[i]);
        az_buf_char(b, '\n');
    }
}

static void text(struct az_buf *b, const struct az_msg *reply, int64_t now_s, int columns)
{
    az_jobs_text(b, reply->jobs->jobs, reply->jobs->n_jobs, now_s, columns);
}

static int run(int argc, char **argv)
{
    static const struct az_listing listing = {ask, json, text};
    return az_listing_run(&listing, argc, argv);
}

const struct az_command az_cmd_jobs = {
    .name = "jobs",
    .args = "[--json]",
    .summary = "a coordinator's jobs",
    .more = "Yours; for admins, everybody's.",
    .options = az_listing_options,
    .run = run,
};
