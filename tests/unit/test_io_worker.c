/* A whole worker with a coordinator that is played here, over inproc or ipc: what
 * it says when, and that it comes again whatever happens to its session. */
#include "workers/io_worker.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/io_door.h"
#include "core/io_clock.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

enum { PATIENCE_MS = 20000 };

/* One judge a backend: measured, slow (recorded), and a server that is this test. */
static const char panel_yaml[] = "question: {kind: score, scale: [0, 1000], ask: How long?}\n"
                                 "backends:\n"
                                 "  - {name: lex, kind: lexical}\n"
                                 "  - {name: slow, kind: recorded}\n"
                                 "  - {name: gpu, kind: openai}\n"
                                 "judges:\n"
                                 "  - {name: a, backend: lex, model: length}\n"
                                 "  - {name: b, backend: slow, model: x}\n"
                                 "  - {name: c, backend: gpu, model: m}\n";

struct scene {
    struct az_net *net;
    struct az_door *door;
    struct az_worker *worker;
    struct az_arena *arena;
    char dir[32], endpoint[64], ballots[64], url[64];
    const char *urls[1];
    int server; /* listens; a call is under way until its reply is written */
    struct az_backend backends[3];
    struct az_door_event event;
    int peer; /* the last that was opened */
};

static void server_open(struct scene *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    s->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(s->server >= 0);
    assert_int_equal(bind(s->server, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(s->server, 8), 0);
    assert_int_equal(getsockname(s->server, (struct sockaddr *)&at, &n), 0);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d/v1", ntohs(at.sin_port));
    s->urls[0] = s->url;
}

static void start_worker(struct scene *s, bool service)
{
    struct az_error err = {0};
    if (az_worker_new(s->backends, AZ_LEN(s->backends), &s->worker, &err) < 0)
        fail_msg("%s", err.what);
    struct az_worker_config config = {
        .net = s->net, .endpoint = s->endpoint, .name = "w", .seed = 1, .service = service};
    assert_int_equal(az_worker_start(s->worker, &config, &err), 0);
}

/* All but the worker. */
static void scene_prepare(struct scene *s, bool ipc, az_ms silence_ms)
{
    *s = (struct scene){.arena = az_arena_new(4096), .dir = "/tmp/assize-test-XXXXXX"};
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->ballots, sizeof(s->ballots), "%s/b.tsv", s->dir);
    FILE *f = fopen(s->ballots, "we");
    assert_non_null(f);
    fputs("item\tjudge\tscore\nq\tx\t7\n", f);
    fclose(f);
    server_open(s);
    if (ipc)
        snprintf(s->endpoint, sizeof(s->endpoint), "ipc://%s/door", s->dir);
    else
        snprintf(s->endpoint, sizeof(s->endpoint), "inproc://door");
    s->backends[0] = (struct az_backend){.name = "lex", .kind = "lexical"};
    s->backends[1] = (struct az_backend){
        .name = "slow", .kind = "recorded", .file = s->ballots, .delay_ms = 3600000};
    s->backends[2] = (struct az_backend){
        .name = "gpu", .kind = "openai", .n_urls = 1, .urls = s->urls, .slots = 1};

    assert_int_equal(az_net_new(&s->net, NULL), 0);
    struct az_door_config door = {
        .net = s->net, .endpoint = s->endpoint, .name = "workers", .silence_ms = silence_ms};
    assert_int_equal(az_door_new(&door, &s->door, NULL), 0);
}

static void scene_open(struct scene *s, bool ipc, bool service, az_ms silence_ms)
{
    scene_prepare(s, ipc, silence_ms);
    start_worker(s, service);
}

static void scene_close(struct scene *s)
{
    az_worker_free(s->worker);
    az_door_free(s->door);
    az_net_free(s->net);
    az_arena_free(s->arena);
    close(s->server);
    unlink(s->ballots);
    if (*s->endpoint == 'i' && s->endpoint[1] == 'p')
        unlink(s->endpoint + strlen("ipc://"));
    rmdir(s->dir);
}

/* ---- what the worker says ---- */

/* The next event that is no heartbeat and no end of a session. */
static struct az_msg *next(struct scene *s)
{
    az_ms until = az_clock_ms() + PATIENCE_MS;
    while (az_clock_ms() < until) {
        struct az_error err = {0};
        int r = az_door_receive(s->door, az_clock_ms(), &s->event, &err);
        if (r == AZ_EAGAIN) {
            struct pollfd p = {.fd = az_door_fd(s->door), .events = POLLIN};
            poll(&p, 1, 20);
            continue;
        }
        assert_int_equal(r, 0);
        if (s->event.kind == AZ_DOOR_GONE)
            continue;
        if (s->event.kind == AZ_DOOR_OPENED) {
            s->peer = s->event.peer;
            s->event.msg = (struct az_msg){.kind = AZ_MSG_HELLO};
        }
        if (s->event.msg.kind != AZ_MSG_HEARTBEAT)
            return &s->event.msg;
    }
    fail_msg("the worker says nothing");
    return NULL;
}

