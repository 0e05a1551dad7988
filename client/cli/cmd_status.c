/* assize status JOB: how far it is, what it waits for, what is amiss. */
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
    {"json", 0, AZ_OPT_FLAG, offsetof(struct options, json), NULL, "one JSON object", 0},
    {0},
};

static int status(const struct options *o, const char *id, struct az_buf *b, struct az_error *err)
{
    AZ_AUTO(client) c = NULL;
    uint64_t job;
    const Assize__JobInfo *info;
    int r = az_job_id(id, &job, err);
    if (r == 0)
        r = az_connect_open(&o->connect, &c, err);
    if (r == 0)
        r = az_connect_status(c, job, &info, err);
    if (r < 0)
        return r;
    if (o->json) {
        az_job_json(b, info);
        az_buf_char(b, '\n');
    } else {
        az_job_text(b, info, az_clock_wall_ms() / 1000, az_terminal_columns(1, AZ_WRAP_NONE));
    }
    return az_buf_check(b, err);
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    int r = az_options_parse(table, argc, argv, &o, args, 1, &n, &err);
    if (r == 0 && n < 1) {
        r = az_fail(&err, AZ_EUSAGE, "status wants a job's number");
        az_hint(&err, "'assize jobs' lists them.");
    }
    if (r == 0)
        r = status(&o, args[0], &b, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : az_print(&b);
}

const struct az_command az_cmd_status = {
    .name = "status",
    .args = "JOB",
    .summary = "how far a job is, what it waits for, what is amiss",
    .options = table,
    .run = run,
};
