/* What every learner must keep: probabilities, symmetry, no order; and what it says
 * when there is nothing to learn from. */
#include <math.h>

#include "core/mem.h"
#include "statistics/learn/parts.h"
#include "tests/unit/learn_scene.h"

static const double accuracies[] = {0.9, 0.75, 0.7, 0.6, 0.5};

static struct learn_scene pair_scene(void)
{
    return (struct learn_scene){.n = 160,
                                .n_judges = 5,
                                .n_labels = 2,
                                .answers = AZ_ANSWERS_EXCHANGEABLE,
                                .tie = -1,
                                .accuracy = accuracies,
                                .missing = 0.1,
                                .labelled = 80,
                                .seed = 11};
}

/* Kinds of questions, each with all learners. */
static const struct {
    const char *name;
    size_t n_labels;
    enum az_answers answers;
    int tie;
    bool margins;
} kinds[] = {
    {"pair", 2, AZ_ANSWERS_EXCHANGEABLE, -1, false},
    {"pair with margins", 2, AZ_ANSWERS_EXCHANGEABLE, -1, true},
    {"pair with ties", 3, AZ_ANSWERS_EXCHANGEABLE, 2, false},
    {"best of four", 4, AZ_ANSWERS_EXCHANGEABLE, -1, true},
    {"labels", 3, AZ_ANSWERS_NAMED, -1, false},
    {"levels", 4, AZ_ANSWERS_ORDINAL, -1, false},
};

static struct learn_scene scene_of(size_t kind)
{
    struct learn_scene s = pair_scene();
    s.n_labels = kinds[kind].n_labels;
    s.answers = kinds[kind].answers;
    s.tie = kinds[kind].tie;
    s.margins = kinds[kind].margins;
    return s;
}

static void sums_to_one(void **state)
{
    for (size_t kind = 0; kind < AZ_LEN(kinds); kind++) {
        struct learn_scene s = scene_of(kind);
        struct az_sample sample;
        learn_sample(&s, &sample);
        for (size_t l = 0; az_learners[l]; l++) {
            double *p;
            AZ_AUTO(model) m = learn_all(az_learners[l]->name, &sample, &p);
            if (*m->reason)
                fail_msg("%s, %s: %s", kinds[kind].name, az_learners[l]->name, m->reason);
            for (size_t i = 0; i < s.n; i++) {
                double sum = 0;
                for (size_t k = 0; k < s.n_labels; k++) {
                    if (!(p[i * s.n_labels + k] >= 0))
                        fail_msg("%s, %s: item %zu", kinds[kind].name, az_learners[l]->name, i);
                    sum += p[i * s.n_labels + k];
                }
                assert_true(fabs(sum - 1) < 1e-12);
            }
            free(p);
        }
        az_sample_release(&sample);
    }
}

/* Credit of p on the items that were not labelled. */
static double accuracy(const struct learn_scene *s, const double *p)
{
    int *truths = malloc(s->n * sizeof(*truths));
    struct learn_vote *votes = malloc(s->n * s->n_judges * sizeof(*votes));
    double sum = 0;
    learn_draw(s, truths, votes);
    for (size_t i = s->labelled; i < s->n; i++) {
        double truth[AZ_SAMPLE_LABELS_MAX] = {0};
        truth[truths[i]] = 1;
        sum += az_credit(p + i * s->n_labels, truth, s->n_labels);
    }
    free(truths);
    free(votes);
    return sum / (double)(s->n - s->labelled);
}

/* Log loss of p on the items that were not labelled. */
static double log_loss(const struct learn_scene *s, const double *p)
{
    int *truths = malloc(s->n * sizeof(*truths));
    struct learn_vote *votes = malloc(s->n * s->n_judges * sizeof(*votes));
    double sum = 0;
    learn_draw(s, truths, votes);
    for (size_t i = s->labelled; i < s->n; i++)
        sum -= log(p[i * s->n_labels + (size_t)truths[i]]);
    free(truths);
    free(votes);
    return sum / (double)(s->n - s->labelled);
}

/* One judge is right on 9 of 10 and four guess: `auto` must find it, and be no worse
 * than it by more than a point or two. */
