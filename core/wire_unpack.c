/* Envelopes to plain messages: everything that a peer could get wrong is
 * checked here, once. */
#include "core/wire.h"

#include <math.h>

#include "core/wire_item.h"
#include "core/wire_job.h"
#include "core/wire_model.h"
#include "core/wire_values.h"

static void *zalloc(struct az_arena *a, size_t n, size_t size)
{
    return az_arena_zalloc(a, n * size);
}

static int credit_from(const Assize__Announce__Backend *m, struct az_arena *a,
                       struct az_credit *ret, struct az_error *err)
{
    int r = az_wire_backend_check(strlen(m->name), m->n_models, m->rpm, m->tpm, AZ_EPROTO, err);
    if (r < 0)
        return r;
    *ret = (struct az_credit){.backend = az_str(m->name),
                              .kind = az_str(m->kind),
                              .credit = m->credit,
                              .limit_group = az_str(m->limit_group),
                              .rpm = m->rpm,
                              .tpm = m->tpm,
                              .slots = m->slots,
                              .state = az_str(m->state)};
    if (!m->n_models)
        return 0;
    ret->models = zalloc(a, m->n_models, sizeof(*ret->models));
    if (!ret->models)
        return az_oom(err);
    for (size_t i = 0; i < m->n_models; i++)
        ret->models[ret->n_models++] = az_str(m->models[i]);
    return 0;
}

static int credits_from(Assize__Announce *m, struct az_arena *a, struct az_credits *ret,
                        struct az_error *err)
{
    *ret = (struct az_credits){0};
    if (!m)
        return 0;
    if (m->n_backends > AZ_WIRE_BACKENDS_MAX)
        return az_fail(err, AZ_EPROTO, "a worker with %zu backends", m->n_backends);
    ret->v = zalloc(a, m->n_backends, sizeof(*ret->v));
    if (!ret->v)
        return az_oom(err);
    /* Its texts get into lists and logs. */
    int r = az_wire_values_check(&m->base, err);
    for (size_t i = 0; i < m->n_backends && r == 0; i++)
        r = credit_from(m->backends[i], a, &ret->v[ret->n++], err);
    return r;
}

static int view_from(const Assize__Question *m, struct az_arena *a, struct az_view *view,
                     struct az_error *err)
{
    struct az_seen *seen = zalloc(a, m->n_seen, sizeof(*seen));
    if (!seen)
        return az_oom(err);
    for (size_t i = 0; i < m->n_seen; i++) {
        const Assize__Seen *s = m->seen[i];
        bool label = s->label_or_none_case == ASSIZE__SEEN__LABEL_OR_NONE_LABEL;
        if (label && (s->label < 0 || s->label >= AZ_LABELS_MAX))
            return az_fail(err, AZ_EPROTO, "a view with label %d", s->label);
        bool score = s->score_or_none_case == ASSIZE__SEEN__SCORE_OR_NONE_SCORE;
        if (score && !isfinite(s->score))
            return az_fail(err, AZ_EPROTO, "a view with a score that is no number");
        seen[i] = (struct az_seen){
            .label = label ? s->label : AZ_LABEL_NONE,
            .has_score = score,
            .score = score ? s->score : 0,
            .rationale = az_str(s->rationale),
        };
    }
    *view = (struct az_view){m->n_seen, seen};
    return 0;
}

static int question_from(const Assize__Question *m, struct az_arena *a, size_t n_items,
                         struct az_msg_question *q, struct az_error *err)
{
    if (!m->key || m->item >= n_items || m->attempts > AZ_ATTEMPTS_MAX)
        return az_fail(err, AZ_EPROTO, "a question without key or item");
    q->panel = m->panel;
    q->item = m->item;
    q->calls = m->calls;
    q->attempts = (int)m->attempts;
    q->grant = m->grant_nusd < 0 ? AZ_NUSD_MAX : m->grant_nusd;
    if (m->mistake_or_none_case == ASSIZE__QUESTION__MISTAKE_OR_NONE_MISTAKE) {
        if (m->mistake >= AZ_BE_COUNT)
            return az_fail(err, AZ_EPROTO, "a question with mistake %u", m->mistake);
        q->mistake = m->mistake;
    }
    if (m->said_or_none_case == ASSIZE__QUESTION__SAID_OR_NONE_SAID)
        q->said = az_str(m->said);
    int r = az_wire_key_from(m->key, &q->key, err);
    return r < 0 ? r : view_from(m, a, &q->view, err);
}

