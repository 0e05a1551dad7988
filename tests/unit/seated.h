/* tests/unit/seated.h: a small panel in seats, and words for its ballots and
 * steps, so that a case of a policy is a line.
 *
 * Seats are spoken of by their number in plan order, from 1. Ballots are one
 * word a seat, one letter a question of it (orders, then samples):
 *   A B C …  that label   t  a tie   1-9  that score
 *   !        an error     -  no ballot */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "core/arena.h"
#include "core/verdict.h"
#include "policies/policy.h"

enum { SEATED_MAX = 40, SEATED_BALLOTS = 512 };

struct seated {
    struct az_panel panel;
    struct az_judge judges[SEATED_MAX];
    char names[SEATED_MAX][16];
    int at[SEATED_MAX]; /* seat, in plan order from 0, to judge */
    struct az_item item;
    struct az_str responses[5];
    struct az_ballot ballots[SEATED_BALLOTS];
    size_t n;
    struct az_arena *arena;
    char text[512];
};

static const char *const seated_pair_labels[] = {"A", "B", "tie"};
static const char *const seated_choice_labels[] = {"A", "B", "C", "D"};

/* Where each judge sits: to be called again when judges or the item change. */
static inline void seated_places(struct seated *s)
{
    for (int j = 0; j < (int)s->panel.n_judges; j++) {
        uint64_t place = az_plan_place(az_plan_seed(&s->item), s->judges[j].name);
        int i = j;
        for (; i > 0 && place < az_plan_place(az_plan_seed(&s->item), s->judges[s->at[i - 1]].name);
             i--)
            s->at[i] = s->at[i - 1];
        s->at[i] = j;
    }
}

static inline void seated_question(struct seated *s, enum az_kind kind)
{
    struct az_question *q = &s->panel.question;
    *q = (struct az_question){.kind = kind};
    if (kind == AZ_PAIR) {
        q->ties = true;
        q->n_labels = 3;
        q->labels = (const char **)(uintptr_t)seated_pair_labels;
    } else if (kind == AZ_CHOICE) {
        q->n_labels = 4;
        q->labels = (const char **)(uintptr_t)seated_choice_labels;
    } else if (kind == AZ_SCORE) {
        q->scale_min = 1;
        q->scale_max = 9;
        q->step = 1;
    }
    s->item.n_responses = kind == AZ_PAIR ? 2 : kind == AZ_BEST ? 4 : 1;
}

static inline void seated_init(struct seated *s, enum az_kind kind, int n_judges,
                               enum az_orders orders)
{
    *s = (struct seated){.arena = az_arena_new(65536)};
    assert_non_null(s->arena);
    s->panel.judges = s->judges;
    s->panel.n_judges = (size_t)n_judges;
    s->panel.policy = (struct az_policy){.kind = AZ_POLICY_VOTE, .rounds = 1};
    s->panel.aggregate.kind = kind == AZ_SCORE ? AZ_AGG_MEAN : AZ_AGG_MAJORITY;
    s->panel.limits.quorum = 1;
    s->item.id = AZ_STR("q1");
    s->item.line = 1;
    s->item.responses = s->responses;
    for (int i = 0; i < 5; i++)
        s->responses[i] = AZ_STR("text");
    for (int j = 0; j < n_judges; j++) {
        snprintf(s->names[j], sizeof(s->names[j]), "judge%d", j + 1);
        s->judges[j] = (struct az_judge){
            .name = s->names[j], .backend_at = -1, .orders = orders, .samples = 1, .weight = 1};
    }
    seated_question(s, kind);
    seated_places(s);
}

static inline void seated_release(struct seated *s)
{
    az_arena_free(s->arena);
}

/* The same panel and item without a ballot. */
static inline void seated_reset(struct seated *s)
{
    az_arena_free(s->arena);
    s->arena = az_arena_new(65536);
    assert_non_null(s->arena);
    s->n = 0;
}

/* The ballot that a letter stands for; false for "-". */
static inline bool seated_letter(char c, struct az_ballot *b)
{
    b->label = AZ_LABEL_NONE;
    b->how = AZ_STR("json");
    b->cost_known = true;
    b->attempts = 1;
    if (c == '-')
        return false;
    if (c == '!') {
        b->error = AZ_BE_TIMEOUT;
        b->error_text = AZ_STR("no answer in 60 s");
    } else if (c == 't') {
        b->label = AZ_LABEL_TIE;
    } else if (c >= '1' && c <= '9') {
        b->has_score = true;
        b->score = c - '0';
    } else {
        assert_true(c >= 'A' && c <= 'Z');
        b->label = c - 'A';
    }
    return true;
}

