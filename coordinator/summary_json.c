/* summary.json: DESIGN's "Summary". An undefined figure is null, and its reason
 * stands under "reasons" of the same object. */
#include "coordinator/summary_state.h"
#include "core/json.h"

static const char judge_error[] = "judge error not included";

/* An object being written, and why some of its fields are null. */
struct object {
    struct az_jw *w;
    size_t n;
    struct {
        const char *key, *reason;
    } nulls[16];
};

static struct object object(struct az_jw *w)
{
    az_jw_obj(w);
    return (struct object){.w = w};
}

static void put_null(struct object *o, const char *key, const char *reason)
{
    az_jw_knull(o->w, key);
    az_assert(o->n < AZ_LEN(o->nulls));
    o->nulls[o->n].key = key;
    o->nulls[o->n++].reason = reason;
}

static void put(struct object *o, const char *key, const struct az_figure *f)
{
    if (f->defined)
        az_jw_knum(o->w, key, f->value);
    else
        put_null(o, key, f->reason);
}

static void object_end(struct object *o)
{
    if (o->n > 0) {
        az_jw_key(o->w, "reasons");
        az_jw_obj(o->w);
        for (size_t i = 0; i < o->n; i++)
            az_jw_kz(o->w, o->nulls[i].key, o->nulls[i].reason);
        az_jw_obj_end(o->w);
    }
    az_jw_obj_end(o->w);
}

static void put_interval(struct object *o, const struct az_figure *f)
{
    if (!f->has_interval) {
        az_jw_knull(o->w, "low");
        az_jw_knull(o->w, "high");
        az_jw_knull(o->w, "method");
        return;
    }
    az_jw_knum(o->w, "low", f->low);
    az_jw_knum(o->w, "high", f->high);
    az_jw_kz(o->w, "method", f->method);
}

/* {value, low, high, method, n}. What is counted of verdicts says that the
 * interval knows nothing of what the judges get wrong. */
static void put_rate(struct az_jw *w, const char *key, const struct az_figure *f, bool of_verdicts)
{
    az_jw_key(w, key);
    struct object o = object(w);
    put(&o, "value", f);
    put_interval(&o, f);
    az_jw_kint(w, "n", f->n);
    if (of_verdicts && f->has_interval)
        az_jw_kz(w, "note", judge_error);
    object_end(&o);
}

static void put_counts(struct az_jw *w, const char *key, const struct az_summary_count *v, size_t n)
{
    az_jw_key(w, key);
    az_jw_obj(w);
    for (size_t i = 0; i < n; i++)
        az_jw_kint(w, v[i].name, v[i].n);
    az_jw_obj_end(w);
}

static void put_totals(struct az_jw *w, const struct az_summary_figures *f)
{
    az_jw_kint(w, "items", f->items);
    az_jw_kint(w, "decided", f->decided);
    az_jw_kint(w, "abstained", f->abstained);
    az_jw_kint(w, "failed", f->failed);
    az_jw_kint(w, "left", f->left);
    az_jw_kint(w, "bad_lines", f->extra.bad_lines);
    az_jw_knum(w, "seconds", f->extra.seconds);
    az_jw_key(w, "usd");
    az_jw_usd(w, f->cost);
    az_jw_kbool(w, "usd_known", f->cost_known);
    az_jw_kint(w, "tokens_in", f->tokens_in);
    az_jw_kint(w, "tokens_out", f->tokens_out);
    az_jw_key(w, "calls");
    az_jw_obj(w);
    az_jw_kint(w, "made", f->extra.calls.made);
    az_jw_kint(w, "cached", f->extra.calls.cached);
    az_jw_kint(w, "retried", f->extra.calls.retried);
    az_jw_kint(w, "saved", f->extra.calls.saved);
    az_jw_obj_end(w);
    put_counts(w, "failed_by", f->failures, f->n_failures);
    put_counts(w, "abstained_by", f->abstentions, f->n_abstentions);
}

static void put_labels(struct az_jw *w, const struct az_summary_figures *f)
{
    az_jw_key(w, "labels");
    az_jw_arr(w);
    for (size_t i = 0; i < f->n_labels; i++) {
        struct object o = object(w);
        az_jw_kz(w, "name", f->labels[i].name);
        az_jw_kint(w, "count", f->labels[i].n);
        put(&o, "share", &f->labels[i].share);
        put_interval(&o, &f->labels[i].share);
        az_jw_kint(w, "n", f->labels[i].share.n);
        if (f->labels[i].share.has_interval)
            az_jw_kz(w, "note", judge_error);
        object_end(&o);
    }
    az_jw_arr_end(w);
}

