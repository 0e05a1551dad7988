#include "client/cli/summary_page.h"

#include "client/cli/human.h"

static const char *const escapes[] = {"", "\033[1m", "\033[31m", "\033[2m"};

void page_end_line(struct page *p, enum page_style style)
{
    bool styled = p->color && style != PAGE_PLAIN;

    if (styled)
        az_buf_z(p->b, escapes[style]);
    az_human_text(p->b, az_buf_view(&p->line), p->width);
    if (styled)
        az_buf_z(p->b, "\033[0m");
    az_buf_char(p->b, '\n');
    if (p->line.failed)
        p->b->failed = p->line.failed;
    az_buf_clear(&p->line);
}

void page_name(struct az_buf *b, const char *text)
{
    az_human_text(b, az_str(text), PAGE_NAME_MOST);
}

void page_count(struct az_buf *b, const char *before, int64_t n, const char *after)
{
    az_buf_z(b, before);
    az_human_count(b, n);
    az_buf_z(b, after);
}

void page_percent(struct az_buf *b, const struct az_figure *f)
{
    if (!f->defined) {
        az_buf_char(b, '-');
        return;
    }
    az_human_percent(b, f->value);
    if (f->has_interval)
        az_buf_fmt(b, " (%.1f–%.1f)", 100 * f->low, 100 * f->high);
}

void page_number(struct az_buf *b, const struct az_figure *f, int digits)
{
    if (!f->defined) {
        az_buf_char(b, '-');
        return;
    }
    az_buf_fmt(b, "%.*f", digits, f->value);
    if (f->has_interval)
        az_buf_fmt(b, " (%.*f–%.*f)", digits, f->low, digits, f->high);
}
