#include "client/cli/io_feed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cli/command.h"
#include "core/heap.h"
#include "core/io_thread.h"
#include "core/item.h"
#include "core/mem.h"
#include "core/seen.h"

enum { BAD_SHOWN = 10 }; /* bad lines that are told one by one */

struct az_feed {
    struct az_feed_config config;
    struct az_thread *thread;
    struct az_lines *lines;
    struct az_store_reader *reader;
    struct az_seen_ids seen;
    bool fresh;       /* the job had no items: nothing to find */
    int64_t next_seq; /* of a new item */
    uint64_t sample_below;
    pthread_mutex_t lock; /* of counts */
    struct az_feed_counts counts;
};

static void count(struct az_feed *f, int64_t *what)
{
    pthread_mutex_lock(&f->lock);
    ++*what;
    pthread_mutex_unlock(&f->lock);
}

static void set_ended(struct az_feed *f)
{
    pthread_mutex_lock(&f->lock);
    f->counts.ended = true;
    pthread_mutex_unlock(&f->lock);
}

struct az_feed_counts az_feed_counts(struct az_feed *f)
{
    pthread_mutex_lock(&f->lock);
    struct az_feed_counts c = f->counts;
    pthread_mutex_unlock(&f->lock);
    return c;
}

static void settled(struct az_feed *f, int64_t line, bool bad, struct az_str id)
{
    if (f->config.settled)
        f->config.settled(f->config.arg, line, bad, id);
}

/* A bad line is told, counted, and stops nothing unless --strict. */
static int bad_line(struct az_feed *f, int64_t line, const struct az_error *why,
                    struct az_error *err)
{
    count(f, &f->counts.bad);
    settled(f, line, true, (struct az_str){0});
    const char *name = az_lines_name(f->lines);
    if (f->config.strict) {
        az_fail(err, AZ_EINVAL, "%s: line %lld: %s", name, (long long)line, why->what);
        az_hint(err, "Without --strict bad lines are counted and the rest goes on.");
        return AZ_EINVAL;
    }
    if (f->counts.bad <= BAD_SHOWN)
        az_say("%s: line %lld: %s", name, (long long)line, why->what);
    else if (f->counts.bad == BAD_SHOWN + 1)
        az_say("%s: more bad lines are counted, not shown", name);
    return 0;
}

/* ---- which items ---- */

static uint64_t lot(const struct az_feed *f, const struct az_item *item)
{
    return az_hash64(f->config.seed ^ UINT64_C(0x5a3b1e), item->id);
}

static bool chosen(const struct az_feed *f, const struct az_item *item)
{
    if (f->config.sample_n >= 0)
        return lot(f, item) < f->sample_below;
    return f->config.sample >= 1 || (double)lot(f, item) < f->config.sample * 0x1p64;
}

/* --sample N: a first pass finds the hash below which N items lie. */
static int sample_bound(struct az_feed *f, struct az_error *err)
{
    struct az_heap largest = {0}; /* a min-heap of negated hashes */
    AZ_AUTO(lines) lines = NULL;
    int r = az_lines_open(f->config.path, &lines, err);
    struct az_line line;
    while (r == 0 && (r = az_lines_next(lines, &line, err)) > 0) {
        struct az_item *item;
        if (r == AZ_LINE_LONG ||
            az_item_parse(f->config.panel, line.text, line.number, &item, NULL) < 0) {
            r = 0;
            continue;
        }
        int64_t key = -(int64_t)(lot(f, item) >> 1);
        az_item_free(item);
        r = az_heap_push(&largest, key, f) < 0 ? az_oom(err) : 0;
        if (r == 0 && (int64_t)largest.n > f->config.sample_n)
            az_heap_pop(&largest, INT64_MAX);
    }
    f->sample_below = largest.n ? ((uint64_t)-az_heap_first(&largest) + 1) << 1 : 0;
    az_heap_release(&largest);
    return r;
}

/* ---- one item ---- */

static int join_ballots(struct az_feed *f, struct az_fed *fed, struct az_error *err)
{
    fed->arena = az_arena_new(1024);
    if (!fed->arena)
        return az_oom(err);
    int r = az_store_ballots(f->reader, fed->item->seq, fed->arena, &fed->ballots, err);
    if (r < 0 || !fed->reopened)
        return r;
    /* What is asked again has no ballot: errors go, answers stay. */
    struct az_ballot *kept = az_arena_zalloc(fed->arena, (fed->ballots.n + 1) * sizeof(*kept));
    if (!kept)
        return az_oom(err);
    size_t n = 0;
    for (size_t i = 0; i < fed->ballots.n; i++) {
        if (!fed->ballots.v[i].error)
            kept[n++] = fed->ballots.v[i];
    }
    fed->ballots = (struct az_ballots){kept, n};
    return 0;
}

static int compare_gold(void *arg, const struct az_case *c, struct az_error *err)
{
    struct az_fed *fed = arg;
    fed->renewed = !az_str_eq(c->item->gold_json, fed->item->gold_json);
    return 0;
}

