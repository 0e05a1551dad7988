#include "core/wire_model.h"

#include <math.h>

#include "core/mem.h"

/* ---- what must hold, both ways ---- */

static int bad(struct az_error *err, int code, const char *what)
{
    return az_fail(err, code, "%s out of range", what);
}

static const char *key_fault(const struct az_key *k)
{
    if (k->item < 0)
        return "item";
    if (k->judge < 0 || k->judge >= AZ_JUDGES_MAX)
        return "judge";
    if (k->round < 1 || k->round > AZ_ROUNDS_MAX)
        return "round";
    if (k->criterion < -1 || k->criterion >= AZ_CRITERIA_MAX)
        return "criterion";
    if (k->order < AZ_ORDER_NONE || k->order > AZ_ORDER_REVERSED)
        return "order";
    return k->sample < 0 || k->sample >= AZ_SAMPLES_MAX ? "sample" : NULL;
}

static const char *probs_fault(const double *probs, size_t n)
{
    if (n > AZ_PROBS_MAX)
        return "number of probabilities";
    for (size_t i = 0; i < n; i++) {
        /* A sum of rounded terms may pass 1 by a little. */
        if (!(probs[i] >= 0 && probs[i] <= 1 + 1e-9))
            return "probability";
    }
    return NULL;
}

/* An error has neither label nor score. An answer has at least one of them, or
 * probabilities: a lexical judge whose best is shared names no single label. */
static const char *answer_fault(const struct az_ballot *b)
{
    if (b->error < AZ_BE_NONE || b->error >= AZ_BE_COUNT)
        return "error";
    if (b->label < AZ_LABEL_NONE || b->label >= AZ_LABELS_MAX)
        return "label";
    if (b->has_score && !isfinite(b->score))
        return "score";
    bool answered = b->label != AZ_LABEL_NONE || b->has_score || b->n_probs;
    if (answered == (b->error != AZ_BE_NONE))
        return answered ? "error with an answer" : "answer without label or score";
    return probs_fault(b->probs, b->n_probs);
}

static const char *counts_fault(const struct az_ballot *b)
{
    if (b->tokens_in < 0 || b->tokens_out < 0 || b->tokens_cached < 0 || b->tokens_reasoning < 0)
        return "tokens";
    if (b->cost < 0)
        return "cost";
    if (b->ms < 0)
        return "time";
    return b->attempts < 0 || b->attempts > AZ_ATTEMPTS_MAX ? "attempts" : NULL;
}

static const char *ballot_fault(const struct az_ballot *b)
{
    const char *fault = key_fault(&b->key);
    if (!fault)
        fault = answer_fault(b);
    return fault ? fault : counts_fault(b);
}

/* A question that comes back unanswered, perhaps before anything went wrong. */
static const char *return_fault(const struct az_ballot *b)
{
    const char *fault = key_fault(&b->key);
    if (fault)
        return fault;
    if (b->error < AZ_BE_NONE || b->error >= AZ_BE_COUNT)
        return "error";
    if (b->label != AZ_LABEL_NONE || b->has_score || b->n_probs)
        return "answer to ask again";
    return counts_fault(b);
}

static bool is_share(bool has, double v)
{
    return !has || (v >= 0 && v <= 1 + 1e-9);
}

static bool is_count(int n)
{
    return n >= 0 && n <= AZ_JUDGES_MAX;
}

static const char *verdict_fault(const struct az_verdict *v)
{
    if (v->status < AZ_DECIDED || v->status > AZ_FAILED)
        return "status";
    if (v->label < AZ_LABEL_NONE || v->label >= AZ_LABELS_MAX)
        return "label";
    if (v->has_score && !isfinite(v->score))
        return "score";
    if (!is_share(v->has_share, v->share))
        return "share";
    if (!is_share(v->has_p, v->p))
        return "p";
    if (v->n_probs > AZ_LABELS_MAX || probs_fault(v->probs, v->n_probs))
        return "probs";
    if (v->error < AZ_BE_NONE || v->error >= AZ_BE_COUNT)
        return "error";
    const struct az_seats *s = &v->seats;
    if (!is_count(s->n) || !is_count(s->asked) || !is_count(s->voted) || !is_count(s->errors) ||
        !is_count(s->partial))
        return "seats";
    if (v->rounds < 0 || v->rounds > AZ_ROUNDS_MAX)
        return "rounds";
    return v->cost < 0 ? "cost" : NULL;
}

