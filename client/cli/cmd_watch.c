/* assize watch JOB: its progress until it ends. */
#include "client/cli/command.h"
#include "client/cli/io_connect.h"
#include "client/cli/io_line.h"
#include "client/cli/job_text.h"
#include "core/io_clock.h"

struct options {
    struct az_connect connect;
};

static const struct az_opt table[] = {
    AZ_CONNECT_OPTIONS(struct options, connect),
    {0},
};

enum { PATIENCE_MS = 60000 };

static void show(struct az_live_line *line, const Assize__JobInfo *info, bool last)
{
    struct az_trouble trouble[AZ_JOB_TROUBLES];
    struct az_right right[AZ_JOB_RIGHTS];
    struct az_progress p = az_job_progress(info, trouble, right);
    az_live_line_show(line, &p, last);
}

/* One session; 0: the job rests, and *code says how. */
static int follow(const struct options *o, uint64_t job, struct az_live_line *line, int *code,
                  az_ms *heard, struct az_error *err)
{
    AZ_AUTO(client) c = NULL;
    int r = az_connect_open(&o->connect, &c, err);
    if (r < 0)
        return r;
    Assize__Status m = ASSIZE__STATUS__INIT;
    m.request = az_client_request(c);
    m.job = job;
    m.follow = true;
    struct az_msg msg = {.kind = AZ_MSG_STATUS, .status = &m};
    r = az_client_send(c, &msg, err);
    while (r == 0) {
        r = az_client_receive(c, INT64_MAX, &msg, err);
        if (r < 0 || az_client_answers(&msg) != m.request)
            continue;
        *heard = az_clock_ms();
        if (msg.kind == AZ_MSG_FAILED)
            return az_client_failed(&msg, err);
        const Assize__JobInfo *info = msg.status_reply->info;
        bool end = msg.status_reply->end || info->state == ASSIZE__JOB_STATE__STOPPED;
        show(line, info, end);
        if (!end)
            continue;
        az_live_line_end(line);
        AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
        az_job_end_text(&text, info);
        if (text.p)
            az_say("%s", text.p);
        *code = az_job_exit(info);
        return 0;
    }
    return r;
}

static int watch(const struct options *o, const char *id, int *code, struct az_error *err)
{
    uint64_t job;
    int r = az_job_id(id, &job, err);
    if (r < 0)
        return r;
    struct az_live_line line;
    az_live_line_init(&line, 2);
    az_ms heard = 0;
    do
        r = follow(o, job, &line, code, &heard, err);
    while (r == AZ_EGONE && heard && az_clock_ms() - heard < PATIENCE_MS);
    az_live_line_end(&line);
    return r;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    int code = 0, r = az_options_parse(table, argc, argv, &o, args, 1, &n, &err);
    if (r == 0 && n < 1) {
        r = az_fail(&err, AZ_EUSAGE, "watch wants a job's number");
        az_hint(&err, "'assize jobs' lists them.");
    }
    if (r == 0)
        r = watch(&o, args[0], &code, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : code;
}

const struct az_command az_cmd_watch = {
    .name = "watch",
    .args = "JOB",
    .summary = "a job's progress until it ends",
    .more = "The line ends with how often each judge looks right, the lowest first: by gold\n"
            "where there is some, else by what three or more judges say.\n"
            "Ends when the job does, or when it stops for want of money, time or a backend\n"
            "(75). Ctrl-C ends the watching and nothing else.",
    .options = table,
    .run = run,
};
