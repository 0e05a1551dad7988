/* tests/unit/work_scene.h: the worker's core played by a script: a line is an
 * event, and beside it stands what it has to lead to. Needs cmocka's headers
 * before it. Questions are written item.judge, or 7/item.judge where they are about
 * panel 7 and not 0. Events:
 *   ask 0.0 0.1          questions; "ask 0.0 $900 #2 *1": money granted, calls made
 *                        before, calls that may be made now
 *   reply 0.0 A          the judge answers in its form: this label; $N: tokens
 *   says 0.0 TEXT        it says something else
 *   status 0.0 429 HEAD  an HTTP status, with a header line
 *   body 0.0 400 JSON    a status with a body
 *   connect|timeout|broken 0.0      no reply
 *   cached 0.0 A|-       what the cache has
 *   tick 600             the time; "late 600": it is that late, and nobody has looked
 *   panel 7, forget 7    the scene's panel under another number; "unfit 7": one that
 *                        cannot be used
 *   recall 0.0 0.1       or "recall all", "recall 7/all"
 *   drain, session
 *   tune 0 4 60 0        backend, slots, rpm, tpm
 *   lease 600            begin nothing from then on; "lease -": whenever
 *   state 0 loading      the backend is away; "state 0": it is back
 * Effects: "call 0.0; lookup 0.0; remember; answer 0.0 A; again 0.0; stop gpu;
 * announce gpu 7 loading" (credit, state); "!announce": went down, "?announce":
 * answers again. */
#pragma once
#include "tests/unit/unit.h"
#include "workers/work.h"
#include "workers/work_state.h"

struct work_scene {
    const char *yaml;
    struct az_panel *panel; /* whose backends the worker reaches */
    struct az_work *work;
    struct az_wfxs fx;
    struct az_work_backend backends[4];
    struct az_arena *arena;
    az_ms now;
    struct az_ballot last; /* answered; its texts are gone */
    bool last_again;
    az_nusd total; /* of all answers */
    int calls;
    char url[64], said[64], why[64];
    char text[2048];
};

static inline void work_say(struct work_scene *s, const char *fmt, ...) AZ_PRINTF(2, 3);
static inline void work_say(struct work_scene *s, const char *fmt, ...)
{
    size_t n = strlen(s->text);
    va_list args;
    va_start(args, fmt);
    vsnprintf(s->text + n, sizeof(s->text) - n, fmt, args);
    va_end(args);
}

static inline struct az_panel *work_panel(const char *yaml)
{
    struct az_error err = {0};
    struct az_panel_source source = {0};
    struct az_panel *panel = NULL;
    if (az_panel_parse(yaml, "scene.yaml", &source, &panel, &err) < 0)
        fail_msg("%s", err.what);
    return panel;
}

static inline void work_add_panel(struct work_scene *s, uint32_t number)
{
    static const unsigned char secret[AZ_SECRET_BYTES];
    struct az_error err = {0};
    if (az_work_on_panel(s->work, number, work_panel(s->yaml), secret, &err) < 0)
        fail_msg("%s", err.what);
}

static inline void work_scene_init_as(struct work_scene *s, const char *yaml, bool cache, int slots,
                                      bool service)
{
    *s = (struct work_scene){.yaml = yaml, .panel = work_panel(yaml), .arena = az_arena_new(4096)};
    struct az_error err = {0};
    for (size_t b = 0; b < s->panel->n_backends; b++)
        s->backends[b].backend = &s->panel->backends[b];
    struct az_work_config config = {.n_backends = s->panel->n_backends,
                                    .backends = s->backends,
                                    .slots = slots,
                                    .cache = cache,
                                    .service = service,
                                    .seed = 1};
    assert_int_equal(az_work_new(&config, &s->work, &err), 0);
    assert_int_equal(az_wfxs_init(&s->fx, &err), 0);
    work_add_panel(s, 0);
}

static inline void work_scene_init(struct work_scene *s, const char *yaml, bool cache, int slots)
{
    work_scene_init_as(s, yaml, cache, slots, false);
}

static inline void work_scene_release(struct work_scene *s)
{
    az_wfxs_release(&s->fx);
    az_work_free(s->work);
    az_arena_free(s->arena);
    az_panel_free(s->panel);
}

/* Steps over "7/"; 0 where there is none. */
static inline uint32_t work_panel_of(const char **word)
{
    const char *slash = strchr(*word, '/');
    uint32_t panel = slash ? (uint32_t)strtoul(*word, NULL, 10) : 0;
    *word = slash ? slash + 1 : *word;
    return panel;
}

