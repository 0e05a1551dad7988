/* assize-coordinator: configuration, keys, signals, what systemd is told, the page
 * for monitoring; the service itself is io_service.h. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "coordinator/config.h"
#include "coordinator/io_gate.h"
#include "coordinator/io_httpd.h"
#include "coordinator/io_service.h"
#include "coordinator/program.h"
#include "core/exits.h"
#include "core/io_clock.h"
#include "core/io_keys.h"
#include "core/io_loop.h"
#include "core/io_notify.h"
#include "core/io_program.h"
#include "core/io_sock.h"
#include "core/log.h"

struct program {
    struct az_program_options options;
    struct az_coordinator_setup *setup;
    struct az_keypair keys; /* where the setup has any */
    struct az_net *net;
    struct az_gate *gate; /* NULL: all may come */
    struct az_service *service;
    struct az_httpd *page;
    int signals;
    int stops;                /* asked for */
    az_ms alive_ms, alive_at; /* 0: nobody watches */
};

/* ---- configuration ---- */

static int read_setup(const struct az_program_options *o, struct az_coordinator_setup **ret,
                      struct az_error *err)
{
    AZ_AUTO_MEM char *text = NULL;
    struct az_settings_source source = {.env = az_program_env};
    int r = az_program_config(&az_coordinator_program, o, &text, &source.path, err);
    return r < 0 ? r : az_coordinator_setup_read(text, &source, ret, err);
}

static void open_log(const struct program *p, enum az_log_level level)
{
    az_log_open(az_coordinator_program.name, p->options.verbose ? AZ_LOG_DEBUG : level);
}

/* ---- who may come ---- */

static void on_refused(void *arg, const struct az_refusal *r)
{
    az_warn("somebody is not let in", KV("door", r->door), KV("principal", r->principal),
            KV("key", r->key), KV("address", r->address), KV("reason", r->why));
}

/* On sockets of this machine, without a list: whoever runs this, and nobody else. */
static int make_gate(struct program *p, struct az_error *err)
{
    const struct az_coordinator_setup *s = p->setup;
    struct az_gate_config config = {.net = p->net, .path = s->principals, .refused = on_refused};
    char own[64];
    if (s->trust == AZ_TRUST_NAMES)
        return 0;
    if (!s->principals) {
        snprintf(own, sizeof(own), "owner uid:%u submit,read,work,admin\n", (unsigned)getuid());
        config.path = "principals";
        config.text = own;
    }
    return az_gate_new(&config, &p->gate, err);
}

static int make_keys(struct program *p, struct az_error *err)
{
    return p->setup->key ? az_keypair_read(p->setup->key, &p->keys, err) : 0;
}

static struct az_door_config door_of(struct program *p, const char *endpoint,
                                     struct az_sock_options *sock)
{
    bool remote = az_endpoint_is_remote(endpoint);
    *sock = (struct az_sock_options){
        .keys = remote && p->setup->key ? &p->keys : NULL,
        .insecure = p->setup->trust == AZ_TRUST_NAMES,
        /* The list, and not the socket's file, says who may come. */
        .ipc_mode = p->setup->principals ? 0666 : 0600,
    };
    return (struct az_door_config){.net = p->net,
                                   .endpoint = endpoint,
                                   .sock = sock,
                                   .gate = p->gate,
                                   .silence_ms = p->setup->silence_ms};
}

/* ---- signals ---- */

static void leave(struct program *p)
{
    if (p->stops++)
        az_warn("told twice to stop, waiting for no call any more");
    az_notify_stopping();
    az_service_stop(p->service);
}

static void on_signal(void *arg, int fd, unsigned events)
{
    struct program *p = arg;
    struct signalfd_siginfo s;
    while (read(fd, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
        if (s.ssi_signo == SIGHUP)
            az_service_reload(p->service);
        else
            leave(p);
    }
}

static struct az_service_settings settings_of(const struct az_coordinator_setup *s)
{
    return (struct az_service_settings){.jobs_open = s->jobs_open, .window_items = s->window_items};
}

/* With a mistake in a file, what that file says stays as it was. */
static void on_reload(void *arg, struct az_service_settings *settings)
{
    struct program *p = arg;
    AZ_AUTO(coordinator_setup) next = NULL;
    struct az_error err = {0};
    az_notify_reloading();
    if (p->gate && p->setup->principals && az_gate_reload(p->gate, &err) < 0)
        az_err("the list of principals is wrong, going on with the old one", KV("why", &err));
    if (read_setup(&p->options, &next, &err) < 0) {
        az_err("the configuration is wrong, going on with the old one", KV("why", &err));
    } else {
        const char *fixed = az_coordinator_setup_fixed(p->setup, next);
        if (fixed)
            az_warn("what the configuration changed needs a restart", KV("config_key", fixed));
        *settings = settings_of(next);
        open_log(p, next->log);
    }
    az_notify_ready();
}

static pthread_t loop_thread;
static const int heard[] = {SIGTERM, SIGINT, SIGHUP};

static void pass_on(int which)
{
    pthread_kill(loop_thread, which);
}

/* Before any thread is there, so that all of them leave the signals to this one. */
static int open_signals(struct program *p, struct az_error *err)
{
    sigset_t set;
    sigemptyset(&set);
    /* A library may have threads of its own before main() (OpenBLAS does), which block
     * nothing: what comes to one of them is the loop's. */
    loop_thread = pthread_self();
    struct sigaction pass = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < AZ_LEN(heard); i++) {
        sigaddset(&set, heard[i]);
        sigaction(heard[i], &pass, NULL);
    }
    if (sigprocmask(SIG_BLOCK, &set, NULL) == 0)
        p->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (p->signals >= 0)
        return 0;
    return az_fail(err, AZ_EIO, "no descriptor for signals: %s", strerror(errno));
}

