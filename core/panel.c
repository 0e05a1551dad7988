#include "core/panel_parts.h"

static const char *stem(struct az_arena *a, const char *path)
{
    const char *slash = strrchr(path, '/'), *from = slash ? slash + 1 : path;
    size_t n = strlen(from);
    struct az_str s = {from, n};
    if (az_str_ends(s, ".yaml"))
        n -= strlen(".yaml");
    else if (az_str_ends(s, ".yml"))
        n -= strlen(".yml");
    return az_arena_strndup(a, from, n ? n : strlen(from));
}

static int name_of(struct az_panel_draft *d, struct az_error *err)
{
    struct az_panel *p = d->panel;
    const struct az_yaml *at = az_yaml_get(d->root, "name");
    p->name = d->name ? d->name : stem(p->arena, p->path);
    if (!p->name)
        return az_oom(err);
    return d->name ? az_panel_name(at, az_str(p->name), "the panel's name", err) : 0;
}

static int template_of(struct az_panel_draft *d, struct az_error *err)
{
    const struct az_yaml *at = az_yaml_get(d->root, "template_file");
    d->panel->template = d->template;
    if (!d->template_file)
        return 0;
    if (d->template)
        return az_yaml_fail_key(err, at, "both 'template' and 'template_file'");
    return az_panel_file(d, at, d->template_file, &d->panel->template, err);
}

static int check_version(const struct az_panel_draft *d, struct az_error *err)
{
    if (d->version == 1)
        return 0;
    az_yaml_fail(err, az_yaml_get(d->root, "version"),
                 "version %d of the panel format is not known", d->version);
    az_hint(err, "This assize reads version 1.");
    return AZ_EINVAL;
}

static int build(struct az_panel_draft *d, const char *yaml, struct az_error *err)
{
    static int (*const steps[])(struct az_panel_draft *, struct az_error *) = {
        name_of,         template_of,    az_panel_question, az_panel_backends,
        az_panel_judges, az_panel_rules, az_panel_fields,   az_panel_check};
    struct az_yaml *root;
    int r = az_panel_tree(yaml, d, &root, err);
    if (r < 0)
        return r;
    d->root = root;
    struct az_yaml *backends = az_yaml_get(root, "backends");
    r = backends ? az_panel_expand(d, backends, err) : 0;
    if (r == 0)
        r = az_keys_fill(root, az_panel_keys, "the panel", d, err);
    if (r == 0)
        r = check_version(d, err);
    for (size_t i = 0; r == 0 && i < AZ_LEN(steps); i++)
        r = steps[i](d, err);
    if (r == 0)
        az_panel_identify(d->panel);
    return r;
}

static struct az_panel *panel_new(const char *path)
{
    AZ_AUTO(arena) a = az_arena_new(8192);
    struct az_panel *p = a ? az_arena_zalloc(a, sizeof(*p)) : NULL;
    if (!p)
        return NULL;
    p->path = az_arena_strdup(a, path);
    if (!p->path)
        return NULL;
    p->arena = AZ_TAKE(a);
    return p;
}

int az_panel_parse(const char *yaml, const char *path, const struct az_panel_source *source,
                   struct az_panel **ret, struct az_error *err)
{
    static const struct az_panel_source nothing = {0};
    AZ_AUTO(panel) p = panel_new(path);
    if (!p)
        return az_oom(err);
    struct az_panel_draft d = {.panel = p, .source = source ? source : &nothing};
    int r = build(&d, yaml, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(p);
    return 0;
}

void az_panel_free(struct az_panel *p)
{
    if (!p)
        return;
    if (p->aggregate.calibrated)
        p->aggregate.calibrated_free(p->aggregate.calibrated);
    az_arena_free(p->arena);
}

int az_panel_judge_find(const struct az_panel *p, struct az_str name)
{
    for (size_t i = 0; i < p->n_judges; i++) {
        if (az_str_eqz(name, p->judges[i].name))
            return (int)i;
    }
    return -1;
}

bool az_backend_is_local(const struct az_backend *b)
{
    return strcmp(b->kind, "lexical") == 0 || strcmp(b->kind, "recorded") == 0;
}

static int both(enum az_order orders[2])
{
    orders[0] = AZ_ORDER_LISTED;
    orders[1] = AZ_ORDER_REVERSED;
    return 2;
}

static int one(enum az_order orders[2], enum az_order order)
{
    orders[0] = order;
    return 1;
}

int az_judge_orders(const struct az_panel *p, int judge, enum az_order orders[2])
{
    const struct az_judge *j = &p->judges[judge];
    const struct az_backend *b = j->backend_at < 0 ? NULL : &p->backends[j->backend_at];
    enum az_kind kind = p->question.kind;
    if (kind == AZ_CHOICE || kind == AZ_SCORE || (b && strcmp(b->kind, "lexical") == 0))
        return one(orders, AZ_ORDER_NONE);
    switch (j->orders) {
    case AZ_ORDERS_NONE:
        return one(orders, AZ_ORDER_NONE);
    case AZ_ORDERS_ONE:
        return one(orders, AZ_ORDER_LISTED);
    case AZ_ORDERS_BOTH:
        return both(orders);
    case AZ_ORDERS_DEFAULT:
        break;
    }
    return kind == AZ_PAIR ? both(orders) : one(orders, AZ_ORDER_LISTED);
}