static inline struct az_key work_key(const char *word)
{
    int item, judge;
    work_panel_of(&word);
    if (sscanf(word, "%d.%d", &item, &judge) != 2)
        fail_msg("no question '%s'", word);
    return (struct az_key){
        .item = item, .judge = judge, .round = 1, .criterion = -1, .order = AZ_ORDER_NONE};
}

static inline struct work_call *work_call_of(struct work_scene *s, const char *word)
{
    struct az_key key = work_key(word);
    const char *rest = word;
    uint32_t panel = work_panel_of(&rest);
    for (size_t i = 0; i < s->work->n_all; i++) {
        struct work_call *c = s->work->all[i];
        if (c->state != CALL_FREE && c->panel->number == panel &&
            az_key_cmp(&c->ask.key, &key) == 0)
            return c;
    }
    fail_msg("no call '%s'", word);
    return NULL;
}

static inline void work_say_key(struct work_scene *s, uint32_t panel, const struct az_key *k)
{
    if (panel)
        work_say(s, " %u/%d.%d", panel, (int)k->item, k->judge);
    else
        work_say(s, " %d.%d", (int)k->item, k->judge);
}

static inline void work_say_answer(struct work_scene *s, const struct az_msg_answer *a)
{
    const struct az_ballot *b = &a->ballot;
    work_say(s, a->again ? "again" : "answer");
    work_say_key(s, a->panel, &b->key);
    if (!a->again)
        work_say(s, " %s",
                 b->error ? az_ballot_error_name(b->error)
                          : az_label_name(&s->panel->question, b->label));
    s->last = *b;
    s->last_again = a->again;
    s->total += b->cost;
    snprintf(s->said, sizeof(s->said), AZ_STR_FMT, AZ_STR_ARG(a->said));
    /* Whatever it answers must pass the wire. */
    struct az_msg msg = {.kind = AZ_MSG_ANSWERS, .seq = 1};
    msg.answers.n = 1;
    msg.answers.v = (struct az_msg_answer *)a;
    AZ_AUTO_BUF frame = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_error err = {0};
    struct az_msg back;
    if (az_wire_pack(&frame, &msg, s->arena, &err) < 0 ||
        az_wire_unpack(az_buf_view(&frame), s->arena, &back, &err) < 0)
        fail_msg("'%s' can't be sent: %s", s->text, err.what);
}

static inline const char *work_effects(struct work_scene *s)
{
    s->text[0] = '\0';
    for (size_t i = 0; i < s->fx.n; i++) {
        const struct az_wfx *x = &s->fx.v[i];
        work_say(s, "%s", i ? "; " : "");
        switch (x->kind) {
        case AZ_WFX_CALL:
            s->calls++;
            snprintf(s->url, sizeof(s->url), "%s", x->call.url);
            assert_true(x->call.body.n > 0);
            assert_true((int64_t)x->call.body.n <= x->call.call->bytes_bound);
            work_say(s, "call");
            work_say_key(s, x->call.call->panel->number, &x->call.call->ask.key);
            break;
        case AZ_WFX_LOOKUP:
            work_say(s, "lookup");
            work_say_key(s, x->lookup.call->panel->number, &x->lookup.call->ask.key);
            break;
        case AZ_WFX_REMEMBER:
            assert_true(x->remember.reply.n > 0);
            work_say(s, "remember");
            break;
        case AZ_WFX_ANSWER:
            work_say_answer(s, &x->answer.answer);
            break;
        case AZ_WFX_STOPPED:
            work_say(s, "stop %s", s->panel->backends[x->stopped.backend].name);
            snprintf(s->why, sizeof(s->why), AZ_STR_FMT, AZ_STR_ARG(x->stopped.why));
            break;
        case AZ_WFX_ANNOUNCE: {
            struct az_credit c = az_work_announce(s->work, x->announce.backend);
            static const char *const news[] = {"", "!", "?"};
            work_say(s, "%sannounce " AZ_STR_FMT " %u%s" AZ_STR_FMT, news[x->announce.news],
                     AZ_STR_ARG(c.backend), c.credit, c.state.n ? " " : "", AZ_STR_ARG(c.state));
            break;
        }
        }
    }
    az_wfxs_clear(&s->fx);
    return s->text;
}

