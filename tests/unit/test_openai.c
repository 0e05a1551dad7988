/* Question in, bytes out; bytes in, reply out. */
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

/* ---- replies ---- */

#define OK_HEAD \
    "{\"model\":\"m-2024\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
#define USAGE                                                    \
    "\"usage\":{\"prompt_tokens\":100,\"completion_tokens\":20," \
    "\"prompt_tokens_details\":{\"cached_tokens\":64},"          \
    "\"completion_tokens_details\":{\"reasoning_tokens\":7}}"
#define ERR(message, param, code)                                                                 \
    "{\"error\":{\"message\":\"" message "\",\"type\":\"invalid_request_error\",\"param\":" param \
    ",\"code\":" code "}}"

/* trouble: - none, r retry, s stop, l learn, i item */
static const struct {
    const char *name;
    long status;
    const char *headers, *body;
    char trouble;
    enum az_ballot_error error;
    const char *text; /* or, of an error, a part of its words */
} replies[] = {
    {"answer", 200, "", OK_HEAD "\"content\":\"[[A]]\"},\"finish_reason\":\"stop\"}]," USAGE "}",
     '-', AZ_BE_NONE, "[[A]]"},
    {"error: null is none", 200, "",
     "{\"error\":null,\"choices\":[{\"message\":{\"content\":\"A\"}}]}", '-', AZ_BE_NONE, "A"},
    {"content in parts", 200, "",
     OK_HEAD
     "\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"hm\"}]},"
     "{\"type\":\"text\",\"text\":\"[[A\"},{\"type\":\"text\",\"text\":\"]]\"}]}}]}",
     '-', AZ_BE_NONE, "[[A]]"},
    {"cut with an answer", 200, "",
     OK_HEAD "\"content\":\"[[A]]\"},\"finish_reason\":\"length\"}]}", '-', AZ_BE_NONE, "[[A]]"},
    {"null content", 200, "", OK_HEAD "\"content\":null},\"finish_reason\":\"stop\"}]}", '-',
     AZ_BE_EMPTY, "empty"},
    {"blank content", 200, "", OK_HEAD "\"content\":\" \\n\"},\"finish_reason\":\"stop\"}]}", '-',
     AZ_BE_EMPTY, "empty"},
    {"reasoning took all the room", 200, "",
     OK_HEAD "\"content\":\"\",\"reasoning_content\":\"hm\"},\"finish_reason\":\"length\"}]}", '-',
     AZ_BE_LENGTH, "cut off"},
    {"reasoning never closed", 200, "",
     OK_HEAD "\"content\":\"<think>[[A]]\"},\"finish_reason\":\"stop\"}]}", '-', AZ_BE_LENGTH,
     "cut off"},
    {"filtered", 200, "", OK_HEAD "\"content\":\"[[A]]\"},\"finish_reason\":\"content_filter\"}]}",
     'i', AZ_BE_REFUSAL, "filter"},
    {"declined", 200, "",
     OK_HEAD "\"content\":null,\"refusal\":\"I can't judge that\"},\"finish_reason\":\"stop\"}]}",
     'i', AZ_BE_REFUSAL, "I can't judge that"},
    {"DeepSeek has no room", 200, "",
     OK_HEAD "\"content\":\"[[\"},\"finish_reason\":\"insufficient_system_resource\"}]}", 'r',
     AZ_BE_SERVER, "insufficient_system_resource"},
    {"error inside, transient", 200, "", "{\"error\":{\"code\":502,\"message\":\"upstream\"}}", 'r',
     AZ_BE_SERVER, "upstream"},
    {"error inside, by name", 200, "",
     "{\"error\":{\"code\":\"rate_limit_exceeded\",\"message\":\"slow\"}}", 'r', AZ_BE_SERVER,
     "slow"},
    {"error inside, final", 200, "",
     "{\"error\":{\"code\":400,\"message\":\"score 5 of [[A]]\"},\"choices\":[]}", 'i',
     AZ_BE_SERVER, "score 5"},
    {"error inside the choice", 200, "",
     "{\"choices\":[{\"error\":{\"code\":503,\"message\":\"gone\"},\"message\":{\"content\":\"[[A]]"
     "\"}}]}",
     'r', AZ_BE_SERVER, "gone"},
    {"no money inside", 200, "", "{\"error\":{\"code\":402,\"message\":\"credits\"}}", 's',
     AZ_BE_HTTP, "credits"},
    {"error as text", 200, "", "{\"error\":\"model crashed\"}", 'i', AZ_BE_SERVER, "crashed"},
    {"no choices", 200, "", "{\"choices\":[]}", 'i', AZ_BE_BODY, "choices"},
    {"not JSON", 200, "", "hello", 'r', AZ_BE_BODY, "not JSON"},
    {"empty body", 200, "", "", 'r', AZ_BE_BODY, "empty"},
    {"a list", 200, "", "[]", 'i', AZ_BE_BODY, "choices"},

    {"busy", 429, "Retry-After: 2\r\n", ERR("slow down", "null", "\"rate_limit_exceeded\""), 'r',
     AZ_BE_RATE, "slow down"},
    {"quota", 429, "", ERR("pay", "null", "\"insufficient_quota\""), 's', AZ_BE_HTTP, "no money"},
    {"balance", 402, "", "{\"error\":{\"message\":\"Insufficient Balance\"}}", 's', AZ_BE_HTTP,
     "no money"},
    {"key", 401, "", ERR("bad key", "null", "\"invalid_api_key\""), 's', AZ_BE_HTTP, "the key"},
    {"forbidden", 403, "", ERR("country", "null", "null"), 's', AZ_BE_HTTP, "not permitted"},
    {"moderated", 403, "", "{\"error\":{\"code\":403,\"message\":\"Input was flagged\"}}", 'i',
     AZ_BE_REFUSAL, "flagged"},
    {"Azure's filter", 400, "", ERR("filtered", "\"prompt\"", "\"content_filter\""), 'i',
     AZ_BE_REFUSAL, "filtered"},
    {"no such model", 404, "", ERR("no 'm'", "null", "\"model_not_found\""), 's', AZ_BE_HTTP,
     "no such model or path (backend 'gpu', model 'm', HTTP 404): no 'm'"},
    {"no such path", 404, "", "{\"detail\":\"Not Found\"}", 's', AZ_BE_HTTP, "Not Found"},
    {"gateway's HTML", 502, "", "<html>\n<b>Bad\tGateway</b>", 'r', AZ_BE_HTTP,
     "HTTP 502: <html> <b>Bad Gateway</b>"},
    {"nothing said", 500, "", "", 'r', AZ_BE_HTTP, "HTTP 500"},
    {"loading", 503, "", "{\"error\":{\"code\":503,\"message\":\"Loading model\"}}", 'r',
     AZ_BE_HTTP, "Loading"},
    {"not built in", 501, "", "{\"error\":{\"code\":501,\"message\":\"no\"}}", 'i', AZ_BE_HTTP,
     "no"},
    {"told not to retry", 500, "x-should-retry: false\r\n", "{}", 'i', AZ_BE_HTTP, "500"},
    {"too long", 400, "",
     ERR("This model's maximum context length is 8192 tokens. You requested max_tokens 9000",
         "\"messages\"", "\"context_length_exceeded\""),
     'i', AZ_BE_TOO_LONG, "8192"},
    {"too long for llama-server", 400, "",
     "{\"error\":{\"code\":400,\"type\":\"exceed_context_size_error\",\"message\":\"n_ctx\"}}", 'i',
     AZ_BE_TOO_LONG, "n_ctx"},
    {"too large", 413, "", "", 'i', AZ_BE_TOO_LONG, ""},
    {"unknown 400", 400, "", ERR("bad", "null", "null"), 'i', AZ_BE_HTTP, "HTTP 400: bad"},
    {"redirect", 307, "Location: http://x\r\n", "", 'i', AZ_BE_HTTP, "307"},
};

