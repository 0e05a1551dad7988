/* client/cli/job_text.h: what a coordinator says of a job, for people and for
 * programs. Pure: the time is an argument (Unix seconds). */
#pragma once
#include "client/cli/progress.h"
#include "core/buf.h"
#include "protos/job.pb-c.h"

const char *az_job_state_word(Assize__JobState state); /* "running" */

/* Done or cancelled. */
bool az_job_is_over(const Assize__JobInfo *job);
/* Nothing more comes of it unless somebody acts: over, paused or stopped. */
bool az_job_is_at_rest(const Assize__JobInfo *job);

/* An enum az_exit: what waiting for its verdicts ends with. */
int az_job_exit(const Assize__JobInfo *job);

/* How it stands, and why az_job_exit() is not 0: "job 7 is done; 2 items failed". */
void az_job_end_text(struct az_buf *b, const Assize__JobInfo *job);

/* Items that have a verdict, or failed. */
int64_t az_job_ended_items(const Assize__JobInfo *job);
double az_job_eta_s(const Assize__JobInfo *job); /* < 0: not known */

void az_jobs_text(struct az_buf *b, Assize__JobInfo *const *jobs, size_t n, int64_t now_s,
                  size_t width);
void az_job_text(struct az_buf *b, const Assize__JobInfo *job, int64_t now_s, size_t width);
/* One object, no newline. */
void az_job_json(struct az_buf *b, const Assize__JobInfo *job);

enum { AZ_JOB_TROUBLES = 3, AZ_JOB_RIGHTS = 8 };
/* For the line of `watch`; borrows from `job`, and puts names into `trouble`. */
struct az_progress az_job_progress(const Assize__JobInfo *job,
                                   struct az_trouble trouble[AZ_JOB_TROUBLES],
                                   struct az_right right[AZ_JOB_RIGHTS]);
