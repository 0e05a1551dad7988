/* core/prompter.h: what a prompter holds, for prompt.c (which makes it) and
 * render.c (which reads it). Nobody else includes it. */
#pragma once
#include "core/prompt.h"
#include "core/template.h"

struct az_prompt_part {
    struct az_template *template;
    struct az_buf system, labels;
    size_t system_bytes;                            /* of the system part and `extra`, as JSON */
    unsigned char hashed[sizeof(struct az_hasher)]; /* the state after the system part */
};

struct az_prompter {
    const struct az_panel *panel;
    struct az_buf scale;
    struct az_template *seen;
    int64_t margin; /* what a backend adds, at the most */
    size_t n;
    struct az_prompt_part *parts; /* one a judge */
};
