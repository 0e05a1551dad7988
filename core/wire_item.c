#include "core/wire_item.h"

void az_wire_item_to(const struct az_item *item, struct az_wire_item *ret)
{
    Assize__Item *m = &ret->m;
    assize__item__init(m);
    m->seq = (uint64_t)item->seq;
    m->id = (char *)item->id.p;
    for (size_t i = 0; i < item->n_responses; i++)
        ret->responses[i] = (char *)item->responses[i].p;
    m->n_responses = item->n_responses;
    m->responses = ret->responses;
#define OPTIONAL(field, FIELD)                                             \
    if (item->field.p) {                                                   \
        m->field##_or_none_case = ASSIZE__ITEM__##FIELD##_OR_NONE_##FIELD; \
        m->field = (char *)item->field.p;                                  \
    }
    OPTIONAL(prompt, PROMPT)
    OPTIONAL(reference, REFERENCE)
    OPTIONAL(context, CONTEXT)
    OPTIONAL(turns, TURNS)
    OPTIONAL(images, IMAGES)
#undef OPTIONAL
}

static bool copy(struct az_item *item, struct az_str *to, const char *z)
{
    *to = az_arena_str(item->arena, az_str(z));
    return to->p;
}

static bool copy_all(struct az_item *item, const Assize__Item *m)
{
    item->seq = (int64_t)m->seq;
    if (m->n_responses)
        item->responses = az_arena_zalloc(item->arena, m->n_responses * sizeof(*item->responses));
    bool ok = (item->responses || !m->n_responses) && copy(item, &item->id, m->id);
    for (; ok && item->n_responses < m->n_responses; item->n_responses++)
        ok = copy(item, &item->responses[item->n_responses], m->responses[item->n_responses]);
#define OPTIONAL(field, FIELD)                                                    \
    if (ok && m->field##_or_none_case == ASSIZE__ITEM__##FIELD##_OR_NONE_##FIELD) \
        ok = copy(item, &item->field, m->field);
    OPTIONAL(prompt, PROMPT)
    OPTIONAL(reference, REFERENCE)
    OPTIONAL(context, CONTEXT)
    OPTIONAL(turns, TURNS)
    OPTIONAL(images, IMAGES)
#undef OPTIONAL
    return ok;
}

int az_wire_item_from(const Assize__Item *m, size_t extra, struct az_item **ret,
                      struct az_error *err)
{
    if (m->n_responses > AZ_RESPONSES_MAX || m->seq > INT64_MAX)
        return az_fail(err, AZ_EPROTO, "an item with %zu responses", m->n_responses);
    /* What is packed is as long as the texts; each is aligned and ends in NUL. */
    size_t texts = protobuf_c_message_get_packed_size(&m->base) + (m->n_responses + 8) * 32;
    AZ_AUTO(item) item = az_item_new(texts + extra);
    if (!item || !copy_all(item, m))
        return az_oom(err);
    *ret = AZ_TAKE(item);
    return 0;
}
