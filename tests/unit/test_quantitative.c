#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/quantitative/quantitative_json.h"
#include "tests/unit/quantitative_values.h"
#include "tests/unit/unit.h"

enum { N = QUANTITATIVE_N, K = QUANTITATIVE_LABELS };

/* ---- words ---- */

static void words_as_others_make_them(void **state)
{
    struct az_word got[AZ_WORDS];
    size_t n = az_words_of(AZ_STR(" The answer\tis WRONG and the  step is missing\n"), got);
    assert_int_equal(n, AZ_LEN(quantitative_words));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(got[i].at, quantitative_words[i].at);
        assert_true(fabs(got[i].value - quantitative_words[i].value) < 1e-14);
    }
}

static void words_table(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"", " \t\n", true},          {"A>>B", "a > > b", true},
        {"[[A]]", "[ [ a ] ]", true}, {"good bad", "bad good", false},
        {"B>A", "A>B", false},        {"caf\xc3\xa9", "caf\xc3\xa9!", false},
        {"don't", "don ' t", true},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_word a[AZ_WORDS], b[AZ_WORDS];
        size_t n = az_words_of(az_str(cases[i].a), a), m = az_words_of(az_str(cases[i].b), b);
        bool same = n == m;
        for (size_t w = 0; same && w < n; w++)
            same = a[w].at == b[w].at && a[w].value == b[w].value;
        if (same != cases[i].same)
            fail_msg("'%s' and '%s'", cases[i].a, cases[i].b);
    }
}

static void words_have_length_one(void **state)
{
    char text[20000];
    for (size_t n = 1; n < sizeof(text); n = n * 3 + 1) {
        struct az_word v[AZ_WORDS];
        double square = 0;
        for (size_t i = 0; i < n; i++)
            text[i] = i % 7 == 6 ? ' ' : (char)(i * 2654435761u >> 24);
        size_t found = az_words_of((struct az_str){text, n}, v);
        for (size_t i = 0; i < found; i++) {
            square += v[i].value * v[i].value;
            assert_true(v[i].at < AZ_WORDS && (!i || v[i].at > v[i - 1].at));
        }
        assert_true(found && fabs(square - 1) < 1e-12);
    }
}

/* ---- fits ---- */

struct scene {
    struct az_evaluations e;
    double truth[N * K], w[N];
};

static void scene_init(struct scene *s, enum az_answers answers, size_t k, int tie, bool margins)
{
    static const double levels[K] = {1, 2, 3, 4};
    az_evaluations_init(&s->e, answers, k, tie, answers == AZ_ANSWERS_ORDINAL ? levels : NULL);
    memset(s->truth, 0, sizeof(s->truth));
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(
            az_evaluations_item(&s->e, k, margins ? quantitative_items[i].margins : NULL), 0);
        for (int b = 0; b < quantitative_items[i].n; b++) {
            int said = quantitative_items[i].said[b] % (int)k;
            assert_int_equal(
                az_evaluations_ballot(&s->e, said, az_str(quantitative_items[i].text[b])), 0);
        }
        s->truth[i * k + (size_t)quantitative_items[i].truth % k] = 1;
        s->w[i] = 1;
    }
}

static struct az_quantitative *fit(const struct scene *s, enum az_quantitative_form form,
                                   double penalty)
{
    struct az_quantitative *m = NULL;
    assert_int_equal(az_quantitative_fit(form, penalty, &s->e, s->truth, s->w, &m), 0);
    return m;
}

