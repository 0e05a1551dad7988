#include "core/wire_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"

static const double probs[] = {0.25, 0.5, 0.25};

static struct az_ballot answer(void)
{
    return (struct az_ballot){
        .key = {.item = INT64_C(1) << 40,
                .judge = 7,
                .round = 2,
                .criterion = -1,
                .order = 1,
                .sample = 3},
        .label = AZ_LABEL_TIE,
        .n_probs = 3,
        .probs = probs,
        .how = AZ_STR("json"),
        .rationale = AZ_STR("both are fine: \xc3\xa9"),
        .model = AZ_STR("m-1"),
        .params = AZ_STR("{\"temperature\":0}"),
        .raw = {"{\0}", 3},
        .request = {{1, 2, 3}},
        .has_request = true,
        .tokens_in = 812,
        .tokens_out = 1,
        .tokens_cached = 800,
        .tokens_reasoning = 5,
        .cost = INT64_MAX,
        .cost_known = true,
        .ms = 48,
        .attempts = 2,
        .cached = true,
    };
}

static struct az_ballot failure(void)
{
    return (struct az_ballot){
        .key = {.round = 1, .criterion = -1, .order = AZ_ORDER_NONE},
        .error = AZ_BE_PARSE,
        .error_text = AZ_STR("no label"),
        .label = AZ_LABEL_NONE,
    };
}

static void assert_same_str(struct az_str a, struct az_str b)
{
    assert_int_equal(!a.p, !b.p);
    assert_true(az_str_eq(a, b));
}

static void assert_same_ballot(const struct az_ballot *a, const struct az_ballot *b)
{
    assert_int_equal(az_key_cmp(&a->key, &b->key), 0);
    assert_int_equal(a->error, b->error);
    assert_true(az_str_eq(a->error_text, b->error_text)); /* none and empty are one */
    assert_true(az_str_eq(a->how, b->how));
    assert_int_equal(a->label, b->label);
    assert_int_equal(a->has_score, b->has_score);
    assert_true(a->score == b->score);
    assert_int_equal(a->n_probs, b->n_probs);
    for (size_t i = 0; i < a->n_probs; i++)
        assert_true(a->probs[i] == b->probs[i]);
    assert_same_str(a->rationale, b->rationale);
    assert_same_str(a->model, b->model);
    assert_same_str(a->params, b->params);
    assert_same_str(a->raw, b->raw);
    assert_int_equal(a->has_request, b->has_request);
    assert_true(az_hash_eq(&a->request, &b->request));
    assert_int_equal(a->tokens_in, b->tokens_in);
    assert_int_equal(a->tokens_out, b->tokens_out);
    assert_int_equal(a->tokens_cached, b->tokens_cached);
    assert_int_equal(a->tokens_reasoning, b->tokens_reasoning);
    assert_int_equal(a->cost, b->cost);
    assert_int_equal(a->cost_known, b->cost_known);
    assert_int_equal(a->ms, b->ms);
    assert_int_equal(a->attempts, b->attempts);
    assert_int_equal(a->cached, b->cached);
    assert_false(b->used);
}

static void ballot_round_trip(void **state)
{
    (void)state;
    struct az_ballot cases[] = {answer(), failure(), answer(), answer()};
    cases[2].has_score = true;
    cases[2].score = -0.1;
    cases[2].label = AZ_LABEL_NONE;
    cases[3].rationale = cases[3].raw = AZ_STR(""); /* there, and empty */
    cases[3].model = cases[3].params = (struct az_str){0};
    cases[3].has_request = false;
    cases[3].request = (struct az_hash){0};

    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(arena) a = az_arena_new(512);
        struct az_ballot got;
        az_buf_clear(&b);
        az_buf_z(&b, "before");
        assert_int_equal(az_wire_ballot_pack(&b, &cases[i], NULL), 0);
        struct az_str packed = az_buf_view(&b);
        assert_memory_equal(packed.p, "before", 6);
        packed.p += 6;
        packed.n -= 6;
        assert_int_equal(az_wire_ballot_unpack(packed, a, &got, NULL), 0);
        assert_same_ballot(&cases[i], &got);
    }
}

