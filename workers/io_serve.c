#include "workers/io_serve.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/io_clock.h"
#include "core/io_loop.h"
#include "core/io_thread.h"
#include "core/log.h"
#include "core/mem.h"
#include "workers/io_exec.h"
#include "workers/io_http.h"

enum { PROBE_TIMEOUT_MS = 5000, LINE_MAX_BYTES = 1024, LAST_READS = 64 };

struct serve {
    struct az_serves *all;
    size_t backend;
    const char *name;
    const struct az_serve *config;
    const char **hidden; /* variables with keys of other backends; ends in NULL */
    struct az_server server;
    struct az_child *child; /* NULL: does not run */
    size_t n_line;
    char line[LINE_MAX_BYTES];
    char told[AZ_SERVER_STATE_MAX]; /* under the lock, as below */
    bool news;
};

struct az_serves {
    struct az_thread *thread;
    struct az_loop *loop;
    struct az_http *http;
    size_t n;
    struct serve *v;
    bool stopping;
    int changed;    /* eventfd */
    int stop, over; /* eventfds: it is told to stop; the thread has ended */
    pthread_mutex_t lock;
};

/* ---- to the worker ---- */

/* Has its state changed since it was told last? */
static bool note_state(struct serve *v)
{
    pthread_mutex_lock(&v->all->lock);
    bool news = strcmp(v->told, v->server.trouble) != 0;
    if (news) {
        memcpy(v->told, v->server.trouble, sizeof(v->told));
        v->news = true;
    }
    pthread_mutex_unlock(&v->all->lock);
    return news;
}

static void tell(struct serve *v)
{
    if (!note_state(v))
        return;
    eventfd_write(v->all->changed, 1);
    bool died = v->server.state == AZ_SERVER_PAUSING ||
                (v->server.state == AZ_SERVER_OVER && !v->all->stopping);
    if (died)
        az_warn("a backend's server is away", KV("backend", v->name),
                KV("state", (const char *)v->server.trouble));
    else if (v->server.state == AZ_SERVER_READY)
        az_info("a backend's server answers", KV("backend", v->name));
}