/* ---- to messages ---- */

void az_wire_key_to(const struct az_key *key, Assize__Key *m)
{
    assize__key__init(m);
    m->item = (uint64_t)key->item;
    m->judge = (uint32_t)key->judge;
    m->round = (uint32_t)key->round;
    m->criterion = key->criterion;
    m->order = key->order;
    m->sample = (uint32_t)key->sample;
}

/* Bytes for the texts of a ballot, each with the NUL that protobuf-c wants. */
static size_t text_size(const struct az_ballot *b)
{
    return b->error_text.n + b->how.n + b->rationale.n + b->model.n + b->params.n + 5;
}

/* Copy `s` to *at with a NUL and step over it. */
static char *put_text(char **at, struct az_str s)
{
    char *p = *at;
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    az_utf8_mend(p, s.n);
    *at += s.n + 1;
    return p;
}

/* `text` has room for text_size(b). */
static void ballot_fill(const struct az_ballot *b, char *text, Assize__Ballot *m, Assize__Key *key)
{
    az_wire_key_to(&b->key, key);
    assize__ballot__init(m);
    m->key = key;
    m->error = (uint32_t)b->error;
    m->error_text = put_text(&text, b->error_text);
    m->label = b->label;
    if (b->has_score) {
        m->score_or_none_case = ASSIZE__BALLOT__SCORE_OR_NONE_SCORE;
        m->score = b->score;
    }
    m->n_probs = b->n_probs;
    m->probs = (double *)b->probs;
    m->how = put_text(&text, b->how);
#define TEXT(field, CASE)                                                  \
    if (b->field.p) {                                                      \
        m->field##_or_none_case = ASSIZE__BALLOT__##CASE##_OR_NONE_##CASE; \
        m->field = put_text(&text, b->field);                              \
    }
    TEXT(rationale, RATIONALE)
    TEXT(model, MODEL)
    TEXT(params, PARAMS)
#undef TEXT
    if (b->raw.p) {
        m->raw_or_none_case = ASSIZE__BALLOT__RAW_OR_NONE_RAW;
        m->raw = (ProtobufCBinaryData){b->raw.n, (uint8_t *)b->raw.p};
    }
    if (b->has_request) {
        m->request_or_none_case = ASSIZE__BALLOT__REQUEST_OR_NONE_REQUEST;
        m->request = (ProtobufCBinaryData){AZ_HASH_BYTES, (uint8_t *)b->request.bytes};
    }
    m->tokens_in = b->tokens_in;
    m->tokens_out = b->tokens_out;
    m->tokens_cached = b->tokens_cached;
    m->tokens_reasoning = b->tokens_reasoning;
    m->cost_nusd = b->cost;
    m->cost_known = b->cost_known;
    m->ms = b->ms;
    m->attempts = (uint32_t)b->attempts;
    m->cached = b->cached;
}

int az_wire_ballot_to(const struct az_ballot *ballot, bool again, struct az_arena *a,
                      Assize__Ballot *m, Assize__Key *key, struct az_error *err)
{
    const char *fault = again ? return_fault(ballot) : ballot_fault(ballot);
    if (fault)
        return bad(err, AZ_EINVAL, fault);
    char *text = az_arena_zalloc(a, text_size(ballot));
    if (!text)
        return az_oom(err);
    ballot_fill(ballot, text, m, key);
    return 0;
}

/* Every number of a ballot at its longest, with tags, and the key. */
enum { BALLOT_NUMBERS_MAX = 320 };

