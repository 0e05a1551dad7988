#include "workers/work.h"

#include "core/mem.h"
#include "tests/unit/unit.h"
#include "tests/unit/work_scene.h"

#define PANEL(backend, judge)                                                  \
    "question: {kind: choice, labels: [A, B], ask: Which?}\n"                  \
    "backends: [{name: gpu, kind: openai, url: 'http://gpu/v1'" backend "}]\n" \
    "judges:\n"                                                                \
    "  - {name: a, backend: gpu, model: m" judge "}\n"                         \
    "  - {name: b, backend: gpu, model: n" judge "}\n"

static const char plain[] = PANEL(", slots: 8", "");
static const char one_slot[] = PANEL(", slots: 1", "");
static const char paid[] =
    PANEL(", slots: 8", ", usd_per_mtok: {input: 1000, output: 1000}, max_tokens: 100");
static const char lexical[] = "question: {kind: score, scale: [0, 1000], ask: How long?}\n"
                              "backends: [{name: lex, kind: lexical}]\n"
                              "judges: [{name: a, backend: lex, model: length}]\n";

#define QUOTA "body 0.0 429 {\"error\":{\"code\":\"insufficient_quota\",\"message\":\"no money\"}}"
#define NO_FORM                                                                  \
    "body 0.0 400 {\"error\":{\"message\":\"response_format is not supported\"," \
    "\"param\":\"response_format\"}}"
#define NO_HEAT                                                                  \
    "body 0.0 400 {\"error\":{\"message\":\"Unsupported value: 'temperature'\"," \
    "\"param\":\"temperature\",\"code\":\"unsupported_value\"}}"