static void put_systems(struct az_jw *w, const struct az_summary_figures *f)
{
    az_jw_key(w, "systems");
    az_jw_arr(w);
    for (size_t i = 0; i < f->n_systems; i++) {
        const struct az_summary_system *s = &f->systems[i];
        struct object o = object(w);
        az_jw_kz(w, "name", s->name);
        az_jw_kint(w, "wins", s->wins);
        az_jw_kint(w, "ties", s->ties);
        az_jw_kint(w, "losses", s->losses);
        put(&o, "win_rate", &s->win_rate);
        put_interval(&o, &s->win_rate);
        az_jw_kint(w, "n", s->win_rate.n);
        if (s->win_rate.has_interval)
            az_jw_kz(w, "note", judge_error);
        object_end(&o);
    }
    az_jw_arr_end(w);
    az_jw_kint(w, "systems_over", f->systems_over);
}

static void put_panel(struct az_jw *w, const struct az_summary_figures *f)
{
    az_jw_key(w, "panel");
    struct object o = object(w);
    put(&o, "accuracy", &f->accuracy);
    put(&o, "accuracy_shared", &f->accuracy_shared);
    put(&o, "kappa", &f->kappa);
    az_jw_kint(w, "kappa_n", f->kappa.n);
    if (f->panel->question.kind == AZ_SCORE) {
        put(&o, "mae", &f->mae);
        put(&o, "pearson", &f->pearson);
    } else {
        put_interval(&o, &f->accuracy);
    }
    az_jw_kint(w, "n", f->gold);
    object_end(&o);
}

static void put_beside(struct az_jw *w, const struct az_summary_figures *f)
{
    const struct az_summary_beside *b = &f->extra.beside;
    bool score = f->panel->question.kind == AZ_SCORE;
    if (!b->by)
        return;
    az_jw_key(w, "learnt");
    struct object o = object(w);
    az_jw_kz(w, "by", b->by);
    az_jw_kint(w, "n", b->learnt_from);
    az_jw_kz(w, "plain", b->plain);
    if (!score)
        put(&o, "accuracy", &b->accuracy);
    put(&o, score ? "mae" : "accuracy_shared", &b->shared_or_off);
    put_rate(w, "difference", &b->difference, false);
    object_end(&o);
}

static void put_position(struct object *o, const struct az_figure *f)
{
    if (!f->defined) {
        put_null(o, "position", f->reason);
        return;
    }
    put_rate(o->w, "position", f, false);
}

static void put_judge(struct az_jw *w, const struct az_summary_judge *j, bool scores)
{
    struct object o = object(w);
    az_jw_kz(w, "name", j->name);
    az_jw_kint(w, "ballots", j->ballots);
    az_jw_kint(w, "errors", j->errors);
    put(&o, "parse_rate", &j->parse_rate);
    put(&o, "flip_rate", &j->flip_rate);
    put(&o, "reversal_rate", &j->reversal_rate);
    put_position(&o, &j->position);
    az_jw_kint(w, "flip_n", j->flip_rate.n);
    put(&o, "accuracy", &j->accuracy);
    put(&o, "accuracy_shared", &j->accuracy_shared);
    put(&o, "kappa", &j->kappa);
    az_jw_kint(w, "kappa_n", j->kappa.n);
    if (scores) {
        put(&o, "mae", &j->mae);
        put(&o, "pearson", &j->pearson);
    }
    az_jw_kint(w, "n", j->accuracy.n);
    if (j->cost_known) {
        az_jw_key(w, "usd");
        az_jw_usd(w, j->cost);
    } else {
        put_null(&o, "usd", "no price is known");
    }
    az_jw_kint(w, "tokens_in", j->tokens_in);
    az_jw_kint(w, "tokens_out", j->tokens_out);
    put(&o, "ms_p50", &j->ms_p50);
    put(&o, "ms_p99", &j->ms_p99);
    az_jw_kz(w, "top_error", j->top_error ? az_ballot_error_name(j->top_error) : NULL);
    object_end(&o);
}

static void put_pair(struct az_jw *w, const struct az_summary *s, size_t a, size_t b)
{
    struct az_summary_pair p = az_summary_pair(s, a, b);
    struct object o = object(w);
    az_jw_kz(w, "a", s->panel->judges[a].name);
    az_jw_kz(w, "b", s->panel->judges[b].name);
    put(&o, "percent", &p.percent);
    put(&o, "kappa", &p.kappa);
    if (s->n_labels == 0)
        put(&o, "pearson", &p.pearson);
    az_jw_kint(w, "n", p.percent.n);
    object_end(&o);
}