int az_wire_ballot_pack(struct az_buf *b, const struct az_ballot *ballot, struct az_error *err)
{
    const char *fault = ballot_fault(ballot);
    if (fault)
        return bad(err, AZ_EINVAL, fault);

    /* The message goes to the front of the room, the copies of the texts it is
     * made from to the back: no other memory is needed. */
    size_t text = text_size(ballot);
    size_t packed = BALLOT_NUMBERS_MAX + text + ballot->raw.n + 8 * ballot->n_probs;
    char *room = az_buf_room(b, packed + text);
    if (!room)
        return az_buf_check(b, err);

    Assize__Ballot m;
    Assize__Key key;
    ballot_fill(ballot, room + packed, &m, &key);
    size_t n = assize__ballot__pack(&m, (uint8_t *)room);
    az_assert(n <= packed);
    b->n += n;
    b->p[b->n] = '\0';
    return 0;
}

/* Without the zeros at its end. */
static size_t dissent_size(const uint8_t dissent[AZ_JUDGES_MAX / 8])
{
    size_t n = AZ_JUDGES_MAX / 8;
    while (n && !dissent[n - 1])
        n--;
    return n;
}

/* How many bytes `v` and `used` may take; the keys' messages come behind. */
enum { VERDICT_NUMBERS_MAX = 256 + AZ_LABELS_MAX * 8, KEY_PACKED_MAX = 64 };

/* `m` borrows from `v`; its texts, dissent and keys are set by the caller. */
static void verdict_fill(const struct az_verdict *v, Assize__Verdict *m)
{
    assize__verdict__init(m);
    m->status = (uint32_t)v->status;
    m->label = v->label;
#define NUMBER(field, CASE)                                                 \
    if (v->has_##field) {                                                   \
        m->field##_or_none_case = ASSIZE__VERDICT__##CASE##_OR_NONE_##CASE; \
        m->field = v->field;                                                \
    }
    NUMBER(score, SCORE)
    NUMBER(share, SHARE)
    NUMBER(p, P)
#undef NUMBER
    m->how = (char *)(v->how ? v->how : "");
    m->error = (uint32_t)v->error;
    m->seats = (uint32_t)v->seats.n;
    m->asked = (uint32_t)v->seats.asked;
    m->voted = (uint32_t)v->seats.voted;
    m->errors = (uint32_t)v->seats.errors;
    m->partial = (uint32_t)v->seats.partial;
    m->rounds = (uint32_t)v->rounds;
    m->cost_nusd = v->cost;
    m->early = v->early;
    m->set = v->set;
    m->n_probs = v->n_probs;
    m->probs = (double *)v->probs;
}

int az_wire_verdict_pack(struct az_buf *b, const struct az_verdict *v, struct az_keys used,
                         struct az_error *err)
{
    const char *fault = verdict_fault(v);
    for (size_t i = 0; !fault && i < used.n; i++)
        fault = key_fault(&used.v[i]);
    if (fault)
        return bad(err, AZ_EINVAL, fault);

    Assize__Verdict m;
    verdict_fill(v, &m);
    char reason[sizeof(v->reason)];
    snprintf(reason, sizeof(reason), "%s", v->reason);
    az_utf8_mend(reason, strlen(reason));
    m.reason = reason;
    uint8_t dissent[sizeof(v->dissent)];
    for (size_t i = 0; i < sizeof(dissent); i++)
        dissent[i] = (uint8_t)(v->dissent[i / 8] >> i % 8 * 8);
    m.dissent = (ProtobufCBinaryData){dissent_size(dissent), dissent};

    size_t packed = VERDICT_NUMBERS_MAX + strlen(m.how) + sizeof(reason) + used.n * KEY_PACKED_MAX;
    size_t align = _Alignof(Assize__Key) - 1;
    char *room = az_buf_room(b, packed + align + used.n * (sizeof(Assize__Key) + sizeof(void *)));
    if (!room)
        return az_buf_check(b, err);
    Assize__Key *keys = (Assize__Key *)(((uintptr_t)room + packed + align) & ~(uintptr_t)align);
    m.n_used = used.n;
    m.used = (Assize__Key **)(keys + used.n);
    for (size_t i = 0; i < used.n; i++) {
        az_wire_key_to(&used.v[i], &keys[i]);
        m.used[i] = &keys[i];
    }
    size_t n = assize__verdict__pack(&m, (uint8_t *)room);
    az_assert(n <= packed);
    b->n += n;
    b->p[b->n] = '\0';
    return 0;
}

