#include "workers/io_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/io_program.h"
#include "core/mem.h"

struct az_child {
    pid_t pid; /* of its group too */
    int end, output;
};

/* Between fork and exec, in a copy of a process with threads: system calls only. */
static void become(const char *const *argv, char **env, pid_t parent, int output, int failed)
{
    int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    bool ready = setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && empty >= 0 &&
                 dup2(empty, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
                 dup2(output, STDERR_FILENO) >= 0 &&
                 close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == 0 &&
                 sigprocmask(SIG_SETMASK, &none, NULL) == 0;
    signal(SIGPIPE, SIG_DFL);
    az_program_lower();
    if (ready && getppid() == parent)
        execvpe(argv[0], (char *const *)argv, env);
    int e = errno;
    ssize_t n = write(failed, &e, sizeof(e));
    _exit(n == sizeof(e) ? 127 : 126);
}

/* 0, or the errno of what did not work in the child. */
static int begin(struct az_child *c, const char *const *argv, char **env, int output,
                 const int *failed)
{
    pid_t parent = getpid();
    c->pid = fork();
    if (c->pid < 0) {
        int e = errno;
        close(failed[1]);
        return e;
    }
    if (c->pid == 0)
        become(argv, env, parent, output, failed[1]);
    setpgid(c->pid, c->pid); /* whoever is first: signals may come at once */
    close(failed[1]);
    int e = 0;
    ssize_t n;
    do
        n = read(failed[0], &e, sizeof(e));
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return 0;
    waitpid(c->pid, NULL, 0);
    return e;
}

static bool is_hidden(const char *variable, const char *const *hidden)
{
    for (; hidden && *hidden; hidden++) {
        size_t n = strlen(*hidden);
        if (!strncmp(variable, *hidden, n) && variable[n] == '=')
            return true;
    }
    return false;
}

/* Borrowed texts in an array that is the caller's. */
static char **environment(const char *const *hidden)
{
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **env = az_zalloc((n + 1) * sizeof(*env));
    for (size_t i = 0; env && i < n; i++) {
        if (!is_hidden(environ[i], hidden))
            env[kept++] = environ[i];
    }
    return env;
}

int az_child_start(const char *const *argv, const char *const *hidden, struct az_child **ret,
                   struct az_error *err)
{
    AZ_AUTO_MEM char **env = environment(hidden);
    struct az_child *c = az_zalloc(sizeof(*c));
    if (!env || !c) {
        free(c);
        return az_oom(err);
    }
    int output[2] = {-1, -1}, failed[2] = {-1, -1}, e = 0;
    if (pipe2(output, O_CLOEXEC) < 0 || pipe2(failed, O_CLOEXEC) < 0 ||
        fcntl(output[0], F_SETFL, O_NONBLOCK) < 0) {
        e = errno;
        close(failed[1]);
    } else {
        e = begin(c, argv, env, output[1], failed);
    }
    close(failed[0]);
    close(output[1]);
    c->output = output[0];
    c->end = e ? -1 : pidfd_open(c->pid, 0);
    if (!e && c->end < 0) {
        e = errno;
        kill(-c->pid, SIGKILL);
        waitpid(c->pid, NULL, 0);
    }
    if (e) {
        close(c->output);
        free(c);
        return az_fail(err, AZ_EINVAL, "can't run '%s': %s", argv[0], strerror(e));
    }
    *ret = c;
    return 0;
}

int az_child_end_fd(const struct az_child *c)
{
    return c->end;
}

int az_child_output_fd(const struct az_child *c)
{
    return c->output;
}

void az_child_signal(struct az_child *c, int signal)
{
    kill(-c->pid, signal);
}

void az_child_reap(struct az_child *c, char *how, size_t size)
{
    kill(-c->pid, SIGKILL); /* while its number can't be anybody else's */
    int status = 0;
    pid_t r;
    do
        r = waitpid(c->pid, &status, 0);
    while (r < 0 && errno == EINTR);
    if (WIFSIGNALED(status))
        snprintf(how, size, "ended by signal %d", WTERMSIG(status));
    else
        snprintf(how, size, "exit status %d", WEXITSTATUS(status));
    close(c->end);
    close(c->output);
    free(c);
}
