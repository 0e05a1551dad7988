#include "core/wire_job.h"

#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "tests/unit/unit.h"

/* One message of each kind, with all that it can carry. */
static Assize__Submit submit = ASSIZE__SUBMIT__INIT;
static Assize__Submitted submitted = ASSIZE__SUBMITTED__INIT;
static Assize__Chunk chunk = ASSIZE__CHUNK__INIT;
static Assize__Chunk__Line line = ASSIZE__CHUNK__LINE__INIT;
static Assize__Chunked chunked = ASSIZE__CHUNKED__INIT;
static Assize__Chunked__Bad bad = ASSIZE__CHUNKED__BAD__INIT, *bads[101];
static Assize__List list = ASSIZE__LIST__INIT;
static Assize__Jobs jobs = ASSIZE__JOBS__INIT;
static Assize__JobInfo info = ASSIZE__JOB_INFO__INIT, *infos[] = {&info};
static Assize__JudgeInfo judge = ASSIZE__JUDGE_INFO__INIT, *judges[] = {&judge};
static Assize__Status status = ASSIZE__STATUS__INIT;
static Assize__StatusReply status_reply = ASSIZE__STATUS_REPLY__INIT;
static Assize__Results results = ASSIZE__RESULTS__INIT;
static Assize__Verdicts verdicts = ASSIZE__VERDICTS__INIT;
static Assize__More more = ASSIZE__MORE__INIT;
static Assize__Workers workers = ASSIZE__WORKERS__INIT;
static Assize__WorkerList worker_list = ASSIZE__WORKER_LIST__INIT;
static Assize__WorkerInfo worker = ASSIZE__WORKER_INFO__INIT, *all_workers[] = {&worker};
static Assize__WorkerInfo__Backend backend = ASSIZE__WORKER_INFO__BACKEND__INIT,
                                   *backends[] = {&backend};
static Assize__Control control = ASSIZE__CONTROL__INIT;
static Assize__SetBackend set_backend = ASSIZE__SET_BACKEND__INIT;
static Assize__Prune prune = ASSIZE__PRUNE__INIT;
static Assize__Done done = ASSIZE__DONE__INIT;
static Assize__Failed failed = ASSIZE__FAILED__INIT;
static char *settings[65];
static ProtobufCBinaryData verdict_lines[] = {{2, (uint8_t *)"{}"}, {0, NULL}};
static Assize__Chunk__Line *many_lines[AZ_WIRE_LINES_MAX + 1];

static const ProtobufCMessage *const messages[] = {
    &submit.base, &submitted.base, &chunk.base,        &chunked.base, &list.base,
    &jobs.base,   &status.base,    &status_reply.base, &results.base, &verdicts.base,
    &more.base,   &workers.base,   &worker_list.base,  &control.base, &set_backend.base,
    &prune.base,  &done.base,      &failed.base,
};

