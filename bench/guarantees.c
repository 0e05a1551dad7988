/* Do the guarantees hold, and what do they cost? On the published sets, whose folder is
 * ASSIZE_TEST_DATA: Markdown tables for results-statistics.md. Deterministic.
 *
 *     bench_guarantees [DRAWS [SET]]      1000 calibration sets each */
#include <stdio.h>

#include "statistics/guarantee/drift.h"
#include "tests/unit/guarantee_draws.h"

static const char *const sets[] = {"rewardbench2-k8", "llmbar-casestudy", "judgebench",
                                   "humanpairs",      "pandalm",          "dices350",
                                   "llmjudge"};
static const double alphas[] = {0.05, 0.1, 0.2};
static const double shares[] = {0.2, 0.5};

static const double delta = 0.05;

static int risk_rows(const char *name, const struct draws_set *d, enum draws_score how,
                     int64_t draws)
{
    int broken = 0;
    for (size_t a = 0; a < AZ_LEN(alphas); a++) {
        for (size_t s = 0; s < AZ_LEN(shares); s++) {
            struct draws_tally t;
            size_t n = (size_t)(shares[s] * (double)d->n);
            draws_risk(d, n, alphas[a], delta, draws, 1000 * a + s, &t);
            double rate = (double)t.broken / (double)draws;
            bool holds = rate <= draws_allowed(delta, draws);
            broken += !holds;
            printf("| %s | %s | %.2f | %zu | %.1f | %s | %.1f | ", name, draws_scores[how],
                   alphas[a], n, 100 * rate, holds ? "yes" : "**no**",
                   100 * (double)t.refused / (double)draws);
            if (2 * t.says > t.refused)
                printf("%.0f", t.needed);
            else
                printf("–");
            printf(" | %.3f | %.3f | %.3f |\n", t.coverage, draws_oracle(d, alphas[a]), t.risk);
        }
    }
    return broken;
}

static int set_rows(const char *name, const struct draws_set *d, enum draws_score how,
                    int64_t draws)
{
    int broken = 0;
    for (size_t a = 0; a < 2; a++) {
        struct draws_sets s;
        size_t n = d->n / 5;
        draws_conformal(d, n, alphas[a], draws, 7 + a, &s);
        /* Of a draw's coverage the deviation is about sqrt(alpha (1 - alpha) / n). */
        double lowest =
            1 - alphas[a] - 2 * sqrt(alphas[a] * (1 - alphas[a]) / (double)n / (double)draws);
        broken += s.held < lowest;
        printf("| %s | %s | %.2f | %zu | %.2f | %s | %.2f | %.3f |\n", name, draws_scores[how],
               alphas[a], n, 100 * s.held, s.held >= lowest ? "yes" : "**no**", s.size, s.single);
    }
    return broken;
}

typedef int rows_fn(const char *, const struct draws_set *, enum draws_score, int64_t);

static int table(const char *folder, const char *only, int64_t draws, rows_fn *rows)
{
    int broken = 0;
    for (size_t i = 0; i < AZ_LEN(sets); i++) {
        struct dataset d;
        struct az_error err = {0};
        if (only && strcmp(only, sets[i]) != 0)
            continue;
        if (dataset_load(folder, dataset_spec(sets[i]), &d, &err) < 0) {
            fprintf(stderr, "%s: %s\n", sets[i], err.what);
            exit(66);
        }
        for (enum draws_score how = 0; how < DRAWS_SCORES; how++) {
            struct draws_set s;
            draws_prepare(&d.sample, how, 1, &s);
            broken += rows(sets[i], &s, how, draws);
            draws_release(&s);
        }
        dataset_release(&d);
        fflush(stdout);
    }
    return broken;
}

/* Audited items until the alarm, from a base of 0.05. */
static int drift_table(int64_t runs)
{
    static const double rates[] = {0.03, 0.05, 0.08, 0.1, 0.15, 0.3};
    static const int64_t good[] = {0, 500};
    enum { AUDITED = 3000 };
    int broken = 0;
    printf("| wrong, from item | alarms %% | median items to it |\n| --- | ---: | ---: |\n");
    for (size_t g = 0; g < AZ_LEN(good); g++) {
        for (size_t i = 0; i < AZ_LEN(rates); i++) {
            struct az_rng rng = az_rng(31 * g + i);
            int64_t alarms = 0, after[AUDITED + 1] = {0}, seen = 0, median = 0;
            for (int64_t r = 0; r < runs; r++) {
                struct az_drift d;
                az_drift_init(&d, 0.05, delta);
                while (d.n < AUDITED && d.alarm == 0)
                    az_drift_add(&d, az_rng_unit(&rng) < (d.n < good[g] ? 0.05 : rates[i]));
                alarms += d.alarm > 0;
                after[d.alarm > good[g] ? d.alarm - good[g] : 0]++;
            }
            for (int64_t t = 1; t <= AUDITED && 2 * seen < alarms; t++) {
                seen += after[t];
                median = t;
            }
            printf("| %.2f, from %lld | %.1f | %lld |\n", rates[i], (long long)good[g],
                   100 * (double)alarms / (double)runs, (long long)median);
            broken +=
                rates[i] <= 0.05 && (double)alarms > draws_allowed(delta, runs) * (double)runs;
        }
    }
    return broken;
}

int main(int argc, char **argv)
{
    const char *folder = getenv("ASSIZE_TEST_DATA");
    int64_t draws = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000;
    const char *only = argc > 2 ? argv[2] : NULL;
    if (!folder || draws < 1) {
        fprintf(stderr, "ASSIZE_TEST_DATA is the folder of the sets\n");
        return 64;
    }
    printf("%lld calibration sets each, delta %.2f; holds: broken in at most %.1f %%\n\n",
           (long long)draws, delta, 100 * draws_allowed(delta, draws));
    printf("| set | score | alpha | labels | broken %% | holds | refused %% | which say it takes | "
           "kept | oracle keeps | risk |\n"
           "| --- | --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n");
    int broken = table(folder, only, draws, risk_rows);
    printf(
        "\n| set | score | alpha | labels | true label in the set %% | holds | labels in a set | "
        "sets of one |\n| --- | --- | ---: | ---: | ---: | --- | ---: | ---: |\n");
    broken += table(folder, only, AZ_MIN(draws, (int64_t)200), set_rows);
    printf("\n");
    broken += drift_table(draws);
    printf("\nbroken promises: %d\n", broken);
    return broken > 0;
}
