#include "coordinator/reception.h"
#include "core/plant.h"

void az_chunk_free(struct az_chunk *c)
{
    if (c)
        az_arena_free(c->arena);
}

struct az_reception az_reception(const struct az_store_totals *totals)
{
    struct az_reception r = {
        .durable = {totals->progress, totals->items, totals->next_seq},
    };
    r.coming = r.durable;
    return r;
}

/* A client that goes on from another line than the last would have lines judged twice,
 * or left out: two may send the same file, cut at other places. */
static int check_order(const struct az_chunk *chunk, int64_t last, struct az_error *err)
{
    if (chunk->after && chunk->after != last)
        return az_fail(err, AZ_EINVAL, "chunk %lld: it goes on after line %lld, not %lld",
                       (long long)chunk->index, (long long)chunk->after, (long long)last);
    for (size_t i = 0; i < chunk->n; last = chunk->lines[i++].number) {
        if (chunk->lines[i].number <= last)
            return az_fail(err, AZ_EINVAL, "chunk %lld: line %lld after line %lld",
                           (long long)chunk->index, (long long)chunk->lines[i].number,
                           (long long)last);
    }
    return 0;
}

/* Before anything of it is taken. */
int az_reception_chunk(struct az_reception *r, const struct az_chunk *chunk, struct az_error *err)
{
    const struct az_store_progress *p = &r->durable.progress;
    r->coming = r->durable;
    if (chunk->index < p->chunks)
        return AZ_CHUNK_BEFORE;
    if (p->sealed)
        return az_fail(err, AZ_EINVAL, "chunk %lld, and chunk %lld was the last",
                       (long long)chunk->index, (long long)p->chunks - 1);
    if (chunk->index > p->chunks)
        return az_fail(err, AZ_EINVAL, "chunk %lld, and chunk %lld has not come",
                       (long long)chunk->index, (long long)p->chunks);
    int code = check_order(chunk, p->last_line, err);
    return code < 0 ? code : AZ_CHUNK_NEXT;
}

/* Counted and told, and the rest goes on. */
void az_reception_bad(struct az_reception *r, int64_t line, const char *what,
                      struct az_bad_lines *bad)
{
    r->coming.progress.lines++;
    r->coming.progress.bad_lines++;
    if (bad->n == AZ_BAD_TOLD)
        return;
    struct az_bad_line *b = &bad->v[bad->n++];
    b->line = line;
    snprintf(b->what, sizeof(b->what), "%s", what);
}

void az_reception_double(struct az_reception *r, int64_t line, struct az_str id, bool same,
                         struct az_bad_lines *bad)
{
    char what[160];
    if (same) {
        r->coming.progress.lines++;
        r->coming.progress.doubles++;
        return;
    }
    snprintf(what, sizeof(what), "id '%.*s' again, with another content",
             (int)AZ_MIN(id.n, (size_t)64), id.p);
    az_reception_bad(r, line, what, bad);
}

int64_t az_reception_item(struct az_reception *r)
{
    r->coming.progress.lines++;
    r->coming.items++;
    return r->coming.next_seq++;
}

const struct az_store_progress *az_reception_end(struct az_reception *r,
                                                 const struct az_chunk *chunk)
{
    struct az_store_progress *p = &r->coming.progress;
    if (chunk->n)
        p->last_line = chunk->lines[chunk->n - 1].number;
    p->chunks++;
    p->sealed = chunk->last;
    return p;
}

void az_reception_submitted(struct az_reception *r, uint64_t ticket)
{
    r->ticket = ticket;
}

bool az_reception_committed(struct az_reception *r, uint64_t committed)
{
    if (committed < r->ticket && !AZ_PLANTED(AZ_PLANT_EARLY_CHUNK))
        return false;
    r->durable = r->coming;
    return true;
}