enum { LINES = 16 };
static const struct {
    const char *name, *panel;
    bool cache;
    int slots;
    struct work_line lines[LINES];
} cases[] = {
    {"asked and answered",
     plain,
     false,
     0,
     {{"ask 0.0 0.1", "call 0.0; call 0.1"},
      {"reply 0.1 B", "answer 0.1 B"},
      {"reply 0.0 A", "answer 0.0 A"}}},
    {"the cache has it",
     plain,
     true,
     0,
     {{"ask 0.0 1.0", "lookup 0.0; lookup 1.0"},
      {"cached 0.0 A", "answer 0.0 A"},
      {"cached 1.0 -", "call 1.0"},
      {"reply 1.0 B", "remember; answer 1.0 B"}}},
    {"what the cache has is no answer to this",
     plain,
     true,
     0,
     {{"ask 0.0", "lookup 0.0"}, {"cached 0.0 Z", "call 0.0"}}},
    {"an error is not remembered",
     plain,
     true,
     0,
     {{"ask 0.0", "lookup 0.0"},
      {"cached 0.0 -", "call 0.0"},
      {"body 0.0 400 {\"error\":{\"message\":\"too much\"}}", "answer 0.0 http"}}},
    {"an answer in no form is asked for once more",
     plain,
     false,
     0,
     {{"ask 0.0", "call 0.0"}, {"reply 0.0 Z", "call 0.0"}, {"reply 0.0 Z", "answer 0.0 outside"}}},
    {"and not remembered, for the prompt was another",
     plain,
     true,
     0,
     {{"ask 0.0", "lookup 0.0"},
      {"cached 0.0 -", "call 0.0"},
      {"reply 0.0 Z", "call 0.0"},
      {"reply 0.0 A", "answer 0.0 A"}}},
    {"no more room than attempts for asking again",
     plain,
     false,
     0,
     {{"ask 0.0 #3", "call 0.0"}, {"reply 0.0 Z", "answer 0.0 outside"}}},
    {"a limit of the server is waited for",
     plain,
     false,
     0,
     {{"ask 0.0", "call 0.0"},
      {"status 0.0 429 retry-after: 7", ""},
      {"tick 6999", ""},
      {"tick 60000", "call 0.0"},
      {"reply 0.0 A", "answer 0.0 A"}}},
    {"the last attempt's error is the ballot's",
     plain,
     false,
     0,
     {{"ask 0.0 #3", "call 0.0"}, {"status 0.0 429", "answer 0.0 rate_limit"}}},
    {"connection, time, connection broken",
     plain,
     false,
     0,
     {{"ask 0.0 0.1 1.0 #3", "call 0.0; call 0.1; call 1.0"},
      {"connect 0.0", ""}, /* nobody was asked */
      {"timeout 0.1", "answer 0.1 timeout"},
      {"broken 1.0", "answer 1.0 broken"},
      {"tick 60000", "call 0.0"},
      {"timeout 0.0", "answer 0.0 timeout"}}},
    {"what a server does not take is found out for free",
     plain,
     false,
     0,
     {{"ask 0.0 #3", "call 0.0"},
      {NO_FORM, "call 0.0"},
      {NO_FORM, "call 0.0"},
      {NO_HEAT, "call 0.0"},
      {"reply 0.0 A", "answer 0.0 A"}}},
    {"and by one call: those that wait are made anew",
     one_slot,
     false,
     0,
     {{"ask 0.0 0.1", "call 0.0"},
      {NO_HEAT, "call 0.1"},
      {"reply 0.1 A", "answer 0.1 A; call 0.0"},
      {"reply 0.0 A", "answer 0.0 A"}}},
    {"what was found out is asked of the cache",
     plain,
     true,
     0,
     {{"ask 0.0", "lookup 0.0"},
      {"cached 0.0 -", "call 0.0"},
      {NO_FORM, "lookup 0.0"},
      {"cached 0.0 A", "answer 0.0 A"}}},
    {"a pause outlives the lease that had no money for more",
     plain,
     false,
     0,
     {{"ask 0.0 $900000 #1", ""}, {"tick 60000", "call 0.0"}}},
    {"one slot, one call",
     one_slot,
     false,
     0,
     {{"ask 0.0 0.1", "call 0.0"}, {"reply 0.0 A", "answer 0.0 A; call 0.1"}}},
    {"slots over all backends",
     plain,
     false,
     1,
     {{"ask 0.0 0.1", "call 0.0"}, {"reply 0.0 A", "answer 0.0 A; call 0.1"}}},
    {"no money left: all comes back, and stays away",
     plain,
     false,
     1,
     {{"ask 0.0 0.1 1.0", "call 0.0"},
      {QUOTA, "stop gpu; again 0.0; again 0.1; again 1.0"},
      {"ask 2.0 2.1", "again 2.0; again 2.1"}}},
    {"calls under way while a backend stops",
     plain,
     false,
     0,
     {{"ask 0.0 0.1 1.0 1.1", "call 0.0; call 0.1; call 1.0; call 1.1"},
      {QUOTA, "stop gpu; again 0.0"},
      {"reply 0.1 A", "answer 0.1 A"},
      {"reply 1.0 Z", "again 1.0"},
      {"status 1.1 500", "again 1.1"}}},
    {"a lookup while a backend stops",
     plain,
     true,
     0,
     {{"ask 0.0 0.1", "lookup 0.0; lookup 0.1"},
      {"cached 0.0 -", "call 0.0"},
      {QUOTA, "stop gpu; again 0.0"},
      {"cached 0.1 -", "again 0.1"}}},
};

static void work_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct work_scene s;
        work_scene_init(&s, cases[i].panel, cases[i].cache, cases[i].slots);
        work_play(&s, cases[i].name, cases[i].lines);
        work_scene_release(&s);
    }
}

static void work_why_it_stopped(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, plain, false, 0);
    work_event(&s, "ask 0.0");
    work_event(&s, QUOTA);
    assert_non_null(strstr(s.why, "no money"));
    work_scene_release(&s);
}

/* Every call spends an attempt, by whichever lease; finding out, or nobody, does not. */
static void work_counts_attempts(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, plain, false, 0);
    work_event(&s, "ask 0.0 #1");
    work_event(&s, NO_FORM);
    work_event(&s, "connect 0.0");
    work_event(&s, "tick 100000");
    assert_string_equal(work_event(&s, "reply 0.0 Z"), "call 0.0");
    work_event(&s, "reply 0.0 A");
    assert_int_equal(s.last.attempts, 2);
    assert_int_equal(s.calls, 4);
    work_scene_release(&s);
}

