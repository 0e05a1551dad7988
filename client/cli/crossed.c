#include "client/cli/crossed.h"

#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "statistics/folds.h"

enum { MODEL_MAX = 256 << 20 };

void az_crossed_release(struct az_crossed *x)
{
    for (size_t i = 0; i < AZ_LEN(x->models); i++)
        az_calibration_free(x->models[i]);
    az_names_release(&x->ids);
    free(x->fold);
    *x = (struct az_crossed){0};
}

/* Everything that is labelled, and in `seen` what of it is learnt from. */
struct crossing {
    const struct az_corpus *corpus;
    const char *kind;
    uint64_t seed;
    struct az_design design;
    uint32_t *room;
    struct az_rows rows, seen;
    uint32_t *seen_fold;
};

static int gather(struct crossing *c, struct az_error *err)
{
    const struct az_corpus *from = c->corpus;
    size_t n = az_corpus_n(from);
    c->room = az_alloc((4 * n + 1) * sizeof(*c->room));
    c->seen_fold = az_alloc((n + 1) * sizeof(*c->seen_fold));
    if (!c->room || !c->seen_fold)
        return az_oom(err);
    c->rows.v = c->room;
    for (size_t i = 0; i < n; i++) {
        if (az_sample_labelled(&from->sample, i) && from->in_full[i])
            c->room[c->rows.n++] = (uint32_t)i;
    }
    return 0;
}

/* Which item is in which fold, for whoever asks by id. */
static int deal(struct crossing *c, struct az_crossed *x, struct az_error *err)
{
    size_t n = c->rows.n;
    AZ_AUTO_MEM uint32_t *fold = az_alloc((n + 1) * sizeof(*fold));
    x->fold = az_alloc((n + 1) * sizeof(*x->fold));
    if (!fold || !x->fold || az_learn_folds(&c->design, c->rows, AZ_LEARN_FOLDS, c->seed, fold) < 0)
        return az_oom(err);
    for (size_t i = 0; i < n; i++) {
        uint32_t number = az_names_add(&x->ids, az_corpus_id(c->corpus, c->rows.v[i]));
        if (number == AZ_NAME_NONE)
            return az_oom(err);
        x->fold[number - 1] = fold[i];
    }
    return 0;
}

/* Of very many labels a draw says as much, and the rest is decided out of fold all the same. */
static void draw(struct crossing *c, const struct az_crossed *x)
{
    uint32_t *v = c->room + az_corpus_n(c->corpus);
    memcpy(v, c->rows.v, c->rows.n * sizeof(*v));
    c->seen = (struct az_rows){v, az_draw(v, c->rows.n, AZ_CROSSED_MOST, c->seed)};
    for (size_t i = 0; i < c->seen.n; i++)
        c->seen_fold[i] = (uint32_t)az_crossed_which(x, az_corpus_id(c->corpus, v[i]));
}

/* As a calibration, which a panel decides by. */
static int keep(const struct crossing *c, const struct az_model *m, struct az_calibration **ret,
                struct az_error *err)
{
    AZ_AUTO_BUF b = az_buf(MODEL_MAX);
    struct az_calibration_tested none = {0};
    az_calibration_write(&b, c->corpus->panel, m, NULL, &none, (struct az_str){0});
    int r = az_buf_check(&b, err);
    return r < 0 ? r : az_calibration_read(az_buf_view(&b), ret, err);
}

static int learn(const struct crossing *c, struct az_crossed *x, struct az_error *err)
{
    uint32_t *room = c->room + 2 * az_corpus_n(c->corpus);
    for (uint32_t which = 0; which <= AZ_LEARN_FOLDS; which++) {
        AZ_AUTO(model) m = NULL;
        struct az_rows rows = which == AZ_LEARN_FOLDS
                                  ? c->seen
                                  : az_rows_of(c->seen, c->seen_fold, which, false, room);
        int r = az_learn(c->kind, &c->design, rows, c->seed, &m, err);
        if (r == 0)
            r = keep(c, m, &x->models[which], err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int cross(struct crossing *c, struct az_crossed *x, struct az_error *err)
{
    const struct az_corpus *from = c->corpus;
    int r = gather(c, err);
    if (r < 0)
        return r;
    x->labelled = (int64_t)c->rows.n;
    if (c->rows.n < AZ_CROSSED_LEAST) {
        x->reason = "fewer than 20 items have a true answer";
        return 0;
    }
    r = az_design_init(&c->design, &from->sample, 0, az_corpus_n(from), err);
    if (r == 0)
        r = deal(c, x, err);
    if (r < 0)
        return r;
    draw(c, x);
    x->used = (int64_t)c->seen.n;
    return learn(c, x, err);
}

int az_crossed_learn(const struct az_corpus *c, const char *kind, uint64_t seed,
                     struct az_crossed *ret, struct az_error *err)
{
    struct crossing crossing = {.corpus = c, .kind = kind, .seed = seed};
    *ret = (struct az_crossed){0};
    if (!c->sample.n_labels)
        ret->reason = "a score without steps has no levels to learn";
    else if (c->panel->n_judges > AZ_JUDGES_MAX)
        ret->reason = "more judges than are fitted";
    if (ret->reason)
        return 0;
    int r = cross(&crossing, ret, err);
    az_design_release(&crossing.design);
    free(crossing.room);
    free(crossing.seen_fold);
    return r;
}

size_t az_crossed_which(const struct az_crossed *x, struct az_str id)
{
    uint32_t number = az_names_find(&x->ids, id);
    return number == AZ_NAME_NONE ? AZ_LEARN_FOLDS : x->fold[number - 1];
}

bool az_crossed_labelled(const struct az_crossed *x, struct az_str id)
{
    return az_names_find(&x->ids, id) != AZ_NAME_NONE;
}
