/* statistics/learn/model.h: what was learnt, as plain numbers, and the interface
 * of everything that learns. Pure.
 *
 * A learner is a row in learner.c: a name, the arrays that its models are made of,
 * and two functions. A model is those arrays, so that it can be written down and
 * read again (model_json.h) without knowing what they mean. A model is read only
 * once it is made, and may be shared by threads. */
#pragma once
#include "core/base.h"
#include "core/error.h"
#include "statistics/learn/design.h"

enum { AZ_MODEL_FIELDS = 4, AZ_MODEL_PARTS = 12, AZ_REASON_MAX = 160 };

struct az_model;

struct az_field {
    const char *name;
    size_t (*size)(const struct az_frame *f);
};

struct az_learner {
    const char *name;
    const char *what;                        /* a line for a table of aggregators */
    struct az_field fields[AZ_MODEL_FIELDS]; /* up to one without a name */
    bool mixture; /* its parts are models, and what is not seen is their business */
    /* Learn from `rows`, which are all labelled. m's arrays are there and zero. 0,
     * AZ_ENOMEM, or AZ_EINVAL: these rows do not allow it. */
    int (*fit)(const struct az_design *d, struct az_rows rows, uint64_t seed, struct az_model *m);
    /* n_labels probabilities for each of `rows`, in that order; answers that are not
     * open (az_model_open) get 0. AZ_ENOMEM. */
    int (*predict)(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                   double *p);
    /* What is wrong with arrays that were read, in static text; NULL: nothing. May be
     * NULL: any numbers will do. */
    const char *(*check)(const struct az_model *m);
};

struct az_model {
    const struct az_learner *learner;
    struct az_frame frame;
    size_t n_labelled, n_clusters;       /* that it was learnt from */
    double unseen[AZ_SAMPLE_LABELS_MAX]; /* 0, or the probability of a label that no
                                          * labelled item has (rule of succession) */
    double *arrays[AZ_MODEL_FIELDS];
    struct az_model *parts[AZ_MODEL_PARTS];
    size_t n_parts;
    char reason[AZ_REASON_MAX]; /* why it is simpler than what was asked for; or empty */
};

/* Zeroed arrays, and which labels `rows` have. NULL: out of memory. */
struct az_model *az_model_new(const struct az_learner *learner, const struct az_design *d,
                              struct az_rows rows);
/* The same without labelled items, as a reader needs it. */
struct az_model *az_model_empty(const struct az_learner *learner, const struct az_frame *f);
void az_model_free(struct az_model *m);
AZ_FREEP(model)

size_t az_model_size(const struct az_model *m, size_t field);

/* Which answers of the item are told apart: those it has and that were seen. */
void az_model_open(const struct az_model *m, const struct az_design *d, size_t item, bool *open);

/* n_labels probabilities an item, which sum to 1. AZ_ENOMEM. */
int az_model_predict(const struct az_model *m, const struct az_design *d, struct az_rows rows,
                     double *p);
