#include "client/cli/io_sources.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "tests/unit/unit.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/assize-sources-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}

/* Its path is good until the third call after. */
static const char *file(const char *name, const char *text)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    return path;
}

/* "id: judge=label …; …" of a whole corpus, in its order. A spread vote is the
 * shares; a true label is "!label" after the id. */
static void print_corpus(struct az_buf *b, const struct az_corpus *c)
{
    const struct az_sample *s = &c->sample;
    for (size_t i = 0; i < s->n_items; i++) {
        struct az_str id = az_corpus_id(c, i);
        az_buf_fmt(b, "%s" AZ_STR_FMT, i ? "; " : "", AZ_STR_ARG(id));
        if (s->truths[i].label >= 0)
            az_buf_fmt(b, "!%d", s->truths[i].label);
        az_buf_char(b, ':');
        struct az_votes_of votes = az_sample_votes(s, i);
        for (size_t j = 0; j < s->n_judges; j++) {
            for (size_t k = 0; k < votes.n; k++) {
                const struct az_vote *v = &votes.v[k];
                if ((size_t)v->judge != j)
                    continue;
                az_buf_fmt(b, " %s=", c->panel->judges[j].name);
                if (v->label >= 0)
                    az_buf_fmt(b, "%d", v->label);
                for (size_t l = 0; v->label < 0 && az_vote_has_share(v) && l < s->n_labels; l++)
                    az_buf_fmt(b, "%s%g", l ? "/" : "", az_vote_share(s, v, l));
                if (az_vote_score(s, v))
                    az_buf_fmt(b, "(%g)", *az_vote_score(s, v));
                for (size_t l = 0; az_vote_margins(s, v) && l < s->n_labels; l++)
                    az_buf_fmt(b, "%s%.3g", l ? "," : "[", az_vote_margins(s, v)[l]);
                az_buf_z(b, az_vote_margins(s, v) ? "]" : "");
            }
        }
    }
}

static const char *read_all(const char *const *paths, size_t n,
                            const struct az_sources_options *options, struct az_buf *b,
                            struct az_sources_counts *counts)
{
    AZ_AUTO(sources) s = NULL;
    struct az_corpus c = {0};
    struct az_error err = {0};
    int r = az_sources_open(paths, n, options, &s, &err);
    if (r == 0)
        r = az_sources_corpus(s, 0, &c, &err);
    az_buf_clear(b);
    if (r == 0)
        print_corpus(b, &c);
    else
        az_buf_fmt(b, "%s: %s", az_error_name(r), err.what);
    if (s && counts)
        *counts = az_sources_counts(s);
    az_corpus_release(&c);
    return b->p;
}

#define ROWS "item\tjudge\tkind\torder\tsample\tlabel\tscore\n"

