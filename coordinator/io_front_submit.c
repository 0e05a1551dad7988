/* Submit and Chunk: a job is made, and its items come in. What is told is
 * durable: a directory, then the catalog's record, then the answer. */
#include "coordinator/io_service_state.h"
#include "coordinator/job_panel.h"
#include "core/arena.h"
#include "core/log.h"
#include "core/mem.h"

enum {
    CHUNK_BYTES = 1 << 20, /* of lines, as clients are asked to send them */
    WINDOW = 4,            /* chunks under way, as they are told … */
    WINDOW_MAX = 16,       /* … and may be: some may have been sent again */
};

static const char stopping[] = "the coordinator is stopping";

static void no_memory(struct az_service *s)
{
    struct az_error err;
    service_give_up(s, az_oom(&err), &err);
}

/* ---- answers ---- */

static void tell_submitted(struct az_service *s, const struct asker *asker, const struct job *job,
                           bool existed)
{
    Assize__Submitted m = ASSIZE__SUBMITTED__INIT;
    m.request = asker->request;
    m.job = (uint64_t)job->rec.id;
    m.chunks = (uint64_t)job->chunks;
    m.sealed = job->rec.sealed;
    m.window = WINDOW;
    m.chunk_bytes = CHUNK_BYTES;
    m.last_line = job->last_line;
    m.existed = existed;
    front_answer(s, asker, AZ_MSG_SUBMITTED, &m.base);
}

static void then_submitted(struct az_service *s, struct pending *p)
{
    tell_submitted(s, &p->asker, p->job, p->n);
}

/* ---- Submit ---- */

struct submission {
    struct az_chore chore;
    struct az_service *s;
    struct asker asker;
    struct job *job;
    bool again; /* the job is there: is it the same? */
    struct az_arena *arena;
    size_t bytes; /* of intake_bytes */
    const char *yaml, *dir;
    size_t n_set;
    const char **set;
    int code;
    struct az_error err;
    /* what was found */
    int64_t job_s, chunks, last_line, repeated_lines;
    az_nusd limit; /* -1: none */
};

static void submission_free(struct submission *sub)
{
    az_arena_free(sub->arena); /* it owns it, too */
}

/* How much of a job that is there is durable: of the one that is being received,
 * its intake knows; else its store. */
static int find_progress(struct submission *sub)
{
    struct az_store_totals totals = {0};
    int r = 0;
    if (sub->job->intake)
        totals.progress = az_intake_progress(sub->job->intake);
    else
        r = disk_read_totals(sub->dir, NULL, &totals, &sub->err);
    sub->chunks = totals.progress.chunks;
    sub->last_line = totals.progress.last_line;
    sub->repeated_lines = totals.progress.doubles;
    return r;
}

static int compare(struct submission *sub, const struct az_panel *panel)
{
    AZ_AUTO(panel) was = NULL;
    int r = disk_read_panel(sub->dir, NULL, &was, &sub->err);
    if (r == 0)
        r = az_job_panel_same(was, panel, &sub->err);
    if (r == AZ_ECHANGED)
        az_wrap(&sub->err, "this key is that of job %lld", (long long)sub->job->rec.id);
    return r < 0 ? r : find_progress(sub);
}

static void submit_run(struct az_chore *c)
{
    struct submission *sub = (struct submission *)c;
    struct az_intake *in = NULL;
    AZ_AUTO(panel) panel = NULL;
    sub->code = az_job_panel_read(sub->yaml, sub->set, sub->n_set, &panel, &sub->err);
    if (sub->code < 0)
        return;
    sub->job_s = panel->limits.job_s;
    sub->limit = panel->limits.has_usd ? panel->limits.usd : -1;
    if (sub->again) {
        sub->code = compare(sub, panel);
        return;
    }
    sub->code = disk_make_job(sub->dir, AZ_TAKE(panel), &in, &sub->err);
    if (sub->code == 0)
        disk_intake_keep(sub->s, sub->job, in);
    else
        (void)disk_remove_job(sub->dir); /* or at the next start */
}

