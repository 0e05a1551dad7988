#include "client/cli/ballot_line.h"

#include <math.h>

#include "policies/answers.h"
#include "workers/recorded_match.h"

/* ---- lines ---- */

static int read_verdict(struct az_ballot_line *l, az_jv root, struct az_error *err)
{
    l->item = az_jv_str(az_jv_get(root, "id"));
    if (!l->item.n || !az_jv_str(az_jv_get(root, "status")).n) {
        az_fail(err, AZ_EINVAL, "neither a ballot nor a verdict");
        az_hint(err, "A ballot has item and judge, a verdict id and status; items go to --items.");
        return AZ_EINVAL;
    }
    l->verdict = root;
    l->next = az_jv_first(az_jv_get(root, "ballots"));
    return 0;
}

static int read_object(struct az_ballot_line *l, struct az_str text, struct az_error *err)
{
    int r = az_json_parse(text, &l->doc, err);
    if (r < 0)
        return r;
    az_jv root = az_json_root(l->doc);
    if (az_jv_type(root) != AZ_J_OBJECT)
        return az_fail(err, AZ_EINVAL, "%s and no ballot", az_jtype_name(az_jv_type(root)));
    if (!az_jv_get(root, "judge"))
        return read_verdict(l, root, err);
    r = az_recorded_ballot_read(root, (struct az_str){0}, &l->row, err);
    l->row.doc = AZ_TAKE(l->doc);
    l->item = l->row.item;
    l->any = true;
    return r;
}

/* The first line tells the form; az_recorded_line_read() reads headers and rows. */
int az_ballot_line_read(struct az_recorded_form *form, struct az_str text,
                        struct az_ballot_line *ret, struct az_error *err)
{
    *ret = (struct az_ballot_line){0};
    struct az_str trimmed = az_str_trim(text);
    if (form->kind == AZ_RECORDED_UNKNOWN && trimmed.n && trimmed.p[0] == '{')
        form->kind = AZ_RECORDED_JSONL;
    if (form->kind == AZ_RECORDED_JSONL || !trimmed.n) {
        form->line++;
        int r = trimmed.n ? read_object(ret, text, err) : 1;
        return r < 0 && r != AZ_ENOMEM ? az_wrap(err, "line %lld", (long long)form->line) : r;
    }
    int r = az_recorded_line_read(form, text, &ret->row, err);
    ret->item = ret->row.item;
    ret->any = r == 0;
    return r;
}

void az_ballot_line_release(struct az_ballot_line *l)
{
    az_recorded_line_release(&l->row);
    az_json_free(l->doc);
}

int az_ballot_line_next(struct az_ballot_line *l, struct az_error *err)
{
    if (!l->verdict) {
        bool any = l->any;
        l->any = false;
        return any;
    }
    if (!l->next)
        return 0;
    az_recorded_line_release(&l->row);
    int r = az_recorded_ballot_read(l->next, l->item, &l->row, err);
    l->next = az_jv_next(l->next);
    return r < 0 ? r : 1;
}

/* ---- a ballot ---- */

static int copy(struct az_arena *arena, az_jv v, struct az_str *to)
{
    struct az_str s = az_jv_str(v);
    if (!s.p)
        return 0;
    *to = az_arena_str(arena, s);
    return to->p ? 0 : AZ_ENOMEM;
}

static bool hex_digit(char c, unsigned *ret)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    *ret = at ? (unsigned)(at - digits) : 0;
    return at != NULL;
}

static void read_request(az_jv v, struct az_ballot *b)
{
    struct az_str s = az_jv_str(v);
    unsigned high = 0, low = 0;
    b->has_request = s.n == AZ_HASH_HEX;
    for (size_t i = 0; b->has_request && i < AZ_HASH_BYTES; i++) {
        b->has_request = hex_digit(s.p[2 * i], &high) && hex_digit(s.p[2 * i + 1], &low);
        b->request.bytes[i] = (unsigned char)(high << 4 | low);
    }
}

static int64_t count(az_jv ballot, const char *key)
{
    int64_t n = 0;
    return az_jv_int(az_jv_get(ballot, key), &n) && n > 0 ? n : 0;
}

