#include "client/cli/report.h"

#include <string.h>

#include "client/cli/figure_json.h"
#include "client/cli/report_template.h"
#include "core/json.h"

static void put_money(struct az_jw *w, const char *key, bool known, az_nusd cost)
{
    az_jw_key(w, key);
    if (known)
        az_jw_usd(w, cost);
    else
        az_jw_null(w);
}

static void put_texts(struct az_jw *w, const char *key, const char *const *v, size_t n)
{
    az_jw_key(w, key);
    az_jw_arr(w);
    for (size_t i = 0; i < n; i++)
        az_jw_z(w, v[i]);
    az_jw_arr_end(w);
}

/* ---- the panel as a whole ---- */

static void put_question(struct az_jw *w, const struct az_question *q)
{
    az_jw_key(w, "question");
    az_jw_obj(w);
    az_jw_kz(w, "kind", az_kind_name(q->kind));
    az_jw_kz(w, "ask", q->ask);
    put_texts(w, "labels", q->labels, q->labels ? q->n_labels : 0);
    az_jw_obj_end(w);
}

static void put_counts(struct az_jw *w, const struct az_summary_figures *f)
{
    int64_t ballots = 0, errors = 0;
    for (size_t j = 0; j < f->n_judges; j++) {
        ballots += f->judges[j].ballots;
        errors += f->judges[j].errors;
    }
    az_jw_key(w, "counts");
    az_jw_obj(w);
    az_jw_kint(w, "items", f->items);
    az_jw_kint(w, "gold", f->gold);
    az_jw_kint(w, "decided", f->decided);
    az_jw_kint(w, "abstained", f->abstained);
    az_jw_kint(w, "failed", f->failed);
    az_jw_kint(w, "ballots", ballots);
    az_jw_kint(w, "errors", errors);
    put_money(w, "usd", f->cost_known, f->cost);
    az_jw_obj_end(w);
}

