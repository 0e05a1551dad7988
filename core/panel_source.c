/* core/panel_source.c: one tree from a panel's text, the panels it extends and
 * what --set says (panel_set.c). Maps merge, lists replace; every node still knows the file
 * and line it came from. */
#include "core/panel_parts.h"

enum { EXTENDS_MAX = 8 };

const char *az_path_beside(struct az_arena *a, const char *from, const char *path)
{
    const char *slash = from ? strrchr(from, '/') : NULL;
    if (path[0] == '/' || !slash)
        return path;
    size_t dir = (size_t)(slash - from) + 1, n = strlen(path);
    char *joined = az_arena_zalloc(a, dir + n + 1);
    if (!joined)
        return NULL;
    memcpy(joined, from, dir);
    memcpy(joined + dir, path, n);
    return joined;
}

const char *az_path_within(const char *from, const char *path)
{
    const char *slash = from ? strrchr(from, '/') : NULL;
    size_t dir = slash ? (size_t)(slash - from) + 1 : 0;
    if (!dir || strncmp(path, from, dir) != 0 || path[dir] == '/')
        return path;
    return path + dir;
}

int az_panel_file(struct az_panel_draft *d, const struct az_yaml *at, const char *path,
                  const char **ret, struct az_error *err)
{
    AZ_AUTO_MEM char *text = NULL;
    struct az_error why = {0};
    size_t bad;
    if (!d->source->read || d->source->submitted) {
        az_yaml_fail_key(err, at, "'" AZ_STR_FMT "' names a file, and none is read here",
                         AZ_STR_ARG(at->key));
        az_hint(err, "Write out what the file holds ('assize check' prints the whole panel).");
        return AZ_EINVAL;
    }
    int r = d->source->read(d->source->arg, path, &text, &why);
    if (r < 0) {
        az_yaml_fail_key(err, at, "%.300s", why.what);
        az_hint(err, "%s", why.hint);
        if (err)
            err->code = r;
        return r;
    }
    if (!az_utf8_valid(az_str(text), &bad))
        return az_yaml_fail_key(err, at, "file '%.200s' is not UTF-8 at byte %zu", path, bad);
    *ret = az_arena_strdup(d->panel->arena, text);
    return *ret ? 0 : az_oom(err);
}

bool az_panel_has_shorthand(struct az_str key)
{
    return az_str_eqz(key, "question") || az_str_eqz(key, "policy") || az_str_eqz(key, "aggregate");
}

int az_panel_word_to_map(struct az_arena *a, struct az_yaml *y, struct az_error *err)
{
    struct az_yaml *word = az_yaml_new(a, y->type, y);
    if (!word)
        return az_oom(err);
    word->text = y->text;
    word->plain = y->plain;
    word->key = AZ_STR("kind");
    word->key_line = y->line;
    y->type = AZ_Y_MAP;
    az_yaml_append(y, word);
    return 0;
}

/* A template replaces a template_file of the base, and the other way round. */
static void drop_rival(struct az_yaml *base, struct az_str key)
{
    if (az_str_eqz(key, "template"))
        az_yaml_drop(base, "template_file");
    else if (az_str_eqz(key, "template_file"))
        az_yaml_drop(base, "template");
}

/* `over` on top of `base`, which becomes both. */
static int merge(struct az_arena *a, struct az_yaml *base, struct az_yaml *over,
                 struct az_error *err)
{
    for (struct az_yaml *c = over->first, *next; c; c = next) {
        next = c->next;
        struct az_yaml *b = az_yaml_get(base, c->key.p);
        if (b && c->type == AZ_Y_MAP && az_panel_has_shorthand(c->key) && b->type == AZ_Y_TEXT &&
            az_panel_word_to_map(a, b, err) < 0)
            return AZ_ENOMEM;
        if (b && b->type == AZ_Y_MAP && c->type == AZ_Y_MAP) {
            int r = merge(a, b, c, err);
            if (r < 0)
                return r;
            continue;
        }
        drop_rival(base, c->key);
        az_yaml_put(base, c);
    }
    return 0;
}

static int rebase(struct az_panel_draft *d, struct az_yaml *map, const char *key, const char *from,
                  struct az_error *err)
{
    struct az_yaml *y = az_yaml_get(map, key);
    if (!y || !az_yaml_is_scalar(y) || !y->text.n)
        return 0;
    y->text = az_str(az_path_beside(d->panel->arena, from, y->text.p));
    return y->text.p ? 0 : az_oom(err);
}

/* Files that a panel in another folder names are seen from its own folder. */
static int rebase_all(struct az_panel_draft *d, struct az_yaml *root, const char *from,
                      struct az_error *err)
{
    static const struct {
        const char *list, *key;
    } in_lists[] = {{"judges", "template_file"}, {"backends", "file"}};

    int r = rebase(d, root, "template_file", from, err);
    for (size_t i = 0; r == 0 && i < AZ_LEN(in_lists); i++) {
        struct az_yaml *list = az_yaml_get(root, in_lists[i].list);
        if (!list || list->type != AZ_Y_LIST)
            continue;
        for (struct az_yaml *c = list->first; r == 0 && c; c = c->next)
            r = rebase(d, c, in_lists[i].key, from, err);
    }
    return r;
}

