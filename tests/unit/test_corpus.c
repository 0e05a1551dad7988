/* client/cli/corpus.c, corpus_panel.c: ballots in their slots, and as a sample. */
#include "client/cli/corpus.h"

#include <math.h>

#include "core/mem.h"
#include "tests/unit/unit.h"

/* ---- ballots: "ORDER.SAMPLE=LABEL", order "-", "AB" or "BA", label A, B or ! ---- */

static size_t read_ballots(const char *text, struct az_ballot *v)
{
    size_t n = 0;
    struct az_str rest = az_str(text);
    while (rest.n) {
        ptrdiff_t space = az_str_find(rest, AZ_STR(" "));
        struct az_str word = {rest.p, space < 0 ? rest.n : (size_t)space};
        char last = word.p[word.n - 1];
        v[n] = (struct az_ballot){.key = {.round = 1, .criterion = -1, .order = AZ_ORDER_NONE},
                                  .label = last == 'A'   ? 0
                                           : last == 'B' ? 1
                                                         : AZ_LABEL_NONE,
                                  .error = last == '!' ? AZ_BE_TIMEOUT : AZ_BE_NONE,
                                  .attempts = 1,
                                  .cost = 5};
        if (word.p[0] != '-')
            v[n].key.order = word.p[0] == 'A' ? AZ_ORDER_LISTED : AZ_ORDER_REVERSED;
        v[n++].key.sample = word.p[(word.p[0] == '-' ? 2 : 3)] - '0';
        rest.p += AZ_MIN(word.n + 1, rest.n);
        rest.n -= AZ_MIN(word.n + 1, rest.n);
    }
    return n;
}

static const char *print_ballots(struct az_buf *b, const struct az_ballot *v, size_t n)
{
    az_buf_clear(b);
    az_buf_z(b, "");
    for (size_t i = 0; i < n; i++)
        az_buf_fmt(b, "%s%s.%d=%c", i ? " " : "",
                   v[i].key.order == AZ_ORDER_NONE     ? "-"
                   : v[i].key.order == AZ_ORDER_LISTED ? "AB"
                                                       : "BA",
                   v[i].key.sample, v[i].error ? '!' : 'A' + v[i].label);
    return b->p ? b->p : "";
}

static const char *pair_labels[] = {"A", "B"};

static struct az_panel pair_of(struct az_judge *judge, enum az_orders orders)
{
    *judge = (struct az_judge){
        .name = "m", .backend_at = -1, .orders = orders, .samples = 2, .weight = 1};
    return (struct az_panel){
        .question = {.kind = AZ_PAIR, .n_labels = 2, .labels = pair_labels},
        .n_judges = 1,
        .judges = judge,
    };
}

static const struct {
    const char *name;
    enum az_orders orders;
    const char *ballots, *want;
} fits[] = {
    {"as asked", AZ_ORDERS_BOTH, "AB.0=A BA.0=B", "AB.0=A BA.0=B"},
    {"no order serves both", AZ_ORDERS_BOTH, "-.0=A -.1=B", "AB.0=A AB.1=B BA.0=A BA.1=B"},
    {"and the one that is not there", AZ_ORDERS_BOTH, "AB.0=A -.0=B", "AB.0=A BA.0=B"},
    {"nothing is left to serve", AZ_ORDERS_BOTH, "AB.0=A BA.0=A -.0=B", "AB.0=A BA.0=A -.0=B"},
    {"one order", AZ_ORDERS_ONE, "-.0=B", "AB.0=B"},
    {"the other order has no slot", AZ_ORDERS_ONE, "BA.0=B", "BA.0=B"},
    {"asked without an order", AZ_ORDERS_NONE, "AB.0=A BA.0=B", "-.0=A BA.0=B"},
    {"BA where there is no AB", AZ_ORDERS_NONE, "BA.0=B AB.1=A", "-.0=B -.1=A"},
    {"its own goes before", AZ_ORDERS_NONE, "AB.0=A -.0=B", "AB.0=A -.0=B"},
};

