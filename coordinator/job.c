#include "coordinator/job.h"

#include "core/mem.h"
#include "core/plant.h"

/* ---- states ---- */

static const char *const state_names[AZ_JOB_STATES] = {
    "receiving", "waiting", "running", "paused", "stopped", "done", "cancelled",
};

const char *az_job_state_name(enum az_job_state state)
{
    return state_names[state];
}

/* What each event makes of each state. NO: refused. AS: it stays as it is. A run
 * may end after a verb has changed the state, for calls under way are waited for. */
enum { NO = -1, AS = -2 };

#define R AZ_IS_RECEIVING
#define W AZ_IS_WAITING
#define U AZ_IS_RUNNING
#define P AZ_IS_PAUSED
#define S AZ_IS_STOPPED
#define D AZ_IS_DONE
#define C AZ_IS_CANCELLED
static const int moves[AZ_JOB_EVENTS][AZ_JOB_STATES] = {
    /*                  RECEIVING WAITING RUNNING PAUSED STOPPED DONE CANCELLED */
    [AZ_ON_CANCEL] = {C, C, C, C, C, NO, AS},      [AZ_ON_PAUSE] = {NO, P, P, AS, P, NO, NO},
    [AZ_ON_RESUME] = {NO, AS, AS, W, W, NO, NO},   [AZ_ON_SET] = {AS, AS, AS, AS, AS, NO, NO},
    [AZ_ON_RAISED] = {AS, AS, AS, AS, W, NO, NO},  [AZ_ON_RETRY] = {NO, AS, AS, W, W, W, NO},
    [AZ_ON_SEALED] = {W, AS, AS, AS, AS, AS, AS},  [AZ_ON_OPENED] = {NO, U, NO, NO, NO, NO, NO},
    [AZ_ON_RESTART] = {AS, AS, W, AS, AS, AS, AS}, [AZ_ON_DONE] = {NO, D, D, D, D, AS, AS},
    [AZ_ON_LEFT] = {NO, AS, W, AS, AS, AS, AS},    [AZ_ON_BACKEND] = {NO, S, S, AS, AS, AS, AS},
    [AZ_ON_BUDGET] = {NO, S, S, AS, AS, AS, AS},   [AZ_ON_TIME] = {NO, S, S, AS, AS, AS, AS},
    [AZ_ON_FAILED] = {AS, S, S, S, AS, AS, AS},
};
#undef R
#undef W
#undef U
#undef P
#undef S
#undef D
#undef C

static int refuse(const struct az_job_record *job, enum az_job_event event, struct az_error *err)
{
    static const char *const verbs[AZ_JOB_EVENTS] = {
        [AZ_ON_CANCEL] = "cancelled", [AZ_ON_PAUSE] = "paused",   [AZ_ON_RESUME] = "resumed",
        [AZ_ON_SET] = "changed",      [AZ_ON_RAISED] = "changed", [AZ_ON_RETRY] = "resumed",
    };
    const char *verb = verbs[event] ? verbs[event] : "run";
    if (job->state == AZ_IS_RECEIVING) {
        az_fail(err, AZ_EINVAL, "job %lld cannot be %s: its items are not all there",
                (long long)job->id, verb);
        az_hint(err, "Submit it again with the same key: that goes on where it stopped.");
    } else {
        az_fail(err, AZ_EINVAL, "job %lld cannot be %s: it is %s", (long long)job->id, verb,
                state_names[job->state]);
        if (event == AZ_ON_RESUME && job->state == AZ_IS_DONE)
            az_hint(err, "resume --retry-failed asks again what failed or abstained.");
        else if (az_job_has_ended(job))
            az_hint(err, "Submit its items again as a new job.");
    }
    return AZ_EINVAL;
}

int az_job_move(const struct az_job_record *job, enum az_job_event event, enum az_job_state *ret,
                struct az_error *err)
{
    /* Not what is to be opened again: that run ended, and there is another. */
    if (event == AZ_ON_DONE && job->retry && !AZ_PLANTED(AZ_PLANT_RETRY_MISSED))
        event = AZ_ON_LEFT;
    int to = moves[event][job->state];
    if (to == NO)
        return refuse(job, event, err);
    *ret = to == AS ? job->state : (enum az_job_state)to;
    return 0;
}

static enum az_job_cause cause_of(enum az_job_event event)
{
    switch (event) {
    case AZ_ON_BACKEND:
        return AZ_CAUSE_BACKEND;
    case AZ_ON_BUDGET:
        return AZ_CAUSE_BUDGET;
    case AZ_ON_TIME:
        return AZ_CAUSE_TIME;
    default:
        return AZ_CAUSE_FAILED;
    }
}

