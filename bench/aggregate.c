/* bench/aggregate.c: bench_aggregate [--splits N] [--set NAME] [--by item|cluster]
 *                                    [--labelled PERCENT] [--learn NAME] [--all]
 *
 * What each aggregator is worth on published sets (ASSIZE_TEST_DATA): learnt from 5,
 * 20 and 50 % of the labels, measured on the others, over N splits from a seed. By
 * item: every item is a cluster of its own; by cluster: items with the same prompt
 * stay together. Prints Markdown: a line for each set and share with `auto` against
 * the best simple rule, or with --all one for each aggregator.
 *
 * Rules: majority (the better of shares summed and of judges with one answer),
 * the judge that is best on the labels, log odds. Δ is in points of accuracy_shared,
 * ± the larger of the standard errors over splits and over clusters of items. The
 * log loss of `auto` is compared in the same way with the least of the three rules
 * through Platt's map, whichever it turned out to be: nobody knows it beforehand. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "statistics/folds.h"
#include "statistics/learn/learner.h"
#include "statistics/learn/strength.h"
#include "tests/unit/dataset.h"

enum { METHODS_MAX = 24, BINS = 15 };
enum { SHARES, HARD, SINGLE, LOGODDS, RULES };
static const char *const rules[] = {"shares", "hard", "picked", "log odds"};
static double shares_labelled[] = {0.05, 0.2, 0.5};
static size_t n_shares = AZ_LEN(shares_labelled);

struct method {
    const char *name;
    double credit, strict, log_loss, brier, ece, seconds; /* sums over splits of means */
    double *of_item, *of_split;                           /* sums of credit; means */
    double *loss_of_item, *loss_of_split;                 /* the same of log loss */
};

struct bench {
    struct dataset data;
    struct az_design d;
    size_t n_methods, n_splits, splits;
    struct method m[METHODS_MAX];
    double *tested; /* how often each item was */
    uint32_t *train, *test;
    double *p;
    size_t voted;                       /* splits in which nothing was learnt */
    double weights[AZ_MODEL_PARTS + 1]; /* of auto's parts, and its power: sums */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void die(const struct az_error *err)
{
    fprintf(stderr, "bench_aggregate: %s\n", err->what);
    exit(1);
}

/* ---- rules: answers without probabilities ---- */

static void hard(const struct az_design *d, size_t item, double *p)
{
    memset(p, 0, d->frame.n_labels * sizeof(*p));
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        const double *share = az_design_share(d, item, j);
        for (size_t k = 0; k < d->frame.n_labels; k++)
            p[k] += share[k] >= 1 - 1e-12;
    }
}

static void weighted(const struct az_design *d, size_t item, const double *w, double *p)
{
    memset(p, 0, d->frame.n_labels * sizeof(*p));
    for (size_t j = 0; j < d->frame.n_judges; j++) {
        for (size_t k = 0; k < d->frame.n_labels; k++)
            p[k] += w[j] * az_design_share(d, item, j)[k];
    }
}

static void rule(struct bench *b, int which, struct az_rows train, struct az_rows test)
{
    AZ_AUTO(model) m = NULL;
    struct az_error err = {0};
    const struct az_design *d = &b->d;
    if (which == SINGLE || which == LOGODDS) {
        if (az_learn(which == SINGLE ? "single" : "logodds", d, train, 1, &m, &err) < 0)
            die(&err);
    }
    bool learnt = m && !*m->reason;
    for (size_t i = 0; i < test.n; i++) {
        double *p = b->p + i * d->frame.n_labels;
        size_t item = test.v[i];
        if (which == HARD)
            hard(d, item, p);
        else if (which == SINGLE && learnt)
            memcpy(p, az_design_share(d, item, (size_t)m->arrays[2][0]),
                   d->frame.n_labels * sizeof(*p));
        else if (which == LOGODDS && learnt)
            weighted(d, item, m->arrays[0], p);
        else
            az_strength_mean(d, item, -1, p);
    }
}

/* ---- measures ---- */

