/* The summary of recorded ballots against the tables measured beside them (each
 * set's SOURCE.md): accuracy with the undecided wrong and as 1/k, kappa, order
 * agreement; and the effective votes of the statistics reference. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client/cli/summary.h"
#include "coordinator/summary.h"
#include "core/json.h"
#include "core/mem.h"
#include "policies/policy.h"

enum { JUDGES_MAX = 32, ITEMS_MAX = 512, ROW_CELLS = 11 };

struct set {
    struct az_arena *arena;
    struct az_panel panel;
    size_t n_items;
    struct az_item items[ITEMS_MAX];
    size_t n_ballots[ITEMS_MAX];
    struct az_ballot ballots[ITEMS_MAX][2 * JUDGES_MAX];
    struct az_judge judges[JUDGES_MAX];
};

static const char *labels[] = {"A", "B"};

static char *read_file(const char *set, const char *file)
{
    char path[4096], chunk[8192];
    snprintf(path, sizeof(path), "%s/%s/%s", getenv("ASSIZE_TEST_DATA"), set, file);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
        az_buf_put(&b, chunk, n);
    fclose(f);
    char *text = az_buf_take(&b);
    assert_non_null(text);
    return text;
}

static void read_items(struct set *s, const char *name)
{
    AZ_AUTO_MEM char *text = read_file(name, "items.jsonl");
    struct az_str rest = az_str(text), line;

    while (az_str_line(&rest, &line)) {
        AZ_AUTO(json) doc = NULL;
        assert_int_equal(az_json_parse(line, &doc, NULL), 0);
        az_jv root = az_json_root(doc);
        assert_true(s->n_items < ITEMS_MAX);
        struct az_item *item = &s->items[s->n_items];
        int *gold = az_arena_zalloc(s->arena, sizeof(*gold));
        double *one = az_arena_zalloc(s->arena, sizeof(*one));
        *gold = az_label_find(&s->panel.question, 2, az_jv_str(az_jv_get(root, "gold")));
        *one = 1;
        assert_int_not_equal(*gold, AZ_LABEL_NONE);
        *item = (struct az_item){.seq = (int64_t)s->n_items++,
                                 .id = az_arena_str(s->arena, az_jv_str(az_jv_get(root, "id"))),
                                 .n_responses = 2,
                                 .gold = {.n = 1, .labels = gold, .weights = one}};
        item->prompt = item->id; /* each its own cluster */
    }
}

static size_t cells(struct az_str line, char by, struct az_str *v, size_t most)
{
    size_t n = 0, from = 0;
    for (size_t i = 0; i <= line.n && n < most; i++) {
        if (i < line.n && line.p[i] != by)
            continue;
        v[n++] = az_str_trim((struct az_str){line.p + from, i - from});
        from = i + 1;
    }
    return n;
}

static size_t judge_at(struct set *s, struct az_str name)
{
    for (size_t i = 0; i < s->panel.n_judges; i++) {
        if (az_str_eqz(name, s->judges[i].name))
            return i;
    }
    assert_true(s->panel.n_judges < JUDGES_MAX);
    s->judges[s->panel.n_judges] = (struct az_judge){
        .name = az_arena_strndup(s->arena, name.p, name.n), .orders = AZ_ORDERS_NONE, .samples = 1};
    return s->panel.n_judges++;
}

