/* Question in, bytes out; bytes in, reply out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ask.h"

#define HEAD "{\"model\":\"m\",\"max_tokens\":512,\"system\":\"S\",\"messages\":"
#define TURN "{\"role\":\"user\",\"content\":\"U\"}"

static void json(struct fixture *f)
{
    fixture_score(f, 1, 3, 1);
}

static void json_refused(struct fixture *f)
{
    f->ask.caps.json = AZ_JSON_MODE; /* which it has not */
}

static void letter(struct fixture *f)
{
    f->judge.answer = AZ_ANSWER_LETTER;
}

static void no_temperature(struct fixture *f)
{
    letter(f);
    f->ask.caps.no_temperature = true;
    f->judge.has_seed = true; /* it has none */
}

static void no_system(struct fixture *f)
{
    letter(f);
    az_buf_clear(&f->prompt.system);
}

static void asked_again(struct fixture *f)
{
    letter(f);
    f->ask.said = AZ_STR("both");
    f->ask.mistake = AZ_STR("not one letter");
}

static void extra(struct fixture *f)
{
    letter(f);
    f->judge.extra = "{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}}";
}

static const struct {
    const char *name;
    void (*set)(struct fixture *f);
    const char *want;
} requests[] = {
    {"schema", json,
     HEAD
     "[" TURN "],\"temperature\":0,\"output_config\":{\"format\":{\"type\":\"json_schema\","
     "\"schema\":{\"type\":\"object\",\"properties\":{\"rationale\":{\"type\":\"string\"},"
     "\"score\":{\"type\":\"integer\",\"enum\":[1,2,3]}},\"required\":[\"rationale\",\"score\"],"
     "\"additionalProperties\":false}}}}"},
    {"schema refused", json_refused, HEAD "[" TURN "],\"temperature\":0}"},
    {"letter", letter, HEAD "[" TURN "],\"temperature\":0}"},
    {"no temperature, no seed", no_temperature, HEAD "[" TURN "]}"},
    {"no system part", no_system,
     "{\"model\":\"m\",\"max_tokens\":512,\"messages\":[" TURN "],\"temperature\":0}"},
    {"asked again", asked_again,
     HEAD
     "[" TURN ",{\"role\":\"assistant\",\"content\":\"both\"},{\"role\":\"user\",\"content\":"
     "\"That answer can't be used: not one letter.\\nAnswer the same question again. The answer "
     "must be one letter alone, one of: A, B, C.\"}],\"temperature\":0}"},
    {"extra", extra,
     HEAD "[" TURN
          "],\"temperature\":0,\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}}"},
};

static void fixture_anthropic(struct fixture *f)
{
    fixture_init(f);
    f->backend.kind = "anthropic";
    f->backend.name = "claude";
}

static void request_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(requests); i++) {
        struct fixture f;
        struct az_error err = {0};
        fixture_anthropic(&f);
        requests[i].set(&f);
        AZ_AUTO_BUF body = az_buf(AZ_BUF_MAX);
        assert_int_equal(az_backend_kind_find("anthropic")->request(&body, &f.ask, &err), 0);
        if (strcmp(body.p, requests[i].want))
            fail_msg("%s: got\n%s\nwant\n%s", requests[i].name, body.p, requests[i].want);
        fixture_release(&f);
    }
}

static void logprobs_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct az_error err = {0};
    fixture_anthropic(&f);
    f.judge.answer = AZ_ANSWER_LOGPROBS;
    AZ_AUTO_BUF body = az_buf(AZ_BUF_MAX);
    assert_int_equal(az_backend_kind_find("anthropic")->request(&body, &f.ask, &err), AZ_EINVAL);
    assert_string_equal(err.what, "judge 'j': anthropic gives no log-probabilities");
    assert_string_equal(err.hint, "Use answer: letter, or json.");
    fixture_release(&f);
}

#define ERR(type, message) \
    "{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" message "\"}}"
#define TEXT(text) \
    "{\"model\":\"c-2\",\"content\":[{\"type\":\"text\",\"text\":\"" text "\"}],\"stop_reason\":"

