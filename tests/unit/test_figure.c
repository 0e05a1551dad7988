/* A number that is printed: what it is without a value, and beyond its error. */
#include <math.h>

#include "statistics/figure.h"
#include "tests/unit/unit.h"

static void is_never_nan(void **state)
{
    (void)state;
    assert_false(az_figure_of(NAN, 3).defined);
    assert_non_null(az_figure_of(INFINITY, 3).reason);
    assert_false(az_figure_ratio(0, 0, "none").defined);
    assert_false(az_figure_between(az_figure_of(1, 3), NAN, 2, "t").has_interval);
}

static void beyond_its_error(void **state)
{
    (void)state;
    static const struct {
        double value, low, high;
        bool beyond;
    } cases[] = {
        {2.0, 0.04, 3.96, true}, /* an error of 1 */
        {1.01, -0.95, 2.97, true},   {0.99, -0.97, 2.95, false},
        {-2.0, -3.96, -0.04, false}, {0.0, 0.0, 0.0, false},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_figure f =
            az_figure_between(az_figure_of(cases[i].value, 9), cases[i].low, cases[i].high, "t");
        assert_int_equal(az_figure_beyond_error(&f), cases[i].beyond);
    }
    struct az_figure bare = az_figure_of(5, 9), none = az_figure_none("none", 0);
    assert_false(az_figure_beyond_error(&bare) || az_figure_beyond_error(&none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_never_nan),
                                       cmocka_unit_test(beyond_its_error)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
