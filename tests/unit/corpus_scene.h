/* tests/unit/corpus_scene.h: labelled pairs and the ballots on them, from a seed: judge j is
 * right with its accuracy, each item in a cluster of `together` neighbours. */
#pragma once
#include <stdio.h>

#include "client/cli/corpus.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

enum { SCENE_JUDGES = 8 };

struct corpus_scene {
    size_t n, labelled; /* the first ones */
    size_t n_judges;
    const double *accuracy;
    size_t together;
    size_t early; /* the last of the labelled ones were not asked in full */
    uint64_t seed;
};

static const char *const scene_labels[] = {"A", "B"};

/* NULL: out of memory. */
static AZ_UNUSED struct az_panel *scene_panel(const struct corpus_scene *s)
{
    struct az_question q = {.kind = AZ_PAIR, .n_labels = 2, .labels = (const char **)scene_labels};
    AZ_AUTO(panel) p = az_panel_of(&q, s->n_judges, 1);
    for (size_t j = 0; p && j < s->n_judges; j++) {
        char name[] = {(char)('a' + j), '\0'};
        struct az_caster caster = {.name = name, .orders = 1, .samples = 1};
        if (az_caster_seat(p, &caster) < 0)
            return NULL;
    }
    return AZ_TAKE(p);
}

/* One item with its ballots; `text` and what it points to last as long as it. */
struct scene_item {
    char id[16], prompt[24];
    int32_t gold;
    double whole;
    struct az_str responses[2];
    struct az_item item;
    struct az_ballot ballots[SCENE_JUDGES];
};

static AZ_UNUSED void scene_draw(const struct corpus_scene *s, size_t i, struct az_rng *rng,
                                 struct scene_item *to)
{
    int truth = (int)(az_rng_next(rng) & 1);
    *to = (struct scene_item){.gold = truth, .whole = 1};
    snprintf(to->id, sizeof(to->id), "q%zu", i);
    snprintf(to->prompt, sizeof(to->prompt), "p%zu", i / (s->together ? s->together : 1));
    to->item = (struct az_item){.id = az_str(to->id),
                                .prompt = az_str(to->prompt),
                                .n_responses = 2,
                                .responses = to->responses};
    for (size_t j = 0; j < s->n_judges; j++) {
        bool right = az_rng_unit(rng) < s->accuracy[j];
        to->ballots[j] = (struct az_ballot){
            .key = {.judge = (int)j, .round = 1, .criterion = -1, .order = AZ_ORDER_NONE},
            .label = right ? truth : 1 - truth};
    }
}

static AZ_UNUSED void scene_label(struct scene_item *i)
{
    i->item.gold = (struct az_gold){.n = 1, .labels = &i->gold, .weights = &i->whole};
}

/* `c` is to be released, after an error too. */
static AZ_UNUSED int scene_corpus(const struct corpus_scene *s, const struct az_panel *panel,
                                  struct az_corpus *c)
{
    struct az_corpus_options with = {.n_responses = 2};
    struct az_rng rng = az_rng(s->seed);
    struct az_error err = {0};
    int r = az_corpus_init(c, panel, &with, &err);
    for (size_t i = 0; r == 0 && i < s->n; i++) {
        struct scene_item item;
        scene_draw(s, i, &rng, &item);
        if (i < s->labelled)
            scene_label(&item);
        r = az_corpus_add(c, &item.item, (struct az_ballots){item.ballots, s->n_judges},
                          i < s->labelled && i + s->early >= s->labelled, &err);
    }
    return r;
}
