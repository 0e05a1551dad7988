/* coordinator/effects.h: what the scheduler wants done: data, not calls. The
 * loop runs them in order after each event. Pure.
 *
 * Pointers are borrowed from the scheduler or from the event that caused them,
 * until the next event. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "core/wire.h"

enum az_effect_kind {
    AZ_FX_PANEL,   /* the job's panel to a worker, before what follows */
    AZ_FX_SEND,    /* a message to a worker */
    AZ_FX_BALLOT,  /* store it */
    AZ_FX_VERDICT, /* store it */
    AZ_FX_LEDGER,  /* store it */
};

struct az_effect {
    enum az_effect_kind kind;
    void *job; /* whose; not of SEND, which may speak of several */
    union {
        struct {
            int peer;
            uint32_t number; /* as questions name the panel */
        } panel;
        struct {
            int peer;
            struct az_msg msg; /* questions, recall, forget, tune; seq is the sender's to set */
        } send;
        const struct az_ballot *ballot;
        struct {
            int64_t seq;
            const struct az_verdict *verdict;
            struct az_ballots ballots;
        } verdict;
        struct {
            az_nusd settled, ceiling;
        } ledger;
    };
};

struct az_effects {
    size_t n, cap;
    uint64_t turn; /* grows when they are cleared */
    struct az_effect *v;
    struct az_arena *arena; /* for what the effects point to; reset with them */
};

int az_effects_init(struct az_effects *fx, struct az_error *err);
void az_effects_release(struct az_effects *fx);
void az_effects_clear(struct az_effects *fx);
/* NULL when out of memory. */
struct az_effect *az_effects_add(struct az_effects *fx, enum az_effect_kind kind, void *job);