static struct az_msg *expect(struct scene *s, enum az_msg_kind kind)
{
    struct az_msg *msg = next(s);
    if (msg->kind != kind)
        fail_msg("the worker says %d, not %d", msg->kind, kind);
    return msg;
}

static void expect_session(struct scene *s)
{
    expect(s, AZ_MSG_HELLO);
    struct az_msg *msg = expect(s, AZ_MSG_ANNOUNCE);
    assert_int_equal(msg->announce.n, 3);
    assert_int_equal(msg->announce.v[0].credit, 4096);
    assert_int_equal(msg->announce.v[2].credit, 2);
    assert_int_equal(msg->announce.v[2].slots, 1);
}

/* One answer, written "7/0.1 = 9" or "7/0.1 again". */
static void expect_answer(struct scene *s, const char *want)
{
    struct az_msg *msg = expect(s, AZ_MSG_ANSWERS);
    assert_int_equal(msg->answers.n, 1);
    const struct az_msg_answer *a = &msg->answers.v[0];
    char got[64];
    int n = snprintf(got, sizeof(got), "%u/%d.%d ", a->panel, (int)a->ballot.key.item,
                     a->ballot.key.judge);
    if (a->again)
        snprintf(got + n, sizeof(got) - (size_t)n, "again");
    else
        snprintf(got + n, sizeof(got) - (size_t)n, "= %g", a->ballot.score);
    if (strcmp(got, want))
        fail_msg("answered '%s', not '%s' (%s)", got, want, a->ballot.error_text.p);
}

/* ---- what it is told ---- */

static void say(struct scene *s, struct az_msg *msg)
{
    assert_int_equal(az_door_send(s->door, s->peer, msg, NULL), 0);
}

static void say_panel(struct scene *s, uint32_t number)
{
    struct az_msg msg = {.kind = AZ_MSG_PANEL};
    msg.panel.panel = number;
    msg.panel.yaml = AZ_STR(panel_yaml);
    say(s, &msg);
}

static void ask(struct scene *s, uint32_t panel, int item, int judge)
{
    AZ_AUTO(item) it = az_item_new(512);
    it->seq = item;
    it->id = AZ_STR("q");
    it->n_responses = 1;
    struct az_str response = AZ_STR("some text");
    it->responses = &response;
    struct az_msg_question q = {
        .key = {.item = item, .judge = judge, .round = 1, .criterion = -1, .order = AZ_ORDER_NONE},
        .panel = panel,
        .grant = AZ_NUSD_MAX};
    struct az_msg msg = {.kind = AZ_MSG_QUESTIONS};
    msg.questions.items = &it;
    msg.questions.v = &q;
    msg.questions.n = msg.questions.n_items = 1;
    say(s, &msg);
}

/* The worker's call to the server arrives; the reply is the caller's to write. */
static int call_comes(struct scene *s)
{
    int fd = accept(s->server, NULL, NULL);
    char bytes[8192];
    assert_true(fd >= 0 && read(fd, bytes, sizeof(bytes)) > 0);
    return fd;
}

static void call_ends(int fd, const char *score)
{
    char body[256], reply[512];
    snprintf(body, sizeof(body),
             "{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":"
             "\"{\\\"rationale\\\":\\\"r\\\",\\\"score\\\":%s}\"}}]}",
             score);
    int n = snprintf(reply, sizeof(reply),
                     "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                     "connection: close\r\ncontent-length: %zu\r\n\r\n%s",
                     strlen(body), body);
    assert_int_equal(write(fd, reply, (size_t)n), n);
    close(fd);
}

/* ---- stories ---- */

static void worker_answers(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, true, true, 60000);
    expect_session(&s);
    say_panel(&s, 7);
    say_panel(&s, 8);
    ask(&s, 7, 0, 0);
    expect_answer(&s, "7/0.0 = 9");
    ask(&s, 8, 0, 0);
    expect_answer(&s, "8/0.0 = 9");
    struct az_msg forget = {.kind = AZ_MSG_FORGET};
    forget.forget.panel = 7;
    say(&s, &forget);
    ask(&s, 8, 1, 2);
    call_ends(call_comes(&s), "5");
    expect_answer(&s, "8/1.2 = 5");
    assert_int_equal(az_worker_stop(s.worker, NULL), 0);
    scene_close(&s);
}

