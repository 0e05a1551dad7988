#include "policies/watch.h"

#include "core/buf.h"
#include "tests/unit/calibrated.h"

/* A panel of three judges on pairs with a calibration that says how it was: the panel
 * wrong on 5 of 100, its judges on 4, 20 and 30; apart from it on 2, 20 and 30. */
struct scene {
    struct seated s;
    struct az_calibration *c;
    struct az_watch *w;
    int64_t n; /* items so far */
    int fault; /* the allocation of az_watch_add() that fails; 0: none */
};

static void scene_init(struct scene *x)
{
    static struct az_tried wrong[] = {{4, 100}, {20, 100}, {30, 100}},
                           apart[] = {{2, 100}, {20, 100}, {30, 100}};
    static const struct az_reference reference = {{5, 100}, wrong, apart};
    *x = (struct scene){0};
    seated_init(&x->s, AZ_PAIR, 3, AZ_ORDERS_ONE);
    struct learn_scene scene = calibrated_scene(&x->s);
    struct az_calibration_tested tested = {.reference = &reference};
    AZ_AUTO_MEM char *text = calibrated_text(&x->s, "logodds", &scene, &tested);
    x->c = calibrated_read(text);
    x->s.panel.aggregate.kind = AZ_AGG_AUTO;
    x->s.panel.aggregate.calibrated = x->c;
    assert_int_equal(az_watch_new(&x->s.panel, &x->w), 0);
    assert_non_null(x->w);
}

static void scene_again(struct scene *x)
{
    az_watch_free(x->w);
    x->n = 0;
    assert_int_equal(az_watch_new(&x->s.panel, &x->w), 0);
}

static void scene_release(struct scene *x)
{
    az_watch_free(x->w);
    x->s.panel.aggregate.calibrated = NULL;
    az_calibration_free(x->c);
    seated_release(&x->s);
}

/* An item of a cluster of its own: what the judges say ('!' is an error), the verdict
 * ('?': it abstains) and the truth (' ': not known). */
static int add(struct scene *x, const char *letters, char verdict, char truth, bool early)
{
    char cluster[32];
    int label = truth - 'A';
    double weight = 1;
    snprintf(cluster, sizeof(cluster), "c%lld", (long long)x->n++);
    x->s.item.cluster = az_str(cluster);
    x->s.item.gold = (struct az_gold){0};
    if (truth != ' ')
        x->s.item.gold = (struct az_gold){.n = 1, .labels = &label, .weights = &weight};
    seated_reset(&x->s);
    for (int j = 0; letters[j]; j++)
        seated_add(&x->s, seated_seat(&x->s, j), 1, 0, letters[j]);
    struct az_fold fold = seated_fold(&x->s, true);
    struct az_board board;
    struct az_verdict v = {.status = verdict == '?' ? AZ_ABSTAINED : AZ_DECIDED,
                           .label = verdict == '?' ? AZ_LABEL_NONE : verdict - 'A',
                           .early = early};
    assert_int_equal(az_board_make(&fold, &board), 0);
    az_fault_alloc(x->fault);
    int r = az_watch_add(x->w, &board, &v);
    az_fault_alloc(0);
    return r;
}

/* `n` items, of which every `each`-th is `bad` and the others all A. */
static void add_many(struct scene *x, int n, int each, const char *bad, char verdict, char truth)
{
    for (int i = 0; i < n; i++) {
        bool turn = each && i % each == 0;
        assert_int_equal(add(x, turn ? bad : "AAA", turn ? verdict : 'A', truth, false), 0);
    }
}

