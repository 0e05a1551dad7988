/* assize workers: who answers questions, with which backends, and how well. */
#include "client/cli/command.h"
#include "client/cli/io_listing.h"
#include "client/cli/worker_text.h"

static int ask(struct az_client *c, struct az_msg *reply, struct az_error *err)
{
    Assize__Workers m = ASSIZE__WORKERS__INIT;
    m.request = az_client_request(c);
    struct az_msg msg = {.kind = AZ_MSG_WORKERS, .workers = &m};
    return az_client_call(c, &msg, m.request, AZ_MSG_WORKER_LIST, reply, err);
}

static void json(struct az_buf *b, const struct az_msg *reply)
{
    for (size_t i = 0; i < reply->worker_list->n_workers; i++) {
        az_worker_json(b, reply->worker_list->workers[i]);
        az_buf_char(b, '\n');
    }
}

static void text(struct az_buf *b, const struct az_msg *reply, int64_t now_s, int columns)
{
    az_workers_text(b, reply->worker_list->workers, reply->worker_list->n_workers, now_s, columns);
}

static int run(int argc, char **argv)
{
    static const struct az_listing listing = {ask, json, text};
    return az_listing_run(&listing, argc, argv);
}

const struct az_command az_cmd_workers = {
    .name = "workers",
    .args = "[--json]",
    .summary = "a coordinator's workers and their backends",
    .more = "HOLDS is questions that a backend was sent and has not answered; ROOM how many\n"
            "more it would take now.",
    .options = az_listing_options,
    .run = run,
};
