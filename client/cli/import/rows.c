/* Rows with a header: crowd answers, and any CSV or TSV. */
#include "client/cli/import/forms.h"

enum { ALIASES = 8 };

/* Under which names a column is found, the first that is there. */
static const char *const aliases[AZ_COL_COUNT][ALIASES] = {
    [AZ_COL_ITEM] = {"item", "task", "id", "item_id", "question_id", "pair_id", "custom_id"},
    [AZ_COL_JUDGE] = {"judge", "worker", "annotator", "rater", "performer", "judge_name", "grader"},
    [AZ_COL_LABEL] = {"label", "verdict", "winner", "decision"},
    [AZ_COL_SCORE] = {"score", "rating"},
    [AZ_COL_ORDER] = {"order"},
    [AZ_COL_SAMPLE] = {"sample"},
    [AZ_COL_ROUND] = {"round"},
    [AZ_COL_RATIONALE] = {"rationale", "explanation", "reason", "comment"},
    [AZ_COL_MODEL] = {"model", "judge_model"},
    [AZ_COL_USD] = {"usd", "cost", "price"},
    [AZ_COL_MS] = {"ms", "latency_ms"},
    [AZ_COL_TOKENS_IN] = {"tokens_in", "prompt_tokens", "input_tokens"},
    [AZ_COL_TOKENS_OUT] = {"tokens_out", "completion_tokens", "output_tokens"},
    [AZ_COL_ERROR] = {"error"},
    [AZ_COL_PROMPT] = {"prompt", "instruction", "question", "input"},
    [AZ_COL_RESPONSE] = {"response", "output", "text", "answer"},
    [AZ_COL_RESPONSE_A] = {"response_a", "response_1", "output_1", "output_a"},
    [AZ_COL_RESPONSE_B] = {"response_b", "response_2", "output_2", "output_b"},
    [AZ_COL_SYSTEM_A] = {"system_a", "model_a", "generator_1"},
    [AZ_COL_SYSTEM_B] = {"system_b", "model_b", "generator_2"},
    [AZ_COL_LEFT] = {"left"},
    [AZ_COL_RIGHT] = {"right"},
    [AZ_COL_GOLD] = {"gold", "truth"},
    [AZ_COL_KIND] = {"kind"},
};

/* ---- the header ---- */

static int place_of(const struct az_csv_row *header, const char *name, bool exact)
{
    for (size_t i = 0; i < header->n; i++) {
        struct az_str cell = az_str_trim(header->v[i]);
        if (exact ? az_str_eqz(cell, name) : az_str_eqz_nocase(cell, name))
            return (int)i;
    }
    return -1;
}

/* What --columns names has to be there. */
static int find_column(struct az_import *im, const struct az_csv_row *header, int c,
                       struct az_error *err)
{
    struct az_str named = im->options->columns[c];
    int *at = &im->of_form.columns[c];
    *at = -1;
    if (named.p) {
        char name[AZ_IMPORT_COLUMNS];
        snprintf(name, sizeof(name), AZ_STR_FMT, AZ_STR_ARG(named));
        *at = place_of(header, name, true);
        return *at >= 0 ? 0 : az_fail(err, AZ_EINVAL, "no column '%s' in the header", name);
    }
    for (int i = 0; *at < 0 && i < ALIASES && aliases[c][i]; i++)
        *at = place_of(header, aliases[c][i], false);
    return 0;
}

static bool has(const struct az_import *im, enum az_column c)
{
    return im->of_form.columns[c] >= 0;
}

static int read_header(struct az_import *im, const struct az_csv_row *header, struct az_error *err)
{
    for (int c = 0; c < AZ_COL_COUNT; c++) {
        int r = find_column(im, header, c, err);
        if (r < 0)
            return r;
    }
    const char *missing = NULL;
    bool sides = has(im, AZ_COL_LEFT) && has(im, AZ_COL_RIGHT);
    if (!has(im, AZ_COL_ITEM) && !sides && !has(im, AZ_COL_PROMPT) && !has(im, AZ_COL_RESPONSE))
        missing = "item";
    else if (!has(im, AZ_COL_JUDGE) && !im->options->judge)
        missing = "judge";
    else if (!has(im, AZ_COL_LABEL) && !has(im, AZ_COL_SCORE))
        missing = "label";
    if (missing) {
        az_fail(err, AZ_EINVAL, "no column '%s' in the header", missing);
        az_hint(err, "Say which it is: --columns %s=NAME%s.", missing,
                strcmp(missing, "judge") ? "" : ", or name the one judge: --judge NAME");
        return AZ_EINVAL;
    }
    im->of_form.header = true;
    return 1;
}

