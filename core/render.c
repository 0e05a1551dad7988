#include "core/fence.h"
#include "core/instruct.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/number.h"
#include "core/prompt.h"
#include "core/prompter.h"
#include "core/template.h"

/* A rendering in progress: into p, or, where p is NULL, only counted. */
struct render {
    const struct az_prompter *of;
    const struct az_prompt_part *part;
    const struct az_key *key;
    const struct az_item *item;
    const struct az_view *view;
    struct az_prompt *p;
    size_t size;     /* p == NULL: an upper bound so far */
    size_t at;       /* in a list: which response as shown, or which seen */
    bool fence_ends; /* a fence was closed and its line has not ended yet */
    char text[AZ_NUMBER_MAX];
    struct az_error *err;
};

/* One piece of text for a field. */
struct piece {
    struct az_str s;
    size_t of; /* characters before it was clipped; 0 = it was not */
};

static const char seen_head[] =
    "\nWhat other judges answered in the round before, and why. They may be wrong and so may you: "
    "change your answer only for a reason that holds.\n";
static bool many(const struct az_question *q)
{
    return q->kind == AZ_PAIR || q->kind == AZ_BEST || q->kind == AZ_RANK;
}

static void emit(struct render *r, struct az_str s)
{
    if (!s.n)
        return;
    if (!r->p) {
        r->size += az_json_bytes(s) + 2; /* a line may start */
        return;
    }
    if (r->fence_ends && s.p[0] != '\n')
        az_buf_char(&r->p->user, '\n');
    r->fence_ends = false;
    az_buf_str(&r->p->user, s);
}

static struct az_str shown_response(const struct render *r, size_t place)
{
    const struct az_item *item = r->item;
    if (place >= item->n_responses)
        return (struct az_str){0};
    int i = az_label_unshow(&r->of->panel->question, item->n_responses,
                            (enum az_order)r->key->order, (int)place);
    return item->responses[i];
}

static const char *slot_name(size_t place)
{
    static const struct az_question best = {.kind = AZ_BEST};
    return az_label_name(&best, (int)place);
}

static const char *shown_name(const struct az_panel *panel, const struct az_key *key,
                              const struct az_item *item, enum az_answer answer, int label)
{
    int shown =
        az_label_unshow(&panel->question, item->n_responses, (enum az_order)key->order, label);
    return az_instruct_label(&panel->question, answer, shown);
}

/* Names rather than letters: a choice's letters mean nothing without the list. */
static const char *seen_answer(struct render *r, const struct az_seen *seen)
{
    if (seen->has_score)
        return az_number_print(seen->score, r->text);
    return shown_name(r->of->panel, r->key, r->item, AZ_ANSWER_JSON, seen->label);
}

static struct az_str counted(struct render *r, const char *word, size_t n)
{
    int len = snprintf(r->text, sizeof(r->text), "%s %zu", word, n);
    return (struct az_str){r->text, (size_t)len};
}

/* The field's text as it stands; not there: {NULL}. Empty text of ours (no
 * persona, no labels) is not there either. */
static struct az_str field_text(struct render *r, enum az_field f)
{
    const struct az_item *item = r->item;
    const struct az_seen *seen = r->view && r->at < r->view->n ? &r->view->seen[r->at] : NULL;
    struct az_str s = {0};
    switch (f) {
    case AZ_FIELD_PROMPT:
        return item->prompt;
    case AZ_FIELD_RESPONSE:
        return item->n_responses == 1 ? item->responses[0] : s;
    case AZ_FIELD_REFERENCE:
        return item->reference;
    case AZ_FIELD_CONTEXT:
        return item->context;
    case AZ_FIELD_TURNS:
        return item->turns;
    case AZ_FIELD_FIRST:
        return shown_response(r, 0);
    case AZ_FIELD_SECOND:
        return shown_response(r, 1);
    case AZ_FIELD_TEXT:
        return shown_response(r, r->at);
    case AZ_FIELD_SLOT:
        return az_str(slot_name(r->at));
    case AZ_FIELD_JUDGE:
        return counted(r, "Judge", r->at + 1);
    case AZ_FIELD_ANSWER:
        return seen ? az_str(seen_answer(r, seen)) : s;
    case AZ_FIELD_RATIONALE:
        s = seen ? seen->rationale : s;
        break;
    case AZ_FIELD_ASK:
        return az_str(az_instruct_ask(&r->of->panel->question));
    case AZ_FIELD_LABELS:
        s = az_buf_view(&r->part->labels);
        break;
    case AZ_FIELD_SCALE:
        s = az_buf_view(&r->of->scale);
        break;
    case AZ_FIELD_PERSONA:
        return az_str(r->of->panel->judges[r->key->judge].persona);
    default:
        break;
    }
    return s.n ? s : (struct az_str){0};
}

