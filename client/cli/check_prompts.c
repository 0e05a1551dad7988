/* The prompts that judges will be shown, each distinct one once. */
#include "client/cli/check_text.h"
#include "client/cli/human.h"
#include "core/item.h"
#include "core/mem.h"
#include "core/wrap.h"

static const unsigned char no_secret[AZ_SECRET_BYTES]; /* a job makes its own */

/* What a judge gets: its prompt's hash, or none where it can't be asked. */
struct shown {
    bool asked, done;
    struct az_hash hash;
};

struct prompts {
    struct az_buf *b;
    const struct az_panel *panel;
    const struct az_prompter *prompter;
    const struct az_item *item;
    size_t width;
    struct az_prompt prompt;
    struct shown *shown;
};

static int render(struct prompts *p, size_t j, struct az_error *err)
{
    enum az_order orders[2];
    az_judge_orders(p->panel, (int)j, orders);
    struct az_key key = {.judge = (int)j, .round = 1, .criterion = -1, .order = orders[0]};
    return az_prompter_render(p->prompter, &p->prompt, &key, p->item, NULL, no_secret, err);
}

/* Which prompt each judge gets; who can't be asked about this item is told. */
static int find(struct prompts *p, struct az_error *err)
{
    for (size_t j = 0; j < p->panel->n_judges; j++) {
        const struct az_judge *judge = &p->panel->judges[j];
        if (az_backend_is_local(&p->panel->backends[judge->backend_at]))
            continue;
        int r = render(p, j, err);
        if (r == AZ_EINVAL) {
            az_buf_z(p->b, "\njudge ");
            az_human_text(p->b, az_str(judge->name), AZ_WRAP_NONE);
            az_buf_z(p->b, " can't be asked about this item: ");
            az_human_text(p->b, az_str(err->what), AZ_WRAP_NONE);
            az_buf_char(p->b, '\n');
            continue;
        }
        if (r < 0)
            return r;
        p->shown[j] = (struct shown){.asked = true, .hash = p->prompt.hash};
    }
    return 0;
}

static void title(struct prompts *p, size_t first)
{
    const char *before = "\nwhat ";
    for (size_t j = first; j < p->panel->n_judges; j++) {
        struct shown *s = &p->shown[j];
        if (!s->asked || s->done || !az_hash_eq(&s->hash, &p->shown[first].hash))
            continue;
        az_buf_z(p->b, before);
        az_human_text(p->b, az_str(p->panel->judges[j].name), AZ_WRAP_NONE);
        before = ", ";
        s->done = true;
    }
    az_buf_z(p->b, " will read of item ");
    az_human_text(p->b, p->item->id, AZ_WRAP_NONE);
    az_buf_z(p->b, "\n");
}

int az_check_prompts(struct az_buf *b, const struct az_panel *panel,
                     const struct az_prompter *prompter, const struct az_item *item, size_t width,
                     struct az_error *err)
{
    struct prompts p = {.b = b, .panel = panel, .prompter = prompter, .item = item, .width = width};
    p.shown = az_zalloc(panel->n_judges * sizeof(*p.shown));
    az_prompt_init(&p.prompt);
    int r = p.shown ? find(&p, err) : az_oom(err);
    for (size_t j = 0; r == 0 && j < panel->n_judges; j++) {
        if (!p.shown[j].asked || p.shown[j].done)
            continue;
        title(&p, j);
        r = render(&p, j, err);
        az_buf_z(b, "  system\n");
        az_wrap_text(b, az_buf_view(&p.prompt.system), 4, width);
        az_buf_z(b, "  user\n");
        az_wrap_text(b, az_buf_view(&p.prompt.user), 4, width);
    }
    az_prompt_release(&p.prompt);
    free(p.shown);
    return r < 0 ? r : az_buf_check(b, err);
}

int az_check_example(const struct az_panel *panel, struct az_item **ret, struct az_error *err)
{
    static const char one[] = "{\"id\":\"example\",\"prompt\":\"(the item's prompt)\","
                              "\"reference\":\"(its reference)\",\"context\":\"(its context)\","
                              "\"response\":\"(its response)\"}";
    static const char two[] = "{\"id\":\"example\",\"prompt\":\"(the item's prompt)\","
                              "\"reference\":\"(its reference)\",\"context\":\"(its context)\","
                              "\"responses\":[\"(the first response)\",\"(the second response)\"]}";
    bool many = panel->question.kind != AZ_CHOICE && panel->question.kind != AZ_SCORE;
    struct az_panel plain = *panel; /* `fields:` is about the user's lines */
    plain.n_fields = 0;
    return az_item_parse(&plain, az_str(many ? two : one), 1, ret, err);
}
