/* Inference without labels against values of another implementation, method by
 * method, on ten public crowd sets: every row of the tables is checked but those
 * of implementations that are known to be wrong (see the set's NOTES). */
#include <math.h>

#include "statistics/correlation.h"
#include "statistics/infer/infer.h"
#include "tests/unit/crowd.h"

enum { ROWS_MAX = 20000, START_MAX = CROWD_JUDGES * (2 + CROWD_LABELS) };

struct row {
    char quantity[32], key1[24], key2[16];
    double value;
};

/* One method and variant of one set. */
struct group {
    struct crowd *crowd;
    const char *set, *method, *variant;
    struct row rows[ROWS_MAX];
    size_t n;
    struct az_infer got;
    size_t checked;
};

static const struct {
    const char *theirs, *variant, *ours;
    int iterations; /* 0: as listed */
    double within, parameters_within;
} methods[] = {
    {"MajorityVote", "default", "majority", 1, 1e-11, 1e-11},
    {"Wawa", "default", "wawa", 1, 1e-11, 1e-11},
    {"ZeroBasedSkill", "n_iter=100", "zero-based", 100, 1e-11, 1e-11},
    {"DawidSkene", "n_iter=10,tol=-1e9", "dawid-skene", 0, 1e-10, 1e-10},
    {"DawidSkene", "n_iter=100,tol=1e-5", "dawid-skene", 0, 1e-10, 1e-10},
    {"DawidSkene", "n_iter=1000,tol=-1e9", "dawid-skene", 0, 1e-9, 1e-9},
    {"OneCoinDawidSkene", "n_iter=10,tol=-1e9", "one-coin", 0, 1e-10, 1e-10},
    {"OneCoinDawidSkene", "n_iter=100,tol=1e-5", "one-coin", 0, 1e-10, 1e-10},
    {"GLAD", "n_iter=100,tol=1e-5,m_step_max_iter=25,m_step_tol=1e-2", "glad", 100, 0.05, 0.5},
    {"KOS", "n_iter=100,renormalised,init=1", "kos", 100, 1e-9, 1e-9},
    {"KOS", "n_iter=100,renormalised", "kos", 100, 1e-9, 1e-9},
    {"MMSR", "n_iter=2000,tol=1e-10,random_state=0", "mmsr", 2000, 1e-8, 1e-8},
    {"MACE", "vb,n_restarts=1,n_iter=50,init=listed", "mace", 50, 1e-10, 1e-10},
};
static const char *const sets[] = {"adult",   "bluebirds", "dog", "llm3", "possent",
                                   "product", "relevance", "rte", "wsd"};

static void keep_row(char *f[CROWD_FIELDS], size_t n, void *arg)
{
    struct group *g = arg;
    if (n < 6 || strcmp(f[0], g->method) != 0 || strcmp(f[1], g->variant) != 0)
        return;
    assert_true(g->n < ROWS_MAX);
    struct row *r = &g->rows[g->n++];
    snprintf(r->quantity, sizeof(r->quantity), "%s", f[2]);
    snprintf(r->key1, sizeof(r->key1), "%s", f[3]);
    snprintf(r->key2, sizeof(r->key2), "%s", f[4]);
    r->value = strtod(f[5], NULL);
}

static const struct row *find_row(const struct group *g, const char *quantity)
{
    for (size_t i = 0; i < g->n; i++) {
        if (strcmp(g->rows[i].quantity, quantity) == 0)
            return &g->rows[i];
    }
    return NULL;
}

/* ---- our side of each quantity ---- */

static double accuracy(const struct group *g, const struct row *r)
{
    double right = 0, n = 0;
    for (size_t i = 0; i < g->crowd->n_items; i++) {
        if (g->crowd->truth[i] < 0)
            continue;
        n++;
        right += az_infer_label(&g->got, i) == g->crowd->truth[i];
    }
    return right / n;
}

static double log_true(const struct group *g, const struct row *r)
{
    double sum = 0, n = 0;
    for (size_t i = 0; i < g->crowd->n_items; i++) {
        int32_t truth = g->crowd->truth[i];
        if (truth < 0)
            continue;
        n++;
        sum += log(fmax(g->got.posterior[i * g->got.n_labels + (size_t)truth], 1e-10));
    }
    return sum / n;
}

/* P(the vote | true label c) of either model. */
static double likelihood(const struct az_infer *got, const struct az_vote *v, size_t c)
{
    size_t k = got->n_labels;
    if (got->confusion)
        return got->confusion[((size_t)v->judge * k + (size_t)v->label) * k + c];
    double skill = got->skill[v->judge];
    double p = (size_t)v->label == c ? skill : (1 - skill) / (double)(k - 1);
    return fmin(1 - 1e-10, fmax(1e-10, p));
}

