#include "client/cli/formats.h"

#include "core/json.h"

const struct az_format *az_format_find(const char *name)
{
    for (const struct az_format *f = az_formats; f->name; f++) {
        if (!strcmp(f->name, name))
            return f;
    }
    return NULL;
}

/* ---- the schema ---- */

static const struct {
    unsigned bit;
    const char *schema, *text;
} types[] = {
    {AZ_F_TEXT, "string", "text"},
    {AZ_F_NUM, "number", "number"},
    {AZ_F_INT, "integer", "whole number"},
    {AZ_F_BOOL, "boolean", "true or false"},
    {AZ_F_OBJECT | AZ_F_MAP, "object", "object"},
    {AZ_F_LIST | AZ_F_TEXTS, "array", "list"},
    {AZ_F_NULL, "null", "null"},
};

static void object(struct az_jw *w, const struct az_format_field *fields);

static void type(struct az_jw *w, unsigned bits)
{
    size_t n = 0;
    for (size_t i = 0; i < AZ_LEN(types); i++)
        n += (bits & types[i].bit) != 0;
    az_jw_key(w, "type");
    if (n > 1)
        az_jw_arr(w);
    for (size_t i = 0; i < AZ_LEN(types); i++) {
        if (bits & types[i].bit)
            az_jw_z(w, types[i].schema);
    }
    if (n > 1)
        az_jw_arr_end(w);
}

static void items(struct az_jw *w, const struct az_format_field *f)
{
    az_jw_key(w, "items");
    az_jw_obj(w);
    if (f->types & AZ_F_TEXTS)
        az_jw_kz(w, "type", "string");
    else
        object(w, f->of);
    az_jw_obj_end(w);
}

static void field(struct az_jw *w, const struct az_format_field *f)
{
    az_jw_obj(w);
    az_jw_kz(w, "description", f->doc);
    if (!(f->types & AZ_F_ANY))
        type(w, f->types);
    if (f->types & AZ_F_OBJECT) {
        az_jw_key(w, "properties");
        az_jw_obj(w);
        for (const struct az_format_field *of = f->of; of->name; of++) {
            az_jw_key(w, of->name);
            field(w, of);
        }
        az_jw_obj_end(w);
    }
    if (f->types & (AZ_F_LIST | AZ_F_TEXTS))
        items(w, f);
    az_jw_obj_end(w);
}

static void object(struct az_jw *w, const struct az_format_field *fields)
{
    az_jw_kz(w, "type", "object");
    az_jw_key(w, "properties");
    az_jw_obj(w);
    for (const struct az_format_field *f = fields; f->name; f++) {
        az_jw_key(w, f->name);
        field(w, f);
    }
    az_jw_obj_end(w);
    az_jw_key(w, "required");
    az_jw_arr(w);
    for (const struct az_format_field *f = fields; f->name; f++) {
        if (!f->optional)
            az_jw_z(w, f->name);
    }
    az_jw_arr_end(w);
}

void az_format_schema(struct az_buf *b, const struct az_format *f)
{
    char id[64];
    struct az_jw w = az_jw(b);
    snprintf(id, sizeof(id), "assize:%s/1", f->name);
    az_jw_obj(&w);
    az_jw_kz(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    az_jw_kz(&w, "$id", id);
    object(&w, f->fields);
    az_jw_obj_end(&w);
}

/* ---- the page ---- */

static void type_text(struct az_buf *b, const struct az_format_field *f)
{
    const char *before = "";
    if (f->types & AZ_F_ANY)
        az_buf_z(b, "any");
    for (size_t i = 0; i < AZ_LEN(types); i++) {
        if (!(f->types & types[i].bit))
            continue;
        az_buf_fmt(b, "%s%s", before, types[i].text);
        before = " or ";
    }
    if (f->types & AZ_F_TEXTS)
        az_buf_z(b, " of texts");
}

/* Fields of what is inside stand below it, by their path. */
static void rows(struct az_buf *b, const struct az_format_field *fields, const char *path)
{
    for (const struct az_format_field *f = fields; f->name; f++) {
        char inner[128];
        snprintf(inner, sizeof(inner), "%s%s%s", path, f->name, f->types & AZ_F_LIST ? "[]." : ".");
        az_buf_fmt(b, "| `%s%s` | ", path, f->name);
        type_text(b, f);
        az_buf_fmt(b, " | %s | %s |\n", f->optional ? "" : "yes", f->doc);
        if (f->of)
            rows(b, f->of, inner);
    }
}

void az_format_markdown(struct az_buf *b, const struct az_format *f)
{
    az_buf_fmt(b, "\n## %s\n\n%s\n\n| field | value | always there | meaning |\n", f->name,
               f->title);
    az_buf_z(b, "| --- | --- | --- | --- |\n");
    rows(b, f->fields, "");
}

void az_formats_markdown(struct az_buf *b)
{
    az_buf_z(b, "# Formats\n\n"
                "This page is written by the program (`assize schema verdict --markdown` writes a "
                "section of it,\nwithout `--markdown` a JSON schema). Fields are only ever added. "
                "The panel has a page of its\nown, panel.md.\n");
    for (const struct az_format *f = az_formats; f->name; f++)
        az_format_markdown(b, f);
}
