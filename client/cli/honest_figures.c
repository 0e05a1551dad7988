/* client/cli/honest_figures.c: which means there are of a question, and each item's part
 * in them: the truth's where it is known, and the prediction's. */
#include "client/cli/honest_state.h"

#include <math.h>

#include "core/mem.h"
#include "statistics/interval/needed.h"
#include "statistics/learn/design.h"

static const struct az_str none = {0};

struct work {
    const struct az_honest_view *view;
    struct az_honest_figures *to;
    size_t cap;
    /* Of the items that a figure is about. */
    double *judged, *truth, *weight;
    bool *labelled, *drawn;
    uint64_t *cluster;
    size_t n, n_labelled;
    bool rate, same_scale;
};

static void work_release(struct work *w)
{
    free(w->judged);
    free(w->labelled);
    free(w->cluster);
}

static int work_init(struct work *w, const struct az_honest_view *view,
                     struct az_honest_figures *to)
{
    size_t n = view->n + 1;
    *w = (struct work){.view = view, .to = to};
    w->judged = az_alloc(3 * n * sizeof(*w->judged));
    w->labelled = az_alloc(2 * n * sizeof(*w->labelled));
    w->cluster = az_alloc(n * sizeof(*w->cluster));
    if (!w->judged || !w->labelled || !w->cluster) {
        work_release(w);
        return AZ_ENOMEM;
    }
    w->drawn = w->labelled + n;
    w->truth = w->judged + n;
    w->weight = w->truth + n;
    return 0;
}

static void begin(struct work *w, bool rate)
{
    w->n = w->n_labelled = 0;
    w->rate = rate;
    w->same_scale = true;
}

static void put(struct work *w, size_t row, double judged, bool labelled, double truth)
{
    const struct az_sample *s = &w->view->h->corpus.sample;
    size_t i = w->n++;
    w->judged[i] = judged;
    w->labelled[i] = labelled;
    w->truth[i] = labelled ? truth : 0;
    w->weight[i] = labelled ? s->weights[w->view->rows[row]] : 1;
    w->cluster[i] = s->clusters[w->view->rows[row]];
    w->drawn[i] = az_honest_drawn(w->view->h, w->cluster[i]);
    w->n_labelled += labelled;
}

/* Of items that were thinned out, as many as stand for them. */
static int64_t all_of(const struct work *w)
{
    const struct az_honest_figures *f = w->to;
    int64_t own = f->elsewhere ? 0 : f->labelled;
    double out = (double)(f->items - own - f->rest);
    double each = f->rest ? out / (double)f->rest : 0;
    return (int64_t)(f->elsewhere ? w->n - w->n_labelled : w->n) +
           (int64_t)llround(each * (double)(w->n - w->n_labelled));
}

/* Of items that were thinned out there are more than are counted here: all of them are what
 * labels could be had of. */
static int needed(const struct work *w, const struct az_mean_of *mean, struct az_honest_figure *f)
{
    const struct az_honest_widths *wanted = &w->view->h->widths;
    bool rate = w->rate || (f->kind != AZ_HONEST_MEAN && f->kind != AZ_HONEST_SYSTEM_MEAN);
    int r = 0;
    for (size_t i = 0; r == 0 && i < AZ_HONEST_WIDTHS; i++) {
        double width = rate ? wanted->rate[i] : wanted->mean[i];
        if (width > 0)
            r = az_labels_needed(mean, width, &f->needed[i]);
        if (f->needed[i] > (int64_t)mean->n)
            f->needed[i] = f->all + 1;
    }
    return r;
}

static int end(struct work *w, enum az_honest_kind kind, struct az_str of)
{
    struct az_honest_figures *f = w->to;
    struct az_mean_of mean = {.n = w->n,
                              .judged = w->judged,
                              .truth = w->truth,
                              .labelled = w->labelled,
                              .w = w->to->weighted ? w->weight : NULL,
                              .cluster = w->cluster,
                              .drawn = w->drawn,
                              .rate = w->rate,
                              .same_scale = w->same_scale,
                              .elsewhere = w->to->elsewhere,
                              .seed = w->view->seed};
    if (!w->n_labelled)
        return 0;
    if (az_grow(&f->v, &w->cap, f->n + 1, sizeof(*f->v)) < 0)
        return AZ_ENOMEM;
    struct az_honest_figure *to = &f->v[f->n];
    *to = (struct az_honest_figure){
        .kind = kind, .of = of, .all = all_of(w), .labelled = (int64_t)w->n_labelled};
    int r = az_choose_mean(&mean, &to->chosen);
    if (r == 0)
        r = needed(w, &mean, to);
    f->n += r == 0;
    return r;
}

