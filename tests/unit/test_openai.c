/* Question in, bytes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ask.h"

#define HEAD                                                                  \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"}," \
    "{\"role\":\"user\",\"content\":\"U\"}]"
#define SCHEMA                                                                               \
    ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"answer\","   \
    "\"strict\":true,\"schema\":{\"type\":\"object\",\"properties\":{\"rationale\":"         \
    "{\"type\":\"string\"},\"label\":{\"type\":\"string\",\"enum\":[\"A\",\"B\",\"tie\"]}}," \
    "\"required\":[\"rationale\",\"label\"],\"additionalProperties\":false}}}"

static void with_letter(struct fixture *f)
{
    f->judge.answer = AZ_ANSWER_LETTER;
}

static void as_default(struct fixture *f)
{
    (void)f;
}

static void other_order(struct fixture *f)
{
    f->ask.key.order = AZ_ORDER_REVERSED;
}

static void json_mode(struct fixture *f)
{
    f->ask.caps.json = AZ_JSON_MODE;
}

static void json_text(struct fixture *f)
{
    f->ask.caps.json = AZ_JSON_TEXT;
}

static void at_openai(struct fixture *f)
{
    with_letter(f);
    f->urls[0] = "https://api.openai.com/v1";
}

static void at_openai_switched(struct fixture *f)
{
    at_openai(f);
    f->ask.caps.other_length_name = true;
}

static void switched(struct fixture *f)
{
    with_letter(f);
    f->ask.caps.other_length_name = true;
}

static void no_temperature(struct fixture *f)
{
    with_letter(f);
    f->ask.caps.no_temperature = true;
}

/* One that the panel asks for is sent whatever was learnt for others. */
static void own_temperature(struct fixture *f)
{
    no_temperature(f);
    f->judge.has_temperature = true;
    f->judge.temperature = 0.7;
}

static void sampled(struct fixture *f)
{
    with_letter(f);
    f->judge.samples = 3;
    f->judge.has_seed = true;
    f->judge.seed = 40;
    f->ask.key.sample = 2;
}

static void seeded(struct fixture *f)
{
    with_letter(f);
    f->judge.has_seed = true;
    f->judge.seed = 40;
}

static void seed_refused(struct fixture *f)
{
    sampled(f);
    f->ask.caps.no_seed = true;
}

static void with_logprobs(struct fixture *f)
{
    f->judge.answer = AZ_ANSWER_LOGPROBS;
}

static void few_logprobs(struct fixture *f)
{
    with_logprobs(f);
    f->ask.caps.few_logprobs = true;
}

static void logprobs_with_room(struct fixture *f)
{
    with_logprobs(f);
    f->ask.max_tokens = 1024; /* the judge's 512 were not enough */
}

static void with_extra(struct fixture *f)
{
    with_letter(f);
    f->judge.extra = "{\"temperature\":0.5,\"chat_template_kwargs\":{\"enable_thinking\":false}}";
}

static void extra_takes_away(struct fixture *f)
{
    with_letter(f);
    f->judge.extra = "{\"temperature\":null}";
}

static void no_system(struct fixture *f)
{
    with_letter(f);
    az_buf_clear(&f->prompt.system);
}

static void asked_again(struct fixture *f)
{
    with_letter(f);
    f->ask.said = AZ_STR("I'd say A");
    f->ask.mistake = AZ_STR("the answer is not one letter alone");
}

static void asked_again_after_nothing(struct fixture *f)
{
    asked_again(f);
    f->ask.said = AZ_STR(" ");
}

#define AGAIN                                                                               \
    "{\"role\":\"user\",\"content\":\"That answer can't be used: the answer is not one "    \
    "letter alone.\\nAnswer the same question again. The answer must be one letter alone, " \
    "one of: A, B, C.\"}]"

