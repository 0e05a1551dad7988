#include "client/cli/io_window.h"

#include <pthread.h>

#include "core/io_thread.h"
#include "core/json.h"
#include "core/mem.h"

struct held {
    char *raw;
    size_t n;
    char *verdict; /* JSON, or NULL */
    bool settled;
    enum az_fate fate;
};

struct az_window_out {
    struct az_window_config config;
    struct az_thread *thread;
    pthread_mutex_t lock;
    pthread_cond_t room, ready;
    struct held *ring; /* of max_lines */
    size_t head, n, bytes;
    int64_t first;  /* number of the line at the head */
    bool finishing; /* no more lines come; unsettled ones are rejected */
    bool failed;
    struct az_error why;
    struct az_window_counts counts;
};

static struct held *at(struct az_window_out *w, size_t i)
{
    return &w->ring[(w->head + i) % w->config.max_lines];
}

bool az_window_out_add(struct az_window_out *w, const struct az_line *line)
{
    char *raw = az_alloc(line->raw.n);
    pthread_mutex_lock(&w->lock);
    if (!raw && !w->failed) {
        w->failed = true;
        az_oom(&w->why);
    }
    /* One line is let in however large it is, or it would wait for ever. */
    while (!w->failed && !w->finishing && w->n &&
           (w->n == w->config.max_lines || w->bytes + line->raw.n > w->config.max_bytes))
        pthread_cond_wait(&w->room, &w->lock);
    bool go_on = !w->failed && !w->finishing;
    if (go_on) {
        if (line->raw.n)
            memcpy(raw, line->raw.p, line->raw.n);
        *at(w, w->n) = (struct held){.raw = raw, .n = line->raw.n};
        if (!w->n)
            w->first = line->number;
        w->n++;
        w->bytes += line->raw.n;
    }
    pthread_mutex_unlock(&w->lock);
    if (!go_on)
        free(raw);
    return go_on;
}

void az_window_out_settle(struct az_window_out *w, int64_t number, enum az_fate fate,
                          struct az_str verdict)
{
    char *copy = NULL;
    if (verdict.p && (copy = az_alloc(verdict.n + 1))) {
        memcpy(copy, verdict.p, verdict.n);
        copy[verdict.n] = '\0';
    }
    pthread_mutex_lock(&w->lock);
    int64_t i = number - w->first;
    struct held *h = i >= 0 && (size_t)i < w->n ? at(w, (size_t)i) : NULL;
    if (h && !h->settled) {
        h->settled = true;
        h->fate = fate;
        h->verdict = AZ_TAKE(copy);
        if (i == 0)
            pthread_cond_signal(&w->ready);
    }
    pthread_mutex_unlock(&w->lock);
    free(copy);
}

/* The line with one more field: before its last brace. */
static void annotate(struct az_buf *b, const char *field, const struct held *h)
{
    struct az_str line = az_str_trim((struct az_str){h->raw, h->n});
    size_t end = (size_t)(line.p - h->raw) + line.n;
    if (!line.n || line.p[line.n - 1] != '}' || !h->verdict) {
        az_buf_put(b, h->raw, h->n);
        return;
    }
    struct az_str inside = az_str_trim((struct az_str){line.p + 1, line.n - 2});
    az_buf_put(b, h->raw, end - 1);
    if (inside.n)
        az_buf_char(b, ',');
    struct az_jw w = az_jw(b);
    az_jw_key(&w, field);
    az_buf_z(b, h->verdict);
    az_buf_char(b, '}');
    az_buf_put(b, h->raw + end, h->n - end);
}

static int write_line(struct az_window_out *w, const struct held *h, struct az_buf *scratch,
                      struct az_error *err)
{
    struct az_out *to = h->fate == AZ_FATE_KEEP     ? w->config.kept
                        : h->fate == AZ_FATE_REJECT ? w->config.rejects
                                                    : NULL;
    if (!to)
        return 0;
    if (!w->config.annotate)
        return az_out_write(to, (struct az_str){h->raw, h->n}, err);
    az_buf_clear(scratch);
    annotate(scratch, w->config.annotate, h);
    int r = az_buf_check(scratch, err);
    return r < 0 ? r : az_out_write(to, az_buf_view(scratch), err);
}

