/* Keys and roles: who may come in, who may stay. */
#include "coordinator/io_door_state.h"

/* May who has this key come in? */
static int allowed(const struct az_door *d, const struct az_grant *grant, struct az_error *why)
{
    char has[AZ_ROLES_TEXT], needs[AZ_ROLES_TEXT];
    if (grant->roles & d->config.roles)
        return 0;
    az_roles_text(grant->roles, has);
    az_roles_text(d->config.roles, needs);
    return az_fail(why, AZ_EINVAL, "the key of '%s' is for %s; among the %s it needs one of: %s",
                   grant->principal, has, d->config.name, needs);
}

/* No gate. A text of the wire ends in a NUL. */
static int trusted(const struct az_door *d, const struct az_msg *hello, struct az_grant *ret,
                   struct az_error *why)
{
    bool names = d->config.trust_names;
    if (names && !az_acl_is_principal(hello->hello.name))
        return az_fail(why, AZ_EPROTO, "a name that cannot be a principal's");
    *ret = (struct az_grant){
        .key = "",
        .principal = names ? hello->hello.name.p : "",
        .roles = d->config.roles,
    };
    return 0;
}

int az_door_knock(struct az_door *d, const struct az_msg *hello, struct az_grant *ret,
                  struct az_error *why)
{
    if (!d->gate)
        return trusted(d, hello, ret, why);
    const char *key = az_sock_user(d->sock);
    const struct az_grant *grant = az_gate_find(d->gate, key);
    int r = grant ? allowed(d, grant, why)
                  : az_fail(why, AZ_EINVAL, "the key of this connection is not on the list");
    if (r < 0)
        az_gate_refused(d->gate, d->config.name, grant, key, az_sock_address(d->sock), why->what);
    else
        *ret = *grant;
    return r;
}

/* Is a session still its owner's? */
static int still(const struct az_door *d, struct az_door_session *s, struct az_error *why)
{
    const struct az_grant *grant = az_gate_find(d->gate, s->key);
    if (!grant || strcmp(grant->principal, s->peer.principal) != 0)
        return az_fail(why, AZ_EINVAL, "the key of '%s' was revoked", s->peer.principal);
    int r = allowed(d, grant, why);
    if (r == 0)
        s->peer.roles = grant->roles;
    return r;
}

/* A new list: it bites open sessions, and those too that say nothing. */
void az_door_review(struct az_door *d)
{
    if (!d->gate || d->generation == az_gate_generation(d->gate))
        return;
    d->generation = az_gate_generation(d->gate);
    for (int i = 0; i < d->n; i++) {
        struct az_door_session *s = az_door_session_at(d, i);
        struct az_error why = {0};
        if (!s || still(d, s, &why) == 0)
            continue;
        struct az_grant was = {.key = s->key, .principal = s->peer.principal};
        az_gate_refused(d->gate, d->config.name, &was, s->key, "", why.what);
        az_door_tell(d, &s->route, s->seq.out + 1, &why, false);
        az_door_session_end(d, s, true);
    }
}
