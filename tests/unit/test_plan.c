/* policies/plan.c: judges × orders × samples, in plan order. */
#include "policies/plan.h"

#include "core/mem.h"
#include "tests/unit/seated.h"

static void plan_init(struct seated *s, struct az_plan *plan)
{
    seated_init(s, AZ_PAIR, 6, AZ_ORDERS_BOTH);
    s->item.seq = 41;
    s->judges[1].samples = 3;
    s->judges[2].orders = AZ_ORDERS_NONE;
    s->judges[3].orders = AZ_ORDERS_ONE;
    s->judges[3].samples = 2;
    assert_int_equal(az_plan_make(s->arena, &s->panel, &s->item, plan), 0);
}

static void slots_are_keys_in_plan_order(void **state)
{
    (void)state;
    struct seated s;
    struct az_plan plan;
    plan_init(&s, &plan);
    assert_int_equal(plan.n_slots, 2 + 6 + 1 + 2 + 2 + 2);
    assert_int_equal(az_policy_max_questions(&s.panel), plan.n_slots);

    struct az_key before;
    for (size_t slot = 0; slot < plan.n_slots; slot++) {
        struct az_key key = az_plan_key(&plan, &s.item, 1, slot);
        assert_int_equal(az_plan_slot(&plan, &key), slot);
        assert_int_equal(key.item, 41);
        assert_int_equal(key.criterion, -1);
        assert_int_equal(key.judge == 2, key.order == AZ_ORDER_NONE);
        if (slot) {
            assert_true(az_plan_cmp(&s.panel, &s.item, &before, &key) < 0);
            assert_true(az_plan_cmp(&s.panel, &s.item, &key, &before) > 0);
        }
        assert_int_equal(az_plan_cmp(&s.panel, &s.item, &key, &key), 0);
        before = key;
    }
    struct az_key first = az_plan_key(&plan, &s.item, 2, 0); /* a round goes before all */
    assert_true(az_plan_cmp(&s.panel, &s.item, &before, &first) < 0);
    seated_release(&s);
}

static void other_keys_are_not_in_the_plan(void **state)
{
    (void)state;
    struct seated s;
    struct az_plan plan;
    plan_init(&s, &plan);
    static const struct az_key keys[] = {
        {.judge = 6, .criterion = -1},
        {.judge = -1, .criterion = -1},
        {.judge = 0, .criterion = 0},
        {.judge = 0, .criterion = -1, .sample = 1},
        {.judge = 0, .criterion = -1, .sample = -1},
        {.judge = 0, .criterion = -1, .order = AZ_ORDER_NONE},
        {.judge = 2, .criterion = -1, .order = AZ_ORDER_LISTED},
        {.judge = 3, .criterion = -1, .order = AZ_ORDER_REVERSED},
    };
    for (size_t i = 0; i < AZ_LEN(keys); i++)
        assert_int_equal(az_plan_slot(&plan, &keys[i]), -1);
    seated_release(&s);
}

static void the_order_is_of_names_not_of_places(void **state)
{
    (void)state;
    struct seated s;
    struct az_plan plan;
    seated_init(&s, AZ_PAIR, 5, AZ_ORDERS_BOTH);
    assert_int_equal(az_plan_make(s.arena, &s.panel, &s.item, &plan), 0);
    const char *names[5];
    for (int i = 0; i < 5; i++)
        names[i] = s.judges[plan.seats[i].judge].name;

    int order[5] = {0, 1, 2, 3, 4};
    struct az_judge judges[5];
    memcpy(judges, s.judges, sizeof(judges));
    do {
        for (int j = 0; j < 5; j++)
            s.judges[j] = judges[order[j]];
        assert_int_equal(az_plan_make(s.arena, &s.panel, &s.item, &plan), 0);
        for (int i = 0; i < 5; i++)
            assert_string_equal(s.judges[plan.seats[i].judge].name, names[i]);
    } while (seated_permute(order, 5));
    seated_release(&s);
}

/* No judge is always asked first. */
static void the_order_differs_by_item(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_PAIR, 5, AZ_ORDERS_ONE);
    int first[5] = {0};
    for (int i = 0; i < 1000; i++) {
        char id[16];
        s.item.id = (struct az_str){id, (size_t)snprintf(id, sizeof(id), "item-%d", i)};
        seated_places(&s);
        first[s.at[0]]++;
    }
    for (int j = 0; j < 5; j++)
        assert_in_range(first[j], 150, 250);
    seated_release(&s);
}

/* One key twice: an answer before an error; else what they say settles it. */
static void of_two_ballots_the_same_one_stays(void **state)
{
    (void)state;
    static const char *const pairs[] = {"!A", "AB", "tA", "!!"};
    for (size_t i = 0; i < AZ_LEN(pairs); i++) {
        int stays[2];
        for (int turn = 0; turn < 2; turn++) {
            struct seated s;
            seated_init(&s, AZ_PAIR, 1, AZ_ORDERS_ONE);
            seated_add(&s, 0, 1, 0, pairs[i][turn]);
            seated_add(&s, 0, 1, 0, pairs[i][1 - turn]);
            struct az_step step = seated_next(&s, false);
            assert_int_equal(step.used[0] + step.used[1], 1);
            stays[turn] = s.ballots[step.used[0] ? 0 : 1].label;
            seated_release(&s);
        }
        assert_int_equal(stays[0], stays[1]);
        assert_int_equal(stays[0], i == 3 ? AZ_LABEL_NONE : AZ_LABEL_A);
    }
}

static void a_plan_is_kept_between_folds(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_PAIR, 5, AZ_ORDERS_BOTH);
    const struct az_plan *plan = NULL;
    struct az_board anew, first, second;
    struct az_fold fold = seated_fold(&s, false);
    assert_int_equal(az_board_make(&fold, &anew), 0);
    fold.plan = &plan;
    assert_int_equal(az_board_make(&fold, &first), 0);
    assert_ptr_equal(plan->seats, first.plan.seats);
    assert_int_equal(az_board_make(&fold, &second), 0);
    assert_ptr_equal(second.plan.seats, first.plan.seats);
    assert_int_equal(first.plan.n_slots, anew.plan.n_slots);
    assert_memory_equal(first.plan.seats, anew.plan.seats, 5 * sizeof(*anew.plan.seats));
    seated_release(&s);
}

static void board_without_memory(void **state)
{
    (void)state;
    struct seated s;
    seated_init(&s, AZ_PAIR, 40, AZ_ORDERS_BOTH);
    int r = AZ_ENOMEM, nth = 1;
    for (; r == AZ_ENOMEM; nth++) {
        struct az_board board;
        struct az_fold fold = seated_fold(&s, false);
        const struct az_plan *plan = NULL;
        fold.arena = az_arena_new(64);
        fold.plan = &plan;
        assert_non_null(fold.arena);
        az_fault_alloc(nth);
        r = az_board_make(&fold, &board);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        az_arena_free(fold.arena);
    }
    assert_true(nth > 2);
    seated_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_keys_in_plan_order),
        cmocka_unit_test(other_keys_are_not_in_the_plan),
        cmocka_unit_test(the_order_is_of_names_not_of_places),
        cmocka_unit_test(the_order_differs_by_item),
        cmocka_unit_test(of_two_ballots_the_same_one_stays),
        cmocka_unit_test(a_plan_is_kept_between_folds),
        cmocka_unit_test(board_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
