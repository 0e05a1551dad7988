/* The words that every judge is told are part of what was asked: they may only
 * change together with AZ_INSTRUCT_VERSION. */
#include <stdlib.h>

#include "core/hash.h"
#include "core/instruct.h"
#include "tests/unit/unit.h"

static const char *const panels[] = {
    "question: pair\njudges: [{backend: openai, model: m}]\n",
    "question: {kind: pair, ties: false}\njudges: [{backend: openai, model: m, answer: letter}]\n",
    "question: pair\njudges: [{backend: openai, model: m, answer: arena_hard}]\n",
    "question: pair\njudges: [{backend: openai, model: m, answer: mt_bench, persona: p}]\n",
    "question: {kind: choice, ask: q, labels: {a: x, b: y}}\njudges: [{backend: openai, model: "
    "m}]\n",
    "question: {kind: score, ask: q, scale: [1, 5], levels: {1: bad, 5: good}}\n"
    "judges: [{backend: openai, model: m}]\n",
    "question: best\njudges: [{backend: openai, model: m, answer: letter}]\n",
};

static void words_and_version(void **state)
{
    (void)state;
    AZ_AUTO_BUF words = az_buf(AZ_BUF_MAX);
    for (size_t i = 0; i < AZ_LEN(panels); i++) {
        AZ_AUTO(panel) p = NULL;
        struct az_panel_source source = {0};
        struct az_error err = {0};
        if (az_panel_parse(panels[i], "words.yaml", &source, &p, &err) < 0)
            fail_msg("%s", err.what);
        assert_int_equal(az_instruct(&words, p, &p->judges[0], &err), 0);
    }
    struct az_hash hash = az_hash_of(az_buf_view(&words));
    char hex[AZ_HASH_HEX + 1];
    az_hash_hex(&hash, hex);
    static const char *const known[] = {NULL, "fc15d7e355f8f21d6eea0c63ec95d0a5"}; /* by version */
    assert_true(AZ_INSTRUCT_VERSION < (int)AZ_LEN(known));
    if (strcmp(hex, known[AZ_INSTRUCT_VERSION]))
        fail_msg("the words are '%s': raise AZ_INSTRUCT_VERSION and list them", hex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_and_version)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
