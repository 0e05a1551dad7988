#include "coordinator/summary.h"

#include <math.h>

#include "coordinator/summary_state.h"
#include "core/item.h"
#include "core/mem.h"

enum { ITEM_BYTES = 8192 }; /* the arena of one item: seats and shares */
enum { REASON_BYTES = sizeof(((struct az_reason_count *)0)->text) };
static const char any_number[] = "…";

static size_t label_space(const struct az_question *q)
{
    if (q->kind == AZ_SCORE)
        return 0;
    return q->kind == AZ_CHOICE || q->kind == AZ_PAIR ? q->n_labels : AZ_RESPONSES_MAX;
}

static int make_parts(struct az_summary *s)
{
    size_t j = s->n_judges, k = s->n_labels, n_pairs = j * (j - 1) / 2;

    s->arena = az_arena_new(4096);
    s->judges = az_zalloc(j * sizeof(*s->judges));
    s->margins = az_zalloc((j + 1) * 2 * k * sizeof(*s->margins) + 1);
    s->labels = az_zalloc(k * sizeof(*s->labels) + 1);
    s->tops = az_zalloc(j * sizeof(*s->tops));
    s->wrong = az_zalloc(j * sizeof(*s->wrong));
    s->scores = az_zalloc(j * sizeof(*s->scores));
    s->scored = az_zalloc(j * sizeof(*s->scored));
    if (!s->arena || !s->judges || !s->margins || !s->labels || !s->tops || !s->wrong ||
        !s->scores || !s->scored)
        return AZ_ENOMEM;

    if (k > 0) {
        for (size_t i = 0; i < j; i++)
            az_kappa_init(&s->judges[i].gold.kappa, k, s->margins + 2 * k * i);
        az_kappa_init(&s->panel_gold.kappa, k, s->margins + 2 * k * j);
        return az_pairs_init(&s->pairs, j, k);
    }
    s->score_pairs = az_zalloc((n_pairs + 1) * sizeof(*s->score_pairs));
    return s->score_pairs ? 0 : AZ_ENOMEM;
}

struct az_summary *az_summary_new(const struct az_panel *panel)
{
    AZ_AUTO(summary) s = az_zalloc(sizeof(*s));
    if (!s)
        return NULL;
    s->panel = panel;
    s->n_judges = panel->n_judges;
    s->n_labels = label_space(&panel->question);
    if (make_parts(s) < 0 || az_watch_new(panel, &s->watch) < 0)
        return NULL;
    return AZ_TAKE(s);
}

void az_summary_free(struct az_summary *s)
{
    if (!s)
        return;
    for (size_t i = 0; s->judges && i < s->n_judges; i++)
        az_bias_release(&s->judges[i].bias);
    for (size_t i = 0; s->labels && i < s->n_labels; i++)
        az_mean_release(&s->labels[i]);
    for (size_t i = 0; i < s->n_systems; i++) {
        free(s->systems[i].name);
        az_mean_release(&s->systems[i].won);
    }
    az_mean_release(&s->pass);
    az_mean_release(&s->mean);
    az_mean_release(&s->panel_right);
    az_mean_release(&s->panel_shared);
    az_mean_release(&s->set_held);
    az_watch_free(s->watch);
    az_pairs_release(&s->pairs);
    az_votes_release(&s->votes);
    free(s->score_pairs);
    free(s->judges);
    free(s->margins);
    free(s->labels);
    free(s->systems);
    free(s->tops);
    free(s->wrong);
    free(s->scores);
    free(s->scored);
    az_arena_free(s->arena);
    free(s);
}

static int gold_label(const struct az_gold *g, size_t n_labels)
{
    int top = AZ_LABEL_NONE;
    double most = 0;

    for (size_t i = 0; i < g->n; i++) {
        if (g->weights[i] > most + AZ_SHARE_EPS) {
            most = g->weights[i];
            top = g->labels[i];
        } else if (g->weights[i] >= most - AZ_SHARE_EPS) {
            top = AZ_LABEL_NONE;
        }
    }
    return top >= 0 && (size_t)top < n_labels ? top : AZ_LABEL_NONE;
}

int az_summary_gold_label(const struct az_summary *s, const struct az_item *item)
{
    return gold_label(&item->gold, s->n_labels);
}

double az_summary_credit(const double *shares, size_t n_labels, int gold)
{
    double most = 0;
    size_t sharing = 0;

    for (size_t i = 0; i < n_labels; i++)
        most = AZ_MAX(most, shares[i]);
    for (size_t i = 0; i < n_labels; i++)
        sharing += shares[i] >= most - AZ_SHARE_EPS;
    if (!(most > 0) || (size_t)gold >= n_labels || shares[gold] < most - AZ_SHARE_EPS)
        return 0;
    return 1.0 / (double)sharing;
}

