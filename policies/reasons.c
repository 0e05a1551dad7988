#include "policies/reasons.h"

#include "core/mem.h"
#include "policies/answers.h"
#include "policies/calibration.h"
#include "statistics/quantitative/quantitative_json.h"

void az_reasons_init(struct az_evaluations *e, const struct az_question *q, size_t n_responses)
{
    double levels[AZ_SAMPLE_LABELS_MAX];
    struct az_sample s;
    az_answers_sample(&s, q, 1, n_responses, levels);
    az_evaluations_init(e, s.answers, s.n_labels, s.tie, s.levels);
    az_sample_release(&s);
}

/* A tie where tie is no answer speaks for neither. */
static int said(const struct az_question *q, size_t n_labels, const struct az_ballot *b)
{
    int label = q->kind == AZ_SCORE ? az_answers_level(q, b->score) : b->label;
    return label < (int)n_labels ? label : AZ_LABEL_UNSAID;
}

int az_reasons_add(struct az_evaluations *e, const struct az_board *board, int round,
                   const struct az_seat *seat, size_t n_labels, const double *margins)
{
    const struct az_question *q = &board->fold->panel->question;
    int r = az_evaluations_item(e, n_labels, margins);
    for (size_t i = 0; r == 0 && i < seat->plan->n; i++) {
        const struct az_ballot *b = az_board_at(board, round, seat->plan->first + i);
        if (b && az_ballot_readable(q, n_labels, b))
            r = az_evaluations_ballot(e, said(q, n_labels, b), b->rationale);
    }
    return r;
}

/* ---- in a calibration's file ---- */

void az_reasons_write(struct az_jw *w, const struct az_panel *panel,
                      struct az_quantitative *const *models)
{
    az_jw_arr(w);
    for (size_t j = 0; j < panel->n_judges; j++) {
        if (!models[j])
            continue;
        az_jw_obj(w);
        az_jw_kz(w, "judge", panel->judges[j].name);
        az_jw_key(w, "model");
        az_quantitative_write(w, models[j]);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
}

static int read_one(az_jv v, struct az_calibration *c, const struct az_evaluations *like,
                    struct az_error *err)
{
    struct az_str name = az_jv_str(az_jv_get(v, "judge"));
    for (size_t j = 0; j < c->n_judges; j++) {
        if (!az_str_eqz(name, c->judges[j]))
            continue;
        if (c->reasons[j])
            return az_fail(err, AZ_EINVAL, "judge '%.60s' is read twice", c->judges[j]);
        int r = az_quantitative_read(az_jv_get(v, "model"), like, &c->reasons[j], err);
        return r < 0 ? az_wrap(err, "judge '%.60s'", c->judges[j]) : 0;
    }
    return az_fail(err, AZ_EINVAL, "a 'judge' is none of those named");
}

int az_reasons_read(az_jv list, struct az_calibration *c, struct az_error *err)
{
    struct az_question q = az_calibration_question(c);
    struct az_evaluations like;
    int r = 0;
    if (!list)
        return 0;
    if (az_jv_type(list) != AZ_J_ARRAY)
        return az_fail(err, AZ_EINVAL, "'reasons' is no list");
    c->reasons = az_zalloc(c->n_judges * sizeof(*c->reasons));
    if (!c->reasons)
        return az_oom(err);
    az_reasons_init(&like, &q, c->model->frame.n_labels);
    for (az_jv v = az_jv_first(list); r == 0 && v; v = az_jv_next(v))
        r = read_one(v, c, &like, err);
    az_evaluations_release(&like);
    return r < 0 ? az_wrap(err, "reasons") : 0;
}
