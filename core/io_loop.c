#include "core/io_loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/io_clock.h"
#include "core/mem.h"

struct watch {
    az_loop_fd_fn *fn; /* NULL = not watched */
    void *arg;
};

struct hook {
    az_loop_sleep_fn *fn;
    void *arg;
};

enum { HOOKS_MAX = 8, EVENTS_MAX = 128 };

struct az_loop {
    int epoll;
    bool stop;
    az_ms now;
    size_t cap;
    struct watch *watches; /* by descriptor */
    size_t n_hooks;
    struct hook hooks[HOOKS_MAX];
};

int az_loop_new(struct az_loop **ret, struct az_error *err)
{
    struct az_loop *l = az_zalloc(sizeof(*l));
    if (!l)
        return az_oom(err);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0) {
        free(l);
        return az_fail(err, AZ_EIO, "no event loop: %s", strerror(errno));
    }
    l->now = az_clock_ms();
    *ret = l;
    return 0;
}

void az_loop_free(struct az_loop *l)
{
    if (!l)
        return;
    close(l->epoll);
    free(l->watches);
    free(l);
}

int az_loop_watch(struct az_loop *l, int fd, unsigned events, az_loop_fd_fn *fn, void *arg,
                  struct az_error *err)
{
    size_t had = l->cap;
    if (fd < 0)
        return az_fail(err, AZ_EIO, "no descriptor to watch");
    if (az_grow(&l->watches, &l->cap, (size_t)fd + 1, sizeof(*l->watches)) < 0)
        return az_oom(err);
    memset(l->watches + had, 0, (l->cap - had) * sizeof(*l->watches));

    struct epoll_event e = {.data.fd = fd};
    e.events = (events & AZ_LOOP_READ ? EPOLLIN : 0) | (events & AZ_LOOP_WRITE ? EPOLLOUT : 0);
    int op = l->watches[fd].fn ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int r = epoll_ctl(l->epoll, op, fd, &e);
    /* A descriptor closed behind our back leaves the set by itself. */
    if (r < 0 && op == EPOLL_CTL_MOD && errno == ENOENT)
        r = epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e);
    if (r < 0)
        return az_fail(err, AZ_EIO, "can't watch descriptor %d: %s", fd, strerror(errno));
    l->watches[fd] = (struct watch){fn, arg};
    return 0;
}

void az_loop_unwatch(struct az_loop *l, int fd)
{
    if (fd < 0 || (size_t)fd >= l->cap || !l->watches[fd].fn)
        return;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
    l->watches[fd].fn = NULL;
}

int az_loop_before_sleep(struct az_loop *l, az_loop_sleep_fn *fn, void *arg, struct az_error *err)
{
    if (l->n_hooks == HOOKS_MAX)
        return az_fail(err, AZ_ELIMIT, "more than %d hooks on a loop", HOOKS_MAX);
    l->hooks[l->n_hooks++] = (struct hook){fn, arg};
    return 0;
}

static int sleep_ms(struct az_loop *l)
{
    az_ms until = INT64_MAX;
    for (size_t i = 0; i < l->n_hooks && !l->stop; i++)
        until = AZ_MIN(until, l->hooks[i].fn(l->hooks[i].arg));
    if (l->stop)
        return 0;
    if (until == INT64_MAX)
        return -1;
    az_ms now = az_clock_ms();
    return until <= now ? 0 : (int)AZ_MIN(until - now, (az_ms)60000);
}

int az_loop_run(struct az_loop *l, struct az_error *err)
{
    struct epoll_event events[EVENTS_MAX];
    while (!l->stop) {
        int timeout = sleep_ms(l);
        if (l->stop)
            break;
        int n = epoll_wait(l->epoll, events, EVENTS_MAX, timeout);
        if (n < 0 && errno != EINTR)
            return az_fail(err, AZ_EIO, "the event loop failed: %s", strerror(errno));
        l->now = az_clock_ms();
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            struct watch w = l->watches[fd]; /* a handler may unwatch another */
            unsigned e = events[i].events;
            unsigned ready = (e & (EPOLLIN | EPOLLHUP | EPOLLERR) ? AZ_LOOP_READ : 0) |
                             (e & (EPOLLOUT | EPOLLERR) ? AZ_LOOP_WRITE : 0);
            if (w.fn)
                w.fn(w.arg, fd, ready);
        }
    }
    return 0;
}

void az_loop_stop(struct az_loop *l)
{
    l->stop = true;
}

az_ms az_loop_now(const struct az_loop *l)
{
    return l->now;
}
