#include "core/model.h"

#include "core/error.h"

static const struct {
    const char *name;
    bool again;
} ballot_errors[] = {
#define X(name, text, again) {text, again},
    AZ_BALLOT_ERRORS(X)
#undef X
};

const char *az_ballot_error_name(enum az_ballot_error e)
{
    az_assert(e >= 0 && e < AZ_BE_COUNT);
    return ballot_errors[e].name;
}

bool az_ballot_error_asks_again(enum az_ballot_error e)
{
    return ballot_errors[e].again;
}

int az_ballot_error_find(struct az_str name)
{
    for (int i = 0; i < AZ_BE_COUNT; i++) {
        if (az_str_eqz(name, ballot_errors[i].name))
            return i;
    }
    return -1;
}

const char *az_status_name(enum az_status s)
{
    static const char *const names[] = {"open", "decided", "abstained", "failed"};
    return names[s];
}

struct az_item *az_item_new(size_t bytes)
{
    struct az_arena *arena = az_arena_new(bytes);
    struct az_item *item = arena ? az_arena_zalloc(arena, sizeof(*item)) : NULL;
    if (!item) {
        az_arena_free(arena);
        return NULL;
    }
    item->arena = arena;
    item->seq = -1;
    return item;
}

void az_item_free(struct az_item *item)
{
    if (item)
        az_arena_free(item->arena);
}

static int cmp64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int az_key_cmp(const struct az_key *a, const struct az_key *b)
{
    int c = cmp64(a->item, b->item);
    if (!c)
        c = cmp64(a->round, b->round);
    if (!c)
        c = cmp64(a->judge, b->judge);
    if (!c)
        c = cmp64(a->criterion, b->criterion);
    if (!c)
        c = cmp64(a->order, b->order);
    return c ? c : cmp64(a->sample, b->sample);
}

static bool copy_str(struct az_arena *a, struct az_str *s)
{
    if (!s->p)
        return true;
    *s = az_arena_str(a, *s);
    return s->p;
}

int az_ballot_copy(struct az_arena *a, const struct az_ballot *from, struct az_ballot *to)
{
    struct az_ballot b = *from;
    if (!copy_str(a, &b.error_text) || !copy_str(a, &b.how) || !copy_str(a, &b.rationale) ||
        !copy_str(a, &b.model) || !copy_str(a, &b.params) || !copy_str(a, &b.raw))
        return AZ_ENOMEM;
    if (b.n_probs) {
        double *probs = az_arena_zalloc(a, b.n_probs * sizeof(*probs));
        if (!probs)
            return AZ_ENOMEM;
        memcpy(probs, b.probs, b.n_probs * sizeof(*probs));
        b.probs = probs;
    }
    *to = b;
    return 0;
}

size_t az_label_count(const struct az_question *q, const struct az_item *item)
{
    return q->kind == AZ_BEST || q->kind == AZ_RANK ? item->n_responses : q->n_labels;
}

const char *az_label_name(const struct az_question *q, int label)
{
    static const char letters[AZ_RESPONSES_MAX][2] = {"A", "B", "C", "D", "E", "F", "G", "H", "I",
                                                      "J", "K", "L", "M", "N", "O", "P", "Q", "R",
                                                      "S", "T", "U", "V", "W", "X", "Y", "Z"};
    if (label < 0)
        return "";
    if (q->n_labels)
        return (size_t)label < q->n_labels                   ? q->labels[label]
               : q->kind == AZ_PAIR && label == AZ_LABEL_TIE ? "tie"
                                                             : "";
    return label < AZ_RESPONSES_MAX ? letters[label] : "";
}

int az_label_find(const struct az_question *q, size_t n, struct az_str name)
{
    for (size_t i = 0; i < n; i++) {
        if (az_str_eqz(name, az_label_name(q, (int)i)))
            return (int)i;
    }
    return AZ_LABEL_NONE;
}

int az_label_unshow(const struct az_question *q, size_t n, enum az_order order, int shown)
{
    if (order != AZ_ORDER_REVERSED || q->kind == AZ_CHOICE || q->kind == AZ_SCORE)
        return shown;
    return shown >= 0 && (size_t)shown < n ? (int)n - 1 - shown : shown;
}

const char *az_order_name(enum az_order order, size_t n_responses, char text[AZ_RESPONSES_MAX + 1])
{
    size_t n = order == AZ_ORDER_NONE ? 0 : AZ_MIN(n_responses, (size_t)AZ_RESPONSES_MAX);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('A' + (order == AZ_ORDER_REVERSED ? n - 1 - i : i));
    text[n] = '\0';
    return text;
}

bool az_order_find(struct az_str text, size_t n_responses, enum az_order *ret)
{
    char name[AZ_RESPONSES_MAX + 1];
    for (enum az_order o = AZ_ORDER_NONE; o <= AZ_ORDER_REVERSED; o++) {
        if (az_str_eqz(text, az_order_name(o, n_responses, name))) {
            *ret = o;
            return true;
        }
    }
    return false;
}

bool az_passes(const struct az_question *q, int label, bool has_score, double score)
{
    switch (q->pass) {
    case AZ_PASS_LABELS:
        return label >= 0 && label < 64 && (q->pass_labels >> label & 1);
    case AZ_PASS_GE:
        return has_score && score >= q->pass_at;
    case AZ_PASS_GT:
        return has_score && score > q->pass_at;
    case AZ_PASS_LE:
        return has_score && score <= q->pass_at;
    case AZ_PASS_LT:
        return has_score && score < q->pass_at;
    case AZ_PASS_NONE:
        break;
    }
    return false;
}
