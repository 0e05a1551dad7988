/* assize man DIR: man pages and completions for the build to install; with --docs
 * the reference pages of docs/. In no list: people read what it wrote. */
#include <errno.h>

#include "client/cli/command.h"
#include "client/cli/formats.h"
#include "client/cli/manual.h"
#include "client/cli/services_doc.h"
#include "coordinator/program.h"
#include "core/io_disk.h"
#include "core/io_file.h"
#include "core/panel_doc.h"
#include "workers/program.h"

struct options {
    bool docs;
};

static const struct az_opt table[] = {
    {"docs", 0, AZ_OPT_FLAG, offsetof(struct options, docs), NULL,
     "the pages of docs/ instead of man pages and completions", 0},
    {0},
};

static int put(const char *dir, const char *name, const struct az_buf *text, struct az_error *err)
{
    AZ_AUTO_BUF path = az_buf(1 << 16);
    az_buf_fmt(&path, "%s/%s", dir, name);
    int r = az_buf_check(&path, err);
    if (r == 0)
        r = az_buf_check(text, err);
    return r < 0 ? r : az_file_write(path.p, az_buf_view(text), err);
}

static int put_docs(const char *dir, struct az_error *err)
{
    AZ_AUTO_BUF panel = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF commands = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF formats = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF services = az_buf(AZ_BUF_MAX);
    az_panel_doc_markdown(&panel);
    az_manual_markdown(&commands);
    az_formats_markdown(&formats);
    az_services_markdown(&services);
    int r = put(dir, "panel.md", &panel, err);
    if (r == 0)
        r = put(dir, "commands.md", &commands, err);
    if (r == 0)
        r = put(dir, "formats.md", &formats, err);
    return r < 0 ? r : put(dir, "configuration.md", &services, err);
}

static int put_page(const char *dir, const struct az_command *c, struct az_error *err)
{
    char name[64];
    AZ_AUTO_BUF page = az_buf(AZ_BUF_MAX);
    snprintf(name, sizeof(name), "assize%s%s.1", c ? "-" : "", c ? c->name : "");
    az_manual_page(&page, c);
    return put(dir, name, &page, err);
}

static int put_program(const char *dir, const struct az_program *p, struct az_error *err)
{
    char name[64];
    AZ_AUTO_BUF page = az_buf(AZ_BUF_MAX);
    snprintf(name, sizeof(name), "%s.8", p->name);
    az_program_page(&page, p);
    return put(dir, name, &page, err);
}

static int put_manual(const char *dir, struct az_error *err)
{
    AZ_AUTO_BUF bash = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF zsh = az_buf(AZ_BUF_MAX);
    az_manual_bash(&bash);
    az_manual_zsh(&zsh);
    int r = put(dir, "assize.bash", &bash, err);
    if (r == 0)
        r = put(dir, "_assize", &zsh, err);
    if (r == 0)
        r = put_page(dir, NULL, err);
    const struct az_command *const *c = az_commands;
    for (; r == 0 && (c = az_manual_shown(c)); c++)
        r = put_page(dir, *c, err);
    if (r == 0)
        r = put_program(dir, &az_coordinator_program, err);
    return r < 0 ? r : put_program(dir, &az_worker_program, err);
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    int r = az_options_parse(table, argc, argv, &o, args, 1, &n, &err);
    if (r == 0 && !n)
        r = az_fail(&err, AZ_EUSAGE, "man wants a directory");
    if (r == 0 && az_disk_make_dirs(args[0], 0777) < 0)
        r = az_fail(&err, AZ_EOUTPUT, "cannot make '%s': %s", args[0], strerror(errno));
    if (r == 0)
        r = o.docs ? put_docs(args[0], &err) : put_manual(args[0], &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : 0;
}

const struct az_command az_cmd_man = {
    .name = "man",
    .args = "DIR",
    .summary = "man pages and completions, for the build",
    .hidden = true,
    .options = table,
    .run = run,
};