/* trouble: - none, r retry, s stop, l learn, i item */
static const struct {
    const char *name;
    long status;
    const char *body;
    char trouble;
    enum az_ballot_error error;
    const char *text; /* or, of an error, a part of its words */
} replies[] = {
    {"answer", 200, TEXT("[[A]]") "\"end_turn\"}", '-', AZ_BE_NONE, "[[A]]"},
    {"two blocks after a thought", 200,
     "{\"content\":[{\"type\":\"thinking\",\"thinking\":\"[[B]]\"},{\"type\":\"text\",\"text\":\"[["
     "\"},"
     "{\"type\":\"text\",\"text\":\"A]]\"}]}",
     '-', AZ_BE_NONE, "[[A]]"},
    {"cut", 200, "{\"content\":[],\"stop_reason\":\"max_tokens\"}", '-', AZ_BE_LENGTH, "cut off"},
    {"only a thought, cut", 200,
     "{\"content\":[{\"type\":\"thinking\",\"thinking\":\"[[B]]\"}],\"stop_reason\":\"max_"
     "tokens\"}",
     '-', AZ_BE_LENGTH, "cut off"},
    {"nothing", 200, "{\"content\":[],\"stop_reason\":\"end_turn\"}", '-', AZ_BE_EMPTY, "empty"},
    {"declined", 200,
     "{\"content\":[],\"stop_reason\":\"refusal\",\"stop_details\":{\"category\":\"x\"}}", 'i',
     AZ_BE_REFUSAL, "declines: x"},
    {"declined half way", 200, TEXT("[[A]]") "\"refusal\"}", 'i', AZ_BE_REFUSAL, "declines"},
    {"no content", 200, "{}", 'i', AZ_BE_BODY, "content"},
    {"error inside", 200, ERR("overloaded_error", "busy"), 'r', AZ_BE_SERVER, "busy"},
    {"overloaded", 529, ERR("overloaded_error", "busy"), 'r', AZ_BE_HTTP, "HTTP 529: busy"},
    {"rate", 429, ERR("rate_limit_error", "slow"), 'r', AZ_BE_RATE, "slow"},
    {"spend limit", 429,
     "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"limit\","
     "\"details\":"
     "{\"error_code\":\"enforced_spend_limit_reached\"}}}",
     's', AZ_BE_HTTP, "no money"},
    {"credit", 400, ERR("invalid_request_error", "Your credit balance is too low"), 's', AZ_BE_HTTP,
     "no money"},
    {"key", 401, ERR("authentication_error", "invalid x-api-key"), 's', AZ_BE_HTTP, "the key"},
    {"model", 404, ERR("not_found_error", "model: m"), 's', AZ_BE_HTTP, "no such model"},
    {"too large", 413, ERR("request_too_large", "32 MB"), 'i', AZ_BE_TOO_LONG, "32 MB"},
    {"too long", 400, ERR("invalid_request_error", "prompt is too long: 210000 tokens > 200000"),
     'i', AZ_BE_TOO_LONG, "210000"},
    {"schema refused", 400,
     ERR("invalid_request_error", "output_config.format: Extra inputs are not permitted"), 'l',
     AZ_BE_HTTP, "output_config"},
    {"temperature refused", 400,
     ERR("invalid_request_error", "`temperature` is deprecated for this model."), 'l', AZ_BE_HTTP,
     "temperature"},
    {"something else", 400,
     ERR("invalid_request_error", "messages: at least one message is required"), 'i', AZ_BE_HTTP,
     "messages"},
};

static void reply_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(replies); i++) {
        struct fixture f;
        struct az_reply r;
        fixture_anthropic(&f);
        struct az_response response = {replies[i].status, {"", 0}, az_str(replies[i].body)};
        az_backend_kind_find("anthropic")->reply(&r, &f.ask, &response, 0);
        char trouble = "-rsli"[r.trouble];
        if (trouble != replies[i].trouble || r.error != replies[i].error)
            fail_msg("%s: got %c %s '%s'", replies[i].name, trouble, az_ballot_error_name(r.error),
                     r.error_text);
        if (r.error != AZ_BE_NONE ? !strstr(r.error_text, replies[i].text)
                                  : !az_str_eqz(r.text, replies[i].text))
            fail_msg("%s: got '%s' '" AZ_STR_FMT "'", replies[i].name, r.error_text,
                     AZ_STR_ARG(r.text));
        az_reply_release(&r);
        fixture_release(&f);
    }
}

/* Cached tokens lie outside input_tokens here, and inside in a reply. */
static void usage(void **state)
{
    (void)state;
    struct fixture f;
    struct az_reply r;
    fixture_anthropic(&f);
    struct az_response response = {
        200,
        {"", 0},
        AZ_STR(
            TEXT("A") "\"end_turn\",\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":80,"
                      "\"cache_creation_input_tokens\":5,\"output_tokens\":30,"
                      "\"output_tokens_details\":{\"thinking_tokens\":20}}}")};
    az_backend_kind_find("anthropic")->reply(&r, &f.ask, &response, 0);
    assert_true(r.has_usage);
    assert_int_equal(r.tokens_in, 95);
    assert_int_equal(r.tokens_cached, 80);
    assert_int_equal(r.tokens_out, 30);
    assert_int_equal(r.tokens_reasoning, 20);
    assert_true(az_str_eqz(r.model, "c-2"));
    az_reply_release(&r);
    fixture_release(&f);
}

static void a_thought_is_kept_and_not_read(void **state)
{
    (void)state;
    struct fixture f;
    struct az_reply r;
    struct az_ballot b = {0};
    fixture_anthropic(&f);
    f.judge.answer = AZ_ANSWER_MT_BENCH;
    struct az_response response = {
        200,
        {"", 0},
        AZ_STR("{\"content\":[{\"type\":\"thinking\",\"thinking\":\"[[B]]?\"},{\"type\":\"text\","
               "\"text\":\"I can't say\"}]}")};
    az_backend_kind_find("anthropic")->reply(&r, &f.ask, &response, 0);
    assert_int_equal(az_answer_read(f.arena, &f.ask, &r, &b), 0);
    assert_string_equal(ballot_word(&f, &b), "parse");
    assert_string_equal(b.rationale.p, "[[B]]?");
    az_reply_release(&r);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_table),
        cmocka_unit_test(logprobs_are_refused),
        cmocka_unit_test(reply_table),
        cmocka_unit_test(usage),
        cmocka_unit_test(a_thought_is_kept_and_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
