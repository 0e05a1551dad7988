#include "client/cli/human.h"

#include <math.h>

#include "core/glyph.h"

void az_human_count(struct az_buf *b, int64_t n)
{
    char digits[32];
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)n);

    for (int i = 0; i < len; i++) {
        bool after_digit = i > 0 && digits[i - 1] != '-';
        if (after_digit && (len - i) % 3 == 0)
            az_buf_char(b, ',');
        az_buf_char(b, digits[i]);
    }
}

void az_human_duration(struct az_buf *b, double seconds)
{
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e12) {
        az_buf_z(b, "?");
        return;
    }
    if (seconds > 0 && seconds < 9.95) {
        az_buf_fmt(b, "%.1fs", seconds);
        return;
    }
    long long s = (long long)(seconds + 0.5);
    if (s < 60)
        az_buf_fmt(b, "%llds", s);
    else if (s < 3600)
        az_buf_fmt(b, "%lldm %02llds", s / 60, s % 60);
    else if (s < 86400)
        az_buf_fmt(b, "%lldh %02lldm", s / 3600, s / 60 % 60);
    else
        az_buf_fmt(b, "%lldd %02lldh", s / 86400, s / 3600 % 24);
}

void az_human_usd(struct az_buf *b, az_nusd v)
{
    double usd = (double)v / (double)AZ_NUSD_PER_USD;

    if (v == 0) {
        az_buf_z(b, "$0");
    } else if (v > 0 && usd < 0.00005) {
        az_buf_z(b, "<$0.0001");
    } else if (fabs(usd) < 0.095) {
        az_buf_fmt(b, "$%.4f", usd);
    } else if (fabs(usd) < 999.995) {
        az_buf_fmt(b, "$%.2f", usd);
    } else {
        az_buf_char(b, '$');
        az_human_count(b, (int64_t)llround(usd));
    }
}

void az_human_percent(struct az_buf *b, double share)
{
    if (!isfinite(share))
        az_buf_z(b, "?");
    else
        az_buf_fmt(b, "%.1f%%", 100.0 * share);
}

static void put_signed(struct az_buf *b, double v, bool percent)
{
    if (percent)
        az_buf_fmt(b, "%+.1f", v * 100);
    else
        az_buf_fmt(b, "%+.3f", v);
}

void az_human_difference(struct az_buf *b, const struct az_figure *f, bool percent)
{
    if (!f->defined) {
        az_buf_char(b, '-');
        return;
    }
    put_signed(b, f->value, percent);
    if (!f->has_interval)
        return;
    az_buf_z(b, " (");
    put_signed(b, f->low, percent);
    az_buf_z(b, " to ");
    put_signed(b, f->high, percent);
    az_buf_char(b, ')');
}

size_t az_human_text(struct az_buf *b, struct az_str s, size_t width)
{
    bool cut = az_glyph_width(s) > width;
    size_t room = cut && width > 0 ? width - 1 : width, put = 0;

    while (s.n > 0) {
        struct az_glyph g = az_glyph_first(s);
        if (put + g.columns > room)
            break;
        if (g.shown)
            az_buf_put(b, s.p, g.bytes);
        else
            az_buf_char(b, '?');
        put += g.columns;
        s = (struct az_str){s.p + g.bytes, s.n - g.bytes};
    }
    if (cut && width > 0) {
        az_buf_z(b, "…");
        put++;
    }
    return put;
}