/* What an envelope holds is the same bytes. */
static void ballot_in_a_message(void **state)
{
    (void)state;
    struct az_ballot in = answer(), out;
    AZ_AUTO(arena) a = az_arena_new(512);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    Assize__Ballot m;
    Assize__Key key;
    uint8_t bytes[1024];
    assert_int_equal(az_wire_ballot_to(&in, false, a, &m, &key, NULL), 0);
    size_t n = assize__ballot__pack(&m, bytes);
    assert_int_equal(az_wire_ballot_pack(&b, &in, NULL), 0);
    assert_int_equal(b.n, n);
    assert_memory_equal(b.p, bytes, n);
    assert_int_equal(az_wire_ballot_from(&m, false, &out, NULL), 0);
    assert_same_ballot(&in, &out);
}

static void text_is_mended(void **state)
{
    (void)state;
    struct az_ballot in = answer(), out;
    in.rationale = (struct az_str){"a\0b\xff\xc3", 5};
    in.raw = (struct az_str){"\xff\0", 2};
    AZ_AUTO(arena) a = az_arena_new(512);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    assert_int_equal(az_wire_ballot_pack(&b, &in, NULL), 0);
    assert_int_equal(az_wire_ballot_unpack(az_buf_view(&b), a, &out, NULL), 0);
    assert_true(az_str_eqz(out.rationale, "a?b??"));
    assert_true(az_str_eq(out.raw, in.raw));
}

/* One field off at a time: refused on the way out and on the way in. */
static void spoil(int nth, struct az_ballot *b, const char **what)
{
    static const double bad_probs[] = {0.5, 1.5, 0};
#define CASE(n, field, value, text) \
    case n:                         \
        b->field = value;           \
        *what = text;               \
        break;
    switch (nth) {
        CASE(0, key.item, -1, "item")
        CASE(1, key.judge, AZ_JUDGES_MAX, "judge")
        CASE(2, key.judge, -1, "judge")
        CASE(3, key.round, 0, "round")
        CASE(4, key.round, AZ_ROUNDS_MAX + 1, "round")
        CASE(5, key.criterion, -2, "criterion")
        CASE(6, key.order, 2, "order")
        CASE(7, key.order, -2, "order")
        CASE(8, key.sample, AZ_SAMPLES_MAX, "sample")
        CASE(9, label, AZ_LABELS_MAX, "label")
        CASE(10, label, -2, "label")
        CASE(11, error, AZ_BE_COUNT, "error")
        CASE(12, error, AZ_BE_PARSE, "error with an answer")
        CASE(13, label, AZ_LABEL_NONE, "answer without label or score")
        CASE(14, cost, -1, "cost")
        CASE(15, ms, -1, "time")
        CASE(16, attempts, -1, "attempts")
        CASE(17, tokens_out, -1, "tokens")
        CASE(18, score, NAN, "score")
        CASE(19, probs, bad_probs, "probability")
    default:
        *what = NULL;
    }
#undef CASE
    b->has_score = nth == 18;
    if (nth == 13)
        b->n_probs = 0;
}

/* "best" with a shared top: no label, and the probabilities are the answer. */
static void shares_are_an_answer(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(512);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    struct az_ballot in = answer(), out;
    in.label = AZ_LABEL_NONE;
    assert_true(in.n_probs > 0 && !in.has_score);
    assert_int_equal(az_wire_ballot_pack(&b, &in, NULL), 0);
    assert_int_equal(az_wire_ballot_unpack(az_buf_view(&b), a, &out, NULL), 0);
    assert_int_equal(out.label, AZ_LABEL_NONE);
    assert_int_equal(out.n_probs, in.n_probs);
}

