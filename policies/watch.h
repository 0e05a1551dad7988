/* policies/watch.h: are the panel and its judges still what they were when they were
 * calibrated? Pure; streaming, in memory that does not grow with the items.
 *
 * Items in the order in which they are decided, asked in full, one of a cluster. With
 * gold: is the verdict wrong, and each judge? Of all: is a judge apart from the verdict?
 * Each has a test of its own (statistics/guarantee/drift.h) against the rate of the
 * calibration's labelled items, at its upper bound, or, of a panel's verdicts with
 * `risk`, against what was promised. With judges that are as they were, the probability
 * that any of them ever raises an alarm is at most az_watch_delta(): if items come in
 * random order, or judges err as often on all parts of the stream. One that is sorted by
 * topic raises alarms where a hard topic begins. Judges are looked
 * at in round 1, and not for scores, which are seldom right to the level. */
#pragma once
#include "core/base.h"
#include "core/panel.h"
#include "policies/plan.h"
#include "statistics/guarantee/drift.h"

struct az_watch;

enum az_watch_what { AZ_WATCH_PANEL, AZ_WATCH_WRONG, AZ_WATCH_APART, AZ_WATCH_KINDS };

struct az_watched {
    enum az_watch_what what;
    int judge; /* -1: the panel */
    bool tested;
    double base;           /* its mean loss may be so much; 0: not tested */
    bool promised;         /* the base is the panel's `risk` */
    struct az_figure rate; /* its losses so far: a confidence sequence */
    struct az_figure then; /* the same at the alarm; undefined without one */
    double evidence;       /* against "no drift", at the alarm or now; p = min(1, 1 / evidence) */
    double alarm_from;     /* the evidence that is an alarm */
    int64_t alarm;         /* the number of the item that raised it, from 1; 0: none */
};

/* `panel` is borrowed. *ret is NULL where it has no calibration, or one that says nothing
 * of how it was. AZ_ENOMEM. */
int az_watch_new(const struct az_panel *panel, struct az_watch **ret);
void az_watch_free(struct az_watch *w);
AZ_FREEP(watch)

/* The sampling weight of the gold of items to come. Where they differ, labels are no audit,
 * and nothing is held against gold. */
void az_watch_weight(struct az_watch *w, double weight);
/* One item and its verdict. Scratch memory is the fold's arena's. AZ_ENOMEM. */
int az_watch_add(struct az_watch *w, const struct az_board *board, const struct az_verdict *v);
/* An alarm that has not been told of; call until false. */
bool az_watch_next_alarm(struct az_watch *w, struct az_watched *ret);

/* The panel, then judge by judge wrong and apart; how many there are, and one of them. */
size_t az_watch_n(const struct az_watch *w);
struct az_watched az_watch_at(const struct az_watch *w, size_t i);
int64_t az_watch_alarms(const struct az_watch *w);
double az_watch_delta(const struct az_watch *w);

/* "the panel was wrong on 12.0% of the first 300 audited items in the order they came
 * (8.1-17.0), more than the 5.0% promised": a sentence without its stop. Of an alarm it
 * says what raised it; else how it stands. */
void az_watch_say(struct az_buf *b, const struct az_watch *w, const struct az_watched *one);
