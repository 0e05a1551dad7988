/* The formats' fields: core/verdict.c and coordinator/summary_json.c write them,
 * core/item.c reads items. */
#include "client/cli/formats.h"

enum {
    TEXT = AZ_F_TEXT,
    INT = AZ_F_INT,
    BOOL = AZ_F_BOOL,
    TEXT_OR_NULL = AZ_F_TEXT | AZ_F_NULL,
    NUM_OR_NULL = AZ_F_NUM | AZ_F_NULL,
    SCALAR = AZ_F_TEXT | AZ_F_NUM | AZ_F_BOOL,
};

/* A field that is always there, or may be; and what is inside it. */
#define FIELD(name_, types_, doc_, of_, optional_)                                              \
    {                                                                                           \
        .name = (name_), .types = (types_), .doc = (doc_), .of = (of_), .optional = (optional_) \
    }
#define HAS(name, types, doc) FIELD(name, types, doc, NULL, false)
#define MAY(name, types, doc) FIELD(name, types, doc, NULL, true)
#define HAS_OF(name, types, doc, of) FIELD(name, types, doc, of, false)
#define MAY_OF(name, types, doc, of) FIELD(name, types, doc, of, true)

static const struct az_format_field item[] = {
    MAY("id", AZ_F_TEXT | AZ_F_NUM, "Its name in the job; without one, a hash of the content."),
    MAY("prompt", SCALAR, "What was asked of the system under judgement."),
    MAY("response", SCALAR, "The one answer that a choice or score question judges."),
    MAY("responses", AZ_F_TEXTS | AZ_F_MAP, "Two or more answers: a list, or texts by system."),
    MAY("reference", SCALAR, "A true answer, shown to judges."),
    MAY("context", SCALAR | AZ_F_TEXTS, "What the answers should rest on."),
    MAY("turns", AZ_F_ANY, "The conversation before the prompt."),
    MAY("images", AZ_F_ANY, "Images that belong to the prompt."),
    MAY("systems", AZ_F_TEXTS, "Who wrote each response; never shown to a judge."),
    MAY("gold", AZ_F_ANY,
        "The true answer: a label, number, system name, a list of annotators' answers, or weights "
        "by "
        "label; never shown to a judge."),
    MAY("cluster", SCALAR, "Items that belong together in statistics; default: the same prompt."),
    MAY("meta", AZ_F_ANY, "Yours; conditions of --keep can name it."),
    {0},
};

static const struct az_format_field error[] = {
    HAS("kind", TEXT, "Its name, as timeout, parse or rate_limit."),
    HAS("text", TEXT_OR_NULL, "What happened."),
    {0},
};

static const struct az_format_field ballot[] = {
    MAY("item", TEXT, "The item's id; only in a ballots file."),
    HAS("judge", TEXT, "The judge's name in the panel."),
    HAS("round", INT, "From 1."),
    HAS("criterion", AZ_F_INT | AZ_F_NULL, "Which criterion was asked."),
    HAS("order", TEXT_OR_NULL, "How the responses were shown: AB, BA."),
    HAS("sample", INT, "From 0."),
    HAS("label", TEXT_OR_NULL,
        "The answer, in the item's own frame; null for a score or an error."),
    MAY("score", NUM_OR_NULL, "The answer of a score question."),
    MAY("probs", AZ_F_MAP | AZ_F_NULL, "Probability by label, or by step of the scale."),
    MAY("how", TEXT_OR_NULL, "How the answer was read, as json, letter or logprobs."),
    MAY("rationale", TEXT_OR_NULL, "The judge's reasons."),
    MAY_OF("error", AZ_F_OBJECT, "Why there is no answer; then there is no label.", error),
    HAS("model", TEXT_OR_NULL, "The provider's own name of what answered."),
    MAY("params", AZ_F_MAP, "What the model was asked with, as temperature and max_tokens."),
    HAS("request", TEXT_OR_NULL, "Hash of what was asked: the cache's key."),
    HAS("tokens_in", INT, "Tokens of the request, as the provider counts them."),
    HAS("tokens_out", INT, "Tokens of the answer."),
    MAY("tokens_cached", INT, "Those of the request that the provider had kept, if any."),
    MAY("tokens_reasoning", INT, "Those of the answer that were reasoning, if any."),
    HAS("usd", NUM_OR_NULL, "What all calls for it cost; null where no price is known."),
    HAS("ms", INT, "How long the last call took."),
    HAS("attempts", INT, "Calls made."),
    HAS("cached", BOOL, "Answered from the cache."),
    HAS("used", BOOL, "It counted for the verdict."),
    MAY("kind", TEXT, "Imported: who judged, as human, llm or rm."),
    {0},
};