/* item judge kind order sample label score */
static void read_ballots(struct set *s, const char *name)
{
    AZ_AUTO_MEM char *text = read_file(name, "ballots.tsv");
    struct az_str rest = az_str(text), line, v[7];
    size_t item = 0;

    assert_true(az_str_line(&rest, &line));
    while (az_str_line(&rest, &line)) {
        assert_int_equal(cells(line, '\t', v, 7), 7);
        for (size_t i = 0; !az_str_eq(s->items[item].id, v[0]); i++) {
            assert_true(i < s->n_items);
            item = item + 1 < s->n_items ? item + 1 : 0;
        }
        size_t judge = judge_at(s, v[1]);
        struct az_ballot *b = &s->ballots[item][s->n_ballots[item]++];
        *b = (struct az_ballot){.key = {.item = (int64_t)item,
                                        .judge = (int32_t)judge,
                                        .round = 1,
                                        .criterion = -1,
                                        .order = az_str_eqz(v[3], "AB")   ? AZ_ORDER_LISTED
                                                 : az_str_eqz(v[3], "BA") ? AZ_ORDER_REVERSED
                                                                          : AZ_ORDER_NONE},
                                .label = az_str_eqz(v[5], "A")     ? AZ_LABEL_A
                                         : az_str_eqz(v[5], "B")   ? AZ_LABEL_B
                                         : az_str_eqz(v[5], "tie") ? AZ_LABEL_TIE
                                                                   : AZ_LABEL_NONE};
        if (b->label == AZ_LABEL_NONE)
            b->error = AZ_BE_PARSE;
        if (b->key.order == AZ_ORDER_REVERSED)
            s->judges[judge].orders = AZ_ORDERS_BOTH;
    }
}

static struct set *read_set(const char *name)
{
    struct set *s = az_zalloc(sizeof(*s));
    assert_non_null(s);
    s->arena = az_arena_new(1 << 16);
    s->panel = (struct az_panel){
        .name = name,
        .question = {.kind = AZ_PAIR, .n_labels = 2, .labels = labels},
        .judges = s->judges,
        .policy = {.kind = AZ_POLICY_VOTE, .rounds = 1},
        .limits = {.quorum = 1},
    };
    read_items(s, name);
    read_ballots(s, name);
    return s;
}

static void free_set(struct set *s)
{
    az_arena_free(s->arena);
    free(s);
}

static struct az_summary *summarize(struct set *s)
{
    struct az_summary *sum = az_summary_new(&s->panel);
    assert_non_null(sum);
    for (size_t i = 0; i < s->n_items; i++) {
        AZ_AUTO(arena) arena = az_arena_new(1 << 14);
        struct az_step step;
        struct az_fold fold = {.panel = &s->panel,
                               .item = &s->items[i],
                               .ballots = {s->ballots[i], s->n_ballots[i]},
                               .closed = true,
                               .arena = arena};
        assert_int_equal(az_policy_next(&fold, &step, NULL), 0);
        assert_int_equal(step.kind, AZ_DECIDE);
        assert_int_equal(az_summary_add(sum, fold.item, &step.verdict, fold.ballots, NULL), 0);
    }
    struct az_summary_extra extra = {.calls = {.made = 0}};
    assert_int_equal(az_summary_finish(sum, &extra, NULL), 0);
    return sum;
}

/* To the digits printed. */
static void printed(const char *judge, const char *what, double got, struct az_str cell, int digits)
{
    double want;
    if (!az_str_double(cell, &want))
        fail_msg("%s: no number for %s", judge, what);
    if (!(fabs(got - want) <= 0.5 * pow(10, -digits) + 1e-9))
        fail_msg("%s: %s is %.*f, want " AZ_STR_FMT, judge, what, digits + 2, got,
                 AZ_STR_ARG(cell));
}

/* The table counts an item with one order unread as one that disagrees, and a
 * tie as wrong, where assize leaves the first out and gives the second 1/2. */
static void check_row(const struct az_summary_judge *j, size_t n_items, const struct az_str *v)
{
    int64_t empty = 0, ties = 0;
    assert_true(az_str_int(v[10], &empty) && az_str_int(v[9], &ties));

    assert_int_equal(j->accuracy.n, n_items);
    assert_int_equal(j->errors, empty);
    printed(j->name, "accuracy", 100 * j->accuracy.value, v[5], 2);
    if (ties == 0)
        printed(j->name, "accuracy_shared", 100 * j->accuracy_shared.value, v[6], 2);
    printed(j->name, "kappa", j->kappa.value, v[7], 3);
    if (v[8].n == 0) {
        assert_false(j->flip_rate.defined);
        return;
    }
    double agree = (1 - j->flip_rate.value) * (double)j->flip_rate.n;
    if (empty == 0) {
        assert_int_equal(j->flip_rate.n, n_items);
        printed(j->name, "order agreement", 100 * (1 - j->flip_rate.value), v[8], 1);
    } else {
        assert_true(j->flip_rate.n < (int64_t)n_items);
        printed(j->name, "order agreement", 100 * agree / (double)n_items, v[8], 1);
    }
}