static void finds_the_judge_that_knows(void **state)
{
    static const double one[] = {0.5, 0.5, 0.9, 0.5, 0.5};
    for (size_t kind = 0; kind < AZ_LEN(kinds); kind++) {
        struct learn_scene s = scene_of(kind);
        struct az_sample sample;
        double *p, *votes;
        s.n = 2000;
        s.labelled = 200;
        s.missing = 0;
        s.accuracy = one;
        if (s.n_labels > 2)
            continue; /* 0.5 is no guess there */
        learn_sample(&s, &sample);
        AZ_AUTO(model) m = learn_all("auto", &sample, &p);
        AZ_AUTO(model) v = learn_all("votes", &sample, &votes);
        if (accuracy(&s, p) < 0.88 || accuracy(&s, votes) > 0.8)
            fail_msg("%s: %.3f, votes %.3f", kinds[kind].name, accuracy(&s, p),
                     accuracy(&s, votes));
        free(p);
        free(votes);
        az_sample_release(&sample);
    }
}

/* With a dozen labels the mixture costs little beside the part that is right, which
 * nobody knows: one judge that knows, or five that are alike. */
static void little_is_lost_with_few_labels(void **state)
{
    static const struct {
        const char *part;
        double accuracy[5], most;
    } cases[] = {{"single", {0.5, 0.5, 0.95, 0.5, 0.5}, 0.022},
                 {"mean", {0.75, 0.75, 0.75, 0.75, 0.75}, 0.02}};
    for (size_t c = 0; c < AZ_LEN(cases); c++) {
        double regret = 0;
        for (uint64_t seed = 1; seed <= 30; seed++) {
            struct learn_scene s = pair_scene();
            struct az_sample sample;
            double *p, *q;
            s.n = 500;
            s.labelled = 16;
            s.missing = 0;
            s.seed = seed;
            s.accuracy = cases[c].accuracy;
            learn_sample(&s, &sample);
            AZ_AUTO(model) m = learn_all("auto", &sample, &p);
            AZ_AUTO(model) part = learn_all(cases[c].part, &sample, &q);
            regret += (log_loss(&s, p) - log_loss(&s, q)) / 30;
            free(p);
            free(q);
            az_sample_release(&sample);
        }
        if (regret > cases[c].most)
            fail_msg("%s: %.4f more", cases[c].part, regret);
    }
}

/* Independent judges of known accuracy: the log odds are the best weights there are,
 * and their probabilities are the true ones (Nitzan and Paroush). */
static void known_probabilities(void **state)
{
    static const struct {
        const char *learner;
        double within;
    } cases[] = {{"hierarchical", 0.03}, {"stack", 0.03}, {"logodds", 0.06}, {"auto", 0.03}};
    struct learn_scene s = pair_scene();
    struct az_sample sample;
    s.n = 6000;
    s.labelled = 5000;
    s.missing = 0;
    learn_sample(&s, &sample);
    for (size_t c = 0; c < AZ_LEN(cases); c++) {
        double *p, off = 0;
        AZ_AUTO(model) m = learn_all(cases[c].learner, &sample, &p);
        for (size_t i = s.labelled; i < s.n; i++) {
            struct az_votes_of votes = az_sample_votes(&sample, i);
            double odds = 0;
            for (size_t v = 0; v < votes.n; v++) {
                double a = accuracies[votes.v[v].judge];
                odds += (votes.v[v].label == 0 ? 1 : -1) * log(a / (1 - a));
            }
            off += fabs(p[2 * i] - 1 / (1 + exp(-odds))) / (double)(s.n - s.labelled);
        }
        if (off > cases[c].within)
            fail_msg("%s: off by %.4f on the mean", cases[c].learner, off);
        free(p);
    }
    az_sample_release(&sample);
}