/* Their bound of the likelihood, an answer: the prior counts once an answer. */
static double their_bound(const struct crowd *crowd, const struct az_infer *got)
{
    const struct az_sample *s = &crowd->sample;
    double sum = 0;
    for (size_t i = 0; i < s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(s, i);
        for (size_t c = 0; c < s->n_labels; c++) {
            double t = got->posterior[i * s->n_labels + c];
            sum -= t * log(fmax(1e-10, t));
            for (size_t v = 0; v < votes.n; v++)
                sum += t * (log(likelihood(got, &votes.v[v], c)) + log(got->prior[c]));
        }
    }
    return sum / (double)s->n_votes;
}

static double judge_of(const struct group *g, const struct row *r)
{
    return g->got.skill[crowd_judge(g->crowd, r->key1)];
}

static double posterior_of(const struct group *g, const struct row *r)
{
    return g->got.posterior[crowd_item(r->key1) * g->got.n_labels + crowd_label(g->crowd, r->key2)];
}

static double prior_of(const struct group *g, const struct row *r)
{
    return g->got.prior[crowd_label(g->crowd, r->key1)];
}

static double diagonal_of(const struct group *g, const struct row *r)
{
    size_t k = g->got.n_labels, c = crowd_label(g->crowd, r->key2);
    return g->got.confusion[(crowd_judge(g->crowd, r->key1) * k + c) * k + c];
}

static double difficulty_of(const struct group *g, const struct row *r)
{
    return g->got.difficulty[crowd_item(r->key1)];
}

/* Of the label that comes first in the file. */
static double score_of(const struct group *g, const struct row *r)
{
    return 2 * g->got.posterior[crowd_item(r->key1) * 2 + g->crowd->first] - 1;
}

/* The label's name is a number. */
static double label_of(const struct group *g, const struct row *r)
{
    return strtod(g->crowd->labels[az_infer_label(&g->got, crowd_item(r->key1))], NULL);
}

static double loglik_of(const struct group *g, const struct row *r)
{
    return g->got.loglik;
}

static double iterations_of(const struct group *g, const struct row *r)
{
    return g->got.iterations;
}

static double bound_per_answer(const struct group *g, const struct row *r)
{
    return their_bound(g->crowd, &g->got);
}

static const struct {
    const char *name;
    double (*of)(const struct group *g, const struct row *r);
} quantities[] = {
    {"posterior", posterior_of},
    {"prior", prior_of},
    {"skill", judge_of},
    {"alpha", judge_of},
    {"competence", judge_of},
    {"confusion_diag", diagonal_of},
    {"log_beta", difficulty_of},
    {"score_over_max", score_of},
    {"sign", label_of},
    {"loglik_observed", loglik_of},
    {"log_marginal_likelihood", loglik_of},
    {"elbo_per_answer_crowdkit", bound_per_answer},
    {"mean_log_true_posterior", log_true},
    {"accuracy", accuracy},
    {"iterations", iterations_of},
};

/* NAN: it is a value that a start is made of, or a word. */
static double of_row(const struct group *g, const struct row *r)
{
    for (size_t i = 0; i < AZ_LEN(quantities); i++) {
        if (strcmp(quantities[i].name, r->quantity) == 0)
            return quantities[i].of(g, r);
    }
    return NAN;
}

/* How far ours may be from theirs; negative: at most theirs. */
static double bound_of(const struct group *g, const struct row *r, size_t m)
{
    const struct row *tied = find_row(g, "items_tied_within_1e-9");
    if (strcmp(r->quantity, "posterior") == 0)
        return methods[m].within;
    if (strcmp(r->quantity, "loglik_observed") == 0)
        return 1e-10 * fabs(r->value);
    if (strcmp(r->quantity, "log_marginal_likelihood") == 0)
        return -1; /* theirs adds 1e-8 to each item's likelihood */
    if (strcmp(r->quantity, "elbo_per_answer_crowdkit") == 0)
        return 1e-9;
    if (strcmp(r->quantity, "mean_log_true_posterior") == 0)
        return AZ_MAX(1e-8, 2 * methods[m].within);
    if (strcmp(r->quantity, "accuracy") == 0)
        return AZ_MAX(1e-11, methods[m].within / 100) +
               (tied ? tied->value / (double)g->crowd->n_items : 0);
    return methods[m].parameters_within;
}

/* Theirs takes judges that share no item for judges that disagree, and turns the signs of
 * some; with that slip in mmsr.c, all values are theirs. */
