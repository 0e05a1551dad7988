/* Bytes in, reply out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/openai_replies.h"

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
        cmocka_unit_test(reply_table),
        cmocka_unit_test(usage_and_names),
        cmocka_unit_test(tokens_with_bytes),
        cmocka_unit_test(keys_are_hidden),
        cmocka_unit_test(long_words_are_cut_at_a_character),
        cmocka_unit_test(when_to_come_back),
        cmocka_unit_test(reply_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
