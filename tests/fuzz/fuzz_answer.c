/* What judges say, in all formats, and what both kinds of servers send: whatever
 * comes, a ballot comes out that can be stored. The first bytes choose question,
 * format, server, status. */
#include "core/wire_model.h"
#include "tests/fuzz/fuzz.h"
#include "workers/answer.h"

static const long statuses[] = {200, 400, 401, 429, 500, 503};
static const char *const kinds[] = {"openai", "anthropic"};

static void read_answer(const struct az_ask *ask, const struct az_reply *reply, struct az_arena *a)
{
    struct az_ballot ballot = {.key = ask->key, .label = AZ_LABEL_NONE};
    az_assert(az_answer_read(a, ask, reply, &ballot) == 0);
    (void)az_answer_form_ignored(ask, reply, &ballot);
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    struct az_error err = {0};
    if (az_wire_ballot_pack(&b, &ballot, &err) < 0) {
        fprintf(stderr, "%s\n", err.what);
        az_assert(!"a ballot that can't be stored");
    }
}

static void read_reply(const struct az_ask *ask, unsigned kind, unsigned status, struct az_str body,
                       struct az_arena *a)
{
    struct az_response response = {.status = statuses[status % AZ_LEN(statuses)],
                                   .headers = AZ_STR("retry-after: 2\r\n"),
                                   .body = body};
    struct az_reply reply = {0};
    struct az_caps caps = {0};
    az_backend_kind_find(kinds[kind % AZ_LEN(kinds)])->reply(&reply, ask, &response, 0);
    az_assert(reply.tokens_in >= 0 && reply.tokens_out >= 0 && reply.cost >= 0);
    if (reply.trouble == AZ_TROUBLE_LEARN)
        (void)az_caps_learn(&caps, &ask->caps, &reply);
    if (reply.trouble != AZ_TROUBLE_NONE)
        az_assert(*reply.error_text && az_utf8_valid(az_str(reply.error_text), NULL));
    read_answer(ask, &reply, a);
    az_reply_release(&reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct az_str in = {(const char *)data, size};
    const struct az_panel *panel = fuzz_panel_of(fuzz_choice(&in));
    struct az_judge judge = panel->judges[0];
    unsigned how = fuzz_choice(&in), format = how % (AZ_ANSWER_REGEX + 1);
    judge.answer = (enum az_answer)format;
    judge.regex = "verdict: *([A-Za-z0-9.]+)";
    struct az_str texts[4] = {AZ_STR("a"), AZ_STR("b"), AZ_STR("c"), AZ_STR("d")};
    struct az_item item = {.n_responses = panel->question.kind == AZ_BEST   ? 4
                                          : panel->question.kind == AZ_PAIR ? 2
                                                                            : 1,
                           .responses = texts};
    struct az_ask ask = {.panel = panel,
                         .backend = &panel->backends[0],
                         .judge = &judge,
                         .item = &item,
                         .key = {.round = 1, .criterion = -1, .order = how & 64 ? 1 : 0},
                         .max_tokens = 64};
    static struct az_prompt prompt;
    if (!prompt.user.max)
        az_prompt_init(&prompt);
    ask.prompt = &prompt;
    AZ_AUTO(arena) a = az_arena_new(4096);
    if (how & 128) {
        unsigned server = fuzz_choice(&in);
        read_reply(&ask, server & 1, server >> 1, in, a);
    } else if (az_utf8_valid(in, NULL)) { /* as out of a reply's JSON */
        struct az_reply reply = {.text = az_arena_str(a, in)};
        read_answer(&ask, &reply, a);
    }
    return 0;
}
