/* core/panel_fields.c: where fields are found in an item, and what its gold
 * answers mean. */
#include "core/panel_parts.h"

static int add_path(struct az_field_map *f, const struct az_yaml *c, bool named,
                    struct az_error *err)
{
    if (!az_yaml_is_scalar(c) || !c->text.n || c->type == AZ_Y_NULL)
        return az_yaml_fail(err, c, "the path of '%s' must be text", f->name);
    if (named)
        f->systems[f->n] = c->key.p;
    f->paths[f->n++] = c->text.p;
    return 0;
}

static int field(struct az_panel_draft *d, const struct az_yaml *y, struct az_error *err)
{
    struct az_arena *a = d->panel->arena;
    struct az_field_map f = {.name = y->key.p};
    bool several = az_str_eqz(y->key, "responses");
    bool known = false;
    for (const char *const *w = az_field_words; *w; w++)
        known = known || az_str_eqz(y->key, *w);
    if (!known) {
        az_yaml_fail_key(err, y, "'fields' maps no '%.60s'", y->key.p);
        az_keys_hint(err, y->key, az_field_words);
        return AZ_EINVAL;
    }
    bool map = y->type == AZ_Y_MAP;
    if ((map || y->type == AZ_Y_LIST) && !several) {
        az_yaml_fail(err, y, "'%s' is found in one place", f.name);
        az_hint(err, "Only responses may have several.");
        return AZ_EINVAL;
    }
    bool single = az_yaml_is_scalar(y);
    size_t n = single ? 1 : y->n;
    if (!single && (n < 2 || n > AZ_RESPONSES_MAX))
        return az_yaml_fail(err, y, "responses are 2 to %d", (int)AZ_RESPONSES_MAX);
    f.paths = az_arena_zalloc(a, n * sizeof(*f.paths));
    f.systems = map ? az_arena_zalloc(a, n * sizeof(*f.systems)) : NULL;
    if (!f.paths || (map && !f.systems))
        return az_oom(err);
    int r = single ? add_path(&f, y, false, err) : 0;
    for (const struct az_yaml *c = y->first; r == 0 && c; c = c->next)
        r = add_path(&f, c, map, err);
    d->panel->fields[d->panel->n_fields++] = f;
    return r;
}

static int fields(struct az_panel_draft *d, struct az_error *err)
{
    const struct az_yaml *y = d->fields;
    if (!y)
        return 0;
    if (y->type != AZ_Y_MAP)
        return az_yaml_fail(err, y, "'fields' must be a map, not %s", az_ytype_name(y->type));
    d->panel->fields = az_arena_zalloc(d->panel->arena, y->n * sizeof(*d->panel->fields));
    if (!d->panel->fields)
        return az_oom(err);
    int r = 0;
    for (const struct az_yaml *c = y->first; r == 0 && c; c = c->next)
        r = field(d, c, err);
    return r;
}

/* A pair's gold may name a system, so only choices and scores can be checked. */
static int check_gold(const struct az_question *q, const struct az_yaml *c, struct az_error *err)
{
    double v;
    if (!az_yaml_is_scalar(c) || c->type == AZ_Y_NULL)
        return az_yaml_fail(err, c, "'gold_map' must lead to a text or number");
    if (q->kind == AZ_SCORE && !az_str_double(c->text, &v))
        return az_yaml_fail(err, c, "'gold_map' of a score must lead to a number, not '%.40s'",
                            c->text.p);
    if (q->kind != AZ_CHOICE || az_label_find(q, q->n_labels, c->text) != AZ_LABEL_NONE)
        return 0;
    const char *names[AZ_LABELS_MAX + 1] = {NULL};
    memcpy(names, q->labels, q->n_labels * sizeof(*names));
    az_yaml_fail(err, c, "'gold_map' leads to no label of the question: '%.60s'", c->text.p);
    az_keys_hint(err, c->text, names);
    return AZ_EINVAL;
}

static int gold_map(struct az_panel_draft *d, struct az_error *err)
{
    const struct az_yaml *y = d->gold_map;
    struct az_panel *p = d->panel;
    if (!y)
        return 0;
    if (y->type != AZ_Y_MAP)
        return az_yaml_fail(err, y, "'gold_map' must be a map, not %s", az_ytype_name(y->type));
    p->gold_map = az_arena_zalloc(p->arena, y->n * sizeof(*p->gold_map));
    if (!p->gold_map)
        return az_oom(err);
    for (const struct az_yaml *c = y->first; c; c = c->next) {
        int r = check_gold(&p->question, c, err);
        if (r < 0)
            return r;
        p->gold_map[p->n_gold_map++] = (struct az_gold_map_row){c->key.p, c->text.p};
    }
    return 0;
}

int az_panel_fields(struct az_panel_draft *d, struct az_error *err)
{
    int r = fields(d, err);
    return r == 0 ? gold_map(d, err) : r;
}
