#include "core/io_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium/utils.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include "core/buf.h"

enum { FILE_MAX = 4096 };

int az_keypair_make(struct az_keypair *ret, struct az_error *err)
{
    if (zmq_curve_keypair(ret->public_key, ret->secret_key) < 0)
        return az_fail(err, AZ_EIO, "no key pair: %s", zmq_strerror(errno));
    return 0;
}

void az_keypair_wipe(struct az_keypair *k)
{
    sodium_memzero(k, sizeof(*k));
}

/* ---- writing ---- */

static int write_text(int fd, const char *text, size_t n)
{
    while (n) {
        ssize_t r = write(fd, text, n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        text += r;
        n -= (size_t)r;
    }
    return fsync(fd);
}

/* A new file of one line, or none. */
static int write_new(const char *path, mode_t mode, const char *comment, const char *word,
                     const char *key, struct az_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0)
        return az_fail(err, errno == EEXIST ? AZ_EEXIST : AZ_EOUTPUT, "key file '%s': %s", path,
                       strerror(errno));
    char text[256];
    int n = snprintf(text, sizeof(text), "# %s\n%s %s\n", comment, word, key);
    bool bad = write_text(fd, text, (size_t)n) < 0;
    int saved = errno;
    bad = close(fd) < 0 || bad;
    sodium_memzero(text, sizeof(text));
    if (!bad)
        return 0;
    unlink(path);
    return az_fail(err, AZ_EOUTPUT, "key file '%s': %s", path, strerror(saved));
}

static int path_of(struct az_buf *b, const char *dir, const char *name, const char *what,
                   struct az_error *err)
{
    az_buf_fmt(b, "%s/%s.%s", dir, name, what);
    return az_buf_check(b, err);
}

int az_keypair_write(const struct az_keypair *k, const char *dir, const char *name,
                     struct az_error *err)
{
    AZ_AUTO_BUF secret = az_buf(FILE_MAX);
    AZ_AUTO_BUF public = az_buf(FILE_MAX);
    int r = path_of(&secret, dir, name, "secret", err);
    if (r == 0)
        r = path_of(&public, dir, name, "public", err);
    if (r < 0)
        return r;
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return az_fail(err, AZ_EOUTPUT, "folder '%s': %s", dir, strerror(errno));
    r = write_new(secret.p, 0600, "assize: a secret key. Whoever has it is you.", "secret",
                  k->secret_key, err);
    if (r < 0)
        return r;
    r = write_new(public.p, 0644, "assize: a public key. It may be shown to anybody.", "public",
                  k->public_key, err);
    if (r < 0)
        unlink(secret.p);
    return r;
}

/* ---- reading ---- */

/* systemd's credentials and the secrets of Kubernetes are root's, and readable by a
 * group (or a list that shows as one) for the one service that they are for. */
static bool is_open(const struct stat *st)
{
    bool handed_over = st->st_uid == 0 && geteuid() != 0 && !(st->st_mode & S_IWGRP);
    return st->st_mode & (handed_over ? S_IRWXO : S_IRWXG | S_IRWXO);
}

static int read_file(const char *path, bool secret, char text[FILE_MAX], size_t *n,
                     struct az_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return az_fail(err, errno == ENOENT ? AZ_ENOENT : AZ_EIO, "key file '%s': %s", path,
                       strerror(errno));
    struct stat st;
    int r = 0;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        r = az_fail(err, AZ_EINVAL, "key file '%s' is not a file", path);
    if (r == 0 && secret && is_open(&st)) {
        r = az_fail(err, AZ_EINVAL, "key file '%s' can be read by others than its owner", path);
        az_hint(err, "chmod 600 '%s'; if others had the time to read it, make a new key.", path);
    }
    ssize_t got = r == 0 ? read(fd, text, FILE_MAX) : 0;
    if (got < 0)
        r = az_fail(err, AZ_EIO, "key file '%s': %s", path, strerror(errno));
    close(fd);
    *n = (size_t)AZ_MAX(got, (ssize_t)0);
    return r;
}

/* The key behind `word`. */
static bool find_key(struct az_str text, const char *word, char ret[AZ_Z85_KEY + 1])
{
    struct az_str line;
    while (az_str_line(&text, &line)) {
        line = az_str_trim(line);
        if (!line.n || *line.p == '#')
            continue;
        size_t n = strlen(word);
        if (!az_str_starts(line, word) || line.n == n || line.p[n] != ' ')
            return false;
        struct az_str key = az_str_trim((struct az_str){line.p + n, line.n - n});
        if (!az_z85_is_key(key))
            return false;
        memcpy(ret, key.p, key.n);
        ret[key.n] = '\0';
        return true;
    }
    return false;
}

static int read_key(const char *path, const char *word, bool secret, char ret[AZ_Z85_KEY + 1],
                    struct az_error *err)
{
    char text[FILE_MAX];
    size_t n;
    int r = read_file(path, secret, text, &n, err);
    if (r == 0 && !find_key((struct az_str){text, n}, word, ret)) {
        r = az_fail(err, AZ_EINVAL, "key file '%s' has no line '%s KEY'", path, word);
        az_hint(err,
                "'assize keygen' makes a NAME.secret and a NAME.public; this must be the %s "
                "one.",
                word);
    }
    sodium_memzero(text, sizeof(text));
    return r;
}

int az_keypair_read(const char *path, struct az_keypair *ret, struct az_error *err)
{
    struct az_keypair k = {0};
    int r = read_key(path, "secret", true, k.secret_key, err);
    if (r == 0 && zmq_curve_public(k.public_key, k.secret_key) < 0)
        r = az_fail(err, AZ_EINVAL, "key file '%s' has no key that can be used", path);
    if (r == 0)
        *ret = k;
    az_keypair_wipe(&k);
    return r;
}

int az_public_key_read(const char *path, char ret[AZ_Z85_KEY + 1], struct az_error *err)
{
    return read_key(path, "public", false, ret, err);
}
