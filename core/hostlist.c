#include "core/hostlist.h"

#include "core/buf.h"

enum { TEXT_MAX = 1024 };

/* Names found so far; each bracket multiplies them. */
struct names {
    struct az_arena *arena;
    const char **v;
    size_t n, max;
    struct az_error *err;
};

struct range {
    int64_t from, to;
    int width; /* digits, zeros in front included; 0 = as they come */
};

/* The first bracket that is a list of numbers: its inside, and where it is. */
static bool find_bracket(struct az_str text, struct az_str *before, struct az_str *inside,
                         struct az_str *after)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '[')
            continue;
        const char *end = memchr(text.p + i, ']', text.n - i);
        if (!end)
            return false;
        size_t close = (size_t)(end - text.p);
        *before = (struct az_str){text.p, i};
        *inside = (struct az_str){text.p + i + 1, close - i - 1};
        *after = (struct az_str){text.p + close + 1, text.n - close - 1};
        if (!inside->n || !memchr(inside->p, ':', inside->n))
            return true;
        i = close;
    }
    return false;
}

/* Digits only: "-3" and "+3" are no host numbers. */
static bool read_number(struct az_str s, int64_t *ret)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return az_str_int(s, ret);
}

static bool read_range(struct az_str part, struct range *ret)
{
    ptrdiff_t dash = az_str_find(part, AZ_STR("-"));
    struct az_str from = part, to = part;
    if (dash >= 0) {
        from = (struct az_str){part.p, (size_t)dash};
        to = (struct az_str){part.p + dash + 1, part.n - (size_t)dash - 1};
    }
    if (!read_number(from, &ret->from) || !read_number(to, &ret->to) || ret->to < ret->from)
        return false;
    ret->width = from.n > 1 && from.p[0] == '0' ? (int)from.n : 0;
    return true;
}

static int add(struct names *names, struct az_buf *scratch)
{
    int r = az_buf_check(scratch, names->err);
    if (r < 0)
        return r;
    if (names->n == names->max)
        return az_fail(names->err, AZ_ELIMIT, "a host list of more than %zu names", names->max);
    if (!names->v) {
        names->v = az_arena_zalloc(names->arena, names->max * sizeof(*names->v));
        if (!names->v)
            return az_oom(names->err);
    }
    const char *copy = az_arena_strndup(names->arena, scratch->p, scratch->n);
    if (!copy)
        return az_oom(names->err);
    names->v[names->n++] = copy;
    return 0;
}

static int expand(struct names *names, struct az_buf *done, struct az_str rest);

/* One range of a bracket, and for each number the rest of the text. */
static int expand_range(struct names *names, struct az_buf *done, const struct range *range,
                        struct az_str after)
{
    size_t keep = done->n;
    for (int64_t i = range->from; i <= range->to; i++) {
        az_buf_fmt(done, "%0*lld", range->width, (long long)i);
        int r = expand(names, done, after);
        done->n = keep;
        if (r < 0)
            return r;
    }
    return 0;
}

static int expand(struct names *names, struct az_buf *done, struct az_str rest)
{
    struct az_str before, inside, after;
    size_t keep = done->n;
    if (!find_bracket(rest, &before, &inside, &after)) {
        az_buf_str(done, rest);
        int r = add(names, done);
        done->n = keep;
        return r;
    }
    az_buf_str(done, before);
    for (size_t from = 0; from <= inside.n;) {
        const char *comma = memchr(inside.p + from, ',', inside.n - from);
        size_t end = comma ? (size_t)(comma - inside.p) : inside.n;
        struct az_str part = {inside.p + from, end - from};
        struct range range;
        if (!read_range(part, &range))
            return az_fail(names->err, AZ_EINVAL, "no range of hosts: '" AZ_STR_FMT "'",
                           AZ_STR_ARG(az_utf8_head(part, 40)));
        int r = expand_range(names, done, &range, after);
        if (r < 0)
            return r;
        from = end + 1;
    }
    done->n = keep;
    return 0;
}

int az_hostlist_expand(struct az_arena *arena, struct az_str text, size_t max, const char ***ret,
                       size_t *n, struct az_error *err)
{
    struct names names = {.arena = arena, .max = max, .err = err};
    if (text.n > TEXT_MAX)
        return az_fail(err, AZ_ELIMIT, "a host list longer than %d bytes", (int)TEXT_MAX);
    AZ_AUTO_BUF done = az_buf(64 << 10);
    az_buf_z(&done, "");
    int r = expand(&names, &done, text);
    if (r < 0)
        return r;
    *ret = names.v;
    *n = names.n;
    return 0;
}
