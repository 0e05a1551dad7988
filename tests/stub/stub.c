#include "tests/stub/stub.h"

#include "core/hash.h"
#include "core/mem.h"
#include "tests/stub/body.h"

/* What is decided about one request before a byte is written. */
struct plan {
    const struct fault_kind *fault;
    struct usage usage;
    bool begun; /* a completion is begun: it is billed, whatever comes */
    enum ending ending;
    int what; /* enum fault_body */
};

static uint32_t call_begin(struct stub *s, const struct call *call)
{
    uint32_t tag = s->free_call;
    if (tag) {
        s->free_call = s->calls[tag - 1].next;
    } else {
        if (az_grow(&s->calls, &s->calls_cap, s->n_calls + 1, sizeof(*s->calls)) < 0)
            return 0;
        tag = (uint32_t)++s->n_calls;
    }
    s->calls[tag - 1] = *call;
    s->counts.in_flight++;
    s->counts.in_flight_max = AZ_MAX(s->counts.in_flight_max, s->counts.in_flight);
    return tag;
}

static void on_end(void *arg, uint32_t tag, bool whole)
{
    struct stub *s = arg;
    struct call *call = &s->calls[tag - 1];
    s->counts.in_flight--;
    if (whole) {
        s->counts.status[call->status]++;
        s->counts.completions += call->completion;
    } else if (!call->broken) {
        s->counts.dropped++;
    }
    if (whole && call->completion) {
        size_t at = 0;
        int64_t i = table_find(&s->counts.by_key, call->key, &at);
        if (i >= 0 && s->counts.questions[i].answered++)
            s->counts.answered_again++;
    }
    call->next = s->free_call;
    s->free_call = tag;
}

static void write_head(struct stub *s, int status, const char *type, int64_t length, bool hint,
                       bool close)
{
    const struct config *c = &s->config;
    az_buf_clear(&s->head);
    az_buf_fmt(&s->head, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %lld\r\n", status,
               http_reason(status), type, (long long)length);
    if (hint && c->retry_after_s >= 0)
        az_buf_fmt(&s->head, "Retry-After: %lld\r\n", (long long)c->retry_after_s);
    if (hint && c->retry_after_ms >= 0)
        az_buf_fmt(&s->head, "retry-after-ms: %lld\r\n", (long long)c->retry_after_ms);
    if (close)
        az_buf_z(&s->head, "Connection: close\r\n");
    az_buf_z(&s->head, "\r\n");
}

void stub_send(struct conn *c, struct stub *s, int status)
{
    write_head(s, status, "application/json", (int64_t)s->body.n, false, false);
    struct reply r = {.head = az_buf_view(&s->head), .body = az_buf_view(&s->body)};
    server_reply(c, &r, 0);
}

static void keep_last(struct stub *s, const struct http_request *r)
{
    az_buf_clear(&s->last_head);
    az_buf_clear(&s->last_body);
    az_buf_put(&s->last_head, r->path.p, r->path.n);
    az_buf_z(&s->last_head, "\n");
    az_buf_str(&s->last_head, r->headers);
    az_buf_str(&s->last_body, r->body);
    if (!s->config.log)
        return;
    AZ_AUTO_BUF line = az_buf(AZ_BUF_MAX);
    struct az_jw w = az_jw(&line);
    az_jw_obj(&w);
    az_jw_kint(&w, "at_ms", server_clock_ns() / 1000000);
    az_jw_kstr(&w, "path", r->path);
    az_jw_kstr(&w, "headers", r->headers);
    az_jw_kstr(&w, "body", r->body);
    az_jw_obj_end(&w);
    az_buf_char(&line, '\n');
    fwrite(line.p, 1, line.n, s->config.log);
    fflush(s->config.log);
}

/* An answer that no question was read for. */
static void refuse(struct stub *s, struct conn *c, enum provider provider, const char *kind)
{
    const struct fault_kind *k = fault_find(az_str(kind));
    az_buf_clear(&s->body);
    body_error(&s->body, provider, k);
    write_head(s, k->status, "application/json", (int64_t)s->body.n, k->retry_after, false);
    struct reply r = {.head = az_buf_view(&s->head), .body = az_buf_view(&s->body)};
    server_reply(c, &r, call_begin(s, &(struct call){.status = k->status}));
}

