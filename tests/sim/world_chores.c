/* The thread that waits for disks, one chore after the other: directories are made,
 * chunks come in by the real reception, jobs are opened and closed. */
#include "core/mem.h"
#include "tests/sim/world.h"

/* ---- the row of them ---- */

static void next_later(struct world *w)
{
    if (w->chores)
        world_at(w, w->now + (az_ms)world_roll(w, BY_CATALOG, (uint64_t)w->disk_ms / 4 + 1),
                 (struct event){.kind = EV_CHORE, .life = w->life});
}

struct chore *chore_add(struct world *w, int kind, struct job *job)
{
    struct chore *c = az_zalloc(sizeof(*c));
    az_assert(c);
    c->kind = kind;
    c->job = job;
    job->desk.chores++;
    bool first = !w->chores;
    *w->chores_end = c;
    w->chores_end = &c->next;
    if (first)
        next_later(w);
    return c;
}

static void drop_first(struct world *w)
{
    struct chore *c = w->chores;
    if (!(w->chores = c->next))
        w->chores_end = &w->chores;
    free(c);
}

/* What the thread was doing may be half done. */
void chores_drop(struct world *w)
{
    struct chore *c = w->chores;
    if (c && c->kind == CHORE_OPEN && c->job->desk.retrying)
        disk_reopen(w, c->job, (int)world_roll(w, BY_CATALOG, WORLD_ITEMS));
    while (w->chores)
        drop_first(w);
}

/* ---- chunks ---- */

static int full(struct world *w, struct chore *c)
{
    return w->full_until > w->now ? az_fail(&c->err, AZ_EOUTPUT, "the disk is full") : 0;
}

/* A job of that number that nobody was told of may have left something there. */
static void clear(struct world *w, int64_t id)
{
    for (int j = 0; j < w->n_jobs; j++) {
        struct job *job = &w->jobs[j];
        if (job->dir != id)
            continue;
        if (job->in.progress.chunks)
            world_fail(w, "job %d: a directory with items is removed", j);
        job->dir = 0;
    }
}

static void make(struct world *w, struct chore *c)
{
    clear(w, c->job->record.id);
    c->code = full(w, c);
    if (c->code < 0)
        return;
    c->job->dir = c->job->record.id;
    c->job->in = (struct az_received){0};
    c->job->reception = az_reception(&(struct az_store_totals){0});
    c->job->receives = true;
}

/* Of a job that was pruned; in the disk's time, and no crash leaves half of it. */
static void remove_dir(struct world *w, struct job *job)
{
    if (job->kept.id == job->record.id)
        world_fail(w, "job %d has a record, and its directory goes", job->index);
    if (job->pending || job->docket)
        world_fail(w, "job %d is in use, and its directory goes", job->index);
    job->receives = false;
    job->dir = 0;
}

static void open_intake(struct job *job)
{
    struct az_store_totals totals = {
        .items = job->in.items, .next_seq = job->in.next_seq, .progress = job->in.progress};
    if (!job->receives)
        job->reception = az_reception(&totals);
    job->receives = true;
}

static void take_line(struct world *w, struct chore *c, int number)
{
    struct job *job = c->job;
    struct az_reception *r = &job->reception;
    int is = job->file[number - 1];
    if (is == LINE_BAD)
        az_reception_bad(r, number, "no item", &c->bad);
    else if (is == LINE_OTHER || is < r->coming.next_seq)
        az_reception_double(r, number, AZ_STR("q"), is != LINE_OTHER, &c->bad);
    else if (az_reception_item(r) != is)
        world_fail(w, "job %d: line %d is item %d, and lines before it are missing", job->index,
                   number, is);
}

static void take(struct world *w, struct chore *c)
{
    struct job *job = c->job;
    const struct client_msg *m = &c->said;
    struct az_chunk_line lines[WORLD_LINES];
    struct az_chunk chunk = {
        .index = m->index, .after = m->from - 1, .lines = lines, .last = m->last};
    for (int n = m->from; n < m->to; n++)
        lines[chunk.n++] = (struct az_chunk_line){.number = n};
    open_intake(job);
    c->code = az_reception_chunk(&job->reception, &chunk, &c->err);
    if (c->code != AZ_CHUNK_NEXT) {
        c->code = AZ_MIN(c->code, 0);
        return;
    }
    for (size_t i = 0; i < chunk.n; i++)
        take_line(w, c, (int)lines[i].number);
    (void)az_reception_end(&job->reception, &chunk);
    disk_put_chunk(w, job, &job->reception.coming);
    disk_submit(w, job);
    az_reception_submitted(&job->reception, job->ticket);
    c->waits = !az_reception_committed(&job->reception, job->committed);
}

