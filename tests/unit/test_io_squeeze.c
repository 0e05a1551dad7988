#include "core/io_squeeze.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"

static struct az_squeeze z;

static int set_up(void **state)
{
    az_squeeze_init(&z, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    az_squeeze_release(&z);
    return 0;
}

static void round_trip(struct az_str body, bool shrinks)
{
    struct az_str packed = az_squeeze(&z, body, 0), text;
    assert_int_equal(packed.p[0], shrinks ? AZ_BODY_ZSTD : AZ_BODY_PLAIN);
    assert_true(shrinks ? packed.n < body.n : packed.p == body.p);
    AZ_AUTO_MEM char *copy = az_alloc(packed.n);
    memcpy(copy, packed.p, packed.n);
    assert_int_equal(az_unsqueeze(&z, (struct az_str){copy, packed.n}, &text, NULL), 0);
    assert_true(az_str_eq(text, (struct az_str){body.p + 1, body.n - 1}));
}

static void comes_back_whole(void **state)
{
    enum { N = 100000 };
    AZ_AUTO_MEM char *body = az_zalloc(N);
    struct az_rng rng = az_rng(1);
    memset(body + 1, 'x', N - 1);
    round_trip((struct az_str){body, 1}, false);
    round_trip((struct az_str){body, 2}, false);
    round_trip((struct az_str){body, 1000}, true);
    round_trip((struct az_str){body, N}, true);
    assert_ptr_equal(az_squeeze(&z, (struct az_str){body, 1000}, 1001).p, body);
    for (int i = 1; i < N; i++)
        body[i] = (char)az_rng_next(&rng);
    round_trip((struct az_str){body, 1000}, false);
    round_trip((struct az_str){body, N}, false);
}

static void damage_is_told(void **state)
{
    char body[2000] = {0};
    struct az_str text;
    memset(body + 1, 'x', sizeof(body) - 1);
    struct az_str packed = az_squeeze(&z, (struct az_str){body, sizeof(body)}, 0);
    char copy[2000];
    for (size_t n = 0; n < packed.n; n++) {
        memcpy(copy, packed.p, packed.n);
        assert_int_equal(az_unsqueeze(&z, (struct az_str){copy, n}, &text, NULL), AZ_EPROTO);
        packed = az_squeeze(&z, (struct az_str){body, sizeof(body)}, 0);
    }
    assert_int_equal(az_unsqueeze(&z, (struct az_str){"\x02xx", 3}, &text, NULL), AZ_EPROTO);
    assert_int_equal(az_unsqueeze(&z, (struct az_str){"\x01xx", 3}, &text, NULL), AZ_EPROTO);

    struct az_squeeze small;
    az_squeeze_init(&small, 1000);
    memcpy(copy, packed.p, packed.n);
    assert_int_equal(az_unsqueeze(&small, (struct az_str){copy, packed.n}, &text, NULL), AZ_ELIMIT);
    az_squeeze_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_whole),
        cmocka_unit_test(damage_is_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
