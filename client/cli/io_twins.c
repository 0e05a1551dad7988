#include "client/cli/io_twins.h"

#include <pthread.h>

#include "core/error.h"
#include "core/hash.h"
#include "core/map.h"
#include "core/mem.h"

struct twin {
    struct twin *next;
    int64_t line;
};

struct az_twins {
    pthread_mutex_t lock;
    struct az_map by_id; /* of the id's hash; lists of twins */
};

static int64_t key_of(struct az_str id)
{
    return (int64_t)az_hash64(UINT64_C(0x7c1a), id);
}

struct az_twins *az_twins_new(void)
{
    struct az_twins *t = az_zalloc(sizeof(*t));
    if (t)
        pthread_mutex_init(&t->lock, NULL);
    return t;
}

void az_twins_free(struct az_twins *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->by_id.cap; i++) {
        for (struct twin *next, *w = t->by_id.slots[i].value; w; w = next) {
            next = w->next;
            free(w);
        }
    }
    az_map_release(&t->by_id);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

void az_twins_lock(struct az_twins *t)
{
    pthread_mutex_lock(&t->lock);
}

void az_twins_unlock(struct az_twins *t)
{
    pthread_mutex_unlock(&t->lock);
}

int az_twins_add(struct az_twins *t, struct az_str id, int64_t line)
{
    struct twin *w = az_alloc(sizeof(*w));
    if (!w)
        return AZ_ENOMEM;
    int64_t key = key_of(id);
    *w = (struct twin){az_map_get(&t->by_id, key), line};
    if (az_map_put(&t->by_id, key, w) == 0)
        return 0;
    free(w);
    return AZ_ENOMEM;
}

int64_t az_twins_take(struct az_twins *t, struct az_str id)
{
    int64_t key = key_of(id);
    struct twin *w = az_map_remove(&t->by_id, key);
    if (!w)
        return 0;
    if (w->next)
        (void)!az_map_put(&t->by_id, key, w->next); /* a place has just become free */
    int64_t line = w->line;
    free(w);
    return line;
}
