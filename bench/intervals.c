/* Coverage and width of every interval for a mean or a rate, where the truth is
 * known: Markdown tables for results-statistics.md. Deterministic.
 *
 *     bench_intervals [RUNS [SEED [WORD]]]   2000 runs a cell; worlds with WORD in their name
 *
 * Every SEED gives other draws. What was changed after a failure was seen is not tested
 * by the draws that failed: take a new SEED. */
#include <stdio.h>

#include "core/hash.h"
#include "tests/unit/interval_cells.h"

enum { ITEMS = 1000, DRAWS = 400 };

static const double rates[] = {0.5, 0.7, 0.9};
static const size_t labels[] = {20, 50, 100, 200, 500};

static double lowest(int64_t runs)
{
    return 0.95 - 2 * sqrt(0.95 * 0.05 / (double)runs);
}

static bool row(const struct cell *c, const struct cell_result *r, enum cell_method m)
{
    const struct cell_tally *t = &r->of[m], *base = &r->of[CELL_WILSON];
    int64_t runs = t->runs - t->without;
    if (runs == 0)
        return true;
    double rate = cell_rate(t), se = sqrt(rate * (1 - rate) / (double)runs);
    bool supported = cell_supported(c, m), fine = rate >= lowest(runs);
    printf("| %s | %.3f | %zu | %s | %.2f ± %.2f | %+.4f | %.3f | %.2f | %s |\n", c->world,
           r->truth, c->n_labels, cell_methods[m], 100 * rate, 100 * se,
           t->value / (double)runs - r->truth, t->width / (double)runs,
           t->width / (double)runs / (base->width / (double)(base->runs - base->without)),
           !supported ? "–"
           : fine     ? "yes"
                      : "**no**");
    return !supported || fine;
}

static int run(const struct cell *c, int64_t runs, uint64_t seed, const char *word)
{
    struct cell_result r;
    int missed = 0;
    if (word && !strstr(c->world, word))
        return 0;
    cell_simulate(c, ITEMS, runs, (c->numbers || c->paired) && c->n_labels <= 100 ? DRAWS : 0, seed,
                  &r);
    for (enum cell_method m = 0; m < CELL_METHODS; m++)
        missed += !row(c, &r, m);
    fflush(stdout);
    return missed;
}

/* One world over all rates and numbers of labels. */
static int world(struct cell c, int64_t runs, uint64_t seed, const char *word)
{
    int missed = 0;
    for (size_t i = 0; i < AZ_LEN(rates); i++) {
        for (size_t j = 0; j < AZ_LEN(labels); j++) {
            c.p = rates[i];
            c.n_labels = labels[j] * AZ_MAX(c.in_cluster, (size_t)1);
            bool slow = c.learner && strcmp(c.learner, "auto") == 0;
            if (c.n_labels <= ITEMS / 2 &&
                (!slow || (rates[i] == 0.7 && labels[j] >= 50 && labels[j] <= 200)))
                missed += run(&c, runs, az_hash64_mix(seed, (i << 4) + j), word);
        }
    }
    return missed;
}

int main(int argc, char **argv)
{
    static const struct cell worlds[] = {
        {.world = "rate, good judge, cross-fitted", .strength = 1, .says = CELL_CROSSFIT},
        {.world = "rate, weak judge, cross-fitted", .strength = 0.2, .says = CELL_CROSSFIT},
        {.world = "rate, good judge, biased probability", .strength = 1, .says = CELL_FROZEN},
        {.world = "rate, judge's other scale", .strength = 1, .says = CELL_SCALE},
        {.world = "rate, yes or no", .strength = 1, .says = CELL_YES_NO},
        {.world = "rate, clusters of 4", .strength = 1, .says = CELL_FROZEN, .in_cluster = 4},
        {.world = "rate, weighted labels", .strength = 1, .says = CELL_FROZEN, .weighted = true},
        {.world = "rate, labels of elsewhere",
         .strength = 1,
         .says = CELL_YES_NO,
         .elsewhere = true},
        {.world = "rate, ties", .strength = 1, .says = CELL_FROZEN, .ties = true},
        {.world = "rate, log odds of votes", .says = CELL_LEARNT, .learner = "logodds"},
        {.world = "rate, auto of votes", .says = CELL_LEARNT, .learner = "auto"},
        {.world = "difference of two", .says = CELL_DIFFERS, .paired = true},
        {.world = "mean, good judge", .strength = 1.5, .says = CELL_FROZEN, .numbers = true},
        {.world = "mean, judge's other scale", .strength = 1, .says = CELL_SCALE, .numbers = true},
        {.world = "mean, clusters of 4",
         .strength = 1,
         .says = CELL_FROZEN,
         .numbers = true,
         .in_cluster = 4},
    };
    int64_t runs = argc > 1 ? strtoll(argv[1], NULL, 10) : 2000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    const char *word = argc > 3 ? argv[3] : NULL;
    int missed = 0;
    if (runs < 1)
        return 64;
    printf("%lld runs a cell, jobs of %d items, seed %llu; held: at least %.2f %% of the intervals "
           "hold the truth\n\n",
           (long long)runs, ITEMS, (unsigned long long)seed, 100 * lowest(runs));
    printf("| world | truth | labels | method | coverage %% ± SE | bias | width | width / plain "
           "| held |\n| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | --- |\n");
    for (size_t i = 0; i < AZ_LEN(worlds); i++)
        missed += world(worlds[i], runs, az_hash64_mix(seed, i), word);
    printf("\nsupported cells below: %d\n", missed);
    return missed > 0;
}
