/* statistics/learn/model_json.h: a model as JSON, and back. Pure.
 *
 *   {"learner": "auto", "labelled": 120, "clusters": 118,
 *    "frame": {"judges": 6, "labels": 2, "answers": "exchangeable", "tie": null,
 *              "margins": true, "levels": [0, 1], "family": [0, 1, 1, 3, 4, 4]},
 *    "unseen": [0, 0], "weights": […], "scores": […], "power": [1.07],
 *    "parts": [{"learner": "mean", "unseen": […], "theta": […], "tri": […]}, …]}
 * and `reason` where there is one. A learner's own arrays have the names and sizes
 * of its row in learner.c; only a mixture has parts. What is written reads back to
 * the same bits. Reading is strict: a key too many or too few, a list of another
 * length and a number that no fit makes are errors which name the place. */
#pragma once
#include "core/json.h"
#include "statistics/learn/model.h"

/* One object. */
void az_model_write(struct az_jw *w, const struct az_model *m);

/* AZ_EINVAL: "'parts'[2]: 'theta' has 3 numbers, and 4 are needed". AZ_ENOMEM. */
int az_model_read(az_jv v, struct az_model **ret, struct az_error *err);
