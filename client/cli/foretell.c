#include "client/cli/foretell.h"

#include "policies/calibration.h"
#include "statistics/interval/wilson.h"
#include "statistics/special.h"

static void risk(struct az_buf *b, const struct az_guarantee *g)
{
    double low, high;
    az_buf_fmt(b, "risk %g (delta %g): decides ", g->risk, g->delta);
    if (g->all) {
        az_buf_z(b, "all items");
        return;
    }
    az_buf_fmt(b, "about %.0f%% of the items", 100 * g->coverage);
    if (az_wilson(g->coverage, (double)g->n, az_normal_quantile(0.975), &low, &high))
        az_buf_fmt(b, " (%.0f-%.0f)", 100 * low, 100 * high);
    az_buf_z(b, ", abstains from the rest");
}

void az_foretell(struct az_buf *b, const struct az_panel *panel)
{
    const struct az_aggregate *a = &panel->aggregate;
    const struct az_calibration *c = a->calibrated;
    const struct az_guarantee *g =
        c && a->risk > 0 ? az_calibration_guarantee(c, a->risk, a->delta) : NULL;
    const struct az_label_sets *s =
        c && a->conformal > 0 ? az_calibration_sets(c, a->conformal) : NULL;
    if (g && g->kept)
        risk(b, g);
    if (!s || !s->made)
        return;
    az_buf_fmt(b, "%sconformal %g: about %.2f answers in a set, %.0f%% are of one",
               g && g->kept ? "; " : "", s->conformal, s->size, 100 * s->single);
}
