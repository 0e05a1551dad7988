/* workers/session.h: a worker's session with its coordinator: who spoke last, who
 * is due, when to try again. Pure: `now` and the seed are arguments.
 *
 *   apart --its pause is over--> knocking --welcome--> open
 *     ^----- lost: broken, refused, silent, no welcome ----'
 *
 * A session begins with hello on a connection of its own; nothing outlives it.
 *
 * What it was sent it holds by a lease: for `silence_ms` from the newest message of
 * its own that it knows to be heard, by its own clock. The coordinator counts from
 * when it heard that one, which was later, so no question is asked elsewhere before. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/rng.h"
#include "core/wire.h"

enum az_session_state { AZ_SESSION_APART, AZ_SESSION_KNOCKING, AZ_SESSION_OPEN };

struct az_session {
    enum az_session_state state;
    uint64_t seq_in, seq_out;
    az_ms silence_ms;   /* 0 = nobody minds */
    az_ms heard, said;  /* last */
    az_ms since;        /* in this state */
    az_ms again;        /* apart: knock then */
    az_ms pause;        /* before the last knock */
    bool unwanted;      /* refused, and a hello would be again */
    bool away;          /* nobody was heard, or the connection broke */
    int failures;       /* in a row */
    uint64_t heard_out; /* the last of ours that was heard; 0 = that is not said */
    uint64_t mark;      /* one of ours, and when it was said: heard once `heard_out` is there */
    az_ms mark_said, leased_from;
    struct az_rng rng;
};

struct az_session az_session(uint64_t seed, az_ms now); /* apart; may knock at once */

/* The number of the next message that is sent. */
uint64_t az_session_say(struct az_session *s, az_ms now);

/* A message came. AZ_EPROTO: it breaks the session, as a refusal does: then the
 * caller calls az_session_lost(). A welcome opens it. */
int az_session_on_message(struct az_session *s, const struct az_msg *msg, az_ms now,
                          struct az_error *err);

/* Until when what it holds is its own; INT64_MAX: for as long as the session. */
az_ms az_session_lease(const struct az_session *s);

/* The connection is gone: az_session_lost() follows. */
void az_session_broke(struct az_session *s);

/* It is over: pause, then knock again. The pauses grow, to four seconds while nobody is
 * there, else to half a minute. */
void az_session_lost(struct az_session *s, az_ms now);

/* Who waits for the end of a pause knocks now. */
void az_session_hurry(struct az_session *s, az_ms now);

enum az_session_due {
    AZ_DUE_NOTHING,
    AZ_DUE_KNOCK,     /* connect anew and say hello; the state is knocking */
    AZ_DUE_HEARTBEAT, /* say something */
    AZ_DUE_LOST,      /* nobody was heard: *err says for how long */
};
enum az_session_due az_session_tick(struct az_session *s, az_ms now, struct az_error *err);
az_ms az_session_deadline(const struct az_session *s); /* of the next tick; INT64_MAX = none */
