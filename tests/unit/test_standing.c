/* policies/standing.c: judges' accuracies as they look while a job runs. */
#include "policies/standing.h"

#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/seated.h"

enum { JUDGES = 5 };

/* Items of a scene: judge j is right with its accuracy, and else says another label. */
struct drawn {
    int truth;
    char ballots[2 * JUDGES + 1];
};

static void draw(struct az_rng *rng, size_t n_judges, const double *right, struct drawn *d)
{
    d->truth = (int)(az_rng_next(rng) & 1);
    for (size_t j = 0; j < n_judges; j++) {
        bool is = az_rng_unit(rng) < right[j];
        d->ballots[2 * j] = "AB"[is ? d->truth : 1 - d->truth];
        d->ballots[2 * j + 1] = j + 1 < n_judges ? ' ' : '\0';
    }
}

/* Ballots are told by seats; whose they are does not matter here but for the judge. */
static void add(struct az_standing *st, struct seated *s, const struct drawn *d, bool gold)
{
    static double whole = 1;
    int truth = d->truth;
    s->n = 0;
    for (size_t j = 0; j < s->panel.n_judges; j++)
        s->ballots[s->n++] = (struct az_ballot){
            .key = {.judge = (int)j, .round = 1, .criterion = -1, .order = AZ_ORDER_LISTED},
            .label = d->ballots[2 * j] - 'A'};
    s->item.gold =
        gold ? (struct az_gold){.n = 1, .labels = &truth, .weights = &whole} : (struct az_gold){0};
    assert_int_equal(az_standing_add(st, &s->item, (struct az_ballots){s->ballots, s->n}), 0);
    s->item.gold = (struct az_gold){0};
}

static void learn(struct az_standing *st, struct seated *s, size_t items, const double *right,
                  bool gold)
{
    struct az_rng rng = az_rng(5);
    for (size_t i = 0; i < items; i++) {
        struct drawn d;
        draw(&rng, s->panel.n_judges, right, &d);
        add(st, s, &d, gold);
    }
}

static void as_good_as_they_are(void **state)
{
    (void)state;
    static const double right[JUDGES] = {0.95, 0.85, 0.75, 0.65, 0.55};
    struct seated s;
    for (int gold = 0; gold <= 1; gold++) {
        seated_init(&s, AZ_PAIR, JUDGES, AZ_ORDERS_ONE);
        AZ_AUTO(standing) st = az_standing_new(&s.panel);
        learn(st, &s, 1000, right, gold);
        for (size_t j = 0; j < JUDGES; j++)
            assert_true(fabs(az_standing_right(st, j) - right[j]) < (gold ? 0.03 : 0.06));
        seated_release(&s);
    }
}

static void told_from_twenty_answers_on(void **state)
{
    (void)state;
    static const double right[JUDGES] = {1, 1, 1, 1, 1};
    struct seated s;
    seated_init(&s, AZ_PAIR, JUDGES, AZ_ORDERS_ONE);
    AZ_AUTO(standing) st = az_standing_new(&s.panel);
    learn(st, &s, AZ_STANDING_LEAST - 1, right, false);
    assert_true(az_standing_right(st, 0) < 0);
    learn(st, &s, 1, right, false);
    assert_true(az_standing_right(st, 0) > 0.9);
    seated_release(&s);
}

/* Two who differ say nothing of who is right; a true answer does. */
static void two_judges(void **state)
{
    (void)state;
    static const double right[] = {0.9, 0.6};
    struct seated s;
    seated_init(&s, AZ_PAIR, 2, AZ_ORDERS_ONE);
    AZ_AUTO(standing) st = az_standing_new(&s.panel);
    learn(st, &s, 200, right, false);
    assert_true(az_standing_right(st, 0) < 0 && az_standing_right(st, 1) < 0);
    learn(st, &s, 200, right, true);
    assert_true(fabs(az_standing_right(st, 0) - 0.9) < 0.06);
    assert_true(fabs(az_standing_right(st, 1) - 0.6) < 0.09);
    seated_release(&s);
}

/* Which questions have labels, and which ballots are votes for one. */
static void questions(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum az_kind kind;
        bool pass;
        const char *ballots;
        bool known;
    } cases[] = {
        {"a choice", AZ_CHOICE, false, "A A B", true},
        {"the best of four", AZ_BEST, false, "A A D", true},
        {"a score that passes", AZ_SCORE, true, "7 8 2", true},
        {"a score that does not", AZ_SCORE, false, "7 8 2", false},
        {"errors are no votes", AZ_CHOICE, false, "A ! !", false},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct seated s;
        seated_init(&s, cases[i].kind, 3, AZ_ORDERS_NONE);
        if (cases[i].pass) {
            s.panel.question.pass = AZ_PASS_GE;
            s.panel.question.pass_at = 5;
        }
        seated_ballots(&s, 1, cases[i].ballots);
        AZ_AUTO(standing) st = az_standing_new(&s.panel);
        for (int n = 0; n < AZ_STANDING_LEAST; n++)
            assert_int_equal(az_standing_add(st, &s.item, (struct az_ballots){s.ballots, s.n}), 0);
        for (size_t j = 0; j < 3; j++) {
            if ((az_standing_right(st, j) >= 0) != cases[i].known)
                fail_msg("%s: judge %zu: %g", cases[i].name, j, az_standing_right(st, j));
        }
        seated_release(&s);
    }
}

static void without_memory(void **state)
{
    (void)state;
    struct seated s;
    bool made = false;
    seated_init(&s, AZ_PAIR, 3, AZ_ORDERS_ONE);
    seated_ballots(&s, 1, "A A B");
    for (int nth = 1; !made; nth++) {
        az_fault_alloc(nth);
        AZ_AUTO(standing) st = az_standing_new(&s.panel);
        int r = st ? az_standing_add(st, &s.item, (struct az_ballots){s.ballots, s.n}) : AZ_ENOMEM;
        az_fault_alloc(0);
        made = r == 0;
        assert_true(made || r == AZ_ENOMEM);
        assert_true(nth < 100);
    }
    seated_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_good_as_they_are), cmocka_unit_test(told_from_twenty_answers_on),
        cmocka_unit_test(two_judges),          cmocka_unit_test(questions),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
