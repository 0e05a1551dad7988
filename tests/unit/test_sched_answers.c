/* What an answer is, what it leads to, and what is none. */
#include "coordinator/sched.h"

#include <math.h>

#include "tests/unit/unit.h"
// clang-format off
#include "tests/unit/sched_panels.h"
// clang-format on

/* A worker is another's program: its ballot counts when the question has such an
 * answer, and else is an error. */
static void sched_checks_answers(void **state)
{
    (void)state;
    static const double half[] = {0.5, 0.5, 0};
    static const struct {
        const char *question;
        int label;
        size_t n_probs;
        double score;
        bool good;
    } answers[] = {
        {"{kind: choice, labels: [A, B]}", 1, 0, NAN, true},
        {"{kind: choice, labels: [A, B]}", 2, 0, NAN, false},
        {"{kind: choice, labels: [A, B]}", 0, 2, NAN, true},
        {"{kind: choice, labels: [A, B]}", 0, 3, NAN, false},
        {"{kind: choice, labels: [A, B]}", -1, 2, NAN, true}, /* shares */
        {"{kind: choice, labels: [A, B]}", -1, 0, 1, false},
        {"{kind: score, scale: [1, 5]}", -1, 0, 5, true},
        {"{kind: score, scale: [1, 5]}", 0, 0, 5, true}, /* proto3 knows no other none */
        {"{kind: score, scale: [1, 5]}", -1, 0, 5.5, false},
        {"{kind: score, scale: [1, 5]}", 0, 0, NAN, false},
        {"{kind: score, scale: [1, 5]}", -1, 2, 3, false},
        {"{kind: score, scale: [1, 3], step: 1}", -1, 3, 2, true},
        {"{kind: score, scale: [1, 3], step: 1}", -1, 2, 2, false},
    };
    for (size_t i = 0; i < AZ_LEN(answers); i++) {
        char yaml[256];
        struct scene s;
        snprintf(yaml, sizeof(yaml),
                 "question: %s\njudges: [{name: a, backend: gpu, model: m}]\n%s",
                 answers[i].question, "backends: [{name: gpu, kind: openai, url: \"http://x\"}]\n");
        scene_init(&s, yaml, 0);
        scene_event(&s, "credit 0 gpu 9");
        scene_event(&s, "add 0");
        struct az_msg_answer answer = {.panel = 1,
                                       .ballot = {.key = scene_key("0.0"),
                                                  .label = answers[i].label,
                                                  .has_score = !isnan(answers[i].score),
                                                  .score = answers[i].score,
                                                  .n_probs = answers[i].n_probs,
                                                  .probs = half,
                                                  .how = AZ_STR("mine"),
                                                  .attempts = 1}};
        struct az_msg msg = {.kind = AZ_MSG_ANSWERS};
        msg.answers.n = 1;
        msg.answers.v = &answer;
        assert_int_equal(az_sched_on_answers(s.sched, 0, &msg, 0, &s.fx, NULL), 0);
        assert_int_equal(s.fx.v[0].kind, AZ_FX_BALLOT);
        const struct az_ballot *kept = s.fx.v[0].ballot;
        if (kept->error != (answers[i].good ? AZ_BE_NONE : AZ_BE_OUTSIDE))
            fail_msg("case %zu: %s", i, az_ballot_error_name(kept->error));
        bool bare = kept->label == AZ_LABEL_NONE && !kept->has_score && !kept->n_probs;
        assert_true(answers[i].good || bare);
        assert_true(!kept->has_score || kept->label == AZ_LABEL_NONE);
        scene_release(&s);
    }
}

static void sched_mistake_is_sent(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, two, 0);
    scene_event(&s, "credit 0 gpu 2");
    scene_event(&s, "add 0");
    scene_event(&s, "again 0 0.1 $1 nonsense");
    assert_string_equal(scene_event(&s, "credit 0 gpu 1"), "ask 0: 0.1");
    assert_int_equal(s.last.mistake, AZ_BE_PARSE);
    assert_int_equal(s.last.attempts, 1);
    assert_string_equal(s.last_said, "nonsense");
    scene_release(&s);
}

/* What early stopping asks next rests on all ballots that it has seen: also on
 * one that came while others were on their way to the disk. */
static void sched_early_stop_waits_for_every_ballot(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, early, 0);
    scene_event(&s, "credit 0 gpu 9");
    const char *asked = scene_event(&s, "add 0");
    char first[8], second[8], third[8] = "";
    assert_int_equal(sscanf(asked, "ask 0: %7s %7s %7s", first, second, third), 2);
    char event[64];
    snprintf(event, sizeof(event), "answer 0 %s A", first);
    scene_event(&s, event);
    uint64_t before = s.ticket;
    snprintf(event, sizeof(event), "answer 0 %s B", second);
    scene_event(&s, event);
    assert_true(s.ticket > before);
    /* Only the first is durable. */
    s.text[0] = '\0';
    assert_int_equal(az_docket_on_committed(s.docket, before, 0, &s.fx, NULL), 0);
    scene_run(&s);
    assert_string_equal(s.text, "");
    assert_non_null(strstr(scene_event(&s, "commit"), "ask 0: 0."));
    scene_release(&s);
}

static void sched_early_stop_decides(void **state)
{
    (void)state;
    struct scene s;
    scene_init(&s, early, 0);
    scene_event(&s, "credit 0 gpu 9");
    char first[8], second[8], event[64];
    assert_int_equal(sscanf(scene_event(&s, "add 0"), "ask 0: %7s %7s", first, second), 2);
    snprintf(event, sizeof(event), "answer 0 %s A", first);
    scene_event(&s, event);
    snprintf(event, sizeof(event), "answer 0 %s A", second);
    assert_non_null(strstr(scene_event(&s, event), "; decide 0 decided A"));
    scene_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sched_checks_answers),
        cmocka_unit_test(sched_mistake_is_sent),
        cmocka_unit_test(sched_early_stop_waits_for_every_ballot),
        cmocka_unit_test(sched_early_stop_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
