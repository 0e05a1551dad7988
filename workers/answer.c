#include "workers/answer.h"

#include <math.h>
#include <stdarg.h>

#include "core/number.h"
#include "workers/answers/answers.h"
#include "workers/body.h"

/* In the order of enum az_answer. */
static const struct {
    const char *name;
    az_answer_fn *read;
} formats[] = {
    [AZ_ANSWER_JSON] = {"json", az_answer_json},
    [AZ_ANSWER_LETTER] = {"letter", az_answer_letter},
    [AZ_ANSWER_LOGPROBS] = {"logprobs", az_answer_logprobs},
    [AZ_ANSWER_ARENA_HARD] = {"arena_hard", az_answer_arena_hard},
    [AZ_ANSWER_MT_BENCH] = {"mt_bench", az_answer_mt_bench},
    [AZ_ANSWER_REGEX] = {"regex", az_answer_regex},
};

/* ---- what formats end in ---- */

static void clear_answer(struct az_ballot *b)
{
    b->label = AZ_LABEL_NONE;
    b->has_score = false;
    b->score = 0;
    b->n_probs = 0;
    b->probs = NULL;
}

int az_reading_fail(struct az_reading *r, enum az_ballot_error error, const char *fmt, ...)
{
    char text[256];
    size_t bad;
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (!az_utf8_valid(az_str(text), &bad)) /* a character cut in two */
        text[bad] = '\0';

    clear_answer(r->ballot);
    r->ballot->error = error;
    r->ballot->error_text = az_arena_str(r->arena, az_str(text));
    return r->ballot->error_text.p ? 0 : AZ_ENOMEM;
}

bool az_reading_is_score(const struct az_reading *r)
{
    return r->ask->panel->question.kind == AZ_SCORE;
}

static size_t n_labels(const struct az_ask *ask)
{
    return az_label_count(&ask->panel->question, ask->item);
}

static const char *shown_name(const struct az_ask *ask, int label)
{
    return az_prompt_label_shown(ask->panel, &ask->key, ask->item, label);
}

int az_reading_find(const struct az_reading *r, struct az_str shown)
{
    int n = (int)n_labels(r->ask);
    for (int i = 0; i < n; i++) {
        if (az_str_eqz(shown, shown_name(r->ask, i)))
            return i;
    }
    for (int i = 0; i < n; i++) {
        if (az_str_eqz_nocase(shown, shown_name(r->ask, i)))
            return i;
    }
    return AZ_LABEL_NONE;
}

static int answered(struct az_reading *r, int label)
{
    r->ballot->label = label;
    return 0;
}

/* A judge's own word as it is told back to it: its head. */
enum { WORD = 40 };

static int outside(struct az_reading *r, struct az_str word)
{
    struct az_str head = az_utf8_head(word, WORD);
    AZ_AUTO_BUF choices = az_buf(AZ_BUF_MAX);
    az_reading_choices(&choices, r->ask);
    if (choices.failed)
        return AZ_ENOMEM;
    return az_reading_fail(r, AZ_BE_OUTSIDE, "'" AZ_STR_FMT "%s' is none of %s", AZ_STR_ARG(head),
                           head.n < word.n ? "…" : "", choices.p);
}

int az_reading_label(struct az_reading *r, struct az_str shown)
{
    int label = az_reading_find(r, shown);
    return label == AZ_LABEL_NONE ? outside(r, shown) : answered(r, label);
}

int az_reading_place(struct az_reading *r, int place)
{
    const struct az_ask *ask = r->ask;
    return answered(
        r, az_label_unshow(&ask->panel->question, ask->item->n_responses, ask->key.order, place));
}

static bool on_step(const struct az_question *q, double score)
{
    double steps = (score - q->scale_min) / q->step;
    return fabs(steps - round(steps)) < 1e-9 * AZ_MAX(1.0, fabs(steps));
}