/* A panel of a newer coordinator: refused, with the reason; the others are served. */
static void worker_cannot_use_a_panel(void **state)
{
    (void)state;
    static const char *const yamls[] = {
        "question: {kind: score, scale: [0, 9], ask: How long?}\npolicy: later\n"
        "backends: [{name: lex, kind: lexical}]\n"
        "judges: [{name: a, backend: lex, model: length}]\n",
        "question: [\n",
    };
    struct scene s;
    scene_open(&s, true, true, 60000);
    expect_session(&s);
    for (size_t i = 0; i < AZ_LEN(yamls); i++) {
        struct az_msg msg = {.kind = AZ_MSG_PANEL};
        msg.panel.panel = (uint32_t)i;
        msg.panel.yaml = az_str(yamls[i]);
        say(&s, &msg);
        ask(&s, (uint32_t)i, 0, 0); /* it was on its way */
        const struct az_msg *unfit = expect(&s, AZ_MSG_UNFIT);
        assert_int_equal(unfit->unfit.panel, i);
        assert_true(unfit->unfit.why.n > 0);
    }
    say_panel(&s, 7);
    ask(&s, 7, 0, 0);
    expect_answer(&s, "7/0.0 = 9");
    struct az_msg forget = {.kind = AZ_MSG_FORGET};
    say(&s, &forget);
    say_panel(&s, 0); /* the number may come again */
    ask(&s, 0, 0, 0);
    expect_answer(&s, "0/0.0 = 9");
    assert_int_equal(az_worker_stop(s.worker, NULL), 0);
    scene_close(&s);
}

static void worker_gives_back_what_is_recalled(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, false, true, 60000);
    expect_session(&s);
    say_panel(&s, 1);
    ask(&s, 1, 4, 1); /* waits an hour */
    struct az_key key = {
        .item = 4, .judge = 1, .round = 1, .criterion = -1, .order = AZ_ORDER_NONE};
    struct az_msg recall = {.kind = AZ_MSG_RECALL};
    recall.recall.panel = 1;
    recall.recall.n = 1;
    recall.recall.keys = &key;
    say(&s, &recall);
    expect_answer(&s, "1/4.1 again");
    scene_close(&s);
}

static void worker_is_tuned(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, false, true, 60000);
    expect_session(&s);
    struct az_msg tune = {.kind = AZ_MSG_TUNE};
    tune.tune.backend = AZ_STR("gpu");
    tune.tune.slots = 4;
    tune.tune.rpm = 600;
    say(&s, &tune);
    struct az_msg *msg = expect(&s, AZ_MSG_ANNOUNCE);
    assert_int_equal(msg->announce.n, 1);
    assert_true(az_str_eqz(msg->announce.v[0].backend, "gpu"));
    assert_int_equal(msg->announce.v[0].slots, 4);
    assert_int_equal(msg->announce.v[0].credit, 5); /* 7 fit, 2 are out */
    assert_true(msg->announce.v[0].rpm == 600);
    scene_close(&s);
}

/* By whoever runs it, with the session and calls as they are; the second word of two
 * that come at once is over the first. */
static void worker_is_tuned_from_here(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, true, true, 60000);
    expect_session(&s);
    say_panel(&s, 1);
    ask(&s, 1, 0, 2);
    int call = call_comes(&s);
    struct az_worker_limits first[3] = {{0}, {0}, {.slots = 2, .rpm = 600}},
                            second[3] = {{0}, {0}, {.slots = 4}};
    az_worker_tune(s.worker, first);
    az_worker_tune(s.worker, second);
    struct az_msg *msg;
    do { /* one or two: it may have been quick */
        msg = expect(&s, AZ_MSG_ANNOUNCE);
        assert_true(az_str_eqz(msg->announce.v[0].backend, "gpu"));
        assert_true(msg->announce.v[0].rpm == 600);
    } while (msg->announce.v[0].slots != 4);
    call_ends(call, "3");
    expect_answer(&s, "1/0.2 = 3");
    assert_int_equal(az_worker_stop(s.worker, NULL), 0);
    scene_close(&s);
}

