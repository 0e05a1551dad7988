/* client/cli/compare_text.c: a comparison for people and as JSON. */
#include <math.h>

#include "client/cli/compare.h"
#include "client/cli/human.h"
#include "client/cli/table.h"
#include "core/json.h"

enum { SYSTEMS_SHOWN = 4, NAME_MOST = 60 };

const struct az_compared_name az_compared_names[AZ_CMP_COUNT] = {
    [AZ_CMP_ACCURACY] = {"accuracy_shared", "right, undecided 1/k", "no item with gold in both",
                         true},
    [AZ_CMP_STRICT] = {"accuracy", "right", "no item with gold in both", true},
    [AZ_CMP_OFF] = {"mae", "off from gold", "no score on an item with gold in both", false},
    [AZ_CMP_PASS] = {"pass_rate", "passed", "no item that both decided, or no 'pass'", true},
    [AZ_CMP_MEAN] = {"mean", "mean score", "no score in both", false},
    [AZ_CMP_DECIDED] = {"decided", "decided", "no item in both", true},
};

/* ---- for people ---- */

static void put_value(struct az_buf *b, const struct az_figure *f, bool percent)
{
    if (!f->defined)
        az_buf_char(b, '-');
    else if (percent)
        az_human_percent(b, f->value);
    else
        az_buf_fmt(b, "%.3f", f->value);
}

static void cell(struct az_table *t, struct az_buf *b)
{
    az_table_cell(t, az_buf_view(b));
    az_buf_clear(b);
}

static void row(struct az_table *t, const char *name, const struct az_paired *p, bool percent)
{
    AZ_AUTO_BUF b = az_buf(4096);
    struct az_figure x = az_mean_figure(&p->x, ""), y = az_mean_figure(&p->y, "");
    struct az_figure d = az_paired_difference(p, "");
    if (!p->difference.n)
        return;
    az_human_text(&b, az_str(name), NAME_MOST);
    cell(t, &b);
    put_value(&b, &x, percent);
    cell(t, &b);
    put_value(&b, &y, percent);
    cell(t, &b);
    az_human_difference(&b, &d, percent);
    cell(t, &b);
    az_human_count(&b, d.n);
    cell(t, &b);
}

static void rows(struct az_table *t, const struct az_compare *c)
{
    static const enum az_compared order[] = {AZ_CMP_ACCURACY, AZ_CMP_STRICT, AZ_CMP_OFF,
                                             AZ_CMP_MEAN,     AZ_CMP_PASS,   AZ_CMP_DECIDED};
    AZ_AUTO_BUF name = az_buf(4096);
    for (size_t i = 0; i < AZ_LEN(order); i++)
        row(t, az_compared_names[order[i]].text, &c->v[order[i]],
            az_compared_names[order[i]].percent);
    for (size_t i = 0; i < AZ_MIN(c->n_systems, (size_t)SYSTEMS_SHOWN); i++) {
        az_buf_clear(&name);
        az_buf_fmt(&name, "win rate %s", c->systems[i].name);
        row(t, name.p ? name.p : "", &c->systems[i].won, true);
    }
}

static void put_side(struct az_buf *b, const char *letter, const struct az_compare_side *s)
{
    az_buf_fmt(b, "%s  ", letter);
    az_human_text(b, az_str(s->name), NAME_MOST);
    az_buf_z(b, ": ");
    az_human_count(b, s->items);
    az_buf_z(b, s->items == 1 ? " item, " : " items, ");
    az_human_count(b, s->decided);
    az_buf_z(b, " decided, ");
    az_human_count(b, s->calls);
    az_buf_z(b, s->calls == 1 ? " call, " : " calls, ");
    az_human_usd(b, s->cost);
    if (!s->cost_known)
        az_buf_z(b, " and calls without a price");
    if (s->by)
        az_buf_fmt(b, "; by %s", s->by);
    if (s->left) {
        az_buf_z(b, "; ");
        az_human_count(b, s->left);
        az_buf_z(b, " not decided yet");
    }
    az_buf_char(b, '\n');
}

static void put_p(struct az_buf *b, double p)
{
    if (p < 0.0001)
        az_buf_z(b, "< 0.0001");
    else
        az_buf_fmt(b, "= %.3g", p);
}

