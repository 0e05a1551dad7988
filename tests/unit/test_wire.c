#include "core/wire.h"

#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "protos/envelope.pb-c.h"
#include "tests/unit/unit.h"

enum { KINDS = AZ_MSG_UNFIT + 1 }; /* those about jobs: test_wire_job.c */

static struct az_item *item_new(int64_t seq, bool full)
{
    struct az_item *item = az_item_new(1024);
    struct az_arena *a = item->arena;
    item->seq = seq;
    item->id = az_arena_str(a, AZ_STR("q\xc3\xa9"));
    item->n_responses = 2;
    item->responses = az_arena_zalloc(a, 2 * sizeof(*item->responses));
    item->responses[0] = az_arena_str(a, AZ_STR("first"));
    item->responses[1] = az_arena_str(a, AZ_STR(""));
    if (full) {
        item->prompt = az_arena_str(a, AZ_STR("why?"));
        item->reference = az_arena_str(a, AZ_STR(""));
        item->context = az_arena_str(a, AZ_STR("c"));
        item->turns = az_arena_str(a, AZ_STR("[]"));
        item->images = az_arena_str(a, AZ_STR("[\"x\"]"));
        item->gold_json = az_arena_str(a, AZ_STR("\"A\""));
    }
    return item;
}

static struct az_seen seen[] = {
    {.label = 2, .rationale = {"because", 7}},
    {.label = AZ_LABEL_NONE, .has_score = true, .score = -0.5, .rationale = {"", 0}}};
static struct az_msg_question questions[] = {
    {.key = {.item = 5, .judge = 1, .round = 2, .criterion = -1, .order = 1, .sample = 3},
     .panel = 7,
     .item = 1,
     .calls = 1,
     .view = {2, seen},
     .attempts = 2,
     .grant = 12345,
     .mistake = AZ_BE_PARSE,
     .said = {"nonsense", 8}},
    {.key = {.item = 4, .round = 1, .criterion = -1, .order = AZ_ORDER_NONE},
     .grant = AZ_NUSD_MAX}};
static struct az_msg_answer answers[] = {
    {.ballot = {.key = {.item = 5, .round = 1, .criterion = -1},
                .label = 1,
                .how = {"json", 4},
                .raw = {"{}", 2},
                .cost = 7,
                .attempts = 1},
     .panel = 7},
    {.ballot = {.key = {.item = 6, .round = 1, .criterion = -1},
                .error = AZ_BE_PARSE,
                .label = AZ_LABEL_NONE,
                .cost = 9,
                .attempts = 2},
     .again = true,
     .said = {"what?", 5}}};
static struct az_str models[] = {{"large", 5}, {"small", 5}};
static struct az_credit credit[] = {{.backend = {"gpu", 3},
                                     .kind = {"openai", 6},
                                     .credit = 7,
                                     .limit_group = {"account", 7},
                                     .rpm = 500,
                                     .tpm = 0.5,
                                     .slots = 64,
                                     .state = {"down", 4},
                                     .n_models = 2,
                                     .models = models},
                                    {.backend = {"x", 1}, .kind = {"lexical", 7}}};
static struct az_key recalled[] = {{.item = 1, .round = 1, .criterion = -1},
                                   {.item = 2, .judge = 255, .round = 16, .criterion = 0}};
static struct az_item *items[2];