static const struct {
    const char *name, *ballots, *items, *gold, *want;
} cases[] = {
    {"orders fold to a seat",
     ROWS "q1\tm\tllm\tAB\t0\tA\t\nq1\tm\tllm\tBA\t0\tB\t\nq1\tn\tllm\tAB\t0\tB\t\n", NULL, NULL,
     "q1: m=0.5/0.5 n=1"},
    {"samples too, and the unreadable is missing",
     ROWS "q1\tm\tllm\t\t0\tA\t\nq1\tm\tllm\t\t1\tA\t\nq1\tm\tllm\t\t2\tB\t\nq1\tn\tllm\t\t0\t\t\n",
     NULL, NULL, "q1: m=0.666667/0.333333"},
    {"by judge, not by item",
     ROWS "q1\tm\t\t\t0\tA\t\nq2\tm\t\t\t0\tB\t\nq1\tn\t\t\t0\tB\t\nq2\tn\t\t\t0\tB\t\n", NULL,
     NULL, "q1: m=0 n=1; q2: m=1 n=1"},
    {"no order serves both", ROWS "q1\tm\t\tAB\t0\tA\t\nq1\tm\t\tBA\t0\tA\t\nq2\tm\t\t\t0\tB\t\n",
     NULL, NULL, "q1: m=0; q2: m=1"},
    {"a lead is a margin, whatever its sign",
     ROWS "q1\trm\trm\t\t0\tA\t2\nq2\trm\trm\t\t0\tB\t-3\n", NULL, NULL,
     "q1: rm=0[1,-1]; q2: rm=1[-1.5,1.5]"},
    {"scores on levels are levels",
     ROWS "q1\tm\t\t\t0\t\t1\nq1\tm\t\t\t1\t\t3\nq1\tn\t\t\t0\t\t3\n", NULL, NULL,
     "q1: m=0.5/0/0.5(2) n=2"},
    {"scores between are scores", ROWS "q1\tm\t\t\t0\t\t1.5\nq1\tn\t\t\t0\t\t3\n", NULL, NULL,
     "q1: m=(1.5) n=(3)"},
    {"in the order of the items, with their gold",
     ROWS "q1\tm\t\t\t0\tA\t\nq2\tm\t\t\t0\tB\t\nq9\tm\t\t\t0\tB\t\n",
     "{\"id\":\"q2\",\"prompt\":\"p\",\"responses\":[\"a\",\"b\"],\"gold\":\"A\"}\n"
     "{\"id\":\"q1\",\"prompt\":\"p\",\"responses\":[\"a\",\"b\"]}\n"
     "{\"id\":\"q3\",\"prompt\":\"p\",\"responses\":[\"a\",\"b\"]}\n",
     NULL, "q2!0: m=1; q1: m=0; q3:"},
    {"a gold file", ROWS "q1\tm\t\t\t0\tgood\t\nq2\tm\t\t\t0\tbad\t\n", NULL,
     "{\"id\":\"q2\",\"gold\":\"good\"}\n", "q1: m=1; q2!1: m=0"},
    {"json ballots, with probabilities",
     "{\"item\":\"q1\",\"judge\":\"m\",\"label\":\"A\",\"probs\":{\"A\":0.8,\"B\":0.2}}\n"
     "{\"item\":\"q1\",\"judge\":\"n\",\"label\":null,\"error\":{\"kind\":\"timeout\"}}\n",
     NULL, NULL, "q1: m=0[0.693,-0.693]"},
    {"verdicts",
     "{\"id\":\"q1\",\"status\":\"decided\",\"label\":\"A\",\"ballots\":[{\"judge\":\"m\","
     "\"label\":"
     "\"A\"},{\"judge\":\"n\",\"label\":\"B\"}]}\n",
     NULL, NULL, "q1: m=0 n=1"},
    {"the first of two stays; an answer goes before an error",
     ROWS "q1\tm\t\t\t0\tA\t\nq1\tm\t\t\t0\tB\t\nq1\tn\t\t\t0\t\t\nq1\tn\t\t\t0\tB\t\n", NULL, NULL,
     "q1: m=0 n=1"},
    {"a bad line is left out", ROWS "q1\tm\t\t\t0\tA\t\nq1\tn\t\n", NULL, NULL, "q1: m=0"},
    {"nothing in it", "", NULL, NULL, "not there: '%s/b' is empty"},
    {"a header alone", ROWS, NULL, NULL, "not there: '%s/b' has no ballot and no verdict"},
    {"items are no source", "{\"id\":\"q1\",\"prompt\":\"p\"}\n", NULL, NULL,
     "not there: '%s/b' has no ballot and no verdict"},
};

static void sources_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(1 << 16);
    AZ_AUTO_BUF want = az_buf(1 << 16);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        const char *path = file("b", cases[i].ballots);
        struct az_sources_options o = {.items = cases[i].items ? file("i", cases[i].items) : NULL,
                                       .gold =
                                           cases[i].gold ? file("g.jsonl", cases[i].gold) : NULL};
        const char *got = read_all(&path, 1, &o, &b, NULL);
        az_buf_clear(&want);
        ptrdiff_t at = az_str_find(az_str(cases[i].want), AZ_STR("%s"));
        if (at >= 0)
            az_buf_put(&want, cases[i].want, (size_t)at);
        if (at >= 0)
            az_buf_z(&want, folder);
        az_buf_z(&want, cases[i].want + (at >= 0 ? at + 2 : 0));
        if (strcmp(got, want.p) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].name, got, want.p);
    }
}