static const struct az_format_field seats[] = {
    HAS("n", INT, "Seats of the panel."),
    HAS("asked", INT, "Seats that were asked."),
    HAS("voted", INT, "Seats with a readable answer."),
    HAS("errors", INT, "Seats without one."),
    HAS("partial", INT, "Seats that voted with some of their ballots missing."),
    {0},
};

static const struct az_format_field verdict[] = {
    HAS("id", TEXT, "The item's id."),
    HAS("line", INT, "Its line in the items, from 1."),
    HAS("status", TEXT, "decided, abstained or failed."),
    HAS("label", TEXT_OR_NULL, "The answer, in the item's own frame."),
    HAS("winner", TEXT_OR_NULL, "The system behind the label, where systems are named."),
    HAS("score", NUM_OR_NULL, "The answer of a score question."),
    HAS("share", NUM_OR_NULL, "Share of the seats asked that are for it."),
    HAS("p", NUM_OR_NULL, "Calibrated probability that it is right."),
    HAS("probs", AZ_F_MAP | AZ_F_NULL,
        "Calibrated probability by label, or by step of the scale; p is the verdict's own."),
    MAY("set", AZ_F_ANY,
        "With `conformal`: a list of answers; the true one is among them but for that share."),
    HAS("how", TEXT_OR_NULL, "The aggregation that decided."),
    MAY("reason", TEXT, "Why it abstained or failed."),
    MAY("reasons", AZ_F_MAP, "With `decide --by` a method that needs no labels: why p is null."),
    MAY_OF("error", AZ_F_OBJECT, "Failed: the commonest error of its ballots.", error),
    HAS("dissent", AZ_F_TEXTS, "Judges that answered otherwise."),
    HAS("criteria", AZ_F_MAP, "Verdicts by criterion."),
    HAS_OF("seats", AZ_F_OBJECT, "How many sat, were asked, voted.", seats),
    HAS("rounds", INT, "Rounds that were asked."),
    HAS("usd", NUM_OR_NULL, "What the item cost; null where a price is not known."),
    MAY_OF("ballots", AZ_F_LIST, "All ballots; left out by --brief.", ballot),
    {0},
};

#define REASONS MAY("reasons", AZ_F_MAP, "Why each null is undefined.")
#define INTERVAL                                                \
    HAS("low", NUM_OR_NULL, "Lower end of the 95 % interval."), \
        HAS("high", NUM_OR_NULL, "Upper end."),                 \
        HAS("method", TEXT_OR_NULL, "How the interval was made.")
#define NOTE MAY("note", TEXT, "What the interval does not cover.")

static const struct az_format_field calls[] = {
    HAS("made", INT, "Calls to a backend, retries included."),
    HAS("cached", INT, "Questions answered from the cache."),
    HAS("retried", INT, "Calls that were a further attempt."),
    HAS("saved", INT, "Questions that early_stop left unasked."),
    {0},
};

static const struct az_format_field label[] = {
    HAS("name", TEXT, "The label."),
    HAS("count", INT, "Items decided so."),
    HAS("share", NUM_OR_NULL, "Their share of the decided."),
    INTERVAL,
    HAS("n", INT, "Items that the share is of."),
    NOTE,
    REASONS,
    {0},
};

static const struct az_format_field contender[] = {
    HAS("name", TEXT, "The system."),
    HAS("wins", INT, "Items that it won."),
    HAS("ties", INT, "Items that were a tie."),
    HAS("losses", INT, "Items that it lost."),
    HAS("win_rate", NUM_OR_NULL, "Wins, a tie as half, of all."),
    INTERVAL,
    HAS("n", INT, "Items that the rate is of."),
    NOTE,
    REASONS,
    {0},
};

static const struct az_format_field rate[] = {
    HAS("value", NUM_OR_NULL, "The figure."),
    INTERVAL,
    HAS("n", INT, "Items that it is of."),
    NOTE,
    REASONS,
    {0},
};