static void fit_table(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(4096);
    for (size_t i = 0; i < AZ_LEN(fits); i++) {
        AZ_AUTO(arena) arena = az_arena_new(1024);
        struct az_judge judge;
        struct az_panel panel = pair_of(&judge, fits[i].orders);
        struct az_ballot given[16], *v = given;
        size_t n = read_ballots(fits[i].ballots, given);
        assert_int_equal(az_ballots_fit(arena, &panel, &v, &n), 0);
        const char *got = print_ballots(&b, v, n);
        if (strcmp(got, fits[i].want) != 0)
            fail_msg("%s: got '%s', want '%s'", fits[i].name, got, fits[i].want);
        int64_t cost = 0; /* who serves twice is paid once */
        for (size_t k = 0; k < n; k++)
            cost += v[k].cost;
        assert_int_equal(cost, 5 * read_ballots(fits[i].ballots, given));
    }
}

static const struct {
    const char *name, *ballots, *want;
    int gone;
} doubles[] = {
    {"none", "AB.0=A BA.0=A AB.1=A", "AB.0=A BA.0=A AB.1=A", 0},
    {"the first stays", "AB.0=A AB.0=B", "AB.0=A", 1},
    {"an answer before an error", "AB.0=! AB.0=B AB.0=A", "AB.0=B", 2},
    {"an error before nothing", "AB.0=! AB.0=!", "AB.0=!", 1},
    {"in their order", "BA.1=A AB.0=B BA.1=B AB.1=A AB.0=A", "BA.1=A AB.0=B AB.1=A", 2},
};

/* Few are compared each with each, many are sorted: with the same result. */
static void unique_table(void **state)
{
    (void)state;
    enum { MANY = 80 };
    AZ_AUTO_BUF b = az_buf(4096);
    for (size_t i = 0; i < AZ_LEN(doubles); i++) {
        for (int many = 0; many <= 1; many++) {
            struct az_ballot v[16 + MANY];
            size_t n = read_ballots(doubles[i].ballots, v), own = n;
            for (int k = 0; many && k < MANY; k++)
                v[n++] = (struct az_ballot){.key = {.judge = 1 + k, .round = 1}};
            int gone = az_ballots_unique(v, &n);
            assert_int_equal(gone, doubles[i].gone);
            assert_int_equal(n, own - (size_t)gone + (many ? MANY : 0));
            const char *got = print_ballots(&b, v, own - (size_t)gone);
            if (strcmp(got, doubles[i].want) != 0)
                fail_msg("%s (%d): got '%s', want '%s'", doubles[i].name, many, got,
                         doubles[i].want);
        }
    }
}

static void seats_of_casters(void **state)
{
    (void)state;
    struct az_question q = {.kind = AZ_PAIR, .n_labels = 2, .labels = pair_labels};
    static const struct {
        enum az_order seen[3];
        size_t n;
        enum az_orders want;
    } cases[] = {
        {{AZ_ORDER_NONE}, 1, AZ_ORDERS_NONE},
        {{AZ_ORDER_LISTED}, 1, AZ_ORDERS_ONE},
        {{AZ_ORDER_NONE, AZ_ORDER_LISTED}, 2, AZ_ORDERS_ONE},
        {{AZ_ORDER_REVERSED}, 1, AZ_ORDERS_BOTH},
        {{AZ_ORDER_LISTED, AZ_ORDER_REVERSED}, 2, AZ_ORDERS_BOTH},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(panel) p = az_panel_of(&q, 1, 1);
        struct az_caster c = {.name = "m", .family = "f"};
        struct az_error err = {0};
        for (size_t k = 0; k < cases[i].n; k++)
            assert_int_equal(az_caster_note(&c, cases[i].seen[k], (int)k, &err), 0);
        assert_int_equal(az_caster_seat(p, &c), 0);
        assert_int_equal(p->judges[0].orders, cases[i].want);
        assert_int_equal(p->judges[0].samples, cases[i].n);
        assert_int_equal(az_caster_note(&c, AZ_ORDER_NONE, AZ_SAMPLES_MAX, &err), AZ_EINVAL);
    }
}

