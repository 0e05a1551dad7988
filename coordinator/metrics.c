#include "coordinator/metrics.h"

#include "core/number.h"

static const az_ms bounds[AZ_SPREAD_BOUNDS] = {1,   2,   5,    10,   25,    50,    100,
                                               250, 500, 1000, 2500, 10000, 30000, 120000};

void az_spread_add(struct az_spread *s, az_ms took)
{
    size_t i = 0;
    while (i < AZ_SPREAD_BOUNDS && took > bounds[i])
        i++;
    s->n[i]++;
    s->sum_ms += AZ_MAX(took, (az_ms)0);
}

/* ---- lines ---- */

static void head(struct az_buf *b, const char *name, const char *type, const char *help)
{
    az_buf_fmt(b, "# HELP assize_%s %s\n# TYPE assize_%s %s\n", name, help, name, type);
}

/* Inside {label="…"}. */
static void label(struct az_buf *b, const char *name, const char *value)
{
    az_buf_fmt(b, "%s=\"", name);
    for (; *value; value++) {
        if (*value == '\n')
            az_buf_z(b, "\\n");
        else if (*value == '"' || *value == '\\')
            az_buf_fmt(b, "\\%c", *value);
        else
            az_buf_char(b, *value);
    }
    az_buf_char(b, '"');
}

static void seconds(struct az_buf *b, az_ms ms)
{
    char text[AZ_NUMBER_MAX];
    az_buf_z(b, az_number_print((double)ms / 1000, text));
}

static void usd(struct az_buf *b, az_nusd v)
{
    char text[AZ_NUMBER_MAX];
    az_buf_z(b, az_number_usd(v, text));
}

/* One histogram; `backend` NULL: it has no label. */
static void spread(struct az_buf *b, const char *name, const char *backend,
                   const struct az_spread *s)
{
    int64_t n = 0;
    for (size_t i = 0; i <= AZ_SPREAD_BOUNDS; i++) {
        n += s->n[i];
        az_buf_fmt(b, "assize_%s_bucket{", name);
        if (backend) {
            label(b, "backend", backend);
            az_buf_char(b, ',');
        }
        az_buf_z(b, "le=\"");
        if (i < AZ_SPREAD_BOUNDS)
            seconds(b, bounds[i]);
        else
            az_buf_z(b, "+Inf");
        az_buf_fmt(b, "\"} %lld\n", (long long)n);
    }
    for (int sum = 1; sum >= 0; sum--) {
        az_buf_fmt(b, "assize_%s_%s", name, sum ? "sum" : "count");
        if (backend) {
            az_buf_char(b, '{');
            label(b, "backend", backend);
            az_buf_char(b, '}');
        }
        az_buf_char(b, ' ');
        if (sum)
            seconds(b, s->sum_ms);
        else
            az_buf_fmt(b, "%lld", (long long)n);
        az_buf_char(b, '\n');
    }
}

/* ---- one number each ---- */

enum unit { COUNT, FLAG, MS, USD };

struct row {
    const char *name;
    enum unit unit;
    size_t at;
    const char *help;
};

static void value(struct az_buf *b, enum unit unit, const void *at)
{
    if (unit == USD)
        usd(b, *(const az_nusd *)at);
    else if (unit == MS)
        seconds(b, *(const az_ms *)at);
    else
        az_buf_fmt(b, "%lld",
                   unit == FLAG ? (long long)*(const bool *)at : (long long)*(const int64_t *)at);
    az_buf_char(b, '\n');
}

/* A name that ends in _total counts since the start. */
static const char *type_of(const char *name)
{
    return az_str_ends(az_str(name), "_total") ? "counter" : "gauge";
}

