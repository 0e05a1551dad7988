/* client/cli/compare.c: two sources, item by item. */
#include "client/cli/compare.h"

#include "client/cli/human.h"
#include "core/json.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

/* One letter an item and source: A B t its label, . abstained, ! failed; golds
 * are A. In the case of systems x is A's and y is B's. */
static struct az_outcome outcome(char c, int i, bool gold, bool pass)
{
    struct az_outcome o = {.cluster = (uint64_t)i, .label = AZ_LABEL_NONE, .has_gold = gold};
    o.status = c == '!' ? AZ_FAILED : c == '.' ? AZ_ABSTAINED : AZ_DECIDED;
    if (o.status == AZ_DECIDED)
        o.label = c == 't' ? AZ_LABEL_TIE : c - 'A';
    o.right = o.label == AZ_LABEL_A;
    o.shared = c == '.' ? 0.5 : o.right;
    o.has_pass = pass && o.status == AZ_DECIDED;
    o.pass = o.right;
    return o;
}

static int add_all(struct az_compare *c, const char *a, const char *b, bool gold, bool pass)
{
    struct az_str systems[] = {AZ_STR("x"), AZ_STR("y")};
    struct az_item item = {.n_responses = 2, .systems = systems};
    int r = 0;
    for (int i = 0; r == 0 && a[i]; i++) {
        struct az_outcome x = outcome(a[i], i, gold, pass), y = outcome(b[i], i, gold, pass);
        r = az_compare_add(c, &item, &x, &y);
    }
    return r;
}

static const struct {
    const char *name, *a, *b;
    bool gold, pass;
    const char *want;
} cases[] = {
    {"the same", "AABt", "AABt", false, false, "n 4; decided 1 1 0; same 1 of 4; x 0.625 0.625 0"},
    {"right where the other is not", "AAAB", "ABBB", true, false,
     "n 4; accuracy_shared 0.75 0.25 0.5; accuracy 0.75 0.25 0.5 [1 2 0 1]; decided 1 1 0; same "
     "0.5 "
     "of 4; x 0.75 0.25 0.5"},
    {"undecided is half, or wrong", "A.", "AA", true, false,
     "n 2; accuracy_shared 0.75 1 -0.25; accuracy 0.5 1 -0.5 [1 0 1 0]; decided 0.5 1 -0.5; same 1 "
     "of 1; x 1 1 0"},
    {"failed", "A!", "AB", false, true,
     "n 2; pass_rate 1 1 0 [1 0 0 0]; decided 0.5 1 -0.5; same 1 of 1; x 1 1 0"},
    {"none decided", "..", "!!", false, false, "n 2; decided 0 0 0"},
};

static void say(struct az_buf *b, const struct az_compare *c)
{
    az_buf_fmt(b, "n %d", (int)c->n);
    for (int i = 0; i < AZ_CMP_COUNT; i++) {
        const struct az_paired *p = &c->v[i];
        struct az_figure d = az_paired_difference(p, "");
        if (!d.n)
            continue;
        az_buf_fmt(b, "; %s %g %g %g", az_compared_names[i].json, p->x.sum / (double)p->x.n,
                   p->y.sum / (double)p->y.n, d.value);
        if (i == AZ_CMP_STRICT || i == AZ_CMP_PASS)
            az_buf_fmt(b, " [%d %d %d %d]", (int)p->both, (int)p->only_x, (int)p->only_y,
                       (int)p->neither);
    }
    if (c->same.n)
        az_buf_fmt(b, "; same %g of %d", c->same.sum / (double)c->same.n, (int)c->same.n);
    if (c->n_systems) {
        const struct az_paired *p = &c->systems[0].won;
        az_buf_fmt(b, "; %s %g %g %g", c->systems[0].name, p->x.sum / (double)p->x.n,
                   p->y.sum / (double)p->y.n, az_paired_difference(p, "").value);
    }
}

