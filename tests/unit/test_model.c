#include "core/model.h"

#include "core/mem.h"
#include "tests/unit/item_panels.h"
#include "tests/unit/unit.h"

static const struct {
    enum az_order order;
    size_t n;
    const char *name;
} orders[] = {
    {AZ_ORDER_LISTED, 2, "AB"},
    {AZ_ORDER_REVERSED, 2, "BA"},
    {AZ_ORDER_LISTED, 4, "ABCD"},
    {AZ_ORDER_REVERSED, 4, "DCBA"},
    {AZ_ORDER_NONE, 2, ""},
    {AZ_ORDER_LISTED, 1, "A"},
    {AZ_ORDER_REVERSED, 26, "ZYXWVUTSRQPONMLKJIHGFEDCBA"},
};

static void order_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(orders); i++) {
        char text[AZ_RESPONSES_MAX + 1];
        enum az_order back = AZ_ORDER_REVERSED;
        assert_string_equal(az_order_name(orders[i].order, orders[i].n, text), orders[i].name);
        assert_true(az_order_find(az_str(orders[i].name), orders[i].n, &back));
        assert_int_equal(back, orders[i].order);
    }
    static const struct {
        size_t n;
        const char *text;
    } bad[] = {{2, "A"}, {2, "ABC"}, {2, "ab"}, {4, "BACD"}, {2, " AB"}, {3, "BA"}};
    for (size_t i = 0; i < AZ_LEN(bad); i++) {
        enum az_order order = AZ_ORDER_LISTED;
        if (az_order_find(az_str(bad[i].text), bad[i].n, &order))
            fail_msg("'%s' is an order of %zu", bad[i].text, bad[i].n);
    }
}

/* What is shown at a place, in the item's frame; twice is back again. */
static void unshow(void **state)
{
    (void)state;
    static const struct {
        enum az_kind kind;
        enum az_order order;
        size_t n;
        int shown, want;
    } cases[] = {
        {AZ_PAIR, AZ_ORDER_LISTED, 2, 0, 0},
        {AZ_PAIR, AZ_ORDER_REVERSED, 2, 0, 1},
        {AZ_PAIR, AZ_ORDER_REVERSED, 2, 1, 0},
        {AZ_PAIR, AZ_ORDER_REVERSED, 2, AZ_LABEL_TIE, AZ_LABEL_TIE},
        {AZ_PAIR, AZ_ORDER_REVERSED, 2, AZ_LABEL_NONE, AZ_LABEL_NONE},
        {AZ_PAIR, AZ_ORDER_NONE, 2, 1, 1},
        {AZ_BEST, AZ_ORDER_REVERSED, 4, 0, 3},
        {AZ_BEST, AZ_ORDER_REVERSED, 4, 2, 1},
        {AZ_BEST, AZ_ORDER_REVERSED, 5, 2, 2},
        {AZ_CHOICE, AZ_ORDER_REVERSED, 3, 0, 0},
        {AZ_SCORE, AZ_ORDER_REVERSED, 1, 0, 0},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_panel panel = panel_of(cases[i].kind);
        int got = az_label_unshow(&panel.question, cases[i].n, cases[i].order, cases[i].shown);
        if (got != cases[i].want)
            fail_msg("case %zu: got %d, want %d", i, got, cases[i].want);
        assert_int_equal(az_label_unshow(&panel.question, cases[i].n, cases[i].order, got),
                         cases[i].shown);
    }
}

static void labels(void **state)
{
    (void)state;
    struct az_panel pair = panel_of(AZ_PAIR), best = panel_of(AZ_BEST),
                    choice = panel_of(AZ_CHOICE), score = panel_of(AZ_SCORE);
    struct az_item item = {.n_responses = 4};
    assert_int_equal(az_label_count(&pair.question, &item), 3);
    assert_int_equal(az_label_count(&best.question, &item), 4);
    assert_int_equal(az_label_count(&choice.question, &item), 3);
    assert_int_equal(az_label_count(&score.question, &item), 0);
    assert_string_equal(az_label_name(&pair.question, AZ_LABEL_TIE), "tie");
    assert_string_equal(az_label_name(&pair.question, AZ_LABEL_NONE), "");
    assert_string_equal(az_label_name(&best.question, 25), "Z");
    assert_string_equal(az_label_name(&best.question, 26), "");
    assert_string_equal(az_label_name(&choice.question, 1), "bad");
    assert_string_equal(az_label_name(&choice.question, 3), "");
    assert_int_equal(az_label_find(&best.question, 4, AZ_STR("D")), 3);
    assert_int_equal(az_label_find(&best.question, 3, AZ_STR("D")), AZ_LABEL_NONE);
    assert_int_equal(az_label_find(&choice.question, 3, AZ_STR("Good")), AZ_LABEL_NONE);

    pair.question.n_labels = 2; /* no ties: the name is known all the same */
    choice.question.n_labels = 2;
    assert_string_equal(az_label_name(&pair.question, AZ_LABEL_TIE), "tie");
    assert_int_equal(az_label_find(&pair.question, 2, AZ_STR("tie")), AZ_LABEL_NONE);
    assert_string_equal(az_label_name(&choice.question, 2), "");
}

