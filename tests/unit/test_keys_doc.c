#include "core/keys_doc.h"

#include "tests/unit/unit.h"

static const char *const colours[] = {"red", "green", NULL};
static const struct az_key_row keys[] = {
    {"n", AZ_KEY_INT, .min = 1, .max = 9, .def = "3", .doc = "How many | how few."},
    {"c", AZ_KEY_WORD, .words = colours, .required = true, .doc = "Its colour."},
    {"later", .unbuilt = true, .doc = "Not yet."},
    {"list", AZ_KEY_NODE, .shape = AZ_SHAPE_TEXT | AZ_SHAPE_TEXTS, .def_doc = "none",
     .doc = "Some."},
    {0},
};

static const char head[] = "\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n";
static const char first[] = "| `n` | whole number, 1 to 9 | `3` | How many \\| how few. |\n";
static const char rest[] = "| `c` | `red`, `green` | **required** | Its colour. |\n"
                           "| `list` | text or a list | none | Some. |\n";

static void table(void **state)
{
    (void)state;
    char want[1024];
    AZ_AUTO_BUF all = az_buf(4096);
    AZ_AUTO_BUF one = az_buf(4096);
    az_keys_markdown(&all, keys, SIZE_MAX);
    snprintf(want, sizeof(want), "%s%s%s", head, first, rest);
    assert_string_equal(all.p, want);
    az_keys_markdown(&one, keys, 1);
    snprintf(want, sizeof(want), "%s%s", head, first);
    assert_string_equal(one.p, want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
