#include "client/cli/check_text.h"

#include <math.h>

#include "client/cli/foretell.h"
#include "client/cli/human.h"
#include "client/cli/table.h"
#include "core/instruct.h"
#include "core/number.h"
#include "core/wrap.h"
#include "policies/calibration.h"

/* ---- question and rules ---- */

static void line(struct az_buf *b, const char *name)
{
    az_buf_fmt(b, "  %-10s ", name);
}

static void text(struct az_buf *b, const char *z)
{
    az_human_text(b, az_str(z), AZ_WRAP_NONE);
}

static void answers(struct az_buf *b, const struct az_question *q)
{
    char min[AZ_NUMBER_MAX], max[AZ_NUMBER_MAX], step[AZ_NUMBER_MAX];
    line(b, "answers");
    if (q->kind == AZ_SCORE) {
        az_buf_fmt(b, "%s to %s", az_number_print(q->scale_min, min),
                   az_number_print(q->scale_max, max));
        if (q->step > 0)
            az_buf_fmt(b, " in steps of %s", az_number_print(q->step, step));
    } else if (q->kind == AZ_BEST) {
        az_buf_z(b, "one of the item's responses");
    }
    for (size_t i = 0; i < q->n_labels; i++) {
        az_buf_z(b, i ? ", " : "");
        text(b, q->labels[i]);
    }
    az_buf_char(b, '\n');
}

static void passes(struct az_buf *b, const struct az_question *q)
{
    static const char *const ops[] = {
        [AZ_PASS_GE] = ">=", [AZ_PASS_GT] = ">", [AZ_PASS_LE] = "<=", [AZ_PASS_LT] = "<"};
    char at[AZ_NUMBER_MAX];
    const char *before = "";
    if (q->pass == AZ_PASS_NONE)
        return;
    line(b, "passes");
    if (q->pass != AZ_PASS_LABELS)
        az_buf_fmt(b, "%s %s", ops[q->pass], az_number_print(q->pass_at, at));
    for (int i = 0; q->pass == AZ_PASS_LABELS && i < AZ_LABELS_MAX; i++) {
        if (!(q->pass_labels >> i & 1))
            continue;
        az_buf_z(b, before);
        text(b, az_label_name(q, i));
        before = ", ";
    }
    az_buf_char(b, '\n');
}

static void policy(struct az_buf *b, const struct az_panel *p)
{
    line(b, "policy");
    az_buf_z(b, az_policy_name(p->policy.kind));
    if (p->policy.kind == AZ_POLICY_DEBATE)
        az_buf_fmt(b, ", at most %d rounds", p->policy.rounds);
    if (p->policy.early_stop)
        az_buf_fmt(b, ", early stop (%g of the items asked in full)", p->policy.audit);
    az_buf_char(b, '\n');
}

static void promises(struct az_buf *b, const struct az_panel *p)
{
    AZ_AUTO_BUF told = az_buf(1 << 12);
    az_foretell(&told, p);
    if (!told.n)
        return;
    line(b, "promises");
    az_buf_str(b, az_buf_view(&told));
    az_buf_char(b, '\n');
}

static void aggregate(struct az_buf *b, const struct az_panel *p)
{
    const struct az_aggregate *a = &p->aggregate;
    line(b, "aggregate");
    az_buf_z(b, az_aggregate_name(a->kind));
    if (a->tie == AZ_TIE_JUDGE) {
        az_buf_z(b, "; without one, as judge ");
        text(b, p->judges[a->tie_judge].name);
        az_buf_z(b, " says");
    } else if (a->tie != AZ_TIE_DEFAULT) {
        az_buf_fmt(b, "; without one, %s", a->tie == AZ_TIE_TIE ? "a tie" : "abstain");
    }
    if (a->kind == AZ_AGG_TRIMMED_MEAN)
        az_buf_fmt(b, ", %g cut at each end", a->trim);
    if (a->abstain_below > 0)
        az_buf_fmt(b, "; abstains where p is below %g", a->abstain_below);
    az_buf_char(b, '\n');
    promises(b, p);
}

static void limits(struct az_buf *b, const struct az_limits *l)
{
    line(b, "limits");
    if (l->has_usd)
        az_human_usd(b, l->usd);
    az_buf_fmt(b, "%s%d calls a question, %d s a call, %d s an item", l->has_usd ? ", " : "",
               l->attempts, l->timeout_s, l->item_s);
    if (l->job_s)
        az_buf_fmt(b, ", %d s the job", l->job_s);
    az_buf_fmt(b, ", quorum %d\n", l->quorum);
}

