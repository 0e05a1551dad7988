#include "core/item_fields.h"

#include <math.h>

enum { ALIASES_MAX = 8 };

static const char *const aliases[][ALIASES_MAX] = {
#define X(field, ...) {__VA_ARGS__},
    AZ_FIELDS(X)
#undef X
};

#define FIRST(first, ...) first
static const char *const names[] = {
#define X(field, ...) FIRST(__VA_ARGS__, ),
    AZ_FIELDS(X)
#undef X
        NULL,
};

const char *const *az_field_aliases(enum az_field f)
{
    return aliases[f];
}

const char *const *az_field_names(void)
{
    return names;
}

const struct az_field_map *az_field_mapped(const struct az_panel *panel, enum az_field f)
{
    for (size_t i = 0; i < panel->n_fields; i++) {
        if (strcmp(panel->fields[i].name, names[f]) == 0)
            return &panel->fields[i];
    }
    return NULL;
}

bool az_field_claimed(const struct az_panel *panel, const char *key)
{
    for (size_t i = 0; i < panel->n_fields; i++) {
        for (size_t j = 0; j < panel->fields[i].n; j++) {
            if (strcmp(panel->fields[i].paths[j], key) == 0)
                return true;
        }
    }
    return false;
}

static az_jv unless_null(az_jv v)
{
    return az_jv_type(v) == AZ_J_NULL ? NULL : v;
}

az_jv az_field_at(az_jv line, const char *path)
{
    az_jv v = az_jv_get(line, path);
    return unless_null(v ? v : az_jv_path(line, path));
}

az_jv az_field_get(const struct az_panel *panel, az_jv line, enum az_field f, const char **as)
{
    const struct az_field_map *map = az_field_mapped(panel, f);
    *as = names[f];
    for (size_t i = 0; map && i < map->n; i++) {
        *as = map->paths[i];
        az_jv v = az_field_at(line, *as);
        if (v)
            return v;
    }
    for (const char *const *name = aliases[f]; !map && *name; name++) {
        az_jv v = az_field_claimed(panel, *name) ? NULL : unless_null(az_jv_get(line, *name));
        *as = *name;
        if (v)
            return v;
    }
    return NULL;
}

/* The whole number at the start of `s`; {NULL, 0} when there is none. */
static struct az_str whole_number(struct az_str s)
{
    size_t n = s.n && s.p[0] == '-';
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    bool fraction = n < s.n && (s.p[n] == '.' || s.p[n] == 'e' || s.p[n] == 'E');
    if (fraction || !n)
        return (struct az_str){0};
    return (struct az_str){s.p, n};
}

/* The digits of the whole number that `key` has at the top of the line, as they
 * are written: past 2^53 a double has lost some. {NULL, 0}: not that simple. */
static struct az_str digits_of(struct az_str json, const char *key)
{
    int depth = 0;
    bool at_key = false;
    for (size_t i = 0; i < json.n; i++) {
        char c = json.p[i];
        if (c == '"') {
            size_t from = ++i;
            while (i < json.n && json.p[i] != '"')
                i += json.p[i] == '\\' ? 2 : 1;
            at_key = depth == 1 && i < json.n &&
                     az_str_eqz((struct az_str){json.p + from, i - from}, key);
        } else if (at_key && (c == '-' || (c >= '0' && c <= '9'))) {
            return whole_number((struct az_str){json.p + i, json.n - i});
        } else {
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
            at_key = at_key && c != ',' && c != '[' && c != '{'; /* right behind it only */
        }
    }
    return (struct az_str){0};
}

struct az_str az_field_number(az_jv v, const char *key, struct az_str json,
                              char text[AZ_NUMBER_MAX])
{
    double d;
    if (!az_jv_num(v, &d) || fabs(d) >= 0x1p53)
        return digits_of(json, key);
    return az_str(az_number_print(d, text));
}
