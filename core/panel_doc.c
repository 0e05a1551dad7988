/* core/panel_doc.c: the reference page, from the key tables. */
#include "core/panel_doc.h"

#include "core/keys_doc.h"
#include "core/lexical_names.h"
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
        az_keys_markdown(b, sections[i].rows, SIZE_MAX);
    }
    builtins(b);
    lexical(b);
}
