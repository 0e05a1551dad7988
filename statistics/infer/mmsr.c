/* Reference for research. M-MSR (Ma and Olshevsky, NeurIPS 2020): two judges agree on
 * the items that both answered by C_ij, and in expectation
 *   K / (K - 1) C_ij - 1 / (K - 1) = s_i s_j,   s = (K p - 1) / (K - 1),
 * so that skills complete a matrix of rank one. Each round every v_j becomes the mean of
 * |C_ij| / u_i over the judges i that share items with j, without the F largest and F
 * smallest that lie beyond the old v_j; then u from v likewise. F is half the least
 * number of such judges, less one, and never below 0 (published code goes wrong there).
 * 2000 rounds, or until u v^T moves by less than 1e-10.
 *
 * Signs split the judges so that pairs with C < 0 are apart: an eigenvector of the graph
 * of signs, turned so that most are right, over pairs that share items. s is kept 1/sqrt(items)
 * inside its range; `skill` is the weight ln(p (K - 1) / (1 - p)), and the posterior is what these
 * weights make of the votes. A judge that shares no item keeps its start. `start` is one
 * vector, n_judges long, for both u and v; else it is drawn. Repeated answers are
 * separate. Memory: 16 bytes a pair of judges. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/infer/methods.h"

enum { SIGN_ROUNDS = 1000 };

struct fit {
    const struct az_sample *s;
    size_t n, trim;
    double *agree, *common; /* n × n; agree becomes C */
    double *u, *v, *kept, *ratios;
};

static double same(const struct az_sample *s, const struct az_vote *a, const struct az_vote *b)
{
    double sum = 0;
    if (a->label >= 0 && b->label >= 0)
        return a->label == b->label;
    for (size_t c = 0; c < s->n_labels; c++)
        sum += az_vote_share(s, a, c) * az_vote_share(s, b, c);
    return sum;
}

static void count_pairs(struct fit *f, struct az_votes_of votes)
{
    for (size_t x = 0; x < votes.n; x++) {
        for (size_t y = 0; y < votes.n; y++) {
            const struct az_vote *a = &votes.v[x], *b = &votes.v[y];
            size_t at = (size_t)a->judge * f->n + (size_t)b->judge;
            if (a->judge == b->judge || !az_vote_has_share(a) || !az_vote_has_share(b))
                continue;
            f->agree[at] += same(f->s, a, b);
            f->common[at]++;
        }
    }
}

