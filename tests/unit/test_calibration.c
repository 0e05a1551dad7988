#include "tests/unit/calibrated.h"

static const struct az_guarantee promises[] = {
    {.risk = 0.05, .delta = 0.1, .kept = true, .threshold = 1.0 / 3, .n = 120, .coverage = 0.7},
    {.risk = 0.01, .delta = 0.05, .n = 120, .needed = 299},
    {.risk = 0.001, .delta = 0.05, .n = 120},
};

static const struct az_label_sets label_sets[] = {
    {.conformal = 0.1, .made = true, .quantile = 1.0 / 7, .n = 120, .held = 0.9, .size = 1.25},
    {.conformal = 0.001, .n = 120, .needed = 999, .size = 3},
};

static struct az_tried wrong[] = {{1, 100}, {20, 99}, {30, 98}},
                       apart[] = {{0, 90}, {9, 90}, {8, 90}};
static const struct az_reference reference = {{5, 100}, wrong, apart};

static const struct az_calibrator map = {
    .kind = AZ_CALIBRATOR_TEMPERATURE, .n_labels = 3, .temperature = {1.0 / 3}, .least = 0.01};

static const struct az_calibration_tested tested = {
    promises, AZ_LEN(promises), label_sets, AZ_LEN(label_sets), &reference, &map, NULL};

static const struct az_hash asked = {.bytes = {0xab, 1, 2, 3}};
static struct az_backend backends[] = {{.name = "server", .kind = "openai"},
                                       {.name = "votes", .kind = "recorded"}};

/* Three judges: one is asked of a server, two say what was recorded. */
static void panel(struct seated *s, enum az_kind kind)
{
    seated_init(s, kind, 3, AZ_ORDERS_ONE);
    s->panel.backends = backends;
    s->panel.n_backends = AZ_LEN(backends);
    for (int j = 0; j < 3; j++) {
        s->judges[j].backend_at = j > 0;
        s->judges[j].identity = asked;
    }
}

static char *text_of(struct seated *s, const char *learner)
{
    struct learn_scene scene = calibrated_scene(s);
    return calibrated_text(s, learner, &scene, &tested);
}

/* ---- what is written is read ---- */

static void assert_same(struct seated *s, const char *text)
{
    AZ_AUTO(calibration) c = calibrated_read(text);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    const struct az_question *q = &s->panel.question;
    assert_int_equal(c->kind, q->kind);
    assert_int_equal(c->n_judges, 3);
    assert_string_equal(c->judges[2], "judge3");
    assert_string_equal(c->identities[0], "ab010203000000000000000000000000");
    assert_string_equal(c->identities[1], "");
    assert_int_equal(c->n_guarantees, AZ_LEN(promises));
    for (size_t i = 0; i < AZ_LEN(promises); i++) {
        const struct az_guarantee *g = &c->guarantees[i];
        assert_memory_equal(&g->threshold, &promises[i].threshold, sizeof(double));
        assert_true(g->risk == promises[i].risk && g->delta == promises[i].delta);
        assert_true(g->kept == promises[i].kept && g->all == promises[i].all);
        assert_true(g->n == promises[i].n && g->needed == promises[i].needed);
        assert_true(g->coverage == promises[i].coverage);
    }
    assert_int_equal(c->n_sets, AZ_LEN(label_sets));
    assert_memory_equal(&c->sets[0].quantile, &label_sets[0].quantile, sizeof(double));
    assert_memory_equal(&c->reference.panel, &reference.panel, sizeof(struct az_tried));
    assert_memory_equal(c->reference.wrong, wrong, sizeof(wrong));
    assert_memory_equal(c->reference.apart, apart, sizeof(apart));
    assert_true(c->sets[0].made && !c->sets[1].made && c->sets[1].needed == 999);
    struct az_calibration_tested again = {c->guarantees, c->n_guarantees,
                                          c->sets,       c->n_sets,
                                          &c->reference, c->mapped ? &c->map : NULL,
                                          NULL};
    assert_true(c->mapped && c->map.temperature.inverse == 1.0 / 3);
    az_calibration_write(&b, &s->panel, c->model, c->reasons, &again,
                         AZ_STR("{\"for\":\"people\"}"));
    assert_int_equal(az_buf_check(&b, NULL), 0);
    assert_string_equal(b.p, text);
}

