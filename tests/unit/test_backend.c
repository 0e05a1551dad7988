#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/ask.h"

static void kinds(void **state)
{
    (void)state;
    static const char *const names[] = {"openai", "anthropic"};
    for (size_t i = 0; i < AZ_LEN(names); i++) {
        const struct az_backend_kind *k = az_backend_kind_find(names[i]);
        assert_non_null(k);
        assert_string_equal(k->name, names[i]);
        assert_true(k->path[0] == '/' && !az_str_ends(az_str(k->url), "/"));
        assert_true(k->request && k->reply && k->url_env && k->key_env);
    }
    assert_null(az_backend_kind_find("lexical"));
    assert_null(az_backend_kind_find(""));
}

static void learning_steps_down_and_ends(void **state)
{
    (void)state;
    struct az_caps caps = {0}, used = {0};
    struct az_reply form = {.refused = AZ_REFUSED_FORM};
    assert_true(az_caps_learn(&caps, &used, &form));
    assert_int_equal(caps.json, AZ_JSON_MODE);
    /* another call, made before that was learnt: nothing new, but ask again */
    assert_true(az_caps_learn(&caps, &used, &form));
    assert_int_equal(caps.json, AZ_JSON_MODE);
    used = caps;
    assert_true(az_caps_learn_ignored(&caps, &used));
    assert_int_equal(caps.json, AZ_JSON_TEXT);
    /* a call made with the schema comes back late: text stays */
    used = (struct az_caps){0};
    assert_true(az_caps_learn(&caps, &used, &form));
    assert_int_equal(caps.json, AZ_JSON_TEXT);
    used = caps;
    assert_false(az_caps_learn(&caps, &used, &form));
}

static void each_refusal_is_learnt(void **state)
{
    (void)state;
    static const unsigned bits[] = {AZ_REFUSED_FORM, AZ_REFUSED_TEMPERATURE, AZ_REFUSED_LENGTH,
                                    AZ_REFUSED_SEED, AZ_REFUSED_TOP};
    struct az_caps caps = {0};
    for (size_t i = 0; i < AZ_LEN(bits); i++) {
        struct az_caps used = caps;
        struct az_reply reply = {.refused = bits[i]};
        assert_true(az_caps_learn(&caps, &used, &reply));
    }
    assert_true(caps.json == AZ_JSON_MODE && caps.no_temperature && caps.other_length_name &&
                caps.no_seed && caps.few_logprobs);
    struct az_caps used = caps;
    struct az_reply nothing = {0};
    assert_false(az_caps_learn(&caps, &used, &nothing));
}

static void schemas(void **state)
{
    (void)state;
    static const struct {
        double min, max, step;
        const char *want;
    } scales[] = {
        {1, 3, 1, "{\"type\":\"integer\",\"enum\":[1,2,3]}"},
        {0, 100, 1, "{\"type\":\"integer\"}"},
        {0, 10, 5, "{\"type\":\"integer\",\"enum\":[0,5,10]}"},
        {0, 1, 0.5, "{\"type\":\"number\"}"},
        {0, 1, 0, "{\"type\":\"number\"}"},
    };
    for (size_t i = 0; i < AZ_LEN(scales); i++) {
        struct fixture f;
        fixture_init(&f);
        fixture_score(&f, scales[i].min, scales[i].max, scales[i].step);
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        struct az_jw w = az_jw(&b);
        az_answer_schema(&w, &f.ask);
        AZ_AUTO(json) doc = NULL;
        assert_int_equal(az_json_parse(az_buf_view(&b), &doc, NULL), 0);
        AZ_AUTO_BUF score = az_buf(AZ_BUF_MAX);
        az_jv_print(&score, az_jv_path(az_json_root(doc), "properties.score"));
        assert_string_equal(score.p, scales[i].want);
        fixture_release(&f);
    }
}

