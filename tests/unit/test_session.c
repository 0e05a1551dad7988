/* A worker's session: silence, heartbeats, sequence, and when to knock again. */
#include "workers/session.h"

#include "tests/unit/unit.h"

/* Events: "tick", "welcome N" (silence), "msg SEQ" ("msg SEQ HEARD": with the number
 * of ours that was heard), "refuse", "say", "lost", "lease"; what came of it, at
 * what time; of "lease": until when it lasts. */
struct line {
    az_ms at;
    const char *event, *want;
};

static const char *play(struct az_session *s, const struct line *l)
{
    static const char *const dues[] = {"", "knock", "heartbeat", "lost"};
    struct az_error err = {0};
    long n = 0;
    const char *space = strchr(l->event, ' ');
    if (space)
        n = strtol(space, NULL, 10);
    const char *second = space ? strchr(space + 1, ' ') : NULL;
    struct az_msg msg = {.kind = AZ_MSG_HEARTBEAT,
                         .seq = (uint64_t)n,
                         .heard = second ? strtoull(second, NULL, 10) : 0};
    static char until[32];
    switch (*l->event) {
    case 't':
        return dues[az_session_tick(s, l->at, &err)];
    case 'w':
        msg = (struct az_msg){.kind = AZ_MSG_WELCOME, .seq = 1, .heard = msg.heard};
        msg.hello.silence_ms = (uint32_t)n;
        break;
    case 'r':
        msg = (struct az_msg){.kind = AZ_MSG_REFUSE, .seq = 9};
        msg.refuse.what = AZ_STR("no");
        break;
    case 's':
        az_session_say(s, l->at);
        return "";
    case 'l':
        if (!strcmp(l->event, "lease")) {
            az_ms at = az_session_lease(s);
            snprintf(until, sizeof(until), "%lld", (long long)at);
            return at == INT64_MAX ? "no end" : until;
        }
        az_session_lost(s, l->at);
        return "";
    default:
        break;
    }
    int r = az_session_on_message(s, &msg, l->at, &err);
    return r < 0 ? "broken" : "";
}

enum { LINES = 16 };
static const struct {
    const char *name;
    struct line lines[LINES];
} cases[] = {
    {"heartbeats when there was nothing to say",
     {{0, "tick", "knock"},
      {0, "say", ""},
      {5, "welcome 4000", ""},
      {999, "tick", ""},
      {1000, "tick", "heartbeat"},
      {1000, "say", ""},
      {1500, "say", ""},
      {2100, "msg 2", ""},
      {2400, "tick", ""},
      {2500, "tick", "heartbeat"}}},
    {"a coordinator that is not heard is gone",
     {{0, "tick", "knock"},
      {0, "welcome 4000", ""},
      {3000, "msg 2", ""},
      {6900, "say", ""},
      {6999, "tick", ""},
      {7000, "tick", "lost"},
      {7000, "lost", ""},
      {7249, "tick", ""},
      {7500, "tick", "knock"}}},
    {"no welcome",
     {{0, "tick", "knock"}, {0, "say", ""}, {9999, "tick", ""}, {10000, "tick", "lost"}}},
    {"nobody minds silence", {{0, "tick", "knock"}, {0, "welcome 0", ""}, {1000000, "tick", ""}}},
    {"a message is missing",
     {{0, "tick", "knock"}, {0, "welcome 0", ""}, {1, "msg 2", ""}, {2, "msg 4", "broken"}}},
    {"a message before the welcome", {{0, "tick", "knock"}, {1, "msg 1", "broken"}}},
    {"a second welcome", {{0, "tick", "knock"}, {0, "welcome 9", ""}, {0, "welcome 9", "broken"}}},
    {"refused", {{0, "tick", "knock"}, {1, "refuse", "broken"}}},
    {"a lease lasts from the newest word that is known to be heard",
     {{0, "tick", "knock"},
      {0, "say", ""},
      {5, "welcome 4000 1", ""},
      {5, "lease", "4000"},
      {1000, "say", ""},
      {1200, "say", ""},
      {1300, "msg 2 1", ""}, /* says nothing new */
      {1300, "lease", "4000"},
      {1400, "msg 3 3", ""},
      {1400, "lease", "5200"}}},
    {"a lease while more was said than has been heard",
     {{0, "tick", "knock"},
      {0, "say", ""},
      {5, "welcome 4000 1", ""},
      {1000, "say", ""},
      {1100, "say", ""},
      {1200, "say", ""},
      {1300, "msg 2 3", ""}, /* of 1100 nobody has kept the time */
      {1300, "lease", "5000"},
      {1400, "say", ""},
      {1500, "msg 3 4", ""},
      {1500, "lease", "5200"}}},
    {"no lease ends where nobody minds silence",
     {{0, "tick", "knock"}, {0, "say", ""}, {1, "welcome 0 1", ""}, {1, "lease", "no end"}}},
    {"nor where what was heard is not said",
     {{0, "tick", "knock"}, {0, "say", ""}, {1, "welcome 4000", ""}, {1, "lease", "no end"}}},
    {"a message is heard that was never said",
     {{0, "tick", "knock"}, {0, "say", ""}, {1, "welcome 4000 2", "broken"}}},
    {"numbers begin again",
     {{0, "tick", "knock"},
      {0, "welcome 0", ""},
      {1, "msg 2", ""},
      {2, "lost", ""},
      {600, "tick", "knock"},
      {601, "welcome 0", ""},
      {602, "msg 2", ""}}},
};

