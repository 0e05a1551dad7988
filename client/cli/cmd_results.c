/* assize results JOB: its verdicts, as they stand or until it ends. */
#include "client/cli/command.h"
#include "client/cli/io_connect.h"
#include "client/cli/io_interrupt.h"
#include "client/cli/job_text.h"
#include "client/lib/io_verdicts.h"
#include "core/io_file.h"

struct options {
    struct az_connect connect;
    const char *out;
    bool follow, brief, unordered;
    int64_t from;
};

static const struct az_opt table[] = {
    {"output", 'o', AZ_OPT_STRING, offsetof(struct options, out), "FILE",
     "verdicts into FILE, which appears when all are there (default: stdout)", 0},
    {"follow", 'f', AZ_OPT_FLAG, offsetof(struct options, follow), NULL,
     "go on until the job has ended", 0},
    {"brief", 0, AZ_OPT_FLAG, offsetof(struct options, brief), NULL, "without ballots", 0},
    {"from", 0, AZ_OPT_INT, offsetof(struct options, from), "N",
     "from this position: the item's number from 0; with --unordered, the decision's from 1", 0},
    {"unordered", 0, AZ_OPT_FLAG, offsetof(struct options, unordered), NULL,
     "as they are decided, not in the order of the items", 0},
    AZ_CONNECT_OPTIONS(struct options, connect),
    {0},
};

enum { PATIENCE_MS = 60000 };

static int put(void *arg, struct az_str line, struct az_error *err)
{
    struct az_out *out = arg;
    int r = az_out_write(out, line, err);
    return r < 0 ? r : az_out_write(out, AZ_STR("\n"), err);
}

/* A reader of stdout sees each verdict when it is there. */
static int flush(void *arg, struct az_error *err)
{
    return az_out_flush(arg, err);
}

/* How the job stands, for the exit code. Items that were passed over are not in the
 * output, also when they have been decided since. */
static int job_info(const struct az_client_config *client, uint64_t job,
                    const struct az_verdicts *got, int *code, struct az_error *err)
{
    AZ_AUTO(client) c = NULL;
    const Assize__JobInfo *info;
    int r = az_client_open(client, &c, err);
    if (r == 0)
        r = az_connect_status(c, job, &info, err);
    if (r < 0)
        return r;
    *code = az_job_exit(info);
    if (got->open && info->state == ASSIZE__JOB_STATE__DONE)
        *code = AZ_EXIT_UNFINISHED;
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    az_job_end_text(&text, info);
    if (*code && text.p)
        az_say("%s", text.p);
    return 0;
}

/* What the output has not, and how to come by it. */
static void tell_rest(const struct options *o, const struct az_verdicts *got, int code)
{
    long long first = got->first_open;
    char back[64] = "";
    if (code == AZ_EXIT_UNFINISHED)
        snprintf(back, sizeof(back), "; --from %lld comes back to it", first);
    if (got->open)
        az_say("%lld open item%s passed over, the first at position %lld%s", (long long)got->open,
               got->open == 1 ? " was" : "s were", first, back);
    else if (*back && o->unordered)
        az_say("--unordered --from %lld goes on", (long long)got->next);
}

static int results(const struct options *o, const char *id, int *code, struct az_error *err)
{
    AZ_AUTO(out) out = NULL;
    struct az_verdicts_config config = {.from = o->from,
                                        .follow = o->follow,
                                        .as_they_come = o->unordered,
                                        .brief = o->brief,
                                        .patience_ms = PATIENCE_MS,
                                        .line = put};
    bool file = o->out && strcmp(o->out, "-") != 0;
    int r = az_job_id(id, &config.job, err);
    if (r == 0)
        r = az_connect_config(&o->connect, &config.client, err);
    if (r == 0 && file) /* what was begun of it is taken away */
        r = az_interrupt_fd(&config.client.stop_fd, err);
    if (r == 0)
        r = az_out_open(o->out ? o->out : "-", file ? AZ_OUT_ATOMIC : AZ_OUT_STREAM, &out, err);
    if (r < 0)
        return r;
    struct az_verdicts got;
    config.batch = file ? NULL : flush;
    config.arg = out;
    r = az_verdicts_read(&config, &got, err);
    if (r < 0 && !file)
        az_out_flush(out, NULL);
    if (r == AZ_EGONE && got.lines && !file)
        az_say("%lld verdicts are out; --from %lld goes on", (long long)got.lines,
               (long long)got.next);
    if (r == 0)
        r = az_out_commit(out, err);
    if (r == 0)
        r = job_info(&config.client, config.job, &got, code, err);
    if (r == 0)
        tell_rest(o, &got, *code);
    if (r != AZ_EAGAIN)
        return r;
    *code = AZ_EXIT_INTERRUPTED;
    return 0;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    int code = 0, r = az_options_parse(table, argc, argv, &o, args, 1, &n, &err);
    if (r == 0 && n < 1) {
        r = az_fail(&err, AZ_EUSAGE, "results wants a job's number");
        az_hint(&err, "'assize jobs' lists them.");
    }
    if (r == 0)
        r = results(&o, args[0], &code, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : code;
}

const struct az_command az_cmd_results = {
    .name = "results",
    .args = "JOB",
    .summary = "a job's verdicts, as they stand or until it ends",
    .more = "One verdict a line, in the order of the items, so that the file is the one that\n"
            "'assize run' writes. Without --follow it ends with what is there: items that are\n"
            "still open are passed over, also in FILE, and it says how many, where the first\n"
            "of them is, and exits with 75.",
    .options = table,
    .run = run,
};
