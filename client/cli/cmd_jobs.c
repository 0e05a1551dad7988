/* assize jobs: the jobs of a coordinator that one may see. */
#include "client/cli/command.h"
#include "client/cli/io_connect.h"
#include "client/cli/io_terminal.h"
#include "client/cli/job_text.h"
#include "core/io_clock.h"
#include "core/wrap.h"

struct options {
    struct az_connect connect;
    bool json;
};

static const struct az_opt table[] = {
    AZ_CONNECT_OPTIONS(struct options, connect),
    {"json", 0, AZ_OPT_FLAG, offsetof(struct options, json), NULL, "one JSON object a line", 0},
    {0},
};

static int jobs(const struct options *o, struct az_buf *b, struct az_error *err)
{
    AZ_AUTO(client) c = NULL;
    struct az_msg reply;
    int r = az_connect_open(&o->connect, &c, err);
    if (r < 0)
        return r;
    Assize__List m = ASSIZE__LIST__INIT;
    m.request = az_client_request(c);
    struct az_msg msg = {.kind = AZ_MSG_LIST, .list = &m};
    r = az_client_call(c, &msg, m.request, AZ_MSG_JOBS, &reply, err);
    if (r < 0)
        return r;
    const Assize__Jobs *all = reply.jobs;
    for (size_t i = 0; o->json && i < all->n_jobs; i++) {
        az_job_json(b, all->jobs[i]);
        az_buf_char(b, '\n');
    }
    if (!o->json)
        az_jobs_text(b, all->jobs, all->n_jobs, az_clock_wall_ms() / 1000,
                     az_terminal_columns(1, AZ_WRAP_NONE));
    return az_buf_check(b, err);
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    size_t n;
    struct az_error err = {0};
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    int r = az_options_parse(table, argc, argv, &o, NULL, 0, &n, &err);
    if (r == 0)
        r = jobs(&o, &b, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : az_print(&b);
}

const struct az_command az_cmd_jobs = {
    .name = "jobs",
    .args = "[--json]",
    .summary = "a coordinator's jobs",
    .more = "Yours; for admins, everybody's.",
    .options = table,
    .run = run,
};