static void covary(struct fit *f)
{
    double k = (double)f->s->n_labels;
    size_t least = f->n;
    for (size_t i = 0; i < f->s->n_items; i++)
        count_pairs(f, az_sample_votes(f->s, i));
    for (size_t i = 0; i < f->n; i++) {
        size_t judges = 0;
        for (size_t j = 0; j < f->n; j++) {
            size_t at = i * f->n + j;
            judges += f->common[at] > 0;
            if (f->common[at] > 0)
                f->agree[at] = f->agree[at] / f->common[at] * k / (k - 1) - 1 / (k - 1);
        }
        least = AZ_MIN(least, judges);
    }
    f->trim = least / 2 > 1 ? least / 2 - 1 : 0;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The mean of what is left; `old` where nothing is. */
static double trimmed(const struct fit *f, size_t n, double old)
{
    size_t below = 0, above = 0;
    double sum = 0;
    qsort(f->ratios, n, sizeof(*f->ratios), ascending);
    for (size_t i = 0; i < n; i++)
        below += f->ratios[i] < old;
    size_t first = AZ_MIN(below, f->trim);
    for (size_t i = first; i < n; i++)
        above += f->ratios[i] > old;
    size_t end = n - AZ_MIN(above, f->trim);
    for (size_t i = first; i < end; i++)
        sum += f->ratios[i];
    if (end == first + 1 && sum == 0)
        return 1 / sqrt((double)f->s->n_items);
    return end > first ? sum / (double)(end - first) : old;
}

static void update(struct fit *f, const double *from, double *to)
{
    for (size_t j = 0; j < f->n; j++) {
        size_t n = 0;
        for (size_t i = 0; i < f->n; i++) {
            double ratio = fabs(f->agree[i * f->n + j]) / from[i];
            if (f->common[i * f->n + j] > 0 && isfinite(ratio))
                f->ratios[n++] = ratio;
        }
        if (n > 0)
            to[j] = trimmed(f, n, to[j]);
    }
}

/* How far u v^T is from that of the round before. */
static double moved(const struct fit *f, const double *u, const double *v)
{
    double sum = 0;
    for (size_t i = 0; i < f->n; i++) {
        for (size_t j = 0; j < f->n; j++) {
            double d = f->u[i] * f->v[j] - u[i] * v[j];
            sum += d * d;
        }
    }
    return sqrt(sum);
}

/* One step towards the signs v that pairs with C < 0 set apart and others together:
 * they minimise sum (v_i + v_j)^2 over the first, and half of sum (v_i - v_j)^2 over the
 * others, for a sum of degree * v^2 that is given. Returns the largest. */
static double sign_step(const struct fit *f, const double *v, double *next)
{
    double top = 0;
    for (size_t i = 0; i < f->n; i++) {
        double pull = 0, degree = 0;
        for (size_t j = 0; j < f->n; j++) {
            double c = f->agree[i * f->n + j];
            if (!(f->common[i * f->n + j] > 0) || c == 0)
                continue;
            pull += c > 0 ? (v[i] + v[j]) / 2 : -v[j];
            degree++;
        }
        next[i] = v[i] + (degree > 0 ? pull / degree : 0);
        top = AZ_MAX(top, fabs(next[i]));
    }
    return top;
}

static void signs(const struct fit *f, double *to, double *next)
{
    double sum = 0;
    for (size_t i = 0; i < f->n; i++)
        to[i] = 1 + (double)i / (double)(16 * f->n); /* no eigenvector of any matrix */
    for (int round = 0; round < SIGN_ROUNDS; round++) {
        double top = sign_step(f, to, next);
        for (size_t i = 0; i < f->n; i++)
            to[i] = top > 0 ? next[i] / top : 1;
    }
    for (size_t i = 0; i < f->n; i++)
        sum += to[i] = to[i] < 0 ? -1 : 1;
    for (size_t i = 0; i < f->n && sum < 0; i++)
        to[i] = -to[i];
}

static void weigh(struct fit *f, struct az_infer *r)
{
    double k = (double)f->s->n_labels, inside = 1 / sqrt((double)f->s->n_items);
    double uu = 0, vv = 0;
    for (size_t j = 0; j < f->n; j++) {
        uu += f->u[j] * f->u[j];
        vv += f->v[j] * f->v[j];
    }
    double by = uu > 0 && vv > 0 ? pow(uu / vv, 0.25) : 1;
    signs(f, f->kept, f->ratios);
    for (size_t j = 0; j < f->n; j++) {
        double s = f->kept[j] * f->u[j] / by;
        s = AZ_MAX(-1 / (k - 1) + inside, AZ_MIN(1 - inside, s));
        double p = AZ_MAX(1e-10, AZ_MIN(1 - 1e-10, s * (k - 1) / k + 1 / k));
        r->skill[j] = log(p * (k - 1) / (1 - p));
    }
    for (size_t i = 0; i < f->s->n_items; i++) {
        struct az_votes_of votes = az_sample_votes(f->s, i);
        size_t n = (size_t)f->s->labels_of[i];
        double *row = &r->posterior[i * f->s->n_labels];
        memset(row, 0, f->s->n_labels * sizeof(*row));
        for (size_t v = 0; v < votes.n; v++) {
            for (size_t c = 0; c < n; c++)
                row[c] += r->skill[votes.v[v].judge] * az_vote_share(f->s, &votes.v[v], c);
        }
        if (n > 0)
            az_infer_softmax(row, n);
    }
}

static void start(struct fit *f, const struct az_infer_options *o)
{
    struct az_rng rng = az_rng(o->seed);
    for (size_t j = 0; j < f->n; j++)
        f->u[j] = f->v[j] = o->start ? o->start[j] : 0.1 + 0.9 * az_rng_unit(&rng);
}

int az_infer_mmsr(const struct az_sample *s, const struct az_infer_options *o, struct az_infer *r)
{
    size_t n = s->n_judges;
    AZ_AUTO_MEM double *pairs = az_zalloc(2 * n * n * sizeof(*pairs));
    AZ_AUTO_MEM double *room = az_zalloc(5 * n * sizeof(*room));
    if (!pairs || !room || az_infer_room(s, AZ_WANT_POSTERIOR | AZ_WANT_SKILL, r) < 0)
        return AZ_ENOMEM;
    struct fit f = {.s = s, .n = n, .agree = pairs, .common = pairs + n * n, .u = room};
    f.v = room + n;
    f.kept = room + 2 * n; /* u and v of the round before */
    f.ratios = room + 4 * n;
    covary(&f);
    start(&f, o);
    double enough = az_infer_tolerance(o, 1e-10);
    for (int rounds = az_infer_rounds(o, 2000); r->iterations < rounds && !r->converged;) {
        memcpy(f.kept, f.u, n * sizeof(*f.u));
        memcpy(f.kept + n, f.v, n * sizeof(*f.v));
        update(&f, f.u, f.v);
        update(&f, f.v, f.u);
        r->iterations++;
        r->converged = moved(&f, f.kept, f.kept + n) < enough;
    }
    weigh(&f, r);
    return 0;
}
