#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/window.h"

/* Fill the window, then all its calls end like this. */
static void round_of(struct az_window *w, enum az_window_end how, az_ms started, az_ms now)
{
    while (az_window_room(w))
        az_window_start(w);
    for (int n = w->in_flight; n > 0; n--)
        az_window_end(w, how, started, now);
}

static void grows_by_one_a_round(void **state)
{
    (void)state;
    struct az_window w;
    az_window_init(&w, 4, 100);
    while (az_window_room(&w))
        az_window_start(&w);
    for (int i = 0; i < 40; i++) { /* always full: each end lets another begin */
        az_window_end(&w, AZ_WINDOW_OK, 0, 1);
        while (az_window_room(&w))
            az_window_start(&w);
    }
    assert_in_range(az_window_size(&w), 9, 10); /* sqrt(4^2 + 2 * 40) = 9.8 */
}

static void one_overload_halves_once(void **state)
{
    (void)state;
    struct az_window w;
    az_window_init(&w, 16, 100);
    round_of(&w, AZ_WINDOW_OVERLOAD, 0, 10); /* sixteen times the same news */
    assert_int_equal(az_window_size(&w), 8);
    round_of(&w, AZ_WINDOW_OVERLOAD, 10, 20); /* began at the cut: the old news still */
    assert_int_equal(az_window_size(&w), 8);
    round_of(&w, AZ_WINDOW_OVERLOAD, 11, 20);
    assert_int_equal(az_window_size(&w), 4);
}

static void floor_and_ceiling(void **state)
{
    (void)state;
    struct az_window w;
    az_window_init(&w, 3, 5);
    for (az_ms now = 1; now < 20; now++)
        round_of(&w, AZ_WINDOW_OVERLOAD, now, now);
    assert_int_equal(az_window_size(&w), 1);
    assert_true(az_window_room(&w));
    for (int i = 0; i < 200; i++)
        round_of(&w, AZ_WINDOW_OK, 100, 100);
    assert_int_equal(az_window_size(&w), 5);
}

static void an_unused_window_stays(void **state)
{
    (void)state;
    struct az_window w;
    az_window_init(&w, 8, 100);
    for (int i = 0; i < 100; i++) {
        az_window_start(&w);
        az_window_end(&w, AZ_WINDOW_OK, i, i);
    }
    assert_int_equal(az_window_size(&w), 8);
    round_of(&w, AZ_WINDOW_NEUTRAL, 0, 1);
    assert_int_equal(az_window_size(&w), 8);
}

/* After a cut, more may be under way than there is room for. */
static void no_room_until_enough_ended(void **state)
{
    (void)state;
    struct az_window w;
    az_window_init(&w, 8, 100);
    while (az_window_room(&w))
        az_window_start(&w);
    az_window_end(&w, AZ_WINDOW_OVERLOAD, 0, 1);
    for (int under_way = 7; under_way >= 4; under_way--) {
        assert_false(az_window_room(&w));
        az_window_end(&w, AZ_WINDOW_NEUTRAL, 0, 1);
    }
    assert_true(az_window_room(&w));
}

/* Against a server that takes 20 at once it settles between half and all. */
/* Somebody states another size: no more begin than fit, and none is ended. */
static void set_to_another_size(void **state)
{
    (void)state;
    struct az_window w;
    az_window_init(&w, 4, 100);
    for (int i = 0; i < 4; i++)
        az_window_start(&w);
    az_window_set(&w, 2);
    az_window_end(&w, AZ_WINDOW_OK, 0, 1);
    az_window_end(&w, AZ_WINDOW_OK, 0, 1);
    assert_false(az_window_room(&w));
    az_window_end(&w, AZ_WINDOW_OK, 0, 1);
    assert_true(az_window_room(&w));
    az_window_set(&w, 9);
    assert_int_equal(az_window_size(&w), 9);
}

static void finds_a_servers_size(void **state)
{
    (void)state;
    enum { TAKES = 20 };
    struct az_window w;
    az_window_init(&w, 1, 1000);
    for (az_ms now = 1; now < 400; now++) {
        while (az_window_room(&w))
            az_window_start(&w);
        int n = w.in_flight;
        for (int i = 0; i < n; i++)
            az_window_end(&w, i < TAKES ? AZ_WINDOW_OK : AZ_WINDOW_OVERLOAD, now, now);
        if (now > 100)
            assert_in_range(az_window_size(&w), TAKES / 2, TAKES + 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_by_one_a_round),       cmocka_unit_test(one_overload_halves_once),
        cmocka_unit_test(floor_and_ceiling),          cmocka_unit_test(an_unused_window_stays),
        cmocka_unit_test(no_room_until_enough_ended), cmocka_unit_test(finds_a_servers_size),
        cmocka_unit_test(set_to_another_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
