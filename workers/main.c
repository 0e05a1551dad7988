/* assize-worker: configuration, signals, what systemd is told; nothing else. The
 * worker has a thread of its own (io_worker.h); this one waits. */
#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "core/exits.h"
#include "core/io_clock.h"
#include "core/io_keys.h"
#include "core/io_loop.h"
#include "core/io_notify.h"
#include "core/io_program.h"
#include "core/io_sock.h"
#include "core/log.h"
#include "core/mem.h"
#include "workers/config.h"
#include "workers/io_worker.h"
#include "workers/program.h"

/* Slurm tells a job that it preempts twice, by the signal that the job asked for and
 * by the one that ends it, milliseconds apart: that is one wish, and no hurry. */
enum { SAME_WISH_MS = 1000 };

/* One configuration and the worker that it makes. */
struct made {
    struct az_worker_setup *setup;
    struct az_worker_setup *heeded; /* by the worker too: limits that changed; NULL = as `setup` */
    struct az_worker *worker;
    struct az_keypair keys; /* where the setup has any */
    char coordinator_key[AZ_Z85_KEY + 1];
    struct az_sock_options sock;
};

struct program {
    struct az_program_options options;
    struct az_net *net;
    struct az_loop *loop;
    struct made now, next; /* `next` waits until `now` has left */
    bool leaving;
    az_ms told; /* to leave */
    int code;   /* exit */
};

/* ---- configuration ---- */

static void made_release(struct made *m)
{
    az_worker_free(m->worker);
    az_worker_setup_free(m->setup);
    az_worker_setup_free(m->heeded);
    az_keypair_wipe(&m->keys);
    *m = (struct made){0};
}

static int read_keys(struct made *m, struct az_error *err)
{
    const struct az_worker_setup *s = m->setup;
    int r = s->key ? az_keypair_read(s->key, &m->keys, err) : 0;
    if (r == 0 && s->coordinator_key)
        r = az_public_key_read(s->coordinator_key, m->coordinator_key, err);
    return r;
}

/* Into m, and what it has on a failure is still to be released. Keys are read and
 * recorded ballots loaded too. */
static int make(const struct az_program_options *o, struct made *m, struct az_error *err)
{
    AZ_AUTO_MEM char *text = NULL;
    struct az_settings_source source = {.env = az_program_env};
    int r = az_program_config(&az_worker_program, o, &text, &source.path, err);
    if (r == 0)
        r = az_worker_setup_read(text, &source, &m->setup, err);
    if (r == 0)
        r = read_keys(m, err);
    return r < 0 ? r : az_worker_new(m->setup->backends, m->setup->n_backends, &m->worker, err);
}

/* Keys are for tcp://; over ipc:// the user is known. Points into m. */
static void set_sock(struct made *m)
{
    bool keys = m->setup->key && az_endpoint_is_remote(m->setup->coordinator);
    m->sock = (struct az_sock_options){.keys = keys ? &m->keys : NULL,
                                       .server_key = keys ? m->coordinator_key : NULL,
                                       .insecure = m->setup->trust == AZ_TRUST_NAMES};
}

static const struct az_worker_setup *in_force(const struct made *m)
{
    return m->heeded ? m->heeded : m->setup;
}

static void open_log(const struct program *p)
{
    az_log_open(az_worker_program.name, p->options.verbose ? AZ_LOG_DEBUG : in_force(&p->now)->log);
}

/* ---- the worker ---- */

static void on_gone(void *arg, int fd, unsigned events);

static void on_warning(void *arg, const struct az_error *why)
{
    az_warn("trouble, and going on", KV("why", why));
}

static int start(struct program *p, struct az_error *err)
{
    const struct az_worker_setup *s = p->now.setup;
    set_sock(&p->now);
    struct az_worker_config config = {.net = p->net,
                                      .endpoint = s->coordinator,
                                      .options = &p->now.sock,
                                      .name = s->name,
                                      .cache = s->cache,
                                      .slots = s->slots,
                                      .seed = (uint64_t)az_clock_wall_ms(),
                                      .service = true,
                                      .warn = on_warning,
                                      .beat_ms = az_notify_alive_ms(),
                                      .beat = az_notify_alive};
    int r = az_worker_start(p->now.worker, &config, err);
    if (r == 0)
        r = az_loop_watch(p->loop, az_worker_gone_fd(p->now.worker), AZ_LOOP_READ, on_gone, p, err);
    if (r < 0)
        return r;
    az_info("worker started", KV("worker", s->name), KV("coordinator", s->coordinator),
            KV("backends", s->n_backends), KV("version", ASSIZE_VERSION));
    az_notify_status("%s, of %s", s->name, s->coordinator);
    az_notify_ready();
    return 0;
}

static void fail(struct program *p, const char *sentence, const struct az_error *err)
{
    az_log_put(AZ_LOG_ERROR, sentence, (const struct az_kv[]){KV("why", err), {0}});
    p->code = az_program_exit(err);
    az_loop_stop(p->loop);
}

