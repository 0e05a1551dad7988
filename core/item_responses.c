#include "core/gold.h"
#include "core/item_fill.h"

/* What the item's responses come from before their number is known. */
struct found {
    size_t n;
    az_jv v[AZ_RESPONSES_MAX];
    const char *as[AZ_RESPONSES_MAX];      /* for messages; the arena's or static */
    const char *systems[AZ_RESPONSES_MAX]; /* NULL = not named here */
};

static bool judges_one(const struct fill *f)
{
    return f->panel->question.kind == AZ_CHOICE || f->panel->question.kind == AZ_SCORE;
}

static bool is_text(az_jv v)
{
    enum az_jtype t = az_jv_type(v);
    return t == AZ_J_STRING || t == AZ_J_NUMBER || t == AZ_J_BOOL;
}

static int add(struct fill *f, struct found *found, const char *as, az_jv v, const char *system)
{
    if (found->n == AZ_RESPONSES_MAX)
        return az_fail(f->err, AZ_EINVAL, "more than %d responses", AZ_RESPONSES_MAX);
    if (!is_text(v))
        return az_fail(f->err, AZ_EINVAL, "'%s' entry %zu is %s, expected a string", as,
                       found->n + 1, az_jtype_name(az_jv_type(v)));
    found->v[found->n] = v;
    found->as[found->n] = as;
    found->systems[found->n++] = system;
    return 0;
}

/* A list of texts, or {system: text}. */
static int add_all(struct fill *f, struct found *found, const char *as, az_jv v)
{
    bool named = az_jv_type(v) == AZ_J_OBJECT;
    if (!named && az_jv_type(v) != AZ_J_ARRAY)
        return az_fill_wrong_type(f, as, v, "a list of strings or an object {system: text}");
    int r = 0;
    for (az_jv entry = az_jv_first(v); r == 0 && entry; entry = az_jv_next(entry))
        r = add(f, found, as, entry, named ? az_jv_key(entry).p : NULL);
    return r;
}

/* `fields: {responses: …}`: the path of a list, or one path a response. */
static int add_mapped(struct fill *f, struct found *found, const struct az_field_map *map)
{
    if (map->n == 1 && !map->systems) {
        az_jv v = az_field_at(f->line, map->paths[0]);
        return v ? add_all(f, found, map->paths[0], v)
                 : az_fail(f->err, AZ_EINVAL, "no '%s', where fields: finds responses",
                           map->paths[0]);
    }
    int r = 0;
    for (size_t i = 0; r == 0 && i < map->n; i++) {
        az_jv v = az_field_at(f->line, map->paths[i]);
        if (!v)
            return az_fail(f->err, AZ_EINVAL, "no '%s', where fields: finds response %zu",
                           map->paths[i], i + 1);
        if (!is_text(v))
            return az_fill_wrong_type(f, map->paths[i], v, "a string");
        r = add(f, found, map->paths[i], v, map->systems ? map->systems[i] : NULL);
    }
    return r;
}