/* ---- the sample ---- */

static struct az_ballot vote(int judge, int label, int round)
{
    return (struct az_ballot){
        .key = {.judge = judge, .round = round, .criterion = -1, .order = AZ_ORDER_NONE},
        .label = label};
}

/* Three judges, two of one family; two items, of which the second has systems. */
static int build(struct az_corpus *c, struct az_panel **panel, int round)
{
    static const char *const families[] = {"x", "y", "x"};
    struct az_question q = {.kind = AZ_PAIR, .n_labels = 2, .labels = pair_labels};
    struct az_str texts[] = {AZ_STR("a"), AZ_STR("b")}, systems[] = {AZ_STR("s"), AZ_STR("t")};
    struct az_item one = {.id = AZ_STR("q1"), .n_responses = 2, .responses = texts};
    struct az_item two = one;
    two.id = AZ_STR("q2");
    two.systems = systems;
    *panel = az_panel_of(&q, 3, 2);
    if (!*panel)
        return AZ_ENOMEM;
    for (int j = 0; j < 3; j++) {
        char name[] = {(char)('a' + j), '\0'};
        struct az_caster caster = {.name = name, .family = families[j], .orders = 1, .samples = 1};
        if (az_caster_seat(*panel, &caster) < 0)
            return AZ_ENOMEM;
    }
    struct az_ballot first[] = {vote(2, 0, 1), vote(0, 1, 1)};
    struct az_ballot second[] = {vote(1, 0, 1), vote(1, 1, 2)};
    int r = az_corpus_init(c, *panel, &(struct az_corpus_options){.round = round}, NULL);
    if (r == 0)
        r = az_corpus_add(c, &one, (struct az_ballots){first, 2}, false, NULL);
    return r < 0 ? r : az_corpus_add(c, &two, (struct az_ballots){second, 2}, true, NULL);
}

static void sample_of_items(void **state)
{
    (void)state;
    AZ_AUTO(panel) panel = NULL;
    struct az_corpus c = {0};
    assert_int_equal(build(&c, &panel, 0), 0);
    assert_int_equal(az_corpus_n(&c), 2);
    assert_true(az_str_eqz(az_corpus_id(&c, 0), "q1") && az_str_eqz(az_corpus_id(&c, 1), "q2"));
    assert_null(az_corpus_system(&c, 0, 0).p);
    assert_true(az_str_eqz(az_corpus_system(&c, 1, 1), "t"));
    assert_null(az_corpus_system(&c, 1, 2).p);
    assert_true(c.family[0] == 0 && c.family[1] == 1 && c.family[2] == 0);
    assert_true(c.in_full[0] && !c.in_full[1]);
    assert_int_equal(az_sample_votes(&c.sample, 0).n, 2);
    struct az_votes_of votes = az_sample_votes(&c.sample, 1);
    assert_true(votes.n == 1 && votes.v[0].judge == 1 && votes.v[0].label == 0);
    az_corpus_release(&c);
}

static void a_later_round(void **state)
{
    (void)state;
    AZ_AUTO(panel) panel = NULL;
    struct az_corpus c = {0};
    assert_int_equal(build(&c, &panel, 2), 0);
    assert_int_equal(az_sample_votes(&c.sample, 0).n, 0);
    struct az_votes_of votes = az_sample_votes(&c.sample, 1);
    assert_true(votes.n == 1 && votes.v[0].label == 1);
    az_corpus_release(&c);
}

static void corpus_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(panel) panel = NULL;
        struct az_corpus c = {0};
        az_fault_alloc(nth);
        r = build(&c, &panel, 0);
        az_fault_alloc(0);
        az_corpus_release(&c);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_table),        cmocka_unit_test(unique_table),
        cmocka_unit_test(seats_of_casters), cmocka_unit_test(sample_of_items),
        cmocka_unit_test(a_later_round),    cmocka_unit_test(corpus_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
