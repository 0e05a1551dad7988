/* tests/stub/http.h: one HTTP/1.1 request cut out of what a client sent. */
#pragma once
#include "core/base.h"
#include "core/str.h"

enum { HEAD_MAX = 32 << 10, BODY_MAX = 256 << 20 };

/* Slices into the bytes that were parsed. */
struct http_request {
    struct az_str method, path, query; /* query: after '?', or {NULL} */
    struct az_str headers;             /* lines, without the request line */
    struct az_str body;
    bool close;     /* the client wants no further request on this connection */
    bool expects;   /* Expect: 100-continue, and the body is not there yet */
    size_t n_bytes; /* all of it */
};

/* 1: whole. 0: more bytes are needed (expects may be set). -1: no HTTP that
 * this server speaks. */
int http_parse(struct az_str in, struct http_request *ret);

/* The header's value, without white space around it; {NULL} when absent. */
struct az_str http_header(const struct http_request *r, const char *name);

/* NAME's value in a query a=1&b=2; {NULL} when absent. */
struct az_str http_query(struct az_str query, const char *name);

const char *http_reason(int status);
