/* assize workers: who answers questions, with which backends, and how well. */
#include "client/cli/command.h"
#include "client/cli/io_connect.h"
#include "client/cli/io_terminal.h"
#include "client/cli/worker_text.h"
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

static int workers(const struct options *o, struct az_buf *b, struct az_error *err)
{
    AZ_AUTO(client) c = NULL;
    struct az_msg reply;
    int r = az_connect_open(&o->connect, &c, err);
    if (r < 0)
        return r;
    Assize__Workers m = ASSIZE__WORKERS__INIT;
    m.request = az_client_request(c);
    struct az_msg msg = {.kind = AZ_MSG_WORKERS, .workers = &m};
    r = az_client_call(c, &msg, m.request, AZ_MSG_WORKER_LIST, &reply, err);
    if (r < 0)
        return r;
    const Assize__WorkerList *all = reply.worker_list;
    for (size_t i = 0; o->json && i < all->n_workers; i++) {
        az_worker_json(b, all->workers[i]);
        az_buf_char(b, '\n');
    }
    if (!o->json)
        az_workers_text(b, all->workers, all->n_workers, az_clock_wall_ms() / 1000,
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
        r = workers(&o, &b, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : az_print(&b);
}

const struct az_command az_cmd_workers = {
    .name = "workers",
    .args = "[--json]",
    .summary = "a coordinator's workers and their backends",
    .more = "HOLDS is questions that a backend was sent and has not answered; ROOM how many\n"
            "more it would take now.",
    .options = table,
    .run = run,
};
