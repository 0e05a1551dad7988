/* core/item_fill.h: the parts that az_item_parse() is made of; for core/item*.c
 * only. Pure. Each sets its fields of fill->item or leaves them empty, and
 * fails with AZ_EINVAL (the line is wrong) or AZ_ENOMEM. */
#pragma once
#include "core/item.h"
#include "core/item_fields.h"
#include "core/json.h"

struct fill {
    const struct az_panel *panel;
    az_jv line;         /* the parsed object … */
    struct az_str json; /* … and its text */
    struct az_item *item;
    bool chosen_first, chosen_last; /* from `chosen`/`rejected`: where it went */
    struct az_error *err;
};

/* "'prompt' is a number, expected a string" */
int az_fill_wrong_type(struct fill *f, const char *as, az_jv v, const char *expected);

/* A copy of a string value. */
int az_fill_str(struct fill *f, const char *as, az_jv v, struct az_str *to);

/* A text that may have been written as a number or boolean, as the answer to a
 * question often is: 42 is "42", true is "true". */
int az_fill_scalar(struct fill *f, const char *as, az_jv v, struct az_str *to);

/* The value as compact JSON text. */
int az_fill_json(struct fill *f, az_jv v, struct az_str *to);

/* item_responses.c: response, responses and their other forms, systems. */
int az_fill_responses(struct fill *f);
int az_fill_systems(struct fill *f);
/* Has the question all that it needs? */
int az_fill_check(struct fill *f);

/* item_messages.c: `messages` gives what is still missing of response, prompt
 * and turns. */
int az_fill_messages(struct fill *f);
/* The text of a message: its content, or its text parts joined. `as` and
 * `number` (from 1) are for errors. */
int az_fill_message_text(struct fill *f, const char *as, size_t number, az_jv message,
                         struct az_str *to);
/* Is this a message by the assistant? */
bool az_fill_by_assistant(az_jv message);
