/* core/panel_keys.c: every key a panel may hold. The reader, the reference page
 * and the schema are all made from these rows. */
#include "core/panel_parts.h"

#define AT(type, field) .at = offsetof(struct az_##type, field)
#define HAS(type, field) .has = AZ_KEY_HAS(struct az_##type, field)

const char *const az_kind_words[] = {"choice", "score", "pair", "best", NULL};
const char *const az_answer_words[] = {"json",     "letter", "logprobs", "arena_hard",
                                       "mt_bench", "regex",  NULL};
const char *const az_orders_words[] = {"default", "one", "both", "none", NULL};
const char *const az_policy_words[] = {"vote", "debate", NULL};
const char *const az_aggregate_words[] = {
    "majority",  "plurality",    "mean",         "median", "min",
    "max",       "trimmed_mean", "weighted",     "auto",   "logodds",
    "confusion", "single",       "hierarchical", "stack",  NULL};
const char *const az_backend_words[] = {"openai", "anthropic", "lexical", "recorded", NULL};
const char *const az_field_words[] = {"id",      "prompt", "response", "responses", "reference",
                                      "context", "turns",  "images",   "systems",   "gold",
                                      "cluster", "meta",   NULL};

static const char *const later_kinds[] = {"rank", NULL};
/* statistics/infer/ */
static const char *const unlearnt[] = {
    "dawid-skene", "dawid-skene-map", "wawa", "mean-logit", "ordinal", "gaussian",
    "zero-based",  "one-coin",        "glad", "mace",       "kos",     "mmsr",
    NULL};
static const char *const later_policies[] = {"advocates",  "review",    "cascade",
                                             "sequential", "committee", "criteria",
                                             "rank",       "scaling",   NULL};

const struct az_key_row az_question_keys[] = {
    {"kind", AZ_KEY_WORD, AT(question_draft, kind), .words = az_kind_words, .later = later_kinds,
     .what = "question", .required = true,
     .doc = "choice: one of the labels; score: a number on the scale; pair: A, B or tie; best: "
            "which of the responses."},
    {"ask", AZ_KEY_TEXT, AT(question_draft, ask), .def_doc = "a question of its kind",
     .doc = "What the judges are asked, in words."},
    {"labels", AZ_KEY_NODE, AT(question_draft, labels), .shape = AZ_SHAPE_TEXTS | AZ_SHAPE_MAP,
     .doc = "choice: the labels, 2 to 64, as a list or as a map from label to its meaning."},
    {"scale", AZ_KEY_NODE, AT(question_draft, scale), .shape = AZ_SHAPE_NUMS,
     .doc = "score: [lowest, highest]."},
    {"step", AZ_KEY_NUM, AT(question_draft, step), HAS(question_draft, has_step), .min = 1e-9,
     .max = 1e9, .def_doc = "any number on the scale",
     .doc = "score: the distance between two answers."},
    {"levels", AZ_KEY_NODE, AT(question_draft, levels), .shape = AZ_SHAPE_MAP,
     .doc = "score: what some of the numbers mean, as {1: text, 5: text}."},
    {"ties", AZ_KEY_BOOL, AT(question_draft, ties), HAS(question_draft, has_ties), .def = "true",
     .doc = "pair: whether tie is an answer."},
    {"pass", AZ_KEY_NODE, AT(question_draft, pass), .shape = AZ_SHAPE_TEXT | AZ_SHAPE_TEXTS,
     .doc = "What counts as passed: labels, or for a score \">= 4\" (also >, <=, <)."},
    {"criteria", .unbuilt = true, .doc = "Several questions, combined."},
    {0},
};

const struct az_key_row az_clip_keys[] = {
    {"prompt", AZ_KEY_INT64, AT(clip, prompt), .min = 1, .max = 1e9,
     .doc = "Characters of the prompt that are shown."},
    {"response", AZ_KEY_INT64, AT(clip, response), .min = 1, .max = 1e9,
     .doc = "Characters of each response that are shown."},
    {"reference", AZ_KEY_INT64, AT(clip, reference), .min = 1, .max = 1e9,
     .doc = "Characters of the reference that are shown."},
    {"context", AZ_KEY_INT64, AT(clip, context), .min = 1, .max = 1e9,
     .doc = "Characters of the context that are shown."},
    {0},
};

