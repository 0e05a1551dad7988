/* assize cancel, pause, resume JOB; assize set JOB KEY=VALUE…, set backend NAME
 * KEY=VALUE…: what becomes of a job, or of a backend. */
#include "client/cli/command.h"
#include "client/cli/io_connect.h"
#include "protos/job.pb-c.h"

enum { SETTINGS_MAX = 64 };

struct options {
    struct az_connect connect;
    const char *backend;
    bool retry_failed;
};

static const struct az_opt table[] = {
    AZ_CONNECT_OPTIONS(struct options, connect),
    {0},
};

static const struct az_opt resume_table[] = {
    {"retry-failed", 0, AZ_OPT_FLAG, offsetof(struct options, retry_failed), NULL,
     "ask again what failed or abstained, also of a job that is done", 0},
    AZ_CONNECT_OPTIONS(struct options, connect),
    {0},
};

static const struct az_opt set_table[] = {
    AZ_CONNECT_OPTIONS(struct options, connect),
    {"backend", 0, AZ_OPT_STRING, offsetof(struct options, backend), "NAME",
     "the same as 'set backend NAME'", 0},
    {0},
};

static int control(const struct options *o, Assize__Control *m, struct az_error *err)
{
    AZ_AUTO(client) c = NULL;
    int r = az_connect_open(&o->connect, &c, err);
    if (r < 0)
        return r;
    m->request = az_client_request(c);
    struct az_msg msg = {.kind = AZ_MSG_CONTROL, .control = m}, reply;
    return az_client_call(c, &msg, m->request, AZ_MSG_DONE, &reply, err);
}

static int set_backend(const struct options *o, const char **sets, size_t n, struct az_error *err)
{
    AZ_AUTO(client) c = NULL;
    int r = az_connect_open(&o->connect, &c, err);
    if (r < 0)
        return r;
    Assize__SetBackend m = ASSIZE__SET_BACKEND__INIT;
    m.request = az_client_request(c);
    m.backend = (char *)o->backend;
    m.set = (char **)sets;
    m.n_set = n;
    struct az_msg msg = {.kind = AZ_MSG_SET_BACKEND, .set_backend = &m}, reply;
    r = az_client_call(c, &msg, m.request, AZ_MSG_DONE, &reply, err);
    if (r == 0)
        az_say("%lld worker%s told", (long long)reply.done->n,
               reply.done->n == 1 ? " was" : "s were");
    return r;
}

/* cancel, pause, resume: each JOB named, in order; the first that can't be ends it. */
static int run_verb(int argc, char **argv, const struct az_opt *options, Assize__JobVerb verb)
{
    struct options o = {0};
    const char *args[SETTINGS_MAX];
    size_t n;
    struct az_error err = {0};
    int r = az_options_parse(options, argc, argv, &o, args, SETTINGS_MAX, &n, &err);
    if (r == 0 && !n) {
        r = az_fail(&err, AZ_EUSAGE, "%s wants a job's number", argv[0]);
        az_hint(&err, "'assize jobs' lists them.");
    }
    for (size_t i = 0; i < n && r == 0; i++) {
        Assize__Control m = ASSIZE__CONTROL__INIT;
        m.verb = verb;
        m.retry_failed = o.retry_failed;
        r = az_job_id(args[i], &m.job, &err);
        if (r == 0)
            r = control(&o, &m, &err);
    }
    return r < 0 ? az_report(&err, az_exit_of(&err)) : 0;
}

static int run_cancel(int argc, char **argv)
{
    return run_verb(argc, argv, table, ASSIZE__JOB_VERB__CANCEL);
}

static int run_pause(int argc, char **argv)
{
    return run_verb(argc, argv, table, ASSIZE__JOB_VERB__PAUSE);
}

static int run_resume(int argc, char **argv)
{
    return run_verb(argc, argv, resume_table, ASSIZE__JOB_VERB__RESUME);
}

static int set_job(const struct options *o, const char **args, size_t n, struct az_error *err)
{
    Assize__Control m = ASSIZE__CONTROL__INIT;
    m.verb = ASSIZE__JOB_VERB__SET;
    m.set = (char **)args + 1;
    m.n_set = n - 1;
    int r = az_job_id(args[0], &m.job, err);
    return r < 0 ? r : control(o, &m, err);
}

static int set_wants(bool backend, struct az_error *err)
{
    az_fail(err, AZ_EUSAGE, "set wants %s and KEY=VALUE",
            backend ? "a backend's name" : "a job's number");
    az_hint(err, "For example: assize set %s",
            backend ? "backend gpu slots=32" : "7 limits.usd=30");
    return AZ_EUSAGE;
}

static int run_set(int argc, char **argv)
{
    struct options o = {0};
    const char *words[SETTINGS_MAX + 2], **args = words;
    size_t n;
    struct az_error err = {0};
    int r = az_options_parse(set_table, argc, argv, &o, words, AZ_LEN(words), &n, &err);
    bool backend = o.backend || (r == 0 && n && !strcmp(args[0], "backend"));
    if (r == 0 && !o.backend && backend && n > 1) { /* as 'backend NAME' */
        o.backend = args[1];
        args += 2;
        n -= 2;
    }
    if (r == 0 && n < (o.backend ? 1u : 2u))
        r = set_wants(backend, &err);
    if (r == 0)
        r = o.backend ? set_backend(&o, args, n, &err) : set_job(&o, args, n, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : 0;
}

const struct az_command az_cmd_cancel = {
    .name = "cancel",
    .args = "JOB...",
    .summary = "end a job for good; what it has stays",
    .options = table,
    .run = run_cancel,
};

const struct az_command az_cmd_pause = {
    .name = "pause",
    .args = "JOB...",
    .summary = "ask nobody new for a job; calls under way end",
    .options = table,
    .run = run_pause,
};

const struct az_command az_cmd_resume = {
    .name = "resume",
    .args = "JOB...",
    .summary = "go on with a job that was paused or has stopped",
    .options = resume_table,
    .run = run_resume,
};

const struct az_command az_cmd_set = {
    .name = "set",
    .args = "{JOB | backend NAME} KEY=VALUE...",
    .summary = "change a job's limits or priority, or a backend's slots and rates",
    .more = "Of a job: priority=500 (its weight among others, 1 to 1000), name=night,\n"
            "limits.usd=30 and other limits. Of a backend, at all workers that have it (for\n"
            "admins): slots=32, rpm=500, tpm=80000.",
    .options = set_table,
    .run = run_set,
};
