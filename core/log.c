#include "core/log.h"

#include "core/glyph.h"
#include "core/number.h"

const char *const az_log_words[] = {"error", "warning", "info", "debug", NULL};

/* syslog's numbers, in the order of the levels. */
static const int priorities[] = {3, 4, 6, 7};

struct az_kv az_kv_int(const char *name, int64_t v)
{
    return (struct az_kv){.name = name, .type = AZ_KV_INT, .i = v};
}

struct az_kv az_kv_uint(const char *name, uint64_t v)
{
    return (struct az_kv){.name = name, .type = AZ_KV_UINT, .u = v};
}

struct az_kv az_kv_num(const char *name, double v)
{
    return (struct az_kv){.name = name, .type = AZ_KV_NUM, .x = v};
}

struct az_kv az_kv_bool(const char *name, bool v)
{
    return (struct az_kv){.name = name, .type = AZ_KV_BOOL, .b = v};
}

struct az_kv az_kv_text(const char *name, const char *v)
{
    return (struct az_kv){.name = name, .type = AZ_KV_TEXT, .z = v};
}

struct az_kv az_kv_error(const char *name, const struct az_error *v)
{
    return (struct az_kv){.name = name, .type = AZ_KV_ERROR, .e = v};
}

/* ---- values ---- */

/* Text of others, harmless, and cut to its room. */
static void put_text(struct az_buf *b, const char *z)
{
    struct az_str s = az_str(z);
    size_t put = 0;
    while (s.n && put < AZ_LOG_FIELD_MAX) {
        struct az_glyph g = az_glyph_first(s);
        if (g.shown)
            az_buf_put(b, s.p, g.bytes);
        else
            az_buf_char(b, '?');
        put += g.bytes;
        s = (struct az_str){s.p + g.bytes, s.n - g.bytes};
    }
    if (s.n)
        az_buf_z(b, "…");
}

static void put_number(struct az_buf *b, const struct az_kv *kv)
{
    char text[AZ_NUMBER_MAX];
    if (kv->type == AZ_KV_INT)
        az_buf_fmt(b, "%lld", (long long)kv->i);
    else if (kv->type == AZ_KV_UINT)
        az_buf_fmt(b, "%llu", (unsigned long long)kv->u);
    else if (kv->type == AZ_KV_BOOL)
        az_buf_z(b, kv->b ? "true" : "false");
    else if (__builtin_isfinite(kv->x))
        az_buf_z(b, az_number_print(kv->x, text));
    else
        az_buf_z(b, "null"); /* undefined: a log is read by programs too */
}

static const char *text_of(const struct az_kv *kv)
{
    if (kv->type == AZ_KV_TEXT)
        return kv->z;
    return kv->type == AZ_KV_ERROR && kv->e ? kv->e->what : NULL;
}

static const char *hint_of(const struct az_kv *kv)
{
    return kv->type == AZ_KV_ERROR && kv->e && *kv->e->hint ? kv->e->hint : NULL;
}

static bool is_text(const struct az_kv *kv)
{
    return kv->type == AZ_KV_TEXT || kv->type == AZ_KV_ERROR;
}

/* ---- a line ---- */

static bool needs_quotes(const char *z)
{
    if (!*z)
        return true;
    for (; *z; z++) {
        if ((unsigned char)*z <= 0x20 || strchr("\"'=\\", *z))
            return true;
    }
    return false;
}

static void put_quoted(struct az_buf *b, const char *z)
{
    AZ_AUTO_BUF text = az_buf(AZ_LOG_LINE_MAX);
    put_text(&text, z);
    az_buf_char(b, '"');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\')
            az_buf_char(b, '\\');
        az_buf_char(b, text.p[i]);
    }
    az_buf_char(b, '"');
    if (text.failed)
        b->failed = text.failed;
}

static void put_pair(struct az_buf *b, bool *first, const char *name, const char *end,
                     const char *z)
{
    az_buf_fmt(b, "%s%s%s=", *first ? ": " : " ", name, end);
    *first = false;
    if (needs_quotes(z))
        put_quoted(b, z);
    else
        put_text(b, z);
}

void az_log_text(struct az_buf *b, const char *sentence, const struct az_kv *kv)
{
    bool first = true;
    az_buf_z(b, sentence);
    for (; kv->name; kv++) {
        if (!is_text(kv)) {
            az_buf_fmt(b, "%s%s=", first ? ": " : " ", kv->name);
            put_number(b, kv);
            first = false;
            continue;
        }
        if (text_of(kv))
            put_pair(b, &first, kv->name, "", text_of(kv));
        if (hint_of(kv))
            put_pair(b, &first, kv->name, "_hint", hint_of(kv));
    }
}

/* ISO 8601 in UTC. Years are counted from March, so that the leap day is a year's
 * last (H. Hinnant's civil_from_days). */
static void put_time(struct az_buf *b, int64_t wall_ms)
{
    enum { DAY_MS = 86400000, ERA_DAYS = 146097 };
    long long day = wall_ms / DAY_MS, ms = wall_ms % DAY_MS;
    if (ms < 0) {
        ms += DAY_MS;
        day--;
    }
    day += 719468; /* from 0000-03-01 */
    long long era = (day >= 0 ? day : day - (ERA_DAYS - 1)) / ERA_DAYS, rest = day - era * ERA_DAYS;
    long long year = (rest - rest / 1460 + rest / 36524 - rest / (ERA_DAYS - 1)) / 365;
    rest -= 365 * year + year / 4 - year / 100;
    long long month = (5 * rest + 2) / 153, date = rest - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    az_buf_fmt(b, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld.%03lldZ", year, month, date,
               ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

void az_log_line(struct az_buf *b, enum az_log_form form, const char *program, int64_t wall_ms,
                 enum az_log_level level, const char *sentence, const struct az_kv *kv)
{
    if (form == AZ_LOG_FILE) {
        put_time(b, wall_ms);
        az_buf_fmt(b, " %s ", az_log_words[level]);
    } else if (form == AZ_LOG_MANAGER) {
        az_buf_fmt(b, "<%d>", priorities[level]);
    } else if (level == AZ_LOG_INFO) {
        az_buf_fmt(b, "%s: ", program);
    } else {
        az_buf_fmt(b, "%s: %s: ", program, az_log_words[level]);
    }
    az_log_text(b, sentence, kv);
    az_buf_char(b, '\n');
}

/* ---- fields of the journal ---- */

static void put_name(struct az_buf *b, const char *name, const char *end)
{
    az_buf_z(b, "ASSIZE_");
    for (const char *part = name; part; part = part == name ? end : NULL) {
        for (const char *c = part; *c; c++)
            az_buf_char(b, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
    }
    az_buf_char(b, '=');
}

static void put_field(struct az_buf *b, const struct az_kv *kv)
{
    if (is_text(kv) && !text_of(kv))
        return;
    put_name(b, kv->name, "");
    if (is_text(kv))
        put_text(b, text_of(kv));
    else
        put_number(b, kv);
    az_buf_char(b, '\n'); /* there is none in a value */
    if (!hint_of(kv))
        return;
    put_name(b, kv->name, "_HINT");
    put_text(b, hint_of(kv));
    az_buf_char(b, '\n');
}

void az_log_fields(struct az_buf *b, const char *program, enum az_log_level level,
                   const char *sentence, const struct az_kv *kv)
{
    az_buf_z(b, "MESSAGE=");
    az_log_text(b, sentence, kv);
    az_buf_fmt(b, "\nPRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n", priorities[level], program);
    for (; kv->name; kv++)
        put_field(b, kv);
}
