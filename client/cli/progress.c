#include "client/cli/progress.h"

#include <math.h>
#include <string.h>

#include "client/cli/human.h"
#include "core/glyph.h"

enum { PART_MAX = 512, LEAST_OF_TROUBLE = 12 };

static void items_part(struct az_buf *b, const struct az_progress *p)
{
    az_human_count(b, p->done);
    if (p->total < 0) {
        az_buf_z(b, " items");
        return;
    }
    az_buf_char(b, '/');
    az_human_count(b, p->total);
    if (p->total > 0) {
        /* 100 % is said when nothing is left, not by rounding. */
        double tenths = floor(1000.0 * (double)p->done / (double)p->total);
        az_buf_fmt(b, " %.1f%%", AZ_MIN(tenths, 1000.0) / 10.0);
    }
}

static void failed_part(struct az_buf *b, const struct az_progress *p)
{
    if (p->failed <= 0)
        return;
    az_human_count(b, p->failed);
    az_buf_z(b, " failed");
}

static void rate_part(struct az_buf *b, const struct az_progress *p)
{
    if (p->paused)
        az_buf_z(b, "paused");
    else if (p->calls_per_s >= 0 && isfinite(p->calls_per_s))
        az_buf_fmt(b, p->calls_per_s < 99.95 ? "%.1f calls/s" : "%.0f calls/s", p->calls_per_s);
}

static void money_part(struct az_buf *b, const struct az_progress *p)
{
    if (p->spent == 0 && p->limit == AZ_NUSD_MAX)
        return;
    az_human_usd(b, p->spent);
    if (p->limit == AZ_NUSD_MAX)
        return;
    az_buf_z(b, " of ");
    az_human_usd(b, p->limit);
}

static void eta_part(struct az_buf *b, const struct az_progress *p)
{
    if (!(p->eta_s >= 0) || !isfinite(p->eta_s) || p->paused)
        return;
    az_human_duration(b, p->eta_s);
    az_buf_z(b, " left");
}

static void trouble_part(struct az_buf *b, const struct az_progress *p)
{
    for (size_t i = 0; i < p->n_trouble; i++) {
        const struct az_trouble *t = &p->trouble[i];
        az_buf_z(b, i ? "; " : "");
        az_human_text(b, az_str(t->judge), PART_MAX);
        az_buf_z(b, ": ");
        az_human_text(b, az_str(t->why), PART_MAX);
        if (t->n > 0)
            az_buf_fmt(b, " %lld", (long long)t->n);
    }
}

/* "right: overlap ~62%; qwen ~84%": as many as fit, none cut. */
static void right_part(struct az_buf *b, const struct az_progress *p, size_t width)
{
    AZ_AUTO_BUF entry = az_buf(AZ_BUF_MAX);
    size_t used = 0;
    for (size_t i = 0; i < p->n_right; i++) {
        az_buf_clear(&entry);
        az_buf_z(&entry, i ? "; " : "right: ");
        az_human_text(&entry, az_str(p->right[i].judge), PART_MAX);
        az_buf_fmt(&entry, " ~%.0f%%", 100 * p->right[i].share);
        if (entry.failed)
            b->failed = entry.failed;
        size_t columns = az_glyph_width(az_buf_view(&entry));
        if (used + columns > width)
            return;
        used += columns;
        az_buf_str(b, az_buf_view(&entry));
    }
}

size_t az_right_put(struct az_right *v, size_t n, size_t most, struct az_right one)
{
    size_t at = n;
    while (at && v[at - 1].share > one.share)
        at--;
    if (at == most)
        return n;
    size_t last = n < most ? n : most - 1;
    memmove(&v[at + 1], &v[at], (last - at) * sizeof(*v));
    v[at] = one;
    return last + 1;
}

typedef void part_fn(struct az_buf *b, const struct az_progress *p);
static part_fn *const parts[] = {items_part, failed_part, rate_part, money_part, eta_part};

void az_progress_line(struct az_buf *b, const struct az_progress *p, size_t width)
{
    AZ_AUTO_BUF part = az_buf(AZ_BUF_MAX);
    static const char gap[] = " · ";
    const size_t gap_width = 3;
    size_t used = 0;

    for (size_t i = 0; i < AZ_LEN(parts); i++) {
        az_buf_clear(&part);
        parts[i](&part, p);
        if (part.failed)
            b->failed = part.failed;
        struct az_str text = az_buf_view(&part);
        if (text.n == 0)
            continue;
        size_t columns = az_glyph_width(text);
        if (used && used + gap_width + columns > width)
            return;
        az_buf_z(b, used ? gap : "");
        used += (used ? gap_width : 0) + az_human_text(b, text, width);
    }

    az_buf_clear(&part);
    trouble_part(&part, p);
    if (part.failed)
        b->failed = part.failed;
    if (part.n && used + gap_width + LEAST_OF_TROUBLE > width)
        return;
    if (part.n) {
        az_buf_z(b, gap);
        used += gap_width + az_human_text(b, az_buf_view(&part), width - used - gap_width);
    }

    az_buf_clear(&part);
    if (used + gap_width < width)
        right_part(&part, p, width - used - gap_width);
    if (part.n)
        az_buf_z(b, gap);
    az_buf_str(b, az_buf_view(&part));
    if (part.failed)
        b->failed = part.failed;
}

void az_progress_plain(struct az_buf *b, const struct az_progress *p)
{
    AZ_AUTO_BUF part = az_buf(AZ_BUF_MAX);
    bool any = false;

    for (size_t i = 0; i < AZ_LEN(parts) + 2; i++) {
        az_buf_clear(&part);
        if (i < AZ_LEN(parts))
            parts[i](&part, p);
        else if (i == AZ_LEN(parts))
            trouble_part(&part, p);
        else
            right_part(&part, p, SIZE_MAX);
        if (part.failed)
            b->failed = part.failed;
        if (part.n == 0)
            continue;
        az_buf_z(b, any ? ", " : "");
        az_buf_str(b, az_buf_view(&part));
        any = true;
    }
}