static void ballot_out_of_range(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    const char *what;
    int nth = 0;
    for (;; nth++) {
        AZ_AUTO(arena) a = az_arena_new(512);
        struct az_ballot good = answer(), bad = good, out;
        struct az_error err = {0};
        Assize__Ballot m;
        Assize__Key key;
        assert_int_equal(az_wire_ballot_to(&good, false, a, &m, &key, NULL), 0);
        spoil(nth, &bad, &what);
        if (!what)
            break;
        assert_int_equal(az_wire_ballot_pack(&b, &bad, &err), AZ_EINVAL);
        assert_non_null(strstr(err.what, what));
        assert_int_equal(b.n, 0);

        az_wire_key_to(&bad.key, &key);
        m.label = bad.label;
        m.error = (uint32_t)bad.error;
        m.cost_nusd = bad.cost;
        m.ms = bad.ms;
        m.attempts = (uint32_t)bad.attempts;
        m.tokens_out = bad.tokens_out;
        m.n_probs = bad.n_probs;
        m.probs = (double *)bad.probs;
        if (bad.has_score) {
            m.score_or_none_case = ASSIZE__BALLOT__SCORE_OR_NONE_SCORE;
            m.score = bad.score;
        }
        err = (struct az_error){0};
        assert_int_equal(az_wire_ballot_from(&m, false, &out, &err), AZ_EPROTO);
        assert_non_null(strstr(err.what, what));
    }
    assert_int_equal(nth, 20);
}

static void message_that_is_none(void **state)
{
    (void)state;
    AZ_AUTO(arena) a = az_arena_new(512);
    struct az_ballot in = answer(), out;
    struct az_verdict v;
    struct az_keys used;
    Assize__Ballot m;
    Assize__Key key;

    assert_int_equal(az_wire_ballot_unpack(AZ_STR("garbage"), a, &out, NULL), AZ_EPROTO);
    assert_int_equal(az_wire_ballot_unpack(AZ_STR(""), a, &out, NULL), AZ_EPROTO);
    assert_int_equal(az_wire_verdict_unpack(AZ_STR("garbage"), a, &v, &used, NULL), AZ_EPROTO);
    assert_int_equal(az_wire_verdict_unpack(AZ_STR(""), a, &v, &used, NULL), AZ_EPROTO);
    assert_int_equal(az_wire_key_from(NULL, &out.key, NULL), AZ_EPROTO);

    assert_int_equal(az_wire_ballot_to(&in, false, a, &m, &key, NULL), 0);
    m.rationale = (char *)"\xff";
    assert_int_equal(az_wire_ballot_from(&m, false, &out, NULL), AZ_EPROTO);
    assert_int_equal(az_wire_ballot_to(&in, false, a, &m, &key, NULL), 0);
    m.request.len = 15;
    assert_int_equal(az_wire_ballot_from(&m, false, &out, NULL), AZ_EPROTO);
    assert_int_equal(az_wire_ballot_to(&in, false, a, &m, &key, NULL), 0);
    m.key = NULL;
    assert_int_equal(az_wire_ballot_from(&m, false, &out, NULL), AZ_EPROTO);
}

/* A question that comes back: it may be in error or not, but has no answer. */
static void question_comes_back(void **state)
{
    (void)state;
    struct az_arena *a = az_arena_new(1024);
    assert_non_null(a);
    Assize__Ballot m;
    Assize__Key key;
    struct az_ballot in = failure(), out;
    struct az_ballot answered = answer();
    for (int error = AZ_BE_NONE; error <= AZ_BE_PARSE; error++) {
        in.error = (enum az_ballot_error)error;
        in.cost = 12;
        in.attempts = 1;
        assert_int_equal(az_wire_ballot_to(&in, true, a, &m, &key, NULL), 0);
        assert_int_equal(az_wire_ballot_from(&m, true, &out, NULL), 0);
        assert_int_equal(out.error, error);
        assert_int_equal(out.cost, 12);
    }
    in.error = AZ_BE_NONE;
    assert_int_equal(az_wire_ballot_to(&in, false, a, &m, &key, NULL), AZ_EINVAL);
    assert_int_equal(az_wire_ballot_to(&in, true, a, &m, &key, NULL), 0);
    assert_int_equal(az_wire_ballot_from(&m, false, &out, NULL), AZ_EPROTO);
    assert_int_equal(az_wire_ballot_to(&answered, true, a, &m, &key, NULL), AZ_EINVAL);
    assert_int_equal(az_wire_ballot_to(&answered, false, a, &m, &key, NULL), 0);
    assert_int_equal(az_wire_ballot_from(&m, true, &out, NULL), AZ_EPROTO);
    az_arena_free(a);
}

