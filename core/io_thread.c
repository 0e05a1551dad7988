#include "core/io_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/mem.h"

struct az_thread {
    pthread_t id;
    az_thread_fn *run;
    void *arg;
    char name[16]; /* the kernel's limit */
    int stop_fd;
    atomic_bool stopping;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ready, ended; /* under lock */

    /* Written by the thread before `ended`, read by others after the join. */
    int result;
    struct az_error err;
};

static void mark(struct az_thread *t, bool *flag)
{
    pthread_mutex_lock(&t->lock);
    *flag = true;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

void az_thread_ready(struct az_thread *t)
{
    mark(t, &t->ready);
}

static void *thread_main(void *arg)
{
    struct az_thread *t = arg;
    pthread_setname_np(pthread_self(), t->name);
    t->result = t->run(t, t->arg, &t->err);
    mark(t, &t->ended);
    return NULL;
}

/* Signals are blocked while it is made, so that the new thread inherits that. */
static int spawn(struct az_thread *t)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&t->id, NULL, thread_main, t);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

static void destroy(struct az_thread *t)
{
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    close(t->stop_fd);
    free(t);
}

/* False: it ended before it was ready. */
static bool wait_ready(struct az_thread *t)
{
    pthread_mutex_lock(&t->lock);
    while (!t->ready && !t->ended)
        pthread_cond_wait(&t->changed, &t->lock);
    bool ready = t->ready;
    pthread_mutex_unlock(&t->lock);
    return ready;
}

int az_thread_start(const char *name, az_thread_fn *run, void *arg, struct az_thread **ret,
                    struct az_error *err)
{
    struct az_thread *t = az_zalloc(sizeof(*t));
    if (!t)
        return az_oom(err);
    t->run = run;
    t->arg = arg;
    snprintf(t->name, sizeof(t->name), "%s", name);
    t->stop_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (t->stop_fd < 0) {
        int e = errno;
        free(t);
        return az_fail(err, AZ_ELIMIT, "cannot make an event descriptor: %s", strerror(e));
    }
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);

    int r = spawn(t);
    if (r) {
        destroy(t);
        return az_fail(err, AZ_ENOMEM, "cannot start thread '%s': %s", name, strerror(r));
    }
    /* Ended before ready, and well: it had nothing to do. */
    if (!wait_ready(t) && t->result < 0)
        return az_thread_stop(t, err);
    *ret = t;
    return 0;
}

int az_thread_stop(struct az_thread *t, struct az_error *err)
{
    if (!t)
        return 0;
    atomic_store(&t->stopping, true);
    uint64_t one = 1;
    ssize_t n = write(t->stop_fd, &one, sizeof(one));
    az_assert(n == sizeof(one));
    pthread_join(t->id, NULL);

    int r = t->result;
    if (r < 0 && err)
        *err = t->err;
    destroy(t);
    return r;
}

void az_thread_free(struct az_thread *t)
{
    az_thread_stop(t, NULL);
}

bool az_thread_stopping(const struct az_thread *t)
{
    return atomic_load(&t->stopping);
}

int az_thread_stop_fd(const struct az_thread *t)
{
    return t->stop_fd;
}