/* ---- of labels ---- */

static const double *said(const struct work *w, size_t row)
{
    return w->view->p + row * w->view->n_labels;
}

static double true_share(const struct work *w, size_t item, size_t label)
{
    return az_sample_true_share(&w->view->h->corpus.sample, item, label);
}

/* What is predicted of a verdict is the probability of its label; an undecided one is
 * worth what its shares give, of which the largest is the best guess. */
static int verdicts_accuracy(struct work *w)
{
    const struct az_honest *h = w->view->h;
    begin(w, true);
    for (size_t i = 0; i < w->view->n; i++) {
        size_t item = w->view->rows[i];
        int label = h->words[item].label;
        double most = 0;
        for (size_t k = 0; k < w->view->n_labels; k++)
            most = AZ_MAX(most, said(w, i)[k]);
        bool decided = label >= 0 && (size_t)label < w->view->n_labels;
        if (az_honest_labelled(h, item) && !h->has_credit[item])
            continue; /* annotators who are of two minds: no one answer */
        put(w, i, decided ? said(w, i)[label] : most / 2, az_honest_labelled(h, item),
            h->words[item].credit);
    }
    return end(w, AZ_HONEST_ACCURACY, none);
}

static int learnt_accuracy(struct work *w)
{
    const struct az_honest_view *v = w->view;
    begin(w, true);
    for (size_t i = 0; i < v->n; i++) {
        double truth[AZ_SAMPLE_LABELS_MAX];
        for (size_t k = 0; k < v->n_labels; k++)
            truth[k] = true_share(w, v->rows[i], k);
        put(w, i, v->top[i], az_honest_labelled(v->h, v->rows[i]),
            az_credit(said(w, i), truth, v->n_labels));
    }
    return end(w, AZ_HONEST_ACCURACY, none);
}

static int accuracy(struct work *w)
{
    if (w->view->no_accuracy || w->to->elsewhere)
        return 0;
    return w->view->top ? learnt_accuracy(w) : verdicts_accuracy(w);
}

static int share(struct work *w, size_t label)
{
    begin(w, true);
    for (size_t i = 0; i < w->view->n; i++) {
        size_t item = w->view->rows[i];
        put(w, i, said(w, i)[label], az_honest_labelled(w->view->h, item),
            true_share(w, item, label));
    }
    return end(w, AZ_HONEST_SHARE, az_str(az_label_name(&w->view->h->panel->question, (int)label)));
}

static int pass_of_labels(struct work *w)
{
    const struct az_question *q = &w->view->h->panel->question;
    begin(w, true);
    for (size_t i = 0; i < w->view->n; i++) {
        size_t item = w->view->rows[i];
        double judged = 0, truth = 0;
        for (size_t k = 0; k < w->view->n_labels; k++) {
            if (!az_passes(q, (int)k, false, 0))
                continue;
            judged += said(w, i)[k];
            truth += true_share(w, item, k);
        }
        put(w, i, judged, az_honest_labelled(w->view->h, item), truth);
    }
    return end(w, AZ_HONEST_PASS, none);
}

/* ---- of systems ---- */

/* The place of the system, or -1: it took no part, or met itself. */
static int place_of(const struct az_corpus *c, size_t item, uint32_t name)
{
    int at = -1;
    for (size_t k = 0; k < c->n_places; k++) {
        if (c->systems[item * c->n_places + k] != name)
            continue;
        if (at >= 0)
            return -1;
        at = (int)k;
    }
    return at;
}

