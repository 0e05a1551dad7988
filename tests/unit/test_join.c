#include "client/cli/import/join.h"

#include "core/mem.h"
#include "tests/unit/import.h"

static const char items[] =
    "{\"id\":\"a\",\"prompt\":\"p\",\"responses\":[\"x\",\"y\"]}\n"
    "{\"id\":\"b\",\"prompt\":\"p\",\"responses\":[\"x\",\"z\"],\"systems\":[\"S\",\"T\"]}\n"
    "{\"id\":\"c\",\"prompt\":\"p\",\"response\":\"x\"}\n"
    "{\"id\":\"d\",\"prompt\":\"alone\"}\n"
    "{\"id\":\"e\",\"prompt\":\"k\",\"responses\":[\"1\",\"2\",\"3\"]}\n"
    "{\"id\":\"f\",\"instruction\":\"p\",\"output_1\":\" x\\n\",\"output_2\":\"w\"}\n";

static const struct {
    const char *name, *id, *other, *prompt, *responses[4], *systems[3], *want;
} cases[] = {
    {"by id", "a", NULL, NULL, {0}, {0}, "id a"},
    {"by the other id", "no", "b", NULL, {0}, {0}, "id b"},
    {"by content", NULL, NULL, "p", {"x", "y"}, {0}, "content a"},
    {"by content, turned", "q", NULL, "p", {"y", "x"}, {0}, "content a turned"},
    {"white space around", NULL, NULL, " p\n", {"x", " w "}, {0}, "content f"},
    {"the id's texts turned", "a", NULL, "p", {"y", "x"}, {0}, "id a turned"},
    {"the id's texts are others", "a", NULL, "p", {"y", "q"}, {0}, "id a other"},
    {"the id goes before content", "b", NULL, "p", {"x", "y"}, {0}, "id b other"},
    {"systems", "b", NULL, NULL, {0}, {"S", "T"}, "id b"},
    {"systems turned", "b", NULL, NULL, {0}, {"T", "S"}, "id b turned"},
    {"another's systems", "b", NULL, NULL, {0}, {"S", "U"}, "none"},
    {"systems of an item without", "a", NULL, NULL, {0}, {"S", "U"}, "id a"},
    {"one response", NULL, NULL, "p", {"x"}, {0}, "content c"},
    {"three", NULL, NULL, "k", {"1", "2", "3"}, {0}, "content e"},
    {"three in another order", NULL, NULL, "k", {"3", "2", "1"}, {0}, "none"},
    {"another prompt", NULL, NULL, "P", {"x", "y"}, {0}, "none"},
    {"a prompt is no content", NULL, NULL, "alone", {0}, {0}, "none"},
    {"nothing", NULL, NULL, NULL, {0}, {0}, "none"},
};

static void list(const char *const *from, size_t max, struct az_str *to, size_t *n)
{
    for (*n = 0; *n < max && from[*n]; (*n)++)
        to[*n] = az_str(from[*n]);
}

static void find(struct az_join *j, size_t i, char got[64])
{
    struct az_str responses[4], systems[3];
    struct az_join_query q = {.id = az_str(cases[i].id),
                              .other_id = az_str(cases[i].other),
                              .prompt = az_str(cases[i].prompt),
                              .responses = responses,
                              .systems = systems};
    list(cases[i].responses, 4, responses, &q.n_responses);
    list(cases[i].systems, 3, systems, &q.n_systems);
    struct az_join_answer a = az_join_find(j, &q);
    static const char *const by[] = {"none", "id ", "content "};
    snprintf(got, 64, "%s" AZ_STR_FMT "%s%s", by[a.by], AZ_STR_ARG(a.id), a.turned ? " turned" : "",
             a.other_content ? " other" : "");
}

static void join_table(void **state)
{
    (void)state;
    AZ_AUTO(join) j = az_join_new();
    struct az_error err = {0};
    assert_int_equal(import_load(items, j, &err), 0);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        char got[64];
        find(j, i, got);
        if (strcmp(got, cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, got, cases[i].want);
    }
    assert_int_equal(az_join_count(j), 6);
    assert_int_equal(az_join_left(j), 1); /* d */
}

static void bad_and_double(void **state)
{
    (void)state;
    AZ_AUTO(join) j = az_join_new();
    struct az_error err = {0};
    assert_int_equal(az_join_add(j, AZ_STR("{\"id\":\"a\",\"prompt\":\"p\"}"), 1, &err), 0);
    assert_int_equal(az_join_add(j, AZ_STR("{\"id\":\"a\",\"prompt\":\"q\"}"), 2, &err), 1);
    assert_int_equal(az_join_add(j, AZ_STR("{"), 3, &err), AZ_EINVAL);
    assert_int_equal(az_join_add(j, AZ_STR("{}"), 4, &err), AZ_EINVAL);
    assert_int_equal(az_join_count(j), 1);
}

static void many(void **state)
{
    (void)state;
    AZ_AUTO(join) j = az_join_new();
    struct az_error err = {0};
    char text[96];
    for (int i = 0; i < 3000; i++) {
        snprintf(text, sizeof(text), "{\"id\":\"%d\",\"prompt\":\"p\",\"response\":\"r%d\"}", i, i);
        assert_int_equal(az_join_add(j, az_str(text), i + 1, &err), 0);
    }
    for (int i = 0; i < 3000; i++) {
        snprintf(text, sizeof(text), "r%d", i);
        struct az_str response = az_str(text);
        struct az_join_query q = {.prompt = AZ_STR("p"), .n_responses = 1, .responses = &response};
        struct az_join_answer a = az_join_find(j, &q);
        assert_int_equal(a.by, AZ_JOIN_CONTENT);
        assert_true(az_str_eqz(a.id, text + 1));
    }
    assert_int_equal(az_join_left(j), 0);
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_error err = {0};
        az_fault_alloc(nth);
        AZ_AUTO(join) j = az_join_new();
        r = j ? import_load(items, j, &err) : AZ_ENOMEM;
        assert_true(r == 0 || !j || *err.what);
    }
    az_fault_alloc(0);
    assert_int_equal(r, 0);
}

/* What is written of a joined file: the items in the frame of those joined to. */
static void turned_whole(void **state)
{
    (void)state;
    AZ_AUTO_BUF got = az_buf(4096);
    AZ_AUTO_BUF out = az_buf(4096);
    struct import_run run = {.as = "alpaca-eval",
                             .items = "{\"id\":\"i\",\"prompt\":\"p\",\"responses\":[\"y\",\"x\"]}"
                                      "\n{\"id\":\"k\",\"prompt\":\"?\"}",
                             .items_out = &out};
    struct az_error err = {0};
    int r = import_run(&run,
                       AZ_STR("[{\"instruction\":\"p\",\"output_1\":\"x\",\"output_2\":\"y\","
                              "\"generator_1\":\"X\",\"generator_2\":\"Y\",\"annotator\":\"j\","
                              "\"preference\":1.25,\"is_switched_outputs\":false}]"),
                       100, &got, &err);
    assert_int_equal(r, 0);
    assert_string_equal(got.p, "i j BA#0 B {B: 0.75,A: 0.25}");
    assert_string_equal(out.p, "{\"id\":\"i\",\"prompt\":\"p\",\"responses\":[\"y\",\"x\"],"
                               "\"systems\":[\"Y\",\"X\"]}\n");
    assert_int_equal(run.counts.by_content, 1);
    assert_int_equal(run.counts.turned, 1);
    assert_int_equal(run.left, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(join_table),   cmocka_unit_test(bad_and_double), cmocka_unit_test(many),
        cmocka_unit_test(turned_whole), cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
