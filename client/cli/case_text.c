#include "client/cli/case_text.h"

#include "client/cli/human.h"
#include "core/mem.h"
#include "core/wrap.h"

enum { INDENT = 2, NAME_MOST = 40, PROBS_SHOWN = 8 };

struct page {
    struct az_buf *b;
    const struct az_panel *panel;
    const struct az_case *c;
    size_t width;
    bool color;
};

enum tone { PLAIN, BOLD, DIM, RED, GREEN, YELLOW };

static void tone(struct page *p, enum tone t)
{
    static const char *const escapes[] = {"\033[0m",  "\033[1m",  "\033[2m",
                                          "\033[31m", "\033[32m", "\033[33m"};
    if (p->color)
        az_buf_z(p->b, escapes[t]);
}

static void toned(struct page *p, enum tone t, struct az_str s)
{
    tone(p, t);
    az_human_text(p->b, s, p->width);
    tone(p, PLAIN);
}

static void text_block(struct page *p, const char *title, struct az_str system, struct az_str s)
{
    if (!s.p)
        return;
    az_buf_char(p->b, '\n');
    toned(p, BOLD, az_str(title));
    if (system.p) {
        az_buf_z(p->b, " (");
        az_human_text(p->b, system, NAME_MOST);
        az_buf_char(p->b, ')');
    }
    az_buf_char(p->b, '\n');
    az_wrap_text(p->b, s, INDENT, p->width);
}

/* ---- the item ---- */

static void item_text(struct page *p)
{
    const struct az_item *item = p->c->item;
    text_block(p, "context", (struct az_str){0}, item->context);
    text_block(p, "turns", (struct az_str){0}, item->turns);
    text_block(p, "prompt", (struct az_str){0}, item->prompt);
    text_block(p, "reference", (struct az_str){0}, item->reference);
    for (size_t i = 0; i < item->n_responses; i++) {
        char title[] = "response A";
        title[item->n_responses > 1 ? 9 : 8] = item->n_responses > 1 ? (char)('A' + i) : '\0';
        text_block(p, title, item->systems ? item->systems[i] : (struct az_str){0},
                   item->responses[i]);
    }
}

/* ---- the verdict ---- */

static void answer(struct page *p, int label, bool has_score, double score)
{
    if (has_score)
        az_buf_fmt(p->b, "%.6g", score);
    else
        az_human_text(p->b, az_str(az_label_name(&p->panel->question, label)), NAME_MOST);
}

static void probs(struct page *p, const double *v, size_t n)
{
    const struct az_question *q = &p->panel->question;
    if (!n)
        return;
    az_buf_z(p->b, "    ");
    for (size_t i = 0; i < n && i < PROBS_SHOWN; i++) {
        az_buf_z(p->b, i ? "  " : "");
        answer(p, (int)i, q->kind == AZ_SCORE, q->scale_min + (double)i * q->step);
        az_buf_char(p->b, ' ');
        az_human_percent(p->b, v[i]);
    }
    az_buf_z(p->b, n > PROBS_SHOWN ? "  …\n" : "\n");
}

static void dissent(struct page *p, const struct az_verdict *v)
{
    const char *before = "  dissent: ";
    bool any = false;
    for (size_t j = 0; j < p->panel->n_judges; j++) {
        if (!(v->dissent[j / 64] >> (j % 64) & 1))
            continue;
        az_buf_z(p->b, any ? ", " : before);
        az_human_text(p->b, az_str(p->panel->judges[j].name), NAME_MOST);
        any = true;
    }
    if (any)
        az_buf_char(p->b, '\n');
}

/* The answers of which one is promised to be true. */
static void set(struct page *p, const struct az_verdict *v)
{
    const struct az_question *q = &p->panel->question;
    const char *before = "  one of: ";
    for (int i = 0; i < AZ_LABELS_MAX && v->set; i++) {
        if (!(v->set >> i & 1))
            continue;
        az_buf_z(p->b, before);
        answer(p, i, q->kind == AZ_SCORE, q->scale_min + i * q->step);
        before = ", ";
    }
    if (v->set)
        az_buf_char(p->b, '\n');
}

