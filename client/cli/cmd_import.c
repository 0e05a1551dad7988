/* assize import FILE --as FORM: judgements from elsewhere, as ballots. */
#include "client/cli/command.h"
#include "client/cli/import/replies_panel.h"
#include "client/cli/import/tell.h"
#include "client/cli/io_import.h"
#include "client/cli/io_panel.h"

struct options {
    const char *as, *items, *out, *items_out, *judge, *map, *columns;
    const char *panel, *answer, *labels, *scale, *id;
    bool shown, strict, quiet;
};

static const struct az_opt table[] = {
    {"as", 0, AZ_OPT_STRING, offsetof(struct options, as), "FORM",
     "what FILE is: one of those above (must be given)", 0},
    {"output", 'o', AZ_OPT_STRING, offsetof(struct options, out), "FILE",
     "the ballots, one JSON object a line (default: stdout)", 0},
    {"items", 'i', AZ_OPT_STRING, offsetof(struct options, items), "FILE",
     "items to join with: by id, then by prompt and responses", 0},
    {"items-out", 0, AZ_OPT_STRING, offsetof(struct options, items_out), "FILE",
     "the items that FILE itself carries", 0},
    {"judge", 0, AZ_OPT_STRING, offsetof(struct options, judge), "NAME",
     "the judge where FILE names none", 0},
    {"map", 0, AZ_OPT_STRING, offsetof(struct options, map), "LABEL=LABEL,…",
     "other names for FILE's labels: yes=A,no=B", 0},
    {"columns", 0, AZ_OPT_STRING, offsetof(struct options, columns), "WHAT=NAME,…",
     "csv, crowd: the columns of item, judge, label …", 0},
    {"shown", 0, AZ_OPT_FLAG, offsetof(struct options, shown), NULL,
     "csv, crowd: labels are in the frame that the judge saw; turn those of order BA", 0},
    {"panel", 0, AZ_OPT_STRING, offsetof(struct options, panel), "PANEL",
     "replies: question and answer of this panel's judge (--judge, or the first)", 0},
    {"answer", 0, AZ_OPT_STRING, offsetof(struct options, answer), "FORM",
     "replies: how they are read, without a panel: json, letter, logprobs, arena_hard, mt_bench "
     "or regex:EXPR",
     0},
    {"labels", 0, AZ_OPT_STRING, offsetof(struct options, labels), "A,B,…",
     "replies: the labels, without a panel (A,B and A,B,tie are a pair)", 0},
    {"scale", 0, AZ_OPT_STRING, offsetof(struct options, scale), "MIN,MAX",
     "replies: the scale, without a panel", 0},
    {"id", 0, AZ_OPT_STRING, offsetof(struct options, id), "PATTERN",
     "replies: what the custom_id is made of: {item}/{order}/{sample}, {judge}", 0},
    {"strict", 0, AZ_OPT_FLAG, offsetof(struct options, strict), NULL,
     "a bad line stops it, and nothing is written", 0},
    {"quiet", 'q', AZ_OPT_FLAG, offsetof(struct options, quiet), NULL, "no summary", 0},
    {0},
};

static int find_form(const char *name, const struct az_form **ret, struct az_error *err)
{
    const char *names[32];
    size_t n = 0;
    if (!name) {
        az_fail(err, AZ_EUSAGE, "import wants to know what the file is");
        az_hint(err, "Give --as FORM; 'assize import --help' lists them.");
        return AZ_EUSAGE;
    }
    *ret = az_form_find(name);
    if (*ret)
        return 0;
    for (const struct az_form *f = az_forms; f->name && n + 1 < AZ_LEN(names); f++)
        names[n++] = f->name;
    names[n] = NULL;
    const char *near = az_nearest(az_str(name), names);
    az_fail(err, AZ_EUSAGE, "no form '%s'", name);
    if (near)
        az_hint(err, "Did you mean '%s'?", near);
    else
        az_hint(err, "'assize import --help' lists them.");
    return AZ_EUSAGE;
}

