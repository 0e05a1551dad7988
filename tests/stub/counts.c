#include "tests/stub/counts.h"

#include "core/mem.h"

static const struct {
    const char *name;
    size_t at;
} counters[] = {
    {"requests", offsetof(struct counts, requests)},
    {"completions", offsetof(struct counts, completions)},
    {"in_flight", offsetof(struct counts, in_flight)},
    {"in_flight_max", offsetof(struct counts, in_flight_max)},
    {"dropped", offsetof(struct counts, dropped)},
    {"faults", offsetof(struct counts, faults)},
    {"asked_again", offsetof(struct counts, asked_again)},
    {"billed_again", offsetof(struct counts, billed_again)},
    {"answered_again", offsetof(struct counts, answered_again)},
};

const int64_t *counts_find(const struct counts *c, struct az_str name)
{
    for (size_t i = 0; i < AZ_LEN(counters); i++)
        if (az_str_eqz(name, counters[i].name))
            return (const int64_t *)((const char *)c + counters[i].at);
    return NULL;
}

void counts_release(struct counts *c)
{
    for (size_t i = 0; i < PATHS_MAX; i++)
        free(c->paths[i].path);
    for (size_t i = 0; i < c->n_questions; i++) {
        free(c->questions[i].model);
        free(c->questions[i].id);
    }
    free(c->questions);
    table_release(&c->by_key);
    *c = (struct counts){0};
}

static char *copy_of(struct az_str s)
{
    char *z = az_zalloc(s.n + 1);
    if (z && s.n)
        memcpy(z, s.p, s.n);
    return z;
}

void counts_path(struct counts *c, struct az_str path)
{
    for (size_t i = 0; i < PATHS_MAX; i++) {
        if (!c->paths[i].path)
            c->paths[i].path = copy_of(path);
        if (c->paths[i].path && az_str_eqz(path, c->paths[i].path)) {
            c->paths[i].n++;
            return;
        }
    }
}

struct question *counts_question(struct counts *c, const struct ask *ask)
{
    size_t at = 0;
    int64_t i = table_find(&c->by_key, ask->key, &at);
    if (i >= 0)
        return &c->questions[i];
    if (az_grow(&c->questions, &c->questions_cap, c->n_questions + 1, sizeof(*c->questions)) < 0)
        return NULL;
    struct question q = {ask->key, copy_of(ask->model), ask->id.p ? copy_of(ask->id) : NULL, 0, 0,
                         0};
    if (!q.model || table_add(&c->by_key, ask->key, (uint32_t)c->n_questions) < 0) {
        free(q.model);
        free(q.id);
        return NULL;
    }
    c->questions[c->n_questions] = q;
    return &c->questions[c->n_questions++];
}

static void print_questions(struct az_jw *w, const struct counts *c)
{
    az_jw_key(w, "by_question");
    az_jw_arr(w);
    for (size_t i = 0; i < c->n_questions; i++) {
        const struct question *q = &c->questions[i];
        char key[17];
        snprintf(key, sizeof(key), "%016llx", (unsigned long long)q->key);
        az_jw_obj(w);
        az_jw_kz(w, "key", key);
        az_jw_kz(w, "model", q->model);
        az_jw_kz(w, "id", q->id);
        az_jw_kint(w, "asked", q->asked);
        az_jw_kint(w, "billed", q->billed);
        az_jw_kint(w, "answered", q->answered);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
}

static void print_maps(struct az_jw *w, const struct counts *c)
{
    az_jw_key(w, "paths");
    az_jw_obj(w);
    for (size_t i = 0; i < PATHS_MAX && c->paths[i].path; i++)
        az_jw_kint(w, c->paths[i].path, c->paths[i].n);
    az_jw_obj_end(w);
    az_jw_key(w, "status");
    az_jw_obj(w);
    for (int i = 0; i < STATUS_MAX; i++) {
        char name[8];
        snprintf(name, sizeof(name), "%d", i);
        if (c->status[i])
            az_jw_kint(w, name, c->status[i]);
    }
    az_jw_obj_end(w);
    az_jw_key(w, "billed");
    az_jw_obj(w);
    az_jw_kint(w, "n", c->billed);
    az_jw_kint(w, "tokens_in", c->billed_in);
    az_jw_kint(w, "tokens_out", c->billed_out);
    az_jw_kint(w, "nusd", c->billed_nusd);
    az_jw_obj_end(w);
}

void counts_print(struct az_buf *b, const struct counts *c, const struct server_stats *s,
                  bool questions)
{
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    for (size_t i = 0; i < AZ_LEN(counters); i++)
        az_jw_kint(&w, counters[i].name, *(const int64_t *)((const char *)c + counters[i].at));
    az_jw_kint(&w, "questions", (int64_t)c->n_questions);
    az_jw_kint(&w, "connections", s->connections);
    az_jw_kint(&w, "connections_max", s->connections_max);
    az_jw_kint(&w, "connections_total", s->connections_total);
    print_maps(&w, c);
    if (questions)
        print_questions(&w, c);
    az_jw_obj_end(&w);
}
