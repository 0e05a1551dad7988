#include "statistics/learn/model_json.h"

#include <math.h>
#include <string.h>

#include "statistics/fitted_json.h"
#include "statistics/learn/learner.h"

static const char *const answers_names[] = {"named", "ordinal", "exchangeable"};

/* ---- writing ---- */

static void write_frame(struct az_jw *w, const struct az_frame *f)
{
    az_jw_key(w, "frame");
    az_jw_obj(w);
    az_jw_kint(w, "judges", (int64_t)f->n_judges);
    az_jw_kint(w, "labels", (int64_t)f->n_labels);
    az_jw_kz(w, "answers", answers_names[f->answers]);
    if (f->tie >= 0)
        az_jw_kint(w, "tie", f->tie);
    else
        az_jw_knull(w, "tie");
    az_jw_kbool(w, "margins", f->margins);
    az_fitted_put(w, "levels", f->levels, f->n_labels);
    az_jw_key(w, "family");
    az_jw_arr(w);
    for (size_t j = 0; j < f->n_judges; j++)
        az_jw_int(w, f->family[j]);
    az_jw_arr_end(w);
    az_jw_obj_end(w);
}

static void write_model(struct az_jw *w, const struct az_model *m, bool part)
{
    az_jw_obj(w);
    az_jw_kz(w, "learner", m->learner->name);
    if (!part) {
        az_jw_kint(w, "labelled", (int64_t)m->n_labelled);
        az_jw_kint(w, "clusters", (int64_t)m->n_clusters);
        if (*m->reason)
            az_jw_kz(w, "reason", m->reason);
        write_frame(w, &m->frame);
    }
    az_fitted_put(w, "unseen", m->unseen, m->frame.n_labels);
    for (size_t i = 0; i < AZ_MODEL_FIELDS && m->learner->fields[i].name; i++)
        az_fitted_put(w, m->learner->fields[i].name, m->arrays[i], az_model_size(m, i));
    if (m->learner->mixture) {
        az_jw_key(w, "parts");
        az_jw_arr(w);
        for (size_t i = 0; i < m->n_parts; i++)
            write_model(w, m->parts[i], true);
        az_jw_arr_end(w);
    }
    az_jw_obj_end(w);
}

void az_model_write(struct az_jw *w, const struct az_model *m)
{
    write_model(w, m, false);
}

/* ---- reading ---- */

/* Keys that an object may have; NULL ends them. */
static int check_keys(az_jv v, const char *const *keys, struct az_error *err)
{
    if (az_jv_type(v) != AZ_J_OBJECT)
        return az_fail(err, AZ_EINVAL, "%s, where an object is needed",
                       az_jtype_name(az_jv_type(v)));
    for (az_jv child = az_jv_first(v); child; child = az_jv_next(child)) {
        size_t i = 0;
        while (keys[i] && !az_str_eqz(az_jv_key(child), keys[i]))
            i++;
        if (!keys[i])
            return az_fail(err, AZ_EINVAL, "unrecognized key '" AZ_STR_FMT "'",
                           AZ_STR_ARG(az_jv_key(child)));
    }
    return 0;
}

static int read_count(az_jv v, const char *key, int64_t least, int64_t most, size_t *ret,
                      struct az_error *err)
{
    int64_t n;
    if (!az_jv_int(az_jv_get(v, key), &n) || n < least || n > most)
        return az_fail(err, AZ_EINVAL, "'%s' is no whole number from %lld to %lld", key,
                       (long long)least, (long long)most);
    *ret = (size_t)n;
    return 0;
}

static int read_family(az_jv v, struct az_frame *f, struct az_error *err)
{
    az_jv list = az_jv_get(v, "family");
    size_t j = 0;
    if (az_jv_type(list) != AZ_J_ARRAY || az_jv_len(list) != f->n_judges)
        return az_fail(err, AZ_EINVAL, "'family' is no list of %zu numbers", f->n_judges);
    for (az_jv child = az_jv_first(list); child; child = az_jv_next(child), j++) {
        int64_t first;
        if (!az_jv_int(child, &first) || first < 0 || first > (int64_t)j ||
            (first < (int64_t)j && f->family[first] != (int32_t)first))
            return az_fail(err, AZ_EINVAL, "'family'[%zu] is not the first judge of a family", j);
        f->family[j] = (int32_t)first;
    }
    return 0;
}

static int read_frame(az_jv v, struct az_frame *f, struct az_error *err)
{
    static const char *const keys[] = {"judges",  "labels", "answers", "tie",
                                       "margins", "levels", "family",  NULL};
    size_t tie = 0;
    bool has_tie = az_jv_type(az_jv_get(v, "tie")) != AZ_J_NULL, known = false;
    if (check_keys(v, keys, err) < 0 ||
        read_count(v, "judges", 1, AZ_DESIGN_JUDGES_MAX, &f->n_judges, err) < 0 ||
        read_count(v, "labels", 2, AZ_SAMPLE_LABELS_MAX, &f->n_labels, err) < 0 ||
        (has_tie && read_count(v, "tie", 0, (int64_t)f->n_labels - 1, &tie, err) < 0))
        return err->code;
    f->tie = has_tie ? (int)tie : -1;
    for (size_t i = 0; i < AZ_LEN(answers_names); i++) {
        if (!az_str_eqz(az_jv_str(az_jv_get(v, "answers")), answers_names[i]))
            continue;
        f->answers = (enum az_answers)i;
        known = true;
    }
    if (!known)
        return az_fail(err, AZ_EINVAL, "'answers' is not named, ordinal or exchangeable");
    if (az_jv_type(az_jv_get(v, "margins")) != AZ_J_BOOL)
        return az_fail(err, AZ_EINVAL, "'margins' is not true or false");
    f->margins = az_jv_true(az_jv_get(v, "margins"));
    int r = az_fitted_list(v, "levels", f->n_labels, f->levels, err);
    return r < 0 ? r : read_family(v, f, err);
}