static int check(const struct options *o, const struct az_form *form, struct az_error *err)
{
    bool replies = o->panel || o->answer || o->labels || o->scale || o->id;
    bool rows = o->columns || o->shown;
    if (replies && !form->wants_panel)
        return az_fail(err, AZ_EUSAGE,
                       "--panel, --answer, --labels, --scale and --id are for replies, "
                       "not for %s",
                       form->name);
    if (rows && form->shape != AZ_FORM_ROWS)
        return az_fail(err, AZ_EUSAGE, "--columns and --shown are for rows, not for %s",
                       form->name);
    if (o->items_out && !form->has_items) {
        az_fail(err, AZ_EUSAGE, "%s carries no items", form->name);
        az_hint(err, "Leave --items-out out, and give --items FILE where the items are.");
        return AZ_EUSAGE;
    }
    if (o->id && az_replies_check_pattern(o->id, err) < 0)
        return AZ_EUSAGE;
    if (o->panel && (o->answer || o->labels || o->scale))
        return az_fail(err, AZ_EUSAGE, "--panel says what --answer, --labels and --scale would");
    return 0;
}

static int load_panel(const struct options *o, struct az_panel **panel,
                      struct az_import_options *to, struct az_error *err)
{
    if (!o->panel)
        return az_replies_panel(o->answer, o->labels, o->scale, panel, err);
    int r = az_panel_load_elsewhere(o->panel, NULL, NULL, panel, err);
    if (r < 0 || !o->judge)
        return r;
    for (size_t i = 0; i < (*panel)->n_judges; i++) {
        to->panel_judge = i;
        if (!strcmp((*panel)->judges[i].name, o->judge))
            return 0;
    }
    to->panel_judge = 0; /* another name for the panel's only judge */
    return (*panel)->n_judges == 1
               ? 0
               : az_fail(err, AZ_EUSAGE, "'%s' has no judge '%s'", o->panel, o->judge);
}

static int run_with(const struct options *o, const char *file)
{
    struct az_import_options options = {.judge = o->judge, .shown = o->shown, .id_pattern = o->id};
    struct az_import_config config = {.options = &options,
                                      .file = file,
                                      .items = o->items,
                                      .out = o->out ? o->out : "-",
                                      .items_out = o->items_out,
                                      .strict = o->strict,
                                      .quiet = o->quiet};
    AZ_AUTO(panel) panel = NULL;
    struct az_error err = {0};
    int r = find_form(o->as, &config.form, &err);
    if (r == 0)
        r = check(o, config.form, &err);
    if (r == 0 && o->map)
        r = az_import_read_map(&options, o->map, &err);
    if (r == 0 && o->columns)
        r = az_import_read_columns(&options, o->columns, &err);
    if (r == 0 && config.form->wants_panel)
        r = load_panel(o, &panel, &options, &err);
    options.panel = panel;
    return r < 0 ? az_report(&err, az_exit_of(&err)) : az_import_run(&config);
}

static int run(int argc, char **argv)
{
    struct options o = {0};
    const char *args[1];
    size_t n;
    struct az_error err = {0};
    int r = az_options_parse(table, argc, argv, &o, args, 1, &n, &err);
    if (r == 0 && n < 1) {
        r = az_fail(&err, AZ_EUSAGE, "import wants a file");
        az_hint(&err, "assize import annotations.json --as alpaca-eval -o ballots.jsonl");
    }
    return r < 0 ? az_report(&err, az_exit_of(&err)) : run_with(&o, args[0]);
}

const struct az_command az_cmd_import = {
    .name = "import",
    .args = "FILE --as FORM [--items ITEMS] [-o BALLOTS]",
    .summary = "ballots from judgements that were made elsewhere",
    .more = "FILE may be compressed; - is stdin. FORM is one of\n"
            "  ballots       assize's own: the TSV, or one JSON object a line\n"
            "  crowd         task, worker, label; or left, right, label\n"
            "  csv           any CSV or TSV with a header; --columns says what is where\n"
            "  alpaca-eval   annotations.json of AlpacaEval\n"
            "  arena-hard    model_judgment/*.jsonl of Arena-Hard\n"
            "  judgebench    outputs/*.jsonl of JudgeBench\n"
            "  promptfoo     results of promptfoo, JSON or JSONL\n"
            "  inspect       a log of Inspect, .eval or JSON\n"
            "  openai-batch, anthropic-batch   replies of a batch API\n"
            "Labels come out in the item's own frame. What can't be read is a ballot with an\n"
            "error, never a label; bad lines are told and counted, and it ends with 65.\n"
            "docs/import.md has an example of each.",
    .options = table,
    .run = run,
};
