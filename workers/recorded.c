#include "workers/recorded.h"

#include <math.h>
#include <stdarg.h>

#include "core/hash.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/number.h"
#include "workers/names.h"

/* Names are numbers in `names`; AZ_NAME_NONE = not there. */
struct entry {
    double score; /* NAN = none */
    uint32_t item, judge, label;
    uint32_t note;  /* rationale, or the error's text */
    uint32_t probs; /* JSON */
    int32_t round, sample;
    int8_t order;
    uint8_t error; /* enum az_ballot_error */
};

enum column { COL_ITEM, COL_JUDGE, COL_ORDER, COL_SAMPLE, COL_LABEL, COL_SCORE, COL_COUNT };

enum { COLUMNS_MAX = 64 };

struct az_recorded {
    enum { FORM_UNKNOWN, FORM_TSV, FORM_JSONL } form;
    int64_t line;
    int columns[COLUMNS_MAX]; /* TSV: the enum column at each place; -1 = passed over */
    size_t n_columns;
    struct az_names names;
    struct entry *entries;
    size_t n, cap;
    uint32_t *slots; /* entry + 1; 0 = free */
    size_t n_slots;  /* a power of two */
};

struct az_recorded *az_recorded_new(void)
{
    return az_zalloc(sizeof(struct az_recorded));
}

void az_recorded_free(struct az_recorded *t)
{
    if (!t)
        return;
    az_names_release(&t->names);
    free(t->entries);
    free(t->slots);
    free(t);
}

size_t az_recorded_count(const struct az_recorded *t)
{
    return t->n;
}

static uint64_t hash_of(const struct entry *e)
{
    uint64_t h = az_hash64_mix(e->item, e->judge);
    return az_hash64_mix(h, (uint64_t)(uint32_t)e->round << 40 ^
                                (uint64_t)(uint32_t)e->sample << 8 ^ (uint8_t)e->order);
}

static bool same_key(const struct entry *a, const struct entry *b)
{
    return a->item == b->item && a->judge == b->judge && a->round == b->round &&
           a->sample == b->sample && a->order == b->order;
}