/* ---- a row ---- */

static struct az_str cell(const struct az_import *im, const struct az_csv_row *row,
                          enum az_column c)
{
    int at = im->of_form.columns[c];
    return at < 0 ? (struct az_str){0} : az_str_trim(row->v[at]);
}

/* Texts are kept as they are, an empty one is none. */
static struct az_str text(const struct az_import *im, const struct az_csv_row *row,
                          enum az_column c)
{
    int at = im->of_form.columns[c];
    return at < 0 || !row->v[at].n ? (struct az_str){0} : row->v[at];
}

static int count(const struct az_import *im, const struct az_csv_row *row, enum az_column c,
                 const char *what, int64_t least, int64_t *ret, struct az_error *err)
{
    struct az_str s = cell(im, row, c);
    int64_t v;
    if (!s.n)
        return 0;
    if (!az_str_int(s, &v) || v < least || v > INT32_MAX)
        return az_fail(err, AZ_EINVAL, "'" AZ_STR_FMT "' is no %s", AZ_STR_ARG(s), what);
    *ret = v;
    return 0;
}

static int read_counts(const struct az_import *im, const struct az_csv_row *row, struct az_vote *v,
                       struct az_error *err)
{
    int64_t sample = v->sample, round = v->round;
    int r = count(im, row, AZ_COL_SAMPLE, "sample", 0, &sample, err);
    if (r == 0)
        r = count(im, row, AZ_COL_ROUND, "round", 1, &round, err);
    if (r == 0)
        r = count(im, row, AZ_COL_MS, "number of milliseconds", 0, &v->ms, err);
    if (r == 0)
        r = count(im, row, AZ_COL_TOKENS_IN, "number of tokens", 0, &v->tokens_in, err);
    if (r == 0)
        r = count(im, row, AZ_COL_TOKENS_OUT, "number of tokens", 0, &v->tokens_out, err);
    v->sample = (int)sample;
    v->round = (int)round;
    return r;
}

/* An order that is none of those that assize knows is not known. */
static void read_order(struct az_import *im, const struct az_csv_row *row, struct az_vote *v)
{
    struct az_str order = cell(im, row, AZ_COL_ORDER);
    v->shown = im->options->shown;
    if (order.n < 2 || order.n > AZ_RESPONSES_MAX || !az_order_find(order, order.n, &v->order)) {
        v->order = AZ_ORDER_NONE;
        im->counts.no_order += order.n > 0;
        return;
    }
    im->n_responses = order.n;
}

static void read_answer(struct az_import *im, const struct az_csv_row *row, struct az_vote *v)
{
    struct az_str score = cell(im, row, AZ_COL_SCORE), error = cell(im, row, AZ_COL_ERROR);
    struct az_str usd = cell(im, row, AZ_COL_USD);
    v->label = cell(im, row, AZ_COL_LABEL);
    v->has_score = az_str_double(score, &v->score);
    v->has_usd = az_str_double(usd, &v->usd);
    if (score.n && !v->has_score) {
        v->error = AZ_BE_PARSE;
        v->error_text = AZ_STR("the score is no number");
    }
    if (error.n) {
        int kind = az_ballot_error_find(error);
        v->error = kind > AZ_BE_NONE ? (enum az_ballot_error)kind : AZ_BE_PARSE;
        v->error_text = error;
    }
}

/* Two names beside each other, and the one that won: the item is the two, in the
 * order of their names, so that both ways of showing them are one item. */
