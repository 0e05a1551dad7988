#include "policies/calibration.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/number.h"
#include "policies/answers.h"
#include "policies/reasons.h"
#include "policies/tested.h"
#include "statistics/calibrate/calibrator_json.h"
#include "statistics/learn/learner.h"
#include "statistics/learn/model_json.h"

enum { ANSWERS_MAX = 128 /* bytes of a question's answers in a message */ };
static const char format[] = "assize-calibration/1";

void az_calibration_free(struct az_calibration *c)
{
    if (!c)
        return;
    for (size_t i = 0; c->labels && i < c->n_labels; i++)
        free(c->labels[i]);
    for (size_t j = 0; c->judges && j < c->n_judges; j++)
        free(c->judges[j]);
    free(c->labels);
    free(c->judges);
    for (size_t j = 0; c->reasons && j < c->n_judges; j++)
        az_quantitative_free(c->reasons[j]);
    free(c->reasons);
    free(c->identities);
    free(c->reference.wrong);
    free(c->reference.apart);
    az_model_free(c->model);
    az_calibrator_release(&c->map);
    az_score_map_release(&c->scores);
    free(c);
}

/* ---- writing ---- */

/* What a judge was asked is known of one that was asked; recorded and lexical judges
 * are known by their names. */
static void identity_of(const struct az_panel *p, size_t j, char hex[AZ_HASH_HEX + 1])
{
    int b = p->judges[j].backend_at;
    hex[0] = '\0';
    if (b >= 0 && (size_t)b < p->n_backends && !az_backend_is_local(&p->backends[b]))
        az_hash_hex(&p->judges[j].identity, hex);
}

static void write_question(struct az_jw *w, const struct az_question *q)
{
    az_jw_key(w, "question");
    az_jw_obj(w);
    az_jw_kz(w, "kind", az_kind_name(q->kind));
    if (q->kind == AZ_CHOICE || q->kind == AZ_PAIR) {
        az_jw_key(w, "labels");
        az_jw_arr(w);
        for (size_t i = 0; i < q->n_labels; i++)
            az_jw_z(w, q->labels[i]);
        az_jw_arr_end(w);
    }
    if (q->kind == AZ_SCORE) {
        az_jw_key(w, "scale");
        az_jw_arr(w);
        az_jw_num(w, q->scale_min);
        az_jw_num(w, q->scale_max);
        az_jw_arr_end(w);
        az_jw_knum(w, "step", q->step);
    }
    az_jw_obj_end(w);
}

static void write_judges(struct az_jw *w, const struct az_panel *p)
{
    az_jw_key(w, "judges");
    az_jw_arr(w);
    for (size_t j = 0; j < p->n_judges; j++) {
        char hex[AZ_HASH_HEX + 1];
        identity_of(p, j, hex);
        az_jw_obj(w);
        az_jw_kz(w, "name", p->judges[j].name);
        az_jw_kz(w, "identity", hex[0] ? hex : NULL);
        az_jw_obj_end(w);
    }
    az_jw_arr_end(w);
}

void az_calibration_write(struct az_buf *b, const struct az_panel *panel,
                          const struct az_model *model, struct az_quantitative *const *reasons,
                          const struct az_calibration_tested *tested, struct az_str figures)
{
    struct az_jw w = az_jw(b);
    az_jw_obj(&w);
    az_jw_kz(&w, "format", format);
    az_jw_kz(&w, "version", ASSIZE_VERSION);
    write_question(&w, &panel->question);
    write_judges(&w, panel);
    az_jw_key(&w, "model");
    az_model_write(&w, model);
    if (reasons) {
        az_jw_key(&w, "reasons");
        az_reasons_write(&w, panel, reasons);
    }
    if (tested->scores) {
        az_jw_key(&w, "scores");
        az_score_map_write(&w, tested->scores);
    }
    az_jw_key(&w, "map");
    if (tested->map)
        az_calibrator_write(&w, tested->map);
    else
        az_jw_null(&w);
    az_tested_write(&w, panel, tested);
    if (figures.p) {
        az_jw_key(&w, "figures");
        az_jw_raw(&w, figures);
    }
    az_jw_obj_end(&w);
}