static void reads_what_it_wrote(void **state)
{
    static const enum az_kind kinds[] = {AZ_PAIR, AZ_CHOICE, AZ_SCORE, AZ_BEST};
    static const char *const learners[] = {"auto", "logodds", "confusion", "votes"};
    for (size_t k = 0; k < AZ_LEN(kinds); k++) {
        for (size_t l = 0; l < AZ_LEN(learners); l++) {
            struct seated s;
            panel(&s, kinds[k]);
            AZ_AUTO_MEM char *text = text_of(&s, learners[l]);
            assert_same(&s, text);
            seated_release(&s);
        }
    }
}

/* ---- what is wrong is said ---- */

#define HEAD "{'format':'assize-calibration/1',"
#define PAIR "'question':{'kind':'pair','labels':['A','B']},"
#define JUDGES "'judges':[{'name':'j1','identity':null},{'name':'j2'}],"
#define NONE "'guarantees':[],"
#define FRAME(n, answers, tie, levels)                                      \
    "'frame':{'judges':2,'labels':" n ",'answers':'" answers "','tie':" tie \
    ",'margins':false,'levels':[" levels "],'family':[0,1]}"
#define MODEL(frame, unseen) \
    "'model':{'learner':'votes','labelled':12,'clusters':12," frame ",'unseen':[" unseen "]}}"
#define VOTES MODEL(FRAME("2", "exchangeable", "null", "0,1"), "0,0")
#define SCORE "'question':{'kind':'score','scale':[1,3],'step':1},"
#define G "'risk':0.1,'delta':0.1,'threshold':0.5,'coverage':1,'n':1,'needed':0,'kept':true"

#define SETS "'conformal':0.1,'quantile':0.5,'held':1,'size':1,'single':1,'n':9,'needed':0"

#define HIT "'wrong':1,'wrong_n':9"
#define BOTH HIT ",'apart':0,'apart_n':9"