static bool slipped(const struct group *g, const struct row *r, double got)
{
    if (strcmp(g->method, "MMSR") != 0)
        return false;
    if (strcmp(r->quantity, "accuracy") == 0) /* dense sets: all share items */
        return strcmp(g->set, "bluebirds") != 0 && strcmp(g->set, "llm3") != 0;
    return strcmp(r->quantity, "skill") == 0 && got * r->value < 0 &&
           (g->got.n_labels > 2 || fabs(got + r->value) < 1e-8);
}

static void check_group(struct group *g, size_t m)
{
    for (size_t i = 0; i < g->n; i++) {
        const struct row *r = &g->rows[i];
        double got = of_row(g, r), bound = bound_of(g, r, m);
        if (isnan(got) || (strcmp(r->quantity, "iterations") == 0 && methods[m].iterations > 0))
            continue;
        if (slipped(g, r, got))
            continue;
        g->checked++;
        if (!(bound < 0 ? got <= r->value : fabs(got - r->value) <= bound))
            fail_msg("%s %s %s %s %s %s: got %.15g, want %.15g", g->set, g->method, g->variant,
                     r->quantity, r->key1, r->key2, got, r->value);
    }
}

/* Their rule ends where it says: with the bound's rise before it and at it. */
static void check_stop(const struct group *g, const struct az_infer_method *m, int iterations)
{
    double bounds[3];
    for (int back = 0; back < 3; back++) {
        struct az_infer_options o = {.iterations = iterations - back, .tolerance = -1};
        struct az_infer got;
        if (o.iterations < 1)
            return;
        assert_int_equal(az_infer(m, &g->crowd->sample, &o, &got, NULL), 0);
        bounds[back] = their_bound(g->crowd, &got);
        az_infer_release(&got);
    }
    assert_true(bounds[0] - bounds[1] < 1e-5 && bounds[1] - bounds[2] >= 1e-5);
}

/* S, K and thetas of each judge, from the listed start. */
static void read_start(const struct group *g, double *start)
{
    size_t width = 2 + g->crowd->n_labels;
    for (size_t i = 0; i < g->n; i++) {
        const struct row *r = &g->rows[i];
        size_t at = width * (r->key1[0] ? crowd_judge(g->crowd, r->key1) : 0);
        if (strcmp(r->quantity, "init_spamming") == 0)
            start[at + strtoul(r->key2, NULL, 10)] = r->value;
        else if (strcmp(r->quantity, "init_theta") == 0)
            start[at + 2 + crowd_label(g->crowd, r->key2)] = r->value;
        else if (strcmp(r->quantity, "init_u_and_v") == 0)
            start[crowd_judge(g->crowd, r->key1)] = r->value;
    }
}

static void check_method(struct group *g, size_t m, const char *path)
{
    struct az_infer_options o = {.iterations = methods[m].iterations, .tolerance = -1};
    static double start[START_MAX];
    struct az_error err;
    g->method = methods[m].theirs;
    g->variant = methods[m].variant;
    g->n = g->checked = 0;
    crowd_read(path, keep_row, g);
    if (g->n == 0)
        return;
    if (find_row(g, "init_theta") || find_row(g, "init_u_and_v")) {
        read_start(g, start);
        o.start = start;
    }
    if (o.iterations == 0)
        o.iterations = (int)find_row(g, "iterations")->value;
    assert_int_equal(
        az_infer(az_infer_method(methods[m].ours), &g->crowd->sample, &o, &g->got, &err), 0);
    if (strstr(g->variant, "tol=1e-5") && g->got.prior && o.iterations < 100)
        check_stop(g, az_infer_method(methods[m].ours), o.iterations);
    check_group(g, m);
    az_infer_release(&g->got);
}

static void reference_values(void **state)
{
    const char *data = getenv("ASSIZE_TEST_DATA");
    static struct crowd crowd;
    static struct group g;
    size_t checked = 0;
    if (!data) {
        print_message("ASSIZE_TEST_DATA is not set: nothing to compare with\n");
        skip();
    }
    for (size_t i = 0; i < AZ_LEN(sets); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/crowd/expected/%s.tsv", data, sets[i]);
        crowd_open(&crowd, data, sets[i]);
        g.crowd = &crowd;
        g.set = sets[i];
        for (size_t m = 0; m < AZ_LEN(methods); m++) {
            check_method(&g, m, path);
            checked += g.checked;
        }
        crowd_close(&crowd);
    }
    print_message("%zu values\n", checked);
    assert_true(checked > 25000);
}

/* ---- probabilities ---- */

