/* core/yaml_node.c: what a tree of yaml.h can be asked, and how it is changed. */
#include <math.h>
#include <stdarg.h>

#include "core/json.h"
#include "core/yaml.h"

static bool one_of(struct az_str s, const char *const *words)
{
    for (; *words; words++) {
        if (az_str_eqz(s, *words))
            return true;
    }
    return false;
}

static size_t digits(struct az_str s, size_t from)
{
    size_t i = from;
    while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i - from;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
 * (YAML 1.2.2, section 10.3.2). */
static enum az_ytype number_type(struct az_str s)
{
    size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+');
    size_t whole = digits(s, i), part = 0;
    bool is_float = false;
    i += whole;
    if (i < s.n && s.p[i] == '.') {
        is_float = true;
        part = digits(s, i + 1);
        i += 1 + part;
    }
    if (!whole && !part)
        return AZ_Y_TEXT;
    if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
        is_float = true;
        i++;
        i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
        size_t power = digits(s, i);
        if (!power)
            return AZ_Y_TEXT;
        i += power;
    }
    return i < s.n ? AZ_Y_TEXT : is_float ? AZ_Y_FLOAT : AZ_Y_INT;
}

/* 0o17 and 0xff. */
static bool is_based(struct az_str s)
{
    if (s.n < 3 || s.p[0] != '0' || (s.p[1] != 'o' && s.p[1] != 'x'))
        return false;
    const char *set = s.p[1] == 'o' ? "01234567" : "0123456789abcdefABCDEF";
    for (size_t i = 2; i < s.n; i++) {
        if (!strchr(set, s.p[i]))
            return false;
    }
    return true;
}

enum az_ytype az_yaml_plain_type(struct az_str text)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE", NULL};
    static const char *const specials[] = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                           "+.INF", "-.inf", "-.Inf", "-.INF", ".nan",
                                           ".NaN",  ".NAN",  NULL};
    if (one_of(text, nulls))
        return AZ_Y_NULL;
    if (one_of(text, bools))
        return AZ_Y_BOOL;
    if (one_of(text, specials))
        return AZ_Y_FLOAT;
    return is_based(text) ? AZ_Y_INT : number_type(text);
}

const char *az_ytype_name(enum az_ytype t)
{
    static const char *const names[] = {"empty", "true or false", "a whole number", "a number",
                                        "text",  "a list",        "a map"};
    return names[t];
}

bool az_yaml_is_scalar(const struct az_yaml *y)
{
    return y->type != AZ_Y_LIST && y->type != AZ_Y_MAP;
}

struct az_yaml *az_yaml_get(const struct az_yaml *map, const char *key)
{
    if (!map || map->type != AZ_Y_MAP)
        return NULL;
    for (struct az_yaml *c = map->first; c; c = c->next) {
        if (az_str_eqz(c->key, key))
            return c;
    }
    return NULL;
}

bool az_yaml_int(const struct az_yaml *y, int64_t *ret)
{
    if (!y || y->type != AZ_Y_INT)
        return false;
    if (!is_based(y->text))
        return az_str_int(y->text, ret);

    int64_t v = 0;
    int base = y->text.p[1] == 'o' ? 8 : 16;
    for (size_t i = 2; i < y->text.n; i++) {
        char c = y->text.p[i];
        int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
        if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v))
            return false;
    }
    *ret = v;
    return true;
}

bool az_yaml_num(const struct az_yaml *y, double *ret)
{
    int64_t whole;
    if (!y || (y->type != AZ_Y_INT && y->type != AZ_Y_FLOAT))
        return false;
    if (is_based(y->text)) {
        if (!az_yaml_int(y, &whole))
            return false;
        *ret = (double)whole;
        return true;
    }
    return az_str_double(y->text, ret);
}

const char *az_yaml_shown(const struct az_yaml *y, char text[AZ_YAML_SHOWN])
{
    if (!az_yaml_is_scalar(y))
        return az_ytype_name(y->type);
    if (y->hidden)
        return "(hidden)";
    struct az_str head = az_utf8_head(y->text, 40);
    size_t n = 0;
    for (size_t i = 0; i < head.n && n < AZ_YAML_SHOWN - 8; i++)
        text[n++] = (unsigned char)head.p[i] < 0x20 || head.p[i] == 0x7f ? ' ' : head.p[i];
    while (n && !az_utf8_valid((struct az_str){text, n}, NULL))
        n--;
    snprintf(text + n, AZ_YAML_SHOWN - n, "%s", n < y->text.n ? "…" : "");
    return text;
}

