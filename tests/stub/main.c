/* tests/stub/main.c: assize-stub. `--help` lists the settings. */
#include <signal.h>
#include <sys/prctl.h>

#include "tests/stub/stub.h"

static struct server *running;

static void on_term(int signo)
{
    (void)signo;
    server_stop(running);
}

int main(int argc, char **argv)
{
    (void)argc;
    static struct stub stub;
    struct az_error err = {0};
    config_init(&stub.config);
    int r = config_argv(&stub.config, argv, &err);
    if (r == 0)
        r = stub_open(&stub, &err);
    if (r < 0)
        fprintf(stderr, "assize-stub: %s\n", err.what);
    if (r != 0) {
        stub_release(&stub);
        return r < 0;
    }
    running = stub.server;
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* never outlives the test that started it */
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    signal(SIGTERM, on_term);
    printf("listening 127.0.0.1:%d\n", server_port(stub.server));
    fflush(stdout);
    server_run(stub.server);
    stub_release(&stub);
    return 0;
}
