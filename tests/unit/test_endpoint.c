#include "core/endpoint.h"

#include "tests/unit/unit.h"

/* "transport where [loopback] [ipv6]", or what is said against it. */
static const struct {
    const char *text, *want;
} cases[] = {
    {"inproc://door", "inproc door loopback"},
    {"ipc:///run/assize/clients", "ipc /run/assize/clients loopback"},
    {"ipc://here", "ipc here loopback"},
    {"tcp://127.0.0.1:5000", "tcp 127.0.0.1 loopback"},
    {"tcp://127.1.2.3:5000", "tcp 127.1.2.3 loopback"},
    {"tcp://localhost:5000", "tcp localhost loopback"},
    {"tcp://[::1]:5000", "tcp ::1 loopback ipv6"},
    {"tcp://127.0.0.1:*", "tcp 127.0.0.1 loopback"},
    {"tcp://*:5000", "tcp *"},
    {"tcp://0.0.0.0:5000", "tcp 0.0.0.0"},
    {"tcp://[::]:5000", "tcp :: ipv6"},
    {"tcp://gpu01:5000", "tcp gpu01"},
    {"tcp://eth0:5000", "tcp eth0"},
    {"tcp://128.0.0.1:5000", "tcp 128.0.0.1"},
    {"tcp://127.0.0.1.example.org:5000", "tcp 127.0.0.1.example.org"},
    {"tcp://127.example.org:5000", "tcp 127.example.org"},
    {"tcp://127.0.1:5000", "tcp 127.0.1"},
    {"tcp://127..0.1:5000", "tcp 127..0.1"},
    {"tcp://localhost.example.org:5000", "tcp localhost.example.org"},
    {"tcp://gpu01", "is not tcp://HOST:PORT"},
    {"tcp://gpu01:", "is not tcp://HOST:PORT"},
    {"tcp://:5000", "is not tcp://HOST:PORT"},
    {"tcp://gpu01:0", "is not tcp://HOST:PORT"},
    {"tcp://gpu01:65536", "is not tcp://HOST:PORT"},
    {"tcp://gpu01:5000/", "is not tcp://HOST:PORT"},
    {"tcp://10.0.0.1;127.0.0.1:5000", "is not tcp://HOST:PORT"},
    {"ipc://", "has no name"},
    {"inproc://", "has no name"},
    {"tcp://[]:5000", "has no name"},
    {"ipc://@abstract", "is not the path of a file"},
    {"ipc://*", "is not the path of a file"},
    {"pgm://eth0;239.0.0.1:5000", "is no endpoint"},
    {"gpu01:5000", "is no endpoint"},
    {"", "is no endpoint"},
};

static void endpoint_table(void **state)
{
    (void)state;
    static const char *const transports[] = {"inproc", "ipc", "tcp"};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_endpoint e;
        struct az_error err = {0};
        char got[512];
        if (az_endpoint_parse(cases[i].text, &e, &err) == 0)
            snprintf(got, sizeof(got), "%s " AZ_STR_FMT "%s%s", transports[e.transport],
                     AZ_STR_ARG(e.where), e.loopback ? " loopback" : "", e.ipv6 ? " ipv6" : "");
        else
            snprintf(got, sizeof(got), "%s", err.what);
        bool failed = err.code != 0;
        if (failed ? !strstr(got, cases[i].want) : strcmp(got, cases[i].want) != 0)
            fail_msg("'%s': got '%s', want '%s'", cases[i].text, got, cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoint_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
