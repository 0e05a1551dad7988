#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/str.h"
#include "workers/answers/reasoning.h"

static const struct {
    const char *name, *content, *reasoning, *answer;
    bool unclosed;
} cases[] = {
    {"none", "[[A]]", NULL, "[[A]]", false},
    {"both tags", "<think>\nhm\n</think>\n[[A]]", "hm", "\n[[A]]", false},
    {"only the closing one", "hm\n</think>[[A]]", "hm", "[[A]]", false},
    {"quotes a label", "<think>[[B]] or [[A]]?</think>[[A]]", "[[B]] or [[A]]?", "[[A]]", false},
    {"the last closing tag", "<think>a</think>b</think>c", "a</think>b", "c", false},
    {"never closed", "<think>[[A]]", "[[A]]", "", true},
    {"never closed, white space before", "\n <think>[[A]]", "[[A]]", "", true},
    {"opened again, never closed", "<think>a</think> <think>[[B]]", "a</think> <think>[[B]]", "",
     true},
    {"nothing after", "<think>a</think>", "a", "", false},
    {"nothing inside", "<think></think>A", "", "A", false},
    {"opening tag in the middle is quoted", "it says <think> [[A]]", NULL, "it says <think> [[A]]",
     false},
    {"a tag quoted in JSON", "{\"rationale\":\"</think> is there\",\"label\":\"A\"}", NULL,
     "{\"rationale\":\"</think> is there\",\"label\":\"A\"}", false},
    {"JSON after reasoning", "<think>a</think>{\"label\":\"A\"}", "a", "{\"label\":\"A\"}", false},
    {"empty", "", NULL, "", false},
};

static void table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct az_str reasoning, answer;
        bool unclosed = az_reasoning_split(az_str(cases[i].content), &reasoning, &answer);
        if (unclosed != cases[i].unclosed || !az_str_eqz(answer, cases[i].answer) ||
            !az_str_eq(reasoning, az_str(cases[i].reasoning)) ||
            !reasoning.p != !cases[i].reasoning)
            fail_msg("%s: reasoning '" AZ_STR_FMT "', answer '" AZ_STR_FMT "'", cases[i].name,
                     AZ_STR_ARG(reasoning), AZ_STR_ARG(answer));
    }
}

static void no_text_at_all(void **state)
{
    (void)state;
    struct az_str reasoning, answer;
    assert_false(az_reasoning_split((struct az_str){NULL, 0}, &reasoning, &answer));
    assert_null(reasoning.p);
    assert_null(answer.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(no_text_at_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
