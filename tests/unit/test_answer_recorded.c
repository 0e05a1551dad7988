/* What real judges wrote, read by our grammars, against the verdicts that the
 * data's own authors recorded. Needs ASSIZE_TEST_DATA. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/hash.h"
#include "tests/unit/ask.h"

struct recorded {
    uint64_t key; /* of item, judge and order */
    int label;    /* AZ_LABEL_NONE: its authors read none */
};

struct table {
    struct recorded *v;
    size_t n, cap;
};

struct tally {
    int same, other_label, unread, unrecorded; /* unread: we read none, they did */
};

/* First thing in a test, which it leaves from here, past all cleaning up. */
static void want_data(void)
{
    if (getenv("ASSIZE_TEST_DATA"))
        return;
    print_message("ASSIZE_TEST_DATA is not set: nothing to compare with\n");
    skip();
}

static char *read_data(const char *set, const char *name)
{
    const char *dir = getenv("ASSIZE_TEST_DATA");
    AZ_AUTO_BUF path = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    az_buf_fmt(&path, "%s/%s/%s", dir, set, name);
    FILE *in = fopen(path.p, "rb");
    if (!in)
        fail_msg("cannot open %s", path.p);
    char chunk[65536];
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), in)) > 0;)
        az_buf_put(&text, chunk, n);
    fclose(in);
    return az_buf_take(&text);
}

static uint64_t key_of(struct az_str item, struct az_str judge, struct az_str order)
{
    return az_hash64(az_hash64(az_hash64(0, item), judge), order);
}

static int by_key(const void *a, const void *b)
{
    const struct recorded *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

static struct az_str field(struct az_str *line)
{
    const char *tab = line->n ? memchr(line->p, '\t', line->n) : NULL;
    struct az_str f = {line->p, tab ? (size_t)(tab - line->p) : line->n};
    size_t cut = f.n + (tab ? 1 : 0);
    *line = (struct az_str){line->p + cut, line->n - cut};
    return f;
}

/* item judge kind order sample label score */
static void load(struct table *t, const struct az_question *q, const char *tsv)
{
    struct az_str rest = az_str(tsv), line;
    az_str_line(&rest, &line);
    while (az_str_line(&rest, &line)) {
        struct az_str f[6];
        for (size_t i = 0; i < AZ_LEN(f); i++)
            f[i] = field(&line);
        assert_int_equal(az_grow(&t->v, &t->cap, t->n + 1, sizeof(*t->v)), 0);
        t->v[t->n++] = (struct recorded){key_of(f[0], f[1], f[3]), az_label_find(q, 3, f[5])};
    }
    az_assert(t->v); /* it has lines */
    qsort(t->v, t->n, sizeof(*t->v), by_key);
}

static void count(struct fixture *f, const struct table *t, az_jv line, const char *judge,
                  struct tally *tally)
{
    struct az_str name = az_jv_str(az_jv_get(line, "judge"));
    struct az_str order = az_jv_str(az_jv_get(line, "order"));
    if (judge && !az_str_eqz(name, judge))
        return;
    struct recorded want = {.key = key_of(az_jv_str(az_jv_get(line, "item")), name, order)};
    const struct recorded *found = bsearch(&want, t->v, t->n, sizeof(want), by_key);
    assert_non_null(found);
    assert_true(az_order_find(order, 2, &f->ask.key.order));

    struct az_ballot b;
    read_text(f, az_jv_str(az_jv_get(line, "text")).p, false, &b);
    if (b.label == found->label)
        tally->same++;
    else if (b.label == AZ_LABEL_NONE)
        tally->unread++;
    else if (found->label == AZ_LABEL_NONE)
        tally->unrecorded++;
    else
        tally->other_label++;
}

/* Compare all answers of the set, or one judge's. */
static struct tally compare(struct fixture *f, const char *set, const char *judge)
{
    struct tally tally = {0};
    struct table t = {0};
    AZ_AUTO_MEM char *tsv = read_data(set, "ballots.tsv");
    AZ_AUTO_MEM char *jsonl = read_data(set, "answers.jsonl");
    load(&t, &f->panel.question, tsv);
    struct az_str rest = az_str(jsonl), line;
    while (az_str_line(&rest, &line)) {
        AZ_AUTO(json) doc = NULL;
        assert_int_equal(az_json_parse(line, &doc, NULL), 0);
        count(f, &t, az_json_root(doc), judge, &tally);
    }
    free(t.v);
    return tally;
}

static void assert_tally(struct tally t, int same, int other_label, int unread, int unrecorded)
{
    if (t.same != same || t.other_label != other_label || t.unread != unread ||
        t.unrecorded != unrecorded)
        fail_msg("same %d, other label %d, unread %d, unrecorded %d", t.same, t.other_label,
                 t.unread, t.unrecorded);
}

static void fixture_without_ties(struct fixture *f, enum az_answer answer, const char *regex)
{
    fixture_init(f);
    f->panel.question.ties = false;
    f->panel.question.n_labels = 2;
    f->judge.answer = answer;
    f->judge.regex = regex;
}

/* o1-mini by Arena-Hard's grades, both orders: all 700, ties included. */
static void judgebench(void **state)
{
    (void)state;
    want_data();
    struct fixture f;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_ARENA_HARD;
    assert_tally(compare(&f, "judgebench", NULL), 700, 0, 0, 0);
    fixture_release(&f);
}

/* "Output (a)" alone, as the authors demand it: all 7456, and where they read
 * no verdict (139), neither do we. */
static void humanpairs(void **state)
{
    (void)state;
    want_data();
    struct fixture f;
    fixture_without_ties(&f, AZ_ANSWER_REGEX, "^ *Output \\((a|b)\\)[ .]*$");
    assert_tally(compare(&f, "humanpairs", NULL), 7456, 0, 0, 0);
    fixture_release(&f);
}

/* Chain-of-thought answers say the verdict in a sentence, first or last. Five
 * of the six models: every one of 3150 as recorded. PaLM 2: in 81 of 630 the
 * record is the other answer. In 80 of these the text gives one verdict only,
 * as in "Output (a) contains the character 'z', so it is not a good response.
 * Therefore, Output (b) is better.", recorded as (a): its authors' parser read
 * something else there. In one the text changes its mind. */
static void llmbar_casestudy(void **state)
{
    (void)state;
    want_data();
    struct fixture f;
    fixture_without_ties(&f, AZ_ANSWER_REGEX, "Output \\((a|b)\\) is better");
    assert_tally(compare(&f, "llmbar-casestudy", NULL), 3699, 81, 0, 0);
    assert_tally(compare(&f, "llmbar-casestudy", "PaLM2/CoT"), 549, 81, 0, 0);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judgebench),
        cmocka_unit_test(humanpairs),
        cmocka_unit_test(llmbar_casestudy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
