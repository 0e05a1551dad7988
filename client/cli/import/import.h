/* client/cli/import/import.h: judgements that were made elsewhere, as ballots. Pure:
 * bytes in, ballots (and items) as JSON lines out, into buffers that the caller
 * empties.
 *
 * A form is a row of the table in forms.c and one file. It reads one record (a
 * line, a row, an element of a list) and says what the judgements in it are
 * about, az_import_about(), then each of them, az_import_vote(). The rest is
 * done here, once for all: the join with the items, the label's frame, names
 * of labels, samples, counting. */
#pragma once
#include "client/cli/import/join.h"
#include "client/cli/import/repeats.h"
#include "core/arena.h"
#include "core/base.h"
#include "core/buf.h"
#include "core/csv.h"
#include "core/error.h"
#include "core/json.h"
#include "core/model.h"
#include "core/panel.h"
#include "core/seen.h"
#include "workers/recorded_line.h"

/* ---- what the command line says ---- */

/* Columns that rows may have; the names they are found under stand in rows.c. */
#define AZ_COLUMNS(X)           \
    X(ITEM, "item")             \
    X(JUDGE, "judge")           \
    X(LABEL, "label")           \
    X(SCORE, "score")           \
    X(ORDER, "order")           \
    X(SAMPLE, "sample")         \
    X(ROUND, "round")           \
    X(RATIONALE, "rationale")   \
    X(MODEL, "model")           \
    X(USD, "usd")               \
    X(MS, "ms")                 \
    X(TOKENS_IN, "tokens_in")   \
    X(TOKENS_OUT, "tokens_out") \
    X(ERROR, "error")           \
    X(PROMPT, "prompt")         \
    X(RESPONSE, "response")     \
    X(RESPONSE_A, "response_a") \
    X(RESPONSE_B, "response_b") \
    X(SYSTEM_A, "system_a")     \
    X(SYSTEM_B, "system_b")     \
    X(LEFT, "left")             \
    X(RIGHT, "right")           \
    X(GOLD, "gold")             \
    X(KIND, "kind")

enum az_column {
#define X(name, text) AZ_COL_##name,
    AZ_COLUMNS(X)
#undef X
        AZ_COL_COUNT
};

enum {
    AZ_IMPORT_MAPS = 64,
    AZ_IMPORT_SHOWN = 10,
    AZ_IMPORT_COLUMNS = 256,
    AZ_IMPORT_ODD = 4,
    AZ_IMPORT_ODD_NAME = 33
};

struct az_import_map {
    struct az_str from, to;
};

struct az_import_options {
    const char *judge; /* where the record names none; or NULL */
    size_t n_map;
    struct az_import_map map[AZ_IMPORT_MAPS]; /* the source's label to ours */
    struct az_str columns[AZ_COL_COUNT];      /* {NULL}: by the usual names */
    bool shown;                               /* rows: labels are in the frame that was shown */
    const struct az_panel *panel;             /* replies: question and answer's form; or NULL */
    size_t panel_judge;                       /* … of this judge of it */
    const char *id_pattern;                   /* replies: "{item}/{order}"; or NULL */
};

/* "yes=A,no=B", each source once, and "item=id,label=winner". AZ_EUSAGE. The text is borrowed. */
int az_import_read_map(struct az_import_options *o, const char *text, struct az_error *err);
int az_import_read_columns(struct az_import_options *o, const char *text, struct az_error *err);

/* ---- a form ---- */

struct az_record {
    int64_t number;               /* line, or place in the list, from 1 */
    struct az_str text;           /* of a line or a value */
    az_jv json;                   /* AZ_FORM_JSON */
    size_t path;                  /* which of the form's paths; lines have the first */
    const struct az_csv_row *row; /* AZ_FORM_ROWS */
};

struct az_import;

struct az_form {
    const char *name, *summary;
    enum { AZ_FORM_LINES, AZ_FORM_ROWS, AZ_FORM_JSON } shape;
    /* JSON: where the records of one large document are; the first is that of
     * the records themselves, others are read on the way. NULL-terminated. */
    const char *const *paths;
    /* Zip archives of them: which entries are records (a name, or a folder's with its
     * slash), and what of them is read. NULL: it comes in none. */
    const char *const *entries, *const *members;
    /* Texts that stand near the beginning of such a file, all of them; for a
     * guess at what a file is. NULL-terminated. */
    const char *marks[4];
    bool wants_panel; /* replies are read by an answer's form */
    bool has_items;   /* the records carry prompt and responses */
    /* AZ_EINVAL: the record is bad; it is told and counted, and reading goes on. */
    int (*read)(struct az_import *im, const struct az_record *record, struct az_error *err);
};

/* All, ending with a row without a name. */
extern const struct az_form az_forms[];
const struct az_form *az_form_find(const char *name); /* NULL: none */
/* The form whose marks the text has; NULL: none, or `not_this` has them as well. */
const struct az_form *az_form_guess(struct az_str head, const struct az_form *not_this);
/* The form of a header of columns; NULL: the first line is none. */
const struct az_form *az_form_guess_rows(struct az_str head);

