#include "workers/recorded_line.h"

#include <math.h>

enum column {
    COL_ITEM,
    COL_JUDGE,
    COL_KIND,
    COL_ORDER,
    COL_SAMPLE,
    COL_LABEL,
    COL_SCORE,
    COL_COUNT
};

/* "" none; "AB…" from A upwards as listed; the same downwards reversed. */
static int read_order(struct az_str s, struct az_recorded_line *b, struct az_error *err)
{
    enum az_order order;
    if (!az_order_find(s, s.n, &order) || s.n == 1 || s.n > AZ_RESPONSES_MAX)
        return az_fail(err, AZ_EINVAL, "'" AZ_STR_FMT "' is no order", AZ_STR_ARG(s));
    b->order = (int8_t)order;
    b->order_n = (int8_t)s.n;
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

static int read_header(struct az_recorded_form *form, struct az_str line, struct az_error *err)
{
    static const char *const names[COL_COUNT] = {"item",   "judge", "kind", "order",
                                                 "sample", "label", "score"};
    unsigned seen = 0;
    for (size_t from = 0; from <= line.n;) {
        const char *tab = from < line.n ? memchr(line.p + from, '\t', line.n - from) : NULL;
        size_t end = tab ? (size_t)(tab - line.p) : line.n;
        if (form->n_columns == AZ_RECORDED_COLUMNS)
            return az_fail(err, AZ_EINVAL, "more than %d columns", AZ_RECORDED_COLUMNS);
        int column = -1;
        for (int c = 0; c < COL_COUNT; c++) {
            if (az_str_eqz((struct az_str){line.p + from, end - from}, names[c]))
                column = c;
        }
        if (column >= 0)
            seen |= 1u << column;
        form->columns[form->n_columns++] = column;
        from = end + 1;
    }
    bool whole = (seen & 1u << COL_ITEM) && (seen & 1u << COL_JUDGE) &&
                 (seen & (1u << COL_LABEL | 1u << COL_SCORE));
    if (whole)
        return 0;
    form->n_columns = 0;
    az_fail(err, AZ_EINVAL, "neither a JSON ballot nor a header of ballots");
    az_hint(err, "The first line names tab-separated columns: "
                 "item judge kind order sample label score.");
    return AZ_EINVAL;
}

static int split(const struct az_recorded_form *form, struct az_str line,
                 struct az_str cells[COL_COUNT], struct az_error *err)
{
    size_t column = 0;
    for (size_t from = 0; from <= line.n; column++) {
        const char *tab = from < line.n ? memchr(line.p + from, '\t', line.n - from) : NULL;
        size_t end = tab ? (size_t)(tab - line.p) : line.n;
        if (column < form->n_columns && form->columns[column] >= 0)
            cells[form->columns[column]] = (struct az_str){line.p + from, end - from};
        from = end + 1;
    }
    if (column != form->n_columns)
        return az_fail(err, AZ_EINVAL, "%zu columns where the header has %zu", column,
                       form->n_columns);
    return 0;
}

static int read_row(const struct az_recorded_form *form, struct az_str line,
                    struct az_recorded_line *b, struct az_error *err)
{
    struct az_str cells[COL_COUNT] = {0};
    int r = split(form, line, cells, err);
    if (r < 0)
        return r;
    if (!cells[COL_ITEM].n || !cells[COL_JUDGE].n)
        return az_fail(err, AZ_EINVAL, "no item or no judge");
    struct az_str score = cells[COL_SCORE];
    if (score.n && !az_str_double(score, &b->score))
        return az_fail(err, AZ_EINVAL, "'" AZ_STR_FMT "' is no score", AZ_STR_ARG(score));
    b->item = cells[COL_ITEM];
    b->judge = cells[COL_JUDGE];
    b->kind = cells[COL_KIND];
    b->label = cells[COL_LABEL];
    r = read_order(cells[COL_ORDER], b, err);
    return r < 0 ? r : read_count("sample", cells[COL_SAMPLE], 0, &b->sample, err);
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

static int read_error(az_jv error, struct az_recorded_line *b, struct az_error *err)
{
    if (az_jv_type(error) != AZ_J_OBJECT)
        return 0;
    struct az_str kind = az_jv_str(az_jv_get(error, "kind"));
    int found = az_ballot_error_find(kind);
    if (found <= AZ_BE_NONE)
        return az_fail(err, AZ_EINVAL, "unknown error kind '" AZ_STR_FMT "'", AZ_STR_ARG(kind));
    b->error = (enum az_ballot_error)found;
    return text_of(error, "text", &b->note, err);
}

static int read_ballot(az_jv v, struct az_str item, struct az_recorded_line *b,
                       struct az_error *err)
{
    struct az_str order = {0};
    if (az_jv_type(v) != AZ_J_OBJECT)
        return az_fail(err, AZ_EINVAL, "%s and no ballot", az_jtype_name(az_jv_type(v)));
    b->object = v;
    az_jv criterion = az_jv_get(v, "criterion"), score = az_jv_get(v, "score");
    if (criterion && az_jv_type(criterion) != AZ_J_NULL)
        return az_fail(err, AZ_EINVAL, "a ballot on one criterion, which no question asks for");
    if (score && az_jv_type(score) != AZ_J_NULL && !az_jv_num(score, &b->score))
        return az_fail(err, AZ_EINVAL, "'score' is %s and no number",
                       az_jtype_name(az_jv_type(score)));

    int r = text_of(v, "item", &b->item, err);
    if (!b->item.n)
        b->item = item;
    if (r == 0)
        r = text_of(v, "judge", &b->judge, err);
    b->kind = az_jv_str(az_jv_get(v, "kind"));
    if (r == 0 && (!b->item.n || !b->judge.n))
        r = az_fail(err, AZ_EINVAL, "a ballot without item or judge");
    if (r == 0)
        r = text_of(v, "order", &order, err);
    if (r == 0)
        r = read_order(order, b, err);
    if (r == 0)
        r = count_of(v, "round", 1, &b->round, err);
    if (r == 0)
        r = count_of(v, "sample", 0, &b->sample, err);
    if (r == 0)
        r = text_of(v, "label", &b->label, err);
    if (r == 0)
        r = text_of(v, "rationale", &b->note, err);
    if (r == 0)
        r = read_error(az_jv_get(v, "error"), b, err);
    if (r == 0 && az_jv_type(az_jv_get(v, "probs")) == AZ_J_OBJECT)
        az_jv_print(&b->probs, az_jv_get(v, "probs"));
    return r < 0 ? r : az_buf_check(&b->probs, err);
}

static int read_json(struct az_str line, struct az_recorded_line *b, struct az_error *err)
{
    int r = az_json_parse(line, &b->doc, err);
    return r < 0 ? r : read_ballot(az_json_root(b->doc), (struct az_str){0}, b, err);
}

static int read_line(struct az_recorded_form *form, struct az_str line, struct az_recorded_line *b,
                     struct az_error *err)
{
    size_t bad;
    if (!az_utf8_valid(line, &bad))
        return az_fail(err, AZ_EINVAL, "not UTF-8 at byte %zu", bad);
    if (form->kind == AZ_RECORDED_TSV)
        return read_row(form, line, b, err);
    if (form->kind == AZ_RECORDED_JSONL || az_str_trim(line).p[0] == '{') {
        form->kind = AZ_RECORDED_JSONL;
        return read_json(line, b, err);
    }
    int r = read_header(form, line, err);
    if (r == 0)
        form->kind = AZ_RECORDED_TSV;
    return r < 0 ? r : 1;
}

static struct az_recorded_line empty_line(void)
{
    return (struct az_recorded_line){
        .score = NAN, .round = 1, .order = AZ_ORDER_NONE, .probs = az_buf(AZ_BUF_MAX)};
}

int az_recorded_ballot_read(az_jv v, struct az_str item, struct az_recorded_line *ret,
                            struct az_error *err)
{
    *ret = empty_line();
    return read_ballot(v, item, ret, err);
}

int az_recorded_line_read(struct az_recorded_form *form, struct az_str line,
                          struct az_recorded_line *ret, struct az_error *err)
{
    *ret = empty_line();
    form->line++;
    if (!az_str_trim(line).n)
        return 1;
    int r = read_line(form, line, ret, err);
    return r < 0 && r != AZ_ENOMEM ? az_wrap(err, "line %lld", (long long)form->line) : r;
}

void az_recorded_line_release(struct az_recorded_line *b)
{
    az_json_free(b->doc);
    az_buf_release(&b->probs);
}