static void put_test(struct az_buf *b, const char *what, const struct az_paired *p)
{
    struct az_figure f = az_paired_mcnemar(p);
    if (!p->difference.n || p->between)
        return;
    az_buf_fmt(b, "%s by A alone ", what);
    az_human_count(b, p->only_x);
    az_buf_z(b, ", by B alone ");
    az_human_count(b, p->only_y);
    if (f.defined) {
        az_buf_z(b, ": p ");
        put_p(b, f.value);
        az_buf_fmt(b, " (%s%s)", f.method,
                   p->difference.repeated ? "; clusters repeat: go by the interval" : "");
    }
    az_buf_char(b, '\n');
}

static void put_agreement(struct az_buf *b, const struct az_compare *c)
{
    struct az_figure f = az_mean_rate(&c->same, "");
    if (!f.defined)
        return;
    az_buf_z(b, "the same answer on ");
    az_human_percent(b, f.value);
    if (f.has_interval)
        az_buf_fmt(b, " (%.1f–%.1f)", f.low * 100, f.high * 100);
    az_buf_z(b, " of the ");
    az_human_count(b, f.n);
    az_buf_z(b, " items that both decided\n");
}

static void put_only(struct az_buf *b, const struct az_compare *c)
{
    az_human_count(b, c->n);
    az_buf_z(b, c->n == 1 ? " item in both" : " items in both");
    if (c->only_a || c->only_b) {
        az_buf_z(b, "; ");
        az_human_count(b, c->only_a);
        az_buf_z(b, " only in A, ");
        az_human_count(b, c->only_b);
        az_buf_z(b, " only in B");
    }
    az_buf_z(b, "\n\n");
}

/* Which of the first three there are. */
static bool shown(const struct az_compare *c, size_t which)
{
    return c->over_all && (c->kind == AZ_SCORE) == (which == AZ_CMP_OFF);
}

static void put_over_all(struct az_buf *b, const struct az_compare *c)
{
    const char *why = NULL;
    for (size_t i = 0; i < AZ_LEN(c->all); i++) {
        const struct az_figure *f = &c->all[i].figure;
        if (!shown(c, i) || !f->defined)
            continue;
        if (!why) {
            az_buf_z(b, "over all ");
            az_human_count(b, c->n);
            az_buf_z(b, " items, by ");
            az_human_count(b, f->n);
            az_buf_fmt(b, " labels%s: ", c->weighted ? " with their sampling weights" : "");
        }
        az_buf_fmt(b, "%s%s ", why ? "; " : "", az_compared_names[i].text);
        az_human_difference(b, f, az_compared_names[i].percent);
        if (f->has_interval)
            az_buf_fmt(b, " (%s)", f->method);
        why = c->all[i].why;
    }
    if (why)
        az_buf_fmt(b, "\n  %s\n", why);
}

void az_compare_text(struct az_buf *b, const struct az_compare *c, size_t width)
{
    static const struct az_column columns[] = {{.title = "", .most = 40},
                                               {.title = "A", .right = true},
                                               {.title = "B", .right = true},
                                               {.title = "A - B (95 %)", .right = true},
                                               {.title = "n", .right = true, .need = 1}};
    put_side(b, "A", &c->a);
    put_side(b, "B", &c->b);
    put_only(b, c);
    if (!c->n)
        return;
    AZ_AUTO(table) t = az_table_new(columns, AZ_LEN(columns));
    if (!t) {
        b->failed = AZ_ENOMEM;
        return;
    }
    rows(t, c);
    az_table_print(b, t, 0, width);
    if (c->n_systems > SYSTEMS_SHOWN)
        az_buf_fmt(b, "… and %zu systems more: --json\n", c->n_systems - SYSTEMS_SHOWN);
    az_buf_char(b, '\n');
    put_test(b, "right", &c->v[AZ_CMP_STRICT]);
    put_test(b, "passed", &c->v[AZ_CMP_PASS]);
    put_over_all(b, c);
    put_agreement(b, c);
    if (!c->v[AZ_CMP_STRICT].difference.n && !c->v[AZ_CMP_OFF].difference.n)
        az_buf_z(b, "no true answers: which of the two is better is not said (--gold FILE)\n");
}

/* ---- JSON ---- */

static void json_figure(struct az_jw *w, const struct az_figure *f)
{
    if (f->defined)
        az_jw_knum(w, "value", f->value);
    else
        az_jw_knull(w, "value");
    if (f->has_interval) {
        az_jw_knum(w, "low", f->low);
        az_jw_knum(w, "high", f->high);
    } else {
        az_jw_knull(w, "low");
        az_jw_knull(w, "high");
    }
    az_jw_kz(w, "method", f->method);
    az_jw_kint(w, "n", f->n);
    if (!f->defined)
        az_jw_kz(w, "reason", f->reason);
}

