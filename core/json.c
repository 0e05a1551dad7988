#include "core/json.h"

#include <cjson/cJSON.h>
#include <math.h>

#include "core/json_check.h"
#include "core/json_plain.h"
#include "core/mem.h"
#include "core/number.h"

struct az_json {
    cJSON *root;
};

int az_json_parse(struct az_str text, struct az_json **ret, struct az_error *err)
{
    size_t at;
    if (!az_utf8_valid(text, &at))
        return az_fail(err, AZ_EINVAL, "not UTF-8 at byte %zu", at);
    int r = az_json_check(text, err);
    if (r < 0)
        return r;

    AZ_AUTO(json) doc = az_zalloc(sizeof(*doc));
    if (!doc)
        return az_oom(err);
    doc->root = cJSON_ParseWithLength(text.p, text.n);
    if (!doc->root)
        return az_oom(err); /* it passed the check, so there is nothing else */
    *ret = AZ_TAKE(doc);
    return 0;
}

void az_json_free(struct az_json *doc)
{
    if (!doc)
        return;
    cJSON_Delete(doc->root);
    free(doc);
}

az_jv az_json_root(const struct az_json *doc)
{
    return doc->root;
}

enum az_jtype az_jv_type(az_jv v)
{
    if (!v)
        return AZ_J_NONE;
    switch (v->type & 0xff) {
    case cJSON_True:
    case cJSON_False:
        return AZ_J_BOOL;
    case cJSON_Number:
        return AZ_J_NUMBER;
    case cJSON_String:
        return AZ_J_STRING;
    case cJSON_Array:
        return AZ_J_ARRAY;
    case cJSON_Object:
        return AZ_J_OBJECT;
    default:
        return AZ_J_NULL;
    }
}

const char *az_jtype_name(enum az_jtype t)
{
    static const char *const names[] = {"nothing",  "null",     "a boolean", "a number",
                                        "a string", "an array", "an object"};
    return names[t];
}

az_jv az_jv_get(az_jv v, const char *key)
{
    return az_jv_type(v) == AZ_J_OBJECT ? cJSON_GetObjectItemCaseSensitive(v, key) : NULL;
}

static az_jv member(az_jv v, struct az_str key)
{
    az_jv m = az_jv_type(v) == AZ_J_OBJECT ? az_jv_first(v) : NULL;
    while (m && !az_str_eq(az_jv_key(m), key))
        m = az_jv_next(m);
    return m;
}

az_jv az_jv_path(az_jv v, const char *path)
{
    while (v && *path) {
        struct az_str part = {path, strcspn(path, ".")};
        path += part.n + (path[part.n] == '.');

        int64_t index;
        if (az_jv_type(v) != AZ_J_ARRAY)
            v = member(v, part);
        else if (az_str_int(part, &index) && index >= 0 && index < INT32_MAX)
            v = cJSON_GetArrayItem(v, (int)index);
        else
            return NULL;
    }
    return v;
}

size_t az_jv_len(az_jv v)
{
    size_t n = 0;
    for (az_jv c = az_jv_first(v); c; c = az_jv_next(c))
        n++;
    return n;
}

az_jv az_jv_first(az_jv v)
{
    return v ? v->child : NULL;
}

az_jv az_jv_next(az_jv v)
{
    return v->next;
}

struct az_str az_jv_key(az_jv v)
{
    return az_str(v ? v->string : NULL);
}

struct az_str az_jv_str(az_jv v)
{
    return az_str(az_jv_type(v) == AZ_J_STRING ? v->valuestring : NULL);
}

bool az_jv_num(az_jv v, double *ret)
{
    if (az_jv_type(v) != AZ_J_NUMBER || !isfinite(v->valuedouble))
        return false;
    *ret = v->valuedouble;
    return true;
}

bool az_jv_int(az_jv v, int64_t *ret)
{
    double d;
    if (!az_jv_num(v, &d) || d != floor(d) || fabs(d) > 0x1p53)
        return false;
    *ret = (int64_t)d;
    return true;
}

bool az_jv_true(az_jv v)
{
    return v && (v->type & 0xff) == cJSON_True;
}

static void print_value(struct az_jw *w, az_jv v)
{
    switch (az_jv_type(v)) {
    case AZ_J_BOOL:
        az_jw_bool(w, az_jv_true(v));
        break;
    case AZ_J_NUMBER:
        az_jw_num(w, v->valuedouble);
        break;
    case AZ_J_STRING:
        az_jw_str(w, az_jv_str(v));
        break;
    case AZ_J_ARRAY:
        az_jw_arr(w);
        for (az_jv c = az_jv_first(v); c; c = az_jv_next(c))
            print_value(w, c);
        az_jw_arr_end(w);
        break;
    case AZ_J_OBJECT:
        az_jw_obj(w);
        for (az_jv c = az_jv_first(v); c; c = az_jv_next(c)) {
            az_jw_key_str(w, az_jv_key(c));
            print_value(w, c);
        }
        az_jw_obj_end(w);
        break;
    default:
        az_jw_null(w);
    }
}

void az_jv_print(struct az_buf *b, az_jv v)
{
    struct az_jw w = az_jw(b);
    print_value(&w, v);
}

struct az_jw az_jw(struct az_buf *b)
{
    return (struct az_jw){.b = b};
}

static void separate(struct az_jw *w)
{
    if (w->comma)
        az_buf_char(w->b, ',');
    w->comma = true;
}