const struct az_key_row az_serve_keys[] = {
    {"command", AZ_KEY_NODE, AT(serve_draft, command), .shape = AZ_SHAPE_TEXTS, .required = true,
     .doc = "The program and its arguments, as a list; no shell reads it."},
    {"ready", AZ_KEY_TEXT, AT(serve_draft, serve.ready), .required = true,
     .doc = "The url that answers 200 once the program serves; before that nothing is asked."},
    {"restart", AZ_KEY_BOOL, AT(serve_draft, serve.restart), .def = "true",
     .doc = "Run it again when it ends by itself, after a pause that grows."},
    {"stop_s", AZ_KEY_INT, AT(serve_draft, serve.stop_s), .min = 1, .max = 600, .def = "10",
     .doc = "Seconds from asking it to end (SIGTERM) to ending it (SIGKILL)."},
    {0},
};

/* The first AZ_WORKER_ROWS are a worker's alone. */
const struct az_key_row az_worker_backend_keys[] = {
    {"limit_group", AZ_KEY_TEXT, AT(backend_draft, backend.limit_group),
     .doc = "A name that all workers with the same account say: the coordinator keeps `rpm` and "
            "`tpm` over all of them."},
    {"models", AZ_KEY_NODE, AT(backend_draft, models), .shape = AZ_SHAPE_TEXTS,
     .doc = "The models it serves, for people who look at the workers."},
    {"serve", AZ_KEY_NODE, AT(backend_draft, serve), .shape = AZ_SHAPE_TABLE, .sub = az_serve_keys,
     .doc = "A program that serves it, run and watched by the worker."},
    {"name", AZ_KEY_TEXT, AT(backend_draft, backend.name), .required = true,
     .doc = "The name that judges call it by."},
    {"kind", AZ_KEY_WORD, AT(backend_draft, kind), .words = az_backend_words,
     .what = "backend kind", .required = true,
     .doc = "openai: a chat completions API, vLLM's and llama.cpp's too; anthropic: the messages "
            "API; lexical: computed in the worker; recorded: ballots from a file."},
    {"url", AZ_KEY_NODE, AT(backend_draft, url), .shape = AZ_SHAPE_TEXT | AZ_SHAPE_TEXTS,
     .def_doc = "the provider's",
     .doc = "What the path is appended to, \"http://gpu[01-08]:8000/v1\": one, a list, or a host "
            "list; several are one pool, the least busy first."},
    {"key", AZ_KEY_TEXT, AT(backend_draft, backend.key), .def_doc = "none with a url of your own",
     .doc = "Where the API key is found: env:NAME, file:PATH or cred:NAME; never the key itself."},
    {"slots", AZ_KEY_INT, AT(backend_draft, backend.slots), .min = 1, .max = 100000,
     .def_doc = "adapts", .doc = "Calls under way at once, over all of its urls."},
    {"rpm", AZ_KEY_NUM, AT(backend_draft, backend.rpm), .min = 1e-3, .max = 1e9,
     .doc = "Requests a minute that the provider allows."},
    {"tpm", AZ_KEY_NUM, AT(backend_draft, backend.tpm), .min = 1e-3, .max = 1e12,
     .doc = "Tokens a minute that the provider allows."},
    {"file", AZ_KEY_TEXT, AT(backend_draft, backend.file),
     .doc = "recorded: the ballots, TSV or JSONL, seen from the panel's folder."},
    {"delay_ms", AZ_KEY_INT, AT(backend_draft, backend.delay_ms), .min = 0, .max = 3600000,
     .def = "0", .doc = "recorded: answer after so many milliseconds."},
    {"headers", AZ_KEY_NODE, AT(backend_draft, headers), .shape = AZ_SHAPE_MAP,
     .doc = "Extra request headers, name to text; none that carries a secret."},
    {0},
};

const struct az_key_row az_price_keys[] = {
    {"input", AZ_KEY_NUM, AT(usd_per_mtok, input), .min = 0, .max = 1e6, .required = true,
     .doc = "Dollars for a million tokens read."},
    {"output", AZ_KEY_NUM, AT(usd_per_mtok, output), .min = 0, .max = 1e6, .required = true,
     .doc = "Dollars for a million tokens written."},
    {"cached", AZ_KEY_NUM, AT(usd_per_mtok, cached), HAS(usd_per_mtok, has_cached), .min = 0,
     .max = 1e6, .def_doc = "as `input`",
     .doc = "Dollars for a million tokens read from the provider's cache."},
    {0},
};