static void put_agreement(struct az_jw *w, const struct az_summary *s)
{
    const struct az_summary_figures *f = &s->out;

    az_jw_key(w, "agreement");
    struct object o = object(w);
    put(&o, "alpha", &f->alpha);
    az_jw_kz(w, "alpha_level", s->n_labels > 0 ? "nominal" : "interval");
    put(&o, "percent", &f->percent);
    put(&o, "kappa", &f->agreement_kappa);
    put(&o, "effective_votes", &f->effective_votes);
    put_interval(&o, &f->effective_votes);
    az_jw_kint(w, "effective_votes_n", f->effective_votes.n);
    az_jw_key(w, "left_out");
    az_jw_arr(w);
    for (size_t i = 0; i < f->n_judges; i++) {
        if (f->judges[i].left_out)
            az_jw_z(w, f->judges[i].name);
    }
    az_jw_arr_end(w);
    az_jw_kint(w, "n", f->alpha.n);
    az_jw_key(w, "pairs");
    az_jw_arr(w);
    for (size_t a = 0; a < f->n_judges; a++) {
        for (size_t b = a + 1; b < f->n_judges; b++)
            put_pair(w, s, a, b);
    }
    az_jw_arr_end(w);
    object_end(&o);
}

static void put_sets(struct az_jw *w, const struct az_summary_figures *f)
{
    if (!f->sets)
        return;
    az_jw_key(w, "sets");
    struct object o = object(w);
    put(&o, "size", &f->set_size);
    put(&o, "single", &f->set_single);
    az_jw_kint(w, "n", f->sets);
    put_rate(w, "held", &f->set_held, false);
    object_end(&o);
}

static void put_watched(struct az_jw *w, const char *key, const struct az_watched *one)
{
    az_jw_key(w, key);
    struct object o = object(w);
    put(&o, "value", &one->rate);
    put_interval(&o, &one->rate);
    az_jw_kint(w, "n", one->rate.n);
    if (one->tested) {
        az_jw_knum(w, "base", one->base);
        az_jw_knum(w, "p", AZ_MIN(1.0, 1 / one->evidence));
    }
    az_jw_kbool(w, "alarm", one->alarm > 0);
    if (one->alarm) {
        az_jw_kint(w, "alarm_at", one->alarm);
        az_jw_knum(w, "alarm_value", one->then.value);
    }
    object_end(&o);
}

void az_summary_drift_json(struct az_jw *w, const struct az_watch *watch,
                           const struct az_panel *panel)
{
    struct az_watched one = az_watch_at(watch, 0);
    az_jw_key(w, "drift");
    az_jw_obj(w);
    az_jw_kint(w, "alarms", az_watch_alarms(watch));
    az_jw_knum(w, "delta", az_watch_delta(watch));
    put_watched(w, "panel", &one);
    az_jw_key(w, "judges");
    az_jw_arr(w);
    for (size_t j = 0; j < panel->n_judges; j++) {
        az_jw_obj(w);
        az_jw_kz(w, "name", panel->judges[j].name);
        one = az_watch_at(watch, 1 + j);
        put_watched(w, "wrong", &one);
        one = az_watch_at(watch, 1 + panel->n_judges + j);
        put_watched(w, "apart", &one);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
    az_jw_obj_end(w);
}

void az_summary_json(struct az_buf *b, const struct az_summary *s)
{
    const struct az_summary_figures *f = &s->out;
    struct az_jw w = az_jw(b);

    az_jw_obj(&w);
    az_jw_kz(&w, "format", "summary/1");
    az_jw_kz(&w, "panel_name", f->panel->name);
    put_totals(&w, f);
    put_labels(&w, f);
    put_systems(&w, f);
    put_rate(&w, "pass_rate", &f->pass_rate, true);
    put_rate(&w, "mean", &f->mean, true);
    put_panel(&w, f);
    put_sets(&w, f);
    put_beside(&w, f);
    if (s->watch)
        az_summary_drift_json(&w, s->watch, s->panel);
    az_jw_key(&w, "judges");
    az_jw_arr(&w);
    for (size_t i = 0; i < f->n_judges; i++)
        put_judge(&w, &f->judges[i], s->n_labels == 0);
    az_jw_arr_end(&w);
    put_agreement(&w, s);
    az_jw_obj_end(&w);
}
