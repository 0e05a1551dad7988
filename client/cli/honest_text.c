/* client/cli/honest_text.c: figures over all items, for people and as JSON. */
#include <stdio.h>
#include <string.h>

#include "client/cli/figure_json.h"
#include "client/cli/honest.h"
#include "client/cli/human.h"
#include "client/cli/table.h"

enum { NAME_MOST = 40 };

static const struct {
    const char *json, *text;
    bool percent, of;
} names[] = {
    [AZ_HONEST_ACCURACY] = {"accuracy_shared", "right", true, false},
    [AZ_HONEST_SHARE] = {"share", "share of ", true, true},
    [AZ_HONEST_PASS] = {"pass_rate", "passes", true, false},
    [AZ_HONEST_MEAN] = {"mean", "mean score", false, false},
    [AZ_HONEST_WINS] = {"win_rate", "win rate ", true, true},
    [AZ_HONEST_SYSTEM_MEAN] = {"system_mean", "mean score ", false, true},
};

void az_honest_name(struct az_buf *b, const struct az_honest_figure *f)
{
    az_buf_z(b, names[f->kind].text);
    if (names[f->kind].of)
        az_human_text(b, f->of, NAME_MOST);
}

/* ---- JSON ---- */

static void put_figure(struct az_jw *w, const struct az_honest_figure *f)
{
    const struct az_chosen *c = &f->chosen;
    az_jw_obj(w);
    az_jw_kz(w, "name", names[f->kind].json);
    if (f->of.p)
        az_jw_kstr(w, "of", f->of);
    az_jw_kint(w, "items", f->all);
    az_jw_kint(w, "labelled", f->labelled);
    az_figure_put(w, "figure", &c->figure);
    az_jw_kbool(w, "judge_error", c->judge_error);
    az_jw_kz(w, "why", c->why);
    az_figure_put(w, "labels_only", &c->labels);
    az_figure_put(w, "predictions_alone", &c->panel);
    az_jw_obj_end(w);
}

void az_honest_json(struct az_jw *w, const char *key, const struct az_honest_figures *f)
{
    az_jw_key(w, key);
    az_jw_obj(w);
    az_jw_kint(w, "items", f->items);
    az_jw_kint(w, "labelled", f->labelled);
    az_jw_kint(w, "drawn", f->rest);
    az_jw_kbool(w, "weighted", f->weighted);
    az_jw_kbool(w, "elsewhere", f->elsewhere);
    az_jw_kz(w, "by", f->by);
    az_jw_kz(w, "reason", f->reason);
    az_jw_key(w, "figures");
    az_jw_arr(w);
    for (size_t i = 0; i < f->n; i++)
        put_figure(w, &f->v[i]);
    az_jw_arr_end(w);
    az_jw_obj_end(w);
}

/* ---- for people ---- */

static void cell(struct az_table *t, const struct az_figure *f, bool percent)
{
    char text[80] = "-";
    double by = percent ? 100 : 1;
    int digits = percent ? 1 : 3;
    const char *unit = percent ? "%" : "";
    if (f->defined && f->has_interval)
        snprintf(text, sizeof(text), "%.*f%s (%.*f-%.*f)", digits, by * f->value, unit, digits,
                 by * f->low, digits, by * f->high);
    else if (f->defined)
        snprintf(text, sizeof(text), "%.*f%s", digits, by * f->value, unit);
    az_table_cell_z(t, text);
}

static void row(struct az_table *t, const struct az_honest_figure *f, bool elsewhere)
{
    AZ_AUTO_BUF b = az_buf(4096);
    az_honest_name(&b, f);
    az_table_cell(t, az_buf_view(&b));
    cell(t, &f->chosen.figure, names[f->kind].percent);
    az_table_cell_z(t, f->chosen.figure.has_interval ? f->chosen.figure.method : "-");
    az_buf_clear(&b);
    az_human_count(&b, f->labelled);
    az_buf_z(&b, elsewhere ? " for " : " of ");
    az_human_count(&b, f->all);
    az_table_cell(t, az_buf_view(&b));
    cell(t, &f->chosen.labels, names[f->kind].percent);
}

/* Each reason once, with the figures that have it. */
static void put_whys(struct az_buf *b, const struct az_honest_figures *f)
{
    for (size_t i = 0; i < f->n; i++) {
        const char *why = f->v[i].chosen.why;
        bool told = false;
        for (size_t k = 0; k < i; k++)
            told = told || strcmp(f->v[k].chosen.why, why) == 0;
        if (told)
            continue;
        az_buf_z(b, "  ");
        az_honest_name(b, &f->v[i]);
        for (size_t k = i + 1; k < f->n; k++) {
            if (strcmp(f->v[k].chosen.why, why) == 0) {
                az_buf_z(b, ", …");
                break;
            }
        }
        az_buf_fmt(b, ": %s\n", why);
    }
}

void az_honest_text(struct az_buf *b, const struct az_honest_figures *f, size_t width)
{
    static const struct az_column columns[] = {
        {.title = "over all items", .most = 30},
        {.title = "95 %", .right = true},
        {.title = "method", .most = 24},
        {.title = "labelled", .right = true},
        {.title = "labels only", .right = true, .need = 1},
    };
    if (!f->n)
        return;
    AZ_AUTO(table) t = az_table_new(columns, AZ_LEN(columns));
    if (!t) {
        b->failed = AZ_ENOMEM;
        return;
    }
    for (size_t i = 0; i < f->n; i++)
        row(t, &f->v[i], f->elsewhere);
    az_table_print(b, t, 2, width);
    put_whys(b, f);
    az_buf_fmt(b, "  predicted by %s%s\n", f->by,
               f->weighted ? "; labels carry their sampling weights" : "");
}
