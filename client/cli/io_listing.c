#include "client/cli/io_listing.h"

#include "client/cli/command.h"
#include "client/cli/io_terminal.h"
#include "core/io_clock.h"
#include "core/wrap.h"

struct options {
    struct az_connect connect;
    bool json;
};

const struct az_opt az_listing_options[] = {
    AZ_CONNECT_OPTIONS(struct options, connect),
    {"json", 0, AZ_OPT_FLAG, offsetof(struct options, json), NULL, "one JSON object a line", 0},
    {0},
};

static int list(const struct az_listing *l, const struct options *o, struct az_buf *b,
                struct az_error *err)
{
    AZ_AUTO(client) c = NULL;
    struct az_msg reply;
    int r = az_connect_open(&o->connect, &c, err);
    if (r == 0)
        r = l->ask(c, &reply, err);
    if (r < 0)
        return r;
    if (o->json)
        l->json(b, &reply);
    else
        l->text(b, &reply, az_clock_wall_ms() / 1000, az_terminal_columns(1, AZ_WRAP_NONE));
    return az_buf_check(b, err);
}

int az_listing_run(const struct az_listing *l, int argc, char **argv)
{
    struct options o = {0};
    size_t n;
    struct az_error err = {0};
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    int r = az_options_parse(az_listing_options, argc, argv, &o, NULL, 0, &n, &err);
    if (r == 0)
        r = list(l, &o, &b, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : az_print(&b);
}
