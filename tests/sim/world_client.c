/* Clients, one a job: each submits its items in chunks under a key of its own, and
 * goes on where it stopped when its connection breaks. The intake answers by the
 * rules of coordinator/io_intake.h: a chunk is acknowledged once it is durable. */
#include "tests/sim/world.h"

enum { PATIENCE_MS = 15000, AHEAD = 2 /* chunks that are not acknowledged */ };

static void say(struct world *w, struct job *job, int kind, int chunk)
{
    az_ms *last = &job->client.last_up;
    *last = AZ_MAX(*last + 1, w->now + (az_ms)world_roll(w, BY_CLIENT, (uint64_t)w->net_ms));
    world_at(
        w, *last,
        (struct event){.kind = EV_TO_SERVICE,
                       .who = job->index,
                       .said = {.kind = kind, .session = job->client.session, .chunk = chunk}});
}

static void answer(struct world *w, struct job *job, int kind, int chunk)
{
    az_ms *last = &job->client.last_down;
    *last = AZ_MAX(*last + 1, w->now + (az_ms)world_roll(w, BY_CLIENT, (uint64_t)w->net_ms));
    world_at(
        w, *last,
        (struct event){.kind = EV_TO_CLIENT,
                       .who = job->index,
                       .said = {.kind = kind, .session = job->client.session, .chunk = chunk}});
}

/* ---- the service's side ---- */

static void submitted(struct world *w, struct job *job)
{
    if (!job->record.id) {
        job->record = (struct az_job_record){.id = job->index + 1,
                                             .owner = strdup("lab"),
                                             .key = strdup("01"),
                                             .priority = AZ_JOB_PRIORITY};
        az_assert(job->record.owner && job->record.key);
        world_say(w, "job %d is there", job->index);
    }
    answer(w, job, C_SUBMITTED, job->chunks);
}

static void chunk_came(struct world *w, struct job *job, int chunk)
{
    if (chunk < job->chunks) {
        answer(w, job, C_CHUNKED, chunk);
    } else if (job->record.state != AZ_IS_RECEIVING || chunk > job->chunks_put) {
        answer(w, job, C_FAILED, chunk);
    } else if (chunk == job->chunks_put) {
        disk_put_chunk(w, job, chunk);
    }
}

void service_hears(struct world *w, struct job *job, const struct client_msg *msg)
{
    if (msg->kind == C_SUBMIT)
        submitted(w, job);
    else if (job->record.id)
        chunk_came(w, job, msg->chunk);
}

/* Chunks up to this one are durable. */
void service_stored(struct world *w, struct job *job, int chunks)
{
    if (job->client.state == CLIENT_SENDING && chunks > job->client.acked)
        answer(w, job, C_CHUNKED, chunks - 1);
}

/* ---- the client's side ---- */

static void later(struct world *w, struct job *job)
{
    world_at(w, w->now + PATIENCE_MS / 3,
             (struct event){.kind = EV_CLIENT_TIME, .who = job->index});
}

static void send_chunks(struct world *w, struct job *job)
{
    while (job->client.sent < job->n_chunks && job->client.sent < job->client.acked + AHEAD)
        say(w, job, C_CHUNK, job->client.sent++);
    if (job->client.acked == job->n_chunks)
        job->client.state = CLIENT_CONTENT;
}

void client_breaks(struct world *w, struct job *job)
{
    if (job->client.state == CLIENT_CONTENT)
        return;
    job->client.session++; /* what was under way is lost */
    job->client.state = CLIENT_APART;
}

void client_time(struct world *w, struct job *job)
{
    if (job->client.state == CLIENT_CONTENT)
        return;
    if (job->client.state != CLIENT_APART && w->now - job->client.heard > PATIENCE_MS)
        client_breaks(w, job);
    if (job->client.state == CLIENT_APART) {
        job->client.state = CLIENT_ASKING;
        job->client.heard = w->now;
        say(w, job, C_SUBMIT, 0);
    }
    later(w, job);
}

void client_hears(struct world *w, struct job *job, const struct client_msg *msg)
{
    if (job->client.state == CLIENT_CONTENT)
        return;
    job->client.heard = w->now;
    if (msg->kind == C_SUBMITTED) {
        if (msg->chunk < job->client.acked)
            world_fail(w, "job %d: %d chunks were acknowledged, %d are there", job->index,
                       job->client.acked, msg->chunk);
        job->client.told = true;
        job->client.acked = job->client.sent = msg->chunk;
        job->client.state = CLIENT_SENDING;
    } else if (msg->kind == C_CHUNKED) {
        job->client.acked = AZ_MAX(job->client.acked, msg->chunk + 1);
    } else { /* it is cancelled, or one before is missing */
        client_breaks(w, job);
        if (az_job_has_ended(&job->record))
            job->client.state = CLIENT_CONTENT;
        return;
    }
    if (job->client.acked > job->chunks)
        world_fail(w, "job %d: %d chunks are acknowledged, %d are durable", job->index,
                   job->client.acked, job->chunks);
    if (job->client.told && !job->record.id)
        world_fail(w, "job %d was acknowledged and is not there", job->index);
    send_chunks(w, job);
}