static const struct az_format_field panel[] = {
    HAS("accuracy", NUM_OR_NULL, "Share of items with gold that are right; undecided is wrong."),
    HAS("accuracy_shared", NUM_OR_NULL, "The same with undecided as 1/k."),
    HAS("kappa", NUM_OR_NULL, "Cohen's kappa with gold."),
    HAS("kappa_n", INT, "Items that kappa is of."),
    MAY("mae", NUM_OR_NULL, "Score: mean absolute error."),
    MAY("pearson", NUM_OR_NULL, "Score: correlation with gold."),
    MAY("low", NUM_OR_NULL, "Labels: lower end of the accuracy's 95 % interval."),
    MAY("high", NUM_OR_NULL, "Labels: upper end."),
    MAY("method", TEXT_OR_NULL, "Labels: how the interval was made."),
    HAS("n", INT, "Items with gold."),
    REASONS,
    {0},
};

static const struct az_format_field judge[] = {
    HAS("name", TEXT, "The judge."),
    HAS("ballots", INT, "Its ballots."),
    HAS("errors", INT, "Ballots that are errors."),
    HAS("parse_rate", NUM_OR_NULL, "Share of ballots that could be read."),
    HAS("flip_rate", NUM_OR_NULL, "Share of items whose answer changed with the order."),
    HAS("reversal_rate", NUM_OR_NULL, "Share that changed from one response to the other."),
    HAS_OF("position", AZ_F_OBJECT | AZ_F_NULL, "How often the first shown won.", rate),
    HAS("flip_n", INT, "Items asked in both orders."),
    HAS("accuracy", NUM_OR_NULL, "Against gold; undecided is wrong."),
    HAS("accuracy_shared", NUM_OR_NULL, "The same with undecided as 1/k."),
    HAS("kappa", NUM_OR_NULL, "Cohen's kappa with gold."),
    HAS("kappa_n", INT, "Items that kappa is of."),
    MAY("mae", NUM_OR_NULL, "Score: mean absolute error."),
    MAY("pearson", NUM_OR_NULL, "Score: correlation with gold."),
    HAS("n", INT, "Items with gold that it answered."),
    HAS("usd", NUM_OR_NULL, "What it cost; null where no price is known."),
    HAS("tokens_in", INT, "Tokens of its requests."),
    HAS("tokens_out", INT, "Tokens of its answers."),
    HAS("ms_p50", NUM_OR_NULL, "Median of its calls, milliseconds."),
    HAS("ms_p99", NUM_OR_NULL, "99th percentile of its calls."),
    HAS("top_error", TEXT_OR_NULL, "The commonest of its errors."),
    REASONS,
    {0},
};

static const struct az_format_field pair[] = {
    HAS("a", TEXT, "One judge."),
    HAS("b", TEXT, "The other."),
    HAS("percent", NUM_OR_NULL, "Share of items on which they agree."),
    HAS("kappa", NUM_OR_NULL, "Cohen's kappa."),
    MAY("pearson", NUM_OR_NULL, "Score: correlation."),
    HAS("n", INT, "Items that both answered."),
    REASONS,
    {0},
};

static const struct az_format_field agreement[] = {
    HAS("alpha", NUM_OR_NULL, "Krippendorff's alpha."),
    HAS("alpha_level", TEXT, "nominal or interval."),
    HAS("percent", NUM_OR_NULL, "Mean over pairs of judges."),
    HAS("kappa", NUM_OR_NULL, "Mean over pairs of judges."),
    HAS("effective_votes", NUM_OR_NULL, "How many independent judges the panel is worth."),
    INTERVAL,
    HAS("effective_votes_n", INT, "Items that it is of."),
    HAS("left_out", AZ_F_TEXTS, "Judges without enough answers for it."),
    HAS("n", INT, "Items that alpha is of."),
    HAS_OF("pairs", AZ_F_LIST, "Each pair of judges.", pair),
    REASONS,
    {0},
};

static const struct az_format_field sets[] = {
    HAS("size", NUM_OR_NULL, "Mean number of answers in a set."),
    HAS("single", NUM_OR_NULL, "Share of sets of one answer."),
    HAS("n", INT, "Verdicts with a set."),
    HAS_OF("held", AZ_F_OBJECT, "Of those with gold, the share that has the true answer.", rate),
    REASONS,
    {0},
};

static const struct az_format_field learnt[] = {
    HAS("by", TEXT, "The rule."),
    HAS("n", INT, "Items with gold that it was learnt from."),
    HAS("plain", TEXT, "The rule that stands beside it: majority, or a score's mean."),
    MAY("accuracy", NUM_OR_NULL, "Of the plain rule, as in panel."),
    MAY("accuracy_shared", NUM_OR_NULL, "The same with undecided as 1/k."),
    MAY("mae", NUM_OR_NULL, "Score: its mean distance from gold."),
    HAS_OF("difference", AZ_F_OBJECT, "accuracy_shared (a score: mae) of the panel less this.",
           rate),
    REASONS,
    {0},
};