/* As it was told to, or not; another may follow. */
static void on_gone(void *arg, int fd, unsigned events)
{
    struct program *p = arg;
    struct az_error err = {0};
    az_loop_unwatch(p->loop, fd);
    int r = az_worker_stop(p->now.worker, &err);
    if (r < 0) {
        fail(p, "the worker ended", &err);
        return;
    }
    if (p->leaving || !p->next.worker) {
        az_loop_stop(p->loop);
        return;
    }
    made_release(&p->now);
    p->now = p->next;
    p->next = (struct made){0};
    open_log(p);
    if (start(p, &err) < 0)
        fail(p, "can't start as the new configuration says", &err);
}

/* ---- signals ---- */

static void leave(struct program *p)
{
    if (p->leaving && az_clock_ms() - p->told < SAME_WISH_MS)
        return;
    if (p->leaving) {
        az_warn("told twice to stop, leaving at once");
        _exit(AZ_EXIT_INTERRUPTED);
    }
    az_info("stopping: calls under way end first");
    az_notify_stopping();
    p->leaving = true;
    p->told = az_clock_ms();
    az_worker_drain(p->now.worker);
}

/* Nothing that a session or a model server would have to end for. */
static bool goes_on(const struct made *was, const struct made *now)
{
    return az_worker_setup_goes_on(in_force(was), now->setup) &&
           !memcmp(&was->keys, &now->keys, sizeof(was->keys)) &&
           !strcmp(was->coordinator_key, now->coordinator_key) &&
           az_worker_goes_on(was->worker, now->worker);
}

static double changed(double was, double now)
{
    return was == now ? 0 : now;
}

static void go_on(struct program *p, struct made *next)
{
    const struct az_worker_setup *was = in_force(&p->now), *now = next->setup;
    AZ_AUTO_MEM struct az_worker_limits *limits = az_zalloc(now->n_backends * sizeof(*limits));
    if (!limits) {
        az_err("no memory for other limits, going on with the old ones");
        return;
    }
    for (size_t i = 0; i < now->n_backends; i++) {
        const struct az_backend *a = &was->backends[i], *b = &now->backends[i];
        limits[i] = (struct az_worker_limits){(int)changed(a->slots, b->slots),
                                              changed(a->rpm, b->rpm), changed(a->tpm, b->tpm)};
    }
    az_worker_tune(p->now.worker, limits);
    az_worker_setup_free(p->now.heeded);
    p->now.heeded = AZ_TAKE(next->setup);
    open_log(p);
    az_info("the configuration is read again: the session goes on");
}

/* With a mistake in it all stays as it was. */
static void reload(struct program *p)
{
    struct az_error err = {0};
    struct made m = {0};
    if (p->leaving)
        return;
    if (make(&p->options, &m, &err) < 0) {
        az_err("the configuration is wrong, going on with the old one", KV("why", &err));
        made_release(&m);
        return;
    }
    az_notify_reloading();
    if (!p->next.worker && goes_on(&p->now, &m)) {
        go_on(p, &m);
        made_release(&m);
        az_notify_ready();
        return;
    }
    az_info("the configuration is read again: leaving and coming back");
    made_release(&p->next);
    p->next = m;
    az_worker_drain(p->now.worker);
}

static void on_signal(void *arg, int fd, unsigned events)
{
    struct signalfd_siginfo s;
    while (read(fd, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
        if (s.ssi_signo == SIGHUP)
            reload(arg);
        else
            leave(arg);
    }
}

/* Before any thread is there, so that all of them leave the signals to this one. */
static int block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    return sigprocmask(SIG_BLOCK, set, NULL);
}

/* ---- the program ---- */

static int set_up(struct program *p, int *signals, struct az_error *err)
{
    sigset_t set;
    if (block_signals(&set) < 0 || (*signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return az_fail(err, AZ_EIO, "no descriptor for signals: %s", strerror(errno));
    int r = az_net_new(&p->net, err);
    if (r == 0)
        r = az_loop_new(&p->loop, err);
    if (r == 0)
        r = az_loop_watch(p->loop, *signals, AZ_LOOP_READ, on_signal, p, err);
    return r < 0 ? r : start(p, err);
}

static int serve(struct program *p)
{
    struct az_error err = {0};
    int signals = -1;
    int r = set_up(p, &signals, &err);
    if (r == 0)
        r = az_loop_run(p->loop, &err);
    if (r < 0) {
        az_err("can't run", KV("why", &err));
        p->code = az_program_exit(&err);
    } else if (!p->code) {
        az_info("stopped");
    }
    made_release(&p->now); /* before the net */
    made_release(&p->next);
    az_loop_free(p->loop);
    az_net_free(p->net);
    if (signals >= 0)
        close(signals);
    return p->code;
}

int main(int argc, char **argv)
{
    struct program p = {0};
    struct az_error err = {0};
    int code = az_program_begin(&az_worker_program, argc, argv, &p.options);
    if (code != AZ_PROGRAM_GOES_ON)
        return code;
    if (make(&p.options, &p.now, &err) < 0) {
        code = az_program_fail(&az_worker_program, &err);
    } else if (p.options.check_config) {
        printf("all is right\n");
        code = AZ_EXIT_OK;
    } else {
        open_log(&p);
        code = serve(&p);
    }
    made_release(&p.now);
    return code;
}
