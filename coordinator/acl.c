#include "coordinator/acl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/mem.h"
#include "core/z85.h"

struct row {
    struct az_grant grant;
    int line;
};

struct az_acl {
    struct az_arena *arena;
    size_t n, cap;
    struct row *rows; /* by key */
};

static const char *const role_names[] = {"submit", "read", "work", "admin", NULL};

/* ---- words ---- */

/* Cut the next word off; {"", 0} at the end. */
static struct az_str word(struct az_str *rest)
{
    *rest = az_str_trim(*rest);
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
        n++;
    struct az_str w = {rest->p, n};
    *rest = (struct az_str){rest->p + n, rest->n - n};
    return w;
}

static bool alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool az_acl_is_principal(struct az_str s)
{
    if (!s.n || s.n > AZ_PRINCIPAL_MAX || !alnum(*s.p))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!alnum(s.p[i]) && !memchr("._@-", s.p[i], 4))
            return false;
    }
    return true;
}

/* As the system writes it: "uid:007" is nobody. */
static bool is_uid(struct az_str s)
{
    int64_t uid;
    if (!az_str_starts(s, "uid:"))
        return false;
    struct az_str number = {s.p + 4, s.n - 4};
    char again[24];
    if (!az_str_int(number, &uid) || uid < 0 || uid >= UINT32_MAX)
        return false;
    snprintf(again, sizeof(again), "%lld", (long long)uid);
    return az_str_eqz(number, again);
}

static bool is_key(struct az_str s)
{
    return az_z85_is_key(s) || is_uid(s) || az_str_eqz(s, "plain");
}

int az_roles_parse(struct az_str text, unsigned *ret, struct az_error *err)
{
    unsigned roles = 0;
    for (bool more = true; more;) {
        ptrdiff_t comma = az_str_find(text, AZ_STR(","));
        more = comma >= 0;
        struct az_str one = {text.p, more ? (size_t)comma : text.n};
        text = (struct az_str){text.p + one.n + more, text.n - one.n - more};
        int i = 0;
        while (role_names[i] && !az_str_eqz(one, role_names[i]))
            i++;
        if (!role_names[i]) {
            const char *near = az_nearest(one, role_names);
            az_fail(err, AZ_EINVAL, "no role '" AZ_STR_FMT "'", AZ_STR_ARG(one));
            if (near)
                az_hint(err, "Did you mean '%s'?", near);
            else
                az_hint(err, "Roles are submit, read, work and admin.");
            return AZ_EINVAL;
        }
        roles |= 1u << i;
    }
    *ret = roles;
    return 0;
}

void az_roles_text(unsigned roles, char ret[AZ_ROLES_TEXT])
{
    size_t n = 0;
    *ret = '\0';
    for (int i = 0; role_names[i]; i++) {
        if (roles & 1u << i)
            n += (size_t)snprintf(ret + n, AZ_ROLES_TEXT - n, "%s%s", n ? ", " : "", role_names[i]);
    }
}

/* ---- the list ---- */

static int by_key(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    return strcmp(x->grant.key, y->grant.key);
}

static int add(struct az_acl *a, struct az_str principal, struct az_str key, unsigned roles,
               int line, struct az_error *err)
{
    if (az_grow(&a->rows, &a->cap, a->n + 1, sizeof(*a->rows)) < 0)
        return az_oom(err);
    struct row *row = &a->rows[a->n];
    row->line = line;
    row->grant.roles = roles;
    row->grant.key = az_arena_strndup(a->arena, key.p, key.n);
    row->grant.principal = az_arena_strndup(a->arena, principal.p, principal.n);
    if (!row->grant.key || !row->grant.principal)
        return az_oom(err);
    a->n++;
    return 0;
}

/* A key may be a secret that was put there by mistake: none is in a message. */
static int parse_line(struct az_acl *a, struct az_str text, int line, struct az_error *err)
{
    struct az_str principal = word(&text), key = word(&text), roles_text = word(&text);
    struct az_str rest = word(&text);
    unsigned roles;
    if (!principal.n || *principal.p == '#')
        return 0;
    if (!roles_text.n || (rest.n && *rest.p != '#')) {
        az_fail(err, AZ_EINVAL, "this is not 'PRINCIPAL KEY ROLES'");
        az_hint(err, "'assize keygen' prints the line of a new key.");
        return AZ_EINVAL;
    }
    if (!az_acl_is_principal(principal))
        return az_fail(err, AZ_EINVAL,
                       "a principal is 1 to %d of letters, digits and . _ @ -, the first a letter "
                       "or digit",
                       AZ_PRINCIPAL_MAX);
    if (!is_key(key))
        return az_fail(err, AZ_EINVAL,
                       "the key of '" AZ_STR_FMT
                       "' is neither the %d characters of a public key, nor uid:N, nor plain",
                       AZ_STR_ARG(principal), AZ_Z85_KEY);
    int r = az_roles_parse(roles_text, &roles, err);
    return r < 0 ? r : add(a, principal, key, roles, line, err);
}

/* A key of two lines would be whoever sorts first. */
static int check_once(const struct az_acl *a, const char *path, struct az_error *err)
{
    for (size_t i = 1; i < a->n; i++) {
        const struct row *x = &a->rows[i - 1], *y = &a->rows[i];
        if (!strcmp(x->grant.key, y->grant.key))
            return az_fail(err, AZ_EINVAL, "'%s' lines %d and %d have the same key", path,
                           AZ_MIN(x->line, y->line), AZ_MAX(x->line, y->line));
    }
    return 0;
}

int az_acl_parse(struct az_str text, const char *path, struct az_acl **ret, struct az_error *err)
{
    AZ_AUTO(acl) a = az_zalloc(sizeof(*a));
    if (!a || !(a->arena = az_arena_new(1024)))
        return az_oom(err);
    struct az_str line;
    int r = 0, number = 0;
    while (r == 0 && az_str_line(&text, &line)) {
        number++;
        r = parse_line(a, line, number, err);
        if (r == AZ_EINVAL)
            az_wrap(err, "'%s' line %d", path, number);
    }
    if (r < 0)
        return r;
    if (a->n)
        qsort(a->rows, a->n, sizeof(*a->rows), by_key);
    r = check_once(a, path, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(a);
    return 0;
}

void az_acl_free(struct az_acl *a)
{
    if (!a)
        return;
    az_arena_free(a->arena);
    free(a->rows);
    free(a);
}

const struct az_grant *az_acl_find(const struct az_acl *a, const char *key)
{
    struct row want = {.grant.key = key};
    const struct row *row = a->n ? bsearch(&want, a->rows, a->n, sizeof(*a->rows), by_key) : NULL;
    return row ? &row->grant : NULL;
}

unsigned az_acl_roles_of(const struct az_acl *a, const char *principal)
{
    unsigned roles = 0;
    for (size_t i = 0; i < a->n; i++) {
        if (!strcmp(a->rows[i].grant.principal, principal))
            roles |= a->rows[i].grant.roles;
    }
    return roles;
}

size_t az_acl_len(const struct az_acl *a)
{
    return a->n;
}
