/* The judges: what they answer is the item's and their own, how they fail is the
 * weather's. What they bill counts, whoever hears of it. */
#include "core/price.h"
#include "tests/sim/world.h"
#include "workers/work_state.h"

static struct az_str keep(struct world *w, const char *text)
{
    struct az_str s = az_arena_str(w->arena, az_str(text));
    az_assert(s.p);
    return s;
}

/* The most it may bill: each byte a token, and all the room that it was given. */
static void bill(struct world *w, const struct work_call *c, int64_t in, int64_t out)
{
    az_nusd cost = az_price_cost(&c->ask.judge->price, in, 0, out);
    w->billed += cost;
    if (cost > call_worst(c))
        world_fail(w, "a call that bills %lld, its worst case is %lld", (long long)cost,
                   (long long)call_worst(c));
    check_money(w);
}

/* Mostly one side, sometimes nothing that can be read. */
static void answer(struct world *w, const struct work_call *c, struct event *e)
{
    const struct az_key *k = &c->ask.key;
    uint64_t h = az_hash64_mix(w->seed, (uint64_t)(k->item * 1000 + k->judge * 10 + k->round));
    bool json = c->ask.judge->answer == AZ_ANSWER_JSON;
    const char *label = h % 5 < 3 ? "A" : "B";
    if ((int)world_roll(w, 1000) < w->wrong)
        label = "nothing of the kind";
    char text[128], body[512];
    snprintf(text, sizeof(text),
             json ? "{\\\"rationale\\\":\\\"so\\\",\\\"label\\\":\\\"%s\\\"}" : "%s", label);
    int64_t in = (int64_t)world_roll(w, c->body.n + 1);
    int64_t out = (int64_t)world_roll(w, (uint64_t)c->ask.max_tokens + 1);
    snprintf(body, sizeof(body),
             "{\"model\":\"m\",\"choices\":[{\"message\":{\"content\":\"%s\"},"
             "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":%lld,"
             "\"completion_tokens\":%lld}}",
             text, (long long)in, (long long)out);
    bill(w, c, in, out);
    e->response = (struct az_response){200, keep(w, ""), keep(w, body)};
}

static void refuse(struct world *w, struct event *e)
{
    static const struct {
        long status;
        const char *headers, *body;
    } ways[] = {{429, "retry-after: 3\r\n", "{\"error\":{\"message\":\"slow down\"}}"},
                {429, "", "{\"error\":{\"message\":\"slow down\"}}"},
                {500, "", "oops"},
                {503, "", "{}"},
                {400, "", "{\"error\":{\"message\":\"not this one\"}}"}};
    size_t i = world_roll(w, AZ_LEN(ways));
    e->response =
        (struct az_response){ways[i].status, keep(w, ways[i].headers), keep(w, ways[i].body)};
}

void judge_call(struct world *w, int who, struct work_call *c, az_ms timeout_ms)
{
    struct event e = {.kind = EV_REPLY, .who = who, .life = w->workers[who].life, .call = c};
    az_ms ms = 1 + (az_ms)world_roll(w, (uint64_t)w->slow_ms);
    int roll = (int)world_roll(w, 1000);
    if (w->quota_gone || roll < w->stops) {
        w->quota_gone = true;
        e.response = (struct az_response){
            429, keep(w, ""),
            keep(w, "{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"x\"}}")};
    } else if ((roll -= w->stops) < w->busy) {
        refuse(w, &e);
    } else if ((roll -= w->busy) < w->broken) {
        e.end = world_roll(w, 2) ? AZ_CALL_BROKEN : AZ_CALL_CONNECT;
        if (e.end == AZ_CALL_BROKEN)
            bill(w, c, (int64_t)c->body.n, c->ask.max_tokens);
    } else if ((roll -= w->broken) < w->silent || ms >= timeout_ms) {
        e.end = AZ_CALL_TIMEOUT;
        ms = timeout_ms;
        bill(w, c, (int64_t)c->body.n, c->ask.max_tokens);
    } else {
        answer(w, c, &e);
    }
    world_at(w, w->now + ms, e);
}
