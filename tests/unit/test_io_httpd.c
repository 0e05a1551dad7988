/* What the page answers, and what it does not take. */
#include "coordinator/io_httpd.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static bool well = true;

static void metrics(void *arg, struct az_buf *b)
{
    (void)arg;
    az_buf_z(b, "assize_up 1\n");
}

static bool healthy(void *arg)
{
    return *(bool *)arg;
}

static struct az_httpd *page(void)
{
    struct az_httpd_config config = {
        .host = "127.0.0.1", .metrics = metrics, .healthy = healthy, .arg = &well};
    struct az_httpd *h = NULL;
    struct az_error err = {0};
    if (az_httpd_new(&config, &h, &err) < 0)
        fail_msg("%s", err.what);
    return h;
}

static int dial(const struct az_httpd *h)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)az_httpd_port(h)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
    return fd;
}

/* All that it says until it hangs up. */
static void ask(const struct az_httpd *h, const char *request, char *reply, size_t size)
{
    int fd = dial(h);
    size_t n = 0;
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    for (ssize_t got = 1; got > 0 && n + 1 < size; n += got > 0 ? (size_t)got : 0)
        got = recv(fd, reply + n, size - n - 1, 0);
    reply[n] = '\0';
    close(fd);
}

#define REQUEST(line) line " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"

static void answers(void **state)
{
    (void)state;
    static const struct {
        bool well;
        const char *request, *status, *has;
    } cases[] = {
        {true, REQUEST("GET /metrics") "\r\n", "HTTP/1.1 200 ", "\r\n\r\nassize_up 1\n"},
        {true, REQUEST("GET /metrics") "\r\n", "HTTP/1.1 200 ", "text/plain; version=0.0.4"},
        {true, REQUEST("HEAD /metrics") "\r\n", "HTTP/1.1 200 ", "Content-Length: 12"},
        {true, REQUEST("GET /healthz") "\r\n", "HTTP/1.1 200 ", "\r\n\r\nok\n"},
        {false, REQUEST("GET /healthz") "\r\n", "HTTP/1.1 503 ", "\r\n\r\nfailing\n"},
        {true, REQUEST("GET /") "\r\n", "HTTP/1.1 404 ", "/metrics"},
        {true, REQUEST("GET /metrics/../etc") "\r\n", "HTTP/1.1 404 ", ""},
        {true, REQUEST("POST /metrics") "Content-Length: 1000000\r\n\r\n", "HTTP/1.1 405 ",
         "Allow: GET, HEAD"},
        {true, REQUEST("GET /metrics") "Content-Length: 1000000\r\n\r\n", "HTTP/1.1 200 ", ""},
        {true, "nonsense\r\n\r\n", "", ""}, /* hung up on */
    };
    AZ_AUTO(httpd) h = page();
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        char reply[4096];
        well = cases[i].well;
        ask(h, cases[i].request, reply, sizeof(reply));
        if (!az_str_starts(az_str(reply), cases[i].status) || !strstr(reply, cases[i].has))
            fail_msg("%s: %s", cases[i].request, reply);
    }
}

static void head_has_a_limit(void **state)
{
    (void)state;
    AZ_AUTO(httpd) h = page();
    AZ_AUTO_BUF request = az_buf(1 << 20);
    char reply[4096];
    az_buf_z(&request, REQUEST("GET /metrics") "X: ");
    for (int i = 0; i < 40000; i++)
        az_buf_char(&request, 'a');
    az_buf_z(&request, "\r\n\r\n");
    int fd = dial(h);
    ssize_t sent = send(fd, request.p, request.n, MSG_NOSIGNAL);
    (void)sent; /* it may hang up before all is sent */
    ssize_t n = recv(fd, reply, sizeof(reply) - 1, 0);
    reply[n < 0 ? 0 : n] = '\0';
    close(fd);
    assert_null(strstr(reply, " 200 "));
}

/* Those who connect and say nothing do not keep others out for ever: one address
 * has a few connections, and the next is hung up on. */
static void connections_have_a_limit(void **state)
{
    (void)state;
    AZ_AUTO(httpd) h = page();
    int silent[8];
    char byte;
    for (size_t i = 0; i < AZ_LEN(silent); i++)
        silent[i] = dial(h);
    int more = dial(h);
    assert_true(recv(more, &byte, 1, 0) <= 0);
    close(more);
    for (size_t i = 0; i < AZ_LEN(silent); i++)
        close(silent[i]);
}

static void an_address_is_taken_once(void **state)
{
    (void)state;
    AZ_AUTO(httpd) h = page();
    struct az_httpd_config config = {.host = "127.0.0.1",
                                     .port = az_httpd_port(h),
                                     .metrics = metrics,
                                     .healthy = healthy,
                                     .arg = &well};
    AZ_AUTO(httpd) other = NULL;
    struct az_error err = {0};
    assert_int_equal(az_httpd_new(&config, &other, &err), AZ_EBUSY);
    assert_non_null(strstr(err.what, "http: can't listen on 127.0.0.1"));
    config.host = "192.0.2.1"; /* nobody's */
    assert_int_equal(az_httpd_new(&config, &other, &err), AZ_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers), cmocka_unit_test(head_has_a_limit),
        cmocka_unit_test(connections_have_a_limit), cmocka_unit_test(an_address_is_taken_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