/* One message of each kind, with all that it can carry. */
static struct az_msg message(int kind)
{
    struct az_msg m = {.kind = (enum az_msg_kind)kind, .seq = UINT64_C(1) << 40};
    switch (m.kind) {
    case AZ_MSG_HELLO:
        m.hello.name = AZ_STR("w1");
        m.hello.software = AZ_STR("assize 0");
        break;
    case AZ_MSG_WELCOME:
        m.hello.software = AZ_STR("assize 0");
        m.hello.silence_ms = 30000;
        m.hello.principal = AZ_STR("lab");
        break;
    case AZ_MSG_REFUSE:
        m.refuse.what = AZ_STR("no");
        m.refuse.again = true;
        break;
    case AZ_MSG_ANNOUNCE:
        m.announce = (struct az_credits){2, credit};
        break;
    case AZ_MSG_PANEL:
        m.panel.panel = 3;
        m.panel.yaml = AZ_STR("question: pair\n");
        memset(m.panel.secret, 0xa5, sizeof(m.panel.secret));
        break;
    case AZ_MSG_QUESTIONS:
        m.questions.n_items = 2;
        m.questions.items = items;
        m.questions.n = 2;
        m.questions.v = questions;
        break;
    case AZ_MSG_ANSWERS:
        m.answers.n = 2;
        m.answers.v = answers;
        m.answers.credit = (struct az_credits){1, credit};
        break;
    case AZ_MSG_STOPPED:
        m.stopped.backend = AZ_STR("gpu");
        m.stopped.why = AZ_STR("401");
        break;
    case AZ_MSG_UNFIT:
        m.unfit.panel = 7;
        m.unfit.why = AZ_STR("an unknown policy");
        break;
    case AZ_MSG_FORGET:
        m.forget.panel = 7;
        break;
    case AZ_MSG_RECALL:
        m.recall.panel = 7;
        m.recall.n = 2;
        m.recall.keys = recalled;
        m.recall.all = true;
        break;
    case AZ_MSG_TUNE:
        m.tune.backend = AZ_STR("gpu");
        m.tune.slots = 32;
        m.tune.rpm = 500;
        m.tune.tpm = 1e9;
        break;
    default:
        break;
    }
    return m;
}

static struct az_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = az_arena_new(4096);
    items[0] = item_new(4, false);
    items[1] = item_new(5, true);
    return !arena;
}

static int tear_down(void **state)
{
    (void)state;
    az_arena_free(arena);
    az_item_free(items[0]);
    az_item_free(items[1]);
    return 0;
}

static void pack(struct az_buf *b, const struct az_msg *m)
{
    struct az_error err = {0};
    az_buf_clear(b);
    if (az_wire_pack(b, m, arena, &err) < 0)
        fail_msg("kind %d: %s", (int)m->kind, err.what);
}

static void items_free(struct az_msg *m)
{
    for (size_t i = 0; m->kind == AZ_MSG_QUESTIONS && i < m->questions.n_items; i++)
        az_item_free(m->questions.items[i]);
}

/* What comes back packs to the same bytes. */
static void wire_round_trip(void **state)
{
    (void)state;
    AZ_AUTO_BUF one = az_buf(AZ_WIRE_FRAME_MAX);
    AZ_AUTO_BUF two = az_buf(AZ_WIRE_FRAME_MAX);
    for (int kind = 0; kind < KINDS; kind++) {
        struct az_msg in = message(kind), out;
        struct az_error err = {0};
        pack(&one, &in);
        if (az_wire_unpack(az_buf_view(&one), arena, &out, &err) < 0)
            fail_msg("kind %d: %s", kind, err.what);
        assert_int_equal(out.kind, kind);
        assert_true(out.seq == in.seq);
        pack(&two, &out);
        assert_true(az_str_eq(az_buf_view(&one), az_buf_view(&two)));
        items_free(&out);
    }
}

static void wire_questions_as_they_were(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_msg in = message(AZ_MSG_QUESTIONS), out;
    pack(&b, &in);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, NULL), 0);
    const struct az_item *item = out.questions.items[1];
    assert_int_equal(item->seq, 5);
    assert_true(az_str_eqz(item->reference, "") && item->reference.p);
    assert_true(az_str_eqz(item->images, "[\"x\"]"));
    assert_null(item->gold_json.p); /* is never sent */
    assert_null(out.questions.items[0]->prompt.p);
    const struct az_msg_question *q = &out.questions.v[0];
    assert_int_equal(az_key_cmp(&q->key, &questions[0].key), 0);
    assert_int_equal(q->view.n, 2);
    assert_true(q->view.seen[1].has_score && q->view.seen[1].score == -0.5);
    assert_int_equal(q->view.seen[1].label, AZ_LABEL_NONE);
    assert_int_equal(q->grant, 12345);
    assert_true(out.questions.v[1].grant == AZ_NUSD_MAX);
    assert_int_equal(q->mistake, AZ_BE_PARSE);
    assert_true(az_str_eqz(q->said, "nonsense"));
    assert_null(out.questions.v[1].said.p);
    items_free(&out);
}

