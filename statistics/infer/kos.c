/* Reference for research, two labels. Karger, Oh and Shah (Operations Research
 * 62, 2014): messages between items and judges along votes A = +1 or -1,
 *   x_ij = sum over the item's other judges of A y,
 *   y_ji = sum over the judge's other items of A x,
 * a power iteration for the leading singular vector of the votes; the item's
 * score is its sum of A y. All y start at 1, so nothing is drawn, and messages
 * are divided by their largest in each round, which no sign depends on. 100
 * rounds. The posterior is (1 + score / largest score) / 2: no probability.
 * `skill` is the judge's sum of A x over the largest. Memory: 16 bytes a vote. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "statistics/infer/methods.h"

struct fit {
    const struct az_sample *s;
    double *x, *y; /* n_votes */
    double *items, *judges;
};

static double sign_of(const struct az_sample *s, size_t vote)
{
    const struct az_vote *v = &s->votes[vote];
    if (!az_vote_has_share(v))
        return 0;
    return v->label >= 0 ? 1.0 - 2.0 * v->label : az_vote_share(s, v, 0) - az_vote_share(s, v, 1);
}

static double largest(const double *x, size_t n)
{
    double top = 0;
    for (size_t i = 0; i < n; i++)
        top = AZ_MAX(top, fabs(x[i]));
    return top > 0 ? top : 1;
}

static void divide(double *x, size_t n, double by)
{
    for (size_t i = 0; i < n; i++)
        x[i] /= by;
}

static void sum_items(struct fit *f)
{
    for (size_t i = 0; i < f->s->n_items; i++) {
        f->items[i] = 0;
        for (size_t v = f->s->start[i]; v < f->s->start[i + 1]; v++)
            f->items[i] += sign_of(f->s, v) * f->y[v];
    }
}

static void sum_judges(struct fit *f)
{
    memset(f->judges, 0, f->s->n_judges * sizeof(*f->judges));
    for (size_t v = 0; v < f->s->n_votes; v++)
        f->judges[f->s->votes[v].judge] += sign_of(f->s, v) * f->x[v];
}

static void round_of(struct fit *f)
{
    sum_items(f);
    for (size_t i = 0; i < f->s->n_items; i++) {
        for (size_t v = f->s->start[i]; v < f->s->start[i + 1]; v++)
            f->x[v] = f->items[i] - sign_of(f->s, v) * f->y[v];
    }
    divide(f->x, f->s->n_votes, largest(f->x, f->s->n_votes));
    sum_judges(f);
    for (size_t v = 0; v < f->s->n_votes; v++)
        f->y[v] = f->judges[f->s->votes[v].judge] - sign_of(f->s, v) * f->x[v];
    divide(f->y, f->s->n_votes, largest(f->y, f->s->n_votes));
}

int az_infer_kos(const struct az_sample *s, const struct az_infer_options *o, struct az_infer *r)
{
    AZ_AUTO_MEM double *messages = az_zalloc(AZ_MAX(s->n_votes, (size_t)1) * 2 * sizeof(*messages));
    AZ_AUTO_MEM double *items = az_zalloc(s->n_items * sizeof(*items));
    if (!messages || !items || az_infer_room(s, AZ_WANT_POSTERIOR | AZ_WANT_SKILL, r) < 0)
        return AZ_ENOMEM;
    struct fit f = {s, messages, messages + s->n_votes, items, r->skill};
    for (size_t v = 0; v < s->n_votes; v++)
        f.y[v] = 1;
    for (int rounds = az_infer_rounds(o, 100); r->iterations < rounds; r->iterations++)
        round_of(&f);
    sum_items(&f);
    divide(f.judges, s->n_judges, largest(f.judges, s->n_judges));
    divide(items, s->n_items, largest(items, s->n_items));
    for (size_t i = 0; i < s->n_items; i++) {
        r->posterior[2 * i] = (1 + items[i]) / 2;
        r->posterior[2 * i + 1] = (1 - items[i]) / 2;
    }
    return 0;
}
