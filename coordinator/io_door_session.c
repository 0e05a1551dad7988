/* The table of sessions: by route and by number; and those who have none. */
#include "coordinator/io_door_state.h"
#include "core/mem.h"

static int64_t route_key(const struct az_route *route)
{
    return (int64_t)az_hash64(0, (struct az_str){(const char *)route->bytes, route->n});
}

static bool route_eq(const struct az_route *a, const struct az_route *b)
{
    return a->n == b->n && !memcmp(a->bytes, b->bytes, a->n);
}

/* Whoever has this route's hash. */
static struct az_door_session *holder(const struct az_door *d, const struct az_route *route)
{
    return az_map_get(&d->routes, route_key(route));
}

struct az_door_session *az_door_session_find(const struct az_door *d, const struct az_route *route)
{
    struct az_door_session *s = holder(d, route);
    return s && route_eq(&s->route, route) ? s : NULL;
}

struct az_door_session *az_door_session_at(struct az_door *d, int peer)
{
    return peer >= 0 && peer < d->n && d->sessions[peer].state == AZ_DOOR_SESSION_LIVE
               ? &d->sessions[peer]
               : NULL;
}

void az_door_session_place_free(struct az_door *d, int place)
{
    d->sessions[place].state = AZ_DOOR_SESSION_FREE;
    d->free[d->n_free++] = place;
}

void az_door_session_end(struct az_door *d, struct az_door_session *s, bool tell_caller)
{
    int place = (int)(s - d->sessions);
    az_map_remove(&d->routes, route_key(&s->route));
    if (d->opened == place) { /* who never came is never gone */
        d->opened = -1;
        tell_caller = false;
    }
    if (!tell_caller) {
        az_door_session_place_free(d, place);
        return;
    }
    s->state = AZ_DOOR_SESSION_OVER;
    d->over[d->n_over++] = place;
}

static const char *copy(char **at, struct az_str s)
{
    char *text = *at;
    if (s.n)
        memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    *at += s.n + 1;
    return text;
}

/* What a peer said of itself, and what the gate knows of it. */
static int session_text(struct az_door_session *s, const struct az_msg *hello,
                        const struct az_grant *grant)
{
    struct az_str name = hello->hello.name, software = hello->hello.software;
    struct az_str principal = az_str(grant->principal), key = az_str(grant->key);
    char *text = az_alloc(name.n + software.n + principal.n + key.n + 4);
    if (!text)
        return AZ_ENOMEM;
    free(s->text);
    s->text = text;
    s->peer.name = copy(&text, name);
    s->peer.software = copy(&text, software);
    s->peer.principal = copy(&text, principal);
    s->key = copy(&text, key);
    s->peer.roles = grant->roles;
    return 0;
}

int az_door_session_new(struct az_door *d, const struct az_route *route, const struct az_msg *hello,
                        const struct az_grant *grant, struct az_door_session **ret,
                        struct az_error *err)
{
    bool fresh = !d->n_free;
    if (d->n - d->n_free - d->n_over >= d->max || holder(d, route))
        return az_fail(err, AZ_EBUSY, "there is no room for more than %d %s", d->max,
                       d->config.name);
    int place = fresh ? d->n : d->free[d->n_free - 1];
    struct az_door_session *s = &d->sessions[place];
    if (session_text(s, hello, grant) < 0 || az_map_put(&d->routes, route_key(route), s) < 0)
        return az_oom(err);
    d->n += fresh;
    d->n_free -= !fresh;
    s->state = AZ_DOOR_SESSION_LIVE;
    s->route = *route;
    s->seq = az_peer_seq();
    *ret = s;
    return 0;
}

static ptrdiff_t stranger(const struct az_door *d, const struct az_route *route)
{
    for (size_t i = 0; i < AZ_STRANGERS; i++) {
        if (route_eq(&d->strangers[i], route))
            return (ptrdiff_t)i;
    }
    return -1;
}

bool az_door_ignores(const struct az_door *d, const struct az_route *route)
{
    return !route->n || stranger(d, route) >= 0;
}

void az_door_greet(struct az_door *d, const struct az_route *route)
{
    ptrdiff_t i = stranger(d, route);
    if (i >= 0)
        d->strangers[i].n = 0;
}

void az_door_ignore(struct az_door *d, const struct az_route *route)
{
    if (az_door_ignores(d, route))
        return;
    d->strangers[d->next_stranger] = *route;
    d->next_stranger = (d->next_stranger + 1) % AZ_STRANGERS;
}
