/* core/panel_print.c: a panel as YAML with nothing left to look up: what a job
 * keeps, and (portable) what a worker is sent. */
#include <math.h>

#include "core/number.h"
#include "core/panel_parts.h"
#include "core/prompt.h"
#include "core/yaml_write.h"

/* One line or block under construction: `depth` levels of two spaces. */
struct out {
    struct az_buf *b;
    int depth;
    bool dash; /* the next key begins a list's entry */
};

static void key(struct out *o, const char *name)
{
    int indent = 2 * o->depth - (o->dash ? 2 : 0);
    az_buf_fmt(o->b, "\n%*s%s", indent, "", o->dash ? "- " : "");
    o->dash = false;
    az_yaml_put_text(o->b, az_str(name));
    az_buf_char(o->b, ':');
}

static void value(struct out *o, const char *text)
{
    az_buf_char(o->b, ' ');
    az_yaml_put_block(o->b, az_str(text), 2 * o->depth + 2);
}

static void text(struct out *o, const char *name, const char *v)
{
    if (!v)
        return;
    key(o, name);
    value(o, v);
}

static void raw(struct out *o, const char *name, const char *v)
{
    key(o, name);
    az_buf_char(o->b, ' ');
    az_yaml_put_json(o->b, az_str(v));
}

static void number(struct out *o, const char *name, double v)
{
    char z[AZ_NUMBER_MAX];
    raw(o, name, az_number_print(v, z));
}

static void boolean(struct out *o, const char *name, bool v)
{
    raw(o, name, v ? "true" : "false");
}

/* A number that 0 stands for "not said". */
static void number_if(struct out *o, const char *name, double v)
{
    if (v != 0)
        number(o, name, v);
}

static void open_map(struct out *o, const char *name)
{
    key(o, name);
    o->depth++;
}

static void texts(struct out *o, const char *name, const char *const *v, size_t n)
{
    key(o, name);
    az_buf_z(o->b, " [");
    for (size_t i = 0; i < n; i++) {
        struct az_str s = az_str(v[i]);
        az_buf_z(o->b, i ? ", " : "");
        az_yaml_put_text(o->b, s);
    }
    az_buf_char(o->b, ']');
}

/* ---- the question ---- */

static void labels(struct out *o, const struct az_question *q)
{
    if (!q->meanings) {
        texts(o, "labels", q->labels, q->n_labels);
        return;
    }
    open_map(o, "labels");
    for (size_t i = 0; i < q->n_labels; i++) {
        if (q->meanings[i])
            text(o, q->labels[i], q->meanings[i]);
        else
            raw(o, q->labels[i], "null");
    }
    o->depth--;
}

static void scale(struct out *o, const struct az_question *q)
{
    char min[AZ_NUMBER_MAX], max[AZ_NUMBER_MAX], at[AZ_NUMBER_MAX];
    key(o, "scale");
    az_buf_fmt(o->b, " [%s, %s]", az_number_print(q->scale_min, min),
               az_number_print(q->scale_max, max));
    number_if(o, "step", q->step);
    if (!q->n_levels)
        return;
    open_map(o, "levels");
    for (size_t i = 0; i < q->n_levels; i++)
        text(o, az_number_print(q->levels[i].at, at), q->levels[i].text);
    o->depth--;
}

static void pass(struct out *o, const struct az_question *q)
{
    static const char *const ops[] = {
        [AZ_PASS_GE] = ">=", [AZ_PASS_GT] = ">", [AZ_PASS_LE] = "<=", [AZ_PASS_LT] = "<"};
    const char *names[AZ_LABELS_MAX];
    size_t n = 0;
    char at[AZ_NUMBER_MAX], bound[AZ_NUMBER_MAX + 4];
    if (q->pass == AZ_PASS_NONE)
        return;
    if (q->pass != AZ_PASS_LABELS) {
        snprintf(bound, sizeof(bound), "%s %s", ops[q->pass], az_number_print(q->pass_at, at));
        text(o, "pass", bound);
        return;
    }
    for (int i = 0; i < AZ_LABELS_MAX; i++) {
        if (q->pass_labels >> i & 1)
            names[n++] = az_label_name(q, i);
    }
    texts(o, "pass", names, n);
}

