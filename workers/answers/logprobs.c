/* The probability of each label, read where the answer's one letter (or the
 * score's one digit) stands. Variants of a token (" A", "a") are summed; what
 * the labels had together before they were scaled to 1 is kept as label_mass.
 *
 * A score's number must be one token, and "10" is two for many models: only
 * whole steps between 0 and 9 can be read; anything else is an error that says
 * so. A score is the expected value. */
#include <math.h>

#include "workers/answers/answers.h"

enum { VALUES_MAX = AZ_LABELS_MAX };

struct reader {
    struct az_reading *r;
    size_t n; /* labels, or steps of the scale */
    double p[VALUES_MAX];
    int sampled; /* the value that the model wrote */
};

static int no_logprobs(struct az_reading *r)
{
    return az_reading_fail(r, AZ_BE_LOGPROBS, "'%s' gives no log-probabilities; use answer: letter",
                           r->ask->judge->model);
}

static bool is_single_digits(const struct az_question *q)
{
    return q->step > 0 && q->step == floor(q->step) && q->scale_min == floor(q->scale_min) &&
           q->scale_min >= 0 && q->scale_max <= 9;
}

/* A token's word: without white space and the marks that some tokenizers
 * write in its place (U+2581, U+0120). */
static struct az_str word(struct az_str token)
{
    static const char *const marks[] = {"\u2581", "\u0120"};
    struct az_str s = az_str_trim(token);
    for (size_t i = 0; i < AZ_LEN(marks); i++) {
        size_t n = strlen(marks[i]);
        if (az_str_starts(s, marks[i]))
            s = (struct az_str){s.p + n, s.n - n};
    }
    return s;
}

/* Which value the token is; -1 = none. */
static int value_of(const struct reader *rd, struct az_str token)
{
    const struct az_question *q = &rd->r->ask->panel->question;
    struct az_str s = word(token);
    if (!az_reading_is_score(rd->r))
        return s.n ? az_reading_find(rd->r, s) : -1;
    if (s.n != 1 || s.p[0] < '0' || s.p[0] > '9')
        return -1;
    double at = (s.p[0] - '0' - q->scale_min) / q->step;
    return at >= 0 && at < (double)rd->n && at == floor(at) ? (int)at : -1;
}

static bool is_opening(struct az_str token)
{
    static const char starts[] = "[(*\"'`";
    struct az_str s = az_str_trim(token);
    for (size_t i = 0; i < s.n; i++) {
        if (!memchr(starts, s.p[i], sizeof(starts) - 1))
            return false;
    }
    return true;
}

/* May this token follow a letter that is the whole answer? */
static bool is_closing(struct az_str token)
{
    static const char ends[] = "])*.\"'`";
    struct az_str s = az_str_trim(token);
    bool special = az_str_starts(s, "<") && az_str_ends(s, ">"); /* an end token */
    for (size_t i = 0; i < s.n && !special; i++) {
        if (!memchr(ends, s.p[i], sizeof(ends) - 1))
            return false;
    }
    return true;
}

/* The first token of the answer: reasoning stands before it in the list, and
 * white space is in the tokens that the text lacks. -1 = not among them. */
static ptrdiff_t answer_start(const struct az_reading *r)
{
    const struct az_reply *reply = r->reply;
    AZ_AUTO_BUF joined = az_buf(AZ_BUF_MAX);
    for (size_t i = 0; i < reply->n_tokens; i++)
        az_buf_str(&joined, reply->tokens[i].text);
    if (joined.failed)
        return -1;
    ptrdiff_t at = az_str_rfind(az_buf_view(&joined), r->text);
    if (at < 0)
        return az_str_trim(reply->reasoning).n ? -1 : 0;
    size_t end = 0;
    for (size_t i = 0; i < reply->n_tokens; i++) {
        end += reply->tokens[i].text.n;
        if (end > (size_t)at)
            return (ptrdiff_t)i;
    }
    return -1;
}