static bool key_fits(const struct stub *s, const struct http_request *r)
{
    if (!s->config.key)
        return true;
    struct az_str bearer = http_header(r, "Authorization"), key = http_header(r, "x-api-key");
    if (az_str_starts(bearer, "Bearer "))
        key = (struct az_str){bearer.p + 7, bearer.n - 7};
    return az_str_eqz(key, s->config.key);
}

static struct usage usage_of(const struct config *c, const struct ask *ask, const struct said *said)
{
    int64_t out = AZ_MIN(((int64_t)said->text.n + 3) / 4, ask->max_tokens);
    bool worst = c->usage == TELL_WORST;
    struct usage u = {.told = c->usage != TELL_NONE,
                      .in = worst ? ask->n_bytes : ask->tokens_in,
                      .out = worst && ask->max_tokens < INT64_MAX ? ask->max_tokens : out};
    u.cached = AZ_MIN(c->cached_tokens, u.in);
    return u;
}

static void bill(struct stub *s, struct question *q, const struct usage *u)
{
    const struct config *c = &s->config;
    double usd = (double)(u->in - u->cached) * c->usd_in + (double)u->cached * c->usd_cached +
                 (double)u->out * c->usd_out; /* millionths of a dollar */
    s->counts.billed++;
    s->counts.billed_in += u->in;
    s->counts.billed_out += u->out;
    s->counts.billed_nusd += (int64_t)(usd * 1e3 + 0.5);
    if (q->billed++)
        s->counts.billed_again++;
}

/* What the judge says, and what goes wrong with it. */
static struct plan decide(struct stub *s, const struct ask *ask, const struct question *q)
{
    struct config *c = &s->config;
    struct fault_case fc = {s->counts.requests, q->asked, c->judge.seed, ask};
    struct plan p = {.fault = fault_pick(c->faults, &fc)};
    if (c->limit && s->counts.in_flight >= c->limit)
        p.fault = fault_find(AZ_STR("429"));
    bool stopped = p.fault && (p.fault->act == FAULT_STATUS || p.fault->act == FAULT_REFUSE);
    if (!stopped) {
        p.what = p.fault && p.fault->act == FAULT_BODY ? p.fault->detail : 0;
        judge_say(&c->judge, ask, p.what == BODY_NO_SCHEMA, p.what == BODY_OUTSIDE, q->answered,
                  &s->said);
        if (s->said.fault)
            p.fault = s->said.fault;
    }
    if (p.fault && p.fault->act == FAULT_BODY)
        p.what = p.fault->detail;
    if (p.fault && p.fault->act == FAULT_ENDING)
        p.ending = (enum ending)p.fault->detail;
    s->counts.faults += p.fault != NULL;
    p.begun = (!p.fault || p.fault->status == 200) && !s->said.trouble;
    p.usage = usage_of(c, ask, &s->said);
    return p;
}

static void write_completion(struct stub *s, const struct ask *ask, const struct plan *p,
                             struct reply *reply)
{
    struct completion done = {.ask = ask,
                              .said = &s->said,
                              .judge = &s->config.judge,
                              .usage = p->usage,
                              .number = s->counts.requests,
                              .what = p->what};
    static const struct fault_kind inside = {
        .status = 200, .type = "api_error", .code = "upstream_error", .message = "Upstream error"};
    if (p->what == BODY_ERROR) {
        body_error(&s->body, ask->provider, &inside);
    } else if (p->what == BODY_HUGE) {
        body_huge_start(&s->body, &done);
        reply->filler = s->config.huge_bytes;
        reply->tail = body_huge_tail(ask->provider);
    } else {
        body_completion(&s->body, &done);
    }
    int64_t length = (int64_t)s->body.n + reply->filler;
    length += reply->tail ? (int64_t)strlen(reply->tail) : 0;
    if (p->what == BODY_WRONG_LENGTH) {
        length += 100;
        reply->ending = END_CLOSE;
    }
    write_head(s, 200, "application/json", length, false, reply->ending == END_CLOSE);
}

