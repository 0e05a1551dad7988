/* coordinator/io_intake.h: a submitted file on its way into its job's store, chunk
 * by chunk: lines become items, by the rules of reception.h. Edge; one thread at a
 * time, and it waits for the disk. */
#pragma once
#include "coordinator/reception.h"
#include "coordinator/store.h"
#include "core/base.h"
#include "core/error.h"
#include "core/panel.h"

struct az_intake;

/* Open the job in `dir`, which has its panel.yaml; the panel is taken, also on
 * failure. Errors as az_store_open(). */
int az_intake_open(const char *dir, struct az_panel *panel, struct az_intake **ret,
                   struct az_error *err);
int az_intake_close(struct az_intake *in, struct az_error *err);
void az_intake_free(struct az_intake *in); /* close without asking */
AZ_FREEP(intake)

struct az_store_progress az_intake_progress(const struct az_intake *in);
int64_t az_intake_items(const struct az_intake *in);

/* Returns once it is durable. A chunk that came before changes nothing. *bad is
 * for the caller, who gives it empty. AZ_EINVAL: chunks before it are missing, the
 * last one was there already, or its lines are not in order. AZ_EOUTPUT, AZ_EIO, AZ_ENOMEM: the
 * intake is good for nothing but closing, and the chunk may be given again to a new one. */
int az_intake_take(struct az_intake *in, const struct az_chunk *chunk, struct az_bad_lines *bad,
                   struct az_error *err);
