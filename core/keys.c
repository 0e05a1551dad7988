#include "core/keys.h"

#include "core/number.h"

enum { NAMES_MAX = 64 };

/* "Did you mean 'x'?", or what there is to choose from. */
void az_keys_hint(struct az_error *err, struct az_str word, const char *const *names)
{
    const char *near = az_nearest(word, names);
    if (near) {
        az_hint(err, "Did you mean '%s'?", near);
        return;
    }
    char list[sizeof(err->hint) - 16];
    size_t n = 0;
    list[0] = '\0';
    for (; *names && n < sizeof(list); names++)
        n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", *names);
    az_hint(err, n < sizeof(list) ? "Known here: %s." : "Known here: %.200s …", list);
}

static const struct az_key_row *row_find(const struct az_key_row *rows, struct az_str name)
{
    for (; rows->name; rows++) {
        if (az_str_eqz(name, rows->name))
            return rows;
    }
    return NULL;
}

int az_keys_unknown(const struct az_yaml *member, const struct az_key_row *rows,
                    struct az_error *err)
{
    const char *names[NAMES_MAX + 1];
    size_t n = 0;
    for (; rows->name && n < NAMES_MAX; rows++) {
        if (!rows->unbuilt)
            names[n++] = rows->name;
    }
    names[n] = NULL;
    az_yaml_fail_key(err, member, "unrecognized key '%.100s'", member->key.p);
    az_keys_hint(err, member->key, names);
    return AZ_EINVAL;
}

static int wrong_type(const struct az_yaml *y, const struct az_key_row *row, const char *want,
                      struct az_error *err)
{
    char shown[AZ_YAML_SHOWN];
    const char *quote = az_yaml_is_scalar(y) && !y->hidden ? "'" : "";
    az_yaml_fail(err, y, "'%s' must be %s, not %s%s%s", row->name, want, quote,
                 az_yaml_shown(y, shown), quote);
    if (y->type == AZ_Y_TEXT && !y->plain && az_yaml_plain_type(y->text) != AZ_Y_TEXT)
        az_hint(err, "Write it without quotes.");
    return AZ_EINVAL;
}

static int out_of_range(const struct az_yaml *y, const struct az_key_row *row, struct az_error *err)
{
    char shown[AZ_YAML_SHOWN], min[AZ_NUMBER_MAX], max[AZ_NUMBER_MAX];
    az_yaml_fail(err, y, "'%s' is out of range: %s", row->name, az_yaml_shown(y, shown));
    if (row->max)
        az_hint(err, "It lies between %s and %s.", az_number_print(row->min, min),
                az_number_print(row->max, max));
    else
        az_hint(err, "It is %s or more.", az_number_print(row->min, min));
    return AZ_EINVAL;
}

/* A max of 0 is "no upper end". */
static bool in_range(const struct az_key_row *row, double v)
{
    if (!row->min && !row->max)
        return true;
    return v >= row->min && (!row->max || v <= row->max);
}

static int set_int(const struct az_yaml *y, const struct az_key_row *row, char *at,
                   struct az_error *err)
{
    int64_t v;
    if (!az_yaml_int(y, &v))
        return wrong_type(y, row, "a whole number", err);
    bool fits = row->type == AZ_KEY_INT64 || (v >= INT32_MIN && v <= INT32_MAX);
    if (!fits || !in_range(row, (double)v))
        return out_of_range(y, row, err);
    if (row->type == AZ_KEY_INT64)
        *(int64_t *)(void *)at = v;
    else
        *(int *)(void *)at = (int)v;
    return 0;
}

static int set_num(const struct az_yaml *y, const struct az_key_row *row, char *at,
                   struct az_error *err)
{
    double v;
    if (!az_yaml_num(y, &v))
        return wrong_type(y, row, "a number", err);
    if (!in_range(row, v))
        return out_of_range(y, row, err);
    *(double *)(void *)at = v;
    return 0;
}