/* ---- the page ---- */

static void on_metrics(void *arg, struct az_buf *b)
{
    struct program *p = arg;
    az_service_metrics(p->service, b);
}

static bool on_health(void *arg)
{
    struct program *p = arg;
    return az_service_well(p->service);
}

static int open_page(struct program *p, struct az_error *err)
{
    struct az_httpd_config config = {.host = p->setup->http_host,
                                     .port = p->setup->http_port,
                                     .metrics = on_metrics,
                                     .healthy = on_health,
                                     .arg = p};
    return p->setup->http ? az_httpd_new(&config, &p->page, err) : 0;
}

/* ---- the program ---- */

/* From the loop that does the work: one that hangs is noticed. */
static az_ms before_sleep(void *arg)
{
    struct program *p = arg;
    az_ms now = az_clock_ms();
    if (!p->alive_ms)
        return INT64_MAX;
    if (now >= p->alive_at) {
        az_notify_alive();
        p->alive_at = now + p->alive_ms;
    }
    return p->alive_at;
}

static int set_up_service(struct program *p, struct az_error *err)
{
    struct az_sock_options sock[2];
    struct az_service_config config = {.dir = p->setup->state,
                                       .workers = door_of(p, p->setup->workers, &sock[0]),
                                       .clients = door_of(p, p->setup->clients, &sock[1]),
                                       .settings = settings_of(p->setup),
                                       .reload = on_reload,
                                       .arg = p};
    int r = az_service_new(&config, &p->service, err);
    if (r < 0)
        return r;
    struct az_loop *loop = az_service_loop(p->service);
    r = p->gate ? az_gate_watch(p->gate, loop, err) : 0;
    if (r == 0)
        r = az_loop_watch(loop, p->signals, AZ_LOOP_READ, on_signal, p, err);
    return r < 0 ? r : az_loop_before_sleep(loop, before_sleep, p, err);
}

static int set_up(struct program *p, struct az_error *err)
{
    p->alive_ms = az_notify_alive_ms();
    int r = open_signals(p, err);
    if (r == 0)
        r = az_net_new(&p->net, err);
    if (r == 0)
        r = make_gate(p, err);
    if (r == 0)
        r = set_up_service(p, err);
    return r < 0 ? r : open_page(p, err);
}

static void tear_down(struct program *p)
{
    az_httpd_free(p->page);
    az_service_free(p->service);
    az_gate_free(p->gate);
    az_net_free(p->net);
    az_keypair_wipe(&p->keys);
    az_coordinator_setup_free(p->setup);
    if (p->signals >= 0)
        close(p->signals);
}

static int serve(struct program *p)
{
    const struct az_coordinator_setup *s = p->setup;
    struct az_error err = {0};
    int r = set_up(p, &err);
    if (r == 0) {
        az_info("coordinator started", KV("clients", s->clients), KV("workers", s->workers),
                KV("state", s->state), KV("version", ASSIZE_VERSION));
        if (s->trust == AZ_TRUST_NAMES)
            az_warn("whoever reaches the endpoints may do everything: insecure: names");
        az_notify_status("clients at %s, workers at %s", s->clients, s->workers);
        az_notify_ready();
        r = az_service_run(p->service, &err);
        az_httpd_free(AZ_TAKE(p->page)); /* it asks the service */
    }
    if (r == 0)
        r = az_service_close(AZ_TAKE(p->service), &err);
    if (r < 0) {
        az_err("the coordinator can't go on", KV("why", &err));
        return az_program_exit(&err);
    }
    az_info("stopped");
    return p->stops > 1 ? AZ_EXIT_INTERRUPTED : AZ_EXIT_OK;
}

/* What the configuration names is read too. */
static int check(struct program *p, struct az_error *err)
{
    int r = az_net_new(&p->net, err);
    if (r == 0)
        r = make_gate(p, err);
    if (r == 0)
        printf("all is right\n");
    return r;
}

int main(int argc, char **argv)
{
    struct program p = {.signals = -1};
    struct az_error err = {0};
    int code = az_program_begin(&az_coordinator_program, argc, argv, &p.options);
    if (code != AZ_PROGRAM_GOES_ON)
        return code;
    int r = read_setup(&p.options, &p.setup, &err);
    if (r == 0)
        r = make_keys(&p, &err);
    if (r == 0 && p.options.check_config)
        r = check(&p, &err);
    if (r < 0) {
        code = az_program_fail(&az_coordinator_program, &err);
    } else if (p.options.check_config) {
        code = AZ_EXIT_OK;
    } else {
        open_log(&p, p.setup->log);
        code = serve(&p);
    }
    tear_down(&p);
    return code;
}
