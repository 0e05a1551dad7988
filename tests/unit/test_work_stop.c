/* What a backend that refuses for good leaves behind: nothing that was taken is kept. */
#include "workers/work.h"

#include "core/item.h"
#include "core/mem.h"
#include "tests/unit/unit.h"

static const char yaml[] = "question: pair\n"
                           "backends:\n"
                           "  - {name: gpu, kind: openai, url: 'http://gpu:8000/v1', slots: 2}\n"
                           "judges:\n"
                           "  - {name: one, backend: gpu, model: m, answer: letter, orders: one, "
                           "usd_per_mtok: {input: 1, output: 2}}\n";

static const char reply_fmt[] = "{\"choices\":[{\"finish_reason\":\"stop\",\"message\":"
                                "{\"role\":\"assistant\",\"content\":\"%s\"}}],"
                                "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":10}}";

struct desk {
    struct az_panel *panel; /* the one whose backends are borrowed */
    struct az_work *work;
    struct az_wfxs fx;
    struct work_call *calls[8];
    size_t n_calls;
    char log[512];
};

/* What the effects were, as words; calls are kept. */
static const char *effects(struct desk *d)
{
    size_t n = 0;
    d->log[0] = '\0';
    for (size_t i = 0; i < d->fx.n; i++) {
        const struct az_wfx *x = &d->fx.v[i];
        char *at = d->log + n;
        size_t room = sizeof(d->log) - n;
        const struct az_ballot *b = &x->answer.answer.ballot;
        if (x->kind == AZ_WFX_CALL)
            d->calls[d->n_calls++] = x->call.call;
        if (x->kind == AZ_WFX_CALL)
            snprintf(at, room, "call ");
        else if (x->kind == AZ_WFX_STOPPED)
            snprintf(at, room, "stopped ");
        else if (x->kind == AZ_WFX_ANSWER && x->answer.answer.again)
            snprintf(at, room, "again(%lld, %d, %lld) ", (long long)b->key.item, b->attempts,
                     (long long)b->cost);
        else if (x->kind == AZ_WFX_ANSWER)
            snprintf(at, room, "%s(%lld) ", b->error ? az_ballot_error_name(b->error) : "ballot",
                     (long long)b->key.item);
        n = strlen(d->log);
    }
    az_wfxs_clear(&d->fx);
    return d->log;
}

#define EXPECT(d, want)                                 \
    do {                                                \
        const char *got = effects(d);                   \
        if (strcmp(got, want))                          \
            fail_msg("got '%s', want '%s'", got, want); \
    } while (0)

static struct az_panel *parse(void)
{
    struct az_panel_source source = {0};
    struct az_error err = {0};
    struct az_panel *panel;
    if (az_panel_parse(yaml, "p.yaml", &source, &panel, &err) < 0)
        fail_msg("%s", err.what);
    return panel;
}

static void desk_init(struct desk *d)
{
    *d = (struct desk){.panel = parse()};
    struct az_work_backend backend = {.backend = &d->panel->backends[0]};
    struct az_work_config config = {.n_backends = 1, .backends = &backend};
    static const unsigned char secret[AZ_SECRET_BYTES];
    assert_int_equal(az_wfxs_init(&d->fx, NULL), 0);
    assert_int_equal(az_work_new(&config, &d->work, NULL), 0);
    assert_int_equal(az_work_on_panel(d->work, 0, parse(), secret, NULL), 0);
}

static void desk_release(struct desk *d)
{
    az_work_free(d->work);
    az_wfxs_release(&d->fx);
    az_panel_free(d->panel);
}

static void question(struct desk *d, int64_t item)
{
    struct az_msg_question q = {
        .key = {.item = item, .round = 1, .criterion = -1, .order = AZ_ORDER_LISTED},
        .grant = AZ_NUSD_MAX};
    struct az_error err = {0};
    struct az_item *it = NULL;
    static const char json[] = "{\"prompt\": \"Why?\", \"responses\": [\"Because.\", \"No.\"]}";
    assert_int_equal(az_item_parse(d->panel, az_str(json), 1, &it, &err), 0);
    struct az_msg msg = {.kind = AZ_MSG_QUESTIONS};
    msg.questions.n_items = msg.questions.n = 1;
    msg.questions.items = &it;
    msg.questions.v = &q;
    assert_int_equal(az_work_on_questions(d->work, &msg, 0, &d->fx, &err), 0);
}

static void respond(struct desk *d, size_t call, long status, const char *says)
{
    char body[512];
    snprintf(body, sizeof(body), reply_fmt, says);
    struct az_response response = {.status = status, .body = az_str(body)};
    struct az_call_result result = {.end = AZ_CALL_ANSWERED, .response = &response};
    struct az_error err = {0};
    assert_int_equal(az_work_on_response(d->work, d->calls[call], &result, 0, 0, &d->fx, &err), 0);
}

/* Two calls under way, two questions behind them. The first call is refused for
 * good; the second has an answer that would have been asked once more. Nobody
 * asks it: it goes back, and so does what it cost. */
static void stopped_backend_keeps_no_question(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d);
    for (int64_t item = 1; item <= 4; item++)
        question(&d, item);
    EXPECT(&d, "call call ");
    respond(&d, 0, 401, "");
    EXPECT(&d, "stopped again(1, 1, 0) again(3, 0, 0) again(4, 0, 0) ");
    respond(&d, 1, 200, "neither of them");
    EXPECT(&d, "again(2, 1, 120000) ");
    question(&d, 5);
    EXPECT(&d, "again(5, 0, 0) ");
    assert_int_equal(az_work_under_way(d.work), 0);
    desk_release(&d);
}

/* A second refusal is no news, and a pause before the next try is not waited out. */
static void stopped_backend_is_told_once(void **state)
{
    (void)state;
    struct desk d;
    desk_init(&d);
    question(&d, 1);
    question(&d, 2);
    EXPECT(&d, "call call ");
    respond(&d, 0, 401, "");
    EXPECT(&d, "stopped again(1, 1, 0) ");
    respond(&d, 1, 403, "");
    EXPECT(&d, "again(2, 1, 0) ");
    desk_release(&d);

    desk_init(&d);
    question(&d, 1);
    question(&d, 2);
    EXPECT(&d, "call call ");
    respond(&d, 0, 401, "");
    EXPECT(&d, "stopped again(1, 1, 0) ");
    respond(&d, 1, 503, "");
    EXPECT(&d, "again(2, 1, 0) ");
    assert_true(az_work_deadline(d.work) == INT64_MAX);
    desk_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stopped_backend_keeps_no_question),
        cmocka_unit_test(stopped_backend_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
