/* What a refusal teaches of a server: parameters and forms that it does not take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/openai_replies.h"

/* What a 400 teaches, and what it must not be taken for. */
static const struct {
    const char *name;
    enum az_answer answer;
    bool own_temperature;
    struct az_caps used;
    const char *body;
    unsigned refused;
} lessons[] = {
    {"temperature",
     0,
     false,
     {0},
     ERR("Unsupported value: 'temperature' does not support 0 with this model. Only the default "
         "(1) "
         "value is supported.",
         "\"temperature\"", "\"unsupported_value\""),
     AZ_REFUSED_TEMPERATURE},
    {"temperature without param",
     0,
     false,
     {0},
     "{\"error\":{\"message\":\"temperature is not supported with this model\"}}",
     AZ_REFUSED_TEMPERATURE},
    {"a temperature that the panel asks for",
     0,
     true,
     {0},
     ERR("unsupported", "\"temperature\"", "null"),
     0},
    {"temperature again",
     0,
     false,
     {.no_temperature = true},
     ERR("unsupported", "\"temperature\"", "null"),
     0},
    {"the text is about temperature",
     0,
     false,
     {0},
     ERR("Invalid 'messages[1].content': what is the temperature of the sun",
         "\"messages[1].content\"", "null"),
     0},
    {"length's name",
     0,
     false,
     {0},
     ERR("Unsupported parameter: 'max_tokens' is not supported with this model. Use "
         "'max_completion_tokens' instead.",
         "\"max_tokens\"", "\"unsupported_parameter\""),
     AZ_REFUSED_LENGTH},
    {"length's other name, pydantic",
     0,
     false,
     {0},
     "{\"detail\":[{\"loc\":[\"body\",\"max_tokens\"],\"msg\":\"Extra inputs are not "
     "permitted\"}]}",
     AZ_REFUSED_LENGTH},
    {"length too large",
     0,
     false,
     {0},
     ERR("max_tokens is too large: 100000. This model supports at most 16384 completion tokens",
         "\"max_tokens\"", "\"invalid_value\""),
     0},
    {"schema",
     0,
     false,
     {0},
     ERR("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this "
         "model.",
         "null", "null"),
     AZ_REFUSED_FORM},
    {"schema by param",
     0,
     false,
     {0},
     ERR("This field", "\"response_format.type\"", "null"),
     AZ_REFUSED_FORM},
    {"schema, old llama-server",
     0,
     false,
     {0},
     "{\"error\":{\"code\":400,\"message\":\"response_format type must be one of \\\"text\\\" or "
     "\\\"json_object\\\", but got: json_schema\"}}",
     AZ_REFUSED_FORM},
    {"JSON mode wants the word",
     0,
     false,
     {.json = AZ_JSON_MODE},
     ERR("'messages' must contain the word 'json' in some form, to use 'response_format' of type "
         "'json_object'.",
         "\"messages\"", "null"),
     AZ_REFUSED_FORM},
    {"no form was sent", AZ_ANSWER_LETTER, false, {0}, ERR("no", "\"response_format\"", "null"), 0},
    {"nothing left of the form",
     0,
     false,
     {.json = AZ_JSON_TEXT},
     ERR("no", "\"response_format\"", "null"),
     0},
    {"the text is about a schema",
     0,
     false,
     {0},
     ERR("Invalid input near 'a database schema'", "null", "null"),
     0},
    {"seed", 0, false, {0}, ERR("unknown", "\"seed\"", "null"), AZ_REFUSED_SEED},
    {"exceeded is no seed", 0, false, {0}, ERR("limit exceeded: unexpected", "null", "null"), 0},
    {"top_logprobs",
     AZ_ANSWER_LOGPROBS,
     false,
     {0},
     ERR("top_logprobs must be less than or equal to 5", "null", "null"),
     AZ_REFUSED_TOP},
};

static void lesson_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(lessons); i++) {
        for (long status = 400; status <= 422; status += 22) {
            struct fixture f;
            struct az_reply r;
            fixture_init(&f);
            f.judge.answer = lessons[i].answer;
            f.judge.has_temperature = lessons[i].own_temperature;
            f.ask.caps = lessons[i].used;
            struct az_response response = {status, {"", 0}, az_str(lessons[i].body)};
            az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
            enum az_trouble want = lessons[i].refused ? AZ_TROUBLE_LEARN : AZ_TROUBLE_ITEM;
            if (r.refused != lessons[i].refused || r.trouble != want || r.error != AZ_BE_HTTP)
                fail_msg("%s: got %u %c '%s'", lessons[i].name, r.refused, letter_of(r.trouble),
                         r.error_text);
            az_reply_release(&r);
            fixture_release(&f);
        }
    }
}

static void logprobs_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct az_reply r;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_LOGPROBS;
    struct az_response response = {
        400,
        {"", 0},
        AZ_STR(ERR("You are not allowed to request logprobs from this model", "null", "null"))};
    az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
    assert_int_equal(r.trouble, AZ_TROUBLE_ITEM);
    assert_int_equal(r.error, AZ_BE_LOGPROBS);
    assert_non_null(strstr(r.error_text, "use answer: letter"));
    az_reply_release(&r);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lesson_table),
        cmocka_unit_test(logprobs_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