/* ---- each ---- */

static void run(struct world *w, struct chore *c)
{
    struct job *job = c->job;
    switch (c->kind) {
    case CHORE_MAKE:
        make(w, c);
        return;
    case CHORE_TAKE:
        take(w, c);
        return;
    case CHORE_FIND:
        if (job->dir != job->record.id)
            c->code = az_fail(&c->err, AZ_EIO, "there is no directory");
        return;
    case CHORE_OPEN:
        c->code = job->desk.retrying ? full(w, c) : 0;
        job->receives = false;
        return;
    case CHORE_LEAVE:
        job->receives = false;
        return;
    case CHORE_REMOVE:
        remove_dir(w, job);
        return;
    case CHORE_CLOSE:
        c->waits = job->pending;
        return;
    case CHORE_LOOK:
        return;
    }
}

/* Chunks that were sealed are the whole file. */
static void check_whole(struct world *w, const struct job *job)
{
    const struct az_received *in = &job->reception.durable;
    int bad = 0;
    for (int i = 0; i < job->n_lines; i++)
        bad += job->file[i] < 0;
    if (in->progress.lines != job->n_lines || in->progress.bad_lines != bad ||
        in->items != job->n_items)
        world_fail(w, "job %d is sealed with %lld lines of %d, %lld items of %d", job->index,
                   (long long)in->progress.lines, job->n_lines, (long long)in->items, job->n_items);
}

static int taken(struct world *w, struct chore *c)
{
    struct job *job = c->job;
    struct az_desk_taken t = {.code = c->code,
                              .progress = job->reception.durable.progress,
                              .items = job->reception.durable.items,
                              .bad = &c->bad};
    if (t.progress.sealed && t.code == 0)
        check_whole(w, job);
    if ((t.code < 0 && t.code != AZ_EINVAL) || t.progress.sealed)
        job->receives = false;
    return az_desk_taken(&w->desk, &job->desk, &c->asked, &t, service_now_s(w), &c->err);
}

static int opened(struct world *w, struct chore *c)
{
    struct job *job = c->job;
    if (job->desk.retrying && c->code == 0)
        disk_reopen(w, job, WORLD_ITEMS);
    bool wanted = az_desk_wanted(&w->desk, &job->desk, service_now_s(w));
    job->panel->limits.usd = c->limit;
    if (wanted && c->code == 0)
        job_runs(w, job);
    return az_desk_opened(&w->desk, &job->desk, wanted, c->code, c->code ? "full" : "",
                          service_now_s(w), &c->err);
}

static int done(struct world *w, struct chore *c)
{
    struct job *job = c->job;
    struct az_desk_made made = {
        .code = c->code, .job_s = job->job_s, .limit = job->with_limit ? job->limits[0] : -1};
    const struct az_received *in = job->receives ? &job->reception.durable : &job->in;
    struct az_store_totals totals = {.items = in->items, .progress = in->progress};
    switch (c->kind) {
    case CHORE_MAKE:
        return az_desk_made(&w->desk, &job->desk, &c->asked, &made, service_now_s(w), &c->err);
    case CHORE_FIND:
        return az_desk_found(&w->desk, &job->desk, &c->asked, c->code, &totals.progress, &c->err);
    case CHORE_TAKE:
        return taken(w, c);
    case CHORE_LOOK:
        return az_desk_looked(&w->desk, &job->desk, &totals, service_now_s(w), &c->err);
    case CHORE_OPEN:
        return opened(w, c);
    case CHORE_CLOSE:
        return az_desk_closed(&w->desk, &job->desk, c->code, "full", service_now_s(w), &c->err);
    case CHORE_LEAVE:
    case CHORE_REMOVE:
        break;
    }
    return 0;
}

static void finish(struct world *w, struct chore *c)
{
    int r = done(w, c);
    service_run(w, r, &c->err);
    c->job->desk.chores--;
    service_frees(w, c->job);
    drop_first(w);
    next_later(w);
}

void chores_time(struct world *w)
{
    struct chore *c = w->chores;
    run(w, c);
    if (!c->waits)
        finish(w, c);
}

/* The job's store has committed more, or will commit no more. */
void chores_stored(struct world *w, struct job *job, bool failed)
{
    struct chore *c = w->chores;
    if (!c || !c->waits || c->job != job)
        return;
    if (failed)
        c->code = az_fail(&c->err, AZ_EOUTPUT, "the disk is full");
    else if (c->kind == CHORE_CLOSE ? job->pending != NULL
                                    : !az_reception_committed(&job->reception, job->committed))
        return;
    finish(w, c);
}