/* ---- from messages ---- */

static void *arena_alloc(void *arg, size_t size)
{
    struct az_wire_memory *memory = arg;
    memory->over |= memory->limit && size > memory->limit - memory->used;
    if (memory->over)
        return NULL;
    memory->used += size;
    void *p = az_arena_alloc(memory->arena, size); /* protobuf-c fills what it asks for */
    memory->failed |= !p;
    return p;
}

static void arena_keep(void *arg, void *p)
{
}

ProtobufCAllocator az_wire_allocator(struct az_wire_memory *memory)
{
    return (ProtobufCAllocator){arena_alloc, arena_keep, memory};
}

static int unpack_failed(const struct az_wire_memory *memory, const char *what,
                         struct az_error *err)
{
    return memory->failed ? az_oom(err) : az_fail(err, AZ_EPROTO, "not a packed %s", what);
}

/* An unsigned field that fits an int, or -2: no field allows that. */
static int32_t small(uint32_t v)
{
    return v > INT32_MAX ? -2 : (int32_t)v;
}

static struct az_key key_of(const Assize__Key *m)
{
    return (struct az_key){
        .item = m->item > INT64_MAX ? -1 : (int64_t)m->item,
        .judge = small(m->judge),
        .round = small(m->round),
        .criterion = m->criterion,
        .order = m->order,
        .sample = small(m->sample),
    };
}

int az_wire_key_from(const Assize__Key *m, struct az_key *ret, struct az_error *err)
{
    if (!m)
        return az_fail(err, AZ_EPROTO, "a message without its key");
    struct az_key k = key_of(m);
    const char *fault = key_fault(&k);
    if (fault)
        return bad(err, AZ_EPROTO, fault);
    *ret = k;
    return 0;
}

/* False: not UTF-8, and then it would spoil every output it gets into. */
static bool text_of(const char *z, struct az_str *ret)
{
    *ret = az_str(z);
    return !z || az_utf8_valid(*ret, NULL);
}

static const char *ballot_texts(const Assize__Ballot *m, struct az_ballot *b)
{
    if (!text_of(m->error_text, &b->error_text) || !text_of(m->how, &b->how))
        return "text";
#define TEXT(field, CASE)                                                     \
    if (m->field##_or_none_case == ASSIZE__BALLOT__##CASE##_OR_NONE_##CASE && \
        !text_of(m->field, &b->field))                                        \
        return #field;
    TEXT(rationale, RATIONALE)
    TEXT(model, MODEL)
    TEXT(params, PARAMS)
#undef TEXT
    if (m->raw_or_none_case == ASSIZE__BALLOT__RAW_OR_NONE_RAW)
        b->raw = (struct az_str){m->raw.data ? (char *)m->raw.data : "", m->raw.len};
    if (m->request_or_none_case == ASSIZE__BALLOT__REQUEST_OR_NONE_REQUEST) {
        if (m->request.len != AZ_HASH_BYTES)
            return "request hash";
        b->has_request = true;
        memcpy(b->request.bytes, m->request.data, AZ_HASH_BYTES);
    }
    return NULL;
}