/* A message is one line of UTF-8, whatever it quotes and wherever that was cut. */
static void scrub(char *text)
{
    size_t bad;
    for (char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    }
    while (!az_utf8_valid(az_str(text), &bad))
        text[bad] = '?';
}

static int fail_at(struct az_error *err, const struct az_yaml *at, int line, const char *fmt,
                   va_list args)
{
    char text[sizeof(err->what)];
    vsnprintf(text, sizeof(text), fmt, args);
    if (line)
        az_fail(err, AZ_EINVAL, "%s: line %d: %s", at->origin, line, text);
    else
        az_fail(err, AZ_EINVAL, "%s: %s", at->origin, text);
    if (err)
        scrub(err->what);
    return AZ_EINVAL;
}

int az_yaml_fail(struct az_error *err, const struct az_yaml *at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int r = fail_at(err, at, at->line, fmt, args);
    va_end(args);
    return r;
}

int az_yaml_fail_key(struct az_error *err, const struct az_yaml *at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int r = fail_at(err, at, at->key_line ? at->key_line : at->line, fmt, args);
    va_end(args);
    return r;
}

struct az_yaml *az_yaml_new(struct az_arena *arena, enum az_ytype type, const struct az_yaml *like)
{
    struct az_yaml *y = az_arena_zalloc(arena, sizeof(*y));
    if (y) {
        y->type = type;
        y->line = like->line;
        y->origin = like->origin;
    }
    return y;
}

void az_yaml_append(struct az_yaml *parent, struct az_yaml *child)
{
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
    parent->n++;
}

void az_yaml_put(struct az_yaml *map, struct az_yaml *child)
{
    for (struct az_yaml **at = &map->first; *at; at = &(*at)->next) {
        if (!az_str_eq((*at)->key, child->key))
            continue;
        child->next = (*at)->next;
        if (map->last == *at)
            map->last = child;
        *at = child;
        return;
    }
    az_yaml_append(map, child);
}

void az_yaml_drop(struct az_yaml *map, const char *key)
{
    struct az_yaml *before = NULL;
    for (struct az_yaml *c = map->first; c; before = c, c = c->next) {
        if (!az_str_eqz(c->key, key))
            continue;
        if (before)
            before->next = c->next;
        else
            map->first = c->next;
        if (map->last == c)
            map->last = before;
        map->n--;
        return;
    }
}

static int json_scalar(struct az_jw *w, const struct az_yaml *y, struct az_error *err)
{
    int64_t whole;
    double v;
    switch (y->type) {
    case AZ_Y_NULL:
        az_jw_null(w);
        return 0;
    case AZ_Y_BOOL:
        az_jw_bool(w, y->text.p[0] == 't' || y->text.p[0] == 'T');
        return 0;
    case AZ_Y_INT:
    case AZ_Y_FLOAT:
        if (az_yaml_int(y, &whole))
            az_jw_int(w, whole);
        else if (az_yaml_num(y, &v))
            az_jw_num(w, v);
        else
            return az_yaml_fail(err, y, "'%.40s' is no finite number", y->text.p);
        return 0;
    default:
        az_jw_str(w, y->text);
        return 0;
    }
}

static int json_node(struct az_jw *w, const struct az_yaml *y, struct az_error *err)
{
    if (az_yaml_is_scalar(y))
        return json_scalar(w, y, err);
    bool map = y->type == AZ_Y_MAP;
    if (map)
        az_jw_obj(w);
    else
        az_jw_arr(w);
    for (const struct az_yaml *c = y->first; c; c = c->next) {
        if (map)
            az_jw_key_str(w, c->key);
        int r = json_node(w, c, err);
        if (r < 0)
            return r;
    }
    if (map)
        az_jw_obj_end(w);
    else
        az_jw_arr_end(w);
    return 0;
}

int az_yaml_json(struct az_buf *b, const struct az_yaml *y, struct az_error *err)
{
    struct az_jw w = az_jw(b);
    return json_node(&w, y, err);
}
