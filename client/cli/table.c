#include "client/cli/table.h"

#include "client/cli/human.h"
#include "core/arena.h"
#include "core/glyph.h"
#include "core/mem.h"

enum { COLUMNS_MAX = 24, GAP = 2 };

struct az_table {
    const struct az_column *columns;
    size_t n_columns, n, cap;
    struct az_str *cells;
    struct az_arena *arena;
    int failed;
};

struct az_table *az_table_new(const struct az_column *columns, size_t n)
{
    az_assert(n > 0 && n <= COLUMNS_MAX);
    AZ_AUTO(table) t = az_zalloc(sizeof(*t));
    if (!t)
        return NULL;
    t->columns = columns;
    t->n_columns = n;
    t->arena = az_arena_new(1024);
    if (!t->arena)
        return NULL;
    return AZ_TAKE(t);
}

void az_table_free(struct az_table *t)
{
    if (!t)
        return;
    az_arena_free(t->arena);
    free(t->cells);
    free(t);
}

void az_table_cell(struct az_table *t, struct az_str text)
{
    struct az_str copy = az_arena_str(t->arena, text.p ? text : AZ_STR(""));

    if (!copy.p || az_grow(&t->cells, &t->cap, t->n + 1, sizeof(*t->cells)) < 0) {
        t->failed = AZ_ENOMEM;
        return;
    }
    t->cells[t->n++] = copy;
}

void az_table_cell_z(struct az_table *t, const char *text)
{
    az_table_cell(t, az_str(text));
}

size_t az_table_rows(const struct az_table *t)
{
    return (t->n + t->n_columns - 1) / t->n_columns;
}

/* Row 0 is the title. */
static struct az_str cell(const struct az_table *t, size_t row, size_t column)
{
    if (row == 0)
        return az_str(t->columns[column].title);
    size_t at = (row - 1) * t->n_columns + column;
    return at < t->n ? t->cells[at] : AZ_STR("");
}

static size_t wanted_width(const struct az_table *t, size_t column)
{
    size_t most = t->columns[column].most, width = 0;

    for (size_t row = 0; row <= az_table_rows(t); row++)
        width = AZ_MAX(width, az_glyph_width(cell(t, row, column)));
    return most ? AZ_MIN(width, most) : width;
}

/* widths[i] 0: the column is left out, or it is empty. */
static size_t total_width(const size_t *widths, size_t n)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += widths[i] ? widths[i] + (total ? GAP : 0) : 0;
    return total;
}

/* The column to drop next; false: none may go. */
static bool least_needed(const struct az_table *t, const size_t *widths, size_t *ret)
{
    bool any = false;
    for (size_t i = 0; i < t->n_columns; i++) {
        if (!widths[i] || t->columns[i].need == 0)
            continue;
        if (!any || t->columns[i].need <= t->columns[*ret].need)
            *ret = i;
        any = true;
    }
    return any;
}

static void fit(const struct az_table *t, size_t width, size_t *widths)
{
    size_t drop = 0;

    for (size_t i = 0; i < t->n_columns; i++)
        widths[i] = wanted_width(t, i);
    while (total_width(widths, t->n_columns) > width && least_needed(t, widths, &drop))
        widths[drop] = 0;
    while (total_width(widths, t->n_columns) > width) {
        size_t widest = 0;
        for (size_t i = 1; i < t->n_columns; i++) {
            if (widths[i] > widths[widest])
                widest = i;
        }
        if (widths[widest] <= 1)
            break;
        widths[widest]--;
    }
}

static void spaces(struct az_buf *b, size_t n)
{
    while (n-- > 0)
        az_buf_char(b, ' ');
}

static void print_row(struct az_buf *b, const struct az_table *t, size_t row, const size_t *widths)
{
    size_t owed = 0; /* spaces due before the next text: none at a line's end */
    bool first = true;

    for (size_t i = 0; i < t->n_columns; i++) {
        if (!widths[i])
            continue;
        struct az_str text = cell(t, row, i);
        size_t columns = AZ_MIN(az_glyph_width(text), widths[i]);
        owed += first ? 0 : GAP;
        first = false;
        if (t->columns[i].right)
            owed += widths[i] - columns;
        if (text.n) {
            spaces(b, owed);
            owed = widths[i] - az_human_text(b, text, widths[i]);
            if (t->columns[i].right)
                owed = 0;
        } else if (!t->columns[i].right) {
            owed += widths[i];
        }
    }
    az_buf_char(b, '\n');
}

void az_table_print(struct az_buf *b, const struct az_table *t, size_t indent, size_t width)
{
    size_t widths[COLUMNS_MAX];

    if (t->failed)
        b->failed = t->failed;
    fit(t, width > indent ? width - indent : 1, widths);
    for (size_t row = 0; row <= az_table_rows(t); row++) {
        spaces(b, indent);
        print_row(b, t, row, widths);
    }
}
