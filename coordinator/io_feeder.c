#include "coordinator/io_feeder.h"

#include "core/io_thread.h"
#include "core/mem.h"

struct az_feeder {
    const struct az_panel *panel;
    struct az_store_reader *reader;
    struct az_queue *out;
    struct az_thread *thread;
};

enum { NOBODY_WANTS_IT = 1 };

/* The ballots lie in the item's arena and are copied before it is freed. */
static int feed(void *arg, struct az_item *item, struct az_ballots ballots, struct az_error *err)
{
    struct az_feeder *f = arg;
    struct az_fed *fed = az_zalloc(sizeof(*fed));
    if (!fed) {
        az_item_free(item);
        return az_oom(err);
    }
    fed->item = item;
    fed->ballots = ballots;
    if (az_queue_push_wait(f->out, fed, az_arena_bytes(item->arena)) == 0)
        return 0;
    az_fed_free(fed);
    return NOBODY_WANTS_IT;
}

static int feeder_main(struct az_thread *t, void *arg, struct az_error *err)
{
    struct az_feeder *f = arg;
    az_thread_ready(t);
    int r = az_store_each_open(f->reader, f->panel, 0, feed, f, err);
    az_queue_close(f->out);
    return AZ_MIN(r, 0);
}

int az_feeder_start(const struct az_panel *panel, struct az_store *store, struct az_queue *out,
                    struct az_feeder **ret, struct az_error *err)
{
    AZ_AUTO(feeder) f = az_zalloc(sizeof(*f));
    if (!f)
        return az_oom(err);
    f->panel = panel;
    f->out = out;
    int r = az_store_reader_open(store, &f->reader, err);
    if (r == 0)
        r = az_thread_start("feeder", feeder_main, f, &f->thread, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(f);
    return 0;
}

int az_feeder_stop(struct az_feeder *f, struct az_error *err)
{
    if (!f)
        return 0;
    az_queue_close(f->out);
    int r = az_thread_stop(f->thread, err);
    for (struct az_fed *fed; (fed = az_queue_pop(f->out));)
        az_fed_free(fed);
    az_store_reader_free(f->reader);
    free(f);
    return r;
}

void az_feeder_free(struct az_feeder *f)
{
    az_feeder_stop(f, NULL);
}
