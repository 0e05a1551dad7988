/* client/cli/estimate.h: what a job will take, before anybody is asked. Pure.
 *
 * Calls and the worst case are upper bounds for one call a question; tokens of
 * requests are bytes of the rendered prompt / 4, which is an estimate. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"
#include "core/prompt.h"

enum { AZ_BYTES_PER_TOKEN = 4 };

struct az_estimate_judge {
    int64_t calls;
    int64_t bytes;  /* of prompts as rendered, without what others said before */
    int64_t out;    /* tokens, at most */
    az_nusd likely; /* of the requests alone, at bytes / 4 */
    az_nusd worst;  /* what is reserved for one call each */
};

struct az_estimate {
    const struct az_panel *panel;
    const struct az_prompter *prompter;
    int64_t items;
    struct az_estimate_judge *judges; /* as the panel's */
    struct az_prompt prompt;          /* scratch */
    struct az_seen *seen;             /* what a later round may show, at its longest */
    char *filler;
};

/* Panel and prompter are borrowed. AZ_ENOMEM. */
int az_estimate_init(struct az_estimate *e, const struct az_panel *panel,
                     const struct az_prompter *prompter, struct az_error *err);
void az_estimate_release(struct az_estimate *e);

/* Count one more item. AZ_ENOMEM. */
int az_estimate_add(struct az_estimate *e, const struct az_item *item, struct az_error *err);

struct az_estimate_judge az_estimate_total(const struct az_estimate *e);