static void measure(struct bench *b, struct method *m, size_t split, struct az_rows test)
{
    size_t k = b->d.frame.n_labels;
    double credit = 0, strict = 0, log_loss = 0, brier = 0, ece = 0, n = (double)test.n;
    double hits[BINS] = {0}, sums[BINS] = {0};
    bool is_top[AZ_SAMPLE_LABELS_MAX];
    for (size_t i = 0; i < test.n; i++) {
        const double *p = b->p + i * k, *truth = az_design_truth(&b->d, test.v[i]);
        double c = az_credit(p, truth, k), top = 0;
        size_t ties = az_top(p, k, is_top);
        double loss = -az_log_score(p, truth, k);
        credit += c;
        strict += ties == 1 ? c : 0;
        log_loss += loss;
        for (size_t a = 0; a < k; a++) {
            brier += (p[a] - truth[a]) * (p[a] - truth[a]);
            top = AZ_MAX(top, p[a]);
        }
        int bin = AZ_MIN((int)(top * BINS), BINS - 1);
        hits[bin] += c;
        sums[bin] += top;
        m->of_item[test.v[i]] += c;
        m->loss_of_item[test.v[i]] += loss;
    }
    for (size_t a = 0; a < BINS; a++)
        ece += fabs(hits[a] - sums[a]) / n;
    m->of_split[split] = credit / n;
    m->loss_of_split[split] = log_loss / n;
    m->credit += credit / n;
    m->strict += strict / n;
    m->log_loss += log_loss / n;
    m->brier += brier / n;
    m->ece += ece;
}

static void learn(struct bench *b, struct method *method, size_t split, struct az_rows train,
                  struct az_rows test)
{
    AZ_AUTO(model) m = NULL;
    struct az_error err = {0};
    double start = now();
    if (az_learn(method->name, &b->d, train, split, &m, &err) < 0)
        die(&err);
    method->seconds += now() - start;
    if (az_model_predict(m, &b->d, test, b->p) < 0) {
        az_oom(&err);
        die(&err);
    }
    b->voted += *m->reason && strcmp(method->name, "auto") == 0;
    for (size_t i = 0; m->learner->mixture && i < AZ_MODEL_PARTS; i++)
        b->weights[i] += i < az_model_size(m, 0) ? m->arrays[0][i] : 0;
    b->weights[AZ_MODEL_PARTS] += m->learner->mixture ? m->arrays[2][0] : 0;
    measure(b, method, split, test);
}

static void split(struct bench *b, double share, size_t which)
{
    AZ_AUTO_MEM bool *taken = az_zalloc(b->d.n);
    struct az_rows train = {b->train, 0}, test = {b->test, 0};
    if (!taken || az_split(b->d.clusters, b->d.n, share, which + 1, taken) < 0)
        exit(1);
    for (size_t i = 0; i < b->d.n; i++) {
        if (taken[i])
            b->train[train.n++] = (uint32_t)i;
        else
            b->test[test.n++] = (uint32_t)i;
        b->tested[i] += !taken[i];
    }
    for (size_t m = 0; m < b->n_methods; m++) {
        if (m < RULES) {
            rule(b, (int)m, train, test);
            measure(b, &b->m[m], which, test);
        } else {
            learn(b, &b->m[m], which, train, test);
        }
    }
}

/* ---- differences ---- */

/* Over items, or clusters of them, of the difference averaged over splits: x and y
 * are sums of each item over splits. */
static double item_error(const struct bench *b, const double *x, const double *y)
{
    AZ_AUTO_MEM double *sums = az_zalloc(b->d.n * sizeof(*sums));
    double n = 0, mean = 0, ss = 0;
    for (size_t i = 0; sums && i < b->d.n; i++) {
        if (b->tested[i] == 0)
            continue;
        sums[i] = (x[i] - y[i]) / b->tested[i];
        mean += sums[i];
        n++;
    }
    mean /= n;
    for (size_t i = 0; sums && i < b->d.n; i++) {
        double cluster = 0;
        bool first = true;
        for (size_t k = 0; k < b->d.n && first; k++) {
            if (b->d.clusters[k] != b->d.clusters[i] || b->tested[k] == 0)
                continue;
            first = k >= i;
            cluster += sums[k] - mean;
        }
        ss += first && b->tested[i] > 0 ? cluster * cluster : 0;
    }
    return sqrt(ss) / n;
}

