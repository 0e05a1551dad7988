/* The panels that a worker holds, and what it learnt about their models. */
#include "core/mem.h"
#include "workers/work_state.h"

struct work_panel *panel_find(struct az_work *w, uint32_t number)
{
    for (size_t i = 0; i < w->n_panels; i++) {
        if (w->panels[i]->number == number)
            return w->panels[i];
    }
    return NULL;
}

void panel_free(struct work_panel *p)
{
    if (!p)
        return;
    az_prompter_free(p->prompter);
    az_panel_free(p->panel);
    free(p->of_judge);
    free(p);
}

void panel_unhold(struct work_panel *p)
{
    if (--p->held == 0 && p->forgotten)
        panel_free(p);
}

static struct work_backend *backend_named(struct az_work *w, const char *name)
{
    for (size_t b = 0; b < w->n_backends; b++) {
        if (!strcmp(w->backends[b].backend->name, name))
            return &w->backends[b];
    }
    return NULL;
}

static int panel_keep(struct az_work *w, struct work_panel *p, struct az_error *err)
{
    if (az_grow(&w->panels, &w->cap_panels, w->n_panels + 1, sizeof(struct work_panel *)) < 0)
        return az_oom(err);
    w->panels[w->n_panels++] = p;
    return 0;
}

static int panel_add(struct az_work *w, struct work_panel *p, struct az_error *err)
{
    int r = az_prompter_new(p->panel, &p->prompter, err);
    if (r < 0)
        return r;
    p->of_judge = az_zalloc(p->panel->n_judges * sizeof(struct work_backend *));
    if (!p->of_judge)
        return az_oom(err);
    for (size_t j = 0; j < p->panel->n_judges; j++)
        p->of_judge[j] = backend_named(w, p->panel->judges[j].backend);
    return panel_keep(w, p, err);
}

static int is_there(uint32_t number, struct az_error *err)
{
    return az_fail(err, AZ_EPROTO, "panel %u is there already", number);
}

int az_work_on_panel(struct az_work *w, uint32_t number, struct az_panel *panel,
                     const unsigned char secret[AZ_SECRET_BYTES], struct az_error *err)
{
    struct work_panel *p = az_zalloc(sizeof(*p));
    if (!p) {
        az_panel_free(panel);
        return az_oom(err);
    }
    p->number = number;
    p->panel = panel;
    memcpy(p->secret, secret, sizeof(p->secret));
    int r = panel_find(w, number) ? is_there(number, err) : panel_add(w, p, err);
    if (r < 0)
        panel_free(p);
    return r;
}

int az_work_on_unfit(struct az_work *w, uint32_t number, struct az_error *err)
{
    if (panel_find(w, number))
        return is_there(number, err);
    struct work_panel *p = az_zalloc(sizeof(*p));
    if (!p)
        return az_oom(err);
    p->number = number;
    int r = panel_keep(w, p, err);
    if (r < 0)
        panel_free(p);
    return r;
}

void az_work_on_forget(struct az_work *w, uint32_t number)
{
    struct work_panel *p = panel_find(w, number);
    if (!p)
        return;
    for (size_t i = 0; i < w->n_panels; i++) {
        if (w->panels[i] == p)
            w->panels[i] = w->panels[--w->n_panels];
    }
    p->forgotten = true;
    if (!p->held)
        panel_free(p);
}

/* ---- models ---- */

/* What was found out under one panel holds under the next: the server is the same. */
struct az_caps *call_caps(struct az_work *w, struct work_call *c)
{
    const char *model = c->ask.judge->model;
    for (size_t i = 0; i < w->n_learnt; i++) {
        if (w->learnt[i].backend == c->backend->index && !strcmp(w->learnt[i].model, model))
            return &w->learnt[i].caps;
    }
    if (az_grow(&w->learnt, &w->cap_learnt, w->n_learnt + 1, sizeof(*w->learnt)) < 0)
        return NULL;
    char *copy = az_strdup(model);
    if (!copy)
        return NULL;
    w->learnt[w->n_learnt] = (struct learnt){.model = copy, .backend = c->backend->index};
    return &w->learnt[w->n_learnt++].caps;
}
