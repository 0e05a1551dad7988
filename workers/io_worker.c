#include "workers/io_worker.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "core/mem.h"
#include "workers/io_worker_state.h"

enum { CONNECTIONS_MAX = 4096 };

static int open_cache(struct az_worker *w, struct az_error *err)
{
    if (!w->config.cache)
        return 0;
    int r = az_cache_open(w->config.cache, &w->cache, err);
    return r < 0 ? r
                 : az_loop_watch(w->loop, az_cache_fd(w->cache), AZ_LOOP_READ, worker_on_cache, w,
                                 err);
}

static void cache_warning(struct az_worker *w)
{
    struct az_error why;
    if (w->cache && az_cache_warning(w->cache, &why))
        w->config.warn(w->config.warn_arg, &why);
}

static int open_work(struct az_worker *w, struct az_error *err)
{
    size_t n = w->n_backends;
    AZ_AUTO_MEM struct az_work_backend *backends = az_zalloc(n * sizeof(*backends));
    if (!backends)
        return az_oom(err);
    for (size_t i = 0; i < n; i++)
        backends[i] = (struct az_work_backend){&w->backends[i], az_reach_recorded(w->reach, i)};
    struct az_work_config config = {.n_backends = n,
                                    .backends = backends,
                                    .slots = w->config.slots,
                                    .cache = w->cache,
                                    .service = w->config.service,
                                    .seed = w->config.seed};
    return az_work_new(&config, &w->work, err);
}

/* Nothing is asked of a server before it has said that it answers. */
static int open_serves(struct az_worker *w, struct az_error *err)
{
    int r = az_serves_start(w->backends, w->n_backends, w->config.seed, &w->serves, err);
    if (r < 0 || !w->serves)
        return r;
    for (size_t b = 0; b < w->n_backends && r == 0; b++) {
        if (w->backends[b].serve)
            r = az_work_on_state(w->work, b, "starting", az_loop_now(w->loop), &w->fx, err);
    }
    return r < 0 ? r
                 : az_loop_watch(w->loop, az_serves_fd(w->serves), AZ_LOOP_READ, worker_on_serves,
                                 w, err);
}

static int open_link(struct az_worker *w, struct az_error *err)
{
    struct az_link_config config = {.net = w->config.net,
                                    .endpoint = w->config.endpoint,
                                    .name = w->config.name,
                                    .options = w->config.options,
                                    .seed = w->config.seed};
    int r = az_link_new(&config, w->loop, &w->link, err);
    /* An endpoint that is none is known before the worker is there. */
    return r < 0 ? r : az_link_tick(w->link, az_loop_now(w->loop), err);
}

static void on_stop(void *arg, int fd, unsigned events)
{
    struct az_worker *w = arg;
    az_loop_stop(w->loop);
}

static int set_up(struct az_worker *w, struct az_thread *t, struct az_error *err)
{
    w->answers = az_zalloc(ANSWERS_MAX * sizeof(*w->answers));
    if (!w->answers)
        return az_oom(err);
    int r = az_wfxs_init(&w->fx, err);
    if (r == 0)
        r = az_loop_new(&w->loop, err);
    if (r == 0)
        r = open_cache(w, err);
    if (r == 0)
        r = open_work(w, err);
    if (r == 0)
        r = az_http_new(w->loop, CONNECTIONS_MAX, worker_on_response, w, &w->http, err);
    if (r == 0)
        r = az_loop_before_sleep(w->loop, worker_before_sleep, w, err);
    if (r == 0)
        r = az_loop_watch(w->loop, w->drain, AZ_LOOP_READ, worker_on_drain, w, err);
    if (r == 0)
        r = az_loop_watch(w->loop, w->tune, AZ_LOOP_READ, worker_on_tune, w, err);
    if (r == 0)
        r = az_loop_watch(w->loop, az_thread_stop_fd(t), AZ_LOOP_READ, on_stop, w, err);
    if (r == 0)
        r = open_link(w, err);
    return r < 0 ? r : open_serves(w, err);
}

static void tear_down(struct az_worker *w)
{
    az_http_free(w->http);
    az_work_free(w->work);
    az_cache_close(w->cache);
    az_link_free(w->link);
    az_serves_stop(w->serves, w->config.beat_ms, w->config.beat);
    az_loop_free(w->loop);
    az_wfxs_release(&w->fx);
    free(w->answers);
}

static int worker_main(struct az_thread *t, void *arg, struct az_error *err)
{
    struct az_worker *w = arg;
    int r = set_up(w, t, err);
    if (r == 0) {
        az_thread_ready(t);
        r = az_loop_run(w->loop, err);
    }
    cache_warning(w);
    if (r == 0 && w->code < 0) {
        *err = w->failed;
        r = w->code;
    }
    tear_down(w);
    eventfd_write(w->gone, 1);
    return r;
}

int az_worker_new(const struct az_backend *backends, size_t n_backends, struct az_worker **ret,
                  struct az_error *err)
{
    AZ_AUTO(worker) w = az_zalloc(sizeof(*w));
    if (!w)
        return az_oom(err);
    w->backends = backends;
    w->n_backends = n_backends;
    w->gone = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->drain = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->tune = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&w->lock, NULL);
    if (w->gone < 0 || w->drain < 0 || w->tune < 0)
        return az_fail(err, AZ_EIO, "no eventfd for the worker");
    w->limits = az_zalloc(n_backends * sizeof(*w->limits));
    if (!w->limits)
        return az_oom(err);
    int r = az_reach_new(backends, n_backends, &w->reach, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(w);
    return 0;
}

int az_worker_start(struct az_worker *w, const struct az_worker_config *config,
                    struct az_error *err)
{
    az_assert(!w->thread);
    w->config = *config;
    return az_thread_start("worker", worker_main, w, &w->thread, err);
}

bool az_worker_goes_on(const struct az_worker *w, const struct az_worker *next)
{
    return az_reach_same(w->reach, next->reach);
}

void az_worker_tune(struct az_worker *w, const struct az_worker_limits *limits)
{
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < w->n_backends; i++) { /* over what waits to be heeded */
        struct az_worker_limits *l = &w->limits[i];
        l->slots = limits[i].slots ? limits[i].slots : l->slots;
        l->rpm = limits[i].rpm > 0 ? limits[i].rpm : l->rpm;
        l->tpm = limits[i].tpm > 0 ? limits[i].tpm : l->tpm;
    }
    pthread_mutex_unlock(&w->lock);
    eventfd_write(w->tune, 1);
}

void az_worker_drain(struct az_worker *w)
{
    eventfd_write(w->drain, 1);
}

int az_worker_stop(struct az_worker *w, struct az_error *err)
{
    return az_thread_stop(AZ_TAKE(w->thread), err);
}

int az_worker_gone_fd(const struct az_worker *w)
{
    return w->gone;
}

void az_worker_free(struct az_worker *w)
{
    if (!w)
        return;
    az_thread_free(w->thread);
    az_reach_free(w->reach);
    if (w->gone >= 0)
        close(w->gone);
    if (w->drain >= 0)
        close(w->drain);
    if (w->tune >= 0)
        close(w->tune);
    pthread_mutex_destroy(&w->lock);
    free(w->limits);
    free(w);
}
