#include "workers/lexical/normal.h"

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

static const struct {
    const char *text, *want;
} folds[] = {
    {"", ""},
    {"Plain ASCII 42!", "plain ascii 42!"},
    {"Straße", "strasse"},      /* full case folding */
    {"ΣΊΣΥΦΟΣ", "σίσυφοσ"},     /* no final sigma: Unicode's CaseFolding.txt */
    {"ﬁne Ⅷ ①", "fine viii 1"}, /* NFKC: ligature, Roman numeral, circled digit */
    {"e\xcc\x81", "é"},         /* composed */
    {"Ａ\u00a0b", "a b"},       /* full width, no-break space */
};

static void normal_fold(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(folds); i++) {
        AZ_AUTO_BUF b = az_buf(4096);
        az_buf_z(&b, "");
        assert_int_equal(az_fold(&b, az_str(folds[i].text)), 0);
        assert_string_equal(b.p, folds[i].want);
    }
}

static const struct {
    const char *text, *want;
} spaces[] = {
    {"", ""},        {"  \n ", ""}, {" a  B\t\nc ", "a b c"}, {"a\u2003\u3000b", "a b"},
    {"ä  Ö", "ä ö"}, {"x", "x"},
};

static void normal_fold_spaces(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(spaces); i++) {
        AZ_AUTO_BUF b = az_buf(4096);
        az_buf_z(&b, "kept:");
        assert_int_equal(az_fold_spaces(&b, az_str(spaces[i].text)), 0);
        assert_string_equal(b.p + strlen("kept:"), spaces[i].want);
    }
}

static void join(struct az_buf *b, const struct az_tokens *t)
{
    az_buf_clear(b);
    az_buf_z(b, "");
    for (size_t i = 0; i < t->n; i++) {
        az_buf_z(b, i ? "|" : "");
        az_buf_str(b, t->v[i]);
    }
}

/* The first seven by the rules of SQuAD's evaluate-v1.1.py, worked by hand. */
static const struct {
    const char *text, *want;
} squad[] = {
    {"", ""},
    {"The  U.S. president", "us|president"},
    {"a an the A", ""},
    {"There, an-other theme!", "there|another|theme"},
    {"$1,000.50", "100050"},
    {"don't\tstop", "dont|stop"},
    {"... !", ""},
    {"“The” café — Straße", "café|strasse"},
    {"the", ""},
    {"x the", "x"},
};

static void normal_squad(void **state)
{
    (void)state;
    AZ_AUTO_TOKENS t = az_tokens();
    AZ_AUTO_BUF b = az_buf(4096);
    for (size_t i = 0; i < AZ_LEN(squad); i++) {
        assert_int_equal(az_tokens_squad(&t, az_str(squad[i].text)), 0);
        join(&b, &t);
        assert_string_equal(b.p, squad[i].want);
    }
}

static const struct {
    const char *text, *want;
} rouge[] = {
    {"", ""},
    {"Testing one-two, 3.5!", "testing|one|two|3|5"},
    {"don't under_score", "don|t|under|score"},
    {"Straße naïve", "stra|e|na|ve"},
    {"5 \xe2\x84\xaa", "5|k"}, /* KELVIN SIGN lower-cases to k */
    {"D\xc4\xb0Y", "di|y"},    /* I with dot: i and a combining dot */
    {"D\xc4\xb0", "di"},
    {"///", ""},
};

static void normal_rouge(void **state)
{
    (void)state;
    AZ_AUTO_TOKENS t = az_tokens();
    AZ_AUTO_BUF b = az_buf(4096);
    for (size_t i = 0; i < AZ_LEN(rouge); i++) {
        assert_int_equal(az_tokens_rouge(&t, az_str(rouge[i].text)), 0);
        join(&b, &t);
        assert_string_equal(b.p, rouge[i].want);
    }
}

/* The short way for ASCII and the long way agree: a text is folded alone and
 * with a letter from beyond ASCII after it. */
static void normal_ascii_is_no_exception(void **state)
{
    (void)state;
    struct az_rng rng = az_rng(3);
    for (int i = 0; i < 2000; i++) {
        char text[64];
        size_t n = az_rng_below(&rng, 40);
        for (size_t k = 0; k < n; k++)
            text[k] = (char)(1 + az_rng_below(&rng, 127));
        memcpy(text + n, " é", sizeof(" é"));
        AZ_AUTO_BUF brief = az_buf(4096);
        AZ_AUTO_BUF full = az_buf(4096);
        assert_int_equal(az_fold(&brief, (struct az_str){text, n}), 0);
        assert_int_equal(az_fold(&full, az_str(text)), 0);
        az_buf_z(&brief, " é");
        assert_string_equal(brief.p, full.p);
    }
}

static void normal_utf8_next(void **state)
{
    (void)state;
    static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
    static const uint32_t want[] = {'a', 0xe4, 0x20ac, 0x1f600};
    const char *p = text;
    for (size_t i = 0; i < AZ_LEN(want); i++)
        assert_int_equal(az_utf8_next(&p), want[i]);
    assert_ptr_equal(p, text + sizeof(text) - 1);
}

static void normal_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO_TOKENS t = az_tokens();
        az_fault_alloc(nth);
        r = az_tokens_squad(&t, AZ_STR("a b c d e f g h i j k l m é"));
        if (r == 0)
            r = az_tokens_rouge(&t, AZ_STR("a b c"));
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_fold),
        cmocka_unit_test(normal_fold_spaces),
        cmocka_unit_test(normal_squad),
        cmocka_unit_test(normal_rouge),
        cmocka_unit_test(normal_ascii_is_no_exception),
        cmocka_unit_test(normal_utf8_next),
        cmocka_unit_test(normal_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
