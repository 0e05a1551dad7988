/* Backends and accounts, by name. Submitters name backends in panels and workers in
 * what they offer, so names are the choice of others: each is kept for as long as
 * somebody uses it, and some beyond that, for what is known of them. */
#include "coordinator/sched_state.h"
#include "core/mem.h"

enum { IDLE_NAMES = 64 }; /* of each kind, that nobody need use */

static char *text_new(struct az_str s)
{
    char *copy = az_alloc(s.n + 1);
    if (copy) {
        memcpy(copy, s.p ? s.p : "", s.n);
        copy[s.n] = '\0';
    }
    return copy;
}

int text_replace(char **at, struct az_str s)
{
    char *copy = text_new(s);
    if (!copy)
        return AZ_ENOMEM;
    free(*at);
    *at = copy;
    return 0;
}

/* ---- backends ---- */

size_t backend_find(const struct az_sched *s, struct az_str name)
{
    size_t b = 0;
    while (b < s->n_backends && !az_str_eqz(name, s->backends[b].name))
        b++;
    return b;
}

/* A place for one more. */
static int backend_place(struct az_sched *s, size_t *ret)
{
    for (size_t b = 0; b < s->n_backends && s->n_backends >= IDLE_NAMES; b++) {
        if (s->backends[b].users)
            continue;
        az_assert(!s->backends[b].queued);
        free(s->backends[b].name);
        free(s->backends[b].ms);
        *ret = b;
        return 0;
    }
    *ret = s->n_backends;
    return az_grow(&s->backends, &s->cap_backends, s->n_backends + 1, sizeof(*s->backends));
}

int backend_use(struct az_sched *s, struct az_str name, size_t *ret)
{
    size_t b = backend_find(s, name);
    if (b == s->n_backends) {
        char *copy = text_new(name);
        if (!copy || backend_place(s, &b) < 0) {
            free(copy);
            return AZ_ENOMEM;
        }
        s->n_backends = AZ_MAX(s->n_backends, b + 1);
        s->backends[b] = (struct backend){.name = copy};
    }
    s->backends[b].users++;
    *ret = b;
    return 0;
}

void backend_leave(struct az_sched *s, size_t backend)
{
    az_assert(s->backends[backend].users > 0);
    s->backends[backend].users--;
}

/* ---- accounts ---- */

static int group_place(struct az_sched *s, size_t *ret)
{
    for (size_t g = 0; g < s->n_groups && s->n_groups >= IDLE_NAMES; g++) {
        if (s->groups[g].users)
            continue;
        free(s->groups[g].name);
        *ret = g;
        return 0;
    }
    *ret = s->n_groups;
    return az_grow(&s->groups, &s->cap_groups, s->n_groups + 1, sizeof(*s->groups));
}

static int group_use(struct az_sched *s, struct az_str name, az_ms now, int *ret)
{
    size_t g = 0;
    while (g < s->n_groups && !az_str_eqz(name, s->groups[g].name))
        g++;
    if (g == s->n_groups) {
        char *copy = text_new(name);
        if (!copy || group_place(s, &g) < 0) {
            free(copy);
            return AZ_ENOMEM;
        }
        s->n_groups = AZ_MAX(s->n_groups, g + 1);
        s->groups[g] = (struct group){.name = copy, .limit = {.at = now}};
    }
    s->groups[g].users++;
    *ret = (int)g;
    return 0;
}

static void lower(double *limit, double stated)
{
    if (stated > 0 && (*limit <= 0 || stated < *limit))
        *limit = stated;
}

/* The limits of an account are the lowest that any of its workers states now, and the
 * last ones where none does. One that is new begins empty, for who knows what went
 * through before a restart; another one goes on from what was taken. */
static void group_limit(struct az_sched *s, int g, az_ms now)
{
    struct group *group = &s->groups[g];
    double rpm = 0, tpm = 0;
    for (size_t p = 0; p < s->n_peers; p++) {
        for (size_t b = 0; b < s->peers[p].n_offers; b++) {
            const struct offer *o = &s->peers[p].offers[b];
            if (!o->offered || o->group != g)
                continue;
            lower(&rpm, o->rpm);
            lower(&tpm, o->tpm);
        }
    }
    bool new_rpm = group->rpm <= 0, new_tpm = group->tpm <= 0;
    group->rpm = rpm > 0 ? rpm : group->rpm;
    group->tpm = tpm > 0 ? tpm : group->tpm;
    az_limit_tune(&group->limit, group->rpm, group->tpm, now);
    if (new_rpm)
        group->limit.requests.level = 0;
    if (new_tpm)
        group->limit.tokens.level = 0;
}

void offer_ungroup(struct az_sched *s, struct offer *o, az_ms now)
{
    int group = o->group;
    if (group < 0)
        return;
    o->group = -1;
    s->groups[group].users--;
    group_limit(s, group, now);
}

int offer_group(struct az_sched *s, struct offer *o, const struct az_credit *c, az_ms now)
{
    int group = -1;
    if (c->limit_group.n && group_use(s, c->limit_group, now, &group) < 0)
        return AZ_ENOMEM;
    if (o->group != group)
        offer_ungroup(s, o, now);
    else if (group >= 0)
        s->groups[group].users--; /* it was among them */
    o->group = group;
    if (group >= 0)
        group_limit(s, group, now);
    return 0;
}