static const struct {
    const char *name;
    enum az_answers answers;
    size_t k;
    int tie;
    bool margins;
    enum az_quantitative_form form;
    double penalty;
    const double (*want)[K];
} references[] = {
    {"pair", AZ_ANSWERS_EXCHANGEABLE, 2, -1, true, AZ_QUANTITATIVE_BRADLEY_TERRY, 0.3,
     quantitative_pair},
    {"ties", AZ_ANSWERS_EXCHANGEABLE, 3, 2, true, AZ_QUANTITATIVE_BRADLEY_TERRY, 0.3,
     quantitative_ties},
    {"best", AZ_ANSWERS_EXCHANGEABLE, 4, -1, true, AZ_QUANTITATIVE_BRADLEY_TERRY, 1,
     quantitative_best},
    {"names", AZ_ANSWERS_NAMED, 4, -1, false, AZ_QUANTITATIVE_MULTINOMIAL, 0.5, quantitative_names},
    {"levels", AZ_ANSWERS_ORDINAL, 4, -1, false, AZ_QUANTITATIVE_MULTINOMIAL, 0.5,
     quantitative_levels},
    {"least squares", AZ_ANSWERS_ORDINAL, 4, -1, false, AZ_QUANTITATIVE_LEAST_SQUARES, 0.5,
     quantitative_least_squares},
};

/* By L-BFGS and Cholesky here, by Newton and singular values there. */
static void fits_as_others_fit_them(void **state)
{
    for (size_t r = 0; r < AZ_LEN(references); r++) {
        double tolerance = references[r].form == AZ_QUANTITATIVE_LEAST_SQUARES ? 1e-9 : 2e-6;
        struct scene s;
        scene_init(&s, references[r].answers, references[r].k, references[r].tie,
                   references[r].margins);
        AZ_AUTO(quantitative) m = fit(&s, references[r].form, references[r].penalty);
        for (size_t i = 0; i < N; i++) {
            double p[K];
            az_quantitative_apply(m, &s.e, i, p);
            for (size_t k = 0; k < references[r].k; k++) {
                if (!(fabs(p[k] - references[r].want[i][k]) < tolerance))
                    fail_msg("%s, item %zu: %.12f, not %.12f", references[r].name, i, p[k],
                             references[r].want[i][k]);
            }
        }
        az_evaluations_release(&s.e);
    }
}

/* An item with another's place for its own has the same probabilities, swapped. */
static void places_have_no_names(void **state)
{
    struct scene s;
    scene_init(&s, AZ_ANSWERS_EXCHANGEABLE, 2, -1, false);
    AZ_AUTO(quantitative) m = fit(&s, AZ_QUANTITATIVE_BRADLEY_TERRY, 0.3);
    for (size_t i = 0; i < N; i++) {
        double p[2], q[2];
        az_quantitative_apply(m, &s.e, i, p);
        for (size_t b = s.e.items[i].first; b < s.e.items[i].first + s.e.items[i].n; b++)
            s.e.said[b] = (int16_t)(1 - s.e.said[b]);
        az_quantitative_apply(m, &s.e, i, q);
        assert_true(fabs(p[0] - q[1]) < 1e-12);
    }
    az_evaluations_release(&s.e);
}

/* A weight of 2 is an item that is there twice; of 0, one that is not. */
static void weights_count(void **state)
{
    struct scene s, t;
    scene_init(&s, AZ_ANSWERS_ORDINAL, 4, -1, false);
    scene_init(&t, AZ_ANSWERS_ORDINAL, 4, -1, false);
    for (enum az_quantitative_form f = AZ_QUANTITATIVE_MULTINOMIAL; f < AZ_QUANTITATIVE_FORMS;
         f++) {
        double p[K], q[K];
        for (size_t i = 0; i < N; i++) {
            s.w[i] = i % 3 ? 2 : 0;
            t.w[i] = i % 3 ? 1 : 0;
        }
        for (size_t k = 0; k < K; k++)
            t.truth[k] = k == 2; /* of an item that does not count */
        AZ_AUTO(quantitative) a = fit(&s, f, 0.6);
        AZ_AUTO(quantitative) b = fit(&t, f, 0.3);
        az_quantitative_apply(a, &s.e, 1, p);
        az_quantitative_apply(b, &t.e, 1, q);
        /* The same but for the precision of the others and the spread's degrees of freedom. */
        assert_true(fabs(p[0] - q[0]) < 0.05);
    }
    az_evaluations_release(&s.e);
    az_evaluations_release(&t.e);
}

