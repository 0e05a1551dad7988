/* client/cli/label_file.h: the gold file that `assize label` writes: what is in it,
 * one label more, one less. Pure; reading and writing it is the caller's.
 *
 * A line is {"id": …, "gold": …, "weight": …} and whatever else it had. Weights are
 * 1 / chance of a draw. A second draw from what the first left has chances of its own;
 * both together stay unbiased when each earlier weight w becomes a*w + (1 - a) and each
 * new one (1 - a)/chance, with a the earlier draw's part of all labels: the mean of the
 * first draw's estimate and of the one that takes its items as known. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"

struct az_label_file;

/* From the file's bytes (empty: a new file). AZ_EINVAL names the line; a weight that
 * is not there is 1. Copies. */
int az_label_file_parse(struct az_str text, struct az_label_file **ret, struct az_error *err);
void az_label_file_free(struct az_label_file *f);
AZ_FREEP(label_file)

bool az_label_file_has(const struct az_label_file *f, struct az_str id);
size_t az_label_file_count(const struct az_label_file *f); /* with those of earlier draws */
size_t az_label_file_new_count(const struct az_label_file *f);

/* How many items this draw picked. Where only some of them get a label, each stands for
 * more: chances are cut by that part. */
void az_label_file_drawn(struct az_label_file *f, size_t picks);
/* A label of this draw: `gold` is JSON. AZ_ENOMEM. */
int az_label_file_add(struct az_label_file *f, struct az_str id, struct az_str gold, double chance,
                      struct az_error *err);
/* Takes the last one of this draw back; its id (borrowed until the next change), or
 * {NULL, 0}: there is none. */
struct az_str az_label_file_undo(struct az_label_file *f);

/* The file as it is to stand on disk. */
void az_label_file_print(const struct az_label_file *f, struct az_buf *b);