static size_t slot_of(const struct az_recorded *t, const struct entry *key)
{
    size_t i = hash_of(key) & (t->n_slots - 1);
    while (t->slots[i] && !same_key(&t->entries[t->slots[i] - 1], key))
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

static int grow_slots(struct az_recorded *t)
{
    if ((t->n + 1) * 2 <= t->n_slots)
        return 0;
    size_t n = t->n_slots ? t->n_slots * 2 : 64;
    uint32_t *slots = az_zalloc(n * sizeof(*slots));
    if (!slots)
        return AZ_ENOMEM;
    free(t->slots);
    t->slots = slots;
    t->n_slots = n;
    for (size_t i = 0; i < t->n; i++)
        t->slots[slot_of(t, &t->entries[i])] = (uint32_t)i + 1;
    return 0;
}

static bool answers(const struct entry *e)
{
    return e->error == AZ_BE_NONE && (e->label != AZ_NAME_NONE || !isnan(e->score));
}

static int keep(struct az_recorded *t, const struct entry *e, struct az_error *err)
{
    if (t->n >= UINT32_MAX - 1 || grow_slots(t) < 0 ||
        az_grow(&t->entries, &t->cap, t->n + 1, sizeof(*e)) < 0)
        return az_oom(err);
    size_t slot = slot_of(t, e);
    if (t->slots[slot]) {
        struct entry *old = &t->entries[t->slots[slot] - 1];
        if (!answers(old) && answers(e))
            *old = *e;
        return 1;
    }
    t->entries[t->n++] = *e;
    t->slots[slot] = (uint32_t)t->n;
    return 0;
}

static int name(struct az_recorded *t, struct az_str s, uint32_t *ret, struct az_error *err)
{
    *ret = AZ_NAME_NONE;
    if (!s.n)
        return 0;
    *ret = az_names_add(&t->names, s);
    return *ret == AZ_NAME_NONE ? az_oom(err) : 0;
}

/* "" none; "AB…" from A upwards as listed; the same downwards reversed. */
static int read_order(struct az_str s, int8_t *ret, struct az_error *err)
{
    enum az_order order;
    if (!az_order_find(s, s.n, &order) || s.n == 1 || s.n > AZ_RESPONSES_MAX)
        return az_fail(err, AZ_EINVAL, "'" AZ_STR_FMT "' is no order", AZ_STR_ARG(s));
    *ret = (int8_t)order;
    return 0;
}

static int read_count(const char *what, struct az_str s, int64_t least, int32_t *ret,
                      struct az_error *err)
{
    int64_t v;
    if (!s.n)
        return 0;
    if (!az_str_int(s, &v) || v < least || v > INT32_MAX)
        return az_fail(err, AZ_EINVAL, "'" AZ_STR_FMT "' is no %s", AZ_STR_ARG(s), what);
    *ret = (int32_t)v;
    return 0;
}

static int read_header(struct az_recorded *t, struct az_str line, struct az_error *err)
{
    static const char *const names[COL_COUNT] = {"item",   "judge", "order",
                                                 "sample", "label", "score"};
    unsigned seen = 0;
    for (size_t from = 0; from <= line.n;) {
        const char *tab = from < line.n ? memchr(line.p + from, '\t', line.n - from) : NULL;
        size_t end = tab ? (size_t)(tab - line.p) : line.n;
        if (t->n_columns == COLUMNS_MAX)
            return az_fail(err, AZ_EINVAL, "more than %d columns", COLUMNS_MAX);
        int column = -1;
        for (int c = 0; c < COL_COUNT; c++) {
            if (az_str_eqz((struct az_str){line.p + from, end - from}, names[c]))
                column = c;
        }
        if (column >= 0)
            seen |= 1u << column;
        t->columns[t->n_columns++] = column;
        from = end + 1;
    }
    bool whole = (seen & 1u << COL_ITEM) && (seen & 1u << COL_JUDGE) &&
                 (seen & (1u << COL_LABEL | 1u << COL_SCORE));
    if (whole)
        return 0;
    t->n_columns = 0;
    az_fail(err, AZ_EINVAL, "neither a JSON ballot nor a header of ballots");
    az_hint(err, "The first line names tab-separated columns: "
                 "item judge kind order sample label score.");
    return AZ_EINVAL;
}

static int split(const struct az_recorded *t, struct az_str line, struct az_str cells[COL_COUNT],
                 struct az_error *err)
{
    size_t column = 0;
    for (size_t from = 0; from <= line.n; column++) {
        const char *tab = from < line.n ? memchr(line.p + from, '\t', line.n - from) : NULL;
        size_t end = tab ? (size_t)(tab - line.p) : line.n;
        if (column < t->n_columns && t->columns[column] >= 0)
            cells[t->columns[column]] = (struct az_str){line.p + from, end - from};
        from = end + 1;
    }
    if (column != t->n_columns)
        return az_fail(err, AZ_EINVAL, "%zu columns where the header has %zu", column,
                       t->n_columns);
    return 0;
}

static int read_row(struct az_recorded *t, struct az_str line, struct entry *e,
                    struct az_error *err)
{
    struct az_str cells[COL_COUNT] = {0};
    int r = split(t, line, cells, err);
    if (r < 0)
        return r;
    if (!cells[COL_ITEM].n || !cells[COL_JUDGE].n)
        return az_fail(err, AZ_EINVAL, "no item or no judge");
    struct az_str score = cells[COL_SCORE];
    if (score.n && !az_str_double(score, &e->score))
        return az_fail(err, AZ_EINVAL, "'" AZ_STR_FMT "' is no score", AZ_STR_ARG(score));
    r = read_order(cells[COL_ORDER], &e->order, err);
    if (r == 0)
        r = read_count("sample", cells[COL_SAMPLE], 0, &e->sample, err);
    if (r == 0)
        r = name(t, cells[COL_ITEM], &e->item, err);
    if (r == 0)
        r = name(t, cells[COL_JUDGE], &e->judge, err);
    return r == 0 ? name(t, cells[COL_LABEL], &e->label, err) : r;
}

/* A JSON field that is text, or not there, or null. */
static int text_of(az_jv ballot, const char *key, struct az_str *ret, struct az_error *err)
{
    az_jv v = az_jv_get(ballot, key);
    enum az_jtype type = az_jv_type(v);
    if (type != AZ_J_NONE && type != AZ_J_NULL && type != AZ_J_STRING)
        return az_fail(err, AZ_EINVAL, "'%s' is %s and no string", key, az_jtype_name(type));
    *ret = az_jv_str(v);
    return 0;
}

static int count_of(az_jv ballot, const char *key, int64_t least, int32_t *ret,
                    struct az_error *err)
{
    az_jv v = az_jv_get(ballot, key);
    int64_t n;
    if (!v || az_jv_type(v) == AZ_J_NULL)
        return 0;
    if (!az_jv_int(v, &n) || n < least || n > INT32_MAX)
        return az_fail(err, AZ_EINVAL, "'%s' is no whole number from %lld", key, (long long)least);
    *ret = (int32_t)n;
    return 0;
}

static int read_error(az_jv error, struct entry *e, struct az_str *note, struct az_error *err)
{
    if (az_jv_type(error) != AZ_J_OBJECT)
        return 0;
    struct az_str kind = az_jv_str(az_jv_get(error, "kind"));
    int found = az_ballot_error_find(kind);
    if (found <= AZ_BE_NONE)
        return az_fail(err, AZ_EINVAL, "unknown error kind '" AZ_STR_FMT "'", AZ_STR_ARG(kind));
    e->error = (uint8_t)found;
    return text_of(error, "text", note, err);
}

static int read_probs(struct az_recorded *t, az_jv probs, struct entry *e, struct az_error *err)
{
    if (az_jv_type(probs) != AZ_J_OBJECT)
        return 0;
    AZ_AUTO_BUF b = az_buf(AZ_BUF_MAX);
    az_jv_print(&b, probs);
    int r = az_buf_check(&b, err);
    return r < 0 ? r : name(t, az_buf_view(&b), &e->probs, err);
}

static int read_ballot(struct az_recorded *t, az_jv b, struct entry *e, struct az_error *err)
{
    struct az_str item, judge, order, label, note = {0};
    if (az_jv_type(b) != AZ_J_OBJECT)
        return az_fail(err, AZ_EINVAL, "%s and no ballot", az_jtype_name(az_jv_type(b)));
    int r = text_of(b, "item", &item, err);
    if (r == 0)
        r = text_of(b, "judge", &judge, err);
    if (r == 0 && (!item.n || !judge.n))
        r = az_fail(err, AZ_EINVAL, "a ballot without item or judge");
    az_jv criterion = az_jv_get(b, "criterion");
    if (r == 0 && criterion && az_jv_type(criterion) != AZ_J_NULL)
        r = az_fail(err, AZ_EINVAL, "a ballot on one criterion, which no question asks for");
    if (r == 0)
        r = text_of(b, "order", &order, err);
    if (r == 0)
        r = read_order(order, &e->order, err);
    if (r == 0)
        r = count_of(b, "round", 1, &e->round, err);
    if (r == 0)
        r = count_of(b, "sample", 0, &e->sample, err);
    if (r == 0)
        r = text_of(b, "label", &label, err);
    if (r == 0)
        r = text_of(b, "rationale", &note, err);
    az_jv score = az_jv_get(b, "score");
    if (r == 0 && score && az_jv_type(score) != AZ_J_NULL && !az_jv_num(score, &e->score))
        r = az_fail(err, AZ_EINVAL, "'score' is %s and no number",
                    az_jtype_name(az_jv_type(score)));
    if (r == 0)
        r = read_error(az_jv_get(b, "error"), e, &note, err);
    if (r == 0)
        r = read_probs(t, az_jv_get(b, "probs"), e, err);
    if (r == 0)
        r = name(t, item, &e->item, err);
    if (r == 0)
        r = name(t, judge, &e->judge, err);
    if (r == 0)
        r = name(t, label, &e->label, err);
    return r == 0 ? name(t, note, &e->note, err) : r;
}

static int read_json(struct az_recorded *t, struct az_str line, struct entry *e,
                     struct az_error *err)
{
    AZ_AUTO(json) doc = NULL;
    int r = az_json_parse(line, &doc, err);
    return r < 0 ? r : read_ballot(t, az_json_root(doc), e, err);
}

int az_recorded_add_line(struct az_recorded *t, struct az_str line, struct az_error *err)
{
    t->line++;
    if (!az_str_trim(line).n)
        return 0;

    struct entry e = {.score = NAN, .round = 1, .order = AZ_ORDER_NONE};
    int r;
    size_t bad;
    if (!az_utf8_valid(line, &bad)) {
        r = az_fail(err, AZ_EINVAL, "not UTF-8 at byte %zu", bad);
    } else if (t->form == FORM_UNKNOWN && az_str_trim(line).p[0] != '{') {
        r = read_header(t, line, err);
        t->form = r == 0 ? FORM_TSV : FORM_UNKNOWN;
        if (r == 0)
            return 0;
    } else if (t->form == FORM_TSV) {
        r = read_row(t, line, &e, err);
    } else {
        t->form = FORM_JSONL;
        r = read_json(t, line, &e, err);
    }
    if (r == 0)
        r = keep(t, &e, err);
    return r < 0 && r != AZ_ENOMEM ? az_wrap(err, "line %lld", (long long)t->line) : r;
}

static const struct entry *entry_at(const struct az_recorded *t, const struct entry *key)
{
    if (!t->n_slots)
        return NULL;
    uint32_t at = t->slots[slot_of(t, key)];
    return at ? &t->entries[at - 1] : NULL;
}

static const struct entry *look_up(const struct az_recorded *t, const char *model,
                                   const struct az_key *key, const struct az_item *item)
{
    struct entry want = {.item = az_names_find(&t->names, item->id),
                         .judge = az_names_find(&t->names, az_str(model)),
                         .sample = key->sample};
    if (want.item == AZ_NAME_NONE || want.judge == AZ_NAME_NONE)
        return NULL;

    bool any = key->order == AZ_ORDER_NONE;
    const int8_t orders[] = {(int8_t)key->order, any ? AZ_ORDER_LISTED : AZ_ORDER_NONE,
                             any ? AZ_ORDER_REVERSED : AZ_ORDER_NONE};
    for (want.round = key->round;; want.round = 1) {
        for (size_t i = 0; i < AZ_LEN(orders); i++) {
            want.order = orders[i];
            const struct entry *e = entry_at(t, &want);
            if (e)
                return e;
        }
        if (want.round == 1)
            return NULL;
    }
}

static int error_ballot(struct az_arena *arena, struct az_ballot *b, enum az_ballot_error error,
                        const char *fmt, ...) AZ_PRINTF(4, 5);
static int error_ballot(struct az_arena *arena, struct az_ballot *b, enum az_ballot_error error,
                        const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    b->error = error;
    b->label = AZ_LABEL_NONE;
    b->has_score = false;
    b->error_text = az_arena_str(arena, az_str(text));
    return b->error_text.p ? 0 : AZ_ENOMEM;
}

static int missing(struct az_arena *arena, struct az_ballot *b, const char *model,
                   const struct az_item *item)
{
    char order[AZ_RESPONSES_MAX + 1];
    az_order_name((enum az_order)b->key.order, item->n_responses, order);
    return error_ballot(arena, b, AZ_BE_MISSING,
                        "judge '%s' has no recorded ballot on item '%.*s'%s%s, sample %d", model,
                        (int)AZ_MIN(item->id.n, (size_t)80), item->id.p ? item->id.p : "",
                        *order ? ", order " : "", order, b->key.sample);
}

static int set_score(struct az_arena *arena, const struct az_question *q, const struct entry *e,
                     struct az_str label, struct az_ballot *b)
{
    double score = e->score;
    if (isnan(score) && !az_str_double(label, &score))
        return error_ballot(arena, b, AZ_BE_PARSE, "recorded without a readable score");
    if (score < q->scale_min || score > q->scale_max) {
        char text[AZ_NUMBER_MAX];
        return error_ballot(arena, b, AZ_BE_OUTSIDE, "recorded score %s is outside the scale",
                            az_number_print(score, text));
    }
    b->has_score = true;
    b->score = score;
    return 0;
}

static int set_label(struct az_arena *arena, const struct az_question *q,
                     const struct az_item *item, struct az_str label, struct az_ballot *b)
{
    if (!label.n)
        return error_ballot(arena, b, AZ_BE_PARSE, "recorded without a readable answer");
    b->label = az_label_find(q, az_label_count(q, item), label);
    if (b->label == AZ_LABEL_NONE && q->kind == AZ_PAIR && az_str_eqz(label, "tie"))
        b->label = AZ_LABEL_TIE;
    if (b->label == AZ_LABEL_NONE)
        return error_ballot(arena, b, AZ_BE_OUTSIDE,
                            "recorded answer '%.*s' is none of the question's",
                            (int)AZ_MIN(label.n, (size_t)80), label.p);
    return 0;
}

/* Probabilities by label name; what is not named has none. */
static int set_probs(struct az_arena *arena, const struct az_question *q,
                     const struct az_item *item, struct az_str json, struct az_ballot *b)
{
    size_t n = az_label_count(q, item);
    AZ_AUTO(json) doc = NULL;
    double *probs = az_arena_zalloc(arena, n * sizeof(*probs));
    if (!probs)
        return AZ_ENOMEM;
    int r = az_json_parse(json, &doc, NULL);
    if (r < 0)
        return r == AZ_ENOMEM ? r : 0;
    for (az_jv v = az_jv_first(az_json_root(doc)); v; v = az_jv_next(v)) {
        int label = az_label_find(q, n, az_jv_key(v));
        double p;
        if (label == AZ_LABEL_NONE || !az_jv_num(v, &p) || !(p >= 0 && p <= 1))
            return 0; /* not of this question: the label stands alone */
        probs[label] = p;
    }
    b->n_probs = n;
    b->probs = probs;
    return 0;
}

static int fill(const struct az_recorded *t, const struct az_question *q,
                const struct az_item *item, const struct entry *e, struct az_arena *arena,
                struct az_ballot *b)
{
    struct az_str note = az_names_get(&t->names, e->note);
    struct az_str label = az_names_get(&t->names, e->label);
    if (e->error != AZ_BE_NONE)
        return error_ballot(arena, b, (enum az_ballot_error)e->error, AZ_STR_FMT, AZ_STR_ARG(note));
    if (note.p) {
        b->rationale = az_arena_str(arena, note);
        if (!b->rationale.p)
            return AZ_ENOMEM;
    }
    if (q->kind == AZ_SCORE)
        return set_score(arena, q, e, label, b);
    int r = set_label(arena, q, item, label, b);
    if (r == 0 && b->error == AZ_BE_NONE && e->probs != AZ_NAME_NONE)
        r = set_probs(arena, q, item, az_names_get(&t->names, e->probs), b);
    return r;
}

int az_recorded_find(const struct az_recorded *t, const struct az_panel *panel,
                     const struct az_key *key, const struct az_item *item, struct az_arena *arena,
                     struct az_ballot *ballot)
{
    const char *model = panel->judges[key->judge].model;
    *ballot = (struct az_ballot){.key = *key,
                                 .label = AZ_LABEL_NONE,
                                 .how = AZ_STR("recorded"),
                                 .model = az_str(model),
                                 .cost_known = true};
    const struct entry *e = look_up(t, model, key, item);
    if (!e)
        return missing(arena, ballot, model, item);
    return fill(t, &panel->question, item, e, arena, ballot);
}
