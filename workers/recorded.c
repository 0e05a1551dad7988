#include "workers/recorded.h"

#include <math.h>

#include "core/hash.h"
#include "core/mem.h"
#include "workers/names.h"
#include "workers/recorded_line.h"
#include "workers/recorded_match.h"

/* Names are numbers in `names`; AZ_NAME_NONE = not there. */
struct entry {
    double score; /* NAN = none */
    uint32_t item, judge, label;
    uint32_t note;  /* rationale, or the error's text */
    uint32_t probs; /* JSON */
    int32_t round, sample;
    int8_t order;
    uint8_t error; /* enum az_ballot_error */
};

struct az_recorded {
    struct az_recorded_form form;
    struct az_names names;
    struct entry *entries;
    size_t n, cap;
    uint32_t *slots; /* entry + 1; 0 = free */
    size_t n_slots;  /* a power of two */
};

struct az_recorded *az_recorded_new(void)
{
    return az_zalloc(sizeof(struct az_recorded));
}

void az_recorded_free(struct az_recorded *t)
{
    if (!t)
        return;
    az_names_release(&t->names);
    free(t->entries);
    free(t->slots);
    free(t);
}

size_t az_recorded_count(const struct az_recorded *t)
{
    return t->n;
}

static uint64_t hash_of(const struct entry *e)
{
    uint64_t h = az_hash64_mix(e->item, e->judge);
    return az_hash64_mix(h, (uint64_t)(uint32_t)e->round << 40 ^
                                (uint64_t)(uint32_t)e->sample << 8 ^ (uint8_t)e->order);
}

static bool same_key(const struct entry *a, const struct entry *b)
{
    return a->item == b->item && a->judge == b->judge && a->round == b->round &&
           a->sample == b->sample && a->order == b->order;
}

