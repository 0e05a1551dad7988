/* core/json.h: JSON in (cJSON behind it) and JSON out. Pure.
 *
 * Reading: a document owns its nodes; nodes and slices are borrowed until the
 * document is freed. Input must be UTF-8 (checked here), without NUL, at most
 * AZ_JSON_DEPTH deep, with one value and nothing after it.
 * Writing: onto a buffer; commas are placed by the writer. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/str.h"

enum { AZ_JSON_DEPTH = 200 };

struct az_json;                    /* a document */
typedef const struct cJSON *az_jv; /* a value in it; NULL = not there */

/* AZ_EINVAL: "not JSON at byte 17", "not UTF-8 at byte 3" and what else
 * core/json_check.h says; AZ_ELIMIT: too deep. */
int az_json_parse(struct az_str text, struct az_json **ret, struct az_error *err);
void az_json_free(struct az_json *doc);
AZ_FREEP(json)
az_jv az_json_root(const struct az_json *doc);

enum az_jtype {
    AZ_J_NONE,
    AZ_J_NULL,
    AZ_J_BOOL,
    AZ_J_NUMBER,
    AZ_J_STRING,
    AZ_J_ARRAY,
    AZ_J_OBJECT
};

enum az_jtype az_jv_type(az_jv v);           /* AZ_J_NONE for NULL */
const char *az_jtype_name(enum az_jtype t);  /* "a string", "an object" … */
az_jv az_jv_get(az_jv v, const char *key);   /* NULL: no object, or no such key */
az_jv az_jv_path(az_jv v, const char *path); /* "choices.0.message.content" */
size_t az_jv_len(az_jv v);                   /* members or elements; 0 for the rest */
az_jv az_jv_first(az_jv v);                  /* first member or element, then … */
az_jv az_jv_next(az_jv v);                   /* … the next; NULL at the end */
struct az_str az_jv_key(az_jv v);            /* a member's own key */
struct az_str az_jv_str(az_jv v);            /* {NULL, 0} when no string */
bool az_jv_num(az_jv v, double *ret);        /* false when no number */
bool az_jv_int(az_jv v, int64_t *ret);       /* false when no whole number */
bool az_jv_true(az_jv v);

/* The value as compact JSON. */
void az_jv_print(struct az_buf *b, az_jv v);

struct az_jw {
    struct az_buf *b;
    bool comma; /* one is due before the next value */
};

struct az_jw az_jw(struct az_buf *b);
void az_jw_obj(struct az_jw *w);
void az_jw_obj_end(struct az_jw *w);
void az_jw_arr(struct az_jw *w);
void az_jw_arr_end(struct az_jw *w);
void az_jw_key(struct az_jw *w, const char *key);
void az_jw_key_str(struct az_jw *w, struct az_str key);
void az_jw_str(struct az_jw *w, struct az_str s); /* {NULL, 0} writes null */
/* How many bytes az_jw_str() makes of the text, its two quotes left out. */
size_t az_json_bytes(struct az_str s);
void az_jw_z(struct az_jw *w, const char *z); /* NULL writes null */
void az_jw_num(struct az_jw *w, double v);    /* shortest that reads back; not finite: null */
void az_jw_int(struct az_jw *w, int64_t v);
void az_jw_bool(struct az_jw *w, bool v);
void az_jw_null(struct az_jw *w);
void az_jw_raw(struct az_jw *w, struct az_str json); /* one value, already JSON */

/* Key and value in one. */
void az_jw_kstr(struct az_jw *w, const char *key, struct az_str s);
void az_jw_kz(struct az_jw *w, const char *key, const char *z);
void az_jw_knum(struct az_jw *w, const char *key, double v);
void az_jw_kint(struct az_jw *w, const char *key, int64_t v);
void az_jw_kbool(struct az_jw *w, const char *key, bool v);
void az_jw_knull(struct az_jw *w, const char *key);

/* Dollars with no digit lost: 1,500,000 nano-dollars is 0.0015. */
void az_jw_usd(struct az_jw *w, az_nusd v);