static int set_usd(const struct az_yaml *y, const struct az_key_row *row, char *at,
                   struct az_error *err)
{
    double v;
    if (!az_yaml_num(y, &v))
        return wrong_type(y, row, "dollars, as a number", err);
    if (!az_number_usd_read(y->text.p, (az_nusd *)(void *)at)) {
        az_yaml_fail(err, y, "'%s' is out of range: %.40s", row->name, y->text.p);
        az_hint(err, "It is 0 or more dollars.");
        return AZ_EINVAL;
    }
    return 0;
}

static int set_bool(const struct az_yaml *y, const struct az_key_row *row, char *at,
                    struct az_error *err)
{
    if (y->type != AZ_Y_BOOL) {
        wrong_type(y, row, "true or false", err);
        if (y->type == AZ_Y_TEXT && y->plain)
            az_hint(err,
                    "YAML 1.2 has 'true' and 'false' only; 'yes', 'no', 'on', 'off' are text.");
        return AZ_EINVAL;
    }
    *(bool *)at = y->text.p[0] == 't' || y->text.p[0] == 'T';
    return 0;
}

static bool is_later(const struct az_key_row *row, struct az_str word)
{
    for (size_t i = 0; row->later && row->later[i]; i++) {
        if (az_str_eqz(word, row->later[i]))
            return true;
    }
    return false;
}

static int set_word(const struct az_yaml *y, const struct az_key_row *row, char *at,
                    struct az_error *err)
{
    if (!az_yaml_is_scalar(y))
        return wrong_type(y, row, "a word", err);
    for (int i = 0; row->words[i]; i++) {
        if (az_str_eqz(y->text, row->words[i])) {
            *(int *)(void *)at = i;
            return 0;
        }
    }
    char text[AZ_YAML_SHOWN];
    const char *shown = az_yaml_shown(y, text), *what = row->what ? row->what : row->name;
    bool later = is_later(row, y->text);
    if (later)
        az_yaml_fail(err, y, "%s '%s' %s", what, shown,
                     row->later_why ? row->later_why : "is not built yet");
    else
        az_yaml_fail(err, y, "unknown %s '%s'", what, shown);
    if (later && row->later_hint)
        az_hint(err, row->later_hint, shown);
    else
        az_keys_hint(err, later ? (struct az_str){"", 0} : y->text, row->words);
    return AZ_EINVAL;
}

static int set_text(const struct az_yaml *y, const struct az_key_row *row, char *at,
                    struct az_error *err)
{
    if (!az_yaml_is_scalar(y))
        return wrong_type(y, row, "text", err);
    *(const char **)(void *)at = y->text.p;
    return 0;
}

static int set(const struct az_yaml *y, const struct az_key_row *row, char *base,
               struct az_error *err);

/* `word` as {shorthand: word}. */
static int set_shorthand(const struct az_yaml *y, const struct az_key_row *row, char *at,
                         struct az_error *err)
{
    const struct az_key_row *key = row_find(row->sub, az_str(row->shorthand));
    struct az_yaml word = *y;
    word.next = NULL;
    word.key = az_str(key->name);
    struct az_yaml map = {.type = AZ_Y_MAP,
                          .line = y->line,
                          .origin = y->origin,
                          .key = y->key,
                          .key_line = y->key_line,
                          .n = 1,
                          .first = &word,
                          .last = &word};
    return az_keys_fill(&map, row->sub, row->name, at, err);
}

static int set_table(const struct az_yaml *y, const struct az_key_row *row, char *at,
                     struct az_error *err)
{
    if (row->shorthand && az_yaml_is_scalar(y))
        return set_shorthand(y, row, at, err);
    if (y->type != AZ_Y_MAP)
        return wrong_type(y, row, row->shorthand ? "a word or a map" : "a map", err);
    return az_keys_fill(y, row->sub, row->name, at, err);
}

