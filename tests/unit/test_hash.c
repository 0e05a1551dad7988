#include "core/hash.h"

#include "tests/unit/unit.h"

static const char *hex_of(struct az_hash h)
{
    static char hex[AZ_HASH_HEX + 1];
    az_hash_hex(&h, hex);
    return hex;
}

static struct az_hash parts(const char *a, const char *b)
{
    struct az_hasher h;
    az_hasher_init(&h);
    az_hasher_str(&h, az_str(a));
    az_hasher_str(&h, az_str(b));
    return az_hasher_end(&h);
}

static bool same(struct az_hash a, struct az_hash b)
{
    return az_hash_eq(&a, &b);
}

static void parts_are_told_apart(void **state)
{
    (void)state;
    assert_true(same(parts("ab", "c"), parts("ab", "c")));
    assert_false(same(parts("ab", "c"), parts("a", "bc")));
    assert_false(same(parts("abc", ""), parts("", "abc")));
    assert_false(same(parts("a", ""), parts("a", NULL)));
    assert_false(same(parts("", "a"), parts(NULL, "a")));
}

/* BLAKE2b-128 of the length (8 bytes, low first) and the bytes, as Python's
 * hashlib.blake2b(digest_size=16) has it. Files hold these: they never change. */
static void known_values(void **state)
{
    (void)state;
    assert_string_equal(hex_of(az_hash_of(AZ_STR(""))), "c804ce198ec337e3dc762bdd1a09aece");
    assert_string_equal(hex_of(az_hash_of(AZ_STR("assize"))), "32907b12ebd22004e53f3e1a367a8861");
    struct az_hasher h;
    unsigned char key[AZ_SECRET_BYTES];
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (unsigned char)i;
    az_hasher_init_keyed(&h, key);
    az_hasher_int(&h, -2);
    az_hasher_double(&h, 1.5);
    assert_string_equal(hex_of(az_hasher_end(&h)), "64a00fa23177dd972c522b6150234bf4");
}

static void a_key_matters(void **state)
{
    (void)state;
    unsigned char key[AZ_SECRET_BYTES] = {0};
    struct az_hash got[2];
    for (int i = 0; i < 2; i++) {
        struct az_hasher h;
        key[AZ_SECRET_BYTES - 1] = (unsigned char)i;
        az_hasher_init_keyed(&h, key);
        az_hasher_str(&h, AZ_STR("x"));
        got[i] = az_hasher_end(&h);
    }
    assert_false(same(got[0], got[1]));
    assert_false(same(got[0], az_hash_of(AZ_STR("x"))));
}

static void hash64(void **state)
{
    (void)state;
    assert_true(az_hash64(0, AZ_STR("a")) == az_hash64(0, az_str("a")));
    assert_true(az_hash64(0, AZ_STR("a")) != az_hash64(1, AZ_STR("a")));
    assert_true(az_hash64(UINT64_C(1) << 63, AZ_STR("a")) != az_hash64(0, AZ_STR("a")));
    assert_true(az_hash64(0, AZ_STR("a")) != az_hash64(0, AZ_STR("b")));
    assert_true(az_hash64(0, (struct az_str){0}) == az_hash64(0, AZ_STR("")));
    assert_true(az_hash64_mix(1, 2) != az_hash64_mix(2, 1));
    /* SipHash-2-4 keyed "assize map order"; orders in files depend on it. */
    assert_true(az_hash64(0, AZ_STR("assize")) == UINT64_C(0xdc0a297333d6824));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_told_apart),
        cmocka_unit_test(known_values),
        cmocka_unit_test(a_key_matters),
        cmocka_unit_test(hash64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
