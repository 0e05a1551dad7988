#include <math.h>

#include "policies/aggregate/aggregate.h"
#include "tests/unit/calibrated.h"

static const struct az_guarantee promise = {
    .risk = 0.05, .delta = 0.1, .kept = true, .threshold = 0.9, .n = 120, .coverage = 0.7};

static void panel(struct seated *s, enum az_kind kind, int n_judges)
{
    seated_init(s, kind, n_judges, AZ_ORDERS_ONE);
}

/* One letter a judge, in the order of the panel, whatever the seats. */
static void say(struct seated *s, const char *letters)
{
    seated_reset(s);
    for (int j = 0; letters[j]; j++)
        seated_add(s, seated_seat(s, j), 1, 0, letters[j]);
}

static struct az_verdict verdict(struct seated *s, const char *letters)
{
    say(s, letters);
    struct az_step step = seated_next(s, true);
    assert_int_equal(step.kind, AZ_DECIDE);
    return step.verdict;
}

/* ---- what is decided ---- */

static void decides_the_likeliest(void **state)
{
    static const struct {
        enum az_kind kind;
        const char *letters, *label;
        double score;
    } cases[] = {
        {AZ_PAIR, "BAA", "B", 0},   {AZ_PAIR, "AAA", "A", 0}, {AZ_PAIR, "ttA", "tie", 0},
        {AZ_CHOICE, "DAA", "D", 0}, {AZ_BEST, "CAB", "C", 0}, {AZ_SCORE, "777", NULL, 7},
        {AZ_SCORE, "2!9", NULL, 2},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        panel(&s, cases[i].kind, 3);
        struct learn_scene scene = calibrated_scene(&s);
        AZ_AUTO(calibration) c = calibrated_panel(&s, "logodds", &scene, NULL);
        struct az_verdict v = verdict(&s, cases[i].letters);
        if (v.status != AZ_DECIDED || !v.has_p || !(v.p > 0.3 && v.p < 1))
            fail_msg("%s: status %d, p %g, %s", cases[i].letters, v.status, v.p, v.reason);
        if (cases[i].label)
            assert_string_equal(az_label_name(&s.panel.question, v.label), cases[i].label);
        else
            assert_true(v.has_score && v.score == cases[i].score);
        assert_string_equal(v.how, "auto");
        seated_release(&s);
    }
}

/* Its p is the model's own for the same votes. */
static void p_is_the_models(void **state)
{
    static const uint32_t first = 0;
    struct seated s;
    struct az_sample sample;
    struct az_design d;
    double p[4];
    panel(&s, AZ_CHOICE, 3);
    struct learn_scene scene = calibrated_scene(&s);
    AZ_AUTO(calibration) c = calibrated_panel(&s, "logodds", &scene, NULL);
    az_sample_init(&sample, 3, 4, AZ_ANSWERS_NAMED);
    assert_int_equal(az_sample_item(&sample, 0, 4), 0);
    assert_int_equal(az_sample_vote(&sample, 0, 1), 0);
    assert_int_equal(az_sample_vote(&sample, 2, 0), 0);
    assert_int_equal(az_design_init(&d, &sample, 0, 1, NULL), 0);
    assert_int_equal(az_model_predict(c->model, &d, (struct az_rows){&first, 1}, p), 0);
    struct az_verdict v = verdict(&s, "B!A");
    assert_int_equal(v.label, 1);
    assert_memory_equal(&v.p, &p[1], sizeof(double));
    assert_int_equal(v.seats.errors, 1);
    az_design_release(&d);
    az_sample_release(&sample);
    seated_release(&s);
}