/* Waits grow, and never end before the server's own time. */
static void work_backs_off(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, plain, false, 0);
    work_event(&s, "ask 0.0");
    for (int i = 0; i < 3; i++) {
        work_event(&s, "status 0.0 500");
        az_ms at = az_work_deadline(s.work);
        assert_true(at >= s.now && at < s.now + 60000);
        s.now = at;
        assert_int_equal(az_work_on_tick(s.work, at, &s.fx, NULL), 0);
        assert_string_equal(work_effects(&s), "call 0.0");
    }
    assert_string_equal(work_event(&s, "status 0.0 500"), "answer 0.0 http");
    work_scene_release(&s);
}

/* ---- money ---- */

static az_nusd worst_of(struct work_scene *s)
{
    az_nusd worst = call_worst(work_call_of(s, "0.0"));
    assert_true(worst > 100 * 1000000);
    return worst;
}

/* Tokens in and out at a million nano-dollars each. */
static void work_charges_by_usage(void **state)
{
    (void)state;
    static const struct {
        const char *name, *event;
        int tokens; /* of both kinds; -1 = the worst case */
    } rows[] = {
        {"as the usage says", "reply 0.0 A $7", 7},
        {"without usage", "reply 0.0 A", -1},
        {"a refusal", "body 0.0 400 {\"error\":{\"message\":\"no\"}}", 0},
        {"negative usage",
         "body 0.0 200 {\"choices\":[{\"message\":{\"content\":\"{\\\"label\\\":\\\"A\\\"}\"}}],"
         "\"usage\":{\"prompt_tokens\":-5,\"completion_tokens\":1}}",
         -1},
        {"half a usage",
         "body 0.0 200 {\"choices\":[{\"message\":{\"content\":\"{\\\"label\\\":\\\"A\\\"}\"}}],"
         "\"usage\":{\"prompt_tokens\":5}}",
         -1},
        {"timeout", "timeout 0.0", -1},
        {"a gateway that waited in vain", "status 0.0 504", -1},
        {"a gateway that was cut off", "status 0.0 502", -1},
        {"a server that failed", "status 0.0 500", 0},
    };
    for (size_t i = 0; i < AZ_LEN(rows); i++) {
        struct work_scene s;
        work_scene_init(&s, paid, false, 0);
        work_event(&s, "ask 0.0 #3");
        az_nusd want = rows[i].tokens < 0 ? worst_of(&s) : rows[i].tokens * INT64_C(2000000);
        work_event(&s, rows[i].event);
        if (s.last.cost != want)
            fail_msg("%s: %lld, want %lld", rows[i].name, (long long)s.last.cost, (long long)want);
        work_scene_release(&s);
    }
}

/* One call's worth is granted: what needs a second goes back for more. */
/* A refusal is billed like an answer: its tokens and its text are the ballot's. */
static void work_refusal_tells_its_tokens(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, paid, false, 0);
    work_event(&s, "ask 0.0");
    assert_string_equal(
        work_event(&s,
                   "body 0.0 200 {\"model\":\"m\",\"choices\":[{\"message\":{\"refusal\":\"no\"}}],"
                   "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}"),
        "answer 0.0 refusal");
    assert_int_equal(s.last.cost, 9 * AZ_NUSD_PER_USD / 1000);
    assert_int_equal(s.last.tokens_in, 7);
    assert_int_equal(s.last.tokens_out, 2);
    assert_true(s.last.raw.n > 0);
    work_scene_release(&s);
}

static void work_keeps_to_its_grant(void **state)
{
    (void)state;
    static const struct {
        const char *event, *want;
    } rows[] = {
        {"timeout 0.0", "again 0.0"}, {"broken 0.0", "again 0.0"},
        {"reply 0.0 Z", "again 0.0"}, {"connect 0.0", ""}, /* that cost nothing */
        {"status 0.0 500", ""},       {NO_FORM, "call 0.0"},
    };
    for (size_t i = 0; i < AZ_LEN(rows); i++) {
        struct work_scene s;
        work_scene_init(&s, paid, false, 0);
        work_event(&s, "ask 0.0");
        az_nusd worst = worst_of(&s);
        work_scene_release(&s);

        char ask[64];
        snprintf(ask, sizeof(ask), "ask 0.0 $%lld", (long long)worst);
        work_scene_init(&s, paid, false, 0);
        assert_string_equal(work_event(&s, ask), "call 0.0");
        const char *got = work_event(&s, rows[i].event);
        if (strcmp(got, rows[i].want))
            fail_msg("'%s': got '%s', want '%s'", rows[i].event, got, rows[i].want);
        assert_true(s.total <= worst);
        if (*got == 'a') {
            assert_true(s.last_again && s.last.cost == worst);
            assert_int_equal(s.last.attempts, 1);
        }
        work_scene_release(&s);
    }
}

