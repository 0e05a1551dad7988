/* assize schema [panel|item|verdict|ballot|summary]: what files hold. */
#include "client/cli/command.h"
#include "client/cli/formats.h"
#include "client/cli/io_terminal.h"
#include "core/panel_doc.h"
#include "core/str.h"

struct options {
    bool markdown;
};

static const struct az_opt table[] = {
    {"markdown", 0, AZ_OPT_FLAG, offsetof(struct options, markdown), NULL,
     "the reference page instead of a JSON schema", 0},
    {0},
};

static const char *const names[] = {"panel", "item", "verdict", "ballot", "summary", NULL};

static int unknown(const char *name, struct az_error *err)
{
    const char *near = az_nearest(az_str(name), names);
    az_fail(err, AZ_EUSAGE, "no format '%s'", name);
    if (near)
        az_hint(err, "Did you mean '%s'?", near);
    else
        az_hint(err, "There are panel, item, verdict, ballot and summary.");
    return AZ_EUSAGE;
}

static int put(struct az_buf *b, const char *name, bool markdown, struct az_error *err)
{
    const struct az_format *format = az_format_find(name);
    bool panel = !strcmp(name, "panel");
    if (!panel && !format)
        return unknown(name, err);
    if (panel && markdown)
        az_panel_doc_markdown(b);
    else if (panel)
        az_panel_doc_schema(b);
    else if (markdown)
        az_format_markdown(b, format);
    else
        az_format_schema(b, format);
    if (!markdown)
        az_buf_char(b, '\n');
    return 0;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    int r = az_options_parse(table, argc, argv, &o, args, 1, &n, &err);
    if (r == 0)
        r = put(&b, n ? args[0] : "panel", o.markdown, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : az_print(&b);
}

const struct az_command az_cmd_schema = {
    .name = "schema",
    .args = "[panel|item|verdict|ballot|summary]",
    .summary = "JSON schema or reference page of a format",
    .options = table,
    .run = run,
};
