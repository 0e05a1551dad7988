/* core/prompt.h: what a judge is sent as text: a system part (rules and the
 * answer's form, the same for all items of a judge) and a user part (the
 * panel's template with the item's fields fenced). Pure.
 *
 * An item's text is data that may try to instruct the judge. `{{field}}` puts
 * it between fence lines that carry a nonce (core/fence.h): a keyed hash of the
 * fenced bytes, so that it cannot be forged from inside and is the same whenever
 * the same bytes are fenced within a job. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/model.h"
#include "core/panel.h"

/* What a judge may see of an earlier round: anonymous, in the judge's frame. */
struct az_seen {
    int label; /* item's frame; AZ_LABEL_NONE for a score */
    bool has_score;
    double score;
    struct az_str rationale;
};

struct az_view {
    size_t n;
    const struct az_seen *seen; /* in plan order */
};

struct az_fence;
struct az_prompt {
    struct az_buf system, user;
    /* Of both parts, with every nonce zeroed: what the cache key hashes. */
    struct az_hash hash;
    struct az_fence *fences; /* of the last rendering */
    size_t n_fences, cap_fences;
};

enum { AZ_PROMPT_MAX = 16 << 20 }; /* bytes of a part */

void az_prompt_init(struct az_prompt *p);    /* so that it can be used again and again … */
void az_prompt_release(struct az_prompt *p); /* … and released once */

/* What is the same for all items of a panel, made once: templates parsed,
 * system parts written. Never changed after, so threads may share it. The
 * panel outlives it.
 * AZ_EINVAL: a template that does not parse ("judge 'x': template: line 3:
 * …"), or an answer format that cannot carry the question's answers. */
struct az_prompter;
int az_prompter_new(const struct az_panel *panel, struct az_prompter **ret, struct az_error *err);
void az_prompter_free(struct az_prompter *r); /* NULL is fine */
AZ_FREEP(prompter)

/* Render the question `key` for `item`; `view` may be NULL or empty. What a
 * judge of an earlier round said is appended where the template does not show
 * it itself ({{#seen}}). Text over the panel's `clip` is cut to that many
 * characters, and the cut is told outside the fence.
 * AZ_ELIMIT: a part is larger than AZ_PROMPT_MAX (ballot error too_long).
 * AZ_EINVAL: the template wants a field that the item lacks (unfit). */
int az_prompter_render(const struct az_prompter *r, struct az_prompt *p, const struct az_key *key,
                       const struct az_item *item, const struct az_view *view,
                       const unsigned char secret[AZ_SECRET_BYTES], struct az_error *err);

/* No fewer bytes than any rendering of this question has as JSON, plus what a
 * backend adds around it (schema, role names): the worst case that money is
 * reserved for. */
int64_t az_prompter_bytes_bound(const struct az_prompter *r, const struct az_key *key,
                                const struct az_item *item, const struct az_view *view);
/* What asking again adds: what the judge said, its mistake and the answer's
 * form once more. 0 for a mistake that is not shown, or none. */
int64_t az_prompter_again_bound(const struct az_prompter *r, enum az_ballot_error mistake,
                                struct az_str said);

/* The same with a prompter of its own, for whoever renders one or two. The
 * bound is INT64_MAX where there is no memory or no valid template. */
int az_prompt_render(struct az_prompt *p, const struct az_panel *panel, const struct az_key *key,
                     const struct az_item *item, const struct az_view *view,
                     const unsigned char secret[AZ_SECRET_BYTES], struct az_error *err);
int64_t az_prompt_bytes_bound(const struct az_panel *panel, const struct az_key *key,
                              const struct az_item *item, const struct az_view *view);

/* Does this template parse, and does it name only fields that exist and may be
 * shown? AZ_EINVAL says where and what ("line 1: '{{gold}}' is never shown to
 * a judge"). The language is described in core/template.h. */
int az_template_check(const struct az_question *q, const char *template, struct az_error *err);

/* The template used when the panel gives none. Static. */
const char *az_template_default(const struct az_question *q);

/* How the judge of `key` writes the answer `label` (item's frame) in that
 * order. Pair and best: the frame's B is "A" where the order is reversed. By
 * answer format: json and regex, the label's name ("tie"); letter, logprobs
 * and mt_bench, a letter (a tie is "C"; a choice's labels are A, B … in their
 * order); arena_hard, "A>B", "A=B", "B>A". */
const char *az_prompt_label_shown(const struct az_panel *panel, const struct az_key *key,
                                  const struct az_item *item, int label);
