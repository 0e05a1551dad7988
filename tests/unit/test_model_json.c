#include <math.h>

#include "core/mem.h"
#include "statistics/learn/model_json.h"
#include "tests/unit/learn_scene.h"

static const double accuracies[] = {0.9, 0.7, 0.6};

static struct learn_scene scene(enum az_answers answers, size_t labels, int tie)
{
    return (struct learn_scene){.n = 60,
                                .n_judges = 3,
                                .n_labels = labels,
                                .answers = answers,
                                .tie = tie,
                                .accuracy = accuracies,
                                .missing = 0.1,
                                .labelled = 40,
                                .margins = answers == AZ_ANSWERS_EXCHANGEABLE,
                                .seed = 8};
}

static char *text_of(const struct az_model *m)
{
    struct az_buf b = az_buf(AZ_BUF_MAX);
    struct az_jw w = az_jw(&b);
    az_model_write(&w, m);
    char *text = az_buf_take(&b);
    assert_non_null(text);
    return text;
}

static int read_text(const char *text, struct az_model **ret, struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(az_str(text), &doc, err);
    return r < 0 ? r : az_model_read(az_json_root(doc), ret, err);
}

static void reads_what_it_wrote(void **state)
{
    static const struct {
        enum az_answers answers;
        size_t labels;
        int tie;
    } kinds[] = {{AZ_ANSWERS_EXCHANGEABLE, 2, -1},
                 {AZ_ANSWERS_EXCHANGEABLE, 3, 2},
                 {AZ_ANSWERS_NAMED, 3, -1},
                 {AZ_ANSWERS_ORDINAL, 4, -1}};
    for (size_t kind = 0; kind < AZ_LEN(kinds); kind++) {
        struct learn_scene s = scene(kinds[kind].answers, kinds[kind].labels, kinds[kind].tie);
        struct az_sample sample;
        struct az_design d;
        uint32_t rows[60];
        learn_sample(&s, &sample);
        assert_int_equal(az_design_init(&d, &sample, 0, s.n, NULL), 0);
        for (uint32_t i = 0; i < s.n; i++)
            rows[i] = i;
        for (size_t l = 0; az_learners[l]; l++) {
            double *p, again[240];
            struct az_error err = {0};
            AZ_AUTO(model) m = learn_all(az_learners[l]->name, &sample, &p);
            AZ_AUTO(model) back = NULL;
            AZ_AUTO_MEM char *text = text_of(m);
            if (read_text(text, &back, &err) < 0)
                fail_msg("%s: %s", az_learners[l]->name, err.what);
            AZ_AUTO_MEM char *text_again = text_of(back);
            assert_string_equal(text, text_again);
            assert_int_equal(az_model_predict(back, &d, (struct az_rows){rows, s.n}, again), 0);
            assert_memory_equal(p, again, s.n * s.n_labels * sizeof(*p));
            free(p);
        }
        az_design_release(&d);
        az_sample_release(&sample);
    }
}

#define FRAME                                                                                     \
    "'frame':{'judges':2,'labels':2,'answers':'named','tie':null,'margins':false,'levels':[0,1]," \
    "'family':[0,0]}"
#define HEAD "'labelled':12,'clusters':12," FRAME ",'unseen':[0,0]"

