#include "core/keys_doc.h"

#include "core/number.h"

static void range(struct az_buf *b, const struct az_key_row *row)
{
    char min[AZ_NUMBER_MAX], max[AZ_NUMBER_MAX];
    if (row->max)
        az_buf_fmt(b, ", %s to %s", az_number_print(row->min, min), az_number_print(row->max, max));
}

static void words(struct az_buf *b, const struct az_key_row *row)
{
    for (size_t i = 0; row->words[i]; i++)
        az_buf_fmt(b, "%s`%s`", i ? ", " : "", row->words[i]);
}

static void shapes(struct az_buf *b, unsigned shape)
{
    static const struct {
        unsigned bit;
        const char *text;
    } names[] = {{AZ_SHAPE_TEXT, "text"},
                 {AZ_SHAPE_NUM, "a number"},
                 {AZ_SHAPE_TEXTS, "a list"},
                 {AZ_SHAPE_NUMS, "a list of numbers"},
                 {AZ_SHAPE_MAP, "a map"},
                 {AZ_SHAPE_TABLE, "a map, below"},
                 {AZ_SHAPE_TABLES, "a list of maps, below"}};
    if (shape & AZ_SHAPE_TABLES)
        shape &= ~(unsigned)AZ_SHAPE_TEXTS; /* its entries may be words */
    bool more = false;
    for (size_t i = 0; i < AZ_LEN(names); i++) {
        if (!(shape & names[i].bit))
            continue;
        az_buf_fmt(b, "%s%s", more ? " or " : "", names[i].text);
        more = true;
    }
}

static void type(struct az_buf *b, const struct az_key_row *row)
{
    switch (row->type) {
    case AZ_KEY_TEXT:
        az_buf_z(b, "text");
        return;
    case AZ_KEY_BOOL:
        az_buf_z(b, "`true`, `false`");
        return;
    case AZ_KEY_INT:
    case AZ_KEY_INT64:
        az_buf_z(b, "whole number");
        range(b, row);
        return;
    case AZ_KEY_NUM:
        az_buf_z(b, "number");
        range(b, row);
        return;
    case AZ_KEY_USD:
        az_buf_z(b, "dollars");
        return;
    case AZ_KEY_WORD:
        words(b, row);
        return;
    case AZ_KEY_TABLE:
        az_buf_z(b, row->shorthand ? "a word or a map, below" : "a map, below");
        return;
    case AZ_KEY_NODE:
        shapes(b, row->shape);
        return;
    }
}

/* A '|' would end the table's cell. */
void az_markdown_cell(struct az_buf *b, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            az_buf_char(b, '\\');
        az_buf_char(b, *text);
    }
}

static void key(struct az_buf *b, const struct az_key_row *row)
{
    az_buf_fmt(b, "| `%s` | ", row->name);
    type(b, row);
    az_buf_z(b, " | ");
    if (row->required)
        az_buf_z(b, "**required**");
    else if (row->def_doc)
        az_markdown_cell(b, row->def_doc);
    else if (row->def)
        az_buf_fmt(b, "`%s`", row->def);
    az_buf_z(b, " | ");
    az_markdown_cell(b, row->doc);
    az_buf_z(b, " |\n");
}

void az_keys_markdown(struct az_buf *b, const struct az_key_row *rows, size_t n)
{
    az_buf_z(b, "\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < n && rows[i].name; i++) {
        if (!rows[i].unbuilt)
            key(b, &rows[i]);
    }
}
