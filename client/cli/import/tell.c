#include "client/cli/import/tell.h"

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

/* ", 3 what" where there are any. */
static void also(struct az_buf *b, int64_t n, const char *what)
{
    if (n)
        az_buf_fmt(b, ", %lld %s", (long long)n, what);
}

static void tell_join(struct az_buf *b, const struct az_import_counts *c,
                      const struct az_join *join)
{
    size_t left = az_join_left(join);
    az_buf_fmt(b, "joined by id %lld, by content %lld, not joined %lld (written as they are)",
               (long long)c->by_id, (long long)c->by_content, (long long)c->unmatched);
    az_buf_fmt(b, "; of %zu items %zu without a ballot\n", az_join_count(join), left);
    if (c->turned)
        az_buf_fmt(b, "%lld item%s list%s the responses the other way round: labels were turned\n",
                   (long long)c->turned, plural(c->turned), c->turned == 1 ? "s" : "");
    if (c->other_content)
        az_buf_fmt(b, "%lld joined by id ha%s other texts than the item\n",
                   (long long)c->other_content, c->other_content == 1 ? "s" : "ve");
}

static void tell_frames(struct az_buf *b, const struct az_import_counts *c)
{
    if (c->no_order)
        az_buf_fmt(b, "%lld record%s ha%s an order that is none (AB and BA are): written as null\n",
                   (long long)c->no_order, plural(c->no_order), c->no_order == 1 ? "s" : "ve");
    if (c->unturned)
        az_buf_fmt(b,
                   "%lld label%s could not be turned from what was shown: errors; orders are AB or "
                   "BA, labels the responses' letters or tie (--map gives them those names)\n",
                   (long long)c->unturned, plural(c->unturned));
}

void az_import_tell(struct az_buf *b, const struct az_import_counts *c, const struct az_join *join)
{
    az_buf_fmt(b, "%lld ballot%s on %lld item%s", (long long)c->ballots, plural(c->ballots),
               (long long)c->items, plural(c->items));
    also(b, c->errors, "of them errors");
    az_buf_fmt(b, "; %lld record%s read", (long long)c->records, plural(c->records));
    also(b, c->bad, "bad");
    also(b, c->silent, "without a judgement");
    also(b, c->skipped, "judgements that repeat another");
    az_buf_char(b, '\n');
    if (c->conflicts)
        az_buf_fmt(b, "%lld record%s ha%s an id that came before, with other texts\n",
                   (long long)c->conflicts, plural(c->conflicts), c->conflicts == 1 ? "s" : "ve");
    if (c->doubles)
        az_buf_fmt(
            b, "%lld ballot%s ha%s item, judge, order and sample of one before: only one counts\n",
            (long long)c->doubles, plural(c->doubles), c->doubles == 1 ? "s" : "ve");
    tell_frames(b, c);
    if (join)
        tell_join(b, c, join);
}