static void what_raises_an_alarm(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bad, *alarms;
        int n, each;
        char verdict, truth;
        double risk;
    } cases[] = {
        {"all is well", "AAA", "", 500, 0, 'A', 'A', 0},
        {"as it was", "ABB", "", 500, 20, 'B', 'A', 0},
        {"without gold nothing is wrong", "BBB", "", 500, 2, 'B', ' ', 0},
        {"the panel, and the judge that was best", "BAA", "panel wrong1", 300, 4, 'B', 'A', 0},
        {"one judge, with gold", "BAA", "wrong1 apart1", 300, 4, 'A', 'A', 0},
        {"one judge, without gold", "BAA", "apart1", 300, 4, 'A', ' ', 0},
        {"a judge that is never right now", "AAB", "wrong3 apart3", 200, 1, 'A', 'A', 0},
        {"errors are no votes", "!!!", "", 300, 2, 'A', 'A', 0},
        {"abstentions are not wrong", "AAA", "", 300, 2, '?', 'A', 0},
        {"a promise that is kept", "AAA", "", 300, 6, 'B', 'A', 0.2},
        {"a promise that is broken", "AAA", "panel", 300, 2, 'B', 'A', 0.2},
    };
    struct scene x;
    scene_init(&x);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF got = az_buf(AZ_BUF_MAX);
        x.s.panel.aggregate.risk = cases[i].risk;
        x.s.panel.aggregate.delta = 0.05;
        scene_again(&x);
        add_many(&x, cases[i].n, cases[i].each, cases[i].bad, cases[i].verdict, cases[i].truth);
        for (size_t t = 0; t < az_watch_n(x.w); t++) {
            struct az_watched one = az_watch_at(x.w, t);
            assert_true(one.tested && one.base > 0 && one.base < 1);
            if (!one.alarm)
                continue;
            az_buf_z(&got, got.n ? " " : "");
            if (one.judge < 0)
                az_buf_z(&got, "panel");
            else
                az_buf_fmt(&got, "%s%d", one.what == AZ_WATCH_APART ? "apart" : "wrong",
                           one.judge + 1);
        }
        az_buf_z(&got, "");
        const char *alarms = got.n ? got.p : "";
        /* where the verdict itself is B, judges that said A are apart from it */
        if (strncmp(alarms, cases[i].alarms, strlen(cases[i].alarms)) != 0 ||
            (!*cases[i].alarms && *alarms))
            fail_msg("%s: '%s', not '%s'", cases[i].name, alarms, cases[i].alarms);
    }
    scene_release(&x);
}

/* Each is told once, at the item that raised it, and in a sentence. */
static void told_once(void **state)
{
    (void)state;
    struct scene x;
    struct az_watched one;
    int64_t at = 0, told = 0;
    scene_init(&x);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(add(&x, "AAB", 'A', ' ', false), 0);
        while (az_watch_next_alarm(x.w, &one)) {
            told++;
            at = i + 1;
            assert_true(one.alarm == at && one.then.n == at && one.evidence >= one.alarm_from);
        }
    }
    assert_true(told == 1 && at > 3 && at < 60 && az_watch_alarms(x.w) == 1);
    scene_release(&x);
}

/* What is said of an alarm is of its moment, whatever came later: figures of today may be
 * below the base. */
static void as_it_was_then(void **state)
{
    (void)state;
    struct scene x;
    char want[160];
    scene_init(&x);
    add_many(&x, 40, 1, "AAB", 'A', ' ');
    size_t last = az_watch_n(x.w) - 1;
    struct az_watched then = az_watch_at(x.w, last);
    add_many(&x, 400, 0, "", 'A', ' ');
    struct az_watched now = az_watch_at(x.w, last);
    assert_true(then.alarm > 0 && now.alarm == then.alarm && now.rate.value < now.base);
    assert_true(now.then.value == 1 && now.then.n == now.alarm && now.rate.n == 440);
    assert_true(now.evidence == then.evidence && now.evidence >= now.alarm_from);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_watch_say(&b, x.w, &now);
    snprintf(want, sizeof(want),
             "judge 'judge3' was apart from the verdict on 100.0%% of the first %lld audited items "
             "in the order they came (",
             (long long)now.alarm);
    assert_non_null(strstr(b.p, want));
    assert_non_null(strstr(b.p, "), more than the "));
    scene_release(&x);
}

