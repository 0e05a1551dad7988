/* tests/unit/sched_scene.h: the scheduler played by a script: a line is an event,
 * and beside it stands what it has to lead to. Needs cmocka's headers before it.
 *
 * Questions are written item.judge, in later rounds item.judge/round. Events:
 *   add 0               an item           credit 0 gpu 2     peer, backend, questions
 *   answer 0 0.1 A $5   peer, question, label (or the name of an error), cost
 *   again 0 0.1 $5      no ballot yet     gone 0             a peer
 *   stopped 0 gpu       peer, backend     heard 0            a peer
 *   unfit 0             a peer that cannot use the panel
 *   commit              all that was handed to the store is durable
 *   tick 600000         the time          stop               ask nobody new
 *   hello 0             a peer            cancel             the job
 *   done                whose items have left?
 * Effects: "ask 0: 0.0 0.1; keep 0.1 A; decide 0 decided A; recall 0: 0.2",
 * nothing for none; panels are sent before the first question and not shown. */
#pragma once
#include "coordinator/sched.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

enum { SCENE_HUGE = 1000 }; /* items from this number on are long */

struct scene {
    struct az_panel *panel;
    struct az_sched *sched;
    struct az_docket *docket;
    struct az_effects fx;
    az_ms now;
    uint64_t ticket;
    az_nusd settled, ceiling; /* the last ledger handed to the store */
    bool ledger;              /* show it, too */
    az_nusd grant;            /* of the last question sent */
    struct az_msg_question last;
    char last_said[64];
    char text[2048];
};

static inline void scene_say(struct scene *s, const char *fmt, ...) AZ_PRINTF(2, 3);
static inline void scene_say(struct scene *s, const char *fmt, ...)
{
    size_t n = strlen(s->text);
    va_list args;
    va_start(args, fmt);
    vsnprintf(s->text + n, sizeof(s->text) - n, fmt, args);
    va_end(args);
}

static inline void scene_init_silent(struct scene *s, const char *yaml, az_nusd spent,
                                     az_ms silence_ms)
{
    *s = (struct scene){0};
    struct az_error err = {0};
    struct az_panel_source source = {0};
    if (az_panel_parse(yaml, "scene.yaml", &source, &s->panel, &err) < 0)
        fail_msg("%s", err.what);
    struct az_sched_config config = {.silence_ms = silence_ms};
    struct az_docket_config docket = {.number = 1,
                                      .panel = s->panel,
                                      .job = s,
                                      .spent = spent,
                                      .window_items = 100,
                                      .window_bytes = 1 << 20,
                                      .weight = AZ_WEIGHT};
    assert_int_equal(az_sched_new(&config, &s->sched, &err), 0);
    assert_int_equal(az_sched_open(s->sched, &docket, &s->docket, &err), 0);
    assert_int_equal(az_effects_init(&s->fx, &err), 0);
}

static inline void scene_init(struct scene *s, const char *yaml, az_nusd spent)
{
    scene_init_silent(s, yaml, spent, 0);
}

static inline void scene_release(struct scene *s)
{
    az_effects_release(&s->fx);
    az_sched_free(s->sched);
    az_panel_free(s->panel);
}

static inline struct az_item *scene_item(int64_t seq)
{
    struct az_item *item = az_item_new(512);
    assert_non_null(item);
    char id[24];
    snprintf(id, sizeof(id), "q%d", (int)seq);
    item->seq = seq;
    item->line = seq + 1;
    item->id = az_arena_str(item->arena, az_str(id));
    item->n_responses = 1;
    item->responses = az_arena_zalloc(item->arena, sizeof(*item->responses));
    static char huge[1 << 18];
    memset(huge, 'x', sizeof(huge) - 1);
    item->responses[0] = az_arena_str(item->arena, az_str(seq >= SCENE_HUGE ? huge : "text"));
    assert_non_null(item->responses[0].p);
    return item;
}

static inline struct az_key scene_key(const char *word)
{
    int item, judge, round = 1;
    assert_true(sscanf(word, "%d.%d/%d", &item, &judge, &round) >= 2);
    return (struct az_key){
        .item = item, .judge = judge, .round = round, .criterion = -1, .order = AZ_ORDER_NONE};
}

static inline void scene_say_key(struct scene *s, const struct az_key *k)
{
    scene_say(s, "%d.%d", (int)k->item, k->judge);
    if (k->round > 1)
        scene_say(s, "/%d", k->round);
}

