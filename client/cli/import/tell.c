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

/* What --map names and the source never has; labels that it, or the items, do not know. */
static void tell_labels(struct az_buf *b, const struct az_import *im)
{
    const struct az_import_options *o = im->options;
    const struct az_import_odd *odd = &im->counts.odd;
    const char *before = "--map: no label of the source is ";
    for (size_t i = 0; i < o->n_map; i++) {
        if (im->counts.map_used[i])
            continue;
        az_buf_fmt(b, "%s'" AZ_STR_FMT "'", before, AZ_STR_ARG(o->map[i].from));
        before = ", ";
    }
    az_buf_z(b, *before == ',' ? "\n" : "");
    if (!odd->answers)
        return;
    bool pairs = im->join && az_join_pairs(im->join);
    az_buf_fmt(b, "%lld answer%s ha%s a label that is ", (long long)odd->answers,
               plural(odd->answers), odd->answers == 1 ? "s" : "ve");
    az_buf_z(b, o->shown ? "neither a response's letter nor tie: "
                : pairs  ? "none of A, B and tie, and the items are pairs: "
                         : "none of those of --map: ");
    for (size_t i = 0; i < odd->n; i++)
        az_buf_fmt(b, "%s'%s'", i ? ", " : "", odd->names[i]);
    az_buf_fmt(b, "%s (--map OLD=NEW,… gives other names)\n", odd->more ? ", …" : "");
}

void az_import_tell(struct az_buf *b, const struct az_import *im)
{
    const struct az_import_counts *c = &im->counts;
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
    tell_labels(b, im);
    if (im->join)
        tell_join(b, c, im->join);
}
