/* Maps as JSON: what is written reads back to the same bits. */
#include "statistics/calibrate/calibrator_json.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

enum { ITEMS = 200, LABELS = 3 };

static double z[ITEMS * LABELS];
static int32_t truth[ITEMS];

static struct az_logits draw(size_t n_labels)
{
    struct az_rng rng = az_rng(4);
    for (size_t i = 0; i < ITEMS; i++) {
        size_t top = 0;
        for (size_t k = 0; k < n_labels; k++) {
            z[i * n_labels + k] = 4 * az_rng_unit(&rng) - 2;
            if (z[i * n_labels + k] > z[i * n_labels + top])
                top = k;
        }
        truth[i] = (int32_t)(az_rng_unit(&rng) < 0.6 ? top : az_rng_below(&rng, n_labels));
    }
    return (struct az_logits){.n = ITEMS, .n_labels = n_labels, .z = z, .truth = truth};
}

static char *write(const struct az_calibrator *m)
{
    struct az_buf b = az_buf(AZ_BUF_MAX);
    struct az_jw w = az_jw(&b);
    az_calibrator_write(&w, m);
    return az_buf_take(&b);
}

static int read(const char *text, size_t n_labels, struct az_calibrator *ret, struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(az_str(text), &doc, err);
    return r < 0 ? r : az_calibrator_read(az_json_root(doc), n_labels, ret, err);
}

static void reads_what_it_wrote(void **state)
{
    static const struct {
        size_t n_labels;
        uint64_t own;
    } cases[] = {{2, 0}, {2, 2}, {3, 7}, {3, 4}};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_logits l = draw(cases[i].n_labels);
        for (enum az_calibrator_kind kind = 0; kind < AZ_CALIBRATOR_KINDS; kind++) {
            struct az_calibrator m, again;
            struct az_error err = {0};
            double p[LABELS], q[LABELS];
            if (az_calibrator_fit(kind, &l, cases[i].own, &m) < 0)
                continue; /* not for these labels */
            AZ_AUTO_MEM char *text = write(&m);
            if (read(text, cases[i].n_labels, &again, &err) < 0)
                fail_msg("%s: %s", text, err.what);
            AZ_AUTO_MEM char *copy = write(&again);
            assert_string_equal(copy, text);
            for (size_t item = 0; item < ITEMS; item++) {
                az_calibrator_apply(&m, z + item * cases[i].n_labels, cases[i].n_labels, p);
                az_calibrator_apply(&again, z + item * cases[i].n_labels, cases[i].n_labels, q);
                assert_memory_equal(p, q, cases[i].n_labels * sizeof(*p));
            }
            az_calibrator_release(&m);
            az_calibrator_release(&again);
        }
    }
}

static void says_what_is_wrong(void **state)
{
    static const struct {
        const char *text, *what;
    } cases[] = {
        {"{}", "map"},
        {"{\"map\":\"beta\",\"own\":[]}", "map"},
        {"{\"map\":\"none\"}", "own"},
        {"{\"map\":\"none\",\"own\":[2]}", "own"},
        {"{\"map\":\"none\",\"own\":[-1]}", "own"},
        {"{\"map\":\"temperature\",\"own\":[]}", "inverse"},
        {"{\"map\":\"temperature\",\"own\":[],\"inverse\":0}", "inverse"},
        {"{\"map\":\"temperature\",\"own\":[],\"inverse\":1e30}", "inverse"},
        {"{\"map\":\"platt\",\"own\":[1],\"a\":[1,1],\"b\":[0]}", "a"},
        {"{\"map\":\"platt\",\"own\":[],\"a\":[1,1],\"b\":[0]}", "b"},
        {"{\"map\":\"vector\",\"own\":[],\"a\":[1,\"x\"],\"b\":[0,0]}", "a"},
        {"{\"map\":\"isotonic\",\"own\":[],\"curves\":[{\"x\":[],\"y\":[]}]}", "least"},
        {"{\"map\":\"isotonic\",\"own\":[],\"least\":0,\"curves\":[{\"x\":[],\"y\":[]}]}", "least"},
        {"{\"map\":\"isotonic\",\"own\":[],\"least\":0.1,\"curves\":[]}", "curves"},
        {"{\"map\":\"isotonic\",\"own\":[],\"least\":0.1,\"curves\":[{\"x\":[0],\"y\":[]}]}", "y"},
        {"{\"map\":\"isotonic\",\"own\":[],\"least\":0.1,\"curves\":[{\"x\":[1,0],\"y\":[0,1]}]}",
         "x"},
        {"{\"map\":\"isotonic\",\"own\":[],\"least\":0.1,\"curves\":[{\"x\":[0,1],\"y\":[1,0]}]}",
         "y"},
        {"{\"map\":\"isotonic\",\"own\":[],\"least\":0.1,\"curves\":[{\"x\":[0,1],\"y\":[0,2]}]}",
         "y"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_calibrator m = {0};
        struct az_error err = {0};
        char want[96];
        snprintf(want, sizeof(want), "'%s'", cases[i].what);
        assert_int_equal(read(cases[i].text, 2, &m, &err), AZ_EINVAL);
        if (strncmp(err.what, want, strlen(want)) != 0)
            fail_msg("%s: %s", cases[i].text, err.what);
    }
}

static void out_of_memory(void **state)
{
    struct az_logits l = draw(2);
    struct az_calibrator m;
    assert_int_equal(az_calibrator_fit(AZ_CALIBRATOR_ISOTONIC, &l, 2, &m), 0);
    AZ_AUTO_MEM char *text = write(&m);
    for (int nth = 1, r = -1; r < 0; nth++) {
        struct az_calibrator again = {0};
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = read(text, 2, &again, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || r == AZ_ENOMEM);
        az_calibrator_release(&again);
    }
    az_calibrator_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