static void put_verdicts(struct az_jw *w, const struct az_summary_figures *f)
{
    az_jw_key(w, "verdicts");
    az_jw_obj(w);
    az_jw_key(w, "labels");
    az_jw_arr(w);
    for (size_t i = 0; i < f->n_labels; i++) {
        az_jw_obj(w);
        az_jw_kz(w, "name", f->labels[i].name);
        az_jw_kint(w, "n", f->labels[i].n);
        az_figure_put(w, "share", &f->labels[i].share);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
    az_figure_put(w, "pass_rate", &f->pass_rate);
    az_figure_put(w, "mean", &f->mean);
    az_jw_obj_end(w);

    az_jw_key(w, "panel");
    az_jw_obj(w);
    az_figure_put(w, "accuracy", &f->accuracy);
    az_figure_put(w, "accuracy_shared", &f->accuracy_shared);
    az_figure_put(w, "kappa", &f->kappa);
    az_jw_obj_end(w);

    az_jw_key(w, "sets");
    az_jw_obj(w);
    az_figure_put(w, "size", &f->set_size);
    az_figure_put(w, "single", &f->set_single);
    az_figure_put(w, "held", &f->set_held);
    az_jw_obj_end(w);
    if (f->watch)
        az_summary_drift_json(w, f->watch, f->panel);
}

static void put_methods(struct az_jw *w, const struct az_report *r)
{
    az_jw_key(w, "methods");
    az_jw_arr(w);
    for (size_t i = 0; i < r->n_methods; i++) {
        const struct az_report_method *m = &r->methods[i];
        az_jw_obj(w);
        az_jw_kz(w, "name", m->name);
        az_jw_kz(w, "note", m->note);
        az_figure_put(w, "accuracy", &m->accuracy);
        az_figure_put(w, "accuracy_shared", &m->accuracy_shared);
        az_figure_put(w, "log_loss", &m->log_loss);
        az_figure_put(w, "brier", &m->brier);
        az_figure_put(w, "ece", &m->ece);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
}

static void put_systems(struct az_jw *w, const struct az_report *r)
{
    az_jw_key(w, "systems");
    az_jw_arr(w);
    for (size_t i = 0; i < r->n_systems; i++) {
        const struct az_report_system *s = &r->systems[i];
        az_jw_obj(w);
        az_jw_kz(w, "name", s->name);
        az_jw_kint(w, "n", s->n);
        az_figure_put(w, "win_rate", &s->win_rate);
        az_figure_put(w, "strength", &s->strength);
        az_figure_put(w, "elo", &s->elo);
        az_figure_put(w, "mean", &s->mean);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
    if (r->tau)
        az_figure_put(w, "systems_tau", r->tau);
}

/* ---- judges ---- */

/* What stood for the truth where a figure compares with it. */
static void put_truth(struct az_jw *w, const char *key, const struct az_figure *f, bool gold)
{
    az_jw_kz(w, key, !f->defined ? NULL : gold ? "gold" : "other judges");
}

static void put_habits(struct az_jw *w, const struct az_habit_figures *h)
{
    az_figure_put(w, "verbosity", &h->verbosity);
    put_truth(w, "verbosity_truth", &h->verbosity, h->verbosity_by_gold);
    az_figure_put(w, "own_family", &h->own_family);
    put_truth(w, "own_family_truth", &h->own_family, h->own_family_by_gold);
    az_figure_put(w, "leniency", &h->leniency);
    az_figure_put(w, "within", &h->within);
    az_figure_put(w, "levels_used", &h->levels_used);
    az_figure_put(w, "mean", &h->scale_mean);
    az_figure_put(w, "deviation", &h->scale_deviation);
    az_figure_put(w, "ends", &h->scale_ends);
    az_figure_put(w, "decisiveness", &h->decisiveness);
    az_figure_put(w, "system_bias", &h->system_bias);
    az_figure_put(w, "log_loss", &h->log_loss);
    az_figure_put(w, "brier", &h->brier);
    az_figure_put(w, "ece", &h->ece);
}

static int put_judge(struct az_jw *w, const struct az_report *r, size_t j)
{
    const struct az_summary_judge *s = &az_summary_figures(r->summary)->judges[j];
    struct az_figure none = az_figure_none(r->not_fitted ? r->not_fitted : "nothing was fitted", 0);
    struct az_habit_figures habits;
    if (az_habits_figures(r->habits, j, &habits) < 0)
        return AZ_ENOMEM;
    az_jw_obj(w);
    az_jw_kz(w, "name", s->name);
    az_jw_kz(w, "family", r->panel->judges[j].family);
    az_jw_kint(w, "ballots", s->ballots);
    az_jw_kint(w, "errors", s->errors);
    az_figure_put(w, "parse_rate", &s->parse_rate);
    az_figure_put(w, "accuracy", &s->accuracy);
    az_figure_put(w, "accuracy_shared", &s->accuracy_shared);
    az_figure_put(w, "kappa", &s->kappa);
    az_figure_put(w, "mae", &s->mae);
    az_figure_put(w, "pearson", &s->pearson);
    az_figure_put(w, "flip_rate", &s->flip_rate);
    az_figure_put(w, "reversal_rate", &s->reversal_rate);
    az_figure_put(w, "position", &s->position);
    put_habits(w, &habits);
    az_figure_put(w, "weight", r->weights ? &r->weights[j] : &none);
    az_figure_put(w, "adds", r->adds ? &r->adds[j] : &none);
    put_money(w, "usd", s->cost_known && s->cost > 0, s->cost);
    az_jw_obj_end(w);
    return 0;
}

static int put_judges(struct az_jw *w, const struct az_report *r)
{
    int error = 0;
    az_jw_key(w, "judges");
    az_jw_arr(w);
    for (size_t j = 0; error == 0 && j < r->panel->n_judges; j++)
        error = put_judge(w, r, j);
    az_jw_arr_end(w);
    return error;
}

static void put_agreement(struct az_jw *w, const struct az_report *r)
{
    const struct az_summary_figures *f = az_summary_figures(r->summary);
    az_jw_key(w, "agreement");
    az_jw_obj(w);
    az_figure_put(w, "alpha", &f->alpha);
    az_figure_put(w, "percent", &f->percent);
    az_figure_put(w, "kappa", &f->agreement_kappa);
    az_figure_put(w, "effective_votes", &f->effective_votes);
    az_jw_key(w, "pairs");
    az_jw_arr(w);
    for (size_t a = 0; a < f->n_judges; a++) {
        for (size_t b = a + 1; b < f->n_judges; b++) {
            struct az_summary_pair p = az_summary_pair(r->summary, a, b);
            az_jw_obj(w);
            az_jw_kint(w, "a", (int64_t)a);
            az_jw_kint(w, "b", (int64_t)b);
            az_figure_put(w, "percent", &p.percent);
            az_figure_put(w, "kappa", &p.kappa);
            az_figure_put(w, "pearson", &p.pearson);
            az_jw_obj_end(w);
        }
    }
    az_jw_arr_end(w);
    az_jw_obj_end(w);
}

/* ---- curves ---- */

static void put_curve(struct az_jw *w, const char *name, const struct az_quality *q)
{
    az_jw_obj(w);
    az_jw_kz(w, "name", name);
    az_jw_key(w, "bins");
    az_jw_arr(w);
    for (size_t i = 0; i < q->n_bins; i++) {
        double confidence;
        struct az_figure f = az_quality_curve(q, i, &confidence);
        if (!f.defined)
            continue;
        az_jw_obj(w);
        az_jw_knum(w, "confidence", confidence);
        az_jw_knum(w, "rate", f.value);
        az_jw_knum(w, "low", f.low);
        az_jw_knum(w, "high", f.high);
        az_jw_kint(w, "n", f.n);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
    az_jw_obj_end(w);
}

static int put_curves(struct az_jw *w, const struct az_report *r)
{
    az_jw_key(w, "reliability");
    az_jw_arr(w);
    for (size_t i = 0; i < r->n_methods; i++) {
        if (r->methods[i].quality)
            put_curve(w, r->methods[i].name, r->methods[i].quality);
    }
    for (size_t j = 0; j < r->panel->n_judges; j++) {
        struct az_habit_figures f;
        if (az_habits_figures(r->habits, j, &f) < 0)
            return AZ_ENOMEM;
        if (f.log_loss.defined)
            put_curve(w, r->panel->judges[j].name, f.quality);
    }
    az_jw_arr_end(w);
    return 0;
}

/* ---- cost ---- */

static void put_panels(struct az_jw *w, const struct az_subpanels *s)
{
    az_jw_key(w, "panels");
    az_jw_arr(w);
    for (size_t i = 0; i < s->n_panels; i++) {
        az_jw_arr(w);
        az_jw_num(w, s->panels[i].cost);
        az_jw_num(w, s->panels[i].accuracy);
        az_jw_int(w, (int64_t)s->panels[i].n);
        az_jw_arr_end(w);
    }
    az_jw_arr_end(w);
}

static void put_frontier(struct az_jw *w, const struct az_subpanels *s)
{
    az_jw_key(w, "frontier");
    az_jw_arr(w);
    for (size_t i = 0; i < s->n_frontier; i++) {
        const struct az_subpanel *p = &s->panels[s->frontier[i].panel];
        az_jw_obj(w);
        az_jw_kint(w, "panel", (int64_t)s->frontier[i].panel);
        az_jw_key(w, "judges");
        az_jw_arr(w);
        for (size_t j = 0; j < p->n; j++)
            az_jw_int(w, p->judges[j]);
        az_jw_arr_end(w);
        az_figure_put(w, "held_out", &s->frontier[i].held_out);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
}

static void put_path(struct az_jw *w, const struct az_subpanels *s)
{
    az_jw_key(w, "path");
    az_jw_arr(w);
    for (size_t i = 0; i < s->n_path; i++) {
        az_jw_obj(w);
        az_jw_kint(w, "judge", s->path[i].judge);
        az_jw_knum(w, "accuracy", s->path[i].accuracy);
        az_figure_put(w, "held_out", &s->path[i].held_out);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
}

static void put_cost(struct az_jw *w, const struct az_report *r)
{
    az_jw_key(w, "cost");
    if (!r->subpanels) {
        az_jw_null(w);
        return;
    }
    az_jw_obj(w);
    az_jw_kz(w, "unit", r->costs_are_usd ? "usd" : "seats");
    az_jw_kz(w, "reason", r->subpanels->reason);
    put_panels(w, r->subpanels);
    put_frontier(w, r->subpanels);
    put_path(w, r->subpanels);
    az_jw_obj_end(w);
}

/* ---- errors ---- */

static void put_error(struct az_jw *w, const struct az_report *r, int kind, int64_t n)
{
    az_jw_obj(w);
    az_jw_kz(w, "kind", az_ballot_error_name((enum az_ballot_error)kind));
    az_jw_kint(w, "n", n);
    az_jw_key(w, "judges");
    az_jw_arr(w);
    for (size_t j = 0; j < r->panel->n_judges; j++) {
        if (!r->errors[j][kind])
            continue;
        az_jw_obj(w);
        az_jw_kz(w, "name", r->panel->judges[j].name);
        az_jw_kint(w, "n", r->errors[j][kind]);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
    az_jw_obj_end(w);
}

/* The commonest first. */
static void put_errors(struct az_jw *w, const struct az_report *r)
{
    int64_t left[AZ_BE_COUNT] = {0};
    for (size_t j = 0; r->errors && j < r->panel->n_judges; j++) {
        for (int e = AZ_BE_NONE + 1; e < AZ_BE_COUNT; e++)
            left[e] += r->errors[j][e];
    }
    az_jw_key(w, "errors");
    az_jw_arr(w);
    for (;;) {
        int most = 0;
        for (int e = 1; e < AZ_BE_COUNT; e++)
            most = left[e] > left[most] ? e : most;
        if (!left[most])
            break;
        put_error(w, r, most, left[most]);
        left[most] = 0;
    }
    az_jw_arr_end(w);
}

/* ---- all of it ---- */

int az_report_json(struct az_buf *b, const struct az_report *r)
{
    const struct az_summary_figures *f = az_summary_figures(r->summary);
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    az_jw_kz(&w, "format", "assize-report/1");
    az_jw_kz(&w, "version", ASSIZE_VERSION);
    az_jw_kz(&w, "title", r->title);
    put_texts(&w, "sources", r->sources, r->n_sources);
    put_texts(&w, "notes", r->notes, r->n_notes);
    put_question(&w, &r->panel->question);
    put_counts(&w, f);
    put_verdicts(&w, f);
    if (r->honest)
        az_honest_json(&w, "over_all", r->honest);
    put_methods(&w, r);
    put_systems(&w, r);
    if (put_judges(&w, r) < 0)
        return AZ_ENOMEM;
    put_agreement(&w, r);
    if (put_curves(&w, r) < 0)
        return AZ_ENOMEM;
    put_cost(&w, r);
    put_errors(&w, r);
    az_jw_key(&w, "contested");
    AZ_AUTO_BUF list = az_buf(AZ_BUF_MAX);
    az_contested_print(&list, r->contested);
    if (az_buf_check(&list, NULL) < 0)
        return AZ_ENOMEM;
    az_jw_raw(&w, az_buf_view(&list));
    az_jw_obj_end(&w);
    return 0;
}

/* Inside a script element "<" could end it; in JSON it only stands in texts, where an
 * escape says the same. */
static void put_script_safe(struct az_buf *b, struct az_str json)
{
    while (json.n) {
        const char *less = memchr(json.p, '<', json.n);
        size_t n = less ? (size_t)(less - json.p) : json.n;
        az_buf_put(b, json.p, n);
        if (less)
            az_buf_z(b, "\\u003c");
        n += less != NULL;
        json = (struct az_str){json.p + n, json.n - n};
    }
}

void az_report_page(struct az_buf *b, struct az_str json)
{
    static const char mark[] = "@DATA@";
    struct az_str page = {(const char *)az_report_template, az_report_template_n};
    ptrdiff_t at = az_str_find(page, az_str(mark));
    az_assert(at > 0);
    az_buf_put(b, page.p, (size_t)at);
    put_script_safe(b, json);
    az_buf_put(b, page.p + at + sizeof(mark) - 1, page.n - (size_t)at - (sizeof(mark) - 1));
}
