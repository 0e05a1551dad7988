#include "client/cli/guess.h"

#include <math.h>

#include "core/buf.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

/* A ballot is LABEL, LABEL=SCORE, =SCORE or LABEL@ORDER; "-" is unreadable. */
static int put_ballots(struct az_guess *g, struct az_arena *arena, const char *text)
{
    struct az_str rest = az_str(text);
    int r = 0;
    while (r == 0 && rest.n) {
        ptrdiff_t space = az_str_find(rest, AZ_STR(" "));
        struct az_str word = {rest.p, space < 0 ? rest.n : (size_t)space};
        rest.p += AZ_MIN(word.n + 1, rest.n);
        rest.n -= AZ_MIN(word.n + 1, rest.n);
        double score = NAN;
        size_t order_n = 0;
        ptrdiff_t at = az_str_find(word, AZ_STR("=")), order = az_str_find(word, AZ_STR("@"));
        if (at >= 0) {
            az_str_double((struct az_str){word.p + at + 1, word.n - (size_t)at - 1}, &score);
            word.n = (size_t)at;
        } else if (order >= 0) {
            order_n = word.n - (size_t)order - 1;
            word.n = (size_t)order;
        }
        if (az_str_eqz(word, "-"))
            word.n = 0;
        r = az_guess_ballot(g, arena, word, score, order_n);
    }
    return r;
}

static const char *question(const struct az_guess *g, struct az_arena *arena, struct az_buf *b)
{
    struct az_question q;
    struct az_error err = {0};
    size_t n = 0;
    az_buf_clear(b);
    if (az_guess_question(g, arena, &q, &n, &err) < 0) {
        az_buf_z(b, err.what);
        return b->p;
    }
    static const char *const kinds[] = {"choice", "score", "pair", "best", "rank"};
    az_buf_z(b, kinds[q.kind]);
    for (size_t i = 0; i < q.n_labels; i++)
        az_buf_fmt(b, " %s", q.labels[i]);
    if (q.kind == AZ_SCORE)
        az_buf_fmt(b, " %g..%g/%g", q.scale_min, q.scale_max, q.step);
    if (q.kind == AZ_BEST)
        az_buf_fmt(b, " of %zu", n);
    return b->p;
}

static const struct {
    const char *name, *ballots;
    int responses; /* of each item; 0 = no items */
    const char *gold;
    int golds;
    const char *want;
} cases[] = {
    {"a pair", "A B A", 0, NULL, 0, "pair A B"},
    {"with ties", "A tie", 0, NULL, 0, "pair A B tie"},
    {"ties alone", "tie", 0, NULL, 0, "pair A B tie"},
    {"an order of two", "A@AB B@BA", 0, NULL, 0, "pair A B"},
    {"a gold that ties", "A B", 2, "\"tie\"", 1, "pair A B tie"},
    {"few golds do not say that there are no ties", "A tie", 2, "\"A\"", 9, "pair A B tie"},
    {"many do", "A tie", 2, "\"A\"", 10, "pair A B"},
    {"a lead beside a label is no score", "A=1.5 B=-2", 0, NULL, 0, "pair A B"},
    {"best by a letter", "A C B", 0, NULL, 0, "best of 3"},
    {"best by an order", "A@ABCD", 0, NULL, 0, "best of 4"},
    {"best by the items", "A B", 5, NULL, 0, "best of 5"},
    {"letters about one response are names", "A C", 1, NULL, 0, "choice A C"},
    {"names", "good bad good", 0, NULL, 0, "choice bad good"},
    {"a name that only a gold has", "good bad", 1, "\"odd\"", 1, "choice bad good odd"},
    {"a tie among names is one", "good tie", 0, NULL, 0, "choice good tie"},
    {"numbers as names", "0 1 2", 0, NULL, 0, "choice 0 1 2"},
    {"scores", "=1 =5 =3", 0, NULL, 0, "score 1..5/1"},
    {"scores that are labels, too", "0=0 3=3", 1, NULL, 0, "score 0..3/1"},
    {"any number", "=0.5 =2", 0, NULL, 0, "score 0.5..2/0"},
    {"a gold beyond them", "=1 =2", 1, "4", 1, "score 1..4/1"},
    {"unreadable ones say nothing", "- A -", 0, NULL, 0, "pair A B"},
    {"nothing", "-", 0, NULL, 0, "no ballot has a readable answer"},
};