/* Whatever comes in, what comes out can be packed again. */
static void random_bytes(void **state)
{
    (void)state;
    AZ_AUTO_BUF good = az_buf(AZ_BUF_MAX), again = az_buf(AZ_BUF_MAX);
    struct az_ballot in = answer();
    struct az_rng rng = az_rng(5);
    assert_int_equal(az_wire_ballot_pack(&good, &in, NULL), 0);
    for (int i = 0; i < 20000; i++) {
        AZ_AUTO(arena) a = az_arena_new(1024);
        AZ_AUTO_MEM char *bytes = az_alloc(good.n);
        struct az_ballot out;
        memcpy(bytes, good.p, good.n);
        for (int flips = 1 + i % 3; flips; flips--)
            bytes[az_rng_below(&rng, good.n)] ^= (char)(1u << az_rng_below(&rng, 8));
        struct az_str s = {bytes, good.n - az_rng_below(&rng, 2) * az_rng_below(&rng, good.n)};
        int r = az_wire_ballot_unpack(s, a, &out, NULL);
        az_buf_clear(&again);
        if (r == 0)
            assert_int_equal(az_wire_ballot_pack(&again, &out, NULL), 0);
        else
            assert_int_equal(r, AZ_EPROTO);
    }
}

static struct az_verdict verdict(void)
{
    struct az_verdict v = {
        .status = AZ_DECIDED,
        .label = 1,
        .has_share = true,
        .share = 2.0 / 3,
        .how = "majority",
        .seats = {3, 3, 2, 1, 0},
        .rounds = 1,
        .cost = 2100000,
        .early = true,
        .dissent = {1u << 5, 0, UINT64_C(1) << 63},
    };
    return v;
}

static const struct az_key used_keys[] = {
    {.item = 3, .judge = 0, .round = 1, .criterion = -1, .order = 0},
    {.item = 3, .judge = 255, .round = 16, .criterion = 63, .order = -1, .sample = 63},
};

