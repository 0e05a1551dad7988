#include "client/cli/guess.h"

#include <math.h>

#include "core/json.h"
#include "core/panel.h"

enum { ODD_SHOWN = 5 };

/* "A" is 0; -1: not one capital letter. */
static int letter_of(struct az_str s)
{
    return s.n == 1 && s.p[0] >= 'A' && s.p[0] <= 'Z' ? s.p[0] - 'A' : -1;
}

static int note_label(struct az_guess *g, struct az_arena *arena, struct az_str label)
{
    for (size_t i = 0; i < AZ_MIN(g->n_labels, (size_t)AZ_LABELS_MAX); i++) {
        if (az_str_eqz(label, g->labels[i]))
            return 0;
    }
    int letter = letter_of(label);
    if (letter < 0)
        g->words = true;
    else
        g->letters = AZ_MAX(g->letters, (size_t)letter + 1);
    if (g->n_labels >= AZ_LABELS_MAX) {
        g->n_labels = AZ_LABELS_MAX + 1;
        return 0;
    }
    g->labels[g->n_labels] = az_arena_strndup(arena, label.p, label.n);
    return g->labels[g->n_labels++] ? 0 : AZ_ENOMEM;
}

static void note_score(struct az_guess *g, double score)
{
    g->low = g->scores ? AZ_MIN(g->low, score) : score;
    g->high = g->scores ? AZ_MAX(g->high, score) : score;
    g->scores = true;
    g->broken |= score != floor(score);
}

int az_guess_ballot(struct az_guess *g, struct az_arena *arena, struct az_str label, double score,
                    size_t order_n)
{
    double number;
    bool scored = isfinite(score);
    g->order_n = AZ_MAX(g->order_n, order_n);
    if (!label.n && !scored)
        return 0; /* unreadable */
    g->answers++;
    if (scored)
        note_score(g, score);
    if (!label.n) {
        g->plain++;
        return 0;
    }
    g->unequal += !scored || !az_str_double(label, &number) || number != score;
    if (az_str_eqz(label, "tie")) {
        g->tie = true;
        return 0;
    }
    return note_label(g, arena, label);
}

void az_guess_item(struct az_guess *g, size_t n_responses)
{
    g->responses = AZ_MAX(g->responses, n_responses);
    g->single += n_responses < 2;
}

/* Scores are the answers where nobody said anything else. */
static bool is_score(const struct az_guess *g)
{
    return g->scores && g->unequal == 0;
}

int az_guess_gold(struct az_guess *g, struct az_arena *arena, struct az_str json)
{
    AZ_AUTO(json) doc = NULL;
    int r = json.n ? az_json_parse(json, &doc, NULL) : 0;
    if (r < 0 || !doc)
        return r == AZ_ENOMEM ? r : 0;
    struct az_str text = az_jv_str(az_json_root(doc));
    double number;
    bool has_number = az_jv_num(az_json_root(doc), &number) || az_str_double(text, &number);
    g->golds += az_jv_type(az_json_root(doc)) != AZ_J_NULL;
    if (is_score(g) && has_number && isfinite(number))
        note_score(g, number);
    else if (az_str_eqz_nocase(text, "tie"))
        g->gold_tie = true;
    else if (text.n && g->words)
        return note_label(g, arena, text);
    return 0;
}

int az_guess_kind(const struct az_guess *g, enum az_kind *ret, struct az_error *err)
{
    if (!g->answers)
        return az_fail(err, AZ_EINVAL, "no ballot has a readable answer");
    if (is_score(g)) {
        *ret = AZ_SCORE;
        return 0;
    }
    if (g->n_labels > AZ_LABELS_MAX) {
        az_fail(err, AZ_EINVAL, "more than %d different labels", AZ_LABELS_MAX);
        az_hint(err, "Numbers belong into the column 'score'; or name the PANEL that was asked.");
        return AZ_EINVAL;
    }
    if (g->words || (g->single && g->responses < 2))
        *ret = AZ_CHOICE;
    else
        *ret = AZ_MAX(AZ_MAX(g->letters, g->order_n), g->responses) > 2 ? AZ_BEST : AZ_PAIR;
    return 0;
}

void az_guess_odd(const struct az_guess *g, struct az_buf *names)
{
    size_t n = AZ_MIN(g->n_labels, (size_t)AZ_LABELS_MAX), shown = 0, odd = 0;
    bool pair = g->responses == 2 && !g->single && (g->letters == 1 || g->letters == 2);
    for (size_t i = 0; pair && i < n; i++) {
        if (letter_of(az_str(g->labels[i])) >= 0)
            continue;
        if (odd++ < ODD_SHOWN)
            az_buf_fmt(names, "%s'%.40s'", shown++ ? ", " : "", g->labels[i]);
    }
    az_buf_z(names, odd > shown ? ", …" : "");
}