static void answer(struct stub *s, struct conn *c, const struct ask *ask, const struct plan *p)
{
    struct config *cf = &s->config;
    struct reply reply = {.ending = p->ending,
                          .delay_ns = delay_draw_ns(&cf->delay, &s->rng),
                          .drip_ns = cf->drip_ms * 1000000,
                          .hold = cf->hold};
    struct call call = {.key = ask->key,
                        .status = 200,
                        .completion = !p->fault,
                        .broken = p->ending == END_CUT || p->ending == END_RESET};
    s->answers++;
    if (cf->close_every && s->answers % cf->close_every == 0 && p->ending == END_KEEP)
        reply.ending = END_CLOSE;
    az_buf_clear(&s->body);
    if (p->begun) {
        write_completion(s, ask, p, &reply);
    } else {
        static const struct fault_kind lost = {
            .status = 404, .type = "not_found_error", .code = "stub_has_no_answer"};
        struct fault_kind k = p->fault ? *p->fault : lost;
        if (!k.message && k.type)
            k.message = s->said.trouble;
        call.status = k.status;
        body_error(&s->body, ask->provider, &k);
        write_head(s, k.status, k.type ? "application/json" : "text/html", (int64_t)s->body.n,
                   k.retry_after, reply.ending == END_CLOSE);
    }
    call.completion = call.completion && p->begun;
    reply.head = az_buf_view(&s->head);
    reply.body = az_buf_view(&s->body);
    server_reply(c, &reply, call_begin(s, &call));
}

static void judge_request(struct stub *s, struct conn *c, const struct http_request *r,
                          enum provider provider)
{
    struct az_error err = {0};
    struct ask ask;
    s->counts.requests++;
    counts_path(&s->counts, r->path);
    keep_last(s, r);
    if (!key_fits(s, r)) {
        refuse(s, c, provider, "401");
        return;
    }
    if (ask_read(&ask, provider, r->body, &err) < 0) {
        refuse(s, c, provider, "400");
        return;
    }
    struct question *q = counts_question(&s->counts, &ask);
    if (q) {
        s->counts.asked_again += q->asked++ > 0;
        s->said.trouble = NULL;
        struct plan p = decide(s, &ask, q);
        if (p.begun)
            bill(s, q, &p.usage);
        answer(s, c, &ask, &p);
    } else {
        refuse(s, c, provider, "500");
    }
    ask_release(&ask);
}

static void on_request(void *arg, struct conn *c, const struct http_request *r)
{
    struct stub *s = arg;
    if (az_str_ends(r->path, "/chat/completions"))
        judge_request(s, c, r, OPENAI);
    else if (az_str_ends(r->path, "/v1/messages"))
        judge_request(s, c, r, ANTHROPIC);
    else if (!stub_admin(s, c, r))
        refuse(s, c, OPENAI, "404");
}

static void on_timeout(void *arg, struct conn *c, bool gone)
{
    stub_unwait(arg, c, gone);
}

static void on_batch(void *arg)
{
    stub_wake(arg);
}

int stub_open(struct stub *s, struct az_error *err)
{
    struct server_calls calls = {s, on_request, on_end, on_timeout, on_batch};
    s->rng = az_rng(s->config.judge.seed);
    s->said.text = az_buf(AZ_BUF_MAX);
    s->head = az_buf(64 << 10);
    s->body = az_buf(AZ_BUF_MAX);
    s->last_head = az_buf(1 << 20);
    s->last_body = az_buf(BODY_MAX);
    return server_open((int)s->config.port, &calls, &s->server, err);
}

void stub_release(struct stub *s)
{
    server_free(s->server);
    az_buf_release(&s->said.text);
    az_buf_release(&s->head);
    az_buf_release(&s->body);
    az_buf_release(&s->last_head);
    az_buf_release(&s->last_body);
    free(s->calls);
    counts_release(&s->counts);
    config_release(&s->config);
}
