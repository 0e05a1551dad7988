#include "coordinator/io_intake.h"

#include "core/item.h"
#include "core/mem.h"
#include "core/seen.h"

struct az_intake {
    struct az_panel *panel;
    struct az_store *store;
    struct az_store_reader *reader;
    struct az_reception reception;
};

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
    in->reception = az_reception(&totals);
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
    return in->reception.durable.progress;
}

int64_t az_intake_items(const struct az_intake *in)
{
    return in->reception.durable.items;
}

/* ---- a chunk ---- */

struct taking {
    struct az_intake *in;
    struct az_bad_lines *bad;
    struct az_seen_ids seen; /* in this chunk: those before it are in the store */
};

static int again(struct taking *t, const struct az_item *item, bool same)
{
    az_reception_double(&t->in->reception, item->line, item->id, same, t->bad);
    return 0;
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
    item->seq = az_reception_item(&t->in->reception);
    return az_store_put_item(t->in->store, item, err);
}

static int take_line(struct taking *t, const struct az_chunk_line *line, struct az_error *err)
{
    if (!az_str_trim(line->text).n)
        return 0; /* a blank line is nothing */
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
    if (r == 0)
        return take_item(t, item, err);
    az_reception_bad(&t->in->reception, line->number, why.what, t->bad);
    return 0;
}

static int take_all(struct taking *t, const struct az_chunk *chunk, struct az_error *err)
{
    struct az_intake *in = t->in;
    int r = az_store_hold(in->reader, err);
    for (size_t i = 0; r == 0 && i < chunk->n; i++)
        r = take_line(t, &chunk->lines[i], err);
    az_store_let_go(in->reader);
    if (r == 0)
        r = az_store_put_progress(in->store, az_reception_end(&in->reception, chunk), err);
    if (r < 0)
        return r;
    uint64_t ticket = az_store_submit(in->store);
    az_reception_submitted(&in->reception, ticket);
    r = az_store_await(in->store, ticket, err);
    if (r < 0)
        return r;
    bool came = az_reception_committed(&in->reception, ticket);
    az_assert(came);
    return 0;
}

int az_intake_take(struct az_intake *in, const struct az_chunk *chunk, struct az_bad_lines *bad,
                   struct az_error *err)
{
    int r = az_reception_chunk(&in->reception, chunk, err);
    if (r != AZ_CHUNK_NEXT)
        return AZ_MIN(r, 0);
    struct taking t = {.in = in, .bad = bad};
    r = take_all(&t, chunk, err);
    az_seen_ids_release(&t.seen);
    return r;
}