static int questions_from(const Assize__Questions *m, struct az_arena *a, struct az_msg *msg,
                          struct az_error *err)
{
    if (m->n_items > AZ_WIRE_BATCH_MAX || m->n_questions > AZ_WIRE_BATCH_MAX)
        return az_fail(err, AZ_EPROTO, "a batch of %zu questions", m->n_questions);
    msg->questions.items = zalloc(a, m->n_items, sizeof(struct az_item *));
    msg->questions.v = zalloc(a, m->n_questions, sizeof(*msg->questions.v));
    if (!msg->questions.items || !msg->questions.v)
        return az_oom(err);
    int r = 0;
    for (size_t i = 0; i < m->n_questions && r == 0; i++, msg->questions.n++)
        r = question_from(m->questions[i], a, m->n_items, &msg->questions.v[i], err);
    for (size_t i = 0; i < m->n_items && r == 0; i++) {
        r = az_wire_item_from(m->items[i], 256, &msg->questions.items[i], err);
        msg->questions.n_items += r == 0;
    }
    while (r < 0 && msg->questions.n_items)
        az_item_free(msg->questions.items[--msg->questions.n_items]);
    return r;
}

static int answers_from(const Assize__Answers *m, struct az_arena *a, struct az_msg *msg,
                        struct az_error *err)
{
    if (m->n_answers > AZ_WIRE_BATCH_MAX)
        return az_fail(err, AZ_EPROTO, "a batch of %zu answers", m->n_answers);
    msg->answers.v = zalloc(a, m->n_answers, sizeof(*msg->answers.v));
    if (!msg->answers.v)
        return az_oom(err);
    for (size_t i = 0; i < m->n_answers; i++) {
        const Assize__Answer *from = m->answers[i];
        struct az_msg_answer *to = &msg->answers.v[msg->answers.n++];
        if (!from->ballot)
            return az_fail(err, AZ_EPROTO, "an answer without a ballot");
        int r = az_wire_ballot_from(from->ballot, from->again, &to->ballot, err);
        if (r < 0)
            return r;
        to->panel = from->panel;
        to->again = from->again;
        if (from->said_or_none_case == ASSIZE__ANSWER__SAID_OR_NONE_SAID)
            to->said = az_str(from->said);
    }
    return credits_from(m->credit, a, &msg->answers.credit, err);
}

static int recall_from(const Assize__Recall *m, struct az_arena *a, struct az_msg *msg,
                       struct az_error *err)
{
    if (m->n_keys > AZ_WIRE_BATCH_MAX)
        return az_fail(err, AZ_EPROTO, "a recall of %zu questions", m->n_keys);
    msg->recall.panel = m->panel;
    msg->recall.all = m->all;
    msg->recall.keys = zalloc(a, m->n_keys, sizeof(*msg->recall.keys));
    if (!msg->recall.keys)
        return az_oom(err);
    int r = 0;
    for (size_t i = 0; i < m->n_keys && r == 0; i++, msg->recall.n++)
        r = az_wire_key_from(m->keys[i], &msg->recall.keys[i], err);
    return r;
}

static int tune_from(const Assize__Tune *m, struct az_msg *msg, struct az_error *err)
{
    msg->tune.backend = az_str(m->backend);
    msg->tune.slots = m->slots;
    msg->tune.rpm = m->rpm;
    msg->tune.tpm = m->tpm;
    return az_wire_rates_check(m->rpm, m->tpm, AZ_EPROTO, err);
}

static int panel_from(const Assize__Panel *m, struct az_msg *msg, struct az_error *err)
{
    if (m->secret.len != AZ_SECRET_BYTES)
        return az_fail(err, AZ_EPROTO, "a panel with a secret of %zu bytes", m->secret.len);
    msg->panel.panel = m->panel;
    msg->panel.yaml = az_str(m->yaml);
    memcpy(msg->panel.secret, m->secret.data, AZ_SECRET_BYTES);
    return 0;
}

static void refuse_from(const Assize__Refuse *m, struct az_msg *msg)
{
    msg->refuse.what = az_str(m->what);
    msg->refuse.version_min = m->version_min;
    msg->refuse.version_max = m->version_max;
    msg->refuse.again = m->again;
}