/* ---- reading ---- */

static int copy_text(struct az_str s, char **ret, struct az_error *err)
{
    *ret = az_alloc(s.n + 1);
    if (!*ret)
        return az_oom(err);
    memcpy(*ret, s.p, s.n);
    (*ret)[s.n] = '\0';
    return 0;
}

static int no_such(const char *where, struct az_error *err)
{
    return az_fail(err, AZ_EINVAL, "%s is missing or no such thing", where);
}

static int read_kind(struct az_str name, enum az_kind *ret, struct az_error *err)
{
    static const enum az_kind kinds[] = {AZ_CHOICE, AZ_SCORE, AZ_PAIR, AZ_BEST};
    for (size_t i = 0; i < AZ_LEN(kinds); i++) {
        if (name.p && az_str_eqz(name, az_kind_name(kinds[i]))) {
            *ret = kinds[i];
            return 0;
        }
    }
    return no_such("'question.kind'", err);
}

static int read_labels(struct az_calibration *c, az_jv labels, struct az_error *err)
{
    size_t n = az_jv_len(labels);
    if (az_jv_type(labels) != AZ_J_ARRAY || n < 2 || n > AZ_LABELS_MAX)
        return no_such("'question.labels'", err);
    c->labels = az_zalloc(n * sizeof(*c->labels));
    if (!c->labels)
        return az_oom(err);
    for (az_jv v = az_jv_first(labels); v; v = az_jv_next(v)) {
        struct az_str name = az_jv_str(v);
        if (!name.p)
            return no_such("a label in 'question.labels'", err);
        int r = copy_text(name, &c->labels[c->n_labels], err);
        if (r < 0)
            return r;
        c->n_labels++;
    }
    return 0;
}

static int read_question(struct az_calibration *c, az_jv q, struct az_error *err)
{
    int r = read_kind(az_jv_str(az_jv_get(q, "kind")), &c->kind, err);
    if (r < 0 || c->kind == AZ_BEST)
        return r;
    if (c->kind != AZ_SCORE)
        return read_labels(c, az_jv_get(q, "labels"), err);
    if (!az_jv_num(az_jv_path(q, "scale.0"), &c->scale_min) ||
        !az_jv_num(az_jv_path(q, "scale.1"), &c->scale_max) ||
        !az_jv_num(az_jv_get(q, "step"), &c->step))
        return no_such("'question.scale' or 'question.step'", err);
    return 0;
}

static int read_judges(struct az_calibration *c, az_jv judges, struct az_error *err)
{
    size_t n = az_jv_len(judges);
    if (az_jv_type(judges) != AZ_J_ARRAY || !n || n > AZ_JUDGES_MAX)
        return no_such("'judges'", err);
    c->judges = az_zalloc(n * sizeof(*c->judges));
    c->identities = az_zalloc(n * sizeof(*c->identities));
    if (!c->judges || !c->identities)
        return az_oom(err);
    for (az_jv v = az_jv_first(judges); v; v = az_jv_next(v)) {
        struct az_str name = az_jv_str(az_jv_get(v, "name"));
        struct az_str identity = az_jv_str(az_jv_get(v, "identity"));
        if (!name.n || (identity.p && identity.n != AZ_HASH_HEX))
            return no_such("a 'name' or 'identity' in 'judges'", err);
        for (size_t j = 0; j < c->n_judges; j++) {
            if (az_str_eqz(name, c->judges[j]))
                return az_fail(err, AZ_EINVAL, "judge '%.60s' is named twice", c->judges[j]);
        }
        int r = copy_text(name, &c->judges[c->n_judges], err);
        if (r < 0)
            return r;
        if (identity.p)
            memcpy(c->identities[c->n_judges], identity.p, identity.n);
        c->n_judges++;
    }
    return 0;
}

struct az_question az_calibration_question(const struct az_calibration *c)
{
    return (struct az_question){.kind = c->kind,
                                .n_labels = c->n_labels,
                                .labels = (const char **)c->labels,
                                .ties = c->n_labels > AZ_LABEL_TIE,
                                .scale_min = c->scale_min,
                                .scale_max = c->scale_max,
                                .step = c->step};
}

