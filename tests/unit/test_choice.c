/* The conditional logit beside formulas that need no fit. */
#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/learn/choice.h"
#include "tests/unit/unit.h"

/* `n` items with two answers and one feature, of which `right` chose the first. */
static void binary(struct az_choice *c, size_t n, size_t right)
{
    assert_int_equal(az_choice_init(c, n, 2, 1), 0);
    for (size_t i = 0; i < n; i++) {
        c->x[2 * i] = 0.5;
        c->x[2 * i + 1] = -0.5;
        c->y[2 * i + (i >= right)] = 1;
        c->w[i] = 1;
        c->open[2 * i] = c->open[2 * i + 1] = true;
    }
}

static void log_odds(void **state)
{
    static const struct {
        size_t n, right;
    } cases[] = {{10, 7}, {100, 99}, {50, 25}, {3, 1}};
    const double flat = 1e-12;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_choice c;
        struct az_gauss g;
        double n = (double)cases[i].n, right = (double)cases[i].right;
        binary(&c, cases[i].n, cases[i].right);
        assert_int_equal(az_gauss_init(&g, 1), 0);
        assert_int_equal(az_choice_fit(&c, NULL, &flat, 0, true, &g), 0);
        assert_true(fabs(g.mean[0] - log(right / (n - right))) < 1e-6);
        assert_true(fabs(g.cov[0] / (n / (right * (n - right))) - 1) < 1e-3);
        double lik = right * log(right / n) + (n - right) * log(1 - right / n);
        assert_true(fabs(g.log_lik - lik) < 1e-6);
        az_gauss_release(&g);
        az_choice_release(&c);
    }
}

/* All right: no maximum without the prior; with N(1, 2²) λ(θ − 1) = n (1 − σ(θ)). */
static void prior_holds_it(void **state)
{
    const double mean = 1, precision = 0.25;
    struct az_choice c;
    struct az_gauss g;
    binary(&c, 20, 20);
    assert_int_equal(az_gauss_init(&g, 1), 0);
    assert_int_equal(az_choice_fit(&c, &mean, &precision, log(precision), true, &g), 0);
    double t = g.mean[0];
    assert_true(fabs(precision * (t - 1) - 20 / (1 + exp(t))) < 1e-4);

    /* The evidence beside the integral, by the trapezoidal rule. */
    double integral = 0, step = 1e-3;
    for (double x = -20; x < 40; x += step)
        integral += step * exp(-20 * log1p(exp(-x)) - precision * (x - 1) * (x - 1) / 2) *
                    sqrt(precision / (2 * 3.14159265358979323846));
    assert_true(fabs(g.log_evidence - log(integral)) < 0.1);
    az_gauss_release(&g);
    az_choice_release(&c);
}

/* ---- several answers, several features ---- */

enum { N = 40, K = 4, F = 3 };

static void scene(struct az_choice *c)
{
    struct az_rng rng = az_rng(3);
    assert_int_equal(az_choice_init(c, N, K, F), 0);
    for (size_t i = 0; i < N; i++) {
        bool *open = c->open + i * K;
        double truth[K] = {0};
        for (size_t k = 0; k < K; k++)
            open[k] = k < 2 || az_rng_unit(&rng) < 0.7;
        for (size_t a = 0; a < K * F; a++)
            c->x[i * K * F + a] = 2 * az_rng_unit(&rng) - 1;
        az_choice_centre(c->x + i * K * F, open, K, F);
        truth[az_rng_below(&rng, 2)] = 0.75; /* two annotators disagree */
        truth[2] += 0.25;
        c->w[i] = (1 + az_rng_unit(&rng)) * az_choice_truth(truth, open, K, c->y + i * K);
    }
}

/* Written anew, as plainly as it can be. */
static double posterior(const struct az_choice *c, const double *theta, const double *precision)
{
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
        double u[K], all = 0;
        for (size_t k = 0; k < K; k++) {
            u[k] = 0;
            for (size_t f = 0; f < F; f++)
                u[k] += theta[f] * c->x[(i * K + k) * F + f];
            all += c->open[i * K + k] ? exp(u[k]) : 0;
        }
        for (size_t k = 0; k < K; k++)
            sum += c->open[i * K + k] ? c->w[i] * c->y[i * K + k] * (u[k] - log(all)) : 0;
    }
    for (size_t a = 0; a < F; a++) {
        for (size_t b = 0; b < F; b++)
            sum -= theta[a] * precision[a * F + b] * theta[b] / 2;
    }
    return sum;
}

static void top_of_the_posterior(void **state)
{
    static const double precision[] = {1, 0.5, 0, 0.5, 2, 0, 0, 0, 0.1};
    struct az_choice c;
    struct az_gauss g;
    double h = 1e-4;
    scene(&c);
    assert_int_equal(az_gauss_init(&g, F), 0);
    assert_int_equal(az_choice_fit(&c, NULL, precision, 0, true, &g), 0);
    double top = posterior(&c, g.mean, precision), hessian[F * F];
    for (size_t a = 0; a < F; a++) {
        for (size_t b = 0; b < F; b++) {
            double at[4];
            for (int s = 0; s < 4; s++) {
                double theta[F] = {g.mean[0], g.mean[1], g.mean[2]};
                theta[a] += s & 1 ? h : -h;
                theta[b] += s & 2 ? h : -h;
                at[s] = posterior(&c, theta, precision);
                assert_true(a != b || at[s] <= top + 1e-12); /* nowhere higher */
            }
            hessian[a * F + b] = -(at[3] - at[2] - at[1] + at[0]) / (4 * h * h);
        }
    }
    for (size_t a = 0; a < F; a++) {
        for (size_t b = 0; b < F; b++) {
            double sum = 0;
            for (size_t f = 0; f < F; f++)
                sum += hessian[a * F + f] * g.cov[f * F + b];
            assert_true(fabs(sum - (a == b)) < 1e-4);
        }
    }
    az_gauss_release(&g);
    az_choice_release(&c);
}

/* Two answers: σ(θx / √(1 + π s²/8)), and closed answers have nothing. */
static void predicts(void **state)
{
    const double theta = 2, cov = 3, x[] = {0.4, -0.4, 0};
    const bool open[] = {true, true, false};
    double p[3], variance = 3 * 0.8 * 0.8;
    az_choice_predict(&theta, NULL, x, open, 3, 1, p);
    assert_true(fabs(p[0] - 1 / (1 + exp(-1.6))) < 1e-12 && p[2] == 0);
    az_choice_predict(&theta, &cov, x, open, 3, 1, p);
    double u = 1.6 / sqrt(1 + 3.14159265358979323846 * variance / 8);
    assert_true(fabs(p[0] - 1 / (1 + exp(-u))) < 1e-12);
    assert_true(fabs(p[0] + p[1] - 1) < 1e-12);
}

static void refused(void **state)
{
    const double none = 0;
    struct az_choice c;
    struct az_gauss g;
    binary(&c, 5, 3);
    for (size_t i = 0; i < 10; i++)
        c.x[i] = 0; /* nothing holds θ, neither data nor prior */
    assert_int_equal(az_gauss_init(&g, 1), 0);
    assert_int_equal(az_choice_fit(&c, NULL, &none, 0, false, &g), AZ_EINVAL);
    az_gauss_release(&g);
    az_choice_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_odds),
        cmocka_unit_test(prior_holds_it),
        cmocka_unit_test(top_of_the_posterior),
        cmocka_unit_test(predicts),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