static double split_error(const struct bench *b, const double *x, const double *y)
{
    double n = (double)b->n_splits, mean = 0, ss = 0;
    for (size_t i = 0; i < b->n_splits; i++)
        mean += (x[i] - y[i]) / n;
    for (size_t i = 0; i < b->n_splits; i++)
        ss += pow(x[i] - y[i] - mean, 2);
    return b->n_splits > 1 ? sqrt(ss / (n - 1) / n) : 0;
}

static const struct method *method(const struct bench *b, const char *name)
{
    for (size_t i = 0; i < b->n_methods; i++) {
        if (strcmp(b->m[i].name, name) == 0)
            return &b->m[i];
    }
    return NULL;
}

/* Of the rules through Platt's map the one with the least log loss; NULL: not run. */
static const struct method *least_loss(const struct bench *b)
{
    static const char *const names[] = {"mean", "single", "logodds"};
    const struct method *ret = NULL;
    for (size_t i = 0; i < AZ_LEN(names); i++) {
        const struct method *m = method(b, names[i]);
        if (m && (!ret || m->log_loss < ret->log_loss))
            ret = m;
    }
    return ret;
}

static void print_rows(const struct bench *b, double share, bool all)
{
    double n = (double)b->n_splits;
    const struct method *best = &b->m[0], *of_auto = method(b, "auto");
    for (size_t i = 1; i < RULES; i++)
        best = b->m[i].credit > best->credit ? &b->m[i] : best;
    const struct method *least = least_loss(b);
    for (size_t i = all ? 0 : b->n_methods; i < b->n_methods; i++) {
        const struct method *m = &b->m[i];
        printf("| %s | %.0f %% | %s | %.2f | %.2f | %.3f | %.3f | %.3f | %.2f | %.2f |\n",
               b->data.spec->name, 100 * share, m->name, 100 * m->credit / n, 100 * m->strict / n,
               m->log_loss / n, m->brier / n, m->ece / n, 100 * (m->credit - best->credit) / n,
               m->seconds / n);
    }
    if (all) {
        printf("<!-- weights of auto's parts, then its power:");
        for (size_t i = 0; i <= AZ_MODEL_PARTS; i++)
            printf(" %.2f", b->weights[i] / n);
        printf(" -->\n");
    }
    if (all || !of_auto)
        return;
    double se = 100 * fmax(item_error(b, of_auto->of_item, best->of_item),
                           split_error(b, of_auto->of_split, best->of_split));
    double delta = 100 * (of_auto->credit - best->credit) / n;
    printf("| %s | %.0f %% | %.2f %s | %.2f | %.2f | %+.2f ± %.2f ", b->data.spec->name,
           100 * share, 100 * best->credit / n, best->name, 100 * of_auto->credit / n,
           100 * of_auto->strict / n, delta, se);
    if (least) {
        se = fmax(item_error(b, of_auto->loss_of_item, least->loss_of_item),
                  split_error(b, of_auto->loss_of_split, least->loss_of_split));
        printf("| %.3f %s | %.3f | %+.3f ± %.3f ", least->log_loss / n, least->name,
               of_auto->log_loss / n, (of_auto->log_loss - least->log_loss) / n, se);
    } else {
        printf("| | %.3f | ", of_auto->log_loss / n);
    }
    printf("| %.3f | %.3f | %.2f |\n", of_auto->brier / n, of_auto->ece / n, of_auto->seconds / n);
}

/* ---- one set ---- */

static void reset(struct bench *b)
{
    for (size_t i = 0; i < b->n_methods; i++) {
        struct method *m = &b->m[i];
        m->credit = m->strict = m->log_loss = m->brier = m->ece = m->seconds = 0;
        memset(m->of_item, 0, b->d.n * sizeof(double));
        memset(m->loss_of_item, 0, b->d.n * sizeof(double));
    }
    memset(b->tested, 0, b->d.n * sizeof(double));
    b->voted = 0;
    memset(b->weights, 0, sizeof(b->weights));
}

