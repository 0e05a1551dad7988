/* The item as the store keeps it, and back. Own names only: neither aliases nor
 * `fields:` apply, for the responses are in the item's frame already. */
#include "core/gold.h"
#include "core/item_fill.h"

static void put_text(struct az_jw *w, const char *key, struct az_str s)
{
    if (s.p)
        az_jw_kstr(w, key, s);
}

static void put_json(struct az_jw *w, const char *key, struct az_str json)
{
    if (!json.p)
        return;
    az_jw_key(w, key);
    az_jw_raw(w, json);
}

static void put_list(struct az_jw *w, const char *key, const struct az_str *v, size_t n)
{
    if (!v)
        return;
    az_jw_key(w, key);
    az_jw_arr(w);
    for (size_t i = 0; i < n; i++)
        az_jw_str(w, v[i]);
    az_jw_arr_end(w);
}

void az_item_pack(struct az_buf *b, const struct az_item *item)
{
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    az_jw_kstr(&w, "id", item->id);
    az_jw_kint(&w, "seq", item->seq);
    az_jw_kint(&w, "line", item->line);
    put_text(&w, "prompt", item->prompt);
    put_list(&w, "responses", item->responses, item->n_responses);
    put_list(&w, "systems", item->systems, item->n_responses);
    put_text(&w, "reference", item->reference);
    put_text(&w, "context", item->context);
    put_json(&w, "turns", item->turns);
    put_json(&w, "images", item->images);
    put_json(&w, "gold", item->gold_json);
    put_json(&w, "meta", item->meta);
    put_text(&w, "cluster", item->cluster);
    az_jw_obj_end(&w);
}

static int get_text(struct fill *f, const char *key, struct az_str *to)
{
    az_jv v = az_jv_get(f->line, key);
    return v ? az_fill_str(f, key, v, to) : 0;
}

static int get_json(struct fill *f, const char *key, struct az_str *to)
{
    az_jv v = az_jv_get(f->line, key);
    return v ? az_fill_json(f, v, to) : 0;
}

static int get_list(struct fill *f, const char *key, struct az_str **ret, size_t *n)
{
    az_jv v = az_jv_get(f->line, key);
    if (!v)
        return 0;
    *n = az_jv_len(v);
    if (az_jv_type(v) != AZ_J_ARRAY || *n > AZ_RESPONSES_MAX)
        return az_fail(f->err, AZ_EINVAL, "'%s' of a stored item is no list of texts", key);
    *ret = az_arena_zalloc(f->item->arena, *n * sizeof(**ret));
    if (!*ret)
        return az_oom(f->err);
    int r = 0;
    size_t i = 0;
    for (az_jv text = az_jv_first(v); r == 0 && text; text = az_jv_next(text))
        r = az_fill_str(f, key, text, &(*ret)[i++]);
    return r;
}

static int get_numbers(struct fill *f)
{
    if (az_jv_int(az_jv_get(f->line, "seq"), &f->item->seq) &&
        az_jv_int(az_jv_get(f->line, "line"), &f->item->line))
        return 0;
    return az_fail(f->err, AZ_EINVAL, "a stored item without 'seq' and 'line'");
}

static int get_all(struct fill *f)
{
    struct az_item *item = f->item;
    size_t n_systems = 0;
    int r = get_numbers(f);
    if (r == 0)
        r = get_text(f, "id", &item->id);
    if (r == 0)
        r = get_text(f, "prompt", &item->prompt);
    if (r == 0)
        r = get_list(f, "responses", &item->responses, &item->n_responses);
    if (r == 0)
        r = get_list(f, "systems", &item->systems, &n_systems);
    if (r == 0)
        r = get_text(f, "reference", &item->reference);
    if (r == 0)
        r = get_text(f, "context", &item->context);
    if (r == 0)
        r = get_json(f, "turns", &item->turns);
    if (r == 0)
        r = get_json(f, "images", &item->images);
    if (r == 0)
        r = get_json(f, "meta", &item->meta);
    if (r == 0)
        r = get_text(f, "cluster", &item->cluster);
    if (r == 0 && (!item->id.p || (item->systems && n_systems != item->n_responses)))
        r = az_fail(f->err, AZ_EINVAL, "a stored item whose fields do not fit together");
    if (r == 0)
        r = az_gold_set(f->panel, item, az_jv_get(f->line, "gold"), f->err);
    return r;
}

int az_item_unpack(const struct az_panel *panel, struct az_str packed, struct az_item **ret,
                   struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(packed, &doc, err);
    if (r < 0)
        return r;
    AZ_AUTO(item) item = az_item_new(packed.n + 512);
    if (!item)
        return az_oom(err);
    struct fill f = {
        .panel = panel, .line = az_json_root(doc), .json = packed, .item = item, .err = err};
    r = get_all(&f);
    if (r < 0)
        return r;
    item->content = az_fill_content(item);
    *ret = AZ_TAKE(item);
    return 0;
}