void az_summary_who_came(struct az_summary *s)
{
    s->who_came = true;
}

void az_summary_weigh(struct az_summary *s, double weight)
{
    if (s->watch)
        az_watch_weight(s->watch, weight);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of the number that `s` begins with, or of what stands for one; 0: none. */
static size_t number_at(const char *s)
{
    size_t n = 0;
    if (strncmp(s, any_number, sizeof(any_number) - 1) == 0)
        return sizeof(any_number) - 1;
    while (is_digit(s[n]) || (n && s[n] == '.' && is_digit(s[n + 1])))
        n++;
    return n;
}

/* Reasons that differ in their numbers only are one. */
static void key_of(const char *reason, char key[static REASON_BYTES])
{
    size_t n = 0;
    while (*reason && n + 1 < REASON_BYTES) {
        size_t digits = number_at(reason);
        key[n++] = digits ? '0' : *reason;
        reason += digits ? digits : 1;
    }
    key[n] = 0;
}

/* Of numbers those stay that both have; the rest of the two is the same. */
static void share_numbers(char text[static REASON_BYTES], const char *reason)
{
    char shared[REASON_BYTES];
    size_t n = 0;
    for (const char *t = text; *t && *reason;) {
        size_t a = number_at(t), b = number_at(reason);
        bool same = a == b && strncmp(t, reason, a) == 0;
        const char *from = a && !same ? any_number : t;
        size_t bytes = !a ? 1 : same ? a : sizeof(any_number) - 1;
        if (n + bytes >= sizeof(shared))
            break;
        memcpy(shared + n, from, bytes);
        n += bytes;
        t += a ? a : 1;
        reason += b ? b : 1;
    }
    shared[n] = 0;
    memcpy(text, shared, n + 1);
}

static void count_reason(struct az_summary *s, const char *reason)
{
    char key[REASON_BYTES];
    if (!*reason)
        reason = "no reason given";
    key_of(reason, key);
    for (size_t i = 0; i < s->n_reasons; i++) {
        if (!strcmp(s->reasons[i].key, key)) {
            share_numbers(s->reasons[i].text, reason);
            s->reasons[i].n++;
            return;
        }
    }
    bool full = s->n_reasons >= AZ_SUMMARY_REASONS;
    struct az_reason_count *r = &s->reasons[full ? AZ_SUMMARY_REASONS : s->n_reasons++];
    memcpy(r->key, key, sizeof(key));
    snprintf(r->text, sizeof(r->text), "%s", full ? "other reasons" : reason);
    r->n++;
}

/* NULL: out of memory, or as many systems as are told apart (*full). */
static struct az_system_sums *system_of(struct az_summary *s, struct az_str name, bool *full)
{
    *full = false;
    for (size_t i = 0; i < s->n_systems; i++) {
        if (az_str_eqz(name, s->systems[i].name))
            return &s->systems[i];
    }
    *full = s->n_systems == AZ_SUMMARY_SYSTEMS;
    if (*full)
        return NULL;
    if (!s->systems)
        s->systems = az_zalloc(AZ_SUMMARY_SYSTEMS * sizeof(*s->systems));
    if (!s->systems)
        return NULL;

    char *copy = az_alloc(name.n + 1);
    if (!copy)
        return NULL;
    memcpy(copy, name.p, name.n);
    copy[name.n] = 0;
    struct az_system_sums *sums = &s->systems[s->n_systems++];
    sums->name = copy;
    return sums;
}

static int add_system(struct az_summary *s, struct az_str name, int won, uint64_t cluster)
{
    bool full;
    struct az_system_sums *sums = system_of(s, name, &full);

    if (!sums) {
        s->systems_over += full;
        return full ? 0 : AZ_ENOMEM;
    }
    sums->wins += won == 1;
    sums->losses += won == -1;
    sums->ties += won == 0;
    return az_mean_add(&sums->won, cluster, (won + 1) / 2.0);
}

/* A system that meets itself neither wins nor loses. */
static int add_systems(struct az_summary *s, const struct az_item *item, const struct az_verdict *v,
                       uint64_t cluster)
{
    enum az_kind kind = s->panel->question.kind;

    if (!item->systems || (kind != AZ_PAIR && kind != AZ_BEST))
        return 0;
    if (item->n_responses == 2 && az_str_eq(item->systems[0], item->systems[1]))
        return 0;
    bool tie = kind == AZ_PAIR && v->label == AZ_LABEL_TIE;
    for (size_t i = 0; i < item->n_responses; i++) {
        int won = tie ? 0 : (size_t)v->label == i ? 1 : -1;
        if (add_system(s, item->systems[i], won, cluster) < 0)
            return AZ_ENOMEM;
    }
    return 0;
}

static int add_decided(struct az_summary *s, const struct az_item *item, const struct az_verdict *v,
                       uint64_t cluster)
{
    const struct az_question *q = &s->panel->question;

    if (q->pass != AZ_PASS_NONE &&
        az_mean_add(&s->pass, cluster, az_passes(q, v->label, v->has_score, v->score)) < 0)
        return AZ_ENOMEM;
    if (q->kind == AZ_SCORE)
        return v->has_score ? az_mean_add(&s->mean, cluster, v->score) : 0;
    for (size_t i = 0; i < s->n_labels; i++) {
        if (az_mean_add(&s->labels[i], cluster, v->label == (int)i) < 0)
            return AZ_ENOMEM;
    }
    return add_systems(s, item, v, cluster);
}

/* Where the panel abstained: its credit by the seats' shares of the last round. */
static int undecided_credit(const struct az_board *board, int gold, double *ret)
{
    struct az_seat *seats;
    const struct az_fold *fold = board->fold;
    size_t n_labels = az_label_count(&fold->panel->question, fold->item);
    double shares[AZ_LABELS_MAX] = {0};

    *ret = 0;
    if (board->last_round < 1)
        return 0;
    if (az_seats_fold(board, board->last_round, &seats) < 0)
        return AZ_ENOMEM;
    for (size_t i = 0; i < board->plan.n_seats; i++) {
        for (size_t k = 0; seats[i].state == AZ_SEAT_VOTED && k < n_labels; k++)
            shares[k] += seats[i].shares[k];
    }
    *ret = az_summary_credit(shares, n_labels, gold);
    return 0;
}

int az_earned_of(const struct az_board *board, const struct az_verdict *v, struct az_earned *ret)
{
    const struct az_gold *g = &board->fold->item->gold;
    size_t n_labels = label_space(&board->fold->panel->question);
    bool decided = v->status == AZ_DECIDED;
    struct az_earned c = {.gold = gold_label(g, n_labels)};
    if (n_labels == 0) {
        c.has = g->has_number;
        c.scored = c.has && decided && v->has_score;
        c.off = c.scored ? fabs(v->score - g->number) : 0;
    } else if (c.gold != AZ_LABEL_NONE) {
        c.has = true;
        c.right = c.shared = decided && v->label == c.gold;
        if (!decided && undecided_credit(board, c.gold, &c.shared) < 0)
            return AZ_ENOMEM;
    }
    *ret = c;
    return 0;
}

static int add_panel_gold(struct az_summary *s, const struct az_board *board,
                          const struct az_verdict *v, uint64_t cluster)
{
    struct az_gold_match *g = &s->panel_gold;
    struct az_earned c;
    if (az_earned_of(board, v, &c) < 0)
        return AZ_ENOMEM;
    g->n += c.has;
    if (c.scored) {
        g->scored++;
        g->off += c.off;
        az_pearson_add(&g->scores, v->score, board->fold->item->gold.number);
    }
    if (!c.has || s->n_labels == 0)
        return 0;
    if (v->status == AZ_DECIDED && v->label >= 0 && (size_t)v->label < s->n_labels)
        az_kappa_add(&g->kappa, v->label, c.gold);
    if (az_mean_add(&s->panel_right, cluster, c.right) < 0)
        return AZ_ENOMEM;
    return az_mean_add(&s->panel_shared, cluster, c.shared);
}

static int add_closed(struct az_summary *s, const struct az_fold *fold, const struct az_verdict *v)
{
    struct az_board board;
    uint64_t cluster = az_item_cluster(fold->item);

    if (az_board_make(fold, &board) < 0)
        return AZ_ENOMEM;
    if (v->status == AZ_DECIDED) {
        s->decided++;
        if (add_decided(s, fold->item, v, cluster) < 0)
            return AZ_ENOMEM;
    } else if (v->status == AZ_ABSTAINED) {
        s->abstained++;
        count_reason(s, v->reason);
    } else {
        s->failed++;
        s->failed_by[v->error]++;
    }
    if (add_panel_gold(s, &board, v, cluster) < 0 ||
        az_summary_add_set(s, fold->item, v->set, cluster) < 0)
        return AZ_ENOMEM;
    if (s->watch && az_watch_add(s->watch, &board, v) < 0)
        return AZ_ENOMEM;
    return az_summary_add_judges(s, &board, v->early, cluster);
}

int az_summary_add(struct az_summary *s, const struct az_item *item,
                   const struct az_verdict *verdict, struct az_ballots ballots,
                   struct az_error *err)
{
    az_summary_add_ballots(s, ballots);
    if (verdict->status == AZ_OPEN) {
        s->open++;
        return 0;
    }

    AZ_AUTO(arena) arena = az_arena_new(ITEM_BYTES);
    struct az_fold fold = {
        .panel = s->panel, .item = item, .ballots = ballots, .closed = true, .arena = arena};
    if (!arena || add_closed(s, &fold, verdict) < 0)
        return az_oom(err);
    return 0;
}
