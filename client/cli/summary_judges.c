/* The table of judges in the end-of-run text. */
#include "client/cli/human.h"
#include "client/cli/summary_page.h"
#include "client/cli/table.h"
#include "core/mem.h"

/* Judges in the order of the table: the best first. */
static double judge_rank(const struct az_summary_judge *j)
{
    if (j->accuracy_shared.defined)
        return j->accuracy_shared.value;
    if (j->mae.defined)
        return -j->mae.value;
    return (j->parse_rate.defined ? j->parse_rate.value : 0) -
           (j->flip_rate.defined ? j->flip_rate.value : 0);
}

static int by_rank(const void *a, const void *b)
{
    const struct az_summary_judge *x = *(const struct az_summary_judge *const *)a;
    const struct az_summary_judge *y = *(const struct az_summary_judge *const *)b;
    double rx = judge_rank(x), ry = judge_rank(y);
    if (rx != ry)
        return rx < ry ? 1 : -1;
    return strcmp(x->name, y->name);
}

typedef void cell_fn(struct az_buf *b, const struct az_summary_figures *f,
                     const struct az_summary_judge *j);

static void cell_name(struct az_buf *b, const struct az_summary_figures *f,
                      const struct az_summary_judge *j)
{
    az_buf_z(b, j->name);
}

static void plain_percent(struct az_buf *b, const struct az_figure *f)
{
    if (f->defined)
        az_human_percent(b, f->value);
    else
        az_buf_char(b, '-');
}

static void cell_parse(struct az_buf *b, const struct az_summary_figures *f,
                       const struct az_summary_judge *j)
{
    plain_percent(b, &j->parse_rate);
}

static void cell_flip(struct az_buf *b, const struct az_summary_figures *f,
                      const struct az_summary_judge *j)
{
    plain_percent(b, &j->flip_rate);
}

static void cell_right(struct az_buf *b, const struct az_summary_figures *f,
                       const struct az_summary_judge *j)
{
    plain_percent(b, &j->accuracy);
}

static void cell_shared(struct az_buf *b, const struct az_summary_figures *f,
                        const struct az_summary_judge *j)
{
    plain_percent(b, &j->accuracy_shared);
}

static void cell_kappa(struct az_buf *b, const struct az_summary_figures *f,
                       const struct az_summary_judge *j)
{
    page_number(b, &j->kappa, 3);
}

static void cell_mae(struct az_buf *b, const struct az_summary_figures *f,
                     const struct az_summary_judge *j)
{
    page_number(b, &j->mae, 3);
}

static void cell_pearson(struct az_buf *b, const struct az_summary_figures *f,
                         const struct az_summary_judge *j)
{
    page_number(b, &j->pearson, 3);
}

static void cell_cost(struct az_buf *b, const struct az_summary_figures *f,
                      const struct az_summary_judge *j)
{
    int64_t items = f->items - f->left;
    if (!j->cost_known || items <= 0)
        az_buf_char(b, '-');
    else
        az_human_usd(b, (az_nusd)((double)j->cost / (double)items * 1000));
}

static void milliseconds(struct az_buf *b, const struct az_figure *f)
{
    if (!f->defined)
        az_buf_char(b, '-');
    else if (f->value < 1000)
        az_buf_fmt(b, "%.0fms", f->value);
    else
        az_human_duration(b, f->value / 1000);
}

static void cell_p50(struct az_buf *b, const struct az_summary_figures *f,
                     const struct az_summary_judge *j)
{
    milliseconds(b, &j->ms_p50);
}

static void cell_p99(struct az_buf *b, const struct az_summary_figures *f,
                     const struct az_summary_judge *j)
{
    milliseconds(b, &j->ms_p99);
}

static void cell_errors(struct az_buf *b, const struct az_summary_figures *f,
                        const struct az_summary_judge *j)
{
    if (j->top_error == AZ_BE_NONE)
        return;
    az_buf_z(b, az_ballot_error_name(j->top_error));
    page_count(b, " ", j->top_error_n, "");
    if (j->errors > j->top_error_n)
        page_count(b, " of ", j->errors, "");
}