/* probs are all of the model's, p the one of what is decided. */
static void probs_of_every_answer(void **state)
{
    static const struct {
        enum az_kind kind;
        const char *letters;
        size_t n;
    } cases[] = {
        {AZ_PAIR, "BAA", 3}, {AZ_CHOICE, "DAA", 4}, {AZ_BEST, "CAB", 5}, {AZ_SCORE, "777", 9}};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        panel(&s, cases[i].kind, 3);
        struct learn_scene scene = calibrated_scene(&s);
        AZ_AUTO(calibration) c = calibrated_panel(&s, "logodds", &scene, NULL);
        size_t n = AZ_MIN(cases[i].n, c->model->frame.n_labels);
        s.item.n_responses = cases[i].kind == AZ_BEST ? n : s.item.n_responses;
        seated_places(&s);
        struct az_verdict v = verdict(&s, cases[i].letters);
        int at = cases[i].kind == AZ_SCORE ? (int)v.score - 1 : v.label;
        double sum = 0;
        assert_int_equal(v.n_probs, n);
        for (size_t k = 0; k < n; k++) {
            sum += v.probs[k];
            assert_true(v.probs[k] >= 0 && v.probs[k] <= v.p);
        }
        assert_true(fabs(sum - 1) < 1e-9 && v.probs[at] == v.p);
        seated_release(&s);
    }
}

/* The answers of a pair shown the other way round: the probabilities change places. */
static void reversal(void **state)
{
    static const char *const learners[] = {"auto",   "logodds",      "confusion",
                                           "single", "hierarchical", "stack"};
    static const char *const said[][2] = {
        {"BAA", "ABB"}, {"AtB", "BtA"}, {"A!B", "B!A"}, {"ttA", "ttB"}};
    for (size_t l = 0; l < AZ_LEN(learners); l++) {
        struct seated s;
        panel(&s, AZ_PAIR, 3);
        struct learn_scene scene = calibrated_scene(&s);
        AZ_AUTO(calibration) c = calibrated_panel(&s, learners[l], &scene, NULL);
        for (size_t i = 0; i < AZ_LEN(said); i++) {
            struct az_verdict one = verdict(&s, said[i][0]), other = verdict(&s, said[i][1]);
            assert_int_equal(one.n_probs, 3);
            if (fabs(one.probs[0] - other.probs[1]) > 1e-12 ||
                fabs(one.probs[1] - other.probs[0]) > 1e-12 ||
                fabs(one.probs[2] - other.probs[2]) > 1e-12)
                fail_msg("%s: %s and %s", learners[l], said[i][0], said[i][1]);
        }
        seated_release(&s);
    }
}

/* Judges in any order of the panel: the same p, to the bit. */
static void order_of_judges(void **state)
{
    static const char said[] = "BAtAB";
    int order[] = {0, 1, 2, 3, 4};
    struct seated s;
    panel(&s, AZ_PAIR, 5);
    struct learn_scene scene = calibrated_scene(&s);
    AZ_AUTO(calibration) c = calibrated_panel(&s, "auto", &scene, NULL);
    struct az_judge judges[5];
    memcpy(judges, s.judges, sizeof(judges));
    struct az_verdict want = verdict(&s, said);
    assert_true(want.has_p);
    do {
        char letters[6] = "";
        for (int j = 0; j < 5; j++) {
            s.judges[j] = judges[order[j]];
            letters[j] = said[order[j]];
        }
        seated_places(&s);
        struct az_verdict v = verdict(&s, letters);
        assert_int_equal(v.label, want.label);
        assert_memory_equal(&v.p, &want.p, sizeof(double));
    } while (seated_permute(order, 5));
    seated_release(&s);
}

/* ---- ties ---- */

static void ties_go_to_their_rule(void **state)
{
    static const struct {
        enum az_tie tie;
        const char *want;
    } cases[] = {{AZ_TIE_TIE, "decide tie"},
                 {AZ_TIE_ABSTAIN, "abstain: two answers are as likely"},
                 {AZ_TIE_JUDGE, "decide B"}};
    static const double alike[] = {0.8, 0.8};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        panel(&s, AZ_PAIR, 2);
        struct learn_scene scene = calibrated_scene(&s);
        scene.accuracy = alike;
        scene.labelled = 3; /* votes: two of them are a tie to the bit */
        AZ_AUTO(calibration) c = calibrated_panel(&s, "auto", &scene, NULL);
        s.panel.aggregate.tie = cases[i].tie;
        s.panel.aggregate.tie_judge = 1;
        say(&s, "AB");
        const char *got = seated_step(&s, true);
        if (strncmp(got, cases[i].want, strlen(cases[i].want)) != 0)
            fail_msg("'%s', not '%s'", got, cases[i].want);
        seated_release(&s);
    }
}