/* A model is applied to samples of the question and of no other: its arrays have their
 * sizes. Who wrote the file need not have been `assize calibrate`. */
static int check_frame(const struct az_calibration *c, struct az_error *err)
{
    const struct az_frame *f = &c->model->frame;
    struct az_question q = az_calibration_question(c);
    double levels[AZ_SAMPLE_LABELS_MAX];
    struct az_sample s;
    az_answers_sample(&s, &q, c->n_judges, f->n_labels, levels);
    if (f->n_judges != s.n_judges)
        return az_fail(err, AZ_EINVAL, "its model is of %zu judges, and %zu are named", f->n_judges,
                       s.n_judges);
    if (f->n_labels != s.n_labels)
        return az_fail(err, AZ_EINVAL, "its model is of %zu labels, and the question has %zu",
                       f->n_labels, s.n_labels);
    if (f->answers != s.answers || f->tie != s.tie)
        return az_fail(err, AZ_EINVAL, "its model is of other answers than the question has");
    for (size_t k = 0; s.levels && k < s.n_labels; k++) {
        if (f->levels[k] != s.levels[k])
            return az_fail(err, AZ_EINVAL, "its model is of other levels than the question has");
    }
    return 0;
}

static int read_scores(struct az_calibration *c, az_jv map, struct az_error *err)
{
    if (!map)
        return 0;
    if (az_score_map_read(map, &c->scores, err) < 0)
        return az_wrap(err, "scores");
    c->scored = true;
    return 0;
}

static int read_map(struct az_calibration *c, az_jv map, struct az_error *err)
{
    if (!map || az_jv_type(map) == AZ_J_NULL)
        return 0;
    if (az_calibrator_read(map, c->model->frame.n_labels, &c->map, err) < 0)
        return az_wrap(err, "map");
    c->mapped = true;
    return 0;
}

static int read_all(struct az_calibration *c, az_jv root, struct az_error *err)
{
    if (!az_str_eqz(az_jv_str(az_jv_get(root, "format")), format)) {
        az_fail(err, AZ_EINVAL, "this is no calibration (format '%s')", format);
        az_hint(err, "Make one: assize calibrate SOURCE --gold FILE -o c.json");
        return AZ_EINVAL;
    }
    int r = read_question(c, az_jv_get(root, "question"), err);
    if (r == 0)
        r = read_judges(c, az_jv_get(root, "judges"), err);
    if (r == 0)
        r = az_tested_read(root, c, err);
    if (r == 0 && az_model_read(az_jv_get(root, "model"), &c->model, err) < 0)
        return az_wrap(err, "model");
    if (r == 0)
        r = check_frame(c, err);
    if (r == 0)
        r = az_reasons_read(az_jv_get(root, "reasons"), c, err);
    if (r == 0)
        r = read_scores(c, az_jv_get(root, "scores"), err);
    return r < 0 ? r : read_map(c, az_jv_get(root, "map"), err);
}

int az_calibration_read(struct az_str json, struct az_calibration **ret, struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    AZ_AUTO(calibration) c = az_zalloc(sizeof(*c));
    if (!c)
        return az_oom(err);
    int r = az_json_parse(json, &doc, err);
    if (r == 0)
        r = read_all(c, az_json_root(doc), err);
    if (r < 0)
        return r;
    *ret = AZ_TAKE(c);
    return 0;
}

/* ---- does it fit? ---- */

int az_calibration_judge(const struct az_calibration *c, const char *name)
{
    for (size_t j = 0; j < c->n_judges; j++) {
        if (strcmp(c->judges[j], name) == 0)
            return (int)j;
    }
    return -1;
}

static bool same_labels(const struct az_calibration *c, const struct az_question *q)
{
    if (q->kind == AZ_BEST)
        return true;
    if (q->kind == AZ_SCORE)
        return c->scale_min == q->scale_min && c->scale_max == q->scale_max && c->step == q->step;
    if (c->n_labels != q->n_labels)
        return false;
    for (size_t i = 0; i < c->n_labels; i++) {
        if (strcmp(c->labels[i], q->labels[i]) != 0)
            return false;
    }
    return true;
}

