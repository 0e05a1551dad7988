#include "core/error.h"
#include "core/mem.h"
#include "workers/lexical/grams.h"
#include "workers/lexical/normal.h"
#include "workers/lexical/overlap.h"

enum { ORDER = 6 };

/* A text as characters, and the n-gram that starts at each. */
struct side {
    uint32_t *chars, *gram;
    size_t n;
};

static int side_init(struct side *s, struct az_str text)
{
    s->chars = az_alloc((text.n + 1) * sizeof(*s->chars));
    s->gram = az_zalloc((text.n + 1) * sizeof(*s->gram));
    if (!s->chars || !s->gram)
        return AZ_ENOMEM;
    for (const char *p = text.p, *end = p + text.n; p < end;) {
        uint32_t cp = az_utf8_next(&p);
        if (!az_is_space(cp))
            s->chars[s->n++] = cp;
    }
    return 0;
}

static void side_release(struct side *s)
{
    free(s->chars);
    free(s->gram);
}

enum { GRAM_UNKNOWN = UINT32_MAX }; /* starts no n-gram of the reference, nor a longer one */

/* How many n-grams the two share, as multisets. `left` counts the reference's. */
static size_t matches(struct side *text, struct side *reference, struct az_grams *grams,
                      uint32_t *left, size_t order)
{
    size_t found = 0;
    az_grams_clear(grams);
    memset(left, 0, (reference->n + 1) * sizeof(*left));
    for (size_t i = 0; i + order <= reference->n; i++) {
        uint32_t g = az_grams_add(grams, reference->gram[i], reference->chars[i + order - 1]);
        reference->gram[i] = g;
        left[g]++;
    }
    for (size_t i = 0; i + order <= text->n; i++) {
        if (text->gram[i] == (uint32_t)GRAM_UNKNOWN)
            continue;
        uint32_t g = az_grams_find(grams, text->gram[i], text->chars[i + order - 1]);
        text->gram[i] = g == AZ_GRAM_NONE ? (uint32_t)GRAM_UNKNOWN : g;
        if (g != AZ_GRAM_NONE && left[g]) {
            left[g]--;
            found++;
        }
    }
    return found;
}

static double score(struct side *text, struct side *reference, struct az_grams *grams,
                    uint32_t *left, double beta)
{
    double precision = 0, recall = 0;
    size_t orders = AZ_MIN((size_t)ORDER, AZ_MIN(text->n, reference->n));
    for (size_t order = 1; order <= orders; order++) {
        double found = (double)matches(text, reference, grams, left, order);
        precision += found / (double)(text->n - order + 1);
        recall += found / (double)(reference->n - order + 1);
    }
    if (precision + recall == 0)
        return 0;
    precision /= (double)orders;
    recall /= (double)orders;
    return (1 + beta * beta) * precision * recall / (beta * beta * precision + recall);
}

int az_chrf(struct az_str text, struct az_str reference, double beta, double *ret)
{
    struct side a = {0}, b = {0};
    struct az_grams grams = {0};
    uint32_t *left = NULL;
    int r = side_init(&a, text);
    if (r == 0)
        r = side_init(&b, reference);
    if (r == 0)
        r = az_grams_init(&grams, b.n);
    if (r == 0) {
        left = az_alloc((b.n + 1) * sizeof(*left));
        r = left ? 0 : AZ_ENOMEM;
    }
    if (r == 0)
        *ret = score(&a, &b, &grams, left, beta);
    free(left);
    az_grams_release(&grams);
    side_release(&a);
    side_release(&b);
    return r;
}