/* A new job's record, now that its directory is there. */
static void settle_new(struct az_service *s, struct submission *sub)
{
    struct az_job_record *rec = &sub->job->rec;
    int64_t until = sub->job_s ? rec->created_s + sub->job_s : 0;
    if (until && (!rec->deadline_s || until < rec->deadline_s))
        rec->deadline_s = until;
    rec->figures.limit = sub->limit;
    uint64_t ticket = service_save(s, sub->job);
    front_when(s, ticket, &sub->asker, sub->job, false, then_submitted);
    az_info("job submitted", KV("job", rec->id), KV("by", rec->owner), KV("name", rec->name));
}

static void submit_done(struct az_chore *c)
{
    struct submission *sub = (struct submission *)c;
    struct az_service *s = sub->s;
    struct job *job = sub->job;
    s->intake_bytes -= sub->bytes;
    if (sub->code < 0) {
        front_failed(s, &sub->asker, sub->again ? job->rec.id : 0, &sub->err);
        if (!job->made && !job->gone)
            service_forget(s, job);
    } else if (!sub->again) {
        settle_new(s, sub);
    } else {
        job->chunks = AZ_MAX(job->chunks, sub->chunks);
        job->last_line = AZ_MAX(job->last_line, sub->last_line);
        job->repeated_lines = AZ_MAX(job->repeated_lines, sub->repeated_lines);
        front_when(s, job->ticket, &sub->asker, job, true, then_submitted);
    }
    service_release(s, job);
    submission_free(sub);
}

static struct submission *submission_new(struct az_service *s, const struct asker *asker,
                                         const Assize__Submit *m)
{
    AZ_AUTO(arena) a = az_arena_new(strlen(m->yaml) + 4096);
    struct submission *sub = a ? az_arena_zalloc(a, sizeof(*sub)) : NULL;
    if (!sub)
        return NULL;
    *sub = (struct submission){.s = s, .asker = *asker, .n_set = m->n_set};
    sub->chore = (struct az_chore){.run = submit_run, .done = submit_done};
    sub->yaml = az_arena_strdup(a, m->yaml);
    sub->set = az_arena_zalloc(a, (m->n_set + 1) * sizeof(*sub->set));
    if (!sub->yaml || !sub->set)
        return NULL;
    for (size_t i = 0; i < m->n_set; i++) {
        if (!(sub->set[i] = az_arena_strdup(a, m->set[i])))
            return NULL;
    }
    sub->arena = AZ_TAKE(a);
    return sub;
}

/* Keys are bytes; the catalog has them as hex. */
static void key_text(const Assize__Submit *m, char hex[2 * AZ_JOB_KEY_MAX + 1])
{
    for (size_t i = 0; i < m->key.len && i < AZ_JOB_KEY_MAX; i++)
        snprintf(hex + 2 * i, 3, "%02x", m->key.data[i]);
}

static struct job *new_job(struct az_service *s, const char *owner, const char *key,
                           const Assize__Submit *m)
{
    struct az_job_record rec = {
        .id = az_catalog_next_id(s->catalog),
        .owner = az_strdup(owner),
        .key = az_strdup(key),
        .name = az_strdup(m->name),
        .priority = m->priority ? (int)m->priority : AZ_JOB_PRIORITY,
        .created_s = service_wall_s(),
        .figures.limit = -1,
    };
    rec.deadline_s = m->deadline_s ? rec.created_s + AZ_MIN(m->deadline_s, INT64_C(1) << 40) : 0;
    struct job *job = rec.owner && rec.key && rec.name ? service_add(s, &rec) : NULL;
    if (!job)
        az_job_record_release(&rec);
    return job;
}

/* AZ_EINVAL: it may not submit anything. */
static int check_submit(struct az_service *s, const struct asker *asker, struct az_error *err)
{
    if (s->stopping)
        return az_fail(err, AZ_EBUSY, "%s", stopping);
    if (!front_who(s, asker).submits)
        return az_fail(err, AZ_EINVAL, "you may look at jobs, not submit one");
    return az_catalog_failing(s->catalog, err);
}