/* ---- sure enough? ---- */

static void thresholds(void **state)
{
    static const struct {
        const char *name, *letters;
        double abstain_below, risk;
        bool kept, all;
        enum az_status want;
    } cases[] = {
        {"no threshold", "BAA", 0, 0, true, false, AZ_DECIDED},
        {"sure", "AAA", 0.9, 0, true, false, AZ_DECIDED},
        {"unsure", "BAA", 0.9, 0, true, false, AZ_ABSTAINED},
        {"risk, sure", "AAA", 0, 0.05, true, false, AZ_DECIDED},
        {"risk, unsure", "BAA", 0, 0.05, true, false, AZ_ABSTAINED},
        {"risk, keeps all", "BAA", 0, 0.05, true, true, AZ_DECIDED},
        {"keeps all, unsure", "BAA", 0.9, 0.05, true, true, AZ_ABSTAINED},
        {"promise refused", "AAA", 0, 0.05, false, true, AZ_ABSTAINED},
        {"no such promise", "AAA", 0, 0.2, true, true, AZ_ABSTAINED},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        struct az_guarantee g = promise;
        panel(&s, AZ_PAIR, 3);
        struct learn_scene scene = calibrated_scene(&s);
        g.kept = cases[i].kept;
        g.all = cases[i].all;
        AZ_AUTO(calibration) c = calibrated_panel(&s, "logodds", &scene, &g);
        s.panel.aggregate.abstain_below = cases[i].abstain_below;
        s.panel.aggregate.risk = cases[i].risk;
        s.panel.aggregate.delta = 0.1;
        struct az_verdict v = verdict(&s, cases[i].letters);
        if (v.status != cases[i].want)
            fail_msg("%s: %d, p %g, %s", cases[i].name, v.status, v.p, v.reason);
        assert_true(v.has_p && !*v.reason == (v.status == AZ_DECIDED));
        seated_release(&s);
    }
}

/* The rule for ties answers where the model does not, and is held to the same: no threshold keeps
 * a shared top, and a promise over all items counted it as wrong. */
static void ties_are_sure_enough(void **state)
{
    static const struct {
        const char *name, *letters;
        double abstain_below, risk;
        bool all;
        enum az_status want;
    } cases[] = {
        {"no threshold", "AB", 0, 0, false, AZ_DECIDED},
        {"unsure", "AB", 0.9, 0, false, AZ_ABSTAINED},
        {"sure", "AB", 0.1, 0, false, AZ_DECIDED},
        {"risk", "AB", 0, 0.05, false, AZ_ABSTAINED},
        {"risk, keeps all", "AB", 0, 0.05, true, AZ_DECIDED},
        {"risk, of one mind", "BB", 0, 0.05, false, AZ_DECIDED},
    };
    static const enum az_aggregate_kind kinds[] = {AZ_AGG_AUTO, AZ_AGG_PLURALITY};
    static const double alike[] = {0.8, 0.8};
    for (size_t i = 0; i < AZ_LEN(kinds) * AZ_LEN(cases); i++) {
        size_t at = i / AZ_LEN(kinds);
        struct seated s;
        struct az_guarantee g = promise;
        panel(&s, AZ_PAIR, 2);
        struct learn_scene scene = calibrated_scene(&s);
        scene.accuracy = alike;
        g.threshold = 0.3; /* half of the votes would do */
        g.all = cases[at].all;
        AZ_AUTO(calibration) c = calibrated_panel(&s, "votes", &scene, &g);
        s.panel.aggregate.kind = kinds[i % AZ_LEN(kinds)];
        s.panel.aggregate.tie = AZ_TIE_JUDGE;
        s.panel.aggregate.tie_judge = 1;
        s.panel.aggregate.abstain_below = cases[at].abstain_below;
        s.panel.aggregate.risk = cases[at].risk;
        s.panel.aggregate.delta = 0.1;
        struct az_verdict v = verdict(&s, cases[at].letters);
        if (v.status != cases[at].want)
            fail_msg("%s: %d, p %g, %s", cases[at].name, v.status, v.p, v.reason);
        assert_true(v.status == AZ_DECIDED ? v.label == 1 : v.label == AZ_LABEL_NONE && *v.reason);
        seated_release(&s);
    }
}