int az_reading_score(struct az_reading *r, double score)
{
    const struct az_question *q = &r->ask->panel->question;
    bool in = score >= q->scale_min && score <= q->scale_max;
    if (!in || (q->step > 0 && !on_step(q, score))) {
        char text[AZ_NUMBER_MAX];
        return outside(r, az_str(az_number_print(score, text)));
    }
    r->ballot->has_score = true;
    r->ballot->score = score == 0 ? 0 : score; /* no minus zero */
    return 0;
}

int az_reading_number(struct az_reading *r, struct az_str text)
{
    double score;
    if (az_str_double(text, &score))
        return az_reading_score(r, score);
    return az_reading_fail(r, AZ_BE_PARSE, "'" AZ_STR_FMT "' is not a number",
                           AZ_STR_ARG(az_utf8_head(text, WORD)));
}

/* No verdict is longer, so nobody looks further for the end of one. */
enum { VERDICT_MAX = 32 };

struct az_str az_last_brackets(struct az_str text, bool (*is_verdict)(struct az_str inside))
{
    struct az_str before = text;
    for (ptrdiff_t open; (open = az_str_rfind(before, AZ_STR("[["))) >= 0;) {
        const char *p = text.p + open + 2;
        struct az_str near = {p, AZ_MIN(text.n - (size_t)open - 2, (size_t)VERDICT_MAX)};
        ptrdiff_t n = az_str_find(near, AZ_STR("]]"));
        struct az_str inside = {p, n < 0 ? 0 : (size_t)n};
        if (n > 0 && is_verdict(inside))
            return inside;
        before.n = (size_t)open + 1; /* "[[[" has two places */
    }
    return (struct az_str){NULL, 0};
}

/* ---- the form, told ---- */

static void put_number(struct az_buf *b, double v)
{
    char text[AZ_NUMBER_MAX];
    az_buf_z(b, az_number_print(v, text));
}

void az_reading_choices(struct az_buf *b, const struct az_ask *ask)
{
    const struct az_question *q = &ask->panel->question;
    if (q->kind == AZ_SCORE) {
        put_number(b, q->scale_min);
        az_buf_z(b, " to ");
        put_number(b, q->scale_max);
        if (q->step > 0) {
            az_buf_z(b, " in steps of ");
            put_number(b, q->step);
        }
        return;
    }
    for (size_t i = 0; i < n_labels(ask); i++) {
        int label = az_label_unshow(q, ask->item->n_responses, ask->key.order, (int)i);
        az_buf_z(b, i ? ", " : "");
        az_buf_z(b, shown_name(ask, label));
    }
}

void az_answer_form(struct az_buf *b, const struct az_ask *ask)
{
    const struct az_question *q = &ask->panel->question;
    bool score = q->kind == AZ_SCORE;
    switch (ask->judge->answer) {
    case AZ_ANSWER_JSON:
        az_buf_fmt(b, "one JSON object with the keys \"rationale\" and \"%s\" and nothing else, ",
                   score ? "score" : "label");
        az_buf_z(b, score ? "the score a number from " : "the label one of: ");
        az_reading_choices(b, ask);
        break;
    case AZ_ANSWER_LETTER:
    case AZ_ANSWER_LOGPROBS:
        az_buf_z(b, score ? "the number alone, from " : "one letter alone, one of: ");
        az_reading_choices(b, ask);
        break;
    case AZ_ANSWER_ARENA_HARD:
        az_buf_z(b, "one that ends with [[A>>B]], [[A>B]], ");
        az_buf_z(b, q->ties ? "[[A=B]], [[B>A]] or [[B>>A]]" : "[[B>A]] or [[B>>A]]");
        break;
    case AZ_ANSWER_MT_BENCH:
        az_buf_z(b, "one that ends with the verdict in double brackets, one of: ");
        az_reading_choices(b, ask);
        break;
    case AZ_ANSWER_REGEX:
        az_buf_z(b, "in exactly the form asked for above, one of: ");
        az_reading_choices(b, ask);
        break;
    }
}

