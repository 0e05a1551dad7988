/* assize's own ballots: the TSV and the JSON lines. */
#include <math.h>

#include "client/cli/import/forms.h"

static struct az_str field(az_jv v, const char *key)
{
    return az_jv_str(az_jv_get(v, key));
}

static void whole(az_jv v, const char *key, int64_t *ret)
{
    int64_t n;
    if (az_jv_int(az_jv_get(v, key), &n) && n >= 0)
        *ret = n;
}

/* What a ballot has beyond its answer. */
static void read_rest(az_jv ballot, struct az_vote *v)
{
    v->model = field(ballot, "model");
    whole(ballot, "tokens_in", &v->tokens_in);
    whole(ballot, "tokens_out", &v->tokens_out);
    whole(ballot, "ms", &v->ms);
    v->has_usd = az_jv_num(az_jv_get(ballot, "usd"), &v->usd);
    az_jv probs = az_jv_get(ballot, "probs");
    double p;
    for (az_jv m = az_jv_first(probs); m && v->n_probs < AZ_LABELS_MAX; m = az_jv_next(m)) {
        if (!az_jv_num(m, &p) || p < 0 || p > 1)
            continue;
        v->prob_labels[v->n_probs] = az_jv_key(m);
        v->probs[v->n_probs++] = p;
    }
}

static int take(struct az_import *im, const struct az_recorded_line *line, struct az_error *err)
{
    struct az_subject s = {.id = line->item};
    struct az_vote v = az_vote_new();
    v.judge = line->judge;
    v.kind = line->kind;
    v.order = line->order < 0 ? AZ_ORDER_NONE : (enum az_order)(unsigned char)line->order;
    v.round = line->round;
    v.sample = line->sample;
    v.label = line->label;
    v.has_score = !isnan(line->score);
    v.score = v.has_score ? line->score : 0;
    v.error = line->error;
    if (line->error == AZ_BE_NONE)
        v.rationale = line->note;
    else
        v.error_text = line->note;
    if (line->doc)
        read_rest(az_json_root(line->doc), &v);
    int r = az_import_about(im, &s, err);
    if (r == 0 && line->order_n > 0)
        im->n_responses = (size_t)line->order_n;
    return r < 0 ? r : az_import_vote(im, &v, err);
}

int az_form_ballots(struct az_import *im, const struct az_record *record, struct az_error *err)
{
    struct az_recorded_line line;
    im->of_form.ballots.line = record->number - 1;
    int r = az_recorded_line_read(&im->of_form.ballots, record->text, &line, err);
    if (r == 0)
        r = take(im, &line, err);
    az_recorded_line_release(&line);
    return r;
}
