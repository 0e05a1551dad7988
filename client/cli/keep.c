#include "client/cli/keep.h"

#include "core/item.h"
#include "core/json.h"

const char *const az_keep_fields[] = {
    "id",
    "status",
    "label",
    "winner",
    "score",
    "share",
    "p",
    "how",
    "rounds",
    "usd",
    "reason",
    "seats.n",
    "seats.asked",
    "seats.voted",
    "seats.errors",
    "seats.partial",
    "meta.*",
    "item.line",
    "item.prompt",
    "item.response",
    "item.responses.*",
    "item.systems.*",
    "item.reference",
    "item.context",
    "item.turns.*",
    "item.images.*",
    "item.gold",
    "item.gold.*",
    "item.cluster",
    "item.meta.*",
    NULL,
};

struct fields {
    const struct az_item *item;
    struct az_json *verdict, *packed; /* the item, when it is first asked for */
    struct az_buf text;
};

static az_jv item_root(struct fields *f)
{
    if (!f->packed) {
        az_item_print(&f->text, f->item);
        if (f->text.failed || az_json_parse(az_buf_view(&f->text), &f->packed, NULL) < 0)
            return NULL;
    }
    return az_json_root(f->packed);
}

static struct az_value lookup(void *arg, const char *path)
{
    struct fields *f = arg;
    if (!strcmp(path, "item.response"))
        path = "item.responses.0"; /* one response is a list of one */
    if (az_str_starts(az_str(path), "item."))
        return az_value_of(az_jv_path(item_root(f), path + strlen("item.")));
    if (az_str_starts(az_str(path), "meta."))
        return az_value_of(az_jv_path(item_root(f), path));
    return az_value_of(az_jv_path(az_json_root(f->verdict), path));
}

bool az_keep(const struct az_expr *expr, const struct az_panel *panel, const struct az_item *item,
             const struct az_verdict *verdict, struct az_str verdict_json)
{
    if (!expr)
        return verdict->status == AZ_DECIDED &&
               az_passes(&panel->question, verdict->label, verdict->has_score, verdict->score);
    struct fields f = {.item = item, .text = az_buf(AZ_BUF_MAX)};
    bool keep =
        az_json_parse(verdict_json, &f.verdict, NULL) == 0 && az_expr_holds(expr, lookup, &f);
    az_json_free(f.verdict);
    az_json_free(f.packed);
    az_buf_release(&f.text);
    return keep;
}