static void open_with(struct az_jw *w, char bracket)
{
    separate(w);
    az_buf_char(w->b, bracket);
    w->comma = false;
}

static void close_with(struct az_jw *w, char bracket)
{
    az_buf_char(w->b, bracket);
    w->comma = true;
}

void az_jw_obj(struct az_jw *w)
{
    open_with(w, '{');
}

void az_jw_obj_end(struct az_jw *w)
{
    close_with(w, '}');
}

void az_jw_arr(struct az_jw *w)
{
    open_with(w, '[');
}

void az_jw_arr_end(struct az_jw *w)
{
    close_with(w, ']');
}

/* What follows the backslash of a byte that is escaped; 'u' is \u00XX. */
static const char escapes[256] = {
    [0x00 ... 0x07] = 'u', ['\b'] = 'b',  ['\t'] = 't', ['\n'] = 'n',
    [0x0b] = 'u',          ['\f'] = 'f',  ['\r'] = 'r', [0x0e ... 0x1f] = 'u',
    ['"'] = '"',           ['\\'] = '\\', [0x7f] = 'u',
};

static char *put_escape(char *to, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    *to++ = '\\';
    *to++ = escapes[c];
    if (escapes[c] == 'u') {
        *to++ = '0';
        *to++ = '0';
        *to++ = hex[c >> 4];
        *to++ = hex[c & 15];
    }
    return to;
}

size_t az_json_bytes(struct az_str s)
{
    size_t n = s.n;
    for (size_t i = 0; (i = az_json_plain(s, i)) < s.n; i++)
        n += escapes[(unsigned char)s.p[i]] == 'u' ? 5 : 1;
    return n;
}

/* Room is taken for the text as it is and a few escapes; more when they are
 * used up. */
static void quote(struct az_buf *b, struct az_str s)
{
    enum { ESCAPE = 6, SPARE = 4 * ESCAPE };
    char *to = az_buf_room(b, s.n + 2 + SPARE);
    if (!to)
        return;
    const char *end = to + s.n + 2 + SPARE;
    *to++ = '"';
    for (size_t i = 0; i < s.n; i++) {
        size_t run = az_json_plain(s, i) - i;
        if (run)
            memcpy(to, s.p + i, run);
        to += run;
        i += run;
        if (i == s.n)
            break;
        to = put_escape(to, (unsigned char)s.p[i]);
        size_t left = s.n - i - 1;
        if ((size_t)(end - to) < left + 1 + ESCAPE) {
            b->n = (size_t)(to - b->p);
            to = az_buf_room(b, left + 1 + SPARE);
            if (!to)
                return;
            end = to + left + 1 + SPARE;
        }
    }
    *to++ = '"';
    *to = '\0'; /* room is always for one more */
    b->n = (size_t)(to - b->p);
}

void az_jw_key_str(struct az_jw *w, struct az_str key)
{
    separate(w);
    quote(w->b, key);
    az_buf_char(w->b, ':');
    w->comma = false;
}

void az_jw_key(struct az_jw *w, const char *key)
{
    az_jw_key_str(w, az_str(key));
}

void az_jw_str(struct az_jw *w, struct az_str s)
{
    if (!s.p) {
        az_jw_null(w);
        return;
    }
    separate(w);
    quote(w->b, s);
}

void az_jw_z(struct az_jw *w, const char *z)
{
    az_jw_str(w, az_str(z));
}

void az_jw_num(struct az_jw *w, double v)
{
    char text[AZ_NUMBER_MAX];
    separate(w);
    az_buf_z(w->b, isfinite(v) ? az_number_print(v, text) : "null");
}

void az_jw_int(struct az_jw *w, int64_t v)
{
    char digits[24], *at = digits + sizeof(digits);
    uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (v < 0)
        *--at = '-';
    separate(w);
    az_buf_put(w->b, at, (size_t)(digits + sizeof(digits) - at));
}

void az_jw_bool(struct az_jw *w, bool v)
{
    separate(w);
    az_buf_z(w->b, v ? "true" : "false");
}

void az_jw_null(struct az_jw *w)
{
    separate(w);
    az_buf_z(w->b, "null");
}

void az_jw_raw(struct az_jw *w, struct az_str json)
{
    separate(w);
    az_buf_str(w->b, json);
}

void az_jw_kstr(struct az_jw *w, const char *key, struct az_str s)
{
    az_jw_key(w, key);
    az_jw_str(w, s);
}

void az_jw_kz(struct az_jw *w, const char *key, const char *z)
{
    az_jw_key(w, key);
    az_jw_z(w, z);
}

void az_jw_knum(struct az_jw *w, const char *key, double v)
{
    az_jw_key(w, key);
    az_jw_num(w, v);
}

void az_jw_kint(struct az_jw *w, const char *key, int64_t v)
{
    az_jw_key(w, key);
    az_jw_int(w, v);
}

void az_jw_kbool(struct az_jw *w, const char *key, bool v)
{
    az_jw_key(w, key);
    az_jw_bool(w, v);
}

void az_jw_knull(struct az_jw *w, const char *key)
{
    az_jw_key(w, key);
    az_jw_null(w);
}

void az_jw_usd(struct az_jw *w, az_nusd v)
{
    char text[AZ_NUMBER_MAX];
    separate(w);
    az_buf_z(w->b, az_number_usd(v, text));
}
