#include "core/golds.h"

#include <math.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/csv.h"
#include "core/item_fields.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/number.h"

struct row {
    struct az_str id, json;
    double weight;
    int64_t line;
};

struct az_golds {
    struct az_arena *arena; /* the texts */
    struct row *rows;       /* sorted by id once all are there */
    size_t n, cap;
};

void az_golds_free(struct az_golds *g)
{
    if (!g)
        return;
    az_arena_free(g->arena);
    free(g->rows);
    free(g);
}

static struct az_golds *golds_new(void)
{
    AZ_AUTO(golds) g = az_zalloc(sizeof(*g));
    if (!g)
        return NULL;
    g->arena = az_arena_new(65536);
    return g->arena ? AZ_TAKE(g) : NULL;
}

static int add(struct az_golds *g, struct az_str id, struct az_str json, double weight,
               int64_t line, struct az_error *err)
{
    if (!id.n)
        return az_fail(err, AZ_EINVAL, "line %lld: no 'id'", (long long)line);
    if (!(weight > 0 && weight < INFINITY))
        return az_fail(err, AZ_EINVAL, "line %lld: 'weight' is not above 0", (long long)line);
    if (az_grow(&g->rows, &g->cap, g->n + 1, sizeof(*g->rows)) < 0)
        return az_oom(err);
    struct row row = {az_arena_str(g->arena, id), az_arena_str(g->arena, json), weight, line};
    if (!row.id.p || !row.json.p)
        return az_oom(err);
    g->rows[g->n++] = row;
    return 0;
}

/* ---- JSONL ---- */

/* Names of a field, then `also`; null counts as there. */
static az_jv named(az_jv line, enum az_field f, const char *also)
{
    for (const char *const *name = az_field_aliases(f); *name; name++) {
        az_jv v = az_jv_get(line, *name);
        if (v)
            return v;
    }
    return also ? az_jv_get(line, also) : NULL;
}

static int add_object(struct az_golds *g, struct az_str text, az_jv line, int64_t number,
                      struct az_error *err)
{
    char digits[AZ_NUMBER_MAX];
    az_jv id = named(line, AZ_FIELD_ID, NULL), gold = named(line, AZ_FIELD_GOLD, "target");
    az_jv weighed = az_jv_get(line, "weight");
    double weight = 1;
    struct az_str name = az_jv_str(id);
    if (az_jv_type(id) == AZ_J_NUMBER)
        name = az_field_number(id, az_jv_key(id).p, text, digits);
    if (!gold)
        return az_fail(err, AZ_EINVAL, "line %lld: no 'gold'", (long long)number);
    if (weighed && az_jv_type(weighed) != AZ_J_NULL && !az_jv_num(weighed, &weight))
        return az_fail(err, AZ_EINVAL, "line %lld: 'weight' is no number", (long long)number);

    AZ_AUTO_BUF json = az_buf(AZ_BUF_MAX);
    az_jv_print(&json, gold);
    int r = az_buf_check(&json, err);
    return r < 0 ? r : add(g, name, az_buf_view(&json), weight, number, err);
}

static int parse_jsonl(struct az_golds *g, struct az_str text, struct az_error *err)
{
    struct az_str line;
    int r = 0;
    for (int64_t number = 1; r == 0 && az_str_line(&text, &line); number++) {
        AZ_AUTO(json) doc = NULL;
        if (!az_str_trim(line).n)
            continue;
        r = az_json_parse(line, &doc, err);
        if (r < 0)
            return az_wrap(err, "line %lld", (long long)number);
        if (az_jv_type(az_json_root(doc)) != AZ_J_OBJECT)
            return az_fail(err, AZ_EINVAL, "line %lld: not an object", (long long)number);
        r = add_object(g, line, az_json_root(doc), number, err);
    }
    return r;
}

/* ---- CSV ---- */

static bool column_is(struct az_str name, enum az_field f, const char *also)
{
    name = az_str_trim(name);
    for (const char *const *alias = az_field_aliases(f); *alias; alias++) {
        if (az_str_eqz_nocase(name, *alias))
            return true;
    }
    return also && az_str_eqz_nocase(name, also);
}

struct columns {
    size_t id, gold, weight; /* SIZE_MAX = not found */
};

static int find_columns(const struct az_csv_row *header, struct columns *c, struct az_error *err)
{
    *c = (struct columns){SIZE_MAX, SIZE_MAX, SIZE_MAX};
    for (size_t i = header->n; i-- > 0;) { /* the first of several counts */
        if (column_is(header->v[i], AZ_FIELD_ID, NULL))
            c->id = i;
        if (column_is(header->v[i], AZ_FIELD_GOLD, "target"))
            c->gold = i;
        if (az_str_eqz_nocase(az_str_trim(header->v[i]), "weight"))
            c->weight = i;
    }
    if (c->id != SIZE_MAX && c->gold != SIZE_MAX)
        return 0;
    az_fail(err, AZ_EINVAL, "no column '%s' in the header", c->id == SIZE_MAX ? "id" : "gold");
    az_hint(err, "The first line names the columns: id,gold.");
    return AZ_EINVAL;
}

