#include <math.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"
#include "statistics/quantitative/offer.h"
#include "tests/unit/unit.h"

enum { MOST = 800, K_MOST = 4 };

struct scene {
    struct az_evaluations e;
    double *truth, w[MOST];
    uint64_t cluster[MOST];
    uint32_t fold[MOST];
};

static uint64_t draw(uint64_t *x, uint64_t n)
{
    *x = az_hash64_mix(*x, 7);
    return *x % n;
}

/* A judge that is right on seven of ten. Its words tell on which where they are
 * `telling`, and are noise where they are not. */
static void scene_init(struct scene *s, size_t n, enum az_answers answers, size_t k, bool telling,
                       uint64_t seed)
{
    static const char *const sure[] = {"clearly right", "it is plainly so", "no doubt at all"},
                             *const unsure[] = {"hard to say", "both have a point", "perhaps"};
    static const double levels[K_MOST] = {1, 2, 3, 4};
    uint64_t x = seed;
    *s = (struct scene){0};
    az_evaluations_init(&s->e, answers, k, -1, answers == AZ_ANSWERS_ORDINAL ? levels : NULL);
    s->truth = az_zalloc(n * k * sizeof(double));
    assert_non_null(s->truth);
    for (size_t i = 0; i < n; i++) {
        size_t truth = draw(&x, k);
        bool right = draw(&x, 10) < 7, heads = draw(&x, 2);
        bool says = telling ? right == (draw(&x, 10) < 9) : heads;
        size_t said = right ? truth : (truth + 1 + draw(&x, k - 1)) % k;
        const char *why = (says ? sure : unsure)[draw(&x, 3)];
        assert_int_equal(az_evaluations_item(&s->e, k, NULL), 0);
        assert_int_equal(az_evaluations_ballot(&s->e, (int)said, az_str(why)), 0);
        s->truth[i * k + truth] = 1;
        s->w[i] = 1;
        s->cluster[i] = i;
        s->fold[i] = (uint32_t)(i % AZ_OFFER_FOLDS);
    }
}

static void scene_release(struct scene *s)
{
    az_evaluations_release(&s->e);
    free(s->truth);
}

static struct az_offer offer(struct scene *s)
{
    struct az_offer o;
    assert_int_equal(az_offer(&s->e, s->truth, s->w, s->cluster, s->fold, &o), 0);
    return o;
}

static void offered_where_words_tell(void **state)
{
    static const struct {
        const char *name;
        enum az_answers answers;
        size_t n, k;
        bool telling;
    } cases[] = {
        {"a pair", AZ_ANSWERS_EXCHANGEABLE, 300, 2, true},
        {"a pair, noise", AZ_ANSWERS_EXCHANGEABLE, 300, 2, false},
        {"best of four", AZ_ANSWERS_EXCHANGEABLE, 200, 4, true},
        {"labels", AZ_ANSWERS_NAMED, 300, 3, true},
        {"labels, noise", AZ_ANSWERS_NAMED, 300, 3, false},
        {"levels", AZ_ANSWERS_ORDINAL, 200, 4, true},
        {"levels, noise", AZ_ANSWERS_ORDINAL, 200, 4, false},
    };
    for (size_t c = 0; c < AZ_LEN(cases); c++) {
        struct scene s;
        scene_init(&s, cases[c].n, cases[c].answers, cases[c].k, cases[c].telling, 5);
        struct az_offer o = offer(&s);
        if (!o.tried || o.offered != cases[c].telling || !o.gain.defined)
            fail_msg("%s: gain %g (%g to %g)", cases[c].name, o.gain.value, o.gain.low,
                     o.gain.high);
        assert_true(fabs(o.plain.value - o.loss.value - o.gain.value) < 1e-9);
        assert_true(o.offered == !o.reason && o.n == (int64_t)cases[c].n);
        az_offer_release(&o);
        scene_release(&s);
    }
}

