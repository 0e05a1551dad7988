#include "workers/lexical/lexical.h"

#include <math.h>

#include "core/buf.h"
#include "core/error.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

static const char *pair_labels[] = {"A", "B", "tie"};
static const char *sizes[] = {"long", "middling", "short"};
static struct az_map_row by_words[] = {{5, 0}, {2, 1}};
static struct az_map_row by_any[] = {{0.5, 0}, {-INFINITY, 2}};

static struct az_question question(const char *kind)
{
    if (!strcmp(kind, "score"))
        return (struct az_question){.kind = AZ_SCORE, .scale_min = 1, .scale_max = 5};
    if (!strcmp(kind, "best"))
        return (struct az_question){.kind = AZ_BEST};
    if (!strcmp(kind, "choice"))
        return (struct az_question){.kind = AZ_CHOICE, .n_labels = 3, .labels = sizes};
    bool ties = !strcmp(kind, "pair");
    return (struct az_question){
        .kind = AZ_PAIR, .ties = ties, .n_labels = ties ? 3 : 2, .labels = pair_labels};
}

static const struct {
    const char *name, *kind, *model, *prompt, *responses, *reference; /* responses: one a line */
    const char *want; /* answer; rationale or error's text */
} cases[] = {
    {"higher wins", "pair", "token_f1", NULL, "red cat\nblue dog", "blue dog runs",
     "B; token_f1 A 0, B 0.8"},
    {"equal is a tie", "pair", "length", NULL, "four\nfünf", NULL, "tie; length A 4, B 4"},
    {"equal where ties are off", "strict", "length", NULL, "four\nfive", NULL,
     "tie; length A 4, B 4"},
    {"best", "best", "words", NULL, "a\na b c\na b", NULL, "B; words A 1, B 3, C 2"},
    {"best, equal tops", "best", "length", NULL, "bb\na\ncc", NULL,
     " 0.5 0 0.5; length A 2, B 1, C 2"},
    {"a ratio onto the scale", "score", "token_f1", NULL, "one two", "one three",
     "3; token_f1 0.5"},
    {"a ratio at the end", "score", "exact_match", NULL, "The cat!", "cat", "5; exact_match 1"},
    {"a count is itself", "score", "length", NULL, "four", NULL, "4; length 4"},
    {"a count out of scale", "score", "length", NULL, "sixteen", NULL,
     "outside; length is 7, outside the scale from 1 to 5"},
    {"contains", "score", "contains", NULL, "It is PARIS.", "Paris", "5; contains 1"},
    {"rouge_l", "score", "rouge_l", NULL, "testing one", "testing one two", "4.2; rouge_l 0.8"},
    {"chrf", "score", "chrf", NULL, "aa", "ab", "2; chrf 0.25"},
    {"a document's rules", "score", "gopher_quality", NULL, "Too short.", NULL,
     "1; gopher_quality 0 (words: 2, at least 50)"},
    {"a document in the prompt", "choice", "words", "one two three", NULL, NULL,
     "middling; words 3"},
    {"the map's first row", "choice", "words", NULL, "a b c d e", NULL, "long; words 5"},
    {"below the map", "choice", "words", NULL, "a", NULL,
     "outside; words is 1, which no row of 'map' reaches down to"},
    {"the map's else", "choice", "c4", NULL, "a", NULL,
     "short; c4 0 (sentences in kept lines: 0, at least 5)"},
    {"fineweb", "choice", "fineweb", NULL, "a", NULL,
     "short; fineweb 0 (lines ending in punctuation: 0, at least 0.12)"},
    {"repetition", "choice", "gopher_repetition", NULL, "a b c d e f", NULL,
     "short; gopher_repetition 0 (characters in the top 2-gram: 0.2727, at most 0.2)"},
    {"all rules", "choice", "document", NULL, "a b", NULL,
     "short; document 0 (characters in the top 2-gram: 1, at most 0.2)"},
    {"no reference", "score", "chrf", NULL, "text", NULL,
     "unfit; chrf compares with a reference and the item has none"},
    {"empty reference", "score", "contains", NULL, "text", " ",
     "unfit; contains looks for the reference and that is empty"},
    {"no text", "score", "length", NULL, NULL, NULL,
     "unfit; the item has neither a response nor a prompt"},
    {"two texts", "score", "length", NULL, "a\nb", NULL,
     "unfit; one text is measured and the item has 2 responses"},
    {"one response", "pair", "length", NULL, "a", NULL,
     "unfit; the item has 1 responses to compare"},
    {"three responses", "pair", "length", NULL, "a\nb\nc", NULL,
     "unfit; the item has 3 responses to compare"},
    {"no such measure", "pair", "token_f", NULL, "a\nb", NULL,
     "unfit; judge 'j': no lexical measure 'token_f'"},
};

