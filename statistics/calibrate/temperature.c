#include "statistics/calibrate/temperature.h"

#include <math.h>

enum { STEPS = 200 };

static const double lowest = 1e-4, highest = 1e4;

double az_softmax(const double *z, size_t k, double scale, double *q)
{
    double top = scale * z[0], sum = 0;
    for (size_t i = 1; i < k; i++)
        top = AZ_MAX(top, scale * z[i]);
    for (size_t i = 0; i < k; i++)
        sum += exp(scale * z[i] - top);
    for (size_t i = 0; q && i < k; i++)
        q[i] = exp(scale * z[i] - top) / sum;
    return top + log(sum);
}

/* First and second derivative of the log-loss in the inverse. */
static void slope(const struct az_logits *l, double inverse, double *first, double *second)
{
    double q[AZ_LOGITS_LABELS];
    *first = *second = 0;
    for (size_t i = 0; i < l->n; i++) {
        double w = az_logits_weight(l, i);
        if (!(w > 0))
            continue;
        const double *z = l->z + i * l->n_labels;
        size_t k = az_logits_labels(l, i);
        double mean = 0, square = 0;
        az_softmax(z, k, inverse, q);
        for (size_t j = 0; j < k; j++)
            mean += q[j] * (z[j] - z[0]); /* from z[0], lest large logits cancel */
        for (size_t j = 0; j < k; j++) {
            double off = z[j] - z[0] - mean;
            square += q[j] * off * off;
        }
        *first += w * (mean - (z[l->truth[i]] - z[0]));
        *second += w * square;
    }
}

int az_temperature_fit(const struct az_logits *l, struct az_temperature *ret)
{
    bool any = false;
    for (size_t i = 0; i < l->n && !any; i++)
        any = az_logits_weight(l, i) > 0;
    if (!any)
        return AZ_ENOENT;

    /* The derivative rises: left of the optimum it is below 0. */
    double low = lowest, high = highest, at = 1, first, second;
    for (int i = 0; i < STEPS; i++) {
        slope(l, at, &first, &second);
        if (first < 0)
            low = at;
        else
            high = at;
        double next = at - first / second;
        if (!(next > low && next < high))
            next = sqrt(low * high);
        double moved = fabs(next - at);
        at = next;
        if (moved <= 1e-15 * at || first == 0)
            break;
    }
    *ret = (struct az_temperature){at};
    return 0;
}

void az_temperature_apply(const struct az_temperature *t, const double *z, size_t k, double *q)
{
    az_softmax(z, k, t->inverse, q);
}

double az_temperature_loss(const struct az_logits *l, double inverse)
{
    double sum = 0, weights = 0;
    for (size_t i = 0; i < l->n; i++) {
        double w = az_logits_weight(l, i);
        if (!(w > 0))
            continue;
        const double *z = l->z + i * l->n_labels;
        sum +=
            w * (az_softmax(z, az_logits_labels(l, i), inverse, NULL) - inverse * z[l->truth[i]]);
        weights += w;
    }
    return sum / weights;
}
