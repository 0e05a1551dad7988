/* From a panel's score to the score that people give. */
#include "statistics/calibrate/score_map.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

enum { N = 800 };

static double x[N], y[N], w[N];
static uint64_t cluster[N];

enum truth { SAME, SHIFTED, STAIRS };

static void draw(enum truth truth)
{
    struct az_rng rng = az_rng(3);
    for (size_t i = 0; i < N; i++) {
        x[i] = 1 + 4 * az_rng_unit(&rng);
        double noise = az_rng_unit(&rng) - 0.5;
        y[i] = noise + (truth == SAME      ? x[i]
                        : truth == SHIFTED ? 0.5 * x[i] + 2
                                           : (x[i] > 2) + 3 * (x[i] > 4));
        w[i] = 1;
        cluster[i] = i / 2;
    }
}

static int fit(size_t n, struct az_score_fit *f)
{
    return az_score_map_fit(x, y, w, cluster, n, 1, f);
}

static void chooses(void **state)
{
    static const struct {
        enum truth truth;
        size_t n;
        enum az_score_map_kind want;
        bool tried;
    } cases[] = {{SAME, N, AZ_SCORES_NONE, true},
                 {SHIFTED, 100, AZ_SCORES_LINE, true},
                 {STAIRS, N, AZ_SCORES_CURVE, true},
                 {STAIRS, 400, AZ_SCORES_LINE, true},
                 {SHIFTED, 18, AZ_SCORES_NONE, false}};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_score_fit f;
        draw(cases[i].truth);
        assert_int_equal(fit(cases[i].n, &f), 0);
        if (f.map.kind != cases[i].want || !f.reason != cases[i].tried)
            fail_msg("case %zu: %s", i, az_score_map_name(f.map.kind));
        assert_true(f.after.value <= f.before.value * 1.02);
        assert_int_equal(f.after.n, (int64_t)cases[i].n);
        az_score_map_release(&f.map);
    }
}

/* The mean of what comes out is that of the true scores. */
static void keeps_the_mean(void **state)
{
    static const enum truth truths[] = {SHIFTED, STAIRS};
    for (size_t i = 0; i < AZ_LEN(truths); i++) {
        struct az_score_fit f;
        double said = 0, truth = 0;
        draw(truths[i]);
        assert_int_equal(fit(N, &f), 0);
        for (size_t k = 0; k < N; k++) {
            said += az_score_map_apply(&f.map, x[k]);
            truth += y[k];
        }
        assert_true(fabs(said - truth) < 1e-6);
        assert_true(fabs(f.off_after.value) < 0.05 && fabs(f.off_after.value) < fabs(f.off.value));
        az_score_map_release(&f.map);
    }
}

static int read(const char *text, struct az_score_map *m, struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(az_str(text), &doc, err);
    return r < 0 ? r : az_score_map_read(az_json_root(doc), m, err);
}

static void reads_what_it_wrote(void **state)
{
    static const enum truth truths[] = {SAME, SHIFTED, STAIRS};
    for (size_t i = 0; i < AZ_LEN(truths); i++) {
        struct az_score_fit f;
        struct az_score_map again;
        struct az_error err = {0};
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        struct az_jw jw = az_jw(&b);
        draw(truths[i]);
        assert_int_equal(fit(N, &f), 0);
        az_score_map_write(&jw, &f.map);
        assert_int_equal(read(b.p, &again, &err), 0);
        for (size_t k = 0; k < N; k++)
            assert_true(az_score_map_apply(&again, x[k]) == az_score_map_apply(&f.map, x[k]));
        for (int nth = 1, r = -1; r < 0; nth++) {
            struct az_score_map m = {0};
            az_fault_alloc(nth);
            r = read(b.p, &m, &err);
            az_fault_alloc(0);
            assert_true(r == 0 || r == AZ_ENOMEM);
            az_score_map_release(&m);
        }
        az_score_map_release(&again);
        az_score_map_release(&f.map);
    }
}

static void says_what_is_wrong(void **state)
{
    static const char *const cases[] = {
        "{}",
        "{\"map\":\"parabola\"}",
        "{\"map\":\"line\",\"a\":1}",
        "{\"map\":\"line\",\"a\":1,\"b\":1e20}",
        "{\"map\":\"isotonic\"}",
        "{\"map\":\"isotonic\",\"x\":[],\"y\":[]}",
        "{\"map\":\"isotonic\",\"x\":[1,1],\"y\":[1,2]}",
        "{\"map\":\"isotonic\",\"x\":[1,2],\"y\":[2,1]}",
        "{\"map\":\"isotonic\",\"x\":[1,2],\"y\":[2]}",
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_score_map m = {0};
        struct az_error err = {0};
        if (read(cases[i], &m, &err) != AZ_EINVAL)
            fail_msg("%s", cases[i]);
        assert_int_equal(err.what[0], '\''); /* the key */
    }
}

static void out_of_memory(void **state)
{
    draw(STAIRS);
    for (int nth = 1, r = -1; r < 0; nth++) {
        struct az_score_fit f = {0};
        az_fault_alloc(nth);
        r = fit(N, &f);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        az_score_map_release(&f.map);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses),
        cmocka_unit_test(keeps_the_mean),
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