static void check_table(const char *name, const struct az_summary *s)
{
    const struct az_summary_figures *f = az_summary_figures(s);
    AZ_AUTO_MEM char *text = read_file(name, "SOURCE.md");
    struct az_str rest = az_str(text), line, v[ROW_CELLS + 1];
    size_t rows = 0;

    while (az_str_line(&rest, &line)) {
        if (!az_str_starts(line, "| ") || !az_str_ends(line, "|"))
            continue;
        /* judge kind items ballots right wrong-if-undecided 1/k kappa agreement ties empty */
        struct az_str inner = {line.p + 1, line.n - 2};
        if (cells(inner, '|', v, ROW_CELLS + 1) != ROW_CELLS)
            continue;
        int judge = -1;
        for (size_t i = 0; i < f->n_judges; i++)
            judge = az_str_eqz(v[0], f->judges[i].name) ? (int)i : judge;
        if (judge < 0)
            continue;
        check_row(&f->judges[judge], (size_t)f->items, v);
        rows++;
    }
    assert_int_equal(rows, f->n_judges);
}

static const char *data(void)
{
    const char *dir = getenv("ASSIZE_TEST_DATA");
    if (!dir) {
        print_message("ASSIZE_TEST_DATA is not set: nothing to compare with\n");
        skip();
    }
    return dir;
}

static void check_set(const char *name, size_t items, size_t judges, const char *votes)
{
    struct set *set = read_set(name);
    AZ_AUTO(summary) s = summarize(set);
    const struct az_summary_figures *f = az_summary_figures(s);
    char got[32];

    assert_int_equal(f->items, items);
    assert_int_equal(f->gold, items);
    assert_int_equal(f->n_judges, judges);
    check_table(name, s);
    snprintf(got, sizeof(got), "%.1f", f->effective_votes.value);
    assert_string_equal(got, votes);
    assert_true(f->effective_votes.has_interval);

    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_summary_text(&b, s, 80, false, "assize report");
    size_t lines = 0;
    for (size_t i = 0; i < b.n; i++)
        lines += b.p[i] == '\n';
    assert_true(lines <= AZ_SUMMARY_LINES);
    free_set(set);
}

static void llmbar_casestudy(void **state)
{
    (void)state;
    data();
    check_set("llmbar-casestudy", 315, 30, "2.2");
}

static void humanpairs(void **state)
{
    (void)state;
    data();
    check_set("humanpairs", 466, 8, "1.6");
}

static void judgebench(void **state)
{
    (void)state;
    data();
    check_set("judgebench", 350, 6, "2.1");
}

/* The table calls a tie wrong (76.57, 64.29, 62.29); where tie is no label it is
 * half for each. */
static void ties_are_half_for_each(void **state)
{
    (void)state;
    data();
    struct set *set = read_set("judgebench");
    AZ_AUTO(summary) s = summarize(set);
    const struct az_summary_judge *j = az_summary_figures(s)->judges;
    static const struct {
        const char *name;
        double halves; /* right, and halves, of 350 */
    } cases[] = {
        {"o1-mini-2024-09-12", 541},
        {"Skywork/Skywork-Reward-Gemma-2-27B", 453},
        {"Skywork/Skywork-Reward-Llama-3.1-8B", 437},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        int at = az_summary_figures(s)->n_judges ? 0 : -1;
        while (strcmp(j[at].name, cases[i].name))
            at++;
        assert_true(fabs(j[at].accuracy_shared.value - cases[i].halves / 700) < 1e-12);
    }
    free_set(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(llmbar_casestudy),
        cmocka_unit_test(humanpairs),
        cmocka_unit_test(judgebench),
        cmocka_unit_test(ties_are_half_for_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