static void question(struct out *o, const struct az_question *q)
{
    open_map(o, "question");
    text(o, "kind", az_kind_words[q->kind]);
    text(o, "ask", q->ask);
    if (q->kind == AZ_CHOICE)
        labels(o, q);
    if (q->kind == AZ_SCORE)
        scale(o, q);
    if (q->kind == AZ_PAIR)
        boolean(o, "ties", q->ties);
    pass(o, q);
    o->depth--;
}

static void clip(struct out *o, const struct az_clip *c)
{
    if (!c->prompt && !c->response && !c->reference && !c->context)
        return;
    open_map(o, "clip");
    number_if(o, "prompt", (double)c->prompt);
    number_if(o, "response", (double)c->response);
    number_if(o, "reference", (double)c->reference);
    number_if(o, "context", (double)c->context);
    o->depth--;
}

static void field(struct out *o, const struct az_field_map *f)
{
    if (f->systems) {
        open_map(o, f->name);
        for (size_t i = 0; i < f->n; i++)
            text(o, f->systems[i], f->paths[i]);
        o->depth--;
    } else if (f->n == 1) {
        text(o, f->name, f->paths[0]);
    } else {
        texts(o, f->name, f->paths, f->n);
    }
}

static void fields(struct out *o, const struct az_panel *p)
{
    if (p->n_fields)
        open_map(o, "fields");
    for (size_t i = 0; i < p->n_fields; i++)
        field(o, &p->fields[i]);
    o->depth -= p->n_fields ? 1 : 0;
    if (p->n_gold_map)
        open_map(o, "gold_map");
    for (size_t i = 0; i < p->n_gold_map; i++)
        text(o, p->gold_map[i].from, p->gold_map[i].to);
    o->depth -= p->n_gold_map ? 1 : 0;
}

/* ---- backends and judges ---- */

/* As seen from the panel's folder, where it will be read from again. */
static void file(struct out *o, const struct az_panel *p, const char *path)
{
    const char *within = az_path_within(p->path, path);
    AZ_AUTO_BUF up = az_buf(8192);
    bool climbs = within == path && path[0] != '/' && p->path[0] != '/' && !strstr(p->path, "..");
    for (const char *s = climbs ? strchr(p->path, '/') : NULL; s; s = strchr(s + 1, '/'))
        az_buf_z(&up, "../");
    az_buf_z(&up, within);
    if (az_buf_check(&up, NULL) == 0)
        text(o, "file", up.p);
    else
        o->b->failed = up.failed;
}

static void backend(struct out *o, const struct az_panel *p, const struct az_backend *b,
                    bool portable)
{
    o->dash = true;
    text(o, "name", b->name);
    text(o, "kind", b->kind);
    if (!portable) {
        if (b->n_urls)
            texts(o, "url", b->urls, b->n_urls);
        text(o, "key", b->key);
        if (b->file)
            file(o, p, b->file);
        if (b->headers)
            raw(o, "headers", b->headers);
    }
    number_if(o, "slots", b->slots);
    number_if(o, "rpm", b->rpm);
    number_if(o, "tpm", b->tpm);
    number_if(o, "delay_ms", b->delay_ms);
}

/* One of unsaid kind is only the name that its judges say. */
static void backends(struct out *o, const struct az_panel *p, bool portable)
{
    bool any = false;
    for (size_t i = 0; i < p->n_backends; i++) {
        if (!*p->backends[i].kind)
            continue;
        if (!any)
            open_map(o, "backends");
        any = true;
        backend(o, p, &p->backends[i], portable);
    }
    o->depth = 0;
}

static void price(struct out *o, const struct az_price *price)
{
    if (!price->known)
        return;
    open_map(o, "usd_per_mtok");
    number(o, "input", (double)price->input / 1e6);
    number(o, "output", (double)price->output / 1e6);
    number(o, "cached", (double)price->cached / 1e6);
    o->depth--;
}

static void map_rows(struct out *o, const struct az_question *q, const struct az_judge *j)
{
    char at[AZ_NUMBER_MAX], bound[AZ_NUMBER_MAX + 4];
    if (!j->n_map)
        return;
    open_map(o, "map");
    for (size_t i = 0; i < j->n_map; i++) {
        double low = j->map[i].at_least;
        if (isfinite(low))
            snprintf(bound, sizeof(bound), ">= %s", az_number_print(low, at));
        text(o, isfinite(low) ? bound : "else", az_label_name(q, j->map[i].label));
    }
    o->depth--;
}