static inline void scene_say_ballot(struct scene *s, const struct az_ballot *b)
{
    scene_say_key(s, &b->key);
    scene_say(s, " %s",
              b->error ? az_ballot_error_name(b->error)
                       : az_label_name(&s->panel->question, b->label));
}

static inline void scene_say_verdict(struct scene *s, int64_t seq, const struct az_verdict *v)
{
    scene_say(s, "%d %s", (int)seq, az_status_name(v->status));
    if (v->status == AZ_DECIDED)
        scene_say(s, " %s", az_label_name(&s->panel->question, v->label));
}

/* Questions of a message by item and judge: the plan's own order is not what is
 * tested here. */
static inline void scene_say_asked(struct scene *s, const struct az_effect *x)
{
    if (x->send.msg.kind == AZ_MSG_RECALL) {
        scene_say(s, "recall %d:", x->send.peer);
        for (size_t i = 0; i < x->send.msg.recall.n; i++) {
            scene_say(s, " ");
            scene_say_key(s, &x->send.msg.recall.keys[i]);
        }
        return;
    }
    assert_int_equal(x->send.msg.kind, AZ_MSG_QUESTIONS);
    scene_say(s, "ask %d:", x->send.peer);
    size_t n = x->send.msg.questions.n;
    struct az_key before = {.item = -1};
    for (size_t done = 0; done < n; done++) {
        const struct az_key *least = NULL;
        for (size_t i = 0; i < n; i++) {
            const struct az_msg_question *q = &x->send.msg.questions.v[i];
            assert_true(x->send.msg.questions.items[q->item]->seq == q->key.item);
            if (az_key_cmp(&q->key, &before) > 0 && (!least || az_key_cmp(&q->key, least) < 0))
                least = &q->key;
        }
        assert_non_null(least);
        before = *least;
        scene_say(s, " ");
        scene_say_key(s, least);
    }
    s->last = x->send.msg.questions.v[n - 1];
    s->grant = s->last.grant;
    snprintf(s->last_said, sizeof(s->last_said), AZ_STR_FMT, AZ_STR_ARG(s->last.said));
}

/* As the loop does: effects in order, then the store gets its ticket. */
static inline void scene_run(struct scene *s)
{
    struct az_error err = {0};
    bool stored = false;
    assert_int_equal(az_sched_ledgers(s->sched, &s->fx, &err), 0);
    for (size_t i = 0; i < s->fx.n; i++) {
        struct az_effect *x = &s->fx.v[i];
        stored |= x->kind != AZ_FX_SEND && x->kind != AZ_FX_PANEL;
        if (x->kind == AZ_FX_PANEL)
            continue;
        if (x->kind == AZ_FX_LEDGER) {
            s->settled = x->ledger.settled;
            s->ceiling = x->ledger.ceiling;
            if (!s->ledger)
                continue;
        }
        if (*s->text)
            scene_say(s, "; ");
        if (x->kind == AZ_FX_SEND) {
            scene_say_asked(s, x);
        } else if (x->kind == AZ_FX_BALLOT) {
            scene_say(s, "keep ");
            scene_say_ballot(s, x->ballot);
        } else if (x->kind == AZ_FX_VERDICT) {
            scene_say(s, "decide ");
            scene_say_verdict(s, x->verdict.seq, x->verdict.verdict);
        } else {
            scene_say(s, "ledger %d", (int)(x->ledger.ceiling / 1000));
        }
    }
    az_effects_clear(&s->fx);
    az_docket_submitted(s->docket, stored ? ++s->ticket : 0);
}

static inline void scene_answer(struct scene *s, const char *args, bool again)
{
    int peer;
    char key[32], said[32] = "";
    int cost = 0;
    int n = again ? sscanf(args, "%d %31s $%d %31s", &peer, key, &cost, said)
                  : sscanf(args, "%d %31s %31s $%d", &peer, key, said, &cost);
    assert_true(n >= (again ? 2 : 3));
    struct az_msg_answer answer = {.again = again, .panel = 1};
    struct az_ballot *b = &answer.ballot;
    *b = (struct az_ballot){.key = scene_key(key),
                            .label = AZ_LABEL_NONE,
                            .cost = (az_nusd)cost * 1000,
                            .attempts = 1,
                            .how = AZ_STR("json")};
    const struct az_question *q = &s->panel->question;
    int error = az_ballot_error_find(az_str(again ? "parse" : said));
    b->error = error < 0 ? AZ_BE_NONE : (enum az_ballot_error)error;
    if (!b->error)
        b->label = az_label_find(q, q->n_labels, az_str(said));
    else
        b->error_text = AZ_STR("why");
    if (again)
        answer.said = az_str(said);
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
    msg.answers.n = 1;
    msg.answers.v = &answer;
    assert_int_equal(az_sched_on_answers(s->sched, peer, &msg, s->now, &s->fx, NULL), 0);
}

