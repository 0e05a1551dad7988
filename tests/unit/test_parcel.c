#include "client/lib/parcel.h"

#include "core/buf.h"
#include "core/error.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

/* Lines of so many bytes (g: with gold of one byte more), at 10 a chunk. */
static const struct {
    const char *lines, *want;
} cases[] = {
    {"", ""},
    {"3 3 3", "3 3 3"},
    {"3 3 3 3", "3 3 3|3"},
    {"10 1", "10|1"},
    {"25 1", "25|1"},
    {"1 25 1", "1|25|1"},
    {"4g 4g", "4 4"},
    {"4g 4g 1", "4 4|1"},
    {"5 4g 1", "5 4|1"},
    {"0 0 10", "0 0 10"},
};

static struct az_parcel *take(struct az_parcel *c, struct az_buf *b)
{
    az_buf_z(b, c->msg.index ? "|" : "");
    for (size_t i = 0; i < c->msg.n_lines; i++)
        az_buf_fmt(b, "%s%zu", i ? " " : "", c->msg.lines[i]->text.len);
    struct az_parcel *next = az_parcel_new(c->msg.index + 1, 7);
    az_parcel_free(c);
    return next;
}

static void parcel_table(void **state)
{
    (void)state;
    static const char bytes[32] = "0123456789";
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF got = az_buf(1024);
        struct az_parcel *c = az_parcel_new(0, 0);
        int n, at, number = 0;
        for (const char *z = cases[i].lines; sscanf(z, "%d%n", &n, &at) == 1;) {
            z += at;
            bool gold = *z == 'g';
            z += gold;
            struct az_str text = {bytes, (size_t)n};
            struct az_str g = gold ? AZ_STR("1") : (struct az_str){0};
            if (az_parcel_add(c, 10, ++number, text, g) == 1) {
                c = take(c, &got);
                assert_int_equal(az_parcel_add(c, 10, number, text, g), 0);
            }
            const Assize__Chunk__Line *line = c->msg.lines[c->msg.n_lines - 1];
            assert_int_equal(line->number, number);
            assert_true((line->gold_or_none_case != 0) == gold);
        }
        az_parcel_free(take(c, &got));
        if (strcmp(got.p ? got.p : "", cases[i].want))
            fail_msg("'%s': got '%s', want '%s'", cases[i].lines, got.p, cases[i].want);
    }
}

static void parcel_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        az_fault_alloc(nth);
        AZ_AUTO(parcel) c = az_parcel_new(0, 0);
        r = c ? az_parcel_add(c, 100, 1, AZ_STR("{}"), AZ_STR("1")) : AZ_ENOMEM;
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parcel_table),
                                       cmocka_unit_test(parcel_without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
