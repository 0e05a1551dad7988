/* coordinator/share.h: memory that several share, each as much as is left free.
 * Pure; not thread-safe.
 *
 * Whoever wants more may have it as long as all of theirs is no more than what is
 * free then: one alone gets half, two get a third each, and whoever comes next finds
 * room ("dynamic thresholds", Choudhury and Hahne, IEEE/ACM Transactions on
 * Networking 6(2), 1998, with alpha 1). Who has nothing yet may have one piece of
 * any size while there is anything left; so the bound is passed by one piece at the
 * most. */
#pragma once
#include "core/base.h"
#include "core/error.h"

struct az_share_part {
    char *who;
    size_t bytes; /* above zero */
};

struct az_share {
    size_t max, used; /* bytes */
    size_t n, cap;
    struct az_share_part *v;
};

/* The caller sets `max`, all else zero. */
void az_share_release(struct az_share *s);

/* AZ_EBUSY: not now; AZ_ENOMEM. Each that was taken is given back. */
int az_share_take(struct az_share *s, const char *who, size_t bytes, struct az_error *err);
void az_share_give(struct az_share *s, const char *who, size_t bytes);
