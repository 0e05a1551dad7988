#include "core/wrap.h"

#include "core/glyph.h"
#include "core/str.h"

enum { TAB = 4 };

struct wrap {
    struct az_buf *b;
    size_t indent, room; /* columns of text in a line */
    size_t used;         /* of the line so far */
    bool open;           /* its indent is written */
};

static void open_line(struct wrap *w)
{
    if (!w->open)
        az_buf_fmt(w->b, "%*s", (int)w->indent, "");
    w->open = true;
}

static void end_line(struct wrap *w)
{
    az_buf_char(w->b, '\n');
    w->used = 0;
    w->open = false;
}

static void put(struct wrap *w, struct az_str s, size_t columns)
{
    open_line(w);
    az_buf_str(w->b, s);
    w->used += columns;
}

static struct az_str rest_of(struct az_str s, size_t n)
{
    return (struct az_str){s.p + n, s.n - n};
}

/* A word, cut where it meets the end of the line when it has a whole one. */
static void put_word(struct wrap *w, struct az_str word)
{
    while (word.n) {
        struct az_glyph g = az_glyph_first(word);
        if (w->used && w->used + g.columns > w->room)
            end_line(w);
        put(w, g.shown ? (struct az_str){word.p, g.bytes} : AZ_STR("?"), g.columns);
        word = rest_of(word, g.bytes);
    }
}

static void put_spaces(struct wrap *w, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put(w, AZ_STR(" "), 1);
}

static size_t count_spaces(struct az_str *s)
{
    size_t n = 0, columns = 0;
    for (; n < s->n && (s->p[n] == ' ' || s->p[n] == '\t'); n++)
        columns += s->p[n] == '\t' ? TAB : 1;
    *s = rest_of(*s, n);
    return columns;
}

static struct az_str take_word(struct az_str *s)
{
    size_t n = 0;
    while (n < s->n && s->p[n] != ' ' && s->p[n] != '\t')
        n++;
    struct az_str word = {s->p, n};
    *s = rest_of(*s, n);
    return word;
}

static void put_line(struct wrap *w, struct az_str line)
{
    while (line.n) {
        size_t spaces = count_spaces(&line);
        struct az_str word = take_word(&line);
        size_t columns = az_glyph_width(word);
        bool fits = w->used + spaces + columns <= w->room;
        if (!word.n)
            break; /* spaces at the end say nothing */
        if (fits || !w->used)
            put_spaces(w, spaces < w->room ? spaces : 0);
        else
            end_line(w);
        put_word(w, word);
    }
    end_line(w);
}

void az_wrap_text(struct az_buf *b, struct az_str s, size_t indent, size_t width)
{
    struct wrap w = {.b = b, .indent = indent, .room = width > indent + 8 ? width - indent : 8};
    struct az_str line;
    if (s.p && !s.n)
        end_line(&w);
    while (az_str_line(&s, &line))
        put_line(&w, line);
}
