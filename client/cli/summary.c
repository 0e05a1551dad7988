#include "client/cli/summary.h"

#include <string.h>

#include "client/cli/human.h"
#include "client/cli/summary_page.h"

enum { SYSTEMS_SHOWN = 4, WHYS_SHOWN = 4, LABELS_SHOWN = 8 };

static void counts_line(struct page *p, const struct az_summary_figures *f)
{
    struct az_buf *l = &p->line;

    page_count(l, "", f->items, f->items == 1 ? " item: " : " items: ");
    page_count(l, "", f->decided, " decided");
    page_count(l, ", ", f->abstained, " abstained");
    page_count(l, ", ", f->failed, " failed");
    if (f->left)
        page_count(l, ", ", f->left, " left");
    if (f->extra.bad_lines)
        page_count(l, ", ", f->extra.bad_lines,
                   f->extra.bad_lines == 1 ? " bad line" : " bad lines");
    az_buf_z(l, " · ");
    az_human_duration(l, f->extra.seconds);
    az_buf_z(l, " · ");
    az_human_usd(l, f->cost);
    az_buf_z(l, f->cost_known ? "" : " and calls without a price");
    page_end_line(p, PAGE_BOLD);
}

static void why_line(struct page *p, const char *title, const struct az_summary_count *v, size_t n,
                     enum page_style style)
{
    if (n == 0)
        return;
    az_buf_z(&p->line, title);
    for (size_t i = 0; i < n && i < WHYS_SHOWN; i++) {
        az_buf_z(&p->line, i ? ", " : "");
        az_buf_z(&p->line, v[i].name);
        bool words = strchr(v[i].name, ' '); /* they may end in a number */
        page_count(&p->line, words ? " (" : " ", v[i].n, words ? ")" : "");
    }
    if (n > WHYS_SHOWN)
        az_buf_fmt(&p->line, ", and %zu more", n - WHYS_SHOWN);
    page_end_line(p, style);
}

static void calls_line(struct page *p, const struct az_summary_figures *f)
{
    struct az_buf *l = &p->line;

    page_count(l, "calls: ", f->extra.calls.made, " made");
    page_count(l, ", ", f->extra.calls.cached, " cached");
    page_count(l, ", ", f->extra.calls.retried, " retried");
    if (f->extra.calls.saved)
        page_count(l, ", ", f->extra.calls.saved, " saved");
    if (f->tokens_in || f->tokens_out) {
        page_count(l, " · tokens: ", f->tokens_in, " in");
        page_count(l, ", ", f->tokens_out, " out");
    }
    page_end_line(p, PAGE_PLAIN);
}

static void system_lines(struct page *p, const struct az_summary_figures *f)
{
    size_t shown = f->n_systems <= SYSTEMS_SHOWN + 1 ? f->n_systems : SYSTEMS_SHOWN;

    for (size_t i = 0; i < shown; i++) {
        const struct az_summary_system *s = &f->systems[i];
        az_buf_z(&p->line, "win rate ");
        page_name(&p->line, s->name);
        az_buf_char(&p->line, ' ');
        page_percent(&p->line, &s->win_rate);
        page_count(&p->line, ": ", s->wins, " won");
        page_count(&p->line, ", ", s->ties, " tied");
        page_count(&p->line, ", ", s->losses, " lost");
        page_end_line(p, PAGE_PLAIN);
    }
    if (f->n_systems > shown) {
        az_buf_fmt(&p->line, "… and %zu systems more", f->n_systems - shown);
        page_end_line(p, PAGE_PLAIN);
    }
}

static void label_line(struct page *p, const struct az_summary_figures *f)
{
    if (f->n_labels == 0 || f->decided == 0)
        return;
    az_buf_z(&p->line, "verdicts: ");
    for (size_t i = 0; i < f->n_labels && i < LABELS_SHOWN; i++) {
        az_buf_z(&p->line, i ? ", " : "");
        page_name(&p->line, f->labels[i].name);
        az_buf_char(&p->line, ' ');
        page_percent(&p->line, &f->labels[i].share);
    }
    if (f->n_labels > LABELS_SHOWN)
        az_buf_fmt(&p->line, ", and %zu labels more", f->n_labels - LABELS_SHOWN);
    page_count(&p->line, ", n ", f->decided, "");
    page_end_line(p, PAGE_PLAIN);
}