const struct az_key_row az_judge_keys[] = {
    {"name", AZ_KEY_TEXT, AT(judge_draft, judge.name), .def_doc = "`BACKEND/MODEL`",
     .doc = "The judge's name in ballots and tables; one judge each."},
    {"backend", AZ_KEY_TEXT, AT(judge_draft, judge.backend), .required = true,
     .doc = "The name of a backend: listed, from --backends, or built in."},
    {"model", AZ_KEY_TEXT, AT(judge_draft, judge.model), .required = true,
     .doc = "The model as the backend knows it; recorded: the recorded judge's name."},
    {"family", AZ_KEY_TEXT, AT(judge_draft, judge.family),
     .doc = "Who made the model, to find judges that favour their own kin."},
    {"persona", AZ_KEY_TEXT, AT(judge_draft, judge.persona),
     .doc = "Whom the judge is told to be."},
    {"template", AZ_KEY_TEXT, AT(judge_draft, judge.template), .def_doc = "the panel's",
     .doc = "A template of its own."},
    {"template_file", AZ_KEY_TEXT, AT(judge_draft, template_file),
     .doc = "The same from a file, seen from the panel's folder."},
    {"orders", AZ_KEY_WORD, AT(judge_draft, judge.orders), .words = az_orders_words,
     .def = "default",
     .doc = "Which orders of the responses it sees: both, one (as listed), or none (it knows no "
            "order and is asked once); default: both for a pair, one for best, none for the rest "
            "and for lexical judges."},
    {"samples", AZ_KEY_INT, AT(judge_draft, judge.samples), .min = 1, .max = AZ_SAMPLES_MAX,
     .def = "1", .doc = "How often it is asked the same."},
    {"answer", AZ_KEY_WORD, AT(judge_draft, judge.answer), HAS(judge_draft, has_answer),
     .words = az_answer_words, .def = "json",
     .doc = "How the answer is given and read: json, one letter, the letter's logprobs, the "
            "brackets of arena_hard or mt_bench, or a regex."},
    {"regex", AZ_KEY_TEXT, AT(judge_draft, judge.regex),
     .doc = "With answer: regex: a POSIX extended expression with one group, the answer; the last "
            "match counts."},
    {"max_tokens", AZ_KEY_INT, AT(judge_draft, judge.max_tokens), HAS(judge_draft, has_max_tokens),
     .min = 1, .max = 1000000, .def_doc = "1024; letter 16; logprobs 1",
     .doc = "The most tokens of one answer."},
    {"temperature", AZ_KEY_NUM, AT(judge_draft, judge.temperature),
     HAS(judge_draft, judge.has_temperature), .min = 0, .max = 2,
     .def_doc = "0, and dropped for a model that refuses it", .doc = "The sampling temperature."},
    {"seed", AZ_KEY_INT64, AT(judge_draft, judge.seed), HAS(judge_draft, judge.has_seed),
     .doc = "A seed for the backend's sampler."},
    {"extra", AZ_KEY_NODE, AT(judge_draft, extra), .shape = AZ_SHAPE_MAP,
     .doc = "More fields of the request, as the API names them."},
    {"usd_per_mtok", AZ_KEY_NODE, AT(judge_draft, usd), .shape = AZ_SHAPE_TABLE,
     .sub = az_price_keys, .doc = "What it costs."},
    {"map", AZ_KEY_NODE, AT(judge_draft, map), .shape = AZ_SHAPE_MAP,
     .doc = "A lexical judge of a choice: from \">= 0.5\", falling, and `else` to labels."},
    {0},
};

