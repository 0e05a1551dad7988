#include "coordinator/session.h"

#include "tests/unit/unit.h"

/* After its hello: the number and kind of what it says next. */
static const struct {
    const char *name;
    uint64_t seq;
    enum az_msg_kind kind;
    const char *why; /* NULL: it is taken */
} cases[] = {
    {"the next", 2, AZ_MSG_ANNOUNCE, NULL},
    {"the hello's own number", 1, AZ_MSG_ANNOUNCE, "message 1 after message 1"},
    {"one is missing", 3, AZ_MSG_ANSWERS, "message 3 after message 1"},
    {"none", 0, AZ_MSG_HEARTBEAT, "message 0 after message 1"},
    {"a client's", 2, AZ_MSG_SUBMIT, NULL},
    {"a coordinator's", 2, AZ_MSG_QUESTIONS, "a message that only a coordinator sends"},
    {"a service's", 2, AZ_MSG_VERDICTS, "a message that only a coordinator sends"},
};

static void session_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_peer_seq s = az_peer_seq();
        struct az_msg msg = {.kind = cases[i].kind, .seq = cases[i].seq};
        struct az_error why = {0};
        int r = az_peer_seq_take(&s, &msg, &why);
        if (r != (cases[i].why ? AZ_EPROTO : 0) || s.in != (cases[i].why ? 1u : 2u))
            fail_msg("%s: %d, now at %llu", cases[i].name, r, (unsigned long long)s.in);
        if (cases[i].why)
            assert_string_equal(why.what, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(session_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
