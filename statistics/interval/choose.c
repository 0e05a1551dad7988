#include "statistics/interval/choose.h"

#include <math.h>

#include "core/mem.h"
#include "statistics/interval/clopper_pearson.h"
#include "statistics/interval/mean.h"
#include "statistics/interval/oua.h"
#include "statistics/interval/ppi.h"
#include "statistics/interval/rogan_gladen.h"
#include "statistics/interval/wilson.h"
#include "statistics/special.h"

static const double level = 0.95;

/* The labelled and the other items apart. */
struct parts {
    size_t n, n_rest, n_unlabelled; /* rest: those, or all items where chances were uneven */
    double *y, *judged, *w, *rest;
    uint64_t *cluster, *cluster_rest;
    bool weighted;
};

static void parts_release(struct parts *p)
{
    free(p->y);
    free(p->judged);
    free(p->w);
    free(p->rest);
    free(p->cluster);
    free(p->cluster_rest);
}

static int parts_of(const struct az_mean_of *of, struct parts *p)
{
    size_t n = of->n;
    *p = (struct parts){.y = az_alloc(n * sizeof(double)),
                        .judged = az_alloc(n * sizeof(double)),
                        .w = az_alloc(n * sizeof(double)),
                        .rest = az_alloc(n * sizeof(double)),
                        .cluster = az_alloc(n * sizeof(uint64_t)),
                        .cluster_rest = az_alloc(n * sizeof(uint64_t))};
    if (!p->y || !p->judged || !p->w || !p->rest || !p->cluster || !p->cluster_rest)
        return AZ_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        uint64_t cluster = of->cluster ? of->cluster[i] : i;
        if (!of->labelled[i]) {
            p->rest[p->n_rest] = of->judged[i];
            p->cluster_rest[p->n_rest++] = cluster;
            continue;
        }
        p->y[p->n] = of->truth[i];
        p->judged[p->n] = of->judged[i];
        p->w[p->n] = of->w ? of->w[i] : 1;
        p->weighted = p->weighted || p->w[p->n] != p->w[0];
        p->cluster[p->n++] = cluster;
    }
    p->n_unlabelled = p->n_rest;
    /* Those left over are no random sample then: all items are, or a draw of all. */
    for (size_t i = 0; p->weighted && !of->elsewhere && i < n; i++) {
        if (!of->labelled[i] || (of->drawn && !of->drawn[i]))
            continue;
        p->rest[p->n_rest] = of->judged[i];
        p->cluster_rest[p->n_rest++] = of->cluster ? of->cluster[i] : i;
    }
    return 0;
}

struct shape {
    bool repeated; /* some cluster has several items */
    bool between;  /* some value is neither 0 nor 1 */
};

/* Without weights; `exact`: short ones by Clopper and Pearson. */
static int plain(const double *x, const uint64_t *cluster, size_t n, bool rate, bool exact,
                 const char *reason, struct az_figure *ret, struct shape *shape)
{
    struct az_mean m = {0};
    double low, high;
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++)
        r = az_mean_add(&m, cluster[i], x[i]);
    *ret = rate ? az_mean_rate(&m, reason) : az_mean_figure(&m, reason);
    *shape = (struct shape){m.repeated, m.between};
    exact = exact && rate && !m.between && !m.repeated && n > 0 && n < AZ_CHOOSE_EXACT;
    if (r == 0 && exact && az_clopper_pearson((int64_t)m.sum, m.n, level, &low, &high))
        *ret = az_figure_between(*ret, low, high, "clopper-pearson");
    az_mean_release(&m);
    return r;
}

static int labels_only(const struct parts *p, bool rate, struct az_figure *ret)
{
    static const char *const names[2][3] = {{"t", "t by cluster", "t, weighted"},
                                            {"wilson", "wilson by cluster", "wilson, weighted"}};
    struct shape shape;
    int r = plain(p->y, p->cluster, p->n, rate, true, "no labelled items", ret, &shape);
    if (r < 0 || (rate && !p->weighted && !shape.repeated && !shape.between))
        return r;

    struct az_ppi_data d = {
        .n = p->n, .y = p->y, .predicted = p->judged, .w = p->w, .cluster = p->cluster};
    struct az_ppi_fit f;
    r = az_ppi_fit(&d, 0, &f);
    if (r == 0)
        *ret = az_ppi_figure(&f, rate, names[rate][p->weighted ? 2 : shape.repeated]);
    else if (r == AZ_ENOENT && p->weighted)
        *ret = az_figure_none("fewer than three labelled clusters with weights", (int64_t)p->n);
    return r == AZ_ENOENT ? 0 : r;
}

static bool yes_or_no(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (x[i] != 0 && x[i] != 1)
            return false;
    }
    return true;
}

