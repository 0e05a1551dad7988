/* Every line of the reference data sets is an item with a known gold. Skipped
 * without ASSIZE_TEST_DATA. */
#include "core/io_file.h"
#include "core/item.h"
#include "tests/unit/item_panels.h"
#include "tests/unit/unit.h"

static const struct {
    const char *name;
    enum az_kind kind;
    int64_t items;
} sets[] = {
    {"judgebench", AZ_PAIR, 350},      {"pandalm", AZ_PAIR, 999},
    {"humanpairs", AZ_PAIR, 466},      {"llmbar-casestudy", AZ_PAIR, 315},
    {"rewardbench2-k8", AZ_BEST, 869}, {"llmjudge", AZ_SCORE, 2299},
    {"llm-rubric", AZ_SCORE, 223},     {"dices350", AZ_CHOICE, 350},
};

static struct az_panel panel_for(enum az_kind kind)
{
    static const char *labels[] = {"safe", "unsafe"};
    struct az_panel panel = panel_of(kind);
    panel.question.scale_min = 0;
    if (kind == AZ_CHOICE) {
        panel.question.n_labels = AZ_LEN(labels);
        panel.question.labels = labels;
    }
    return panel;
}

static int64_t count_items(const struct az_panel *panel, const char *path)
{
    AZ_AUTO(lines) l = NULL;
    struct az_line line;
    struct az_error err = {0};
    int64_t n = 0;
    int r = az_lines_open(path, &l, &err);
    while (r >= 0 && (r = az_lines_next(l, &line, &err)) == AZ_LINE_HERE) {
        AZ_AUTO(item) item = NULL;
        r = az_item_parse(panel, line.text, line.number, &item, &err);
        if (r < 0)
            fail_msg("%s line %lld: %s", path, (long long)line.number, err.what);
        if (!item->gold.n && !item->gold.has_number)
            fail_msg("%s line %lld: no known gold", path, (long long)line.number);
        n++;
    }
    if (r < 0)
        fail_msg("%s: %s", path, err.what);
    return n;
}

static void data_sets(void **state)
{
    (void)state;
    const char *data = getenv("ASSIZE_TEST_DATA");
    if (!data) {
        print_message("ASSIZE_TEST_DATA is not set\n");
        skip();
    }
    for (size_t i = 0; i < AZ_LEN(sets); i++) {
        char path[1024];
        struct az_panel panel = panel_for(sets[i].kind);
        snprintf(path, sizeof(path), "%s/%s/items.jsonl", data, sets[i].name);
        assert_int_equal(count_items(&panel, path), sets[i].items);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