static void wire_new_fields_as_they_were(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_msg in = message(AZ_MSG_WELCOME), out;
    pack(&b, &in);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, NULL), 0);
    assert_int_equal(out.hello.silence_ms, 30000);
    assert_true(az_str_eqz(out.hello.principal, "lab"));
    in.heard = 77;
    pack(&b, &in);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, NULL), 0);
    assert_int_equal(out.heard, 77);
    in = message(AZ_MSG_REFUSE);
    pack(&b, &in);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, NULL), 0);
    assert_int_equal(out.refuse.version_min, AZ_WIRE_VERSION);
    assert_int_equal(out.refuse.version_max, AZ_WIRE_VERSION);
    assert_true(out.refuse.again);
    in = message(AZ_MSG_ANNOUNCE);
    pack(&b, &in);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, NULL), 0);
    const struct az_credit *c = &out.announce.v[0];
    assert_true(az_str_eqz(c->limit_group, "account") && az_str_eqz(c->state, "down"));
    assert_true(c->rpm == 500 && c->tpm == 0.5 && c->slots == 64 && c->n_models == 2);
    assert_true(az_str_eqz(c->models[1], "small"));
    in = message(AZ_MSG_UNFIT);
    pack(&b, &in);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, NULL), 0);
    assert_true(out.unfit.panel == 7 && az_str_eqz(out.unfit.why, "an unknown policy"));
    in = message(AZ_MSG_RECALL);
    pack(&b, &in);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, NULL), 0);
    assert_true(out.recall.panel == 7 && out.recall.all && out.recall.n == 2);
    assert_int_equal(az_key_cmp(&out.recall.keys[1], &recalled[1]), 0);
}

/* What a peer may not say of rates and texts, packed by a hand that may. */
static void wire_announce_refuses(void **state)
{
    (void)state;
    static char long_name[AZ_WIRE_NAME_MAX + 2];
    memset(long_name, 'x', sizeof(long_name) - 1);
    static const struct {
        const char *name, *state, *want;
        double rpm;
    } cases[] = {{"b", "", "a rate", -1},
                 {"b", "", "'rpm' is no number", NAN},
                 {"b", "\xff", "'state' is no UTF-8", 0},
                 {"", "", "a name of 0 bytes", 0},
                 {long_name, "", "a name of 129 bytes", 0}};
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        Assize__Announce__Backend backend = ASSIZE__ANNOUNCE__BACKEND__INIT, *all[] = {&backend};
        Assize__Announce m = ASSIZE__ANNOUNCE__INIT;
        Assize__Envelope e = ASSIZE__ENVELOPE__INIT;
        backend.name = (char *)cases[i].name;
        backend.state = (char *)cases[i].state;
        backend.rpm = cases[i].rpm;
        m.n_backends = 1;
        m.backends = all;
        e.version = AZ_WIRE_VERSION;
        e.body_case = ASSIZE__ENVELOPE__BODY_ANNOUNCE;
        e.announce = &m;
        uint8_t bytes[256];
        size_t n = assize__envelope__pack(&e, bytes);
        struct az_msg out;
        struct az_error err = {0};
        int r = az_wire_unpack((struct az_str){(char *)bytes, n}, arena, &out, &err);
        assert_int_equal(r, AZ_EPROTO);
        if (!strstr(err.what, cases[i].want))
            fail_msg("'%s' for '%s'", err.what, cases[i].want);
    }
}

