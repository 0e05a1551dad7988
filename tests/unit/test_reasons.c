#include "policies/reasons.h"

#include "policies/aggregate/aggregate.h"
#include "tests/unit/calibrated.h"

static const enum az_kind kinds[] = {AZ_PAIR, AZ_CHOICE, AZ_SCORE, AZ_BEST};

/* The first judge is believed as far as it says so. */
static struct az_quantitative *reader(const struct az_calibration *c)
{
    struct az_question q = az_calibration_question(c);
    struct az_word words[AZ_WORDS];
    struct az_evaluations like;
    az_reasons_init(&like, &q, c->model->frame.n_labels);
    struct az_quantitative *m =
        az_quantitative_new(c->kind == AZ_PAIR || c->kind == AZ_BEST ? AZ_QUANTITATIVE_BRADLEY_TERRY
                                                                     : AZ_QUANTITATIVE_MULTINOMIAL,
                            &like, 1);
    assert_non_null(m);
    size_t n = az_words_of(AZ_STR("certain"), words);
    for (size_t i = 0; i < n; i++)
        m->words[words[i].at * m->n_heads] = 4 * words[i].value;
    n = az_words_of(AZ_STR("guess"), words);
    for (size_t i = 0; i < n; i++)
        m->words[words[i].at * m->n_heads] = -4 * words[i].value;
    az_evaluations_release(&like);
    return m;
}

static struct az_calibration *calibration(struct seated *s, enum az_kind kind)
{
    seated_init(s, kind, 3, AZ_ORDERS_ONE);
    struct learn_scene scene = calibrated_scene(s);
    scene.margins = true;
    struct az_calibration *c = calibrated_panel(s, "hierarchical", &scene, NULL);
    c->reasons = az_zalloc(c->n_judges * sizeof(*c->reasons));
    assert_non_null(c->reasons);
    c->reasons[0] = reader(c);
    return c;
}

static const char *letters(enum az_kind kind)
{
    return kind == AZ_SCORE ? "255" : "BAA";
}

/* The judges' letters, the first one's with these reasons. */
static void say(struct seated *s, const char *said, struct az_str reasons)
{
    seated_reset(s);
    for (int j = 0; said[j]; j++) {
        seated_add(s, seated_seat(s, j), 1, 0, said[j]);
        if (j == 0 && s->n)
            s->ballots[s->n - 1].rationale = reasons;
    }
}

static struct az_verdict verdict(struct seated *s, const char *said, const char *reasons)
{
    say(s, said, az_str(reasons));
    struct az_step step = seated_next(s, true);
    assert_int_equal(step.kind, AZ_DECIDE);
    return step.verdict;
}

static double of_first(const struct az_verdict *v, enum az_kind kind)
{
    bool is = kind == AZ_SCORE ? v->score == 2 : v->label == 1;
    return is ? v->p : 1 - v->p;
}

static void reasons_move_the_verdict(void **state)
{
    for (size_t k = 0; k < AZ_LEN(kinds); k++) {
        struct seated s;
        AZ_AUTO(calibration) c = calibration(&s, kinds[k]);
        const char *said = letters(kinds[k]);
        struct az_verdict sure = verdict(&s, said, "certain"), not = verdict(&s, said, "a guess"),
                          none = verdict(&s, said, NULL), other = verdict(&s, said, "zebra");
        double high = of_first(&sure, kinds[k]), low = of_first(&not, kinds[k]);
        if (!(high > low))
            fail_msg("%s: %g and %g", az_kind_name(kinds[k]), high, low);
        assert_true(none.status == AZ_DECIDED && none.has_p && none.p == other.p);
        seated_release(&s);
    }
}

/* Of a judge in error nothing is read, and of one whose rationales are not. */
static void only_what_is_there(void **state)
{
    struct seated s;
    AZ_AUTO(calibration) c = calibration(&s, AZ_PAIR);
    struct az_verdict read = verdict(&s, "!AB", "certain");
    assert_true(read.has_p);
    az_quantitative_free(AZ_TAKE(c->reasons[0]));
    struct az_verdict plain = verdict(&s, "!AB", NULL), with = verdict(&s, "AAB", "certain"),
                      without = verdict(&s, "AAB", NULL);
    assert_true(read.p == plain.p && with.p == without.p);
    seated_release(&s);
}

static void written_and_read(void **state)
{
    for (size_t k = 0; k < AZ_LEN(kinds); k++) {
        struct seated s;
        AZ_AUTO(calibration) c = calibration(&s, kinds[k]);
        static const struct az_calibration_tested none = {0};
        AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
        az_calibration_write(&text, &s.panel, c->model, c->reasons, &none, (struct az_str){0});
        assert_int_equal(az_buf_check(&text, NULL), 0);
        AZ_AUTO(calibration) back = calibrated_read(text.p);
        assert_true(back->reasons && back->reasons[0] && !back->reasons[1] && !back->reasons[2]);
        struct az_verdict before = verdict(&s, letters(kinds[k]), "certain of it");
        s.panel.aggregate.calibrated = back;
        struct az_verdict after = verdict(&s, letters(kinds[k]), "certain of it");
        assert_memory_equal(&before.p, &after.p, sizeof(double));
        seated_release(&s);
    }
}

static void refuses(void **state)
{
    static const struct {
        const char *list, *what;
    } cases[] = {
        {"{}", "'reasons' is no list"},
        {"[{\"judge\": \"stranger\"}]", "reasons: a 'judge' is none of those named"},
        {"[{\"model\": {}}]", "reasons: a 'judge' is none of those named"},
        {"[{\"judge\": \"judge2\", \"model\": 3}]", "reasons: judge 'judge2': 'features'"},
    };
    struct seated s;
    AZ_AUTO(calibration) c = calibration(&s, AZ_PAIR);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(json) doc = NULL;
        struct az_error err = {0};
        struct az_calibration other = *c;
        other.reasons = NULL;
        assert_int_equal(az_json_parse(az_str(cases[i].list), &doc, &err), 0);
        assert_int_equal(az_reasons_read(az_json_root(doc), &other, &err), AZ_EINVAL);
        if (strncmp(err.what, cases[i].what, strlen(cases[i].what)) != 0)
            fail_msg("%s: '%s'", cases[i].list, err.what);
        free(other.reasons);
    }
    seated_release(&s);
}

static void without_memory(void **state)
{
    for (size_t k = 0; k < AZ_LEN(kinds); k++) {
        struct seated s;
        AZ_AUTO(calibration) c = calibration(&s, kinds[k]);
        int r = AZ_ENOMEM;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            struct az_step step = {0};
            struct az_error err = {0};
            say(&s, letters(kinds[k]), AZ_STR("certain"));
            struct az_fold fold = seated_fold(&s, true);
            az_fault_alloc(nth);
            r = az_policy_next(&fold, &step, &err);
            az_fault_alloc(0);
        }
        assert_int_equal(r, 0);
        seated_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_move_the_verdict), cmocka_unit_test(only_what_is_there),
        cmocka_unit_test(written_and_read),         cmocka_unit_test(refuses),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
