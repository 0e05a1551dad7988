#include "coordinator/job_panel.h"

#include "policies/policy.h"

int az_job_panel_priced(const struct az_panel *panel, struct az_error *err)
{
    for (size_t j = 0; j < panel->n_judges; j++) {
        const struct az_judge *judge = &panel->judges[j];
        bool local =
            judge->backend_at >= 0 && az_backend_is_local(&panel->backends[judge->backend_at]);
        if (judge->price.known || local)
            continue;
        az_fail(err, AZ_EINVAL, "limits.usd is set, and the price of judge '%s' is not known",
                judge->name);
        az_hint(err, "Add to it: usd_per_mtok: {input: …, output: …} (0 for a model of your own).");
        return AZ_EINVAL;
    }
    return 0;
}

static int read(const char *yaml, const char *path, const struct az_panel_source *source,
                struct az_panel **ret, struct az_error *err)
{
    AZ_AUTO(panel) panel = NULL;
    int r = az_panel_parse(yaml, path, source, &panel, err);
    if (r == 0)
        r = az_policy_check(panel, err);
    if (r == 0 && panel->limits.has_usd)
        r = az_job_panel_priced(panel, err);
    if (r == 0)
        *ret = AZ_TAKE(panel);
    return r;
}

int az_job_panel_read(const char *yaml, const char *const *set, size_t n_set, struct az_panel **ret,
                      struct az_error *err)
{
    struct az_panel_source source = {.submitted = true, .n_set = n_set, .set = set};
    return read(yaml, "submitted", &source, ret, err);
}

int az_job_panel_read_kept(const char *yaml, const char *path, const char *const *set, size_t n_set,
                           struct az_panel **ret, struct az_error *err)
{
    struct az_panel_source source = {.portable = true, .n_set = n_set, .set = set};
    return read(yaml, path, &source, ret, err);
}

void az_job_panel_print(struct az_buf *b, const struct az_panel *panel)
{
    az_panel_print(b, panel, true);
}

/* ---- comparing ---- */

static int changed(struct az_error *err, const char *fmt, const char *name)
{
    az_fail(err, AZ_ECHANGED, fmt, name);
    az_hint(err, "A key stands for one job: submit it with another key, or with the panel as it "
                 "was.");
    return AZ_ECHANGED;
}

static int same_judges(const struct az_panel *was, const struct az_panel *now, struct az_error *err)
{
    for (size_t j = 0; j < now->n_judges; j++) {
        const struct az_judge *judge = &now->judges[j];
        int at = az_panel_judge_find(was, az_str(judge->name));
        if (at < 0)
            return changed(err, "judge '%s' is new", judge->name);
        if (!az_hash_eq(&was->judges[at].identity, &judge->identity))
            return changed(err, "judge '%s' changed its model or parameters", judge->name);
    }
    for (size_t j = 0; j < was->n_judges; j++) {
        if (az_panel_judge_find(now, az_str(was->judges[j].name)) < 0)
            return changed(err, "judge '%s' is gone", was->judges[j].name);
    }
    return 0;
}

/* The first line of `now` that `was` does not have at that place. */
static struct az_str first_difference(struct az_str was, struct az_str now)
{
    struct az_str a, b = {0};
    while (az_str_line(&now, &b)) {
        if (!az_str_line(&was, &a) || !az_str_eq(a, b))
            return az_str_trim(b);
    }
    return az_str_trim(was);
}

int az_job_panel_same(const struct az_panel *was, const struct az_panel *now, struct az_error *err)
{
    if (!az_hash_eq(&was->identity, &now->identity))
        return changed(err, "%s changed", "the question or its template");
    int r = same_judges(was, now, err);
    if (r < 0)
        return r;
    AZ_AUTO_BUF before = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF after = az_buf(AZ_BUF_MAX);
    az_job_panel_print(&before, was);
    az_job_panel_print(&after, now);
    r = az_buf_check(&before, err);
    r = r < 0 ? r : az_buf_check(&after, err);
    if (r < 0 || az_str_eq(az_buf_view(&before), az_buf_view(&after)))
        return r;
    struct az_str line = first_difference(az_buf_view(&before), az_buf_view(&after));
    char text[96];
    snprintf(text, sizeof(text), AZ_STR_FMT, AZ_STR_ARG(line));
    return changed(err, "the panel changed: %s", text);
}
