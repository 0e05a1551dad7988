/* Plain messages to envelopes. Text is borrowed into the protobuf structs for
 * the time of the packing, so a slice must end in NUL: arenas see to that, and
 * what does not is copied. */
#include "core/wire.h"
#include "core/wire_item.h"
#include "core/wire_job.h"
#include "core/wire_model.h"
#include "core/wire_values.h"
#include "protos/envelope.pb-c.h"

struct packer {
    struct az_arena *a;
    bool failed; /* out of memory */
};

static void *zalloc(struct packer *p, size_t size)
{
    void *m = az_arena_zalloc(p->a, size);
    p->failed = p->failed || !m;
    return m;
}

static char *text(struct packer *p, struct az_str s)
{
    char *z = az_arena_strndup(p->a, s.p, s.n);
    p->failed = p->failed || !z;
    if (z)
        az_utf8_mend(z, s.n);
    return z;
}

static void credit_to(struct packer *p, const struct az_credit *c, Assize__Announce__Backend *b)
{
    assize__announce__backend__init(b);
    b->name = text(p, c->backend);
    b->kind = text(p, c->kind);
    b->credit = c->credit;
    b->limit_group = text(p, c->limit_group);
    b->rpm = c->rpm;
    b->tpm = c->tpm;
    b->slots = c->slots;
    b->state = text(p, c->state);
    b->models = zalloc(p, c->n_models * sizeof(*b->models));
    for (size_t i = 0; i < c->n_models && !p->failed; i++)
        b->models[b->n_models++] = text(p, c->models[i]);
}

static int credits_to(struct packer *p, const struct az_credits *c, Assize__Announce *m,
                      struct az_error *err)
{
    assize__announce__init(m);
    if (c->n > AZ_WIRE_BACKENDS_MAX)
        return az_fail(err, AZ_EINVAL, "a worker with %zu backends", c->n);
    m->backends = zalloc(p, c->n * sizeof(*m->backends));
    for (size_t i = 0; i < c->n && !p->failed; i++) {
        const struct az_credit *from = &c->v[i];
        int r = az_wire_backend_check(from->backend.n, from->n_models, from->rpm, from->tpm,
                                      AZ_EINVAL, err);
        if (r < 0)
            return r;
        Assize__Announce__Backend *b = zalloc(p, sizeof(*b));
        if (!b)
            return 0;
        credit_to(p, from, b);
        m->backends[m->n_backends++] = b;
    }
    return 0;
}

static Assize__Item *item_to(struct packer *p, const struct az_item *item)
{
    struct az_wire_item *wire = zalloc(p, sizeof(*wire));
    if (!wire)
        return NULL;
    az_wire_item_to(item, wire);
    return &wire->m;
}

static Assize__Seen *seen_to(struct packer *p, const struct az_seen *seen)
{
    Assize__Seen *m = zalloc(p, sizeof(*m));
    if (!m)
        return NULL;
    assize__seen__init(m);
    if (seen->label != AZ_LABEL_NONE) {
        m->label_or_none_case = ASSIZE__SEEN__LABEL_OR_NONE_LABEL;
        m->label = seen->label;
    }
    if (seen->has_score) {
        m->score_or_none_case = ASSIZE__SEEN__SCORE_OR_NONE_SCORE;
        m->score = seen->score;
    }
    m->rationale = text(p, seen->rationale);
    return m;
}

static Assize__Question *question_to(struct packer *p, const struct az_msg_question *q)
{
    Assize__Question *m = zalloc(p, sizeof(*m));
    Assize__Key *key = zalloc(p, sizeof(*key));
    if (!m || !key)
        return NULL;
    assize__question__init(m);
    az_wire_key_to(&q->key, key);
    m->key = key;
    m->panel = q->panel;
    m->item = q->item;
    m->calls = q->calls;
    m->attempts = (uint32_t)q->attempts;
    m->grant_nusd = q->grant == AZ_NUSD_MAX ? -1 : q->grant;
    if (q->mistake != AZ_BE_NONE) {
        m->mistake_or_none_case = ASSIZE__QUESTION__MISTAKE_OR_NONE_MISTAKE;
        m->mistake = q->mistake;
    }
    if (q->said.p) {
        m->said_or_none_case = ASSIZE__QUESTION__SAID_OR_NONE_SAID;
        m->said = text(p, q->said);
    }
    if (q->view.n)
        m->seen = zalloc(p, q->view.n * sizeof(*m->seen));
    for (size_t i = 0; i < q->view.n && m->seen; i++)
        m->seen[m->n_seen++] = seen_to(p, &q->view.seen[i]);
    return m;
}