static void session_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_session s = az_session(1, 0);
        for (const struct line *l = cases[i].lines; l->event; l++) {
            const char *got = play(&s, l);
            if (strcmp(got, l->want))
                fail_msg("%s: %lld '%s': got '%s', want '%s'", cases[i].name, (long long)l->at,
                         l->event, got, l->want);
        }
    }
}

/* Pauses of who is thrown out grow to half a minute and begin small again after a
 * session that lasted. */
static void session_backs_off(void **state)
{
    (void)state;
    struct az_session s = az_session(7, 0);
    az_ms now = 0;
    for (int i = 0; i < 12; i++) {
        az_session_lost(&s, now);
        az_ms most = AZ_MIN((az_ms)500 << i, (az_ms)30000), pause = s.again - now;
        assert_true(pause >= most / 2 && pause <= most);
        now = az_session_deadline(&s);
        assert_int_equal(az_session_tick(&s, now, NULL), AZ_DUE_KNOCK);
    }
    struct az_msg welcome = {.kind = AZ_MSG_WELCOME, .seq = 1};
    assert_int_equal(az_session_on_message(&s, &welcome, now, NULL), 0);
    az_session_lost(&s, now + 10); /* welcomed and thrown out at once */
    assert_true(s.again > now + 10000);
    now = s.again;
    az_session_tick(&s, now, NULL);
    assert_int_equal(az_session_on_message(&s, &welcome, now, NULL), 0);
    az_session_lost(&s, now + 30000);
    assert_true(s.again <= now + 30500);
}

/* A session that outlasts the pause before it was no mistake: a coordinator that is
 * started anew now and then is found again at once. */
static void session_settles(void **state)
{
    (void)state;
    struct az_session s = az_session(7, 0);
    struct az_msg welcome = {.kind = AZ_MSG_WELCOME, .seq = 1};
    az_ms now = 0;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(az_session_tick(&s, now, NULL), AZ_DUE_KNOCK);
        assert_int_equal(az_session_on_message(&s, &welcome, now, NULL), 0);
        now += 1000;
        az_session_lost(&s, now);
        assert_true(s.again - now <= 500);
        now = s.again;
    }
}

/* A coordinator that dies before its workers have settled, or is away for long, is
 * found within seconds of its return. */
static void session_finds_who_was_away(void **state)
{
    (void)state;
    for (int silent = 0; silent < 2; silent++) {
        struct az_session s = az_session(7, 0);
        struct az_error err = {0};
        struct az_msg welcome = {.kind = AZ_MSG_WELCOME, .seq = 1};
        az_ms now = 0;
        for (int i = 0; i < 20; i++) {
            assert_int_equal(az_session_tick(&s, now, &err), AZ_DUE_KNOCK);
            if (silent) { /* no welcome comes */
                now = az_session_deadline(&s);
                assert_int_equal(az_session_tick(&s, now, &err), AZ_DUE_LOST);
            } else {
                assert_int_equal(az_session_on_message(&s, &welcome, now, &err), 0);
                az_session_broke(&s);
            }
            az_session_lost(&s, now);
            assert_true(s.again - now <= AZ_MIN((az_ms)500 << i, (az_ms)4000));
            now = s.again;
        }
        assert_true(s.pause >= 2000); /* and not more often than that */
    }
}

/* "again": a hello would do; else somebody has to change something first. */
static void session_is_refused(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) {
        struct az_session s = az_session(7, 0);
        struct az_msg refuse = {.kind = AZ_MSG_REFUSE, .seq = 1};
        refuse.refuse.what = AZ_STR("no");
        refuse.refuse.again = again;
        az_session_tick(&s, 0, NULL);
        assert_int_equal(az_session_on_message(&s, &refuse, 0, NULL), AZ_EPROTO);
        az_session_lost(&s, 0);
        assert_true(again ? s.again <= 500 : s.again >= 4000 && s.again <= 8000);
        az_session_tick(&s, s.again, NULL);
        az_session_lost(&s, s.again); /* and another time it was the network */
        assert_true(again ? s.pause <= 1000 : s.pause >= 8000);
    }
}

/* Whoever changed something need not wait for the end of a pause. */
static void session_hurries(void **state)
{
    (void)state;
    struct az_session s = az_session(7, 0);
    struct az_error err = {0};
    struct az_msg welcome = {.kind = AZ_MSG_WELCOME, .seq = 1};
    az_session_tick(&s, 0, &err);
    az_session_lost(&s, 0);
    assert_int_equal(az_session_tick(&s, 1, &err), AZ_DUE_NOTHING);
    az_session_hurry(&s, 1);
    assert_int_equal(az_session_tick(&s, 1, &err), AZ_DUE_KNOCK);
    assert_int_equal(az_session_on_message(&s, &welcome, 2, &err), 0);
    az_session_hurry(&s, 3); /* it is there already */
    assert_int_equal(az_session_tick(&s, 4, &err), AZ_DUE_NOTHING);
    assert_int_equal(s.state, AZ_SESSION_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_table),      cmocka_unit_test(session_backs_off),
        cmocka_unit_test(session_settles),    cmocka_unit_test(session_finds_who_was_away),
        cmocka_unit_test(session_is_refused), cmocka_unit_test(session_hurries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