static inline struct az_item *work_item(int64_t seq)
{
    struct az_item *item = az_item_new(512);
    assert_non_null(item);
    item->seq = seq;
    item->id = az_arena_str(item->arena, AZ_STR("q"));
    item->n_responses = 1;
    item->responses = az_arena_zalloc(item->arena, sizeof(*item->responses));
    item->responses[0] = az_arena_str(item->arena, AZ_STR("some text"));
    return item;
}

static inline int work_ask(struct work_scene *s, const char *args, struct az_error *err)
{
    struct az_item *items[16];
    struct az_msg_question v[16];
    struct az_msg msg = {.kind = AZ_MSG_QUESTIONS};
    msg.questions.items = items;
    msg.questions.v = v;
    char word[32];
    for (int n; sscanf(args, "%31s %n", word, &n) == 1; args += n) {
        struct az_msg_question *q = &v[msg.questions.n];
        if (*word == '$') {
            for (size_t i = 0; i < msg.questions.n; i++)
                v[i].grant = (az_nusd)strtoll(word + 1, NULL, 10);
        } else if (*word == '#') {
            for (size_t i = 0; i < msg.questions.n; i++)
                v[i].attempts = word[1] - '0';
        } else if (*word == '*') {
            for (size_t i = 0; i < msg.questions.n; i++)
                v[i].calls = (uint32_t)(word[1] - '0');
        } else {
            *q = (struct az_msg_question){.key = work_key(word), .grant = AZ_NUSD_MAX};
            const char *rest = word;
            q->panel = work_panel_of(&rest);
            q->item = (uint32_t)msg.questions.n;
            items[msg.questions.n_items++] = work_item(q->key.item);
            msg.questions.n++;
        }
    }
    return az_work_on_questions(s->work, &msg, s->now, &s->fx, err);
}

static inline void work_respond(struct work_scene *s, const char *word, long status,
                                const char *headers, const char *body)
{
    struct az_response response = {status, az_str(headers), az_str(body)};
    struct az_call_result result = {.end = AZ_CALL_ANSWERED, .response = &response, .ms = 5};
    assert_int_equal(
        az_work_on_response(s->work, work_call_of(s, word), &result, s->now, 0, &s->fx, NULL), 0);
}

static inline void work_no_reply(struct work_scene *s, const char *word, enum az_call_end end)
{
    struct az_call_result result = {.end = end, .why = "it broke", .ms = 5};
    assert_int_equal(
        az_work_on_response(s->work, work_call_of(s, word), &result, s->now, 0, &s->fx, NULL), 0);
}

/* A chat completion that says `text`; negative tokens: no usage. */
static inline void work_body(char *to, size_t size, const char *text, int tokens)
{
    AZ_AUTO_BUF b = az_buf(4096);
    struct az_jw w = az_jw(&b);
    az_jw_z(&w, text);
    char usage[96] = "";
    if (tokens >= 0)
        snprintf(usage, sizeof(usage), ",\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d}",
                 tokens, tokens);
    snprintf(to, size,
             "{\"model\":\"m\",\"choices\":[{\"message\":{\"content\":%s},"
             "\"finish_reason\":\"stop\"}]%s}",
             b.p, usage);
}

static inline void work_says(struct work_scene *s, const char *word, const char *text, int tokens)
{
    char body[2048];
    work_body(body, sizeof(body), text, tokens);
    work_respond(s, word, 200, "", body);
}

static inline void work_reply_label(struct work_scene *s, const char *args)
{
    char word[32], label[16], text[96];
    int tokens = -1;
    assert_true(sscanf(args, "%31s %15s $%d", word, label, &tokens) >= 2);
    snprintf(text, sizeof(text), "{\"rationale\":\"r\",\"label\":\"%s\"}", label);
    work_says(s, word, text, tokens);
}

static inline void work_cached(struct work_scene *s, const char *args)
{
    char word[32], label[16], text[96], body[2048];
    assert_int_equal(sscanf(args, "%31s %15s", word, label), 2);
    snprintf(text, sizeof(text), "{\"rationale\":\"r\",\"label\":\"%s\"}", label);
    work_body(body, sizeof(body), text, 3);
    struct az_str reply = *label == '-' ? (struct az_str){0} : az_str(body);
    assert_int_equal(az_work_on_cached(s->work, work_call_of(s, word), reply, s->now, &s->fx, NULL),
                     0);
}

