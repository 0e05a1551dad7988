/* client/cli/unlearnt.c and policies/aggregate/inferred.c: items decided together, from
 * agreement alone. */
#include "client/cli/unlearnt.h"

#include "core/mem.h"
#include "policies/aggregate/aggregate.h"
#include "tests/unit/seated.h"

enum { JUDGES = 3 };

/* One word an item, a letter a judge; the truth is looked at by nobody. */
static int corpus(struct seated *s, const char *const *said, size_t n, struct az_corpus *c,
                  struct az_error *err)
{
    static char ids[16][8];
    struct az_corpus_options with = {.n_responses = 2};
    int r = az_corpus_init(c, &s->panel, &with, err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        snprintf(ids[i], sizeof(ids[i]), "q%zu", i);
        s->item.id = az_str(ids[i]);
        seated_places(s);
        seated_reset(s);
        for (int j = 0; said[i][j]; j++)
            seated_add(s, seated_seat(s, j), 1, 0, said[i][j]);
        r = az_corpus_add(c, &s->item, (struct az_ballots){s->ballots, s->n}, false, err);
    }
    return r;
}

static struct az_verdict decide(struct seated *s, const struct az_unlearnt *u, const char *id,
                                const char *letters)
{
    s->panel.aggregate.kind = AZ_AGG_INFERRED;
    s->panel.aggregate.inferred = &u->by;
    s->item.id = az_str(id);
    seated_places(s);
    seated_reset(s);
    for (int j = 0; letters[j]; j++)
        seated_add(s, seated_seat(s, j), 1, 0, letters[j]);
    assert_int_equal(az_aggregate_check(&s->panel, NULL), 0);
    struct az_step step = seated_next(s, true);
    assert_int_equal(step.kind, AZ_DECIDE);
    return step.verdict;
}

/* Two judges that always agree outweigh one that does not; and nobody says how sure. */
static void decides_and_never_says_p(void **state)
{
    static const char *const said[] = {"AAB", "BBA", "AAA", "BBB", "AAB", "BBB", "AAA", "B!B"};
    static const char *const methods[] = {"wawa",       "dawid-skene", "dawid-skene-map",
                                          "mean-logit", "one-coin",    "glad",
                                          "mace",       "zero-based"};
    for (size_t m = 0; m < AZ_LEN(methods); m++) {
        struct seated s;
        struct az_corpus c;
        struct az_unlearnt u;
        struct az_error err = {0};
        seated_init(&s, AZ_CHOICE, JUDGES, AZ_ORDERS_NONE);
        assert_int_equal(corpus(&s, said, AZ_LEN(said), &c, &err), 0);
        if (az_unlearnt_infer(&c, methods[m], &u, &err) < 0)
            fail_msg("%s: %s", methods[m], err.what);
        struct az_verdict v = decide(&s, &u, "q0", said[0]);
        assert_int_equal(v.status, AZ_DECIDED);
        assert_int_equal(v.label, 0);
        assert_string_equal(v.how, methods[m]);
        assert_true(!v.has_p && !v.n_probs && v.no_p && v.has_share);
        v = decide(&s, &u, "elsewhere", "AAA");
        assert_string_equal(v.reason, "nothing was inferred of this item");
        assert_int_equal(v.status, AZ_ABSTAINED);
        assert_int_equal(decide(&s, &u, "q1", "!!!").status, AZ_FAILED);
        az_unlearnt_release(&u);
        az_corpus_release(&c);
        seated_release(&s);
    }
}

/* What is as likely is a tie, and the first place of a pair is not preferred. */
static void ties_go_to_their_rule(void **state)
{
    static const char *const said[] = {"AB", "BA"};
    struct seated s;
    struct az_corpus c;
    struct az_unlearnt u;
    struct az_error err = {0};
    seated_init(&s, AZ_PAIR, 2, AZ_ORDERS_ONE);
    assert_int_equal(corpus(&s, said, AZ_LEN(said), &c, &err), 0);
    assert_int_equal(az_unlearnt_infer(&c, "wawa", &u, &err), 0);
    assert_int_equal(decide(&s, &u, "q0", "AB").label, AZ_LABEL_TIE);
    s.panel.aggregate.tie = AZ_TIE_ABSTAIN;
    assert_string_equal(decide(&s, &u, "q1", "BA").reason, "two answers are as likely");
    az_unlearnt_release(&u);
    az_corpus_release(&c);
    seated_release(&s);
}