/* The method of the figure that the result lines lead with. */
static const char *method(const struct az_summary_figures *f)
{
    const struct az_figure *first = f->n_systems           ? &f->systems[0].win_rate
                                    : f->n_labels > 0      ? &f->labels[0].share
                                    : f->mean.has_interval ? &f->mean
                                                           : &f->pass_rate;
    return first->has_interval ? first->method : NULL;
}

static void result_lines(struct page *p, const struct az_summary_figures *f)
{
    if (f->n_systems)
        system_lines(p, f);
    else
        label_line(p, f);
    if (f->pass_rate.defined) {
        az_buf_z(&p->line, "pass rate ");
        page_percent(&p->line, &f->pass_rate);
        page_count(&p->line, ", n ", f->pass_rate.n, "");
        page_end_line(p, PAGE_PLAIN);
    }
    if (f->mean.defined) {
        az_buf_z(&p->line, "mean score ");
        page_number(&p->line, &f->mean, 3);
        page_count(&p->line, ", n ", f->mean.n, "");
        if (f->mean.n > 1 && !f->mean.has_interval)
            az_buf_z(&p->line, " (no interval: the items are one cluster)");
        page_end_line(p, PAGE_PLAIN);
    }
    if (method(f)) {
        az_buf_fmt(&p->line, "95%% intervals (%s); judge error not included%s", method(f),
                   f->gold ? "" : " (no item has gold)");
        page_end_line(p, PAGE_DIM);
    }
}

static void panel_line(struct page *p, const struct az_summary_figures *f)
{
    struct az_buf *l = &p->line;

    if (f->gold == 0)
        return;
    if (f->panel->question.kind == AZ_SCORE) {
        az_buf_z(l, "panel against gold: off by ");
        page_number(l, &f->mae, 3);
        az_buf_z(l, " on average, correlation ");
        page_number(l, &f->pearson, 3);
    } else {
        az_buf_z(l, "panel against gold: ");
        page_percent(l, &f->accuracy);
        az_buf_z(l, " right, ");
        if (f->accuracy_shared.defined)
            az_human_percent(l, f->accuracy_shared.value);
        az_buf_z(l, " 1/k, kappa ");
        page_number(l, &f->kappa, 3);
    }
    page_count(l, ", n ", f->gold, "");
    page_end_line(p, PAGE_PLAIN);
}

static void sets_line(struct page *p, const struct az_summary_figures *f)
{
    struct az_buf *l = &p->line;
    if (!f->sets)
        return;
    az_buf_z(l, "sets: ");
    page_number(l, &f->set_size, 2);
    az_buf_z(l, " answers, ");
    az_human_percent(l, f->set_single.value);
    page_count(l, " of one, n ", f->sets, "");
    if (f->set_held.defined) {
        az_buf_z(l, "; the true answer in ");
        page_percent(l, &f->set_held);
        page_count(l, ", n ", f->set_held.n, "");
    }
    page_end_line(p, PAGE_PLAIN);
}

static void plain_line(struct page *p, const struct az_summary_beside *b, bool score)
{
    struct az_buf *l = &p->line;
    az_buf_fmt(l, "%s, beside it: ", b->plain);
    if (score) {
        az_buf_z(l, "off by ");
        page_number(l, &b->shared_or_off, 3);
    } else {
        page_percent(l, &b->accuracy);
        az_buf_z(l, " right, ");
        az_human_percent(l, b->shared_or_off.value);
        az_buf_z(l, " 1/k");
    }
    az_buf_fmt(l, "; %s has ", b->by);
    az_human_difference(l, &b->difference, !score);
    az_buf_z(l, score ? "" : " points");
    page_end_line(p, PAGE_PLAIN);
}