void front_submit(struct az_service *s, const struct asker *asker, const Assize__Submit *m)
{
    struct az_error err = {0};
    char key[2 * AZ_JOB_KEY_MAX + 1] = "";
    if (check_submit(s, asker, &err) < 0) {
        front_failed(s, asker, 0, &err);
        return;
    }
    key_text(m, key);
    struct submission *sub = submission_new(s, asker, m);
    if (!sub) {
        no_memory(s);
        return;
    }
    const char *owner = front_who(s, asker).principal;
    struct job *job = service_job_by_key(s, owner, key);
    sub->again = job != NULL;
    sub->job = job ? job : new_job(s, owner, key, m);
    char *dir = sub->job ? disk_job_dir(s, sub->job->rec.id) : NULL;
    sub->dir = dir ? az_arena_strdup(sub->arena, dir) : NULL;
    free(dir);
    if (!sub->dir) {
        submission_free(sub);
        no_memory(s);
        return;
    }
    sub->bytes = az_arena_bytes(sub->arena);
    s->intake_bytes += sub->bytes;
    sub->job->chores++;
    az_chores_add(s->disk, &sub->chore);
}

/* ---- Chunk ---- */

struct delivery {
    struct az_chore chore;
    struct az_service *s;
    struct asker asker;
    struct job *job;
    char *dir;
    struct az_chunk *chunk;
    struct az_bad_lines bad;
    struct az_store_progress progress;
    int64_t items;
    int code;
    struct az_error err;
};

static void delivery_free(struct delivery *d)
{
    az_chunk_free(d->chunk);
    free(d->dir);
    free(d);
}

/* After a failed write its store is good for nothing: the next chunk opens it anew. */
static void chunk_run(struct az_chore *c)
{
    struct delivery *d = (struct delivery *)c;
    d->code = disk_intake(d->s, d->job, d->dir, &d->err);
    if (d->code < 0)
        return;
    d->code = az_intake_take(d->job->intake, d->chunk, &d->bad, &d->err);
    d->progress = az_intake_progress(d->job->intake);
    d->items = az_intake_items(d->job->intake);
    if ((d->code < 0 && d->code != AZ_EINVAL) || d->progress.sealed)
        disk_intake_drop(d->s, d->job);
}

static void tell_chunked(struct az_service *s, const struct asker *asker, const struct job *job,
                         const struct az_bad_lines *bad)
{
    Assize__Chunked m = ASSIZE__CHUNKED__INIT;
    Assize__Chunked__Bad lines[AZ_BAD_TOLD], *at[AZ_BAD_TOLD];
    m.job = (uint64_t)job->rec.id;
    m.chunks = (uint64_t)job->chunks;
    m.sealed = job->rec.sealed;
    m.bad_lines = (uint64_t)job->rec.figures.bad_lines;
    m.repeated_lines = (uint64_t)job->repeated_lines;
    m.last_line = job->last_line;
    m.n_bad = bad ? bad->n : 0;
    m.bad = at;
    for (size_t i = 0; i < m.n_bad; i++) {
        assize__chunked__bad__init(&lines[i]);
        lines[i].line = bad->v[i].line;
        lines[i].what = (char *)bad->v[i].what;
        at[i] = &lines[i];
    }
    front_answer(s, asker, AZ_MSG_CHUNKED, &m.base);
}

static void take_progress(struct job *job, const struct delivery *d)
{
    job->chunks = d->progress.chunks;
    job->last_line = d->progress.last_line;
    job->repeated_lines = d->progress.doubles;
    job->rec.figures.items = d->items;
    job->rec.figures.bad_lines = d->progress.bad_lines;
}

static void chunk_done(struct az_chore *c)
{
    struct delivery *d = (struct delivery *)c;
    struct az_service *s = d->s;
    struct job *job = d->job;
    s->intake_bytes -= d->chunk->bytes;
    job->chunks_under_way--;
    if (d->code < 0) {
        front_failed(s, &d->asker, job->rec.id, &d->err);
    } else {
        take_progress(job, d);
        if (d->progress.sealed && job->rec.state == AZ_IS_RECEIVING) {
            int r = service_change(s, job, AZ_ON_SEALED, NULL, &d->err);
            service_give_up(s, r, &d->err);
            service_open_more(s);
        }
        tell_chunked(s, &d->asker, job, &d->bad);
    }
    service_release(s, job);
    delivery_free(d);
}

