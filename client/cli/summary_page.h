/* client/cli/summary_page.h: lines of the end-of-run text; for summary*.c only. */
#pragma once
#include "client/cli/summary.h"

struct page {
    struct az_buf *b;
    size_t width;
    bool color;
    struct az_buf line; /* the one being written */
};

enum page_style { PAGE_PLAIN, PAGE_BOLD, PAGE_RED, PAGE_DIM };

enum { PAGE_NAME_MOST = 32 };

/* The line goes to the page, cut to its width. */
void page_end_line(struct page *p, enum page_style style);

void page_name(struct az_buf *b, const char *text);
void page_count(struct az_buf *b, const char *before, int64_t n, const char *after);
/* "52.1% (47.0–57.2)" and "3.42 (3.30–3.54)"; "-" when undefined. */
void page_percent(struct az_buf *b, const struct az_figure *f);
void page_number(struct az_buf *b, const struct az_figure *f, int digits);

/* The judges in at most `room` >= 4 lines, the title among them: all, or the
 * best and the worst and a line that counts the others. */
void page_judges(struct page *p, const struct az_summary_figures *f, size_t room);
