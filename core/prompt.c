#include "core/prompt.h"

#include "core/instruct.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/prompter.h"
#include "core/template.h"

#define SHOWN_WHEN_THERE(field, title) \
    "{{#" field "}}\n" title ":\n{{" field "}}\n\n{{/" field "}}\n"
#define ABOUT_THE_ITEM                            \
    SHOWN_WHEN_THERE("context", "The context")    \
    SHOWN_WHEN_THERE("turns", "The conversation") \
    SHOWN_WHEN_THERE("prompt", "The prompt")      \
    SHOWN_WHEN_THERE("reference", "A reference answer")

static const char one_template[] =
    ABOUT_THE_ITEM "{{#response}}\nTo be judged:\n{{response}}\n{{/response}}\n";
static const char many_template[] =
    ABOUT_THE_ITEM "{{#responses}}\nResponse {{slot}}:\n{{text}}\n\n{{/responses}}\n";

/* Appended to a template that does not show what was seen: the item comes
 * first, so a later round shares its prefix with the round before. */
static const char seen_template[] = "{{#seen}}\n"
                                    "\n"
                                    "{{judge}} answered: {{answer}}\n"
                                    "{{#rationale}}\n"
                                    "{{rationale}}\n"
                                    "{{/rationale}}\n"
                                    "{{/seen}}\n";

static bool many(const struct az_question *q)
{
    return q->kind == AZ_PAIR || q->kind == AZ_BEST || q->kind == AZ_RANK;
}

const char *az_template_default(const struct az_question *q)
{
    return many(q) ? many_template : one_template;
}

int az_template_check(const struct az_question *q, const char *template, struct az_error *err)
{
    AZ_AUTO(template) t = NULL;
    return az_template_parse(q, template, &t, err);
}

void az_prompt_init(struct az_prompt *p)
{
    *p = (struct az_prompt){.system = az_buf(AZ_PROMPT_MAX), .user = az_buf(AZ_PROMPT_MAX)};
}

void az_prompt_release(struct az_prompt *p)
{
    az_buf_release(&p->system);
    az_buf_release(&p->user);
    free(p->fences);
    p->fences = NULL;
    p->n_fences = p->cap_fences = 0;
}

static int part_init(struct az_prompt_part *part, const struct az_panel *panel,
                     const struct az_judge *judge, struct az_error *err)
{
    const struct az_question *q = &panel->question;
    part->system = az_buf(AZ_PROMPT_MAX);
    part->labels = az_buf(AZ_PROMPT_MAX);

    const char *text = judge->template ? judge->template : panel->template;
    int r = az_template_parse(q, text ? text : az_template_default(q), &part->template, err);
    if (r < 0)
        return r == AZ_ENOMEM ? r : az_wrap(err, "judge '%s': template", judge->name);
    r = az_instruct(&part->system, panel, judge, err);
    if (r < 0)
        return r;

    part->system_bytes =
        az_json_bytes(az_buf_view(&part->system)) + (judge->extra ? strlen(judge->extra) : 0);

    struct az_hasher h;
    az_hasher_init(&h);
    az_hasher_str(&h, az_buf_view(&part->system));
    memcpy(part->hashed, &h, sizeof(h));
    az_instruct_labels(&part->labels, q, judge->answer);
    return az_buf_check(&part->labels, err);
}

/* Role names and braces, and a schema that lists every label: each byte of a
 * name is at most six as JSON. */
static int64_t margin_for(const struct az_question *q)
{
    int64_t margin = 1024 + 8 * AZ_RESPONSES_MAX;
    for (size_t i = 0; i < q->n_labels; i++)
        margin += 8 + 6 * (int64_t)strlen(q->labels[i]);
    return margin;
}

int az_prompter_new(const struct az_panel *panel, struct az_prompter **ret, struct az_error *err)
{
    AZ_AUTO(prompter) r = az_zalloc(sizeof(*r));
    if (!r)
        return az_oom(err);
    r->panel = panel;
    r->margin = margin_for(&panel->question);
    r->scale = az_buf(AZ_PROMPT_MAX);
    az_instruct_scale(&r->scale, &panel->question);
    int e = az_buf_check(&r->scale, err);
    if (e == 0)
        e = az_template_parse(&panel->question, seen_template, &r->seen, err);
    if (e < 0)
        return e;

    r->parts = az_zalloc(panel->n_judges * sizeof(*r->parts));
    if (!r->parts)
        return az_oom(err);
    for (; r->n < panel->n_judges; r->n++) {
        e = part_init(&r->parts[r->n], panel, &panel->judges[r->n], err);
        if (e < 0) {
            r->n++;
            return e;
        }
    }
    *ret = AZ_TAKE(r);
    return 0;
}

void az_prompter_free(struct az_prompter *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++) {
        az_template_free(r->parts[i].template);
        az_buf_release(&r->parts[i].system);
        az_buf_release(&r->parts[i].labels);
    }
    free(r->parts);
    az_buf_release(&r->scale);
    az_template_free(r->seen);
    free(r);
}

int az_prompt_render(struct az_prompt *p, const struct az_panel *panel, const struct az_key *key,
                     const struct az_item *item, const struct az_view *view,
                     const unsigned char secret[AZ_SECRET_BYTES], struct az_error *err)
{
    AZ_AUTO(prompter) r = NULL;
    int e = az_prompter_new(panel, &r, err);
    return e < 0 ? e : az_prompter_render(r, p, key, item, view, secret, err);
}

int64_t az_prompt_bytes_bound(const struct az_panel *panel, const struct az_key *key,
                              const struct az_item *item, const struct az_view *view)
{
    AZ_AUTO(prompter) r = NULL;
    if (az_prompter_new(panel, &r, NULL) < 0)
        return INT64_MAX;
    return az_prompter_bytes_bound(r, key, item, view);
}