int az_wire_ballot_from(const Assize__Ballot *m, bool again, struct az_ballot *ret,
                        struct az_error *err)
{
    if (!m->key)
        return az_fail(err, AZ_EPROTO, "a ballot without its key");
    struct az_ballot b = {
        .key = key_of(m->key),
        .error = (enum az_ballot_error)small(m->error),
        .label = m->label,
        .has_score = m->score_or_none_case == ASSIZE__BALLOT__SCORE_OR_NONE_SCORE,
        .n_probs = m->n_probs,
        .probs = m->probs,
        .tokens_in = m->tokens_in,
        .tokens_out = m->tokens_out,
        .tokens_cached = m->tokens_cached,
        .tokens_reasoning = m->tokens_reasoning,
        .cost = m->cost_nusd,
        .cost_known = m->cost_known,
        .ms = m->ms,
        .attempts = small(m->attempts),
        .cached = m->cached,
    };
    if (b.has_score)
        b.score = m->score;
    const char *fault = ballot_texts(m, &b);
    if (!fault)
        fault = again ? return_fault(&b) : ballot_fault(&b);
    if (fault)
        return bad(err, AZ_EPROTO, fault);
    *ret = b;
    return 0;
}

int az_wire_ballot_unpack(struct az_str packed, struct az_arena *a, struct az_ballot *ret,
                          struct az_error *err)
{
    struct az_wire_memory memory = {.arena = a};
    ProtobufCAllocator allocator = az_wire_allocator(&memory);
    const Assize__Ballot *m =
        assize__ballot__unpack(&allocator, packed.n, (const uint8_t *)packed.p);
    if (!m)
        return unpack_failed(&memory, "ballot", err);
    return az_wire_ballot_from(m, false, ret, err);
}

static int used_from(const Assize__Verdict *m, struct az_arena *a, struct az_keys *ret,
                     struct az_error *err)
{
    struct az_key *v = az_arena_zalloc(a, m->n_used * sizeof(*v));
    if (!v)
        return az_oom(err);
    for (size_t i = 0; i < m->n_used; i++) {
        int r = az_wire_key_from(m->used[i], &v[i], err);
        if (r < 0)
            return r;
    }
    *ret = (struct az_keys){m->n_used, v};
    return 0;
}

static const char *verdict_fields(const Assize__Verdict *m, struct az_verdict *v)
{
    struct az_str how, reason;
    if (!text_of(m->how, &how) || !text_of(m->reason, &reason) || reason.n >= sizeof(v->reason))
        return "text";
    if (m->dissent.len > sizeof(v->dissent))
        return "dissent";
    if (m->n_probs > AZ_LABELS_MAX)
        return "probs";
    v->n_probs = m->n_probs;
    if (m->n_probs)
        memcpy(v->probs, m->probs, m->n_probs * sizeof(*v->probs));
    v->how = how.p;
    memcpy(v->reason, reason.p, reason.n);
    for (size_t i = 0; i < m->dissent.len; i++)
        v->dissent[i / 8] |= (uint64_t)m->dissent.data[i] << i % 8 * 8;
    return verdict_fault(v);
}

int az_wire_verdict_unpack(struct az_str packed, struct az_arena *a, struct az_verdict *ret,
                           struct az_keys *used, struct az_error *err)
{
    struct az_wire_memory memory = {.arena = a};
    ProtobufCAllocator allocator = az_wire_allocator(&memory);
    const Assize__Verdict *m =
        assize__verdict__unpack(&allocator, packed.n, (const uint8_t *)packed.p);
    if (!m)
        return unpack_failed(&memory, "verdict", err);

    struct az_verdict v = {
        .status = (enum az_status)small(m->status),
        .label = m->label,
        .error = (enum az_ballot_error)small(m->error),
        .seats = {small(m->seats), small(m->asked), small(m->voted), small(m->errors),
                  small(m->partial)},
        .rounds = small(m->rounds),
        .cost = m->cost_nusd,
        .early = m->early,
        .set = m->set,
    };
#define NUMBER(field, CASE)                                                              \
    v.has_##field = m->field##_or_none_case == ASSIZE__VERDICT__##CASE##_OR_NONE_##CASE; \
    if (v.has_##field)                                                                   \
        v.field = m->field;
    NUMBER(score, SCORE)
    NUMBER(share, SHARE)
    NUMBER(p, P)
#undef NUMBER
    const char *fault = verdict_fields(m, &v);
    if (fault)
        return bad(err, AZ_EPROTO, fault);
    int r = used_from(m, a, used, err);
    if (r < 0)
        return r;
    *ret = v;
    return 0;
}
