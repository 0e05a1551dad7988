/* A model: what is accepted is written, reads to the same, and makes probabilities
 * of votes. */
#include <math.h>

#include "core/mem.h"
#include "statistics/learn/model_json.h"
#include "tests/fuzz/fuzz.h"

enum { ITEMS = 4, CELLS_MAX = 4096 };

/* Votes of every kind for its judges: one label, spread, none, margins. */
static void fill(struct az_sample *s, const struct az_frame *f)
{
    double shares[AZ_SAMPLE_LABELS_MAX], margins[AZ_SAMPLE_LABELS_MAX];
    az_sample_init(s, f->n_judges, f->n_labels, f->answers);
    s->tie = f->tie;
    for (size_t i = 0; i < ITEMS; i++) {
        size_t labels = AZ_MAX(f->n_labels - i % 2, (size_t)2);
        az_assert(az_sample_item(s, i, labels) == 0);
        for (size_t k = 0; k < labels; k++) {
            shares[k] = 1 / (double)labels;
            margins[k] = k == i % labels ? 1e300 : -1e-300;
        }
        for (size_t j = 0; j < f->n_judges; j++) {
            if ((i + j) % 4 == 0)
                az_assert(az_sample_vote(s, j, (i * 7 + j) % labels) == 0);
            else if ((i + j) % 4 < 3)
                az_assert(az_sample_vote_spread(s, j, shares, (i + j) % 2 ? margins : NULL, NULL) ==
                          0);
        }
    }
}

static void predict(const struct az_model *m)
{
    static const uint32_t rows[ITEMS] = {0, 1, 2, 3};
    double p[ITEMS * AZ_SAMPLE_LABELS_MAX];
    struct az_sample s;
    struct az_design d;
    fill(&s, &m->frame);
    az_assert(az_design_init(&d, &s, 0, ITEMS, NULL) == 0);
    az_assert(az_model_predict(m, &d, (struct az_rows){rows, ITEMS}, p) == 0);
    for (size_t i = 0; i < ITEMS; i++) {
        double sum = 0;
        for (size_t k = 0; k < m->frame.n_labels; k++) {
            az_assert(p[i * m->frame.n_labels + k] >= 0);
            sum += p[i * m->frame.n_labels + k];
        }
        az_assert(fabs(sum - 1) < 1e-9);
    }
    az_design_release(&d);
    az_sample_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AZ_AUTO(json) doc = NULL;
    AZ_AUTO(json) again = NULL;
    AZ_AUTO(model) m = NULL;
    AZ_AUTO(model) back = NULL;
    struct az_error err = {0};
    if (az_json_parse((struct az_str){(const char *)data, size}, &doc, &err) < 0)
        return 0;
    if (az_model_read(az_json_root(doc), &m, &err) < 0) {
        az_assert(*err.what && !m);
        return 0;
    }
    AZ_AUTO_BUF a = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    struct az_jw to_a = az_jw(&a), to_b = az_jw(&b);
    az_model_write(&to_a, m);
    az_assert(az_json_parse(az_buf_view(&a), &again, &err) == 0);
    az_assert(az_model_read(az_json_root(again), &back, &err) == 0);
    az_model_write(&to_b, back);
    az_assert(az_str_eq(az_buf_view(&a), az_buf_view(&b)));
    if (m->frame.n_judges * m->frame.n_labels <= CELLS_MAX)
        predict(m);
    return 0;
}
