#include "client/cli/io_stream.h"

#include <pthread.h>
#include <time.h>

#include "core/buf.h"
#include "core/io_file.h"
#include "core/io_thread.h"
#include "core/mem.h"
#include "core/verdict.h"

/* Reading is by the batch, so after the head is decided its neighbours get this
 * long to be decided too. */
enum { GATHER_MS = 50 };

struct az_stream {
    struct az_stream_config config;
    struct az_thread *thread;
    struct az_out *out;
    struct az_buf line;
    int64_t next; /* of the thread; others read it when that is gone */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    int64_t awaited; /* the item that is next */
    bool decided;    /* and it is */
    bool stopping;
};

enum { MORE = 0, HEAD_IS_OPEN = 1 };

static int write_case(void *arg, const struct az_case *c, struct az_error *err)
{
    struct az_stream *s = arg;
    if (c->item->seq != s->next || c->verdict.status == AZ_OPEN)
        return HEAD_IS_OPEN;
    az_buf_clear(&s->line);
    az_verdict_print(&s->line, s->config.panel, c->item, &c->verdict, c->ballots, s->config.brief);
    az_buf_char(&s->line, '\n');
    int r = az_buf_check(&s->line, err);
    if (r == 0)
        r = az_out_write(s->out, az_buf_view(&s->line), err);
    s->next += r == 0;
    return r;
}

/* What is awaited is told before the store is read: a verdict that is committed
 * after that wakes the thread again. */
static int write_decided(struct az_stream *s, struct az_store_reader *reader, struct az_error *err)
{
    int64_t before;
    int r;
    do {
        before = s->next;
        pthread_mutex_lock(&s->lock);
        s->awaited = s->next;
        s->decided = false;
        pthread_mutex_unlock(&s->lock);
        r = az_store_each_from(reader, s->config.panel, s->next, write_case, s, err);
    } while (r >= 0 && s->next != before);
    return r < 0 ? r : az_out_flush(s->out, err);
}

/* False: it is time to end. */
static bool wait_for_head(struct az_stream *s)
{
    struct timespec until;
    pthread_mutex_lock(&s->lock);
    while (!s->decided && !s->stopping)
        pthread_cond_wait(&s->wake, &s->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += GATHER_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (!s->stopping && pthread_cond_timedwait(&s->wake, &s->lock, &until) == 0)
        continue;
    bool more = !s->stopping;
    pthread_mutex_unlock(&s->lock);
    return more;
}

static int stream_main(struct az_thread *t, void *arg, struct az_error *err)
{
    struct az_stream *s = arg;
    AZ_AUTO(store_reader) reader = NULL;
    int r = az_store_reader_open(s->config.store, &reader, err);
    if (r < 0)
        return r;
    az_thread_ready(t);
    bool more = true;
    while (more && r >= 0) {
        r = write_decided(s, reader, err);
        more = r >= 0 && wait_for_head(s);
    }
    if (r >= 0)
        r = write_decided(s, reader, err);
    if (r < 0)
        s->config.failed(s->config.arg);
    return AZ_MIN(r, 0);
}

static void stream_free(struct az_stream *s)
{
    if (!s)
        return;
    az_out_free(s->out);
    az_buf_release(&s->line);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int az_stream_start(const struct az_stream_config *config, struct az_stream **ret,
                    struct az_error *err)
{
    struct az_stream *s = az_zalloc(sizeof(*s));
    if (!s)
        return az_oom(err);
    s->config = *config;
    s->line = az_buf(AZ_BUF_MAX);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&s->lock, NULL);
    int r = az_out_open("-", AZ_OUT_STREAM, &s->out, err);
    if (r == 0)
        r = az_thread_start("verdicts", stream_main, s, &s->thread, err);
    if (r < 0)
        stream_free(s);
    else
        *ret = s;
    return r;
}

void az_stream_done(struct az_stream *s, int64_t seq)
{
    pthread_mutex_lock(&s->lock);
    if (seq == s->awaited) {
        s->decided = true;
        pthread_cond_signal(&s->wake);
    }
    pthread_mutex_unlock(&s->lock);
}

int az_stream_stop(struct az_stream *s, int64_t *next, struct az_error *err)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    int r = az_thread_stop(AZ_TAKE(s->thread), err);
    *next = s->next;
    stream_free(s);
    return r;
}