static struct az_figure elsewhere(const struct parts *p)
{
    struct az_rogan_gladen c = {.n = (int64_t)p->n_rest};
    for (size_t i = 0; i < p->n_rest; i++)
        c.said_yes += p->rest[i] == 1;
    for (size_t i = 0; i < p->n; i++) {
        bool yes = p->y[i] == 1, said = p->judged[i] == 1;
        c.yes += yes;
        c.no += !yes;
        c.yes_of_yes += yes && said;
        c.no_of_no += !yes && !said;
    }
    if (AZ_MIN(c.yes, c.no) < AZ_CHOOSE_RARE)
        return az_figure_none("fewer than 15 labels of the rarer answer", c.yes + c.no);
    return az_rogan_gladen(&c);
}

static void use(struct az_chosen *c, struct az_figure f, bool judge_error, const char *why)
{
    c->figure = f;
    c->judge_error = judge_error;
    c->why = why;
}

/* Labels of another source. */
static void choose_elsewhere(const struct az_mean_of *of, const struct parts *p,
                             struct az_chosen *c)
{
    bool binary = of->rate && yes_or_no(p->judged, p->n) && yes_or_no(p->rest, p->n_rest);
    struct az_figure f = binary ? elsewhere(p) : az_figure_none(NULL, 0);
    if (f.defined)
        use(c, f, true,
            "labelled items are no sample of the job: the judge's error rates are used");
    else
        use(c, c->panel, false,
            binary ? "labelled items say too little about the judge: its word is taken"
                   : "labelled items are no sample of the job: the panel's word is taken");
}

static int oua(const struct az_mean_of *of, struct az_chosen *c)
{
    struct az_oua_data d = {of->n, of->judged, of->truth, of->labelled, of->w, of->cluster};
    struct az_oua o;
    int r = az_oua_fit(&d, of->seed, &o);
    if (r == AZ_ENOENT) {
        use(c, c->labels, true, "no map from the panel's scale to the labels: labels only");
        return 0;
    }
    if (r == 0)
        use(c, az_oua_figure(&o), true, "the panel's scale is mapped to that of the labels");
    return r;
}

/* Enough labels that are a sample of the job. */
static int choose_powered(const struct az_mean_of *of, const struct parts *p, struct az_chosen *c)
{
    struct az_ppi_data d = {p->n,       p->y,      p->judged, p->weighted ? p->w : NULL,
                            p->cluster, p->n_rest, p->rest,   p->cluster_rest};
    struct az_ppi_fit f;
    int r = az_ppi_fit(&d, NAN, &f);
    double least = AZ_MIN(f.p_labels, 1 - f.p_labels);
    if (r == AZ_ENOENT || (r == 0 && f.clusters < AZ_CHOOSE_LABELS)) {
        use(c, c->labels, true, "fewer than 50 labelled clusters: labels only");
        return 0;
    }
    if (r < 0)
        return r;
    if (of->rate && (double)f.clusters * least < AZ_CHOOSE_RARE)
        use(c, c->labels, true, "fewer than 15 labels of the rarer answer: labels only");
    else if (p->n_unlabelled == 0)
        use(c, c->labels, true, "every item is labelled");
    else if (!of->same_scale)
        return oua(of, c);
    else
        use(c, az_ppi_figure(&f, of->rate, "ppi++"), true,
            "labels are a sample of the job, predictions of the rest narrow the interval");
    return 0;
}

static int choose(const struct az_mean_of *of, const struct parts *p, struct az_chosen *c)
{
    bool panel_rate = of->rate && of->same_scale;
    struct shape shape;
    int r = labels_only(p, of->rate, &c->labels);
    if (r == 0 && (of->elsewhere || (p->weighted && of->drawn))) {
        r = plain(p->rest, p->cluster_rest, p->n_rest, panel_rate, false, "no judged items",
                  &c->panel, &shape);
    } else if (r == 0) {
        AZ_AUTO_MEM uint64_t *own = of->cluster ? NULL : az_alloc(of->n * sizeof(*own));
        if (!of->cluster && !own)
            return AZ_ENOMEM;
        for (size_t i = 0; own && i < of->n; i++)
            own[i] = i;
        r = plain(of->judged, of->cluster ? of->cluster : own, of->n, panel_rate, false,
                  "no judged items", &c->panel, &shape);
    }
    if (r < 0)
        return r;
    if (p->n == 0)
        use(c, c->panel, false, "no labelled items: judge error not included");
    else if (of->elsewhere)
        choose_elsewhere(of, p, c);
    else
        return choose_powered(of, p, c);
    return 0;
}

int az_choose_mean(const struct az_mean_of *of, struct az_chosen *ret)
{
    struct parts p;
    struct az_chosen c = {0};
    int r = parts_of(of, &p);
    if (r == 0)
        r = choose(of, &p, &c);
    parts_release(&p);
    if (r == 0)
        *ret = c;
    return r;
}