/* A gold answer may come, or be mended, after the item was judged. */
static int join_gold(struct az_feed *f, struct az_fed *fed, struct az_error *err)
{
    if (!fed->item->gold_json.p)
        return 0;
    return az_store_one(f->reader, f->config.panel, fed->item->id, compare_gold, fed, err);
}

/* Positive: it is wanted. 0: it is decided, or bad (and told). */
static int join_store(struct az_feed *f, struct az_fed *fed, struct az_error *err)
{
    struct az_item *item = fed->item;
    struct az_stored stored;
    int r = f->fresh ? AZ_ENOENT : az_store_find(f->reader, item->id, &stored, err);
    if (r == AZ_ENOENT) {
        fed->is_new = true;
        item->seq = f->next_seq++;
        return 1;
    }
    if (r < 0)
        return r;
    if (!az_hash_eq(&stored.content, &item->content)) {
        struct az_error why;
        az_fail(&why, AZ_ECHANGED, "id '" AZ_STR_FMT "' was another item when the job began",
                AZ_STR_ARG(item->id));
        return bad_line(f, item->line, &why, err);
    }
    item->seq = stored.seq;
    r = join_gold(f, fed, err);
    if (r < 0)
        return r;
    bool retry =
        f->config.retry_failed && (stored.status == AZ_FAILED || stored.status == AZ_ABSTAINED);
    if (stored.status != AZ_OPEN && !retry) {
        count(f, &f->counts.known);
        settled(f, item->line, false, item->id);
        fed->decided = true;
        return fed->renewed;
    }
    fed->reopened = retry;
    r = join_ballots(f, fed, err);
    return r < 0 ? r : 1;
}

static int refuse_double(struct az_feed *f, const struct az_item *item, struct az_error *err)
{
    int seen = az_seen_ids_add(&f->seen, item->id, &item->content);
    if (seen < 0)
        return az_oom(err);
    if (seen == AZ_SEEN_NEW)
        return 1;
    if (seen == AZ_SEEN_SAME) {
        count(f, &f->counts.doubles);
        settled(f, item->line, false, item->id);
        return 0;
    }
    struct az_error why;
    az_fail(&why, AZ_EINVAL, "id '" AZ_STR_FMT "' again, with another content",
            AZ_STR_ARG(item->id));
    return bad_line(f, item->line, &why, err);
}

static int set_gold(struct az_feed *f, struct az_item *item, struct az_error *err)
{
    struct az_str gold =
        f->config.golds ? az_golds_find(f->config.golds, item->id) : (struct az_str){0};
    if (gold.p)
        count(f, &f->counts.in_golds);
    int r = gold.p ? az_item_set_gold(f->config.panel, item, gold, err) : 0;
    if (r == 0 && item->gold.unknown.p)
        count(f, &f->counts.unknown_gold);
    return r;
}

/* Nobody took it, so nothing is kept of it unless an earlier run did. */
static void drop(struct az_feed *f, struct az_fed *fed)
{
    if (fed->is_new)
        count(f, &f->counts.dropped);
    az_fed_free(fed);
}

static int feed_item(struct az_feed *f, struct az_item *item, struct az_error *err)
{
    struct az_fed *fed = az_zalloc(sizeof(*fed));
    if (!fed) {
        az_item_free(item);
        return az_oom(err);
    }
    fed->item = item;
    int r = f->config.stored ? refuse_double(f, item, err) : 1;
    if (r > 0)
        r = set_gold(f, item, err) < 0 ? err->code : 1;
    if (r > 0 && f->config.stored)
        r = join_store(f, fed, err);
    else if (r > 0)
        item->seq = item->line - 1;
    if (r > 0) {
        if (!fed->decided)
            count(f, &f->counts.items);
        size_t bytes = az_arena_bytes(item->arena);
        if (az_queue_push_wait(f->config.out, fed, bytes) == 0)
            return 0;
        drop(f, fed); /* closed: nobody wants it any more */
        return 0;
    }
    az_fed_free(fed);
    return r;
}

static int on_line(struct az_feed *f, const struct az_line *line, bool too_long,
                   struct az_error *err)
{
    struct az_error why = {0};
    struct az_item *item;
    if (!too_long && !az_str_trim(line->text).n) {
        settled(f, line->number, false, (struct az_str){0});
        return 0; /* a blank line is nothing */
    }
    count(f, &f->counts.lines);
    int r = too_long ? az_fail(&why, AZ_ELIMIT, "%lld bytes, at most %d are read",
                               (long long)line->bytes, AZ_LINE_MAX)
                     : az_item_parse(f->config.panel, line->text, line->number, &item, &why);
    if (r == AZ_ENOMEM)
        return az_oom(err);
    if (r < 0)
        return bad_line(f, line->number, &why, err);
    if (!chosen(f, item)) {
        settled(f, line->number, false, item->id);
        az_item_free(item);
        return 0;
    }
    return feed_item(f, item, err);
}

static bool enough(struct az_feed *f)
{
    struct az_feed_counts c = az_feed_counts(f);
    return f->config.limit >= 0 && c.items + c.known >= f->config.limit;
}

