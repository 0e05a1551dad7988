#include "client/lib/parcel.h"

#include "core/arena.h"
#include "core/error.h"
#include "core/mem.h"
#include "core/wire.h"

struct az_parcel *az_parcel_new(uint64_t index, int64_t after)
{
    AZ_AUTO(parcel) c = az_zalloc(sizeof(*c));
    if (!c)
        return NULL;
    assize__chunk__init(&c->msg);
    c->msg.index = index;
    c->msg.after = after;
    c->arena = az_arena_new(65536);
    return c->arena ? AZ_TAKE(c) : NULL;
}

void az_parcel_free(struct az_parcel *c)
{
    if (!c)
        return;
    az_arena_free(c->arena);
    free(c->msg.lines);
    free(c);
}

int az_parcel_add(struct az_parcel *c, size_t max, int64_t number, struct az_str text,
                  struct az_str gold)
{
    size_t bytes = text.n + gold.n;
    if (c->msg.n_lines && (bytes > max || c->bytes > max - bytes))
        return 1;
    if (c->msg.n_lines == AZ_WIRE_LINES_MAX)
        return 1;
    if (az_grow(&c->msg.lines, &c->cap, c->msg.n_lines + 1, sizeof(Assize__Chunk__Line *)) < 0)
        return AZ_ENOMEM;
    Assize__Chunk__Line *line = az_arena_zalloc(c->arena, sizeof(*line));
    struct az_str copy = az_arena_str(c->arena, text);
    if (!line || !copy.p)
        return AZ_ENOMEM;
    assize__chunk__line__init(line);
    line->text = (ProtobufCBinaryData){copy.n, (uint8_t *)copy.p};
    line->number = number;
    if (gold.p) {
        line->gold_or_none_case = ASSIZE__CHUNK__LINE__GOLD_OR_NONE_GOLD;
        line->gold = az_arena_strndup(c->arena, gold.p, gold.n);
        if (!line->gold)
            return AZ_ENOMEM;
    }
    c->msg.lines[c->msg.n_lines++] = line;
    c->bytes += bytes;
    return 0;
}
