/* statistics/agreement/bias.h: does a judge change its mind when the two
 * answers change places? Pure, streaming; a zeroed struct is an empty one.
 *
 * Only items whose two orders were both readable count. Labels are in the
 * item's frame: 0 = A, 1 = B, others (tie) higher. */
#pragma once
#include "core/base.h"
#include "statistics/figure.h"
#include "statistics/interval/mean.h"

struct az_bias {
    int64_t n, flips, reversals;
    struct az_mean first; /* +1 twice the first shown, -1 twice the second, 0 else */
};

/* What it said when A was shown first, and when B was; negative = not readable,
 * and then the item does not count. 0 or AZ_ENOMEM. */
int az_bias_add(struct az_bias *b, uint64_t cluster, int a_first, int b_first);
void az_bias_release(struct az_bias *b);

/* Share of items whose two answers differ, and whose answers are A and B. */
struct az_figure az_bias_flip_rate(const struct az_bias *b);
struct az_figure az_bias_reversal_rate(const struct az_bias *b);

/* (first-first - second-second) / all: above 0 it likes what it reads first. */
struct az_figure az_bias_position(const struct az_bias *b);
