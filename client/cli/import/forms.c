/* The forms that judgements come in: one row and one file each. */
#include "client/cli/import/forms.h"

static const char *const list[] = {"[]", NULL};
static const char *const promptfoo[] = {"[]", "results.results[]", "results[]", NULL};
static const char *const inspect[] = {"[]", "samples[]", "eval", NULL};
/* A .eval file has one sample an entry; what is read of it is the least part. */
static const char *const inspect_entries[] = {"samples/", "_journal/start.json", "header.json",
                                              NULL};
static const char *const inspect_members[] = {"id",     "epoch",  "input", "target",
                                              "output", "scores", "eval",  NULL};

const struct az_form az_forms[] = {
    {"ballots", "ballots of assize: the TSV, or one JSON object a line", AZ_FORM_LINES,
     .paths = list, .marks = {"item", "judge", "sample"}, .read = az_form_ballots},
    {"crowd", "crowd answers with a header: task, worker, label (or left, right, label)",
     AZ_FORM_ROWS, .paths = list, .marks = {"task", "worker"}, .read = az_form_rows},
    {"csv", "any CSV or TSV with a header; --columns says what is where", AZ_FORM_ROWS,
     .paths = list, .has_items = true, .read = az_form_rows},
    {"alpaca-eval", "annotations.json of AlpacaEval: preference 1 to 2", AZ_FORM_JSON,
     .paths = list, .marks = {"\"instruction\"", "\"output_1\"", "\"preference\""},
     .has_items = true, .read = az_form_alpaca},
    {"arena-hard", "model_judgment/*.jsonl of Arena-Hard: two games each", AZ_FORM_JSON,
     .paths = list, .marks = {"\"games\"", "\"judge\"", "\"model\""}, .read = az_form_arena},
    {"judgebench", "outputs/*.jsonl of JudgeBench: decisions in both orders", AZ_FORM_JSON,
     .paths = list, .marks = {"\"pair_id\"", "\"response_A\""}, .has_items = true,
     .read = az_form_judgebench},
    {"promptfoo", "results of promptfoo (JSON or JSONL): every assertion is a judge", AZ_FORM_JSON,
     .paths = promptfoo, .marks = {"\"testCase\"", "\"provider\""}, .has_items = true,
     .read = az_form_promptfoo},
    {"inspect", "log of Inspect (.eval or JSON): every scorer is a judge", AZ_FORM_JSON,
     .paths = inspect, .marks = {"\"eval\"", "\"task\"", "\"dataset\""}, .has_items = true,
     .entries = inspect_entries, .members = inspect_members, .read = az_form_inspect},
    {"openai-batch", "output of OpenAI's batch API: replies, read by --answer", AZ_FORM_JSON,
     .paths = list, .marks = {"\"custom_id\"", "\"response\"", "\"status_code\""},
     .wants_panel = true, .read = az_form_replies},
    {"anthropic-batch", "results of Anthropic's batch API: replies, read by --answer", AZ_FORM_JSON,
     .paths = list, .marks = {"\"custom_id\"", "\"result\"", "\"type\""}, .wants_panel = true,
     .read = az_form_replies},
    {0},
};

const struct az_form *az_form_find(const char *name)
{
    for (const struct az_form *f = az_forms; f->name; f++) {
        if (!strcmp(f->name, name))
            return f;
    }
    return NULL;
}

static bool fits(const struct az_form *f, struct az_str head)
{
    if (!f->marks[0])
        return false;
    struct az_str rest = head, line = head;
    if (f->shape == AZ_FORM_ROWS || f->shape == AZ_FORM_LINES)
        az_str_line(&rest, &line);
    for (size_t i = 0; i < AZ_LEN(f->marks) && f->marks[i]; i++) {
        if (az_str_find(line, az_str(f->marks[i])) < 0)
            return false;
    }
    return true;
}

const struct az_form *az_form_guess(struct az_str head, const struct az_form *not_this)
{
    if (fits(not_this, head))
        return NULL;
    for (const struct az_form *f = az_forms; f->name; f++) {
        if (f != not_this && fits(f, head))
            return f;
    }
    return NULL;
}

const struct az_form *az_form_guess_rows(struct az_str head)
{
    struct az_str line = head;
    bool parted = false;
    az_str_line(&head, &line);
    for (size_t i = 0; i < line.n; i++) {
        if (strchr("{}[]", line.p[i]))
            return NULL;
        parted |= line.p[i] == ',' || line.p[i] == ';' || line.p[i] == '\t';
    }
    return parted ? az_form_find("csv") : NULL;
}
