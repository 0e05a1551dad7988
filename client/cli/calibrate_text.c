#include "client/cli/calibrate_text.h"

#include <stdio.h>
#include <string.h>

#include "client/cli/figure_json.h"
#include "client/cli/human.h"
#include "client/cli/table.h"
#include "core/json.h"

static void cell(struct az_table *t, const struct az_figure *f, bool percent)
{
    char text[64] = "-";
    if (f->defined && percent && f->has_interval)
        snprintf(text, sizeof(text), "%.1f%% (%.1f-%.1f)", 100 * f->value, 100 * f->low,
                 100 * f->high);
    else if (f->defined && percent)
        snprintf(text, sizeof(text), "%.1f%%", 100 * f->value);
    else if (f->defined)
        snprintf(text, sizeof(text), "%.3f", f->value);
    az_table_cell_z(t, text);
}

static void put_methods(struct az_buf *b, const struct az_methods *m, size_t width)
{
    static const struct az_column columns[] = {
        {"aggregation", .most = 20},      {"accuracy, ties shared", .right = true},
        {"ties wrong", .right = true, 3}, {"log loss", .right = true},
        {"Brier", .right = true, 2},      {"ECE", .right = true, 1},
    };
    AZ_AUTO(table) t = az_table_new(columns, AZ_LEN(columns));
    for (size_t i = 0; t && i < m->n; i++) {
        const struct az_report_method *v = &m->v[i];
        az_table_cell_z(t, strcmp(v->name, "votes") == 0 ? "majority" : v->name);
        cell(t, &v->accuracy_shared, true);
        cell(t, &v->accuracy, true);
        cell(t, &v->log_loss, false);
        cell(t, &v->brier, false);
        cell(t, &v->ece, false);
    }
    az_table_print(b, t, 2, width);
}

static void put_gain(struct az_buf *b, const char *who, const struct az_figure *plain,
                     const struct az_figure *loss, const struct az_figure *gain)
{
    az_buf_fmt(b, "    %s: log loss %.3f, and %.3f with them; gain %.3f", who, plain->value,
               loss->value, gain->value);
    if (gain->has_interval)
        az_buf_fmt(b, " (%.3f to %.3f)", gain->low, gain->high);
}

/* Judges that were tried, then what the panel makes of it. */
static void put_reasons(struct az_buf *b, const struct az_reasoned *r, const char *learner)
{
    if (!r->n_tried)
        return;
    az_buf_z(b, "  rationales read beside the labels, on items that had not been seen:\n");
    for (size_t j = 0; j < r->panel->n_judges; j++) {
        const struct az_offer *o = &r->v[j].offer;
        if (!o->tried)
            continue;
        put_gain(b, r->panel->judges[j].name, &o->plain, &o->loss, &o->gain);
        az_buf_z(b, o->offered ? "\n" : ": not read\n");
    }
    if (!r->compared)
        return;
    put_gain(b, learner, &r->plain, &r->loss, &r->gain);
    az_buf_z(b, r->used ? ": they are used\n" : ": too little, they are not used\n");
}

static void change(struct az_table *t, const struct az_figure *before,
                   const struct az_figure *after)
{
    char text[64] = "-";
    if (before->defined && after->defined)
        snprintf(text, sizeof(text), "%.3f -> %.3f", before->value, after->value);
    az_table_cell_z(t, text);
}

/* How far probabilities hold, before and after the map that was chosen for them. */
static void put_maps(struct az_buf *b, const struct az_maps *m, const struct az_mapped *kept,
                     bool reasons, size_t width)
{
    static const struct az_column columns[] = {
        {"probabilities of", .most = 20}, {"map", .most = 12},       {"log loss", .right = true},
        {"Brier", .right = true, 2},      {"ECE", .right = true, 1},
    };
    AZ_AUTO(table) t = az_table_new(columns, AZ_LEN(columns));
    for (size_t i = 0; t && i < m->n; i++) {
        const struct az_map_told *v = &m->v[i];
        az_table_cell_z(t, strcmp(v->learner, "votes") == 0 ? "share of votes" : v->learner);
        az_table_cell_z(t, v->mapped.reason ? "-" : az_calibrator_name(v->mapped.map.kind));
        change(t, &v->before.log_loss, &v->after.log_loss);
        change(t, &v->before.brier, &v->after.brier);
        change(t, &v->before.ece, &v->after.ece);
    }
    az_table_print(b, t, 2, width);
    if (reasons)
        az_buf_z(b, "  no map: it was chosen for votes without rationales\n");
    else if (kept->reason)
        az_buf_fmt(b, "  no map: %s\n", kept->reason);
    else if (kept->map.kind == AZ_CALIBRATOR_NONE)
        az_buf_z(b, "  no map: none was better than what is said, by more than its error\n");
    else if (kept != &m->v[m->n - 1].mapped) /* a promise has taken the other labels */
        az_buf_fmt(b, "  map of the labels that are learnt from: %s\n",
                   az_calibrator_name(kept->map.kind));
}