/* Keys that were read again, ballots of which nothing is known. */
static void worker_goes_on(void **state)
{
    (void)state;
    struct scene s;
    struct az_error err = {0};
    AZ_AUTO(worker) was = NULL;
    scene_prepare(&s, true, 0);
    s.backends[2].key = "env:GOES_ON_KEY";
    setenv("GOES_ON_KEY", "one", 1);
    const struct az_backend *gpu = &s.backends[2];
    assert_int_equal(az_worker_new(gpu, 1, &was, &err), 0);
    for (int i = 0; i < 3; i++) {
        AZ_AUTO(worker) now = NULL;
        setenv("GOES_ON_KEY", i == 0 ? "one" : i == 1 ? "two" : "oned", 1);
        assert_int_equal(az_worker_new(gpu, 1, &now, &err), 0);
        assert_true(az_worker_goes_on(was, now) == (i == 0));
    }
    AZ_AUTO(worker) past = NULL;
    AZ_AUTO(worker) again = NULL;
    assert_int_equal(az_worker_new(&s.backends[1], 1, &past, &err), 0);
    assert_int_equal(az_worker_new(&s.backends[1], 1, &again, &err), 0);
    assert_false(az_worker_goes_on(past, again));
    scene_close(&s);
}

/* Nobody ticks the door, so that the worker hears nothing. */
static void worker_knocks_when_nobody_is_heard(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, true, true, 300);
    expect_session(&s);
    say_panel(&s, 1);
    ask(&s, 1, 0, 1);
    expect_session(&s);
    say_panel(&s, 1); /* of another life */
    ask(&s, 1, 0, 0);
    expect_answer(&s, "1/0.0 = 9");
    scene_close(&s);
}

/* And while it is heard, and hears, the session stays. */
static void worker_keeps_its_session(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, false, true, 400);
    expect_session(&s);
    int heartbeats = 0;
    while (heartbeats < 12) {
        az_door_tick(s.door, az_clock_ms());
        struct az_error err = {0};
        int r = az_door_receive(s.door, az_clock_ms(), &s.event, &err);
        if (r == AZ_EAGAIN) {
            struct pollfd p = {.fd = az_door_fd(s.door), .events = POLLIN};
            poll(&p, 1, 20);
            continue;
        }
        assert_int_equal(r, 0);
        assert_int_equal(s.event.kind, AZ_DOOR_MESSAGE);
        assert_int_equal(s.event.msg.kind, AZ_MSG_HEARTBEAT);
        heartbeats++;
    }
    scene_close(&s);
}

static void worker_knocks_after_what_breaks_the_protocol(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, false, true, 60000);
    expect_session(&s);
    ask(&s, 99, 0, 0); /* no such panel */
    expect_session(&s);
    struct az_error why = {.what = "not you"};
    az_door_refuse(s.door, s.peer, &why);
    expect_session(&s);
    say_panel(&s, 1);
    ask(&s, 1, 0, 0);
    expect_answer(&s, "1/0.0 = 9");
    scene_close(&s);
}

/* A coordinator that died says nothing; the connection tells. */
static void worker_knocks_at_the_next_life(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, true, true, 600000);
    expect_session(&s);
    az_door_free(s.door);
    struct az_door_config door = {
        .net = s.net, .endpoint = s.endpoint, .name = "workers", .silence_ms = 600000};
    struct az_error err = {0};
    if (az_door_new(&door, &s.door, &err) < 0)
        fail_msg("%s", err.what);
    expect_session(&s);
    say_panel(&s, 1);
    ask(&s, 1, 0, 0);
    expect_answer(&s, "1/0.0 = 9");
    scene_close(&s);
}

static void worker_of_a_run_ends_instead(void **state)
{
    (void)state;
    struct scene s;
    struct az_error err = {0};
    scene_open(&s, false, false, 0);
    expect_session(&s);
    struct az_error why = {.what = "not you"};
    az_door_refuse(s.door, s.peer, &why);
    struct pollfd p = {.fd = az_worker_gone_fd(s.worker), .events = POLLIN};
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    assert_int_equal(az_worker_stop(s.worker, &err), AZ_EPROTO);
    assert_non_null(strstr(err.what, "not you"));
    scene_close(&s);
}

/* A call is under way, a second question waits: it goes back at once, the call's
 * answer is told, and then the worker is gone. */
static void worker_drains(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, true, true, 60000);
    expect_session(&s);
    say_panel(&s, 1);
    ask(&s, 1, 0, 2);
    ask(&s, 1, 1, 2);
    int call = call_comes(&s);
    az_worker_drain(s.worker);
    for (int b = 0; b < 3; b++) {
        struct az_msg *msg = expect(&s, AZ_MSG_ANNOUNCE);
        assert_true(az_str_eqz(msg->announce.v[0].state, "leaving"));
        assert_int_equal(msg->announce.v[0].credit, 0);
    }
    expect_answer(&s, "1/1.2 again");
    call_ends(call, "3");
    expect_answer(&s, "1/0.2 = 3");
    struct pollfd p = {.fd = az_worker_gone_fd(s.worker), .events = POLLIN};
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    assert_int_equal(az_worker_stop(s.worker, NULL), 0);
    scene_close(&s);
}