static int read_sides(struct az_import *im, const struct az_csv_row *row, struct az_subject *s,
                      struct az_vote *v, struct az_error *err)
{
    struct az_str left = cell(im, row, AZ_COL_LEFT), right = cell(im, row, AZ_COL_RIGHT);
    if (!left.n || !right.n || az_str_eq(left, right))
        return az_fail(err, AZ_EINVAL, "left and right are not two names");
    int c = memcmp(left.p, right.p, AZ_MIN(left.n, right.n));
    bool listed = c ? c < 0 : left.n < right.n;
    s->systems[0] = listed ? left : right;
    s->systems[1] = listed ? right : left;
    s->n_systems = 2;
    v->order = listed ? AZ_ORDER_LISTED : AZ_ORDER_REVERSED;
    if (!s->id.n) {
        AZ_AUTO_BUF id = az_buf(AZ_BUF_MAX);
        az_buf_fmt(&id, AZ_STR_FMT " | " AZ_STR_FMT, AZ_STR_ARG(s->systems[0]),
                   AZ_STR_ARG(s->systems[1]));
        s->id = az_arena_str(im->arena, az_buf_view(&id));
    }
    bool is_left = az_str_eq(v->label, left) || az_str_eqz(v->label, "left");
    bool is_right = az_str_eq(v->label, right) || az_str_eqz(v->label, "right");
    if (is_left || is_right) {
        v->label = is_left == listed ? AZ_STR("A") : AZ_STR("B");
    } else if (v->label.n && !az_str_eqz(v->label, "tie")) {
        v->error = AZ_BE_OUTSIDE;
        v->error_text = AZ_STR("the winner is neither of the two");
    }
    return 0;
}

static void read_texts(const struct az_import *im, const struct az_csv_row *row,
                       struct az_subject *s)
{
    struct az_str one = text(im, row, AZ_COL_RESPONSE), a = text(im, row, AZ_COL_RESPONSE_A),
                  b = text(im, row, AZ_COL_RESPONSE_B);
    s->prompt = text(im, row, AZ_COL_PROMPT);
    s->gold = cell(im, row, AZ_COL_GOLD);
    if (a.p && b.p) {
        s->responses[s->n_responses++] = a;
        s->responses[s->n_responses++] = b;
    } else if (one.p) {
        s->responses[s->n_responses++] = one;
    }
    struct az_str x = cell(im, row, AZ_COL_SYSTEM_A), y = cell(im, row, AZ_COL_SYSTEM_B);
    if (x.n && y.n) {
        s->systems[s->n_systems++] = x;
        s->systems[s->n_systems++] = y;
    }
}

static int read_row(struct az_import *im, const struct az_csv_row *row, struct az_error *err)
{
    for (int c = 0; c < AZ_COL_COUNT; c++) {
        if (im->of_form.columns[c] >= (int)row->n)
            return az_fail(err, AZ_EINVAL, "%zu cells, fewer than the header", row->n);
    }
    struct az_subject s = {.id = cell(im, row, AZ_COL_ITEM)};
    struct az_vote v = az_vote_new();
    v.judge = cell(im, row, AZ_COL_JUDGE);
    v.kind = cell(im, row, AZ_COL_KIND);
    v.rationale = text(im, row, AZ_COL_RATIONALE);
    v.model = cell(im, row, AZ_COL_MODEL);
    read_texts(im, row, &s);
    read_answer(im, row, &v);
    int r = read_counts(im, row, &v, err);
    if (r == 0 && has(im, AZ_COL_LEFT) && has(im, AZ_COL_RIGHT))
        r = read_sides(im, row, &s, &v, err);
    if (r == 0)
        r = az_import_about(im, &s, err);
    if (r == 0 && v.order == AZ_ORDER_NONE)
        read_order(im, row, &v);
    return r < 0 ? r : az_import_vote(im, &v, err);
}

int az_form_rows(struct az_import *im, const struct az_record *record, struct az_error *err)
{
    const struct az_csv_row *row = record->row;
    if (row->n == 1 && !az_str_trim(row->v[0]).n)
        return 1; /* a blank line */
    return im->of_form.header ? read_row(im, row, err) : read_header(im, row, err);
}
