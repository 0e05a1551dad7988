/* tests/unit/fake_coordinator.h: the clients' door of a coordinator, in a thread,
 * with a handler of one's own behind it; and its endpoint. */
#pragma once
#include <poll.h>
#include <unistd.h>

#include "coordinator/io_door.h"
#include "core/io_clock.h"
#include "core/io_thread.h"
#include "tests/unit/unit.h"

struct fake {
    char dir[64], endpoint[96];
    az_ms silence_ms;
    bool mute; /* sends no heartbeats */
    void (*on)(struct fake *f, int peer, const struct az_msg *msg);
    void *arg;
    struct az_thread *thread;
    struct az_door *door;
};

static inline void fake_send(struct fake *f, int peer, struct az_msg msg)
{
    struct az_error err = {0};
    if (az_door_send(f->door, peer, &msg, &err) < 0 && err.code != AZ_ENOENT)
        fail_msg("%s", err.what);
}

static inline int fake_main(struct az_thread *t, void *arg, struct az_error *err)
{
    struct fake *f = arg;
    struct az_net *net;
    int r = az_net_new(&net, err);
    if (r < 0)
        return r;
    struct az_door_config config = {.net = net,
                                    .endpoint = f->endpoint,
                                    .name = "clients",
                                    .roles = 1,
                                    .silence_ms = f->silence_ms};
    r = az_door_new(&config, &f->door, err);
    if (r == 0)
        az_thread_ready(t);
    while (r == 0 && !az_thread_stopping(t)) {
        struct az_door_event e;
        while ((r = az_door_receive(f->door, az_clock_ms(), &e, err)) == 0) {
            if (e.kind == AZ_DOOR_MESSAGE && e.msg.kind != AZ_MSG_HEARTBEAT)
                f->on(f, e.peer, &e.msg);
        }
        r = r == AZ_EAGAIN ? 0 : r;
        az_ms due = f->mute ? INT64_MAX : az_door_tick(f->door, az_clock_ms());
        struct pollfd fds[] = {{.fd = az_door_fd(f->door), .events = POLLIN},
                               {.fd = az_thread_stop_fd(t), .events = POLLIN}};
        az_ms left = AZ_MIN(AZ_MAX(due - az_clock_ms(), (az_ms)0), (az_ms)10);
        poll(fds, 2, (int)left); /* a little at the most: sends eat edges */
    }
    az_door_free(f->door);
    az_net_free(net);
    return r;
}

/* f->on and what else is wanted are set before. */
static inline void fake_start(struct fake *f)
{
    struct az_error err = {0};
    if (!*f->dir) {
        snprintf(f->dir, sizeof(f->dir), "/tmp/assize-fake-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        snprintf(f->endpoint, sizeof(f->endpoint), "ipc://%s/clients", f->dir);
    }
    if (az_thread_start("fake", fake_main, f, &f->thread, &err) < 0)
        fail_msg("%s", err.what);
}

/* It is gone; fake_start() again is another life of it. */
static inline void fake_stop(struct fake *f)
{
    struct az_error err = {0};
    if (az_thread_stop(AZ_TAKE(f->thread), &err) < 0)
        fail_msg("%s", err.what);
}

static inline void fake_end(struct fake *f)
{
    char path[128];
    fake_stop(f);
    snprintf(path, sizeof(path), "%s/clients", f->dir);
    unlink(path);
    rmdir(f->dir);
}