static int read_model(az_jv v, const struct az_frame *of_whole, struct az_model **ret,
                      struct az_error *err);

static int read_parts(az_jv v, struct az_model *m, struct az_error *err)
{
    az_jv parts = az_jv_get(v, "parts");
    if (az_jv_type(parts) != AZ_J_ARRAY || az_jv_len(parts) > AZ_MODEL_PARTS)
        return az_fail(err, AZ_EINVAL, "'parts' is no list of at most %d models", AZ_MODEL_PARTS);
    for (az_jv child = az_jv_first(parts); child; child = az_jv_next(child)) {
        if (read_model(child, &m->frame, &m->parts[m->n_parts], err) < 0)
            return az_wrap(err, "'parts'[%zu]", m->n_parts);
        m->n_parts++;
    }
    return 0;
}

/* The keys that a model of this learner has. */
static int check_model_keys(az_jv v, const struct az_learner *learner, bool part,
                            struct az_error *err)
{
    static const char *const whole[] = {"labelled", "clusters", "reason", "frame"};
    const char *keys[AZ_MODEL_FIELDS + AZ_LEN(whole) + 4] = {"learner", "unseen"};
    size_t n = 2;
    for (size_t i = 0; i < AZ_LEN(whole) && !part; i++)
        keys[n++] = whole[i];
    for (size_t i = 0; i < AZ_MODEL_FIELDS && learner->fields[i].name; i++)
        keys[n++] = learner->fields[i].name;
    if (learner->mixture)
        keys[n++] = "parts";
    return check_keys(v, keys, err);
}

static int read_learner(az_jv v, bool part, const struct az_learner **ret, struct az_error *err)
{
    struct az_str name = az_jv_str(az_jv_get(v, "learner"));
    *ret = NULL;
    for (size_t i = 0; az_learners[i]; i++) {
        if (az_str_eqz(name, az_learners[i]->name))
            *ret = az_learners[i];
    }
    if (!name.p)
        return az_fail(err, AZ_EINVAL, "there is no 'learner'");
    if (!*ret)
        return az_fail(err, AZ_EINVAL, "no learner is called '" AZ_STR_FMT "'", AZ_STR_ARG(name));
    if (part && (*ret)->mixture)
        return az_fail(err, AZ_EINVAL, "a mixture in a mixture");
    return check_model_keys(v, *ret, part, err);
}

static int read_arrays(az_jv v, struct az_model *m, struct az_error *err)
{
    double unseen = 0;
    int r = az_fitted_list(v, "unseen", m->frame.n_labels, m->unseen, err);
    for (size_t k = 0; r == 0 && k < m->frame.n_labels; k++) {
        if (m->unseen[k] < 0 || m->unseen[k] > 0.5)
            return az_fail(err, AZ_EINVAL, "'unseen'[%zu] is not from 0 to 0.5", k);
        unseen += m->unseen[k];
    }
    if (unseen > 0.9)
        return az_fail(err, AZ_EINVAL, "'unseen' leaves nothing for what was seen");
    for (size_t i = 0; r == 0 && i < AZ_MODEL_FIELDS && m->learner->fields[i].name; i++)
        r = az_fitted_list(v, m->learner->fields[i].name, az_model_size(m, i), m->arrays[i], err);
    return r;
}

static int read_whole(az_jv v, struct az_model *m, struct az_error *err)
{
    az_jv reason = az_jv_get(v, "reason");
    struct az_str text = az_jv_str(reason);
    if (read_count(v, "labelled", 0, INT32_MAX, &m->n_labelled, err) < 0 ||
        read_count(v, "clusters", 0, INT32_MAX, &m->n_clusters, err) < 0)
        return err->code;
    if (reason && (!text.p || text.n >= sizeof(m->reason)))
        return az_fail(err, AZ_EINVAL, "'reason' is no text of less than %zu bytes",
                       sizeof(m->reason));
    if (reason) {
        memcpy(m->reason, text.p, text.n);
        m->reason[text.n] = '\0';
    }
    return 0;
}

/* `of_whole`: the frame of the mixture that it is part of; NULL: it is the whole. */
static int read_model(az_jv v, const struct az_frame *of_whole, struct az_model **ret,
                      struct az_error *err)
{
    const struct az_learner *learner;
    struct az_frame frame = {0};
    if (az_jv_type(v) != AZ_J_OBJECT)
        return az_fail(err, AZ_EINVAL, "a model is an object");
    if (read_learner(v, of_whole, &learner, err) < 0)
        return err->code;
    if (of_whole)
        frame = *of_whole;
    else if (read_frame(az_jv_get(v, "frame"), &frame, err) < 0)
        return az_wrap(err, "'frame'");
    AZ_AUTO(model) m = az_model_empty(learner, &frame);
    if (!m)
        return az_oom(err);
    int r = of_whole ? 0 : read_whole(v, m, err);
    if (r == 0)
        r = read_arrays(v, m, err);
    if (r == 0 && learner->mixture)
        r = read_parts(v, m, err);
    if (r < 0)
        return r;
    const char *why = learner->check ? learner->check(m) : NULL;
    if (why)
        return az_fail(err, AZ_EINVAL, "%s", why);
    *ret = AZ_TAKE(m);
    return 0;
}

int az_model_read(az_jv v, struct az_model **ret, struct az_error *err)
{
    struct az_error none = {0};
    return read_model(v, NULL, ret, err ? err : &none);
}