static void fill(void)
{
    for (size_t i = 0; i < AZ_LEN(settings); i++)
        settings[i] = (char *)"limits.usd=3";
    for (size_t i = 0; i < AZ_LEN(bads); i++)
        bads[i] = &bad;
    for (size_t i = 0; i < AZ_LEN(many_lines); i++)
        many_lines[i] = &line;
    assize__submit__init(&submit);
    submit.request = 1;
    submit.key = (ProtobufCBinaryData){3, (uint8_t *)"k\0y"};
    submit.yaml = (char *)"question: pair\n";
    submit.name = (char *)"nightly";
    submit.priority = 500;
    submit.n_set = 2;
    submit.set = settings;
    assize__submitted__init(&submitted);
    submitted.job = 7;
    submitted.existed = true;
    assize__chunk__line__init(&line);
    line.text = (ProtobufCBinaryData){2, (uint8_t *)"{}"};
    line.number = 1;
    line.gold_or_none_case = ASSIZE__CHUNK__LINE__GOLD_OR_NONE_GOLD;
    line.gold = (char *)"\"A\"";
    assize__chunk__init(&chunk);
    chunk.n_lines = 1;
    chunk.lines = many_lines;
    assize__chunked__init(&chunked);
    bad.line = 3;
    bad.what = (char *)"no prompt";
    chunked.n_bad = 1;
    chunked.bad = bads;
    assize__judge_info__init(&judge);
    judge.name = (char *)"qwen";
    assize__job_info__init(&info);
    info.state = ASSIZE__JOB_STATE__CANCELLED;
    info.name = (char *)"nightly";
    info.items_a_second = 2.5;
    info.n_judges = 1;
    info.judges = judges;
    info.n_trouble = 1;
    info.trouble = settings;
    jobs.n_jobs = 1;
    jobs.jobs = infos;
    status.follow = true;
    status_reply.info = &info;
    assize__results__init(&results);
    results.credit = 1 << 20;
    assize__verdicts__init(&verdicts);
    verdicts.n_lines = 2;
    verdicts.lines = verdict_lines;
    assize__more__init(&more);
    more.credit = 5;
    backend.name = (char *)"gpu";
    backend.rpm = 500;
    worker.name = (char *)"w1";
    worker.n_backends = 1;
    worker.backends = backends;
    worker_list.n_workers = 1;
    worker_list.workers = all_workers;
    assize__control__init(&control);
    control.verb = ASSIZE__JOB_VERB__SET;
    control.n_set = 1;
    control.set = settings;
    set_backend.backend = (char *)"gpu";
    set_backend.n_set = 1;
    set_backend.set = settings;
    assize__prune__init(&prune);
    prune.older_than_s = 86400;
    done.n = 2;
    failed.what = (char *)"no such job";
}

static struct az_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = az_arena_new(4096);
    fill();
    return !arena;
}

static int tear_down(void **state)
{
    (void)state;
    az_arena_free(arena);
    return 0;
}

static struct az_msg message(size_t k)
{
    return (struct az_msg){
        .kind = (enum az_msg_kind)(AZ_MSG_SUBMIT + (int)k), .seq = 5, .job = messages[k]};
}

/* What comes back packs to the same bytes. */
static void job_round_trip(void **state)
{
    (void)state;
    assert_int_equal(AZ_LEN(messages), AZ_MSG_FAILED - AZ_MSG_SUBMIT + 1);
    AZ_AUTO_BUF one = az_buf(AZ_WIRE_FRAME_MAX);
    AZ_AUTO_BUF two = az_buf(AZ_WIRE_FRAME_MAX);
    for (size_t k = 0; k < AZ_LEN(messages); k++) {
        struct az_msg in = message(k), out;
        struct az_error err = {0};
        az_buf_clear(&one);
        az_buf_clear(&two);
        if (az_wire_pack(&one, &in, arena, &err) < 0 ||
            az_wire_unpack(az_buf_view(&one), arena, &out, &err) < 0 ||
            az_wire_pack(&two, &out, arena, &err) < 0)
            fail_msg("%s: %s", messages[k]->descriptor->name, err.what);
        assert_int_equal(out.kind, in.kind);
        assert_int_equal(out.seq, 5);
        assert_ptr_equal(out.job->descriptor, messages[k]->descriptor);
        assert_true(az_str_eq(az_buf_view(&one), az_buf_view(&two)));
    }
}

static void job_submit_as_it_was(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_msg in = message(0), out;
    assert_int_equal(az_wire_pack(&b, &in, arena, NULL), 0);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, NULL), 0);
    assert_int_equal(out.kind, AZ_MSG_SUBMIT);
    assert_int_equal(out.submit->key.len, 3);
    assert_memory_equal(out.submit->key.data, "k\0y", 3);
    assert_string_equal(out.submit->name, "nightly");
    assert_int_equal(out.submit->n_set, 2);
    assert_string_equal(out.submit->set[1], "limits.usd=3");
}

static char long_name[AZ_WIRE_JOB_NAME_MAX + 2], long_key[AZ_WIRE_JOB_KEY_MAX + 1];

/* Each spoils one message that is good but for that. */
#define SPOILT(kind_, want_, field, value)                                         \
    {                                                                              \
        .kind = AZ_MSG_##kind_, .want = want_, .at = &(field), .n = sizeof(field), \
        .bytes = &(__typeof__(field))                                              \
        {                                                                          \
            value                                                                  \
        }                                                                          \
    }
