/* Lists of principals. What is accepted lets in whom it names, and its lines,
 * written out plainly, mean the same. */
#include "coordinator/acl.h"

#include "core/mem.h"
#include "tests/fuzz/fuzz.h"

static const char blanks[] = " \t\r\v\f";

static void look_up(const struct az_acl *acl, struct az_str line, struct az_buf *again)
{
    AZ_AUTO_MEM char *text = az_alloc(line.n + 1);
    az_assert(text);
    memcpy(text, line.p, line.n);
    text[line.n] = '\0';
    char *save = NULL, *first = strtok_r(text, blanks, &save);
    char *key = first && *first != '#' ? strtok_r(NULL, blanks, &save) : NULL;
    const struct az_grant *g = key ? az_acl_find(acl, key) : NULL;
    if (!g)
        return;
    char roles[AZ_ROLES_TEXT], joined[AZ_ROLES_TEXT], *to = joined;
    az_assert(g->roles && az_acl_is_principal(az_str(g->principal)));
    az_assert((az_acl_roles_of(acl, g->principal) & g->roles) == g->roles);
    az_roles_text(g->roles, roles);
    for (const char *from = roles; *from; from++) {
        if (*from != ' ')
            *to++ = *from;
    }
    *to = '\0';
    az_buf_fmt(again, "%s %s %s\n", g->principal, g->key, joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct az_str in = {(const char *)data, size};
    struct az_error err = {0};
    AZ_AUTO(acl) acl = NULL;
    AZ_AUTO(acl) same = NULL;
    AZ_AUTO_BUF again = az_buf(1 << 22);
    if (az_acl_parse(in, "principals", &acl, &err) < 0) {
        az_assert(*err.what && !acl);
        return 0;
    }
    for (size_t at = 0; at < in.n;) {
        const char *end = memchr(in.p + at, '\n', in.n - at);
        size_t n = end ? (size_t)(end - in.p) - at : in.n - at;
        look_up(acl, (struct az_str){in.p + at, n}, &again);
        at += n + 1;
    }
    if (again.failed)
        return 0;
    if (az_acl_parse(az_buf_view(&again), "again", &same, &err) < 0) {
        fprintf(stderr, "%s\n%s", err.what, again.p ? again.p : "");
        az_assert(!"what was accepted is refused");
    }
    az_assert(az_acl_len(same) == az_acl_len(acl));
    return 0;
}
