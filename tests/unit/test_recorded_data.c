/* Every recorded ballot of the reference data sets is read and found again.
 * Skipped without ASSIZE_TEST_DATA. */
#include "core/io_file.h"
#include "tests/unit/unit.h"
#include "workers/recorded.h"

static const char *pair_labels[] = {"A", "B", "tie"};

/* Ballots as `wc -l` counts them, less the header; none comes twice. */
static const struct {
    const char *name;
    size_t ballots;
} sets[] = {
    {"judgebench", 2450}, {"pandalm", 4995},           {"humanpairs", 7456},
    {"llmjudge", 75867},  {"llmbar-casestudy", 18900}, {"rewardbench2-k8", 47952},
    {"llm-rubric", 3485}, {"dices350", 43050},
};

static const char *data(void)
{
    const char *path = getenv("ASSIZE_TEST_DATA");
    if (!path) {
        print_message("ASSIZE_TEST_DATA is not set\n");
        skip();
    }
    return path;
}

static void load(struct az_recorded *t, const char *folder, const char *name)
{
    char path[512];
    AZ_AUTO(lines) l = NULL;
    struct az_line line;
    struct az_error err = {0};
    snprintf(path, sizeof(path), "%s/%s/ballots.tsv", folder, name);
    int r = az_lines_open(path, &l, &err);
    while (r >= 0 && (r = az_lines_next(l, &line, &err)) == AZ_LINE_HERE) {
        if (az_recorded_add_line(t, line.text, &err) != 0)
            fail_msg("%s: %s", path, *err.what ? err.what : "a ballot twice");
    }
    if (r < 0)
        fail_msg("%s: %s", path, err.what);
}

static void recorded_sets(void **state)
{
    (void)state;
    const char *folder = data();
    for (size_t i = 0; i < AZ_LEN(sets); i++) {
        AZ_AUTO(recorded) t = az_recorded_new();
        load(t, folder, sets[i].name);
        if (az_recorded_count(t) != sets[i].ballots)
            fail_msg("%s: %zu ballots", sets[i].name, az_recorded_count(t));
    }
}

/* The first rows of judgebench: o1-mini says A in both orders; a reward model
 * was asked in none and serves both. */
static void recorded_judgebench(void **state)
{
    (void)state;
    const char *folder = data(); /* it may leave from here, past all cleaning up */
    AZ_AUTO(recorded) t = az_recorded_new();
    AZ_AUTO(arena) arena = az_arena_new(256);
    load(t, folder, "judgebench");
    struct az_judge judges[] = {{.model = "o1-mini-2024-09-12"},
                                {.model = "Ray2333/GRM-Gemma-2B-rewardmodel-ft"}};
    struct az_panel panel = {.n_judges = 2, .judges = judges};
    panel.question =
        (struct az_question){.kind = AZ_PAIR, .ties = true, .n_labels = 3, .labels = pair_labels};
    struct az_item item = {.id = AZ_STR("e302b0a0-28d5-5a3c-b1af-fedcf5543e72"), .n_responses = 2};
    for (int i = 0; i < 4; i++) {
        struct az_key key = {.round = 1, .judge = i / 2, .order = i % 2, .criterion = -1};
        struct az_ballot got;
        assert_int_equal(az_recorded_find(t, &panel, &key, &item, arena, &got), 0);
        assert_int_equal(got.error, AZ_BE_NONE);
        assert_int_equal(got.label, AZ_LABEL_A);
        assert_false(got.has_score);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_sets),
        cmocka_unit_test(recorded_judgebench),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