/* More items than coordinates: the other system of equations, the same answer. */
static void many_items_are_few_with_weight(void **state)
{
    enum { TIMES = 30 };
    struct scene s;
    struct az_evaluations many;
    struct az_quantitative *m = NULL;
    scene_init(&s, AZ_ANSWERS_ORDINAL, 4, -1, false);
    az_evaluations_init(&many, AZ_ANSWERS_ORDINAL, 4, -1, s.e.levels);
    AZ_AUTO_MEM double *truth = az_alloc(sizeof(double) * TIMES * N * (K + 1));
    assert_non_null(truth);
    double *w = truth + (size_t)TIMES * N * K;
    for (size_t i = 0; i < (size_t)TIMES * N; i++) {
        assert_int_equal(az_evaluations_item(&many, 4, NULL), 0);
        for (int b = 0; b < quantitative_items[i % N].n; b++)
            assert_int_equal(az_evaluations_ballot(&many, quantitative_items[i % N].said[b],
                                                   az_str(quantitative_items[i % N].text[b])),
                             0);
        memcpy(truth + i * K, s.truth + i % N * K, K * sizeof(*truth));
        w[i] = 1;
        s.w[i % N] = TIMES;
    }
    AZ_AUTO(quantitative) few = fit(&s, AZ_QUANTITATIVE_LEAST_SQUARES, 0.5);
    assert_int_equal(az_quantitative_fit(AZ_QUANTITATIVE_LEAST_SQUARES, 0.5, &many, truth, w, &m),
                     0);
    assert_true(fabs(few->base[1] - m->base[1]) < 1e-9 && fabs(few->spread - m->spread) < 1e-9);
    for (size_t c = 0; c < AZ_WORDS; c++)
        assert_true(fabs(few->words[c] - m->words[c]) < 1e-9);
    az_quantitative_free(m);
    az_evaluations_release(&many);
    az_evaluations_release(&s.e);
}

static void plain_reads_no_words(void **state)
{
    struct scene s;
    scene_init(&s, AZ_ANSWERS_EXCHANGEABLE, 2, -1, false);
    AZ_AUTO(quantitative) m = fit(&s, AZ_QUANTITATIVE_BRADLEY_TERRY, INFINITY);
    assert_null(m->words);
    double first = -1;
    for (size_t i = 0; i < N; i++) {
        double p[2];
        if (quantitative_items[i].n != 1 || quantitative_items[i].said[0] % 2)
            continue;
        az_quantitative_apply(m, &s.e, i, p);
        assert_true(first < 0 || p[0] == first);
        first = p[0];
    }
    memset(s.w, 0, sizeof(s.w));
    struct az_quantitative *none = NULL;
    assert_int_equal(
        az_quantitative_fit(AZ_QUANTITATIVE_BRADLEY_TERRY, 1, &s.e, s.truth, s.w, &none),
        AZ_EINVAL);
    assert_null(none);
    az_evaluations_release(&s.e);
}

/* ---- as JSON ---- */

static void write(const struct az_quantitative *m, struct az_buf *b)
{
    struct az_jw w = az_jw(b);
    az_quantitative_write(&w, m);
    assert_int_equal(az_buf_check(b, NULL), 0);
}

static int read(const char *text, const struct az_evaluations *like, struct az_quantitative **ret,
                struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(az_str(text), &doc, err);
    return r < 0 ? r : az_quantitative_read(az_json_root(doc), like, ret, err);
}

static void reads_what_it_wrote(void **state)
{
    for (size_t r = 0; r < AZ_LEN(references); r++) {
        struct scene s;
        struct az_error err = {0};
        AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
        AZ_AUTO(quantitative) back = NULL;
        scene_init(&s, references[r].answers, references[r].k, references[r].tie,
                   references[r].margins);
        AZ_AUTO(quantitative) m = fit(&s, references[r].form, references[r].penalty);
        write(m, &text);
        if (read(text.p, &s.e, &back, &err) < 0)
            fail_msg("%s: %s", references[r].name, err.what);
        for (size_t i = 0; i < N; i++) {
            double p[K], q[K];
            az_quantitative_apply(m, &s.e, i, p);
            az_quantitative_apply(back, &s.e, i, q);
            assert_memory_equal(p, q, references[r].k * sizeof(*p));
        }
        az_evaluations_release(&s.e);
    }
}

