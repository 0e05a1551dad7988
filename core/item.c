#include "core/item.h"

#include "core/gold.h"
#include "core/item_fill.h"
#include "core/mem.h"

int az_fill_wrong_type(struct fill *f, const char *as, az_jv v, const char *expected)
{
    return az_fail(f->err, AZ_EINVAL, "'%s' is %s, expected %s", as, az_jtype_name(az_jv_type(v)),
                   expected);
}

static int copy(struct fill *f, struct az_str from, struct az_str *to)
{
    *to = az_arena_str(f->item->arena, from);
    return to->p ? 0 : az_oom(f->err);
}

int az_fill_str(struct fill *f, const char *as, az_jv v, struct az_str *to)
{
    if (az_jv_type(v) != AZ_J_STRING)
        return az_fill_wrong_type(f, as, v, "a string");
    return copy(f, az_jv_str(v), to);
}

static int number_text(struct fill *f, const char *as, az_jv v, struct az_str *to)
{
    char text[AZ_NUMBER_MAX];
    struct az_str s = az_field_number(v, as, f->json, text);
    if (s.p)
        return copy(f, s, to);
    az_fail(f->err, AZ_EINVAL, "'%s' is a number with more digits than can be kept", as);
    az_hint(f->err, "Write it as a string.");
    return AZ_EINVAL;
}

int az_fill_scalar(struct fill *f, const char *as, az_jv v, struct az_str *to)
{
    if (az_jv_type(v) == AZ_J_NUMBER)
        return number_text(f, as, v, to);
    if (az_jv_type(v) == AZ_J_BOOL)
        return copy(f, az_str(az_jv_true(v) ? "true" : "false"), to);
    return az_fill_str(f, as, v, to);
}

int az_fill_json(struct fill *f, az_jv v, struct az_str *to)
{
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    az_jv_print(&text, v);
    int r = az_buf_check(&text, f->err);
    return r < 0 ? r : copy(f, az_buf_view(&text), to);
}

static int fill_reference(struct fill *f)
{
    const char *as;
    az_jv v = az_field_get(f->panel, f->line, AZ_FIELD_REFERENCE, &as);
    return v ? az_fill_scalar(f, as, v, &f->item->reference) : 0;
}

static int fill_name(struct fill *f, enum az_field field, struct az_str *to)
{
    const char *as;
    az_jv v = az_field_get(f->panel, f->line, field, &as);
    if (!v)
        return 0;
    if (az_jv_type(v) == AZ_J_NUMBER)
        return number_text(f, as, v, to);
    if (az_jv_type(v) != AZ_J_STRING)
        return az_fill_wrong_type(f, as, v, "a string or a number");
    if (!az_jv_str(v).n && field == AZ_FIELD_CLUSTER)
        return 0;
    if (!az_jv_str(v).n)
        return az_fail(f->err, AZ_EINVAL, "'%s' is empty", as);
    if (az_jv_str(v).n > AZ_ID_MAX)
        return az_fail(f->err, AZ_EINVAL, "'%s' has %zu bytes, %d are allowed", as, az_jv_str(v).n,
                       AZ_ID_MAX);
    return copy(f, az_jv_str(v), to);
}

/* "instruction" and "input" beside it are two halves of one prompt. */
static int fill_prompt(struct fill *f)
{
    const char *as;
    struct az_item *item = f->item;
    az_jv v = az_field_get(f->panel, f->line, AZ_FIELD_PROMPT, &as);
    if (!v)
        return 0;
    struct az_str rest = {0};
    if (strcmp(as, "instruction") == 0 && !az_field_claimed(f->panel, "instruction") &&
        !az_field_claimed(f->panel, "input"))
        rest = az_jv_str(az_jv_get(f->line, "input"));
    if (!rest.n || !az_jv_str(v).p)
        return az_fill_str(f, as, v, &item->prompt);

    AZ_AUTO_BUF both = az_buf(AZ_BUF_MAX);
    az_buf_str(&both, az_jv_str(v));
    az_buf_z(&both, "\n\n");
    az_buf_str(&both, rest);
    int r = az_buf_check(&both, f->err);
    return r < 0 ? r : copy(f, az_buf_view(&both), &item->prompt);
}