static void gold(struct page *p)
{
    const struct az_gold *g = &p->c->item->gold;
    if (!g->n && !g->has_number && !g->unknown.p)
        return;
    az_buf_z(p->b, "  gold: ");
    if (g->unknown.p) {
        az_human_text(p->b, g->unknown, NAME_MOST);
        az_buf_z(p->b, ", which is no answer of the question");
    }
    for (size_t i = 0; i < g->n; i++) {
        az_buf_z(p->b, i ? ", " : "");
        answer(p, g->labels[i], false, 0);
        if (g->n > 1) {
            az_buf_char(p->b, ' ');
            az_human_percent(p->b, g->weights[i]);
        }
    }
    if (g->has_number)
        answer(p, AZ_LABEL_NONE, true, g->number);
    az_buf_char(p->b, '\n');
}

static void seats(struct page *p, const struct az_verdict *v)
{
    const struct az_seats *s = &v->seats;
    az_buf_fmt(p->b, "  %d of %d %s voted", s->voted, s->n, s->n == 1 ? "seat" : "seats");
    if (s->errors)
        az_buf_fmt(p->b, ", %d in error", s->errors);
    if (s->partial)
        az_buf_fmt(p->b, ", %d with ballots missing", s->partial);
    if (s->asked < s->n)
        az_buf_fmt(p->b, ", %d not asked", s->n - s->asked);
    az_buf_fmt(p->b, "; %d %s; ", v->rounds, v->rounds == 1 ? "round" : "rounds");
    az_human_usd(p->b, v->cost);
    az_buf_char(p->b, '\n');
}

static void outcome(struct page *p, const struct az_verdict *v)
{
    const struct az_item *item = p->c->item;
    bool decided = v->status == AZ_DECIDED;
    tone(p, decided ? GREEN : v->status == AZ_FAILED ? RED : YELLOW);
    az_buf_z(p->b, az_status_name(v->status));
    if (decided) {
        az_buf_char(p->b, ' ');
        answer(p, v->label, v->has_score, v->score);
    }
    tone(p, PLAIN);
    bool named = item->systems && v->label >= 0 && (size_t)v->label < item->n_responses &&
                 p->panel->question.kind != AZ_CHOICE;
    if (decided && named) {
        az_buf_z(p->b, " (");
        az_human_text(p->b, item->systems[v->label], NAME_MOST);
        az_buf_char(p->b, ')');
    }
    if (v->has_share) {
        az_buf_z(p->b, ", share ");
        az_human_percent(p->b, v->share);
    }
    if (v->has_p) {
        az_buf_z(p->b, ", p ");
        az_human_percent(p->b, v->p);
    }
    if (v->how)
        az_buf_fmt(p->b, ", by %s", v->how);
    if (*v->reason) {
        az_buf_z(p->b, ": ");
        az_human_text(p->b, az_str(v->reason), sizeof(v->reason));
    }
    az_buf_char(p->b, '\n');
}

static void verdict_text(struct page *p)
{
    const struct az_verdict *v = &p->c->verdict;
    az_buf_char(p->b, '\n');
    toned(p, BOLD, AZ_STR("verdict"));
    az_buf_z(p->b, "\n  ");
    if (v->status == AZ_OPEN) {
        az_buf_z(p->b, "open: not decided yet\n");
    } else {
        outcome(p, v);
        set(p, v);
        probs(p, v->probs, v->n_probs);
        seats(p, v);
        dissent(p, v);
    }
    gold(p);
}

/* ---- the ballots ---- */