static int64_t clip_of(const struct az_clip *clip, enum az_field f)
{
    switch (f) {
    case AZ_FIELD_PROMPT:
        return clip->prompt;
    case AZ_FIELD_RESPONSE:
    case AZ_FIELD_FIRST:
    case AZ_FIELD_SECOND:
    case AZ_FIELD_TEXT:
        return clip->response;
    case AZ_FIELD_REFERENCE:
        return clip->reference;
    case AZ_FIELD_CONTEXT:
        return clip->context;
    default:
        return 0;
    }
}

static struct piece clipped(const struct render *r, enum az_field f, struct az_str s)
{
    int64_t max = clip_of(&r->of->panel->clip, f);
    struct piece piece = {.s = s};
    if (max <= 0 || s.n <= (size_t)max)
        return piece;
    piece.s = az_utf8_head(s, (size_t)max);
    if (piece.s.n < s.n)
        piece.of = az_utf8_count(s);
    return piece;
}

static struct az_str fence_name(struct render *r, enum az_field f)
{
    switch (f) {
    case AZ_FIELD_FIRST:
        return AZ_STR("response A");
    case AZ_FIELD_SECOND:
        return AZ_STR("response B");
    case AZ_FIELD_TEXT: {
        int n = snprintf(r->text, sizeof(r->text), "response %s", slot_name(r->at));
        return (struct az_str){r->text, (size_t)n};
    }
    case AZ_FIELD_TURNS:
        return AZ_STR("conversation");
    case AZ_FIELD_RATIONALE:
        return counted(r, "reason of judge", r->at + 1);
    default:
        return az_str(az_field_name(f));
    }
}

static int put_fence(struct render *r, enum az_field f, struct az_str s)
{
    struct az_str name = fence_name(r, f);
    if (!r->p) {
        r->size += az_fence_size(name, az_json_bytes(s)) + 8; /* its lines, as JSON */
        return 0;
    }
    struct az_prompt *p = r->p;
    if (az_grow(&p->fences, &p->cap_fences, p->n_fences + 1, sizeof(*p->fences)) < 0)
        return az_oom(r->err);
    if (p->user.n && p->user.p[p->user.n - 1] != '\n')
        az_buf_char(&p->user, '\n');
    az_fence_put(&p->user, name, s, &p->fences[p->n_fences++]);
    r->fence_ends = true;
    return 0;
}

static int put_field(struct render *r, const struct az_op *op)
{
    struct az_str s = field_text(r, op->field);
    if (!s.p) {
        bool own = op->field == AZ_FIELD_LABELS || op->field == AZ_FIELD_SCALE ||
                   op->field == AZ_FIELD_PERSONA || op->field == AZ_FIELD_RATIONALE;
        if (own)
            return 0;
        return az_fail(r->err, AZ_EINVAL, "the template shows '%s', which the item lacks",
                       az_field_name(op->field));
    }
    struct piece piece = clipped(r, op->field, s);
    if (op->kind != AZ_OP_FENCED) {
        emit(r, piece.s);
    } else {
        int e = put_fence(r, op->field, piece.s);
        if (e < 0)
            return e;
    }
    if (piece.of) {
        char note[96];
        int n = snprintf(note, sizeof(note), "\n[cut: the first %lld of %zu characters are shown]",
                         (long long)clip_of(&r->of->panel->clip, op->field), piece.of);
        emit(r, (struct az_str){note, (size_t)n});
        r->fence_ends = op->kind == AZ_OP_FENCED;
    }
    return 0;
}

/* How often a section is shown. */
static size_t times(struct render *r, enum az_field f)
{
    if (f == AZ_FIELD_RESPONSES)
        return r->item->n_responses;
    if (f == AZ_FIELD_SEEN)
        return r->view ? r->view->n : 0;
    return field_text(r, f).p ? 1 : 0;
}

static int run(struct render *r, const struct az_template *t, size_t from, size_t to);