static void work_again_says_what_was_wrong(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, paid, false, 0);
    work_event(&s, "ask 0.0 $1");
    work_event(&s, "reply 0.0 Z");
    assert_int_equal(s.last.error, AZ_BE_OUTSIDE);
    assert_non_null(strstr(s.said, "\"Z\""));
    work_scene_release(&s);
}

/* What a question cost before its backend stopped is told all the same. */
static void work_stop_keeps_the_bill(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, paid, false, 0);
    work_event(&s, "ask 0.0 0.1");
    az_nusd worst = worst_of(&s);
    work_event(&s, "timeout 0.0");
    work_event(&s, "tick 100000");
    assert_string_equal(work_event(&s, QUOTA), "stop gpu; again 0.0");
    assert_true(s.last.cost == worst);
    work_scene_release(&s);
}

/* ---- limits ---- */

static void work_keeps_to_rpm(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, PANEL(", slots: 64, rpm: 6", ""), false, 0);
    work_event(&s, "ask 0.0 1.0 2.0 3.0 4.0 5.0 6.0 7.0 8.0 9.0");
    /* No minute sees more than six, and the worker knows when to wake. */
    az_ms started[16];
    int n = 0;
    for (int c = 0; c < s.calls; c++)
        started[n++] = 0;
    while (n < 10) {
        az_ms at = az_work_deadline(s.work);
        assert_true(at > s.now && at < s.now + 61000);
        int before = s.calls;
        s.now = at;
        assert_int_equal(az_work_on_tick(s.work, at, &s.fx, NULL), 0);
        work_effects(&s);
        for (int c = before; c < s.calls; c++)
            started[n++] = at;
    }
    for (int i = 6; i < n; i++)
        assert_true(started[i] - started[i - 6] >= 60000);
    work_scene_release(&s);
}

/* Five failures in a row: the backend is left alone, tried with one call, and
 * when that fails too, what waits is an error at once. */
static void work_breaker(void **state)
{
    (void)state;
    static const struct work_line lines[] = {
        {"ask 0.0 1.0 2.0 3.0 4.0 #3", "call 0.0; call 1.0; call 2.0; call 3.0; call 4.0"},
        {"timeout 0.0", "answer 0.0 timeout"},
        {"timeout 1.0", "answer 1.0 timeout"},
        {"timeout 2.0", "answer 2.0 timeout"},
        {"timeout 3.0", "answer 3.0 timeout"},
        {"timeout 4.0", "answer 4.0 timeout"},
        {"ask 5.0 6.0 7.0 #3", ""},
        {"tick 4999", ""},
        {"tick 5000", "call 5.0"}, /* the probe */
        {"tick 6000", ""},
        {"connect 5.0", "answer 5.0 down; answer 6.0 down; answer 7.0 down"},
        {"ask 8.0 #3", "answer 8.0 down"},
        {"tick 60000", ""},
        {"ask 8.0 9.0 #3", "call 8.0"},
        {"reply 8.0 A", "answer 8.0 A; call 9.0"},
        {0}};
    struct work_scene s;
    work_scene_init(&s, plain, false, 0);
    work_play(&s, "breaker", lines);
    work_scene_release(&s);
}

/* One question alone, and nobody there: it is kept until the backend is known to be
 * down, and has spent nothing. */
