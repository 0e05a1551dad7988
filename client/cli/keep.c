#include "client/cli/keep.h"

#include "core/item.h"
#include "core/json.h"
#include "policies/aggregate/aggregate.h"

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

/* What the seats that early stopping does not ask would change. */
static bool is_of_all_seats(const char *field)
{
    return !strcmp(field, "share") ||
           (az_str_starts(az_str(field), "seats.") && strcmp(field, "seats.n") != 0);
}

static bool stops_early(const struct az_panel *panel)
{
    return panel->policy.early_stop && panel->policy.kind == AZ_POLICY_VOTE &&
           az_aggregator_of(panel->aggregate.kind)->settled;
}

int az_keep_check(const char *text, const struct az_panel *panel, struct az_error *err)
{
    const char *sure[AZ_LEN(az_keep_fields)];
    size_t n = 0;
    AZ_AUTO(expr) expr = NULL;
    if (!stops_early(panel))
        return 0;
    for (size_t i = 0; az_keep_fields[i]; i++) {
        if (!is_of_all_seats(az_keep_fields[i]))
            sure[n++] = az_keep_fields[i];
    }
    sure[n] = NULL;
    int r = az_expr_parse(text, sure, &expr, err);
    if (r == 0 || r == AZ_ENOMEM)
        return r;
    az_fail(err, AZ_EUSAGE,
            "--keep rests on share or seats, and early_stop does not ask all of them");
    az_hint(err, "Add --set policy.early_stop=false, or name label, score and status only.");
    return AZ_EUSAGE;
}

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