const struct az_key_row az_policy_keys[] = {
    {"kind", AZ_KEY_WORD, AT(policy_draft, policy.kind), .words = az_policy_words, .what = "policy",
     .later = later_policies, .def = "vote",
     .doc = "vote: each judge alone; debate: in later rounds judges see earlier answers."},
    {"rounds", AZ_KEY_INT, AT(policy_draft, policy.rounds), HAS(policy_draft, has_rounds), .min = 1,
     .max = AZ_ROUNDS_MAX, .def_doc = "vote 1, debate 2", .doc = "debate: how many rounds."},
    {"early_stop", AZ_KEY_BOOL, AT(policy_draft, policy.early_stop), .def = "false",
     .doc = "Do not ask what can no longer change the verdict."},
    {"audit", AZ_KEY_NUM, AT(policy_draft, policy.audit), .min = 0, .max = 1, .def = "0.1",
     .doc = "Under early_stop: the share of items that every judge is asked about all the same."},
    {0},
};

const struct az_key_row az_aggregate_keys[] = {
    {"kind", AZ_KEY_WORD, AT(aggregate_draft, kind), HAS(aggregate_draft, has_kind),
     .words = az_aggregate_words, .what = "aggregate", .later = unlearnt,
     .later_why = "weighs all items at once, and a job decides them one by one",
     .later_hint = "Run with another, then: assize decide --by %s JOB.",
     .def_doc = "score: mean; the rest: majority",
     .doc = "How ballots become a verdict: majority (of all seats), plurality or weighted for "
            "labels; mean, median, min, max or trimmed_mean for a score; what was learnt from true "
            "answers, with `calibration`: auto, or one of its parts (logodds, confusion, single, "
            "hierarchical, stack)."},
    {"tie", AZ_KEY_TEXT, AT(aggregate_draft, tie),
     .def_doc = "tie where it is an answer, else abstain",
     .doc = "When there is no majority: tie, abstain, or the name of the judge that decides."},
    {"weights", AZ_KEY_NODE, AT(aggregate_draft, weights), .shape = AZ_SHAPE_MAP,
     .doc = "weighted and mean: judge to weight; 1 for a judge not named."},
    {"trim", AZ_KEY_NUM, AT(aggregate_draft, trim), HAS(aggregate_draft, has_trim), .min = 0,
     .max = 0.49, .def = "0.2", .doc = "trimmed_mean: the share that is cut at each end."},
    {"calibration", AZ_KEY_TEXT, AT(aggregate_draft, calibration),
     .doc =
         "What was learnt from true answers: the file that `assize calibrate` wrote, relative to "
         "the panel, or its JSON as text."},
    {"abstain_below", AZ_KEY_NUM, AT(aggregate_draft, abstain_below),
     HAS(aggregate_draft, has_abstain_below), .min = 0, .max = 1, .def_doc = "never",
     .doc = "With a calibration: the probability below which there is no verdict."},
    {"risk", AZ_KEY_NUM, AT(aggregate_draft, risk), HAS(aggregate_draft, has_risk), .min = 1e-6,
     .max = 0.5, .def_doc = "none",
     .doc = "With a calibration that was made with the same --risk: of what is decided at most "
            "this share is wrong, with probability 1 - delta; the rest is abstained from."},
    {"delta", AZ_KEY_NUM, AT(aggregate_draft, delta), HAS(aggregate_draft, has_delta), .min = 1e-6,
     .max = 0.5, .def = "0.05",
     .doc = "How sure the promise of `risk` is: it holds with "
            "probability 1 - delta."},
    {"conformal", AZ_KEY_NUM, AT(aggregate_draft, conformal), HAS(aggregate_draft, has_conformal),
     .min = 1e-6, .max = 0.5, .def_doc = "none",
     .doc = "With a calibration that was made with the same --conformal: a verdict has a `set` of "
            "answers, which misses the true one in at most this share of the items."},
    {0},
};

