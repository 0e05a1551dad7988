#include "core/json_split.h"

#include "core/json_plain.h"

void az_json_split_init(struct az_json_split *s, const char *const *paths, size_t max)
{
    *s = (struct az_json_split){.paths = paths, .piece = az_buf(max), .capture = -1};
}

void az_json_split_release(struct az_json_split *s)
{
    az_buf_release(&s->piece);
}

static int broken(const struct az_json_split *s, struct az_error *err)
{
    return az_fail(err, AZ_EINVAL, "not JSON at byte %lld", (long long)s->at);
}

/* A path that is longer than any that is looked for fits none. */
static void path_add(struct az_json_split *s, const char *bytes, size_t n)
{
    if (s->n + n < sizeof(s->path))
        memcpy(s->path + s->n, bytes, n);
    s->n += n;
}

static void keep(struct az_json_split *s, const char *bytes, size_t n)
{
    if (s->capture < 0 || s->too_long)
        return;
    if (s->piece.n + n > s->piece.max) {
        s->too_long = true;
        az_buf_release(&s->piece);
    } else {
        az_buf_put(&s->piece, bytes, n);
    }
}

/* A value begins: is it one to be cut out? */
static void begin(struct az_json_split *s)
{
    if (s->capture >= 0)
        return;
    for (int i = 0; s->paths[i]; i++) {
        struct az_str path = {s->path, s->n};
        if (s->n >= sizeof(s->path) || !az_str_eqz(path, s->paths[i]))
            continue;
        s->capture = i;
        s->capture_depth = s->depth;
        s->too_long = false;
        az_buf_clear(&s->piece);
        return;
    }
}

/* A value has ended; true when it was the piece. */
static bool end(struct az_json_split *s)
{
    s->state = s->depth ? AZ_SPLIT_NEXT : AZ_SPLIT_DONE;
    return s->capture >= 0 && s->depth == s->capture_depth;
}

static int open_container(struct az_json_split *s, char c, struct az_error *err)
{
    if (s->depth == AZ_JSON_DEPTH)
        return az_fail(err, AZ_EINVAL, "JSON nested more than %d deep", AZ_JSON_DEPTH);
    s->path_n[s->depth] = s->n;
    s->closers[s->depth++] = c == '[' ? ']' : '}';
    if (c == '[')
        path_add(s, "[]", 2);
    s->state = c == '[' ? AZ_SPLIT_VALUE_OR_END : AZ_SPLIT_KEY_OR_END;
    return 0;
}

static int begin_value(struct az_json_split *s, char c, struct az_error *err)
{
    /* NaN and Infinity, which Python writes, are for the caller to refuse. */
    bool word = (c >= '0' && c <= '9') || (c && strchr("-tfnNI", c));
    if (c != '[' && c != '{' && c != '"' && !word)
        return broken(s, err);
    begin(s);
    keep(s, &c, 1);
    if (c == '[' || c == '{')
        return open_container(s, c, err);
    s->state = word ? AZ_SPLIT_IN_WORD : AZ_SPLIT_IN_STRING;
    return 0;
}

static int close_container(struct az_json_split *s, char c, struct az_error *err)
{
    if (!s->depth || s->closers[s->depth - 1] != c)
        return broken(s, err);
    s->n = s->path_n[--s->depth];
    keep(s, &c, 1);
    return end(s);
}

static void begin_key(struct az_json_split *s)
{
    s->n = s->path_n[s->depth - 1]; /* the key before this one goes */
    if (s->n)
        path_add(s, ".", 1);
    s->key_at = s->n;
    s->state = AZ_SPLIT_IN_KEY;
}

/* After a value: a comma or an end. */
static int next(struct az_json_split *s, char c, struct az_error *err)
{
    if (c != ',')
        return close_container(s, c, err);
    keep(s, &c, 1);
    s->state = s->closers[s->depth - 1] == '}' ? AZ_SPLIT_KEY : AZ_SPLIT_VALUE;
    return 0;
}