/* A coordinator that stops gets back what it asked, and is looked for again. */
static void worker_waits_for_the_next_coordinator(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s, true, true, 60000);
    expect_session(&s);
    say_panel(&s, 1);
    ask(&s, 1, 0, 1);
    az_door_stop_all(s.door);
    for (int b = 0; b < 3; b++)
        expect(&s, AZ_MSG_ANNOUNCE);
    expect_answer(&s, "1/0.1 again");
    expect_session(&s);
    say_panel(&s, 1);
    ask(&s, 1, 0, 0);
    expect_answer(&s, "1/0.0 = 9");
    az_worker_drain(s.worker);
    struct pollfd p = {.fd = az_worker_gone_fd(s.worker), .events = POLLIN};
    assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
    scene_close(&s);
}

/* ---- with a server of its own ---- */

static void expect_state(struct scene *s, const char *want, uint32_t credit)
{
    struct az_msg *msg = expect(s, AZ_MSG_ANNOUNCE);
    assert_int_equal(msg->announce.n, 1);
    assert_true(az_str_eqz(msg->announce.v[0].backend, "gpu"));
    if (!az_str_eqz(msg->announce.v[0].state, want))
        fail_msg("it says '" AZ_STR_FMT "', not '%s'", AZ_STR_ARG(msg->announce.v[0].state), want);
    assert_int_equal(msg->announce.v[0].credit, credit);
}

static void let_server_end(const char *gate)
{
    FILE *f = fopen(gate, "we");
    assert_non_null(f);
    fputs("end\n", f);
    fclose(f);
}

/* The server's process is a script that ends when it is told to; what answers at its
 * port is this test. While it is away nothing is asked of it, and what was under way
 * comes back. */
static void worker_runs_a_server(void **state)
{
    (void)state;
    struct scene s;
    scene_prepare(&s, true, 60000);
    char gate[64], script[128], ready[96];
    snprintf(gate, sizeof(gate), "%s/gate", s.dir);
    snprintf(script, sizeof(script), "read word < %s; exit 1", gate);
    snprintf(ready, sizeof(ready), "%s/health", s.url);
    assert_int_equal(mkfifo(gate, 0600), 0);
    const char *command[] = {"sh", "-c", script, NULL};
    struct az_serve serve = {
        .n_command = 3, .command = command, .ready = ready, .restart = true, .stop_s = 10};
    s.backends[2].serve = &serve;
    start_worker(&s, true);

    expect(&s, AZ_MSG_HELLO);
    struct az_msg *msg = expect(&s, AZ_MSG_ANNOUNCE);
    assert_true(az_str_eqz(msg->announce.v[2].state, "starting"));
    assert_int_equal(msg->announce.v[2].credit, 0);
    say_panel(&s, 1);
    ask(&s, 1, 0, 2);
    expect_answer(&s, "1/0.2 again");

    call_ends(call_comes(&s), "0"); /* the probe */
    expect_state(&s, "", 2);
    ask(&s, 1, 0, 2);
    int call = call_comes(&s);
    ask(&s, 1, 1, 2);
    let_server_end(gate);
    expect_state(&s, "exit status 1, starts again", 0);
    expect_answer(&s, "1/1.2 again");
    close(call);
    expect_answer(&s, "1/0.2 again");
    expect_state(&s, "starting", 0);
    call_ends(call_comes(&s), "0");
    expect_state(&s, "", 2);
    ask(&s, 1, 0, 2);
    call_ends(call_comes(&s), "4");
    expect_answer(&s, "1/0.2 = 4");
    assert_int_equal(az_worker_stop(s.worker, NULL), 0);
    unlink(gate);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worker_answers),
        cmocka_unit_test(worker_cannot_use_a_panel),
        cmocka_unit_test(worker_gives_back_what_is_recalled),
        cmocka_unit_test(worker_is_tuned),
        cmocka_unit_test(worker_is_tuned_from_here),
        cmocka_unit_test(worker_goes_on),
        cmocka_unit_test(worker_knocks_when_nobody_is_heard),
        cmocka_unit_test(worker_keeps_its_session),
        cmocka_unit_test(worker_knocks_after_what_breaks_the_protocol),
        cmocka_unit_test(worker_knocks_at_the_next_life),
        cmocka_unit_test(worker_of_a_run_ends_instead),
        cmocka_unit_test(worker_drains),
        cmocka_unit_test(worker_waits_for_the_next_coordinator),
        cmocka_unit_test(worker_runs_a_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
