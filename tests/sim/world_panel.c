/* Jobs with panels of every kind, and workers with some of the backends, by the seed. */
#include "core/mem.h"
#include "tests/sim/world.h"

static const char *const policies[] = {
    "policy: vote\n",
    "policy: {kind: vote, early_stop: true, audit: 0.1}\n",
    "policy: {kind: debate, rounds: 2}\n",
    "policy: {kind: debate, rounds: 3}\n",
};

static const char *const names[WORLD_BACKENDS] = {"gpu", "api", "shared", "lex"};
static const char *urls[] = {"http://judge/v1"};

static uint64_t roll(struct world *w, uint64_t n)
{
    return world_roll(w, BY_PANEL, n);
}

static void put_judges(struct world *w, const struct job *job, struct az_buf *b)
{
    int n = 2 + (int)roll(w, 4);
    az_buf_z(b, "judges:\n");
    for (int j = 0; j < n; j++) {
        az_buf_fmt(b, "  - {name: j%d, backend: %s, model: m%d, max_tokens: 64", j,
                   names[roll(w, 3)], j % 2);
        if (job->with_limit)
            az_buf_z(b, ", usd_per_mtok: {input: 1, output: 5}");
        if (!roll(w, 3))
            az_buf_z(b, ", samples: 2");
        az_buf_fmt(b, ", orders: %s, answer: %s}\n", roll(w, 2) ? "both" : "one",
                   roll(w, 2) ? "json" : "letter");
    }
    if (!roll(w, 2))
        az_buf_z(b, "  - {name: lexical, backend: lex, model: length}\n");
}

static void put_panel(struct world *w, const struct job *job, struct az_buf *b)
{
    az_buf_fmt(b, "name: job%d\nquestion: {kind: pair, ties: %s, ask: Which?}\nbackends:\n",
               job->index, roll(w, 2) ? "true" : "false");
    for (size_t i = 0; i < 3; i++)
        az_buf_fmt(b, "  - {name: %s, kind: openai, url: '%s'}\n", names[i], urls[0]);
    az_buf_z(b, "  - {name: lex, kind: lexical}\n");
    put_judges(w, job, b);
    az_buf_z(b, policies[roll(w, AZ_LEN(policies))]);
    az_buf_fmt(b, "limits: {attempts: %d, timeout_s: %d, item_s: %d", 1 + (int)roll(w, 4),
               5 + (int)roll(w, 30), roll(w, 2) ? 600000 : 2 + (int)roll(w, 60));
    if (roll(w, 2))
        az_buf_z(b, ", hedge: true");
    int cents = 1 + (int)roll(w, 20);
    if (job->with_limit)
        az_buf_fmt(b, ", usd: 0.%02d", cents);
    az_buf_z(b, "}\n");
}

/* The same file and panel, under a name of their own: who still calls for an earlier
 * one is told apart by that. */
void job_lives(struct world *w, struct job *job)
{
    AZ_AUTO_BUF b = az_buf(65536);
    snprintf(job->name, sizeof(job->name), "job%d.%d", job->index, ++job->lives);
    job->panel->name = job->name;
    job->panel->limits.usd = job->limits[0];
    az_panel_print(&b, job->panel, true);
    free(job->portable);
    job->portable = az_buf_take(&b);
    az_assert(job->portable);
    memset(job->items, 0, sizeof(job->items));
    memset(job->owed, 0, sizeof(job->owed));
    job->decisions = 0;
    job->billed = job->ceiling = 0;
    job->limit_most = job->limits[0];
    job->n_limits = 1;
    job->limit_told = 0;
    job->told_cancelled = job->receives = false;
    job->in = (struct az_received){0};
    if (job->lives > 1)
        world_say(w, "job %d: its key is another job's", job->index);
}

static void job_make(struct world *w, struct job *job)
{
    AZ_AUTO_BUF b = az_buf(65536);
    job->with_limit = roll(w, 2);
    put_panel(w, job, &b);
    struct az_panel_source source = {0};
    struct az_error err = {0};
    if (az_panel_parse(b.p, "world.yaml", &source, &job->panel, &err) < 0) {
        world_fail(w, "the panel: %s\n%s", err.what, b.p);
        return;
    }
    world_say(w, "job %d: %d items, %s", job->index, job->n_items, b.p);
    job->arena = az_arena_new(1 << 16);
    az_assert(job->arena);
    job->pending_end = &job->pending;
    job->limits[0] = job->panel->limits.usd;
    job_lives(w, job);
    bool by_client = !roll(w, 6), by_panel = !roll(w, 6);
    job->submit_s = by_client ? 1 + (int64_t)roll(w, 120) : 0;
    job->job_s = by_panel ? 1 + (int64_t)roll(w, 120) : 0;
    reader_make(w, job);
    client_make(w, job, (az_ms)roll(w, 5000));
    bool two = !roll(w, 3);
    az_ms second = (az_ms)roll(w, 20000);
    if (two)
        client_make(w, job, second);
}