/* Quotes are turned for the reader's sake; "": nothing is wrong. */
static const struct {
    const char *text, *error;
} texts[] = {
    {HEAD PAIR JUDGES NONE VOTES, ""},
    {"{}", "this is no calibration (format 'assize-calibration/1')"},
    {"[1]", "this is no calibration (format 'assize-calibration/1')"},
    {"{'format':'assize-calibration/2'}", "this is no calibration (format 'assize-calibration/1')"},
    {HEAD "'question':{}}", "'question.kind' is missing or no such thing"},
    {HEAD "'question':{'kind':'rank'}}", "'question.kind' is missing or no such thing"},
    {HEAD "'question':{'kind':7}}", "'question.kind' is missing or no such thing"},
    {HEAD "'question':{'kind':'pair'}}", "'question.labels' is missing or no such thing"},
    {HEAD "'question':{'kind':'pair','labels':['A']}}",
     "'question.labels' is missing or no such thing"},
    {HEAD "'question':{'kind':'pair','labels':{'A':1,'B':2}}}",
     "'question.labels' is missing or no such thing"},
    {HEAD "'question':{'kind':'choice','labels':['A',1]}}",
     "a label in 'question.labels' is missing or no such thing"},
    {HEAD "'question':{'kind':'score','scale':[1],'step':1}}",
     "'question.scale' or 'question.step' is missing or no such thing"},
    {HEAD "'question':{'kind':'score','scale':[1,3]}}",
     "'question.scale' or 'question.step' is missing or no such thing"},
    {HEAD PAIR "'judges':[]}", "'judges' is missing or no such thing"},
    {HEAD PAIR "'judges':{'name':'j1'}}", "'judges' is missing or no such thing"},
    {HEAD PAIR "'judges':[7]}", "a 'name' or 'identity' in 'judges' is missing or no such thing"},
    {HEAD PAIR "'judges':[{'name':''}]}",
     "a 'name' or 'identity' in 'judges' is missing or no such thing"},
    {HEAD PAIR "'judges':[{'name':'j','identity':'ab'}]}",
     "a 'name' or 'identity' in 'judges' is missing or no such thing"},
    {HEAD PAIR JUDGES "'guarantees':7}", "'guarantees' is missing or no such thing"},
    {HEAD PAIR JUDGES VOTES, "'guarantees' is missing or no such thing"},
    {HEAD PAIR JUDGES "'guarantees':[1,2,3,4,5,6,7,8,9]}",
     "'guarantees' is missing or no such thing"},
    {HEAD PAIR JUDGES "'guarantees':[{" G "}]}",
     "a field of 'guarantees' is missing or no such thing"},
    {HEAD PAIR JUDGES "'guarantees':[{" G ",'all':1}]}",
     "a field of 'guarantees' is missing or no such thing"},
    {HEAD PAIR JUDGES "'guarantees':[{" G ",'all':false}]," VOTES, ""},
    {HEAD PAIR JUDGES NONE "'sets':[]," VOTES, ""},
    {HEAD PAIR JUDGES NONE "'sets':[{" SETS ",'made':true}]," VOTES, ""},
    {HEAD PAIR JUDGES NONE "'sets':{}," VOTES, "'sets' is missing or no such thing"},
    {HEAD PAIR JUDGES NONE "'sets':[1,2,3,4,5,6,7,8,9]," VOTES,
     "'sets' is missing or no such thing"},
    {HEAD PAIR JUDGES NONE "'sets':[{" SETS ",'made':1}]," VOTES,
     "a field of 'sets' is missing or no such thing"},
    {HEAD PAIR JUDGES NONE "'reference':{" HIT ",'judges':[]}," VOTES, ""},
    {HEAD PAIR JUDGES NONE "'reference':{" HIT ",'judges':[{" BOTH "},{" BOTH "}]}," VOTES, ""},
    {HEAD PAIR JUDGES NONE "'reference':{" HIT "}," VOTES,
     "'reference.judges' is missing or no such thing"},
    {HEAD PAIR JUDGES NONE "'reference':{" HIT ",'judges':[{" BOTH "}]}," VOTES,
     "'reference.judges' is missing or no such thing"},
    {HEAD PAIR JUDGES NONE "'reference':{" HIT ",'judges':[{" BOTH "},{" HIT "}]}," VOTES,
     "a field of 'reference' is missing or no such thing"},
    {HEAD PAIR JUDGES NONE "'reference':{'wrong':9,'wrong_n':8,'judges':[]}," VOTES,
     "a field of 'reference' is missing or no such thing"},
    {HEAD PAIR JUDGES "'guarantees':[]}", "model: a model is an object"},
    {HEAD PAIR JUDGES NONE "'model':{'learner':'best'}}", "model: no learner is called 'best'"},
    {HEAD PAIR "'judges':[{'name':'j1'}]," NONE VOTES, "its model is of 2 judges, and 1 are named"},
    {HEAD PAIR "'judges':[{'name':'j1'},{'name':'j1'}]," NONE VOTES, "judge 'j1' is named twice"},
    {HEAD "'question':{'kind':'pair','labels':['A','B','tie']}," JUDGES NONE VOTES,
     "its model is of 2 labels, and the question has 3"},
    {HEAD SCORE JUDGES NONE VOTES, "its model is of 2 labels, and the question has 3"},
    {HEAD "'question':{'kind':'score','scale':[1,3],'step':0}," JUDGES NONE VOTES,
     "its model is of 2 labels, and the question has 0"},
    {HEAD "'question':{'kind':'choice','labels':['A','B']}," JUDGES NONE VOTES,
     "its model is of other answers than the question has"},
    {HEAD "'question':{'kind':'best'}," JUDGES NONE VOTES, ""},
    {HEAD
     "'question':{'kind':'best'}," JUDGES NONE MODEL(FRAME("2", "exchangeable", "1", "0,1"), "0,0"),
     "its model is of other answers than the question has"},
    {HEAD "'question':{'kind':'pair','labels':['A','B','tie']}," JUDGES NONE MODEL(
         FRAME("3", "exchangeable", "2", "0,1,2"), "0,0,0"),
     ""},
    {HEAD "'question':{'kind':'pair','labels':['A','B','tie']}," JUDGES NONE MODEL(
         FRAME("3", "exchangeable", "1", "0,1,2"), "0,0,0"),
     "its model is of other answers than the question has"},
    {HEAD SCORE JUDGES NONE MODEL(FRAME("3", "ordinal", "null", "1,2,3"), "0,0,0"), ""},
    {HEAD SCORE JUDGES NONE MODEL(FRAME("3", "ordinal", "null", "1,2,4"), "0,0,0"),
     "its model is of other levels than the question has"},
};