static void verdict_round_trip(void **state)
{
    (void)state;
    struct az_verdict cases[] = {verdict(), verdict(), verdict()}, got;
    cases[1].status = AZ_FAILED;
    cases[1].label = AZ_LABEL_NONE;
    cases[1].error = AZ_BE_TIMEOUT;
    cases[1].how = "";
    memset(cases[1].dissent, 0, sizeof(cases[1].dissent));
    memset(cases[1].reason, 'r', sizeof(cases[1].reason) - 1);
    cases[2].dissent[3] = UINT64_MAX;
    cases[2].has_p = cases[2].has_score = true;
    cases[2].p = 1;
    cases[2].set = UINT64_MAX - 1;
    cases[2].n_probs = AZ_LABELS_MAX;
    for (size_t k = 0; k < AZ_LABELS_MAX; k++)
        cases[2].probs[k] = 1.0 / (double)(k + 1);
    cases[2].score = -3.25;
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        AZ_AUTO(arena) a = az_arena_new(512);
        AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
        struct az_keys used = {i % 2 ? 0 : AZ_LEN(used_keys), used_keys}, back;
        az_buf_z(&b, "x"); /* so that the keys' copies are not aligned by luck */
        assert_int_equal(az_wire_verdict_pack(&b, &cases[i], used, NULL), 0);
        struct az_str packed = {b.p + 1, b.n - 1};
        assert_int_equal(az_wire_verdict_unpack(packed, a, &got, &back, NULL), 0);
        assert_string_equal(got.how, cases[i].how);
        got.how = cases[i].how;
        assert_string_equal(got.reason, cases[i].reason);
        assert_memory_equal(got.dissent, cases[i].dissent, sizeof(got.dissent));
        assert_int_equal(got.status, cases[i].status);
        assert_int_equal(got.label, cases[i].label);
        assert_int_equal(got.error, cases[i].error);
        assert_memory_equal(&got.seats, &cases[i].seats, sizeof(got.seats));
        assert_int_equal(got.cost, cases[i].cost);
        assert_true(got.share == cases[i].share && got.p == cases[i].p);
        assert_true(got.score == cases[i].score && got.has_p == cases[i].has_p);
        assert_true(got.early && got.set == cases[i].set);
        assert_int_equal(got.n_probs, cases[i].n_probs);
        assert_memory_equal(got.probs, cases[i].probs, sizeof(got.probs));
        assert_int_equal(back.n, used.n);
        for (size_t k = 0; k < used.n; k++)
            assert_int_equal(az_key_cmp(&back.v[k], &used.v[k]), 0);
    }
}

static void verdict_out_of_range(void **state)
{
    (void)state;
    struct az_verdict bad[8];
    for (size_t i = 0; i < AZ_LEN(bad); i++)
        bad[i] = verdict();
    bad[0].status = AZ_OPEN;
    bad[1].share = NAN;
    bad[2].seats.voted = -1;
    bad[3].rounds = AZ_ROUNDS_MAX + 1;
    bad[4].label = AZ_LABELS_MAX;
    bad[5].cost = -1;
    bad[6].n_probs = AZ_LABELS_MAX + 1;
    bad[7].n_probs = 1;
    bad[7].probs[0] = -0.1;
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    for (size_t i = 0; i < AZ_LEN(bad); i++)
        assert_int_equal(az_wire_verdict_pack(&b, &bad[i], (struct az_keys){0}, NULL), AZ_EINVAL);
    struct az_verdict good = verdict();
    struct az_key key = {.round = 0};
    assert_int_equal(az_wire_verdict_pack(&b, &good, (struct az_keys){1, &key}, NULL), AZ_EINVAL);
    assert_int_equal(b.n, 0);
}

static void without_memory(void **state)
{
    (void)state;
    struct az_ballot in = answer(), out;
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_fault_alloc(1);
    assert_int_equal(az_wire_ballot_pack(&b, &in, NULL), AZ_ENOMEM);
    az_buf_clear(&b);
    assert_int_equal(az_wire_ballot_pack(&b, &in, NULL), 0);
    int r = AZ_ENOMEM;
    for (int nth = 1; r == AZ_ENOMEM; nth++) {
        AZ_AUTO(arena) a = az_arena_new(0);
        struct az_error err = {0};
        az_fault_alloc(nth);
        r = az_wire_ballot_unpack(az_buf_view(&b), a, &out, &err);
        assert_true(r == 0 || r == AZ_ENOMEM);
        az_fault_alloc(0);
    }
    assert_int_equal(r, 0);

    AZ_AUTO_BUF small = az_buf(100);
    assert_int_equal(az_wire_ballot_pack(&small, &in, NULL), AZ_ELIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(question_comes_back),  cmocka_unit_test(ballot_round_trip),
        cmocka_unit_test(ballot_in_a_message),  cmocka_unit_test(text_is_mended),
        cmocka_unit_test(shares_are_an_answer), cmocka_unit_test(ballot_out_of_range),
        cmocka_unit_test(message_that_is_none), cmocka_unit_test(random_bytes),
        cmocka_unit_test(verdict_round_trip),   cmocka_unit_test(verdict_out_of_range),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
