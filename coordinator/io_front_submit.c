/* Submit and Chunk: a job is made, and its items come in. What is told is
 * durable: a directory, then the catalog's record, then the answer. */
#include "coordinator/io_service_state.h"
#include "coordinator/job_panel.h"
#include "core/arena.h"
#include "core/log.h"
#include "core/mem.h"

enum {
    CHUNK_BYTES = 1 << 20, /* of lines, as clients are asked to send them */
    WINDOW = 4,            /* chunks under way, as they are told; some may be sent again */
};

static void no_memory(struct az_service *s)
{
    struct az_error err;
    service_give_up(s, az_oom(&err), &err);
}

/* ---- answers ---- */

void front_submitted(struct az_service *s, const struct az_asked *asker, const struct job *job,
                     bool existed)
{
    Assize__Submitted m = ASSIZE__SUBMITTED__INIT;
    m.request = asker->request;
    m.job = (uint64_t)job->rec.id;
    m.chunks = (uint64_t)job->desk.chunks;
    m.sealed = job->rec.sealed;
    m.window = WINDOW;
    m.chunk_bytes = CHUNK_BYTES;
    m.last_line = job->desk.last_line;
    m.existed = existed;
    front_answer(s, asker, AZ_MSG_SUBMITTED, &m.base);
}

/* ---- Submit ---- */

struct submission {
    struct az_chore chore;
    struct az_service *s;
    struct az_asked asker;
    struct job *job;
    bool again; /* the job is there: is it the same? */
    struct az_arena *arena;
    size_t bytes; /* of its owner's share */
    const char *yaml, *dir;
    size_t n_set;
    const char **set;
    int code;
    struct az_error err;
    /* what was found */
    struct az_store_progress progress;
    int64_t job_s;
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
    sub->progress = totals.progress;
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

static void submit_done(struct az_chore *c)
{
    struct submission *sub = (struct submission *)c;
    struct az_service *s = sub->s;
    struct job *job = sub->job;
    struct az_desk_made made = {sub->code, sub->job_s, sub->limit};
    az_share_give(&s->intake, job->rec.owner, sub->bytes);
    int r =
        sub->again
            ? az_desk_found(&s->desk, &job->desk, &sub->asker, sub->code, &sub->progress, &sub->err)
            : az_desk_made(&s->desk, &job->desk, &sub->asker, &made, service_wall_s(), &sub->err);
    if (r == 0 && sub->code == 0 && !sub->again)
        az_info("job submitted", KV("job", job->rec.id), KV("by", job->rec.owner),
                KV("name", job->rec.name));
    service_desk(s, r, &sub->err);
    service_release(s, job);
    submission_free(sub);
}

static struct submission *submission_new(struct az_service *s, const struct az_asked *asker,
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
        .owner = az_strdup(owner), .key = az_strdup(key), .name = az_strdup(m->name)};
    az_desk_begin(&rec, az_catalog_next_id(s->catalog), m->priority, m->deadline_s,
                  service_wall_s());
    struct job *job = rec.owner && rec.key && rec.name ? service_add(s, &rec) : NULL;
    if (job)
        az_desk_add(&s->desk, &job->desk);
    else
        az_job_record_release(&rec);
    return job;
}

/* It may not submit anything: negative. */
static int check_submit(struct az_service *s, const struct az_asked *asker, struct az_error *err)
{
    struct az_asker who = front_who(s, asker);
    struct az_error failing = {0};
    (void)az_catalog_failing(s->catalog, &failing);
    return az_desk_admit(&s->desk, &who, &failing, err);
}

void front_submit(struct az_service *s, const struct az_asked *asker, const Assize__Submit *m)
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
    sub->bytes = az_arena_bytes(sub->arena);
    int r = az_share_take(&s->intake, owner, sub->bytes, &err);
    if (r < 0) {
        submission_free(sub);
        return r == AZ_ENOMEM ? no_memory(s) : front_failed(s, asker, 0, &err);
    }
    struct job *job = job_of(az_desk_by_key(&s->desk, owner, key));
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
    sub->job->desk.chores++;
    az_chores_add(s->disk, &sub->chore);
}

/* ---- Chunk ---- */

struct delivery {
    struct az_chore chore;
    struct az_service *s;
    struct az_asked asker;
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

void front_chunked(struct az_service *s, const struct az_asked *asker, const struct job *job,
                   const struct az_bad_lines *bad)
{
    Assize__Chunked m = ASSIZE__CHUNKED__INIT;
    Assize__Chunked__Bad lines[AZ_BAD_TOLD], *at[AZ_BAD_TOLD];
    m.job = (uint64_t)job->rec.id;
    m.chunks = (uint64_t)job->desk.chunks;
    m.sealed = job->rec.sealed;
    m.bad_lines = (uint64_t)job->rec.figures.bad_lines;
    m.repeated_lines = (uint64_t)job->desk.repeated_lines;
    m.last_line = job->desk.last_line;
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

static void chunk_done(struct az_chore *c)
{
    struct delivery *d = (struct delivery *)c;
    struct az_service *s = d->s;
    struct job *job = d->job;
    struct az_desk_taken taken = {d->code, d->progress, d->items, &d->bad};
    az_share_give(&s->intake, job->rec.owner, d->chunk->bytes);
    int r = az_desk_taken(&s->desk, &job->desk, &d->asker, &taken, service_wall_s(), &d->err);
    service_desk(s, r, &d->err);
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
                           .after = m->after,
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

/* It was to be taken, and too much of its owner's waits for the disk already. */
static void no_room(struct az_service *s, const struct az_asked *asker, struct job *job,
                    struct az_error *why)
{
    struct az_desk_taken none = {.code = why->code};
    service_desk(s, az_desk_taken(&s->desk, &job->desk, asker, &none, service_wall_s(), why), why);
}

void front_chunk(struct az_service *s, const struct az_asked *asker, const Assize__Chunk *m)
{
    struct az_error err = {0};
    bool take = false;
    struct job *job = front_job(s, asker, m->job, true);
    int r = job ? az_desk_chunk(&s->desk, &job->desk, asker, m->index, &take, &err) : 0;
    service_desk(s, r, &err);
    if (!take || r < 0)
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
    r = az_share_take(&s->intake, job->rec.owner, d->chunk->bytes, &err);
    if (r < 0) {
        delivery_free(d);
        return r == AZ_ENOMEM ? no_memory(s) : no_room(s, asker, job, &err);
    }
    job->desk.chores++;
    az_chores_add(s->disk, &d->chore);
}