static void work_one_question_and_nobody_there(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, plain, false, 0);
    int calls = 1;
    assert_string_equal(work_event(&s, "ask 0.0 #3"), "call 0.0");
    const char *got = work_event(&s, "connect 0.0");
    for (az_ms at = 0; !*got; at += 100) {
        char tick[32];
        snprintf(tick, sizeof(tick), "tick %d", (int)at);
        got = work_event(&s, tick);
        if (!*got)
            continue;
        assert_string_equal(got, "call 0.0");
        calls++;
        got = work_event(&s, "connect 0.0");
        assert_true(at < 60000);
    }
    assert_string_equal(got, "answer 0.0 down");
    assert_int_equal(calls, 6); /* five open the breaker, one more tries it */
    assert_int_equal(s.last.attempts, 0);
    work_scene_release(&s);
}

/* Overload halves a window that nobody stated; stated slots are kept to. */
static void work_adapts_where_nothing_is_stated(void **state)
{
    (void)state;
    static const struct {
        const char *slots;
        int window;
    } rows[] = {{"", 8}, {", slots: 16", 16}};
    for (size_t i = 0; i < AZ_LEN(rows); i++) {
        struct work_scene s;
        char yaml[512];
        snprintf(yaml, sizeof(yaml),
                 "question: {kind: choice, labels: [A, B], ask: Which?}\n"
                 "backends: [{name: gpu, kind: openai, url: 'http://x/v1'%s}]\n"
                 "judges: [{name: a, backend: gpu, model: m}]\n",
                 rows[i].slots);
        work_scene_init(&s, yaml, false, 0);
        work_event(&s, "ask 0.0");
        assert_int_equal(az_window_size(&s.work->backends[0].window), 16);
        work_event(&s, "tick 10");
        work_event(&s, "status 0.0 429");
        assert_int_equal(az_window_size(&s.work->backends[0].window), rows[i].window);
        work_scene_release(&s);
    }
}

/* Two urls: the less busy one is called. */
static void work_spreads_over_urls(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s,
                    "question: {kind: choice, labels: [A, B], ask: Which?}\n"
                    "backends: [{name: gpu, kind: openai, url: ['http://x/v1', 'http://y/v1']}]\n"
                    "judges: [{name: a, backend: gpu, model: m}]\n",
                    false, 0);
    work_event(&s, "ask 0.0");
    assert_string_equal(s.url, "http://x/v1");
    work_event(&s, "ask 1.0");
    assert_string_equal(s.url, "http://y/v1");
    work_event(&s, "reply 1.0 A");
    work_event(&s, "ask 2.0");
    assert_string_equal(s.url, "http://y/v1");
    work_scene_release(&s);
}

/* A server at which nobody is has nothing to do: it would get every call. */
static void work_passes_over_a_dead_url(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s,
                    "question: {kind: choice, labels: [A, B], ask: Which?}\n"
                    "backends: [{name: gpu, kind: openai, url: ['http://x/v1', 'http://y/v1']}]\n"
                    "judges: [{name: a, backend: gpu, model: m}]\n",
                    false, 0);
    work_event(&s, "ask 0.0");
    work_event(&s, "connect 0.0");
    work_event(&s, "ask 1.0 2.0");
    assert_string_equal(s.url, "http://y/v1");
    work_event(&s, "tick 4999");
    assert_string_equal(s.url, "http://y/v1"); /* 0.0 among them */
    work_event(&s, "tick 5000");
    work_event(&s, "ask 3.0");
    assert_string_equal(s.url, "http://x/v1");
    work_event(&s, "connect 3.0");
    work_event(&s, "connect 1.0"); /* where nobody is anywhere, one of them is tried */
    work_event(&s, "ask 4.0");
    assert_string_equal(s.url, "http://x/v1");
    work_event(&s, "reply 4.0 A");
    work_event(&s, "ask 5.0 6.0 7.0");
    assert_string_equal(s.url, "http://x/v1");
    work_scene_release(&s);
}

/* ---- local judges ---- */

static void work_measures_at_once(void **state)
{
    (void)state;
    struct work_scene s;
    work_scene_init(&s, lexical, true, 0);
    work_event(&s, "ask 0.0");
    assert_true(s.last.has_score && s.last.score == 9); /* "some text" */
    assert_int_equal(az_work_deadline(s.work), INT64_MAX);
    work_scene_release(&s);
}

