#include "client/cli/unlearnt.h"

#include <string.h>

#include "core/mem.h"

static const double alike = 1e-9;

void az_unlearnt_release(struct az_unlearnt *u)
{
    az_infer_release(&u->found);
    az_names_release(&u->ids);
    free(u->item);
    *u = (struct az_unlearnt){0};
}

bool az_unlearnt_is(const char *name)
{
    return strcmp(name, "majority") != 0 && az_infer_method(name);
}

/* The likeliest label; none where two are. */
static int label_of(const struct az_infer *r, size_t item)
{
    const double *p = &r->posterior[item * r->n_labels];
    int top = az_infer_label(r, item);
    for (size_t k = (size_t)top + 1; k < r->n_labels; k++) {
        if (p[k] >= p[top] - alike)
            return AZ_LABEL_NONE;
    }
    return top;
}

static bool answer(const struct az_inferred *by, struct az_str id, struct az_inferred_answer *ret)
{
    const struct az_unlearnt *u = (const struct az_unlearnt *)by;
    uint32_t number = az_names_find(&u->ids, id);
    if (number == AZ_NAME_NONE)
        return false;
    size_t item = u->item[number - 1];
    *ret = (struct az_inferred_answer){.label = AZ_LABEL_NONE};
    if (u->method->needs == AZ_INFER_SCORES) {
        ret->score = true;
        ret->value = u->found.score[item];
    } else {
        ret->label = label_of(&u->found, item);
    }
    return true;
}

static int add_ids(struct az_unlearnt *u, const struct az_corpus *c)
{
    for (size_t i = 0; i < az_corpus_n(c); i++) {
        size_t known = u->ids.n;
        uint32_t number = az_names_add(&u->ids, az_corpus_id(c, i));
        if (number == AZ_NAME_NONE || az_grow(&u->item, &u->cap, u->ids.n, sizeof(*u->item)) < 0)
            return AZ_ENOMEM;
        if (u->ids.n > known)
            u->item[number - 1] = (uint32_t)i;
    }
    return 0;
}

static int numbers(const struct az_sample *from, struct az_sample *s)
{
    int r = 0;
    az_sample_init(s, from->n_judges, 0, AZ_ANSWERS_ORDINAL);
    for (size_t i = 0; r == 0 && i < from->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(from, i);
        r = az_sample_item(s, from->clusters[i], 0);
        for (size_t v = 0; r == 0 && v < votes.n; v++) {
            double x = az_corpus_number(from, &votes.v[v]);
            r = az_sample_vote_spread(s, (size_t)votes.v[v].judge, NULL, NULL, &x);
        }
    }
    return r;
}

static int infer(const struct az_corpus *c, struct az_unlearnt *u, struct az_error *err)
{
    struct az_sample s = {0};
    if (u->method->needs != AZ_INFER_SCORES)
        return az_infer(u->method, &c->sample, NULL, &u->found, err);
    int r = numbers(&c->sample, &s) < 0 ? az_oom(err) : 0;
    if (r == 0)
        r = az_infer(u->method, &s, NULL, &u->found, err);
    az_sample_release(&s);
    return r;
}

/* Scores are for those that take scores, and labels for the rest. */
static int check(const struct az_corpus *c, const struct az_infer_method *m, struct az_error *err)
{
    bool score = c->panel->question.kind == AZ_SCORE;
    if (m->needs != AZ_INFER_SCORES || score)
        return 0;
    return az_fail(err, AZ_EUSAGE, "'%s' is for scores, and the question asks for a label",
                   m->name);
}

int az_unlearnt_infer(const struct az_corpus *c, const char *method, struct az_unlearnt *ret,
                      struct az_error *err)
{
    *ret = (struct az_unlearnt){.method = az_infer_method(method)};
    az_assert(ret->method);
    ret->by = (struct az_inferred){.name = ret->method->name, .answer = answer};
    int r = check(c, ret->method, err);
    if (r == 0)
        r = infer(c, ret, err);
    if (r == AZ_EINVAL)
        r = err->code = AZ_EUSAGE; /* the method was typed */
    if (r == 0 && add_ids(ret, c) < 0)
        return az_oom(err);
    return r;
}