/* What a plain rule makes of the same ballots, where the verdicts are of one that was learnt. */
static void beside_lines(struct page *p, const struct az_summary_figures *f)
{
    const struct az_summary_beside *b = &f->extra.beside;
    struct az_buf *l = &p->line;

    if (!b->by)
        return;
    if (b->shared_or_off.defined) /* there is gold */
        plain_line(p, b, f->panel->question.kind == AZ_SCORE);
    if (!b->learnt_from) {
        az_buf_fmt(l, "%s looked at the judges' agreement alone, and at no gold", b->by);
        page_end_line(p, PAGE_DIM);
        return;
    }
    az_buf_fmt(l, "%s was learnt from ", b->by);
    page_count(l, "", b->learnt_from,
               " items with gold; each was decided by models that had not seen it");
    page_end_line(p, PAGE_DIM);
}

/* The first alarms; without any, what was seen of the panel. */
static void drift_lines(struct page *p, const struct az_summary_figures *f)
{
    const struct az_watch *w = f->watch;
    int64_t alarms = w ? az_watch_alarms(w) : 0, shown = 0;
    for (size_t i = 0; w && i < az_watch_n(w) && shown < WHYS_SHOWN; i++) {
        struct az_watched one = az_watch_at(w, i);
        if (!one.alarm && (i > 0 || alarms || !one.rate.defined))
            continue;
        az_buf_z(&p->line, one.alarm ? "DRIFT: " : "drift: ");
        az_watch_say(&p->line, w, &one);
        page_end_line(p, one.alarm ? PAGE_RED : PAGE_PLAIN);
        shown += one.alarm > 0;
    }
    if (alarms > shown) {
        page_count(&p->line, "… and ", alarms - shown, " alarms more");
        page_end_line(p, PAGE_RED);
    }
}

static void agreement_lines(struct page *p, const struct az_summary_figures *f)
{
    struct az_buf *l = &p->line;

    if (f->n_judges < 2)
        return;
    az_buf_z(l, "agreement: ");
    if (f->percent.defined) {
        az_human_percent(l, f->percent.value);
        az_buf_z(l, " of the time, kappa ");
        page_number(l, &f->agreement_kappa, 3);
        az_buf_z(l, ", ");
    }
    az_buf_z(l, "alpha ");
    page_number(l, &f->alpha, 3);
    if (!f->alpha.defined)
        az_buf_fmt(l, " (%s)", f->alpha.reason);
    page_count(l, ", n ", f->alpha.n, "");
    page_end_line(p, PAGE_PLAIN);

    az_buf_z(l, "effective votes: ");
    page_number(l, &f->effective_votes, 1);
    if (f->effective_votes.defined)
        az_buf_fmt(l, " of %zu", f->n_judges);
    else
        az_buf_fmt(l, " (%s)", f->effective_votes.reason);
    page_end_line(p, PAGE_PLAIN);
}

static size_t lines_in(const struct az_buf *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++)
        n += b->p[i] == '\n';
    return n;
}

static void head(struct page *p, const struct az_summary_figures *f)
{
    counts_line(p, f);
    why_line(p, "failed: ", f->failures, f->n_failures, PAGE_RED);
    why_line(p, "abstained: ", f->abstentions, f->n_abstentions, PAGE_PLAIN);
    calls_line(p, f);
    page_end_line(p, PAGE_PLAIN);
    result_lines(p, f);
    panel_line(p, f);
    sets_line(p, f);
    beside_lines(p, f);
    drift_lines(p, f);
    page_end_line(p, PAGE_PLAIN);
}

void az_summary_text(struct az_buf *b, const struct az_summary *s, size_t width, bool color,
                     const char *next)
{
    const struct az_summary_figures *f = az_summary_figures(s);
    AZ_AUTO_BUF top = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF end = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF judges = az_buf(AZ_BUF_MAX);
    struct page p = {.width = width, .color = color, .line = az_buf(AZ_BUF_MAX)};

    p.b = &top;
    head(&p, f);
    p.b = &end;
    agreement_lines(&p, f);
    p.b = &judges;
    size_t used = lines_in(&top) + lines_in(&end) + (next != NULL);
    page_judges(&p, f, AZ_SUMMARY_LINES - used);

    int failed = top.failed | end.failed | judges.failed | p.line.failed;
    az_buf_release(&p.line);
    az_buf_str(b, az_buf_view(&top));
    az_buf_str(b, az_buf_view(&judges));
    az_buf_str(b, az_buf_view(&end));
    if (next)
        az_buf_fmt(b, "next: %s\n", next);
    if (failed && !b->failed)
        b->failed = AZ_ENOMEM;
}
