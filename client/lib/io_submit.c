#include "client/lib/io_submit.h"

#include <poll.h>

#include "client/lib/parcel.h"
#include "core/io_clock.h"
#include "core/mem.h"

enum {
    PAUSE_FIRST_MS = 100,
    PAUSE_LAST_MS = 3000,
    CHUNK_BYTES_LEAST = 4096,
    LINES_AT_ONCE = 10000
};

struct submit {
    const struct az_submit_config *config;
    struct az_submitted *result;
    struct az_client *client; /* NULL: not connected */
    bool met;                 /* it was, once */
    size_t chunk_bytes, window;
    uint64_t durable, next; /* chunks: there for good; read from the file */
    int64_t last_line;      /* in those that are durable */
    int64_t had;            /* lines up to this one were there when the file was opened */
    int64_t cut;            /* the last line in a chunk, there or here */
    bool sealed;
    struct az_parcel *head, *tail; /* whole, and not known to be durable */
    size_t n;
    struct az_parcel *filling;
    bool ended; /* the input is; its last chunk is whole */
    bool held;  /* the line that was read did not fit */
    struct az_line line;
    int64_t too_long; /* lines */
    az_ms progress;   /* when something went on */
    az_ms pause;      /* before the next session; grows until something goes on */
};

/* ---- from the file to chunks ---- */

static void forget_first(struct submit *s)
{
    struct az_parcel *c = s->head;
    s->head = c->next;
    if (!s->head)
        s->tail = NULL;
    s->n--;
    az_parcel_free(c);
}

/* Two that send the same lines at the same time, and cut them at other places, must
 * not complete each other. */
static int check_cut(const struct submit *s, const struct az_parcel *c, bool durable,
                     struct az_error *err)
{
    size_t n = c->msg.n_lines;
    if (!n || (durable ? c->msg.lines[n - 1]->number <= s->last_line
                       : c->msg.lines[0]->number > s->last_line))
        return 0;
    az_fail(err, AZ_EBUSY, "somebody else sends the lines of job %llu too",
            (unsigned long long)s->result->job);
    az_hint(err, "The same command goes on, once the other has ended.");
    return AZ_EBUSY;
}

/* After a failure nothing is forgotten, so that it fails again. */
static int forget_durable(struct submit *s, struct az_error *err)
{
    while (s->head && s->head->msg.index <= s->durable) {
        bool durable = s->head->msg.index < s->durable;
        int r = check_cut(s, s->head, durable, err);
        if (r < 0 || !durable)
            return r;
        forget_first(s);
    }
    return 0;
}

static int chunk_close(struct submit *s, bool last, struct az_error *err)
{
    struct az_parcel *c = AZ_TAKE(s->filling);
    c->msg.last = last;
    *(s->tail ? &s->tail->next : &s->head) = c;
    s->tail = c;
    s->n++;
    s->ended = last;
    return forget_durable(s, err); /* another process may be ahead */
}

static int put_line(struct submit *s, struct az_error *err)
{
    struct az_str gold = {0};
    int r = s->config->gold ? s->config->gold(s->config->arg, &s->line, &gold, err) : 0;
    if (r < 0)
        return r;
    r = az_parcel_add(s->filling, s->chunk_bytes, s->line.number, s->line.text, gold);
    if (r < 0)
        return az_oom(err);
    s->held = r > 0;
    if (s->held)
        return chunk_close(s, false, err);
    s->cut = s->line.number;
    s->result->lines++;
    return 0;
}

/* One line more. AZ_EAGAIN: none is there yet. */
static int read_line(struct submit *s, struct az_error *err)
{
    if (!s->filling && !(s->filling = az_parcel_new(s->next++, s->cut)))
        return az_oom(err);
    int r = s->held ? AZ_LINE_HERE : az_lines_next(s->config->in, &s->line, err);
    if (r < 0)
        return r;
    if (r == AZ_LINE_END)
        return chunk_close(s, true, err);
    if (r == AZ_LINE_LONG) {
        s->too_long++;
        s->result->lines++;
        s->config->bad(s->config->arg, s->line.number, "longer than any line that is sent");
        return 0;
    }
    if (!az_str_trim(s->line.text).n)
        return 0;
    if (s->line.number > s->had)
        return put_line(s, err);
    s->result->lines++;
    return 0;
}

/* More chunks may be under way than are read. */
static bool has_room(const struct submit *s)
{
    return !s->ended && s->n < s->window;
}

/* Not too long at once: the coordinator wants to hear something now and then, also
 * while much is passed over that it has already. AZ_EAGAIN: the input has no more
 * yet. */
