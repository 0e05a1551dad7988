/* A store that keeps nothing: what is submitted counts as committed at once,
 * and no item is ever found. */
#include "coordinator/io_store.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/random.h>

#include "core/mem.h"

int az_store_open_null(struct az_store **ret, struct az_error *err)
{
    AZ_AUTO(store) s = az_zalloc(sizeof(*s));
    if (!s)
        return az_oom(err);
    s->null = true;
    s->mode = AZ_STORE_RUN;
    s->lock_fd = -1;
    pthread_mutex_init(&s->turn, NULL);
    s->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (s->fd < 0)
        return az_fail(err, AZ_ELIMIT, "cannot make an event descriptor: %s", strerror(errno));
    if (getrandom(s->secret, sizeof(s->secret), 0) != sizeof(s->secret))
        return az_fail(err, AZ_EIO, "no random bytes from the system");
    *ret = AZ_TAKE(s);
    return 0;
}

int az_null_put(struct az_store *s)
{
    s->dirty = true;
    return 0;
}

uint64_t az_null_submit(struct az_store *s)
{
    if (!s->dirty)
        return 0;
    s->dirty = false;
    atomic_store(&s->committed, ++s->ticket);
    az_store_signal(s);
    return s->ticket;
}