/* What is promised of a count is promised of its answer, and of no other that weights make. */
static void weights_are_not_promised(void **state)
{
    struct seated s;
    struct az_guarantee g = promise;
    panel(&s, AZ_PAIR, 3);
    struct learn_scene scene = calibrated_scene(&s);
    g.all = true;
    AZ_AUTO(calibration) c = calibrated_panel(&s, "votes", &scene, &g);
    s.panel.aggregate.kind = AZ_AGG_WEIGHTED;
    s.panel.judges[0].weight = 5;
    assert_int_equal(verdict(&s, "ABB").label, 0);
    s.panel.aggregate.risk = g.risk;
    s.panel.aggregate.delta = g.delta;
    assert_int_equal(verdict(&s, "ABB").status, AZ_ABSTAINED);
    assert_int_equal(verdict(&s, "BBB").status, AZ_DECIDED);
    seated_release(&s);
}

/* Exactly at the threshold is sure enough: promises are tested with >=. */
static void at_the_threshold(void **state)
{
    struct seated s;
    struct az_guarantee g = promise;
    panel(&s, AZ_PAIR, 3);
    struct learn_scene scene = calibrated_scene(&s);
    AZ_AUTO(calibration) c = calibrated_panel(&s, "logodds", &scene, &g);
    double p = verdict(&s, "BAA").p;
    s.panel.aggregate.abstain_below = p;
    s.panel.aggregate.risk = g.risk;
    s.panel.aggregate.delta = g.delta;
    c->guarantees[0].threshold = p;
    assert_int_equal(verdict(&s, "BAA").status, AZ_DECIDED);
    c->guarantees[0].threshold = nextafter(p, 1);
    assert_int_equal(verdict(&s, "BAA").status, AZ_ABSTAINED);
    seated_release(&s);
}

/* A set is every answer that is likely enough, and the likeliest; an item that is
 * abstained from has one, too. */
static void sets_of_answers(void **state)
{
    static const struct {
        enum az_kind kind;
        const char *letters;
        double quantile;
        size_t n_responses;
        int answers;
    } cases[] = {
        {AZ_PAIR, "BAA", 1, 2, 3},   {AZ_PAIR, "BAA", 0, 2, 1},  {AZ_CHOICE, "DAA", 1, 2, 4},
        {AZ_CHOICE, "DAA", 0, 2, 1}, {AZ_SCORE, "777", 1, 2, 9}, {AZ_BEST, "BBB", 1, 2, 2},
        {AZ_BEST, "BBB", 1, 4, 4},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        panel(&s, cases[i].kind, 3);
        struct learn_scene scene = calibrated_scene(&s);
        AZ_AUTO(calibration) c = calibrated_panel(&s, "logodds", &scene, NULL);
        if (cases[i].kind == AZ_BEST)
            s.item.n_responses = cases[i].n_responses;
        seated_places(&s);
        assert_true(verdict(&s, cases[i].letters).set == 0); /* nobody asked for one */
        c->n_sets = 1;
        c->sets[0] = (struct az_label_sets){0.1, true, .quantile = cases[i].quantile};
        s.panel.aggregate.conformal = 0.1;
        s.panel.aggregate.abstain_below = 1;
        struct az_verdict v = verdict(&s, cases[i].letters);
        assert_int_equal(v.status, AZ_ABSTAINED);
        if (__builtin_popcountll(v.set) != cases[i].answers)
            fail_msg("%zu: %s has %llx", i, cases[i].letters, (unsigned long long)v.set);
        s.panel.aggregate.abstain_below = 0;
        v = verdict(&s, cases[i].letters);
        assert_int_equal(v.status, AZ_DECIDED);
        int top = v.has_score ? (int)v.score - 1 : v.label;
        assert_true(v.set >> top & 1);
        seated_release(&s);
    }
}

