#include "workers/lexical/document.h"

#include <math.h>

#include "core/buf.h"
#include "core/error.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

static void document_words(void **state)
{
    (void)state;
    static const char text[] = "He said: \"well-known…\" ... (don't) € 3.5%\n\nEnd.";
    static const char *const want[] = {"He", "said",  ":", "\"", "well-known", "…", "\"",  "...",
                                       "(",  "don't", ")", "€",  "3.5",        "%", "End", "."};
    struct az_document d;
    assert_int_equal(az_document_init(&d, az_str(text)), 0);
    assert_int_equal(d.n_words, AZ_LEN(want));
    size_t symbols = 0;
    for (size_t i = 0; i < AZ_LEN(want); i++) {
        assert_true(az_str_eqz(d.words[i].text, want[i]));
        assert_int_equal(d.words[i].chars, az_utf8_count(az_str(want[i])));
        symbols += d.words[i].symbol;
    }
    assert_int_equal(symbols, 10);
    assert_int_equal(d.n_symbols, 10);
    assert_int_equal(d.n_lines, 3);
    az_document_release(&d);
}

/* Sixty words, four lines, no line twice. */
#define PROSE                                                                                  \
    "The river that runs past the mill has been low for most of the summer this year.\n"       \
    "People who live near it have begun to carry water up from the well behind the church.\n"  \
    "An old farmer says that he saw the same thing when he was a boy of nine or ten.\n"        \
    "Nobody knows whether rain will come soon. The council meets with its engineers again on " \
    "Monday."

static const struct {
    const char *name;
    az_rules_fn *rules;
    const char *text;
    int times;
    const char *want; /* "" = passes; else the rule that is broken */
    double measured;
} cases[] = {
    {"prose", az_gopher_quality, PROSE, 1, "", 0},
    {"prose", az_gopher_repetition, PROSE, 1, "", 0},
    {"prose", az_c4, PROSE, 1, "", 0},
    {"prose", az_c4_loose, PROSE, 1, "", 0},
    {"prose", az_fineweb, PROSE, 1, "", 0},
    {"prose", az_document_rules, PROSE, 1, "", 0},

    /* datatrove's test_gopher_quality, longer where it lowers the least length */
    {"short", az_gopher_quality, "I am too small...", 1, "words", 4},
    {"nothing", az_gopher_quality, "", 1, "words", 0},
    {"long", az_gopher_quality, "then that ", 60000, "words", 120000},
    {"short words", az_gopher_quality, "I am ", 30, "mean word length", 1.5},
    {"long words", az_gopher_quality, "interconnection ", 60, "mean word length", 15},
    {"hashes", az_gopher_quality, "# comment ", 60, "hashes per word", 0.5},
    {"ellipses", az_gopher_quality, "... comment ", 60, "ellipses per word", 0.5},
    {"bullets", az_gopher_quality, "- the list of them\n", 20, "bullet lines", 1},
    {"bullets", az_gopher_quality, "  • the list of them\n", 20, "bullet lines", 1},
    {"trailing dots", az_gopher_quality, "then it went on and on and on with that story…\n", 10,
     "lines ending in an ellipsis", 1},
    {"symbols", az_gopher_quality, "the ./!*? apple <?> orange ++ tree have ", 20,
     "words with a letter", 5.0 / 15},
    {"no stop words", az_gopher_quality, "green apples fell down ", 20, "different stop words", 0},
    {"one stop word", az_gopher_quality, "the apples fell The ", 20, "different stop words", 1},

    /* datatrove's test_gopher_repetition */
    {"a line again", az_gopher_repetition, "I am your father.\n", 4, "repeated lines", 0.75},
    {"a paragraph again", az_gopher_repetition, "I am your father.\n\n", 4, "repeated paragraphs",
     0.75},
    {"a long paragraph again", az_gopher_repetition,
     "I am groot.\n\nYou are a wizard.\n\nI am your father.\n\n"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.\n\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.\n\n",
     1, "characters in repeated paragraphs", 31.0 / 117},
    {"a long line again", az_gopher_repetition,
     "I am groot.\nYou are a wizard.\nI am your father.\n"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.\n",
     1, "characters in repeated lines", 41.0 / 132},
    {"a 2-gram", az_gopher_repetition, "I am Frank, I am Frank, I am Frank", 1,
     "characters in the top 2-gram", 12.0 / 34},
    {"a 3-gram", az_gopher_repetition,
     "I am Frank, you are Jhon. I am Frank. I am Frank you are Jhon", 1,
     "characters in the top 3-gram", 30.0 / 61},
    {"a 5-gram", az_gopher_repetition,
     "I am a solo traveller I am a solo traveller I am a solo traveller I am a solo traveller I am "
     "a solo traveller I am a solo traveller " PROSE,
     1, "characters in repeated 5-grams", 5 * 17.0 / (132 + sizeof(PROSE) - 1)},
    {"nothing", az_gopher_repetition, " \n ", 1, "words", 0},

    /* datatrove's TestC4QualityFilter and its order of tests */
    {"lorem", az_c4, "This is a line with Lorem Ipsum dolor.\n", 6, "lines with 'lorem ipsum'", 1},
    {"code", az_c4, "This is some code with a { bracket.\n", 6, "lines with '{'", 1},
    {"few sentences", az_c4, "Just one sentence.", 1, "sentences in kept lines", 1},
    {"no full stop", az_c4, "No line of these ends with punctuation\n", 9,
     "sentences in kept lines", 0},
    {"no full stop, loose", az_c4_loose, "No line of these ends with punctuation\n", 9, "", 0},
    {"two words", az_c4, "Two words.\n", 9, "sentences in kept lines", 0},
    {"dots", az_c4, "And so it goes on...\n", 9, "sentences in kept lines", 0},
    {"javascript", az_c4, "Please enable JavaScript now.\n", 9, "sentences in kept lines", 0},
    {"policy", az_c4, "This site uses cookies for ads.\n", 9, "sentences in kept lines", 0},
    {"'{' in a dropped line", az_c4, PROSE "\n{ color: red }\n", 1, "", 0},
    {"citations at the end", az_c4, "It was said before.[12][citation needed]\n", 5, "", 0},
    {"'[' in the middle", az_c4, "It [was] said before[12]\n", 5, "sentences in kept lines", 0},
    {"sentences in one line", az_c4, "One is here. Is two? Yes! (It is.) e.g.this is one.", 1, "",
     0},

    {"no punctuation", az_fineweb, "no punctuation at the end of any of these long lines here\n", 9,
     "lines ending in punctuation", 0},
    {"short lines", az_fineweb, "A brief line.\n", 9, "lines of at most 30 characters", 1},
    {"a line again", az_fineweb, "This line is long enough but comes more than once.\n", 2,
     "characters in repeated lines", 0.5},
    {"blank lines", az_fineweb,
     "This first line is a long one and ends well.\n\n\n\n\n\n\n"
     "That second line is long too and it ends well.",
     1, "line ends per word", 7.0 / 22},
    {"nothing", az_fineweb, "\n\n", 1, "lines", 0},

    {"the first of all", az_document_rules, "I am your father.\n", 4, "repeated lines", 0.75},
    {"then quality", az_document_rules,
     "The river that runs past the mill has been low for most of the summer this year. People who "
     "live near it have begun to carry water up from the well behind the church.",
     1, "words", 34},
    {"then C4", az_document_rules, PROSE "\nThe well is { deep } enough for all of them.", 1,
     "lines with '{'", 1},
};