static int fill_context(struct fill *f)
{
    const char *as;
    az_jv v = az_field_get(f->panel, f->line, AZ_FIELD_CONTEXT, &as);
    if (!v)
        return 0;
    if (az_jv_type(v) == AZ_J_STRING)
        return az_fill_str(f, as, v, &f->item->context);
    if (az_jv_type(v) != AZ_J_ARRAY)
        return az_fill_wrong_type(f, as, v, "a string or a list of strings");

    AZ_AUTO_BUF all = az_buf(AZ_BUF_MAX);
    size_t number = 0;
    for (az_jv entry = az_jv_first(v); entry; entry = az_jv_next(entry)) {
        if (az_jv_type(entry) != AZ_J_STRING)
            return az_fail(f->err, AZ_EINVAL, "'%s' entry %zu is %s, expected a string", as,
                           number + 1, az_jtype_name(az_jv_type(entry)));
        az_buf_z(&all, number++ ? "\n\n" : "");
        az_buf_str(&all, az_jv_str(entry));
    }
    int r = az_buf_check(&all, f->err);
    return r < 0 || !number ? r : copy(f, az_buf_view(&all), &f->item->context);
}

/* Fields that are kept as JSON text. */
static int fill_texts(struct fill *f)
{
    const char *as;
    struct az_item *item = f->item;
    int r = 0;
    az_jv turns = az_field_get(f->panel, f->line, AZ_FIELD_TURNS, &as);
    if (turns && az_jv_type(turns) != AZ_J_ARRAY)
        return az_fill_wrong_type(f, as, turns, "a list");
    if (turns)
        r = az_fill_json(f, turns, &item->turns);

    az_jv images = r < 0 ? NULL : az_field_get(f->panel, f->line, AZ_FIELD_IMAGES, &as);
    if (images && az_jv_type(images) != AZ_J_ARRAY && az_jv_type(images) != AZ_J_STRING)
        return az_fill_wrong_type(f, as, images, "a list or a string");
    if (images)
        r = az_fill_json(f, images, &item->images);

    az_jv meta = r < 0 ? NULL : az_field_get(f->panel, f->line, AZ_FIELD_META, &as);
    return meta ? az_fill_json(f, meta, &item->meta) : r;
}

/* `target` is gold or reference; see the header. */
static int fill_target(struct fill *f, az_jv *gold)
{
    const char *as;
    struct az_item *item = f->item;
    az_jv target = az_field_get(f->panel, f->line, AZ_FIELD_TARGET, &as);
    bool doubt = f->panel->question.kind == AZ_CHOICE && !*gold;
    if (!target)
        return 0;
    if (doubt || az_gold_known(f->panel, item, target))
        *gold = *gold ? *gold : target;
    else if (!item->reference.p && az_jv_type(target) == AZ_J_STRING)
        return az_fill_str(f, as, target, &item->reference);
    return 0;
}

static int fill_gold(struct fill *f)
{
    const char *as;
    struct az_item *item = f->item;
    az_jv gold = az_field_get(f->panel, f->line, AZ_FIELD_GOLD, &as);
    int r = fill_target(f, &gold);
    if (r == 0)
        r = az_gold_set(f->panel, item, gold, f->err);
    if (r < 0 || item->gold_json.p || !(f->chosen_first || f->chosen_last))
        return r;
    /* With spaces, which no `gold_map:` for the letters touches. */
    return az_item_set_gold(f->panel, item,
                            f->chosen_first ? AZ_STR("\"A > B\"") : AZ_STR("\"B > A\""), f->err);
}