struct opinions {
    struct crowd *crowd;
    struct az_sample sample;
};

/* Items come in order, all of one after the other. */
static void keep_opinion(char *f[CROWD_FIELDS], size_t n, void *arg)
{
    struct opinions *o = arg;
    double logs[2] = {log(strtod(f[2], NULL)), log(strtod(f[3], NULL))};
    assert_int_equal(n, 4);
    if (crowd_item(f[0]) == o->sample.n_items)
        assert_int_equal(az_sample_item(&o->sample, o->sample.n_items, 2), 0);
    assert_int_equal(crowd_item(f[0]) + 1, o->sample.n_items);
    assert_int_equal(
        az_sample_vote_spread(&o->sample, crowd_judge(o->crowd, f[1]), NULL, logs, NULL), 0);
}

/* Three LLM judges; the values are numpy's. */
static void mean_logit_of_llms(void **state)
{
    const char *data = getenv("ASSIZE_TEST_DATA");
    static struct crowd crowd;
    static struct group g;
    struct opinions o = {.crowd = &crowd};
    char path[4096];
    if (!data)
        skip();
    crowd_open(&crowd, data, "llm3");
    az_sample_init(&o.sample, crowd.n_judges, 2, AZ_ANSWERS_NAMED);
    snprintf(path, sizeof(path), "%s/crowd/llm3/scores.tsv", data);
    crowd_read(path, keep_opinion, &o);
    g.crowd = &crowd;
    assert_int_equal(az_infer(az_infer_method("mean-logit"), &o.sample, NULL, &g.got, NULL), 0);
    assert_true(fabs(accuracy(&g, NULL) - 0.806) < 1e-12);
    assert_true(fabs(log_true(&g, NULL) - -0.5303904702316969) < 1e-12);
    az_infer_release(&g.got);
    az_sample_release(&o.sample);
    crowd_close(&crowd);
}

/* ---- scores ---- */

enum { HEADLINES = 100, RATERS = 38 };

struct ratings {
    double of[HEADLINES][RATERS], truth[HEADLINES];
    bool has[HEADLINES][RATERS];
};

static void keep_rating(char *f[CROWD_FIELDS], size_t n, void *arg)
{
    struct ratings *r = arg;
    if (n == 2) {
        r->truth[crowd_item(f[0])] = strtod(f[1], NULL);
        return;
    }
    size_t judge = strtoul(f[1] + 1, NULL, 10) - 1;
    assert_true(judge < RATERS && crowd_item(f[0]) < HEADLINES);
    r->of[crowd_item(f[0])][judge] = strtod(f[2], NULL);
    r->has[crowd_item(f[0])][judge] = true;
}

/* Experts' valence of headlines, ten raters each: a line and a variance a rater are
 * not better than the mean there (.842 and .850), and must not be much worse. */
static void scores_of_headlines(void **state)
{
    const char *data = getenv("ASSIZE_TEST_DATA");
    static struct ratings ratings;
    struct az_pearson by_mean = {0}, by_model = {0};
    struct az_sample s;
    struct az_infer r;
    char path[4096];
    if (!data)
        skip();
    snprintf(path, sizeof(path), "%s/crowd/valence/answers.tsv", data);
    crowd_read(path, keep_rating, &ratings);
    snprintf(path, sizeof(path), "%s/crowd/valence/truth.tsv", data);
    crowd_read(path, keep_rating, &ratings);
    az_sample_init(&s, RATERS, 0, AZ_ANSWERS_NAMED);
    for (size_t i = 0; i < HEADLINES; i++) {
        double sum = 0, n = 0;
        assert_int_equal(az_sample_item(&s, i, 0), 0);
        for (size_t j = 0; j < RATERS; j++) {
            const double *y = &ratings.of[i][j];
            if (!ratings.has[i][j])
                continue;
            assert_int_equal(az_sample_vote_spread(&s, j, NULL, NULL, y), 0);
            sum += *y;
            n++;
        }
        az_pearson_add(&by_mean, sum / n, ratings.truth[i]);
    }
    assert_int_equal(az_infer(az_infer_method("gaussian"), &s, NULL, &r, NULL), 0);
    for (size_t i = 0; i < HEADLINES; i++)
        az_pearson_add(&by_model, r.score[i], ratings.truth[i]);
    double mean = az_pearson_figure(&by_mean).value, model = az_pearson_figure(&by_model).value;
    assert_true(mean > 0.84 && model > mean - 0.01);
    az_infer_release(&r);
    az_sample_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_values),
        cmocka_unit_test(mean_logit_of_llms),
        cmocka_unit_test(scores_of_headlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
