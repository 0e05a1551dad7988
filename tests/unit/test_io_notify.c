/* What arrives where NOTIFY_SOCKET points. */
#include "core/io_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static int listener;

static int listen_here(void **state)
{
    (void)state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char name[64];
    int n = snprintf(name, sizeof(name), "@assize-notify-%d", (int)getpid());
    memcpy(at.sun_path + 1, name + 1, (size_t)n - 1); /* abstract: '@' stands for NUL */
    listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n);
    if (listener < 0 || bind(listener, (struct sockaddr *)&at, size) < 0)
        return -1;
    setenv("NOTIFY_SOCKET", name, 1);
    return 0;
}

static const char *heard(void)
{
    static char text[1024];
    ssize_t n = recv(listener, text, sizeof(text) - 1, 0);
    text[n < 0 ? 0 : n] = '\0';
    return text;
}

static void states(void **state)
{
    (void)state;
    az_notify_ready();
    assert_string_equal(heard(), "READY=1");
    az_notify_status("%d jobs\nREADY=1", 3);
    assert_string_equal(heard(), "STATUS=3 jobs READY=1");
    az_notify_reloading();
    assert_non_null(strstr(heard(), "RELOADING=1\nMONOTONIC_USEC="));
    az_notify_alive();
    assert_string_equal(heard(), "WATCHDOG=1");
    az_notify_stopping();
    assert_string_equal(heard(), "STOPPING=1");
}

static void alive_at_half(void **state)
{
    (void)state;
    char pid[32];
    assert_int_equal(az_notify_alive_ms(), 0);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(az_notify_alive_ms(), 15000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(az_notify_alive_ms(), 0);
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(az_notify_alive_ms(), 15000);
}

/* A manager that does not read stops nobody. */
static void nobody_reads(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++)
        az_notify_alive();
    az_notify_status("unheard");
    az_notify_stopping();
    while (*heard())
        continue;
}

static void nobody_listens(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    az_notify_ready();
    az_notify_status("unheard");
    assert_string_equal(heard(), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(states), cmocka_unit_test(alive_at_half),
                                       cmocka_unit_test(nobody_reads),
                                       cmocka_unit_test(nobody_listens)};
    return cmocka_run_group_tests(tests, listen_here, NULL);
}