/* The same items and judges in another order, and pairs the other way round. */
static void order_and_place_change_nothing(void **state)
{
    static const uint32_t judges[] = {3, 0, 4, 1, 2};
    uint32_t items[160];
    for (size_t i = 0; i < AZ_LEN(items); i++)
        items[i] = (uint32_t)((i * 37 + 5) % AZ_LEN(items));
    for (size_t kind = 0; kind < AZ_LEN(kinds); kind++) {
        struct learn_scene s = scene_of(kind), other = s;
        struct az_sample sample, again;
        bool turned = s.answers == AZ_ANSWERS_EXCHANGEABLE;
        other.items = items;
        other.judges = judges;
        other.turned = turned;
        learn_sample(&s, &sample);
        learn_sample(&other, &again);
        for (size_t l = 0; az_learners[l]; l++) {
            double *p, *q, most = 0;
            AZ_AUTO(model) m = learn_all(az_learners[l]->name, &sample, &p);
            AZ_AUTO(model) n = learn_all(az_learners[l]->name, &again, &q);
            for (size_t at = 0; at < s.n; at++) {
                size_t i = items[at];
                for (size_t k = 0; k < s.n_labels; k++) {
                    size_t place = turned && i % 2 && k < 2 ? 1 - k : k;
                    most = fmax(most, fabs(p[i * s.n_labels + k] - q[at * s.n_labels + place]));
                }
            }
            if (most > 1e-6)
                fail_msg("%s, %s: differs by %g", kinds[kind].name, az_learners[l]->name, most);
            free(p);
            free(q);
        }
        az_sample_release(&again);
        az_sample_release(&sample);
    }
}

/* ---- nothing to learn from ---- */

static const char *reason_of(const struct az_sample *sample)
{
    static char reason[AZ_REASON_MAX];
    double *p;
    AZ_AUTO(model) m = learn_all("auto", sample, &p);
    snprintf(reason, sizeof(reason), "%s", m->reason);
    assert_string_equal(m->learner->name, *reason ? "votes" : "auto");
    for (size_t i = 0; i < sample->n_items * sample->n_labels; i++)
        assert_true(p[i] >= 0 && p[i] <= 1);
    free(p);
    return reason;
}

static void says_why_it_only_votes(void **state)
{
    struct learn_scene s = pair_scene();
    struct az_sample sample;
    s.labelled = 9;
    learn_sample(&s, &sample);
    assert_string_equal(reason_of(&sample), "9 labelled items, and weights need 10");
    az_sample_release(&sample);

    s.labelled = 40;
    learn_sample(&s, &sample);
    for (size_t i = 0; i < s.n; i++)
        sample.clusters[i] = i % 9;
    assert_string_equal(reason_of(&sample),
                        "the 40 labelled items are in 9 clusters, and weights need 10 clusters");
    for (size_t i = 0; i < s.n; i++)
        sample.clusters[i] = i % 10;
    assert_string_equal(reason_of(&sample), "");
    az_sample_release(&sample);

    s.answers = AZ_ANSWERS_NAMED;
    learn_sample(&s, &sample);
    for (size_t i = 0; i < s.labelled; i++)
        sample.truths[i].label = 1;
    assert_string_equal(reason_of(&sample), "all labelled items have the same label");
    az_sample_release(&sample);

    s = pair_scene();
    s.missing = 1;
    learn_sample(&s, &sample);
    assert_string_equal(reason_of(&sample), "no judge voted on a labelled item");
    az_sample_release(&sample);
}

/* A pair's answers are places: that the first is always right teaches nothing of
 * places, and is no reason not to learn about judges. */
static void one_place_is_no_class(void **state)
{
    struct learn_scene s = pair_scene();
    struct az_sample sample;
    s.missing = 0;
    learn_sample(&s, &sample);
    for (size_t i = 0; i < s.labelled; i++) {
        /* Turn the item, votes and all, so that the truth is the first. */
        for (uint32_t v = sample.start[i]; sample.truths[i].label == 1 && v < sample.start[i + 1];
             v++)
            sample.votes[v].label = (int16_t)(1 - sample.votes[v].label);
        sample.truths[i].label = 0;
    }
    assert_string_equal(reason_of(&sample), "");
    az_sample_release(&sample);
}

/* A label that nobody ever labelled keeps the probability of the rule of succession,
 * whatever power the mixture is taken to, and the others are learnt. */