static void turn(char *text)
{
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
}

static void says_what_is_wrong(void **state)
{
    for (size_t i = 0; i < AZ_LEN(texts); i++) {
        AZ_AUTO(calibration) c = NULL;
        AZ_AUTO_MEM char *text = az_strdup(texts[i].text);
        struct az_error err = {0};
        turn(text);
        int r = az_calibration_read(az_str(text), &c, &err);
        if (strcmp(err.what, texts[i].error) != 0)
            fail_msg("%s: '%s', not '%s'", texts[i].text, err.what, texts[i].error);
        assert_int_equal(r, *err.what ? AZ_EINVAL : 0);
        assert_true(!c == (r < 0));
    }
}

static void no_json_is_no_calibration(void **state)
{
    struct az_calibration *c = NULL;
    struct az_error err = {0};
    assert_true(az_calibration_read(AZ_STR("{"), &c, &err) < 0);
    assert_true(*err.what && !c);
}

/* ---- does it fit? ---- */

static const char *none[] = {"A", "B"}, *named[] = {"A", "B", "C", "E"};

static void without_ties(struct seated *s)
{
    s->panel.question.ties = false;
    s->panel.question.n_labels = 2;
    s->panel.question.labels = none;
}

static void other_kind_of_question(struct seated *s)
{
    seated_question(s, AZ_BEST);
}

static void other_label(struct seated *s)
{
    seated_question(s, AZ_CHOICE);
    s->panel.question.labels = named;
}

static void unknown_judge(struct seated *s)
{
    s->judges[1].name = "stranger";
}

static void missing_judge(struct seated *s)
{
    s->panel.n_judges = 2;
}

static void asked_otherwise(struct seated *s)
{
    s->judges[0].identity.bytes[0]++;
}

static void recorded_is_known_by_name(struct seated *s)
{
    s->judges[1].identity.bytes[0]++;
}

static void turned_seats(struct seated *s)
{
    struct az_judge judge = s->judges[0];
    s->judges[0] = s->judges[2];
    s->judges[2] = judge;
}

static void by_logodds(struct seated *s)
{
    s->panel.aggregate.kind = AZ_AGG_LOGODDS;
}

static void by_stack(struct seated *s)
{
    s->panel.aggregate.kind = AZ_AGG_STACK;
}

static void risk_of(struct seated *s, double risk, double delta)
{
    s->panel.aggregate.risk = risk;
    s->panel.aggregate.delta = delta;
}

static void promised(struct seated *s)
{
    risk_of(s, 0.05, 0.1);
}

static void other_delta(struct seated *s)
{
    risk_of(s, 0.05, 0.05);
}

static void refused(struct seated *s)
{
    risk_of(s, 0.01, 0.05);
}

static void hopeless(struct seated *s)
{
    risk_of(s, 0.001, 0.05);
}

static void sets(struct seated *s)
{
    s->panel.aggregate.conformal = 0.1;
}

static void other_sets(struct seated *s)
{
    s->panel.aggregate.conformal = 0.2;
}

static void refused_sets(struct seated *s)
{
    s->panel.aggregate.conformal = 0.001;
}

#define ASKED "Calibrate with this panel: assize calibrate PANEL SOURCE"
#define OWN "Calibrate with the panel's own judges: assize calibrate PANEL SOURCE"

