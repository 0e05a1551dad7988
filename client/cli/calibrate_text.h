/* client/cli/calibrate_text.h: what `assize calibrate` says of what it learnt. Pure. */
#pragma once
#include "client/cli/honest.h"
#include "client/cli/maps.h"
#include "client/cli/methods.h"
#include "client/cli/promises.h"
#include "client/cli/reasoned.h"
#include "core/buf.h"
#include "policies/calibration.h"
#include "statistics/calibrate/score_map.h"

struct az_calibrate_told {
    const struct az_methods *methods; /* the last one is what was learnt */
    const struct az_reasoned *reasoned;
    const struct az_honest_figures *honest; /* over all items */
    const struct az_maps *maps;             /* here, too */
    const struct az_mapped *map;            /* that is kept: of `fitted` items, as the model */
    const struct az_score_fit *scores;      /* of a mean of scores; else NULL */
    const char *kind;                       /* as a panel writes it */
    const struct az_model *model;
    const struct az_panel *panel;
    int64_t labelled, early, fitted;
    const struct az_promises *promises;
    const struct az_reference *reference;
    const char *path;
};

void az_calibrate_text(struct az_buf *b, const struct az_calibrate_told *t, size_t width);

/* The figures that go into the calibration's file, for people: one JSON object. */
void az_calibrate_json(struct az_buf *b, const struct az_methods *m, const struct az_maps *maps,
                       const struct az_score_fit *scores, const struct az_reasoned *r,
                       const struct az_honest_figures *honest);