/* What the other side would refuse is not packed. */
static void wire_announces_within_limits(void **state)
{
    (void)state;
    static struct az_credit credits[AZ_WIRE_BACKENDS_MAX + 1];
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_msg msg = {.kind = AZ_MSG_ANNOUNCE}, out;
    for (size_t i = 0; i < AZ_LEN(credits); i++)
        credits[i].backend = AZ_STR("b");
    msg.announce = (struct az_credits){AZ_WIRE_BACKENDS_MAX, credits};
    pack(&b, &msg);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, NULL), 0);
    assert_int_equal(out.announce.n, AZ_WIRE_BACKENDS_MAX);
    msg.announce.n++;
    assert_int_equal(az_wire_pack(&b, &msg, arena, NULL), AZ_EINVAL);
    credits[0].backend = AZ_STR("");
    msg.announce.n = 1;
    assert_int_equal(az_wire_pack(&b, &msg, arena, NULL), AZ_EINVAL);
}

/* Every frame cut at every byte, and every byte made another: refused, or read
 * as something that can be sent again; nothing leaks (the sanitizers look). */
static void wire_spoilt_at_every_byte(void **state)
{
    (void)state;
    AZ_AUTO_BUF whole = az_buf(AZ_WIRE_FRAME_MAX);
    AZ_AUTO_BUF again = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_rng rng = az_rng(5);
    for (int kind = 0; kind < KINDS; kind++) {
        struct az_msg in = message(kind);
        pack(&whole, &in);
        AZ_AUTO_MEM char *p = az_alloc(whole.n);
        assert_non_null(p);
        for (size_t i = 0; i < whole.n * 2; i++) {
            bool cut = i < whole.n;
            size_t n = cut ? i : whole.n;
            memcpy(p, whole.p, whole.n);
            if (!cut)
                p[i - whole.n] ^= (char)(1 + az_rng_next(&rng) % 255);
            struct az_msg out;
            struct az_error err = {0};
            int r = az_wire_unpack((struct az_str){p, n}, arena, &out, &err);
            if (r == 0) {
                az_buf_clear(&again);
                assert_int_equal(az_wire_pack(&again, &out, arena, &err), 0);
                items_free(&out);
            } else {
                assert_true(r == AZ_EPROTO || r == AZ_EINVAL);
                assert_true(*err.what);
            }
        }
        az_arena_reset(arena);
    }
}

static void wire_refuses(void **state)
{
    (void)state;
    struct az_error err = {0};
    struct az_msg out;
    assert_int_equal(az_wire_unpack(AZ_STR(""), arena, &out, &err), AZ_EPROTO);
    assert_non_null(strstr(err.what, "version 0"));
    assert_int_equal(az_wire_unpack(AZ_STR("no frame"), arena, &out, &err), AZ_EPROTO);
    assert_non_null(strstr(err.what, "no envelope"));
    struct az_str huge = {"", (size_t)AZ_WIRE_FRAME_MAX + 1};
    assert_int_equal(az_wire_unpack(huge, arena, &out, &err), AZ_EPROTO);
    assert_int_equal(az_wire_unpack(AZ_STR("\x08\x01"), arena, &out, &err),
                     AZ_EPROTO); /* no body */
    assert_int_equal(az_wire_unpack(AZ_STR("\x08\x02\x5a\x00"), arena, &out, &err), AZ_EINVAL);
    assert_non_null(strstr(err.what, "version 2"));
    assert_non_null(strstr(err.what, "versions 1 to 1"));
}

