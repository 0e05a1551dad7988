/* coordinator/acl.h: who may do what: the list of keys. Pure.
 *
 * A line is `PRINCIPAL KEY ROLES`, parted by blanks; what follows a '#' that
 * begins a word after them, and a line that begins with one, is a comment. KEY is
 *   the 40 characters of a public key,
 *   uid:N       who comes as that user over ipc://,
 *   plain       who comes over tcp:// without a key,
 * and ROLES are of submit, read, work, admin, parted by commas. A principal may
 * have several keys, a key only one line. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/str.h"

enum az_role {
    AZ_ROLE_SUBMIT = 1, /* submit jobs, and do everything with one's own */
    AZ_ROLE_READ = 2,   /* look at jobs, change nothing */
    AZ_ROLE_WORK = 4,   /* answer questions */
    AZ_ROLE_ADMIN = 8,  /* everything about everybody's jobs, and workers */
};

enum { AZ_PRINCIPAL_MAX = 64 }; /* bytes */

struct az_grant {
    const char *key, *principal;
    unsigned roles; /* of enum az_role */
};

struct az_acl;

/* AZ_EINVAL: "'path' line 3: …". */
int az_acl_parse(struct az_str text, const char *path, struct az_acl **ret, struct az_error *err);
void az_acl_free(struct az_acl *a);
AZ_FREEP(acl)

/* The line of a key, as it is written in the list; NULL: none. */
const struct az_grant *az_acl_find(const struct az_acl *a, const char *key);
/* Of all keys of a principal together; 0: there is none. */
unsigned az_acl_roles_of(const struct az_acl *a, const char *principal);
size_t az_acl_len(const struct az_acl *a);

/* 1 to 64 of letters, digits and . _ @ -, of which the first is a letter or digit. */
bool az_acl_is_principal(struct az_str s);

/* "submit,read" to roles; AZ_EINVAL names the word that is none. */
int az_roles_parse(struct az_str text, unsigned *ret, struct az_error *err);
/* And back: "submit, read"; "" for none. */
enum { AZ_ROLES_TEXT = 32 };
void az_roles_text(unsigned roles, char ret[AZ_ROLES_TEXT]);