static void print_ballot(struct az_buf *b, const struct az_question *q, const struct az_ballot *got)
{
    bool failed = got->error != AZ_BE_NONE;
    az_buf_clear(b);
    if (failed)
        az_buf_z(b, az_ballot_error_name(got->error));
    else if (got->has_score)
        az_buf_fmt(b, "%g", got->score);
    else
        az_buf_z(b, az_label_name(q, got->label));
    for (size_t i = 0; i < got->n_probs; i++)
        az_buf_fmt(b, " %g", got->probs[i]);
    az_buf_z(b, "; ");
    az_buf_str(b, failed ? got->error_text : got->rationale);
}

static int run(size_t i, struct az_arena *arena, struct az_panel *panel, struct az_ballot *got)
{
    struct az_str responses[8];
    struct az_item item = {.prompt = az_str(cases[i].prompt),
                           .reference = az_str(cases[i].reference),
                           .responses = responses};
    struct az_str rest = az_str(cases[i].responses);
    while (az_str_line(&rest, &responses[item.n_responses]))
        item.n_responses++;
    struct az_key key = {.round = 1, .criterion = -1, .order = AZ_ORDER_NONE};
    return az_lexical_judge(panel, &key, &item, arena, got);
}

static void lexical_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(arena) arena = az_arena_new(256);
        AZ_AUTO_BUF b = az_buf(4096);
        struct az_judge judge = {.name = "j", .model = cases[i].model, .n_map = 2};
        judge.map = strcmp(cases[i].model, "words") ? by_any : by_words;
        struct az_panel panel = {
            .question = question(cases[i].kind), .n_judges = 1, .judges = &judge};
        struct az_ballot got;
        assert_int_equal(run(i, arena, &panel, &got), 0);
        assert_true(got.error == AZ_BE_NONE || (got.label == AZ_LABEL_NONE && !got.has_score));
        assert_true(az_str_eqz(got.how, "lexical") && az_str_eqz(got.model, cases[i].model));
        print_ballot(&b, &panel.question, &got);
        if (strcmp(b.p, cases[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].name, b.p, cases[i].want);
    }
}

static void lexical_check(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *model;
        size_t n_map;
        const char *what, *hint;
    } checks[] = {
        {"pair", "chrf", 0, "", ""},
        {"choice", "words", 2, "", ""},
        {"pair", "rougeL", 0, "judge 'j': no lexical measure 'rougeL'", "Did you mean 'rouge_l'?"},
        {"pair", "bertscore", 0, "judge 'j': no lexical measure 'bertscore'", "There are length"},
        {"pair", NULL, 0, "judge 'j': no lexical measure ''", "There are length"},
        {"choice", "words", 0, "judge 'j': a measure names no label", "Say which value"},
    };
    for (size_t i = 0; i < AZ_LEN(checks); i++) {
        struct az_judge judge = {.name = "j", .model = checks[i].model, .n_map = checks[i].n_map};
        struct az_panel panel = {.question = question(checks[i].kind)};
        struct az_error err = {0};
        int r = az_lexical_check(&panel, &judge, &err);
        assert_int_equal(r, *checks[i].what ? AZ_EINVAL : 0);
        assert_string_equal(err.what, checks[i].what);
        assert_memory_equal(err.hint, checks[i].hint, strlen(checks[i].hint));
    }
}

/* Every measure is in the hint of an unknown one, and is found by its name. */
static void lexical_measures_are_listed(void **state)
{
    (void)state;
    struct az_judge judge = {.name = "j", .model = "bertscore"};
    struct az_panel panel = {.question = question("pair")};
    struct az_error err = {0};
    assert_int_equal(az_lexical_check(&panel, &judge, &err), AZ_EINVAL);
    for (const struct az_measure *m = az_measures; m->name; m++) {
        assert_non_null(strstr(err.hint, m->name));
        assert_ptr_equal(az_measure_find(m->name), m);
    }
    assert_null(az_measure_find("bertscore"));
}

static void lexical_without_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_judge judge = {.name = "j", .model = cases[i].model, .n_map = 2, .map = by_any};
        struct az_panel panel = {
            .question = question(cases[i].kind), .n_judges = 1, .judges = &judge};
        int r = AZ_ENOMEM;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            AZ_AUTO(arena) arena = az_arena_new(1);
            struct az_ballot got;
            az_fault_alloc(nth);
            r = run(i, arena, &panel, &got);
            az_fault_alloc(0);
        }
        assert_int_equal(r, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lexical_table),
        cmocka_unit_test(lexical_check),
        cmocka_unit_test(lexical_measures_are_listed),
        cmocka_unit_test(lexical_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
