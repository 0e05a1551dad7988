/* Clients: their sessions, requests and answers. */
#include "coordinator/acl.h"
#include "coordinator/io_service_state.h"
#include "core/io_clock.h"
#include "core/log.h"
#include "core/mem.h"

enum {
    MESSAGES_A_TURN = 64,
};

/* ---- sessions ---- */

static void session_ends(struct az_service *s, int peer)
{
    if (!s->sessions[peer])
        return;
    s->sessions[peer] = 0;
    s->clients--;
    front_streams_gone(s, peer);
    front_followers_gone(s, peer);
}

static void session_begins(struct az_service *s, int peer)
{
    session_ends(s, peer);
    s->sessions[peer] = ++s->last_session;
    s->clients++;
}

struct az_asker front_who(const struct az_service *s, const struct az_asked *asker)
{
    const struct az_door_peer *peer = az_door_peer(s->door, asker->peer);
    return (struct az_asker){
        .principal = peer->principal,
        .submits = peer->roles & (AZ_ROLE_SUBMIT | AZ_ROLE_ADMIN),
        .reads = peer->roles & AZ_ROLE_READ,
        .admin = peer->roles & AZ_ROLE_ADMIN,
    };
}

/* ---- answers ---- */

/* Too large, mostly: whoever waits for it is told, and not left to wait. */
static int send_instead(struct az_service *s, const struct az_asked *asker, enum az_msg_kind kind,
                        const struct az_error *why)
{
    az_warn("an answer to a client could not be sent", KV("error", why));
    if (kind != AZ_MSG_FAILED)
        front_failed(s, asker, 0, why);
    return why->code;
}

int front_send(struct az_service *s, const struct az_asked *asker, enum az_msg_kind kind,
               const ProtobufCMessage *msg)
{
    if (s->sessions[asker->peer] != asker->session)
        return 0; /* it left without its answer */
    struct az_msg m = {.kind = kind, .job = msg};
    struct az_error err = {0};
    int r = az_door_send(s->door, asker->peer, &m, &err);
    if (r == AZ_ENOMEM)
        service_give_up(s, r, &err);
    else if (r == AZ_ENOENT)
        session_ends(s, asker->peer);
    else if (r < 0 && r != AZ_EAGAIN)
        return send_instead(s, asker, kind, &err);
    return r == AZ_EAGAIN ? r : 0;
}

void front_answer(struct az_service *s, const struct az_asked *asker, enum az_msg_kind kind,
                  const ProtobufCMessage *msg)
{
    if (front_send(s, asker, kind, msg) != AZ_EAGAIN)
        return;
    az_warn("a client does not take its answers, its session ends",
            KV("client", az_door_peer(s->door, asker->peer)->name));
    az_door_drop(s->door, asker->peer);
    session_ends(s, asker->peer);
}

void front_failed(struct az_service *s, const struct az_asked *asker, int64_t job,
                  const struct az_error *why)
{
    Assize__Failed m = ASSIZE__FAILED__INIT;
    char what[sizeof(why->what)], hint[sizeof(why->hint)]; /* packing mends them in place */
    memcpy(what, why->what, sizeof(what));
    memcpy(hint, why->hint, sizeof(hint));
    m.request = asker->request;
    m.job = (uint64_t)job;
    m.code = (uint32_t)-why->code;
    m.what = what;
    m.hint = hint;
    front_answer(s, asker, AZ_MSG_FAILED, &m.base);
}

void front_done(struct az_service *s, const struct az_asked *asker, int64_t n)
{
    Assize__Done m = ASSIZE__DONE__INIT;
    m.request = asker->request;
    m.n = n;
    front_answer(s, asker, AZ_MSG_DONE, &m.base);
}

void front_drop_all(struct az_service *s)
{
    service_desk_drop(s);
    front_streams_gone(s, -1);
    front_followers_gone(s, -1);
}

/* ---- requests ---- */

struct job *front_job(struct az_service *s, const struct az_asked *asker, uint64_t id, bool change)
{
    struct job *job = id <= INT64_MAX ? service_job(s, (int64_t)id) : NULL;
    struct az_asker who = front_who(s, asker);
    struct az_error err = {0};
    if (job && !service_is_told(s, job))
        job = NULL;
    if (az_job_access(job ? &job->rec : NULL, (int64_t)id, &who, change, &err) == 0)
        return job;
    front_failed(s, asker, (int64_t)id, &err);
    return NULL;
}

static void on_request(struct az_service *s, struct az_asked *asker, const struct az_msg *m)
{
    switch (m->kind) {
    case AZ_MSG_SUBMIT:
        asker->request = m->submit->request;
        return front_submit(s, asker, m->submit);
    case AZ_MSG_CHUNK:
        return front_chunk(s, asker, m->chunk);
    case AZ_MSG_LIST:
        asker->request = m->list->request;
        return front_list(s, asker);
    case AZ_MSG_STATUS:
        asker->request = m->status->request;
        return front_status(s, asker, m->status);
    case AZ_MSG_RESULTS:
        asker->request = m->results->request;
        return front_results(s, asker, m->results);
    case AZ_MSG_MORE:
        asker->request = m->more->request;
        return front_more(s, asker, m->more);
    case AZ_MSG_WORKERS:
        asker->request = m->workers->request;
        return front_workers(s, asker);
    case AZ_MSG_CONTROL:
        asker->request = m->control->request;
        return front_control(s, asker, m->control);
    case AZ_MSG_SET_BACKEND:
        asker->request = m->set_backend->request;
        return front_set_backend(s, asker, m->set_backend);
    case AZ_MSG_PRUNE:
        asker->request = m->prune->request;
        return front_prune(s, asker, m->prune);
    default:
        return; /* heartbeats; what only a coordinator says */
    }
}

static void on_message(struct az_service *s, const struct az_door_event *event)
{
    struct az_asked asker = {.peer = event->peer, .session = s->sessions[event->peer]};
    on_request(s, &asker, &event->msg);
}

static void on_event(struct az_service *s, const struct az_door_event *event)
{
    switch (event->kind) {
    case AZ_DOOR_OPENED:
        session_begins(s, event->peer);
        break;
    case AZ_DOOR_GONE:
        session_ends(s, event->peer);
        break;
    case AZ_DOOR_MESSAGE:
        on_message(s, event);
        break;
    case AZ_DOOR_PASSED_OVER:
        break;
    }
}

bool front_receive(struct az_service *s)
{
    bool any = false; /* then the hook has something to do again */
    for (int i = 0; i < MESSAGES_A_TURN && s->code == 0; i++) {
        struct az_door_event event;
        struct az_error err = {0};
        int r = az_door_receive(s->door, az_clock_ms(), &event, &err);
        if (r == AZ_EAGAIN)
            return any;
        service_give_up(s, r, &err);
        if (r == 0)
            on_event(s, &event);
        any = true;
    }
    return true;
}
