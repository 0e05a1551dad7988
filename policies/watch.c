#include "policies/watch.h"

#include "core/buf.h"
#include "core/item.h"
#include "core/mem.h"
#include "policies/answers.h"
#include "policies/calibration.h"

/* So many that of a million clusters nine in ten are looked at: with few, a long job
 * would be watched at its beginning only. A short one touches few of their pages. */
enum { CLUSTER_BITS = 1 << 22 };

struct test {
    bool tested, told;
    struct az_drift drift, then; /* now, and at the alarm */
};

/* Clusters that came. One that shares its place with another is passed over, whatever
 * was said of it. */
struct clusters {
    uint64_t bits[CLUSTER_BITS / 64];
};

struct az_watch {
    const struct az_panel *panel;
    double delta;
    double weight; /* of gold; 0: none came */
    bool unequal;
    size_t n; /* tests */
    struct clusters with_gold, all;
    struct test tests[];
};

static size_t at(const struct az_watch *w, enum az_watch_what what, int judge)
{
    return what == AZ_WATCH_PANEL ? 0 : 1 + (what == AZ_WATCH_APART) * w->panel->n_judges + judge;
}

/* ---- what it was ---- */

/* The share of delta that a test has is halved: for where its base is, and for itself. */
static void begin(struct test *t, const struct az_tried *was, double delta)
{
    double base = was->n ? az_drift_base(was->hit, was->n, delta / 2) : 1;
    if (!(base > 0 && base < 1))
        return;
    t->tested = true;
    az_drift_init(&t->drift, base, delta / 2);
}

static void begin_all(struct az_watch *w, const struct az_calibration *c)
{
    const struct az_aggregate *a = &w->panel->aggregate;
    const struct az_reference *was = &c->reference;
    double share = w->delta / AZ_WATCH_KINDS, each = share / (double)w->panel->n_judges;
    if (a->risk > 0) {
        w->tests[0].tested = true;
        az_drift_init(&w->tests[0].drift, a->risk, share);
    } else {
        begin(&w->tests[0], &was->panel, share);
    }
    for (int j = 0; j < (int)w->panel->n_judges; j++) {
        int of = az_calibration_judge(c, w->panel->judges[j].name);
        if (of < 0 || !was->wrong)
            continue;
        begin(&w->tests[at(w, AZ_WATCH_WRONG, j)], &was->wrong[of], each);
        begin(&w->tests[at(w, AZ_WATCH_APART, j)], &was->apart[of], each);
    }
}

int az_watch_new(const struct az_panel *panel, struct az_watch **ret)
{
    const struct az_calibration *c = panel->aggregate.calibrated;
    size_t n = 1 + 2 * panel->n_judges;
    *ret = NULL;
    if (!c || !c->reference.panel.n)
        return 0;
    struct az_watch *w = az_zalloc(sizeof(*w) + n * sizeof(w->tests[0]));
    if (!w)
        return AZ_ENOMEM;
    w->panel = panel;
    w->n = n;
    w->delta = panel->aggregate.risk > 0 ? panel->aggregate.delta : 0.05;
    begin_all(w, c);
    *ret = w;
    return 0;
}

void az_watch_free(struct az_watch *w)
{
    free(w);
}

/* ---- items ---- */

static bool is_new(struct clusters *c, uint64_t cluster)
{
    uint64_t bit = az_hash64_mix(cluster, UINT64_C(0x7761746368)) % CLUSTER_BITS; /* "watch" */
    bool was = c->bits[bit / 64] >> (bit % 64) & 1;
    c->bits[bit / 64] |= UINT64_C(1) << (bit % 64);
    return !was;
}

static void add(struct az_watch *w, enum az_watch_what what, int judge, bool loss)
{
    struct test *t = &w->tests[at(w, what, judge)];
    if (!t->tested)
        return;
    if (az_drift_add(&t->drift, loss) && t->drift.alarm == t->drift.n)
        t->then = t->drift;
}

static void add_judges(struct az_watch *w, const struct az_board *board,
                       const struct az_seat *seats, enum az_watch_what what, int against)
{
    for (size_t i = 0; i < board->plan.n_seats; i++) {
        if (seats[i].state == AZ_SEAT_VOTED)
            add(w, what, seats[i].plan->judge, seats[i].top != against);
    }
}

void az_watch_weight(struct az_watch *w, double weight)
{
    if (w->weight > 0 && weight != w->weight)
        w->unequal = true;
    w->weight = weight;
}