static void scores(void **state)
{
    static const char *const said[] = {"112", "889", "334", "667", "223"};
    static const struct {
        const char *method;
        double low, high;
    } cases[] = {{"gaussian", 1, 2}, {"ordinal", 1, 2}, {"dawid-skene", 1, 2}};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        struct az_corpus c;
        struct az_unlearnt u;
        struct az_error err = {0};
        seated_init(&s, AZ_SCORE, JUDGES, AZ_ORDERS_NONE);
        assert_int_equal(corpus(&s, said, AZ_LEN(said), &c, &err), 0);
        assert_int_equal(az_unlearnt_infer(&c, cases[i].method, &u, &err), 0);
        struct az_verdict v = decide(&s, &u, "q0", said[0]);
        if (!v.has_score || v.score < cases[i].low || v.score > cases[i].high)
            fail_msg("%s: %g %s", cases[i].method, v.score, v.reason);
        az_unlearnt_release(&u);
        az_corpus_release(&c);
        seated_release(&s);
    }
}

static void refuses(void **state)
{
    static const char *const said[] = {"AAB", "BBA"};
    struct seated s;
    struct az_corpus c;
    struct az_unlearnt u;
    struct az_error err = {0};
    assert_true(az_unlearnt_is("wawa") && !az_unlearnt_is("majority") && !az_unlearnt_is("auto"));
    seated_init(&s, AZ_CHOICE, JUDGES, AZ_ORDERS_NONE);
    assert_int_equal(corpus(&s, said, AZ_LEN(said), &c, &err), 0);
    assert_int_equal(az_unlearnt_infer(&c, "gaussian", &u, &err), AZ_EUSAGE);
    assert_string_equal(err.what, "'gaussian' is for scores, and the question asks for a label");
    az_unlearnt_release(&u);
    assert_int_equal(az_unlearnt_infer(&c, "kos", &u, &err), AZ_EUSAGE);
    assert_string_equal(err.what, "'kos' cannot be used: it is for two labels");
    assert_int_equal(err.code, AZ_EUSAGE);
    az_unlearnt_release(&u);
    s.panel.aggregate.kind = AZ_AGG_INFERRED;
    assert_int_equal(az_aggregate_check(&s.panel, &err), AZ_EINVAL);
    az_corpus_release(&c);
    seated_release(&s);
}

static void out_of_memory(void **state)
{
    static const char *const said[] = {"AAB", "BBA", "AAA"};
    struct seated s;
    struct az_corpus c;
    struct az_error err = {0};
    seated_init(&s, AZ_CHOICE, JUDGES, AZ_ORDERS_NONE);
    assert_int_equal(corpus(&s, said, AZ_LEN(said), &c, &err), 0);
    for (int nth = 1, r = -1; r < 0; nth++) {
        struct az_unlearnt u;
        az_fault_alloc(nth);
        r = az_unlearnt_infer(&c, "dawid-skene", &u, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        az_unlearnt_release(&u);
    }
    az_corpus_release(&c);
    seated_release(&s);
    static const char *const scored[] = {"112", "889", "334"};
    seated_init(&s, AZ_SCORE, JUDGES, AZ_ORDERS_NONE);
    assert_int_equal(corpus(&s, scored, AZ_LEN(scored), &c, &err), 0);
    for (int nth = 1, r = -1; r < 0; nth++) {
        struct az_unlearnt u;
        az_fault_alloc(nth);
        r = az_unlearnt_infer(&c, "gaussian", &u, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        az_unlearnt_release(&u);
    }
    az_corpus_release(&c);
    seated_release(&s);
}

/* Each is refused in a panel by name, and is told apart from a word that nobody knows. */
static void no_panel_names_one(void **state)
{
    for (const struct az_infer_method *m = az_infer_methods; m->name; m++) {
        char yaml[160], what[160];
        struct az_panel *p = NULL;
        struct az_error err = {0};
        struct az_panel_source source = {0};
        if (!az_unlearnt_is(m->name))
            continue;
        snprintf(yaml, sizeof(yaml), "question: pair\njudges: [lexical/length]\naggregate: %s\n",
                 m->name);
        snprintf(what, sizeof(what),
                 "panel 'p.yaml': line 3: aggregate '%s' weighs all items at once, and a job "
                 "decides them one by one",
                 m->name);
        assert_true(az_panel_parse(yaml, "p.yaml", &source, &p, &err) < 0);
        assert_string_equal(err.what, what);
        assert_non_null(strstr(err.hint, m->name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_and_never_says_p),
        cmocka_unit_test(ties_go_to_their_rule),
        cmocka_unit_test(scores),
        cmocka_unit_test(refuses),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(no_panel_names_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
