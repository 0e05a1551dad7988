#include "tests/stub/ask.h"

#include "core/hash.h"

enum { NONCE_MIN = 16 };

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* The next run of hex digits that may be a nonce, at or after `i`. Only every
 * sixteenth byte is looked at: a long enough run covers one of them. */
static size_t nonce_from(struct az_str s, size_t i, size_t *n)
{
    for (size_t at = i + NONCE_MIN - 1; at < s.n; at += NONCE_MIN) {
        if (!is_hex(s.p[at]))
            continue;
        size_t a = at, b = at + 1;
        while (a > i && is_hex(s.p[a - 1]))
            a--;
        while (b < s.n && is_hex(s.p[b]))
            b++;
        *n = b - a;
        if (*n >= NONCE_MIN)
            return a;
    }
    return s.n;
}

uint64_t ask_text_hash(uint64_t seed, struct az_str text)
{
    size_t i = 0;
    while (i < text.n) {
        size_t n = 0, at = nonce_from(text, i, &n);
        seed = az_hash64(seed, (struct az_str){text.p + i, at - i});
        i = at + n;
    }
    return seed;
}

/* A message's text: a string, or the text parts of a list (the first). */
static struct az_str content_text(az_jv content)
{
    if (az_jv_type(content) != AZ_J_ARRAY)
        return az_jv_str(content);
    for (az_jv part = az_jv_first(content); part; part = az_jv_next(part)) {
        struct az_str text = az_jv_str(az_jv_get(part, "text"));
        if (text.p)
            return text;
    }
    return (struct az_str){NULL, 0};
}

static void add_text(struct ask *ask, struct az_str text)
{
    ask->key = ask_text_hash(ask->key, text);
    ask->tokens_in += (int64_t)(text.n + 3) / 4;
}

static void read_messages(struct ask *ask, az_jv root)
{
    add_text(ask, content_text(az_jv_get(root, "system")));
    for (az_jv m = az_jv_first(az_jv_get(root, "messages")); m; m = az_jv_next(m)) {
        struct az_str text = content_text(az_jv_get(m, "content"));
        add_text(ask, text);
        if (!ask->user.p && az_str_eqz(az_jv_str(az_jv_get(m, "role")), "user"))
            ask->user = text;
    }
}

static struct az_str marker(struct az_str text)
{
    ptrdiff_t at = az_str_find(text, AZ_STR("#id:"));
    if (at < 0)
        return (struct az_str){NULL, 0};
    struct az_str id = {text.p + at + 4, text.n - (size_t)at - 4};
    const char *end = memchr(id.p, '#', id.n);
    return end ? (struct az_str){id.p, (size_t)(end - id.p)} : (struct az_str){NULL, 0};
}

static void read_parameters(struct ask *ask, az_jv root)
{
    az_jv format = ask->provider == OPENAI ? az_jv_get(root, "response_format")
                                           : az_jv_path(root, "output_config.format");
    struct az_str type = az_jv_str(az_jv_get(format, "type"));
    ask->json_object = az_str_eqz(type, "json_object");
    if (az_str_eqz(type, "json_schema"))
        ask->schema = ask->provider == OPENAI ? az_jv_path(format, "json_schema.schema")
                                              : az_jv_get(format, "schema");
    ask->has_temperature = az_jv_get(root, "temperature") != NULL;
    ask->has_max_completion_tokens =
        az_jv_int(az_jv_get(root, "max_completion_tokens"), &ask->max_tokens);
    ask->has_max_tokens = az_jv_int(az_jv_get(root, "max_tokens"), &ask->max_tokens);
    ask->logprobs = az_jv_true(az_jv_get(root, "logprobs"));
    az_jv_int(az_jv_get(root, "top_logprobs"), &ask->top_logprobs);
}

int ask_read(struct ask *ask, enum provider provider, struct az_str body, struct az_error *err)
{
    *ask = (struct ask){.provider = provider, .n_bytes = (int64_t)body.n, .max_tokens = INT64_MAX};
    int r = az_json_parse(body, &ask->doc, err);
    if (r < 0)
        return r;
    az_jv root = az_json_root(ask->doc);
    ask->model = az_jv_str(az_jv_get(root, "model"));
    ask->key = az_hash64(1, ask->model);
    read_messages(ask, root);
    if (!ask->user.p) {
        ask_release(ask);
        return az_fail(err, AZ_EINVAL, "no user message");
    }
    ask->id = marker(ask->user);
    read_parameters(ask, root);
    return 0;
}

void ask_release(struct ask *ask)
{
    az_json_free(ask->doc);
    ask->doc = NULL;
}
