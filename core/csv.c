#include "core/csv.h"

#include "core/buf.h"
#include "core/mem.h"

struct az_csv {
    struct az_str rest;
    char separator;
    int64_t line;
    struct az_buf unquoted; /* the texts of this row's quoted cells */
    struct az_str *cells;
    size_t *offsets; /* of a quoted cell in `unquoted`; SIZE_MAX = not quoted */
    size_t cap, offsets_cap;
};

struct az_csv *az_csv_new(struct az_str text, char separator)
{
    struct az_csv *c = az_zalloc(sizeof(*c));
    if (c)
        *c = (struct az_csv){
            .rest = text, .separator = separator, .line = 1, .unquoted = az_buf(AZ_BUF_MAX)};
    return c;
}

void az_csv_free(struct az_csv *c)
{
    if (!c)
        return;
    az_buf_release(&c->unquoted);
    free(c->cells);
    free(c->offsets);
    free(c);
}

void az_csv_set(struct az_csv *c, struct az_str text, int64_t line)
{
    c->rest = text;
    c->line = line;
}

bool az_csv_open(bool open, struct az_str line, char separator)
{
    bool at_start = !open;
    for (size_t i = 0; i < line.n; i++) {
        bool quote = line.p[i] == '"';
        if (open && quote && i + 1 < line.n && line.p[i + 1] == '"')
            i++;
        else if (quote && (open || at_start))
            open = !open;
        at_start = !open && line.p[i] == separator;
    }
    return open;
}

static void skip(struct az_csv *c, size_t n)
{
    c->rest = (struct az_str){c->rest.p + n, c->rest.n - n};
}

static bool ends_cell(const struct az_csv *c)
{
    const char *p = c->rest.p;
    size_t n = c->rest.n;
    return !n || p[0] == c->separator || p[0] == '\n' || (p[0] == '\r' && n > 1 && p[1] == '\n');
}

/* After the opening quote; appends to c->unquoted. */
static int read_quoted(struct az_csv *c, struct az_error *err)
{
    int64_t line = c->line;
    for (;;) {
        const char *quote = c->rest.n ? memchr(c->rest.p, '"', c->rest.n) : NULL;
        if (!quote)
            return az_fail(err, AZ_EINVAL, "line %lld: a quote that is never closed",
                           (long long)line);
        size_t n = (size_t)(quote - c->rest.p);
        for (size_t i = 0; i < n; i++)
            c->line += c->rest.p[i] == '\n';
        az_buf_put(&c->unquoted, c->rest.p, n);
        skip(c, n + 1);
        if (!c->rest.n || c->rest.p[0] != '"')
            break;
        az_buf_char(&c->unquoted, '"');
        skip(c, 1);
    }
    if (!ends_cell(c))
        return az_fail(err, AZ_EINVAL, "line %lld: text after a closing quote", (long long)c->line);
    return az_buf_check(&c->unquoted, err);
}

static int read_cell(struct az_csv *c, size_t i, struct az_error *err)
{
    if (az_grow(&c->cells, &c->cap, i + 1, sizeof(*c->cells)) < 0 ||
        az_grow(&c->offsets, &c->offsets_cap, i + 1, sizeof(*c->offsets)) < 0)
        return az_oom(err);
    c->offsets[i] = SIZE_MAX;
    if (c->rest.n && c->rest.p[0] == '"') {
        c->offsets[i] = c->unquoted.n;
        skip(c, 1);
        int r = read_quoted(c, err);
        c->cells[i].n = c->unquoted.n - c->offsets[i];
        return r;
    }
    const char *from = c->rest.p ? c->rest.p : "";
    while (!ends_cell(c))
        skip(c, 1);
    c->cells[i] = (struct az_str){from, (size_t)(c->rest.p - from)};
    return 0;
}

int az_csv_next(struct az_csv *c, struct az_csv_row *row, struct az_error *err)
{
    if (!c->rest.n)
        return 0;
    az_buf_clear(&c->unquoted);
    *row = (struct az_csv_row){.line = c->line};
    for (bool more = true; more;) {
        int r = read_cell(c, row->n++, err);
        if (r < 0)
            return r;
        more = c->rest.n && c->rest.p[0] == c->separator;
        skip(c, more);
    }
    if (c->rest.n)
        skip(c, c->rest.p[0] == '\r' ? 2 : 1);
    c->line++;
    for (size_t i = 0; i < row->n; i++) { /* now that the buffer stays in place */
        if (c->offsets[i] != SIZE_MAX)
            c->cells[i].p = az_buf_view(&c->unquoted).p + c->offsets[i];
    }
    row->v = c->cells;
    return 1;
}
