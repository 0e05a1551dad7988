#include "core/rng.h"

struct az_rng az_rng(uint64_t seed)
{
    return (struct az_rng){seed};
}

uint64_t az_rng_next(struct az_rng *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double az_rng_unit(struct az_rng *r)
{
    return (double)(az_rng_next(r) >> 11) * 0x1.0p-53;
}

uint64_t az_rng_below(struct az_rng *r, uint64_t n)
{
    az_assert(n > 0);
    uint64_t reject_under = -n % n;
    uint64_t x;
    do {
        x = az_rng_next(r);
    } while (x < reject_under);
    return x % n;
}
