#include "core/io_queue.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"

struct slot {
    void *p;
    size_t bytes;
};

/* Must hold under `lock`: the eventfd is readable if and only if n > 0 or
 * closed. It is written on the way out of that state and read on the way back,
 * so a busy queue costs no system call. */
struct az_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled, drained;
    int fd;
    bool closed;
    size_t at, n, bytes; /* a ring: slots[at] is the oldest */
    size_t max_items, max_bytes;
    struct slot slots[];
};

static int conds_init(struct az_queue *q)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr))
        return -1;
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int r = pthread_cond_init(&q->filled, &attr);
    if (!r && (r = pthread_cond_init(&q->drained, &attr)))
        pthread_cond_destroy(&q->filled);
    pthread_condattr_destroy(&attr);
    return r ? -1 : 0;
}

int az_queue_new(size_t max_items, size_t max_bytes, struct az_queue **ret, struct az_error *err)
{
    az_assert(max_items && max_items < SIZE_MAX / sizeof(struct slot) / 2);
    struct az_queue *q = az_alloc(sizeof(*q) + max_items * sizeof(q->slots[0]));
    if (!q)
        return az_oom(err);
    *q = (struct az_queue){.max_items = max_items, .max_bytes = max_bytes};

    q->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (q->fd < 0) {
        int e = errno;
        free(q);
        return az_fail(err, AZ_ELIMIT, "cannot make an event descriptor: %s", strerror(e));
    }
    if (conds_init(q) < 0) {
        close(q->fd);
        free(q);
        return az_oom(err);
    }
    pthread_mutex_init(&q->lock, NULL);
    *ret = q;
    return 0;
}

void az_queue_free(struct az_queue *q)
{
    if (!q)
        return;
    pthread_cond_destroy(&q->filled);
    pthread_cond_destroy(&q->drained);
    pthread_mutex_destroy(&q->lock);
    close(q->fd);
    free(q);
}

static void fd_raise(struct az_queue *q)
{
    uint64_t one = 1;
    ssize_t n = write(q->fd, &one, sizeof(one));
    az_assert(n == sizeof(one)); /* the counter is 0 or 1: it cannot be full */
}

static void fd_lower(struct az_queue *q)
{
    uint64_t count;
    ssize_t n = read(q->fd, &count, sizeof(count));
    az_assert(n == sizeof(count));
}

static bool fits(const struct az_queue *q, size_t bytes)
{
    if (q->n == q->max_items)
        return false;
    return !q->max_bytes || !q->n || (bytes <= q->max_bytes && q->bytes <= q->max_bytes - bytes);
}

static void put(struct az_queue *q, void *p, size_t bytes)
{
    q->slots[(q->at + q->n) % q->max_items] = (struct slot){p, bytes};
    q->bytes += bytes;
    if (!q->n++)
        fd_raise(q);
    pthread_cond_signal(&q->filled);
}

static bool half_empty(const struct az_queue *q)
{
    return q->n <= q->max_items / 2 && (!q->max_bytes || q->bytes <= q->max_bytes / 2);
}

static void *take(struct az_queue *q)
{
    struct slot s = q->slots[q->at];
    q->at = (q->at + 1) % q->max_items;
    q->bytes -= s.bytes;
    if (!--q->n && !q->closed)
        fd_lower(q);
    /* Several may wait, each for its own size: all look again. Not at each place
     * that gets free: a full queue would be a change of threads for each. */
    if (half_empty(q))
        pthread_cond_broadcast(&q->drained);
    return s.p;
}

int az_queue_push(struct az_queue *q, void *p, size_t bytes)
{
    az_assert(p);
    pthread_mutex_lock(&q->lock);
    int r = q->closed ? AZ_ENOENT : fits(q, bytes) ? 0 : AZ_EAGAIN;
    if (!r)
        put(q, p, bytes);
    pthread_mutex_unlock(&q->lock);
    return r;
}

int az_queue_push_wait(struct az_queue *q, void *p, size_t bytes)
{
    az_assert(p);
    pthread_mutex_lock(&q->lock);
    while (!q->closed && !fits(q, bytes))
        pthread_cond_wait(&q->drained, &q->lock);
    int r = q->closed ? AZ_ENOENT : 0;
    if (!r)
        put(q, p, bytes);
    pthread_mutex_unlock(&q->lock);
    return r;
}

void *az_queue_pop(struct az_queue *q)
{
    pthread_mutex_lock(&q->lock);
    void *p = q->n ? take(q) : NULL;
    pthread_mutex_unlock(&q->lock);
    return p;
}

static struct timespec deadline_in(az_ms timeout_ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += timeout_ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

int az_queue_pop_wait(struct az_queue *q, az_ms timeout_ms, void **ret)
{
    struct timespec until = deadline_in(AZ_MAX(timeout_ms, (az_ms)0));
    int waited = 0;
    pthread_mutex_lock(&q->lock);
    while (!q->n && !q->closed && waited != ETIMEDOUT) {
        if (timeout_ms < 0)
            pthread_cond_wait(&q->filled, &q->lock);
        else
            waited = pthread_cond_timedwait(&q->filled, &q->lock, &until);
    }
    int r = q->n ? 0 : q->closed ? AZ_ENOENT : AZ_EAGAIN;
    if (!r)
        *ret = take(q);
    pthread_mutex_unlock(&q->lock);
    return r;
}

int az_queue_fd(const struct az_queue *q)
{
    return q->fd;
}

void az_queue_close(struct az_queue *q)
{
    pthread_mutex_lock(&q->lock);
    if (!q->closed) {
        q->closed = true;
        if (!q->n)
            fd_raise(q);
        pthread_cond_broadcast(&q->filled);
        pthread_cond_broadcast(&q->drained);
    }
    pthread_mutex_unlock(&q->lock);
}

bool az_queue_closed(struct az_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool closed = q->closed;
    pthread_mutex_unlock(&q->lock);
    return closed;
}

size_t az_queue_len(struct az_queue *q)
{
    pthread_mutex_lock(&q->lock);
    size_t n = q->n;
    pthread_mutex_unlock(&q->lock);
    return n;
}

size_t az_queue_bytes(struct az_queue *q)
{
    pthread_mutex_lock(&q->lock);
    size_t n = q->bytes;
    pthread_mutex_unlock(&q->lock);
    return n;
}
