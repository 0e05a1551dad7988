/* bench/loop.c: bench_loop URL CALLS UNDER_WAY BODY-FILE
 *
 * The least that a C program must do to make those calls: libcurl's
 * socket_action on one epoll, easy handles used again, answers counted and
 * thrown away. What `assize run` is compared with. Prints one JSON line. */
#include <curl/curl.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "core/base.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/str.h"

enum { BODY_MAX = 1 << 20, EVENTS_MAX = 256 };

struct loop {
    CURLM *multi;
    struct curl_slist *headers;
    int epoll;
    int64_t due_ms; /* libcurl's timer; -1 = none */
    int64_t left, done, failed, under_way;
    const char *url;
    struct az_buf body;
};

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    return size * n;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    struct loop *l = arg;
    struct epoll_event e = {.data.fd = fd};
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    e.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &e) < 0 && errno == ENOENT)
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
    struct loop *l = arg;
    l->due_ms = ms < 0 ? -1 : now_ms() + ms;
    return 0;
}

static CURL *call_new(struct loop *l)
{
    CURL *e = curl_easy_init();
    if (!e)
        return NULL;
    curl_easy_setopt(e, CURLOPT_URL, l->url);
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, l->headers);
    curl_easy_setopt(e, CURLOPT_POSTFIELDS, l->body.p);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)l->body.n);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TIMEOUT, 60L);
    return e;
}

static void start(struct loop *l, CURL *e)
{
    l->left--;
    l->under_way++;
    curl_multi_add_handle(l->multi, e);
}

/* What has ended is counted, and its handle makes the next call. */
static void reap(struct loop *l)
{
    CURLMsg *m;
    int queued;
    while ((m = curl_multi_info_read(l->multi, &queued))) {
        CURL *e = m->easy_handle;
        long status = 0;
        curl_easy_getinfo(e, CURLINFO_RESPONSE_CODE, &status);
        l->failed += m->data.result != CURLE_OK || status != 200;
        l->done++;
        l->under_way--;
        curl_multi_remove_handle(l->multi, e);
        if (l->left > 0)
            start(l, e);
        else
            curl_easy_cleanup(e);
    }
}

static void turn(struct loop *l)
{
    struct epoll_event events[EVENTS_MAX];
    int wait = l->due_ms < 0 ? 1000 : (int)AZ_MAX(l->due_ms - now_ms(), INT64_C(0));
    int running, n = epoll_wait(l->epoll, events, EVENTS_MAX, wait);
    for (int i = 0; i < n; i++) {
        int what = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                   (events[i].events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
        curl_multi_socket_action(l->multi, events[i].data.fd, what, &running);
    }
    if (l->due_ms >= 0 && now_ms() >= l->due_ms) {
        l->due_ms = -1;
        curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    reap(l);
}

static int read_body(struct az_buf *b, const char *path)
{
    FILE *f = fopen(path, "re");
    char *room = az_buf_room(b, BODY_MAX);
    if (f && room)
        b->n = fread(room, 1, BODY_MAX, f);
    if (f)
        fclose(f);
    return f && b->n ? 0 : AZ_EIO;
}

static void report(const struct loop *l, int64_t ms)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    double cpu_us = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
                    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
    printf("{\"calls\":%lld,\"failed\":%lld,\"seconds\":%.3f,\"calls_per_s\":%.0f,"
           "\"cpu_us\":%.1f}\n",
           (long long)l->done, (long long)l->failed, (double)ms / 1e3,
           (double)l->done * 1e3 / (double)AZ_MAX(ms, INT64_C(1)), cpu_us / (double)l->done);
}

int main(int argc, char **argv)
{
    int64_t calls, slots;
    struct loop l = {.due_ms = -1, .body = az_buf(2 * BODY_MAX)};
    if (argc != 5 || !az_str_int(az_str(argv[2]), &calls) || !az_str_int(az_str(argv[3]), &slots) ||
        calls < 1 || slots < 1 || read_body(&l.body, argv[4]) < 0) {
        fprintf(stderr, "usage: bench_loop URL CALLS UNDER_WAY BODY-FILE\n");
        return 64;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    l.url = argv[1];
    l.left = calls;
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    l.multi = curl_multi_init();
    l.headers = curl_slist_append(NULL, "Content-Type: application/json");
    l.headers = curl_slist_append(l.headers, "Expect:");
    curl_multi_setopt(l.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(l.multi, CURLMOPT_SOCKETDATA, &l);
    curl_multi_setopt(l.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(l.multi, CURLMOPT_TIMERDATA, &l);
    curl_multi_setopt(l.multi, CURLMOPT_MAXCONNECTS, (long)slots);

    int64_t began = now_ms();
    for (int64_t i = 0; i < AZ_MIN(slots, calls); i++) {
        CURL *e = call_new(&l);
        if (!e)
            return 1;
        start(&l, e);
    }
    while (l.under_way)
        turn(&l);
    report(&l, now_ms() - began);

    curl_multi_cleanup(l.multi);
    curl_slist_free_all(l.headers);
    curl_global_cleanup();
    close(l.epoll);
    az_buf_release(&l.body);
    return l.failed ? 1 : 0;
}
