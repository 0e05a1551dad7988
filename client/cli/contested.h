/* client/cli/contested.h: the items on which seats disagree most, written down as a
 * report shows them. Pure. Of any number of items the `most` most contested are kept. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"

struct az_contested;

enum { AZ_CONTESTED_TEXT = 6000 }; /* bytes of a text that are kept */

/* `panel` is borrowed. NULL: out of memory. */
struct az_contested *az_contested_new(const struct az_panel *panel, size_t most);
void az_contested_free(struct az_contested *c);
AZ_FREEP(contested)

/* How far the seats of an item are from one answer: of labels 1 - sum of squared mean
 * shares, of scores their standard deviation as a part of the scale; 0 where fewer than
 * two voted. AZ_ENOMEM. */
int az_doubt(const struct az_panel *panel, const struct az_item *item, struct az_ballots ballots,
             double *ret);

/* AZ_ENOMEM, and it is good for nothing but freeing. */
int az_contested_add(struct az_contested *c, const struct az_item *item,
                     const struct az_verdict *verdict, struct az_ballots ballots,
                     struct az_error *err);

/* A JSON array, the most contested first. */
void az_contested_print(struct az_buf *b, struct az_contested *c);
