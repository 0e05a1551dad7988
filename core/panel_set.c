/* core/panel_set.c: --set KEY=VALUE: a dotted path into the panel's tree, and
 * a value in YAML. */
#include "core/panel_parts.h"

/* Does `path` begin with `name`, whole, up to a dot or the end? Then cut it. */
static bool cut_name(struct az_str *path, struct az_str name)
{
    if (!name.n || path->n < name.n || memcmp(path->p, name.p, name.n) != 0)
        return false;
    if (path->n > name.n && path->p[name.n] != '.')
        return false;
    size_t n = AZ_MIN(name.n + 1, path->n);
    *path = (struct az_str){path->p + n, path->n - n};
    return true;
}

static struct az_str cut_segment(struct az_str *path)
{
    ptrdiff_t dot = az_str_find(*path, AZ_STR("."));
    size_t n = dot < 0 ? path->n : (size_t)dot, cut = dot < 0 ? n : n + 1;
    struct az_str head = {path->p, n};
    *path = (struct az_str){path->p + cut, path->n - cut};
    return head;
}

/* A list's element by its name (which may hold dots) or its number from 0. */
static struct az_yaml *find_element(const struct az_yaml *list, struct az_str *path)
{
    for (struct az_yaml *c = list->first; c; c = c->next) {
        const struct az_yaml *name = az_yaml_get(c, "name");
        if (name && cut_name(path, name->text))
            return c;
    }
    struct az_str rest = *path, head = cut_segment(&rest);
    int64_t nth;
    if (!az_str_int(head, &nth) || nth < 0)
        return NULL;
    for (struct az_yaml *c = list->first; c; c = c->next) {
        if (nth-- == 0) {
            *path = rest;
            return c;
        }
    }
    return NULL;
}

/* Maps whose keys are names of any kind, dots and all. */
static bool has_free_keys(struct az_str key)
{
    static const char *const names[] = {"weights",  "levels", "labels",
                                        "gold_map", "map",    "headers"};
    for (size_t i = 0; i < AZ_LEN(names); i++) {
        if (az_str_eqz(key, names[i]))
            return true;
    }
    return false;
}

/* A map's member, the longest name that fits; a new one when there is none. */
static struct az_yaml *find_member(struct az_arena *a, struct az_yaml *map, struct az_str *path,
                                   const struct az_yaml *value)
{
    struct az_yaml *best = NULL;
    for (struct az_yaml *c = map->first; c; c = c->next) {
        struct az_str rest = *path;
        if (cut_name(&rest, c->key) && (!best || c->key.n > best->key.n))
            best = c;
    }
    if (best) {
        cut_name(path, best->key);
        return best;
    }
    struct az_yaml *y = az_yaml_new(a, AZ_Y_MAP, value);
    struct az_str all = *path;
    if (has_free_keys(map->key))
        path->n = 0;
    struct az_str key = az_arena_str(a, path->n ? cut_segment(path) : all);
    if (!y || !key.p)
        return NULL;
    y->key = key;
    az_yaml_append(map, y);
    return y;
}

/* Overwrite a node in place; it keeps its key and its neighbours. */
static void overwrite(struct az_yaml *y, const struct az_yaml *value)
{
    struct az_yaml old = *y;
    *y = *value;
    y->key = old.key;
    y->key_line = 0;
    y->next = old.next;
}

static int set_path(struct az_panel_draft *d, struct az_yaml *root, struct az_str path,
                    const struct az_yaml *value, struct az_error *err)
{
    struct az_yaml *y = root;
    while (path.n) {
        if (y->type != AZ_Y_MAP && az_panel_has_shorthand(y->key) && az_yaml_is_scalar(y) &&
            az_panel_word_to_map(d->panel->arena, y, err) < 0)
            return AZ_ENOMEM;
        if (y->type == AZ_Y_LIST)
            y = find_element(y, &path);
        else if (y->type != AZ_Y_MAP)
            y = NULL;
        else if (!(y = find_member(d->panel->arena, y, &path, value)))
            return az_oom(err);
        if (!y) {
            az_yaml_fail(err, value, "nothing there called '" AZ_STR_FMT "'", AZ_STR_ARG(path));
            az_hint(err, "A list's entries are named by their number from 0 or their name.");
            return AZ_EINVAL;
        }
    }
    overwrite(y, value);
    return 0;
}

int az_panel_set(struct az_panel_draft *d, struct az_yaml *root, const char *set,
                 struct az_error *err)
{
    const char *equal = strchr(set, '=');
    size_t n = equal ? (size_t)(equal - set) : 0;
    if (!n || set[0] == '.' || set[n - 1] == '.') {
        az_fail(err, AZ_EINVAL, "--set '%.200s': no KEY=VALUE", set);
        az_hint(err, "Write it like --set limits.usd=3.");
        return AZ_EINVAL;
    }
    char *key = az_arena_strndup(d->panel->arena, set, n);
    const char *origin = key ? az_panel_origin(d->panel->arena, "--set", key) : NULL;
    if (!origin)
        return az_oom(err);
    if (strcmp(key, "extends") == 0)
        return az_fail(err, AZ_EINVAL, "%s: it is set in the panel's file only", origin);

    struct az_yaml *value;
    int r = az_yaml_parse(d->panel->arena, az_str(equal + 1), origin, &value, err);
    if (r < 0)
        return r;
    value->line = 0;
    return set_path(d, root, az_str(key), value, err);
}