/* ---- judges and backends ---- */

static void cell_number(struct az_table *t, double v)
{
    char z[AZ_NUMBER_MAX];
    az_table_cell_z(t, v != 0 ? az_number_print(v, z) : "-");
}

static void cell_price(struct az_table *t, const struct az_price *price)
{
    char z[64];
    snprintf(z, sizeof(z), "%g + %g", (double)price->input / 1e6, (double)price->output / 1e6);
    az_table_cell_z(t, price->known ? z : "unknown");
}

static void judge_row(struct az_table *t, const struct az_panel *p, int j)
{
    const struct az_judge *judge = &p->judges[j];
    bool local = az_backend_is_local(&p->backends[judge->backend_at]);
    enum az_order orders[2];
    int n = az_judge_orders(p, j, orders);
    az_table_cell_z(t, judge->name);
    az_table_cell_z(t, judge->backend);
    az_table_cell_z(t, judge->model);
    az_table_cell_z(t, local ? "-" : az_answer_name(judge->answer));
    az_table_cell_z(t, orders[0] == AZ_ORDER_NONE ? "-" : n == 2 ? "both" : "one");
    cell_number(t, judge->samples);
    cell_number(t, local ? 0 : judge->max_tokens);
    if (local)
        az_table_cell_z(t, "-");
    else
        cell_price(t, &judge->price);
}

static void judges(struct az_buf *b, const struct az_panel *p, size_t width)
{
    static const struct az_column columns[] = {
        {"judge", .most = 32},
        {"backend", .need = 4, .most = 24},
        {"model", .need = 6, .most = 40},
        {"answer", .need = 5},
        {"orders", .need = 3},
        {"samples", .right = true, .need = 1},
        {"max tokens", .right = true, .need = 2},
        {"$ a million, in + out", .need = 3},
    };
    AZ_AUTO(table) t = az_table_new(columns, AZ_LEN(columns));
    if (!t) {
        b->failed = AZ_ENOMEM;
        return;
    }
    for (int j = 0; j < (int)p->n_judges; j++)
        judge_row(t, p, j);
    az_buf_char(b, '\n');
    az_table_print(b, t, 2, width);
}

static void backend_row(struct az_table *t, const struct az_backend *backend)
{
    AZ_AUTO_BUF where = az_buf(1 << 20);
    if (backend->n_urls)
        az_buf_z(&where, backend->urls[0]);
    if (backend->n_urls > 1)
        az_buf_fmt(&where, " and %zu more", backend->n_urls - 1);
    if (backend->file)
        az_buf_z(&where, backend->file);
    az_table_cell_z(t, backend->name);
    az_table_cell_z(t, backend->kind);
    az_table_cell_z(t, where.n ? where.p : "-");
    az_table_cell_z(t, backend->key ? backend->key : "-");
    cell_number(t, backend->slots);
    cell_number(t, backend->rpm);
    cell_number(t, backend->tpm);
}

static void backends(struct az_buf *b, const struct az_panel *p, size_t width)
{
    static const struct az_column columns[] = {
        {"backend", .most = 24},
        {"kind", .need = 3},
        {"where", .need = 6, .most = 60},
        {"key", .need = 5, .most = 40},
        {"slots", .right = true, .need = 2},
        {"rpm", .right = true, .need = 1},
        {"tpm", .right = true, .need = 1},
    };
    AZ_AUTO(table) t = az_table_new(columns, AZ_LEN(columns));
    if (!t) {
        b->failed = AZ_ENOMEM;
        return;
    }
    for (size_t i = 0; i < p->n_backends; i++)
        backend_row(t, &p->backends[i]);
    az_buf_char(b, '\n');
    az_table_print(b, t, 2, width);
}

void az_check_panel(struct az_buf *b, const struct az_panel *p, size_t width)
{
    az_buf_z(b, "panel ");
    text(b, p->name);
    az_buf_z(b, " can be run\n");
    line(b, "question");
    az_buf_fmt(b, "%s\n", az_kind_name(p->question.kind));
    az_wrap_text(b, az_str(az_instruct_ask(&p->question)), 13, width);
    answers(b, &p->question);
    passes(b, &p->question);
    policy(b, p);
    aggregate(b, p);
    limits(b, &p->limits);
    judges(b, p, width);
    backends(b, p, width);
}