static void refuses_what_no_fit_made(void **state)
{
    static const struct {
        const char *from, *to, *what;
    } cases[] = {
        {"words-1-2/1024", "words-3/9", "'features'"},
        {"bradley-terry", "least-squares", "'form'"},
        {"\"penalty\":0.3", "\"penalty\":-1", "'penalty'"},
        {"\"scale\":", "\"scale\":null,\"x\":", "'scale'"},
        {"\"spread\":", "\"spread\":\"1\",\"x\":", "'spread'"},
        {"\"base\":[", "\"base\":[1,", "'base'"},
        {"\"base\":[", "\"x\":[", "'base'"},
        {"\"words\":[", "\"words\":[1e12,", "'words'"},
    };
    struct scene s;
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    scene_init(&s, AZ_ANSWERS_EXCHANGEABLE, 2, -1, false);
    AZ_AUTO(quantitative) m = fit(&s, AZ_QUANTITATIVE_BRADLEY_TERRY, 0.3);
    write(m, &text);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO_BUF other = az_buf(AZ_BUF_MAX);
        AZ_AUTO(quantitative) back = NULL;
        struct az_error err = {0};
        const char *at = strstr(text.p, cases[i].from);
        assert_non_null(at);
        az_buf_str(&other, (struct az_str){text.p, (size_t)(at - text.p)});
        az_buf_z(&other, cases[i].to);
        az_buf_z(&other, at + strlen(cases[i].from));
        assert_int_equal(az_buf_check(&other, NULL), 0);
        assert_int_equal(read(other.p, &s.e, &back, &err), AZ_EINVAL);
        if (back || !strstr(err.what, cases[i].what))
            fail_msg("%s: '%s'", cases[i].to, err.what);
    }
    az_evaluations_release(&s.e);
}

/* ---- without memory ---- */

static int all_of_it(struct scene *s, const char *text)
{
    AZ_AUTO(quantitative) m = NULL;
    AZ_AUTO(quantitative) back = NULL;
    struct az_error err = {0};
    int r = az_evaluations_item(&s->e, 4, NULL);
    if (r == 0)
        r = az_evaluations_ballot(&s->e, 1, AZ_STR("good answer"));
    for (enum az_quantitative_form f = AZ_QUANTITATIVE_MULTINOMIAL;
         r == 0 && f < AZ_QUANTITATIVE_FORMS; f++) {
        az_quantitative_free(AZ_TAKE(m));
        s->e.n--; /* the one more has no truth */
        r = az_quantitative_fit(f, 1, &s->e, s->truth, s->w, &m);
        s->e.n++;
    }
    return r < 0 ? r : read(text, &s->e, &back, &err);
}

static void without_memory(void **state)
{
    struct scene s;
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    scene_init(&s, AZ_ANSWERS_ORDINAL, 4, -1, false);
    AZ_AUTO(quantitative) m = fit(&s, AZ_QUANTITATIVE_LEAST_SQUARES, 1);
    write(m, &text);
    az_evaluations_release(&s.e);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        scene_init(&s, AZ_ANSWERS_ORDINAL, 4, -1, false);
        az_fault_alloc(nth);
        r = all_of_it(&s, text.p);
        az_fault_alloc(0);
        az_evaluations_release(&s.e);
        assert_true(nth < 200);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_as_others_make_them),
        cmocka_unit_test(words_table),
        cmocka_unit_test(words_have_length_one),
        cmocka_unit_test(fits_as_others_fit_them),
        cmocka_unit_test(places_have_no_names),
        cmocka_unit_test(weights_count),
        cmocka_unit_test(many_items_are_few_with_weight),
        cmocka_unit_test(plain_reads_no_words),
        cmocka_unit_test(reads_what_it_wrote),
        cmocka_unit_test(refuses_what_no_fit_made),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