static void counts_what_is_odd(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(1 << 16);
    struct az_sources_counts c = {0};
    const char *paths[] = {
        file("b", ROWS "q1\tm\t\t\t0\tA\t\nq9\tm\t\t\t0\tA\t\nq1\tm\t\t\t0\tB\t\nq1\n"),
        file("c", "{\"item\":\"q1\",\"judge\":\"m\",\"label\":\"tie\"}\n"
                  "{\"item\":\"q1\",\"judge\":\"n\",\"label\":\"B\"}\n")};
    struct az_sources_options o = {
        .items = file("i", "{\"id\":\"q1\",\"prompt\":\"p\",\"responses\":[\"a\",\"b\"]}\n"
                           "{\"id\":\"q1\",\"prompt\":\"p\",\"responses\":[\"a\",\"b\"]}\n"
                           "{\"id\":")};
    assert_string_equal(read_all(paths, 2, &o, &b, &c), "q1: m=0 n=1");
    assert_int_equal(c.items, 1);
    assert_int_equal(c.ballots, 5);
    assert_int_equal(c.duplicates, 2);
    assert_int_equal(c.strangers, 1);
    assert_int_equal(c.doubles, 1);
    assert_int_equal(c.bad_lines, 2);
}

static void questions_apart(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(1 << 16);
    const char *paths[] = {file("b", ROWS "q1\tm\t\t\t0\tA\t\n"),
                           file("c", ROWS "q1\tm\t\t\t0\tgood\t\n")};
    const char *got = read_all(paths, 2, &(struct az_sources_options){0}, &b, NULL);
    assert_non_null(strstr(got, "one source answers a pair question and another a choice"));
}

/* What was learnt says the question; a label that it has not is outside. */
static void question_given(void **state)
{
    (void)state;
    static const char *labels[] = {"A", "B"};
    struct az_question pair = {.kind = AZ_PAIR, .labels = labels, .n_labels = 2};
    struct az_sources_options o = {.question = &pair};
    struct az_sources_counts counts = {0};
    AZ_AUTO_BUF b = az_buf(1 << 16);
    const char *ballots = file("b", ROWS "q1\tm\t\t\t0\tA\t\nq1\tn\t\t\t0\ttie\t\n"
                                         "q2\tm\t\t\t0\tgood\t\n");
    assert_string_equal(read_all(&ballots, 1, &o, &b, &counts), "q1: m=0 n=0.5/0.5; q2:");
    assert_int_equal(counts.outside, 1);
    const char *others = file("c", ROWS "q1\tm\t\t\t0\tgood\t\n");
    assert_non_null(strstr(read_all(&others, 1, &o, &b, NULL), "none of its answers is one of"));
}

static void without_memory(void **state)
{
    (void)state;
    const char *path = file("b", ROWS "q1\tm\tllm\tAB\t0\tA\t1\nq2\tm\tllm\tBA\t0\tB\t\n");
    struct az_sources_options o = {
        .items = file("i", "{\"id\":\"q1\",\"responses\":{\"x\":\"a\",\"y\":\"b\"}}\n"),
        .gold = file("g.jsonl", "{\"id\":\"q1\",\"gold\":\"A\"}\n")};
    AZ_AUTO_BUF b = az_buf(1 << 16);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(sources) s = NULL;
        struct az_corpus c = {0};
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_sources_open(&path, 1, &o, &s, &err);
        if (r == 0)
            r = az_sources_corpus(s, 0, &c, &err);
        az_fault_alloc(0);
        if (r == 0)
            print_corpus(&b, &c);
        assert_true(r == 0 || *err.what);
        az_corpus_release(&c);
    }
    assert_int_equal(r, 0);
    assert_string_equal(b.p, "q1!0: m=0[0.5,-0.5]");
}

/* ---- published sets ---- */

/* Credits by SOURCE.md's "combined, undecided = 1/k" and "= wrong", and the
 * plurality of all judges in the same two ways. */
static double credit(const double *shares, size_t n, const struct az_sample *s, size_t item,
                     bool alone)
{
    double top = 0, right = 0;
    size_t m = 0;
    for (size_t k = 0; k < n; k++)
        top = AZ_MAX(top, shares[k]);
    for (size_t k = 0; k < n; k++) {
        if (!(top > 0) || shares[k] < top - 1e-12)
            continue;
        m++;
        right += az_sample_true_share(s, item, k);
    }
    return !m || (alone && m > 1) ? 0 : right / (double)m;
}

static double judge_accuracy(const struct az_corpus *c, const char *name, bool alone)
{
    const struct az_sample *s = &c->sample;
    double sum = 0, n = 0;
    int judge = az_panel_judge_find(c->panel, az_str(name));
    assert_true(judge >= 0);
    for (size_t i = 0; i < s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(s, i);
        double shares[AZ_SAMPLE_LABELS_MAX] = {0};
        for (size_t v = 0; v < votes.n; v++) {
            for (size_t k = 0; votes.v[v].judge == judge && k < s->n_labels; k++)
                shares[k] = az_vote_share(s, &votes.v[v], k);
        }
        sum += credit(shares, s->n_labels, s, i, alone);
        n++;
    }
    return 100 * sum / n;
}