/* One byte between strings and words; 1 when the piece is whole. */
static int on_byte(struct az_json_split *s, char c, struct az_error *err)
{
    bool ends = s->state == AZ_SPLIT_VALUE_OR_END || s->state == AZ_SPLIT_KEY_OR_END;
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
        keep(s, &c, 1);
        return 0;
    }
    if (ends && (c == ']' || c == '}'))
        return close_container(s, c, err);
    switch (s->state) {
    case AZ_SPLIT_VALUE:
    case AZ_SPLIT_VALUE_OR_END:
        return begin_value(s, c, err);
    case AZ_SPLIT_KEY:
    case AZ_SPLIT_KEY_OR_END:
        if (c != '"')
            return broken(s, err);
        keep(s, &c, 1);
        begin_key(s);
        return 0;
    case AZ_SPLIT_COLON:
        if (c != ':')
            return broken(s, err);
        keep(s, &c, 1);
        s->state = AZ_SPLIT_VALUE;
        return 0;
    case AZ_SPLIT_NEXT:
        return next(s, c, err);
    default:
        return broken(s, err);
    }
}

/* The part of a string that has come; returns how many bytes it is. Sets *ended. */
static size_t string_run(struct az_json_split *s, struct az_str in, bool *ended)
{
    size_t i = 0;
    *ended = false;
    while (i < in.n && !*ended) {
        if (!s->escaped)
            i = az_json_plain(in, i);
        if (i == in.n)
            break;
        *ended = !s->escaped && in.p[i] == '"';
        s->escaped = !s->escaped && in.p[i] == '\\';
        i++;
    }
    if (s->state == AZ_SPLIT_IN_KEY)
        path_add(s, in.p, i - *ended);
    keep(s, in.p, i);
    return i;
}

static size_t word_run(struct az_json_split *s, struct az_str in, bool *ended)
{
    size_t i = 0;
    while (i < in.n && in.p[i] && !strchr(" \t\r\n,]}:\"[{", in.p[i]))
        i++;
    *ended = i < in.n;
    keep(s, in.p, i);
    return i;
}

/* 1 when the piece is whole. */
static int step(struct az_json_split *s, struct az_str *rest, struct az_error *err)
{
    bool ended;
    int r = 0;
    size_t n = 1;
    if (s->state == AZ_SPLIT_IN_KEY) {
        n = string_run(s, *rest, &ended);
        if (ended)
            s->state = AZ_SPLIT_COLON;
    } else if (s->state == AZ_SPLIT_IN_STRING) {
        n = string_run(s, *rest, &ended);
        r = ended && end(s);
    } else if (s->state == AZ_SPLIT_IN_WORD) {
        n = word_run(s, *rest, &ended);
        r = ended && end(s);
    } else {
        r = on_byte(s, rest->p[0], err);
    }
    *rest = (struct az_str){rest->p + n, rest->n - n};
    s->at += (int64_t)n;
    return r;
}

int az_json_split_next(struct az_json_split *s, struct az_str *rest, size_t *path,
                       struct az_str *text, struct az_error *err)
{
    while (rest->n) {
        int r = step(s, rest, err);
        if (r < 0)
            return r;
        if (r == 0)
            continue;
        *path = (size_t)s->capture;
        s->capture = -1;
        s->pieces++;
        *text = (struct az_str){"", 0};
        if (s->too_long)
            return AZ_SPLIT_LONG;
        *text = az_buf_view(&s->piece);
        r = az_buf_check(&s->piece, err);
        return r < 0 ? r : AZ_SPLIT_PIECE;
    }
    return AZ_SPLIT_MORE;
}

int az_json_split_end(const struct az_json_split *s, struct az_error *err)
{
    if (s->state == AZ_SPLIT_DONE)
        return 0;
    az_fail(err, AZ_EINVAL, "not JSON at byte %lld: it ends there, too early", (long long)s->at);
    az_hint(err, "It may have been cut off.");
    return AZ_EINVAL;
}
