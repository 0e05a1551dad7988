#include "coordinator/budget.h"

/* Calls' worth of room in a block: a crash loses at most this much on top of
 * what was under way. */
enum { BLOCK_CALLS = 16 };

struct az_budget az_budget(az_nusd limit, az_nusd spent)
{
    return (struct az_budget){.limit = limit, .settled = spent, .durable = spent, .asked = spent};
}

static az_nusd held(const struct az_budget *b)
{
    return az_nusd_add(b->settled, b->reserved);
}

enum az_budget_answer az_budget_reserve(struct az_budget *b, az_nusd worst)
{
    if (b->limit == AZ_NUSD_MAX) {
        b->reserved = az_nusd_add(b->reserved, worst);
        return AZ_BUDGET_GRANTED;
    }
    if (worst > b->limit - AZ_MIN(b->settled, b->limit))
        return AZ_BUDGET_SPENT;
    if (worst > b->limit - AZ_MIN(held(b), b->limit))
        return AZ_BUDGET_WAIT;
    if (held(b) + worst > b->durable)
        return AZ_BUDGET_RAISE;
    b->reserved += worst;
    return AZ_BUDGET_GRANTED;
}

az_nusd az_budget_raise(struct az_budget *b, az_nusd worst)
{
    az_nusd room = b->limit - held(b);
    az_nusd block = worst > room / BLOCK_CALLS ? room : worst * BLOCK_CALLS;
    b->asked = AZ_MAX(b->asked, held(b) + block);
    return b->asked;
}

void az_budget_raised(struct az_budget *b, az_nusd ceiling)
{
    b->durable = AZ_MAX(b->durable, ceiling);
}

void az_budget_settle(struct az_budget *b, az_nusd worst, az_nusd actual)
{
    az_assert(b->reserved >= worst);
    b->reserved -= worst;
    b->settled = az_nusd_add(b->settled, actual);
}

void az_budget_correct(struct az_budget *b, az_nusd charged, az_nusd actual)
{
    if (b->settled == AZ_NUSD_MAX) /* a sum that ran over knows no parts */
        return;
    b->settled -= AZ_MIN(charged, b->settled);
    b->settled = az_nusd_add(b->settled, actual);
}

void az_budget_limit(struct az_budget *b, az_nusd limit)
{
    b->limit = limit;
}
