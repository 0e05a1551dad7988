#include "tests/stub/http.h"

#include <strings.h>

#include "core/error.h"

/* NAME of "NAME: value", whatever its case; else {NULL}. */
static struct az_str header_value(struct az_str line, const char *name)
{
    size_t n = strlen(name);
    if (line.n <= n || line.p[n] != ':' || strncasecmp(line.p, name, n))
        return (struct az_str){NULL, 0};
    return az_str_trim((struct az_str){line.p + n + 1, line.n - n - 1});
}

struct az_str http_header(const struct http_request *r, const char *name)
{
    struct az_str rest = r->headers, line;
    while (az_str_line(&rest, &line)) {
        struct az_str value = header_value(line, name);
        if (value.p)
            return value;
    }
    return (struct az_str){NULL, 0};
}

struct az_str http_query(struct az_str query, const char *name)
{
    size_t n = strlen(name);
    while (query.n) {
        const char *end = memchr(query.p, '&', query.n);
        size_t len = end ? (size_t)(end - query.p) : query.n;
        if (len > n && query.p[n] == '=' && !memcmp(query.p, name, n))
            return (struct az_str){query.p + n + 1, len - n - 1};
        len += end != NULL;
        query = (struct az_str){query.p + len, query.n - len};
    }
    return (struct az_str){NULL, 0};
}

static bool request_line(struct az_str line, struct http_request *r)
{
    const char *a = memchr(line.p, ' ', line.n);
    if (!a)
        return false;
    r->method = (struct az_str){line.p, (size_t)(a - line.p)};
    struct az_str rest = {a + 1, line.n - r->method.n - 1};
    const char *b = memchr(rest.p, ' ', rest.n);
    if (!b || !az_str_starts((struct az_str){b + 1, rest.n - (size_t)(b - rest.p) - 1}, "HTTP/1."))
        return false;
    r->path = (struct az_str){rest.p, (size_t)(b - rest.p)};
    const char *q = memchr(r->path.p, '?', r->path.n);
    if (q) {
        r->query = (struct az_str){q + 1, r->path.n - (size_t)(q - r->path.p) - 1};
        r->path.n = (size_t)(q - r->path.p);
    }
    return true;
}

int http_parse(struct az_str in, struct http_request *ret)
{
    *ret = (struct http_request){0};
    const char *end = memmem(in.p, in.n, "\r\n\r\n", 4);
    if (!end)
        return in.n > HEAD_MAX ? -1 : 0;
    size_t n_head = (size_t)(end - in.p) + 4;
    struct az_str rest = {in.p, n_head - 2}, line;
    if (!az_str_line(&rest, &line) || !request_line(line, ret))
        return -1;
    ret->headers = rest;

    struct az_str length = http_header(ret, "Content-Length");
    int64_t n_body = 0;
    if (http_header(ret, "Transfer-Encoding").p)
        return -1;
    if (length.p && (!az_str_int(length, &n_body) || n_body < 0 || n_body > BODY_MAX))
        return -1;
    ret->close = az_str_eqz_nocase(http_header(ret, "Connection"), "close");
    ret->n_bytes = n_head + (size_t)n_body;
    if (in.n < ret->n_bytes) {
        ret->expects = in.n == n_head && http_header(ret, "Expect").p;
        return 0;
    }
    ret->body = (struct az_str){in.p + n_head, (size_t)n_body};
    return 1;
}

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } rows[] = {
        {200, "OK"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {408, "Request Timeout"},
        {413, "Payload Too Large"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {529, "Overloaded"},
    };
    for (size_t i = 0; i < AZ_LEN(rows); i++)
        if (rows[i].status == status)
            return rows[i].reason;
    return "Status";
}