static const struct {
    const char *set, *items;
    size_t n_items, n_judges, n_labels;
    enum az_answers answers;
    int tie;
    const char *judge;
    double wrong, shared; /* SOURCE.md, percent; negative: another definition there */
} sets[] = {
    {"judgebench", "items.jsonl", 350, 6, 2, AZ_ANSWERS_EXCHANGEABLE, -1,
     "Skywork/Skywork-Reward-Gemma-2-27B", 64.29, -1},
    {"judgebench", "items.jsonl", 350, 6, 2, AZ_ANSWERS_EXCHANGEABLE, -1,
     "internlm/internlm2-20b-reward", 63.43, 63.43},
    {"llmbar-casestudy", "items.jsonl", 315, 30, 2, AZ_ANSWERS_EXCHANGEABLE, -1,
     "GPT-4/Metrics_Reference", 80.32, 85.08},
    {"llmbar-casestudy", "items.jsonl", 315, 30, 2, AZ_ANSWERS_EXCHANGEABLE, -1, "PaLM2/Swap", -1,
     47.62},
    {"pandalm", "items.jsonl", 999, 5, 3, AZ_ANSWERS_EXCHANGEABLE, 2, "gpt-3.5-turbo", 69.77,
     69.77},
    {"pandalm", "items.jsonl", 999, 5, 3, AZ_ANSWERS_EXCHANGEABLE, 2, "annotator3", 96.70, 96.70},
    {"rewardbench2-k8", "items.jsonl", 869, 9, 4, AZ_ANSWERS_EXCHANGEABLE, -1,
     "claude-haiku-4.5/criteria", 84.70, 86.96},
    {"dices350", "items.jsonl", 350, 123, 3, AZ_ANSWERS_NAMED, -1, "rater023", 68.57, 68.57},
    {"llmjudge", "items.jsonl", 2299, 33, 4, AZ_ANSWERS_ORDINAL, -1, "willia-umbrela1", 54.33,
     54.33},
};

static void published_sets(void **state)
{
    (void)state;
    const char *data = getenv("ASSIZE_TEST_DATA");
    if (!data)
        skip();
    for (size_t i = 0; i < AZ_LEN(sets); i++) {
        char ballots[512], items[512];
        snprintf(ballots, sizeof(ballots), "%s/%s/ballots.tsv", data, sets[i].set);
        snprintf(items, sizeof(items), "%s/%s/%s", data, sets[i].set, sets[i].items);
        const char *path = ballots;
        struct az_sources_options o = {.items = items};
        AZ_AUTO(sources) s = NULL;
        struct az_corpus c = {0};
        struct az_error err = {0};
        if (az_sources_open(&path, 1, &o, &s, &err) < 0 || az_sources_corpus(s, 0, &c, &err) < 0)
            fail_msg("%s: %s", sets[i].set, err.what);
        double wrong = judge_accuracy(&c, sets[i].judge, true);
        double shared = judge_accuracy(&c, sets[i].judge, false);
        if (c.sample.n_items != sets[i].n_items || c.sample.n_judges != sets[i].n_judges ||
            c.sample.n_labels != sets[i].n_labels || c.sample.answers != sets[i].answers ||
            c.sample.tie != sets[i].tie)
            fail_msg("%s: %zu items, %zu judges, %zu labels, kind %d, tie %d", sets[i].set,
                     c.sample.n_items, c.sample.n_judges, c.sample.n_labels, c.sample.answers,
                     c.sample.tie);
        if ((sets[i].wrong >= 0 && fabs(wrong - sets[i].wrong) > 0.005) ||
            (sets[i].shared >= 0 && fabs(shared - sets[i].shared) > 0.005))
            fail_msg("%s, %s: %.4f and %.4f, published %.2f and %.2f", sets[i].set, sets[i].judge,
                     wrong, shared, sets[i].wrong, sets[i].shared);
        az_corpus_release(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_table),   cmocka_unit_test(counts_what_is_odd),
        cmocka_unit_test(questions_apart), cmocka_unit_test(question_given),
        cmocka_unit_test(without_memory),  cmocka_unit_test(published_sets),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