static char letter_of(enum az_trouble t)
{
    return "-rsli"[t];
}

static void reply_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < AZ_LEN(replies); i++) {
        struct fixture f;
        struct az_reply r;
        fixture_init(&f);
        struct az_response response = {replies[i].status, az_str(replies[i].headers),
                                       az_str(replies[i].body)};
        az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
        if (letter_of(r.trouble) != replies[i].trouble || r.error != replies[i].error)
            fail_msg("%s: got %c %s '%s'", replies[i].name, letter_of(r.trouble),
                     az_ballot_error_name(r.error), r.error_text);
        if (r.error != AZ_BE_NONE ? !strstr(r.error_text, replies[i].text)
                                  : !az_str_eqz(r.text, replies[i].text))
            fail_msg("%s: got '%s' '" AZ_STR_FMT "'", replies[i].name, r.error_text,
                     AZ_STR_ARG(r.text));
        az_reply_release(&r);
        fixture_release(&f);
    }
}

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

static void usage_and_names(void **state)
{
    (void)state;
    struct fixture f;
    struct az_reply r;
    fixture_init(&f);
    struct az_response response = {
        200,
        {"", 0},
        AZ_STR(OK_HEAD "\"content\":\"A\",\"reasoning\":\"hm\"},\"finish_reason\":\"stop\"}]," USAGE
                       "}")};
    az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
    assert_true(az_str_eqz(r.model, "m-2024"));
    assert_true(az_str_eqz(r.reasoning, "hm"));
    assert_true(r.has_usage && !r.has_cost);
    assert_int_equal(r.tokens_in, 100);
    assert_int_equal(r.tokens_cached, 64);
    assert_int_equal(r.tokens_out, 20);
    assert_int_equal(r.tokens_reasoning, 7);
    az_reply_release(&r);

    response.body = AZ_STR("{\"choices\":[{\"message\":{\"content\":\"A\"}}],\"usage\":"
                           "{\"prompt_tokens\":1,\"prompt_cache_hit_tokens\":1,\"cost\":0.00012}}");
    az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
    assert_int_equal(r.tokens_cached, 1);
    assert_true(r.has_cost);
    assert_int_equal(r.cost, 120000);
    az_reply_release(&r);

    response.headers = AZ_STR("HTTP/1.1 200 OK\r\nX-LiteLLM-Response-Cost: 0.5\r\n");
    response.body = AZ_STR("{\"choices\":[{\"message\":{\"content\":\"A\"}}]}");
    az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
    assert_true(r.has_cost && !r.has_usage);
    assert_int_equal(r.cost, AZ_NUSD_PER_USD / 2);
    az_reply_release(&r);
    fixture_release(&f);
}