static int set(const struct az_yaml *y, const struct az_key_row *row, char *base,
               struct az_error *err)
{
    char *at = base + row->at;
    if (row->has)
        *(bool *)(base + row->has - 1) = true;
    switch (row->type) {
    case AZ_KEY_TEXT:
        return set_text(y, row, at, err);
    case AZ_KEY_BOOL:
        return set_bool(y, row, at, err);
    case AZ_KEY_INT:
    case AZ_KEY_INT64:
        return set_int(y, row, at, err);
    case AZ_KEY_NUM:
        return set_num(y, row, at, err);
    case AZ_KEY_USD:
        return set_usd(y, row, at, err);
    case AZ_KEY_WORD:
        return set_word(y, row, at, err);
    case AZ_KEY_TABLE:
        return set_table(y, row, at, err);
    case AZ_KEY_NODE:
        *(const struct az_yaml **)(void *)at = y;
        return 0;
    }
    return 0;
}

/* What nobody said. A default is written as a user would write it, so that the
 * page and the reader cannot differ. */
static int set_default(const struct az_yaml *map, const struct az_key_row *row, char *base,
                       struct az_error *err)
{
    if (row->type == AZ_KEY_TABLE) {
        struct az_yaml empty = {.type = AZ_Y_MAP, .line = map->line, .origin = map->origin};
        return az_keys_fill(&empty, row->sub, row->name, base + row->at, err);
    }
    if (!row->def)
        return 0;
    struct az_yaml y = {.text = az_str(row->def), .plain = true, .origin = map->origin};
    y.type = az_yaml_plain_type(y.text);
    struct az_key_row silent = *row;
    silent.has = 0;
    int r = set(&y, &silent, base, err);
    az_assert(r == 0); /* a row's own default fits its own range */
    return r;
}

/* "key:" with nothing behind it is a mistake; `null` says "as if not there". */
static int check_null(const struct az_yaml *y, struct az_error *err)
{
    if (y->text.n)
        return 0;
    az_yaml_fail_key(err, y, "'%.100s' has no value", y->key.p);
    az_hint(err, "Give it one, leave the key out, or write null to take it back.");
    return AZ_EINVAL;
}

static int missing(const struct az_yaml *map, const struct az_key_row *row, const char *what,
                   struct az_error *err)
{
    az_yaml_fail(err, map, "%s has no '%s'", what, row->name);
    az_hint(err, "Add '%s': %s", row->name, row->doc);
    return AZ_EINVAL;
}

static int fill_row(const struct az_yaml *map, const struct az_key_row *row, const char *what,
                    char *base, struct az_error *err)
{
    const struct az_yaml *y = az_yaml_get(map, row->name);
    if (y && y->type == AZ_Y_NULL) {
        int r = check_null(y, err);
        if (r < 0)
            return r;
        y = NULL;
    }
    if (y && row->unbuilt) {
        az_yaml_fail_key(err, y, "'%s' is not built yet", row->name);
        az_hint(err, "Leave the key out: this version of assize cannot honour it.");
        return AZ_EINVAL;
    }
    if (row->unbuilt)
        return 0;
    if (!y && row->required)
        return missing(map, row, what, err);
    return y ? set(y, row, base, err) : set_default(map, row, base, err);
}

int az_keys_fill(const struct az_yaml *map, const struct az_key_row *rows, const char *what,
                 void *into, struct az_error *err)
{
    if (map->type != AZ_Y_MAP) {
        char shown[AZ_YAML_SHOWN];
        return az_yaml_fail(err, map, "%s must be a map, not %s", what,
                            az_yaml_is_scalar(map) ? az_ytype_name(map->type)
                                                   : az_yaml_shown(map, shown));
    }
    for (const struct az_yaml *c = map->first; c; c = c->next) {
        if (!row_find(rows, c->key))
            return az_keys_unknown(c, rows, err);
    }
    for (const struct az_key_row *row = rows; row->name; row++) {
        int r = fill_row(map, row, what, into, err);
        if (r < 0)
            return r;
    }
    return 0;
}