static void params(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    f.judge.answer = AZ_ANSWER_LOGPROBS;
    f.judge.has_seed = true;
    f.judge.seed = 7;
    f.judge.extra = "{\"temperature\":0.2,\"top_p\":0.9}";
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_request_params(&b, &f.ask);
    assert_string_equal(b.p,
                        "{\"max_tokens\":4,\"seed\":7,\"answer\":\"logprobs\",\"top_logprobs\":20,"
                        "\"temperature\":0.2,\"top_p\":0.9}");
    az_buf_clear(&b);
    f.backend.kind = "anthropic"; /* which has no seed */
    f.judge.answer = AZ_ANSWER_JSON;
    f.judge.extra = NULL;
    f.ask.caps.json = AZ_JSON_TEXT;
    f.ask.caps.no_temperature = true;
    az_request_params(&b, &f.ask);
    assert_string_equal(b.p, "{\"max_tokens\":512,\"answer\":\"json_text\"}");
    fixture_release(&f);
}

/* ---- the request's hash ---- */

static const char *other_urls[] = {"https://api.openai.com/v1"};

static void nothing(struct fixture *f)
{
    (void)f;
}
static void elsewhere(struct fixture *f)
{
    f->backend.name = "cloud";
    f->backend.urls = other_urls;
    f->judge.name = "renamed";
    f->judge.price.known = true;
}
static void nonces(struct fixture *f) /* text that the zeroed hash does not see */
{
    az_buf_z(&f->prompt.user, " nonce");
}
static void other_prompt(struct fixture *f)
{
    f->prompt.hash.bytes[3] ^= 1;
}
static void other_model(struct fixture *f)
{
    f->judge.model = "m2";
}
static void other_kind(struct fixture *f)
{
    f->backend.kind = "anthropic";
}
static void other_sample(struct fixture *f)
{
    f->ask.key.sample = 1;
}
static void warmer(struct fixture *f)
{
    f->judge.has_temperature = true;
    f->judge.temperature = 1;
}
static void longer(struct fixture *f)
{
    f->ask.max_tokens = 1024;
}
static void other_form(struct fixture *f)
{
    f->ask.caps.json = AZ_JSON_MODE;
}
static void other_extra(struct fixture *f)
{
    f->judge.extra = "{\"top_p\":1}";
}
static void beta(struct fixture *f) /* headers can switch a model's behaviour */
{
    f->backend.headers = "{\"anthropic-beta\":\"x\"}";
}
static void asked_again(struct fixture *f)
{
    f->ask.mistake = AZ_STR("no");
}
static void asked_again_after(struct fixture *f)
{
    f->ask.mistake = AZ_STR("no");
    f->ask.said = AZ_STR("so");
}

static const struct {
    const char *name;
    void (*set)(struct fixture *f);
    bool same;
} changes[] = {
    {"nothing", nothing, true},        {"another server", elsewhere, true},
    {"nonces", nonces, true},          {"prompt", other_prompt, false},
    {"model", other_model, false},     {"provider", other_kind, false},
    {"sample", other_sample, false},   {"temperature", warmer, false},
    {"room", longer, false},           {"form", other_form, false},
    {"extra", other_extra, false},     {"headers", beta, false},
    {"a mistake", asked_again, false}, {"what was said", asked_again_after, false},
};

static struct az_hash hash_after(void (*set)(struct fixture *f))
{
    struct fixture f;
    fixture_init(&f);
    set(&f);
    struct az_hash h = az_request_hash(&f.ask);
    fixture_release(&f);
    return h;
}

/* All that differ from the first differ from each other, too. */
static void request_hash(void **state)
{
    (void)state;
    struct az_hash all[AZ_LEN(changes)];
    for (size_t i = 0; i < AZ_LEN(changes); i++) {
        all[i] = hash_after(changes[i].set);
        for (size_t k = 0; k < i; k++) {
            bool same = changes[i].same && changes[k].same;
            if (az_hash_eq(&all[i], &all[k]) != same)
                fail_msg("%s and %s: %s", changes[k].name, changes[i].name,
                         same ? "differ" : "are the same");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(learning_steps_down_and_ends),
        cmocka_unit_test(each_refusal_is_learnt),
        cmocka_unit_test(schemas),
        cmocka_unit_test(params),
        cmocka_unit_test(request_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
