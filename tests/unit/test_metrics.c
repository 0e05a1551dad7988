#include "coordinator/metrics.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

static struct az_metrics some(struct az_backend_figures *backends)
{
    backends[0] = (struct az_backend_figures){
        .name = "gpu", .workers = 2, .leases = 7, .ballots = 12, .spent = 1500000};
    backends[0].errors[AZ_BE_PARSE] = 3;
    backends[1] = (struct az_backend_figures){.name = "a \"b\"\\\n"};
    az_spread_add(&backends[0].answers, 3);
    struct az_metrics m = {.workers = 2,
                           .oldest_ms = 1250,
                           .store_failing = true,
                           .decided = 40,
                           .drift_alarms = 3,
                           .spent = 2 * AZ_NUSD_PER_USD,
                           .n_backends = 2,
                           .backends = backends};
    m.jobs[AZ_IS_RUNNING] = 1;
    return m;
}

static void lines(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "# HELP assize_workers Workers that are connected.\n# TYPE assize_workers gauge\n"
        "assize_workers 2\n",
        "# TYPE assize_items_decided_total counter\nassize_items_decided_total 40\n",
        "assize_lease_oldest_seconds 1.25\n",
        "assize_store_failing 1\n",
        "assize_drift_alarms_total 3\n",
        "assize_spent_usd_total 2\n",
        "assize_jobs{state=\"running\"} 1\n",
        "assize_jobs{state=\"done\"} 0\n",
        "assize_backend_leases{backend=\"gpu\"} 7\n"
        "assize_backend_leases{backend=\"a \\\"b\\\"\\\\\\n\"} 0\n",
        "assize_backend_spent_usd_total{backend=\"gpu\"} 0.0015\n",
        "assize_backend_errors_total{backend=\"gpu\",kind=\"parse\"} 3\n",
        "assize_build_info{version=\"" ASSIZE_VERSION "\"} 1\n",
    };
    struct az_backend_figures backends[2];
    struct az_metrics m = some(backends);
    AZ_AUTO_BUF b = az_buf(1 << 20);
    az_metrics_print(&b, &m);
    for (size_t i = 0; i < AZ_LEN(wanted); i++) {
        if (!strstr(b.p, wanted[i]))
            fail_msg("no '%s' in\n%s", wanted[i], b.p);
    }
}

static void histogram(void **state)
{
    (void)state;
    struct az_metrics m = {0};
    static const az_ms took[] = {0, 1, 2, 3, 26, 119999, 120000, 120001};
    for (size_t i = 0; i < AZ_LEN(took); i++)
        az_spread_add(&m.commits, took[i]);
    AZ_AUTO_BUF b = az_buf(1 << 20);
    az_metrics_print(&b, &m);
    static const char want[] = "# TYPE assize_commit_seconds histogram\n"
                               "assize_commit_seconds_bucket{le=\"0.001\"} 2\n"
                               "assize_commit_seconds_bucket{le=\"0.002\"} 3\n"
                               "assize_commit_seconds_bucket{le=\"0.005\"} 4\n"
                               "assize_commit_seconds_bucket{le=\"0.01\"} 4\n"
                               "assize_commit_seconds_bucket{le=\"0.025\"} 4\n"
                               "assize_commit_seconds_bucket{le=\"0.05\"} 5\n"
                               "assize_commit_seconds_bucket{le=\"0.1\"} 5\n"
                               "assize_commit_seconds_bucket{le=\"0.25\"} 5\n"
                               "assize_commit_seconds_bucket{le=\"0.5\"} 5\n"
                               "assize_commit_seconds_bucket{le=\"1\"} 5\n"
                               "assize_commit_seconds_bucket{le=\"2.5\"} 5\n"
                               "assize_commit_seconds_bucket{le=\"10\"} 5\n"
                               "assize_commit_seconds_bucket{le=\"30\"} 5\n"
                               "assize_commit_seconds_bucket{le=\"120\"} 7\n"
                               "assize_commit_seconds_bucket{le=\"+Inf\"} 8\n"
                               "assize_commit_seconds_sum 360.032\n"
                               "assize_commit_seconds_count 8\n";
    if (!strstr(b.p, want))
        fail_msg("no such histogram in\n%s", b.p);
}

/* What the format asks for: every sample after the HELP and TYPE of its own name,
 * and each of these once. */
static void form(void **state)
{
    (void)state;
    struct az_backend_figures backends[2];
    struct az_metrics m = some(backends);
    AZ_AUTO_BUF b = az_buf(1 << 20);
    az_metrics_print(&b, &m);
    struct az_str rest = az_buf_view(&b), line, name = {0};
    while (az_str_line(&rest, &line)) {
        if (az_str_starts(line, "# HELP ")) {
            struct az_str after = {line.p + 7, line.n - 7};
            name = (struct az_str){after.p, (size_t)az_str_find(after, AZ_STR(" "))};
            char twice[160];
            snprintf(twice, sizeof(twice), "\n# HELP " AZ_STR_FMT " ", AZ_STR_ARG(name));
            assert_null(strstr(rest.p, twice));
        } else if (!az_str_starts(line, "# TYPE ")) {
            assert_true(line.n > name.n && !memcmp(line.p, name.p, name.n));
            assert_true(strchr("_{ ", line.p[name.n]));
        }
    }
}

static void without_memory(void **state)
{
    (void)state;
    struct az_backend_figures backends[2];
    struct az_metrics m = some(backends);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO_BUF b = az_buf(1 << 20);
        az_fault_alloc(nth);
        az_metrics_print(&b, &m);
        r = az_buf_check(&b, NULL);
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(histogram),
                                       cmocka_unit_test(form), cmocka_unit_test(without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