/* response_A, response_B … as far as they go. */
static int add_numbered(struct fill *f, struct found *found)
{
    static const struct {
        const char *stem;
        char first; /* a letter counts A, B …; '1' counts 1, 2 … */
    } families[] = {{"response_", 'A'},
                    {"response_", 'a'},
                    {"response_", '1'},
                    {"output_", '1'},
                    {"output_", 'A'}};
    for (size_t i = 0; i < AZ_LEN(families) && !found->n; i++) {
        for (int k = 0; k <= AZ_RESPONSES_MAX; k++) {
            char key[32];
            if (families[i].first == '1')
                snprintf(key, sizeof(key), "%s%d", families[i].stem, k + 1);
            else
                snprintf(key, sizeof(key), "%s%c", families[i].stem, families[i].first + k);
            az_jv v = az_field_claimed(f->panel, key) ? NULL : az_field_at(f->line, key);
            if (!v)
                break;
            if (!is_text(v))
                return az_fill_wrong_type(f, key, v, "a string");
            int r = add(f, found, families[i].stem, v, NULL);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* A text, or a conversation whose last message by the assistant counts. */
static int preferred_text(struct fill *f, const char *as, az_jv v, struct az_str *to)
{
    if (az_jv_type(v) != AZ_J_ARRAY)
        return az_fill_scalar(f, as, v, to);
    az_jv last = NULL;
    size_t number = 0, at = 0;
    for (az_jv m = az_jv_first(v); m; m = az_jv_next(m)) {
        number++;
        if (az_fill_by_assistant(m)) {
            last = m;
            at = number;
        }
    }
    if (!last)
        return az_fail(f->err, AZ_EINVAL, "'%s' has no message by the assistant", as);
    return az_fill_message_text(f, as, at, last, to);
}

static bool coin(const struct fill *f, const struct az_str text[2])
{
    if (f->item->id.p)
        return az_hash64(0, f->item->id) & 1;
    uint64_t both = az_hash64_mix(az_hash64(0, text[0]), az_hash64(1, text[1]));
    return az_hash64_mix(both, az_hash64(0, f->item->prompt)) & 1;
}

/* Which comes first is the id's hash, so that no judge can learn the place. */
static int take_preferred(struct fill *f)
{
    const char *as[2];
    az_jv v[2] = {az_field_get(f->panel, f->line, AZ_FIELD_CHOSEN, &as[0]),
                  az_field_get(f->panel, f->line, AZ_FIELD_REJECTED, &as[1])};
    if (!v[0] || !v[1])
        return v[0] || v[1] ? az_fail(f->err, AZ_EINVAL, "'%s' without '%s'", as[!v[0]], as[!v[1]])
                            : 0;
    struct az_str text[2];
    for (int i = 0; i < 2; i++) {
        int r = preferred_text(f, as[i], v[i], &text[i]);
        if (r < 0)
            return r;
    }
    struct az_item *item = f->item;
    item->responses = az_arena_zalloc(item->arena, 2 * sizeof(*item->responses));
    if (!item->responses)
        return az_oom(f->err);
    f->chosen_first = coin(f, text);
    f->chosen_last = !f->chosen_first;
    item->responses[f->chosen_last] = text[0];
    item->responses[f->chosen_first] = text[1];
    item->n_responses = 2;
    return 0;
}

static int take_found(struct fill *f, const struct found *found)
{
    struct az_item *item = f->item;
    item->responses = az_arena_zalloc(item->arena, found->n * sizeof(*item->responses));
    if (!item->responses)
        return az_oom(f->err);
    if (found->n && found->systems[0]) {
        item->systems = az_arena_zalloc(item->arena, found->n * sizeof(*item->systems));
        if (!item->systems)
            return az_oom(f->err);
    }
    for (size_t i = 0; i < found->n; i++) {
        int r = az_fill_scalar(f, found->as[i], found->v[i], &item->responses[i]);
        if (r < 0)
            return r;
        if (!item->systems)
            continue;
        item->systems[i] = az_arena_str(item->arena, az_str(found->systems[i]));
        if (!item->systems[i].p)
            return az_oom(f->err);
    }
    item->n_responses = found->n;
    return 0;
}

int az_fill_responses(struct fill *f)
{
    const char *as;
    struct found found = {0};
    const struct az_field_map *map = az_field_mapped(f->panel, AZ_FIELD_RESPONSES);
    int r = 0;
    az_jv one =
        judges_one(f) && !map ? az_field_get(f->panel, f->line, AZ_FIELD_RESPONSE, &as) : NULL;
    az_jv list = one || map ? NULL : az_field_get(f->panel, f->line, AZ_FIELD_RESPONSES, &as);
    if (one && !is_text(one))
        return az_fill_wrong_type(f, as, one, "a string");
    if (one)
        r = add(f, &found, as, one, NULL);
    else if (map)
        r = add_mapped(f, &found, map);
    else if (list)
        r = add_all(f, &found, as, list);
    else
        r = add_numbered(f, &found);
    if (r < 0)
        return r;
    if (found.n || list)
        return take_found(f, &found);
    return judges_one(f) ? 0 : take_preferred(f);
}

/* `systems` are in the line's order, so chosen's first. */
static int take_system(struct fill *f, const char *as, size_t i, az_jv v)
{
    size_t at = f->chosen_last ? f->item->n_responses - 1 - i : i;
    return az_fill_str(f, as, v, &f->item->systems[at]);
}

int az_fill_systems(struct fill *f)
{
    const char *as;
    struct az_item *item = f->item;
    az_jv v = item->systems ? NULL : az_field_get(f->panel, f->line, AZ_FIELD_SYSTEMS, &as);
    if (!v)
        return 0;
    bool one = az_jv_type(v) == AZ_J_STRING;
    if (!one && az_jv_type(v) != AZ_J_ARRAY)
        return az_fill_wrong_type(f, as, v, "a list of names");
    size_t n = one ? 1 : az_jv_len(v);
    if (n != item->n_responses)
        return az_fail(f->err, AZ_EINVAL, "'%s' has %zu names for %zu responses", as, n,
                       item->n_responses);
    item->systems = az_arena_zalloc(item->arena, n * sizeof(*item->systems));
    if (!item->systems)
        return az_oom(f->err);
    if (one)
        return take_system(f, as, 0, v);
    int r = 0;
    size_t i = 0;
    for (az_jv name = az_jv_first(v); r == 0 && name; name = az_jv_next(name))
        r = take_system(f, as, i++, name);
    return r;
}

int az_fill_check(struct fill *f)
{
    const struct az_item *item = f->item;
    size_t n = item->n_responses;
    switch (f->panel->question.kind) {
    case AZ_CHOICE:
    case AZ_SCORE:
        if (n || item->prompt.p || item->turns.p || item->context.p || item->images.p)
            return 0;
        return az_fail(f->err, AZ_EINVAL,
                       "nothing to judge: no 'response' (or text, content, document, output, "
                       "answer) and no 'prompt' (or instruction, question, input)");
    case AZ_PAIR:
    case AZ_BEST:
    case AZ_RANK:
        break;
    }
    if (!item->responses)
        return az_fail(f->err, AZ_EINVAL,
                       "no 'responses' (or response_A/response_B, output_1/output_2, "
                       "chosen/rejected)");
    if (f->panel->question.kind == AZ_PAIR && n != 2)
        return az_fail(f->err, AZ_EINVAL, "'responses' has %zu %s, a pair needs 2", n,
                       n == 1 ? "entry" : "entries");
    if (n < 2)
        return az_fail(f->err, AZ_EINVAL, "'responses' has %zu %s, at least 2 are needed", n,
                       n == 1 ? "entry" : "entries");
    return 0;
}