static const struct {
    enum az_msg_kind kind;
    const char *want;
    void *at;
    size_t n;
    const void *bytes;
} spoilt[] = {
    SPOILT(SUBMIT, "a Submit whose key", submit.key.len, 0),
    {AZ_MSG_SUBMIT, "a Submit whose key", &submit.key, sizeof(submit.key),
     &(ProtobufCBinaryData){sizeof(long_key), (uint8_t *)long_key}},
    SPOILT(SUBMIT, "name", submit.name, long_name),
    SPOILT(SUBMIT, "'name' is no UTF-8", submit.name, (char *)"\xff"),
    SPOILT(SUBMIT, "priority", submit.priority, 1001),
    SPOILT(SUBMIT, "deadline", submit.deadline_s, -1),
    SPOILT(SUBMIT, "settings", submit.n_set, 65),
    SPOILT(CHUNK, "number of lines", chunk.n_lines, AZ_WIRE_LINES_MAX + 1),
    SPOILT(CHUNK, "line number", line.number, 0),
    SPOILT(CHUNK, "'gold' is no UTF-8", line.gold, (char *)"\xc3"),
    SPOILT(CHUNKED, "bad lines", chunked.n_bad, 101),
    SPOILT(STATUS_REPLY, "a JobInfo whose 'state'", info.state, (Assize__JobState)99),
    SPOILT(JOBS, "'items_a_second' is no number", info.items_a_second, NAN),
    SPOILT(JOBS, "a JudgeInfo whose 'name'", judge.name, (char *)"\xed\xa0\x80"),
    SPOILT(STATUS_REPLY, "a StatusReply whose job", status_reply.info, NULL),
    SPOILT(RESULTS, "position", results.from, -1),
    SPOILT(RESULTS, "credit", results.credit, -1),
    SPOILT(MORE, "credit", more.credit, -1),
    SPOILT(CONTROL, "'verb' is none", control.verb, (Assize__JobVerb)7),
    SPOILT(PRUNE, "age", prune.older_than_s, -1),
    SPOILT(VERDICTS, "position", verdicts.next, -1),
};

/* Packed by a hand that does not look, then refused. */
static void job_out_of_range(void **state)
{
    (void)state;
    static const Assize__Envelope__BodyCase first = ASSIZE__ENVELOPE__BODY_SUBMIT;
    memset(long_name, 'n', sizeof(long_name) - 1);
    for (size_t i = 0; i < AZ_LEN(spoilt); i++) {
        int kind = (int)spoilt[i].kind - AZ_MSG_SUBMIT;
        fill();
        memcpy(spoilt[i].at, spoilt[i].bytes, spoilt[i].n);
        Assize__Envelope e = ASSIZE__ENVELOPE__INIT;
        e.version = AZ_WIRE_VERSION;
        e.body_case = (Assize__Envelope__BodyCase)((int)first + kind);
        e.submit = (Assize__Submit *)messages[kind];
        AZ_AUTO_MEM uint8_t *bytes = az_alloc(assize__envelope__get_packed_size(&e) + 1);
        assert_non_null(bytes);
        size_t n = assize__envelope__pack(&e, bytes);
        struct az_msg out;
        struct az_error err = {0};
        assert_int_equal(az_wire_unpack((struct az_str){(char *)bytes, n}, arena, &out, &err),
                         AZ_EPROTO);
        if (!strstr(err.what, spoilt[i].want))
            fail_msg("'%s' for '%s'", err.what, spoilt[i].want);
    }
    fill();
}

/* A text that was cut in the middle of a character is sent, mended. */
static void job_text_is_mended(void **state)
{
    (void)state;
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    char cut[] = "caf\xc3";
    fill();
    judge.last_error = cut;
    struct az_msg in = message(AZ_MSG_JOBS - AZ_MSG_SUBMIT), out;
    assert_int_equal(az_wire_pack(&b, &in, arena, NULL), 0);
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, NULL), 0);
    assert_string_equal(out.jobs->jobs[0]->judges[0]->last_error, "caf?");
    judge.last_error = (char *)protobuf_c_empty_string;

    struct az_error err = {0};
    info.items_a_second = INFINITY;
    assert_int_equal(az_wire_pack(&b, &in, arena, &err), AZ_EINVAL);
    fill();
    more.credit = -1;
    in = message(AZ_MSG_MORE - AZ_MSG_SUBMIT);
    assert_int_equal(az_wire_pack(&b, &in, arena, &err), AZ_EINVAL);
    fill();
}