enum shown { ALWAYS, WITH_GOLD, WITH_GOLD_SCORE, WITH_PAIRS };

static const struct {
    struct az_column column;
    enum shown shown;
    cell_fn *cell;
} judge_columns[] = {
    {{.title = "judge", .most = PAGE_NAME_MOST}, ALWAYS, cell_name},
    {{.title = "parsed", .right = true, .need = 6}, ALWAYS, cell_parse},
    {{.title = "flips", .right = true, .need = 7}, WITH_PAIRS, cell_flip},
    {{.title = "right", .right = true, .need = 9}, WITH_GOLD, cell_right},
    {{.title = "1/k", .right = true, .need = 3}, WITH_GOLD, cell_shared},
    {{.title = "kappa", .right = true, .need = 5}, WITH_GOLD, cell_kappa},
    {{.title = "off by", .right = true, .need = 9}, WITH_GOLD_SCORE, cell_mae},
    {{.title = "corr", .right = true, .need = 5}, WITH_GOLD_SCORE, cell_pearson},
    {{.title = "$/1000", .right = true, .need = 4}, ALWAYS, cell_cost},
    {{.title = "p50", .right = true, .need = 2}, ALWAYS, cell_p50},
    {{.title = "p99", .right = true, .need = 1}, ALWAYS, cell_p99},
    {{.title = "top error", .need = 8}, ALWAYS, cell_errors},
};

static bool is_shown(const struct az_summary_figures *f, enum shown shown)
{
    bool score = f->panel->question.kind == AZ_SCORE;

    switch (shown) {
    case ALWAYS:
        return true;
    case WITH_GOLD:
        return f->gold > 0 && !score;
    case WITH_GOLD_SCORE:
        return f->gold > 0 && score;
    case WITH_PAIRS:
        return f->panel->question.kind == AZ_PAIR || f->panel->question.kind == AZ_BEST;
    }
    return false;
}

static int judge_row(struct az_table *t, struct az_buf *cell, const struct az_summary_figures *f,
                     const struct az_summary_judge *j)
{
    int failed = 0;

    for (size_t i = 0; i < AZ_LEN(judge_columns); i++) {
        if (!is_shown(f, judge_columns[i].shown))
            continue;
        az_buf_clear(cell);
        judge_columns[i].cell(cell, f, j);
        az_table_cell(t, az_buf_view(cell));
        failed = failed ? failed : cell->failed;
    }
    az_buf_clear(cell);
    return failed;
}

void page_judges(struct page *p, const struct az_summary_figures *f, size_t room)
{
    struct az_column columns[AZ_LEN(judge_columns)];
    size_t n_columns = 0, n = f->n_judges;
    bool all = n + 1 <= room;
    int failed = 0;
    size_t best = all ? n : (room - 2 + 1) / 2, worst = all ? 0 : (room - 2) / 2;

    for (size_t i = 0; i < AZ_LEN(judge_columns); i++) {
        if (is_shown(f, judge_columns[i].shown))
            columns[n_columns++] = judge_columns[i].column;
    }
    AZ_AUTO(table) t = az_table_new(columns, n_columns);
    AZ_AUTO_MEM const struct az_summary_judge **sorted = az_alloc(n * sizeof(*sorted) + 1);
    if (!t || !sorted) {
        p->b->failed = AZ_ENOMEM;
        return;
    }
    for (size_t i = 0; i < n; i++)
        sorted[i] = &f->judges[i];
    qsort(sorted, n, sizeof(*sorted), by_rank);

    for (size_t i = 0; i < n; i++) {
        if (i < best || i >= n - worst)
            failed |= judge_row(t, &p->line, f, sorted[i]);
    }
    if (failed)
        p->b->failed = AZ_ENOMEM;
    az_table_print(p->b, t, 0, p->width);
    if (!all) {
        az_buf_fmt(&p->line, "… the best %zu and the worst %zu of %zu judges; %zu left out", best,
                   worst, n, n - best - worst);
        page_end_line(p, PAGE_DIM);
    }
}
