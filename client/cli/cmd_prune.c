/* assize prune: ended jobs that nobody needs any more. */
#include "client/cli/command.h"
#include "client/cli/io_connect.h"
#include "client/cli/span.h"
#include "protos/job.pb-c.h"

struct options {
    struct az_connect connect;
    const char *older_than;
    bool all;
};

static const struct az_opt table[] = {
    AZ_CONNECT_OPTIONS(struct options, connect),
    {"older-than", 0, AZ_OPT_STRING, offsetof(struct options, older_than), "TIME",
     "jobs that ended so long ago: 30d, 12h (must be given)", 0},
    {"all-owners", 0, AZ_OPT_FLAG, offsetof(struct options, all), NULL,
     "everybody's, not only yours (admins)", 0},
    {0},
};

static int prune(const struct options *o, struct az_error *err)
{
    AZ_AUTO(client) c = NULL;
    Assize__Prune m = ASSIZE__PRUNE__INIT;
    int r = az_span_parse("--older-than", o->older_than, &m.older_than_s, err);
    if (r == 0)
        r = az_connect_open(&o->connect, &c, err);
    if (r < 0)
        return r;
    m.request = az_client_request(c);
    m.all_owners = o->all;
    struct az_msg msg = {.kind = AZ_MSG_PRUNE, .prune = &m}, reply;
    r = az_client_call(c, &msg, m.request, AZ_MSG_DONE, &reply, err);
    if (r == 0)
        az_say("%lld job%s removed", (long long)reply.done->n,
               reply.done->n == 1 ? " was" : "s were");
    return r;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    size_t n;
    struct az_error err = {0};
    int r = az_options_parse(table, argc, argv, &o, NULL, 0, &n, &err);
    if (r == 0 && !o.older_than) {
        r = az_fail(&err, AZ_EUSAGE, "prune wants to know which jobs");
        az_hint(&err, "For example: assize prune --older-than 30d");
    }
    if (r == 0)
        r = prune(&o, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : 0;
}

const struct az_command az_cmd_prune = {
    .name = "prune",
    .args = "--older-than TIME",
    .summary = "remove jobs that ended long ago, with their verdicts",
    .options = table,
    .run = run,
};