static void passes(void **state)
{
    (void)state;
    static const struct {
        enum az_pass_op op;
        double at, score;
        bool want;
    } cases[] = {
        {AZ_PASS_GE, 4, 4, true},   {AZ_PASS_GE, 4, 3.9, false}, {AZ_PASS_GT, 4, 4, false},
        {AZ_PASS_GT, 4, 4.1, true}, {AZ_PASS_LE, 4, 4, true},    {AZ_PASS_LE, 4, 4.1, false},
        {AZ_PASS_LT, 4, 4, false},  {AZ_PASS_LT, 4, 3.9, true},  {AZ_PASS_NONE, 4, 4, false},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_question q = {.kind = AZ_SCORE, .pass = cases[i].op, .pass_at = cases[i].at};
        if (az_passes(&q, AZ_LABEL_NONE, true, cases[i].score) != cases[i].want)
            fail_msg("case %zu", i);
        assert_false(az_passes(&q, AZ_LABEL_NONE, false, cases[i].score));
    }
    struct az_question q = {.pass = AZ_PASS_LABELS, .pass_labels = 5 | UINT64_C(1) << 63};
    assert_true(az_passes(&q, 0, false, 0));
    assert_false(az_passes(&q, 1, false, 0));
    assert_true(az_passes(&q, 2, false, 0));
    assert_true(az_passes(&q, 63, false, 0));
    assert_false(az_passes(&q, 64, false, 0));
    assert_false(az_passes(&q, AZ_LABEL_NONE, false, 0));
}

static void keys_in_order(void **state)
{
    (void)state;
    static const struct az_key keys[] = {
        /* each above the one before */
        {-1, 9, 9, 9, 9, 9},  {0, 0, 1, -1, -1, 0},        {0, 0, 1, -1, 0, 0},
        {0, 0, 1, -1, 0, 1},  {0, 0, 1, 0, -1, 0},         {0, 1, 1, -1, -1, 0},
        {0, 0, 2, -1, -1, 0}, {INT64_MAX, 0, 1, -1, 0, 0},
    };
    for (size_t i = 0; i < AZ_LEN(keys); i++) {
        for (size_t j = 0; j < AZ_LEN(keys); j++)
            assert_int_equal(az_key_cmp(&keys[i], &keys[j]), (i > j) - (i < j));
    }
}

static void error_names(void **state)
{
    (void)state;
    for (int e = 0; e < AZ_BE_COUNT; e++) {
        assert_int_equal(
            az_ballot_error_find(az_str(az_ballot_error_name((enum az_ballot_error)e))), e);
    }
    assert_int_equal(az_ballot_error_find(AZ_STR("rate")), -1);
    assert_int_equal(az_ballot_error_find((struct az_str){0}), -1);
    assert_true(az_ballot_error_asks_again(AZ_BE_PARSE));
    assert_false(az_ballot_error_asks_again(AZ_BE_TIMEOUT));
    assert_string_equal(az_status_name(AZ_OPEN), "open");
    assert_string_equal(az_status_name(AZ_FAILED), "failed");
}

static void ballot_copies(void **state)
{
    (void)state;
    double probs[] = {0.25, 0.75};
    char rationale[] = "because";
    const struct az_ballot from = {.key = {.item = 3, .judge = 1},
                                   .label = 1,
                                   .n_probs = 2,
                                   .probs = probs,
                                   .rationale = {rationale, 7},
                                   .tokens_in = 9,
                                   .how = AZ_STR("json"),
                                   .raw = AZ_STR("")};
    AZ_AUTO(arena) a = az_arena_new(64);
    struct az_ballot to = {0};
    assert_int_equal(az_ballot_copy(a, &from, &to), 0);
    rationale[0] = 'B';
    probs[0] = 9;
    assert_true(az_str_eqz(to.rationale, "because"));
    assert_true(to.probs[0] == 0.25 && to.probs[1] == 0.75);
    assert_non_null(to.raw.p);
    assert_null(to.model.p);
    assert_int_equal(to.key.item, 3);
    assert_int_equal(to.tokens_in, 9);

    int r = AZ_ENOMEM, failures = 0;
    char big[5000];
    memset(big, 'x', sizeof(big));
    struct az_ballot large = from;
    large.rationale = large.raw = (struct az_str){big, sizeof(big)};
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(arena) small = az_arena_new(64);
        struct az_ballot copy = {.label = 77};
        az_fault_alloc(nth);
        r = az_ballot_copy(small, &large, &copy);
        az_fault_alloc(0);
        assert_true(r == 0 || copy.label == 77);
        failures += r != 0;
    }
    assert_int_equal(r, 0);
    assert_true(failures >= 2);
}

static void new_items(void **state)
{
    (void)state;
    AZ_AUTO(item) item = az_item_new(100);
    assert_int_equal(item->seq, -1);
    assert_null(item->id.p);
    az_item_free(NULL);
    for (int nth = 1; nth <= 2; nth++) {
        az_fault_alloc(nth);
        assert_null(az_item_new(100));
    }
    az_fault_alloc(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_names),   cmocka_unit_test(unshow),
        cmocka_unit_test(labels),        cmocka_unit_test(passes),
        cmocka_unit_test(keys_in_order), cmocka_unit_test(error_names),
        cmocka_unit_test(ballot_copies), cmocka_unit_test(new_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
