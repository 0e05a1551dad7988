/* Names of backends and accounts, chosen by submitters and workers: kept while they
 * are used, and not without bound. */
#include "core/mem.h"
#include "tests/unit/unit.h"
// clang-format off
#include "coordinator/sched_state.h"
// clang-format on

enum { MANY = 1000, KEPT = 64 };

struct hall {
    struct az_sched *sched;
    struct az_effects fx;
    char name[32];
};

static void hall_init(struct hall *h)
{
    struct az_sched_config config = {0};
    *h = (struct hall){0};
    assert_int_equal(az_sched_new(&config, &h->sched, NULL), 0);
    assert_int_equal(az_effects_init(&h->fx, NULL), 0);
}

static void hall_release(struct hall *h)
{
    az_sched_free(h->sched);
    az_effects_release(&h->fx);
}

static struct az_panel *panel_of(const char *backend)
{
    char yaml[256];
    snprintf(yaml, sizeof(yaml),
             "question: {kind: choice, labels: [A, B], ask: Which?}\n"
             "backends: [{name: %s, kind: openai, url: 'http://x/v1'}]\n"
             "judges: [{name: a, backend: %s, model: m}]\n",
             backend, backend);
    struct az_panel_source source = {0};
    struct az_panel *panel = NULL;
    assert_int_equal(az_panel_parse(yaml, "p.yaml", &source, &panel, NULL), 0);
    return panel;
}

static int open_job(struct hall *h, uint32_t number, struct az_panel *panel, struct az_docket **ret)
{
    struct az_docket_config config = {.number = number,
                                      .panel = panel,
                                      .window_items = 10,
                                      .window_bytes = 1 << 20,
                                      .weight = 100};
    return az_sched_open(h->sched, &config, ret, NULL);
}

static int offer(struct hall *h, int peer, const char *backend, const char *group,
                 struct az_error *err)
{
    struct az_credit credit = {.backend = az_str(backend),
                               .kind = AZ_STR("openai"),
                               .credit = 1,
                               .limit_group = az_str(group),
                               .rpm = 60};
    struct az_credits credits = {1, &credit};
    int r = az_sched_on_credit(h->sched, peer, &credits, 0, &h->fx, err);
    az_effects_clear(&h->fx);
    return r;
}

static const char *name_of(struct hall *h, int i)
{
    snprintf(h->name, sizeof(h->name), "b%d", i);
    return h->name;
}

static int users_of(const struct hall *h, const char *name)
{
    size_t b = backend_find(h->sched, az_str(name));
    return b < h->sched->n_backends ? h->sched->backends[b].users : -1;
}

static void names_of_jobs_go(void **state)
{
    (void)state;
    struct hall h;
    hall_init(&h);
    AZ_AUTO(panel) real = panel_of("gpu");
    struct az_docket *kept, *d;
    assert_int_equal(offer(&h, 0, "gpu", "", NULL), 0);
    assert_int_equal(open_job(&h, 1, real, &kept), 0);
    for (int i = 0; i < MANY; i++) {
        AZ_AUTO(panel) panel = panel_of(name_of(&h, i));
        assert_int_equal(open_job(&h, (uint32_t)i + 2, panel, &d), 0);
        assert_int_equal(az_sched_close(d, &h.fx, NULL), 0);
        az_effects_clear(&h.fx);
    }
    assert_int_equal(h.sched->n_backends, KEPT);
    assert_int_equal(users_of(&h, "gpu"), 2);
    assert_int_equal(users_of(&h, name_of(&h, MANY - 1)), 0); /* one of those still known */
    assert_int_equal(az_sched_close(kept, &h.fx, NULL), 0);
    assert_int_equal(users_of(&h, "gpu"), 1);
    hall_release(&h);
}

static void names_of_workers_go(void **state)
{
    (void)state;
    struct hall h;
    hall_init(&h);
    assert_int_equal(offer(&h, 0, "gpu", "account", NULL), 0);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(offer(&h, 1, name_of(&h, i), name_of(&h, i), NULL), 0);
        assert_int_equal(offer(&h, 1, name_of(&h, i), "another", NULL), 0);
        assert_int_equal(az_sched_on_gone(h.sched, 1, 0, &h.fx, NULL), 0);
        az_effects_clear(&h.fx);
    }
    assert_int_equal(h.sched->n_backends, KEPT);
    assert_int_equal(h.sched->n_groups, KEPT);
    struct az_offer o;
    assert_true(az_sched_offer(h.sched, 0, 0, &o));
    assert_string_equal(o.backend, "gpu");
    assert_string_equal(o.limit_group, "account");
    hall_release(&h);
}

/* One account after the other: the one before is not used any more. */
static void accounts_of_one_worker(void **state)
{
    (void)state;
    struct hall h;
    hall_init(&h);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(offer(&h, 0, "gpu", name_of(&h, i), NULL), 0);
    assert_int_equal(h.sched->n_groups, KEPT);
    hall_release(&h);
}

static void too_many_of_one_worker(void **state)
{
    (void)state;
    struct hall h;
    struct az_error err = {0};
    hall_init(&h);
    for (int i = 0; i < AZ_WIRE_BACKENDS_MAX; i++)
        assert_int_equal(offer(&h, 0, name_of(&h, i), "", NULL), 0);
    assert_int_equal(offer(&h, 0, "one more", "", &err), AZ_EPROTO);
    assert_string_equal(err.what, "more than 1000 backends in one session");
    assert_int_equal(offer(&h, 0, name_of(&h, 7), "", NULL), 0); /* not a new one */
    assert_int_equal(az_sched_on_gone(h.sched, 0, 0, &h.fx, NULL), 0);
    assert_int_equal(offer(&h, 0, "one more", "", NULL), 0);
    hall_release(&h);
}

static void names_without_memory(void **state)
{
    (void)state;
    AZ_AUTO(panel) panel = panel_of("other");
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct hall h;
        struct az_docket *d;
        hall_init(&h);
        az_fault_alloc(nth);
        r = offer(&h, 0, "gpu", "account", NULL);
        r = r < 0 ? r : offer(&h, 0, "gpu", "another", NULL);
        r = r < 0 ? r : open_job(&h, 1, panel, &d);
        az_fault_alloc(0);
        assert_int_equal(az_sched_on_gone(h.sched, 0, 0, &h.fx, NULL), 0);
        for (size_t b = 0; b < h.sched->n_backends; b++)
            assert_int_equal(h.sched->backends[b].users, r == 0 && b == 1);
        for (size_t g = 0; g < h.sched->n_groups; g++)
            assert_int_equal(h.sched->groups[g].users, 0);
        hall_release(&h);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_jobs_go),       cmocka_unit_test(names_of_workers_go),
        cmocka_unit_test(accounts_of_one_worker), cmocka_unit_test(too_many_of_one_worker),
        cmocka_unit_test(names_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
