/* Results, More: verdicts as lines, from any position, as fast as the client
 * takes them. Of a client that takes none only its place is kept: between two
 * readings nothing is open, so neither memory nor the WAL grows with it. */
#include "coordinator/io_service_state.h"
#include "coordinator/stream.h"
#include "core/buf.h"
#include "core/io_clock.h"
#include "core/mem.h"
#include "core/verdict.h"

enum {
    WAKE_MS = 100,    /* between two looks at a job that runs */
    STREAMS_MAX = 64, /* of one client */
};

struct stream {
    struct az_chore chore;
    struct stream *next;
    struct az_service *s;
    struct az_asked asker;
    int64_t job;
    char *dir;
    bool brief;
    struct az_stream place;
    bool gone; /* nobody wants it any more, and the thread has it */

    /* of one reading */
    struct az_buf lines;
    size_t n, *ends, ends_cap;
    int code;
    struct az_error err;
};

/* Between two readings only its place is kept. */
static void reading_release(struct stream *st)
{
    az_buf_release(&st->lines);
    free(AZ_TAKE(st->ends));
    st->n = st->ends_cap = 0;
}

static void stream_free(struct stream *st)
{
    reading_release(st);
    free(st->dir);
    free(st);
}

/* ---- reading, on the thread `reading` ---- */

struct reading {
    struct stream *st;
    const struct az_panel *panel;
};

static int put_line(struct reading *r, const struct az_case *c, struct az_error *err)
{
    struct stream *st = r->st;
    az_verdict_print(&st->lines, r->panel, c->item, &c->verdict, c->ballots, st->brief);
    int code = az_buf_check(&st->lines, err);
    if (code == 0 && az_grow(&st->ends, &st->ends_cap, st->n + 1, sizeof(*st->ends)) < 0)
        code = az_oom(err);
    if (code == 0)
        st->ends[st->n++] = st->lines.n;
    return code;
}

static int read_case(void *arg, const struct az_case *c, struct az_error *err)
{
    struct reading *r = arg;
    struct stream *st = r->st;
    int64_t seq = c->item->seq, before = (int64_t)st->lines.n;
    int next = az_stream_case(&st->place, seq, c->pos, c->verdict.status != AZ_OPEN);
    if (next != AZ_STREAM_LINE)
        return next;
    int code = put_line(r, c, err);
    return code < 0 ? code : az_stream_line(&st->place, seq, c->pos, (int64_t)st->lines.n - before);
}

static int read_store(struct stream *st, struct az_error *err)
{
    AZ_AUTO(panel) panel = NULL;
    AZ_AUTO(store) store = NULL;
    AZ_AUTO(store_reader) reader = NULL;
    int r = disk_read_panel(st->dir, NULL, &panel, err);
    if (r == 0)
        r = az_store_open(st->dir, AZ_STORE_READ, panel, &store, err);
    if (r == 0)
        r = az_store_reader_open(store, &reader, err);
    struct reading reading = {st, panel};
    if (r == 0 && st->place.as_they_come)
        r = az_store_each_decided(reader, panel, st->place.at, read_case, &reading, err);
    else if (r == 0)
        r = az_store_each_from(reader, panel, st->place.at, read_case, &reading, err);
    return r;
}

static void read_run(struct az_chore *c)
{
    struct stream *st = (struct stream *)c;
    st->code = read_store(st, &st->err);
    az_stream_read(&st->place, st->code == AZ_STREAM_ENOUGH);
}

/* ---- sending ---- */

static void unlink_stream(struct az_service *s, struct stream *st)
{
    struct stream **at = &s->streams;
    while (*at != st)
        at = &(*at)->next;
    *at = st->next;
}

static void stream_ends(struct az_service *s, struct stream *st)
{
    unlink_stream(s, st);
    if (st->place.busy)
        st->gone = true;
    else
        stream_free(st);
}

/* AZ_EAGAIN: not now. */
static int send_lines(struct az_service *s, struct stream *st)
{
    Assize__Verdicts m = ASSIZE__VERDICTS__INIT;
    ProtobufCBinaryData *lines = az_alloc((st->n + 1) * sizeof(*lines));
    if (!lines) {
        struct az_error err;
        service_give_up(s, az_oom(&err), &err);
        return 0;
    }
    for (size_t i = 0, from = 0; i < st->n; from = st->ends[i++])
        lines[i] = (ProtobufCBinaryData){st->ends[i] - from, (uint8_t *)st->lines.p + from};
    m.request = st->asker.request;
    m.n_lines = st->n;
    m.lines = lines;
    m.next = st->place.after;
    m.end = az_stream_is_last(&st->place);
    m.open = st->place.open;
    m.first_open = st->place.first_open;
    int r = front_send(s, &st->asker, AZ_MSG_VERDICTS, &m.base);
    free(lines);
    return r;
}

/* What was read goes out, or is read again later. Sending may end the session,
 * and with it the stream: `busy` keeps it until here is done. */
static void send_reading(struct az_service *s, struct stream *st)
{
    int r = az_stream_says(&st->place) ? send_lines(s, st) : 0;
    reading_release(st);
    bool over = az_stream_sent(&st->place, r == AZ_EAGAIN, az_clock_ms());
    if (st->gone)
        stream_free(st);
    else if (over || (r < 0 && r != AZ_EAGAIN))
        stream_ends(s, st);
}

