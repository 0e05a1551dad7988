#include "client/cli/ranking.h"

#include <math.h>
#include <string.h>

#include "core/item.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

static struct az_panel *panel_of(const char *question)
{
    char yaml[256];
    struct az_panel *p = NULL;
    struct az_error err = {0};
    struct az_panel_source source = {0};
    snprintf(yaml, sizeof(yaml), "question: %s\njudges: [{name: j, backend: openai, model: m}]\n",
             question);
    if (az_panel_parse(yaml, "p.yaml", &source, &p, &err) < 0)
        fail_msg("%s", err.what);
    return p;
}

static int add(struct az_ranking *r, const struct az_panel *p, const char *json,
               struct az_verdict v)
{
    struct az_item *item = NULL;
    struct az_error err = {0};
    if (az_item_parse(p, az_str(json), 1, &item, &err) < 0)
        return err.code;
    int e = az_ranking_add(r, item, &v, &err);
    az_item_free(item);
    return e;
}

/* North beats south in three of four, south beats east in three of four; gold says so. */
static int tournament(struct az_ranking *r, const struct az_panel *p, int rounds)
{
    static const char *const pairs[][2] = {
        {"north", "south"}, {"south", "east"}, {"east", "north"}};
    for (int i = 0; i < rounds; i++) {
        for (size_t k = 0; k < AZ_LEN(pairs); k++) {
            char json[256];
            int won = k < 2 ? i % 4 == 3 : i % 4 != 3; /* the second of the pair */
            snprintf(json, sizeof(json),
                     "{\"id\":\"%d-%zu\",\"prompt\":\"%d-%zu\",\"responses\":[\"a\",\"b\"],"
                     "\"systems\":[\"%s\",\"%s\"],\"gold\":\"%s\"}",
                     i, k, i, k, pairs[k][0], pairs[k][1], won ? "B" : "A");
            int e = add(r, p, json, (struct az_verdict){.status = AZ_DECIDED, .label = won});
            if (e < 0)
                return e;
        }
    }
    return 0;
}

static void of_pairs(void **state)
{
    AZ_AUTO(panel) p = panel_of("{kind: pair, ask: q}");
    AZ_AUTO(ranking) r = az_ranking_new(p);
    struct az_ranking_figures f;
    assert_int_equal(tournament(r, p, 40), 0);
    assert_int_equal(az_ranking_finish(r, 1, &f), 0);
    assert_int_equal(f.n, 3);
    double strength[3];
    for (size_t i = 0; i < f.n; i++) {
        assert_true(f.v[i].strength.defined && f.v[i].strength.has_interval && f.v[i].elo.defined);
        assert_int_equal(f.v[i].n, 80);
        size_t at = !strcmp(f.v[i].name, "north") ? 0 : !strcmp(f.v[i].name, "south") ? 1 : 2;
        strength[at] = f.v[i].strength.value;
    }
    assert_true(strength[0] > strength[1] && strength[1] > strength[2]);
    /* by symmetry the outer two are as far from the middle one */
    assert_true(fabs(strength[0] + strength[2] - 2 * strength[1]) < 1e-6);
    assert_true(f.tau.defined && fabs(f.tau.value - 1) < 1e-12);
    assert_false(f.weak_prior);
}

/* Who never loses has no strength without a prior; it is said that there was one. */
static void never_beaten(void **state)
{
    AZ_AUTO(panel) p = panel_of("{kind: pair, ask: q}");
    AZ_AUTO(ranking) r = az_ranking_new(p);
    struct az_ranking_figures f;
    for (int i = 0; i < 20; i++) {
        char json[256];
        snprintf(json, sizeof(json),
                 "{\"id\":\"%d\",\"prompt\":\"%d\",\"responses\":[\"a\",\"b\"],"
                 "\"systems\":[\"north\",\"south\"]}",
                 i, i);
        struct az_verdict v = {.status = i ? AZ_DECIDED : AZ_ABSTAINED, .label = 0};
        assert_int_equal(add(r, p, json, v), 0);
    }
    assert_int_equal(az_ranking_finish(r, 1, &f), 0);
    assert_int_equal(f.n, 2);
    assert_true(f.weak_prior && f.v[0].strength.defined);
    assert_true(isfinite(f.v[0].strength.value));
    assert_false(f.tau.defined); /* nobody has gold */
}

static void of_scores(void **state)
{
    AZ_AUTO(panel) p = panel_of("{kind: score, ask: q, scale: [1, 5]}");
    AZ_AUTO(ranking) r = az_ranking_new(p);
    struct az_ranking_figures f;
    for (int i = 0; i < 10; i++) {
        char json[128];
        snprintf(json, sizeof(json),
                 "{\"id\":\"%d\",\"prompt\":\"%d\",\"response\":\"a\",\"systems\":[\"%s\"]}", i, i,
                 i % 2 ? "north" : "south");
        struct az_verdict v = {.status = AZ_DECIDED, .has_score = true, .score = i % 2 ? 4 : 2};
        assert_int_equal(add(r, p, json, v), 0);
    }
    assert_int_equal(az_ranking_finish(r, 1, &f), 0);
    for (size_t i = 0; i < f.n; i++)
        assert_true(f.v[i].mean.value == (strcmp(f.v[i].name, "north") ? 2 : 4));
}

static void nobody(void **state)
{
    AZ_AUTO(panel) p = panel_of("{kind: pair, ask: q}");
    AZ_AUTO(ranking) r = az_ranking_new(p);
    struct az_ranking_figures f;
    assert_int_equal(az_ranking_finish(r, 1, &f), 0);
    assert_int_equal(f.n, 0);
    assert_false(f.tau.defined);
}

static void without_memory(void **state)
{
    AZ_AUTO(panel) p = panel_of("{kind: pair, ask: q}");
    int e = AZ_ENOMEM;
    for (int nth = 1; e == AZ_ENOMEM; nth++) {
        struct az_ranking_figures f;
        az_fault_alloc(nth);
        AZ_AUTO(ranking) r = az_ranking_new(p);
        e = r ? tournament(r, p, 2) : AZ_ENOMEM;
        if (e == 0)
            e = az_ranking_finish(r, 1, &f);
        az_fault_alloc(0);
        assert_true(nth < 20000);
    }
    assert_int_equal(e, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_pairs), cmocka_unit_test(never_beaten),   cmocka_unit_test(of_scores),
        cmocka_unit_test(nobody),   cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
