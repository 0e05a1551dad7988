/* Sizes of messages about jobs, and their places in an envelope. */
#include "core/wire_job.h"

#include "core/wire_values.h"

/* ---- sizes ---- */

static const char *submit_fault(const struct az_msg *msg)
{
    const Assize__Submit *m = msg->submit;
    if (!m->key.len || m->key.len > AZ_WIRE_JOB_KEY_MAX)
        return "key";
    if (strlen(m->name) > AZ_WIRE_JOB_NAME_MAX)
        return "name";
    if (m->priority > AZ_WIRE_PRIORITY_MAX)
        return "priority";
    if (m->deadline_s < 0)
        return "deadline";
    return m->n_set > AZ_WIRE_SET_MAX ? "number of settings" : NULL;
}

static const char *chunk_fault(const struct az_msg *msg)
{
    const Assize__Chunk *m = msg->chunk;
    if (m->n_lines > AZ_WIRE_LINES_MAX)
        return "number of lines";
    if (m->after < 0)
        return "line before";
    for (size_t i = 0; i < m->n_lines; i++) {
        if (m->lines[i]->number < 1)
            return "line number";
    }
    return NULL;
}

static const char *submitted_fault(const struct az_msg *msg)
{
    return msg->submitted->last_line < 0 ? "last line" : NULL;
}

static const char *chunked_fault(const struct az_msg *msg)
{
    const Assize__Chunked *m = msg->chunked;
    return m->n_bad > AZ_WIRE_BAD_MAX ? "number of bad lines"
           : m->last_line < 0         ? "last line"
                                      : NULL;
}

static const char *status_reply_fault(const struct az_msg *msg)
{
    return msg->status_reply->info ? NULL : "job";
}

static const char *results_fault(const struct az_msg *msg)
{
    const Assize__Results *m = msg->results;
    return m->from < 0 ? "position" : m->credit < 0 ? "credit" : NULL;
}

static const char *verdicts_fault(const struct az_msg *msg)
{
    const Assize__Verdicts *m = msg->verdicts;
    return m->n_lines > AZ_WIRE_LINES_MAX ? "number of lines" : m->next < 0 ? "position" : NULL;
}

static const char *more_fault(const struct az_msg *msg)
{
    return msg->more->credit < 0 ? "credit" : NULL;
}

static const char *control_fault(const struct az_msg *msg)
{
    return msg->control->n_set > AZ_WIRE_SET_MAX ? "number of settings" : NULL;
}

static const char *set_backend_fault(const struct az_msg *msg)
{
    return msg->set_backend->n_set > AZ_WIRE_SET_MAX ? "number of settings" : NULL;
}

static const char *prune_fault(const struct az_msg *msg)
{
    return msg->prune->older_than_s < 0 ? "age" : NULL;
}

/* ---- kinds ---- */

/* From AZ_MSG_SUBMIT on; `fault` says what is out of range, or NULL. */
static const struct {
    Assize__Envelope__BodyCase body;
    const ProtobufCMessageDescriptor *descriptor;
    const char *(*fault)(const struct az_msg *msg);
} kinds[] = {
#define KIND(CASE, name, check) \
    [AZ_MSG_##CASE -            \
        AZ_MSG_SUBMIT] = {ASSIZE__ENVELOPE__BODY_##CASE, &assize__##name##__descriptor, check}
    KIND(SUBMIT, submit, submit_fault),
    KIND(SUBMITTED, submitted, submitted_fault),
    KIND(CHUNK, chunk, chunk_fault),
    KIND(CHUNKED, chunked, chunked_fault),
    KIND(LIST, list, NULL),
    KIND(JOBS, jobs, NULL),
    KIND(STATUS, status, NULL),
    KIND(STATUS_REPLY, status_reply, status_reply_fault),
    KIND(RESULTS, results, results_fault),
    KIND(VERDICTS, verdicts, verdicts_fault),
    KIND(MORE, more, more_fault),
    KIND(WORKERS, workers, NULL),
    KIND(WORKER_LIST, worker_list, NULL),
    KIND(CONTROL, control, control_fault),
    KIND(SET_BACKEND, set_backend, set_backend_fault),
    KIND(PRUNE, prune, prune_fault),
    KIND(DONE, done, NULL),
    KIND(FAILED, failed, NULL),
#undef KIND
};

bool az_wire_is_job(enum az_msg_kind kind)
{
    return kind >= AZ_MSG_SUBMIT && kind - AZ_MSG_SUBMIT < (int)AZ_LEN(kinds);
}

static int sizes_check(const struct az_msg *msg, int code, struct az_error *err)
{
    int k = msg->kind - AZ_MSG_SUBMIT;
    const char *fault = kinds[k].fault ? kinds[k].fault(msg) : NULL;
    return fault ? az_fail(err, code, "a %s whose %s is out of range",
                           kinds[k].descriptor->short_name, fault)
                 : 0;
}

int az_wire_job_to(const struct az_msg *msg, Assize__Envelope *e, struct az_error *err)
{
    az_assert(msg->job->descriptor == kinds[msg->kind - AZ_MSG_SUBMIT].descriptor);
    int r = az_wire_values_mend((ProtobufCMessage *)msg->job, err);
    r = r < 0 ? r : sizes_check(msg, AZ_EINVAL, err);
    if (r < 0)
        return r;
    e->body_case = kinds[msg->kind - AZ_MSG_SUBMIT].body;
    e->submit = (Assize__Submit *)msg->job; /* a union of pointers */
    return 0;
}

int az_wire_job_from(const Assize__Envelope *e, struct az_msg *msg, struct az_error *err)
{
    for (size_t k = 0; k < AZ_LEN(kinds); k++) {
        if (kinds[k].body != e->body_case)
            continue;
        msg->kind = (enum az_msg_kind)(AZ_MSG_SUBMIT + (int)k);
        msg->job = &e->submit->base;
        int r = az_wire_values_check(&e->submit->base, err);
        return r < 0 ? r : sizes_check(msg, AZ_EPROTO, err);
    }
    return az_fail(err, AZ_EPROTO, "an envelope of an unknown kind");
}
