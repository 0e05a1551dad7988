#include "workers/lexical/overlap.h"

#include <math.h>

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

static const struct {
    const char *text, *reference;
    double contains, exact, f1; /* F1 worked by hand: 2 common / (words of both) */
} cases[] = {
    {"Paris", "Paris", 1, 1, 1},
    {"The answer is PARIS.", "paris", 1, 0, 2.0 / 4},
    {"the Paris", "Paris!", 0, 1, 1},
    {"in  the\ncity", "in the city", 1, 1, 1},
    {"Lyon", "Paris", 0, 0, 0},
    {"a b c c", "c c d", 0, 0, 2.0 * 2 / 6}, /* "a" is an article: b c c and c c d */
    {"", "", 1, 1, 1},
    {"the", "", 1, 1, 1},
    {"", "Paris", 0, 0, 0},
    {"Paris", "the", 0, 0, 0},
    {"STRASSE", "Straße", 1, 1, 1},
};

static void overlap_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_str a = az_str(cases[i].text), b = az_str(cases[i].reference);
        double contains, exact, f1;
        assert_int_equal(az_contains(a, b, &contains), 0);
        assert_int_equal(az_exact_match(a, b, &exact), 0);
        assert_int_equal(az_token_f1(a, b, &f1), 0);
        if (contains != cases[i].contains || exact != cases[i].exact ||
            fabs(f1 - cases[i].f1) > 1e-15)
            fail_msg("'%s' '%s': %g %g %g", cases[i].text, cases[i].reference, contains, exact, f1);
    }
}

/* Words of one letter each, parted by spaces. */
static size_t random_words(struct az_rng *rng, char *text, char *letters)
{
    size_t n = az_rng_below(rng, 30), at = 0;
    for (size_t i = 0; i < n; i++) {
        letters[i] = (char)('b' + az_rng_below(rng, 12));
        text[at++] = letters[i];
        text[at++] = ' ';
    }
    text[at] = '\0';
    return n;
}

static double slow_f1(char *a, size_t n, char *b, size_t m)
{
    size_t common = 0;
    if (!n || !m)
        return n == m;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m; j++) {
            if (b[j] == a[i]) {
                b[j] = '\0';
                common++;
                break;
            }
        }
    }
    if (!common)
        return 0;
    double precision = (double)common / (double)n, recall = (double)common / (double)m;
    return 2 * precision * recall / (precision + recall);
}

static void overlap_f1_as_a_slow_one(void **state)
{
    (void)state;
    struct az_rng rng = az_rng(11);
    for (int i = 0; i < 5000; i++) {
        char a[64], b[64], x[32], y[32];
        size_t n = random_words(&rng, a, x), m = random_words(&rng, b, y);
        double got;
        assert_int_equal(az_token_f1(az_str(a), az_str(b), &got), 0);
        double want = slow_f1(x, n, y, m);
        if (fabs(got - want) > 1e-12)
            fail_msg("'%s' '%s': got %.17g, want %.17g", a, b, got, want);
    }
}

static void overlap_without_memory(void **state)
{
    (void)state;
    struct az_str a = AZ_STR("one two three é"), b = AZ_STR("two three four");
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        double v;
        az_fault_alloc(nth);
        r = az_token_f1(a, b, &v);
        if (r == 0)
            r = az_exact_match(a, b, &v);
        if (r == 0)
            r = az_contains(a, b, &v);
        if (r == 0)
            r = az_rouge_l(a, b, &v);
        if (r == 0)
            r = az_chrf(a, b, 2, &v);
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_table),
        cmocka_unit_test(overlap_f1_as_a_slow_one),
        cmocka_unit_test(overlap_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
