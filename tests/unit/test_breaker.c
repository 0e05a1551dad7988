#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/rng.h"
#include "workers/breaker.h"

/* A story: a word an event. +N: N milliseconds pass; f, s, c: a call fails,
 * succeeds, is cancelled; y, n: asked, and the answer is this; =NAME: the state. */
static const struct {
    const char *name, *story;
} stories[] = {
    {"fewer failures than three", "y f f =closed y s f f =closed"},
    {"three in a row open it", "f f f =open n +99 n"},
    {"then one probe", "f f f +100 y =half_open n n"},
    {"the probe succeeds", "f f f +100 y s =closed y y f f =closed"},
    {"the probe fails: twice as long", "f f f +100 y f =open +199 n +1 y"},
    {"but not longer than the most", "f f f +100 y f +200 y f +400 y f +400 y f +399 n +1 y"},
    {"success makes the first time short again", "f f f +100 y f +200 y s f f f +99 n +1 y"},
    {"a cancelled probe is probed again", "f f f +100 y c =half_open y n"},
    {"late failures change nothing", "f f f f f f =open +99 n +1 y"},
    {"a late success closes it", "f f f s =closed y"},
};

static const char *state_word(const struct az_breaker *b)
{
    return b->state == AZ_BREAKER_HALF_OPEN ? "half_open" : az_breaker_state_name(b->state);
}

static void step(struct az_breaker *b, const char *name, const char *word, size_t n, az_ms *now)
{
    switch (word[0]) {
    case '+':
        *now += strtol(word + 1, NULL, 10);
        break;
    case 'f':
        az_breaker_failure(b, *now);
        break;
    case 's':
        az_breaker_success(b);
        break;
    case 'c':
        az_breaker_cancelled(b);
        break;
    case '=':
        if (strlen(state_word(b)) != n - 1 || strncmp(word + 1, state_word(b), n - 1))
            fail_msg("%s: at '%s' it is %s", name, word, state_word(b));
        break;
    default:
        if (az_breaker_ask(b, *now) != (word[0] == 'y'))
            fail_msg("%s: at '%s' the answer is the other", name, word);
    }
}

static void story_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(stories); i++) {
        struct az_breaker b;
        az_ms now = 1000;
        az_breaker_init(&b, 3, 100, 400);
        for (const char *p = stories[i].story; *p; p += strspn(p, " ")) {
            size_t n = strcspn(p, " ");
            step(&b, stories[i].name, p, n, &now);
            p += n;
        }
    }
}

static void waits(void **state)
{
    (void)state;
    struct az_breaker b;
    az_breaker_init(&b, 1, 100, 400);
    assert_int_equal(az_breaker_wait(&b, 0), 0);
    az_breaker_failure(&b, 0);
    assert_int_equal(az_breaker_wait(&b, 30), 70);
    assert_int_equal(az_breaker_wait(&b, 100), 0);
    assert_true(az_breaker_ask(&b, 100));
    assert_int_equal(az_breaker_wait(&b, 100), 0);
}

/* Any events in any order keep the invariant, which every call asserts, and an
 * open one is always asked again in the end. */
static void any_events(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct az_rng rng = az_rng(seed);
        struct az_breaker b;
        az_ms now = 0;
        az_breaker_init(&b, 1 + (int)az_rng_below(&rng, 4), 100, 1000);
        for (int i = 0; i < 500; i++) {
            now += (az_ms)az_rng_below(&rng, 60);
            switch (az_rng_below(&rng, 4)) {
            case 0:
                az_breaker_success(&b);
                break;
            case 1:
                az_breaker_failure(&b, now);
                break;
            case 2:
                az_breaker_cancelled(&b);
                break;
            default:
                az_breaker_ask(&b, now);
            }
            assert_true(az_breaker_wait(&b, now) <= 1000);
        }
        az_breaker_cancelled(&b);
        if (!az_breaker_ask(&b, now + 1000))
            fail_msg("seed %llu: never asked again", (unsigned long long)seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(story_table),
        cmocka_unit_test(waits),
        cmocka_unit_test(any_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
