#include "statistics/guarantee/plan.h"

#include "core/error.h"
#include "core/mem.h"
#include "statistics/guarantee/bounds.h"

/* The tests of n items: the s-th after k[s] items, with up to s errors (the last one, of all
 * items, with as many as the one before it). */
struct tests {
    size_t n, n_tests;
    size_t *k, *errors;
};

static int tests_init(struct tests *t, size_t n, double alpha, double delta)
{
    *t = (struct tests){.n = n};
    t->k = az_alloc((n + 2) * sizeof(*t->k));
    t->errors = az_alloc((n + 2) * sizeof(*t->errors));
    if (!t->k || !t->errors)
        return AZ_ENOMEM;
    for (size_t e = 0; e <= n; e++) {
        int64_t k = az_risk_draws((int64_t)e, alpha, delta, true);
        if (k <= 0 || k > (int64_t)n)
            break;
        t->k[t->n_tests] = (size_t)k;
        t->errors[t->n_tests++] = e;
    }
    if (t->n_tests && t->k[t->n_tests - 1] < n) {
        t->k[t->n_tests] = n;
        t->errors[t->n_tests] = t->errors[t->n_tests - 1];
        t->n_tests++;
    }
    return 0;
}

static void tests_release(struct tests *t)
{
    free(t->k);
    free(t->errors);
}

/* One more item: `at` holds the probabilities of 0 … most errors. */
static void step_forward(double *at, size_t most, double q)
{
    for (size_t x = most; x > 0; x--)
        at[x] = at[x] * (1 - q) + at[x - 1] * q;
    at[0] *= 1 - q;
}

/* One item less: what is kept in the end, by the errors so far; more than `most` are the
 * end of it with `end`. */
static void step_back(double *kept, size_t most, double q, double end)
{
    for (size_t x = 0; x <= most; x++)
        kept[x] = kept[x] * (1 - q) + (x < most ? kept[x + 1] : end) * q;
}

/* Adds to value[s] the share that is expected to be kept where the tests begin at s. `q`:
 * the chances of the items, by falling confidence. room: (n_tests + 1) * (most + 1). */
static void add_values(const struct tests *t, const double *q, double *room, double *value)
{
    size_t most = t->errors[t->n_tests - 1], width = most + 1, k = 0;
    double *kept = room + t->n_tests * width, *at = room;
    for (size_t s = 0; s < t->n_tests; s++) { /* row s: errors among its items */
        double *row = room + s * width;
        for (size_t x = 0; x < width; x++)
            row[x] = s ? at[x] : x == 0;
        for (at = row; k < t->k[s]; k++)
            step_forward(row, most, q[k]);
    }
    for (size_t s = t->n_tests; s-- > 0;) {
        double here = (double)t->k[s] / (double)t->n;
        bool last = s + 1 == t->n_tests;
        for (size_t x = 0; last && x < width; x++)
            kept[x] = here;
        for (size_t x = last ? width : t->errors[s + 1] + 1; x < width; x++)
            kept[x] = here; /* the next test fails */
        for (size_t i = last ? 0 : t->k[s + 1]; i > t->k[s]; i--)
            step_back(kept, most, q[i - 1], here);
        for (size_t x = 0; x <= t->errors[s]; x++)
            value[s] += room[s * width + x] * kept[x];
    }
}

static int rising(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* The items' chances from those of others, at the same places of their order. */
static void spread(const double *sorted, size_t n_other, double odds, double *q, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = (size_t)(((double)i + 0.5) / (double)n * (double)n_other);
        double p = sorted[AZ_MIN(at, n_other - 1)];
        q[i] = odds * p / (1 - p + odds * p);
    }
}

static int choose(const struct tests *t, const double *sorted, size_t n_other, size_t *ret)
{
    static const double odds[] = {0.5, 1, 2};
    size_t width = t->errors[t->n_tests - 1] + 1, best = 0;
    AZ_AUTO_MEM double *room = az_alloc((t->n_tests + 1) * width * sizeof(*room));
    AZ_AUTO_MEM double *value = az_zalloc(t->n_tests * sizeof(*value));
    AZ_AUTO_MEM double *q = az_alloc(t->n * sizeof(*q));
    if (!room || !value || !q)
        return AZ_ENOMEM;
    for (size_t i = 0; i < AZ_LEN(odds); i++) {
        spread(sorted, n_other, odds[i], q, t->n);
        add_values(t, q, room, value);
    }
    for (size_t s = 1; s < t->n_tests; s++)
        best = value[s] > value[best] + 1e-9 ? s : best;
    *ret = best;
    return 0;
}

int az_risk_plan(const double *wrong, size_t n_other, size_t n, double alpha, double delta,
                 int64_t *ret)
{
    size_t planned = AZ_MIN(n, (size_t)AZ_RISK_PLAN_ITEMS), at = 0;
    struct tests t;
    AZ_AUTO_MEM double *sorted = az_alloc((n_other + 1) * sizeof(*sorted));
    int r = tests_init(&t, planned, alpha, delta);
    *ret = 0;
    if (r == 0 && !sorted)
        r = AZ_ENOMEM;
    if (r == 0 && t.n_tests && n_other) {
        for (size_t i = 0; i < n_other; i++)
            sorted[i] = wrong[i];
        qsort(sorted, n_other, sizeof(*sorted), rising);
        r = choose(&t, sorted, n_other, &at);
    }
    if (r == 0 && at > 0)
        *ret = (int64_t)t.errors[at];
    for (double share = at ? (double)t.k[at] / (double)planned : 0; r == 0 && n > planned;) {
        if ((double)az_risk_draws(*ret + 1, alpha, delta, true) > share * (double)n)
            break;
        ++*ret;
    }
    tests_release(&t);
    return r;
}
