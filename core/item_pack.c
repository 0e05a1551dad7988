/* The item as the store keeps it, and back: neither aliases nor `fields:` apply,
 * for the responses are in the item's frame already. */
#include "core/gold.h"
#include "core/item.h"
#include "core/json.h"
#include "core/wire_item.h"
#include "core/wire_model.h"
#include "protos/store.pb-c.h"

void az_item_pack(struct az_buf *b, const struct az_item *item)
{
    struct az_wire_item wire;
    char *systems[AZ_RESPONSES_MAX];
    Assize__StoredItem m = ASSIZE__STORED_ITEM__INIT;
    az_wire_item_to(item, &wire);
    m.item = &wire.m;
    m.line = item->line;
    m.content.data = (uint8_t *)item->content.bytes;
    m.content.len = AZ_HASH_BYTES;
    for (size_t i = 0; item->systems && i < item->n_responses; i++)
        systems[m.n_systems++] = (char *)item->systems[i].p;
    m.systems = systems;
#define OPTIONAL(field, from, FIELD)                                             \
    if (item->from.p) {                                                          \
        m.field##_or_none_case = ASSIZE__STORED_ITEM__##FIELD##_OR_NONE_##FIELD; \
        m.field = (char *)item->from.p;                                          \
    }
    OPTIONAL(gold, gold_json, GOLD)
    OPTIONAL(meta, meta, META)
    OPTIONAL(cluster, cluster, CLUSTER)
#undef OPTIONAL
    char *at = az_buf_room(b, assize__stored_item__get_packed_size(&m));
    if (!at)
        return;
    b->n += assize__stored_item__pack(&m, (uint8_t *)at);
    b->p[b->n] = '\0';
}

static bool copy(struct az_item *item, struct az_str *to, const char *z)
{
    *to = az_arena_str(item->arena, az_str(z));
    return to->p;
}

static bool copy_extras(struct az_item *item, const Assize__StoredItem *m)
{
    bool ok = true;
    if (m->n_systems)
        item->systems = az_arena_zalloc(item->arena, m->n_systems * sizeof(*item->systems));
    for (size_t i = 0; ok && i < m->n_systems; i++)
        ok = item->systems && copy(item, &item->systems[i], m->systems[i]);
    if (ok && m->meta_or_none_case == ASSIZE__STORED_ITEM__META_OR_NONE_META)
        ok = copy(item, &item->meta, m->meta);
    if (ok && m->cluster_or_none_case == ASSIZE__STORED_ITEM__CLUSTER_OR_NONE_CLUSTER)
        ok = copy(item, &item->cluster, m->cluster);
    return ok;
}

static int set_gold(const struct az_panel *panel, struct az_item *item, const Assize__StoredItem *m,
                    struct az_error *err)
{
    if (m->gold_or_none_case != ASSIZE__STORED_ITEM__GOLD_OR_NONE_GOLD)
        return 0;
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(az_str(m->gold), &doc, err);
    return r < 0 ? r : az_gold_set(panel, item, az_json_root(doc), err);
}

static int unpack(const struct az_panel *panel, const Assize__StoredItem *m, struct az_item **ret,
                  struct az_error *err)
{
    if (!m->item || (m->n_systems && m->n_systems != m->item->n_responses) || m->line < 0 ||
        m->content.len != AZ_HASH_BYTES || !*m->item->id)
        return az_fail(err, AZ_EINVAL, "a stored item whose fields do not fit together");
    AZ_AUTO(item) item = NULL;
    int r = az_wire_item_from(m->item, 1024, &item, err);
    if (r < 0)
        return r == AZ_ENOMEM ? r : AZ_EINVAL;
    item->line = m->line;
    memcpy(item->content.bytes, m->content.data, AZ_HASH_BYTES);
    if (!copy_extras(item, m))
        return az_oom(err);
    r = set_gold(panel, item, m, err);
    if (r == 0)
        *ret = AZ_TAKE(item);
    return r;
}

int az_item_unpack(const struct az_panel *panel, struct az_str packed, struct az_item **ret,
                   struct az_error *err)
{
    AZ_AUTO(arena) arena = az_arena_new(packed.n + 1024);
    if (!arena)
        return az_oom(err);
    struct az_wire_memory memory = {.arena = arena};
    ProtobufCAllocator allocator = az_wire_allocator(&memory);
    Assize__StoredItem *m =
        assize__stored_item__unpack(&allocator, packed.n, (const uint8_t *)packed.p);
    if (!m)
        return memory.failed ? az_oom(err) : az_fail(err, AZ_EINVAL, "not a stored item");
    return unpack(panel, m, ret, err);
}

static void print_text(struct az_jw *w, const char *key, struct az_str s)
{
    if (s.p)
        az_jw_kstr(w, key, s);
}

static void print_json(struct az_jw *w, const char *key, struct az_str json)
{
    if (!json.p)
        return;
    az_jw_key(w, key);
    az_jw_raw(w, json);
}

static void print_list(struct az_jw *w, const char *key, const struct az_str *v, size_t n)
{
    if (!v)
        return;
    az_jw_key(w, key);
    az_jw_arr(w);
    for (size_t i = 0; i < n; i++)
        az_jw_str(w, v[i]);
    az_jw_arr_end(w);
}

void az_item_print(struct az_buf *b, const struct az_item *item)
{
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    az_jw_kstr(&w, "id", item->id);
    az_jw_kint(&w, "line", item->line);
    print_text(&w, "prompt", item->prompt);
    print_list(&w, "responses", item->responses, item->n_responses);
    print_list(&w, "systems", item->systems, item->n_responses);
    print_text(&w, "reference", item->reference);
    print_text(&w, "context", item->context);
    print_json(&w, "turns", item->turns);
    print_json(&w, "images", item->images);
    print_json(&w, "gold", item->gold_json);
    print_json(&w, "meta", item->meta);
    print_text(&w, "cluster", item->cluster);
    az_jw_obj_end(&w);
}
