/* statistics/suggest.h: which items to label next. Pure; the same input gives the
 * same picks, whatever the order of the items.
 *
 * Labels help most where the panel is in doubt, but labels of doubtful items alone
 * say nothing about the others. So every item keeps a chance: a share of the picks
 * is uniform, the rest goes by doubt, and each label carries the weight 1 / chance,
 * under which means over the labelled items stay unbiased (Horvitz and Thompson
 * 1952; for active labelling, Zrnic and Candès 2024, "Active statistical
 * inference"). The size is exact: systematic sampling with unequal chances (Madow
 * 1949) over the items in the order of hash(key, seed). */
#pragma once
#include "core/base.h"

struct az_suggest {
    const uint64_t *keys; /* n_items: of an item's id */
    const double *doubt;  /* n_items, not negative; the square root of a variance serves best */
    const bool *labelled; /* n_items: not to be picked; NULL: none is */
    size_t n_items, wanted;
    double uniform; /* share of the picks that goes by no doubt, in (0, 1] */
    uint64_t seed;
};

struct az_suggestion {
    uint32_t item;
    double chance; /* of being picked, in (0, 1] */
};

/* At most `wanted` picks into `ret` (room for as many); *n of them: fewer when fewer are
 * unlabelled. They come in random order, so that whoever labels the first few only has
 * a sample all the same. 0 or AZ_ENOMEM. */
int az_suggest(const struct az_suggest *s, struct az_suggestion *ret, size_t *n);
