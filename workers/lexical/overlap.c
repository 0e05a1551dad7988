#include "workers/lexical/overlap.h"

#include "core/error.h"
#include "core/mem.h"
#include "workers/lexical/normal.h"
#include "workers/names.h"

int az_contains(struct az_str text, struct az_str reference, double *ret)
{
    AZ_AUTO_BUF a = az_buf(AZ_BUF_MAX);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    int r = az_fold_spaces(&a, text);
    if (r == 0)
        r = az_fold_spaces(&b, reference);
    if (r == 0)
        *ret = az_str_find(az_buf_view(&a), az_buf_view(&b)) >= 0;
    return r;
}

static int both(struct az_str text, struct az_str reference, struct az_tokens *a,
                struct az_tokens *b)
{
    int r = az_tokens_squad(a, text);
    return r < 0 ? r : az_tokens_squad(b, reference);
}

int az_exact_match(struct az_str text, struct az_str reference, double *ret)
{
    AZ_AUTO_TOKENS a = az_tokens();
    AZ_AUTO_TOKENS b = az_tokens();
    int r = both(text, reference, &a, &b);
    if (r < 0)
        return r;
    bool same = a.n == b.n;
    for (size_t i = 0; same && i < a.n; i++)
        same = az_str_eq(a.v[i], b.v[i]);
    *ret = same;
    return 0;
}

/* Each word of `b` takes one like it out of `a`'s count. */
static int common_words(const struct az_tokens *a, const struct az_tokens *b,
                        struct az_names *names, size_t *ret)
{
    AZ_AUTO_MEM uint32_t *left = az_zalloc((a->n + 1) * sizeof(*left));
    if (!left)
        return AZ_ENOMEM;
    for (size_t i = 0; i < a->n; i++) {
        uint32_t word = az_names_add(names, a->v[i]);
        if (word == AZ_NAME_NONE)
            return AZ_ENOMEM;
        left[word]++;
    }
    *ret = 0;
    for (size_t i = 0; i < b->n; i++) {
        uint32_t word = az_names_find(names, b->v[i]);
        if (word != AZ_NAME_NONE && left[word]) {
            left[word]--;
            ++*ret;
        }
    }
    return 0;
}

int az_token_f1(struct az_str text, struct az_str reference, double *ret)
{
    AZ_AUTO_TOKENS a = az_tokens();
    AZ_AUTO_TOKENS b = az_tokens();
    int r = both(text, reference, &a, &b);
    if (r < 0)
        return r;
    if (!a.n || !b.n) {
        *ret = a.n == b.n;
        return 0;
    }
    struct az_names names = {0};
    size_t common;
    r = common_words(&a, &b, &names, &common);
    az_names_release(&names);
    if (r == 0)
        *ret = 2.0 * (double)common / (double)(a.n + b.n);
    return r;
}
