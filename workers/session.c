#include "workers/session.h"

enum {
    WELCOME_MS = 10000, /* longer: whoever was there is gone */
    PAUSE_FIRST_MS = 500,
    PAUSE_LAST_MS = 30000,
    AWAY_LAST_MS = 4000, /* where nobody is: what it costs to ask again is one connection */
    DOUBLINGS = 6,
    REFUSED = 4, /* doublings at least, where a hello would be refused again */
};

struct az_session az_session(uint64_t seed, az_ms now)
{
    return (struct az_session){.rng = az_rng(seed), .since = now, .again = now};
}

uint64_t az_session_say(struct az_session *s, az_ms now)
{
    s->said = now;
    s->seq_out++;
    if (s->mark <= s->heard_out) { /* one at a time, so that no list of times is kept */
        s->mark = s->seq_out;
        s->mark_said = now;
    }
    return s->seq_out;
}

static void on_heard(struct az_session *s, uint64_t heard)
{
    if (heard <= s->heard_out)
        return;
    s->heard_out = heard;
    if (heard < s->mark)
        return;
    s->leased_from = heard == s->seq_out ? s->said : s->mark_said;
    s->mark = s->seq_out;
    s->mark_said = s->said;
}

az_ms az_session_lease(const struct az_session *s)
{
    return s->silence_ms && s->heard_out ? s->leased_from + s->silence_ms : INT64_MAX;
}

int az_session_on_message(struct az_session *s, const struct az_msg *msg, az_ms now,
                          struct az_error *err)
{
    if (s->state == AZ_SESSION_APART)
        return az_fail(err, AZ_EPROTO, "a message outside of a session");
    if (msg->kind == AZ_MSG_REFUSE) {
        s->unwanted = !msg->refuse.again;
        return az_wire_refusal(msg, AZ_EPROTO, err);
    }
    if (msg->seq != s->seq_in + 1)
        return az_fail(err, AZ_EPROTO, "message %llu after message %llu",
                       (unsigned long long)msg->seq, (unsigned long long)s->seq_in);
    if ((msg->kind == AZ_MSG_WELCOME) != (s->state == AZ_SESSION_KNOCKING))
        return az_fail(err, AZ_EPROTO, "%s",
                       s->state == AZ_SESSION_OPEN ? "a second welcome"
                                                   : "a message before the welcome");
    if (msg->heard > s->seq_out)
        return az_fail(err, AZ_EPROTO, "message %llu was heard, and %llu were said",
                       (unsigned long long)msg->heard, (unsigned long long)s->seq_out);
    s->seq_in++;
    s->heard = now;
    on_heard(s, msg->heard);
    if (msg->kind != AZ_MSG_WELCOME)
        return 0;
    s->silence_ms = msg->hello.silence_ms;
    s->state = AZ_SESSION_OPEN;
    s->since = now;
    return 0;
}

/* Half of the pause is by chance: a coordinator that was started again must not
 * hear all its workers at once. A session that was open for longer than the pause
 * before it has settled, so no more time is spent on pauses than on sessions; who is
 * welcomed and thrown out at once comes ever more seldom. A coordinator that is only
 * away is not to find its workers asleep when it is back. */
void az_session_lost(struct az_session *s, az_ms now)
{
    if (s->state == AZ_SESSION_OPEN && now - s->since >= s->pause)
        s->failures = 0;
    if (s->unwanted) /* its key, roles or version: that takes somebody who changes it */
        s->failures = AZ_MAX(s->failures, REFUSED);
    s->unwanted = false;
    az_ms last = s->away ? AWAY_LAST_MS : PAUSE_LAST_MS;
    az_ms most = AZ_MIN((az_ms)PAUSE_FIRST_MS << AZ_MIN(s->failures, DOUBLINGS), last);
    s->away = false;
    s->failures++;
    s->state = AZ_SESSION_APART;
    s->since = now;
    s->pause = most / 2 + (az_ms)az_rng_below(&s->rng, (uint64_t)(most / 2) + 1);
    s->again = now + s->pause;
}

void az_session_broke(struct az_session *s)
{
    s->away = true;
}

void az_session_hurry(struct az_session *s, az_ms now)
{
    s->again = AZ_MIN(s->again, now);
}

static az_ms quiet_until(const struct az_session *s)
{
    if (s->state == AZ_SESSION_KNOCKING)
        return s->since + WELCOME_MS;
    return s->silence_ms ? s->heard + s->silence_ms : INT64_MAX;
}

static az_ms heartbeat_at(const struct az_session *s)
{
    bool minded = s->state == AZ_SESSION_OPEN && s->silence_ms;
    return minded ? s->said + AZ_MAX(s->silence_ms / 4, (az_ms)1) : INT64_MAX;
}

enum az_session_due az_session_tick(struct az_session *s, az_ms now, struct az_error *err)
{
    if (now < az_session_deadline(s))
        return AZ_DUE_NOTHING;
    if (s->state == AZ_SESSION_APART) {
        s->state = AZ_SESSION_KNOCKING;
        s->since = s->heard = now;
        s->seq_in = s->seq_out = s->heard_out = s->mark = 0;
        s->silence_ms = 0;
        return AZ_DUE_KNOCK;
    }
    if (now < quiet_until(s))
        return AZ_DUE_HEARTBEAT;
    s->away = true;
    az_fail(err, AZ_EPROTO, "the coordinator was not heard for %lld ms",
            (long long)(now - s->heard));
    return AZ_DUE_LOST;
}

az_ms az_session_deadline(const struct az_session *s)
{
    return s->state == AZ_SESSION_APART ? s->again : AZ_MIN(quiet_until(s), heartbeat_at(s));
}
