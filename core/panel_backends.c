/* core/panel_backends.c: what judges' calls go to: listed in the panel, in
 * --backends, or built in. --backends goes before the panel, the panel before
 * what is built in. */
#include "core/panel_parts.h"

const struct az_builtin az_builtins[] = {
    {"openai", AZ_KIND_OPENAI, NULL, NULL, "`OPENAI_BASE_URL`, else https://api.openai.com/v1",
     "`env:OPENAI_API_KEY`"},
    {"anthropic", AZ_KIND_ANTHROPIC, NULL, NULL,
     "`ANTHROPIC_BASE_URL`, else https://api.anthropic.com", "`env:ANTHROPIC_API_KEY`"},
    {"openrouter", AZ_KIND_OPENAI, "https://openrouter.ai/api/v1", "env:OPENROUTER_API_KEY",
     "https://openrouter.ai/api/v1", "`env:OPENROUTER_API_KEY`"},
    {"ollama", AZ_KIND_OPENAI, "http://localhost:11434/v1", NULL, "http://localhost:11434/v1", ""},
    {"llama-server", AZ_KIND_OPENAI, "http://localhost:8080/v1", NULL, "http://localhost:8080/v1",
     ""},
    {"vllm", AZ_KIND_OPENAI, "http://localhost:8000/v1", NULL, "http://localhost:8000/v1", ""},
    {"lexical", AZ_KIND_LEXICAL, NULL, NULL, "", ""},
    {0},
};

bool az_panel_by_name(const struct az_panel_draft *d)
{
    return d->source->submitted || d->source->portable;
}

static int backend_find(const struct az_panel *p, struct az_str name)
{
    for (size_t i = 0; i < p->n_backends; i++) {
        if (az_str_eqz(name, p->backends[i].name))
            return (int)i;
    }
    return -1;
}

static const struct az_yaml *listed(const struct az_yaml *list, struct az_str name)
{
    for (const struct az_yaml *c = list ? list->first : NULL; c; c = c->next) {
        const struct az_yaml *y = az_yaml_get(c, "name");
        if (y && az_yaml_is_scalar(y) && az_str_eq(y->text, name))
            return c;
    }
    return NULL;
}

/* --backends: a list, or a map that has one as `backends`. */
static int parse_more(struct az_panel_draft *d, struct az_error *err)
{
    const char *path = d->source->backends_path;
    const char *origin = path ? az_panel_origin(d->panel->arena, "backends", path) : "--backends";
    struct az_yaml *root;
    if (!origin)
        return az_oom(err);
    int r = az_yaml_parse(d->panel->arena, az_str(d->source->backends_yaml), origin, &root, err);
    if (r < 0)
        return r;
    for (const struct az_yaml *c = root->type == AZ_Y_MAP ? root->first : NULL; c; c = c->next) {
        if (!az_str_eqz(c->key, "backends"))
            return az_yaml_fail_key(err, c, "unrecognized key '%.100s'", c->key.p);
    }
    if (root->type == AZ_Y_MAP)
        root = root->first;
    if (!root || root->type == AZ_Y_NULL)
        return 0;
    if (root->type != AZ_Y_LIST)
        return az_yaml_fail(err, root, "backends must be a list, not %s",
                            az_ytype_name(root->type));
    d->more_backends = root;
    return az_panel_expand(d, root, err);
}

int az_panel_backend_twins(const struct az_yaml *list, struct az_error *err)
{
    for (const struct az_yaml *c = list ? list->first : NULL; c; c = c->next) {
        const struct az_yaml *name = az_yaml_get(c, "name");
        if (name && az_yaml_is_scalar(name) && listed(list, name->text) != c)
            return az_yaml_fail(err, name, "two backends are called '%.60s'", name->text.p);
    }
    return 0;
}

