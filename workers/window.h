/* workers/window.h: how many calls to have under way when nobody said: grow
 * slowly while all goes well, halve when the server is overloaded (429, 503).
 * Pure: times are arguments. Not thread-safe.
 *
 * Additive increase, multiplicative decrease (Chiu and Jain 1989): the window
 * grows by one call for each windowful that succeeds. One overload halves it
 * once: the calls that were under way then report the same overload. */
#pragma once
#include "core/base.h"

struct az_window {
    double size;
    int ceiling;
    int in_flight;
    az_ms cut_at; /* the last halving */
    bool was_cut;
};

/* start between 1 and ceiling. */
void az_window_init(struct az_window *w, int start, int ceiling);

/* From now on `size` calls at once, and no more. What is beyond them ends. */
void az_window_set(struct az_window *w, int size);

int az_window_size(const struct az_window *w); /* whole calls; at least 1 */
bool az_window_room(const struct az_window *w);

void az_window_start(struct az_window *w); /* a call begins; there was room */

enum az_window_end { AZ_WINDOW_OK, AZ_WINDOW_OVERLOAD, AZ_WINDOW_NEUTRAL };
/* The call that began at `started` ended at `now`. NEUTRAL: an end that says
 * nothing about load (no connection, cancelled). */
void az_window_end(struct az_window *w, enum az_window_end how, az_ms started, az_ms now);
