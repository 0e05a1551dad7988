/* core/price.h: tokens to money, rounded up. Pure. */
#pragma once
#include "core/panel.h"

/* What a call cost: input tokens include the cached ones. 0 when the price is
 * not known. */
az_nusd az_price_cost(const struct az_price *price, int64_t in, int64_t cached, int64_t out);

/* The most that one call can cost: `bytes` of request as tokens at the dearest
 * input price, plus max_tokens. */
az_nusd az_price_worst(const struct az_price *price, int64_t bytes, int64_t max_tokens);
