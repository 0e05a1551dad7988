#include "statistics/agreement/bias.h"

static const char one_order[] = "no item was read in both orders";

int az_bias_add(struct az_bias *b, uint64_t cluster, int a_first, int b_first)
{
    if (a_first < 0 || b_first < 0)
        return 0;

    bool reversal = a_first <= 1 && b_first <= 1 && a_first != b_first;
    double first = !reversal ? 0 : a_first == 0 ? 1 : -1;
    int r = az_mean_add(&b->first, cluster, first);
    if (r < 0)
        return r;
    b->n++;
    b->flips += a_first != b_first;
    b->reversals += reversal;
    return 0;
}

void az_bias_release(struct az_bias *b)
{
    az_mean_release(&b->first);
    *b = (struct az_bias){0};
}

struct az_figure az_bias_flip_rate(const struct az_bias *b)
{
    return az_figure_ratio((double)b->flips, b->n, one_order);
}

struct az_figure az_bias_reversal_rate(const struct az_bias *b)
{
    return az_figure_ratio((double)b->reversals, b->n, one_order);
}

struct az_figure az_bias_position(const struct az_bias *b)
{
    struct az_figure f = az_mean_figure(&b->first, one_order);
    f.low = AZ_MAX(f.low, -1.0);
    f.high = AZ_MIN(f.high, 1.0);
    return f;
}