static int wins(struct work *w, uint32_t name, struct az_str of)
{
    const struct az_corpus *c = &w->view->h->corpus;
    int tie = c->sample.tie;
    begin(w, true);
    for (size_t i = 0; i < w->view->n; i++) {
        size_t item = w->view->rows[i];
        int place = place_of(c, item, name);
        if (place < 0 || (size_t)place >= w->view->n_labels)
            continue;
        double judged = said(w, i)[place], truth = true_share(w, item, (size_t)place);
        if (tie >= 0) {
            judged += 0.5 * said(w, i)[tie];
            truth += 0.5 * true_share(w, item, (size_t)tie);
        }
        put(w, i, judged, az_honest_labelled(w->view->h, item), truth);
    }
    return end(w, AZ_HONEST_WINS, of);
}

/* ---- of scores ---- */

static bool passes(const struct az_question *q, double score)
{
    return az_passes(q, AZ_LABEL_NONE, true, score);
}

static int pass_of_scores(struct work *w)
{
    const struct az_honest_view *v = w->view;
    const struct az_question *q = &v->h->panel->question;
    begin(w, true);
    for (size_t i = 0; i < v->n; i++) {
        size_t item = v->rows[i];
        put(w, i, passes(q, v->scores[i]), az_honest_labelled(v->h, item),
            passes(q, v->h->corpus.sample.true_scores[item]));
    }
    return end(w, AZ_HONEST_PASS, none);
}

/* Truth from 0 to 1 and a scale that goes beyond: the panel's numbers stand for something
 * else than the labels' (choose.h: OUA). */
static bool other_scale(const struct az_honest_view *v)
{
    const struct az_sample *s = &v->h->corpus.sample;
    const struct az_question *q = &v->h->panel->question;
    if (q->scale_min >= 0 && q->scale_max <= 1)
        return false;
    for (size_t i = 0; i < v->n; i++) {
        double truth = s->true_scores[v->rows[i]];
        if (az_honest_labelled(v->h, v->rows[i]) && !(truth >= 0 && truth <= 1))
            return false;
    }
    return true;
}

/* Without a name: of all. */
static int mean(struct work *w, uint32_t name, struct az_str of, bool other)
{
    const struct az_honest_view *v = w->view;
    const struct az_corpus *c = &v->h->corpus;
    begin(w, other);
    w->same_scale = !other;
    for (size_t i = 0; i < v->n; i++) {
        size_t item = v->rows[i];
        if (!of.p || place_of(c, item, name) >= 0)
            put(w, i, v->scores[i], az_honest_labelled(v->h, item), c->sample.true_scores[item]);
    }
    return end(w, of.p ? AZ_HONEST_SYSTEM_MEAN : AZ_HONEST_MEAN, of);
}

/* ---- all of them ---- */

static int systems(struct work *w, bool other)
{
    const struct az_corpus *c = &w->view->h->corpus;
    size_t n = AZ_MIN(c->system_names.n, (size_t)AZ_HONEST_SYSTEMS);
    int r = 0;
    for (uint32_t name = 1; r == 0 && name <= n; name++) {
        struct az_str of = az_names_get(&c->system_names, name);
        r = w->view->scores ? mean(w, name, of, other) : wins(w, name, of);
    }
    return r;
}

static int of_labels(struct work *w)
{
    const struct az_question *q = &w->view->h->panel->question;
    bool shares = q->kind == AZ_CHOICE || (q->kind == AZ_PAIR && !w->view->h->corpus.n_places);
    int r = accuracy(w);
    for (size_t k = 0; r == 0 && shares && k < w->view->n_labels; k++)
        r = share(w, k);
    if (r == 0 && q->pass != AZ_PASS_NONE)
        r = pass_of_labels(w);
    return r < 0 || w->to->elsewhere ? r : systems(w, false);
}

static int of_scores(struct work *w)
{
    bool other = other_scale(w->view);
    int r = w->to->elsewhere ? 0 : mean(w, 0, none, other);
    if (r == 0 && !other && w->view->h->panel->question.pass != AZ_PASS_NONE)
        r = pass_of_scores(w);
    return r < 0 || w->to->elsewhere ? r : systems(w, other);
}

int az_honest_work_out(const struct az_honest_view *view, struct az_honest_figures *ret)
{
    struct work w;
    int r = work_init(&w, view, ret);
    if (r < 0)
        return r;
    r = view->scores ? of_scores(&w) : of_labels(&w);
    work_release(&w);
    return r;
}
