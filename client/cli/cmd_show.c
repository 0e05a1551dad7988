/* assize show SOURCE ID: one item's case as a person reads it. */
#include "client/cli/case_text.h"
#include "client/cli/command.h"
#include "client/cli/io_stored.h"
#include "client/cli/io_terminal.h"
#include "core/json.h"
#include "core/verdict.h"

enum { WIDE = 100 }; /* columns where there is no terminal */

struct options {
    bool json;
};

static const struct az_opt table[] = {
    {"json", 0, AZ_OPT_FLAG, offsetof(struct options, json), NULL,
     "the verdict's line as verdicts.jsonl has it", 0},
    {0},
};

struct showing {
    const struct az_panel *panel;
    bool json;
    struct az_buf text;
};

static int show(void *arg, const struct az_case *c, struct az_error *err)
{
    struct showing *s = arg;
    if (s->json) {
        az_verdict_print(&s->text, s->panel, c->item, &c->verdict, c->ballots, false);
        az_buf_char(&s->text, '\n');
    } else {
        az_case_text(&s->text, s->panel, c, az_terminal_columns(1, WIDE), az_terminal_color(1));
    }
    return az_buf_check(&s->text, err);
}

static int show_one(const struct options *o, const char *dir, const char *id, struct az_error *err,
                    int *code)
{
    struct az_stored_job job;
    int r = az_stored_job_open(dir, &job, err);
    if (r < 0)
        return r;
    struct showing s = {.panel = job.panel, .json = o->json, .text = az_buf(4 * AZ_BUF_MAX)};
    r = az_store_one(job.reader, job.panel, az_str(id), show, &s, err);
    if (r == AZ_ENOENT) {
        az_fail(err, AZ_ENOENT, "'%s' has no item '%s'", dir, id);
        az_hint(err, "Ids stand in %s/verdicts.jsonl.", dir);
    }
    if (r == 0)
        *code = az_print(&s.text);
    az_buf_release(&s.text);
    az_stored_job_close(&job);
    return r;
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[2];
    size_t n;
    struct az_error err = {0};
    int code = 0, r = az_options_parse(table, argc, argv, &o, args, 2, &n, &err);
    if (r == 0 && n < 2) {
        r = az_fail(&err, AZ_EUSAGE, "show wants a job directory and an item's id");
        az_hint(&err, "assize show ITEMS.PANEL.assize ID");
    }
    if (r == 0)
        r = show_one(&o, args[0], args[1], &err, &code);
    return r < 0 ? az_report(&err, az_exit_of(&err)) : code;
}

const struct az_command az_cmd_show = {
    .name = "show",
    .args = "SOURCE ID",
    .summary = "one item's case: texts, verdict, every ballot",
    .more = "SOURCE is a job directory, also one that is being run. An id that begins with\n"
            "'-' goes after '--'.",
    .options = table,
    .run = run,
};