bool az_serves_next(struct az_serves *s, size_t *backend, char state[AZ_SERVER_STATE_MAX])
{
    eventfd_t count;
    bool found = false;
    eventfd_read(s->changed, &count);
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->n && !found; i++) {
        if (!s->v[i].news)
            continue;
        found = true;
        s->v[i].news = false;
        *backend = s->v[i].backend;
        memcpy(state, s->v[i].told, AZ_SERVER_STATE_MAX);
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

int az_serves_fd(const struct az_serves *s)
{
    return s->changed;
}

/* ---- what it says ---- */

/* Until it answers it has seen no item; what it says later may quote one. */
static void log_line(struct serve *v)
{
    v->line[v->n_line] = '\0';
    v->n_line = 0;
    if (v->server.state == AZ_SERVER_STARTING)
        az_info("a backend's server says", KV("backend", v->name),
                KV("line", (const char *)v->line));
    else
        az_debug("a backend's server says", KV("backend", v->name),
                 KV("line", (const char *)v->line));
}

/* False: nothing now, or no more. */
static bool read_some(struct serve *v, int fd)
{
    char bytes[4096];
    ssize_t n = read(fd, bytes, sizeof(bytes));
    for (ssize_t i = 0; i < n; i++) {
        if (bytes[i] != '\n')
            v->line[v->n_line++] = bytes[i];
        if (bytes[i] == '\n' || v->n_line == LINE_MAX_BYTES - 1)
            log_line(v);
    }
    if (n == 0) /* it has closed them and may go on */
        az_loop_unwatch(v->all->loop, fd);
    return n > 0;
}

static void on_output(void *arg, int fd, unsigned events)
{
    read_some(arg, fd);
}

/* ---- its life ---- */

static void on_end(void *arg, int fd, unsigned events)
{
    struct serve *v = arg;
    char how[64];
    for (int i = 0; i < LAST_READS && read_some(v, az_child_output_fd(v->child)); i++)
        ;
    if (v->n_line)
        log_line(v);
    az_loop_unwatch(v->all->loop, az_child_output_fd(v->child));
    az_loop_unwatch(v->all->loop, fd);
    az_child_reap(AZ_TAKE(v->child), how, sizeof(how));
    az_server_on_end(&v->server, how, az_clock_ms());
}

static void start(struct serve *v)
{
    struct az_error err = {0};
    int r = az_child_start(v->config->command, v->hidden, &v->child, &err);
    if (r < 0) {
        az_warn("a backend's server can't be started", KV("backend", v->name), KV("why", &err));
        az_server_on_end(&v->server, "can't be run", az_clock_ms());
        return;
    }
    az_info("a backend's server is started", KV("backend", v->name),
            KV("program", v->config->command[0]));
    r = az_loop_watch(v->all->loop, az_child_end_fd(v->child), AZ_LOOP_READ, on_end, v, &err);
    if (r == 0)
        r = az_loop_watch(v->all->loop, az_child_output_fd(v->child), AZ_LOOP_READ, on_output, v,
                          &err);
    if (r < 0) { /* nobody would see its end */
        char how[64];
        az_loop_unwatch(v->all->loop, az_child_end_fd(v->child));
        az_child_signal(v->child, SIGKILL);
        az_child_reap(AZ_TAKE(v->child), how, sizeof(how));
        az_server_on_end(&v->server, err.what, az_clock_ms());
    }
}

static void probe(struct serve *v)
{
    struct az_http_call call = {.url = v->config->ready, .timeout_ms = PROBE_TIMEOUT_MS, .call = v};
    if (az_http_start(v->all->http, &call, NULL) < 0)
        az_server_on_probe(&v->server, false, az_clock_ms());
}

static void on_probe(void *arg, void *call, enum az_http_end end,
                     const struct az_response *response, const char *why, int64_t ms)
{
    struct serve *v = call;
    bool answered = end == AZ_HTTP_ANSWERED && response->status >= 200 && response->status < 300;
    az_server_on_probe(&v->server, answered, az_clock_ms());
}

static void act(struct serve *v, enum az_server_do what)
{
    switch (what) {
    case AZ_DO_START:
        start(v);
        break;
    case AZ_DO_PROBE:
        probe(v);
        break;
    case AZ_DO_TERM:
        az_child_signal(v->child, SIGTERM);
        break;
    case AZ_DO_KILL:
        az_child_signal(v->child, SIGKILL);
        break;
    case AZ_DO_NOTHING:
        break;
    }
}

/* ---- the thread ---- */

static az_ms before_sleep(void *arg)
{
    struct az_serves *s = arg;
    az_ms until = INT64_MAX;
    bool over = true;
    for (size_t i = 0; i < s->n; i++) {
        struct serve *v = &s->v[i];
        az_ms now = az_clock_ms();
        for (enum az_server_do what; (what = az_server_tick(&v->server, now));)
            act(v, what);
        tell(v);
        until = AZ_MIN(until, az_server_deadline(&v->server));
        over = over && v->server.state == AZ_SERVER_OVER;
    }
    if (s->stopping && over)
        az_loop_stop(s->loop);
    return AZ_MIN(until, az_http_before_sleep(s->http));
}

static void on_stop(void *arg, int fd, unsigned events)
{
    struct az_serves *s = arg;
    az_loop_unwatch(s->loop, fd);
    s->stopping = true;
    for (size_t i = 0; i < s->n; i++)
        act(&s->v[i], az_server_stop(&s->v[i].server, az_clock_ms()));
}

static int serves_main(struct az_thread *t, void *arg, struct az_error *err)
{
    struct az_serves *s = arg;
    int r = az_loop_new(&s->loop, err);
    if (r == 0)
        r = az_http_new(s->loop, (int)s->n, on_probe, s, &s->http, err);
    if (r == 0)
        r = az_loop_before_sleep(s->loop, before_sleep, s, err);
    if (r == 0)
        r = az_loop_watch(s->loop, s->stop, AZ_LOOP_READ, on_stop, s, err);
    if (r == 0) {
        az_thread_ready(t);
        r = az_loop_run(s->loop, err);
    }
    for (size_t i = 0; i < s->n; i++) { /* after a loop that failed */
        char how[64];
        if (s->v[i].child) {
            az_child_signal(s->v[i].child, SIGKILL);
            az_child_reap(AZ_TAKE(s->v[i].child), how, sizeof(how));
        }
    }
    az_http_free(s->http);
    az_loop_free(s->loop);
    eventfd_write(s->over, 1);
    return r;
}

static void serves_free(struct az_serves *s)
{
    int fds[] = {s->changed, s->stop, s->over};
    for (size_t i = 0; i < AZ_LEN(fds); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    pthread_mutex_destroy(&s->lock);
    for (size_t i = 0; s->v && i < s->n; i++)
        free(s->v[i].hidden);
    free(s->v);
    free(s);
}

static const char *key_variable(const struct az_backend *b)
{
    return b->key && az_str_starts(az_str(b->key), "env:") ? b->key + strlen("env:") : NULL;
}

/* A server may want the key of its own backend, and has no business with others. */
static const char **hidden_from(const struct az_backend *own, const struct az_backend *all,
                                size_t n)
{
    const char *mine = key_variable(own);
    const char **names = az_zalloc((n + 1) * sizeof(*names));
    for (size_t b = 0, i = 0; names && b < n; b++) {
        const char *name = key_variable(&all[b]);
        if (name && !(mine && !strcmp(name, mine)))
            names[i++] = name;
    }
    return names;
}

static struct az_serves *serves_new(const struct az_backend *backends, size_t n, uint64_t seed)
{
    struct az_serves *s = az_zalloc(sizeof(*s));
    if (!s)
        return NULL;
    pthread_mutex_init(&s->lock, NULL);
    s->changed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->over = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->v = az_zalloc(n * sizeof(*s->v));
    if (s->changed < 0 || s->stop < 0 || s->over < 0 || !s->v) {
        serves_free(s);
        return NULL;
    }
    for (size_t b = 0; b < n; b++) {
        if (!backends[b].serve)
            continue;
        s->v[s->n++] = (struct serve){.all = s,
                                      .backend = b,
                                      .name = backends[b].name,
                                      .config = backends[b].serve,
                                      .hidden = hidden_from(&backends[b], backends, n),
                                      .server = az_server(backends[b].serve, seed + b)};
        if (!s->v[s->n - 1].hidden) {
            serves_free(s);
            return NULL;
        }
    }
    return s;
}

int az_serves_start(const struct az_backend *backends, size_t n, uint64_t seed,
                    struct az_serves **ret, struct az_error *err)
{
    *ret = NULL;
    struct az_serves *s = serves_new(backends, n, seed);
    if (!s)
        return az_oom(err);
    int r = s->n ? az_thread_start("serve", serves_main, s, &s->thread, err) : 0;
    if (r < 0 || !s->n) {
        serves_free(s);
        return r;
    }
    *ret = s;
    return 0;
}

void az_serves_stop(struct az_serves *s, az_ms beat_ms, void (*beat)(void))
{
    if (!s)
        return;
    struct pollfd over = {.fd = s->over, .events = POLLIN};
    eventfd_write(s->stop, 1);
    while (poll(&over, 1, beat_ms ? (int)AZ_MIN(beat_ms, (az_ms)INT32_MAX) : -1) <= 0) {
        if (beat_ms)
            beat();
    }
    az_thread_stop(s->thread, NULL);
    serves_free(s);
}