static inline void scene_stopped(struct scene *s, const char *args)
{
    int peer;
    char backend[32];
    assert_int_equal(sscanf(args, "%d %31s", &peer, backend), 2);
    struct az_msg msg = {.kind = AZ_MSG_STOPPED};
    msg.stopped.backend = az_str(backend);
    msg.stopped.why = AZ_STR("401");
    assert_int_equal(az_sched_on_stopped(s->sched, peer, &msg, s->now, &s->fx, NULL), 0);
}

static inline void scene_unfit(struct scene *s, const char *args)
{
    int peer;
    assert_int_equal(sscanf(args, "%d", &peer), 1);
    struct az_msg msg = {.kind = AZ_MSG_UNFIT};
    msg.unfit.panel = 1;
    msg.unfit.why = AZ_STR("unknown policy 'later'");
    assert_true(az_sched_on_unfit(s->sched, peer, &msg, s->now, &s->fx, NULL) >= 0);
}

static inline void scene_credit(struct scene *s, const char *args)
{
    int peer, n;
    char backend[32];
    assert_int_equal(sscanf(args, "%d %31s %d", &peer, backend, &n), 3);
    struct az_credit credit = {
        .backend = az_str(backend), .kind = AZ_STR("openai"), .credit = (uint32_t)n};
    struct az_credits credits = {1, &credit};
    assert_int_equal(az_sched_on_credit(s->sched, peer, &credits, s->now, &s->fx, NULL), 0);
}

static inline void scene_done(struct scene *s)
{
    struct az_done done;
    while (az_docket_next_done(s->docket, &done)) {
        scene_say(s, "%s", *s->text ? "; " : "");
        scene_say_verdict(s, done.item->seq, &done.verdict);
    }
}

/* One event; returns what came of it. */
static inline const char *scene_event(struct scene *s, const char *event)
{
    char verb[16];
    int at;
    assert_int_equal(sscanf(event, "%15s %n", verb, &at), 1);
    const char *args = event + at;
    s->text[0] = '\0';
    int r = 0;
    int64_t item = 0;
    if (!strcmp(verb, "add") && az_str_int(az_str(args), &item))
        r = az_docket_add(s->docket, scene_item(item), (struct az_ballots){0}, s->now, &s->fx,
                          NULL);
    else if (!strcmp(verb, "credit"))
        scene_credit(s, args);
    else if (!strcmp(verb, "answer") || !strcmp(verb, "again"))
        scene_answer(s, args, verb[1] == 'g');
    else if (!strcmp(verb, "gone"))
        r = az_sched_on_gone(s->sched, args[0] - '0', s->now, &s->fx, NULL);
    else if (!strcmp(verb, "hello"))
        r = az_sched_on_hello(s->sched, args[0] - '0', s->now, &s->fx, NULL);
    else if (!strcmp(verb, "heard"))
        r = az_sched_on_heard(s->sched, args[0] - '0', s->now, &s->fx, NULL);
    else if (!strcmp(verb, "cancel"))
        r = az_docket_cancel(s->docket, s->now, &s->fx, NULL);
    else if (!strcmp(verb, "unfit"))
        scene_unfit(s, args);
    else if (!strcmp(verb, "stopped"))
        scene_stopped(s, args);
    else if (!strcmp(verb, "commit"))
        r = az_docket_on_committed(s->docket, s->ticket, s->now, &s->fx, NULL);
    else if (!strcmp(verb, "tick")) {
        int64_t ms = 0;
        assert_true(az_str_int(az_str(args), &ms));
        s->now = ms;
        r = az_sched_on_tick(s->sched, s->now, &s->fx, NULL);
    } else if (!strcmp(verb, "stop"))
        az_docket_stop(s->docket);
    else if (!strcmp(verb, "done"))
        scene_done(s);
    else
        fail_msg("no event '%s'", event);
    assert_int_equal(r, 0);
    scene_run(s);
    return s->text;
}

struct scene_line {
    const char *event, *want;
};

static inline void scene_play(struct scene *s, const char *name, const struct scene_line *lines)
{
    for (const struct scene_line *l = lines; l->event; l++) {
        const char *got = scene_event(s, l->event);
        if (strcmp(got, l->want))
            fail_msg("%s: '%s': got '%s', want '%s'", name, l->event, got, l->want);
    }
}