static const struct {
    const char *name;
    void (*set)(struct fixture *f);
    const char *want;
} requests[] = {
    {"default", as_default, HEAD ",\"max_tokens\":512,\"temperature\":0" SCHEMA "}"},
    {"both orders, one schema", other_order,
     HEAD ",\"max_tokens\":512,\"temperature\":0" SCHEMA "}"},
    {"JSON mode", json_mode,
     HEAD ",\"max_tokens\":512,\"temperature\":0,\"response_format\":{\"type\":\"json_object\"}}"},
    {"JSON as text", json_text, HEAD ",\"max_tokens\":512,\"temperature\":0}"},
    {"letter", with_letter, HEAD ",\"max_tokens\":512,\"temperature\":0}"},
    {"OpenAI itself", at_openai, HEAD ",\"max_completion_tokens\":512,\"temperature\":0}"},
    {"OpenAI, switched", at_openai_switched, HEAD ",\"max_tokens\":512,\"temperature\":0}"},
    {"switched", switched, HEAD ",\"max_completion_tokens\":512,\"temperature\":0}"},
    {"no temperature", no_temperature, HEAD ",\"max_tokens\":512}"},
    {"its own temperature", own_temperature, HEAD ",\"max_tokens\":512,\"temperature\":0.7}"},
    {"sampled", sampled, HEAD ",\"max_tokens\":512,\"temperature\":0,\"seed\":42}"},
    {"seeded", seeded, HEAD ",\"max_tokens\":512,\"temperature\":0,\"seed\":40}"},
    {"seed refused", seed_refused, HEAD ",\"max_tokens\":512,\"temperature\":0}"},
    {"logprobs", with_logprobs,
     HEAD ",\"max_tokens\":4,\"temperature\":0,\"logprobs\":true,\"top_logprobs\":20}"},
    {"few logprobs", few_logprobs,
     HEAD ",\"max_tokens\":4,\"temperature\":0,\"logprobs\":true,\"top_logprobs\":5}"},
    {"logprobs with room", logprobs_with_room,
     HEAD ",\"max_tokens\":1024,\"temperature\":0,\"logprobs\":true,\"top_logprobs\":20}"},
    {"extra", with_extra,
     HEAD ",\"max_tokens\":512,\"temperature\":0.5,\"chat_template_kwargs\":"
          "{\"enable_thinking\":false}}"},
    {"extra takes away", extra_takes_away, HEAD ",\"max_tokens\":512}"},
    {"no system part", no_system,
     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"U\"}],\"max_tokens\":512,"
     "\"temperature\":0}"},
    {"asked again", asked_again,
     "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\","
     "\"content\":\"U\"},{\"role\":\"assistant\",\"content\":\"I'd say A\"}," AGAIN
     ",\"max_tokens\":512,\"temperature\":0}"},
    {"asked again after nothing", asked_again_after_nothing,
     "{\"model\":\"m\",\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\","
     "\"content\":\"U\"}," AGAIN ",\"max_tokens\":512,\"temperature\":0}"},
};

static void request_table(void **state)
{
    (void)state;
    const struct az_backend_kind *kind = az_backend_kind_find("openai");
    for (size_t i = 0; i < AZ_LEN(requests); i++) {
        struct fixture f;
        struct az_error err = {0};
        fixture_init(&f);
        requests[i].set(&f);
        AZ_AUTO_BUF body = az_buf(AZ_BUF_MAX);
        assert_int_equal(kind->request(&body, &f.ask, &err), 0);
        if (strcmp(body.p, requests[i].want))
            fail_msg("%s: got\n%s\nwant\n%s", requests[i].name, body.p, requests[i].want);
        fixture_release(&f);
    }
}

static void an_extra_that_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *extra, *what;
    } wrong[] = {
        {"[1]", "judge 'j': extra is not a JSON object"},
        {"{", "judge 'j': extra is not a JSON object"},
        {"{\"n\":5}", "judge 'j': extra cannot set 'n'"},
        {"{\"stream\":true}", "judge 'j': extra cannot set 'stream'"},
        {"{\"max_tokens\":9000}", "judge 'j': extra cannot set 'max_tokens'"},
    };
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < AZ_LEN(wrong); i++) {
        AZ_AUTO_BUF body = az_buf(AZ_BUF_MAX);
        struct az_error err = {0};
        f.judge.extra = wrong[i].extra;
        assert_int_equal(az_backend_kind_find("openai")->request(&body, &f.ask, &err), AZ_EINVAL);
        assert_string_equal(err.what, wrong[i].what);
    }
    fixture_release(&f);
}

static void request_without_memory(void **state)
{
    (void)state;
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        struct fixture f;
        struct az_error err = {0};
        fixture_init(&f);
        asked_again(&f);
        f.judge.extra = "{\"top_p\":1}";
        AZ_AUTO_BUF body = az_buf(AZ_BUF_MAX);
        az_fault_alloc(nth);
        r = az_backend_kind_find("openai")->request(&body, &f.ask, &err);
        az_fault_alloc(0);
        assert_true(r == 0 || err.code == AZ_ENOMEM);
        fixture_release(&f);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_table),
        cmocka_unit_test(an_extra_that_is_refused),
        cmocka_unit_test(request_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
