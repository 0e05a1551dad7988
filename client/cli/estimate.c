#include "client/cli/estimate.h"

#include "core/mem.h"
#include "core/price.h"
#include "core/prompt.h"

static int rounds_of(const struct az_panel *panel)
{
    return panel->policy.kind == AZ_POLICY_DEBATE ? AZ_MAX(panel->policy.rounds, 1) : 1;
}

/* In a later round each of the others has said as much as it may. */
static int fill_seen(struct az_estimate *e)
{
    const struct az_panel *p = e->panel;
    size_t longest = 0;
    for (size_t j = 0; j < p->n_judges; j++)
        longest = AZ_MAX(longest, (size_t)p->judges[j].max_tokens * AZ_BYTES_PER_TOKEN);
    e->filler = az_alloc(longest + 1);
    e->seen = az_zalloc((p->n_judges + 1) * sizeof(*e->seen));
    if (!e->filler || !e->seen)
        return AZ_ENOMEM;
    memset(e->filler, 'x', longest);
    for (size_t j = 0; j < p->n_judges; j++) {
        size_t n = (size_t)p->judges[j].max_tokens * AZ_BYTES_PER_TOKEN;
        bool score = p->question.kind == AZ_SCORE;
        e->seen[j] = (struct az_seen){.label = score ? AZ_LABEL_NONE : 0,
                                      .has_score = score,
                                      .score = p->question.scale_max,
                                      .rationale = {e->filler, n}};
    }
    return 0;
}

int az_estimate_init(struct az_estimate *e, const struct az_panel *panel,
                     const struct az_prompter *prompter, struct az_error *err)
{
    *e = (struct az_estimate){.panel = panel, .prompter = prompter};
    az_prompt_init(&e->prompt);
    e->judges = az_zalloc(panel->n_judges * sizeof(*e->judges));
    int r = e->judges ? 0 : AZ_ENOMEM;
    if (r == 0 && rounds_of(panel) > 1)
        r = fill_seen(e);
    if (r == 0)
        return 0;
    az_estimate_release(e);
    return az_oom(err);
}

void az_estimate_release(struct az_estimate *e)
{
    free(e->judges);
    free(e->seen);
    free(e->filler);
    az_prompt_release(&e->prompt);
    *e = (struct az_estimate){0};
}

static az_nusd sum(az_nusd a, az_nusd b)
{
    return a > AZ_NUSD_MAX - b ? AZ_NUSD_MAX : a + b;
}

/* Bytes of the prompt; 0 for an item that this judge can't be asked about. */
static int64_t rendered(struct az_estimate *e, const struct az_key *key, const struct az_item *item)
{
    static const unsigned char no_secret[AZ_SECRET_BYTES];
    struct az_error err;
    if (az_prompter_render(e->prompter, &e->prompt, key, item, NULL, no_secret, &err) < 0)
        return 0;
    return (int64_t)(e->prompt.system.n + e->prompt.user.n);
}

static void add_calls(struct az_estimate_judge *to, const struct az_judge *judge, int64_t bytes,
                      int64_t bound)
{
    for (int i = 0; i < judge->samples; i++) {
        to->calls++;
        to->bytes += bytes;
        to->out += judge->max_tokens;
        to->likely =
            sum(to->likely, az_price_cost(&judge->price, bytes / AZ_BYTES_PER_TOKEN, 0, 0));
        to->worst = sum(to->worst, az_price_worst(&judge->price, bound, judge->max_tokens));
    }
}

static int add_judge(struct az_estimate *e, const struct az_item *item, int j,
                     const struct az_view *view, int round)
{
    const struct az_panel *p = e->panel;
    const struct az_judge *judge = &p->judges[j];
    enum az_order orders[2];
    int n = az_judge_orders(p, j, orders);
    if (az_backend_is_local(&p->backends[judge->backend_at])) {
        e->judges[j].calls += (int64_t)n * judge->samples;
        return 0;
    }
    for (int i = 0; i < n; i++) {
        struct az_key key = {.judge = j, .round = round, .criterion = -1, .order = orders[i]};
        int64_t bound = az_prompter_bytes_bound(e->prompter, &key, item, view);
        if (bound == INT64_MAX)
            return AZ_ENOMEM;
        add_calls(&e->judges[j], judge, rendered(e, &key, item), bound);
    }
    return 0;
}

int az_estimate_add(struct az_estimate *e, const struct az_item *item, struct az_error *err)
{
    const struct az_panel *p = e->panel;
    for (int round = 1; round <= rounds_of(p); round++) {
        /* A judge does not see itself: with itself in it is a bound all the more. */
        struct az_view view = {0};
        if (round > 1)
            view = (struct az_view){p->n_judges, e->seen};
        for (int j = 0; j < (int)p->n_judges; j++) {
            if (add_judge(e, item, j, &view, round) < 0)
                return az_oom(err);
        }
    }
    e->items++;
    return 0;
}

struct az_estimate_judge az_estimate_total(const struct az_estimate *e)
{
    struct az_estimate_judge total = {0};
    for (size_t j = 0; j < e->panel->n_judges; j++) {
        const struct az_estimate_judge *one = &e->judges[j];
        if (az_backend_is_local(&e->panel->backends[e->panel->judges[j].backend_at]))
            continue;
        total.calls += one->calls;
        total.bytes += one->bytes;
        total.out += one->out;
        total.likely = sum(total.likely, one->likely);
        total.worst = sum(total.worst, one->worst);
    }
    return total;
}