/* ---- what it will take ---- */

static void cell_count(struct az_table *t, int64_t n)
{
    AZ_AUTO_BUF z = az_buf(64);
    az_human_count(&z, n);
    az_table_cell_z(t, n ? z.p : "-");
}

static void cell_usd(struct az_table *t, bool known, az_nusd v)
{
    AZ_AUTO_BUF z = az_buf(64);
    az_human_usd(&z, v);
    az_table_cell_z(t, known ? z.p : "unknown");
}

static void estimate_row(struct az_table *t, const char *name, const struct az_estimate_judge *j,
                         bool local, bool priced)
{
    az_table_cell_z(t, name);
    cell_count(t, j->calls);
    cell_count(t, j->bytes / AZ_BYTES_PER_TOKEN);
    cell_count(t, j->out);
    if (local) {
        az_table_cell_z(t, "-");
        az_table_cell_z(t, "-");
        return;
    }
    cell_usd(t, priced, j->likely);
    cell_usd(t, priced, j->worst);
}

/* Of what a risk is promised all is asked, and only some decided. */
static void put_decided(struct az_buf *b, const struct az_estimate *e)
{
    const struct az_aggregate *a = &e->panel->aggregate;
    const struct az_guarantee *g = a->calibrated && a->risk > 0
                                       ? az_calibration_guarantee(a->calibrated, a->risk, a->delta)
                                       : NULL;
    if (!g || !g->kept)
        return;
    az_buf_z(b, " Of the ");
    az_human_count(b, e->items);
    az_buf_z(b, " items about ");
    az_human_count(b, (int64_t)llround(g->coverage * (double)e->items));
    az_buf_fmt(b, " will be decided, so that risk %g is kept.", g->risk);
}

static void estimate_notes(struct az_buf *b, const struct az_estimate *e, bool priced,
                           const struct az_estimate_judge *total, size_t width)
{
    const struct az_limits *l = &e->panel->limits;
    AZ_AUTO_BUF note = az_buf(1 << 12);
    az_buf_z(&note, "Tokens in are bytes / 4: an estimate. The worst case takes every byte for a "
                    "token and every answer at its longest; ");
    az_buf_fmt(&note, "it is for one call a question, and limits.attempts allows %d.", l->attempts);
    put_decided(&note, e);
    if (!priced)
        az_buf_z(&note, " Where a price is unknown, add usd_per_mtok to the judge.");
    if (l->has_usd && priced && total->worst > l->usd) {
        az_buf_z(&note, " limits.usd (");
        az_human_usd(&note, l->usd);
        az_buf_z(&note, ") is less than the worst case: the job may stop before its end, and then "
                        "goes on with a higher limit.");
    }
    if (note.failed)
        b->failed = note.failed;
    az_buf_char(b, '\n');
    az_wrap_text(b, az_buf_view(&note), 0, width);
}

void az_check_estimate(struct az_buf *b, const struct az_estimate *e, size_t width)
{
    static const struct az_column columns[] = {
        {"judge", .most = 32},
        {"calls, at most", .right = true},
        {"tokens in, about", .right = true, .need = 3},
        {"tokens out, at most", .right = true, .need = 2},
        {"$ in, about", .right = true, .need = 1},
        {"$ in the worst case", .right = true, .need = 4},
    };
    const struct az_panel *p = e->panel;
    AZ_AUTO(table) t = az_table_new(columns, AZ_LEN(columns));
    if (!t) {
        b->failed = AZ_ENOMEM;
        return;
    }
    bool priced = true;
    for (size_t j = 0; j < p->n_judges; j++) {
        bool local = az_backend_is_local(&p->backends[p->judges[j].backend_at]);
        priced = priced && (local || p->judges[j].price.known);
        estimate_row(t, p->judges[j].name, &e->judges[j], local, p->judges[j].price.known);
    }
    struct az_estimate_judge total = az_estimate_total(e);
    estimate_row(t, "asked of others", &total, false, priced);
    az_buf_char(b, '\n');
    az_table_print(b, t, 2, width);
    if (total.calls)
        estimate_notes(b, e, priced, &total, width);
}