static const struct az_format_field watched[] = {
    HAS("value", NUM_OR_NULL, "Share of the audited items, so far."),
    INTERVAL,
    HAS("n", INT, "Audited items, one of a cluster."),
    MAY("base", AZ_F_NUM, "What it may be: by the calibration, or of the panel its `risk`."),
    MAY("p", AZ_F_NUM,
        "Evidence that it is more, as a p-value that holds at any time; of an alarm, then."),
    HAS("alarm", BOOL, "It was more than it may be, at some time."),
    MAY("alarm_at", INT, "The audited item that raised the alarm, from 1, in the order they came."),
    MAY("alarm_value", AZ_F_NUM, "The share then; `value` is of all that came."),
    REASONS,
    {0},
};

static const struct az_format_field watched_judge[] = {
    HAS("name", TEXT, "The judge."),
    HAS_OF("wrong", AZ_F_OBJECT, "Against gold.", watched),
    HAS_OF("apart", AZ_F_OBJECT, "Against the panel's verdict, gold or not.", watched),
    {0},
};

static const struct az_format_field drift[] = {
    HAS("alarms", INT, "How many tests raised an alarm."),
    HAS("delta", AZ_F_NUM, "The probability that any does without cause."),
    HAS_OF("panel", AZ_F_OBJECT, "Verdicts that are wrong.", watched),
    HAS_OF("judges", AZ_F_LIST, "Each judge.", watched_judge),
    {0},
};

static const struct az_format_field summary[] = {
    HAS("format", TEXT, "summary/1."),
    HAS("panel_name", TEXT, "The panel's name."),
    HAS("items", INT, "Items of the job that were read."),
    HAS("decided", INT, "With a label or score."),
    HAS("abstained", INT, "Without one, though nothing failed."),
    HAS("failed", INT, "That could not be judged."),
    HAS("left", INT, "Not decided yet."),
    HAS("bad_lines", INT, "Lines that are no item."),
    HAS("seconds", AZ_F_NUM, "How long this run took."),
    HAS("usd", AZ_F_NUM, "What the job cost, earlier runs included."),
    HAS("usd_known", BOOL, "False: some judge has no price, and usd is too low."),
    HAS("tokens_in", INT, "Tokens of all requests."),
    HAS("tokens_out", INT, "Tokens of all answers."),
    HAS_OF("calls", AZ_F_OBJECT, "Of this run.", calls),
    HAS("failed_by", AZ_F_MAP, "Failed items by error."),
    HAS("abstained_by", AZ_F_MAP, "Abstained items by reason."),
    HAS_OF("labels", AZ_F_LIST, "How often each label was the verdict.", label),
    HAS_OF("systems", AZ_F_LIST, "Pairs: wins by system.", contender),
    HAS("systems_over", INT, "Items whose systems were too many to list."),
    HAS_OF("pass_rate", AZ_F_OBJECT, "Share of decided items that pass.", rate),
    HAS_OF("mean", AZ_F_OBJECT, "Score: mean of the verdicts.", rate),
    HAS_OF("panel", AZ_F_OBJECT, "The panel against gold.", panel),
    MAY_OF("drift", AZ_F_OBJECT, "With a calibration: what there is, held against how it was then.",
           drift),
    MAY_OF("sets", AZ_F_OBJECT, "Sets of answers, with `conformal`.", sets),
    MAY_OF("learnt", AZ_F_OBJECT, "The verdicts are of a rule learnt from these items' gold.",
           learnt),
    HAS_OF("judges", AZ_F_LIST, "Each judge.", judge),
    HAS_OF("agreement", AZ_F_OBJECT, "Between the judges.", agreement),
    {0},
};

const struct az_format az_formats[] = {
    {"item",
     "An item: one JSON object a line. Common other names are known too (`question`, "
     "`output`, `chosen`/`rejected` …), and `fields:` in a panel maps any.",
     item},
    {"verdict", "A verdict: a line of verdicts.jsonl.", verdict},
    {"ballot", "A ballot: in a verdict's `ballots`, or a line of a ballots file.", ballot},
    {"summary", "The summary: summary.json and --json-summary.", summary},
    {0},
};
