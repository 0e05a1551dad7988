#include "workers/reply.h"

#include <stdarg.h>

#include "core/number.h"
#include "workers/answers/reasoning.h"
#include "workers/retry.h"

enum { ARENA_FIRST = 1024, TOKENS_MAX = 1 << 30 };

void az_reply_begin(struct az_reply *r, struct az_str body)
{
    *r = (struct az_reply){.retry_after_ms = -1};
    struct az_error err = {0};
    int parsed = az_json_parse(body, &r->doc, &err);
    if (parsed < 0) /* a proxy's page, more often than not */
        az_reply_fail(r, AZ_TROUBLE_RETRY, AZ_BE_BODY, "the reply is %s", err.what);
    r->arena = az_arena_new(ARENA_FIRST);
    if (!r->arena || parsed == AZ_ENOMEM) {
        az_json_free(AZ_TAKE(r->doc));
        az_reply_fail(r, AZ_TROUBLE_ITEM, AZ_BE_INTERNAL, "out of memory");
    }
}

void az_reply_release(struct az_reply *r)
{
    az_json_free(r->doc);
    az_arena_free(r->arena);
    *r = (struct az_reply){.retry_after_ms = -1};
}

static bool is_key_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '*';
}

/* "Incorrect API key provided: sk-abc": the key stays out of every record. */
static void hide_keys(char *text)
{
    for (char *at = text; (at = strstr(at, "sk-"));) {
        if (at > text && is_key_char(at[-1])) {
            at += 3;
            continue;
        }
        for (at += 3; is_key_char(*at); at++)
            *at = '*';
    }
}

static void one_line(char *text)
{
    for (char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' ';
    }
}

/* Drop the bytes of a character that was cut in two. */
static void whole_characters(char *text)
{
    size_t bad;
    if (!az_utf8_valid(az_str(text), &bad))
        text[bad] = '\0';
}

void az_reply_fail(struct az_reply *r, enum az_trouble trouble, enum az_ballot_error error,
                   const char *fmt, ...)
{
    r->trouble = trouble;
    r->error = error;
    va_list args;
    va_start(args, fmt);
    vsnprintf(r->error_text, sizeof(r->error_text), fmt, args);
    va_end(args);
    one_line(r->error_text);
    hide_keys(r->error_text);
    whole_characters(r->error_text);
}

void az_reply_text(struct az_reply *r, struct az_str content, struct az_str apart)
{
    r->reasoning = apart;
    r->text = content;
    if (!az_str_trim(apart).n && az_reasoning_split(content, &r->reasoning, &r->text))
        r->cut = true;
    if (az_str_trim(r->text).n)
        return;
    if (r->cut)
        az_reply_fail(r, AZ_TROUBLE_NONE, AZ_BE_LENGTH, "cut off before the answer");
    else
        az_reply_fail(r, AZ_TROUBLE_NONE, AZ_BE_EMPTY, "the answer is empty");
}

static bool is_count(int64_t tokens)
{
    return tokens >= 0 && tokens <= TOKENS_MAX;
}

void az_reply_usage(struct az_reply *r)
{
    if (is_count(r->tokens_in) && is_count(r->tokens_out) && is_count(r->tokens_cached) &&
        is_count(r->tokens_reasoning))
        return;
    r->has_usage = false;
    r->tokens_in = r->tokens_out = r->tokens_cached = r->tokens_reasoning = 0;
}

void az_reply_cost_header(struct az_reply *r, struct az_str headers)
{
    double usd;
    if (!r->has_cost && az_str_double(az_header_find(headers, "x-litellm-response-cost"), &usd))
        r->has_cost = az_number_nusd(usd, &r->cost);
}
