#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/error.h"
#include "core/mem.h"
#include "core/rng.h"
#include "statistics/infer/online.h"

enum { JUDGES = 5, LABELS = 3 };

static const double skills[JUDGES] = {0.9, 0.8, 0.7, 0.5, 0.35};

static size_t vote_all(struct az_rng *rng, size_t truth, struct az_online_vote *ret)
{
    for (size_t j = 0; j < JUDGES; j++) {
        bool right = az_rng_unit(rng) < skills[j];
        size_t off = 1 + az_rng_below(rng, LABELS - 1);
        ret[j] = (struct az_online_vote){(int)j, (int)(right ? truth : (truth + off) % LABELS)};
    }
    return JUDGES;
}

/* One pass finds what the votes were made of, and does better than it began. */
static void learns(void **state)
{
    struct az_online o;
    struct az_rng rng = az_rng(3);
    double early = 0, late = 0;
    assert_int_equal(az_online_init(&o, JUDGES, LABELS, 0.7, 4), 0);
    for (size_t i = 0; i < 20000; i++) {
        struct az_online_vote votes[JUDGES];
        size_t truth = az_rng_below(&rng, LABELS), n = vote_all(&rng, truth, votes);
        double p[LABELS];
        az_online_posterior(&o, votes, n, p);
        early += i < 1000 ? p[truth] : 0;
        late += i >= 19000 ? p[truth] : 0;
        az_online_add(&o, votes, n, -1);
    }
    for (size_t j = 0; j < JUDGES; j++)
        assert_true(fabs(az_online_skill(&o, j, NULL) - skills[j]) < 0.02);
    assert_true(late > early && late > 850);
    assert_true(o.answers[0] == 20000);
    az_online_release(&o);
}

/* Two judges that are wrong together win by votes; known answers tell. */
static void known_answers_count(void **state)
{
    static const struct az_online_vote votes[] = {{0, 0}, {1, 1}, {2, 1}};
    struct az_online o;
    double before[2], after[2];
    assert_int_equal(az_online_init(&o, 3, 2, 0.7, 4), 0);
    az_online_posterior(&o, votes, 3, before);
    for (int i = 0; i < 10; i++) {
        struct az_online_vote turned[] = {{0, i % 2}, {1, 1 - i % 2}, {2, 1 - i % 2}};
        az_online_add(&o, turned, 3, i % 2);
    }
    az_online_posterior(&o, votes, 3, after);
    assert_true(before[1] > 0.5 && after[0] > 0.9);
    assert_true(az_online_skill(&o, 0, after) > 0.85 && az_online_skill(&o, 1, after) < 0.4);
    az_online_release(&o);
}

static void without_votes(void **state)
{
    struct az_online o;
    double p[4];
    assert_int_equal(az_online_init(&o, 2, 4, 0.6, 1), 0);
    az_online_posterior(&o, NULL, 0, p);
    assert_true(fabs(p[3] - 0.25) < 1e-15);
    az_online_add(&o, NULL, 0, -1);
    assert_true(o.items == 4);
    az_online_add(&o, NULL, 0, 3);
    az_online_posterior(&o, NULL, 0, p);
    assert_true(fabs(p[3] - 0.4) < 1e-15);
    assert_true(fabs(az_online_skill(&o, 1, NULL) - 0.6) < 1e-15);
    az_online_release(&o);
}

static void out_of_memory(void **state)
{
    struct az_online o = {0};
    az_fault_alloc(1);
    assert_int_equal(az_online_init(&o, 2, 2, 0.7, 1), AZ_ENOMEM);
    az_fault_alloc(0);
    az_online_release(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns),
        cmocka_unit_test(known_answers_count),
        cmocka_unit_test(without_votes),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