static void questions_to(struct packer *p, const struct az_msg *msg, Assize__Questions *m)
{
    assize__questions__init(m);
    m->items = zalloc(p, msg->questions.n_items * sizeof(*m->items));
    m->questions = zalloc(p, msg->questions.n * sizeof(*m->questions));
    for (size_t i = 0; i < msg->questions.n_items && !p->failed; i++)
        m->items[m->n_items++] = item_to(p, msg->questions.items[i]);
    for (size_t i = 0; i < msg->questions.n && !p->failed; i++)
        m->questions[m->n_questions++] = question_to(p, &msg->questions.v[i]);
}

static int answers_to(struct packer *p, const struct az_msg *msg, Assize__Answers *m,
                      struct az_error *err)
{
    assize__answers__init(m);
    m->answers = zalloc(p, msg->answers.n * sizeof(*m->answers));
    m->credit = zalloc(p, sizeof(*m->credit));
    if (p->failed)
        return 0;
    int r = credits_to(p, &msg->answers.credit, m->credit, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < msg->answers.n && !p->failed; i++) {
        const struct az_msg_answer *from = &msg->answers.v[i];
        Assize__Answer *a = zalloc(p, sizeof(*a));
        Assize__Ballot *b = zalloc(p, sizeof(*b));
        Assize__Key *k = zalloc(p, sizeof(*k));
        if (p->failed)
            return 0;
        assize__answer__init(a);
        r = az_wire_ballot_to(&from->ballot, from->again, p->a, b, k, err);
        if (r < 0)
            return r;
        a->ballot = b;
        a->panel = from->panel;
        a->again = from->again;
        if (from->said.p) {
            a->said_or_none_case = ASSIZE__ANSWER__SAID_OR_NONE_SAID;
            a->said = text(p, from->said);
        }
        m->answers[m->n_answers++] = a;
    }
    return 0;
}

static void recall_to(struct packer *p, const struct az_msg *msg, Assize__Recall *m)
{
    assize__recall__init(m);
    m->panel = msg->recall.panel;
    m->all = msg->recall.all;
    m->keys = zalloc(p, msg->recall.n * sizeof(*m->keys));
    for (size_t i = 0; i < msg->recall.n && !p->failed; i++) {
        Assize__Key *k = zalloc(p, sizeof(*k));
        if (!k)
            return;
        az_wire_key_to(&msg->recall.keys[i], k);
        m->keys[m->n_keys++] = k;
    }
}

static int tune_to(struct packer *p, const struct az_msg *msg, Assize__Tune *m,
                   struct az_error *err)
{
    assize__tune__init(m);
    m->backend = text(p, msg->tune.backend);
    m->slots = msg->tune.slots;
    m->rpm = msg->tune.rpm;
    m->tpm = msg->tune.tpm;
    return az_wire_rates_check(m->rpm, m->tpm, AZ_EINVAL, err);
}

static int put(struct az_buf *b, const Assize__Envelope *e, struct az_error *err)
{
    size_t n = assize__envelope__get_packed_size(e);
    if (n > AZ_WIRE_FRAME_MAX)
        return az_fail(err, AZ_ELIMIT, "a message of %zu bytes, at most %d are sent", n,
                       AZ_WIRE_FRAME_MAX);
    char *at = az_buf_room(b, n);
    if (!at)
        return az_buf_check(b, err);
    b->n += assize__envelope__pack(e, (uint8_t *)at);
    b->p[b->n] = '\0';
    return 0;
}

/* What an envelope points to. */
union body {
    Assize__Hello hello;
    Assize__Welcome welcome;
    Assize__Refuse refuse;
    Assize__Announce announce;
    Assize__Panel panel;
    Assize__Questions questions;
    Assize__Answers answers;
    Assize__Stopped stopped;
    Assize__Unfit unfit;
    Assize__Heartbeat heartbeat;
    Assize__Stop stop;
    Assize__Forget forget;
    Assize__Recall recall;
    Assize__Tune tune;
};

