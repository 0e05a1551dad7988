#include "client/cli/contested.h"

#include <math.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/number.h"
#include "core/verdict.h"
#include "policies/plan.h"
#include "policies/seats.h"

struct entry {
    double doubt;
    uint64_t tie; /* of the id: the same items whatever their order */
    char *json;
};

struct az_contested {
    const struct az_panel *panel;
    size_t n, most;
    struct entry *v;
};

struct az_contested *az_contested_new(const struct az_panel *panel, size_t most)
{
    AZ_AUTO(contested) c = az_zalloc(sizeof(*c));
    if (!c || !(c->v = az_zalloc((most + 1) * sizeof(*c->v))))
        return NULL;
    c->panel = panel;
    c->most = most;
    return AZ_TAKE(c);
}

void az_contested_free(struct az_contested *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++)
        free(c->v[i].json);
    free(c->v);
    free(c);
}

/* ---- doubt ---- */

static double doubt_of_labels(const struct az_seat *seats, size_t n, size_t n_labels)
{
    double shares[AZ_LABELS_MAX] = {0}, voted = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        if (seats[i].state != AZ_SEAT_VOTED)
            continue;
        voted++;
        for (size_t k = 0; k < n_labels; k++)
            shares[k] += seats[i].shares[k];
    }
    if (voted < 2)
        return 0;
    for (size_t k = 0; k < n_labels; k++)
        squares += shares[k] / voted * shares[k] / voted;
    return AZ_MAX(1 - squares, 0.0);
}

static double doubt_of_scores(const struct az_question *q, const struct az_seat *seats, size_t n)
{
    double sum = 0, squares = 0, voted = 0;
    for (size_t i = 0; i < n; i++) {
        if (seats[i].state != AZ_SEAT_VOTED)
            continue;
        voted++;
        sum += seats[i].score;
    }
    if (voted < 2)
        return 0;
    for (size_t i = 0; i < n; i++) {
        double off = seats[i].state == AZ_SEAT_VOTED ? seats[i].score - sum / voted : 0;
        squares += off * off;
    }
    return sqrt(squares / voted) / (q->scale_max - q->scale_min);
}

int az_doubt(const struct az_panel *panel, const struct az_item *item, struct az_ballots ballots,
             double *ret)
{
    AZ_AUTO(arena) arena = az_arena_new(8192);
    struct az_fold fold = {
        .panel = panel, .item = item, .ballots = ballots, .closed = true, .arena = arena};
    struct az_board board;
    struct az_seat *seats;
    if (!arena || az_board_make(&fold, &board) < 0 || az_seats_fold(&board, 1, &seats) < 0)
        return AZ_ENOMEM;
    *ret = panel->question.kind == AZ_SCORE
               ? doubt_of_scores(&panel->question, seats, board.plan.n_seats)
               : doubt_of_labels(seats, board.plan.n_seats, az_label_count(&panel->question, item));
    return 0;
}

/* ---- writing one down ---- */

/* No character is cut in two. */
static void put_text(struct az_jw *w, struct az_str s)
{
    AZ_AUTO_BUF b = az_buf(AZ_CONTESTED_TEXT + 16);
    if (s.n <= AZ_CONTESTED_TEXT) {
        az_jw_str(w, s);
        return;
    }
    size_t n = AZ_CONTESTED_TEXT;
    while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
        n--;
    az_buf_put(&b, s.p, n);
    az_buf_z(&b, " […]");
    if (az_buf_check(&b, NULL) < 0)
        az_jw_null(w); /* out of memory, which the outer buffer meets too */
    else
        az_jw_str(w, az_buf_view(&b));
}

static void put_answer(struct az_jw *w, const struct az_question *q, int label, bool has_score,
                       double score)
{
    if (label != AZ_LABEL_NONE)
        az_jw_z(w, az_label_name(q, label));
    else if (has_score)
        az_jw_num(w, score);
    else
        az_jw_null(w);
}

static void put_gold(struct az_jw *w, const struct az_question *q, const struct az_gold *g)
{
    AZ_AUTO_BUF b = az_buf(1 << 14);
    az_jw_key(w, "gold");
    if (g->n <= 1) {
        put_answer(w, q, g->n ? g->labels[0] : AZ_LABEL_NONE, g->has_number, g->number);
        return;
    }
    for (size_t i = 0; i < g->n; i++)
        az_buf_fmt(&b, "%s%s %.2g", i ? ", " : "", az_label_name(q, g->labels[i]), g->weights[i]);
    az_jw_str(w, az_buf_view(&b));
}

static void put_ballot(struct az_jw *w, const struct az_panel *panel, const struct az_item *item,
                       const struct az_ballot *b)
{
    char order[AZ_RESPONSES_MAX + 1];
    az_jw_obj(w);
    az_jw_kz(w, "judge", panel->judges[b->key.judge].name);
    if (b->key.round > 1)
        az_jw_kint(w, "round", b->key.round);
    if (b->key.order != AZ_ORDER_NONE)
        az_jw_kz(w, "order", az_order_name((enum az_order)b->key.order, item->n_responses, order));
    az_jw_key(w, "answer");
    put_answer(w, &panel->question, b->label, b->has_score, b->score);
    if (b->error)
        az_jw_kz(w, "error", az_ballot_error_name(b->error));
    if (b->rationale.n) {
        az_jw_key(w, "rationale");
        put_text(w, b->rationale);
    }
    az_jw_obj_end(w);
}

