#include "core/buf.h"

#include <stdarg.h>

#include "core/mem.h"

struct az_buf az_buf(size_t max)
{
    return (struct az_buf){.max = max};
}

void az_buf_release(struct az_buf *b)
{
    free(b->p);
    *b = (struct az_buf){.max = b->max};
}

void az_buf_clear(struct az_buf *b)
{
    b->n = 0;
    b->failed = 0;
    if (b->p)
        b->p[0] = '\0';
}

char *az_buf_room(struct az_buf *b, size_t n)
{
    if (b->failed)
        return NULL;
    if (n > b->max || b->n > b->max - n || b->n + n == SIZE_MAX) {
        b->failed = AZ_ELIMIT;
        return NULL;
    }
    if (b->n + n + 1 > b->cap && az_grow(&b->p, &b->cap, b->n + n + 1, 1) < 0) {
        b->failed = AZ_ENOMEM;
        return NULL;
    }
    return b->p + b->n;
}

void az_buf_put(struct az_buf *b, const void *bytes, size_t n)
{
    char *at = az_buf_room(b, n);
    if (!at)
        return;
    if (n)
        memcpy(at, bytes, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void az_buf_str(struct az_buf *b, struct az_str s)
{
    az_buf_put(b, s.p, s.n);
}

void az_buf_z(struct az_buf *b, const char *z)
{
    az_buf_put(b, z, strlen(z));
}

void az_buf_char(struct az_buf *b, char c)
{
    char *at = az_buf_room(b, 1);
    if (!at)
        return;
    at[0] = c;
    at[1] = '\0';
    b->n++;
}

void az_buf_fmt(struct az_buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    if (n < 0 && !b->failed)
        b->failed = AZ_ELIMIT; /* past INT_MAX */
    char *at = n < 0 ? NULL : az_buf_room(b, (size_t)n);
    if (at) {
        vsnprintf(at, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

int az_buf_check(const struct az_buf *b, struct az_error *err)
{
    if (b->failed == AZ_ENOMEM)
        return az_oom(err);
    if (b->failed)
        return az_fail(err, b->failed, "larger than %zu bytes", b->max);
    return 0;
}

struct az_str az_buf_view(const struct az_buf *b)
{
    return (struct az_str){b->p ? b->p : "", b->n};
}

char *az_buf_take(struct az_buf *b)
{
    az_buf_put(b, "", 0); /* so that an empty buffer is "" and not NULL */
    char *p = b->failed ? NULL : b->p;
    if (!p)
        free(b->p);
    *b = (struct az_buf){.max = b->max};
    return p;
}
