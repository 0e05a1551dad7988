/* Mean logit: the judges' log probabilities of each label (margins), averaged
 * and normalised: with two labels the mean of the logits. A logarithmic opinion
 * pool of equal weights (Genest and Zidek 1986). Any margins do that are
 * comparable between judges; each judge's are first normalised to
 * log probabilities, and cut at `CUT` so that one judge's certainty is no veto.
 * Votes without margins are left out, but where an item has none with: then its
 * shares count. `loglik` is not given. */
#include <math.h>
#include <string.h>

#include "statistics/infer/methods.h"

#define CUT (-9.210340371976182) /* ln 1e-4 */

/* Adds log softmax of the margins. */
static void add_logs(const double *margins, size_t n, double *row)
{
    double top = margins[az_infer_top(margins, n)], sum = 0;
    for (size_t c = 0; c < n; c++)
        sum += exp(margins[c] - top);
    double norm = top + log(AZ_MAX(1.0, sum)); /* one of them is 1 */
    for (size_t c = 0; c < n; c++)
        row[c] += AZ_MAX(CUT, margins[c] - norm);
}

static size_t pool(const struct az_sample *s, size_t item, double *row)
{
    struct az_votes_of votes = az_sample_votes(s, item);
    size_t n = (size_t)s->labels_of[item], with = 0;
    double logs[AZ_SAMPLE_LABELS_MAX] = {0};
    for (size_t v = 0; v < votes.n; v++) {
        const double *margins = az_vote_margins(s, &votes.v[v]);
        if (!margins)
            continue;
        add_logs(margins, n, logs);
        with++;
    }
    if (with == 0 || n == 0)
        return 0;
    for (size_t c = 0; c < n; c++)
        logs[c] /= (double)with;
    az_infer_softmax(logs, n);
    memcpy(row, logs, n * sizeof(*row));
    return with;
}

int az_infer_mean_logit(const struct az_sample *s, const struct az_infer_options *o,
                        struct az_infer *r)
{
    if (az_infer_room(s, AZ_WANT_POSTERIOR, r) < 0)
        return AZ_ENOMEM;
    az_infer_shares(s, r);
    r->left_out = 0;
    memset(r->answers, 0, s->n_judges * sizeof(*r->answers));
    for (size_t i = 0; i < s->n_items; i++) {
        size_t used = pool(s, i, &r->posterior[i * s->n_labels]);
        if (used == 0)
            continue;
        struct az_votes_of votes = az_sample_votes(s, i);
        for (size_t v = 0; v < votes.n; v++)
            r->answers[votes.v[v].judge] += az_vote_margins(s, &votes.v[v]) != NULL;
        r->left_out += votes.n - used;
    }
    r->converged = true;
    return 0;
}
