/* tests/unit/calibrated.h: seats of tests/unit/seated.h with something learnt from a
 * scene of tests/unit/learn_scene.h, as a panel's calibration. */
#pragma once
#include "core/mem.h"
#include "policies/calibration.h"
#include "tests/unit/learn_scene.h"
#include "tests/unit/seated.h"

static const double calibrated_accuracies[] = {0.95, 0.7, 0.6, 0.8, 0.65};

/* Judge j of the panel is judge j of the scene. */
static AZ_UNUSED struct learn_scene calibrated_scene(const struct seated *s)
{
    enum az_kind kind = s->panel.question.kind;
    return (struct learn_scene){.n = 400,
                                .n_judges = s->panel.n_judges,
                                .n_labels = kind == AZ_PAIR    ? s->panel.question.n_labels
                                            : kind == AZ_SCORE ? 9
                                                               : 4,
                                .answers = kind == AZ_SCORE    ? AZ_ANSWERS_ORDINAL
                                           : kind == AZ_CHOICE ? AZ_ANSWERS_NAMED
                                                               : AZ_ANSWERS_EXCHANGEABLE,
                                .tie = kind == AZ_PAIR && s->panel.question.ties ? 2 : -1,
                                .accuracy = calibrated_accuracies,
                                .labelled = 400,
                                .seed = 3};
}

/* What `learner` learns from the scene, as az_calibration_write() has it; malloc. */
static AZ_UNUSED char *calibrated_text(const struct seated *s, const char *learner,
                                       const struct learn_scene *scene,
                                       const struct az_calibration_tested *tested)
{
    static const double levels[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct az_sample sample;
    double *p;
    struct az_buf b = az_buf(AZ_BUF_MAX);
    learn_sample(scene, &sample);
    if (s->panel.question.kind == AZ_SCORE)
        sample.levels = levels;
    AZ_AUTO(model) m = learn_all(learner, &sample, &p);
    az_calibration_write(&b, &s->panel, m, NULL, tested, AZ_STR("{\"for\":\"people\"}"));
    free(p);
    az_sample_release(&sample);
    char *text = az_buf_take(&b);
    assert_non_null(text);
    return text;
}

static AZ_UNUSED struct az_calibration *calibrated_read(const char *text)
{
    struct az_calibration *c = NULL;
    struct az_error err = {0};
    if (az_calibration_read(az_str(text), &c, &err) < 0)
        fail_msg("%s", err.what);
    return c;
}

/* The panel decides by what was learnt; the caller frees it. */
static AZ_UNUSED struct az_calibration *calibrated_panel(struct seated *s, const char *learner,
                                                         const struct learn_scene *scene,
                                                         const struct az_guarantee *g)
{
    struct az_calibration_tested tested = {.guarantees = g, .n_guarantees = g != NULL};
    AZ_AUTO_MEM char *text = calibrated_text(s, learner, scene, &tested);
    struct az_calibration *c = calibrated_read(text);
    s->panel.aggregate.kind = AZ_AGG_AUTO;
    s->panel.aggregate.calibrated = c;
    return c;
}