static void put_texts(struct az_jw *w, const struct az_item *item)
{
    if (item->prompt.n) {
        az_jw_key(w, "prompt");
        put_text(w, item->prompt);
    }
    az_jw_key(w, "responses");
    az_jw_arr(w);
    for (size_t i = 0; i < item->n_responses; i++)
        put_text(w, item->responses[i]);
    az_jw_arr_end(w);
    if (!item->systems)
        return;
    az_jw_key(w, "systems");
    az_jw_arr(w);
    for (size_t i = 0; i < item->n_responses; i++)
        az_jw_str(w, item->systems[i]);
    az_jw_arr_end(w);
}

struct order {
    const struct az_panel *panel;
    const struct az_item *item;
};

static int by_plan(const void *a, const void *b, void *arg)
{
    const struct az_ballot *const *x = a, *const *y = b;
    const struct order *o = arg;
    return az_plan_cmp(o->panel, o->item, &(*x)->key, &(*y)->key);
}

static int put_ballots(struct az_jw *w, const struct az_panel *panel, const struct az_item *item,
                       struct az_ballots ballots)
{
    struct order order = {panel, item};
    AZ_AUTO_MEM const struct az_ballot **v = az_alloc((ballots.n + 1) * sizeof(*v));
    if (!v)
        return AZ_ENOMEM;
    for (size_t i = 0; i < ballots.n; i++)
        v[i] = &ballots.v[i];
    qsort_r(v, ballots.n, sizeof(*v), by_plan, &order);
    az_jw_key(w, "ballots");
    az_jw_arr(w);
    for (size_t i = 0; i < ballots.n; i++)
        put_ballot(w, panel, item, v[i]);
    az_jw_arr_end(w);
    return 0;
}

static int write_down(const struct az_contested *c, const struct az_item *item,
                      const struct az_verdict *v, struct az_ballots ballots, double doubt,
                      char **ret, struct az_error *err)
{
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    struct az_jw w = az_jw(&b);
    bool decided = v->status == AZ_DECIDED;
    az_jw_obj(&w);
    az_jw_kstr(&w, "id", item->id);
    az_jw_knum(&w, "doubt", doubt);
    az_jw_key(&w, "verdict");
    put_answer(&w, &c->panel->question, decided ? v->label : AZ_LABEL_NONE, decided && v->has_score,
               v->score);
    az_jw_key(&w, "p");
    if (v->has_p)
        az_jw_num(&w, v->p);
    else
        az_jw_null(&w);
    az_probs_print(&w, &c->panel->question, v->probs, v->n_probs);
    put_gold(&w, &c->panel->question, &item->gold);
    put_texts(&w, item);
    if (put_ballots(&w, c->panel, item, ballots) < 0)
        return az_oom(err);
    az_jw_obj_end(&w);
    int r = az_buf_check(&b, err);
    if (r == 0)
        *ret = az_buf_take(&b);
    return r;
}

/* ---- the most contested ---- */

static bool before(const struct entry *a, const struct entry *b)
{
    return a->doubt != b->doubt ? a->doubt > b->doubt : a->tie > b->tie;
}

static size_t least(const struct az_contested *c)
{
    size_t at = 0;
    for (size_t i = 1; i < c->n; i++) {
        if (before(&c->v[at], &c->v[i]))
            at = i;
    }
    return at;
}

int az_contested_add(struct az_contested *c, const struct az_item *item,
                     const struct az_verdict *verdict, struct az_ballots ballots,
                     struct az_error *err)
{
    struct entry e = {.tie = az_hash64(0, item->id)};
    if (az_doubt(c->panel, item, ballots, &e.doubt) < 0)
        return az_oom(err);
    size_t at = c->n < c->most ? c->n : least(c);
    if (!(e.doubt > 0) || !c->most || (c->n == c->most && !before(&e, &c->v[at])))
        return 0;
    int r = write_down(c, item, verdict, ballots, e.doubt, &e.json, err);
    if (r < 0)
        return r;
    free(c->v[at].json);
    c->v[at] = e;
    c->n += c->n < c->most;
    return 0;
}

static int entry_cmp(const void *a, const void *b)
{
    return before(a, b) ? -1 : before(b, a);
}

void az_contested_print(struct az_buf *b, struct az_contested *c)
{
    struct az_jw w = az_jw(b);
    if (c->n)
        qsort(c->v, c->n, sizeof(*c->v), entry_cmp);
    az_jw_arr(&w);
    for (size_t i = 0; i < c->n; i++)
        az_jw_raw(&w, az_str(c->v[i].json));
    az_jw_arr_end(&w);
}