static bool read_usd(az_jv v, az_nusd *ret)
{
    double usd;
    if (!az_jv_num(v, &usd) || !(usd >= 0 && usd < 9e9))
        return false;
    *ret = (az_nusd)llround(usd * (double)AZ_NUSD_PER_USD);
    return true;
}

static int read_params(struct az_arena *arena, az_jv v, struct az_ballot *b)
{
    if (az_jv_type(v) != AZ_J_OBJECT)
        return 0;
    AZ_AUTO_BUF text = az_buf(AZ_BUF_MAX);
    az_jv_print(&text, v);
    if (text.failed)
        return AZ_ENOMEM;
    b->params = az_arena_str(arena, az_buf_view(&text));
    return b->params.p ? 0 : AZ_ENOMEM;
}

/* Probabilities of a score: one a step, by its number. */
static int read_steps(struct az_arena *arena, const struct az_question *q, az_jv probs,
                      struct az_ballot *b)
{
    if (q->kind != AZ_SCORE || !(q->step > 0) || b->error || az_jv_type(probs) != AZ_J_OBJECT)
        return 0;
    double steps = floor((q->scale_max - q->scale_min) / q->step + 1e-9) + 1;
    if (!(steps >= 1 && steps <= 1 << 16))
        return 0;
    double *v = az_arena_zalloc(arena, (size_t)steps * sizeof(*v));
    if (!v)
        return AZ_ENOMEM;
    for (az_jv p = az_jv_first(probs); p; p = az_jv_next(p)) {
        double at, share;
        if (!az_str_double(az_jv_key(p), &at) || !az_jv_num(p, &share))
            return 0;
        at = round((at - q->scale_min) / q->step);
        if (!(at >= 0 && at < steps))
            return 0;
        v[(size_t)at] = share;
    }
    b->probs = v;
    b->n_probs = (size_t)steps;
    return 0;
}

static int read_effort(struct az_arena *arena, az_jv v, struct az_ballot *b)
{
    b->cost_known = read_usd(az_jv_get(v, "usd"), &b->cost);
    read_request(az_jv_get(v, "request"), b);
    b->tokens_in = count(v, "tokens_in");
    b->tokens_out = count(v, "tokens_out");
    b->tokens_cached = count(v, "tokens_cached");
    b->tokens_reasoning = count(v, "tokens_reasoning");
    b->ms = count(v, "ms");
    b->attempts = (int32_t)AZ_MIN(count(v, "attempts"), (int64_t)INT32_MAX);
    b->cached = az_jv_true(az_jv_get(v, "cached"));
    b->used = az_jv_true(az_jv_get(v, "used"));
    int r = copy(arena, az_jv_get(v, "how"), &b->how);
    if (r == 0)
        r = copy(arena, az_jv_get(v, "model"), &b->model);
    return r < 0 ? r : read_params(arena, az_jv_get(v, "params"), b);
}

int az_ballot_line_ballot(const struct az_ballot_line *l, const struct az_question *q,
                          const struct az_item *item, struct az_arena *arena, struct az_ballot *ret)
{
    const struct az_recorded_line *row = &l->row;
    struct az_recorded_answer answer = {.label = row->label,
                                        .note = row->note,
                                        .probs = az_buf_view(&row->probs),
                                        .score = row->score,
                                        .error = row->error};
    struct az_ballot b = {
        .key = {.round = row->round, .criterion = -1, .order = row->order, .sample = row->sample},
        .label = AZ_LABEL_NONE,
        .how = AZ_STR("recorded"),
        .cost_known = true};
    az_jv object = row->object;
    int r = az_recorded_match(q, item, &answer, arena, &b);
    if (r == 0 && row->error) { /* whole, however long */
        b.error_text = row->note.p ? az_arena_str(arena, row->note) : row->note;
        r = row->note.p && !b.error_text.p ? AZ_ENOMEM : 0;
    }
    if (r == 0 && object)
        r = read_effort(arena, object, &b);
    if (r == 0 && object)
        r = read_steps(arena, q, az_jv_get(object, "probs"), &b);
    if (r < 0)
        return r;
    if (!b.error && q->kind != AZ_SCORE && isfinite(row->score)) {
        b.has_score = true;
        b.score = row->score;
    }
    *ret = b;
    return 0;
}

/* ---- a verdict ---- */

