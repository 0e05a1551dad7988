#include "workers/date.h"

/* Days from 1970-01-01 in the proleptic Gregorian calendar (Hinnant, "chrono-
 * Compatible Low-Level Date Algorithms", days_from_civil). */
static int64_t days(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

struct civil {
    int64_t year, month, day, hour, minute, second;
};

static bool to_ms(const struct civil *c, int64_t *ret_ms)
{
    if (c->month < 1 || c->month > 12 || c->day < 1 || c->day > 31 || c->hour > 23 ||
        c->minute > 59 || c->second > 60)
        return false;
    int64_t s = days(c->year, c->month, c->day) * 86400 + c->hour * 3600 + c->minute * 60;
    *ret_ms = (s + c->second) * 1000;
    return true;
}

static bool skip(struct az_str *s, const char *text)
{
    if (!az_str_starts(*s, text))
        return false;
    size_t n = strlen(text);
    *s = (struct az_str){s->p + n, s->n - n};
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly `n` digits. */
static bool digits(struct az_str *s, size_t n, int64_t *ret)
{
    if (s->n < n)
        return false;
    int64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(s->p[i]))
            return false;
        v = v * 10 + (s->p[i] - '0');
    }
    *s = (struct az_str){s->p + n, s->n - n};
    *ret = v;
    return true;
}

static bool clock_time(struct az_str *s, struct civil *c)
{
    return digits(s, 2, &c->hour) && skip(s, ":") && digits(s, 2, &c->minute) && skip(s, ":") &&
           digits(s, 2, &c->second);
}

static bool month_name(struct az_str *s, int64_t *ret)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (size_t i = 0; i < AZ_LEN(names); i++) {
        if (skip(s, names[i])) {
            *ret = (int64_t)i + 1;
            return true;
        }
    }
    return false;
}

bool az_date_http(struct az_str s, int64_t *ret_ms)
{
    struct civil c;
    if (s.n < 5 || s.p[3] != ',' || s.p[4] != ' ')
        return false;
    s = (struct az_str){s.p + 5, s.n - 5}; /* the day of the week adds nothing */
    return digits(&s, 2, &c.day) && skip(&s, " ") && month_name(&s, &c.month) && skip(&s, " ") &&
           digits(&s, 4, &c.year) && skip(&s, " ") && clock_time(&s, &c) && skip(&s, " GMT") &&
           !s.n && to_ms(&c, ret_ms);
}

/* ".789" to milliseconds; nothing is 0. */
static int64_t fraction(struct az_str *s)
{
    int64_t ms = 0, unit = 100;
    if (!skip(s, "."))
        return 0;
    while (s->n && is_digit(s->p[0])) {
        ms += unit * (s->p[0] - '0');
        unit /= 10;
        *s = (struct az_str){s->p + 1, s->n - 1};
    }
    return ms;
}

static bool zone(struct az_str *s, int64_t *ret_ms)
{
    int64_t h, m;
    if (skip(s, "Z") || skip(s, "z")) {
        *ret_ms = 0;
        return true;
    }
    int64_t sign = skip(s, "-") ? -1 : skip(s, "+") ? 1 : 0;
    if (!sign || !digits(s, 2, &h) || !skip(s, ":") || !digits(s, 2, &m))
        return false;
    *ret_ms = sign * (h * 60 + m) * 60000;
    return true;
}

bool az_date_rfc3339(struct az_str s, int64_t *ret_ms)
{
    struct civil c;
    int64_t ms, east;
    if (!digits(&s, 4, &c.year) || !skip(&s, "-") || !digits(&s, 2, &c.month) || !skip(&s, "-") ||
        !digits(&s, 2, &c.day) || !(skip(&s, "T") || skip(&s, "t") || skip(&s, " ")) ||
        !clock_time(&s, &c))
        return false;
    int64_t part = fraction(&s);
    if (!zone(&s, &east) || s.n || !to_ms(&c, &ms))
        return false;
    *ret_ms = ms + part - east;
    return true;
}

/* The unit that `s` begins with, in milliseconds; 0 = none. */
static double unit_ms(struct az_str *s)
{
    return skip(s, "ms")  ? 1
           : skip(s, "s") ? 1000
           : skip(s, "m") ? 60000
           : skip(s, "h") ? 3600000
                          : 0;
}

bool az_duration(struct az_str s, int64_t *ret_ms)
{
    double total = 0;
    if (!s.n)
        return false;
    while (s.n) {
        size_t n = 0;
        while (n < s.n && (is_digit(s.p[n]) || s.p[n] == '.'))
            n++;
        double value;
        if (!az_str_double((struct az_str){s.p, n}, &value))
            return false;
        s = (struct az_str){s.p + n, s.n - n};
        double unit = unit_ms(&s);
        if (!unit)
            return false;
        total += value * unit;
    }
    if (total > 1e15)
        return false;
    *ret_ms = (int64_t)total;
    return true;
}