static void unseen_label(void **state)
{
    struct learn_scene s = scene_of(4);
    struct az_sample sample;
    double *p;
    learn_sample(&s, &sample);
    for (size_t i = 0; i < s.labelled; i++)
        sample.truths[i].label %= 2;
    AZ_AUTO(model) m = learn_all("auto", &sample, &p);
    assert_string_equal(m->reason, "");
    assert_true(fabs(m->arrays[AZ_AUTO_POWER][0] - 1) > 0.01); /* or this shows nothing */
    for (size_t i = 0; i < s.n; i++)
        assert_true(fabs(p[3 * i + 2] - 0.5 / (80 + 1.5)) < 1e-12);
    free(p);
    az_sample_release(&sample);
}

/* Panels that break formulas: one judge; all always agree; a judge that never says
 * anything, and one that says the same of everything; all right; all wrong. */
static void degenerate_panels(void **state)
{
    static const struct {
        const char *name;
        size_t judges;
        double accuracy[5], missing;
    } panels[] = {
        {"one judge", 1, {0.8}, 0},
        {"all right", 5, {1, 1, 1, 1, 1}, 0},
        {"all wrong", 5, {0, 0, 0, 0, 0}, 0},
        {"some say the same of all", 5, {-1, 0.7, -1, 0.6, -1}, 0},
        {"hardly anybody votes", 5, {0.8, 0.8, 0.8, 0.8, 0.8}, 0.95},
    };
    for (size_t panel = 0; panel < AZ_LEN(panels); panel++) {
        for (size_t kind = 0; kind < AZ_LEN(kinds); kind++) {
            struct learn_scene s = scene_of(kind);
            struct az_sample sample;
            s.n_judges = panels[panel].judges;
            s.accuracy = panels[panel].accuracy;
            s.missing = panels[panel].missing;
            s.labelled = 24;
            s.n = 40;
            learn_sample(&s, &sample);
            for (size_t l = 0; az_learners[l]; l++) {
                double *p;
                AZ_AUTO(model) m = learn_all(az_learners[l]->name, &sample, &p);
                for (size_t i = 0; i < s.n * s.n_labels; i++) {
                    if (!(p[i] >= 0 && p[i] <= 1))
                        fail_msg("%s, %s, %s", panels[panel].name, kinds[kind].name,
                                 az_learners[l]->name);
                }
                free(p);
            }
            az_sample_release(&sample);
        }
    }
}

/* An item without a vote: for places nothing speaks; it is as the others' base rate
 * for labels. */
static void item_without_votes(void **state)
{
    struct learn_scene s = pair_scene();
    struct az_sample sample;
    double *p;
    learn_sample(&s, &sample);
    assert_int_equal(az_sample_item(&sample, 1, 2), 0);
    AZ_AUTO(model) m = learn_all("auto", &sample, &p);
    assert_true(fabs(p[2 * s.n] - 0.5) < 1e-12);
    free(p);
    az_sample_release(&sample);
}

/* What comes out of fold is not what the item itself taught: judges that guess score
 * as a guess does. */
static void out_of_fold_is_honest(void **state)
{
    static const double guesses[20] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
                                       0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    struct learn_scene s = pair_scene();
    struct az_sample sample;
    struct az_design d;
    uint32_t room[200];
    double p[400], score = 0;
    s.n = s.labelled = 200;
    s.n_judges = 20;
    s.accuracy = guesses;
    learn_sample(&s, &sample);
    assert_int_equal(az_design_init(&d, &sample, 0, s.n, NULL), 0);
    struct az_rows rows = az_labelled(&d, room);
    assert_int_equal(az_learn_out("auto", &d, rows, 5, 3, p, NULL), 0);
    for (size_t i = 0; i < s.n; i++)
        score += az_log_score(p + 2 * i, az_design_truth(&d, i), 2) / (double)s.n;
    assert_true(score < log(0.5) + 0.03 && score > log(0.5) - 0.1);
    az_design_release(&d);
    az_sample_release(&sample);
}

