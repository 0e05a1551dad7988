/* One session with a coordinator: what is said, and what is not. */
#include "client/lib/io_client.h"

#include <sys/eventfd.h>

#include "protos/job.pb-c.h"
#include "tests/unit/fake_coordinator.h"

/* Lists get an empty one, a status what `arg` says, Prune nothing at all. */
static void on(struct fake *f, int peer, const struct az_msg *msg)
{
    if (msg->kind == AZ_MSG_LIST) {
        Assize__Jobs jobs = ASSIZE__JOBS__INIT;
        jobs.request = msg->list->request + 1; /* somebody else's comes first */
        fake_send(f, peer, (struct az_msg){.kind = AZ_MSG_JOBS, .jobs = &jobs});
        jobs.request = msg->list->request;
        fake_send(f, peer, (struct az_msg){.kind = AZ_MSG_JOBS, .jobs = &jobs});
    }
    if (msg->kind == AZ_MSG_STATUS) {
        Assize__Failed failed = ASSIZE__FAILED__INIT;
        failed.request = msg->status->request;
        failed.code = (uint32_t) * (int *)f->arg;
        failed.what = (char *)"no job 7";
        failed.hint = (char *)"Look.";
        fake_send(f, peer, (struct az_msg){.kind = AZ_MSG_FAILED, .failed = &failed});
    }
    if (msg->kind == AZ_MSG_WORKERS) {
        struct az_error why;
        az_fail(&why, AZ_EPROTO, "not you");
        az_door_refuse(f->door, peer, &why);
    }
}

static struct az_client *open_client(const struct fake *f, int64_t answer_ms)
{
    struct az_client_config config = {
        .endpoint = f->endpoint, .name = "test", .answer_ms = answer_ms};
    struct az_client *c;
    struct az_error err = {0};
    if (az_client_open(&config, &c, &err) < 0)
        fail_msg("%s", err.what);
    return c;
}

static int list(struct az_client *c, struct az_msg *reply, struct az_error *err)
{
    Assize__List m = ASSIZE__LIST__INIT;
    m.request = az_client_request(c);
    struct az_msg msg = {.kind = AZ_MSG_LIST, .list = &m};
    return az_client_call(c, &msg, m.request, AZ_MSG_JOBS, reply, err);
}

static int status(struct az_client *c, struct az_error *err)
{
    Assize__Status m = ASSIZE__STATUS__INIT;
    m.request = az_client_request(c);
    struct az_msg msg = {.kind = AZ_MSG_STATUS, .status = &m}, reply;
    return az_client_call(c, &msg, m.request, AZ_MSG_STATUS_REPLY, &reply, err);
}

static void client_calls(void **state)
{
    (void)state;
    struct fake f = {.on = on};
    fake_start(&f);
    AZ_AUTO(client) c = open_client(&f, 0);
    assert_string_equal(az_client_principal(c), "");
    for (uint64_t i = 1; i <= 3; i++) {
        struct az_msg reply;
        struct az_error err = {0};
        assert_int_equal(list(c, &reply, &err), 0);
        assert_int_equal(reply.jobs->request, i);
    }
    fake_end(&f);
}

/* What a Failed says, with a code of ours or one that nobody here knows. */
static void client_failed(void **state)
{
    (void)state;
    static const struct {
        int code, want;
    } cases[] = {{-AZ_ENOENT, AZ_ENOENT}, {-AZ_EGONE, AZ_EGONE}, {0, AZ_EINVAL}, {999, AZ_EINVAL}};
    int code;
    struct fake f = {.on = on, .arg = &code};
    fake_start(&f);
    AZ_AUTO(client) c = open_client(&f, 0);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_error err = {0};
        code = cases[i].code;
        assert_int_equal(status(c, &err), cases[i].want);
        assert_string_equal(err.what, "no job 7");
        assert_string_equal(err.hint, "Look.");
    }
    struct az_error err = {0};
    code = -AZ_EIO;
    assert_int_equal(status(c, &err), AZ_EOUTPUT);
    assert_string_equal(err.what, "at the coordinator: no job 7");
    assert_string_equal(err.hint, "Look.");
    fake_end(&f);
}

static void client_refused(void **state)
{
    (void)state;
    struct fake f = {.on = on};
    fake_start(&f);
    AZ_AUTO(client) c = open_client(&f, 0);
    struct az_error err = {0};
    Assize__Workers m = ASSIZE__WORKERS__INIT;
    struct az_msg msg = {.kind = AZ_MSG_WORKERS, .workers = &m}, reply;
    assert_int_equal(az_client_call(c, &msg, 1, AZ_MSG_WORKER_LIST, &reply, &err), AZ_EGONE);
    assert_non_null(strstr(err.what, "refused: not you"));
    fake_end(&f);
}