/* ---- reading ---- */

static int copy(struct az_reading *r, struct az_str from, struct az_str *to)
{
    *to = from.p ? az_arena_str(r->arena, from) : (struct az_str){NULL, 0};
    return from.p && !to->p ? AZ_ENOMEM : 0;
}

/* What it thought, then the reason it gave. */
static int set_rationale(struct az_reading *r)
{
    struct az_str thought = az_str_trim(r->reply->reasoning), why = az_str_trim(r->why);
    if (!thought.n || !why.n)
        return copy(r,
                    thought.n ? thought
                    : why.n   ? why
                              : (struct az_str){NULL, 0},
                    &r->ballot->rationale);
    AZ_AUTO_BUF both = az_buf(AZ_BUF_MAX);
    az_buf_str(&both, thought);
    az_buf_z(&both, "\n\n");
    az_buf_str(&both, why);
    return both.failed ? AZ_ENOMEM : copy(r, az_buf_view(&both), &r->ballot->rationale);
}

static int set_params(struct az_reading *r)
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_request_params(&b, r->ask);
    if (r->label_mass >= 0 && b.n && b.p[b.n - 1] == '}') {
        b.n--;
        struct az_jw w = {.b = &b, .comma = b.n > 1};
        az_jw_knum(&w, "label_mass", r->label_mass);
        az_jw_obj_end(&w);
    }
    if (b.failed)
        return AZ_ENOMEM;
    return b.n ? copy(r, az_buf_view(&b), &r->ballot->params) : 0;
}

static int set_facts(struct az_reading *r)
{
    struct az_ballot *b = r->ballot;
    b->tokens_in = r->reply->tokens_in;
    b->tokens_out = r->reply->tokens_out;
    b->tokens_cached = r->reply->tokens_cached;
    b->tokens_reasoning = r->reply->tokens_reasoning;
    b->how = az_str(formats[r->ask->judge->answer].name);
    /* A server that does not name its model is taken at the panel's word. */
    struct az_str model = r->reply->model.n ? r->reply->model : az_str(r->ask->judge->model);
    return copy(r, model, &b->model);
}

/* What would be a slip of form in a whole answer is the cut in one that was cut:
 * a model that thinks without marking it has not come to its letter yet. */
static int cut_off(struct az_reading *r)
{
    return az_reading_fail(r, AZ_BE_LENGTH, "cut off before the answer");
}

int az_answer_read(struct az_arena *arena, const struct az_ask *ask, const struct az_reply *reply,
                   struct az_ballot *ballot)
{
    struct az_reading r = {arena, ask, reply, az_str_trim(reply->text), {NULL, 0}, ballot, -1};
    ballot->error = AZ_BE_NONE;
    ballot->error_text = (struct az_str){NULL, 0};
    clear_answer(ballot);
    if (set_facts(&r) < 0)
        return AZ_ENOMEM;

    int ret;
    if (reply->error != AZ_BE_NONE)
        ret = az_reading_fail(&r, reply->error, "%s", reply->error_text);
    else if (!r.text.n && !reply->cut)
        ret = az_reading_fail(&r, AZ_BE_EMPTY, "the answer is empty");
    else
        ret = r.text.n ? formats[ask->judge->answer].read(&r) : cut_off(&r);
    if (ret == 0 && reply->cut && ballot->error == AZ_BE_PARSE)
        ret = cut_off(&r);
    if (ret < 0 || set_rationale(&r) < 0 || set_params(&r) < 0)
        return AZ_ENOMEM;
    return 0;
}

bool az_answer_form_ignored(const struct az_ask *ask, const struct az_reply *reply,
                            const struct az_ballot *ballot)
{
    return ask->judge->answer == AZ_ANSWER_JSON && ask->caps.json != AZ_JSON_TEXT &&
           ballot->error == AZ_BE_PARSE && az_str_find(reply->text, AZ_STR("{")) < 0;
}