/* Quotes are turned for the reader's sake. */
static const struct {
    const char *text, *error;
} wrong[] = {
    {"[]", "a model is an object"},
    {"{}", "there is no 'learner'"},
    {"{'learner':'best'}", "no learner is called 'best'"},
    {"{'learner':'votes'}", "'frame': nothing, where an object is needed"},
    {"{'learner':'votes','colour':1}", "unrecognized key 'colour'"},
    {"{'learner':'votes','frame':{'judges':0}}",
     "'frame': 'judges' is no whole number from 1 to 512"},
    {"{'learner':'votes','frame':{'judges':2,'labels':1}}",
     "'frame': 'labels' is no whole number from 2 to 64"},
    {"{'learner':'votes','frame':{'judges':2,'labels':2,'tie':2}}",
     "'frame': 'tie' is no whole number from 0 to 1"},
    {"{'learner':'votes','frame':{'judges':2,'labels':2,'tie':null,'answers':'free'}}",
     "'frame': 'answers' is not named, ordinal or exchangeable"},
    {"{'learner':'votes','frame':{'judges':2,'labels':2,'tie':null,'answers':'named',"
     "'margins':1}}",
     "'frame': 'margins' is not true or false"},
    {"{'learner':'votes','frame':{'judges':2,'labels':2,'tie':null,'answers':'named',"
     "'margins':false,'levels':[0]}}",
     "'frame': 'levels' has 1 numbers, and 2 are needed"},
    {"{'learner':'votes','frame':{'judges':2,'labels':2,'tie':null,'answers':'named',"
     "'margins':false,'levels':[0,1],'family':[0,2]}}",
     "'frame': 'family'[1] is not the first judge of a family"},
    {"{'learner':'votes'," FRAME "}", "'labelled' is no whole number from 0 to 2147483647"},
    {"{'learner':'votes','labelled':12,'clusters':12," FRAME ",'unseen':[0,0.6]}",
     "'unseen'[1] is not from 0 to 0.5"},
    {"{'learner':'votes','labelled':12,'clusters':12," FRAME ",'unseen':[0.5,0.5]}",
     "'unseen' leaves nothing for what was seen"},
    {"{'learner':'votes','reason':7," HEAD "}", "'reason' is no text of less than 160 bytes"},
    {"{'learner':'mean'," HEAD "}", "'theta' is no list"},
    {"{'learner':'mean'," HEAD ",'theta':[1,1],'tri':[1,0,1,0,0,1]}",
     "'theta' has 2 numbers, and 3 are needed"},
    {"{'learner':'mean'," HEAD ",'theta':[1,1,1e12],'tri':[1,0,1,0,0,1]}",
     "'theta'[2] is no number that a fit makes"},
    {"{'learner':'mean'," HEAD ",'theta':[1,1,'x'],'tri':[1,0,1,0,0,1]}",
     "'theta'[2] is no number that a fit makes"},
    {"{'learner':'single'," HEAD ",'theta':[1,0,0],'tri':[1,0,1,0,0,1],'judge':[2]}",
     "'judge' is no judge's number"},
    {"{'learner':'auto'," HEAD ",'weights':[1,0,0,0,0,0,0,0,0,0],'scores':[0,0,0,0,0,0,0,0,0,0],"
     "'power':[1],'parts':[]}",
     "'parts' are not those that have a weight"},
    {"{'learner':'auto'," HEAD ",'weights':[1,0,0,0,0,0,0,0,0,0],'scores':[0,0,0,0,0,0,0,0,0,0],"
     "'power':[1],'parts':[{'learner':'auto'}]}",
     "'parts'[0]: a mixture in a mixture"},
    {"{'learner':'auto'," HEAD ",'weights':[1,0,0,0,0,0,0,0,0,0],'scores':[0,0,0,0,0,0,0,0,0,0],"
     "'power':[1],'parts':[{'learner':'majority','unseen':[0,0],'theta':[1],'tri':[]}]}",
     "'parts'[0]: 'theta' has 1 numbers, and 3 are needed"},
};

static void says_what_is_wrong(void **state)
{
    for (size_t i = 0; i < AZ_LEN(wrong); i++) {
        AZ_AUTO(model) m = NULL;
        AZ_AUTO_MEM char *text = az_strdup(wrong[i].text);
        struct az_error err = {0};
        for (char *c = text; *c; c++)
            *c = *c == '\'' ? '"' : *c;
        assert_true(read_text(text, &m, &err) < 0);
        if (m || strcmp(err.what, wrong[i].error) != 0)
            fail_msg("%s: '%s', not '%s'", wrong[i].text, err.what, wrong[i].error);
    }
}

static void out_of_memory(void **state)
{
    struct learn_scene s = scene(AZ_ANSWERS_NAMED, 3, -1);
    struct az_sample sample;
    double *p;
    learn_sample(&s, &sample);
    AZ_AUTO(model) m = learn_all("auto", &sample, &p);
    AZ_AUTO_MEM char *text = text_of(m);
    AZ_AUTO(json) doc = NULL;
    assert_int_equal(az_json_parse(az_str(text), &doc, NULL), 0);
    for (int nth = 1, r = -1; r < 0; nth++) {
        AZ_AUTO(model) back = NULL;
        az_fault_alloc(nth);
        r = az_model_read(az_json_root(doc), &back, NULL);
        az_fault_alloc(0);
        assert_true(r == (back ? 0 : AZ_ENOMEM));
    }
    free(p);
    az_sample_release(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