/* Whoever waits for somebody who does not answer can be told to stop. */
static void client_told_to_stop(void **state)
{
    (void)state;
    struct az_client *c = NULL;
    struct az_error err = {0};
    struct az_client_config config = {.endpoint = "127.0.0.1:1", .answer_ms = 600000};
    config.stop_fd = eventfd(1, EFD_CLOEXEC);
    assert_int_equal(az_client_open(&config, &c, &err), AZ_EAGAIN);
    assert_null(c);
    close(config.stop_fd);

    int code = 0;
    struct fake f = {.on = on, .arg = &code, .silence_ms = 200};
    fake_start(&f);
    config = (struct az_client_config){.endpoint = f.endpoint, .answer_ms = 600000};
    config.stop_fd = eventfd(0, EFD_CLOEXEC);
    assert_int_equal(az_client_open(&config, &c, &err), 0);
    eventfd_write(config.stop_fd, 1);
    struct az_msg reply;
    Assize__Prune prune = ASSIZE__PRUNE__INIT; /* is not answered */
    prune.request = az_client_request(c);
    struct az_msg msg = {.kind = AZ_MSG_PRUNE, .prune = &prune};
    assert_int_equal(az_client_call(c, &msg, prune.request, AZ_MSG_DONE, &reply, &err), AZ_EAGAIN);
    az_client_free(c);
    close(config.stop_fd);
    fake_end(&f);
}

static void client_nobody_there(void **state)
{
    (void)state;
    struct az_client *c;
    struct az_error err = {0};
    struct az_client_config config = {.endpoint = "127.0.0.1:1", .answer_ms = 50};
    assert_int_equal(az_client_open(&config, &c, &err), AZ_EGONE);
    assert_string_equal(
        err.what,
        "no answer from 'tcp://127.0.0.1:1' in 0.05 s: is the coordinator running there?");
    config.endpoint = "nowhere";
    assert_int_equal(az_client_open(&config, &c, &err), AZ_EINVAL);
    config.endpoint = "192.0.2.1:7";
    assert_int_equal(az_client_open(&config, &c, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "no key"));
    config.keys = "/no/such/folder";
    assert_int_equal(az_client_open(&config, &c, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "client.secret"));
}

static void client_no_answer(void **state)
{
    (void)state;
    struct fake f = {.on = on};
    fake_start(&f);
    AZ_AUTO(client) c = open_client(&f, 2000);
    struct az_error err = {0};
    Assize__Prune m = ASSIZE__PRUNE__INIT;
    struct az_msg msg = {.kind = AZ_MSG_PRUNE, .prune = &m}, reply;
    fake_end(&f); /* hears the hello, and no more */
    assert_int_equal(az_client_call(c, &msg, 1, AZ_MSG_DONE, &reply, &err), AZ_EGONE);
}

/* Heartbeats keep a session through a long wait for something else; without
 * those of the coordinator it is over. */
static void client_heartbeats(void **state)
{
    (void)state;
    struct fake f = {.on = on, .silence_ms = 120};
    fake_start(&f);
    AZ_AUTO(client) c = open_client(&f, 0);
    struct az_error err = {0};
    struct az_msg reply;
    assert_int_equal(az_client_wait(c, -1, az_clock_ms() + 300, &err), AZ_CLIENT_NOTHING);
    assert_int_equal(list(c, &reply, &err), 0);
    fake_stop(&f);
    f.mute = true;
    fake_start(&f);
    AZ_AUTO(client) other = open_client(&f, 0);
    assert_int_equal(az_client_wait(other, -1, INT64_MAX, &err), AZ_EGONE);
    assert_non_null(strstr(err.what, "no word"));
    fake_end(&f);
}

/* A descriptor and the socket, in any order. */
static void client_waits_for_both(void **state)
{
    (void)state;
    struct fake f = {.on = on};
    fake_start(&f);
    AZ_AUTO(client) c = open_client(&f, 0);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(az_client_wait(c, fds[0], INT64_MAX, NULL), AZ_CLIENT_FD);
    Assize__List m = ASSIZE__LIST__INIT;
    struct az_msg msg = {.kind = AZ_MSG_LIST, .list = &m};
    assert_int_equal(az_client_send(c, &msg, NULL), 0);
    while (az_client_wait(c, fds[0], INT64_MAX, NULL) == AZ_CLIENT_FD)
        ;
    assert_int_equal(az_client_wait(c, fds[0], 0, NULL), AZ_CLIENT_MESSAGE);
    assert_int_equal(az_client_receive(c, 0, &msg, NULL), 0);
    assert_int_equal(msg.kind, AZ_MSG_JOBS);
    close(fds[0]);
    close(fds[1]);
    fake_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_calls),          cmocka_unit_test(client_failed),
        cmocka_unit_test(client_refused),        cmocka_unit_test(client_nobody_there),
        cmocka_unit_test(client_no_answer),      cmocka_unit_test(client_heartbeats),
        cmocka_unit_test(client_waits_for_both), cmocka_unit_test(client_told_to_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