int az_guess_merge(struct az_guess *into, const struct az_guess *from, struct az_error *err)
{
    enum az_kind a, b;
    int r = az_guess_kind(into, &a, err);
    if (r == 0)
        r = az_guess_kind(from, &b, err);
    if (r < 0)
        return r;
    bool letters = (a == AZ_PAIR || a == AZ_BEST) && (b == AZ_PAIR || b == AZ_BEST);
    if (a != b && !letters) {
        az_fail(err, AZ_EINVAL, "one source answers a %s question and another a %s question",
                az_kind_name(a), az_kind_name(b));
        az_hint(err, "What is worked out together must answer one question.");
        return AZ_EINVAL;
    }
    for (size_t i = 0; i < AZ_MIN(from->n_labels, (size_t)AZ_LABELS_MAX); i++) {
        bool known = false;
        for (size_t k = 0; k < AZ_MIN(into->n_labels, (size_t)AZ_LABELS_MAX); k++)
            known |= !strcmp(from->labels[i], into->labels[k]);
        if (known)
            continue;
        if (into->n_labels < AZ_LABELS_MAX)
            into->labels[into->n_labels++] = from->labels[i];
        else
            into->n_labels = AZ_LABELS_MAX + 1;
    }
    if (from->scores) {
        note_score(into, from->low);
        note_score(into, from->high);
        into->broken |= from->broken;
    }
    into->answers += from->answers;
    into->plain += from->plain;
    into->unequal += from->unequal;
    into->letters = AZ_MAX(into->letters, from->letters);
    into->words |= from->words;
    into->tie |= from->tie;
    into->order_n = AZ_MAX(into->order_n, from->order_n);
    into->responses = AZ_MAX(into->responses, from->responses);
    into->single += from->single;
    into->golds += from->golds;
    into->gold_tie |= from->gold_tie;
    return 0;
}

/* ---- the question ---- */

static int set_labels(struct az_arena *arena, struct az_question *q, const char *const *labels,
                      size_t n, struct az_error *err)
{
    q->labels = az_arena_zalloc(arena, n * sizeof(*q->labels));
    if (!q->labels)
        return az_oom(err);
    for (size_t i = 0; i < n; i++) {
        size_t at = i; /* by insertion: few, and qsort() may allocate */
        for (; at > 0 && q->kind == AZ_CHOICE && strcmp(labels[i], q->labels[at - 1]) < 0; at--)
            q->labels[at] = q->labels[at - 1];
        q->labels[at] = labels[i];
    }
    q->n_labels = n;
    return 0;
}

static bool has_ties(const struct az_guess *g)
{
    return g->gold_tie || (g->tie && g->golds < AZ_GUESS_GOLDS);
}

static int choice(const struct az_guess *g, struct az_arena *arena, struct az_question *q,
                  struct az_error *err)
{
    const char *labels[AZ_LABELS_MAX + 1];
    size_t n = g->n_labels;
    memcpy(labels, g->labels, n * sizeof(*labels));
    if (g->tie || g->gold_tie) /* a label like any other */
        labels[n++] = "tie";
    if (n <= AZ_LABELS_MAX)
        return set_labels(arena, q, labels, n, err);
    return az_fail(err, AZ_EINVAL, "more than %d different labels", AZ_LABELS_MAX);
}

int az_guess_question(const struct az_guess *g, struct az_arena *arena, struct az_question *ret,
                      size_t *n_responses, struct az_error *err)
{
    static const char *const pair[] = {"A", "B", "tie"};
    struct az_question q = {0};
    int r = az_guess_kind(g, &q.kind, err);
    *n_responses = 0;
    if (r < 0)
        return r;
    switch (q.kind) {
    case AZ_SCORE:
        q.scale_min = g->low;
        q.scale_max = g->high;
        q.step = g->broken ? 0 : 1;
        break;
    case AZ_PAIR:
        *n_responses = 2;
        q.ties = has_ties(g);
        r = set_labels(arena, &q, pair, q.ties ? 3 : 2, err);
        break;
    case AZ_BEST:
        *n_responses = AZ_MAX(AZ_MAX(g->letters, g->order_n), g->responses);
        break;
    default:
        r = choice(g, arena, &q, err);
    }
    if (r == 0)
        *ret = q;
    return r;
}

int az_question_same(const struct az_question *a, const struct az_question *b, struct az_error *err)
{
    if (a->kind != b->kind)
        return az_fail(err, AZ_ECHANGED, "a %s question and a %s question", az_kind_name(a->kind),
                       az_kind_name(b->kind));
    bool labels = a->n_labels == b->n_labels;
    for (size_t i = 0; labels && i < a->n_labels; i++)
        labels = !strcmp(a->labels[i], b->labels[i]);
    if (!labels)
        return az_fail(err, AZ_ECHANGED, "the labels of the questions differ");
    if (a->scale_min != b->scale_min || a->scale_max != b->scale_max || a->step != b->step)
        return az_fail(err, AZ_ECHANGED, "the scales of the questions differ");
    return 0;
}
