/* A calibration: what is accepted decides an item of its own question, whoever wrote it. */
#include <math.h>

#include "core/json.h"
#include "policies/answers.h"
#include "policies/calibration.h"
#include "statistics/learn/learner.h"
#include "tests/fuzz/fuzz.h"

enum { CELLS_MAX = 4096 };

/* One item of the question with a vote of every judge. */
static void decide(const struct az_calibration *c)
{
    static const uint32_t first = 0;
    struct az_question q = {.kind = c->kind,
                            .n_labels = c->n_labels,
                            .ties = c->n_labels > AZ_LABEL_TIE,
                            .scale_min = c->scale_min,
                            .scale_max = c->scale_max,
                            .step = c->step};
    double levels[AZ_SAMPLE_LABELS_MAX], p[AZ_SAMPLE_LABELS_MAX], sum = 0;
    struct az_sample s;
    struct az_design d;
    az_answers_sample(&s, &q, c->n_judges, c->model->frame.n_labels, levels);
    az_assert(az_sample_item(&s, 0, s.n_labels) == 0);
    for (size_t j = 0; j < c->n_judges; j++)
        az_assert(az_sample_vote(&s, j, j % s.n_labels) == 0);
    az_assert(az_design_init(&d, &s, 0, 1, NULL) == 0);
    az_assert(az_model_predict(c->model, &d, (struct az_rows){&first, 1}, p) == 0);
    for (size_t k = 0; k < s.n_labels; k++)
        sum += p[k];
    az_assert(fabs(sum - 1) < 1e-9);
    az_design_release(&d);
    az_sample_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AZ_AUTO(calibration) c = NULL;
    struct az_error err = {0};
    if (az_calibration_read((struct az_str){(const char *)data, size}, &c, &err) < 0) {
        az_assert(*err.what && !c);
        return 0;
    }
    if (c->n_judges * c->model->frame.n_labels <= CELLS_MAX)
        decide(c);
    return 0;
}
