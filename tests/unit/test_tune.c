/* Limits of backends that an admin set: who is told what, and when. */
#include "coordinator/tune.h"

#include "core/mem.h"
#include "tests/unit/unit.h"

struct scene {
    struct az_sched *sched;
    struct az_tunes tunes;
    struct az_effects fx;
    char text[512];
};

static void scene_init(struct scene *s)
{
    struct az_sched_config config = {0};
    *s = (struct scene){0};
    assert_int_equal(az_sched_new(&config, &s->sched, NULL), 0);
    assert_int_equal(az_effects_init(&s->fx, NULL), 0);
}

static void scene_release(struct scene *s)
{
    az_tunes_release(&s->tunes);
    az_effects_release(&s->fx);
    az_sched_free(s->sched);
}

static void announce(struct scene *s, int peer, const char *backend)
{
    struct az_credit one = {.backend = az_str(backend), .kind = AZ_STR("openai"), .credit = 1};
    struct az_credits credits = {.n = 1, .v = &one};
    assert_int_equal(az_sched_on_credit(s->sched, peer, &credits, 0, &s->fx, NULL), 0);
}

static struct az_msg tune(const char *backend, unsigned slots, unsigned rpm, unsigned tpm)
{
    struct az_msg msg = {.kind = AZ_MSG_TUNE};
    msg.tune.backend = az_str(backend);
    msg.tune.slots = slots;
    msg.tune.rpm = rpm;
    msg.tune.tpm = tpm;
    return msg;
}

/* "hello 0", "has 0 gpu", "gone 0", "set gpu SLOTS RPM TPM". */
static void step(struct scene *s, const char *line)
{
    char backend[16];
    unsigned peer, slots, rpm, tpm;
    struct az_error err = {0};
    int r = 0;
    if (sscanf(line, "set %15s %u %u %u", backend, &slots, &rpm, &tpm) == 4) {
        struct az_msg msg = tune(backend, slots, rpm, tpm);
        r = az_tunes_set(&s->tunes, s->sched, &msg, &s->fx, &err);
        memset(backend, '?', sizeof(backend)); /* the caller's text has gone */
        (void)snprintf(s->text, sizeof(s->text), "%d", r);
    } else if (sscanf(line, "has %u %15s", &peer, backend) == 2) {
        announce(s, (int)peer, backend);
    } else if (sscanf(line, "gone %u", &peer) == 1) {
        r = az_sched_on_gone(s->sched, (int)peer, 0, &s->fx, &err);
    } else {
        assert_int_equal(sscanf(line, "hello %u", &peer), 1);
        assert_int_equal(az_sched_on_hello(s->sched, (int)peer, 0, &s->fx, &err), 0);
        r = az_tunes_hello(&s->tunes, (int)peer, &s->fx, &err);
    }
    assert_true(r >= 0);
}

/* All that the effects tell: " PEER:BACKEND SLOTS/RPM/TPM" each. */
static const char *told(struct scene *s)
{
    for (size_t i = 0; i < s->fx.n; i++) {
        const struct az_msg *m = &s->fx.v[i].send.msg;
        size_t n = strlen(s->text);
        if (s->fx.v[i].kind == AZ_FX_SEND && m->kind == AZ_MSG_TUNE)
            snprintf(s->text + n, sizeof(s->text) - n, " %d:" AZ_STR_FMT " %u/%g/%g",
                     s->fx.v[i].send.peer, AZ_STR_ARG(m->tune.backend), m->tune.slots, m->tune.rpm,
                     m->tune.tpm);
    }
    az_effects_clear(&s->fx);
    return s->text;
}

static const struct {
    const char *name, *before, *last, *want;
} cases[] = {
    {"who has it", "hello 0;hello 1;has 0 gpu;has 1 api", "set gpu 3 0 0", "1 0:gpu 3/0/0"},
    {"nobody has it", "hello 0;has 0 api", "set gpu 3 0 0", "0"},
    {"what nobody had is not kept", "hello 0;has 0 api;set gpu 3 0 0", "hello 1", ""},
    {"a newcomer", "hello 0;has 0 gpu;set gpu 3 0 9", "hello 1", " 1:gpu 3/0/9"},
    {"and who comes again", "hello 0;has 0 gpu;set gpu 3 0 0;gone 0", "hello 0", " 0:gpu 3/0/0"},
    {"the newest of each", "hello 0;has 0 gpu;set gpu 3 60 0;set gpu 5 0 7", "hello 1",
     " 1:gpu 5/60/7"},
    {"of several", "hello 0;has 0 gpu;has 0 api;set gpu 3 0 0;set api 4 0 0", "hello 1",
     " 1:gpu 3/0/0 1:api 4/0/0"},
    {"to be tried again sets nothing", "hello 0;has 0 gpu;set gpu 0 0 0", "hello 1", ""},
    {"and is told", "hello 0;has 0 gpu", "set gpu 0 0 0", "1 0:gpu 0/0/0"},
    {"who has not said what it has", "hello 0;has 0 gpu;hello 1", "set gpu 3 0 0",
     "1 0:gpu 3/0/0 1:gpu 3/0/0"},
    {"but is not counted alone", "hello 0;hello 1", "set gpu 3 0 0", "0"},
};

static void tune_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct scene s;
        char before[256];
        scene_init(&s);
        snprintf(before, sizeof(before), "%s", cases[i].before);
        for (char *rest = before, *line; (line = strsep(&rest, ";"));) {
            step(&s, line);
            az_effects_clear(&s.fx);
        }
        s.text[0] = '\0';
        step(&s, cases[i].last);
        if (strcmp(told(&s), cases[i].want))
            fail_msg("%s: got '%s', want '%s'", cases[i].name, s.text, cases[i].want);
        scene_release(&s);
    }
}

static void tune_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct scene s;
        struct az_error err = {0};
        struct az_msg msg = tune("gpu", 3, 0, 0);
        scene_init(&s);
        step(&s, "hello 0");
        announce(&s, 0, "gpu");
        az_fault_alloc(nth);
        r = az_tunes_set(&s.tunes, s.sched, &msg, &s.fx, &err);
        if (r == 1 && az_tunes_hello(&s.tunes, 1, &s.fx, &err) < 0)
            r = AZ_ENOMEM;
        az_fault_alloc(0);
        assert_true(r == 1 || *err.what);
        scene_release(&s);
    }
    assert_int_equal(r, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(tune_table),
        cmocka_unit_test(tune_without_memory),
    };
    return cmocka_run_group_tests_name("tune", tests, NULL, NULL);
}