static int body_from(const Assize__Envelope *e, struct az_arena *a, struct az_msg *msg,
                     struct az_error *err)
{
    switch (e->body_case) {
    case ASSIZE__ENVELOPE__BODY_HELLO:
        msg->kind = AZ_MSG_HELLO;
        msg->hello.name = az_str(e->hello->name);
        msg->hello.software = az_str(e->hello->software);
        return az_wire_values_check(&e->hello->base, err);
    case ASSIZE__ENVELOPE__BODY_WELCOME:
        msg->kind = AZ_MSG_WELCOME;
        msg->hello.software = az_str(e->welcome->software);
        msg->hello.silence_ms = e->welcome->silence_ms;
        msg->hello.principal = az_str(e->welcome->principal);
        return az_wire_values_check(&e->welcome->base, err);
    case ASSIZE__ENVELOPE__BODY_REFUSE:
        msg->kind = AZ_MSG_REFUSE;
        refuse_from(e->refuse, msg);
        return 0;
    case ASSIZE__ENVELOPE__BODY_ANNOUNCE:
        msg->kind = AZ_MSG_ANNOUNCE;
        return credits_from(e->announce, a, &msg->announce, err);
    case ASSIZE__ENVELOPE__BODY_PANEL:
        msg->kind = AZ_MSG_PANEL;
        return panel_from(e->panel, msg, err);
    case ASSIZE__ENVELOPE__BODY_QUESTIONS:
        msg->kind = AZ_MSG_QUESTIONS;
        return questions_from(e->questions, a, msg, err);
    case ASSIZE__ENVELOPE__BODY_ANSWERS:
        msg->kind = AZ_MSG_ANSWERS;
        return answers_from(e->answers, a, msg, err);
    case ASSIZE__ENVELOPE__BODY_STOPPED:
        msg->kind = AZ_MSG_STOPPED;
        msg->stopped.backend = az_str(e->stopped->backend);
        msg->stopped.why = az_str(e->stopped->why);
        return az_wire_values_check(&e->stopped->base, err);
    case ASSIZE__ENVELOPE__BODY_UNFIT:
        msg->kind = AZ_MSG_UNFIT;
        msg->unfit.panel = e->unfit->panel;
        msg->unfit.why = az_str(e->unfit->why);
        return az_wire_values_check(&e->unfit->base, err);
    case ASSIZE__ENVELOPE__BODY_HEARTBEAT:
        msg->kind = AZ_MSG_HEARTBEAT;
        return 0;
    case ASSIZE__ENVELOPE__BODY_STOP:
        msg->kind = AZ_MSG_STOP;
        return 0;
    case ASSIZE__ENVELOPE__BODY_FORGET:
        msg->kind = AZ_MSG_FORGET;
        msg->forget.panel = e->forget->panel;
        return 0;
    case ASSIZE__ENVELOPE__BODY_RECALL:
        msg->kind = AZ_MSG_RECALL;
        return recall_from(e->recall, a, msg, err);
    case ASSIZE__ENVELOPE__BODY_TUNE:
        msg->kind = AZ_MSG_TUNE;
        return tune_from(e->tune, msg, err);
    default:
        return az_wire_job_from(e, msg, err);
    }
}

/* Two bytes on the wire may be a message of a hundred here: what honest frames
 * need is allowed, and a frame of nothing but empty messages is not. */
enum { UNPACKED_LEAST = 32 << 20, UNPACKED_TIMES = 4 };

int az_wire_unpack(struct az_str frame, struct az_arena *arena, struct az_msg *msg,
                   struct az_error *err)
{
    if (frame.n > AZ_WIRE_FRAME_MAX)
        return az_fail(err, AZ_EPROTO, "a frame of %zu bytes", frame.n);
    struct az_wire_memory memory = {.arena = arena,
                                    .limit = UNPACKED_LEAST + UNPACKED_TIMES * frame.n};
    ProtobufCAllocator allocator = az_wire_allocator(&memory);
    Assize__Envelope *e = assize__envelope__unpack(&allocator, frame.n, (const uint8_t *)frame.p);
    if (memory.over)
        return az_fail(err, AZ_EPROTO, "a frame of too many messages");
    if (!e)
        return memory.failed ? az_oom(err) : az_fail(err, AZ_EPROTO, "a frame that is no envelope");
    bool refusal = e->version && e->body_case == ASSIZE__ENVELOPE__BODY_REFUSE;
    if (e->version != AZ_WIRE_VERSION && !refusal)
        return az_fail(err, e->version ? AZ_EINVAL : AZ_EPROTO,
                       "version %u of the protocol, versions %d to %d are spoken here", e->version,
                       AZ_WIRE_VERSION, AZ_WIRE_VERSION);
    memset(msg, 0, sizeof(*msg));
    msg->seq = e->seq;
    msg->heard = e->heard;
    return body_from(e, arena, msg, err);
}

int az_wire_refusal(const struct az_msg *refuse, int code, struct az_error *err)
{
    uint32_t min = refuse->refuse.version_min, max = refuse->refuse.version_max;
    az_fail(err, code, "the coordinator refused: " AZ_STR_FMT, AZ_STR_ARG(refuse->refuse.what));
    if (max && (AZ_WIRE_VERSION < min || AZ_WIRE_VERSION > max))
        az_hint(
            err,
            "It speaks versions %u to %u of the protocol, this program version %d: update the %s.",
            min, max, AZ_WIRE_VERSION, max > AZ_WIRE_VERSION ? "program" : "coordinator");
    return code;
}
