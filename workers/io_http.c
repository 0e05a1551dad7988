#include "workers/io_http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <sodium/utils.h>

#include "core/buf.h"
#include "core/io_clock.h"
#include "core/json.h"
#include "core/mem.h"

enum { RECEIVE_BYTES = 8 << 10, UPLOAD_BYTES = 16 << 10 };

struct transfer {
    struct transfer *next_free;
    struct az_http *http;
    CURL *easy;
    struct az_buf body, headers;
    void *call;
    az_ms started;
    bool requested; /* the request has begun to leave */
    char why[CURL_ERROR_SIZE];
};

/* Headers are made once for each way to call: the key's line is in there. */
struct header_set {
    const char *const *fixed;
    const char *extra;
    const struct az_secret_key *key;
    enum az_auth auth;
    struct curl_slist *list;
};

struct az_http {
    struct az_loop *loop;
    CURLM *multi;
    az_http_done_fn *done;
    void *arg;
    az_ms timer; /* when curl wants to be called; INT64_MAX = not */
    struct transfer *free;
    size_t n_all, cap_all;
    struct transfer **all;
    size_t n_sets, cap_sets;
    struct header_set *sets;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void global_init(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void reap(struct az_http *h);

static void on_fd(void *arg, int fd, unsigned events)
{
    struct az_http *h = arg;
    int mask = (events & AZ_LOOP_READ ? CURL_CSELECT_IN : 0) |
               (events & AZ_LOOP_WRITE ? CURL_CSELECT_OUT : 0);
    int running;
    curl_multi_socket_action(h->multi, fd, mask, &running);
    reap(h);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sock)
{
    struct az_http *h = arg;
    if (what == CURL_POLL_REMOVE) {
        az_loop_unwatch(h->loop, fd);
        return 0;
    }
    unsigned events =
        (what & CURL_POLL_IN ? AZ_LOOP_READ : 0) | (what & CURL_POLL_OUT ? AZ_LOOP_WRITE : 0);
    return az_loop_watch(h->loop, fd, events, on_fd, h, NULL) < 0 ? -1 : 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct az_http *h = arg;
    h->timer = timeout_ms < 0 ? INT64_MAX : az_clock_ms() + timeout_ms;
    return 0;
}

static size_t keep(struct az_buf *b, const char *p, size_t n)
{
    az_buf_put(b, p, n);
    return b->failed ? 0 : n;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    return keep(&t->body, p, size * n);
}

static size_t on_header(char *p, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    return keep(&t->headers, p, size * n);
}

/* curl sends a request again on a new connection when a kept one dies without an
 * answer. It may have been read and billed by then: asking again is for the
 * retry layer, which counts and pays. */
static int on_request(void *arg, char *to, char *from, int to_port, int from_port)
{
    struct transfer *t = arg;
    bool again = t->requested;
    t->requested = true;
    return again ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

int az_http_new(struct az_loop *loop, int connections, az_http_done_fn *done, void *arg,
                struct az_http **ret, struct az_error *err)
{
    pthread_once(&once, global_init);
    struct az_http *h = az_zalloc(sizeof(*h));
    if (!h)
        return az_oom(err);
    *h = (struct az_http){.loop = loop, .done = done, .arg = arg, .timer = INT64_MAX};
    h->multi = curl_multi_init();
    if (!h->multi) {
        free(h);
        return az_oom(err);
    }
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)connections);
    curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    *ret = h;
    return 0;
}

void az_http_free(struct az_http *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->n_all; i++) {
        struct transfer *t = h->all[i];
        curl_multi_remove_handle(h->multi, t->easy);
        curl_easy_cleanup(t->easy);
        az_buf_release(&t->body);
        az_buf_release(&t->headers);
        free(t);
    }
    curl_multi_cleanup(h->multi);
    for (size_t i = 0; i < h->n_sets; i++) {
        for (struct curl_slist *l = h->sets[i].list; l; l = l->next)
            sodium_memzero(l->data, strlen(l->data));
        curl_slist_free_all(h->sets[i].list);
    }
    free(h->sets);
    free(h->all);
    free(h);
}

static bool append(struct curl_slist **list, const char *line)
{
    struct curl_slist *more = curl_slist_append(*list, line);
    if (more)
        *list = more;
    return more;
}

static bool append_extra(struct curl_slist **list, const char *json)
{
    struct az_json *doc;
    if (!json || az_json_parse(az_str(json), &doc, NULL) < 0)
        return true;
    bool ok = true;
    for (az_jv v = az_jv_first(az_json_root(doc)); v && ok; v = az_jv_next(v)) {
        AZ_AUTO_BUF line = az_buf(8192);
        az_buf_fmt(&line, AZ_STR_FMT ": " AZ_STR_FMT, AZ_STR_ARG(az_jv_key(v)),
                   AZ_STR_ARG(az_jv_str(v)));
        ok = !line.failed && append(list, line.p);
    }
    az_json_free(doc);
    return ok;
}