/* "pair: A, B, tie"; "score: 1 to 5, step 1"; as many labels as there is room for. */
static const char *answers_of(const struct az_question *q, char text[ANSWERS_MAX])
{
    char low[AZ_NUMBER_MAX], high[AZ_NUMBER_MAX], step[AZ_NUMBER_MAX];
    size_t n = (size_t)snprintf(text, ANSWERS_MAX, "%s", az_kind_name(q->kind));
    if (q->kind == AZ_SCORE)
        snprintf(text + n, ANSWERS_MAX - n, ": %s to %s, step %s",
                 az_number_print(q->scale_min, low), az_number_print(q->scale_max, high),
                 az_number_print(q->step, step));
    for (size_t i = 0; q->kind != AZ_BEST && i < q->n_labels; i++) {
        bool room = n + strlen(q->labels[i]) + sizeof(", , …") <= ANSWERS_MAX;
        n += (size_t)snprintf(text + n, ANSWERS_MAX - n, "%s %s", i ? "," : ":",
                              room ? q->labels[i] : "…");
        if (!room)
            break;
    }
    return text;
}

static int check_question(const struct az_calibration *c, const struct az_question *q,
                          struct az_error *err)
{
    char learnt[ANSWERS_MAX], asked[ANSWERS_MAX];
    if (c->kind == q->kind && same_labels(c, q))
        return 0;
    struct az_question own = az_calibration_question(c);
    az_fail(err, AZ_EINVAL, "the calibration is for another question (%s) than the panel's (%s)",
            answers_of(&own, learnt), answers_of(q, asked));
    az_hint(err, "Calibrate with this panel: assize calibrate PANEL SOURCE");
    return AZ_EINVAL;
}

static int other_judge(struct az_error *err, const char *what, const char *name)
{
    az_fail(err, AZ_EINVAL, "calibration: judge '%.60s' %s", name, what);
    az_hint(err, "Calibrate with the panel's own judges: assize calibrate PANEL SOURCE");
    return AZ_EINVAL;
}

static int check_judges(const struct az_calibration *c, const struct az_panel *p,
                        struct az_error *err)
{
    for (size_t j = 0; j < p->n_judges; j++) {
        char hex[AZ_HASH_HEX + 1];
        int at = az_calibration_judge(c, p->judges[j].name);
        if (at < 0)
            return other_judge(err, "was not there when it was learnt", p->judges[j].name);
        identity_of(p, j, hex);
        if (hex[0] && c->identities[at][0] && strcmp(hex, c->identities[at]) != 0)
            return other_judge(err, "was asked otherwise when it was learnt", p->judges[j].name);
    }
    for (size_t j = 0; j < c->n_judges; j++) {
        if (az_panel_judge_find(p, az_str(c->judges[j])) < 0)
            return other_judge(err, "counts in it, and has no seat", c->judges[j]);
    }
    return 0;
}

const struct az_guarantee *az_calibration_guarantee(const struct az_calibration *c, double risk,
                                                    double delta)
{
    for (size_t i = 0; i < c->n_guarantees; i++) {
        if (fabs(c->guarantees[i].risk - risk) < 1e-12 &&
            fabs(c->guarantees[i].delta - delta) < 1e-12)
            return &c->guarantees[i];
    }
    return NULL;
}

const struct az_label_sets *az_calibration_sets(const struct az_calibration *c, double conformal)
{
    for (size_t i = 0; i < c->n_sets; i++) {
        if (fabs(c->sets[i].conformal - conformal) < 1e-12)
            return &c->sets[i];
    }
    return NULL;
}

uint64_t az_calibration_set(const struct az_label_sets *sets, const double *p, size_t n_labels)
{
    struct az_conformal c = {.defined = sets->made, .quantile = sets->quantile};
    return az_conformal_set(&c, p, n_labels);
}