static void guess_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(4096);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(arena) arena = az_arena_new(1024);
        struct az_guess g = {0};
        assert_int_equal(put_ballots(&g, arena, cases[i].ballots), 0);
        if (cases[i].responses)
            az_guess_item(&g, (size_t)cases[i].responses);
        for (int k = 0; k < cases[i].golds; k++)
            assert_int_equal(az_guess_gold(&g, arena, az_str(cases[i].gold)), 0);
        const char *got = question(&g, arena, &b);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].name, got, cases[i].want);
    }
}

static const struct {
    const char *ballots;
    int responses;
    const char *gold, *want;
} odd_labels[] = {
    {"A B Aa", 2, NULL, "'Aa'"},
    {"1 2 equal", 2, "\"A\"", "'1', '2', 'equal'"},
    {"A b c d e f g", 2, NULL, "'b', 'c', 'd', 'e', 'f', …"},
    {"A B tie", 2, NULL, ""},
    {"A C good", 2, NULL, ""}, /* letters of more than two */
    {"good bad", 2, "\"good\"", ""},
    {"A B Aa", 1, NULL, ""},
    {"A B Aa", 0, NULL, ""},
};

static void odd_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(odd_labels); i++) {
        AZ_AUTO(arena) arena = az_arena_new(1024);
        AZ_AUTO_BUF b = az_buf(1024);
        struct az_guess g = {0};
        assert_int_equal(put_ballots(&g, arena, odd_labels[i].ballots), 0);
        if (odd_labels[i].responses)
            az_guess_item(&g, (size_t)odd_labels[i].responses);
        if (odd_labels[i].gold)
            assert_int_equal(az_guess_gold(&g, arena, az_str(odd_labels[i].gold)), 0);
        az_guess_odd(&g, &b);
        const char *got = b.n ? b.p : "";
        if (strcmp(got, odd_labels[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", odd_labels[i].ballots, got, odd_labels[i].want);
    }
}

static const struct {
    const char *name, *a, *b, *want;
} merges[] = {
    {"pairs", "A", "B tie", "pair A B tie"},
    {"a pair may be the best of more", "A B", "D", "best of 4"},
    {"names together", "good", "bad", "choice bad good"},
    {"scales together", "=1 =2", "=5", "score 1..5/1"},
    {"kinds apart", "good", "A B",
     "one source answers a choice question and another a pair question"},
    {"scores apart", "=1", "good",
     "one source answers a score question and another a choice question"},
};

static void merge_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF text = az_buf(4096);
    for (size_t i = 0; i < AZ_LEN(merges); i++) {
        AZ_AUTO(arena) arena = az_arena_new(1024);
        struct az_guess a = {0}, b = {0};
        struct az_error err = {0};
        assert_int_equal(put_ballots(&a, arena, merges[i].a), 0);
        assert_int_equal(put_ballots(&b, arena, merges[i].b), 0);
        const char *got = az_guess_merge(&a, &b, &err) < 0 ? err.what : question(&a, arena, &text);
        if (strcmp(got, merges[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", merges[i].name, got, merges[i].want);
    }
}

static void too_many_labels(void **state)
{
    (void)state;
    AZ_AUTO(arena) arena = az_arena_new(1024);
    AZ_AUTO_BUF text = az_buf(4096);
    struct az_guess g = {0}, other = {0};
    struct az_error err = {0};
    for (int i = 0; i < 100; i++) {
        char label[16];
        snprintf(label, sizeof(label), "label%d", i);
        assert_int_equal(az_guess_ballot(&g, arena, az_str(label), NAN, 0), 0);
        assert_int_equal(az_guess_ballot(i < 50 ? &other : &g, arena, az_str(label), NAN, 0), 0);
    }
    assert_string_equal(question(&g, arena, &text), "more than 64 different labels");
    assert_int_equal(az_guess_merge(&other, &g, &err), AZ_EINVAL);
}

static void guess_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(arena) arena = az_arena_new(64);
        struct az_guess g = {0};
        struct az_question q;
        size_t n;
        az_fault_alloc(nth);
        r = put_ballots(&g, arena, "one two three four five six seven eight nine ten eleven");
        if (r == 0)
            r = az_guess_gold(&g, arena, AZ_STR("\"twelve\""));
        if (r == 0)
            r = az_guess_question(&g, arena, &q, &n, NULL);
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guess_table),          cmocka_unit_test(odd_table),
        cmocka_unit_test(merge_table),          cmocka_unit_test(too_many_labels),
        cmocka_unit_test(guess_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
