/* Configurations of the services. What is accepted can be used as it is, and read
 * again says the same. */
#include "coordinator/config.h"
#include "core/mem.h"
#include "tests/fuzz/fuzz.h"
#include "workers/config.h"

/* libfyaml leaks on malformed input: that is not what is looked for here. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static const char *env(void *arg, const char *name)
{
    return strcmp(name, "A") == 0 ? "tcp://h:1" : NULL;
}

static const struct az_settings_source source = {.path = "/etc/fuzz.yaml", .env = env};

static void coordinator(const char *text)
{
    AZ_AUTO(coordinator_setup) s = NULL;
    AZ_AUTO(coordinator_setup) again = NULL;
    struct az_error err = {0};
    if (az_coordinator_setup_read(text, &source, &s, &err) < 0) {
        az_assert(*err.what && !s);
        return;
    }
    az_assert(*s->state == '/' && s->jobs_open >= 1 && s->silence_ms >= 1000);
    az_assert(s->trust == AZ_TRUST_NAMES || s->key || !az_endpoint_is_remote(s->clients));
    az_assert(!s->http || (s->http_port > 0 && s->http_port < 65536 && *s->http_host));
    az_assert(az_coordinator_setup_read(text, &source, &again, &err) == 0);
    az_assert(!az_coordinator_setup_fixed(s, again));
}

static void worker(const char *text)
{
    AZ_AUTO(worker_setup) s = NULL;
    struct az_error err = {0};
    if (az_worker_setup_read(text, &source, &s, &err) < 0) {
        az_assert(*err.what && !s);
        return;
    }
    az_assert(*s->name && s->n_backends);
    az_assert(s->trust == AZ_TRUST_NAMES || s->coordinator_key ||
              !az_endpoint_is_remote(s->coordinator));
    for (size_t i = 0; i < s->n_backends; i++) {
        const struct az_backend *b = &s->backends[i];
        az_assert(*b->name && *b->kind && (az_backend_is_local(b) || b->n_urls));
        az_assert(!b->serve || (b->serve->n_command && !b->serve->command[b->serve->n_command]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct az_str in = {(const char *)data, size};
    unsigned which = fuzz_choice(&in);
    AZ_AUTO_MEM char *text = az_alloc(in.n + 1);
    az_assert(text);
    memcpy(text, in.p ? in.p : "", in.n);
    text[in.n] = '\0';
    if (which % 2)
        worker(text);
    else
        coordinator(text);
    return 0;
}
