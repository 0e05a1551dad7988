/* Man pages, the reference page and --help. */
#include "client/cli/manual.h"

#include "core/keys_doc.h"
#include "core/roff.h"

static const struct {
    int code;
    const char *text;
} exits[] = {
    {AZ_EXIT_OK, "all items are decided or abstained"},
    {AZ_EXIT_REQUIRE, "--require is false"},
    {AZ_EXIT_USAGE, "the command line is wrong"},
    {AZ_EXIT_ITEMS, "some items or lines failed for good"},
    {AZ_EXIT_NO_INPUT, "no input"},
    {AZ_EXIT_NOBODY, "nothing could be asked"},
    {AZ_EXIT_SOFTWARE, "a bug, or no memory"},
    {AZ_EXIT_OUTPUT, "output cannot be written; what was judged is kept"},
    {AZ_EXIT_UNFINISHED, "unfinished: the same command goes on"},
    {AZ_EXIT_CONFIG, "the panel or its configuration is wrong; nothing was started"},
    {AZ_EXIT_INTERRUPTED, "interrupted twice"},
};

static const struct {
    const char *name, *text;
} variables[] = {
    {"OPENAI_API_KEY, OPENAI_BASE_URL", "of the built-in backend openai"},
    {"ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL", "of the built-in backend anthropic"},
    {"ASSIZE_ENDPOINT", "the coordinator, where --to names none"},
    {"ASSIZE_KEYS", "the folder of keys for it, where --keys names none"},
    {"XDG_CACHE_HOME", "where the cache of answers lies: assize/answers.db"},
    {"NO_COLOR", "set: no colours"},
};

static const char about[] =
    "Asks several different judges about every item, lets them vote or debate, and turns their "
    "ballots into one verdict that says how sure it is. A panel is a YAML file; items are JSONL.";

const struct az_command *const *az_manual_shown(const struct az_command *const *c)
{
    while (*c && (*c)->hidden)
        c++;
    return *c ? c : NULL;
}

/* ---- --help ---- */

void az_manual_commands(struct az_buf *b)
{
    az_buf_z(b, "assize: a panel of judges for language model outputs\n\n");
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++)
        az_buf_fmt(b, "  assize %s %s\n      %s\n", (*c)->name, (*c)->args, (*c)->summary);
    az_buf_z(b, "\nassize COMMAND --help tells more. assize --version.\n");
}

void az_manual_help(struct az_buf *b, const struct az_command *c)
{
    az_buf_fmt(b, "usage: assize %s %s\n\n%s.\n", c->name, c->args, c->summary);
    if (c->more)
        az_buf_fmt(b, "\n%s\n", c->more);
    az_buf_z(b, "\noptions:\n");
    az_options_help(b, c->options);
}

/* ---- roff ---- */

static void roff_exits(struct az_buf *b)
{
    az_buf_z(b, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < AZ_LEN(exits); i++) {
        az_buf_fmt(b, ".TP\n%d\n", exits[i].code);
        az_roff(b, exits[i].text);
        az_buf_char(b, '\n');
    }
}

static void roff_program(struct az_buf *b)
{
    az_roff_head(b, 1, "User commands", "assize", "a panel of judges for language model outputs");
    az_buf_z(b, "\\fBassize\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n"
                ".SH DESCRIPTION\n");
    az_roff(b, about);
    az_buf_z(b, "\n.SH COMMANDS\n");
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++) {
        az_buf_fmt(b, ".TP\n\\fB%s\\fR ", (*c)->name);
        az_roff(b, (*c)->args);
        az_buf_char(b, '\n');
        az_roff(b, (*c)->summary);
        az_buf_z(b, "\n");
    }
    az_buf_z(b, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < AZ_LEN(variables); i++) {
        az_buf_fmt(b, ".TP\n%s\n", variables[i].name);
        az_roff(b, variables[i].text);
        az_buf_char(b, '\n');
    }
    roff_exits(b);
    az_buf_z(b, ".SH SEE ALSO\n");
    const char *before = "";
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++) {
        az_buf_fmt(b, "%s\\fBassize\\-%s\\fR(1)", before, (*c)->name);
        before = ",\n";
    }
    az_buf_char(b, '\n');
}

static void roff_command(struct az_buf *b, const struct az_command *c)
{
    char name[64];
    snprintf(name, sizeof(name), "assize-%s", c->name);
    az_roff_head(b, 1, "User commands", name, c->summary);
    az_buf_fmt(b, "\\fBassize %s\\fR [\\fIOPTION\\fR]... ", c->name);
    az_roff(b, c->args);
    if (c->more) {
        az_buf_z(b, "\n.SH DESCRIPTION\n");
        az_roff(b, c->more);
    }
    az_buf_z(b, "\n.SH OPTIONS\n");
    for (const struct az_opt *o = c->options; o->name; o++)
        az_roff_option(b, o);
    roff_exits(b);
    az_buf_z(b, ".SH SEE ALSO\n\\fBassize\\fR(1)\n");
}

void az_manual_page(struct az_buf *b, const struct az_command *command)
{
    if (command)
        roff_command(b, command);
    else
        roff_program(b);
}

/* ---- docs/commands.md ---- */

static void markdown_command(struct az_buf *b, const struct az_command *c)
{
    az_buf_fmt(b, "\n## assize %s\n\n```\nassize %s %s\n```\n\n", c->name, c->name, c->args);
    az_markdown_cell(b, c->summary);
    az_buf_z(b, ".\n");
    if (c->more)
        az_buf_fmt(b, "\n%s\n", c->more);
    az_buf_z(b, c->options->name ? "\n| option | meaning |\n| --- | --- |\n" : "");
    for (const struct az_opt *o = c->options; o->name; o++) {
        az_buf_z(b, "| `");
        if (o->brief)
            az_buf_fmt(b, "-%c`, `", o->brief);
        az_buf_fmt(b, "--%s", o->name);
        if (o->arg) {
            az_buf_char(b, ' ');
            az_markdown_cell(b, o->arg);
        }
        az_buf_z(b, "` | ");
        az_markdown_cell(b, o->help);
        az_buf_z(b, " |\n");
    }
}

void az_manual_markdown(struct az_buf *b)
{
    az_buf_fmt(b,
               "# Commands\n\nThis page is written by the program from its tables of commands "
               "and options.\n\n%s\n",
               about);
    for (const struct az_command *const *c = az_commands; (c = az_manual_shown(c)); c++)
        markdown_command(b, *c);
    az_buf_z(b, "\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n");
    for (size_t i = 0; i < AZ_LEN(exits); i++)
        az_buf_fmt(b, "| %d | %s |\n", exits[i].code, exits[i].text);
    az_buf_z(b, "\n## Environment\n\n| variable | meaning |\n| --- | --- |\n");
    for (size_t i = 0; i < AZ_LEN(variables); i++)
        az_buf_fmt(b, "| %s | %s |\n", variables[i].name, variables[i].text);
}
