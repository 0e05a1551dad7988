/* client/cli/unlearnt.h: items decided together, from the agreement of judges alone: no
 * true answer is looked at. Pure.
 *
 * The answer of an item is the likeliest by the method's posterior; answers within 1e-9
 * of each other are as likely, and go to the rule for ties. Of a score it is the level,
 * or the inferred score. */
#pragma once
#include "client/cli/corpus.h"
#include "policies/aggregate/inferred.h"
#include "statistics/infer/infer.h"
#include "workers/names.h"

struct az_unlearnt {
    struct az_inferred by; /* first: an aggregate's `inferred` */
    const struct az_infer_method *method;
    struct az_infer found;
    struct az_names ids; /* of the corpus' items; number - 1 is the first item of that id */
    uint32_t *item;
    size_t cap;
};

/* Is it the name of one? Not majority, which has its own rule. */
bool az_unlearnt_is(const char *name);

/* From all items of `c`. AZ_EUSAGE: the method is not for such answers; AZ_ENOMEM. *ret is
 * to be released after errors too, and not to be moved. */
int az_unlearnt_infer(const struct az_corpus *c, const char *method, struct az_unlearnt *ret,
                      struct az_error *err);
void az_unlearnt_release(struct az_unlearnt *u); /* a zeroed one is fine */
