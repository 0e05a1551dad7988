#include "core/mem.h"
#include "tests/stub/stub.h"

static void send_counts(struct stub *s, struct conn *c, int status, bool questions)
{
    struct server_stats stats = server_stats(s->server);
    az_buf_clear(&s->body);
    counts_print(&s->body, &s->counts, &stats, questions);
    stub_send(c, s, status);
}

static void send_error(struct stub *s, struct conn *c, const char *what)
{
    az_buf_clear(&s->body);
    struct az_jw w = az_jw(&s->body);
    az_jw_obj(&w);
    az_jw_kz(&w, "error", what);
    az_jw_obj_end(&w);
    stub_send(c, s, 400);
}

/* What is under way stays counted: its end is still to come. */
static void reset_counts(struct stub *s)
{
    int64_t in_flight = s->counts.in_flight;
    counts_release(&s->counts);
    s->counts.in_flight = s->counts.in_flight_max = in_flight;
}

static void control(struct stub *s, struct conn *c, const struct http_request *r)
{
    struct az_error err = {0};
    bool held = s->config.hold;
    AZ_AUTO(json) doc = NULL;
    int rc = az_json_parse(r->body, &doc, &err);
    if (rc == 0)
        rc = config_json(&s->config, r->body, &err);
    if (rc < 0) {
        send_error(s, c, err.what);
        return;
    }
    if (az_jv_true(az_jv_get(az_json_root(doc), "reset")))
        reset_counts(s);
    send_counts(s, c, 200, false);
    if (held && !s->config.hold)
        server_release(s->server);
}

static bool holds(const struct waiter *w)
{
    for (size_t i = 0; i < w->n; i++) {
        const struct condition *k = &w->at[i];
        if (k->below ? *k->counter >= k->bound : *k->counter < k->bound)
            return false;
    }
    return true;
}

/* Cut "name=N" from the query. AZ_EINVAL: no such counter. */
static int condition(const struct stub *s, struct az_str *query, struct condition *ret)
{
    const char *amp = memchr(query->p, '&', query->n);
    size_t n = amp ? (size_t)(amp - query->p) : query->n;
    struct az_str part = {query->p, n}, name = part;
    n += amp != NULL;
    *query = (struct az_str){query->p + n, query->n - n};
    const char *equals = memchr(part.p, '=', part.n);
    if (!equals)
        return AZ_EINVAL;
    name.n = (size_t)(equals - part.p);
    struct az_str value = {equals + 1, part.n - name.n - 1};
    if (az_str_eqz(name, "timeout_ms"))
        return AZ_EAGAIN;
    ret->below = az_str_starts(name, "below.");
    if (ret->below)
        name = (struct az_str){name.p + 6, name.n - 6};
    ret->counter = counts_find(&s->counts, name);
    return ret->counter && az_str_int(value, &ret->bound) ? 0 : AZ_EINVAL;
}

static void wait_for(struct stub *s, struct conn *c, const struct http_request *r)
{
    struct waiter w = {.conn = c};
    struct az_str rest = r->query;
    int64_t timeout_ms = 10000;
    az_str_int(http_query(r->query, "timeout_ms"), &timeout_ms);
    while (rest.n && w.n < CONDITIONS_MAX) {
        int got = condition(s, &rest, &w.at[w.n]);
        if (got == AZ_EINVAL) {
            send_error(s, c, "no such condition: NAME=N or below.NAME=N of a counter");
            return;
        }
        w.n += got == 0;
    }
    if (holds(&w)) {
        send_counts(s, c, 200, false);
    } else if (s->n_waiters == WAITERS_MAX) {
        send_error(s, c, "too many wait");
    } else {
        s->waiters[s->n_waiters++] = w;
        server_wait(c, timeout_ms * 1000000);
    }
}

void stub_wake(struct stub *s)
{
    for (size_t i = 0; i < s->n_waiters;) {
        if (!holds(&s->waiters[i])) {
            i++;
            continue;
        }
        struct conn *c = s->waiters[i].conn;
        s->waiters[i] = s->waiters[--s->n_waiters];
        send_counts(s, c, 200, false);
    }
}

void stub_unwait(struct stub *s, struct conn *c, bool gone)
{
    for (size_t i = 0; i < s->n_waiters; i++) {
        if (s->waiters[i].conn != c)
            continue;
        s->waiters[i] = s->waiters[--s->n_waiters];
        if (!gone)
            send_counts(s, c, 504, false);
        return;
    }
}

static void last(struct stub *s, struct conn *c)
{
    struct az_str headers = az_buf_view(&s->last_head), path = {NULL, 0};
    az_str_line(&headers, &path);
    az_buf_clear(&s->body);
    struct az_jw w = az_jw(&s->body);
    az_jw_obj(&w);
    az_jw_kstr(&w, "path", path);
    az_jw_kstr(&w, "headers", headers);
    az_jw_kstr(&w, "body", az_buf_view(&s->last_body));
    az_jw_obj_end(&w);
    stub_send(c, s, 200);
}

static void fixed(struct stub *s, struct conn *c, const char *json)
{
    az_buf_clear(&s->body);
    az_buf_z(&s->body, json);
    stub_send(c, s, 200);
}

bool stub_admin(struct stub *s, struct conn *c, const struct http_request *r)
{
    if (az_str_eqz(r->path, "/control"))
        control(s, c, r);
    else if (az_str_eqz(r->path, "/counts"))
        send_counts(s, c, 200, http_query(r->query, "questions").p != NULL);
    else if (az_str_eqz(r->path, "/wait"))
        wait_for(s, c, r);
    else if (az_str_eqz(r->path, "/last"))
        last(s, c);
    else if (az_str_ends(r->path, "/models"))
        fixed(s, c, "{\"object\":\"list\",\"data\":[]}");
    else if (az_str_eqz(r->path, "/health"))
        fixed(s, c, "{\"status\":\"ok\"}");
    else
        return false;
    return true;
}