/* What only a judge that reads a prompt has. */
static void asked(struct out *o, const struct az_judge *j)
{
    text(o, "persona", j->persona);
    text(o, "template", j->template);
    text(o, "answer", az_answer_words[j->answer]);
    text(o, "regex", j->regex);
    number(o, "max_tokens", j->max_tokens);
    if (j->has_temperature)
        number(o, "temperature", j->temperature);
    if (j->has_seed) {
        key(o, "seed");
        az_buf_fmt(o->b, " %lld", (long long)j->seed);
    }
    if (j->extra)
        raw(o, "extra", j->extra);
    price(o, &j->price);
}

static void judge(struct out *o, const struct az_panel *p, const struct az_judge *j)
{
    const struct az_backend *b = j->backend_at < 0 ? NULL : &p->backends[j->backend_at];
    o->dash = true;
    text(o, "name", j->name);
    text(o, "backend", j->backend);
    text(o, "model", j->model);
    text(o, "family", j->family);
    if (j->orders != AZ_ORDERS_DEFAULT)
        text(o, "orders", az_orders_words[j->orders]);
    number(o, "samples", j->samples);
    if (!b || !az_backend_is_local(b))
        asked(o, j);
    map_rows(o, &p->question, j);
}

/* ---- the rules ---- */

static void weights(struct out *o, const struct az_panel *p)
{
    bool any = p->aggregate.kind == AZ_AGG_WEIGHTED;
    for (size_t i = 0; i < p->n_judges; i++)
        any = any || p->judges[i].weight != 1;
    if (!any)
        return;
    open_map(o, "weights");
    for (size_t i = 0; i < p->n_judges; i++)
        number(o, p->judges[i].name, p->judges[i].weight);
    o->depth--;
}

static void rules(struct out *o, const struct az_panel *p)
{
    open_map(o, "policy");
    text(o, "kind", az_policy_words[p->policy.kind]);
    number(o, "rounds", p->policy.rounds);
    boolean(o, "early_stop", p->policy.early_stop);
    number(o, "audit", p->policy.audit);
    o->depth--;

    open_map(o, "aggregate");
    text(o, "kind", az_aggregate_words[p->aggregate.kind]);
    if (p->aggregate.tie == AZ_TIE_JUDGE)
        text(o, "tie", p->judges[p->aggregate.tie_judge].name);
    else if (p->aggregate.tie != AZ_TIE_DEFAULT)
        text(o, "tie", p->aggregate.tie == AZ_TIE_TIE ? "tie" : "abstain");
    weights(o, p);
    if (p->aggregate.kind == AZ_AGG_TRIMMED_MEAN)
        number(o, "trim", p->aggregate.trim);
    if (p->aggregate.calibration)
        text(o, "calibration", p->aggregate.calibration);
    if (p->aggregate.abstain_below > 0)
        number(o, "abstain_below", p->aggregate.abstain_below);
    if (p->aggregate.risk > 0) {
        number(o, "risk", p->aggregate.risk);
        number(o, "delta", p->aggregate.delta);
    }
    if (p->aggregate.conformal > 0)
        number(o, "conformal", p->aggregate.conformal);
    o->depth--;
}

static void limits(struct out *o, const struct az_limits *l)
{
    char usd[AZ_NUMBER_MAX];
    open_map(o, "limits");
    if (l->has_usd)
        raw(o, "usd", az_number_usd(l->usd, usd));
    number(o, "attempts", l->attempts);
    number(o, "timeout_s", l->timeout_s);
    number(o, "item_s", l->item_s);
    number_if(o, "job_s", l->job_s);
    number(o, "quorum", l->quorum);
    number_if(o, "slots", l->slots);
    boolean(o, "hedge", l->hedge);
    o->depth--;
}

void az_panel_print(struct az_buf *b, const struct az_panel *p, bool portable)
{
    struct out o = {.b = b};
    az_buf_z(b, "version: 1");
    text(&o, "name", p->name);
    question(&o, &p->question);
    text(&o, "template", p->template ? p->template : az_template_default(&p->question));
    clip(&o, &p->clip);
    fields(&o, p);
    backends(&o, p, portable);
    open_map(&o, "judges");
    for (size_t i = 0; i < p->n_judges; i++)
        judge(&o, p, &p->judges[i]);
    o.depth = 0;
    rules(&o, p);
    limits(&o, &p->limits);
    az_buf_char(b, '\n');
}