/* Its lines: each item once, and between them some again, and some that are none. */
static void file_make(struct world *w, struct job *job)
{
    int items = 0;
    while (items < job->n_items) {
        uint64_t chance = job->n_lines - items < WORLD_LINES - job->n_items ? roll(w, 12) : 11;
        int again = (int)roll(w, (uint64_t)items + 1);
        int is = chance == 0            ? LINE_BAD
                 : chance == 1          ? LINE_OTHER
                 : chance == 2 && items ? AZ_MIN(again, items - 1)
                                        : items++;
        job->file[job->n_lines++] = is;
    }
}

static void worker_make(struct world *w, int who, unsigned has)
{
    struct worker *k = &w->workers[who];
    for (size_t b = 0; b < WORLD_BACKENDS; b++) {
        int slots = 1 + (int)roll(w, 8);
        double rpm = roll(w, 4) ? 0 : 60 + (double)roll(w, 600);
        double tpm = roll(w, 4) ? 0 : 40000 + (double)roll(w, 600000);
        bool stated = roll(w, 3);
        if (!(has & 1u << b))
            continue;
        struct az_backend *backend = &k->backends[k->n_backends++];
        *backend = (struct az_backend){.name = names[b], .kind = b == 3 ? "lexical" : "openai"};
        if (b == 3)
            continue;
        backend->n_urls = 1;
        backend->urls = urls;
        backend->slots = stated ? slots : 0;
        backend->rpm = b == 2 ? w->rpm : rpm;
        backend->tpm = b == 2 ? w->tpm : tpm;
        backend->limit_group = b == 2 ? "team" : NULL;
        world_say(w, "worker %d: %s, slots %d, rpm %g, tpm %g", who, backend->name, backend->slots,
                  backend->rpm, backend->tpm);
    }
    world_at(w, (az_ms)roll(w, 2000), (struct event){.kind = EV_WORKER_STARTS, .who = who});
}

void world_panels(struct world *w)
{
    const struct world_bounds *most = &w->bounds;
    w->n_backends = WORLD_BACKENDS;
    w->rpm = 60 + (double)roll(w, 600);
    bool tokens = roll(w, 2);
    w->tpm = 40000 + (double)roll(w, 600000);
    w->tpm = tokens ? w->tpm : 0;
    int jobs = 1 + (int)roll(w, WORLD_JOBS), workers = 1 + (int)roll(w, WORLD_WORKERS);
    w->n_jobs = most->jobs ? AZ_MIN(jobs, most->jobs) : jobs;
    w->n_workers = most->workers ? AZ_MIN(workers, most->workers) : workers;
    for (int j = 0; j < w->n_jobs; j++) {
        struct job *job = &w->jobs[j];
        job->index = j;
        job->n_items = 1 + (int)roll(w, WORLD_ITEMS);
        job->n_items = most->items ? AZ_MIN(job->n_items, most->items) : job->n_items;
        file_make(w, job);
        job_make(w, job);
    }
    /* Whatever is asked, somebody has it. */
    unsigned has[WORLD_WORKERS];
    for (int who = 0; who < WORLD_WORKERS; who++)
        has[who] = (unsigned)roll(w, 1u << WORLD_BACKENDS);
    for (unsigned b = 0; b < WORLD_BACKENDS; b++)
        has[roll(w, (uint64_t)w->n_workers)] |= 1u << b;
    for (int who = 0; who < w->n_workers; who++)
        worker_make(w, who, has[who]);
}

const char *world_backend_name(size_t backend)
{
    return names[backend];
}

size_t world_backend(const char *name)
{
    size_t b = 0;
    while (strcmp(names[b], name))
        b++;
    return b;
}

struct az_item *world_item(const struct job *job, int64_t seq)
{
    struct az_item *item = az_item_new(1024);
    az_assert(item);
    char id[24];
    snprintf(id, sizeof(id), "q%d", (int)seq);
    item->seq = seq;
    item->line = seq + 1;
    item->id = az_arena_str(item->arena, az_str(id));
    item->prompt = az_arena_str(item->arena, AZ_STR("Which is it?"));
    item->n_responses = 2;
    item->responses = az_arena_zalloc(item->arena, 2 * sizeof(*item->responses));
    item->responses[0] = az_arena_str(item->arena, AZ_STR("this"));
    item->responses[1] =
        az_arena_str(item->arena, (seq + job->index) % 2 ? AZ_STR("that one") : AZ_STR("no"));
    return item;
}