static int fill(struct submit *s, struct az_error *err)
{
    for (int i = 0; i < LINES_AT_ONCE && has_room(s); i++) {
        int r = read_line(s, err);
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- to the coordinator ---- */

static int ask(struct submit *s, struct az_msg *reply, struct az_error *err)
{
    const struct az_submit_config *c = s->config;
    Assize__Submit m = ASSIZE__SUBMIT__INIT;
    m.request = az_client_request(s->client);
    m.key = (ProtobufCBinaryData){c->key.n, (uint8_t *)c->key.p};
    m.yaml = (char *)c->yaml;
    m.name = (char *)c->name;
    m.priority = c->priority;
    m.deadline_s = c->deadline_s;
    struct az_msg msg = {.kind = AZ_MSG_SUBMIT, .submit = &m};
    return az_client_call(s->client, &msg, m.request, AZ_MSG_SUBMITTED, reply, err);
}

/* Connected, and the job is known. */
static int begin(struct submit *s, struct az_error *err)
{
    struct az_msg reply;
    int r = az_client_open(&s->config->client, &s->client, err);
    s->met = s->met || r == 0;
    if (r == 0)
        r = ask(s, &reply, err);
    if (r < 0)
        return r;
    const Assize__Submitted *m = reply.submitted;
    bool again = s->result->job;
    if (again && (m->job != s->result->job || m->chunks < s->durable))
        return az_fail(err, AZ_ECHANGED, "job %llu is not any more what it was",
                       (unsigned long long)s->result->job);
    s->result->job = m->job;
    s->result->existed = again ? s->result->existed : m->existed;
    s->result->complete = again ? s->result->complete : m->existed && m->sealed;
    s->durable = m->chunks;
    s->last_line = m->last_line;
    if (!again) {
        s->next = m->chunks;
        s->had = s->cut = m->last_line;
    }
    s->sealed = m->sealed;
    s->window = AZ_MAX(m->window, 1u);
    s->chunk_bytes = AZ_MAX(m->chunk_bytes, (uint32_t)CHUNK_BYTES_LEAST);
    for (struct az_parcel *c = s->head; c; c = c->next)
        c->sent = false;
    return forget_durable(s, err);
}

static int send_chunks(struct submit *s, struct az_error *err)
{
    int r = 0;
    for (struct az_parcel *c = s->head; c && r == 0; c = c->next) {
        if (c->sent)
            continue;
        c->msg.job = s->result->job;
        struct az_msg msg = {.kind = AZ_MSG_CHUNK, .chunk = &c->msg};
        r = az_client_send(s->client, &msg, err);
        c->sent = r == 0;
    }
    return r;
}

static int on_chunked(struct submit *s, const Assize__Chunked *m, struct az_error *err)
{
    if (m->job != s->result->job)
        return 0;
    for (size_t i = 0; i < m->n_bad; i++)
        s->config->bad(s->config->arg, m->bad[i]->line, m->bad[i]->what);
    s->durable = AZ_MAX(s->durable, m->chunks);
    s->last_line = AZ_MAX(s->last_line, m->last_line);
    s->sealed = m->sealed;
    s->result->bad = (int64_t)m->bad_lines + s->too_long;
    s->result->repeated = (int64_t)m->repeated_lines;
    s->progress = az_clock_ms();
    s->pause = PAUSE_FIRST_MS;
    if (s->config->progress)
        s->config->progress(s->config->arg, s->result->lines);
    return forget_durable(s, err);
}

/* A chunk that was not taken for want of room is sent again in another session, as
 * all that is not durable: what came after it was not taken either. */
static int on_failed(const struct az_msg *msg, struct az_error *err)
{
    int r = az_client_failed(msg, err);
    if (r == AZ_EBUSY)
        r = err->code = AZ_EGONE;
    return r;
}

static int on_message(struct submit *s, struct az_error *err)
{
    struct az_msg msg;
    int r = az_client_receive(s->client, 0, &msg, err);
    if (r < 0)
        return r;
    if (msg.kind == AZ_MSG_CHUNKED)
        return on_chunked(s, msg.chunked, err);
    return msg.kind == AZ_MSG_FAILED ? on_failed(&msg, err) : 0;
}

/* One round in a session: read, send, and wait for what comes first. */
static int go_on(struct submit *s, struct az_error *err)
{
    int r = fill(s, err);
    bool hungry = r == AZ_EAGAIN;
    if (r < 0 && !hungry)
        return r;
    r = send_chunks(s, err);
    if (r < 0)
        return r;
    /* While the input has nothing, nobody is late. */
    bool idle = hungry && !s->n, more = !hungry && has_room(s);
    az_ms until = idle ? INT64_MAX : more ? 0 : s->progress + s->config->patience_ms;
    if (more || idle)
        s->progress = az_clock_ms();
    r = az_client_wait(s->client, hungry ? az_lines_fd(s->config->in) : -1, until, err);
    if (idle)
        s->progress = az_clock_ms();
    if (r == AZ_CLIENT_MESSAGE)
        return on_message(s, err);
    if (r == AZ_CLIENT_NOTHING && !more)
        return az_fail(err, AZ_EGONE, "job %llu: nothing was acknowledged for %lld s",
                       (unsigned long long)s->result->job,
                       (long long)s->config->patience_ms / 1000);
    return AZ_MIN(r, 0);
}

/* The session broke: a new one, until patience ends. */
static int resume(struct submit *s, struct az_error *err)
{
    int r = AZ_EGONE; /* AZ_EBUSY: it is stopping, has just begun, or has no room */
    while ((r == AZ_EGONE || r == AZ_EBUSY) &&
           az_clock_ms() - s->progress < s->config->patience_ms) {
        az_client_free(AZ_TAKE(s->client));
        poll(NULL, 0, (int)s->pause);
        s->pause = AZ_MIN(s->pause * 2, (az_ms)PAUSE_LAST_MS);
        r = begin(s, err);
    }
    return r;
}

int az_submit(const struct az_submit_config *config, struct az_submitted *ret, struct az_error *err)
{
    struct submit s = {
        .config = config, .result = ret, .progress = az_clock_ms(), .pause = PAUSE_FIRST_MS};
    *ret = (struct az_submitted){0};
    az_lines_set_waiting(config->in, false);
    int r = begin(&s, err); /* nobody there at the start: told at once */
    if (r == AZ_EGONE && s.met)
        r = resume(&s, err);
    while (r == 0 && !s.sealed) {
        r = go_on(&s, err);
        if (r == AZ_EGONE)
            r = resume(&s, err);
    }
    ret->bad = AZ_MAX(ret->bad, s.too_long);
    while (s.head)
        forget_first(&s);
    az_parcel_free(s.filling);
    az_client_free(s.client);
    return r;
}