int az_panel_backends(struct az_panel_draft *d, struct az_error *err)
{
    struct az_panel *p = d->panel;
    const struct az_yaml *list = d->backends;
    int r = d->source->backends_yaml ? parse_more(d, err) : 0;
    if (r < 0)
        return r;
    if (list && list->type != AZ_Y_LIST)
        return az_yaml_fail(err, list, "'backends' must be a list, not %s",
                            az_ytype_name(list->type));
    r = az_panel_backend_twins(list, err);
    if (r == 0)
        r = az_panel_backend_twins(d->more_backends, err);
    if (r < 0)
        return r;

    /* Room for all that judges may add, so that pointers stay. */
    size_t max = (list ? list->n : 0) + AZ_JUDGES_MAX;
    p->backends = az_arena_zalloc(p->arena, max * sizeof(*p->backends));
    if (!p->backends)
        return az_oom(err);
    for (const struct az_yaml *c = list ? list->first : NULL; c; c = c->next) {
        const struct az_yaml *name = az_yaml_get(c, "name"), *use = c;
        if (name && az_yaml_is_scalar(name) && listed(d->more_backends, name->text))
            use = listed(d->more_backends, name->text);
        const char *from = use == c ? p->path : d->source->backends_path;
        r = az_panel_backend(d, use, from, &p->backends[p->n_backends], err);
        if (r < 0)
            return r;
        p->n_backends++;
    }
    return 0;
}

static int use_builtin(struct az_panel_draft *d, const struct az_builtin *in, struct az_error *err)
{
    struct az_backend_draft draft = {.kind = in->kind};
    struct az_yaml at = {.type = AZ_Y_TEXT, .origin = d->panel->path, .text = az_str(in->url)};
    int r = 0;
    draft.backend = (struct az_backend){.name = in->name, .kind = az_backend_words[in->kind]};
    if (az_kind_is_remote(in->kind) && !az_panel_by_name(d)) {
        draft.url = &at;
        draft.backend.key = in->key;
        r = in->url ? az_panel_urls(d, &draft, err)
                    : az_panel_provider(d, &draft.backend, in->kind, &at, err);
    }
    if (r == 0)
        d->panel->backends[d->panel->n_backends++] = draft.backend;
    return r;
}

static int use_more(struct az_panel_draft *d, const struct az_yaml *map, struct az_error *err)
{
    struct az_panel *p = d->panel;
    int r = az_panel_backend(d, map, d->source->backends_path, &p->backends[p->n_backends], err);
    if (r == 0)
        p->n_backends++;
    return r;
}

/* Only workers know it, and what kind it is. */
static int use_name(struct az_panel_draft *d, struct az_str name, struct az_error *err)
{
    struct az_panel *p = d->panel;
    struct az_backend b = {.name = az_arena_strndup(p->arena, name.p, name.n),
                           .kind = AZ_KIND_UNSAID};
    if (!b.name)
        return az_oom(err);
    p->backends[p->n_backends++] = b;
    return 0;
}

int az_panel_backend_use(struct az_panel_draft *d, struct az_str name, int *ret,
                         struct az_error *err)
{
    *ret = backend_find(d->panel, name);
    if (*ret >= 0)
        return 0;

    const struct az_yaml *more = listed(d->more_backends, name);
    const struct az_builtin *in = az_builtins;
    while (in->name && !az_str_eqz(name, in->name))
        in++;
    if (!more && !in->name && !az_panel_by_name(d) && !d->source->elsewhere)
        return 0;
    *ret = (int)d->panel->n_backends;
    if (more)
        return use_more(d, more, err);
    return in->name ? use_builtin(d, in, err) : use_name(d, name, err);
}

void az_panel_backend_names(const struct az_panel_draft *d,
                            const char *names[AZ_BACKEND_NAMES_MAX + 1])
{
    size_t n = 0;
    for (size_t i = 0; i < d->panel->n_backends && n < AZ_BACKEND_NAMES_MAX; i++)
        names[n++] = d->panel->backends[i].name;
    const struct az_yaml *more = d->more_backends ? d->more_backends->first : NULL;
    for (; more && n < AZ_BACKEND_NAMES_MAX; more = more->next) {
        const struct az_yaml *name = az_yaml_get(more, "name");
        if (name && az_yaml_is_scalar(name))
            names[n++] = name->text.p;
    }
    for (const struct az_builtin *in = az_builtins; in->name && n < AZ_BACKEND_NAMES_MAX; in++)
        names[n++] = in->name;
    names[n] = NULL;
}
