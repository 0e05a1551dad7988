#include "statistics/suggest.h"

#include <math.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rng.h"

struct candidate {
    uint64_t place; /* in the order of the draw */
    uint32_t item;
    double doubt, chance;
};

static int by_place(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static size_t gather(const struct az_suggest *s, struct candidate *v)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_items; i++) {
        az_assert(s->doubt[i] >= 0 && isfinite(s->doubt[i]));
        if (s->labelled && s->labelled[i])
            continue;
        v[n++] =
            (struct candidate){az_hash64_mix(s->keys[i], s->seed), (uint32_t)i, s->doubt[i], 0};
    }
    qsort(v, n, sizeof(*v), by_place);
    return n;
}

/* Chances that sum to `wanted`: a floor for each, the rest by doubt. What would pass 1
 * is 1, and what it leaves goes to the others; each round fixes one more at least. */
static void set_chances(struct candidate *v, size_t n, double wanted, double uniform)
{
    double floor_each = uniform * wanted / (double)n;
    for (bool again = true; again;) {
        double left = wanted, doubt = 0;
        size_t open = 0;
        for (size_t i = 0; i < n; i++) {
            if (v[i].chance >= 1) {
                left -= 1;
                continue;
            }
            doubt += v[i].doubt;
            open++;
        }
        double by_doubt = left - floor_each * (double)open;
        again = false;
        for (size_t i = 0; i < n; i++) {
            if (v[i].chance >= 1)
                continue;
            v[i].chance =
                doubt > 0 ? floor_each + by_doubt * v[i].doubt / doubt : left / (double)open;
            if (v[i].chance >= 1) {
                v[i].chance = 1;
                again = true;
            }
        }
    }
}

/* Every time the running sum of chances passes start + whole number, one is picked.
 * The picks move to the front. */
static size_t draw(struct candidate *v, size_t n, size_t wanted, double start)
{
    double sum = 0;
    size_t picked = 0;
    for (size_t i = 0; i < n && picked < wanted; i++) {
        sum += v[i].chance;
        bool rounding = n - i == wanted - picked; /* as many left as are wanted */
        if (sum > start + (double)picked || rounding)
            v[picked++] = v[i];
    }
    return picked;
}

int az_suggest(const struct az_suggest *s, struct az_suggestion *ret, size_t *n)
{
    az_assert(s->uniform > 0 && s->uniform <= 1 && s->n_items < UINT32_MAX);
    AZ_AUTO_MEM struct candidate *v = az_alloc((s->n_items + 1) * sizeof(*v));
    if (!v)
        return AZ_ENOMEM;
    size_t open = gather(s, v), wanted = AZ_MIN(s->wanted, open);
    *n = 0;
    if (!wanted)
        return 0;
    struct az_rng rng = az_rng(s->seed);
    set_chances(v, open, (double)wanted, s->uniform);
    *n = draw(v, open, wanted, az_rng_unit(&rng));
    for (size_t i = 0; i < *n; i++)
        ret[i] = (struct az_suggestion){v[i].item, AZ_MIN(v[i].chance, 1.0)};
    return 0;
}