static enum az_status status_of(struct az_str name)
{
    for (int s = AZ_OPEN; s <= AZ_FAILED; s++) {
        if (az_str_eqz(name, az_status_name((enum az_status)s)))
            return (enum az_status)s;
    }
    return AZ_OPEN;
}

static void read_seats(az_jv v, struct az_seats *s)
{
    *s = (struct az_seats){(int)count(v, "n"), (int)count(v, "asked"), (int)count(v, "voted"),
                           (int)count(v, "errors"), (int)count(v, "partial")};
}

/* What is no answer of the question is passed over. */
static uint64_t read_set(az_jv v, const struct az_question *q, const struct az_item *item)
{
    uint64_t set = 0;
    if (az_jv_type(v) != AZ_J_ARRAY)
        return 0;
    for (v = az_jv_first(v); v; v = az_jv_next(v)) {
        struct az_str label = az_jv_str(v);
        double score;
        int at = AZ_LABEL_NONE;
        if (q->kind == AZ_SCORE && az_jv_num(v, &score))
            at = az_answers_level(q, score);
        else if (label.p)
            at = az_label_find(q, az_label_count(q, item), label);
        if (at >= 0 && at < AZ_LABELS_MAX)
            set |= UINT64_C(1) << at;
    }
    return set;
}

/* By label, or by step of a score. What is none of the question's leaves it without. */
static void read_verdict_probs(const struct az_question *q, size_t n_labels, az_jv probs,
                               struct az_verdict *v)
{
    size_t n = q->kind == AZ_SCORE ? az_answers_levels(q) : n_labels;
    if (az_jv_type(probs) != AZ_J_OBJECT || n > AZ_LEN(v->probs) || az_jv_len(probs) != n)
        return;
    for (az_jv p = az_jv_first(probs); p; p = az_jv_next(p)) {
        double step, share;
        int at = -1;
        if (q->kind != AZ_SCORE)
            at = az_label_find(q, n, az_jv_key(p));
        else if (az_str_double(az_jv_key(p), &step))
            at = az_answers_level(q, step);
        if (at < 0 || !az_jv_num(p, &share) || !(share >= 0 && share <= 1 + 1e-9))
            return;
        v->probs[at] = share;
    }
    v->n_probs = n;
}

static const char *text_of(struct az_arena *arena, az_jv v)
{
    struct az_str s = az_jv_str(v);
    return s.p ? az_arena_strndup(arena, s.p, s.n) : "";
}

int az_ballot_line_verdict(const struct az_ballot_line *l, const struct az_question *q,
                           const struct az_item *item, struct az_arena *arena,
                           struct az_verdict *ret)
{
    az_jv v = l->verdict;
    struct az_verdict out = {.status = status_of(az_jv_str(az_jv_get(v, "status"))),
                             .rounds = (int)count(v, "rounds")};
    struct az_str label = az_jv_str(az_jv_get(v, "label"));
    struct az_str reason = az_jv_str(az_jv_get(v, "reason"));
    out.label = label.n ? az_label_find(q, az_label_count(q, item), label) : AZ_LABEL_NONE;
    out.has_score = az_jv_num(az_jv_get(v, "score"), &out.score);
    out.has_share = az_jv_num(az_jv_get(v, "share"), &out.share);
    out.has_p = az_jv_num(az_jv_get(v, "p"), &out.p);
    out.set = read_set(az_jv_get(v, "set"), q, item);
    read_verdict_probs(q, az_label_count(q, item), az_jv_get(v, "probs"), &out);
    out.how = text_of(arena, az_jv_get(v, "how"));
    if (!out.how)
        return AZ_ENOMEM;
    snprintf(out.reason, sizeof(out.reason), AZ_STR_FMT, AZ_STR_ARG(reason));
    int error = az_ballot_error_find(az_jv_str(az_jv_path(v, "error.kind")));
    out.error = error > 0 ? (enum az_ballot_error)error : AZ_BE_NONE;
    read_seats(az_jv_get(v, "seats"), &out.seats);
    out.early = out.seats.asked < out.seats.n;
    read_usd(az_jv_get(v, "usd"), &out.cost);
    bool answer = q->kind == AZ_SCORE ? out.has_score : out.label != AZ_LABEL_NONE;
    if (out.status == AZ_DECIDED && !answer)
        out.status = AZ_OPEN;
    *ret = out;
    return 0;
}
