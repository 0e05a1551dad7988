/* {"rationale": …, "label": …} or {"rationale": …, "score": …}: the whole text,
 * or the last such object in it (in a ``` fence, after prose). */
#include "workers/answers/answers.h"

/* Bytes looked at, so that "{{{{{{…" is not quadratic: a few times the text. */
enum { PASSES = 16, LEAST = 4096 };

/* Length of the object that opens at p[0], by its braces; 0 = never closed.
 * *seen is how far it looked. */
static size_t object_length(struct az_str s, size_t *seen)
{
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        *seen = i + 1;
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{') {
            depth++;
        } else if (c == '}' && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* NULL: not JSON, or *r = AZ_ENOMEM. */
static struct az_json *parse(struct az_str text, int *r)
{
    struct az_json *doc = NULL;
    if (az_json_parse(text, &doc, NULL) == AZ_ENOMEM)
        *r = AZ_ENOMEM;
    return doc;
}

static bool has(const struct az_json *doc, const char *key)
{
    return doc && az_jv_get(az_json_root(doc), key);
}

/* The last complete top-level object with `key`; NULL = none, or *r < 0. What
 * stands inside another object or its strings is not top level. */
static struct az_json *last_object(struct az_str text, const char *key, int *r)
{
    AZ_AUTO(json) last = NULL;
    size_t budget = AZ_MAX(text.n, (size_t)LEAST) * PASSES;
    for (size_t i = 0; i < text.n && budget > 0 && *r == 0;) {
        const char *open = memchr(text.p + i, '{', text.n - i);
        if (!open)
            break;
        i = (size_t)(open - text.p);
        size_t seen = 0;
        size_t n = object_length((struct az_str){open, text.n - i}, &seen);
        budget -= AZ_MIN(budget, seen);
        AZ_AUTO(json) doc = n ? parse((struct az_str){open, n}, r) : NULL;
        i += doc ? n : 1;
        if (has(doc, key)) {
            az_json_free(last);
            last = AZ_TAKE(doc);
        }
    }
    return *r < 0 ? NULL : AZ_TAKE(last);
}

static int count_key(az_jv object, const char *key)
{
    int n = 0;
    for (az_jv v = az_jv_first(object); v; v = az_jv_next(v))
        n += az_str_eqz(az_jv_key(v), key);
    return n;
}

static int read_label(struct az_reading *r, az_jv v)
{
    enum az_jtype type = az_jv_type(v);
    if (type == AZ_J_STRING)
        return az_reading_label(r, az_str_trim(az_jv_str(v)));
    if (type != AZ_J_NUMBER && type != AZ_J_BOOL)
        return az_reading_fail(r, AZ_BE_PARSE, "\"label\" is %s", az_jtype_name(type));
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX); /* a label named 1, or true */
    az_jv_print(&text, v);
    return text.failed ? AZ_ENOMEM : az_reading_label(r, az_buf_view(&text));
}

static int read_score(struct az_reading *r, az_jv v)
{
    double score;
    if (az_jv_num(v, &score))
        return az_reading_score(r, score);
    if (az_jv_type(v) == AZ_J_STRING)
        return az_reading_number(r, az_str_trim(az_jv_str(v)));
    return az_reading_fail(r, AZ_BE_PARSE, "\"score\" is %s", az_jtype_name(az_jv_type(v)));
}

static int read_object(struct az_reading *r, az_jv object, const char *key)
{
    if (count_key(object, key) > 1)
        return az_reading_fail(r, AZ_BE_PARSE, "\"%s\" is given twice", key);
    struct az_str why = az_jv_str(az_jv_get(object, "rationale"));
    r->why = why.p ? az_arena_str(r->arena, why) : why;
    if (why.p && !r->why.p)
        return AZ_ENOMEM;
    az_jv v = az_jv_get(object, key);
    return az_reading_is_score(r) ? read_score(r, v) : read_label(r, v);
}

int az_answer_json(struct az_reading *r)
{
    const char *key = az_reading_is_score(r) ? "score" : "label";
    int ret = 0;
    AZ_AUTO(json) doc = last_object(r->text, key, &ret);
    if (ret < 0)
        return ret;
    if (!doc)
        return az_reading_fail(r, AZ_BE_PARSE, "there is no JSON object with \"%s\" in the answer",
                               key);
    return read_object(r, az_json_root(doc), key);
}