static int check_sets(const struct az_calibration *c, double conformal, struct az_error *err)
{
    if (!(conformal > 0))
        return 0;
    const struct az_label_sets *s = az_calibration_sets(c, conformal);
    if (!s) {
        az_fail(err, AZ_EINVAL, "the calibration has no label sets for conformal %g", conformal);
        az_hint(err, "Ask for them when it is made: assize calibrate … --conformal %g", conformal);
        return AZ_EINVAL;
    }
    if (s->made)
        return 0;
    az_fail(err, AZ_EINVAL, "%lld labelled items do not allow sets for conformal %g",
            (long long)s->n, conformal);
    az_hint(err, "It takes %lld labels to make them from, and as many to learn from.",
            (long long)s->needed);
    return AZ_EINVAL;
}

/* Votes were tested each counting as one. */
static int check_weights(const struct az_panel *panel, struct az_error *err)
{
    for (size_t j = 1; panel->aggregate.kind == AZ_AGG_WEIGHTED && j < panel->n_judges; j++) {
        if (panel->judges[j].weight == panel->judges[0].weight)
            continue;
        az_fail(err, AZ_EINVAL, "a promise of risk is not made for votes with weights");
        az_hint(err, "Write kind: majority, or leave risk out.");
        return AZ_EINVAL;
    }
    return 0;
}

static int check_promise(const struct az_calibration *c, const struct az_panel *panel,
                         struct az_error *err)
{
    const struct az_aggregate *a = &panel->aggregate;
    if (!(a->risk > 0))
        return 0;
    int r = check_weights(panel, err);
    if (r < 0)
        return r;
    const struct az_guarantee *g = az_calibration_guarantee(c, a->risk, a->delta);
    if (!g) {
        az_fail(err, AZ_EINVAL, "the calibration makes no promise for risk %g and delta %g",
                a->risk, a->delta);
        az_hint(err, "Ask for it when it is made: assize calibrate … --risk %g --delta %g", a->risk,
                a->delta);
        return AZ_EINVAL;
    }
    if (g->kept)
        return 0;
    az_fail(err, AZ_EINVAL, "%lld labelled items do not allow a promise of risk %g",
            (long long)g->n, a->risk);
    if (g->needed > 0)
        az_hint(err, "It takes some %lld labels to test on, and as many to learn from.",
                (long long)g->needed);
    else
        az_hint(err, "More labels would not do: the panel is not sure enough of anything.");
    return AZ_EINVAL;
}

bool az_calibration_is_probability(const struct az_calibration *c)
{
    bool votes = c->model->learner == az_learner_find("votes");
    return c->model->reason[0] == '\0' && (!votes || c->mapped);
}

/* Where labels were too few for anything, what was learnt is the votes' own. */
static int check_learner(const struct az_calibration *c, enum az_aggregate_kind kind,
                         struct az_error *err)
{
    bool votes = c->model->learner == az_learner_find("votes");
    enum az_aggregate_kind simple = c->kind == AZ_SCORE ? AZ_AGG_MEAN : AZ_AGG_MAJORITY;
    const char *by = votes ? az_aggregate_name(simple) : c->model->learner->name;
    const char *name = az_aggregate_name(kind);
    bool counts = kind < AZ_AGG_AUTO;
    if (kind == AZ_AGG_AUTO || (votes && (counts || c->model->reason[0])) || strcmp(by, name) == 0)
        return 0;
    az_fail(err, AZ_EINVAL, "the calibration was learnt by '%s', and the panel says '%s'", by,
            name);
    az_hint(err, "Write kind: %s, or make one with --kind %s.", by,
            counts ? az_aggregate_name(simple) : name);
    return AZ_EINVAL;
}

int az_calibration_fits(const struct az_calibration *c, const struct az_panel *panel,
                        struct az_error *err)
{
    const struct az_aggregate *a = &panel->aggregate;
    int r = check_question(c, &panel->question, err);
    if (r == 0)
        r = check_learner(c, a->kind, err);
    if (r == 0)
        r = check_judges(c, panel, err);
    if (r == 0)
        r = check_promise(c, panel, err);
    return r < 0 ? r : check_sets(c, a->conformal, err);
}