static void out_of_memory(void **state)
{
    for (size_t kind = 0; kind < AZ_LEN(kinds); kind++) {
        struct learn_scene s = scene_of(kind);
        struct az_sample sample;
        uint32_t room[12];
        double p[48];
        int r = AZ_ENOMEM;
        s.n = s.labelled = 12;
        s.n_judges = 2;
        s.missing = 0;
        learn_sample(&s, &sample);
        /* Steps grow: a fit makes thousands of allocations, all alike. */
        for (int nth = 1; r < 0; nth += 1 + nth / 8) {
            struct az_design d = {0};
            struct az_error err = {0};
            AZ_AUTO(model) m = NULL;
            az_fault_alloc(nth);
            r = az_design_init(&d, &sample, 0, s.n, &err);
            struct az_rows rows = az_labelled(&d, room);
            if (r == 0)
                r = az_learn("auto", &d, rows, 1, &m, &err);
            if (r == 0)
                r = az_model_predict(m, &d, rows, p);
            if (r == 0)
                r = az_learn_out("mean", &d, rows, 2, 1, p, &err);
            az_fault_alloc(0);
            assert_true(r == 0 || r == AZ_ENOMEM);
            az_design_release(&d);
        }
        az_sample_release(&sample);
    }
}

static void refused(void **state)
{
    struct az_sample sample;
    struct az_design d;
    struct az_error err = {0};
    az_sample_init(&sample, AZ_DESIGN_JUDGES_MAX + 1, 2, AZ_ANSWERS_NAMED);
    assert_int_equal(az_design_init(&d, &sample, 0, 0, &err), AZ_ELIMIT);
    assert_string_equal(err.what, "513 judges, and weights are fitted for 512 at most");
    az_sample_init(&sample, 3, 0, AZ_ANSWERS_NAMED);
    assert_int_equal(az_design_init(&d, &sample, 0, 0, &err), AZ_EINVAL);
    az_sample_init(&sample, 3, 2, AZ_ANSWERS_NAMED);
    assert_int_equal(az_design_init(&d, &sample, 0, 0, &err), 0);
    AZ_AUTO(model) m = NULL;
    assert_int_equal(az_learn("best", &d, (struct az_rows){0}, 1, &m, &err), AZ_EINVAL);
    assert_string_equal(err.what, "no learner is called 'best'");
    az_design_release(&d);
}

/* Items without labels have no part in what is learnt, and get the mean of the folds' models;
 * those that are learnt from get what az_learn_out() gives. */
static void the_rest_is_predicted(void **state)
{
    (void)state;
    struct learn_scene s = pair_scene();
    struct az_sample sample;
    struct az_design d;
    uint32_t room[120], others[60];
    double out[120], p[120], rest[120], top[60];
    s.n = 120;
    s.labelled = 60;
    learn_sample(&s, &sample);
    assert_int_equal(az_design_init(&d, &sample, 0, s.n, NULL), 0);
    struct az_rows rows = az_labelled(&d, room);
    size_t n = 0;
    for (uint32_t i = 0; i < s.n; i++) {
        if (!d.labelled[i])
            others[n++] = i;
    }
    assert_int_equal(rows.n, 60);
    struct az_rows more = {others, n};
    assert_int_equal(az_learn_out("auto", &d, rows, 5, 3, out, NULL), 0);
    assert_int_equal(az_learn_cross("auto", &d, rows, more, 5, 3, p, rest, top, NULL), 0);
    for (size_t i = 0; i < 2 * rows.n; i++)
        assert_true(p[i] == out[i]);
    for (size_t i = 0; i < n; i++) {
        assert_true(fabs(rest[2 * i] + rest[2 * i + 1] - 1) < 1e-9);
        assert_true(top[i] >= AZ_MAX(rest[2 * i], rest[2 * i + 1]) - 1e-12 && top[i] <= 1);
    }
    az_design_release(&d);
    az_sample_release(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_to_one),
        cmocka_unit_test(finds_the_judge_that_knows),
        cmocka_unit_test(little_is_lost_with_few_labels),
        cmocka_unit_test(known_probabilities),
        cmocka_unit_test(order_and_place_change_nothing),
        cmocka_unit_test(says_why_it_only_votes),
        cmocka_unit_test(one_place_is_no_class),
        cmocka_unit_test(unseen_label),
        cmocka_unit_test(degenerate_panels),
        cmocka_unit_test(item_without_votes),
        cmocka_unit_test(out_of_fold_is_honest),
        cmocka_unit_test(the_rest_is_predicted),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