int az_job_on(struct az_job_record *job, enum az_job_event event, const char *why, int64_t now_s,
              struct az_error *err)
{
    enum az_job_state to;
    int r = az_job_move(job, event, &to, err);
    if (r < 0)
        return r;
    job->retry = job->retry || event == AZ_ON_RETRY;
    if (to == job->state)
        return 0;
    char *text = NULL;
    if (to == AZ_IS_STOPPED && !(text = az_strdup(why && *why ? why : "no reason was given")))
        return az_oom(err);
    free(job->why);
    job->why = text;
    job->cause = to == AZ_IS_STOPPED ? cause_of(event) : AZ_CAUSE_NONE;
    job->sealed = job->sealed || event == AZ_ON_SEALED;
    job->state = to;
    job->retry = job->retry && event != AZ_ON_OPENED && !az_job_has_ended(job);
    job->ended_s = az_job_has_ended(job) ? AZ_MAX(now_s, INT64_C(1)) : 0;
    const char *broken = az_job_broken(job);
    az_assert(!broken);
    return 0;
}

const char *az_job_broken(const struct az_job_record *job)
{
    bool stopped = job->state == AZ_IS_STOPPED;
    if (job->id < 1)
        return "no number";
    if ((unsigned)job->state >= AZ_JOB_STATES || (unsigned)job->cause >= AZ_JOB_CAUSES)
        return "an unknown state";
    if (!job->owner || !job->key)
        return "no owner or no key";
    if (stopped != (job->cause != AZ_CAUSE_NONE) || stopped != (job->why != NULL))
        return "stopped is what has a cause";
    if (az_job_has_ended(job) != (job->ended_s != 0))
        return "ended is what has an end";
    if (job->retry && (az_job_has_ended(job) || !job->sealed))
        return "no items of it can be opened again";
    if (job->state != AZ_IS_CANCELLED && job->sealed == (job->state == AZ_IS_RECEIVING))
        return "what is not receiving is sealed";
    if (job->priority < AZ_JOB_PRIORITY_MIN || job->priority > AZ_JOB_PRIORITY_MAX)
        return "priority out of range";
    return NULL;
}

bool az_job_has_ended(const struct az_job_record *job)
{
    return job->state == AZ_IS_DONE || job->state == AZ_IS_CANCELLED;
}

bool az_job_rests(const struct az_job_record *job)
{
    return az_job_has_ended(job) || job->state == AZ_IS_STOPPED;
}

int az_job_order(const struct az_job_record *a, const struct az_job_record *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

/* ---- records ---- */

void az_job_record_release(struct az_job_record *job)
{
    free(job->owner);
    free(job->key);
    free(job->name);
    free(job->why);
    free(job->sets);
    *job = (struct az_job_record){0};
}

static int copy_text(const char *from, char **to)
{
    if (from && !(*to = az_strdup(from)))
        return AZ_ENOMEM;
    return 0;
}

int az_job_record_copy(const struct az_job_record *from, struct az_job_record *to,
                       struct az_error *err)
{
    struct az_job_record copy = *from;
    copy.owner = copy.key = copy.name = copy.why = copy.sets = NULL;
    if (copy_text(from->owner, &copy.owner) < 0 || copy_text(from->key, &copy.key) < 0 ||
        copy_text(from->name, &copy.name) < 0 || copy_text(from->why, &copy.why) < 0 ||
        copy_text(from->sets, &copy.sets) < 0) {
        az_job_record_release(&copy);
        return az_oom(err);
    }
    *to = copy;
    return 0;
}

/* ---- who ---- */

bool az_job_is_seen(const struct az_job_record *job, const struct az_asker *asker)
{
    return asker->admin || asker->reads || !strcmp(job->owner, asker->principal);
}

int az_job_access(const struct az_job_record *job, int64_t id, const struct az_asker *asker,
                  bool change, struct az_error *err)
{
    if (!job || !az_job_is_seen(job, asker)) {
        az_fail(err, AZ_ENOENT, "no job %lld", (long long)id);
        az_hint(err, "'assize jobs' lists yours.");
        return AZ_ENOENT;
    }
    bool own = !strcmp(job->owner, asker->principal);
    if (!change || asker->admin || (own && asker->submits))
        return 0;
    return az_fail(err, AZ_EINVAL, "job %lld is %s to look at, not to change", (long long)id,
                   own ? "yours" : "somebody else's");
}