static void put_cell(struct az_buf *b, struct az_str cell)
{
    struct az_json *doc = NULL;
    struct az_jw w = az_jw(b);
    struct az_str trimmed = az_str_trim(cell);
    if (!trimmed.n)
        az_jw_null(&w);
    else if ((trimmed.p[0] == '[' || trimmed.p[0] == '{') &&
             az_json_parse(trimmed, &doc, NULL) == 0)
        az_jv_print(b, az_json_root(doc));
    else
        az_jw_str(&w, cell);
    az_json_free(doc);
}

static int add_csv_row(struct az_golds *g, const struct az_csv_row *row, const struct columns *c,
                       struct az_error *err)
{
    if (row->n == 1 && !row->v[0].n)
        return 0; /* a blank line */
    if (c->id >= row->n || c->gold >= row->n)
        return az_fail(err, AZ_EINVAL, "line %lld: %zu cells, fewer than the header",
                       (long long)row->line, row->n);
    struct az_str cell = c->weight < row->n ? az_str_trim(row->v[c->weight]) : (struct az_str){0};
    double weight = 1;
    if (cell.n && !az_str_double(cell, &weight))
        return az_fail(err, AZ_EINVAL, "line %lld: 'weight' is no number", (long long)row->line);
    AZ_AUTO_BUF json = az_buf(AZ_BUF_MAX);
    put_cell(&json, row->v[c->gold]);
    int r = az_buf_check(&json, err);
    return r < 0 ? r
                 : add(g, az_str_trim(row->v[c->id]), az_buf_view(&json), weight, row->line, err);
}

static int parse_csv(struct az_golds *g, struct az_str text, struct az_error *err)
{
    struct az_str rest = text, first = {0};
    struct columns columns = {0};
    az_str_line(&rest, &first);
    AZ_AUTO(csv) csv = az_csv_new(text, first.n && memchr(first.p, '\t', first.n) ? '\t' : ',');
    if (!csv)
        return az_oom(err);

    struct az_csv_row row;
    int r = az_csv_next(csv, &row, err);
    if (r == 1)
        r = find_columns(&row, &columns, err);
    while (r == 0 && (r = az_csv_next(csv, &row, err)) == 1)
        r = add_csv_row(g, &row, &columns, err);
    return r;
}

/* ---- all ---- */

static int row_cmp(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int c = memcmp(x->id.p, y->id.p, AZ_MIN(x->id.n, y->id.n));
    if (!c)
        c = (x->id.n > y->id.n) - (x->id.n < y->id.n);
    return c ? c : (x->line > y->line) - (x->line < y->line);
}

/* The same said twice is once; two different answers are a mistake. */
static int sort_rows(struct az_golds *g, struct az_error *err)
{
    if (g->n)
        qsort(g->rows, g->n, sizeof(*g->rows), row_cmp);
    size_t kept = 0;
    for (size_t i = 0; i < g->n; i++) {
        const struct row *last = kept ? &g->rows[kept - 1] : NULL, *row = &g->rows[i];
        if (!last || !az_str_eq(last->id, row->id))
            g->rows[kept++] = *row;
        else if (!az_str_eq(last->json, row->json))
            return az_fail(err, AZ_EINVAL,
                           "line %lld: id '" AZ_STR_FMT
                           "' again, with another gold than in line %lld",
                           (long long)row->line, (int)AZ_MIN(row->id.n, 100u), row->id.p,
                           (long long)last->line);
    }
    g->n = kept;
    return 0;
}

int az_golds_parse(struct az_str text, struct az_golds **ret, struct az_error *err)
{
    size_t bad;
    if (!az_utf8_valid(text, &bad))
        return az_fail(err, AZ_EINVAL, "not UTF-8 at byte %zu", bad);
    if (az_str_starts(text, "\xef\xbb\xbf"))
        text = (struct az_str){text.p + 3, text.n - 3};
    if (!az_str_trim(text).n)
        return az_fail(err, AZ_EINVAL, "no gold in it: it is empty");

    AZ_AUTO(golds) g = golds_new();
    if (!g)
        return az_oom(err);
    bool jsonl = az_str_trim(text).p[0] == '{';
    int r = jsonl ? parse_jsonl(g, text, err) : parse_csv(g, text, err);
    if (r == 0)
        r = sort_rows(g, err);
    if (r == 0)
        *ret = AZ_TAKE(g);
    return r;
}

static const struct row *find(const struct az_golds *g, struct az_str id)
{
    size_t from = 0, to = g->n;
    struct row wanted = {.id = id, .line = INT64_MAX};
    while (from < to) { /* the first row that is behind `wanted` */
        size_t mid = from + (to - from) / 2;
        if (row_cmp(&g->rows[mid], &wanted) <= 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from && az_str_eq(g->rows[from - 1].id, id) ? &g->rows[from - 1] : NULL;
}

struct az_str az_golds_find(const struct az_golds *g, struct az_str id)
{
    const struct row *row = find(g, id);
    return row ? row->json : (struct az_str){0};
}

double az_golds_weight(const struct az_golds *g, struct az_str id)
{
    const struct row *row = find(g, id);
    return row ? row->weight : 1;
}

size_t az_golds_count(const struct az_golds *g)
{
    return g->n;
}