int az_watch_add(struct az_watch *w, const struct az_board *board, const struct az_verdict *v)
{
    const struct az_item *item = board->fold->item;
    const struct az_question *q = &w->panel->question;
    bool score = q->kind == AZ_SCORE, decided = v->status == AZ_DECIDED;
    int truth = az_answers_truth(q, item);
    int answer = !decided ? AZ_LABEL_NONE : score ? az_answers_level(q, v->score) : v->label;
    uint64_t cluster = az_item_cluster(item);
    struct az_seat *seats;
    if (v->early)
        return 0;
    /* The round that the verdict is of, as what it was calibrated on. */
    if (!score && az_seats_fold(board, AZ_MAX(board->last_round, 1), &seats) < 0)
        return AZ_ENOMEM;
    if (truth != AZ_LABEL_NONE && is_new(&w->with_gold, cluster)) {
        if (decided)
            add(w, AZ_WATCH_PANEL, -1, answer != truth);
        if (!score)
            add_judges(w, board, seats, AZ_WATCH_WRONG, truth);
    }
    if (!score && decided && is_new(&w->all, cluster))
        add_judges(w, board, seats, AZ_WATCH_APART, answer);
    return 0;
}

/* ---- what came of it ---- */

size_t az_watch_n(const struct az_watch *w)
{
    return w->n;
}

struct az_watched az_watch_at(const struct az_watch *w, size_t i)
{
    const struct test *t = &w->tests[i];
    size_t judges = w->panel->n_judges;
    az_assert(i < w->n);
    struct az_watched one = {
        .what = i == 0        ? AZ_WATCH_PANEL
                : i <= judges ? AZ_WATCH_WRONG
                              : AZ_WATCH_APART,
        .judge = i == 0 ? -1 : (int)((i - 1) % judges),
        .tested = t->tested,
        .promised = i == 0 && w->panel->aggregate.risk > 0,
        .rate = az_figure_none("the calibration does not say how often before", 0),
        .then = az_figure_none("no alarm", 0),
    };
    if (t->tested && one.what != AZ_WATCH_APART && w->unequal) {
        one.tested = false;
        one.rate = az_figure_none("labels were drawn with unequal chances", t->drift.n);
    }
    if (!one.tested)
        return one;
    one.base = t->drift.base;
    one.rate = az_drift_rate(&t->drift);
    one.alarm_from = 1 / t->drift.delta;
    one.alarm = t->drift.alarm;
    if (one.alarm)
        one.then = az_drift_rate(&t->then);
    one.evidence = az_drift_evidence(one.alarm ? &t->then : &t->drift);
    return one;
}

bool az_watch_next_alarm(struct az_watch *w, struct az_watched *ret)
{
    for (size_t i = 0; i < w->n; i++) {
        struct test *t = &w->tests[i];
        if (!t->drift.alarm || t->told)
            continue;
        t->told = true;
        *ret = az_watch_at(w, i);
        if (ret->alarm)
            return true;
    }
    return false;
}

int64_t az_watch_alarms(const struct az_watch *w)
{
    int64_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += az_watch_at(w, i).alarm > 0;
    return n;
}

double az_watch_delta(const struct az_watch *w)
{
    return w->delta;
}

void az_watch_say(struct az_buf *b, const struct az_watch *w, const struct az_watched *one)
{
    const struct az_figure *f = one->alarm ? &one->then : &one->rate;
    if (one->judge < 0)
        az_buf_z(b, "the panel");
    else
        az_buf_fmt(b, "judge '%s'", w->panel->judges[one->judge].name);
    az_buf_fmt(b, " %s %s on ", one->alarm ? "was" : "is",
               one->what == AZ_WATCH_APART ? "apart from the verdict" : "wrong");
    if (f->defined)
        az_buf_fmt(b, "%.1f%% of %s%lld audited items%s", 100 * f->value,
                   one->alarm ? "the first " : "", (long long)f->n,
                   one->alarm ? " in the order they came" : "");
    if (f->has_interval)
        az_buf_fmt(b, " (%.1f-%.1f)", 100 * f->low, 100 * f->high);
    /* A drift that began late: those before it hide it in the rate of all. */
    const char *than = !one->alarm            ? "not proven to be more"
                       : f->value > one->base ? "more"
                                              : "of late more";
    az_buf_fmt(b, ", %s than the %.1f%% %s", than, 100 * one->base,
               one->promised ? "promised" : "it may be by its calibration");
}