/* ---- what it says nothing of ---- */

static void too_few_labels_are_votes(void **state)
{
    struct seated s;
    panel(&s, AZ_PAIR, 3);
    struct learn_scene scene = calibrated_scene(&s);
    scene.labelled = 9;
    AZ_AUTO(calibration) c = calibrated_panel(&s, "auto", &scene, NULL);
    assert_true(*c->model->reason);
    struct az_verdict v = verdict(&s, "BAA");
    assert_int_equal(v.status, AZ_DECIDED);
    assert_int_equal(v.label, 0);
    assert_true(!v.has_p && v.p == 0 && !v.n_probs);
    seated_release(&s);
}

static void more_responses_than_learnt(void **state)
{
    struct seated s;
    panel(&s, AZ_BEST, 3);
    struct learn_scene scene = calibrated_scene(&s);
    AZ_AUTO(calibration) c = calibrated_panel(&s, "logodds", &scene, NULL);
    s.item.n_responses = 5;
    seated_places(&s);
    struct az_verdict v = verdict(&s, "BBB");
    assert_int_equal(v.status, AZ_ABSTAINED);
    assert_string_equal(v.reason, "5 answers, and the calibration is for 4");
    s.item.n_responses = 2;
    seated_places(&s);
    v = verdict(&s, "BBB");
    assert_int_equal(v.status, AZ_DECIDED);
    assert_true(v.label == 1 && v.has_p);
    seated_release(&s);
}

static void nobody_voted(void **state)
{
    struct seated s;
    panel(&s, AZ_PAIR, 3);
    struct learn_scene scene = calibrated_scene(&s);
    AZ_AUTO(calibration) c = calibrated_panel(&s, "logodds", &scene, NULL);
    assert_int_equal(verdict(&s, "!!!").status, AZ_FAILED);
    seated_release(&s);
}

/* ---- maps ---- */

/* A map says how sure the model's answer is, and never changes it. */
static void map_keeps_the_answer(void **state)
{
    static const char *const said[] = {"BAA", "ABB", "AAB", "BBB"};
    struct seated s;
    panel(&s, AZ_PAIR, 3);
    struct learn_scene scene = calibrated_scene(&s);
    AZ_AUTO(calibration) c = calibrated_panel(&s, "logodds", &scene, NULL);
    for (size_t i = 0; i < AZ_LEN(said); i++) {
        c->mapped = false;
        struct az_verdict plain = verdict(&s, said[i]);
        c->mapped = true;
        c->map = (struct az_calibrator){.kind = AZ_CALIBRATOR_TEMPERATURE,
                                        .n_labels = 3,
                                        .temperature = {0.25},
                                        .least = 1e-18};
        struct az_verdict mapped = verdict(&s, said[i]);
        assert_int_equal(mapped.label, plain.label);
        assert_true(mapped.p < plain.p && mapped.p == mapped.probs[mapped.label]);
        c->map = (struct az_calibrator){.n_labels = 3};
        struct az_verdict none = verdict(&s, said[i]);
        assert_memory_equal(none.probs, plain.probs, sizeof(none.probs));
    }
    seated_release(&s);
}

