#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workers/date.h"
#include "workers/retry.h"

#define NOW INT64_C(784111770000) /* Sun, 06 Nov 1994 08:49:30 GMT */

static const struct {
    const char *text;
    int64_t want; /* -1 = refused */
} http_dates[] =
    {
        {"Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(784111777000)},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Thu, 29 Feb 2024 23:59:60 GMT", INT64_C(1709251200000)},
        {"Sun, 06 Nov 1994 08:49:37 CET", -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", -1},
        {"Sunday, 06-Nov-94 08:49:37 GMT", -1},
        {"Sun, 06 Nov 1994 25:49:37 GMT", -1},
        {"Sun, 6 Nov 1994 08:49:37 GMT", -1},
        {"Sun", -1},
        {"", -1},
},
  rfc3339[] =
      {
          {"1994-11-06T08:49:37Z", INT64_C(784111777000)},
          {"1994-11-06T08:49:37.250Z", INT64_C(784111777250)},
          {"1994-11-06T08:49:37.123456Z", INT64_C(784111777123)},
          {"1994-11-06T10:49:37+02:00", INT64_C(784111777000)},
          {"1994-11-06T03:19:37-05:30", INT64_C(784111777000)},
          {"1994-13-06T08:49:37Z", -1},
          {"1994-11-06T08:49:37", -1},
          {"1994-11-06", -1},
          {"12", -1},
},
  durations[] = {
      {"1s", 1000}, {"6m0s", 360000}, {"120ms", 120}, {"1h2m3.5s", 3723500}, {"0s", 0},
      {"1", -1},    {"s", -1},        {"1d", -1},     {"-1s", -1},           {"", -1},
};

static void dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(http_dates); i++) {
        int64_t got = -1;
        az_date_http(az_str(http_dates[i].text), &got);
        if (got != http_dates[i].want)
            fail_msg("'%s': got %lld", http_dates[i].text, (long long)got);
    }
    for (size_t i = 0; i < AZ_LEN(rfc3339); i++) {
        int64_t got = -1;
        az_date_rfc3339(az_str(rfc3339[i].text), &got);
        if (got != rfc3339[i].want)
            fail_msg("'%s': got %lld", rfc3339[i].text, (long long)got);
    }
    for (size_t i = 0; i < AZ_LEN(durations); i++) {
        int64_t got = -1;
        az_duration(az_str(durations[i].text), &got);
        if (got != durations[i].want)
            fail_msg("'%s': got %lld", durations[i].text, (long long)got);
    }
}

static const struct {
    const char *name, *headers;
    int64_t wait;
} waits[] = {
    {"nothing", "", -1},
    {"seconds", "Retry-After: 7\r\n", 7000},
    {"half a second", "retry-after: 0.5\r\n", 500},
    {"a date", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 7000},
    {"a date gone by", "Retry-After: Sun, 06 Nov 1994 08:49:00 GMT\r\n", 0},
    {"milliseconds win", "Retry-After: 7\r\nretry-after-ms: 120\r\n", 120},
    {"negative", "Retry-After: -1\r\n", -1},
    {"rubbish", "Retry-After: soon\r\n", -1},
    {"a day is an hour", "Retry-After: 86400\r\n", 3600000},
    {"requests used up",
     "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 6m0s\r\n", 360000},
    {"requests left", "x-ratelimit-remaining-requests: 3\r\nx-ratelimit-reset-requests: 6m0s\r\n",
     -1},
    {"the longer of two",
     "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 1s\r\n"
     "x-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 120ms\r\n",
     1000},
    {"Azure's seconds", "x-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 12\r\n",
     12000},
    {"Azure's unknown", "x-ratelimit-remaining-tokens: -1\r\nx-ratelimit-reset-tokens: -1\r\n", -1},
    {"Anthropic's time",
     "anthropic-ratelimit-requests-remaining: 0\r\n"
     "anthropic-ratelimit-requests-reset: 1994-11-06T08:49:40Z\r\n",
     10000},
    {"Anthropic's input tokens",
     "anthropic-ratelimit-input-tokens-remaining: 0\r\n"
     "anthropic-ratelimit-input-tokens-reset: 1994-11-06T08:49:31Z\r\n",
     1000},
    {"Unix seconds", "x-ratelimit-remaining: 0\r\nx-ratelimit-reset: 2784111770\r\n", 3600000},
    {"Retry-After wins",
     "retry-after: 2\r\nx-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 9s\r\n",
     2000},
};

