/* bench_infer ITEMS JUDGES LABELS SEED FILE ROUNDS: seconds of each method of
 * statistics/infer on votes that are made up, a JSON line each. FILE is written
 * for a peer: JUDGES labels an item, a byte each. EM runs ROUNDS rounds, and then
 * once more to its own tolerance. One core. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/rng.h"
#include "statistics/infer/infer.h"

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    fprintf(stderr, "bench_infer: %s\n", what);
    exit(1);
}

/* Judges are right in 0.4 to 0.8 of the items, and give log probabilities. */
static void add_vote(struct az_sample *s, size_t judge, size_t label, struct az_rng *rng,
                     bool margins)
{
    double of[AZ_SAMPLE_LABELS_MAX];
    for (size_t c = 0; c < s->n_labels; c++)
        of[c] = log(c == label ? 0.5 + 0.5 * az_rng_unit(rng) : 0.1);
    int r =
        margins ? az_sample_vote_spread(s, judge, NULL, of, NULL) : az_sample_vote(s, judge, label);
    if (r < 0)
        fail("out of memory");
}

static void make_up(struct az_sample *s, size_t items, size_t judges, size_t labels, uint64_t seed,
                    bool margins, FILE *f)
{
    struct az_rng rng = az_rng(seed);
    az_sample_init(s, judges, labels, AZ_ANSWERS_NAMED);
    for (size_t i = 0; i < items; i++) {
        size_t truth = az_rng_below(&rng, labels);
        if (az_sample_item(s, i, labels) < 0)
            fail("out of memory");
        az_sample_truth(s, truth);
        for (size_t j = 0; j < judges; j++) {
            double skill = 0.4 + 0.4 * (double)(j % 10) / 9;
            bool right = az_rng_unit(&rng) < skill;
            size_t said = right ? truth : (truth + 1 + az_rng_below(&rng, labels - 1)) % labels;
            add_vote(s, j, said, &rng, margins);
            if (f && fputc((int)said, f) == EOF)
                fail("cannot write");
        }
    }
}

static double accuracy(const struct az_sample *s, const struct az_infer *r)
{
    double right = 0;
    for (size_t i = 0; i < s->n_items; i++)
        right += az_infer_label(r, i) == s->truths[i].label;
    return right / (double)s->n_items;
}

static double first_label(const struct az_infer *r)
{
    double sum = 0;
    for (size_t i = 0; i < r->n_items; i++)
        sum += r->posterior[i * r->n_labels];
    return sum;
}

static void measure(const struct az_sample *s, const char *name, int rounds)
{
    struct az_infer_options o = {.iterations = rounds, .tolerance = rounds ? -1 : 0};
    struct az_infer r;
    struct az_error err;
    double start = now_s();
    if (az_infer(az_infer_method(name), s, &o, &r, &err) < 0)
        fail(err.what);
    double seconds = now_s() - start;
    printf("{\"method\": \"%s\", \"rounds\": %d, \"fixed\": %s, \"seconds\": %.3f, "
           "\"accuracy\": %.6f, \"sum\": %.9g}\n",
           name, r.iterations, rounds ? "true" : "false", seconds, accuracy(s, &r),
           first_label(&r));
    fflush(stdout);
    az_infer_release(&r);
}

static void labels(size_t items, size_t judges, size_t n_labels, uint64_t seed, const char *path,
                   int rounds)
{
    static const char *const em[] = {"dawid-skene", "dawid-skene-map", "one-coin"};
    struct az_sample s;
    FILE *f = fopen(path, "wb");
    if (!f)
        fail("cannot write");
    make_up(&s, items, judges, n_labels, seed, false, f);
    if (fclose(f) != 0)
        fail("cannot write");
    measure(&s, "majority", 0);
    measure(&s, "wawa", 0);
    for (size_t i = 0; i < AZ_LEN(em); i++) {
        measure(&s, em[i], rounds);
        measure(&s, em[i], 0);
    }
    az_sample_release(&s);
}

int main(int argc, char **argv)
{
    if (argc != 7)
        fail("usage: ITEMS JUDGES LABELS SEED FILE ROUNDS");
    size_t items = strtoul(argv[1], NULL, 10), judges = strtoul(argv[2], NULL, 10);
    size_t n_labels = strtoul(argv[3], NULL, 10);
    uint64_t seed = strtoul(argv[4], NULL, 10);
    labels(items, judges, n_labels, seed, argv[5], (int)strtol(argv[6], NULL, 10));

    struct az_sample s;
    make_up(&s, items, judges, n_labels, seed, true, NULL);
    measure(&s, "mean-logit", 0);
    az_sample_release(&s);
    return 0;
}
