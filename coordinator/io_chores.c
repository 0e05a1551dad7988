#include "coordinator/io_chores.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/io_thread.h"
#include "core/mem.h"

struct line {
    struct az_chore *first, **end;
};

struct az_chores {
    struct az_thread *thread;
    int fd;
    size_t left; /* of the loop */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct line todo, ran;
    bool stopping;
};

static void line_init(struct line *l)
{
    l->first = NULL;
    l->end = &l->first;
}

static void append(struct line *l, struct az_chore *c)
{
    c->next = NULL;
    *l->end = c;
    l->end = &c->next;
}

static struct az_chore *take(struct line *l)
{
    struct az_chore *c = l->first;
    if (c && !(l->first = c->next))
        l->end = &l->first;
    return c;
}

/* The next one; NULL: it is time to end, and all are done. */
static struct az_chore *await(struct az_chores *c)
{
    pthread_mutex_lock(&c->lock);
    while (!c->todo.first && !c->stopping)
        pthread_cond_wait(&c->wake, &c->lock);
    struct az_chore *chore = take(&c->todo);
    pthread_mutex_unlock(&c->lock);
    return chore;
}

static int chores_main(struct az_thread *t, void *arg, struct az_error *err)
{
    struct az_chores *c = arg;
    az_thread_ready(t);
    for (struct az_chore *chore; (chore = await(c));) {
        chore->run(chore);
        pthread_mutex_lock(&c->lock);
        append(&c->ran, chore);
        eventfd_write(c->fd, 1); /* under the lock: it is readable while some wait */
        pthread_mutex_unlock(&c->lock);
    }
    return 0;
}

static void chores_free(struct az_chores *c)
{
    if (c->fd >= 0)
        close(c->fd);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

int az_chores_start(const char *name, struct az_chores **ret, struct az_error *err)
{
    struct az_chores *c = az_zalloc(sizeof(*c));
    if (!c)
        return az_oom(err);
    line_init(&c->todo);
    line_init(&c->ran);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    c->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    int r = c->fd < 0
                ? az_fail(err, AZ_ELIMIT, "cannot make an event descriptor: %s", strerror(errno))
                : az_thread_start(name, chores_main, c, &c->thread, err);
    if (r < 0)
        chores_free(c);
    else
        *ret = c;
    return r;
}

void az_chores_add(struct az_chores *c, struct az_chore *chore)
{
    c->left++;
    pthread_mutex_lock(&c->lock);
    append(&c->todo, chore);
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
}

int az_chores_fd(const struct az_chores *c)
{
    return c->fd;
}

size_t az_chores_settle(struct az_chores *c)
{
    eventfd_t count;
    pthread_mutex_lock(&c->lock);
    (void)eventfd_read(c->fd, &count);
    struct az_chore *chore = c->ran.first, *next;
    line_init(&c->ran);
    pthread_mutex_unlock(&c->lock);
    size_t n = 0;
    for (; chore; chore = next, n++) {
        next = chore->next;
        c->left--;
        chore->done(chore);
    }
    return n;
}

size_t az_chores_left(const struct az_chores *c)
{
    return c->left;
}

void az_chores_stop(struct az_chores *c)
{
    if (!c)
        return;
    do {
        pthread_mutex_lock(&c->lock);
        c->stopping = true;
        pthread_cond_signal(&c->wake);
        pthread_mutex_unlock(&c->lock);
        az_thread_stop(c->thread, NULL);
        c->thread = NULL;
        az_chores_settle(c); /* may add more, which nobody runs any more */
        for (struct az_chore *chore; (chore = take(&c->todo));) {
            chore->run(chore);
            append(&c->ran, chore);
        }
    } while (c->ran.first);
    chores_free(c);
}