/* A refusal is read in whichever version it comes, and says who is to be updated. */
static void wire_refusal_of_other_versions(void **state)
{
    (void)state;
    static const struct {
        const char *name, *frame, *hint; /* version, seq 9, refuse: what, min, max */
    } cases[] = {
        {"a newer one", "\x08\x03\x10\x09\x2a\x08\x0a\x02no\x10\x02\x18\x03",
         "It speaks versions 2 to 3 of the protocol, this program version 1: update the program."},
        {"ours too", "\x08\x03\x10\x09\x2a\x08\x0a\x02no\x10\x01\x18\x03", ""},
        {"of our own", "\x08\x01\x10\x09\x2a\x08\x0a\x02no\x10\x01\x18\x01", ""},
        {"who does not say", "\x08\x02\x10\x09\x2a\x04\x0a\x02no", ""},
    };
    for (size_t i = 0; i < AZ_LEN(cases); i++) {
        struct az_error err = {0};
        struct az_msg out;
        if (az_wire_unpack(az_str(cases[i].frame), arena, &out, &err) < 0)
            fail_msg("%s: %s", cases[i].name, err.what);
        assert_int_equal(out.kind, AZ_MSG_REFUSE);
        assert_int_equal(az_wire_refusal(&out, AZ_EPROTO, &err), AZ_EPROTO);
        assert_string_equal(err.what, "the coordinator refused: no");
        assert_string_equal(err.hint, cases[i].hint);
    }
}

/* A coordinator whose frame can't be packed could not go on. */
static void wire_panel_fits(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    AZ_AUTO_MEM char *yaml = az_alloc(AZ_WIRE_PANEL_MAX);
    assert_non_null(yaml);
    memset(yaml, 'x', AZ_WIRE_PANEL_MAX);
    struct az_msg m = {.kind = AZ_MSG_PANEL, .seq = UINT64_MAX};
    m.panel.panel = UINT32_MAX;
    m.panel.yaml = (struct az_str){yaml, AZ_WIRE_PANEL_MAX};
    assert_int_equal(az_wire_pack(&b, &m, arena, NULL), 0);
}

/* Each a question that is good but for one thing. */
static void spoil_question(int nth, Assize__Question *q, Assize__Seen *s, const char **what)
{
    *what = "without key or item";
    switch (nth) {
    case 0:
        q->item = 1;
        return;
    case 1:
        q->key = NULL;
        return;
    case 2:
        q->attempts = 1000001;
        return;
    case 3:
        q->mistake_or_none_case = ASSIZE__QUESTION__MISTAKE_OR_NONE_MISTAKE;
        q->mistake = AZ_BE_COUNT;
        *what = "mistake";
        return;
    case 4:
        q->key->judge = AZ_JUDGES_MAX;
        *what = "judge";
        return;
    case 5:
        q->key->item = UINT64_MAX;
        *what = "item";
        return;
    case 6:
        s->label_or_none_case = ASSIZE__SEEN__LABEL_OR_NONE_LABEL;
        s->label = AZ_LABELS_MAX;
        *what = "a view with label";
        return;
    case 7:
        s->score_or_none_case = ASSIZE__SEEN__SCORE_OR_NONE_SCORE;
        s->score = NAN;
        *what = "a view with a score";
        return;
    case 8:
        q->key->round = 0;
        *what = "round";
        return;
    default:
        *what = NULL;
    }
}

/* Each is two bytes here, and some hundred when it is unpacked. */
static void wire_too_many_answers(void **state)
{
    (void)state;
    enum { N = AZ_WIRE_BATCH_MAX + 1 };
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    az_buf_put(&b, "\x08\x01\x10\x01\x4a\xc2\x9a\x0c", 8); /* version, seq, answers: 2 N bytes */
    for (int i = 0; i < N; i++)
        az_buf_put(&b, "\x0a\x00", 2);
    struct az_msg msg;
    struct az_error err = {0};
    AZ_AUTO(arena) a = az_arena_new(1024);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), a, &msg, &err), AZ_EPROTO);
    assert_string_equal(err.what, "a batch of 100001 answers");
}