static void add_methods(struct bench *b, const char *only, bool all)
{
    static const char *const least[] = {"mean", "single", "logodds", "auto"};
    for (size_t i = 0; i < RULES; i++)
        b->m[b->n_methods++].name = rules[i];
    for (size_t i = 0; az_learners[i]; i++) {
        bool wanted = all;
        for (size_t l = 0; l < AZ_LEN(least); l++)
            wanted |= strcmp(least[l], az_learners[i]->name) == 0;
        if (only ? strcmp(only, az_learners[i]->name) == 0 : wanted)
            b->m[b->n_methods++].name = az_learners[i]->name;
    }
    for (size_t i = 0; i < b->n_methods; i++) {
        b->m[i].of_item = calloc(b->d.n, sizeof(double));
        b->m[i].of_split = calloc(b->n_splits, sizeof(double));
        b->m[i].loss_of_item = calloc(b->d.n, sizeof(double));
        b->m[i].loss_of_split = calloc(b->n_splits, sizeof(double));
    }
}

static void run(const struct dataset_spec *spec, const char *folder, size_t splits, bool by_item,
                const char *only, bool all)
{
    struct bench *b = calloc(1, sizeof(*b));
    struct az_error err = {0};
    b->n_splits = splits;
    if (dataset_load(folder, spec, &b->data, &err) < 0 ||
        az_design_init(&b->d, &b->data.sample, 0, b->data.sample.n_items, &err) < 0)
        die(&err);
    for (size_t i = 0; i < b->d.n && by_item; i++)
        b->d.clusters[i] = az_hash64(7, az_str(b->data.ids[i]));
    add_methods(b, only, all);
    b->tested = calloc(b->d.n, sizeof(double));
    b->train = calloc(b->d.n, sizeof(uint32_t));
    b->test = calloc(b->d.n, sizeof(uint32_t));
    b->p = calloc(b->d.n * b->d.frame.n_labels, sizeof(double));
    for (size_t s = 0; s < n_shares; s++) {
        reset(b);
        for (size_t i = 0; i < splits; i++)
            split(b, shares_labelled[s], i);
        print_rows(b, shares_labelled[s], all || only);
        if (b->voted > 0)
            printf("<!-- too few clusters to learn from in %zu of %zu splits -->\n", b->voted,
                   splits);
        fflush(stdout);
    }
    for (size_t i = 0; i < b->n_methods; i++) {
        free(b->m[i].of_item);
        free(b->m[i].of_split);
        free(b->m[i].loss_of_item);
        free(b->m[i].loss_of_split);
    }
    free(b->tested);
    free(b->train);
    free(b->test);
    free(b->p);
    az_design_release(&b->d);
    dataset_release(&b->data);
    free(b);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"splits", required_argument, NULL, 'n'},
                                            {"set", required_argument, NULL, 's'},
                                            {"by", required_argument, NULL, 'b'},
                                            {"learn", required_argument, NULL, 'l'},
                                            {"labelled", required_argument, NULL, 'p'},
                                            {"all", no_argument, NULL, 'a'},
                                            {0}};
    const char *folder = getenv("ASSIZE_TEST_DATA"), *set = NULL, *only = NULL;
    size_t splits = 20;
    bool by_item = true, all = false;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'n':
            splits = (size_t)strtoul(optarg, NULL, 10);
            break;
        case 's':
            set = optarg;
            break;
        case 'b':
            by_item = strcmp(optarg, "item") == 0;
            break;
        case 'l':
            only = optarg;
            break;
        case 'p':
            shares_labelled[0] = strtod(optarg, NULL) / 100;
            n_shares = 1;
            break;
        case 'a':
            all = true;
            break;
        default:
            return 64;
        }
    }
    if (!folder || splits == 0) {
        fprintf(stderr, "bench_aggregate: ASSIZE_TEST_DATA is not set\n");
        return 66;
    }
    if (all || only)
        printf("| set | labelled | by | accuracy_shared | strict | log loss | Brier | ECE | Δ to "
               "the best rule | s a fit |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | "
               "--- |\n");
    else
        printf("| set | labelled | best rule | auto | strict | Δ ± SE | least log loss of a "
               "rule | auto's | Δ ± SE | Brier | ECE | s a fit |\n| --- | --- | --- | --- | --- | "
               "--- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < AZ_LEN(dataset_specs); i++) {
        const struct dataset_spec *spec = &dataset_specs[i];
        if (set ? strcmp(set, spec->name) == 0 : strcmp(spec->name, "llm-rubric") != 0)
            run(spec, folder, splits, by_item, only, all);
    }
    return 0;
}