static void compare_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(1 << 16);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_question q = {.kind = AZ_PAIR};
        struct az_compare c;
        az_compare_init(&c, &q);
        assert_int_equal(add_all(&c, cases[i].a, cases[i].b, cases[i].gold, cases[i].pass), 0);
        az_buf_clear(&b);
        say(&b, &c);
        if (strcmp(b.p, cases[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", cases[i].name, b.p, cases[i].want);
        az_compare_release(&c);
    }
}

static void scores(void **state)
{
    (void)state;
    struct az_question q = {.kind = AZ_SCORE};
    struct az_compare c;
    AZ_AUTO_BUF b = az_buf(1 << 16);
    az_compare_init(&c, &q);
    for (int i = 0; i < 4; i++) {
        struct az_outcome x = {.cluster = (uint64_t)i,
                               .status = AZ_DECIDED,
                               .has_score = true,
                               .score = 3,
                               .has_gold = true,
                               .scored = true,
                               .off = 1};
        struct az_outcome y = x;
        y.score = 3 + i % 2;
        y.off = 1 - i % 2;
        assert_int_equal(az_compare_add(&c, &(struct az_item){0}, &x, &y), 0);
    }
    say(&b, &c);
    assert_string_equal(b.p, "n 4; mae 1 0.5 0.5; mean 3 3.5 -0.5; decided 1 1 0; same 0.5 of 4");
    az_compare_release(&c);
}

static void counts_calls(void **state)
{
    (void)state;
    struct az_compare_side s = {.cost_known = true};
    const struct az_ballot v[] = {
        {.attempts = 2, .cost = 5, .cost_known = true},
        {.attempts = 1, .cost = 7, .cost_known = true, .cached = true},
        {.attempts = 1, .cost = 1, .cost_known = false},
    };
    az_compare_count(&s, AZ_DECIDED, (struct az_ballots){v, 2});
    assert_true(s.items == 1 && s.decided == 1 && s.calls == 2 && s.cost == 5 && s.cost_known);
    az_compare_count(&s, AZ_OPEN, (struct az_ballots){v + 2, 1});
    assert_true(s.items == 1 && s.left == 1 && s.calls == 3 && !s.cost_known);
}

static void as_json_and_text(void **state)
{
    (void)state;
    struct az_question q = {.kind = AZ_PAIR};
    struct az_compare c;
    AZ_AUTO_BUF b = az_buf(1 << 16);
    AZ_AUTO(json) doc = NULL;
    az_compare_init(&c, &q);
    c.a.name = "one\033[2J";
    c.b.name = "other";
    assert_int_equal(add_all(&c, "AAAAB.", "ABBBBA", true, false), 0);
    az_compare_json(&b, &c);
    assert_int_equal(az_json_parse(az_buf_view(&b), &doc, NULL), 0);
    double p;
    assert_true(az_jv_num(az_jv_path(az_json_root(doc), "accuracy.mcnemar.p"), &p));
    assert_float_equal(p, 0.625, 1e-12);
    assert_string_equal(az_jv_str(az_jv_path(az_json_root(doc), "accuracy.mcnemar.method")).p,
                        "mcnemar exact");
    assert_true(az_jv_type(az_jv_path(az_json_root(doc), "mean.difference.value")) == AZ_J_NULL);
    az_buf_clear(&b);
    az_compare_text(&b, &c, 80);
    assert_null(strchr(b.p, '\033'));
    assert_non_null(strstr(b.p, "right by A alone 3, by B alone 1: p = 0.625 (mcnemar exact)\n"));
    assert_non_null(strstr(b.p, "the same answer on 40.0%"));
    az_compare_release(&c);
}

/* Every fifth item has gold, and the two differ on every third: how often is known of all. */
static int add_partly(struct az_compare *c, bool by_doubt)
{
    struct az_item item = {.n_responses = 2};
    int r = 0;
    for (int i = 0; r == 0 && i < 600; i++) {
        bool gold = i % 5 == 0;
        struct az_outcome x = outcome('A', i, gold, false);
        struct az_outcome y = outcome(i % 3 ? 'A' : 'B', i, gold, false);
        x.weight = y.weight = by_doubt && i % 2 ? 3 : 1;
        r = az_compare_add(c, &item, &x, &y);
    }
    return r < 0 ? r : az_compare_finish(c);
}

static void over_all_items(void **state)
{
    struct az_question q = {.kind = AZ_PAIR};
    (void)state;
    for (int by_doubt = 0; by_doubt < 2; by_doubt++) {
        struct az_compare c;
        AZ_AUTO_BUF b = az_buf(1 << 16);
        az_compare_init(&c, &q);
        assert_int_equal(add_partly(&c, by_doubt), 0);
        assert_true(c.over_all && c.weighted == by_doubt);
        const struct az_figure *f = &c.all[AZ_CMP_STRICT].figure;
        struct az_figure few = az_paired_difference(&c.v[AZ_CMP_STRICT], "");
        assert_int_equal(f->n, 120);
        assert_string_equal(f->method, "ppi++");
        assert_float_equal(f->value, 1.0 / 3, 1e-9); /* nothing else differs */
        assert_true(f->high - f->low < 0.6 * (few.high - few.low));
        az_compare_text(&b, &c, 100);
        assert_non_null(strstr(b.p, "over all 600 items, by 120 labels"));
        assert_int_equal(strstr(b.p, "sampling weights") != NULL, by_doubt);
        az_compare_json(&b, &c);
        assert_non_null(strstr(b.p, "\"over_all\":{\"value\":0.333"));
        az_compare_release(&c);
    }
}

/* Ten labels, and on four of them they differ: that has no interval that holds. */
static void too_few_differ(void **state)
{
    struct az_question q = {.kind = AZ_PAIR};
    struct az_item item = {.n_responses = 2};
    struct az_compare c;
    (void)state;
    az_compare_init(&c, &q);
    for (int i = 0; i < 100; i++) {
        struct az_outcome x = outcome('A', i, i < 10, false);
        struct az_outcome y = outcome(i % 3 ? 'A' : 'B', i, i < 10, false);
        assert_int_equal(az_compare_add(&c, &item, &x, &y), 0);
    }
    assert_int_equal(az_compare_finish(&c), 0);
    assert_true(c.all[AZ_CMP_STRICT].figure.defined);
    assert_false(c.all[AZ_CMP_STRICT].figure.has_interval);
    assert_non_null(strstr(c.all[AZ_CMP_STRICT].why, "fewer than 15"));
    az_compare_release(&c);
}

static void all_have_gold(void **state)
{
    struct az_question q = {.kind = AZ_PAIR};
    struct az_compare c;
    (void)state;
    az_compare_init(&c, &q);
    assert_int_equal(add_all(&c, "AAAB", "ABBB", true, false), 0);
    assert_int_equal(az_compare_finish(&c), 0);
    assert_false(c.over_all); /* the rows say it */
    az_compare_release(&c);
}

static void compare_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct az_question q = {.kind = AZ_PAIR};
        struct az_compare c;
        AZ_AUTO_BUF b = az_buf(1 << 16);
        az_compare_init(&c, &q);
        az_fault_alloc(nth);
        r = add_all(&c, "AAB.", "ABBA", true, true);
        if (r == 0)
            r = add_partly(&c, true);
        if (r == 0) {
            az_compare_text(&b, &c, 80);
            az_compare_json(&b, &c);
            r = b.failed;
        }
        az_fault_alloc(0);
        az_compare_release(&c);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare_table),  cmocka_unit_test(scores),
        cmocka_unit_test(counts_calls),   cmocka_unit_test(as_json_and_text),
        cmocka_unit_test(over_all_items), cmocka_unit_test(all_have_gold),
        cmocka_unit_test(too_few_differ), cmocka_unit_test(compare_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
