/* core/io_queue.h: a bounded queue of pointers from many threads to one.
 *
 * Any thread pushes; one thread pops, either by blocking or from an epoll loop
 * that watches az_queue_fd(). The queue never owns what the pointers point to,
 * and keeps the order of each pusher. */
#pragma once
#include "core/base.h"
#include "core/error.h"

struct az_queue;

/* Holds at most `max_items` pointers (room for them is taken now) and, when
 * `max_bytes` is not 0, at most that many bytes as the pushers count them; one
 * larger item is let in when the queue is empty. */
int az_queue_new(size_t max_items, size_t max_bytes, struct az_queue **ret, struct az_error *err);
/* Nobody may use it any more; pop what is yours first. */
void az_queue_free(struct az_queue *q);
AZ_FREEP(queue)

/* 0; AZ_EAGAIN: full; AZ_ENOENT: closed. Never blocks. `p` is not NULL. */
int az_queue_push(struct az_queue *q, void *p, size_t bytes) AZ_WARN_UNUSED;
/* The same, but a full queue is waited for until half of it is free. 0 or AZ_ENOENT. */
int az_queue_push_wait(struct az_queue *q, void *p, size_t bytes) AZ_WARN_UNUSED;

/* The oldest, or NULL: none now. */
void *az_queue_pop(struct az_queue *q);
/* Waits up to `timeout_ms` (negative: for ever). 0 and *ret; AZ_EAGAIN: none
 * in that time; AZ_ENOENT: closed, and all that was in it has been popped. */
int az_queue_pop_wait(struct az_queue *q, az_ms timeout_ms, void **ret);

/* Readable (level-triggered) exactly while there is something to pop or the
 * queue is closed. Only poll it: reading it is the queue's own business. */
int az_queue_fd(const struct az_queue *q);

/* No push succeeds from now on; what is in it can still be popped. Wakes all
 * who wait. Any thread; again is harmless. */
void az_queue_close(struct az_queue *q);
bool az_queue_closed(struct az_queue *q);

/* What is in it now; any thread. */
size_t az_queue_len(struct az_queue *q);
size_t az_queue_bytes(struct az_queue *q);
