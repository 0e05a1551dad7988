/* core/panel_schema.c: the JSON schema of a panel, from the key tables. */
#include "core/json.h"
#include "core/panel_doc.h"
#include "core/panel_parts.h"

static void table(struct az_jw *w, const struct az_key_row *rows);

/* Any scalar is text: `model: 4` names a model called 4. */
static void any_scalar(struct az_jw *w)
{
    az_jw_key(w, "type");
    az_jw_raw(w, AZ_STR("[\"string\",\"number\",\"boolean\"]"));
}

static void bounds(struct az_jw *w, const struct az_key_row *row)
{
    if (!row->min && !row->max)
        return;
    az_jw_knum(w, "minimum", row->min);
    if (row->max)
        az_jw_knum(w, "maximum", row->max);
}

static void choose(struct az_jw *w, const char *const *words)
{
    az_jw_key(w, "enum");
    az_jw_arr(w);
    for (; *words; words++)
        az_jw_z(w, *words);
    az_jw_arr_end(w);
}

/* What a lone word may be: the words of the key that it stands for. */
static void shorthand(struct az_jw *w, const struct az_key_row *row)
{
    const struct az_key_row *key = row->sub;
    while (strcmp(key->name, row->shorthand) != 0)
        key++;
    az_jw_obj(w);
    choose(w, key->words);
    az_jw_obj_end(w);
}

static void sub_table(struct az_jw *w, const struct az_key_row *row)
{
    az_jw_obj(w);
    table(w, row->sub);
    az_jw_obj_end(w);
}

static void list_of(struct az_jw *w, const struct az_key_row *row, unsigned shape)
{
    az_jw_obj(w);
    az_jw_kz(w, "type", "array");
    az_jw_key(w, "items");
    az_jw_obj(w);
    if (shape & AZ_SHAPE_NUMS) {
        az_jw_kz(w, "type", "number");
    } else if (shape & AZ_SHAPE_TABLES) {
        az_jw_key(w, "anyOf");
        az_jw_arr(w);
        if (shape & AZ_SHAPE_TEXTS)
            az_jw_raw(w, AZ_STR("{\"type\":\"string\"}"));
        sub_table(w, row);
        az_jw_arr_end(w);
    } else {
        any_scalar(w);
    }
    az_jw_obj_end(w);
    az_jw_obj_end(w);
}

static void node(struct az_jw *w, const struct az_key_row *row)
{
    unsigned lists = AZ_SHAPE_TEXTS | AZ_SHAPE_NUMS | AZ_SHAPE_TABLES;
    az_jw_key(w, "anyOf");
    az_jw_arr(w);
    if (row->shape & (AZ_SHAPE_TEXT | AZ_SHAPE_NUM)) {
        az_jw_obj(w);
        any_scalar(w);
        az_jw_obj_end(w);
    }
    if (row->shape & lists)
        list_of(w, row, row->shape);
    if (row->shape & AZ_SHAPE_MAP)
        az_jw_raw(w, AZ_STR("{\"type\":\"object\"}"));
    if (row->shape & AZ_SHAPE_TABLE)
        sub_table(w, row);
    az_jw_arr_end(w);
}

static void type(struct az_jw *w, const struct az_key_row *row)
{
    switch (row->type) {
    case AZ_KEY_TEXT:
        any_scalar(w);
        return;
    case AZ_KEY_BOOL:
        az_jw_kz(w, "type", "boolean");
        return;
    case AZ_KEY_INT:
    case AZ_KEY_INT64:
        az_jw_kz(w, "type", "integer");
        bounds(w, row);
        return;
    case AZ_KEY_NUM:
        az_jw_kz(w, "type", "number");
        bounds(w, row);
        return;
    case AZ_KEY_USD:
        az_jw_kz(w, "type", "number");
        az_jw_knum(w, "minimum", 0);
        return;
    case AZ_KEY_WORD:
        choose(w, row->words);
        return;
    case AZ_KEY_TABLE:
        az_jw_key(w, "anyOf");
        az_jw_arr(w);
        if (row->shorthand)
            shorthand(w, row);
        sub_table(w, row);
        az_jw_arr_end(w);
        return;
    case AZ_KEY_NODE:
        node(w, row);
        return;
    }
}

static void default_of(struct az_jw *w, const struct az_key_row *row)
{
    struct az_str def = az_str(row->def);
    if (!def.p)
        return;
    az_jw_key(w, "default");
    if (az_yaml_plain_type(def) == AZ_Y_TEXT)
        az_jw_str(w, def);
    else
        az_jw_raw(w, def);
}

static void table(struct az_jw *w, const struct az_key_row *rows)
{
    az_jw_kz(w, "type", "object");
    az_jw_key(w, "properties");
    az_jw_obj(w);
    for (const struct az_key_row *row = rows; row->name; row++) {
        if (row->unbuilt)
            continue;
        az_jw_key(w, row->name);
        az_jw_obj(w);
        az_jw_kz(w, "description", row->doc);
        type(w, row);
        default_of(w, row);
        az_jw_obj_end(w);
    }
    az_jw_obj_end(w);
    az_jw_key(w, "required");
    az_jw_arr(w);
    for (const struct az_key_row *row = rows; row->name; row++) {
        if (row->required)
            az_jw_z(w, row->name);
    }
    az_jw_arr_end(w);
    az_jw_kbool(w, "additionalProperties", false);
}

void az_panel_doc_schema(struct az_buf *b)
{
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    az_jw_kz(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    az_jw_kz(&w, "$id", "assize:panel/1");
    az_jw_kz(&w, "title", "assize panel");
    table(&w, az_panel_keys);
    az_jw_obj_end(&w);
}
