#include "client/lib/io_verdicts.h"

#include <poll.h>

#include "core/io_clock.h"
#include "protos/job.pb-c.h"

enum { CREDIT = 8 << 20, PAUSE_FIRST_MS = 100, PAUSE_LAST_MS = 3000 };

struct reading {
    const struct az_verdicts_config *config;
    struct az_verdicts *result;
    struct az_client *client; /* NULL: not connected */
    uint64_t request;
    int64_t taken; /* bytes since the last More */
    int64_t credit;
    bool end;
};

static int begin(struct reading *s, struct az_error *err)
{
    int r = az_client_open(&s->config->client, &s->client, err);
    if (r < 0)
        return r;
    Assize__Results m = ASSIZE__RESULTS__INIT;
    m.request = s->request = az_client_request(s->client);
    m.job = s->config->job;
    m.from = s->result->next;
    m.follow = s->config->follow;
    m.as_they_come = s->config->as_they_come;
    m.brief = s->config->brief;
    m.credit = s->credit;
    s->taken = 0;
    struct az_msg msg = {.kind = AZ_MSG_RESULTS, .results = &m};
    return az_client_send(s->client, &msg, err);
}

static int more(struct reading *s, struct az_error *err)
{
    if (s->taken < s->credit / 4)
        return 0;
    Assize__More m = ASSIZE__MORE__INIT;
    m.request = s->request;
    m.credit = s->taken;
    s->taken = 0;
    struct az_msg msg = {.kind = AZ_MSG_MORE, .more = &m};
    return az_client_send(s->client, &msg, err);
}

static int on_verdicts(struct reading *s, const Assize__Verdicts *m, struct az_error *err)
{
    for (size_t i = 0; i < m->n_lines; i++) {
        struct az_str line = {(const char *)m->lines[i].data, m->lines[i].len};
        int r = s->config->line(s->config->arg, line, err);
        if (r < 0)
            return r;
        s->result->lines++;
        s->taken += (int64_t)line.n;
    }
    s->result->next = m->next;
    if (m->open && !s->result->open)
        s->result->first_open = m->first_open;
    s->result->open += m->open;
    s->end = m->end;
    int r = m->n_lines && s->config->batch ? s->config->batch(s->config->arg, err) : 0;
    return r < 0 || s->end ? r : more(s, err);
}

/* A job may decide nothing for an hour: only the session's silence counts. */
static int go_on(struct reading *s, struct az_error *err)
{
    struct az_msg msg;
    int r = az_client_receive(s->client, INT64_MAX, &msg, err);
    if (r < 0 || az_client_answers(&msg) != s->request)
        return r;
    if (msg.kind == AZ_MSG_FAILED)
        return az_client_failed(&msg, err);
    return msg.kind == AZ_MSG_VERDICTS ? on_verdicts(s, msg.verdicts, err) : 0;
}

static int resume(struct reading *s, struct az_error *err)
{
    az_ms pause = PAUSE_FIRST_MS, since = az_clock_ms();
    int r = AZ_EGONE;
    while (r == AZ_EGONE && az_clock_ms() - since < s->config->patience_ms) {
        az_client_free(AZ_TAKE(s->client));
        int stop_fd = s->config->client.stop_fd;
        struct pollfd stop = {.fd = stop_fd > 0 ? stop_fd : -1, .events = POLLIN};
        if (poll(&stop, 1, (int)pause) > 0)
            return AZ_EAGAIN;
        pause = AZ_MIN(pause * 2, (az_ms)PAUSE_LAST_MS);
        r = begin(s, err);
    }
    return r;
}

int az_verdicts_read(const struct az_verdicts_config *config, struct az_verdicts *ret,
                     struct az_error *err)
{
    struct reading s = {
        .config = config, .result = ret, .credit = config->credit ? config->credit : CREDIT};
    *ret = (struct az_verdicts){.next = config->from};
    int r = begin(&s, err);
    while (r == 0 && !s.end) {
        r = go_on(&s, err);
        if (r == AZ_EGONE)
            r = resume(&s, err);
    }
    az_client_free(s.client);
    return r;
}