/* What the panel's mean was off, and what it is after the map. */
static void put_scores(struct az_buf *b, const struct az_score_fit *f)
{
    az_buf_fmt(b, "  mean score: map %s", f->reason ? "-" : az_score_map_name(f->map.kind));
    if (f->before.defined && f->after.defined)
        az_buf_fmt(b, "; mean squared error %.3f -> %.3f, off by %+.3f -> %+.3f, n %lld",
                   f->before.value, f->after.value, f->off.value, f->off_after.value,
                   (long long)f->before.n);
    az_buf_char(b, '\n');
    if (f->reason)
        az_buf_fmt(b, "  no map: %s\n", f->reason);
}

/* Which parts a mixture consists of. */
static void put_parts(struct az_buf *b, const struct az_model *m)
{
    bool any = false;
    for (size_t i = 0; i < m->n_parts; i++) {
        double w = m->arrays[0][i];
        if (w < 0.005)
            continue;
        az_buf_fmt(b, "%s%s %.0f%%", any ? ", " : "  carried by ", m->parts[i]->learner->name,
                   100 * w);
        any = true;
    }
    if (any)
        az_buf_char(b, '\n');
}

static void put_promise(struct az_buf *b, const struct az_calibrate_told *t)
{
    const struct az_guarantee *g = &t->promises->guarantee;
    const struct az_risk *tested = &t->promises->tested;
    az_buf_fmt(b, "  promise: risk %g, delta %g, learnt from %lld items, tested on %lld\n", g->risk,
               g->delta, (long long)t->fitted, (long long)g->n);
    if (g->kept) {
        az_buf_fmt(b, "    kept: decides %.0f%% of the items", 100 * g->coverage);
        if (g->all)
            az_buf_char(b, '\n');
        else
            az_buf_fmt(b, ", those with p of at least %.3f; abstains from the rest\n",
                       g->threshold);
        return;
    }
    az_buf_fmt(b, "    refused: %s\n", tested->reason ? tested->reason : "not proven");
    if (g->needed > tested->least && g->n < tested->least)
        az_buf_fmt(b,
                   "    it takes %lld labels to test on if none of them is wrong; as these are, "
                   "some %lld, and as many to learn from\n",
                   (long long)tested->least, (long long)g->needed);
    else if (g->needed > 0)
        az_buf_fmt(b, "    it takes some %lld labels to test on, and as many to learn from\n",
                   (long long)g->needed);
    else if (g->n < tested->least)
        az_buf_fmt(b, "    it takes %lld labels to test on at the least, one a cluster\n",
                   (long long)tested->least);
    else
        az_buf_z(b, "    more labels of this kind would not do\n");
}

static void put_sets(struct az_buf *b, const struct az_calibrate_told *t)
{
    const struct az_label_sets *s = &t->promises->sets;
    az_buf_fmt(b, "  label sets: conformal %g, learnt from %lld items, made from %lld others\n",
               s->conformal, (long long)t->fitted, (long long)s->n);
    if (s->made)
        az_buf_fmt(b,
                   "    made: the true answer is in %.0f%% of theirs; %.2f answers in a set, "
                   "%.0f%% are of one\n",
                   100 * s->held, s->size, 100 * s->single);
    else
        az_buf_fmt(b,
                   "    refused: it takes %lld labels to make them from, and as many to learn "
                   "from\n",
                   (long long)s->needed);
}

/* Where every item has a label there is nothing to be said of others. */
static void put_over_all(struct az_buf *b, const struct az_calibrate_told *t, size_t width)
{
    const struct az_honest_figures *f = t->honest;
    if (!f->n || f->labelled == f->items)
        return;
    az_buf_fmt(b, "  by %s and the labels, over all ",
               t->model->reason[0] ? "the panel" : t->model->learner->name);
    az_human_count(b, f->items);
    az_buf_z(b, " items:\n");
    az_honest_text(b, f, width);
}

