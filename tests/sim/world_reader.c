/* Readers, one a job: each takes verdicts from a position on, in order or as they come,
 * until nothing more comes; its connection breaks, and it goes on from where it was.
 * What it takes must be each verdict, once. The service's side is the real stream. */
#include "tests/sim/world.h"

enum { LINE_BYTES = 10, AGAIN_MS = 3000, PATIENCE_MS = 20000 };

static void later(struct world *w, struct reader *r, az_ms ms)
{
    world_at(w, w->now + ms, (struct event){.kind = EV_READER_TIME, .who = (int)(r - w->readers)});
}

void reader_make(struct world *w, struct job *job)
{
    struct reader *r = &w->readers[job->index];
    bool none = world_roll(w, BY_READER, 3) == 0;
    bool as_they_come = world_roll(w, BY_READER, 2);
    *r = (struct reader){.job = job,
                         .as_they_come = as_they_come,
                         .next = as_they_come,
                         .first_open = -1,
                         .state = none ? READER_CONTENT : READER_APART};
    later(w, r, (az_ms)world_roll(w, BY_READER, 20000));
}

void reader_breaks(struct world *w, struct reader *r)
{
    if (r->state == READER_CONTENT)
        return;
    r->session++; /* what was under way is lost */
    r->open = false;
    r->state = READER_APART;
}

void reader_ends(struct reader *r)
{
    r->session++;
    r->open = false;
    r->state = READER_CONTENT;
}

/* ---- the service's side ---- */

/* As front_stream(): whoever may read now does. Returns when another may. */
az_ms readers_go(struct world *w)
{
    az_ms until = INT64_MAX;
    for (int j = 0; j < w->n_jobs; j++) {
        struct reader *r = &w->readers[j];
        struct job *job = &w->jobs[j];
        if (!r->open || !az_stream_ready(&r->place, w->now, &until))
            continue;
        az_stream_begin(&r->place,
                        az_job_rests(&job->record) && job->desk.phase == AZ_PHASE_CLOSED);
        world_at(w, w->now + (az_ms)world_roll(w, BY_READER, (uint64_t)w->disk_ms / 4 + 1),
                 (struct event){
                     .kind = EV_READ, .who = j, .life = w->life, .said = {.session = r->session}});
    }
    return until;
}

void reader_wakes(struct world *w, struct job *job)
{
    az_stream_wake(&w->readers[job->index].place);
}

static int read_one(struct reader *r, struct client_msg *m, int seq)
{
    const struct stored_item *s = &r->job->items[seq];
    int next = az_stream_case(&r->place, seq, s->pos, s->verdict.status != AZ_OPEN);
    if (next != AZ_STREAM_LINE)
        return next;
    m->pos[m->n_items] = s->pos;
    m->items[m->n_items++] = (unsigned char)seq;
    return az_stream_line(&r->place, seq, s->pos, LINE_BYTES);
}

static int decided_at(const struct job *job, int64_t pos)
{
    int seq = 0;
    while (seq < job->n_items && job->items[seq].pos != pos)
        seq++;
    return seq;
}

/* What its job's disk has, in the reader's order. */
static struct client_msg read_all(struct reader *r)
{
    const struct job *job = r->job;
    struct client_msg m = {.kind = C_VERDICTS, .session = r->session};
    int next = AZ_STREAM_MORE;
    int64_t end = r->as_they_come ? job->decisions + 1 : job->in.items;
    for (int64_t at = r->place.at; at < end && next == AZ_STREAM_MORE; at++) {
        int seq = r->as_they_come ? decided_at(job, at) : (int)at;
        next = seq < job->n_items ? read_one(r, &m, seq) : next; /* open again: its place is gone */
    }
    az_stream_read(&r->place, next == AZ_STREAM_ENOUGH);
    m.index = r->place.after;
    m.last = az_stream_is_last(&r->place);
    m.sealed = az_job_has_ended(&job->record);
    m.to = (int)job->decisions;
    m.chunks = r->place.open;
    m.last_line = r->place.first_open;
    return m;
}

