/* core/panel_doc.c: the reference page, from the key tables. */
#include "core/panel_doc.h"

#include "core/lexical_names.h"
#include "core/number.h"
#include "core/panel_parts.h"

static const char intro[] =
    "# The panel file\n"
    "\n"
    "This page is written by the program from the tables that read a panel.\n"
    "\n"
    "A panel is YAML 1.2: a plain `no` is the text \"no\". Anchors, aliases and tags are refused, "
    "and so are unknown keys and keys that are there twice. It needs `question` and `judges` "
    "only:\n"
    "\n"
    "```yaml\n"
    "question: pair\n"
    "judges: [openai/MODEL, anthropic/MODEL]\n"
    "```\n"
    "\n"
    "`null` takes a value back that an extended panel gives. `--set KEY=VALUE` changes one value "
    "by its dotted path (`--set limits.usd=3`, `--set judges.NAME.samples=5`), after `extends`.\n";

static const struct {
    const char *title, *text;
    const struct az_key_row *rows;
} sections[] = {
    {"The file", NULL, az_panel_keys},
    {"question", NULL, az_question_keys},
    {"clip", NULL, az_clip_keys},
    {"backends",
     "Each entry of the list. `--backends FILE` holds such a list too and goes before "
     "the panel's, and both go before what is built in.",
     az_backend_keys},
    {"judges",
     "Each entry of the list. A lexical or recorded judge reads no prompt and has no key "
     "of one.",
     az_judge_keys},
    {"usd_per_mtok", "A judge's price, in dollars for a million tokens.", az_price_keys},
    {"policy", NULL, az_policy_keys},
    {"aggregate", NULL, az_aggregate_keys},
    {"limits", NULL, az_limits_keys},
};

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
static void cell(struct az_buf *b, const char *text)
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
        cell(b, row->def_doc);
    else if (row->def)
        az_buf_fmt(b, "`%s`", row->def);
    az_buf_z(b, " | ");
    cell(b, row->doc);
    az_buf_z(b, " |\n");
}

static void table(struct az_buf *b, const struct az_key_row *rows)
{
    az_buf_z(b, "\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
    for (; rows->name; rows++) {
        if (!rows->unbuilt)
            key(b, rows);
    }
}

static void builtins(struct az_buf *b)
{
    az_buf_z(b,
             "\n## Built-in backends\n\n| name | kind | url | key |\n| --- | --- | --- | --- |\n");
    for (const struct az_builtin *in = az_builtins; in->name; in++)
        az_buf_fmt(b, "| `%s` | %s | %s | %s |\n", in->name, az_backend_words[in->kind],
                   in->url_doc, in->key_doc);
}

static void lexical(struct az_buf *b)
{
    az_buf_z(b,
             "\n## Lexical models\n\n"
             "The `model` of a judge whose backend is `lexical`. A ratio lies from 0 to 1 and is "
             "mapped onto a score's scale; a count is itself. For a pair or best, higher wins; "
             "a choice takes `map`.\n\n"
             "| model | gives | needs a reference | meaning |\n| --- | --- | --- | --- |\n");
    for (int i = 0; i < AZ_LEX_COUNT; i++) {
        const struct az_lexical_name *l = &az_lexical_names[i];
        az_buf_fmt(b, "| `%s` | %s | %s | %s |\n", l->name,
                   l->count  ? "a count"
                   : l->rule ? "1 to keep, 0 to drop"
                             : "a ratio",
                   l->reference ? "yes" : "no", l->doc);
    }
}

void az_panel_doc_markdown(struct az_buf *b)
{
    az_buf_z(b, intro);
    for (size_t i = 0; i < AZ_LEN(sections); i++) {
        az_buf_fmt(b, "\n## %s\n", sections[i].title);
        if (sections[i].text)
            az_buf_fmt(b, "\n%s\n", sections[i].text);
        table(b, sections[i].rows);
    }
    builtins(b);
    lexical(b);
}
