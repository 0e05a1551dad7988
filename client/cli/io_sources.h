/* client/cli/io_sources.h: what statistics and `decide` work on: one or more
 * SOURCEs (job directories, verdicts or ballots files, ballots TSV; plain, gzip,
 * zstd or a pipe), with ITEMS and true answers where they are given, as one
 * panel and a stream of items with their ballots. Edge.
 *
 *     AZ_AUTO(sources) s = NULL;
 *     az_sources_open(paths, n, &(struct az_sources_options){.gold = gold}, &s, err);
 *     az_sources_panel(s);            the question; the judges by name
 *     az_sources_each(s, each, …);    item by item, as often as wanted
 *     az_sources_corpus(s, 0, &c, …); or all at once: struct az_sample and names
 *
 * The panel is PANEL; without one that of the job, with the judges of all sources; without a job
 * that of `question`, or what the ballots show (guess.h). Items come in the order of ITEMS;
 * without, jobs' items first, then as files name them first. Where two sources have the same
 * question to the same judge (round, order, sample) the first has the word, and
 * the other is counted; an answer goes before an error.
 *
 * Memory: jobs are streamed; of files, see io_ballot_file.h. */
#pragma once
#include "client/cli/corpus.h"
#include "core/base.h"
#include "core/error.h"
#include "core/model.h"
#include "core/panel.h"

struct az_sources;

struct az_sources_options {
    const char *panel; /* NULL: see above */
    const char *items; /* NULL: the jobs' own; of files, ids alone */
    const char *gold;  /* NULL: the items' own */
    /* Where neither PANEL nor a job says it: what a calibration is for; NULL: what the ballots
     * show. Its labels are borrowed for as long as the sources are open. */
    const struct az_question *question;
};

/* Reads files once, and opens jobs, also beside a run. At most one path is "-".
 * AZ_ENOENT, AZ_EIO: no such source, or nothing in it; AZ_ECHANGED: judges of one name that
 * were asked differently, questions with other answers; AZ_EINVAL: panel. Bad lines are told
 * on stderr and counted. */
int az_sources_open(const char *const *paths, size_t n, const struct az_sources_options *options,
                    struct az_sources **ret, struct az_error *err);
void az_sources_free(struct az_sources *s);
AZ_FREEP(sources)

/* Question and judges; policy and aggregation are PANEL's or the one job's, else
 * the majority of all. */
const struct az_panel *az_sources_panel(const struct az_sources *s);
/* Did nobody say how to decide: neither a PANEL nor one job alone? */
bool az_sources_by_all(const struct az_sources *s);
/* "human", "llm", "rm" … as a TSV says; NULL: not said. */
const char *az_sources_judge_sort(const struct az_sources *s, size_t judge);
/* Of a "best" question: the most responses an item has; 0 = not known. */
size_t az_sources_n_responses(const struct az_sources *s);

struct az_found {
    struct az_item *item;      /* gold is set; yours to change until `each` returns */
    struct az_ballots ballots; /* judges as the panel numbers them */
    struct az_verdict verdict; /* as the first source has it; AZ_OPEN: none has */
    double weight;             /* of its true answer: 1 / the chance that it was drawn with */
    bool open;                 /* a job is not done with it */
    bool asked_with_gold;      /* it had a true answer when it was asked: early stopping minds */
};
/* Non-zero stops, and is returned. */
typedef int az_found_fn(void *arg, struct az_found *found, struct az_error *err);
int az_sources_each(struct az_sources *s, az_found_fn *each, void *arg, struct az_error *err);

/* All items as a sample; `round` as in corpus.h. The corpus is the caller's, also on an error, and
 * borrows the panel: release it first. */
int az_sources_corpus(struct az_sources *s, int round, struct az_corpus *ret, struct az_error *err);

/* Of the last az_sources_each(), and of opening. */
struct az_sources_counts {
    int64_t items, ballots;
    int64_t bad_lines;  /* of sources and of ITEMS */
    int64_t duplicates; /* ballots that another stood before */
    int64_t unseated;   /* ballots of judges that PANEL does not seat */
    int64_t outside;    /* answers that are none of the question's */
    int64_t strangers;  /* items that have ballots but are not in ITEMS */
    int64_t changed;    /* items whose text is not what the job asked about */
    int64_t doubles;    /* lines of ITEMS that repeat an id */
    int64_t golds, unknown_golds;
    int64_t own_golds; /* true answers that are the items' own, where --gold is given */
};
struct az_sources_counts az_sources_counts(const struct az_sources *s);
/* Were true answers given, and is none of them an item's? Of the last az_sources_each(). */
bool az_sources_gold_missed(const struct az_sources *s);
/* One line on stderr for each of those that whoever typed the command should know. */
void az_sources_tell(const struct az_sources *s);
