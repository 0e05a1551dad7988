/* coordinator/job_set.c: what may be changed of a job that is there: a table. */
#include "coordinator/job.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/number.h"

enum { DEADLINE_MAX_S = 10 * 366 * 86400, SETS_MAX = 1 << 16 };

/* Limits that the loop or a worker reads from the panel when the job is opened
 * may change while it is not open. */
static const struct {
    const char *key;
    enum az_job_set_kind kind;
    bool running; /* it may change while the job runs */
    int64_t min, max;
} keys[] = {
    {"priority", AZ_SET_PRIORITY, true, AZ_JOB_PRIORITY_MIN, AZ_JOB_PRIORITY_MAX},
    {"name", AZ_SET_NAME, true, 0, 0},
    {"deadline", AZ_SET_DEADLINE, true, 0, DEADLINE_MAX_S},
    {"limits.usd", AZ_SET_USD, true, 0, 0},
    {"limits.item_s", AZ_SET_LIMIT, false, 1, 7 * 86400},
    {"limits.timeout_s", AZ_SET_LIMIT, false, 1, 3600},
    {"limits.attempts", AZ_SET_LIMIT, false, 1, 20},
};

static int unknown(struct az_str key, struct az_error *err)
{
    const char *names[AZ_LEN(keys) + 1] = {NULL};
    for (size_t i = 0; i < AZ_LEN(keys); i++)
        names[i] = keys[i].key;
    az_fail(err, AZ_EINVAL, "'" AZ_STR_FMT "' of a job that is there cannot be changed",
            AZ_STR_ARG(key));
    const char *near = az_nearest(key, names);
    if (near)
        az_hint(err, "Did you mean '%s'?", near);
    else
        az_hint(err, "What is asked stays as it was submitted; priority, name, deadline, "
                     "limits.usd, limits.item_s, limits.timeout_s and limits.attempts may change.");
    return AZ_EINVAL;
}

static int bad_value(const struct az_job_set *set, const char *want, struct az_error *err)
{
    return az_fail(err, AZ_EINVAL, "'" AZ_STR_FMT "=%.*s': expected %s", AZ_STR_ARG(set->key),
                   (int)AZ_MIN(set->value.n, (size_t)40), set->value.p, want);
}

static int read_number(size_t row, struct az_job_set *set, struct az_error *err)
{
    char want[64];
    snprintf(want, sizeof(want), "a whole number from %lld to %lld", (long long)keys[row].min,
             (long long)keys[row].max);
    bool good = az_str_int(set->value, &set->number);
    if (!good || set->number < keys[row].min || set->number > keys[row].max)
        return bad_value(set, want, err);
    return 0;
}

static int read_usd(struct az_job_set *set, struct az_error *err)
{
    char text[64];
    if (set->value.n >= sizeof(text))
        return bad_value(set, "dollars", err);
    memcpy(text, set->value.p, set->value.n);
    text[set->value.n] = '\0';
    return az_number_usd_read(text, &set->usd) ? 0 : bad_value(set, "dollars", err);
}

static int read_name(struct az_job_set *set, struct az_error *err)
{
    bool good = set->value.n <= AZ_JOB_NAME_MAX && az_utf8_valid(set->value, NULL);
    for (size_t i = 0; i < set->value.n; i++)
        good = good && (unsigned char)set->value.p[i] >= ' ';
    return good ? 0 : bad_value(set, "200 bytes of text in one line at the most", err);
}

int az_job_set_read(const char *text, enum az_job_state state, struct az_job_set *ret,
                    struct az_error *err)
{
    const char *equal = strchr(text, '=');
    if (!equal || equal == text)
        return az_fail(err, AZ_EINVAL, "'%.60s': expected KEY=VALUE", text);
    struct az_job_set set = {.key = {text, (size_t)(equal - text)}, .value = az_str(equal + 1)};
    size_t row = 0;
    while (row < AZ_LEN(keys) && !az_str_eqz(set.key, keys[row].key))
        row++;
    if (row == AZ_LEN(keys))
        return unknown(set.key, err);
    if (state == AZ_IS_RUNNING && !keys[row].running) {
        az_fail(err, AZ_EINVAL, "'%s' cannot be changed while the job runs", keys[row].key);
        az_hint(err, "Pause it, set it, and resume it.");
        return AZ_EINVAL;
    }
    set.kind = keys[row].kind;
    int r = set.kind == AZ_SET_NAME  ? read_name(&set, err)
            : set.kind == AZ_SET_USD ? read_usd(&set, err)
                                     : read_number(row, &set, err);
    if (r == 0)
        *ret = set;
    return r;
}

size_t az_job_sets_split(char *sets, const char **v, size_t max)
{
    size_t n = 0;
    for (char *at = sets, *end; at && *at && n < max; at = end) {
        end = at + strcspn(at, "\n");
        if (*end)
            *end++ = '\0';
        v[n++] = at;
    }
    return n;
}

char *az_job_sets_with(const char *sets, const struct az_job_set *set)
{
    struct az_buf b = az_buf(SETS_MAX);
    struct az_str rest = az_str(sets ? sets : ""), line;
    while (az_str_line(&rest, &line)) {
        bool same = line.n > set->key.n && line.p[set->key.n] == '=' &&
                    !memcmp(line.p, set->key.p, set->key.n);
        if (same || !line.n)
            continue;
        az_buf_str(&b, line);
        az_buf_char(&b, '\n');
    }
    az_buf_fmt(&b, AZ_STR_FMT "=" AZ_STR_FMT "\n", AZ_STR_ARG(set->key), AZ_STR_ARG(set->value));
    char *text = az_buf_take(&b);
    az_buf_release(&b);
    return text;
}

bool az_job_set_raises(enum az_job_cause cause, const struct az_job_set *set)
{
    return (cause == AZ_CAUSE_BUDGET && set->kind == AZ_SET_USD) ||
           (cause == AZ_CAUSE_TIME && set->kind == AZ_SET_DEADLINE);
}