/* A judge that was better than its base for long and then became worse: all of its items
 * so far are not more than that, only the last ones. */
static void of_late(void **state)
{
    (void)state;
    struct scene x;
    scene_init(&x);
    size_t last = az_watch_n(x.w) - 1;
    add_many(&x, 500, 0, "", 'A', ' ');
    struct az_watched one = az_watch_at(x.w, last);
    AZ_AUTO_BUF before = az_buf(AZ_BUF_MAX);
    az_watch_say(&before, x.w, &one);
    assert_non_null(strstr(before.p, "is apart from the verdict on 0.0% of 500 audited items ("));
    assert_non_null(strstr(before.p, "), not proven to be more than the "));
    add_many(&x, 100, 1, "AAB", 'A', ' ');
    one = az_watch_at(x.w, last);
    assert_true(one.alarm > 500 && one.then.value < one.base);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_watch_say(&b, x.w, &one);
    assert_non_null(strstr(b.p, "), of late more than the "));
    scene_release(&x);
}

static void what_does_not_count(void **state)
{
    (void)state;
    struct scene x;
    scene_init(&x);
    for (int i = 0; i < 200; i++) /* stopped early: it is what earlier ballots made of it */
        assert_int_equal(add(&x, "BBB", 'B', 'A', true), 0);
    for (int i = 0; i < 200; i++) { /* one cluster is one draw */
        x.n = 1000;
        assert_int_equal(add(&x, "BBB", 'B', 'A', false), 0);
    }
    assert_int_equal(az_watch_at(x.w, 0).rate.n, 1);
    assert_int_equal(az_watch_alarms(x.w), 0);
    az_watch_weight(x.w, 1);
    add_many(&x, 100, 1, "BBB", 'B', 'A');
    assert_int_equal(az_watch_alarms(x.w), 4);
    az_watch_weight(x.w, 3); /* then the first ones were no audit, either */
    struct az_watched one = az_watch_at(x.w, 0);
    assert_true(!one.tested && !one.rate.defined && one.alarm == 0);
    assert_int_equal(az_watch_alarms(x.w), 0);
    scene_release(&x);
}

/* What changes late in a long job is seen, too. */
static void late(void **state)
{
    (void)state;
    struct scene x;
    scene_init(&x);
    add_many(&x, 200000, 0, "", 'A', 'A');
    assert_true(az_watch_at(x.w, 0).rate.n > 190000);
    assert_int_equal(az_watch_alarms(x.w), 0);
    scene_release(&x);
}

static void nothing_to_hold_against(void **state)
{
    (void)state;
    struct scene x;
    struct az_watch *w;
    scene_init(&x);
    x.c->reference.panel.n = 0; /* a file of before there was a reference */
    assert_int_equal(az_watch_new(&x.s.panel, &w), 0);
    assert_null(w);
    x.s.panel.aggregate.calibrated = NULL;
    assert_int_equal(az_watch_new(&x.s.panel, &w), 0);
    assert_null(w);
    scene_release(&x);
}

static void out_of_memory(void **state)
{
    (void)state;
    struct scene x;
    scene_init(&x);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        x.fault = nth;
        r = add(&x, "AAA", 'A', 'A', false);
    }
    assert_int_equal(r, 0);
    struct az_watch *w;
    az_fault_alloc(1);
    r = az_watch_new(&x.s.panel, &w);
    az_fault_alloc(0);
    assert_int_equal(r, AZ_ENOMEM);
    scene_release(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_raises_an_alarm),
        cmocka_unit_test(told_once),
        cmocka_unit_test(as_it_was_then),
        cmocka_unit_test(of_late),
        cmocka_unit_test(what_does_not_count),
        cmocka_unit_test(nothing_to_hold_against),
        cmocka_unit_test(late),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