/* The token that is the answer, with nothing but marks around it; NULL = the
 * answer is more than a letter. */
static const struct az_token *anchor(struct reader *rd)
{
    const struct az_reply *reply = rd->r->reply;
    ptrdiff_t start = answer_start(rd->r);
    if (start < 0)
        return NULL;
    size_t i = (size_t)start;
    while (i < reply->n_tokens && is_opening(reply->tokens[i].text))
        i++;
    if (i == reply->n_tokens)
        return NULL;
    const struct az_token *token = &reply->tokens[i];
    rd->sampled = value_of(rd, token->text);
    while (++i < reply->n_tokens) {
        if (!is_closing(reply->tokens[i].text))
            return NULL;
    }
    return rd->sampled < 0 ? NULL : token;
}

/* -9999 is "outside the list": its exponential is 0. */
static void add(struct reader *rd, struct az_str token, double logprob)
{
    int v = value_of(rd, token);
    if (v >= 0)
        rd->p[v] += exp(AZ_MIN(logprob, 0.0));
}

static double collect(struct reader *rd, const struct az_token *token)
{
    bool listed = false;
    for (size_t i = 0; i < token->n_top; i++) {
        listed |= az_str_eq(token->top[i].text, token->text);
        add(rd, token->top[i].text, token->top[i].logprob);
    }
    if (!listed) /* a grammar may choose what is not among the likeliest */
        add(rd, token->text, token->logprob);
    double mass = 0;
    for (size_t i = 0; i < rd->n; i++)
        mass += rd->p[i];
    return mass;
}

static int likeliest(const struct reader *rd)
{
    int best = rd->sampled; /* of equal ones, the one it wrote */
    for (size_t i = 0; i < rd->n; i++) {
        if (rd->p[i] > rd->p[best])
            best = (int)i;
    }
    return best;
}

static double expected(const struct reader *rd)
{
    const struct az_question *q = &rd->r->ask->panel->question;
    double sum = 0;
    for (size_t i = 0; i < rd->n; i++)
        sum += rd->p[i] * (q->scale_min + (double)i * q->step);
    return AZ_MIN(AZ_MAX(sum, q->scale_min), q->scale_max); /* rounding only */
}

static int settle(struct reader *rd, double mass)
{
    struct az_ballot *b = rd->r->ballot;
    double *probs = az_arena_zalloc(rd->r->arena, rd->n * sizeof(*probs));
    if (!probs)
        return AZ_ENOMEM;
    for (size_t i = 0; i < rd->n; i++)
        probs[i] = rd->p[i] /= mass;
    b->probs = probs;
    b->n_probs = rd->n;
    rd->r->label_mass = AZ_MIN(mass, 1.0);
    if (az_reading_is_score(rd->r)) {
        b->has_score = true;
        b->score = expected(rd);
    } else {
        b->label = likeliest(rd);
    }
    return 0;
}

int az_answer_logprobs(struct az_reading *r)
{
    const struct az_question *q = &r->ask->panel->question;
    bool score = az_reading_is_score(r);
    struct reader rd = {.r = r};
    if (score && !is_single_digits(q))
        return az_reading_fail(r, AZ_BE_LOGPROBS,
                               "only a scale of whole steps from 0 to 9 can be read from one "
                               "token; use another scale, or answer: json");
    rd.n = score ? (size_t)floor((q->scale_max - q->scale_min) / q->step) + 1
                 : az_label_count(q, r->ask->item);
    az_assert(rd.n <= VALUES_MAX);
    if (!r->reply->n_tokens)
        return no_logprobs(r);
    const struct az_token *token = anchor(&rd);
    if (!token)
        return az_reading_fail(r, AZ_BE_PARSE, "the answer is not one %s alone",
                               score ? "number" : "letter");
    if (!token->n_top)
        return no_logprobs(r);
    double mass = collect(&rd, token);
    return mass > 0 ? settle(&rd, mass) : no_logprobs(r);
}