static void wait_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(waits); i++) {
        struct az_hints h = az_hints_read(az_str(waits[i].headers), NOW);
        if (az_hints_wait(&h) != waits[i].wait)
            fail_msg("%s: got %lld", waits[i].name, (long long)az_hints_wait(&h));
    }
}

static void header_lines(void **state)
{
    (void)state;
    struct az_str h =
        AZ_STR("HTTP/1.1 200 OK\r\nA: 1\r\nno colon\r\na:  2 \r\nAB: 3\r\nEmpty:\r\n");
    assert_true(az_str_eqz(az_header_find(h, "a"), "2"));
    assert_true(az_str_eqz(az_header_find(h, "ab"), "3"));
    assert_true(az_header_find(h, "empty").p && !az_header_find(h, "empty").n);
    assert_null(az_header_find(h, "b").p);
    assert_null(az_header_find((struct az_str){NULL, 0}, "b").p);
}

static const struct {
    long status;
    int should;
    enum az_trouble want;
} statuses[] = {
    {200, -1, AZ_TROUBLE_NONE},  {204, -1, AZ_TROUBLE_NONE},  {302, -1, AZ_TROUBLE_ITEM},
    {400, -1, AZ_TROUBLE_ITEM},  {401, -1, AZ_TROUBLE_STOP},  {402, -1, AZ_TROUBLE_STOP},
    {403, -1, AZ_TROUBLE_STOP},  {404, -1, AZ_TROUBLE_STOP},  {408, -1, AZ_TROUBLE_RETRY},
    {409, -1, AZ_TROUBLE_RETRY}, {413, -1, AZ_TROUBLE_ITEM},  {422, -1, AZ_TROUBLE_ITEM},
    {425, -1, AZ_TROUBLE_RETRY}, {429, -1, AZ_TROUBLE_RETRY}, {500, -1, AZ_TROUBLE_RETRY},
    {501, -1, AZ_TROUBLE_ITEM},  {503, -1, AZ_TROUBLE_RETRY}, {504, -1, AZ_TROUBLE_RETRY},
    {529, -1, AZ_TROUBLE_RETRY}, {429, 0, AZ_TROUBLE_ITEM},   {400, 1, AZ_TROUBLE_RETRY},
    {401, 1, AZ_TROUBLE_STOP},   {200, 0, AZ_TROUBLE_NONE},
};

static void status_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(statuses); i++) {
        struct az_hints h = {.should_retry = statuses[i].should};
        enum az_trouble got = az_retry_status(statuses[i].status, &h);
        if (got != statuses[i].want)
            fail_msg("%ld: got %d", statuses[i].status, got);
    }
    assert_int_equal(az_hints_read(AZ_STR("X-Should-Retry: TRUE\r\n"), NOW).should_retry, 1);
    assert_int_equal(az_hints_read(AZ_STR("x-should-retry: false\r\n"), NOW).should_retry, 0);
    assert_int_equal(az_hints_read(AZ_STR("x-should-retry: maybe\r\n"), NOW).should_retry, -1);
}

/* Within the ceiling of its step, over all of it, the same from one seed. */
static void delays(void **state)
{
    (void)state;
    static const int64_t ceilings[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};
    struct az_rng rng = az_rng(1), same = az_rng(1);
    for (int failures = 1; failures <= 8; failures++) {
        int64_t low = INT64_MAX, high = 0, ceiling = ceilings[failures - 1];
        for (int i = 0; i < 1000; i++) {
            int64_t d = az_retry_delay(failures, -1, &rng);
            assert_int_equal(d, az_retry_delay(failures, -1, &same));
            low = AZ_MIN(low, d);
            high = AZ_MAX(high, d);
        }
        assert_true(low >= 0 && low < ceiling / 20);
        assert_true(high <= ceiling && high > ceiling - ceiling / 20);
    }
    assert_in_range(az_retry_delay(1000, -1, &rng), 0, 30000);
    assert_in_range(az_retry_delay(0, -1, &rng), 0, 500);
}

static void never_before_the_server_said(void **state)
{
    (void)state;
    struct az_rng rng = az_rng(2);
    for (int i = 0; i < 1000; i++) {
        assert_in_range(az_retry_delay(1, 2000, &rng), 2000, 2125);
        assert_in_range(az_retry_delay(3, 0, &rng), 0, 500);
    }
    assert_in_range(az_retry_delay(1, INT64_MAX, &rng), 3600000, 3600125);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates),        cmocka_unit_test(wait_table),
        cmocka_unit_test(header_lines), cmocka_unit_test(status_table),
        cmocka_unit_test(delays),       cmocka_unit_test(never_before_the_server_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
