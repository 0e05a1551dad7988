#include "workers/lexical/overlap.h"

#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

/* Expected values from sacrebleu's tests (mjpost/sacrebleu, test/test_chrf.py;
 * Apache-2.0), times 100. Those of effective order are exact there; the others
 * were published for its epsilon smoothing, which averages F instead of
 * precision and recall and differs here by less than 0.0008. */
static const struct {
    const char *text, *reference;
    double beta, want, within;
} cases[] = {
    {"a", "a", 3, 100.0, 1e-9},
    {"", "reference", 3, 0.0, 1e-9},
    {"a b c", "a b c", 3, 100.0, 1e-9},
    {"a b c", "abc", 3, 100.0, 1e-9},
    {"", "c", 3, 0.0, 1e-9},
    {"aa", "ab", 3, 25.0, 1e-9},
    {"abcdefg", "hijklmnop", 3, 0.0, 1e-9},
    {"a", "b", 3, 0.0, 1e-9},
    {" risk assessment must be made of those who are qualified and expertise in the sector - "
     "these are the scientists .",
     "risk assessment has to be undertaken by those who are qualified and expert in that area - "
     "that is the scientists .",
     3, 63.361730, 1e-4},
    {" Die    Beziehung zwischen  Obama und Netanjahu ist nicht gerade  freundlich. ",
     "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.", 3,
     64.1302698, 1e-4},
    {"Niemand hat die Absicht, eine Mauer zu errichten",
     "Niemand hat die Absicht, eine Mauer zu errichten", 3, 100.0, 1e-9},
    {"Co nás nejvíc trápí, protože lékaři si vybírají, kdo bude žít a kdo zemře.",
     "Nejvíce smutní jsme z toho, že musíme rozhodovat o tom, kdo bude žít a kdo zemře.", 2,
     39.14078509, 8e-4},
    {"Nebo prostě nemají vybavení, které by jim pomohlo, uvedli lékaři.",
     "A někdy nemáme ani potřebný materiál, abychom jim pomohli, popsali lékaři.", 2, 31.22557079,
     8e-4},
    {"Lapali po dechu, jejich životy skončily dřív, než skutečně začaly.",
     "Lapali po dechu a pak jejich život skončil - dřív, než skutečně mohl začít, připomněli.", 2,
     57.15704367, 8e-4},
};

static void chrf_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        double got;
        assert_int_equal(
            az_chrf(az_str(cases[i].text), az_str(cases[i].reference), cases[i].beta, &got), 0);
        if (fabs(100 * got - cases[i].want) > cases[i].within)
            fail_msg("'%s': got %.9g, want %.9g", cases[i].text, 100 * got, cases[i].want);
    }
}

/* How often the n bytes at `gram` occur in `s`. */
static size_t occurs(const char *s, size_t len, const char *gram, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i + n <= len; i++)
        found += memcmp(s + i, gram, n) == 0;
    return found;
}

/* The sum over different n-grams of the smaller count, n-gram by n-gram. */
static double slow_chrf(const char *a, size_t n, const char *b, size_t m, double beta)
{
    double precision = 0, recall = 0;
    int orders = 0;
    for (size_t k = 1; k <= 6 && k <= n && k <= m; k++, orders++) {
        size_t common = 0;
        for (size_t i = 0; i + k <= n; i++) {
            if (occurs(a, i + k - 1, a + i, k) == 0) /* its first place */
                common += AZ_MIN(occurs(a, n, a + i, k), occurs(b, m, a + i, k));
        }
        precision += (double)common / (double)(n - k + 1);
        recall += (double)common / (double)(m - k + 1);
    }
    if (precision + recall == 0)
        return 0;
    precision /= orders;
    recall /= orders;
    return (1 + beta * beta) * precision * recall / (beta * beta * precision + recall);
}

static size_t random_text(struct az_rng *rng, char *text)
{
    size_t n = az_rng_below(rng, 120), kinds = 1 + az_rng_below(rng, 6);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + az_rng_below(rng, kinds));
    return n;
}

static void chrf_as_a_slow_one(void **state)
{
    (void)state;
    struct az_rng rng = az_rng(9);
    for (int i = 0; i < 1500; i++) {
        char a[128], b[128];
        size_t n = random_text(&rng, a), m = random_text(&rng, b);
        double got, want = slow_chrf(a, n, b, m, 2);
        assert_int_equal(az_chrf((struct az_str){a, n}, (struct az_str){b, m}, 2, &got), 0);
        if (fabs(got - want) > 1e-12)
            fail_msg("seed 9, round %d: got %.17g, want %.17g", i, got, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chrf_published),
        cmocka_unit_test(chrf_as_a_slow_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
