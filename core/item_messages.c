#include "core/item_fill.h"

static bool by(az_jv message, const char *role)
{
    return az_str_eqz(az_jv_str(az_jv_get(message, "role")), role);
}

bool az_fill_by_assistant(az_jv message)
{
    return by(message, "assistant");
}

/* [{"type": "text", "text": …}, …] joined by newlines. */
static int parts_text(struct fill *f, const char *as, size_t number, az_jv parts, struct az_str *to)
{
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    for (az_jv part = az_jv_first(parts); part; part = az_jv_next(part)) {
        struct az_str s = az_jv_str(az_jv_get(part, "text"));
        if (!s.p)
            return az_fail(f->err, AZ_EINVAL, "'%s' entry %zu has content that is not text", as,
                           number);
        if (text.n)
            az_buf_char(&text, '\n');
        az_buf_str(&text, s);
    }
    int r = az_buf_check(&text, f->err);
    if (r < 0)
        return r;
    *to = az_arena_str(f->item->arena, az_buf_view(&text));
    return to->p ? 0 : az_oom(f->err);
}

int az_fill_message_text(struct fill *f, const char *as, size_t number, az_jv message,
                         struct az_str *to)
{
    az_jv content = az_jv_get(message, "content");
    if (az_jv_type(content) == AZ_J_STRING)
        return az_fill_str(f, as, content, to);
    if (az_jv_type(content) == AZ_J_ARRAY)
        return parts_text(f, as, number, content, to);
    return az_fail(f->err, AZ_EINVAL, "'%s' entry %zu has no text in 'content'", as, number);
}

/* The first `n` of them as JSON. */
static int take_turns(struct fill *f, az_jv messages, size_t n)
{
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    az_jv m = az_jv_first(messages);
    for (size_t i = 0; i < n; i++, m = az_jv_next(m)) {
        az_buf_char(&text, i ? ',' : '[');
        az_jv_print(&text, m);
    }
    az_buf_char(&text, ']');
    int r = az_buf_check(&text, f->err);
    if (r < 0)
        return r;
    f->item->turns = az_arena_str(f->item->arena, az_buf_view(&text));
    return f->item->turns.p ? 0 : az_oom(f->err);
}

static int check_roles(struct fill *f, const char *as, az_jv messages)
{
    size_t number = 1;
    if (az_jv_type(messages) != AZ_J_ARRAY)
        return az_fill_wrong_type(f, as, messages, "a list of messages");
    for (az_jv m = az_jv_first(messages); m; m = az_jv_next(m), number++) {
        if (!az_jv_str(az_jv_get(m, "role")).p)
            return az_fail(f->err, AZ_EINVAL, "'%s' entry %zu has no 'role'", as, number);
    }
    return 0;
}

static az_jv message_at(az_jv messages, size_t i)
{
    az_jv m = az_jv_first(messages);
    while (i--)
        m = az_jv_next(m);
    return m;
}

/* Cuts *n to the messages before the response. */
static int take_response(struct fill *f, const char *as, az_jv messages, size_t *n)
{
    struct az_item *item = f->item;
    size_t at = 0, number = 0; /* from 1; 0 = none */
    for (az_jv m = az_jv_first(messages); m; m = az_jv_next(m)) {
        number++;
        if (az_fill_by_assistant(m))
            at = number;
    }
    if (!at)
        return 0;
    item->responses = az_arena_zalloc(item->arena, sizeof(*item->responses));
    if (!item->responses)
        return az_oom(f->err);
    item->n_responses = 1;
    *n = at - 1;
    return az_fill_message_text(f, as, at, message_at(messages, at - 1), &item->responses[0]);
}

int az_fill_messages(struct fill *f)
{
    const char *as;
    struct az_item *item = f->item;
    enum az_kind kind = f->panel->question.kind;
    az_jv messages = az_field_get(f->panel, f->line, AZ_FIELD_MESSAGES, &as);
    if (!messages)
        return 0;
    int r = check_roles(f, as, messages);
    size_t n = az_jv_len(messages);
    if (r == 0 && !item->n_responses && (kind == AZ_CHOICE || kind == AZ_SCORE))
        r = take_response(f, as, messages, &n);
    if (r == 0 && n && !item->prompt.p && by(message_at(messages, n - 1), "user")) {
        r = az_fill_message_text(f, as, n, message_at(messages, n - 1), &item->prompt);
        n--;
    }
    return r == 0 && n && !item->turns.p ? take_turns(f, messages, n) : r;
}
