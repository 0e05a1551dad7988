#include "client/cli/beside.h"

void az_beside_init(struct az_beside *b, const struct az_panel *plain, const char *by,
                    int64_t learnt_from)
{
    *b = (struct az_beside){.plain = plain, .by = by, .learnt_from = learnt_from};
    az_compare_init(&b->compare, &plain->question);
}

void az_beside_release(struct az_beside *b)
{
    az_compare_release(&b->compare);
    *b = (struct az_beside){0};
}

int az_beside_add(struct az_beside *b, const struct az_decide_case *c,
                  const struct az_verdict *verdict, struct az_ballots ballots,
                  struct az_arena *arena, struct az_error *err)
{
    struct az_verdict majority;
    struct az_ballots by_all;
    struct az_outcome learnt, plain;
    if (!c->item->gold.n && !c->item->gold.has_number)
        return 0;
    int r = az_decide(b->plain, c, arena, &majority, &by_all, err);
    if (r)
        return r < 0 ? r : 0;
    if (az_outcome_of(b->plain, c->item, verdict, ballots, arena, &learnt) < 0 ||
        az_outcome_of(b->plain, c->item, &majority, by_all, arena, &plain) < 0 ||
        az_compare_add(&b->compare, c->item, &learnt, &plain) < 0)
        return az_oom(err);
    return 0;
}

struct az_summary_beside az_beside_figures(const struct az_beside *b)
{
    const struct az_compare *c = &b->compare;
    if (!b->by)
        return (struct az_summary_beside){0};
    enum az_compared what = c->kind == AZ_SCORE ? AZ_CMP_OFF : AZ_CMP_ACCURACY;
    const struct az_paired *p = &c->v[what];
    const char *none = az_compared_names[what].none;
    return (struct az_summary_beside){
        .by = b->by,
        .plain = az_aggregate_name(b->plain->aggregate.kind),
        .learnt_from = b->learnt_from,
        .accuracy = az_mean_rate(&c->v[AZ_CMP_STRICT].y, none),
        .shared_or_off =
            what == AZ_CMP_OFF ? az_mean_figure(&p->y, none) : az_mean_rate(&p->y, none),
        .difference = az_paired_difference(p, none),
    };
}