void az_calibrate_text(struct az_buf *b, const struct az_calibrate_told *t, size_t width)
{
    az_buf_z(b, "calibrated on ");
    az_human_count(b, t->labelled);
    az_buf_fmt(b, " labelled item%s, %zu judges", t->labelled == 1 ? "" : "s", t->panel->n_judges);
    if (t->early)
        az_buf_fmt(b, " (%lld more were not asked in full: left out)", (long long)t->early);
    az_buf_z(b, "\n  scored on items that had not been seen (five folds):\n");
    put_methods(b, t->methods, width);
    if (t->scores)
        put_scores(b, t->scores);
    else
        put_maps(b, t->maps, t->map, t->reasoned->used, width);
    put_reasons(b, t->reasoned, t->model->learner->name);
    put_over_all(b, t, width);
    if (t->model->reason[0])
        az_buf_fmt(b, "  nothing was learnt: %s; it counts votes\n", t->model->reason);
    put_parts(b, t->model);
    if (t->promises->risk > 0)
        put_promise(b, t);
    if (t->promises->conformal > 0)
        put_sets(b, t);
    if (t->reference->panel.n)
        az_buf_fmt(b, "  drift is held against %lld wrong of %lld\n",
                   (long long)t->reference->panel.hit, (long long)t->reference->panel.n);
    az_buf_z(b, "  in a panel: aggregate: {kind: ");
    az_buf_fmt(b, "%s, calibration: %s", t->model->reason[0] ? "auto" : t->kind, t->path);
    if (t->promises->guarantee.kept)
        az_buf_fmt(b, ", risk: %g, delta: %g", t->promises->risk, t->promises->delta);
    if (t->promises->sets.made)
        az_buf_fmt(b, ", conformal: %g", t->promises->conformal);
    az_buf_z(b, "}\n");
}

static void put_map(struct az_jw *w, const struct az_map_told *t)
{
    const struct az_report_method *v[] = {&t->before, &t->after};
    az_jw_key(w, "mapped");
    az_jw_obj(w);
    if (t->mapped.reason)
        az_jw_kz(w, "reason", t->mapped.reason);
    else
        az_jw_kz(w, "map", az_calibrator_name(t->mapped.map.kind));
    for (size_t i = 0; i < AZ_LEN(v); i++) {
        az_jw_key(w, i ? "after" : "before");
        az_jw_obj(w);
        az_figure_put(w, "log_loss", &v[i]->log_loss);
        az_figure_put(w, "brier", &v[i]->brier);
        az_figure_put(w, "ece", &v[i]->ece);
        az_jw_obj_end(w);
    }
    az_jw_obj_end(w);
}

static void write_gain(struct az_jw *w, const struct az_figure *plain, const struct az_figure *loss,
                       const struct az_figure *gain, bool used)
{
    az_figure_put(w, "log_loss_plain", plain);
    az_figure_put(w, "log_loss", loss);
    az_figure_put(w, "gain", gain);
    az_jw_kbool(w, "used", used);
}

static void write_reasons(struct az_jw *w, const struct az_reasoned *r)
{
    az_jw_key(w, "reasons");
    az_jw_obj(w);
    az_jw_key(w, "judges");
    az_jw_obj(w);
    for (size_t j = 0; j < r->panel->n_judges; j++) {
        const struct az_offer *o = &r->v[j].offer;
        if (!o->tried)
            continue;
        az_jw_key(w, r->panel->judges[j].name);
        az_jw_obj(w);
        write_gain(w, &o->plain, &o->loss, &o->gain, o->offered && r->used);
        az_jw_obj_end(w);
    }
    az_jw_obj_end(w);
    if (r->compared) {
        az_jw_key(w, "panel");
        az_jw_obj(w);
        write_gain(w, &r->plain, &r->loss, &r->gain, r->used);
        az_jw_obj_end(w);
    }
    az_jw_obj_end(w);
}

void az_calibrate_json(struct az_buf *b, const struct az_methods *m, const struct az_maps *maps,
                       const struct az_score_fit *scores, const struct az_reasoned *r,
                       const struct az_honest_figures *honest)
{
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    for (size_t i = 0; i < m->n; i++) {
        az_jw_key(&w, m->v[i].name);
        az_jw_obj(&w);
        az_figure_put(&w, "accuracy_shared", &m->v[i].accuracy_shared);
        az_figure_put(&w, "accuracy", &m->v[i].accuracy);
        az_figure_put(&w, "log_loss", &m->v[i].log_loss);
        az_figure_put(&w, "brier", &m->v[i].brier);
        az_figure_put(&w, "ece", &m->v[i].ece);
        const struct az_map_told *map = az_maps_find(maps, m->v[i].name);
        if (map)
            put_map(&w, map);
        az_jw_obj_end(&w);
    }
    if (scores) {
        az_jw_key(&w, "mean");
        az_jw_obj(&w);
        az_jw_kz(&w, "map", scores->reason ? NULL : az_score_map_name(scores->map.kind));
        az_figure_put(&w, "squared_error_before", &scores->before);
        az_figure_put(&w, "squared_error_after", &scores->after);
        az_figure_put(&w, "off_before", &scores->off);
        az_figure_put(&w, "off_after", &scores->off_after);
        az_jw_obj_end(&w);
    }
    if (r->n_tried)
        write_reasons(&w, r);
    az_honest_json(&w, "over_all", honest);
    az_jw_obj_end(&w);
}
