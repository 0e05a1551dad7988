/* The readers of io_file.h: line by line, and whole. */
#include "core/io_file.h"

#include "core/io_source.h"
#include "core/mem.h"

enum { KEEP = 1 << 20 }; /* a carry buffer above this is given back after its line */

struct az_lines {
    struct az_source *source;
    struct az_str rest;  /* of the source's last bytes */
    struct az_buf carry; /* a line that began in earlier bytes */
    bool carried;        /* the last line was handed out from there */
    int64_t number;
    int64_t skipped; /* bytes of a line that is too long; 0 = not in one */
    bool any;
};

static int wrap_source(struct az_source *source, struct az_lines **ret, struct az_error *err)
{
    struct az_lines *l = az_zalloc(sizeof(*l));
    if (!l) {
        az_source_free(source);
        return az_oom(err);
    }
    l->source = source;
    l->carry = az_buf(AZ_LINE_MAX + 2); /* and "\r\n" */
    *ret = l;
    return 0;
}

int az_lines_open(const char *path, struct az_lines **ret, struct az_error *err)
{
    struct az_source *source;
    int r = az_source_open(path, &source, err);
    return r < 0 ? r : wrap_source(source, ret, err);
}

int az_lines_open_fd(int fd, const char *name, struct az_lines **ret, struct az_error *err)
{
    struct az_source *source;
    int r = az_source_open_fd(fd, name, &source, err);
    return r < 0 ? r : wrap_source(source, ret, err);
}

void az_lines_free(struct az_lines *l)
{
    if (!l)
        return;
    az_source_free(l->source);
    az_buf_release(&l->carry);
    free(l);
}

void az_lines_set_waiting(struct az_lines *l, bool waiting)
{
    az_source_set_waiting(l->source, waiting);
}

int az_lines_fd(const struct az_lines *l)
{
    return az_source_fd(l->source);
}

const char *az_lines_name(const struct az_lines *l)
{
    return az_source_name(l->source);
}

int az_lines_check_any(const struct az_lines *l, struct az_error *err)
{
    return l->any ? 0 : az_fail(err, AZ_ENOENT, "'%s' is empty", az_lines_name(l));
}

static int too_long(struct az_lines *l, int64_t bytes, struct az_line *line)
{
    l->skipped = 0;
    az_buf_clear(&l->carry);
    *line =
        (struct az_line){.number = ++l->number, .text = {"", 0}, .raw = {"", 0}, .bytes = bytes};
    return AZ_LINE_LONG;
}

static int hand_out(struct az_lines *l, struct az_str raw, struct az_line *line)
{
    struct az_str text = raw;
    if (text.n && text.p[text.n - 1] == '\n')
        text.n--;
    if (text.n < raw.n && text.n && text.p[text.n - 1] == '\r')
        text.n--;
    if (text.n > AZ_LINE_MAX)
        return too_long(l, (int64_t)raw.n, line);
    if (l->number == 0 && az_str_starts(text, "\xef\xbb\xbf"))
        text = (struct az_str){text.p + 3, text.n - 3};
    *line = (struct az_line){++l->number, text, raw, (int64_t)raw.n};
    return AZ_LINE_HERE;
}

/* Takes what is left of the line from l->rest into the carry, or only counts it
 * once the line is too long. */
static int carry(struct az_lines *l, size_t n, struct az_error *err)
{
    if (l->skipped || l->carry.n + n > l->carry.max) {
        l->skipped += (int64_t)(l->carry.n + n);
        az_buf_clear(&l->carry);
    } else {
        az_buf_put(&l->carry, l->rest.p, n);
    }
    l->rest = (struct az_str){l->rest.p + n, l->rest.n - n};
    return az_buf_check(&l->carry, err);
}

static void drop_carried(struct az_lines *l)
{
    if (l->carried && l->carry.cap > KEEP)
        az_buf_release(&l->carry);
    else if (l->carried)
        az_buf_clear(&l->carry);
    l->carried = false;
}

static int end_carried(struct az_lines *l, struct az_line *line)
{
    if (l->skipped)
        return too_long(l, l->skipped, line);
    l->carried = true;
    return hand_out(l, az_buf_view(&l->carry), line);
}

int az_lines_next(struct az_lines *l, struct az_line *line, struct az_error *err)
{
    drop_carried(l);
    for (;;) {
        const char *end = l->rest.n ? memchr(l->rest.p, '\n', l->rest.n) : NULL;
        size_t n = end ? (size_t)(end - l->rest.p) + 1 : l->rest.n;
        if (end && !l->carry.n && !l->skipped) {
            struct az_str raw = {l->rest.p, n};
            l->rest = (struct az_str){l->rest.p + n, l->rest.n - n};
            return hand_out(l, raw, line);
        }
        int r = carry(l, n, err);
        if (r < 0)
            return r;
        if (end)
            return end_carried(l, line);

        r = az_source_next(l->source, &l->rest, err);
        if (r < 0)
            return r;
        if (r == 0)
            return l->carry.n || l->skipped ? end_carried(l, line) : AZ_LINE_END;
        l->any = true;
    }
}

int az_file_read(const char *path, size_t limit, char **ret, size_t *n, struct az_error *err)
{
    AZ_AUTO(source) source = NULL;
    int r = az_source_open(path, &source, err);
    if (r < 0)
        return r;

    AZ_AUTO_BUF all = az_buf(limit);
    struct az_str bytes;
    while ((r = az_source_next(source, &bytes, err)) > 0) {
        az_buf_str(&all, bytes);
        if (az_buf_check(&all, err) < 0)
            return az_wrap(err, "'%s'", az_source_name(source));
    }
    if (r < 0)
        return r;
    size_t size = all.n;
    char *taken = az_buf_take(&all);
    if (!taken)
        return az_oom(err);
    *ret = taken;
    if (n)
        *n = size;
    return 0;
}