static struct az_str gold_of(const Assize__Chunk__Line *line)
{
    bool has = line->gold_or_none_case == ASSIZE__CHUNK__LINE__GOLD_OR_NONE_GOLD;
    return has ? az_str(line->gold) : (struct az_str){0};
}

static bool copy_line(struct az_arena *a, const Assize__Chunk__Line *from, struct az_chunk_line *to)
{
    struct az_str gold = gold_of(from);
    to->number = from->number;
    to->text = az_arena_str(a, (struct az_str){(const char *)from->text.data, from->text.len});
    to->gold = gold.p ? az_arena_str(a, gold) : gold;
    return to->text.p && (!gold.p || to->gold.p);
}

static size_t bytes_of(const Assize__Chunk *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_lines; i++)
        n += m->lines[i]->text.len + gold_of(m->lines[i]).n + sizeof(struct az_chunk_line) + 16;
    return n;
}

static struct az_chunk *chunk_of(const Assize__Chunk *m)
{
    size_t bytes = bytes_of(m) + 1024;
    AZ_AUTO(arena) a = az_arena_new(bytes);
    struct az_chunk *c = a ? az_arena_zalloc(a, sizeof(*c)) : NULL;
    if (!c)
        return NULL;
    *c = (struct az_chunk){.index = (int64_t)AZ_MIN(m->index, (uint64_t)INT64_MAX),
                           .n = m->n_lines,
                           .bytes = bytes,
                           .last = m->last};
    c->lines = az_arena_zalloc(a, (c->n + 1) * sizeof(*c->lines));
    for (size_t i = 0; c->lines && i < c->n; i++) {
        if (!copy_line(a, m->lines[i], &c->lines[i]))
            return NULL;
    }
    if (!c->lines)
        return NULL;
    c->arena = AZ_TAKE(a);
    return c;
}

/* Without the thread: a chunk that came before is acknowledged again, others are refused. */
static bool settled_at_once(struct az_service *s, const struct asker *asker, const struct job *job,
                            const Assize__Chunk *m)
{
    struct az_error err = {0};
    if (job->rec.state == AZ_IS_RECEIVING && job->chunks_under_way < WINDOW_MAX)
        return false;
    if (job->rec.state == AZ_IS_RECEIVING)
        az_fail(&err, AZ_ELIMIT, "more than %d chunks under way", WINDOW_MAX);
    else if (job->rec.state == AZ_IS_CANCELLED)
        az_fail(&err, AZ_EINVAL, "job %lld is cancelled", (long long)job->rec.id);
    else if (m->index >= (uint64_t)job->chunks)
        az_fail(&err, AZ_EINVAL, "job %lld has all its items", (long long)job->rec.id);
    if (err.code < 0)
        front_failed(s, asker, job->rec.id, &err);
    else
        tell_chunked(s, asker, job, NULL);
    return true;
}

void front_chunk(struct az_service *s, const struct asker *asker, const Assize__Chunk *m)
{
    struct job *job = front_job(s, asker, m->job, true);
    if (!job || settled_at_once(s, asker, job, m))
        return;
    struct delivery *d = az_zalloc(sizeof(*d));
    if (d) {
        d->chore = (struct az_chore){.run = chunk_run, .done = chunk_done};
        d->s = s;
        d->asker = *asker;
        d->job = job;
        d->dir = disk_job_dir(s, job->rec.id);
        d->chunk = chunk_of(m);
    }
    if (!d || !d->dir || !d->chunk) {
        if (d)
            delivery_free(d);
        no_memory(s);
        return;
    }
    s->intake_bytes += d->chunk->bytes;
    job->chunks_under_way++;
    job->chores++;
    az_chores_add(s->disk, &d->chore);
}