static inline void work_recall(struct work_scene *s, const char *args)
{
    struct az_key keys[16];
    size_t n = 0;
    const char *rest = args;
    uint32_t panel = work_panel_of(&rest);
    bool all = !strcmp(rest, "all");
    char word[32];
    for (int at; !all && sscanf(args, "%31s %n", word, &at) == 1; args += at)
        keys[n++] = work_key(word);
    assert_int_equal(az_work_on_recall(s->work, panel, keys, n, all, &s->fx, NULL), 0);
}

static inline void work_tune(struct work_scene *s, const char *args)
{
    int b, slots, rpm, tpm;
    assert_int_equal(sscanf(args, "%d %d %d %d", &b, &slots, &rpm, &tpm), 4);
    struct az_str name = az_str(s->panel->backends[b].name);
    assert_int_equal(
        az_work_on_tune(s->work, name, (uint32_t)slots, rpm, tpm, s->now, &s->fx, NULL), 0);
}

/* Events that are not about one call; false: none of those. */
static inline bool work_event_of_all(struct work_scene *s, const char *verb, const char *args)
{
    uint32_t number = (uint32_t)strtoul(args, NULL, 10);
    if (!strcmp(verb, "panel"))
        work_add_panel(s, number);
    else if (!strcmp(verb, "forget"))
        az_work_on_forget(s->work, number);
    else if (!strcmp(verb, "unfit"))
        assert_int_equal(az_work_on_unfit(s->work, number, NULL), 0);
    else if (!strcmp(verb, "recall"))
        work_recall(s, args);
    else if (!strcmp(verb, "drain"))
        assert_int_equal(az_work_drain(s->work, &s->fx, NULL), 0);
    else if (!strcmp(verb, "session"))
        assert_int_equal(az_work_on_session(s->work, &s->fx, NULL), 0);
    else if (!strcmp(verb, "tune"))
        work_tune(s, args);
    else if (!strcmp(verb, "lease"))
        az_work_on_lease(s->work, *args == '-' ? INT64_MAX : (az_ms)number);
    else if (!strcmp(verb, "state"))
        assert_int_equal(az_work_on_state(s->work, number, strlen(args) > 2 ? args + 2 : "", s->now,
                                          &s->fx, NULL),
                         0);
    else
        return false;
    return true;
}

/* One event; returns what came of it. */
static inline const char *work_event(struct work_scene *s, const char *event)
{
    char verb[16], word[32] = "";
    int at, rest = 0, status = 0;
    assert_int_equal(sscanf(event, "%15s %n", verb, &at), 1);
    const char *args = event + at;
    sscanf(args, "%31s %n", word, &rest);
    if (!strcmp(verb, "ask"))
        assert_int_equal(work_ask(s, args, NULL), 0);
    else if (!strcmp(verb, "reply"))
        work_reply_label(s, args);
    else if (!strcmp(verb, "says"))
        work_says(s, word, args + rest, -1);
    else if (!strcmp(verb, "status") || !strcmp(verb, "body")) {
        int more = 0;
        assert_int_equal(sscanf(args + rest, "%d %n", &status, &more), 1);
        bool body = *verb == 'b';
        work_respond(s, word, status, body ? "" : args + rest + more,
                     body ? args + rest + more : "{}");
    } else if (!strcmp(verb, "connect"))
        work_no_reply(s, word, AZ_CALL_CONNECT);
    else if (!strcmp(verb, "timeout"))
        work_no_reply(s, word, AZ_CALL_TIMEOUT);
    else if (!strcmp(verb, "broken"))
        work_no_reply(s, word, AZ_CALL_BROKEN);
    else if (!strcmp(verb, "cached"))
        work_cached(s, args);
    else if (!strcmp(verb, "tick")) {
        int64_t now = 0;
        assert_true(az_str_int(az_str(args), &now));
        s->now = now;
        assert_int_equal(az_work_on_tick(s->work, s->now, &s->fx, NULL), 0);
    } else if (!strcmp(verb, "late")) {
        assert_true(az_str_int(az_str(args), &s->now));
    } else if (!work_event_of_all(s, verb, args))
        fail_msg("no event '%s'", event);
    return work_effects(s);
}

struct work_line {
    const char *event, *want;
};

static inline void work_play(struct work_scene *s, const char *name, const struct work_line *lines)
{
    for (const struct work_line *l = lines; l->event; l++) {
        const char *got = work_event(s, l->event);
        if (strcmp(got, l->want))
            fail_msg("%s: '%s': got '%s', want '%s'", name, l->event, got, l->want);
    }
}
