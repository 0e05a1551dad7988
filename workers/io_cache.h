/* workers/io_cache.h: replies by request hash, so that what was asked before is
 * answered without asking. Edge: a SQLite file with a thread of its own, shared
 * by any number of processes.
 *
 * A cache is a convenience: when its file is damaged or cannot be written there
 * is one warning, and from then on it answers "not there" and keeps nothing.
 * The file can be deleted at any time between runs.
 *
 * Calls are for one thread (the worker's loop) and never wait for the disk. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/hash.h"

struct az_cache;

enum {
    AZ_CACHE_ASKS = 4096,          /* asked and not yet taken, at the most */
    AZ_CACHE_PUT_BYTES = 64 << 20, /* waiting to be written; more is not kept */
    AZ_CACHE_BODY_MAX = 64 << 20,  /* larger replies are not kept */
};

/* Open or make the file and the folders above it. Fails only for want of memory
 * or descriptors; all else is a warning. */
int az_cache_open(const char *path, struct az_cache **ret, struct az_error *err);
/* Writes what was put; drops what was asked; frees. NULL is fine. */
void az_cache_close(struct az_cache *c);
static inline void az_cache_free(struct az_cache *c)
{
    az_cache_close(c);
}
AZ_FREEP(cache)

/* 0: an answer with this token will come, whatever happens to the file.
 * AZ_EAGAIN: too many are under way; go without, or ask again after an answer.
 * AZ_ENOMEM. */
int az_cache_ask(struct az_cache *c, const struct az_hash *hash, void *token);

struct az_cache_answer {
    void *token;
    bool hit;
    struct az_str bytes; /* what was put; {NULL, 0} when not there */
};
/* The next answer, in the order of asking; NULL: none now. The caller gives it
 * to free(). */
struct az_cache_answer *az_cache_next(struct az_cache *c);
/* Readable (level-triggered) while az_cache_next() has one. */
int az_cache_fd(const struct az_cache *c);

/* Keep `bytes` for `hash`, unless there is something already. Copied, written
 * behind; what is asked later finds it. Dropped when more waits than fits. */
void az_cache_put(struct az_cache *c, const struct az_hash *hash, struct az_str bytes);

/* True once, when there is something to tell: "cache 'x': …" and what to do. */
bool az_cache_warning(struct az_cache *c, struct az_error *ret);
