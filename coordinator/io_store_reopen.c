/* Items that failed or abstained, open again: all of a job, before it goes on. */
#include <poll.h>

#include "coordinator/io_store_reader.h"

enum { ITEMS = 1024 }; /* in one ticket */

int az_store_await(struct az_store *s, uint64_t ticket, struct az_error *err)
{
    struct pollfd p = {.fd = az_store_fd(s), .events = POLLIN};
    while (az_store_committed(s) < ticket) {
        int r = az_store_failed(s, err);
        if (r < 0)
            return r;
        (void)poll(&p, 1, -1); /* interrupted: it looks again */
        az_store_ack(s);
    }
    return 0;
}

/* Those from *seq on, which moves past them; no transaction stays open while they
 * are opened. Negative, or how many. */
static int find(struct az_store_reader *r, int64_t *seq, int64_t found[ITEMS], struct az_error *err)
{
    int code = az_reader_snapshot(r, err);
    if (code < 0)
        return code;
    sqlite3_bind_int64(r->q[AZ_Q_RETRIED], 1, *seq);
    int n = 0, got = 1;
    while (n < ITEMS && (got = az_reader_step(r, AZ_Q_RETRIED, err)) > 0) {
        found[n++] = sqlite3_column_int64(r->q[AZ_Q_RETRIED], 0);
        *seq = found[n - 1] + 1;
    }
    az_reader_quiet(r);
    return got < 0 ? got : n;
}

int az_store_reopen_failed(struct az_store *s, struct az_error *err)
{
    AZ_AUTO(store_reader) r = NULL;
    if (s->null)
        return 0;
    int code = az_store_reader_open(s, &r, err), n = 0;
    int64_t seq = 0, found[ITEMS];
    while (code == 0 && (n = find(r, &seq, found, err)) > 0) {
        for (int i = 0; code == 0 && i < n; i++)
            code = az_store_reopen_item(s, found[i], err);
        if (code == 0)
            code = az_store_await(s, az_store_submit(s), err);
    }
    return AZ_MIN(code, n < 0 ? n : 0);
}
