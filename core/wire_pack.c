/* Plain messages to envelopes. Text is borrowed into the protobuf structs for
 * the time of the packing, so a slice must end in NUL: arenas see to that, and
 * what does not is copied. */
#include "core/wire.h"
#include "core/wire_item.h"
#include "core/wire_model.h"
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
    return z;
}

static void credits_to(struct packer *p, const struct az_credits *c, Assize__Announce *m)
{
    assize__announce__init(m);
    m->backends = zalloc(p, c->n * sizeof(*m->backends));
    for (size_t i = 0; i < c->n && !p->failed; i++) {
        Assize__Announce__Backend *b = zalloc(p, sizeof(*b));
        if (!b)
            return;
        assize__announce__backend__init(b);
        b->name = text(p, c->v[i].backend);
        b->kind = text(p, c->v[i].kind);
        b->credit = c->v[i].credit;
        m->backends[m->n_backends++] = b;
    }
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
    m->item = q->item;
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
    credits_to(p, &msg->answers.credit, m->credit);
    for (size_t i = 0; i < msg->answers.n && !p->failed; i++) {
        const struct az_msg_answer *from = &msg->answers.v[i];
        Assize__Answer *a = zalloc(p, sizeof(*a));
        Assize__Ballot *b = zalloc(p, sizeof(*b));
        Assize__Key *k = zalloc(p, sizeof(*k));
        if (p->failed)
            return 0;
        assize__answer__init(a);
        int r = az_wire_ballot_to(&from->ballot, from->again, p->a, b, k, err);
        if (r < 0)
            return r;
        a->ballot = b;
        a->again = from->again;
        if (from->said.p) {
            a->said_or_none_case = ASSIZE__ANSWER__SAID_OR_NONE_SAID;
            a->said = text(p, from->said);
        }
        m->answers[m->n_answers++] = a;
    }
    return 0;
}

static void stopped_to(struct packer *p, const struct az_msg *msg, Assize__Stopped *m)
{
    assize__stopped__init(m);
    m->backend = text(p, msg->stopped.backend);
    m->why = text(p, msg->stopped.why);
    m->returned = zalloc(p, msg->stopped.n * sizeof(*m->returned));
    for (size_t i = 0; i < msg->stopped.n && !p->failed; i++) {
        Assize__Key *k = zalloc(p, sizeof(*k));
        if (!k)
            return;
        az_wire_key_to(&msg->stopped.returned[i], k);
        m->returned[m->n_returned++] = k;
    }
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

int az_wire_pack(struct az_buf *b, const struct az_msg *msg, struct az_arena *scratch,
                 struct az_error *err)
{
    struct packer p = {.a = scratch};
    union {
        Assize__Hello hello;
        Assize__Welcome welcome;
        Assize__Refuse refuse;
        Assize__Announce announce;
        Assize__Panel panel;
        Assize__Questions questions;
        Assize__Answers answers;
        Assize__Stopped stopped;
        Assize__Heartbeat heartbeat;
        Assize__Stop stop;
    } m;
    Assize__Envelope e = ASSIZE__ENVELOPE__INIT;
    e.version = AZ_WIRE_VERSION;
    e.seq = msg->seq;
    int r = 0;

#define BODY(field, FIELD)                        \
    e.body_case = ASSIZE__ENVELOPE__BODY_##FIELD; \
    e.field = &m.field
    switch (msg->kind) {
    case AZ_MSG_HELLO:
        assize__hello__init(&m.hello);
        m.hello.name = text(&p, msg->hello.name);
        m.hello.software = text(&p, msg->hello.software);
        BODY(hello, HELLO);
        break;
    case AZ_MSG_WELCOME:
        assize__welcome__init(&m.welcome);
        m.welcome.software = text(&p, msg->hello.software);
        BODY(welcome, WELCOME);
        break;
    case AZ_MSG_REFUSE:
        assize__refuse__init(&m.refuse);
        m.refuse.what = text(&p, msg->refuse.what);
        m.refuse.version_min = m.refuse.version_max = AZ_WIRE_VERSION;
        BODY(refuse, REFUSE);
        break;
    case AZ_MSG_ANNOUNCE:
        credits_to(&p, &msg->announce, &m.announce);
        BODY(announce, ANNOUNCE);
        break;
    case AZ_MSG_PANEL:
        assize__panel__init(&m.panel);
        m.panel.panel = msg->panel.panel;
        m.panel.yaml = text(&p, msg->panel.yaml);
        m.panel.secret.data = (uint8_t *)msg->panel.secret;
        m.panel.secret.len = AZ_SECRET_BYTES;
        BODY(panel, PANEL);
        break;
    case AZ_MSG_QUESTIONS:
        questions_to(&p, msg, &m.questions);
        BODY(questions, QUESTIONS);
        break;
    case AZ_MSG_ANSWERS:
        r = answers_to(&p, msg, &m.answers, err);
        BODY(answers, ANSWERS);
        break;
    case AZ_MSG_STOPPED:
        stopped_to(&p, msg, &m.stopped);
        BODY(stopped, STOPPED);
        break;
    case AZ_MSG_HEARTBEAT:
        assize__heartbeat__init(&m.heartbeat);
        BODY(heartbeat, HEARTBEAT);
        break;
    case AZ_MSG_STOP:
        assize__stop__init(&m.stop);
        BODY(stop, STOP);
        break;
    }
#undef BODY
    if (r < 0)
        return r;
    return p.failed ? az_oom(err) : put(b, &e, err);
}
