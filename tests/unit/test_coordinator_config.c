#include "coordinator/config.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static const char *env(void *arg, const char *name)
{
    (void)arg;
    return strcmp(name, "STATE_DIRECTORY") == 0 ? "/var/lib/assize" : NULL;
}

static const struct az_settings_source source = {.path = "/etc/a/c.yaml", .env = env};

#define STATE "state: /s\n"
#define LOCAL "clients: ipc:///run/c\nworkers: ipc:///run/w\n"
#define TCP "clients: tcp://*:5600\nworkers: tcp://*:5601\n"
#define KEYS "key: k\nprincipals: p\n"

static void reads(void **state)
{
    (void)state;
    AZ_AUTO(coordinator_setup) s = NULL;
    struct az_error err = {0};
    static const char text[] =
        "state: ${STATE_DIRECTORY}\n" TCP KEYS "http: 9464\njobs_open: 7\nlog: debug\n";
    if (az_coordinator_setup_read(text, &source, &s, &err) < 0)
        fail_msg("%s", err.what);
    assert_string_equal(s->state, "/var/lib/assize");
    assert_string_equal(s->workers, "tcp://*:5601");
    assert_string_equal(s->key, "/etc/a/k");
    assert_string_equal(s->principals, "/etc/a/p");
    assert_string_equal(s->http_host, "127.0.0.1");
    assert_int_equal(s->http_port, 9464);
    assert_int_equal(s->silence_ms, 15000);
    assert_int_equal(s->jobs_open, 7);
    assert_int_equal(s->window_items, 2000);
    assert_int_equal(s->trust, AZ_TRUST_KEYS);
    assert_int_equal(s->log, AZ_LOG_DEBUG);
}

static void http(void **state)
{
    (void)state;
    static const struct {
        const char *http, *host; /* NULL: refused */
        int port;
    } cases[] = {
        {"1", "127.0.0.1", 1},
        {"0.0.0.0:80", "0.0.0.0", 80},
        {"'[::1]:80'", "::1", 80},
        {"metrics:80", "metrics", 80},
        {"0", NULL, 0},
        {"65536", NULL, 0},
        {"':80'", NULL, 0},
        {"a", NULL, 0},
        {"'h:'", NULL, 0},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(coordinator_setup) s = NULL;
        struct az_error err = {0};
        char text[256];
        snprintf(text, sizeof(text), STATE LOCAL "http: %s\n", cases[i].http);
        int r = az_coordinator_setup_read(text, &source, &s, &err);
        bool right = cases[i].host ? r == 0 && !strcmp(s->http_host, cases[i].host) &&
                                         s->http_port == cases[i].port
                                   : r == AZ_EINVAL && strstr(err.what, "line 4: 'http' is no");
        if (!right)
            fail_msg("http: %s: %d '%s'", cases[i].http, r, err.what);
    }
}

#define HERE(line) "coordinator '/etc/a/c.yaml': line " #line ": "

static void mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *what, *hint;
    } cases[] = {
        {LOCAL, HERE(1) "the configuration has no 'state'", "The directory"},
        {STATE LOCAL "jobs_opne: 1\n", HERE(4) "unrecognized key 'jobs_opne'",
         "Did you mean 'jobs_open'?"},
        {STATE LOCAL "silence_ms: 10\n", HERE(4) "'silence_ms' is out of range: 10",
         "between 1000 and 3600000"},
        {STATE LOCAL "log: loud\n", HERE(4) "unknown log level 'loud'", "error, warning"},
        {STATE LOCAL "insecure: yes\n", HERE(4) "unknown insecure 'yes'", "nothing, names"},
        {STATE TCP, HERE(2) "'clients' is tcp://, and there is no 'key'", "assize keygen"},
        {STATE TCP "key: k\n", HERE(2) "'clients' is tcp://, and there is no 'principals'", ""},
        {STATE "clients: ipc:///c\nworkers: tcp://*:1\n",
         HERE(3) "'workers' is tcp://, and there is no 'key'", "insecure: names"},
        {STATE TCP KEYS "insecure: names\n", HERE(6) "both 'insecure' and 'key'", "leave"},
        {STATE "clients: ipc:///c\nworkers: ipc:///c\n",
         HERE(3) "'workers' is where the clients come to", "its own"},
        {STATE "clients: 5600\nworkers: ipc:///c\n",
         HERE(2) "'clients' is neither tcp:// nor ipc:///", "HOST:PORT"},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(coordinator_setup) s = NULL;
        struct az_error err = {0};
        int r = az_coordinator_setup_read(cases[i].text, &source, &s, &err);
        if (r != AZ_EINVAL || s || !strstr(err.what, cases[i].what) ||
            !(strstr(err.hint, cases[i].hint) || !*cases[i].hint))
            fail_msg("%s: got '%s' '%s'", cases[i].text, err.what, err.hint);
    }
}

static struct az_coordinator_setup *setup_of(const char *text)
{
    struct az_coordinator_setup *s = NULL;
    struct az_error err = {0};
    if (az_coordinator_setup_read(text, &source, &s, &err) < 0)
        fail_msg("%s", err.what);
    return s;
}

static void what_stays_while_it_runs(void **state)
{
    (void)state;
    static const struct {
        const char *text, *fixed;
    } cases[] = {
        {STATE LOCAL "jobs_open: 3\nwindow_items: 9\nlog: error\n", NULL},
        {"state: /t\n" LOCAL, "state"},
        {STATE "clients: ipc:///x\nworkers: ipc:///run/w\n", "clients"},
        {STATE LOCAL "silence_ms: 2000\n", "silence_ms"},
        {STATE LOCAL "http: 1\n", "http"},
        {STATE LOCAL "insecure: names\n", "insecure"},
        {STATE LOCAL "key: k\n", "key"},
    };
    AZ_AUTO(coordinator_setup) now = setup_of(STATE LOCAL);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(coordinator_setup) then = setup_of(cases[i].text);
        const char *fixed = az_coordinator_setup_fixed(now, then);
        if (fixed != cases[i].fixed && (!fixed || strcmp(fixed, cases[i].fixed)))
            fail_msg("%s: %s", cases[i].text, fixed ? fixed : "nothing");
    }
}

static void without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(coordinator_setup) s = NULL;
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_coordinator_setup_read(STATE TCP KEYS "http: 1\n", &source, &s, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || (!s && *err.what));
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads), cmocka_unit_test(http), cmocka_unit_test(mistakes),
        cmocka_unit_test(what_stays_while_it_runs), cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
