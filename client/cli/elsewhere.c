#include "client/cli/elsewhere.h"

#include <string.h>

#include "client/cli/decide.h"
#include "core/arena.h"

enum { ITEM_BYTES = 32768 };

struct adding {
    const struct az_elsewhere *e;
    struct az_honest *h;
    struct az_arena *arena;
};

/* Ballots name judges by their number. */
static bool same_judges(const struct az_panel *a, const struct az_panel *b)
{
    if (a->n_judges != b->n_judges || a->question.kind != b->question.kind ||
        a->question.n_labels != b->question.n_labels)
        return false;
    for (size_t j = 0; j < a->n_judges; j++) {
        if (strcmp(a->judges[j].name, b->judges[j].name) != 0)
            return false;
    }
    for (size_t k = 0; a->question.labels && b->question.labels && k < a->question.n_labels; k++) {
        if (strcmp(a->question.labels[k], b->question.labels[k]) != 0)
            return false;
    }
    return true;
}

static int add_one(void *arg, struct az_found *found, struct az_error *err)
{
    struct adding *a = arg;
    struct az_decide_case c = {found->item, found->ballots, found->open, found->asked_with_gold,
                               a->e->who_came};
    struct az_verdict verdict = found->verdict;
    struct az_ballots ballots = found->ballots;
    int r = AZ_DECIDE_DONE;
    if (!a->e->as_decided || verdict.status == AZ_OPEN) {
        az_arena_reset(a->arena);
        r = az_decide(a->e->panel, &c, a->arena, &verdict, &ballots, err);
    }
    if (r != AZ_DECIDE_DONE)
        return r == AZ_DECIDE_LEFT ? 0 : r;
    return az_honest_add_elsewhere(a->h, found->item, &verdict, ballots, found->weight, err);
}

static int has_its_own(struct az_error *err)
{
    az_fail(err, AZ_EUSAGE, "--elsewhere is for a job without true answers, and this one has some");
    az_hint(err, "Leave it out: what is labelled here says more.");
    return AZ_EUSAGE;
}

int az_elsewhere_add(const struct az_elsewhere *e, const char *path,
                     const struct az_sources_options *with, struct az_honest *h,
                     struct az_error *err)
{
    AZ_AUTO(sources) s = NULL;
    if (az_honest_labels(h) > 0)
        return has_its_own(err);
    struct adding a = {e, h, az_arena_new(ITEM_BYTES)};
    int r = a.arena ? az_sources_open(&path, 1, with, &s, err) : az_oom(err);
    if (r == 0 && !same_judges(e->panel, az_sources_panel(s)))
        r = az_fail(err, AZ_ECHANGED, "'%s' has other judges, or another question", path);
    if (r == 0)
        r = az_sources_each(s, add_one, &a, err);
    if (r == 0 && az_honest_labels(h) == 0)
        r = az_fail(err, AZ_EUSAGE, "no item of '%s' has a true answer", path);
    az_arena_free(a.arena);
    return r;
}