static void read_done(struct az_chore *c)
{
    struct stream *st = (struct stream *)c;
    struct az_service *s = st->s;
    if (st->gone) {
        stream_free(st);
    } else if (st->code < 0) {
        front_failed(s, &st->asker, st->job, &st->err);
        st->place.busy = false;
        if (st->gone)
            stream_free(st);
        else
            stream_ends(s, st);
    } else {
        send_reading(s, st);
    }
}

/* ---- who reads when ---- */

static void start_reading(struct az_service *s, struct stream *st, const struct job *job)
{
    az_stream_begin(&st->place, az_job_rests(&job->rec) && job->desk.phase == AZ_PHASE_CLOSED);
    st->n = 0;
    st->code = 0;
    st->err = (struct az_error){0};
    st->lines = az_buf(AZ_BUF_MAX);
    az_chores_add(s->reading, &st->chore);
}

/* Readers that had read all look again, some time after a verdict. */
static az_ms wake_idle(struct az_service *s, az_ms now)
{
    bool any = s->wake_readers || s->any_decided;
    if (!any || !s->streams)
        return INT64_MAX;
    if (now < s->next_wake)
        return s->next_wake;
    for (struct stream *st = s->streams; st; st = st->next) {
        const struct job *job = service_job(s, st->job);
        if (!job || job->news)
            az_stream_wake(&st->place);
    }
    for (struct job *j = job_first(s); j; j = job_next(j))
        j->news = false;
    s->wake_readers = s->any_decided = false;
    s->next_wake = now + WAKE_MS;
    return INT64_MAX;
}

static void tell_gone(struct az_service *s, struct stream *st)
{
    struct az_error err = {0};
    az_fail(&err, AZ_ENOENT, "no job %lld", (long long)st->job);
    st->place.busy = true; /* telling may end its session, and that its streams */
    front_failed(s, &st->asker, st->job, &err);
    st->place.busy = false;
    if (st->gone)
        stream_free(st);
    else
        stream_ends(s, st);
}

/* The first that may read now; *until: when another may. */
static struct stream *next_ready(struct az_service *s, az_ms now, az_ms *until)
{
    for (struct stream *st = s->streams; st; st = st->next) {
        if (az_stream_ready(&st->place, now, until))
            return st;
    }
    return NULL;
}

az_ms front_stream(struct az_service *s, az_ms now)
{
    az_ms until = wake_idle(s, now);
    struct stream *st;
    while (s->code == 0 && (st = next_ready(s, now, &until))) {
        const struct job *job = service_job(s, st->job);
        struct az_asker who = front_who(s, &st->asker);
        if (job && az_job_is_seen(&job->rec, &who)) /* the list may have changed */
            start_reading(s, st, job);
        else
            tell_gone(s, st);
    }
    return until;
}

void front_streams_gone(struct az_service *s, int peer)
{
    for (struct stream *st = s->streams, *next; st; st = next) {
        next = st->next;
        if (peer < 0 || st->asker.peer == peer)
            stream_ends(s, st);
    }
}

/* ---- requests ---- */

static struct stream *stream_of(struct az_service *s, const struct az_asked *asker)
{
    for (struct stream *st = s->streams; st; st = st->next) {
        if (st->asker.peer == asker->peer && st->asker.request == asker->request)
            return st;
    }
    return NULL;
}

static int check_results(struct az_service *s, const struct az_asked *asker, struct az_error *err)
{
    size_t n = 0;
    for (struct stream *st = s->streams; st; st = st->next)
        n += st->asker.peer == asker->peer;
    if (stream_of(s, asker))
        return az_fail(err, AZ_EEXIST, "request %llu is under way",
                       (unsigned long long)asker->request);
    if (n >= STREAMS_MAX)
        return az_fail(err, AZ_ELIMIT, "you read %zu jobs at once already", n);
    return 0;
}

void front_results(struct az_service *s, const struct az_asked *asker, const Assize__Results *m)
{
    struct az_error err = {0};
    struct job *job = front_job(s, asker, m->job, false);
    if (!job)
        return;
    if (check_results(s, asker, &err) < 0) {
        front_failed(s, asker, job->rec.id, &err);
        return;
    }
    struct stream *st = az_zalloc(sizeof(*st));
    char *dir = st ? disk_job_dir(s, job->rec.id) : NULL;
    if (!dir) {
        free(st);
        service_give_up(s, az_oom(&err), &err);
        return;
    }
    *st = (struct stream){.chore = {.run = read_run, .done = read_done},
                          .next = s->streams,
                          .s = s,
                          .asker = *asker,
                          .job = job->rec.id,
                          .dir = dir,
                          .brief = m->brief,
                          .place = az_stream(m->from, m->credit, m->follow, m->as_they_come)};
    s->streams = st;
}

void front_more(struct az_service *s, const struct az_asked *asker, const Assize__More *m)
{
    struct stream *st = stream_of(s, asker);
    if (!st)
        return; /* it has come to its end */
    if (m->stop)
        stream_ends(s, st);
    else
        az_stream_more(&st->place, m->credit);
}
