#include "coordinator/lease.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static struct az_key key_of(int item)
{
    return (struct az_key){.item = item, .judge = item % 3, .round = 1, .criterion = -1};
}

/* Many, found by all three of their parts, ended in another order. */
static void lease_find_and_end(void **state)
{
    (void)state;
    enum { PEERS = 5, ITEMS = 400 };
    struct az_leases l = {0};
    for (int p = 0; p < PEERS; p++) {
        for (int i = 0; i < ITEMS; i++) {
            struct az_key key = key_of(i);
            assert_null(az_lease_find(&l, p, 7, &key));
            struct az_lease *lease = az_lease_grant(&l, p, 7, &key);
            assert_non_null(lease);
            lease->reserved = p * ITEMS + i;
            assert_null(az_lease_find(&l, p, 8, &key));
        }
    }
    assert_int_equal(l.n, PEERS * ITEMS);
    for (int i = ITEMS - 1; i >= 0; i--) {
        struct az_key key = key_of(i * 7 % ITEMS);
        for (int p = 0; p < PEERS; p++) {
            struct az_lease *lease = az_lease_find(&l, p, 7, &key);
            assert_non_null(lease);
            assert_int_equal(lease->reserved, p * ITEMS + key.item);
            az_lease_end(&l, lease);
            assert_null(az_lease_find(&l, p, 7, &key));
        }
    }
    assert_int_equal(l.n, 0);
    az_leases_release(&l);
}

static void lease_of_a_peer_in_order(void **state)
{
    (void)state;
    struct az_leases l = {0};
    assert_null(az_leases_of(&l, 3));
    for (int i = 0; i < 4; i++) {
        struct az_key key = key_of(i);
        assert_non_null(az_lease_grant(&l, 3, 1, &key));
    }
    struct az_key second = key_of(1);
    az_lease_end(&l, az_lease_find(&l, 3, 1, &second));
    static const int want[] = {0, 2, 3};
    const struct az_lease *at = az_leases_of(&l, 3);
    for (size_t i = 0; i < AZ_LEN(want); i++, at = at->next)
        assert_int_equal(at->key.item, want[i]);
    assert_null(at);
    assert_null(az_leases_of(&l, 2));
    az_leases_release(&l); /* frees what is held, too */
}

static void lease_without_memory(void **state)
{
    (void)state;
    struct az_key key = key_of(0);
    bool granted = false;
    for (int nth = 1; !granted; nth++) {
        struct az_leases l = {0};
        az_fault_alloc(nth);
        granted = az_lease_grant(&l, 0, 1, &key);
        az_fault_alloc(0);
        assert_int_equal(l.n, granted);
        az_leases_release(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lease_find_and_end),
        cmocka_unit_test(lease_of_a_peer_in_order),
        cmocka_unit_test(lease_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
