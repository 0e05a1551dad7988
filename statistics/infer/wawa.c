/* Majority, and "worker agreement with the aggregate": a judge's skill is the
 * share of its answers that the majority has (ties by the order of labels; a
 * repeated answer of a judge to an item counts once there), then its votes
 * weigh that much. Closed form, two passes. Zero-based: the same idea by 100
 * gradient steps; skills start just above chance, and the step is halved before
 * every twentieth round (both as in crowd-kit, Ustalov et al. 2024). */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/infer/methods.h"

int az_infer_majority(const struct az_sample *s, const struct az_infer_options *o,
                      struct az_infer *r)
{
    if (az_infer_room(s, AZ_WANT_POSTERIOR, r) < 0)
        return AZ_ENOMEM;
    az_infer_shares(s, r);
    r->converged = true;
    return 0;
}

/* What a judge has already said of the item that is being read. */
struct said {
    uint32_t item; /* + 1 */
    uint64_t labels;
};

/* Is it the first time that the judge says this of the item? A split counts as
 * new each time. */
static bool fresh(struct said *said, size_t item, const struct az_vote *v)
{
    struct said *of = &said[v->judge];
    if (of->item != item + 1)
        *of = (struct said){(uint32_t)item + 1, 0};
    if (v->label < 0)
        return true;
    uint64_t bit = UINT64_C(1) << v->label;
    bool is_new = !(of->labels & bit);
    of->labels |= bit;
    return is_new;
}

/* The share of each judge's answers that the posterior's top label has. */
static void agreement(const struct az_sample *s, const struct az_infer *r, struct said *said,
                      double *n, double *skill)
{
    memset(n, 0, s->n_judges * sizeof(*n));
    memset(skill, 0, s->n_judges * sizeof(*skill));
    memset(said, 0, s->n_judges * sizeof(*said));
    for (size_t i = 0; i < s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(s, i);
        size_t top = az_infer_top(&r->posterior[i * s->n_labels], s->n_labels);
        for (size_t v = 0; v < votes.n; v++) {
            const struct az_vote *vote = &votes.v[v];
            if (!az_vote_has_share(vote) || !fresh(said, i, vote))
                continue;
            n[vote->judge]++;
            skill[vote->judge] += az_vote_share(s, vote, top);
        }
    }
    for (size_t j = 0; j < s->n_judges; j++)
        skill[j] = n[j] > 0 ? skill[j] / n[j] : 0;
}

int az_infer_wawa(const struct az_sample *s, const struct az_infer_options *o, struct az_infer *r)
{
    AZ_AUTO_MEM struct said *said = az_alloc(s->n_judges * sizeof(*said));
    AZ_AUTO_MEM double *n = az_alloc(s->n_judges * sizeof(*n));
    if (!said || !n || az_infer_room(s, AZ_WANT_POSTERIOR | AZ_WANT_SKILL, r) < 0)
        return AZ_ENOMEM;
    az_infer_shares(s, r);
    agreement(s, r, said, n, r->skill);
    az_infer_weigh(s, r->skill, r);
    r->converged = true;
    return 0;
}

int az_infer_zero_based(const struct az_sample *s, const struct az_infer_options *o,
                        struct az_infer *r)
{
    AZ_AUTO_MEM struct said *said = az_alloc(s->n_judges * sizeof(*said));
    AZ_AUTO_MEM double *n = az_alloc(2 * s->n_judges * sizeof(*n));
    if (!said || !n || az_infer_room(s, AZ_WANT_POSTERIOR | AZ_WANT_SKILL, r) < 0)
        return AZ_ENOMEM;
    double *agreed = n + s->n_judges, step = 1;
    for (size_t j = 0; j < s->n_judges; j++)
        r->skill[j] = 1.0 / (double)s->n_labels + 1e-5;
    for (int rounds = az_infer_rounds(o, 100); r->iterations < rounds;) {
        az_infer_weigh(s, r->skill, r);
        if (++r->iterations % 20 == 0)
            step /= 2;
        agreement(s, r, said, n, agreed);
        for (size_t j = 0; j < s->n_judges; j++)
            r->skill[j] += n[j] > 0 ? step * (agreed[j] - r->skill[j]) : 0;
    }
    az_infer_weigh(s, r->skill, r);
    return 0;
}
