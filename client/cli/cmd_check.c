/* assize check PANEL [ITEMS]: is it all right, what will be asked, what will it
 * take? Asks nobody. */
#include "client/cli/check_text.h"
#include "client/cli/command.h"
#include "client/cli/human.h"
#include "client/cli/io_panel.h"
#include "client/cli/io_terminal.h"
#include "core/io_file.h"
#include "core/item.h"
#include "core/seen.h"
#include "core/wrap.h"
#include "workers/io_key.h"
#include "workers/io_recorded.h"

enum { BAD_SHOWN = 10 };

struct options {
    const char *backends, *env_file;
    struct az_opt_list set;
};

static const struct az_opt table[] = {
    {"backends", 0, AZ_OPT_STRING, offsetof(struct options, backends), "FILE",
     "backends from here, over the panel's", 0},
    {"set", 0, AZ_OPT_LIST, offsetof(struct options, set), "KEY=VALUE",
     "change the panel: --set limits.usd=3", 0},
    {"env-file", 0, AZ_OPT_STRING, offsetof(struct options, env_file), "FILE",
     "NAME=VALUE lines into the environment", 0},
    {0},
};

struct check {
    const struct az_panel *panel;
    struct az_prompter *prompter;
    struct az_estimate estimate;
    struct az_item *first; /* of the items, or made up */
    struct az_seen_ids seen;
    int64_t bad, doubles, gold, unknown_gold;
};

/* ---- what only `run` would find out otherwise ---- */

/* A key that is not there is no fault of the panel: it is told, no more. */
static void check_key(const struct az_backend *backend)
{
    struct az_error why = {0};
    struct az_secret_key *key = NULL;
    if (az_secret_key_read(backend->key, &key, &why) < 0)
        az_say("backend '%s': %s", backend->name, why.what);
    az_secret_key_free(key);
}

static int check_backends(const struct az_panel *panel, struct az_error *err)
{
    for (size_t i = 0; i < panel->n_backends; i++) {
        const struct az_backend *backend = &panel->backends[i];
        if (backend->key)
            check_key(backend);
        if (!backend->file)
            continue;
        AZ_AUTO(recorded) ballots = NULL;
        int r = az_recorded_load(backend->file, &ballots, err);
        if (r < 0) {
            az_wrap(err, "backend '%s'", backend->name);
            return err->code = r == AZ_ENOMEM ? r : AZ_EINVAL;
        }
    }
    return 0;
}

/* ---- the items ---- */

static int bad_line(struct check *c, const struct az_lines *lines, int64_t number, const char *why)
{
    if (++c->bad <= BAD_SHOWN)
        az_say("%s: line %lld: %s", az_lines_name(lines), (long long)number, why);
    return 0;
}

static int add_item(struct check *c, const struct az_lines *lines, struct az_item *item,
                    struct az_error *err)
{
    int seen = az_seen_ids_add(&c->seen, item->id, &item->content);
    if (seen < 0)
        return az_oom(err);
    if (seen == AZ_SEEN_SAME) {
        c->doubles++;
        return 0;
    }
    if (seen == AZ_SEEN_OTHER)
        return bad_line(c, lines, item->line, "its id came before, with another content");
    c->unknown_gold += item->gold.unknown.p != NULL;
    c->gold += item->gold.n || item->gold.has_number;
    return az_estimate_add(&c->estimate, item, err);
}

static int on_line(struct check *c, const struct az_lines *lines, const struct az_line *line,
                   bool too_long, struct az_error *err)
{
    struct az_error why = {0};
    AZ_AUTO(item) item = NULL;
    if (too_long)
        return bad_line(c, lines, line->number, "longer than any line that is read");
    if (!az_str_trim(line->text).n)
        return 0;
    int r = az_item_parse(c->panel, line->text, line->number, &item, &why);
    if (r == AZ_ENOMEM)
        return az_oom(err);
    if (r < 0)
        return bad_line(c, lines, line->number, why.what);
    r = add_item(c, lines, item, err);
    if (r == 0 && !c->first)
        c->first = AZ_TAKE(item);
    return r;
}

