/* Results, More: verdicts as lines, from any position, as fast as the client
 * takes them. Of a client that takes none only its place is kept: between two
 * readings nothing is open, so neither memory nor the WAL grows with it. */
#include "coordinator/io_service_state.h"
#include "core/buf.h"
#include "core/io_clock.h"
#include "core/mem.h"
#include "core/verdict.h"

enum {
    READ_BYTES = 256 << 10, /* of lines in one message, or one line that is longer */
    READ_LINES = 4096,
    READ_CASES = 16384, /* looked at for one message */
    WAKE_MS = 100,      /* between two looks at a job that runs */
    RETRY_MS = 100,     /* the first time; then twice as long, up to … */
    RETRY_MAX_MS = 10000,
    STREAMS_MAX = 64, /* of one client */
};

struct stream {
    struct az_chore chore;
    struct stream *next;
    struct az_service *s;
    struct az_asked asker;
    int64_t job;
    char *dir;
    bool follow, as_they_come, brief;
    int64_t at, credit;
    az_ms retry, retry_ms;
    bool idle;  /* it has read all there is */
    bool woken; /* there may be more, since it began to read */
    bool busy;  /* the thread has it */
    bool gone;  /* and nobody wants it any more */

    /* of one reading */
    bool final; /* nothing more will come */
    int64_t budget, cases;
    struct az_buf lines;
    size_t n, *ends, ends_cap;
    int64_t after, open, first_open;
    bool all;
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

enum { READ_ALL = 0, READ_ENOUGH = 1, READ_TO_AN_OPEN_ONE = 2 };

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
    if (c->verdict.status == AZ_OPEN) {
        if (st->follow && !st->final)
            return READ_TO_AN_OPEN_ONE;
        if (!st->open++)
            st->first_open = c->item->seq;
    } else {
        int code = put_line(r, c, err);
        if (code < 0)
            return code;
    }
    st->after = (st->as_they_come ? c->pos : c->item->seq) + 1;
    bool enough =
        (int64_t)st->lines.n >= st->budget || st->n == READ_LINES || ++st->cases == READ_CASES;
    return enough ? READ_ENOUGH : READ_ALL;
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
    if (r == 0 && st->as_they_come)
        r = az_store_each_decided(reader, panel, st->at, read_case, &reading, err);
    else if (r == 0)
        r = az_store_each_from(reader, panel, st->at, read_case, &reading, err);
    return r;
}

static void read_run(struct az_chore *c)
{
    struct stream *st = (struct stream *)c;
    st->code = read_store(st, &st->err);
    st->all = st->code != READ_ENOUGH;
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
    if (st->busy)
        st->gone = true;
    else
        stream_free(st);
}

/* AZ_EAGAIN: not now. */
static int send_lines(struct az_service *s, struct stream *st, bool end)
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
    m.next = st->after;
    m.end = end;
    m.open = st->open;
    m.first_open = st->open ? st->first_open : 0;
    int r = front_send(s, &st->asker, AZ_MSG_VERDICTS, &m.base);
    free(lines);
    return r;
}

/* What was read goes out, or is read again later. Sending may end the session,
 * and with it the stream: `busy` keeps it until here is done. */
static void send_reading(struct az_service *s, struct stream *st)
{
    bool end = st->all && (!st->follow || st->final);
    bool says = st->n || end || st->after != st->at;
    int r = says ? send_lines(s, st, end) : 0;
    int64_t sent = (int64_t)st->lines.n;
    reading_release(st);
    st->busy = false;
    if (st->gone) {
        stream_free(st);
    } else if (r == AZ_EAGAIN) {
        st->retry_ms = AZ_MIN(AZ_MAX(2 * st->retry_ms, (az_ms)RETRY_MS), (az_ms)RETRY_MAX_MS);
        st->retry = az_clock_ms() + st->retry_ms;
    } else if (end || r < 0) {
        stream_ends(s, st);
    } else {
        st->retry_ms = 0;
        st->at = st->after;
        st->credit -= sent;
        st->idle = st->all && !st->woken;
    }
}

static void read_done(struct az_chore *c)
{
    struct stream *st = (struct stream *)c;
    struct az_service *s = st->s;
    if (st->gone) {
        stream_free(st);
    } else if (st->code < 0) {
        front_failed(s, &st->asker, st->job, &st->err);
        st->busy = false;
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
    st->final = az_job_rests(&job->rec) && job->desk.phase == AZ_PHASE_CLOSED;
    st->budget = AZ_MIN(st->credit, (int64_t)READ_BYTES);
    st->cases = st->open = 0;
    st->n = 0;
    st->after = st->at;
    st->woken = false;
    st->busy = true;
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
        if (!job || job->news) {
            st->idle = false;
            st->woken = true;
        }
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
    st->busy = true; /* telling may end its session, and that its streams */
    front_failed(s, &st->asker, st->job, &err);
    st->busy = false;
    if (st->gone)
        stream_free(st);
    else
        stream_ends(s, st);
}

/* The first that may read now; *until: when another may. */
static struct stream *next_ready(struct az_service *s, az_ms now, az_ms *until)
{
    for (struct stream *st = s->streams; st; st = st->next) {
        if (st->busy || st->idle || st->credit <= 0)
            continue;
        if (st->retry <= now)
            return st;
        *until = AZ_MIN(*until, st->retry);
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
                          .follow = m->follow,
                          .as_they_come = m->as_they_come,
                          .brief = m->brief,
                          .at = m->from,
                          .credit = m->credit};
    s->streams = st;
}

void front_more(struct az_service *s, const struct az_asked *asker, const Assize__More *m)
{
    struct stream *st = stream_of(s, asker);
    if (!st)
        return; /* it has come to its end */
    if (m->stop)
        stream_ends(s, st);
    else if (__builtin_add_overflow(st->credit, m->credit, &st->credit))
        st->credit = INT64_MAX;
}