/* Who counts votes goes on counting, and learns what a count is worth. */
static void votes_with_a_map(void **state)
{
    static const struct {
        enum az_aggregate_kind kind;
        const char *letters, *want;
        double abstain_below;
        bool has_p;
    } cases[] = {
        {AZ_AGG_MAJORITY, "AAB", "decide A", 0, true},
        {AZ_AGG_PLURALITY, "AAB", "decide A", 0, true},
        {AZ_AGG_WEIGHTED, "AAB", "decide A", 0, true},
        {AZ_AGG_MAJORITY, "ABt", "decide tie", 0, true},
        {AZ_AGG_MAJORITY, "AAA", "decide A", 0.7, true},
        {AZ_AGG_MAJORITY, "AAB", "abstain: p 0.562 is below 0.7", 0.7, true},
        {AZ_AGG_MAJORITY, "!!!", "fail", 0, false},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        panel(&s, AZ_PAIR, 3);
        struct learn_scene scene = calibrated_scene(&s);
        AZ_AUTO(calibration) c = calibrated_panel(&s, "votes", &scene, NULL);
        c->mapped = true;
        c->map = (struct az_calibrator){
            .kind = AZ_CALIBRATOR_TEMPERATURE, .n_labels = 3, .temperature = {0.9}, .least = 1e-18};
        s.panel.aggregate.kind = cases[i].kind;
        s.panel.aggregate.abstain_below = cases[i].abstain_below;
        assert_int_equal(az_aggregate_check(&s.panel, NULL), 0);
        struct az_verdict v = verdict(&s, cases[i].letters);
        const char *got = seated_step(&s, true);
        if (strncmp(got, cases[i].want, strlen(cases[i].want)) != 0)
            fail_msg("%s: '%s', not '%s'", cases[i].letters, got, cases[i].want);
        assert_true(v.has_p == cases[i].has_p && v.n_probs == (cases[i].has_p ? 3u : 0u));
        if (v.status == AZ_DECIDED)
            assert_true(v.p == v.probs[v.label]);
        seated_release(&s);
    }
}

/* Every seat is asked: what the rest say could change p. */
static void never_stops_early(void **state)
{
    struct seated s;
    panel(&s, AZ_PAIR, 5);
    struct learn_scene scene = calibrated_scene(&s);
    AZ_AUTO(calibration) c = calibrated_panel(&s, "logodds", &scene, NULL);
    s.panel.policy.early_stop = true;
    seated_reset(&s);
    seated_ballots(&s, 1, "A A A A -");
    assert_string_equal(seated_step(&s, false), "ask 5");
    s.panel.aggregate.kind = AZ_AGG_MAJORITY; /* nor does it where it is to say how sure it is */
    assert_string_equal(seated_step(&s, false), "ask 5");
    s.panel.aggregate.calibrated = NULL;
    seated_reset(&s);
    seated_ballots(&s, 1, "A A A A -");
    assert_true(strncmp(seated_step(&s, false), "decide A", 8) == 0);
    seated_release(&s);
}

static void out_of_memory(void **state)
{
    struct seated s;
    panel(&s, AZ_PAIR, 3);
    struct learn_scene scene = calibrated_scene(&s);
    AZ_AUTO(calibration) c = calibrated_panel(&s, "auto", &scene, NULL);
    for (int nth = 1, r = -1; r < 0; nth++) {
        struct az_step step = {0};
        struct az_error err = {0};
        say(&s, "BAA");
        struct az_fold fold = seated_fold(&s, true);
        az_fault_alloc(nth);
        r = az_policy_next(&fold, &step, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        assert_true(r < 0 || (step.verdict.status == AZ_DECIDED && step.verdict.has_p));
    }
    seated_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_the_likeliest),
        cmocka_unit_test(p_is_the_models),
        cmocka_unit_test(probs_of_every_answer),
        cmocka_unit_test(reversal),
        cmocka_unit_test(order_of_judges),
        cmocka_unit_test(ties_go_to_their_rule),
        cmocka_unit_test(thresholds),
        cmocka_unit_test(ties_are_sure_enough),
        cmocka_unit_test(weights_are_not_promised),
        cmocka_unit_test(at_the_threshold),
        cmocka_unit_test(sets_of_answers),
        cmocka_unit_test(too_few_labels_are_votes),
        cmocka_unit_test(more_responses_than_learnt),
        cmocka_unit_test(nobody_voted),
        cmocka_unit_test(map_keeps_the_answer),
        cmocka_unit_test(votes_with_a_map),
        cmocka_unit_test(never_stops_early),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