const struct az_key_row az_limits_keys[] = {
    {"usd", AZ_KEY_USD, AT(limits, usd), HAS(limits, has_usd), .def_doc = "none",
     .doc = "The most that may be spent, in dollars, over all runs of the job."},
    {"attempts", AZ_KEY_INT, AT(limits, attempts), .min = 1, .max = 20, .def = "4",
     .doc = "Calls a question, at the most."},
    {"timeout_s", AZ_KEY_INT, AT(limits, timeout_s), .min = 1, .max = 3600, .def = "60",
     .doc = "Seconds that one call may take."},
    {"item_s", AZ_KEY_INT, AT(limits, item_s), .min = 1, .max = 604800, .def = "600",
     .doc = "Seconds that one item may wait for its judges, from when all of them were asked."},
    {"job_s", AZ_KEY_INT, AT(limits, job_s), .min = 1, .max = 31536000, .def_doc = "none",
     .doc = "Seconds that one run may take; what is left stays open."},
    {"quorum", AZ_KEY_INT, AT(limits, quorum), .min = 1, .max = AZ_JUDGES_MAX, .def = "1",
     .doc = "Judges that must have voted, or there is no verdict."},
    {"slots", AZ_KEY_INT, AT(limits, slots), .min = 1, .max = 100000,
     .def_doc = "the sum of the backends'", .doc = "Calls under way at once, over all backends."},
    {"hedge", AZ_KEY_BOOL, AT(limits, hedge), .def = "false",
     .doc = "Whether a question that is slower than its backend's 95th percentile is asked once "
            "more, of another worker: the first answer counts, both are paid for."},
    {0},
};

const struct az_key_row az_panel_keys[] = {
    {"version", AZ_KEY_INT, AT(panel_draft, version), .def = "1",
     .doc = "The version of this format."},
    {"name", AZ_KEY_TEXT, AT(panel_draft, name), .def_doc = "the file's name without its ending",
     .doc = "The panel's name in reports."},
    {"extends", AZ_KEY_TEXT, AT(panel_draft, extends),
     .doc = "A panel that this one changes: maps merge, lists replace."},
    {"question", AZ_KEY_TABLE, AT(panel_draft, question), .sub = az_question_keys,
     .shorthand = "kind", .required = true,
     .doc = "What is asked of every item; a lone word is its kind."},
    {"template", AZ_KEY_TEXT, AT(panel_draft, template), .def_doc = "one of the question's kind",
     .doc = "The prompt, with {{fields}} of the item."},
    {"template_file", AZ_KEY_TEXT, AT(panel_draft, template_file),
     .doc = "The same from a file, seen from the panel's folder."},
    {"clip", AZ_KEY_TABLE, AT(panel_draft, clip), .sub = az_clip_keys,
     .doc = "Show only the beginning of long fields, in characters; without it what is too long "
            "is an error."},
    {"fields", AZ_KEY_NODE, AT(panel_draft, fields), .shape = AZ_SHAPE_MAP,
     .doc = "Where assize's fields are found in an item: {prompt: meta.text, responses: [a, b]}; "
            "{responses: {X: a, Y: b}} names the systems too."},
    {"gold_map", AZ_KEY_NODE, AT(panel_draft, gold_map), .shape = AZ_SHAPE_MAP,
     .doc = "From what the items call a gold answer to what the question does."},
    {"backends", AZ_KEY_NODE, AT(panel_draft, backends), .shape = AZ_SHAPE_TABLES,
     .sub = az_backend_keys,
     .doc = "What the judges' calls go to; a panel to share has none. ${NAME} and ${NAME:-x} are "
            "replaced from the environment, here only."},
    {"judges", AZ_KEY_NODE, AT(panel_draft, judges), .shape = AZ_SHAPE_TABLES | AZ_SHAPE_TEXTS,
     .sub = az_judge_keys, .required = true,
     .doc = "Who is asked, 1 to 256; a lone word is BACKEND/MODEL, split at the first slash."},
    {"policy", AZ_KEY_TABLE, AT(panel_draft, policy), .sub = az_policy_keys, .shorthand = "kind",
     .doc = "Whom to ask next; a lone word is its kind."},
    {"aggregate", AZ_KEY_TABLE, AT(panel_draft, aggregate), .sub = az_aggregate_keys,
     .shorthand = "kind", .doc = "From ballots to a verdict; a lone word is its kind."},
    {"limits", AZ_KEY_TABLE, AT(panel_draft, limits), .sub = az_limits_keys,
     .doc = "What may be spent and waited for."},
    {0},
};

const char *az_kind_name(enum az_kind kind)
{
    return kind == AZ_RANK ? "rank" : az_kind_words[kind];
}

const char *az_policy_name(enum az_policy_kind kind)
{
    return az_policy_words[kind];
}

const char *az_aggregate_name(enum az_aggregate_kind kind)
{
    return kind == AZ_AGG_INFERRED ? "inferred" : az_aggregate_words[kind];
}