#define AT(field) offsetof(struct az_metrics, field)
static const struct row figures[] = {
    {"clients", COUNT, AT(clients), "Clients that are connected."},
    {"workers", COUNT, AT(workers), "Workers that are connected."},
    {"workers_silent", COUNT, AT(workers_silent),
     "Connected workers that have not been heard for silence_ms."},
    {"docket_items", COUNT, AT(docket), "Undecided items in the windows of open jobs."},
    {"questions_queued", COUNT, AT(queued), "Questions that wait for a worker."},
    {"leases", COUNT, AT(leases), "Questions that workers hold."},
    {"lease_oldest_seconds", MS, AT(oldest_ms), "Age of the oldest question that a worker holds."},
    {"store_failing", FLAG, AT(store_failing), "1 while something cannot be written."},
    {"items_decided_total", COUNT, AT(decided), "Items with a verdict."},
    {"items_abstained_total", COUNT, AT(abstained), "Items on which the panel abstained."},
    {"items_failed_total", COUNT, AT(failed), "Items that failed for good."},
    {"ballots_total", COUNT, AT(ballots), "Ballots kept, errors among them."},
    {"ballot_errors_total", COUNT, AT(ballot_errors), "Ballots that are errors."},
    {"leases_lost_total", COUNT, AT(lost), "Questions asked elsewhere because a worker was lost."},
    {"drift_alarms_total", COUNT, AT(drift_alarms),
     "Judges and panels found to be worse than when they were calibrated."},
    {"spent_usd_total", USD, AT(spent), "Dollars spent, at the worst where it is not known."},
    {0},
};
#undef AT

#define AT(field) offsetof(struct az_backend_figures, field)
static const struct row of_backends[] = {
    {"backend_workers", COUNT, AT(workers), "Workers that have the backend."},
    {"backend_queued", COUNT, AT(queued), "Questions that wait for the backend."},
    {"backend_leases", COUNT, AT(leases), "Questions to the backend that workers hold."},
    {"backend_credit", COUNT, AT(credit), "Questions that workers would take now."},
    {"backend_ballots_total", COUNT, AT(ballots), "Ballots of the backend, errors among them."},
    {"backend_cached_total", COUNT, AT(cached), "Ballots that came from a worker's cache."},
    {"backend_spent_usd_total", USD, AT(spent), "Dollars spent at the backend."},
    {0},
};
#undef AT

static void put_figures(struct az_buf *b, const struct az_metrics *m)
{
    for (const struct row *r = figures; r->name; r++) {
        head(b, r->name, type_of(r->name), r->help);
        az_buf_fmt(b, "assize_%s ", r->name);
        value(b, r->unit, (const char *)m + r->at);
    }
}

static void put_jobs(struct az_buf *b, const struct az_metrics *m)
{
    head(b, "jobs", "gauge", "Jobs by state.");
    for (int s = 0; s < AZ_JOB_STATES; s++) {
        az_buf_z(b, "assize_jobs{");
        label(b, "state", az_job_state_name((enum az_job_state)s));
        az_buf_fmt(b, "} %lld\n", (long long)m->jobs[s]);
    }
}

static void put_backends(struct az_buf *b, const struct az_metrics *m)
{
    for (const struct row *r = of_backends; r->name; r++) {
        head(b, r->name, type_of(r->name), r->help);
        for (size_t i = 0; i < m->n_backends; i++) {
            az_buf_fmt(b, "assize_%s{", r->name);
            label(b, "backend", m->backends[i].name);
            az_buf_z(b, "} ");
            value(b, r->unit, (const char *)&m->backends[i] + r->at);
        }
    }
}

/* Kinds that never came have no line: there are many, and most never do. */
static void put_errors(struct az_buf *b, const struct az_metrics *m)
{
    head(b, "backend_errors_total", "counter", "Ballots that are errors, by kind.");
    for (size_t i = 0; i < m->n_backends; i++) {
        const struct az_backend_figures *f = &m->backends[i];
        for (int e = AZ_BE_NONE + 1; e < AZ_BE_COUNT; e++) {
            if (!f->errors[e])
                continue;
            az_buf_z(b, "assize_backend_errors_total{");
            label(b, "backend", f->name);
            az_buf_char(b, ',');
            label(b, "kind", az_ballot_error_name((enum az_ballot_error)e));
            az_buf_fmt(b, "} %lld\n", (long long)f->errors[e]);
        }
    }
}

void az_metrics_print(struct az_buf *b, const struct az_metrics *m)
{
    head(b, "build_info", "gauge", "Always 1; the version is its label.");
    az_buf_z(b, "assize_build_info{");
    label(b, "version", ASSIZE_VERSION);
    az_buf_z(b, "} 1\n");
    put_figures(b, m);
    put_jobs(b, m);
    head(b, "commit_seconds", "histogram", "How long commits of the jobs' stores took.");
    spread(b, "commit_seconds", NULL, &m->commits);
    put_backends(b, m);
    put_errors(b, m);
    head(b, "answer_seconds", "histogram", "How long calls took, cached answers left out.");
    for (size_t i = 0; i < m->n_backends; i++)
        spread(b, "answer_seconds", m->backends[i].name, &m->backends[i].answers);
}
