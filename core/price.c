#include "core/price.h"

/* Prices are pico-dollars a token, money is nano-dollars. */
static az_nusd to_nusd(__int128 pico)
{
    __int128 nano = (pico + 999) / 1000;
    return nano > INT64_MAX ? INT64_MAX : (az_nusd)nano;
}

az_nusd az_price_cost(const struct az_price *price, int64_t in, int64_t cached, int64_t out)
{
    if (!price->known)
        return 0;
    int64_t hit = AZ_MIN(AZ_MAX(cached, (int64_t)0), in);
    return to_nusd((__int128)(in - hit) * price->input + (__int128)hit * price->cached +
                   (__int128)out * price->output);
}

az_nusd az_price_worst(const struct az_price *price, int64_t bytes, int64_t max_tokens)
{
    if (!price->known)
        return 0;
    /* No tokenizer makes more than one token of a byte. */
    return to_nusd((__int128)bytes * AZ_MAX(price->input, price->cached) +
                   (__int128)max_tokens * price->output);
}
