/* tests/unit/learn_scene.h: a panel made from a seed: the truth is even among the
 * labels, a judge says it with its accuracy and else any other label. */
#pragma once
#include <string.h>

#include "core/rng.h"
#include "statistics/learn/learner.h"
#include "tests/unit/unit.h"

struct learn_scene {
    size_t n, n_judges, n_labels;
    enum az_answers answers;
    int tie;
    const double *accuracy; /* of the judges; below 0: always label 0 */
    double missing;         /* share of votes that are not there */
    size_t labelled;        /* the first ones */
    uint64_t seed;
    bool margins;
    const uint32_t *items, *judges; /* their order; NULL: as they are */
    bool turned;                    /* places of every odd item are the other way round */
};

struct learn_vote {
    int label; /* -1: missing */
    double margin;
};

/* Votes of all items, before any order: [item * n_judges + judge]; truths. */
static AZ_UNUSED void learn_draw(const struct learn_scene *s, int *truths, struct learn_vote *votes)
{
    struct az_rng rng = az_rng(s->seed);
    for (size_t i = 0; i < s->n; i++) {
        truths[i] = (int)az_rng_below(&rng, s->n_labels);
        for (size_t j = 0; j < s->n_judges; j++) {
            double a = s->accuracy[j];
            bool right = az_rng_unit(&rng) < a, there = az_rng_unit(&rng) >= s->missing;
            int other = (int)((size_t)truths[i] + 1 + az_rng_below(&rng, s->n_labels - 1));
            int label = a < 0 ? 0 : right ? truths[i] : other % (int)s->n_labels;
            votes[i * s->n_judges + j] =
                (struct learn_vote){there ? label : -1, 0.5 + az_rng_unit(&rng)};
        }
    }
}

static AZ_UNUSED int learn_vote(struct az_sample *sample, const struct learn_scene *s, size_t judge,
                                struct learn_vote vote, int turn)
{
    double shares[AZ_SAMPLE_LABELS_MAX] = {0}, margins[AZ_SAMPLE_LABELS_MAX] = {0};
    size_t label = (size_t)(turn && vote.label < 2 ? 1 - vote.label : vote.label);
    shares[label] = 1;
    margins[label] = vote.margin;
    return az_sample_vote_spread(sample, judge, shares, s->margins ? margins : NULL, NULL);
}

/* The scene as a sample; item `i` of it is s->items[i] of the draw. */
static AZ_UNUSED void learn_sample(const struct learn_scene *s, struct az_sample *sample)
{
    int *truths = malloc(s->n * sizeof(*truths));
    struct learn_vote *votes = malloc(s->n * s->n_judges * sizeof(*votes));
    learn_draw(s, truths, votes);
    az_sample_init(sample, s->n_judges, s->n_labels, s->answers);
    sample->tie = s->tie;
    for (size_t at = 0; at < s->n; at++) {
        size_t i = s->items ? s->items[at] : at;
        int turn = s->turned && i % 2;
        assert_int_equal(az_sample_item(sample, 77 + i, s->n_labels), 0);
        for (size_t j = 0; j < s->n_judges; j++) {
            size_t judge = s->judges ? s->judges[j] : j;
            struct learn_vote vote = votes[i * s->n_judges + judge];
            if (vote.label >= 0)
                assert_int_equal(learn_vote(sample, s, j, vote, turn), 0);
        }
        int truth = turn && truths[i] < 2 ? 1 - truths[i] : truths[i];
        if (i < s->labelled)
            az_sample_truth(sample, (size_t)truth);
    }
    free(truths);
    free(votes);
}

/* A model of the labelled items, and p of all (n × n_labels, malloc). */
static AZ_UNUSED struct az_model *learn_all(const char *name, const struct az_sample *sample,
                                            double **p)
{
    struct az_design d;
    struct az_model *m = NULL;
    struct az_error err = {0};
    uint32_t *room = malloc((2 * sample->n_items + 1) * sizeof(*room));
    struct az_rows all = {room, sample->n_items};
    for (size_t i = 0; i < all.n; i++)
        room[i] = (uint32_t)i;
    assert_int_equal(az_design_init(&d, sample, 0, sample->n_items, &err), 0);
    struct az_rows labelled = az_labelled(&d, room + all.n);
    if (az_learn(name, &d, labelled, 5, &m, &err) < 0)
        fail_msg("%s: %s", name, err.what);
    *p = malloc((all.n * sample->n_labels + 1) * sizeof(**p));
    assert_int_equal(az_model_predict(m, &d, all, *p), 0);
    az_design_release(&d);
    free(room);
    return m;
}