/* The settled line at the head; false: there is none (yet). */
static bool take(struct az_window_out *w, struct held *ret)
{
    struct held *h = at(w, 0);
    if (!w->n || (!h->settled && !w->finishing))
        return false;
    if (!h->settled) {
        h->fate = AZ_FATE_REJECT;
        w->counts.left++;
    }
    *ret = *h;
    w->head = (w->head + 1) % w->config.max_lines;
    w->n--;
    w->first++;
    w->bytes -= ret->n;
    w->counts.kept += ret->fate == AZ_FATE_KEEP;
    w->counts.rejected += ret->fate == AZ_FATE_REJECT;
    pthread_cond_signal(&w->room);
    return true;
}

static int flush(struct az_window_out *w, struct az_error *err)
{
    int r = az_out_flush(w->config.kept, err);
    return r == 0 && w->config.rejects ? az_out_flush(w->config.rejects, err) : r;
}

static void fail(struct az_window_out *w, const struct az_error *err)
{
    pthread_mutex_lock(&w->lock);
    w->failed = true;
    w->why = *err;
    pthread_cond_broadcast(&w->room);
    if (!w->finishing) /* under the lock: az_window_out_close() ends this for good */
        w->config.failed(w->config.arg);
    pthread_mutex_unlock(&w->lock);
}

static int write_main(struct az_thread *t, void *arg, struct az_error *unused)
{
    struct az_window_out *w = arg;
    struct az_error err = {0};
    AZ_AUTO_BUF scratch = az_buf(2 * AZ_BUF_MAX);
    az_thread_ready(t);
    int r = 0;
    bool dirty = false;
    while (r == 0) {
        struct held h;
        pthread_mutex_lock(&w->lock);
        bool have = take(w, &h);
        /* What was written goes out before waiting for more. */
        while (!have && !dirty && !(w->finishing && !w->n)) {
            pthread_cond_wait(&w->ready, &w->lock);
            have = take(w, &h);
        }
        bool end = !have && w->finishing && !w->n;
        pthread_mutex_unlock(&w->lock);
        if (have) {
            r = write_line(w, &h, &scratch, &err);
            free(h.raw);
            free(h.verdict);
            dirty = true;
        } else if (dirty) {
            r = flush(w, &err);
            dirty = false;
        } else if (end) {
            break;
        }
    }
    if (r < 0)
        fail(w, &err);
    return 0;
}

int az_window_out_start(const struct az_window_config *config, struct az_window_out **ret,
                        struct az_error *err)
{
    AZ_AUTO(window_out) w = az_zalloc(sizeof(*w));
    if (!w)
        return az_oom(err);
    w->config = *config;
    w->first = 1;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->room, NULL);
    pthread_cond_init(&w->ready, NULL);
    w->ring = az_zalloc(config->max_lines * sizeof(*w->ring));
    if (!w->ring)
        return az_oom(err);
    int r = az_thread_start("output", write_main, w, &w->thread, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(w);
    return 0;
}

void az_window_out_close(struct az_window_out *w)
{
    pthread_mutex_lock(&w->lock);
    w->finishing = true;
    pthread_cond_broadcast(&w->ready);
    pthread_cond_broadcast(&w->room);
    pthread_mutex_unlock(&w->lock);
}

int az_window_out_finish(struct az_window_out *w, struct az_error *err)
{
    az_window_out_close(w);
    az_thread_stop(AZ_TAKE(w->thread), NULL);
    if (!w->failed)
        return 0;
    *err = w->why;
    return err->code;
}

void az_window_out_free(struct az_window_out *w)
{
    if (!w)
        return;
    struct az_error err;
    if (w->thread)
        az_window_out_finish(w, &err);
    for (size_t i = 0; w->ring && i < w->n; i++) {
        free(at(w, i)->raw);
        free(at(w, i)->verdict);
    }
    free(w->ring);
    pthread_cond_destroy(&w->ready);
    pthread_cond_destroy(&w->room);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

struct az_window_counts az_window_out_counts(struct az_window_out *w)
{
    pthread_mutex_lock(&w->lock);
    struct az_window_counts c = w->counts;
    pthread_mutex_unlock(&w->lock);
    return c;
}
