/* client/cli/compare.h: two sources that decided the same items, compared item by
 * item. Pure.
 *
 * What each came to is put into an outcome; outcomes of one item are added
 * together. Figures are those of the summary (docs/statistics.md), over the items
 * of both, and their difference is that of statistics/interval/paired.h. Where only some
 * items have gold, or gold that was drawn with unequal chances, the difference over all items
 * is that of statistics/interval/choose.h: where both gave one answer they do not differ,
 * whatever the truth, so how often they do is what is known of the rest. */
#pragma once
#include "core/base.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"
#include "statistics/figure.h"
#include "statistics/interval/choose.h"
#include "statistics/interval/paired.h"

/* What one source came to on one item. */
struct az_outcome {
    uint64_t cluster;
    enum az_status status;
    int label;
    bool has_score, has_pass, pass;
    bool has_gold, scored; /* scored: and a score was decided on an item with gold */
    double score, right, shared, off;
    double weight; /* of its gold, as it was sampled; 1 by az_outcome_of() */
};

/* `arena` is scratch. AZ_ENOMEM. */
int az_outcome_of(const struct az_panel *panel, const struct az_item *item,
                  const struct az_verdict *verdict, struct az_ballots ballots,
                  struct az_arena *arena, struct az_outcome *ret);

struct az_compare_side {
    const char *name;                   /* the SOURCE; borrowed */
    const char *by;                     /* what decided its ballots here; NULL: it had verdicts */
    int64_t items;                      /* of this source, `left` aside */
    int64_t decided, abstained, failed; /* of these */
    int64_t left;                       /* not decided yet */
    int64_t calls;                      /* made for its ballots; the cache's are no calls */
    az_nusd cost;
    bool cost_known;
};
void az_compare_count(struct az_compare_side *side, enum az_status status,
                      struct az_ballots ballots);

enum az_compared {
    AZ_CMP_ACCURACY, /* shared: 1/k for an undecided answer */
    AZ_CMP_STRICT,   /* undecided is wrong: what McNemar's test is about */
    AZ_CMP_OFF,      /* distance of a score from gold; less is better */
    AZ_CMP_PASS,
    AZ_CMP_MEAN,
    AZ_CMP_DECIDED,
    AZ_CMP_COUNT
};

enum { AZ_CMP_SYSTEMS = 64 };

struct az_compare_system {
    char *name;
    struct az_paired won; /* 1, 0, or a tie's half, where both decided */
};

/* An item of both, for what is said of all. */
struct az_compare_row {
    uint64_t cluster;
    double weight;
    double apart;         /* how far the two are from one answer */
    bool labelled;        /* their differences are known: */
    double difference[3]; /* of AZ_CMP_ACCURACY, AZ_CMP_STRICT, AZ_CMP_OFF */
};

struct az_compare {
    enum az_kind kind;
    bool has_pass;
    struct az_compare_side a, b;
    int64_t n;              /* items of both */
    int64_t only_a, only_b; /* set by the caller, before figures are printed */
    struct az_paired v[AZ_CMP_COUNT];
    struct az_mean same; /* the same answer, where both decided */
    size_t n_systems;
    struct az_compare_system *systems;
    int64_t systems_over; /* appearances of systems beyond AZ_CMP_SYSTEMS */
    size_t cap;
    struct az_compare_row *rows; /* n of them */
    /* Of the first three, by az_compare_finish(); */
    bool over_all; /* false: all that is to be said stands in v */
    bool weighted;
    struct az_chosen all[3];
};

void az_compare_init(struct az_compare *c, const struct az_question *q);
void az_compare_release(struct az_compare *c); /* a zeroed one is fine */

/* One item of both; `item` says who wrote what. AZ_ENOMEM. */
int az_compare_add(struct az_compare *c, const struct az_item *item, const struct az_outcome *a,
                   const struct az_outcome *b);

/* After the last item: the differences over all items. AZ_ENOMEM. */
int az_compare_finish(struct az_compare *c);

/* For people, `width` columns; and as one JSON object, no newline ("compare/1"). */
void az_compare_text(struct az_buf *b, const struct az_compare *c, size_t width);
void az_compare_json(struct az_buf *b, const struct az_compare *c);

/* compare_text.c: name in JSON and in the table, why it is undefined when empty. */
struct az_compared_name {
    const char *json, *text, *none;
    bool percent;
};
extern const struct az_compared_name az_compared_names[AZ_CMP_COUNT];