static int run_section(struct render *r, const struct az_template *t, size_t op_at)
{
    const struct az_op *op = &t->ops[op_at];
    size_t n = times(r, op->field);
    if (op->kind == AZ_OP_INVERTED)
        return n ? 0 : run(r, t, op_at + 1, op->to);

    bool list = op->field == AZ_FIELD_RESPONSES || op->field == AZ_FIELD_SEEN;
    for (size_t i = 0; i < n; i++) {
        if (list)
            r->at = i;
        int e = run(r, t, op_at + 1, op->to);
        if (e < 0)
            return e;
    }
    return 0;
}

static int run(struct render *r, const struct az_template *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct az_op *op = &t->ops[i];
        int e = 0;
        switch (op->kind) {
        case AZ_OP_TEXT:
            emit(r, op->text);
            break;
        case AZ_OP_FENCED:
        case AZ_OP_RAW:
            e = put_field(r, op);
            break;
        case AZ_OP_SECTION:
        case AZ_OP_INVERTED:
            e = run_section(r, t, i);
            i = op->to;
            break;
        case AZ_OP_END:
            break;
        }
        if (e < 0)
            return e;
    }
    return 0;
}

static int fits(const struct az_question *q, const struct az_item *item, struct az_error *err)
{
    if (q->kind == AZ_PAIR && item->n_responses != 2)
        return az_fail(err, AZ_EINVAL, "a pair has two responses and the item has %zu",
                       item->n_responses);
    if (many(q) && item->n_responses < 2)
        return az_fail(err, AZ_EINVAL, "there is nothing to compare: the item has %zu responses",
                       item->n_responses);
    return 0;
}

static int run_all(struct render *r)
{
    const struct az_template *t = r->part->template;
    int e = fits(&r->of->panel->question, r->item, r->err);
    if (e == 0)
        e = run(r, t, 0, t->n);
    bool shows_seen = t->fields >> AZ_FIELD_SEEN & 1;
    if (e == 0 && !shows_seen && r->view && r->view->n) {
        emit(r, AZ_STR(seen_head));
        e = run(r, r->of->seen, 0, r->of->seen->n);
    }
    return e;
}

static struct render render_start(const struct az_prompter *of, const struct az_key *key,
                                  const struct az_item *item, const struct az_view *view)
{
    az_assert(key->judge >= 0 && (size_t)key->judge < of->n);
    return (struct render){
        .of = of, .part = &of->parts[key->judge], .key = key, .item = item, .view = view};
}

int az_prompter_render(const struct az_prompter *of, struct az_prompt *p, const struct az_key *key,
                       const struct az_item *item, const struct az_view *view,
                       const unsigned char secret[AZ_SECRET_BYTES], struct az_error *err)
{
    struct render r = render_start(of, key, item, view);
    r.p = p;
    r.err = err;
    p->n_fences = 0;
    az_buf_clear(&p->system);
    az_buf_clear(&p->user);
    az_buf_str(&p->system, az_buf_view(&r.part->system));
    int e = run_all(&r);
    if (e == 0)
        e = az_buf_check(&p->system, err);
    if (e == 0)
        e = az_buf_check(&p->user, err);
    if (e < 0)
        return e == AZ_ELIMIT ? az_wrap(err, "the prompt") : e;
    if (!az_str_trim(az_buf_view(&p->user)).n)
        return az_fail(err, AZ_EINVAL, "the template shows nothing of the item");

    struct az_hasher h;
    memcpy(&h, r.part->hashed, sizeof(h));
    az_hasher_str(&h, az_buf_view(&p->user));
    p->hash = az_hasher_end(&h);
    for (size_t i = 0; i < p->n_fences; i++)
        az_fence_seal(&p->user, &p->fences[i], secret);
    return 0;
}

int64_t az_prompter_bytes_bound(const struct az_prompter *of, const struct az_key *key,
                                const struct az_item *item, const struct az_view *view)
{
    struct render r = render_start(of, key, item, view);
    (void)run_all(&r); /* what cannot be rendered is not sent either */
    return (int64_t)(r.part->system_bytes + r.size) + of->margin;
}

int64_t az_prompter_again_bound(const struct az_prompter *of, enum az_ballot_error mistake,
                                struct az_str said)
{
    bool shown = mistake == AZ_BE_PARSE || mistake == AZ_BE_OUTSIDE;
    return shown ? of->margin + (int64_t)az_json_bytes(said) : 0;
}

const char *az_prompt_label_shown(const struct az_panel *panel, const struct az_key *key,
                                  const struct az_item *item, int label)
{
    return shown_name(panel, key, item, panel->judges[key->judge].answer, label);
}
