#include "core/error.h"

#include <stdarg.h>

void az_mem_freep(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

void az_assert_failed(const char *cond, const char *file, int line)
{
    fprintf(stderr, "assize: bug at %s:%d: '%s' does not hold\n", file, line, cond);
    abort();
}

/* What did not fit was cut; half a character at the end goes too, for messages
 * end up in JSON. */
static void cut_to_characters(char *text, size_t size)
{
    size_t n = strlen(text);
    if (n + 1 < size)
        return;
    size_t tail = 0;
    while (tail < 3 && tail < n && ((unsigned char)text[n - 1 - tail] & 0xc0) == 0x80)
        tail++;
    if (tail == n)
        return;
    unsigned char lead = (unsigned char)text[n - 1 - tail];
    size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    if (tail < want)
        text[n - 1 - tail] = '\0';
}

int az_fail(struct az_error *err, int code, const char *fmt, ...)
{
    if (!err)
        return code;

    va_list args;
    va_start(args, fmt);
    err->code = code;
    err->hint[0] = '\0';
    vsnprintf(err->what, sizeof(err->what), fmt, args);
    cut_to_characters(err->what, sizeof(err->what));
    va_end(args);
    return code;
}

void az_hint(struct az_error *err, const char *fmt, ...)
{
    if (!err)
        return;

    va_list args;
    va_start(args, fmt);
    vsnprintf(err->hint, sizeof(err->hint), fmt, args);
    cut_to_characters(err->hint, sizeof(err->hint));
    va_end(args);
}

int az_wrap(struct az_error *err, const char *fmt, ...)
{
    if (!err)
        return AZ_EINVAL;

    char inner[sizeof(err->what)], context[sizeof(err->what) / 2];
    va_list args;
    va_start(args, fmt);
    vsnprintf(context, sizeof(context), fmt, args);
    cut_to_characters(context, sizeof(context));
    va_end(args);
    memcpy(inner, err->what, sizeof(inner));

    size_t n = strlen(context);
    memcpy(err->what, context, n);
    snprintf(err->what + n, sizeof(err->what) - n, ": %s", inner);
    cut_to_characters(err->what, sizeof(err->what));
    return err->code;
}

int az_oom(struct az_error *err)
{
    return az_fail(err, AZ_ENOMEM, "out of memory");
}

const char *az_error_name(int code)
{
    switch (code) {
#define X(name, number, text) \
    case AZ_##name:           \
        return text;
        AZ_ERROR_CODES(X)
#undef X
    default:
        return "no error";
    }
}