void reader_reads(struct world *w, struct event *e)
{
    struct reader *r = &w->readers[e->who];
    if (!r->open || e->said.session != r->session)
        return;
    struct client_msg m = read_all(r);
    bool full = (int)world_roll(w, BY_READER, 1000) < 3 * w->garbled;
    if (az_stream_says(&r->place) && !full) {
        r->last_down =
            AZ_MAX(r->last_down + 1, w->now + (az_ms)world_roll(w, BY_READER, (uint64_t)w->net_ms));
        world_at(w, r->last_down, (struct event){.kind = EV_TO_READER, .who = e->who, .said = m});
    }
    if (az_stream_sent(&r->place, full && az_stream_says(&r->place), w->now))
        r->open = false;
}

/* ---- the reader's side ---- */

static void ask(struct world *w, struct reader *r)
{
    const struct job *job = r->job;
    if (!w->up || w->stopped_until > w->now || !job->record.id || job->desk.gone ||
        !az_desk_told(&job->desk, w->catalog.committed))
        return;
    r->state = READER_READING;
    r->heard = w->now;
    r->open = true;
    r->place = az_stream(r->next, LINE_BYTES * (1 + (int64_t)world_roll(w, BY_READER, 4)), true,
                         r->as_they_come);
    coordinator_settle(w);
}

void reader_time(struct world *w, struct reader *r)
{
    if (r->state == READER_CONTENT)
        return;
    if (r->state == READER_READING && w->now - r->heard > PATIENCE_MS)
        reader_breaks(w, r);
    if (r->state == READER_APART)
        ask(w, r);
    later(w, r, AGAIN_MS);
}

/* Is there all that it should have by now? What was passed over while nothing more was
 * to come, with all after it, is asked for again. */
static bool has_all(struct world *w, struct reader *r, int64_t decisions)
{
    const struct job *job = r->job;
    bool all = true;
    for (int seq = 0; seq < job->n_items; seq++) {
        const struct stored_item *s = &job->items[seq];
        bool had = r->as_they_come ? r->seen[seq] == s->pos : r->seen[seq] != 0;
        if (!s->pos || s->pos > decisions || had)
            continue;
        all = false;
        if (r->as_they_come || r->first_open < 0 || seq < r->first_open)
            world_fail(w, "job %d, item %d: decided, and its reader never got it", job->index, seq);
    }
    return all;
}

/* Nothing more will come, or not until somebody resumes the job. */
static void told_all(struct world *w, struct reader *r, const struct client_msg *m)
{
    bool all = has_all(w, r, m->to);
    r->state = all && m->sealed ? READER_CONTENT : READER_APART;
    r->session++;
    if (r->as_they_come || r->first_open < 0)
        return;
    r->next = r->first_open; /* what it had after that comes again */
    for (int seq = (int)r->next; seq < r->job->n_items; seq++)
        r->seen[seq] = 0;
    r->first_open = -1;
}

void reader_hears(struct world *w, struct reader *r, const struct client_msg *m)
{
    if (r->state != READER_READING)
        return;
    r->heard = w->now;
    for (int i = 0; i < m->n_items; i++) {
        int seq = m->items[i];
        if (r->seen[seq] == m->pos[i])
            world_fail(w, "job %d, item %d: its reader gets it twice", r->job->index, seq);
        r->seen[seq] = m->pos[i];
    }
    world_say(w, "job %d: its reader has %d more, goes on at %lld%s", r->job->index, m->n_items,
              (long long)m->index, m->last ? ", and that is all" : "");
    r->next = m->index;
    if (m->chunks && r->first_open < 0)
        r->first_open = m->last_line;
    if (m->last) {
        told_all(w, r, m);
        return;
    }
    if (r->open && w->up)
        az_stream_more(&r->place, LINE_BYTES * m->n_items);
    if (w->up && w->stopped_until <= w->now)
        coordinator_settle(w);
}
