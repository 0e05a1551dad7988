/* When a model server is started, asked, started again and ended. */
#include "workers/serve.h"

#include "tests/unit/unit.h"

/* Events at times: "tick", "no" and "yes" (a probe), "end", "stop"; what is to be
 * done, and what a coordinator is told then. */
struct line {
    az_ms at;
    const char *event, *want, *told;
};

static enum az_server_do play(struct az_server *s, const struct line *l)
{
    if (!strcmp(l->event, "tick"))
        return az_server_tick(s, l->at);
    if (!strcmp(l->event, "stop"))
        return az_server_stop(s, l->at);
    if (!strcmp(l->event, "end"))
        az_server_on_end(s, "exit status 1", l->at);
    else
        az_server_on_probe(s, !strcmp(l->event, "yes"), l->at);
    return AZ_DO_NOTHING;
}

enum { LINES = 16 };
static const struct {
    const char *name;
    bool restart;
    struct line lines[LINES];
} cases[] = {
    {"asked until it answers",
     true,
     {{0, "tick", "start", "starting"},
      {0, "tick", "probe", "starting"},
      {400, "tick", "", "starting"}, /* one at a time */
      {900, "no", "", "starting"},
      {1399, "tick", "", "starting"},
      {1400, "tick", "probe", "starting"},
      {1401, "yes", "", ""},
      {9000, "tick", "", ""}}},
    {"started again when it has ended",
     true,
     {{0, "tick", "start", "starting"},
      {0, "tick", "probe", "starting"},
      {1, "yes", "", ""},
      {5, "end", "", "exit status 1, starts again"},
      {504, "tick", "", "exit status 1, starts again"},
      {1005, "tick", "start", "starting"},
      {1005, "tick", "probe", "starting"},
      {1006, "yes", "", ""}}},
    {"ended before it answered; the probe that was under way tells nothing",
     true,
     {{0, "tick", "start", "starting"},
      {0, "tick", "probe", "starting"},
      {5, "end", "", "exit status 1, starts again"},
      {6, "yes", "", "exit status 1, starts again"},
      {1005, "tick", "start", "starting"}}},
    {"not started again",
     false,
     {{0, "tick", "start", "starting"},
      {5, "end", "", "exit status 1, stays away"},
      {100000, "tick", "", "exit status 1, stays away"},
      {100001, "stop", "", "exit status 1, stays away"}}},
    {"ends when it is asked to",
     true,
     {{0, "tick", "start", "starting"},
      {0, "tick", "probe", "starting"},
      {1, "yes", "", ""},
      {10, "stop", "term", "stopping"},
      {11, "stop", "", "stopping"},
      {20, "end", "", "stopped"},
      {100000, "tick", "", "stopped"}}},
    {"is made to",
     true,
     {{0, "tick", "start", "starting"},
      {10, "stop", "term", "stopping"},
      {5009, "tick", "", "stopping"},
      {5010, "tick", "kill", "stopping"},
      {9999, "tick", "", "stopping"},
      {10000, "end", "", "stopped"}}},
    {"stopped between two lives",
     true,
     {{0, "tick", "start", "starting"},
      {5, "end", "", "exit status 1, starts again"},
      {6, "stop", "", "stopped"},
      {100000, "tick", "", "stopped"}}},
    {"stopped before it began", true, {{0, "stop", "", "stopped"}, {1, "tick", "", "stopped"}}},
};

static void serve_table(void **state)
{
    (void)state;
    static const char *const dos[] = {"", "start", "probe", "term", "kill"};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_serve config = {.restart = cases[i].restart, .stop_s = 5};
        struct az_server s = az_server(&config, 1);
        assert_string_equal(s.trouble, "starting");
        for (const struct line *l = cases[i].lines; l->event; l++) {
            const char *got = dos[play(&s, l)];
            if (strcmp(got, l->want) || strcmp(s.trouble, l->told))
                fail_msg("%s: %lld '%s': got '%s' and '%s', want '%s' and '%s'", cases[i].name,
                         (long long)l->at, l->event, got, s.trouble, l->want, l->told);
        }
    }
}

static void serve_backs_off(void **state)
{
    (void)state;
    struct az_serve config = {.restart = true, .stop_s = 5};
    struct az_server s = az_server(&config, 1);
    az_ms now = 0;
    for (int i = 0; i < 12; i++) {
        assert_int_equal(az_server_tick(&s, now), AZ_DO_START);
        az_server_on_end(&s, "exit status 1", now);
        az_ms pause = s.due - now, most = AZ_MIN((az_ms)1000 << i, (az_ms)60000);
        assert_true(pause >= most / 2 && pause <= most);
        now = s.due;
    }
    assert_int_equal(az_server_tick(&s, now), AZ_DO_START);
    az_server_on_probe(&s, true, now);
    az_server_on_end(&s, "signal 9", now + 60000); /* it had served for a minute */
    assert_true(s.due - now <= 61000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(serve_table),
        cmocka_unit_test(serve_backs_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