static void job_spoilt_at_every_byte(void **state)
{
    (void)state;
    AZ_AUTO_BUF whole = az_buf(AZ_WIRE_FRAME_MAX);
    AZ_AUTO_BUF again = az_buf(AZ_WIRE_FRAME_MAX);
    struct az_rng rng = az_rng(5);
    for (size_t k = 0; k < AZ_LEN(messages); k++) {
        struct az_msg in = message(k);
        az_buf_clear(&whole);
        assert_int_equal(az_wire_pack(&whole, &in, arena, NULL), 0);
        AZ_AUTO_MEM char *p = az_alloc(whole.n);
        assert_non_null(p);
        for (size_t i = 0; i < whole.n * 2; i++) {
            bool cut = i < whole.n;
            memcpy(p, whole.p, whole.n);
            if (!cut)
                p[i - whole.n] ^= (char)(1 + az_rng_next(&rng) % 255);
            struct az_msg out;
            struct az_error err = {0};
            int r = az_wire_unpack((struct az_str){p, cut ? i : whole.n}, arena, &out, &err);
            az_buf_clear(&again);
            if (r == 0)
                r = az_wire_pack(&again, &out, arena, &err);
            bool version = r == AZ_EINVAL && strstr(err.what, "version ");
            assert_true(r == 0 || ((r == AZ_EPROTO || version) && *err.what));
            if (r == 0 && out.kind == AZ_MSG_QUESTIONS) {
                for (size_t q = 0; q < out.questions.n_items; q++)
                    az_item_free(out.questions.items[q]);
            }
        }
        az_arena_reset(arena);
    }
}

/* Lines that are two bytes each here would be sixty times that there. */
static void job_of_empty_lines(void **state)
{
    (void)state;
    enum { N = 1 << 20 };
    static const char head[] =
        "\x08\x01\x92\x02\x80\x80\x80\x01"; /* version, a chunk of 2 N bytes */
    AZ_AUTO_BUF b = az_buf(AZ_WIRE_FRAME_MAX);
    az_buf_put(&b, head, sizeof(head) - 1);
    for (int i = 0; i < N; i++)
        az_buf_put(&b, "\x1a\x00", 2);
    struct az_msg out;
    struct az_error err = {0};
    assert_int_equal(az_wire_unpack(az_buf_view(&b), arena, &out, &err), AZ_EPROTO);
    assert_string_equal(err.what, "a frame of too many messages");
    az_arena_reset(arena);
}

static void job_without_memory(void **state)
{
    (void)state;
    AZ_AUTO_BUF whole = az_buf(AZ_WIRE_FRAME_MAX);
    for (size_t k = 0; k < AZ_LEN(messages); k++) {
        struct az_msg in = message(k);
        az_buf_clear(&whole);
        assert_int_equal(az_wire_pack(&whole, &in, arena, NULL), 0);
        int r = AZ_ENOMEM;
        for (int nth = 1; r == AZ_ENOMEM; nth++) {
            struct az_arena *small = az_arena_new(16);
            struct az_msg out;
            struct az_error err = {0};
            az_fault_alloc(nth);
            r = az_wire_unpack(az_buf_view(&whole), small, &out, &err);
            az_fault_alloc(0);
            az_arena_free(small);
        }
        assert_int_equal(r, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job_round_trip),           cmocka_unit_test(job_submit_as_it_was),
        cmocka_unit_test(job_out_of_range),         cmocka_unit_test(job_text_is_mended),
        cmocka_unit_test(job_of_empty_lines),       cmocka_unit_test(job_without_memory),
        cmocka_unit_test(job_spoilt_at_every_byte),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
