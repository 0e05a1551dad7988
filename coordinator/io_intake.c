#include "coordinator/io_intake.h"

#include "core/item.h"
#include "core/mem.h"
#include "core/seen.h"

struct az_intake {
    struct az_panel *panel;
    struct az_store *store;
    struct az_store_reader *reader;
    struct az_store_progress progress; /* that is durable */
    int64_t items, next_seq;
};

void az_chunk_free(struct az_chunk *c)
{
    if (c)
        az_arena_free(c->arena);
}

/* ---- opening and closing ---- */

int az_intake_open(const char *dir, struct az_panel *panel, struct az_intake **ret,
                   struct az_error *err)
{
    AZ_AUTO(intake) in = az_zalloc(sizeof(*in));
    if (!in) {
        az_panel_free(panel);
        return az_oom(err);
    }
    in->panel = panel;
    struct az_store_totals totals = {0};
    int r = az_store_open(dir, AZ_STORE_RUN, panel, &in->store, err);
    if (r == 0)
        r = az_store_reader_open(in->store, &in->reader, err);
    if (r == 0)
        r = az_store_totals(in->reader, &totals, err);
    if (r < 0)
        return r;
    in->progress = totals.progress;
    in->items = totals.items;
    in->next_seq = totals.next_seq;
    *ret = AZ_TAKE(in);
    return 0;
}

int az_intake_close(struct az_intake *in, struct az_error *err)
{
    if (!in)
        return 0;
    az_store_reader_free(in->reader);
    int r = az_store_close(in->store, err);
    az_panel_free(in->panel);
    free(in);
    return r;
}

void az_intake_free(struct az_intake *in)
{
    az_intake_close(in, NULL);
}

struct az_store_progress az_intake_progress(const struct az_intake *in)
{
    return in->progress;
}

int64_t az_intake_items(const struct az_intake *in)
{
    return in->items;
}

/* ---- a chunk ---- */

struct taking {
    struct az_intake *in;
    struct az_bad_lines *bad;
    struct az_seen_ids seen; /* in this chunk: those before it are in the store */
    struct az_store_progress progress;
    int64_t items, next_seq;
};

/* Counted and told, and the rest goes on. */
static int bad_line(struct taking *t, int64_t line, const struct az_error *why)
{
    t->progress.bad_lines++;
    if (t->bad->n < AZ_BAD_TOLD) {
        struct az_bad_line *b = &t->bad->v[t->bad->n++];
        b->line = line;
        snprintf(b->what, sizeof(b->what), "%s", why->what);
    }
    return 0;
}

static int again(struct taking *t, const struct az_item *item, bool same)
{
    if (same) {
        t->progress.doubles++;
        return 0;
    }
    struct az_error why;
    az_fail(&why, AZ_EINVAL, "id '%.*s' again, with another content",
            (int)AZ_MIN(item->id.n, (size_t)64), item->id.p);
    return bad_line(t, item->line, &why);
}

static int take_item(struct taking *t, struct az_item *item, struct az_error *err)
{
    struct az_stored stored;
    int r = az_store_find(t->in->reader, item->id, &stored, err);
    if (r == 0)
        return again(t, item, az_hash_eq(&stored.content, &item->content));
    if (r != AZ_ENOENT)
        return r;
    r = az_seen_ids_add(&t->seen, item->id, &item->content);
    if (r < 0)
        return az_oom(err);
    if (r != AZ_SEEN_NEW)
        return again(t, item, r == AZ_SEEN_SAME);
    item->seq = t->next_seq++;
    t->items++;
    return az_store_put_item(t->in->store, item, err);
}

static int take_line(struct taking *t, const struct az_chunk_line *line, struct az_error *err)
{
    if (!az_str_trim(line->text).n)
        return 0; /* a blank line is nothing */
    t->progress.lines++;
    struct az_error why = {0};
    AZ_AUTO(item) item = NULL;
    int r =
        line->text.n > AZ_LINE_MAX
            ? az_fail(&why, AZ_ELIMIT, "%zu bytes, at most %d are read", line->text.n, AZ_LINE_MAX)
            : az_item_parse(t->in->panel, line->text, line->number, &item, &why);
    if (r == 0 && line->gold.p)
        r = az_item_set_gold(t->in->panel, item, line->gold, &why);
    if (r == AZ_ENOMEM)
        return az_oom(err);
    return r < 0 ? bad_line(t, line->number, &why) : take_item(t, item, err);
}

/* Before anything of it is taken: a client that goes on from another line than the
 * last would have lines judged twice. */
static int check_order(const struct az_chunk *chunk, int64_t last, struct az_error *err)
{
    for (size_t i = 0; i < chunk->n; last = chunk->lines[i++].number) {
        if (chunk->lines[i].number <= last)
            return az_fail(err, AZ_EINVAL, "chunk %lld: line %lld after line %lld",
                           (long long)chunk->index, (long long)chunk->lines[i].number,
                           (long long)last);
    }
    return 0;
}

static int take_all(struct taking *t, const struct az_chunk *chunk, struct az_error *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < chunk->n; i++)
        r = take_line(t, &chunk->lines[i], err);
    if (chunk->n)
        t->progress.last_line = chunk->lines[chunk->n - 1].number;
    t->progress.chunks++;
    t->progress.sealed = chunk->last;
    if (r == 0)
        r = az_store_put_progress(t->in->store, &t->progress, err);
    return r < 0 ? r : az_store_await(t->in->store, az_store_submit(t->in->store), err);
}

int az_intake_take(struct az_intake *in, const struct az_chunk *chunk, struct az_bad_lines *bad,
                   struct az_error *err)
{
    if (chunk->index < in->progress.chunks)
        return 0;
    if (in->progress.sealed)
        return az_fail(err, AZ_EINVAL, "chunk %lld, and chunk %lld was the last",
                       (long long)chunk->index, (long long)in->progress.chunks - 1);
    if (chunk->index > in->progress.chunks)
        return az_fail(err, AZ_EINVAL, "chunk %lld, and chunk %lld has not come",
                       (long long)chunk->index, (long long)in->progress.chunks);
    int r = check_order(chunk, in->progress.last_line, err);
    if (r < 0)
        return r;
    struct taking t = {.in = in,
                       .bad = bad,
                       .progress = in->progress,
                       .items = in->items,
                       .next_seq = in->next_seq};
    r = take_all(&t, chunk, err);
    az_seen_ids_release(&t.seen);
    if (r < 0)
        return r;
    in->progress = t.progress;
    in->items = t.items;
    in->next_seq = t.next_seq;
    return 0;
}