static const struct {
    const char *name;
    enum az_kind kind;
    void (*change)(struct seated *s);
    const char *error, *hint;
} panels[] = {
    {"as it was", AZ_PAIR, NULL, "", ""},
    {"judges in another order", AZ_PAIR, turned_seats, "", ""},
    {"a recorded judge's identity", AZ_PAIR, recorded_is_known_by_name, "", ""},
    {"its own kind", AZ_PAIR, by_logodds, "", ""},
    {"ties", AZ_PAIR, without_ties,
     "the calibration is for another question (pair: A, B, tie) than the panel's (pair: A, B)",
     ASKED},
    {"question", AZ_PAIR, other_kind_of_question,
     "the calibration is for another question (pair: A, B, tie) than the panel's (best)", ASKED},
    {"label", AZ_CHOICE, other_label,
     "the calibration is for another question (choice: A, B, C, D) than the panel's (choice: A, B, "
     "C, E)",
     ASKED},
    {"unknown judge", AZ_PAIR, unknown_judge,
     "calibration: judge 'stranger' was not there when it was learnt", OWN},
    {"missing judge", AZ_PAIR, missing_judge,
     "calibration: judge 'judge3' counts in it, and has no seat", OWN},
    {"identity", AZ_PAIR, asked_otherwise,
     "calibration: judge 'judge1' was asked otherwise when it was learnt", OWN},
    {"aggregate", AZ_PAIR, by_stack,
     "the calibration was learnt by 'logodds', and the panel says 'stack'",
     "Write kind: logodds, or make one with --kind stack."},
    {"a promise that was made", AZ_PAIR, promised, "", ""},
    {"no such promise", AZ_PAIR, other_delta,
     "the calibration makes no promise for risk 0.05 and delta 0.05",
     "Ask for it when it is made: assize calibrate … --risk 0.05 --delta 0.05"},
    {"more labels", AZ_PAIR, refused, "120 labelled items do not allow a promise of risk 0.01",
     "It takes some 299 labels to test on, and as many to learn from."},
    {"no labels would do", AZ_PAIR, hopeless,
     "120 labelled items do not allow a promise of risk 0.001",
     "More labels would not do: the panel is not sure enough of anything."},
    {"sets that were made", AZ_PAIR, sets, "", ""},
    {"no such sets", AZ_PAIR, other_sets, "the calibration has no label sets for conformal 0.2",
     "Ask for them when it is made: assize calibrate … --conformal 0.2"},
    {"sets that take more labels", AZ_PAIR, refused_sets,
     "120 labelled items do not allow sets for conformal 0.001",
     "It takes 999 labels to make them from, and as many to learn from."},
};

static void fits_table(void **state)
{
    for (size_t i = 0; i < AZ_LEN(panels); i++) {
        struct seated s;
        struct az_error err = {0};
        panel(&s, panels[i].kind);
        AZ_AUTO_MEM char *text = text_of(&s, "logodds");
        AZ_AUTO(calibration) c = calibrated_read(text);
        s.panel.aggregate.kind = AZ_AGG_AUTO;
        if (panels[i].change)
            panels[i].change(&s);
        int r = az_calibration_fits(c, &s.panel, &err);
        assert_int_equal(r, *panels[i].error ? AZ_EINVAL : 0);
        if (strcmp(err.what, panels[i].error) != 0 || strcmp(err.hint, panels[i].hint) != 0)
            fail_msg("%s: '%s' '%s'", panels[i].name, err.what, err.hint);
        seated_release(&s);
    }
}

static void votes_with_weights(void **state)
{
    (void)state;
    struct seated s;
    panel(&s, AZ_PAIR);
    AZ_AUTO_MEM char *text = text_of(&s, "votes");
    AZ_AUTO(calibration) c = calibrated_read(text);
    s.panel.aggregate.kind = AZ_AGG_WEIGHTED;
    promised(&s);
    assert_int_equal(az_calibration_fits(c, &s.panel, NULL), 0);
    s.panel.judges[1].weight *= 2;
    struct az_error err = {0};
    assert_int_equal(az_calibration_fits(c, &s.panel, &err), AZ_EINVAL);
    assert_string_equal(err.what, "a promise of risk is not made for votes with weights");
    seated_release(&s);
}

static void out_of_memory(void **state)
{
    struct seated s;
    panel(&s, AZ_PAIR);
    AZ_AUTO_MEM char *text = text_of(&s, "logodds");
    for (int nth = 1, r = -1; r < 0; nth++) {
        AZ_AUTO(calibration) c = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_calibration_read(az_str(text), &c, &err);
        az_fault_alloc(0);
        assert_true(r == (c ? 0 : AZ_ENOMEM));
        assert_int_equal(err.code, r);
    }
    seated_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_wrote),       cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(no_json_is_no_calibration), cmocka_unit_test(fits_table),
        cmocka_unit_test(votes_with_weights),        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
