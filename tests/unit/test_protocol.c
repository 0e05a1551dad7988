/* docs/protocol.md says what the .proto files, the limits, the errors and the
 * prompts are today. */
#include <protobuf-c/protobuf-c.h>

#include "core/fence.h"
#include "core/instruct.h"
#include "core/io_file.h"
#include "core/wire.h"
#include "core/wire_model.h"
#include "protos/envelope.pb-c.h"
#include "tests/unit/unit.h"

static char *page;

static int read_page(void **state)
{
    (void)state;
    return az_file_read(ASSIZE_SOURCE_DIR "/docs/protocol.md", AZ_BUF_MAX, &page, NULL, NULL);
}

static int free_page(void **state)
{
    (void)state;
    free(page);
    return 0;
}

static void says(const char *text)
{
    if (!strstr(page, text))
        fail_msg("docs/protocol.md does not say:\n%s", text);
}

/* ---- messages ---- */

static const char *type_name(const ProtobufCFieldDescriptor *f)
{
    static const char *const names[] = {
        [PROTOBUF_C_TYPE_INT32] = "int32",   [PROTOBUF_C_TYPE_SINT32] = "sint32",
        [PROTOBUF_C_TYPE_INT64] = "int64",   [PROTOBUF_C_TYPE_UINT32] = "uint32",
        [PROTOBUF_C_TYPE_UINT64] = "uint64", [PROTOBUF_C_TYPE_DOUBLE] = "double",
        [PROTOBUF_C_TYPE_BOOL] = "bool",     [PROTOBUF_C_TYPE_STRING] = "string",
        [PROTOBUF_C_TYPE_BYTES] = "bytes",
    };
    if (f->type == PROTOBUF_C_TYPE_MESSAGE)
        return ((const ProtobufCMessageDescriptor *)f->descriptor)->short_name;
    if (f->type == PROTOBUF_C_TYPE_ENUM)
        return ((const ProtobufCEnumDescriptor *)f->descriptor)->short_name;
    assert_true(f->type < AZ_LEN(names) && names[f->type]);
    return names[f->type];
}

/* The rows under "#### NAME", up to the next heading. */
struct part {
    const char *at, *end;
};

static struct part part_of(const char *full_name)
{
    char heading[128];
    snprintf(heading, sizeof(heading), "\n#### %s\n", full_name + strlen("assize."));
    const char *at = strstr(page, heading);
    if (!at)
        fail_msg("docs/protocol.md has no '%s'", heading + 1);
    at += strlen(heading);
    const char *end = strstr(at, "\n#");
    return (struct part){at, end ? end : at + strlen(at)};
}

static void has_row(struct part part, const char *row)
{
    const char *at = strstr(part.at, row);
    if (!at || at >= part.end)
        fail_msg("docs/protocol.md lacks '%s' in:\n%.*s", row, (int)(part.end - part.at), part.at);
}

/* "| 7 | `field` …" */
static size_t rows_of(struct part part)
{
    size_t n = 0;
    for (const char *at = part.at; (at = strstr(at, "\n| ")) && at < part.end; at++)
        n += at[3] >= '0' && at[3] <= '9';
    return n;
}

static void check_enum(const ProtobufCEnumDescriptor *e)
{
    struct part part = part_of(e->name);
    for (unsigned i = 0; i < e->n_values; i++) {
        char row[128];
        snprintf(row, sizeof(row), "\n| %d | `%s` |", e->values[i].value, e->values[i].name);
        has_row(part, row);
    }
    assert_int_equal(rows_of(part), e->n_values);
}

static void check_message(const ProtobufCMessageDescriptor *m)
{
    struct part part = part_of(m->name);
    bool body = m == &assize__envelope__descriptor;
    for (unsigned i = 0; i < m->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->fields[i];
        const char *label = f->label == PROTOBUF_C_LABEL_REPEATED ? "repeated " : "";
        if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF && !body)
            label = "optional ";
        char row[160];
        snprintf(row, sizeof(row), "\n| %u | `%s` | %s%s |", f->id, f->name, label, type_name(f));
        has_row(part, row);
        if (f->type == PROTOBUF_C_TYPE_MESSAGE)
            check_message(f->descriptor);
        else if (f->type == PROTOBUF_C_TYPE_ENUM)
            check_enum(f->descriptor);
    }
    assert_int_equal(rows_of(part), m->n_fields);
}

static void messages(void **state)
{
    (void)state;
    check_message(&assize__envelope__descriptor);
    check_message(&assize__verdict__descriptor);
}

