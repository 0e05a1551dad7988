#include "client/cli/import/join.h"

#include "core/arena.h"
#include "core/hash.h"
#include "core/item.h"
#include "core/mem.h"
#include "core/panel.h"

struct entry {
    struct az_str id;
    uint64_t id_hash, content; /* content 0: it has none */
    uint64_t systems;          /* 0: not known */
    bool joined;
};

struct index {
    uint32_t *slots; /* entry + 1; 0 = free */
    size_t cap;
};

struct az_join {
    struct az_arena *ids;
    struct entry *v;
    size_t n, cap, joined, pairs;
    struct index by_id, by_content;
};

struct az_join *az_join_new(void)
{
    AZ_AUTO(join) j = az_zalloc(sizeof(*j));
    if (!j)
        return NULL;
    j->ids = az_arena_new(65536);
    return j->ids ? AZ_TAKE(j) : NULL;
}

void az_join_free(struct az_join *j)
{
    if (!j)
        return;
    az_arena_free(j->ids);
    free(j->v);
    free(j->by_id.slots);
    free(j->by_content.slots);
    free(j);
}

size_t az_join_count(const struct az_join *j)
{
    return j->n;
}

bool az_join_pairs(const struct az_join *j)
{
    return j->n && j->pairs == j->n;
}

size_t az_join_left(const struct az_join *j)
{
    return j->n - j->joined;
}

/* ---- hashes ---- */

static uint64_t texts_hash(uint64_t h, const struct az_str *v, size_t n, bool turned)
{
    for (size_t i = 0; i < n; i++)
        h = az_hash64(h, az_str_trim(v[turned ? n - 1 - i : i]));
    return h ? h : 1;
}

static uint64_t content_hash(struct az_str prompt, const struct az_str *v, size_t n, bool turned)
{
    return n ? texts_hash(az_hash64(n, az_str_trim(prompt)), v, n, turned) : 0;
}

static uint64_t key_of(const struct entry *e, bool by_content)
{
    return by_content ? e->content : e->id_hash;
}

/* The entry of that hash, or the free slot where it would go. */
static size_t slot_of(const struct az_join *j, bool by_content, uint64_t key)
{
    const struct index *x = by_content ? &j->by_content : &j->by_id;
    size_t i = key & (x->cap - 1);
    while (x->slots[i] && key_of(&j->v[x->slots[i] - 1], by_content) != key)
        i = (i + 1) & (x->cap - 1);
    return i;
}

static struct entry *look_up(const struct az_join *j, bool by_content, uint64_t key)
{
    const struct index *x = by_content ? &j->by_content : &j->by_id;
    uint32_t at = x->cap ? x->slots[slot_of(j, by_content, key)] : 0;
    return at ? &j->v[at - 1] : NULL;
}

/* ---- items in ---- */

/* Of two items with one content the first is found. */
static void index_add(struct az_join *j, bool by_content, size_t at)
{
    struct index *x = by_content ? &j->by_content : &j->by_id;
    size_t slot = slot_of(j, by_content, key_of(&j->v[at], by_content));
    if (!x->slots[slot])
        x->slots[slot] = (uint32_t)at + 1;
}

static int grow_index(struct az_join *j, bool by_content)
{
    struct index *x = by_content ? &j->by_content : &j->by_id;
    if ((j->n + 1) * 2 <= x->cap)
        return 0;
    size_t cap = x->cap ? x->cap * 2 : 256;
    uint32_t *slots = az_zalloc(cap * sizeof(*slots));
    if (!slots)
        return AZ_ENOMEM;
    free(x->slots);
    *x = (struct index){slots, cap};
    for (size_t i = 0; i < j->n; i++) {
        if (key_of(&j->v[i], by_content))
            index_add(j, by_content, i);
    }
    return 0;
}

static int add(struct az_join *j, const struct az_item *item, struct az_error *err)
{
    uint64_t id_hash = az_hash64(0, item->id);
    if (look_up(j, false, id_hash))
        return 1;
    if (j->n >= UINT32_MAX - 1 || grow_index(j, false) < 0 || grow_index(j, true) < 0 ||
        az_grow(&j->v, &j->cap, j->n + 1, sizeof(*j->v)) < 0)
        return az_oom(err);
    struct entry e = {.id = az_arena_str(j->ids, item->id),
                      .id_hash = id_hash,
                      .content =
                          content_hash(item->prompt, item->responses, item->n_responses, false)};
    if (!e.id.p)
        return az_oom(err);
    if (item->systems)
        e.systems = texts_hash(0, item->systems, item->n_responses, false);
    j->v[j->n++] = e;
    j->pairs += item->n_responses == 2;
    index_add(j, false, j->n - 1);
    if (e.content)
        index_add(j, true, j->n - 1);
    return 0;
}

int az_join_add(struct az_join *j, struct az_str line, int64_t number, struct az_error *err)
{
    /* Two or more responses where there are such, else one. */
    static const struct az_panel several = {.question = {.kind = AZ_BEST}};
    static const struct az_panel one = {.question = {.kind = AZ_CHOICE}};
    AZ_AUTO(item) item = NULL;
    int r = az_item_parse(&several, line, number, &item, err);
    if (r == AZ_EINVAL)
        r = az_item_parse(&one, line, number, &item, err);
    return r < 0 ? r : add(j, item, err);
}

/* ---- questions ---- */

/* Is the entry the one of these systems? Sets *turned when they are the other
 * way round. True where it is not known. */
static bool systems_fit(const struct entry *e, const struct az_join_query *q, bool *turned)
{
    if (!e->systems || !q->n_systems)
        return true;
    if (texts_hash(0, q->systems, q->n_systems, false) == e->systems)
        return true;
    *turned = q->n_systems == 2 && texts_hash(0, q->systems, 2, true) == e->systems;
    return *turned;
}

static struct entry *by_id(struct az_join *j, const struct az_join_query *q, struct az_str id,
                           struct az_join_answer *a)
{
    struct entry *e = id.n ? look_up(j, false, az_hash64(0, id)) : NULL;
    if (!e)
        return NULL;
    uint64_t same = content_hash(q->prompt, q->responses, q->n_responses, false);
    a->turned = a->other_content = false;
    if (same && e->content && same != e->content) {
        a->turned =
            q->n_responses == 2 && content_hash(q->prompt, q->responses, 2, true) == e->content;
        a->other_content = !a->turned;
    } else if (!same && !systems_fit(e, q, &a->turned)) {
        return NULL;
    }
    a->by = AZ_JOIN_ID;
    return e;
}

static struct entry *by_content(struct az_join *j, const struct az_join_query *q,
                                struct az_join_answer *a)
{
    for (int turned = 0; turned < (q->n_responses == 2 ? 2 : 1); turned++) {
        uint64_t key = content_hash(q->prompt, q->responses, q->n_responses, turned);
        struct entry *e = key ? look_up(j, true, key) : NULL;
        if (!e)
            continue;
        *a = (struct az_join_answer){.by = AZ_JOIN_CONTENT, .turned = turned};
        return e;
    }
    return NULL;
}

struct az_join_answer az_join_find(struct az_join *j, const struct az_join_query *q)
{
    struct az_join_answer a = {0};
    struct entry *e = by_id(j, q, q->id, &a);
    if (!e)
        e = by_id(j, q, q->other_id, &a);
    if (!e)
        e = by_content(j, q, &a);
    if (!e)
        return (struct az_join_answer){0};
    j->joined += !e->joined;
    e->joined = true;
    a.id = e->id;
    return a;
}