/* What judgements are about. Text lives as long as the call. */
struct az_subject {
    struct az_str id, other_id; /* {NULL}: not said; the first that the items know */
    struct az_str prompt, reference;
    size_t n_responses; /* 0: the texts are not known */
    struct az_str responses[AZ_RESPONSES_MAX];
    size_t n_systems;
    struct az_str systems[AZ_RESPONSES_MAX]; /* also where the texts are not known */
    struct az_str gold;                      /* a label in the subject's frame */
    struct az_str cluster;
};

/* One judgement, in the subject's frame. */
struct az_vote {
    struct az_str judge; /* {NULL}: --judge's */
    struct az_str kind;  /* of the judge: human, llm, rm …; {NULL}: not said */
    enum az_order order;
    int round;
    int sample;          /* -1: counted by the importer */
    struct az_str label; /* {NULL}: none */
    bool shown;          /* the label is in the frame that was shown, not the subject's */
    bool has_score;
    bool difference; /* the score is that of A over B: its sign turns with the frame */
    double score;
    size_t n_probs;
    struct az_str prob_labels[AZ_LABELS_MAX];
    double probs[AZ_LABELS_MAX];
    struct az_str rationale, model;
    int64_t tokens_in, tokens_out, ms;
    bool has_usd;
    double usd;
    enum az_ballot_error error; /* NONE with neither label nor score becomes `parse` */
    struct az_str error_text;
};

/* No answer yet, round 1, no order, sample counted. */
struct az_vote az_vote_new(void);

/* ---- one import ---- */

/* Labels that none is wanted to be: how many answers, and the first names, cut. */
struct az_import_odd {
    int64_t answers;
    size_t n;
    bool more;
    char names[AZ_IMPORT_ODD][AZ_IMPORT_ODD_NAME];
};

struct az_import_counts {
    int64_t records, bad;
    int64_t ballots, errors;              /* errors: those of the ballots that are none */
    int64_t items;                        /* subjects, each once */
    int64_t by_id, by_content, unmatched; /* of them */
    int64_t other_content;                /* of by_id: the texts are others than the item's */
    int64_t turned;    /* of the matched: the item lists the responses the other way */
    int64_t conflicts; /* an id again with other texts */
    int64_t silent;    /* records without a judgement */
    int64_t doubles;   /* ballots with the key of one before: readers take only one */
    int64_t skipped;   /* judgements that only repeat another */
    int64_t no_order;  /* orders that are none: written as null */
    int64_t unturned;  /* of the errors: labels as shown that could not be turned */
    struct az_import_odd odd;
    bool map_used[AZ_IMPORT_MAPS]; /* the source has had that label */
};

struct az_import {
    const struct az_form *form;
    const struct az_import_options *options;
    struct az_join *join; /* NULL: no items */
    struct az_buf ballots, items;
    bool want_items;
    struct az_import_counts counts;
    struct az_arena *arena; /* of the record under way */
    /* the subject under way */
    char *item; /* the arena's */
    size_t n_responses;
    bool turned;
    struct az_seen_ids seen;
    struct az_repeats samples;
    /* what the forms remember from record to record */
    struct {
        int columns[AZ_COL_COUNT]; /* rows: where each is; -1 = not there */
        bool header;
        struct az_recorded_form ballots;
        char model[256];
    } of_form;
};

/* Borrows all three. AZ_ENOMEM. */
int az_import_init(struct az_import *im, const struct az_form *form,
                   const struct az_import_options *options, struct az_join *join,
                   struct az_error *err);
void az_import_release(struct az_import *im);

/* A record is to be read: counts it and calls the form. AZ_EINVAL: it is bad, and
 * counted so. */
int az_import_record(struct az_import *im, const struct az_record *record, struct az_error *err);

/* ---- for the forms ---- */

/* What the votes that follow are about. AZ_EINVAL: an id that is none. */
int az_import_about(struct az_import *im, const struct az_subject *s, struct az_error *err);
int az_import_vote(struct az_import *im, const struct az_vote *v, struct az_error *err);

/* "A>B", "A>>B", "[[B>A]]", "A=B", "B<<A": the label and how strong it is (2, 1, 0,
 * -1, -2 as seen from A). False: none of these. */
bool az_import_verdict(struct az_str s, struct az_str *label, int *strength);
/* The label seen from the other side: A is B, B is A; others stay. */
struct az_str az_import_turn(struct az_str label);

/* The string, or a number or boolean as text (the arena's); {NULL, 0}: none of these. */
struct az_str az_import_text(struct az_import *im, az_jv v);
/* A chat message's or content list's text parts, joined; also of a plain string. */
struct az_str az_import_content(struct az_import *im, az_jv content);