/* ---- numbers ---- */

static void errors(void **state)
{
    (void)state;
    for (int e = 0; e < AZ_BE_COUNT; e++) {
        char row[64];
        snprintf(row, sizeof(row), "\n| %d | `%s` | %s |", e, az_ballot_error_name(e),
                 az_ballot_error_asks_again(e) ? "yes" : "");
        says(row);
    }
#define X(name, number, text) says("\n| " #number " | `" #name "` | " text " |");
    AZ_ERROR_CODES(X)
#undef X
}

/* 67108864 as "67,108,864". */
static void print_number(int v, char text[16])
{
    if (v >= 1000000)
        snprintf(text, 16, "%d,%03d,%03d", v / 1000000, v / 1000 % 1000, v % 1000);
    else if (v >= 1000)
        snprintf(text, 16, "%d,%03d", v / 1000, v % 1000);
    else
        snprintf(text, 16, "%d", v);
}

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int value;
    } all[] = {
#define L(name) {#name, name}
        L(AZ_WIRE_FRAME_MAX),    L(AZ_WIRE_BATCH_MAX),    L(AZ_WIRE_BACKENDS_MAX),
        L(AZ_WIRE_NAME_MAX),     L(AZ_WIRE_MODELS_MAX),   L(AZ_WIRE_JOB_KEY_MAX),
        L(AZ_WIRE_JOB_NAME_MAX), L(AZ_WIRE_PRIORITY_MAX), L(AZ_WIRE_SET_MAX),
        L(AZ_WIRE_LINES_MAX),    L(AZ_WIRE_BAD_MAX),      L(AZ_JUDGES_MAX),
        L(AZ_ROUNDS_MAX),        L(AZ_CRITERIA_MAX),      L(AZ_SAMPLES_MAX),
        L(AZ_LABELS_MAX),        L(AZ_RESPONSES_MAX),     L(AZ_PROBS_MAX),
        L(AZ_ATTEMPTS_MAX),
#undef L
    };
    for (size_t i = 0; i < AZ_LEN(all); i++) {
        char number[16], cells[80];
        print_number(all[i].value, number);
        snprintf(cells, sizeof(cells), "| %s | `%s` |", number, all[i].name);
        says(cells);
    }
    char version[64];
    snprintf(version, sizeof(version), "`Envelope.version` is %d.", AZ_WIRE_VERSION);
    says(version);
}

/* ---- prompts ---- */

static void system_part(const char *question, const char *answer)
{
    char yaml[512];
    AZ_AUTO(panel) p = NULL;
    AZ_AUTO_BUF text = az_buf(1 << 16);
    struct az_error err = {0};
    snprintf(yaml, sizeof(yaml),
             "question: %s\njudges: [{backend: theirs, model: m, answer: %s}]\n", question, answer);
    struct az_panel_source source = {.submitted = true};
    if (az_panel_parse(yaml, "p.yaml", &source, &p, &err) < 0)
        fail_msg("%s", err.what);
    assert_int_equal(az_instruct(&text, p, &p->judges[0], NULL), 0);
    for (char *at = text.p, *next; at; at = next) {
        next = strstr(at, "\n\n");
        if (next)
            *next = '\0';
        next = next ? next + 2 : NULL;
        says(at);
    }
}

static void prompts(void **state)
{
    (void)state;
    static const char *const questions[] = {
        "{kind: choice, labels: {good: well done, bad: null}}",
        "{kind: score, scale: [1, 5], step: 1, levels: {1: poor, 5: excellent}}", "{kind: pair}",
        "{kind: best}"};
    for (size_t q = 0; q < AZ_LEN(questions); q++) {
        system_part(questions[q], "json");
        system_part(questions[q], "logprobs");
    }
    system_part(questions[1], "mt_bench");
    system_part(questions[2], "arena_hard");
    system_part(questions[2], "mt_bench");

    unsigned char secret[AZ_SECRET_BYTES];
    char nonce[AZ_NONCE_HEX + 1], shown[64];
    for (size_t i = 0; i < sizeof(secret); i++)
        secret[i] = (unsigned char)i;
    az_fence_nonce(AZ_STR("hi"), secret, nonce);
    snprintf(shown, sizeof(shown), "<<<response %s\nhi\n%s>>>", nonce, nonce);
    says(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),
        cmocka_unit_test(errors),
        cmocka_unit_test(limits),
        cmocka_unit_test(prompts),
    };
    return cmocka_run_group_tests(tests, read_page, free_page);
}