static struct curl_slist *header_list(struct az_http *h, const struct az_http_call *call)
{
    for (size_t i = 0; i < h->n_sets; i++) {
        const struct header_set *set = &h->sets[i];
        if (set->fixed == call->headers && set->extra == call->extra_headers &&
            set->key == call->key && set->auth == call->auth)
            return set->list;
    }
    if (az_grow(&h->sets, &h->cap_sets, h->n_sets + 1, sizeof(*h->sets)) < 0)
        return NULL;

    struct curl_slist *list = NULL;
    bool ok = append(&list, "Content-Type: application/json") && append(&list, "Expect:");
    for (const char *const *line = call->headers; ok && line && *line; line++)
        ok = append(&list, *line);
    ok = ok && append_extra(&list, call->extra_headers);
    char line[8192];
    if (ok && az_secret_key_header(call->key, call->auth, line, sizeof(line)))
        ok = append(&list, line);
    sodium_memzero(line, sizeof(line));
    if (!ok) {
        curl_slist_free_all(list);
        return NULL;
    }
    h->sets[h->n_sets++] =
        (struct header_set){call->headers, call->extra_headers, call->key, call->auth, list};
    return list;
}

static struct transfer *transfer_new(struct az_http *h)
{
    if (az_grow(&h->all, &h->cap_all, h->n_all + 1, sizeof(struct transfer *)) < 0)
        return NULL;
    struct transfer *t = az_zalloc(sizeof(*t));
    if (!t)
        return NULL;
    t->http = h;
    t->body = az_buf(AZ_HTTP_RESPONSE_MAX);
    t->headers = az_buf(1 << 20);
    t->easy = curl_easy_init();
    if (!t->easy) {
        free(t);
        return NULL;
    }
    curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->why);
    curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_request);
    curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
    curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)AZ_HTTP_CONNECT_MS);
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(t->easy, CURLOPT_TCP_NODELAY, 1L);
    /* Replies are small: the defaults would be 80 KiB a connection. */
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    curl_easy_setopt(t->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BYTES);
    curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "assize/" ASSIZE_VERSION);
    h->all[h->n_all++] = t;
    return t;
}

int az_http_start(struct az_http *h, const struct az_http_call *call, struct az_error *err)
{
    struct curl_slist *headers = header_list(h, call);
    struct transfer *t = h->free ? h->free : transfer_new(h);
    if (!headers || !t)
        return az_oom(err);
    if (t == h->free)
        h->free = t->next_free;

    az_buf_clear(&t->body);
    az_buf_clear(&t->headers);
    t->why[0] = '\0';
    t->requested = false;
    t->call = call->call;
    t->started = az_clock_ms();
    curl_easy_setopt(t->easy, CURLOPT_URL, call->url);
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, call->body.p);
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
    curl_easy_setopt(t->easy, call->body.p ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
    CURLMcode m = curl_multi_add_handle(h->multi, t->easy);
    if (m != CURLM_OK) {
        t->next_free = h->free;
        h->free = t;
        return az_fail(err, AZ_EIO, "can't start a call: %s", curl_multi_strerror(m));
    }
    return 0;
}

static enum az_http_end end_of(const struct transfer *t, CURLcode code)
{
    if (code == CURLE_OK)
        return AZ_HTTP_ANSWERED;
    if (t->body.failed || t->headers.failed)
        return AZ_HTTP_TOO_LARGE;
    if (!t->requested) /* not a byte of it left this machine */
        return AZ_HTTP_CONNECT;
    return code == CURLE_OPERATION_TIMEDOUT ? AZ_HTTP_TIMEOUT : AZ_HTTP_BROKEN;
}

static void reap(struct az_http *h)
{
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(h->multi, &left))) {
        if (msg->msg != CURLMSG_DONE)
            continue;
        struct transfer *t;
        CURLcode code = msg->data.result;
        curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t);
        struct az_response response = {.headers = az_buf_view(&t->headers),
                                       .body = az_buf_view(&t->body)};
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &response.status);
        enum az_http_end end = end_of(t, code);
        const char *why = code == CURLE_ABORTED_BY_CALLBACK
                              ? "the connection was closed without an answer"
                          : *t->why ? t->why
                                    : curl_easy_strerror(code);
        int64_t ms = az_clock_ms() - t->started;
        curl_multi_remove_handle(h->multi, t->easy);
        /* `done` may start the next call: this transfer is not free before. */
        h->done(h->arg, t->call, end, &response, why, ms);
        t->next_free = h->free;
        h->free = t;
    }
}

az_ms az_http_before_sleep(struct az_http *h)
{
    if (h->timer <= az_clock_ms()) {
        h->timer = INT64_MAX;
        int running;
        curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        reap(h);
    }
    return h->timer;
}
