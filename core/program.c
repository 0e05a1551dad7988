#include "core/program.h"

#include "core/keys_doc.h"
#include "core/roff.h"
#include "core/wrap.h"

enum { WIDTH = 80, INDENT = 4 };

#define AT(field) offsetof(struct az_program_options, field)

const struct az_opt az_program_table[] = {
    {"config", 'c', AZ_OPT_STRING, AT(config), "FILE",
     "the configuration, instead of the one under files", 0},
    {"check-config", 0, AZ_OPT_FLAG, AT(check_config), NULL,
     "read the configuration and what it names, say what is wrong with it, and start nothing", 0},
    {"verbose", 'v', AZ_OPT_FLAG, AT(verbose), NULL,
     "log all that happens, whatever the configuration says", 0},
    {"help", 'h', AZ_OPT_FLAG, AT(help), NULL, "show this text", 0},
    {"version", 0, AZ_OPT_FLAG, AT(version), NULL, "show the version", 0},
    {0},
};

/* ---- --help ---- */

static void rows(struct az_buf *b, const char *title, const struct az_program_row *r)
{
    az_buf_fmt(b, "\n%s:\n", title);
    for (; r->name; r++) {
        az_buf_fmt(b, "  %s\n", r->name);
        az_wrap_text(b, az_str(r->text), INDENT + 2, WIDTH);
    }
}

void az_program_help(struct az_buf *b, const struct az_program *p)
{
    az_buf_fmt(b, "usage: %s [OPTION]...\n\n%s: %s.\n\n", p->name, p->name, p->summary);
    az_wrap_text(b, az_str(p->about), 0, WIDTH);
    az_buf_z(b, "\noptions:\n");
    az_options_help(b, az_program_table);
    rows(b, "files", p->files);
    rows(b, "signals", p->signals);
    rows(b, "exit status", p->exits);
}

/* ---- the man page ---- */

static void items(struct az_buf *b, const char *title, const struct az_program_row *r)
{
    az_buf_fmt(b, ".SH %s\n", title);
    for (; r->name; r++)
        az_roff_item(b, false, r->name, r->text);
}

void az_program_page(struct az_buf *b, const struct az_program *p)
{
    az_roff_head(b, 8, "Services", p->name, p->summary);
    az_buf_z(b, "\\fB");
    az_roff(b, p->name);
    az_buf_z(b, "\\fR [\\fIOPTION\\fR]...\n.SH DESCRIPTION\n");
    az_roff(b, p->about);
    az_buf_z(b, "\n.SH OPTIONS\n");
    for (const struct az_opt *o = az_program_table; o->name; o++)
        az_roff_option(b, o);
    items(b, "FILES", p->files);
    items(b, "SIGNALS", p->signals);
    items(b, "EXIT STATUS", p->exits);
    az_buf_z(b, ".SH SEE ALSO\n\\fBassize\\fR(1)\n");
}

/* ---- the reference page ---- */

static void table(struct az_buf *b, const char *what, const struct az_program_row *r)
{
    az_buf_fmt(b, "\n| %s | meaning |\n| --- | --- |\n", what);
    for (; r->name; r++) {
        az_buf_fmt(b, "| `%s` | ", r->name);
        az_markdown_cell(b, r->text);
        az_buf_z(b, " |\n");
    }
}

void az_program_markdown(struct az_buf *b, const struct az_program *p)
{
    az_buf_fmt(b, "\n## %s\n\n%s\n\n| option | meaning |\n| --- | --- |\n", p->name, p->about);
    for (const struct az_opt *o = az_program_table; o->name; o++) {
        az_buf_z(b, "| `");
        if (o->brief)
            az_buf_fmt(b, "-%c`, `", o->brief);
        az_buf_fmt(b, "--%s%s%s` | ", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
        az_markdown_cell(b, o->help);
        az_buf_z(b, " |\n");
    }
    table(b, "file", p->files);
    table(b, "signal", p->signals);
    table(b, "exit code", p->exits);
}