/* A pipe that says nothing must not hold up the end of the job. */
static void await_input(struct az_feed *f, const struct az_thread *t)
{
    struct pollfd p[] = {{.fd = az_lines_fd(f->lines), .events = POLLIN},
                         {.fd = az_thread_stop_fd(t), .events = POLLIN}};
    (void)poll(p, AZ_LEN(p), -1); /* interrupted: the caller looks again */
}

static int feed_main(struct az_thread *t, void *arg, struct az_error *err)
{
    struct az_feed *f = arg;
    az_lines_set_waiting(f->lines, false);
    az_thread_ready(t);
    int r = 0;
    while (r == 0 && !az_thread_stopping(t) && !az_queue_closed(f->config.out) && !enough(f)) {
        struct az_line line;
        r = az_lines_next(f->lines, &line, err);
        if (r == AZ_EAGAIN) {
            await_input(f, t);
            r = 0;
            continue;
        }
        if (r == AZ_LINE_END) {
            set_ended(f);
            break;
        }
        if (r < 0) {
            az_wrap(err, "after %lld lines", (long long)f->counts.lines);
            break;
        }
        if (f->config.line && !f->config.line(f->config.arg, &line))
            break;
        r = on_line(f, &line, r == AZ_LINE_LONG, err);
    }
    if (r == 0 && enough(f))
        set_ended(f);
    if (r == 0 && f->counts.ended)
        r = f->counts.lines || f->config.line ? 0 : az_lines_check_any(f->lines, err);
    az_queue_close(f->config.out);
    return r;
}

/* Not stdin, a pipe or a device. */
static bool readable_twice(const char *path)
{
    struct stat st;
    return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Lines of a plain file, for the progress line; -1 = not known. */
static int64_t total_lines(const struct az_feed_config *config)
{
    AZ_AUTO(lines) lines = NULL;
    if (config->line || config->sample < 1 || !readable_twice(config->path) ||
        az_lines_open(config->path, &lines, NULL) < 0)
        return -1;
    int64_t n = 0;
    struct az_line line;
    int r;
    while ((r = az_lines_next(lines, &line, NULL)) > 0)
        n += r == AZ_LINE_LONG || az_str_trim(line.text).n;
    return r < 0 ? -1 : n;
}

int az_feed_check(const char *path, struct az_error *err)
{
    struct stat st;
    if (!strcmp(path, "-"))
        return 0;
    if (stat(path, &st) < 0 && errno == ENOENT)
        return az_fail(err, AZ_ENOENT, "no such file '%s'", path);
    if (access(path, R_OK) < 0)
        return az_fail(err, AZ_EIO, "cannot read '%s': %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return az_fail(err, AZ_ENOENT, "'%s' is a directory, and items are a file", path);
    if (S_ISREG(st.st_mode) && !st.st_size)
        return az_fail(err, AZ_ENOENT, "'%s' is empty", path);
    return 0;
}

int az_feed_start(const struct az_feed_config *config, struct az_feed **ret, struct az_error *err)
{
    AZ_AUTO(feed) f = az_zalloc(sizeof(*f));
    if (!f)
        return az_oom(err);
    pthread_mutex_init(&f->lock, NULL);
    f->config = *config;
    int r = az_lines_open(config->path, &f->lines, err);
    if (r < 0)
        return r;
    if (config->sample_n >= 0 && !readable_twice(config->path)) {
        az_fail(err, AZ_EUSAGE, "--sample N reads the items twice, and '%s' is no file",
                az_lines_name(f->lines));
        az_hint(err, "Use a share, as --sample 10%%, or write the items to a file.");
        return AZ_EUSAGE;
    }
    if (config->sample_n >= 0)
        r = sample_bound(f, err);
    if (r == 0 && config->stored)
        r = az_store_reader_open(config->store, &f->reader, err);
    struct az_store_totals totals = {0};
    if (r == 0 && config->stored)
        r = az_store_totals(f->reader, &totals, err);
    if (r < 0)
        return r;
    f->fresh = totals.items == 0;
    f->next_seq = totals.next_seq;
    f->counts.total = total_lines(config);
    if (config->limit >= 0 && f->counts.total >= 0)
        f->counts.total = AZ_MIN(f->counts.total, config->limit);
    if (config->sample_n >= 0 && f->counts.total >= 0)
        f->counts.total = AZ_MIN(f->counts.total, config->sample_n);
    r = az_thread_start("input", feed_main, f, &f->thread, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(f);
    return 0;
}

int az_feed_stop(struct az_feed *f, struct az_error *err)
{
    az_queue_close(f->config.out);
    int r = az_thread_stop(AZ_TAKE(f->thread), err);
    for (struct az_fed *fed; (fed = az_queue_pop(f->config.out));)
        drop(f, fed);
    return r;
}

void az_feed_free(struct az_feed *f)
{
    if (!f)
        return;
    if (f->thread)
        az_feed_stop(f, NULL);
    az_lines_free(f->lines);
    az_store_reader_free(f->reader);
    az_seen_ids_release(&f->seen);
    pthread_mutex_destroy(&f->lock);
    free(f);
}