static void tokens_with_bytes(void **state)
{
    (void)state;
    struct fixture f;
    struct az_reply r;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_LOGPROBS;
    struct az_response response = {
        200,
        {"", 0},
        AZ_STR(OK_HEAD
               "\"content\":\"A\"},\"logprobs\":{\"content\":[{\"token\":\"?\",\"bytes\":[32,65],"
               "\"logprob\":-0.1,\"top_logprobs\":[{\"token\":\" A\",\"bytes\":null,\"logprob\":"
               "-0.1},{\"token\":\"B\",\"logprob\":-9999.0}]}]}}]}")};
    az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
    assert_int_equal(r.n_tokens, 1);
    assert_true(az_str_eqz(r.tokens[0].text, " A"));
    assert_int_equal(r.tokens[0].n_top, 2);
    struct az_ballot b = {0};
    assert_int_equal(az_answer_read(f.arena, &f.ask, &r, &b), 0);
    assert_string_equal(ballot_word(&f, &b), "A");
    assert_true(b.probs[0] == 1);
    az_reply_release(&r);
    fixture_release(&f);
}

/* A key that a server echoes stays out of every record. */
static void keys_are_hidden(void **state)
{
    (void)state;
    struct fixture f;
    struct az_reply r;
    fixture_init(&f);
    struct az_response response = {
        401,
        {"", 0},
        AZ_STR(ERR("Incorrect key: sk-proj-4f9a_B7. See the task-force", "null", "null"))};
    az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
    assert_null(strstr(r.error_text, "4f9a"));
    assert_non_null(strstr(r.error_text, "sk-************. See the task-force"));
    az_reply_release(&r);
    fixture_release(&f);
}

static void long_words_are_cut_at_a_character(void **state)
{
    (void)state;
    struct fixture f;
    struct az_reply r;
    fixture_init(&f);
    for (size_t pad = 0; pad < 3; pad++) {
        AZ_AUTO_BUF body = az_buf(AZ_BUF_MAX);
        az_buf_z(&body, "{\"error\":\"");
        az_buf_put(&body, "xx", pad);
        for (int i = 0; i < 200; i++)
            az_buf_z(&body, "€");
        az_buf_z(&body, "\"}");
        struct az_response response = {500, {"", 0}, az_buf_view(&body)};
        az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
        assert_true(az_utf8_valid(az_str(r.error_text), NULL));
        assert_true(strlen(r.error_text) > 240);
        az_reply_release(&r);
    }
    fixture_release(&f);
}

static void when_to_come_back(void **state)
{
    (void)state;
    struct fixture f;
    struct az_reply r;
    fixture_init(&f);
    struct az_response response = {429, AZ_STR("retry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
                                   AZ_STR("{}")};
    az_backend_kind_find("openai")->reply(&r, &f.ask, &response, INT64_C(784111770000));
    assert_int_equal(r.retry_after_ms, 7000);
    az_reply_release(&r);
    response.headers = AZ_STR("");
    az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
    assert_int_equal(r.retry_after_ms, -1);
    az_reply_release(&r);
    fixture_release(&f);
}

static void reply_without_memory(void **state)
{
    (void)state;
    struct az_response response = {200,
                                   {"", 0},
                                   AZ_STR(OK_HEAD
                                          "\"content\":[{\"type\":\"text\",\"text\":\"[[A]]\"}]},"
                                          "\"finish_reason\":\"stop\"}]," USAGE "}")};
    bool good = false;
    for (int nth = 1; !good && nth < 100; nth++) {
        struct fixture f;
        struct az_reply r;
        fixture_init(&f);
        az_fault_alloc(nth);
        az_backend_kind_find("openai")->reply(&r, &f.ask, &response, 0);
        az_fault_alloc(0);
        good = r.error == AZ_BE_NONE && az_str_eqz(r.text, "[[A]]");
        assert_true(good || (r.trouble == AZ_TROUBLE_ITEM && *r.error_text));
        az_reply_release(&r);
        fixture_release(&f);
    }
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_table),
        cmocka_unit_test(an_extra_that_is_refused),
        cmocka_unit_test(request_without_memory),
        cmocka_unit_test(reply_table),
        cmocka_unit_test(lesson_table),
        cmocka_unit_test(logprobs_refused),
        cmocka_unit_test(usage_and_names),
        cmocka_unit_test(tokens_with_bytes),
        cmocka_unit_test(keys_are_hidden),
        cmocka_unit_test(long_words_are_cut_at_a_character),
        cmocka_unit_test(when_to_come_back),
        cmocka_unit_test(reply_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
