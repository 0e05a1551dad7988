#include "client/cli/io_calibrated.h"

#include <string.h>

#include "core/io_file.h"
#include "core/mem.h"
#include "core/str.h"
#include "policies/aggregate/aggregate.h"
#include "policies/calibration.h"

enum { CALIBRATION_MAX = 256 << 20 };
static const double usual_delta = 0.05;

int az_calibrated_share(const char *option, const char *text, double *ret, struct az_error *err)
{
    if (az_str_double(az_str(text), ret) && *ret >= 1e-6 && *ret <= 0.5)
        return 0;
    return az_fail(err, AZ_EUSAGE, "--%s wants a share from 0.000001 to 0.5, not '%.40s'", option,
                   text);
}

static int read_options(const struct az_calibrated_options *o, struct az_aggregate *a,
                        struct az_error *err)
{
    const char *alone = o->risk            ? "risk"
                        : o->conformal     ? "conformal"
                        : o->abstain_below ? "abstain-below"
                                           : NULL;
    if (!o->calibration && alone)
        return az_fail(err, AZ_EUSAGE, "--%s needs --calibration", alone);
    if (o->delta && !o->risk)
        return az_fail(err, AZ_EUSAGE, "--delta needs --risk");
    a->delta = usual_delta;
    if (o->abstain_below && (!az_str_double(az_str(o->abstain_below), &a->abstain_below) ||
                             !(a->abstain_below >= 0 && a->abstain_below <= 1)))
        return az_fail(err, AZ_EUSAGE, "--abstain-below wants a probability, not '%.40s'",
                       o->abstain_below);
    int r = o->risk ? az_calibrated_share("risk", o->risk, &a->risk, err) : 0;
    if (r == 0 && o->conformal)
        r = az_calibrated_share("conformal", o->conformal, &a->conformal, err);
    return r < 0 || !o->delta ? r : az_calibrated_share("delta", o->delta, &a->delta, err);
}

static enum az_aggregate_kind kind_of(const struct az_calibration *c)
{
    for (enum az_aggregate_kind k = AZ_AGG_AUTO; k <= AZ_AGG_STACK; k++) {
        if (strcmp(az_aggregate_name(k), c->model->learner->name) == 0)
            return k;
    }
    if (c->scored)
        return AZ_AGG_MEAN;
    bool votes = !*c->model->reason && c->mapped && strcmp(c->model->learner->name, "votes") == 0;
    return votes ? AZ_AGG_MAJORITY : AZ_AGG_AUTO;
}

int az_calibrated_read(const struct az_calibrated_options *o, struct az_calibration **ret,
                       struct az_error *err)
{
    struct az_aggregate a = {0};
    AZ_AUTO_MEM char *text = NULL;
    AZ_AUTO(calibration) c = NULL;
    int r = read_options(o, &a, err);
    if (r < 0 || !o->calibration)
        return r;
    r = az_file_read(o->calibration, CALIBRATION_MAX, &text, NULL, err);
    if (r == 0)
        r = az_calibration_read(az_str(text), &c, err);
    if (r == 0 && c->scored && (o->risk || o->abstain_below))
        r = az_fail(err, AZ_EUSAGE, "a mean of scores has no probability to decide by");
    if (r < 0)
        return az_wrap(err, "calibration '%s'", o->calibration);
    *ret = AZ_TAKE(c);
    return 0;
}

const struct az_question *az_calibrated_question(const struct az_calibration *c,
                                                 struct az_question *room)
{
    if (!c)
        return NULL;
    *room = az_calibration_question(c);
    return room;
}

int az_calibrated_panel(const struct az_calibrated_options *o, struct az_calibration *c,
                        struct az_panel *panel, struct az_error *err)
{
    struct az_aggregate a = {.tie = panel->aggregate.tie, .tie_judge = panel->aggregate.tie_judge};
    if (!c)
        return 0;
    int r = read_options(o, &a, err);
    if (r < 0)
        return r;
    a.kind = kind_of(c);
    a.calibrated = c;
    panel->aggregate = a;
    return az_aggregate_check(panel, err);
}