const char *az_panel_origin(struct az_arena *a, const char *what, const char *path)
{
    size_t n = strlen(what) + strlen(path) + 4;
    char *origin = az_arena_zalloc(a, n);
    if (origin)
        snprintf(origin, n, "%s '%s'", what, path);
    return origin;
}

static int parse_map(struct az_panel_draft *d, const char *yaml, const char *path,
                     struct az_yaml **ret, struct az_error *err)
{
    const char *origin = az_panel_origin(d->panel->arena, "panel", path);
    if (!origin)
        return az_oom(err);
    int r = az_yaml_parse(d->panel->arena, az_str(yaml), origin, ret, err);
    if (r < 0)
        return r;
    if ((*ret)->type == AZ_Y_MAP)
        return 0;
    if ((*ret)->type == AZ_Y_NULL)
        az_fail(err, AZ_EINVAL, "%s: it is empty", origin);
    else
        az_yaml_fail(err, *ret, "it must be a map, not %s", az_ytype_name((*ret)->type));
    az_hint(err, "A panel needs question and judges: 'assize init' writes one to start from.");
    return AZ_EINVAL;
}

/* Put the panels that `root` extends under it, one after the other. `from` is
 * the path of its own file as the reader knows it; "" for the panel itself. */
static int extend(struct az_panel_draft *d, struct az_yaml **root, struct az_error *err)
{
    const char *from = "";
    for (int depth = 0;; depth++) {
        struct az_yaml *y = az_yaml_get(*root, "extends");
        if (!y || (y->type == AZ_Y_NULL && y->text.n))
            break;
        if (!az_yaml_is_scalar(y) || !y->text.n)
            return az_yaml_fail_key(err, y, "'extends' must be the name of a panel's file");
        if (depth == EXTENDS_MAX) {
            az_yaml_fail(err, y, "'extends' goes more than %d panels deep", (int)EXTENDS_MAX);
            az_hint(err, "Does a panel extend itself?");
            return AZ_EINVAL;
        }
        const char *text, *path = az_path_beside(d->panel->arena, from, y->text.p);
        struct az_yaml *base;
        if (!path)
            return az_oom(err);
        int r = az_panel_file(d, y, path, &text, err);
        if (r == 0)
            r = parse_map(d, text, path, &base, err);
        if (r == 0)
            r = rebase_all(d, base, path, err);
        if (r < 0)
            return r;
        az_yaml_drop(base, "name");
        az_yaml_drop(*root, "extends");
        r = merge(d->panel->arena, base, *root, err);
        if (r < 0)
            return r;
        *root = base;
        from = path;
    }
    az_yaml_drop(*root, "extends");
    return 0;
}

/* A judge that is a lone BACKEND/MODEL, as a map. */
static int expand_judge(struct az_arena *a, struct az_yaml *y, struct az_error *err)
{
    ptrdiff_t slash = az_str_find(y->text, AZ_STR("/"));
    char shown[AZ_YAML_SHOWN];
    if (slash <= 0 || (size_t)slash + 1 == y->text.n) {
        az_yaml_fail(err, y, "no judge: '%s'", az_yaml_shown(y, shown));
        az_hint(err, "Write BACKEND/MODEL, as openai/NAME, or a map with backend and model.");
        return AZ_EINVAL;
    }
    const struct az_str parts[] = {
        {y->text.p, (size_t)slash},
        {y->text.p + slash + 1, y->text.n - (size_t)slash - 1},
        y->text, /* a name, so that --set finds it */
    };
    static const char *const keys[] = {"backend", "model", "name"};
    y->type = AZ_Y_MAP;
    for (size_t i = 0; i < AZ_LEN(parts); i++) {
        struct az_yaml *c = az_yaml_new(a, AZ_Y_TEXT, y);
        if (!c)
            return az_oom(err);
        c->text = az_arena_str(a, parts[i]);
        c->key = az_str(keys[i]);
        c->key_line = y->line;
        if (!c->text.p)
            return az_oom(err);
        az_yaml_append(y, c);
    }
    return 0;
}

static int expand_judges(struct az_panel_draft *d, struct az_yaml *root, struct az_error *err)
{
    struct az_yaml *judges = az_yaml_get(root, "judges");
    int r = 0;
    if (!judges || judges->type != AZ_Y_LIST)
        return 0;
    for (struct az_yaml *c = judges->first; r == 0 && c; c = c->next) {
        if (az_yaml_is_scalar(c))
            r = expand_judge(d->panel->arena, c, err);
    }
    return r;
}

int az_panel_tree(const char *yaml, struct az_panel_draft *d, struct az_yaml **ret,
                  struct az_error *err)
{
    struct az_yaml *root;
    int r = parse_map(d, yaml, d->panel->path, &root, err);
    if (r == 0)
        r = extend(d, &root, err);
    if (r == 0)
        r = expand_judges(d, root, err);
    for (size_t i = 0; r == 0 && i < d->source->n_set; i++) {
        r = az_panel_set(d, root, d->source->set[i], err);
        if (r == 0) /* it may have replaced a judge */
            r = expand_judges(d, root, err);
    }
    if (r < 0)
        return r;
    *ret = root;
    return 0;
}
