#include "coordinator/io_gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/io_zap.h"
#include "core/hash.h"
#include "core/io_clock.h"
#include "core/mem.h"

enum {
    LIST_MAX = 16 << 20, /* bytes */
    KEY_SHOWN = 8,
    REMEMBERED = 64,
    AGAIN_MS = 60000,
};

/* Who is turned away again and again is logged once a minute. */
struct told {
    uint64_t what;
    az_ms at;
};

struct az_gate {
    struct az_gate_config config;
    struct az_zap *zap;
    struct az_acl *acl;
    unsigned generation;
    struct told told[REMEMBERED];
    size_t next_told;
};

/* ---- the list ---- */

static int read_all(int fd, struct az_buf *b)
{
    for (;;) {
        char *room = az_buf_room(b, 65536);
        ssize_t n = room ? read(fd, room, 65536) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return (int)n;
        b->n += (size_t)n;
    }
}

static int read_list(const char *path, struct az_buf *b, struct az_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return az_fail(err, errno == ENOENT ? AZ_ENOENT : AZ_EIO, "list of keys '%s': %s", path,
                       strerror(errno));
    struct stat st;
    int r = 0;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        r = az_fail(err, AZ_EINVAL, "list of keys '%s' is not a file", path);
    else if (st.st_mode & S_IWOTH)
        r = az_fail(err, AZ_EINVAL, "everybody can write to the list of keys '%s'", path);
    else if (read_all(fd, b) < 0)
        r = az_fail(err, AZ_EIO, "list of keys '%s': %s", path, strerror(errno));
    close(fd);
    return r < 0 ? r : az_buf_check(b, err);
}

int az_gate_replace(struct az_gate *g, struct az_str text, struct az_error *err)
{
    AZ_AUTO(acl) acl = NULL;
    const char *path = g->config.path ? g->config.path : "list of keys";
    int r = az_acl_parse(text, path, &acl, err);
    if (r < 0)
        return r;
    az_acl_free(g->acl);
    g->acl = AZ_TAKE(acl);
    g->generation++;
    return 0;
}

int az_gate_reload(struct az_gate *g, struct az_error *err)
{
    AZ_AUTO_BUF b = az_buf(LIST_MAX);
    az_assert(g->config.path);
    int r = read_list(g->config.path, &b, err);
    return r < 0 ? r : az_gate_replace(g, az_buf_view(&b), err);
}

unsigned az_gate_generation(const struct az_gate *g)
{
    return g->generation;
}

const struct az_grant *az_gate_find(const struct az_gate *g, const char *key)
{
    return az_acl_find(g->acl, key);
}

const struct az_acl *az_gate_acl(const struct az_gate *g)
{
    return g->acl;
}

/* ---- the log ---- */

static bool told_lately(struct az_gate *g, const struct az_refusal *r)
{
    struct az_hasher h;
    az_hasher_init(&h);
    const char *const parts[] = {r->door, r->principal, r->key, r->address, r->why};
    for (size_t i = 0; i < AZ_LEN(parts); i++)
        az_hasher_str(&h, az_str(parts[i]));
    struct az_hash hash = az_hasher_end(&h);
    uint64_t what;
    memcpy(&what, hash.bytes, sizeof(what));
    az_ms now = az_clock_ms();
    for (size_t i = 0; i < REMEMBERED; i++) {
        struct told *t = &g->told[i];
        if (t->what != what)
            continue;
        bool lately = now - t->at < AGAIN_MS;
        if (!lately)
            t->at = now;
        return lately;
    }
    g->told[g->next_told] = (struct told){what, now};
    g->next_told = (g->next_told + 1) % REMEMBERED;
    return false;
}

void az_gate_refused(struct az_gate *g, const char *door, const struct az_grant *grant,
                     const char *key, const char *address, const char *why)
{
    struct az_refusal r = {
        .door = door,
        .principal = grant ? grant->principal : "",
        .address = address,
        .why = why,
    };
    bool whole = !strncmp(key, "uid:", 4); /* a number that is cut off is another */
    snprintf(r.key, sizeof(r.key), "%.*s", whole ? (int)sizeof(r.key) - 1 : KEY_SHOWN, key);
    if (g->config.refused && !told_lately(g, &r))
        g->config.refused(g->config.arg, &r);
}

/* ---- the handler ---- */

static bool on_peer(void *arg, const struct az_zap_peer *peer)
{
    struct az_gate *g = arg;
    if (az_gate_find(g, peer->key))
        return true;
    az_gate_refused(g, peer->domain, NULL, peer->key, peer->address, "is not on the list");
    return false;
}

int az_gate_new(const struct az_gate_config *config, struct az_gate **ret, struct az_error *err)
{
    AZ_AUTO(gate) g = az_zalloc(sizeof(*g));
    if (!g)
        return az_oom(err);
    g->config = *config;
    g->config.text = NULL;
    int r = config->text ? az_gate_replace(g, az_str(config->text), err) : az_gate_reload(g, err);
    if (r == 0)
        r = az_zap_new(config->net, on_peer, g, &g->zap, err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(g);
    return 0;
}

void az_gate_free(struct az_gate *g)
{
    if (!g)
        return;
    az_zap_free(g->zap);
    az_acl_free(g->acl);
    free(g);
}

int az_gate_fd(const struct az_gate *g)
{
    return az_zap_fd(g->zap);
}

void az_gate_serve(struct az_gate *g)
{
    az_zap_serve(g->zap);
}

static az_ms before_sleep(void *arg)
{
    az_gate_serve(arg);
    return INT64_MAX;
}

/* What woke the loop is done before it sleeps again. */
static void on_readable(void *arg, int fd, unsigned events)
{
}

int az_gate_watch(struct az_gate *g, struct az_loop *loop, struct az_error *err)
{
    int r = az_loop_before_sleep(loop, before_sleep, g, err);
    return r < 0 ? r : az_loop_watch(loop, az_gate_fd(g), AZ_LOOP_READ, on_readable, g, err);
}
