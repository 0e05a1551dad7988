/* A real server: a script that begins to serve when it is told to, and is killed. */
#include "workers/io_serve.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

enum { PATIENCE_MS = 20000 };

struct scene {
    char dir[32], gate[64], pid[64], script[512], ready[64];
    const char *command[4];
    struct az_serve config;
    struct az_backend backends[2];
    struct az_serves *serves;
};

/* A port that nobody has; in a moment the script's server does. */
static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static void scene_open(struct scene *s, bool restart)
{
    *s = (struct scene){.dir = "/tmp/assize-test-XXXXXX"};
    assert_non_null(mkdtemp(s->dir));
    int port = free_port();
    snprintf(s->gate, sizeof(s->gate), "%s/gate", s->dir);
    snprintf(s->pid, sizeof(s->pid), "%s/pid", s->dir);
    snprintf(s->ready, sizeof(s->ready), "http://127.0.0.1:%d/health", port);
    snprintf(s->script, sizeof(s->script),
             "echo loading; read word < %s; echo $$ > %s;"
             "test \"$AZ_FAR_KEY$AZ_GPU_KEY\" = own || exit 9; exec %s --port %d",
             s->gate, s->pid, ASSIZE_STUB, port);
    assert_int_equal(mkfifo(s->gate, 0600), 0);
    s->command[0] = "sh";
    s->command[1] = "-c";
    s->command[2] = s->script;
    s->config = (struct az_serve){
        .n_command = 3, .command = s->command, .ready = s->ready, .restart = restart, .stop_s = 10};
    setenv("AZ_FAR_KEY", "of another", 1); /* no business of the server's */
    setenv("AZ_GPU_KEY", "own", 1);
    s->backends[1] = (struct az_backend){
        .name = "gpu", .kind = "openai", .key = "env:AZ_GPU_KEY", .serve = &s->config};
    s->backends[0] = (struct az_backend){.name = "far", .kind = "openai", .key = "env:AZ_FAR_KEY"};
    assert_int_equal(az_serves_start(s->backends, 2, 1, &s->serves, NULL), 0);
}

static void scene_close(struct scene *s)
{
    az_serves_stop(s->serves, 0, NULL);
    unlink(s->gate);
    unlink(s->pid);
    rmdir(s->dir);
}

/* Until a state is told that is not told before. */
static void expect(struct scene *s, const char *want)
{
    size_t backend;
    char state[AZ_SERVER_STATE_MAX];
    while (!az_serves_next(s->serves, &backend, state)) {
        struct pollfd p = {.fd = az_serves_fd(s->serves), .events = POLLIN};
        if (poll(&p, 1, PATIENCE_MS) != 1)
            fail_msg("nothing is told, not '%s'", want);
    }
    assert_int_equal(backend, 1);
    assert_string_equal(state, want);
}

static void let_it_serve(struct scene *s)
{
    FILE *f = fopen(s->gate, "we");
    assert_non_null(f);
    fputs("go\n", f);
    fclose(f);
}

static pid_t pid_of(struct scene *s)
{
    FILE *f = fopen(s->pid, "re");
    int pid = 0;
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    fclose(f);
    return pid;
}

static void serve_starts_it_again(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, true);
    expect(&s, "starting");
    let_it_serve(&s);
    expect(&s, "");
    kill(pid_of(&s), SIGKILL);
    expect(&s, "ended by signal 9, starts again");
    expect(&s, "starting");
    let_it_serve(&s);
    expect(&s, "");
    int server = pidfd_open(pid_of(&s), 0);
    assert_true(server >= 0);
    scene_close(&s);
    struct pollfd p = {.fd = server, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 0), 1); /* gone with its worker */
    close(server);
}

static void serve_leaves_it_be(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, false);
    expect(&s, "starting");
    let_it_serve(&s);
    expect(&s, "");
    kill(pid_of(&s), SIGTERM);
    expect(&s, "exit status 0, stays away");
    scene_close(&s);
}

/* One that does not answer yet is ended all the same. */
static void serve_stops_while_it_starts(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, true);
    expect(&s, "starting");
    scene_close(&s);
}

static int beats;

static void beat(void)
{
    beats++;
}

/* A watchdog sees that it is being waited for. */
static void serve_ends_slowly(void **state)
{
    (void)state;
    char dir[] = "/tmp/assize-test-XXXXXX", gate[64], script[256];
    assert_non_null(mkdtemp(dir));
    snprintf(gate, sizeof(gate), "%s/gate", dir);
    snprintf(script, sizeof(script), "trap '' TERM; echo > %s; while :; do sleep 1; done", gate);
    assert_int_equal(mkfifo(gate, 0600), 0);
    const char *command[] = {"sh", "-c", script, NULL};
    struct az_serve config = {
        .n_command = 3, .command = command, .ready = "http://127.0.0.1:1/", .stop_s = 1};
    struct az_backend backend = {.name = "gpu", .kind = "openai", .serve = &config};
    struct scene s = {0};
    assert_int_equal(az_serves_start(&backend, 1, 1, &s.serves, NULL), 0);
    int deaf = open(gate, O_RDONLY | O_CLOEXEC); /* waits until it hears no SIGTERM */
    az_serves_stop(s.serves, 10, beat);
    assert_true(beats > 2);
    close(deaf);
    unlink(gate);
    rmdir(dir);
}

static void serve_what_is_not_there(void **state)
{
    (void)state;
    const char *command[] = {"assize-no-such-program", NULL};
    struct az_serve config = {
        .n_command = 1, .command = command, .ready = "http://127.0.0.1:1/", .stop_s = 1};
    struct az_backend backend = {.name = "gpu", .kind = "openai", .serve = &config};
    struct scene s = {0};
    size_t at;
    char state_told[AZ_SERVER_STATE_MAX];
    assert_int_equal(az_serves_start(&backend, 1, 1, &s.serves, NULL), 0);
    struct pollfd p = {.fd = az_serves_fd(s.serves), .events = POLLIN};
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    assert_true(az_serves_next(s.serves, &at, state_told));
    assert_string_equal(state_told, "can't be run, stays away");
    az_serves_stop(s.serves, 0, NULL);
}

static void serve_nothing(void **state)
{
    (void)state;
    struct az_backend backend = {.name = "far", .kind = "openai"};
    struct az_serves *s;
    assert_int_equal(az_serves_start(&backend, 1, 1, &s, NULL), 0);
    assert_null(s);
    az_serves_stop(s, 0, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serve_starts_it_again),       cmocka_unit_test(serve_leaves_it_be),
        cmocka_unit_test(serve_stops_while_it_starts), cmocka_unit_test(serve_ends_slowly),
        cmocka_unit_test(serve_what_is_not_there),     cmocka_unit_test(serve_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
