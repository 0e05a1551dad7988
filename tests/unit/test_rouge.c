#include "workers/lexical/overlap.h"

#include <math.h>

#include "core/rng.h"
#include "tests/unit/unit.h"

/* Expected values from rouge-score's own tests (google-research, rouge/
 * rouge_scorer_test.py: testRougeLConsecutive, testRougeLNonConsecutive,
 * testRougeEmpty), and worked by hand. */
static const struct {
    const char *text, *reference;
    double want;
} cases[] = {
    {"testing one", "testing one two", 4.0 / 5},
    {"testing two", "testing one two", 4.0 / 5},
    {"", "testing one two", 0},
    {"testing", "", 0},
    {"/", "w1 w2", 0},
    {"Testing, ONE two!", "testing one two", 1},
    {"two one testing", "testing one two", 1.0 / 3},                 /* one in order: 2 * 1 / 6 */
    {"police killed the gunman", "police kill the gunman", 3.0 / 4}, /* Lin 2004, 3.1 */
    {"police kill the gunman", "the gunman kill police", 1.0 / 2},   /* the same, S3 */
};

/* Scores of ROUGE-1.5.5 on rouge-score's first two test pairs (testdata/,
 * Apache-2.0; testRougeLAgainstRouge155). */
static const struct {
    const char *text, *reference;
    double want;
} official[] = {
    {"rFDJCRtion Ht-LM EKtDXkME,yz'RBr q'wer wrojNbN wL,b .a-'XdQggyFl jB-RPP'iyOIcUxi",
     "ZfbCUIUuePaiLVUlCaUXxkpu XPeWing tUHfPMuZ',-Xd Y BrUgVJing M-HV.-DgdDaY.rFDJCRing Ht-LM "
     "EKBDXkME,yz'RBr q'wtion wIojNbN wL,b .a-'XdQggyFl jB-RPP'iyOIcUxer tKM L",
     0.51163},
    {"nn cw-WeFyu vC MoBL Xdn g wkvcEiGvKtion BDFhrpMer pstion sbKao Q m qier LMmed "
     "HqqLFXe,XPY,J XsurkMeo ,ed nB'wH'bWVHjWFEer tQ.saefZwJtKrTlixYpMMNJtion UCAPwNHeYVjD",
     "KsJdPByEtAor fE-Qg Dpdbring cw-WeFyu vC MoBL Xdn g wkvcEiGvKtion BDFhrpMtion psing sbKao Q "
     "m qiing LMmer HqqLFXe,XPY,J XsurkMer ,ed nB'wH'bWVHjWFEing tQ.saefZwJtKrTlixYpMMsJing "
     "UCAPwNHeYVjDing c T BUySKtion gMPfJpwGw p'NvxAoping eu pBwMBKV'I DNxqelhu,PHPxDEq,mtion SN",
     0.50000},
};

static void rouge_official(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(official); i++) {
        double got;
        assert_int_equal(az_rouge_l(az_str(official[i].text), az_str(official[i].reference), &got),
                         0);
        if (fabs(got - official[i].want) > 5e-6)
            fail_msg("pair %zu: got %.6f", i, got);
    }
}

static void rouge_published(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        double got;
        assert_int_equal(az_rouge_l(az_str(cases[i].text), az_str(cases[i].reference), &got), 0);
        if (fabs(got - cases[i].want) > 1e-12)
            fail_msg("'%s' '%s': got %.17g", cases[i].text, cases[i].reference, got);
    }
}

enum { WORDS = 200 };

/* The table of Cormen et al., a cell at a time. */
static size_t slow_lcs(const char *a, size_t n, const char *b, size_t m)
{
    static size_t t[WORDS + 1][WORDS + 1];
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++)
            t[i][j] = a[i - 1] == b[j - 1] ? t[i - 1][j - 1] + 1 : AZ_MAX(t[i - 1][j], t[i][j - 1]);
    }
    return t[n][m];
}

static size_t random_words(struct az_rng *rng, char *text, char *letters)
{
    size_t n = az_rng_below(rng, WORDS), at = 0, kinds = 1 + az_rng_below(rng, 20);
    for (size_t i = 0; i < n; i++) {
        letters[i] = (char)('a' + az_rng_below(rng, kinds));
        text[at++] = letters[i];
        text[at++] = "., \n"[az_rng_below(rng, 4)];
    }
    text[at] = '\0';
    return n;
}

/* Lengths on both sides of a word of bits, so that carries cross. */
static void rouge_as_a_slow_one(void **state)
{
    (void)state;
    struct az_rng rng = az_rng(5);
    for (int i = 0; i < 1500; i++) {
        char a[2 * WORDS + 1], b[2 * WORDS + 1], x[WORDS], y[WORDS];
        size_t n = random_words(&rng, a, x), m = random_words(&rng, b, y);
        double got, want = 0;
        assert_int_equal(az_rouge_l(az_str(a), az_str(b), &got), 0);
        double length = (double)slow_lcs(x, n, y, m);
        if (length > 0) {
            double precision = length / (double)n, recall = length / (double)m;
            want = 2 * precision * recall / (precision + recall);
        }
        if (fabs(got - want) > 1e-12)
            fail_msg("seed 5, round %d: got %.17g, want %.17g", i, got, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rouge_published),
        cmocka_unit_test(rouge_official),
        cmocka_unit_test(rouge_as_a_slow_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
