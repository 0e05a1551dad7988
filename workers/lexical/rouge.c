#include "core/error.h"
#include "core/mem.h"
#include "workers/lexical/normal.h"
#include "workers/lexical/overlap.h"
#include "workers/names.h"

/* Where each word of the reference stands: the first place, then the next. */
struct places {
    struct az_names names;
    size_t *first; /* by name; place + 1, 0 = none */
    size_t *next;  /* by place */
};

static int places_init(struct places *p, const struct az_tokens *words)
{
    p->first = az_zalloc((words->n + 1) * sizeof(*p->first));
    p->next = az_zalloc((words->n + 1) * sizeof(*p->next));
    if (!p->first || !p->next)
        return AZ_ENOMEM;
    for (size_t i = 0; i < words->n; i++) {
        uint32_t name = az_names_add(&p->names, words->v[i]);
        if (name == AZ_NAME_NONE)
            return AZ_ENOMEM;
        p->next[i] = p->first[name];
        p->first[name] = i + 1;
    }
    return 0;
}

static void places_release(struct places *p)
{
    az_names_release(&p->names);
    free(p->first);
    free(p->next);
}

/* One row of the table of longest common subsequences, a bit a column
 * (Hyyrö 2004): V' = (V + (V & M)) | (V & ~M). */
static void row(uint64_t *v, const uint64_t *match, size_t n)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t u = v[i] & match[i], sum;
        bool over = __builtin_add_overflow(v[i], u, &sum);
        over |= __builtin_add_overflow(sum, carry, &sum);
        v[i] = sum | (v[i] & ~match[i]);
        carry = over;
    }
}

static int lcs(const struct az_tokens *words, const struct places *p, size_t m, size_t *ret)
{
    size_t n = (m + 63) / 64;
    AZ_AUTO_MEM uint64_t *v = az_alloc(n * sizeof(*v));
    AZ_AUTO_MEM uint64_t *match = az_zalloc(n * sizeof(*match));
    if (!v || !match)
        return AZ_ENOMEM;
    memset(v, 0xff, n * sizeof(*v));
    for (size_t j = 0; j < words->n; j++) {
        uint32_t name = az_names_find(&p->names, words->v[j]);
        if (name == AZ_NAME_NONE)
            continue;
        for (size_t at = p->first[name]; at; at = p->next[at - 1])
            match[(at - 1) / 64] |= UINT64_C(1) << (at - 1) % 64;
        row(v, match, n);
        for (size_t at = p->first[name]; at; at = p->next[at - 1])
            match[(at - 1) / 64] = 0;
    }
    *ret = 0;
    for (size_t i = 0; i < m; i++)
        *ret += !(v[i / 64] >> i % 64 & 1);
    return 0;
}

int az_rouge_l(struct az_str text, struct az_str reference, double *ret)
{
    AZ_AUTO_TOKENS a = az_tokens();
    AZ_AUTO_TOKENS b = az_tokens();
    int r = az_tokens_rouge(&a, text);
    if (r == 0)
        r = az_tokens_rouge(&b, reference);
    if (r < 0)
        return r;
    *ret = 0;
    if (!a.n || !b.n)
        return 0;

    struct places p = {0};
    size_t length;
    r = places_init(&p, &b);
    if (r == 0)
        r = lcs(&a, &p, b.n, &length);
    places_release(&p);
    if (r == 0)
        *ret = 2.0 * (double)length / (double)(a.n + b.n);
    return r;
}