static size_t slot_of(const struct az_recorded *t, const struct entry *key)
{
    size_t i = hash_of(key) & (t->n_slots - 1);
    while (t->slots[i] && !same_key(&t->entries[t->slots[i] - 1], key))
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

static int grow_slots(struct az_recorded *t)
{
    if ((t->n + 1) * 2 <= t->n_slots)
        return 0;
    size_t n = t->n_slots ? t->n_slots * 2 : 64;
    uint32_t *slots = az_zalloc(n * sizeof(*slots));
    if (!slots)
        return AZ_ENOMEM;
    free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    for (size_t i = 0; i < t->n; i++)
        t->slots[slot_of(t, &t->entries[i])] = (uint32_t)i + 1;
    return 0;
}

static bool answers(const struct entry *e)
{
    return e->error == AZ_BE_NONE &&
           (e->label != AZ_NAME_NONE || e->probs != AZ_NAME_NONE || !isnan(e->score));
}

static int keep(struct az_recorded *t, const struct entry *e, struct az_error *err)
{
    if (t->n >= UINT32_MAX - 1 || grow_slots(t) < 0 ||
        az_grow(&t->entries, &t->cap, t->n + 1, sizeof(*e)) < 0)
        return az_oom(err);
    size_t slot = slot_of(t, e);
    if (t->slots[slot]) {
        struct entry *old = &t->entries[t->slots[slot] - 1];
        if (!answers(old) && answers(e))
            *old = *e;
        return 1;
    }
    t->entries[t->n++] = *e;
    t->slots[slot] = (uint32_t)t->n;
    return 0;
}

static int name(struct az_recorded *t, struct az_str s, uint32_t *ret, struct az_error *err)
{
    *ret = AZ_NAME_NONE;
    if (!s.n)
        return 0;
    *ret = az_names_add(&t->names, s);
    return *ret == AZ_NAME_NONE ? az_oom(err) : 0;
}

static int read_names(struct az_recorded *t, const struct az_recorded_line *line, struct entry *e,
                      struct az_error *err)
{
    int r = name(t, line->item, &e->item, err);
    if (r == 0)
        r = name(t, line->judge, &e->judge, err);
    if (r == 0)
        r = name(t, line->label, &e->label, err);
    if (r == 0)
        r = name(t, line->note, &e->note, err);
    return r < 0 ? r : name(t, az_buf_view(&line->probs), &e->probs, err);
}

int az_recorded_add_line(struct az_recorded *t, struct az_str text, struct az_error *err)
{
    struct az_recorded_line line;
    int r = az_recorded_line_read(&t->form, text, &line, err);
    if (r == 0) {
        struct entry e = {.score = line.score,
                          .round = line.round,
                          .sample = line.sample,
                          .order = line.order,
                          .error = (uint8_t)line.error};
        r = read_names(t, &line, &e, err);
        if (r == 0)
            r = keep(t, &e, err);
    } else if (r == 1) {
        r = 0;
    }
    az_recorded_line_release(&line);
    return r;
}

static const struct entry *entry_at(const struct az_recorded *t, const struct entry *key)
{
    if (!t->n_slots)
        return NULL;
    uint32_t at = t->slots[slot_of(t, key)];
    return at ? &t->entries[at - 1] : NULL;
}

static const struct entry *look_up(const struct az_recorded *t, const char *model,
                                   const struct az_key *key, const struct az_item *item)
{
    struct entry want = {.item = az_names_find(&t->names, item->id),
                         .judge = az_names_find(&t->names, az_str(model)),
                         .sample = key->sample};
    if (want.item == AZ_NAME_NONE || want.judge == AZ_NAME_NONE)
        return NULL;

    bool any = key->order == AZ_ORDER_NONE;
    const int8_t orders[] = {(int8_t)key->order, any ? AZ_ORDER_LISTED : AZ_ORDER_NONE,
                             any ? AZ_ORDER_REVERSED : AZ_ORDER_NONE};
    for (want.round = key->round;; want.round = 1) {
        for (size_t i = 0; i < AZ_LEN(orders); i++) {
            want.order = orders[i];
            const struct entry *e = entry_at(t, &want);
            if (e)
                return e;
        }
        if (want.round == 1)
            return NULL;
    }
}

static int missing(struct az_arena *arena, struct az_ballot *b, const char *model,
                   const struct az_item *item)
{
    char order[AZ_RESPONSES_MAX + 1];
    az_order_name((enum az_order)b->key.order, item->n_responses, order);
    return az_recorded_error(
        arena, b, AZ_BE_MISSING, "judge '%s' has no recorded ballot on item '%.*s'%s%s, sample %d",
        model, (int)AZ_MIN(item->id.n, (size_t)80), item->id.p ? item->id.p : "",
        *order ? ", order " : "", order, b->key.sample);
}

static int fill(const struct az_recorded *t, const struct az_question *q,
                const struct az_item *item, const struct entry *e, struct az_arena *arena,
                struct az_ballot *b)
{
    struct az_recorded_answer answer = {
        .label = az_names_get(&t->names, e->label),
        .note = az_names_get(&t->names, e->note),
        .probs = az_names_get(&t->names, e->probs),
        .score = e->score,
        .error = (enum az_ballot_error)e->error,
    };
    return az_recorded_match(q, item, &answer, arena, b);
}

int az_recorded_find(const struct az_recorded *t, const struct az_panel *panel,
                     const struct az_key *key, const struct az_item *item, struct az_arena *arena,
                     struct az_ballot *ballot)
{
    const char *model = panel->judges[key->judge].model;
    *ballot = (struct az_ballot){.key = *key,
                                 .label = AZ_LABEL_NONE,
                                 .how = AZ_STR("recorded"),
                                 .model = az_str(model),
                                 .cost_known = true};
    const struct entry *e = look_up(t, model, key, item);
    if (!e)
        return missing(arena, ballot, model, item);
    return fill(t, &panel->question, item, e, arena, ballot);
}
