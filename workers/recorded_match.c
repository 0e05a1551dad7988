#include "workers/recorded_match.h"

#include <math.h>
#include <stdarg.h>

#include "core/json.h"
#include "core/number.h"

int az_recorded_error(struct az_arena *arena, struct az_ballot *b, enum az_ballot_error error,
                      const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    b->error = error;
    b->label = AZ_LABEL_NONE;
    b->has_score = false;
    b->error_text = az_arena_str(arena, az_str(text));
    return b->error_text.p ? 0 : AZ_ENOMEM;
}

static int set_score(struct az_arena *arena, const struct az_question *q,
                     const struct az_recorded_answer *a, struct az_ballot *b)
{
    double score = a->score;
    if (isnan(score) && !az_str_double(a->label, &score))
        return az_recorded_error(arena, b, AZ_BE_PARSE, "recorded without a readable score");
    if (score < q->scale_min || score > q->scale_max) {
        char text[AZ_NUMBER_MAX];
        return az_recorded_error(arena, b, AZ_BE_OUTSIDE, "recorded score %s is outside the scale",
                                 az_number_print(score, text));
    }
    b->has_score = true;
    b->score = score;
    return 0;
}

static int set_label(struct az_arena *arena, const struct az_question *q,
                     const struct az_item *item, struct az_str label, struct az_ballot *b)
{
    if (!label.n)
        return az_recorded_error(arena, b, AZ_BE_PARSE, "recorded without a readable answer");
    b->label = az_label_find(q, az_label_count(q, item), label);
    if (b->label == AZ_LABEL_NONE && q->kind == AZ_PAIR && az_str_eqz(label, "tie"))
        b->label = AZ_LABEL_TIE;
    if (b->label == AZ_LABEL_NONE)
        return az_recorded_error(arena, b, AZ_BE_OUTSIDE,
                                 "recorded answer '%.*s' is none of the question's",
                                 (int)AZ_MIN(label.n, (size_t)80), label.p);
    return 0;
}

/* Probabilities by label name; what is not named has none. */
static int set_probs(struct az_arena *arena, const struct az_question *q,
                     const struct az_item *item, struct az_str json, struct az_ballot *b)
{
    size_t n = az_label_count(q, item);
    AZ_AUTO(json) doc = NULL;
    double *probs = az_arena_zalloc(arena, n * sizeof(*probs));
    if (!probs)
        return AZ_ENOMEM;
    int r = az_json_parse(json, &doc, NULL);
    if (r < 0)
        return r == AZ_ENOMEM ? r : 0;
    for (az_jv v = az_jv_first(az_json_root(doc)); v; v = az_jv_next(v)) {
        int label = az_label_find(q, n, az_jv_key(v));
        double p;
        if (label == AZ_LABEL_NONE || !az_jv_num(v, &p) || !(p >= 0 && p <= 1))
            return 0; /* not of this question: the label stands alone */
        probs[label] = p;
    }
    b->n_probs = n;
    b->probs = probs;
    return 0;
}

/* A judge whose top was shared named no label: the probabilities are its answer. */
static int set_shares(struct az_arena *arena, const struct az_question *q,
                      const struct az_item *item, struct az_str json, struct az_ballot *b)
{
    int r = set_probs(arena, q, item, json, b);
    double sum = 0;
    for (size_t i = 0; i < b->n_probs; i++)
        sum += b->probs[i];
    if (r < 0 || sum > 0)
        return r;
    b->n_probs = 0;
    b->probs = NULL;
    return az_recorded_error(arena, b, AZ_BE_PARSE, "recorded without a readable answer");
}

int az_recorded_match(const struct az_question *q, const struct az_item *item,
                      const struct az_recorded_answer *a, struct az_arena *arena,
                      struct az_ballot *b)
{
    if (a->error != AZ_BE_NONE)
        return az_recorded_error(arena, b, a->error, AZ_STR_FMT, AZ_STR_ARG(a->note));
    if (a->note.p) {
        b->rationale = az_arena_str(arena, a->note);
        if (!b->rationale.p)
            return AZ_ENOMEM;
    }
    if (q->kind == AZ_SCORE)
        return set_score(arena, q, a, b);
    if (!a->label.n && a->probs.n)
        return set_shares(arena, q, item, a->probs, b);
    int r = set_label(arena, q, item, a->label, b);
    if (r == 0 && b->error == AZ_BE_NONE && a->probs.n)
        r = set_probs(arena, q, item, a->probs, b);
    return r;
}