static int read_items(struct check *c, const char *path, struct az_error *err)
{
    AZ_AUTO(lines) lines = NULL;
    struct az_line line;
    int r = az_lines_open(path, &lines, err);
    if (r == AZ_EINVAL)
        r = err->code = AZ_ENOENT; /* a directory is no input */
    while (r == 0 && (r = az_lines_next(lines, &line, err)) > 0)
        r = on_line(c, lines, &line, r == AZ_LINE_LONG, err);
    return r < 0 ? r : az_lines_check_any(lines, err);
}

static void counted(struct az_buf *b, const char *before, int64_t n, const char *after)
{
    if (!n)
        return;
    az_buf_z(b, before);
    az_human_count(b, n);
    az_buf_z(b, after);
}

static void items_text(struct az_buf *b, const struct check *c, const char *path)
{
    az_buf_z(b, "\nitems in ");
    az_human_text(b, az_str(path), AZ_WRAP_NONE);
    az_buf_z(b, ": ");
    az_human_count(b, c->estimate.items);
    counted(b, ", with gold ", c->gold, "");
    counted(b, ", gold that is no answer of the question ", c->unknown_gold, "");
    counted(b, ", repeated lines ", c->doubles, "");
    counted(b, ", bad lines ", c->bad, "");
    az_buf_char(b, '\n');
}

/* ---- all of it ---- */

static int report(struct check *c, const char *items, struct az_buf *b, struct az_error *err)
{
    size_t width = az_terminal_columns(1, AZ_WRAP_NONE);
    az_check_panel(b, c->panel, width);
    int r = check_backends(c->panel, err);
    if (r == 0 && items)
        r = read_items(c, items, err);
    if (r == 0 && !c->first)
        r = az_check_example(c->panel, &c->first, err);
    if (r == 0)
        r = az_check_prompts(b, c->panel, c->prompter, c->first, width, err);
    if (r < 0 || !items)
        return r;
    items_text(b, c, items);
    az_check_estimate(b, &c->estimate, width);
    return az_buf_check(b, err);
}

static int check(const struct options *o, const char *panel_path, const char *items, int *code,
                 struct az_error *err)
{
    AZ_AUTO(panel) panel = NULL;
    AZ_AUTO(prompter) prompter = NULL;
    AZ_AUTO_BUF b = az_buf(4 * AZ_BUF_MAX);
    int r = o->env_file ? az_env_file_load(o->env_file, err) : 0;
    if (r == 0)
        r = az_panel_load(panel_path, o->backends, &o->set, &panel, err);
    if (r == 0)
        r = az_prompter_new(panel, &prompter, err);
    struct check c = {.panel = panel, .prompter = prompter};
    if (r == 0)
        r = az_estimate_init(&c.estimate, panel, prompter, err);
    if (r == 0)
        r = report(&c, items, &b, err);
    if (r == 0)
        *code = az_print(&b);
    if (r == 0 && *code == AZ_EXIT_OK && c.bad)
        *code = AZ_EXIT_ITEMS; /* as the run itself would end */
    az_item_free(c.first);
    az_seen_ids_release(&c.seen);
    az_estimate_release(&c.estimate);
    return r;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[2];
    size_t n;
    struct az_error err = {0};
    int code = 0, r = az_options_parse(table, argc, argv, &o, args, 2, &n, &err);
    if (r == 0 && n < 1) {
        r = az_fail(&err, AZ_EUSAGE, "check wants a panel");
        az_hint(&err, "assize check PANEL.yaml [ITEMS.jsonl]");
    }
    if (r == 0)
        r = check(&o, args[0], n > 1 ? args[1] : NULL, &code, &err);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : code;
}

const struct az_command az_cmd_check = {
    .name = "check",
    .args = "PANEL [ITEMS]",
    .summary = "validate, show prompts, estimate calls and cost; asks nobody",
    .more = "Shows what the panel resolved to and what each judge will read of the first\n"
            "item. With ITEMS it reads them all, tells bad lines (exit 65), and estimates\n"
            "what the job will take.",
    .options = table,
    .run = run,
};
