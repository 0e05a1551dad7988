#include "statistics/quantitative/quantitative_json.h"

#include "statistics/fitted_json.h"

/* ---- writing ---- */

void az_quantitative_write(struct az_jw *w, const struct az_quantitative *m)
{
    az_assert(m->words);
    az_jw_obj(w);
    az_jw_kz(w, "form", az_quantitative_form_name(m->form));
    az_jw_kz(w, "features", AZ_WORDS_FORM);
    az_jw_knum(w, "penalty", m->penalty);
    az_jw_knum(w, "scale", m->scale);
    az_jw_knum(w, "spread", m->spread);
    az_fitted_put(w, "base", m->base, m->n_base);
    az_fitted_put(w, "words", m->words, AZ_WORDS * m->n_heads);
    az_jw_obj_end(w);
}

/* ---- reading ---- */

static int read_form(az_jv v, enum az_answers answers, enum az_quantitative_form *ret,
                     struct az_error *err)
{
    struct az_str name = az_jv_str(az_jv_get(v, "form"));
    for (enum az_quantitative_form f = 0; f < AZ_QUANTITATIVE_FORMS; f++) {
        if (az_quantitative_suits(f, answers) && az_str_eqz(name, az_quantitative_form_name(f))) {
            *ret = f;
            return 0;
        }
    }
    return az_fail(err, AZ_EINVAL, "'form' is none for such answers");
}

static int read_positive(az_jv v, const char *key, double *ret, struct az_error *err)
{
    if (az_jv_num(az_jv_get(v, key), ret) && *ret > 0 && az_fitted_fits(*ret))
        return 0;
    return az_fail(err, AZ_EINVAL, "'%s' is no number above 0", key);
}

int az_quantitative_read(az_jv v, const struct az_evaluations *like, struct az_quantitative **ret,
                         struct az_error *err)
{
    enum az_quantitative_form form = AZ_QUANTITATIVE_BRADLEY_TERRY;
    double penalty;
    if (!az_str_eqz(az_jv_str(az_jv_get(v, "features")), AZ_WORDS_FORM))
        return az_fail(err, AZ_EINVAL, "'features' is not %s: another version made it",
                       AZ_WORDS_FORM);
    int r = read_form(v, like->answers, &form, err);
    if (r == 0)
        r = read_positive(v, "penalty", &penalty, err);
    if (r < 0)
        return r;
    AZ_AUTO(quantitative) m = az_quantitative_new(form, like, penalty);
    if (!m)
        return az_oom(err);
    r = read_positive(v, "scale", &m->scale, err);
    if (r == 0)
        r = read_positive(v, "spread", &m->spread, err);
    if (r == 0)
        r = az_fitted_list(v, "base", m->n_base, m->base, err);
    if (r == 0)
        r = az_fitted_list(v, "words", AZ_WORDS * m->n_heads, m->words, err);
    if (r == 0)
        *ret = AZ_TAKE(m);
    return r;
}
