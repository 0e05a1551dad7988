/* client/cli/report.h: what `assize report` writes: one JSON document
 * ("assize-report/1", docs/formats.md), and the page that carries it and draws it.
 * Pure. Everything in it was worked out before; this file only writes it down. */
#pragma once
#include "client/cli/contested.h"
#include "client/cli/habits.h"
#include "client/cli/honest.h"
#include "coordinator/summary.h"
#include "core/base.h"
#include "core/buf.h"
#include "statistics/agreement/subpanels.h"
#include "statistics/figure.h"

/* A way to combine the ballots, scored on items that it had not seen. */
struct az_report_method {
    const char *name, *note; /* note: NULL, or one word more */
    struct az_figure accuracy, accuracy_shared, log_loss, brier, ece;
    const struct az_quality *quality; /* of its probabilities; NULL: it has none */
};

struct az_report_system {
    const char *name;
    int64_t n;
    struct az_figure win_rate, strength, elo, mean;
};

struct az_report {
    const char *title;
    size_t n_sources, n_notes;
    const char *const *sources, *const *notes; /* notes: whole sentences */
    const struct az_panel *panel;
    const struct az_summary *summary;       /* finished */
    const struct az_honest_figures *honest; /* NULL: not worked out */
    const struct az_habits *habits;
    const struct az_subpanels *subpanels; /* NULL: not worked out */
    bool costs_are_usd;                   /* of the sub-panels; else seats */
    size_t n_methods, n_systems;
    const struct az_report_method *methods;
    const struct az_report_system *systems;
    const struct az_figure *tau;            /* systems by verdicts and by gold */
    const struct az_figure *weights, *adds; /* by judge; NULL: nothing was fitted, and */
    const char *not_fitted;                 /* why; NULL: nobody knows */
    int64_t (*errors)[AZ_BE_COUNT];         /* by judge, how many of each kind */
    struct az_contested *contested;
};

/* AZ_ENOMEM, besides what az_buf_check() tells. */
int az_report_json(struct az_buf *b, const struct az_report *r);

/* The page around that JSON. */
void az_report_page(struct az_buf *b, struct az_str json);