static void document_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
        for (int k = 0; k < cases[i].times; k++)
            az_buf_z(&text, cases[i].text);
        struct az_document d;
        struct az_broken broken = {.rule = ""};
        assert_int_equal(az_document_init(&d, az_buf_view(&text)), 0);
        int r = cases[i].rules(&d, &broken);
        az_document_release(&d);
        assert_int_equal(r, *broken.rule == '\0');
        bool near = isnan(cases[i].measured) || fabs(broken.measured - cases[i].measured) < 1e-12;
        if (strcmp(broken.rule, cases[i].want) != 0 || (*broken.rule && !near))
            fail_msg("case %zu, %s: '%s' %.17g", i, cases[i].name, broken.rule, broken.measured);
    }
}

/* At the bound it passes, past it it does not; the words say which side. */
static void document_bounds(void **state)
{
    (void)state;
    struct az_broken b = {0};
    assert_int_equal(az_rule_at_most(&b, "r", 0.3, 0.3), 1);
    assert_null(b.rule);
    assert_int_equal(az_rule_at_most(&b, "r", 0.31, 0.3), 0);
    assert_false(b.under);
    assert_int_equal(az_rule_at_least(&b, "r", 50, 50), 1);
    assert_int_equal(az_rule_at_least(&b, "r", 49, 50), 0);
    assert_true(b.under);
    assert_true(az_share(0, 0) == 0);
}

static void document_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_document d;
        struct az_broken broken;
        az_fault_alloc(nth);
        r = az_document_init(&d, az_str(PROSE));
        if (r == 0)
            r = az_document_rules(&d, &broken);
        az_document_release(&d);
        az_fault_alloc(0);
    }
    assert_int_equal(r, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_words),
        cmocka_unit_test(document_rules),
        cmocka_unit_test(document_bounds),
        cmocka_unit_test(document_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