static void hash_texts(struct az_hasher *h, const struct az_str *v, size_t n)
{
    az_hasher_int(h, (int64_t)n);
    for (size_t i = 0; i < n; i++)
        az_hasher_str(h, v[i]);
}

struct az_hash az_item_content(const struct az_item *item)
{
    struct az_hasher h;
    az_hasher_init(&h);
    az_hasher_str(&h, item->prompt);
    hash_texts(&h, item->responses, item->n_responses);
    az_hasher_str(&h, item->reference);
    az_hasher_str(&h, item->context);
    az_hasher_str(&h, item->turns);
    az_hasher_str(&h, item->images);
    return az_hasher_end(&h);
}

static int fill_content(struct fill *f)
{
    struct az_item *item = f->item;
    item->content = az_item_content(item);
    if (item->id.p)
        return 0;
    char hex[AZ_HASH_HEX + 1];
    az_hash_hex(&item->content, hex);
    return copy(f, az_str(hex), &item->id);
}

/* What `fields:` points to must be there, or the wrong thing would be judged. */
static int check_mapped(struct fill *f)
{
    static const enum az_field needed[] = {AZ_FIELD_ID, AZ_FIELD_PROMPT, AZ_FIELD_RESPONSE};
    for (size_t i = 0; i < AZ_LEN(needed); i++) {
        const char *as;
        if (az_field_mapped(f->panel, needed[i]) &&
            !az_field_get(f->panel, f->line, needed[i], &as))
            return az_fail(f->err, AZ_EINVAL, "no '%s', where fields: finds '%s'", as,
                           az_field_aliases(needed[i])[0]);
    }
    return 0;
}

static int fill_all(struct fill *f)
{
    struct az_item *item = f->item;
    int r = check_mapped(f);
    if (r == 0)
        r = fill_name(f, AZ_FIELD_ID, &item->id);
    if (r == 0)
        r = fill_name(f, AZ_FIELD_CLUSTER, &item->cluster);
    if (r == 0)
        r = fill_prompt(f);
    if (r == 0)
        r = fill_reference(f);
    if (r == 0)
        r = fill_context(f);
    if (r == 0)
        r = fill_texts(f);
    if (r == 0)
        r = az_fill_responses(f);
    if (r == 0)
        r = az_fill_messages(f);
    if (r == 0)
        r = az_fill_systems(f);
    if (r == 0)
        r = fill_gold(f);
    if (r == 0)
        r = az_fill_check(f);
    return r == 0 ? fill_content(f) : r;
}

int az_item_parse(const struct az_panel *panel, struct az_str json, int64_t line,
                  struct az_item **ret, struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(json, &doc, err);
    if (r < 0)
        return r;
    az_jv root = az_json_root(doc);
    if (az_jv_type(root) != AZ_J_OBJECT)
        return az_fail(err, AZ_EINVAL, "the line is %s, expected an object",
                       az_jtype_name(az_jv_type(root)));

    AZ_AUTO(item) item = az_item_new(json.n + 512);
    if (!item)
        return az_oom(err);
    item->line = line;
    struct fill f = {.panel = panel, .line = root, .json = json, .item = item, .err = err};
    r = fill_all(&f);
    if (r == 0)
        *ret = AZ_TAKE(item);
    return r;
}

int az_item_set_gold(const struct az_panel *panel, struct az_item *item, struct az_str json,
                     struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(json, &doc, err);
    return r < 0 ? az_wrap(err, "gold") : az_gold_set(panel, item, az_json_root(doc), err);
}

uint64_t az_item_cluster(const struct az_item *item)
{
    enum { NAMED = 1, BY_PROMPT, ALONE };
    if (item->cluster.p)
        return az_hash64(NAMED, item->cluster);
    if (item->prompt.n)
        return az_hash64(BY_PROMPT, item->prompt);
    return az_hash64(ALONE, (struct az_str){(const char *)item->content.bytes, AZ_HASH_BYTES});
}