static inline void seated_add(struct seated *s, int seat, int round, int nth, char letter)
{
    int judge = s->at[seat];
    enum az_order orders[2];
    int n_orders = az_judge_orders(&s->panel, judge, orders);
    int samples = s->judges[judge].samples;
    struct az_ballot b = {.key = {.item = s->item.seq,
                                  .judge = judge,
                                  .round = round,
                                  .criterion = -1,
                                  .order = orders[nth / samples],
                                  .sample = nth % samples}};
    assert_true(nth < n_orders * samples && s->n < SEATED_BALLOTS);
    if (seated_letter(letter, &b))
        s->ballots[s->n++] = b;
}

/* Add the ballots of one round: "AB A! --". */
static inline void seated_ballots(struct seated *s, int round, const char *words)
{
    int seat = 0, nth = 0;
    for (const char *c = words; *c; c++) {
        if (*c == ' ') {
            seat++;
            nth = 0;
        } else {
            seated_add(s, seat, round, nth++, *c);
        }
    }
    assert_int_equal(seat + 1, s->panel.n_judges);
}

static inline struct az_fold seated_fold(struct seated *s, bool closed)
{
    return (struct az_fold){.panel = &s->panel,
                            .item = &s->item,
                            .ballots = {s->ballots, s->n},
                            .closed = closed,
                            .arena = s->arena};
}

static inline struct az_step seated_next(struct seated *s, bool closed)
{
    struct az_fold fold = seated_fold(s, closed);
    struct az_step step = {0};
    struct az_error err = {0};
    assert_int_equal(az_policy_next(&fold, &step, &err), 0);
    return step;
}

static inline int seated_seat(const struct seated *s, int judge)
{
    int seat = 0;
    while (s->at[seat] != judge)
        seat++;
    return seat;
}

static inline void seated_say(struct seated *s, const char *fmt, ...) AZ_PRINTF(2, 3);
static inline void seated_say(struct seated *s, const char *fmt, ...)
{
    size_t n = strlen(s->text);
    va_list args;
    va_start(args, fmt);
    vsnprintf(s->text + n, sizeof(s->text) - n, fmt, args);
    va_end(args);
}

static inline void seated_say_ask(struct seated *s, const struct az_questions *ask)
{
    int before = -1;
    seated_say(s, "ask");
    for (size_t i = 0; i < ask->n; i++) {
        int seat = seated_seat(s, ask->v[i].judge);
        if (seat != before)
            seated_say(s, " %d", seat + 1);
        before = seat;
    }
    if (ask->v[0].round > 1)
        seated_say(s, " in round %d", ask->v[0].round);
}

static inline void seated_say_decided(struct seated *s, const struct az_verdict *v)
{
    if (v->has_score)
        seated_say(s, "decide %g", v->score);
    else
        seated_say(s, "decide %s", az_label_name(&s->panel.question, v->label));
    if (v->has_share)
        seated_say(s, " %g/%d", v->share * v->seats.asked, v->seats.asked);
    if (v->early)
        seated_say(s, " of %d", v->seats.n);
}

/* "ask 2 5", "decide A 2/3", "decide A 3/3 of 5" (early), "decide 3.5 2/3",
 * "abstain: why", "fail: why"; after a debate " in round 2". */
static inline const char *seated_step(struct seated *s, bool closed)
{
    struct az_step step = seated_next(s, closed);
    const struct az_verdict *v = &step.verdict;
    s->text[0] = '\0';
    if (step.kind == AZ_ASK) {
        seated_say_ask(s, &step.ask);
        return s->text;
    }
    if (v->status == AZ_DECIDED)
        seated_say_decided(s, v);
    else
        seated_say(s, "%s: %s", v->status == AZ_FAILED ? "fail" : "abstain", v->reason);
    if (v->rounds > 1)
        seated_say(s, " in round %d", v->rounds);
    return s->text;
}

/* The verdict's line, in `b`. Brief: no ballots. */
static inline const char *seated_line(struct seated *s, const struct az_step *step, bool brief,
                                      struct az_buf *b)
{
    struct az_ballots ballots = {s->ballots, s->n};
    for (size_t i = 0; i < s->n; i++)
        s->ballots[i].used = step->used[i];
    az_buf_clear(b);
    az_verdict_print(b, &s->panel, &s->item, &step->verdict, ballots, brief);
    assert_int_equal(az_buf_check(b, NULL), 0);
    return b->p;
}

/* The next order of n numbers, by their size; false after the last. */
static inline bool seated_permute(int *v, int n)
{
    int i = n - 2, k = n - 1;
    while (i >= 0 && v[i] > v[i + 1])
        i--;
    if (i < 0)
        return false;
    while (v[k] < v[i])
        k--;
    int swap = v[i];
    v[i] = v[k];
    v[k] = swap;
    for (int a = i + 1, b = n - 1; a < b; a++, b--) {
        swap = v[a];
        v[a] = v[b];
        v[b] = swap;
    }
    return true;
}
