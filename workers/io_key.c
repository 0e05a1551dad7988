#include "workers/io_key.h"

#include <errno.h>
#include <sodium/core.h>
#include <sodium/utils.h>
#include <sys/prctl.h>

#include "core/str.h"

enum { KEY_MAX = 4096 };

struct az_secret_key {
    size_t n;
    char text[KEY_MAX];
};

static int read_file(const char *path, struct az_secret_key *k, struct az_error *err)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return az_fail(err, AZ_EINVAL, "can't read the key file '%s': %s", path, strerror(errno));
    setvbuf(f, NULL, _IONBF, 0); /* no second copy in a stdio buffer */
    k->n = fread(k->text, 1, sizeof(k->text) - 1, f);
    bool whole = feof(f) && !ferror(f);
    fclose(f);
    return whole ? 0 : az_fail(err, AZ_EINVAL, "the key file '%s' is no key", path);
}

static int read_env(const char *name, struct az_secret_key *k, struct az_error *err)
{
    const char *value = getenv(name);
    if (!value || !*value) {
        az_fail(err, AZ_EINVAL, "the environment has no '%s'", name);
        az_hint(err, "Set %s, or let the key be file:PATH.", name);
        return AZ_EINVAL;
    }
    k->n = strlen(value);
    if (k->n >= sizeof(k->text))
        return az_fail(err, AZ_EINVAL, "'%s' is too long for a key", name);
    memcpy(k->text, value, k->n + 1);
    return 0;
}

/* systemd credentials: a file of that name in $CREDENTIALS_DIRECTORY. */
static int read_credential(const char *name, struct az_secret_key *k, struct az_error *err)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    char path[4096];
    if (!dir || strchr(name, '/') ||
        (size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
        return az_fail(err, AZ_EINVAL, "no credential '%s': not started by systemd with it", name);
    return read_file(path, k, err);
}

/* Others have it too: the environment that it came from, curl's list of headers. */
static int leave_no_dump(struct az_error *err)
{
#ifndef __SANITIZE_ADDRESS__ /* which traces its own process */
    if (prctl(PR_SET_DUMPABLE, 0) < 0)
        return az_fail(err, AZ_EIO, "keys can't be kept out of core dumps: %s", strerror(errno));
#endif
    return 0;
}

static bool is_one_word(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    }
    return n;
}

int az_secret_key_read(const char *where, struct az_secret_key **ret, struct az_error *err)
{
    *ret = NULL;
    if (!where)
        return 0;
    if (sodium_init() < 0) /* done before: 1 */
        return az_fail(err, AZ_EIO, "no locked memory for keys");
    if (leave_no_dump(err) < 0)
        return AZ_EIO;
    struct az_secret_key *k = sodium_malloc(sizeof(*k)); /* locked */
    if (!k)
        return az_oom(err);
    sodium_memzero(k, sizeof(*k));

    struct az_str s = az_str(where);
    int r;
    if (az_str_starts(s, "env:"))
        r = read_env(where + 4, k, err);
    else if (az_str_starts(s, "file:"))
        r = read_file(where + 5, k, err);
    else if (az_str_starts(s, "cred:"))
        r = read_credential(where + 5, k, err);
    else
        r = az_fail(err, AZ_EINVAL, "a key must be env:NAME, file:PATH or cred:NAME");

    while (r == 0 && k->n && strchr(" \t\r\n", k->text[k->n - 1]))
        k->text[--k->n] = '\0';
    /* Anything else could end the header that it goes into, and begin another. */
    if (r == 0 && !is_one_word(k->text, k->n))
        r = az_fail(err, AZ_EINVAL, "the key at '%s' is empty or more than one line", where);
    if (r < 0) {
        sodium_free(k);
        return r;
    }
    *ret = k;
    return 0;
}

void az_secret_key_free(struct az_secret_key *k)
{
    sodium_free(k);
}

bool az_secret_key_same(const struct az_secret_key *a, const struct az_secret_key *b)
{
    if (!a || !b)
        return a == b;
    return a->n == b->n && sodium_memcmp(a->text, b->text, a->n) == 0;
}

bool az_secret_key_header(const struct az_secret_key *k, enum az_auth auth, char *line, size_t size)
{
    if (!k)
        return false;
    const char *name = auth == AZ_AUTH_BEARER ? "Authorization: Bearer " : "x-api-key: ";
    return (size_t)snprintf(line, size, "%s%.*s", name, (int)k->n, k->text) < size;
}