static void work_recorded_waits_its_delay(void **state)
{
    (void)state;
    struct work_scene s;
    static const char yaml[] = "question: {kind: choice, labels: [A, B], ask: Which?}\n"
                               "backends: [{name: past, kind: recorded, file: f, delay_ms: 70}]\n"
                               "judges: [{name: a, backend: past, model: x}]\n";
    AZ_AUTO(recorded) t = az_recorded_new();
    assert_int_equal(az_recorded_add_line(t, AZ_STR("item\tjudge\tlabel"), NULL), 0);
    assert_int_equal(az_recorded_add_line(t, AZ_STR("q\tx\tB"), NULL), 0);
    work_scene_init(&s, yaml, false, 0);
    s.work->backends[0].recorded = t;
    assert_string_equal(work_event(&s, "ask 0.0"), "");
    assert_int_equal(az_work_deadline(s.work), 70);
    assert_string_equal(work_event(&s, "tick 69"), "");
    assert_string_equal(work_event(&s, "tick 70"), "answer 0.0 B");
    work_scene_release(&s);
}

/* ---- what no coordinator says, and no memory ---- */

static void work_refuses_nonsense(void **state)
{
    (void)state;
    struct work_scene s;
    struct az_error err = {0};
    work_scene_init(&s, plain, false, 0);
    assert_int_equal(work_ask(&s, "0.0 0.7", &err), AZ_EPROTO);
    az_wfxs_clear(&s.fx);
    static const unsigned char secret[AZ_SECRET_BYTES];
    assert_int_equal(az_work_on_panel(s.work, 0, work_panel(plain), secret, &err), AZ_EPROTO);
    work_scene_release(&s);

    work_scene_init(&s, plain, false, 0);
    az_work_on_forget(s.work, 0);
    assert_int_equal(work_ask(&s, "0.0", &err), AZ_EPROTO);
    work_scene_release(&s);
}

static int story(struct work_scene *s)
{
    struct az_error err = {0};
    int r = work_ask(s, "0.0 0.1", &err);
    az_wfxs_clear(&s->fx);
    char body[512] = "{\"choices\":[{\"message\":{\"content\":\"nonsense\"}}]}";
    struct az_response response = {200, AZ_STR(""), az_str(body)};
    struct az_call_result result = {.end = AZ_CALL_ANSWERED, .response = &response};
    for (int i = 0; i < 2 && r == 0; i++) {
        r = az_work_on_response(s->work, work_call_of(s, "0.0"), &result, 0, 0, &s->fx, &err);
        az_wfxs_clear(&s->fx);
    }
    return r;
}

/* The nth allocation fails: an error, no leak, and no use of what is freed. */
static void work_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM, nth = 0;
    while (r == AZ_ENOMEM || r == 1) {
        struct work_scene s;
        work_scene_init(&s, plain, false, 0);
        struct az_item *spare = work_item(0); /* so that items are not what fails */
        az_item_free(spare);
        az_fault_alloc(++nth);
        if (nth <= 4) { /* the script's own items: not what is tested */
            az_fault_alloc(0);
            r = 1;
        } else {
            r = story(&s);
            az_fault_alloc(0);
        }
        work_scene_release(&s);
        if (nth > 400)
            break;
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_table),
        cmocka_unit_test(work_why_it_stopped),
        cmocka_unit_test(work_counts_attempts),
        cmocka_unit_test(work_backs_off),
        cmocka_unit_test(work_charges_by_usage),
        cmocka_unit_test(work_refusal_tells_its_tokens),
        cmocka_unit_test(work_keeps_to_its_grant),
        cmocka_unit_test(work_again_says_what_was_wrong),
        cmocka_unit_test(work_stop_keeps_the_bill),
        cmocka_unit_test(work_keeps_to_rpm),
        cmocka_unit_test(work_breaker),
        cmocka_unit_test(work_one_question_and_nobody_there),
        cmocka_unit_test(work_adapts_where_nothing_is_stated),
        cmocka_unit_test(work_spreads_over_urls),
        cmocka_unit_test(work_passes_over_a_dead_url),
        cmocka_unit_test(work_measures_at_once),
        cmocka_unit_test(work_recorded_waits_its_delay),
        cmocka_unit_test(work_refuses_nonsense),
        cmocka_unit_test(work_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
