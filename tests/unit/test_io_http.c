/* Against a server of a few lines: one thread that takes a connection at a time
 * and does as its script says. */
#include "workers/io_http.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/io_clock.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

struct server {
    int listen;
    char url[64];
    const char *reply; /* NULL: read and say nothing until the client leaves */
    char request[8192];
    pthread_t thread;
};

static void read_request(struct server *s, int fd)
{
    size_t n = 0;
    while (n < sizeof(s->request) - 1) {
        ssize_t got = read(fd, s->request + n, sizeof(s->request) - 1 - n);
        if (got <= 0)
            break;
        n += (size_t)got;
        s->request[n] = '\0';
        const char *end = strstr(s->request, "\r\n\r\n");
        if (end && strstr(end, "BODY"))
            break;
    }
}

static void *serve(void *arg)
{
    struct server *s = arg;
    int fd = accept(s->listen, NULL, NULL);
    if (fd < 0)
        return NULL;
    read_request(s, fd);
    char c;
    if (s->reply)
        (void)!write(fd, s->reply, strlen(s->reply));
    else
        (void)!read(fd, &c, 1);
    close(fd);
    return NULL;
}

static void server_listen(struct server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    s->listen = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->listen, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(s->listen, 8), 0);
    assert_int_equal(getsockname(s->listen, (struct sockaddr *)&at, &n), 0);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/v1/x", ntohs(at.sin_port));
}

struct client {
    struct az_loop *loop;
    struct az_http *http;
    bool done;
    enum az_http_end end;
    long status;
    char body[256], headers[512], why[128];
};

static void on_done(void *arg, void *call, enum az_http_end end, const struct az_response *response,
                    const char *why, int64_t ms)
{
    struct client *c = arg;
    assert_ptr_equal(call, c);
    assert_false(c->done);
    assert_true(ms >= 0);
    c->done = true;
    c->end = end;
    c->status = response->status;
    snprintf(c->body, sizeof(c->body), AZ_STR_FMT, AZ_STR_ARG(response->body));
    snprintf(c->headers, sizeof(c->headers), AZ_STR_FMT, AZ_STR_ARG(response->headers));
    snprintf(c->why, sizeof(c->why), "%s", why);
    az_loop_stop(c->loop);
}

static az_ms before_sleep(void *arg)
{
    struct client *c = arg;
    return az_http_before_sleep(c->http);
}

static void call(struct client *c, const char *url, int64_t timeout_ms,
                 const struct az_secret_key *key)
{
    *c = (struct client){0};
    assert_int_equal(az_loop_new(&c->loop, NULL), 0);
    assert_int_equal(az_http_new(c->loop, 4, on_done, c, &c->http, NULL), 0);
    assert_int_equal(az_loop_before_sleep(c->loop, before_sleep, c, NULL), 0);
    static const char *const fixed[] = {"x-version: 3", NULL};
    struct az_http_call call = {.url = url,
                                .headers = fixed,
                                .extra_headers = "{\"x-extra\":\"yes\"}",
                                .key = key,
                                .auth = AZ_AUTH_BEARER,
                                .body = AZ_STR("BODY"),
                                .timeout_ms = timeout_ms,
                                .call = c};
    assert_int_equal(az_http_start(c->http, &call, NULL), 0);
    assert_int_equal(az_loop_run(c->loop, NULL), 0);
    az_http_free(c->http);
    az_loop_free(c->loop);
    assert_true(c->done);
}

static void http_ends(void **state)
{
    (void)state;
    static const struct {
        const char *name, *reply;
        int64_t timeout_ms;
        enum az_http_end end;
        long status;
        const char *body;
    } cases[] = {
        {"whole", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 10000, AZ_HTTP_ANSWERED, 200,
         "hi"},
        {"an error is an answer", "HTTP/1.1 503 No\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n",
         10000, AZ_HTTP_ANSWERED, 503, ""},
        {"no redirects",
         "HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 10000,
         AZ_HTTP_ANSWERED, 302, ""},
        {"cut in the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", 10000, AZ_HTTP_BROKEN,
         200, "hi"},
        {"closed without a word", "", 10000, AZ_HTTP_BROKEN, 0, ""},
        {"silent", NULL, 50, AZ_HTTP_TIMEOUT, 0, ""},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct server s = {.reply = cases[i].reply};
        struct client c;
        server_listen(&s);
        assert_int_equal(pthread_create(&s.thread, NULL, serve, &s), 0);
        call(&c, s.url, cases[i].timeout_ms, NULL);
        pthread_join(s.thread, NULL);
        close(s.listen);
        if (c.end != cases[i].end || c.status != cases[i].status || strcmp(c.body, cases[i].body))
            fail_msg("%s: end %d, status %ld, '%s' (%s)", cases[i].name, (int)c.end, c.status,
                     c.body, c.why);
        assert_true(c.end == AZ_HTTP_ANSWERED || *c.why);
    }
}

static void http_nobody_listens(void **state)
{
    (void)state;
    struct server s = {0};
    struct client c;
    server_listen(&s);
    close(s.listen);
    call(&c, s.url, 10000, NULL);
    assert_int_equal(c.end, AZ_HTTP_CONNECT);
}

static void http_sends(void **state)
{
    (void)state;
    struct server s = {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    struct client c;
    struct az_secret_key *key;
    setenv("SOME_KEY", "sk-abc", 1);
    assert_int_equal(az_secret_key_read("env:SOME_KEY", &key, NULL), 0);
    server_listen(&s);
    assert_int_equal(pthread_create(&s.thread, NULL, serve, &s), 0);
    call(&c, s.url, 10000, key);
    pthread_join(s.thread, NULL);
    close(s.listen);
    az_secret_key_free(key);
    static const char *const parts[] = {
        "POST /v1/x HTTP/1.1\r\n", "\r\nContent-Type: application/json\r\n", "\r\nx-version: 3\r\n",
        "\r\nx-extra: yes\r\n",    "\r\nAuthorization: Bearer sk-abc\r\n",   "\r\n\r\nBODY"};
    for (size_t i = 0; i < AZ_LEN(parts); i++) {
        if (!strstr(s.request, parts[i]))
            fail_msg("no '%s' in '%s'", parts[i], s.request);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_ends),
        cmocka_unit_test(http_nobody_listens),
        cmocka_unit_test(http_sends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
