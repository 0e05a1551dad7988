/* The workers' door: sessions over the world's connections, as io_door keeps them
 * over a ROUTER. */
#include "tests/sim/world.h"

static bool send_frame(struct world *w, int conn, struct az_msg *msg)
{
    struct az_buf b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_error err = {0};
    if (az_wire_pack(&b, msg, w->scratch, &err) < 0) {
        world_fail(w, "the coordinator's message: %s", err.what);
        az_buf_release(&b);
        return true;
    }
    size_t n = b.n;
    return net_send_down(w, conn, (struct az_str){az_buf_take(&b), n});
}

void setting_add(struct setting *s, const struct az_msg *msg)
{
    s->slots = msg->tune.slots ? msg->tune.slots : s->slots;
    s->rpm = msg->tune.rpm > 0 ? msg->tune.rpm : s->rpm;
    s->tpm = msg->tune.tpm > 0 ? msg->tune.tpm : s->tpm;
}

bool door_send(struct world *w, int peer, struct az_msg *msg)
{
    struct seat *s = &w->seats[peer];
    if (s->state != SEAT_LIVE)
        return false;
    if (msg->kind == AZ_MSG_TUNE)
        setting_add(&s->has[world_backend(msg->tune.backend.p)], msg);
    msg->seq = ++s->seq.out;
    msg->heard = s->seq.in;
    s->told = true;
    return send_frame(w, s->conn, msg);
}

static int seat_of(const struct world *w, int conn)
{
    for (int s = 0; s < w->n_seats; s++) {
        if (w->seats[s].state == SEAT_LIVE && w->seats[s].conn == conn)
            return s;
    }
    return -1;
}

static void refuse(struct world *w, int conn, uint64_t seq, const char *why)
{
    struct az_msg msg = {.kind = AZ_MSG_REFUSE, .seq = seq};
    msg.refuse.what = az_str(why);
    world_say(w, "connection %d is refused: %s", conn, why);
    (void)send_frame(w, conn, &msg);
}

static void on_hello(struct world *w, int conn)
{
    int at = seat_of(w, conn);
    struct az_error err = {0};
    if (at >= 0)
        coordinator_gone(w, at);
    for (at = 0; at < WORLD_SEATS && w->seats[at].state != SEAT_FREE; at++)
        continue;
    if (at == WORLD_SEATS) {
        world_fail(w, "%d sessions of %d workers", WORLD_SEATS, w->n_workers);
        return;
    }
    w->n_seats = AZ_MAX(w->n_seats, at + 1);
    w->seats[at] = (struct seat){
        .state = SEAT_LIVE, .conn = conn, .session = ++w->last_session, .seq = az_peer_seq()};
    world_say(w, "session %u at %d, connection %d", w->last_session, at, conn);
    struct az_msg welcome = {.kind = AZ_MSG_WELCOME};
    welcome.hello.software = AZ_STR("world");
    welcome.hello.silence_ms = (uint32_t)w->silence_ms;
    door_send(w, at, &welcome);
    az_assert(az_sched_on_hello(w->sched, at, w->now, &w->fx, &err) == 0);
    az_assert(az_tunes_hello(&w->tunes, at, &w->fx, &err) == 0);
    coordinator_effects(w);
}

static int on_message(struct world *w, int peer, const struct az_msg *msg, struct az_error *err)
{
    int r = az_sched_on_heard(w->sched, peer, w->now, &w->fx, err);
    if (r < 0)
        return r;
    check_silence(w, peer);
    switch (msg->kind) {
    case AZ_MSG_ANNOUNCE:
        account_announced(w, peer, &msg->announce);
        return az_sched_on_credit(w->sched, peer, &msg->announce, w->now, &w->fx, err);
    case AZ_MSG_ANSWERS:
        for (size_t i = 0; i < msg->answers.n; i++)
            check_answered(w, peer, &msg->answers.v[i]);
        return az_sched_on_answers(w->sched, peer, msg, w->now, &w->fx, err);
    case AZ_MSG_STOPPED:
        return az_sched_on_stopped(w->sched, peer, msg, w->now, &w->fx, err);
    default:
        return 0;
    }
}

/* Whatever it says costs the sender its session, and nobody else anything. */
void door_receive(struct world *w, int conn, struct az_str frame)
{
    struct az_msg msg;
    struct az_error err = {0};
    bool whole = az_wire_unpack(frame, w->scratch, &msg, &err) == 0;
    if (whole && msg.kind == AZ_MSG_HELLO) {
        on_hello(w, conn);
        return;
    }
    int at = seat_of(w, conn);
    if (at < 0) {
        if (w->told_stranger != conn)
            refuse(w, conn, 1, "there is no session: say hello");
        w->told_stranger = conn;
        return;
    }
    if (!whole || az_peer_seq_take(&w->seats[at].seq, &msg, &err) < 0) {
        refuse(w, conn, w->seats[at].seq.out + 1, err.what);
        coordinator_gone(w, at);
        return;
    }
    if (on_message(w, at, &msg, &err) < 0)
        world_fail(w, "a worker's message: %s", err.what);
    coordinator_effects(w);
    if (msg.kind == AZ_MSG_ANSWERS)
        check_answers_kept(w, &msg);
}