/* As the panel lists its judges, which is how a person looks for them. */
static int listed_cmp(const void *pa, const void *pb)
{
    const struct az_ballot *a = *(const struct az_ballot *const *)pa;
    const struct az_ballot *b = *(const struct az_ballot *const *)pb;
    int c = (a->key.round > b->key.round) - (a->key.round < b->key.round);
    return c ? c : az_key_cmp(&a->key, &b->key);
}

static void effort(struct page *p, const struct az_ballot *b)
{
    tone(p, DIM);
    if (b->how.n) {
        az_buf_z(p->b, "  ");
        az_human_text(p->b, b->how, NAME_MOST);
    }
    if (b->model.n) {
        az_buf_z(p->b, "  ");
        az_human_text(p->b, b->model, NAME_MOST);
    }
    if (b->tokens_in || b->tokens_out)
        az_buf_fmt(p->b, "  %lld+%lld tokens", (long long)b->tokens_in, (long long)b->tokens_out);
    if (b->cost_known) {
        az_buf_z(p->b, "  ");
        az_human_usd(p->b, b->cost);
    }
    az_buf_fmt(p->b, "  %lld ms", (long long)b->ms);
    if (b->attempts > 1)
        az_buf_fmt(p->b, "  %d attempts", (int)b->attempts);
    az_buf_z(p->b, b->cached ? "  from the cache" : "");
    az_buf_z(p->b, b->used ? "" : "  not used");
    tone(p, PLAIN);
    az_buf_char(p->b, '\n');
}

static void ballot_text(struct page *p, const struct az_ballot *b)
{
    char order[AZ_RESPONSES_MAX + 1];
    az_buf_z(p->b, "  ");
    toned(p, BOLD, az_str(p->panel->judges[b->key.judge].name));
    if (p->c->verdict.rounds > 1 || b->key.round > 1)
        az_buf_fmt(p->b, "  round %d", (int)b->key.round);
    az_order_name(b->key.order, p->c->item->n_responses, order);
    if (*order)
        az_buf_fmt(p->b, "  %s", order);
    if (p->panel->judges[b->key.judge].samples > 1)
        az_buf_fmt(p->b, "  sample %d", (int)b->key.sample + 1);
    az_buf_z(p->b, "  ");
    if (b->error) {
        tone(p, RED);
        az_buf_fmt(p->b, "error: %s", az_ballot_error_name(b->error));
    } else {
        tone(p, BOLD);
        answer(p, b->label, b->has_score, b->score);
    }
    tone(p, PLAIN);
    effort(p, b);
    probs(p, b->probs, b->n_probs);
    if (b->error && b->error_text.n)
        az_wrap_text(p->b, b->error_text, 2 * INDENT, p->width);
    if (b->rationale.n)
        az_wrap_text(p->b, b->rationale, 2 * INDENT, p->width);
}

static void ballots_text(struct page *p)
{
    struct az_ballots all = p->c->ballots;
    AZ_AUTO_MEM const struct az_ballot **sorted =
        az_alloc(AZ_MAX(all.n, (size_t)1) * sizeof(const struct az_ballot *));
    if (!sorted) {
        p->b->failed = AZ_ENOMEM;
        return;
    }
    for (size_t i = 0; i < all.n; i++)
        sorted[i] = &all.v[i];
    qsort(sorted, all.n, sizeof(*sorted), listed_cmp);
    az_buf_char(p->b, '\n');
    toned(p, BOLD, all.n ? AZ_STR("ballots") : AZ_STR("no ballots yet"));
    az_buf_char(p->b, '\n');
    for (size_t i = 0; i < all.n; i++)
        ballot_text(p, sorted[i]);
}

void az_case_text(struct az_buf *b, const struct az_panel *panel, const struct az_case *c,
                  size_t width, bool color)
{
    struct page p = {.b = b, .panel = panel, .c = c, .width = width, .color = color};
    toned(&p, BOLD, c->item->id);
    az_buf_fmt(b, "  line %lld\n", (long long)c->item->line);
    item_text(&p);
    verdict_text(&p);
    ballots_text(&p);
}
