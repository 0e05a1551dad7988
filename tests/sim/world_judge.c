/* The judges: what they answer is the item's and their own, how they fail is the
 * weather's. What they bill counts, whoever hears of it. */
#include "core/mem.h"
#include "core/price.h"
#include "tests/sim/world.h"
#include "workers/work_state.h"

static uint64_t roll(struct world *w, uint64_t n)
{
    return world_roll(w, BY_JUDGE, n);
}

/* Whose question it is: a worker knows only the panel, which bears the job's name. */
static struct job *job_of(struct world *w, const struct work_call *c)
{
    for (int j = 0; j < w->n_jobs; j++) {
        if (!strcmp(w->jobs[j].panel->name, c->ask.panel->name))
            return &w->jobs[j];
    }
    return NULL;
}

/* The most it may bill: each byte a token, and all the room that it was given. */
static void bill(struct world *w, const struct work_call *c, int64_t in, int64_t out)
{
    struct job *job = job_of(w, c);
    az_nusd cost = az_price_cost(&c->ask.judge->price, in, 0, out);
    if (cost > call_worst(c))
        world_fail(w, "a call that bills %lld, its worst case is %lld", (long long)cost,
                   (long long)call_worst(c));
    if (!job) /* it was pruned, and who calls has not heard of that */
        return;
    job->billed += cost;
    check_money(w, job);
}

/* Mostly one side, sometimes nothing that can be read. */
static void answer(struct world *w, const struct work_call *c, struct reply *reply)
{
    const struct az_key *k = &c->ask.key;
    uint64_t h = az_hash64_mix(w->seed, (uint64_t)(k->item * 1000 + k->judge * 10 + k->round));
    bool json = c->ask.judge->answer == AZ_ANSWER_JSON;
    const char *label = h % 5 < 3 ? "A" : "B";
    if ((int)roll(w, 1000) < w->wrong)
        label = "nothing of the kind";
    char text[128];
    snprintf(text, sizeof(text),
             json ? "{\\\"rationale\\\":\\\"so\\\",\\\"label\\\":\\\"%s\\\"}" : "%s", label);
    int64_t in = (int64_t)roll(w, c->body.n + 1);
    int64_t out = (int64_t)roll(w, (uint64_t)c->ask.max_tokens + 1);
    reply->status = 200;
    reply->headers = "";
    snprintf(reply->body, sizeof(reply->body),
             "{\"model\":\"m\",\"choices\":[{\"message\":{\"content\":\"%s\"},"
             "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":%lld,"
             "\"completion_tokens\":%lld}}",
             text, (long long)in, (long long)out);
    reply->used = in + out;
    bill(w, c, in, out);
}

static void say(struct reply *reply, long status, const char *headers, const char *body)
{
    reply->status = status;
    reply->headers = headers;
    snprintf(reply->body, sizeof(reply->body), "%s", body);
}

static void refuse(struct world *w, struct reply *reply)
{
    static const struct {
        long status;
        const char *headers, *body;
    } ways[] = {{429, "retry-after: 3\r\n", "{\"error\":{\"message\":\"slow down\"}}"},
                {429, "", "{\"error\":{\"message\":\"slow down\"}}"},
                {500, "", "oops"},
                {503, "", "{}"},
                {400, "", "{\"error\":{\"message\":\"not this one\"}}"}};
    size_t i = roll(w, AZ_LEN(ways));
    say(reply, ways[i].status, ways[i].headers, ways[i].body);
}

void judge_call(struct world *w, int who, struct work_call *c, az_ms timeout_ms)
{
    struct reply *reply = az_zalloc(sizeof(*reply));
    az_assert(reply);
    az_ms ms = 1 + (az_ms)roll(w, (uint64_t)w->slow_ms);
    int chance = (int)roll(w, 1000);
    if (w->dead_until[world_backend(c->backend->backend->name)] > w->now) {
        reply->end = AZ_CALL_CONNECT;
    } else if (w->quota_gone || chance < w->stops) {
        w->quota_gone = true;
        say(reply, 429, "", "{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"x\"}}");
    } else if ((chance -= w->stops) < w->busy) {
        refuse(w, reply);
    } else if ((chance -= w->busy) < w->broken) {
        reply->end = roll(w, 2) ? AZ_CALL_BROKEN : AZ_CALL_CONNECT;
        if (reply->end == AZ_CALL_BROKEN)
            bill(w, c, (int64_t)c->body.n, c->ask.max_tokens);
    } else if ((chance -= w->broken) < w->silent || ms >= timeout_ms) {
        reply->end = AZ_CALL_TIMEOUT;
        ms = timeout_ms;
        bill(w, c, (int64_t)c->body.n, c->ask.max_tokens);
    } else {
        answer(w, c, reply);
    }
    world_at(
        w, w->now + ms,
        (struct event){
            .kind = EV_REPLY, .who = who, .life = w->workers[who].life, .call = c, .reply = reply});
}