/* Labels of a fold move nothing that is said without it. */
static void a_fold_sees_none_of_its_labels(void **state)
{
    enum { N = 200 };
    struct scene s, t;
    scene_init(&s, N, AZ_ANSWERS_EXCHANGEABLE, 2, true, 5);
    scene_init(&t, N, AZ_ANSWERS_EXCHANGEABLE, 2, true, 5);
    for (size_t i = 0; i < N; i++) {
        if (t.fold[i] == 3) {
            double first = t.truth[2 * i];
            t.truth[2 * i] = t.truth[2 * i + 1];
            t.truth[2 * i + 1] = first;
        }
    }
    struct az_offer o = offer(&s), p = offer(&t);
    assert_memory_equal(az_offer_p(&o, 3, 0), az_offer_p(&p, 3, 0), N * 2 * sizeof(double));
    assert_true(o.offered_without[3] == p.offered_without[3]);
    for (size_t i = 0; i < N; i++) { /* nor has an item's own fold a part in its own */
        bool own = t.fold[i] == 3;
        const double *a = az_offer_p(&o, AZ_OFFER_NO_FOLD, i);
        const double *b = az_offer_p(&p, AZ_OFFER_NO_FOLD, i);
        assert_true(!own || memcmp(a, b, 2 * sizeof(double)) == 0 || o.offered != p.offered ||
                    o.best->penalty != p.best->penalty);
    }
    az_offer_release(&o);
    az_offer_release(&p);
    scene_release(&s);
    scene_release(&t);
}

/* Nothing is learnt from items in no fold; what is said of them is what all say. */
static void items_in_no_fold(void **state)
{
    enum { N = 200 };
    struct scene s;
    scene_init(&s, N, AZ_ANSWERS_EXCHANGEABLE, 2, true, 9);
    for (size_t i = 150; i < N; i++) {
        s.fold[i] = AZ_OFFER_NO_FOLD;
        s.truth[2 * i] = s.truth[2 * i + 1] = 0;
    }
    struct az_offer o = offer(&s);
    assert_int_equal(o.n, 150);
    for (size_t i = 150; i < N; i++) {
        double p[2];
        az_quantitative_apply(o.best, &s.e, i, p);
        assert_memory_equal(p, az_offer_p(&o, AZ_OFFER_NO_FOLD, i), sizeof(p));
        assert_memory_equal(p, az_offer_p(&o, 0, i), sizeof(p));
    }
    az_offer_release(&o);
    scene_release(&s);
}

static void too_few_to_try(void **state)
{
    struct scene s;
    scene_init(&s, AZ_OFFER_LEAST, AZ_ANSWERS_EXCHANGEABLE, 2, true, 5);
    s.cluster[0] = s.cluster[1];
    struct az_offer o = offer(&s);
    assert_true(!o.tried && !o.offered && o.reason && !o.best);
    assert_int_equal(o.n_clusters, AZ_OFFER_LEAST - 1);
    az_offer_release(&o);
    scene_release(&s);
    az_evaluations_init(&s.e, AZ_ANSWERS_NAMED, 2, -1, NULL);
    s.truth = NULL;
    o = offer(&s);
    assert_true(!o.tried);
    az_offer_release(&o);
}

/* With words that are noise it is offered rarely: its interval is one of 95 %. */
static void noise_is_rarely_offered(void **state)
{
    int offered = 0, runs = 20;
    for (int i = 0; i < runs; i++) {
        struct scene s;
        scene_init(&s, 120, AZ_ANSWERS_EXCHANGEABLE, 2, false, 100 + (uint64_t)i);
        struct az_offer o = offer(&s);
        offered += o.offered;
        az_offer_release(&o);
        scene_release(&s);
    }
    assert_in_range(offered, 0, 2);
}

static void without_memory(void **state)
{
    struct scene s;
    scene_init(&s, AZ_OFFER_LEAST, AZ_ANSWERS_EXCHANGEABLE, 2, true, 5);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth += nth < 40 ? 1 : 23) {
        struct az_offer o;
        az_fault_alloc(nth);
        r = az_offer(&s.e, s.truth, s.w, s.cluster, s.fold, &o);
        az_fault_alloc(0);
        if (r == 0)
            az_offer_release(&o);
    }
    assert_int_equal(r, 0);
    scene_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offered_where_words_tell),
        cmocka_unit_test(a_fold_sees_none_of_its_labels),
        cmocka_unit_test(items_in_no_fold),
        cmocka_unit_test(too_few_to_try),
        cmocka_unit_test(noise_is_rarely_offered),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
