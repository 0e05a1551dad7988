/* tests/unit/ask.h: one question to one judge, small enough to change a field
 * of in a test. Needs cmocka's headers before it. */
#pragma once
#include "core/arena.h"
#include "core/mem.h"
#include "workers/answer.h"
#include "workers/backend.h"

struct fixture {
    struct az_panel panel;
    struct az_judge judge;
    struct az_backend backend;
    const char *urls[1];
    struct az_item item;
    struct az_str responses[4];
    struct az_prompt prompt;
    struct az_ask ask;
    struct az_arena *arena;
};

static const char *pair_labels[] = {"A", "B", "tie"};
static const char *choice_labels[] = {"yes", "no", "unsure"};

static AZ_UNUSED void fixture_init(struct fixture *f)
{
    *f = (struct fixture){0};
    f->urls[0] = "http://gpu:8000/v1";
    f->backend = (struct az_backend){.name = "gpu", .kind = "openai", .n_urls = 1, .urls = f->urls};
    f->judge = (struct az_judge){
        .name = "j", .backend = "gpu", .model = "m", .samples = 1, .max_tokens = 512};
    f->panel = (struct az_panel){
        .n_backends = 1, .backends = &f->backend, .n_judges = 1, .judges = &f->judge};
    f->panel.question =
        (struct az_question){.kind = AZ_PAIR, .ties = true, .n_labels = 3, .labels = pair_labels};
    for (size_t i = 0; i < AZ_LEN(f->responses); i++)
        f->responses[i] = AZ_STR("text");
    f->item = (struct az_item){.n_responses = 2, .responses = f->responses};
    az_prompt_init(&f->prompt);
    az_buf_z(&f->prompt.system, "S");
    az_buf_z(&f->prompt.user, "U");
    f->arena = az_arena_new(1024);
    assert_non_null(f->arena);
    f->ask = (struct az_ask){.panel = &f->panel,
                             .backend = &f->backend,
                             .judge = &f->judge,
                             .item = &f->item,
                             .key = {.round = 1, .criterion = -1, .order = AZ_ORDER_LISTED},
                             .prompt = &f->prompt,
                             .max_tokens = 512};
}

static AZ_UNUSED void fixture_release(struct fixture *f)
{
    az_prompt_release(&f->prompt);
    az_arena_free(f->arena);
}

static AZ_UNUSED void fixture_score(struct fixture *f, double min, double max, double step)
{
    f->panel.question =
        (struct az_question){.kind = AZ_SCORE, .scale_min = min, .scale_max = max, .step = step};
    f->item.n_responses = 1;
    f->ask.key.order = AZ_ORDER_NONE;
}

static AZ_UNUSED void fixture_choice(struct fixture *f)
{
    f->panel.question =
        (struct az_question){.kind = AZ_CHOICE, .n_labels = 3, .labels = choice_labels};
    f->item.n_responses = 1;
    f->ask.key.order = AZ_ORDER_NONE;
}

/* The ballot as one word: "A", "tie", "3.5", "parse". Static text. */
static AZ_UNUSED const char *ballot_word(const struct fixture *f, const struct az_ballot *b)
{
    static char text[64];
    if (b->error != AZ_BE_NONE) {
        assert_int_equal(b->label, AZ_LABEL_NONE);
        assert_false(b->has_score);
        assert_int_equal(b->n_probs, 0);
        assert_true(b->error_text.n > 0);
        return az_ballot_error_name(b->error);
    }
    if (b->has_score)
        snprintf(text, sizeof(text), "%g", b->score);
    else
        snprintf(text, sizeof(text), "%s", az_label_name(&f->panel.question, b->label));
    return text;
}

/* What the judge's format makes of `text`. */
static AZ_UNUSED const char *read_text(struct fixture *f, const char *text, bool cut,
                                       struct az_ballot *b)
{
    struct az_reply reply = {.text = az_str(text), .cut = cut};
    *b = (struct az_ballot){0};
    assert_int_equal(az_answer_read(f->arena, &f->ask, &reply, b), 0);
    return ballot_word(f, b);
}