#define BODY(field, FIELD)                         \
    e->body_case = ASSIZE__ENVELOPE__BODY_##FIELD; \
    e->field = &m->field

/* What begins and ends a session and keeps it alive. */
static void session_to(struct packer *p, const struct az_msg *msg, union body *m,
                       Assize__Envelope *e)
{
    switch (msg->kind) {
    case AZ_MSG_HELLO:
        assize__hello__init(&m->hello);
        m->hello.name = text(p, msg->hello.name);
        m->hello.software = text(p, msg->hello.software);
        BODY(hello, HELLO);
        return;
    case AZ_MSG_WELCOME:
        assize__welcome__init(&m->welcome);
        m->welcome.software = text(p, msg->hello.software);
        m->welcome.silence_ms = msg->hello.silence_ms;
        m->welcome.principal = text(p, msg->hello.principal);
        BODY(welcome, WELCOME);
        return;
    case AZ_MSG_REFUSE:
        assize__refuse__init(&m->refuse);
        m->refuse.what = text(p, msg->refuse.what);
        m->refuse.version_min = m->refuse.version_max = AZ_WIRE_VERSION;
        m->refuse.again = msg->refuse.again;
        BODY(refuse, REFUSE);
        return;
    case AZ_MSG_HEARTBEAT:
        assize__heartbeat__init(&m->heartbeat);
        BODY(heartbeat, HEARTBEAT);
        return;
    default:
        assize__stop__init(&m->stop);
        BODY(stop, STOP);
    }
}

static int body_to(struct packer *p, const struct az_msg *msg, union body *m, Assize__Envelope *e,
                   struct az_error *err)
{
    switch (msg->kind) {
    case AZ_MSG_ANNOUNCE:
        BODY(announce, ANNOUNCE);
        return credits_to(p, &msg->announce, &m->announce, err);
    case AZ_MSG_PANEL:
        assize__panel__init(&m->panel);
        m->panel.panel = msg->panel.panel;
        m->panel.yaml = text(p, msg->panel.yaml);
        m->panel.secret.data = (uint8_t *)msg->panel.secret;
        m->panel.secret.len = AZ_SECRET_BYTES;
        BODY(panel, PANEL);
        return 0;
    case AZ_MSG_QUESTIONS:
        questions_to(p, msg, &m->questions);
        BODY(questions, QUESTIONS);
        return 0;
    case AZ_MSG_ANSWERS:
        BODY(answers, ANSWERS);
        return answers_to(p, msg, &m->answers, err);
    case AZ_MSG_STOPPED:
        assize__stopped__init(&m->stopped);
        m->stopped.backend = text(p, msg->stopped.backend);
        m->stopped.why = text(p, msg->stopped.why);
        BODY(stopped, STOPPED);
        return 0;
    case AZ_MSG_UNFIT:
        assize__unfit__init(&m->unfit);
        m->unfit.panel = msg->unfit.panel;
        m->unfit.why = text(p, msg->unfit.why);
        BODY(unfit, UNFIT);
        return 0;
    case AZ_MSG_FORGET:
        assize__forget__init(&m->forget);
        m->forget.panel = msg->forget.panel;
        BODY(forget, FORGET);
        return 0;
    case AZ_MSG_RECALL:
        recall_to(p, msg, &m->recall);
        BODY(recall, RECALL);
        return 0;
    case AZ_MSG_TUNE:
        BODY(tune, TUNE);
        return tune_to(p, msg, &m->tune, err);
    default:
        session_to(p, msg, m, e);
        return 0;
    }
}
#undef BODY

int az_wire_pack(struct az_buf *b, const struct az_msg *msg, struct az_arena *scratch,
                 struct az_error *err)
{
    struct packer p = {.a = scratch};
    union body m;
    Assize__Envelope e = ASSIZE__ENVELOPE__INIT;
    e.version = AZ_WIRE_VERSION;
    e.seq = msg->seq;
    e.heard = msg->heard;
    int r =
        az_wire_is_job(msg->kind) ? az_wire_job_to(msg, &e, err) : body_to(&p, msg, &m, &e, err);
    if (r < 0)
        return r;
    return p.failed ? az_oom(err) : put(b, &e, err);
}
