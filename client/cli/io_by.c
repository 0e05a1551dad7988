#include "client/cli/io_by.h"

#include <string.h>

#include "core/keys.h"
#include "core/mem.h"

enum { SEED = 0 /* as `calibrate` without --seed: the same folds */ };

void az_by_release(struct az_by *b)
{
    az_unlearnt_release(&b->unlearnt);
    az_crossed_release(&b->crossed);
    az_corpus_release(&b->corpus);
    *b = (struct az_by){0};
}

/* ---- which rule ---- */

static const char majority[] = "majority";

static int check_rule(const char *rule, struct az_error *err)
{
    enum { LEARNT = AZ_AGG_STACK - AZ_AGG_AUTO + 1, UNLEARNT_MAX = 24 };
    const char *names[LEARNT + UNLEARNT_MAX + 2] = {majority};
    size_t n = 1;
    for (enum az_aggregate_kind k = AZ_AGG_AUTO; k <= AZ_AGG_STACK; k++)
        names[n++] = az_aggregate_name(k);
    for (const struct az_infer_method *m = az_infer_methods; m->name; m++) {
        if (az_unlearnt_is(m->name) && n + 1 < AZ_LEN(names))
            names[n++] = m->name;
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], rule) == 0)
            return 0;
    }
    az_fail(err, AZ_EUSAGE, "unknown --by '%.40s'", rule);
    az_keys_hint(err, az_str(rule), names);
    return AZ_EUSAGE;
}

/* What to learn; NULL: nothing. One judge's ballots are that judge's word, and the mean of
 * scores is finer than the likeliest level. */
static const char *learner_of(const struct az_panel *panel, const char *rule)
{
    if (rule)
        return strcmp(rule, majority) == 0 ? NULL : rule;
    return panel->question.kind == AZ_SCORE || panel->n_judges < 2 ? NULL : "auto";
}

static enum az_aggregate_kind kind_of(const char *rule)
{
    enum az_aggregate_kind kind = AZ_AGG_AUTO;
    while (strcmp(az_aggregate_name(kind), rule) != 0)
        kind++;
    return kind;
}

/* ---- what it learns from ---- */

struct gathering {
    struct az_by *by;
    bool all, unlabelled; /* unlabelled: of all items, whatever the truth */
    int64_t golds;
};

static int add_one(void *arg, struct az_found *f, struct az_error *err)
{
    struct gathering *g = arg;
    if (!g->unlabelled && !f->item->gold.n && !f->item->gold.has_number)
        return 0;
    if (f->open || (!g->all && f->verdict.status != AZ_OPEN))
        return 0;
    g->golds++;
    if (!g->unlabelled && f->verdict.early && !f->asked_with_gold)
        return 0; /* who was asked about it depends on what was said */
    g->by->corpus.options.round = az_corpus_round(&g->by->plain, f->ballots);
    int r = az_corpus_add(&g->by->corpus, f->item, f->ballots, false, err);
    if (r == 0)
        az_corpus_weigh(&g->by->corpus, f->weight);
    return r;
}

static int gather(struct az_sources *s, struct gathering *g, struct az_error *err)
{
    struct az_corpus_options with = {.n_responses = az_sources_n_responses(s)};
    int r = az_corpus_init(&g->by->corpus, &g->by->plain, &with, err);
    return r < 0 ? r : az_sources_each(s, add_one, g, err);
}

static int learn(struct az_by *b, const char *rule, struct az_error *err)
{
    struct az_error ran_away = {0};
    int r = az_crossed_learn(&b->corpus, rule, SEED, &b->crossed, &ran_away);
    if (r == AZ_EINVAL) {
        az_crossed_release(&b->crossed);
        b->crossed.reason = "the numbers of a fit ran away";
        r = 0;
    } else if (r < 0) {
        *err = ran_away;
    }
    return r;
}

static void seat(struct az_by *b, const char *rule)
{
    b->learnt = true;
    b->name = rule;
    for (size_t i = 0; i < AZ_LEN(b->panels); i++) {
        b->panels[i] = b->plain;
        b->panels[i].aggregate.kind = kind_of(rule);
        b->panels[i].aggregate.calibrated = b->crossed.models[i];
    }
}

static int infer(struct az_sources *s, const char *rule, bool all, struct az_by *b,
                 struct az_error *err)
{
    struct gathering g = {.by = b, .all = all, .unlabelled = true};
    int r = gather(s, &g, err);
    if (r < 0 || !az_corpus_n(&b->corpus))
        return r;
    r = az_unlearnt_infer(&b->corpus, rule, &b->unlearnt, err);
    if (r < 0)
        return az_wrap(err, "--by %s", rule);
    b->inferred = true;
    b->name = b->unlearnt.by.name;
    b->panels[0] = b->plain;
    b->panels[0].aggregate.kind = AZ_AGG_INFERRED;
    b->panels[0].aggregate.inferred = &b->unlearnt.by;
    return 0;
}

int az_by_learn(struct az_sources *s, const struct az_panel *panel, const char *rule, bool all,
                struct az_by *ret, struct az_error *err)
{
    *ret = (struct az_by){.plain = *panel, .name = az_aggregate_name(panel->aggregate.kind)};
    struct gathering g = {.by = ret, .all = all};
    int r = rule ? check_rule(rule, err) : 0;
    const char *learner = learner_of(panel, rule);
    if (r < 0 || !learner)
        return r;
    if (az_unlearnt_is(learner))
        return infer(s, learner, all, ret, err);
    r = gather(s, &g, err);
    if (r == 0)
        r = learn(ret, learner, err);
    if (r < 0)
        return r;
    if (!ret->crossed.reason) {
        seat(ret, learner);
        return 0;
    }
    if (rule) {
        az_fail(err, AZ_EUSAGE, "--by %s: %s", rule, ret->crossed.reason);
        az_hint(err, "Without --by the majority decides; 'assize label' helps to label more.");
        return AZ_EUSAGE;
    }
    ret->reason = g.golds ? ret->crossed.reason : NULL;
    return 0;
}

const struct az_panel *az_by_panel(const struct az_by *b, const struct az_item *item)
{
    if (b->inferred)
        return &b->panels[0];
    return b->learnt ? &b->panels[az_crossed_which(&b->crossed, item->id)] : &b->plain;
}
