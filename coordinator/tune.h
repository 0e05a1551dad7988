/* coordinator/tune.h: limits of backends that an admin set, over what workers are
 * configured with: told to the workers that are there, and to those that come, or
 * come again, for as long as the process lives. Pure: what is told goes into effects.
 * One thread owns it. Calls that can fail return AZ_ENOMEM, and then all must stop. */
#pragma once
#include "coordinator/effects.h"
#include "coordinator/sched.h"

struct az_tune {
    char *backend;
    uint32_t slots; /* 0 = not set, as all here */
    double rpm, tpm;
};

/* Zeroed, none was set. */
struct az_tunes {
    size_t n, cap;
    struct az_tune *v;
};
void az_tunes_release(struct az_tunes *t);

/* `msg` (AZ_MSG_TUNE; what is 0 in it stays as it was; its text is copied) to each
 * worker that has its backend. Returns how many have it; 0: nobody is told. Where any
 * has it, those that have not said yet what they have are told, too, for what they
 * were told when they came was older. */
int az_tunes_set(struct az_tunes *t, const struct az_sched *sched, const struct az_msg *msg,
                 struct az_effects *fx, struct az_error *err);

/* A worker said hello, and is told what was set. Which backends it has it has not said
 * yet; what it does not have it passes over. `t` keeps the text. */
int az_tunes_hello(const struct az_tunes *t, int peer, struct az_effects *fx, struct az_error *err);
