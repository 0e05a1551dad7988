/* A SOURCE: lines of verdicts and ballots in, then what each says about an item,
 * the question that they show, and a verdict by all who cast them. */
#include "client/cli/ballot_line.h"
#include "client/cli/corpus.h"
#include "client/cli/decide.h"
#include "client/cli/guess.h"
#include "core/verdict.h"
#include "tests/fuzz/fuzz.h"

enum { BALLOTS_MAX = 64, JUDGES = 3 };

struct state {
    struct az_arena *arena;
    struct az_panel *panel;
    struct az_item *item;
    struct az_guess guess;
    struct az_ballot v[BALLOTS_MAX];
    size_t n;
};

static struct az_panel *panel_of(const struct az_question *q)
{
    struct az_panel *p = az_panel_of(q, JUDGES, 2);
    az_assert(p);
    for (int j = 0; j < JUDGES; j++) {
        static const char *const names[JUDGES] = {"a", "b", "c"};
        struct az_caster c = {.name = names[j], .orders = 1U << j, .samples = 1 + j};
        az_assert(az_caster_seat(p, &c) == 0);
    }
    return p;
}

static void take_ballots(struct state *s, struct az_ballot_line *l, struct az_error *err)
{
    int r;
    while ((r = az_ballot_line_next(l, err)) > 0) {
        struct az_ballot b;
        az_assert(az_guess_ballot(&s->guess, s->arena, l->row.label, l->row.score,
                                  (size_t)l->row.order_n) == 0);
        az_assert(az_ballot_line_ballot(l, &s->panel->question, s->item, s->arena, &b) == 0);
        az_assert(!b.error || (b.label == AZ_LABEL_NONE && !b.has_score));
        b.key.judge = (int)(l->row.judge.n % JUDGES);
        if (s->n < BALLOTS_MAX)
            s->v[s->n++] = b;
    }
    az_assert(r == 0 || *err->what);
}

static void take_line(struct state *s, struct az_recorded_form *form, struct az_str text)
{
    struct az_ballot_line l;
    struct az_error err = {0};
    int r = az_ballot_line_read(form, text, &l, &err);
    az_assert(r >= 0 || *err.what);
    if (r == 0)
        take_ballots(s, &l, &err);
    struct az_verdict v;
    if (r == 0 && l.verdict)
        az_assert(az_ballot_line_verdict(&l, &s->panel->question, s->item, s->arena, &v) == 0);
    az_ballot_line_release(&l);
}

/* However odd the ballots are, they fold to a verdict that prints as JSON. */
static void decide(struct state *s)
{
    struct az_ballot *v = s->v;
    size_t n = s->n;
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    AZ_AUTO(json) doc = NULL;
    struct az_verdict verdict;
    struct az_ballots ballots;
    az_assert(az_ballots_unique(v, &n) >= 0);
    az_assert(az_ballots_fit(s->arena, s->panel, &v, &n) == 0);
    struct az_decide_case c = {s->item, {v, n}, false, false, n % 2 == 0};
    az_assert(az_decide(s->panel, &c, s->arena, &verdict, &ballots, NULL) == AZ_DECIDE_DONE);
    az_verdict_print(&b, s->panel, s->item, &verdict, ballots, false);
    az_assert(az_json_parse(az_buf_view(&b), &doc, NULL) == 0);

    struct az_corpus corpus;
    az_assert(az_corpus_init(&corpus, s->panel, &(struct az_corpus_options){.n_responses = 4},
                             NULL) == 0);
    az_assert(az_corpus_add(&corpus, s->item, (struct az_ballots){v, n}, false, NULL) == 0);
    az_corpus_release(&corpus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct az_str in = {(const char *)data, size}, line;
    struct az_recorded_form form = {0};
    struct az_question q = fuzz_panel_of(fuzz_choice(&in))->question;
    struct state s = {.arena = az_arena_new(1024), .panel = panel_of(&q), .item = az_item_new(256)};
    az_assert(s.arena && s.item);
    struct az_str texts[4] = {AZ_STR("a"), AZ_STR("b"), AZ_STR("c"), AZ_STR("d")};
    s.item->id = AZ_STR("1");
    s.item->responses = texts;
    s.item->n_responses = q.kind == AZ_BEST ? 4 : q.kind == AZ_PAIR ? 2 : 1;
    while (az_str_line(&in, &line))
        take_line(&s, &form, line);
    decide(&s);
    size_t n;
    struct az_error err = {0};
    if (az_guess_question(&s.guess, s.arena, &q, &n, &err) < 0)
        az_assert(*err.what);
    az_item_free(s.item);
    az_panel_free(s.panel);
    az_arena_free(s.arena);
    return 0;
}
