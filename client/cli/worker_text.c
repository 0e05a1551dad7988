#include "client/cli/worker_text.h"

#include "client/cli/human.h"
#include "client/cli/table.h"
#include "core/json.h"

typedef Assize__WorkerInfo__Backend Backend;

static const struct az_column columns[] = {
    {"WORKER", false, 0, 32}, {"BACKEND", false, 0, 24}, {"KIND", false, 3, 12},
    {"STATE", false, 9, 32},  {"HOLDS", true, 8, 0},     {"ROOM", true, 6, 0},
    {"SLOTS", true, 4, 0},    {"P50", true, 7, 0},       {"P95", true, 5, 0},
    {"MODELS", false, 2, 40}, {"UP", true, 1, 0},
};

static void cell(struct az_table *t, struct az_buf *b)
{
    az_table_cell(t, az_buf_view(b));
    az_buf_clear(b);
}

static void count_cell(struct az_table *t, struct az_buf *b, int64_t n)
{
    az_human_count(b, n);
    cell(t, b);
}

static void time_cell(struct az_table *t, struct az_buf *b, int64_t ms)
{
    if (ms >= 0)
        az_human_duration(b, (double)ms / 1000);
    cell(t, b);
}

static void state_cell(struct az_table *t, struct az_buf *b, const Assize__WorkerInfo *w,
                       const Backend *backend)
{
    if (w->silent) {
        az_buf_z(b, "silent for ");
        az_human_duration(b, (double)w->silent_ms / 1000);
    } else {
        az_buf_z(b, backend && *backend->state ? backend->state : "well");
    }
    cell(t, b);
}

static void row(struct az_table *t, struct az_buf *b, const Assize__WorkerInfo *w,
                const Backend *backend, int64_t now_s)
{
    az_table_cell_z(t, *w->name ? w->name : "-");
    az_table_cell_z(t, backend ? backend->name : "none");
    az_table_cell_z(t, backend ? backend->kind : "");
    state_cell(t, b, w, backend);
    count_cell(t, b, backend ? backend->held : 0);
    count_cell(t, b, backend ? backend->credit : 0);
    if (backend && backend->slots)
        az_human_count(b, backend->slots);
    cell(t, b);
    time_cell(t, b, backend ? backend->p50_ms : -1);
    time_cell(t, b, backend ? backend->p95_ms : -1);
    for (size_t i = 0; backend && i < backend->n_models; i++)
        az_buf_fmt(b, "%s%s", i ? ", " : "", backend->models[i]);
    cell(t, b);
    az_human_duration(b, (double)AZ_MAX(now_s - w->since_s, (int64_t)0));
    cell(t, b);
}

void az_workers_text(struct az_buf *b, Assize__WorkerInfo *const *workers, size_t n, int64_t now_s,
                     size_t width)
{
    struct az_table *t = az_table_new(columns, AZ_LEN(columns));
    AZ_AUTO_BUF scratch = az_buf(AZ_BUF_MAX);
    if (!t) {
        b->failed = AZ_ENOMEM;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < workers[i]->n_backends; k++)
            row(t, &scratch, workers[i], workers[i]->backends[k], now_s);
        if (!workers[i]->n_backends)
            row(t, &scratch, workers[i], NULL, now_s);
    }
    az_table_print(b, t, 0, width);
    if (scratch.failed)
        b->failed = scratch.failed;
    az_table_free(t);
}

static void number_if(struct az_jw *w, const char *key, double v)
{
    az_jw_key(w, key);
    if (v > 0)
        az_jw_num(w, v);
    else
        az_jw_null(w);
}

static void ms(struct az_jw *w, const char *key, int64_t v)
{
    az_jw_key(w, key);
    if (v >= 0)
        az_jw_int(w, v);
    else
        az_jw_null(w);
}

static void backend_json(struct az_jw *w, const Backend *b)
{
    az_jw_obj(w);
    az_jw_kz(w, "name", b->name);
    az_jw_kz(w, "kind", b->kind);
    number_if(w, "slots", b->slots);
    az_jw_kint(w, "credit", b->credit);
    az_jw_kint(w, "held", b->held);
    az_jw_kz(w, "state", *b->state ? b->state : NULL);
    az_jw_key(w, "models");
    az_jw_arr(w);
    for (size_t i = 0; i < b->n_models; i++)
        az_jw_z(w, b->models[i]);
    az_jw_arr_end(w);
    ms(w, "p50_ms", b->p50_ms);
    ms(w, "p95_ms", b->p95_ms);
    az_jw_kz(w, "limit_group", *b->limit_group ? b->limit_group : NULL);
    number_if(w, "rpm", b->rpm);
    number_if(w, "tpm", b->tpm);
    az_jw_obj_end(w);
}

void az_worker_json(struct az_buf *b, const Assize__WorkerInfo *worker)
{
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    az_jw_kz(&w, "name", worker->name);
    az_jw_kz(&w, "principal", worker->principal);
    az_jw_kz(&w, "software", worker->software);
    az_jw_kint(&w, "since_s", worker->since_s);
    az_jw_kint(&w, "silent_ms", worker->silent_ms);
    az_jw_kbool(&w, "silent", worker->silent);
    az_jw_key(&w, "backends");
    az_jw_arr(&w);
    for (size_t i = 0; i < worker->n_backends; i++)
        backend_json(&w, worker->backends[i]);
    az_jw_arr_end(&w);
    az_jw_kint(&w, "ballots", worker->ballots);
    az_jw_obj_end(&w);
}