static void json_value(struct az_jw *w, const char *key, const struct az_mean *m)
{
    struct az_figure f = az_mean_figure(m, "");
    if (f.defined)
        az_jw_knum(w, key, f.value);
    else
        az_jw_knull(w, key);
}

static void json_test(struct az_jw *w, const struct az_paired *p)
{
    struct az_figure f = az_paired_mcnemar(p);
    az_jw_key(w, "mcnemar");
    az_jw_obj(w);
    az_jw_kint(w, "both", p->both);
    az_jw_kint(w, "only_a", p->only_x);
    az_jw_kint(w, "only_b", p->only_y);
    az_jw_kint(w, "neither", p->neither);
    if (f.defined)
        az_jw_knum(w, "p", f.value);
    else
        az_jw_knull(w, "p");
    az_jw_kz(w, "method", f.method);
    az_jw_kbool(w, "independent", !p->difference.repeated);
    if (!f.defined)
        az_jw_kz(w, "reason", f.reason);
    az_jw_obj_end(w);
}

static void json_over_all(struct az_jw *w, const struct az_chosen *c)
{
    az_jw_key(w, "over_all");
    az_jw_obj(w);
    json_figure(w, &c->figure);
    az_jw_kz(w, "why", c->why);
    az_jw_obj_end(w);
}

static void json_paired(struct az_jw *w, const char *key, const struct az_paired *p,
                        const char *none, bool test, const struct az_chosen *all)
{
    struct az_figure d = az_paired_difference(p, none);
    az_jw_key(w, key);
    az_jw_obj(w);
    json_value(w, "a", &p->x);
    json_value(w, "b", &p->y);
    az_jw_key(w, "difference");
    az_jw_obj(w);
    json_figure(w, &d);
    az_jw_obj_end(w);
    if (all)
        json_over_all(w, all);
    if (test && p->difference.n && !p->between)
        json_test(w, p);
    az_jw_obj_end(w);
}

static void json_side(struct az_jw *w, const char *key, const struct az_compare_side *s)
{
    az_jw_key(w, key);
    az_jw_obj(w);
    az_jw_kz(w, "source", s->name);
    az_jw_kz(w, "by", s->by);
    az_jw_kint(w, "items", s->items);
    az_jw_kint(w, "decided", s->decided);
    az_jw_kint(w, "abstained", s->abstained);
    az_jw_kint(w, "failed", s->failed);
    az_jw_kint(w, "left", s->left);
    az_jw_kint(w, "calls", s->calls);
    az_jw_key(w, "usd");
    if (s->cost_known)
        az_jw_usd(w, s->cost);
    else
        az_jw_null(w);
    az_jw_obj_end(w);
}

static void json_systems(struct az_jw *w, const struct az_compare *c)
{
    az_jw_key(w, "systems");
    az_jw_arr(w);
    for (size_t i = 0; i < c->n_systems; i++) {
        az_jw_obj(w);
        az_jw_kz(w, "name", c->systems[i].name);
        json_paired(w, "win_rate", &c->systems[i].won, "", false, NULL);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
}

void az_compare_json(struct az_buf *b, const struct az_compare *c)
{
    struct az_jw w = az_jw(b);
    struct az_figure same = az_mean_rate(&c->same, "no item that both decided");
    az_jw_obj(&w);
    az_jw_kz(&w, "format", "compare/1");
    json_side(&w, "a", &c->a);
    json_side(&w, "b", &c->b);
    az_jw_kint(&w, "n", c->n);
    az_jw_kint(&w, "only_a", c->only_a);
    az_jw_kint(&w, "only_b", c->only_b);
    for (int i = 0; i < AZ_CMP_COUNT; i++)
        json_paired(&w, az_compared_names[i].json, &c->v[i], az_compared_names[i].none,
                    i == AZ_CMP_STRICT || i == AZ_CMP_PASS,
                    i < (int)AZ_LEN(c->all) && shown(c, (size_t)i) ? &c->all[i] : NULL);
    az_jw_key(&w, "agreement");
    az_jw_obj(&w);
    json_figure(&w, &same);
    az_jw_obj_end(&w);
    json_systems(&w, c);
    az_jw_obj_end(&w);
}
