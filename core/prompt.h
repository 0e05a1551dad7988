/* core/prompt.h: what a judge is sent as text: a system part (rules and the
 * answer's form, the same for all items of a judge) and a user part (the
 * panel's template with the item's fields fenced). Pure.
 *
 * An item's text is data that may try to instruct the judge. `{{field}}` puts
 * it between fence lines that carry a nonce: a keyed hash of the fenced bytes,
 * so that it cannot be forged from inside and is the same whenever the same
 * bytes are fenced within a job. */
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

struct az_prompt {
    struct az_buf system, user;
    /* Of both parts, with every nonce zeroed: what the cache key hashes. */
    struct az_hash hash;
};

void az_prompt_init(struct az_prompt *p); /* so that it can be used again and again … */
void az_prompt_release(struct az_prompt *p); /* … and released once */

/* Render the question `key` for `item`; `view` may be NULL or empty. The
 * answer's form (json, letter, [[A]] …) is told in the system part.
 * AZ_ELIMIT: the item is longer than `clip` allows, the error says which field
 * (the ballot error is then too_long). AZ_EINVAL: the template wants a field
 * that the item lacks (ballot error unfit). */
int az_prompt_render(struct az_prompt *p, const struct az_panel *panel, const struct az_key *key,
                     const struct az_item *item, const struct az_view *view,
                     const unsigned char secret[AZ_SECRET_BYTES], struct az_error *err);

/* No fewer bytes than any rendering of this question plus what a backend adds
 * around it (schema, role names): the worst case that money is reserved for. */
int64_t az_prompt_bytes_bound(const struct az_panel *panel, const struct az_key *key,
                              const struct az_item *item, const struct az_view *view);

/* Does this template parse, and does it name only fields that exist and may be
 * shown? AZ_EINVAL says where and what ("'{{gold}}' is never shown to a judge"). */
int az_template_check(const struct az_question *q, const char *template, struct az_error *err);

/* The template used when the panel gives none. Static. */
const char *az_template_default(const struct az_question *q);

/* The prompt shows a "tie" choice, letters or label names in this order: the
 * name shown for label `label` (item's frame) in `key`'s order. */
const char *az_prompt_label_shown(const struct az_panel *panel, const struct az_key *key,
                                  const struct az_item *item, int label);