static void wire_out_of_range(void **state)
{
    (void)state;
    int nth = 0;
    for (;; nth++) {
        Assize__Seen s = ASSIZE__SEEN__INIT, *views[] = {&s};
        Assize__Key key = ASSIZE__KEY__INIT;
        Assize__Question q = ASSIZE__QUESTION__INIT, *all[] = {&q};
        Assize__Item item = ASSIZE__ITEM__INIT, *one[] = {&item};
        Assize__Questions m = ASSIZE__QUESTIONS__INIT;
        Assize__Envelope e = ASSIZE__ENVELOPE__INIT;
        key.round = 1;
        key.criterion = -1;
        q.key = &key;
        q.n_seen = 1;
        q.seen = views;
        m.n_items = m.n_questions = 1;
        m.items = one;
        m.questions = all;
        e.version = AZ_WIRE_VERSION;
        e.body_case = ASSIZE__ENVELOPE__BODY_QUESTIONS;
        e.questions = &m;
        const char *what;
        spoil_question(nth, &q, &s, &what);
        uint8_t bytes[512];
        size_t n = assize__envelope__pack(&e, bytes);
        struct az_msg out;
        struct az_error err = {0};
        int r = az_wire_unpack((struct az_str){(char *)bytes, n}, arena, &out, &err);
        if (!what) { /* the good one */
            assert_int_equal(r, 0);
            items_free(&out);
            break;
        }
        assert_int_equal(r, AZ_EPROTO);
        if (!strstr(err.what, what))
            fail_msg("'%s' for '%s'", err.what, what);
        assert_int_equal(out.questions.n_items, 0);
    }
    assert_int_equal(nth, 9);
}

/* A message that can't be sent says so, and leaves nothing. */
static void wire_pack_refuses(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_error err = {0};
    struct az_msg m = message(AZ_MSG_ANSWERS);
    struct az_msg_answer bad = answers[0];
    bad.ballot.cost = -1;
    m.answers.n = 1;
    m.answers.v = &bad;
    assert_int_equal(az_wire_pack(&b, &m, arena, &err), AZ_EINVAL);
    assert_int_equal(b.n, 0);
    m = message(AZ_MSG_TUNE);
    m.tune.tpm = INFINITY;
    assert_int_equal(az_wire_pack(&b, &m, arena, &err), AZ_EINVAL);
    struct az_buf small = az_buf(16);
    m = message(AZ_MSG_PANEL);
    assert_int_equal(az_wire_pack(&small, &m, arena, &err), AZ_ELIMIT);
    az_buf_release(&small);
}

static void wire_without_memory(void **state)
{
    (void)state;
    AZ_AUTO_BUF whole = az_buf(AZ_WIRE_FRAME_MAX);
    for (int kind = 0; kind < KINDS; kind++) {
        struct az_msg in = message(kind);
        pack(&whole, &in);
        int r = AZ_ENOMEM;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            struct az_arena *small = az_arena_new(16);
            struct az_msg out = {0};
            struct az_error err = {0};
            az_fault_alloc(nth);
            r = az_wire_unpack(az_buf_view(&whole), small, &out, &err);
            az_fault_alloc(0);
            if (r == 0)
                items_free(&out);
            az_arena_free(small);
        }
        assert_int_equal(r, 0);
        r = AZ_ENOMEM;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            struct az_arena *small = az_arena_new(16);
            AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
            az_fault_alloc(nth);
            r = az_wire_pack(&b, &in, small, NULL);
            az_fault_alloc(0);
            az_arena_free(small);
        }
        assert_int_equal(r, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_round_trip),
        cmocka_unit_test(wire_questions_as_they_were),
        cmocka_unit_test(wire_spoilt_at_every_byte),
        cmocka_unit_test(wire_panel_fits),
        cmocka_unit_test(wire_refuses),
        cmocka_unit_test(wire_refusal_of_other_versions),
        cmocka_unit_test(wire_too_many_answers),
        cmocka_unit_test(wire_out_of_range),
        cmocka_unit_test(wire_pack_refuses),
        cmocka_unit_test(wire_without_memory),
        cmocka_unit_test(wire_new_fields_as_they_were),
        cmocka_unit_test(wire_announce_refuses),
        cmocka_unit_test(wire_announces_within_limits),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
