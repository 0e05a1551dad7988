/* tests/unit/item_panels.h: panels by hand for the tests of items. */
#pragma once
#include "core/panel.h"

static inline struct az_panel panel_of(enum az_kind kind)
{
    static const char *pair[] = {"A", "B", "tie"}, *choice[] = {"good", "bad", "1"};
    struct az_panel p = {.path = "test.yaml", .name = "test"};
    p.question.kind = kind;
    p.question.ties = kind == AZ_PAIR;
    if (kind == AZ_PAIR) {
        p.question.n_labels = 3;
        p.question.labels = pair;
    } else if (kind == AZ_CHOICE) {
        p.question.n_labels = 3;
        p.question.labels = choice;
    } else if (kind == AZ_SCORE) {
        p.question.scale_min = 1;
        p.question.scale_max = 5;
        p.question.step = 1;
    }
    return p;
}
