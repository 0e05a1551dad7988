#include "client/cli/io_ballot_file.h"

#include <unistd.h>

#include "client/cli/command.h"
#include "client/cli/io_spool.h"
#include "core/io_file.h"
#include "core/mem.h"

enum { BAD_SHOWN = 10 };

/* ---- names ---- */

void az_roster_release(struct az_roster *r)
{
    az_names_release(&r->items);
    az_names_release(&r->judges);
    free(r->casters);
    az_arena_free(r->arena);
    *r = (struct az_roster){0};
}

uint32_t az_roster_judge(struct az_roster *r, struct az_str name)
{
    if (!r->arena)
        r->arena = az_arena_new(4096);
    size_t before = r->judges.n;
    uint32_t number = r->arena ? az_names_add(&r->judges, name) : AZ_NAME_NONE;
    if (number == AZ_NAME_NONE || r->judges.n == before)
        return number;
    char *copy = az_arena_strndup(r->arena, name.p, name.n);
    if (!copy || az_grow(&r->casters, &r->cap, r->judges.n, sizeof(*r->casters)) < 0)
        return AZ_NAME_NONE;
    r->casters[number - 1] = (struct az_caster){.name = copy};
    return number;
}

/* ---- the first reading ---- */

struct scan {
    struct az_ballot_file *f;
    struct az_roster *roster;
    uint64_t at; /* where the line begins */
};

static int note_ballot(struct scan *s, const struct az_recorded_line *row, struct az_error *err)
{
    uint32_t judge = az_roster_judge(s->roster, row->judge);
    if (judge == AZ_NAME_NONE)
        return az_oom(err);
    struct az_caster *c = &s->roster->casters[judge - 1];
    int r = az_caster_note(c, (enum az_order)row->order, row->sample, err);
    if (r < 0)
        return r;
    if (row->round > AZ_ROUNDS_MAX)
        return az_fail(err, AZ_EINVAL, "round %d: at most %d", row->round, AZ_ROUNDS_MAX);
    if (!c->sort && row->kind.n &&
        !(c->sort = az_arena_strndup(s->roster->arena, row->kind.p, row->kind.n)))
        return az_oom(err);
    s->roster->rounds = AZ_MAX(s->roster->rounds, row->round);
    s->f->ballots++;
    if (row->error == AZ_BE_NONE && az_guess_ballot(&s->f->guess, s->roster->arena, row->label,
                                                    row->score, (size_t)row->order_n) < 0)
        return az_oom(err);
    return 0;
}

/* Room for the item among `first` and `last`. */
static int reach_item(struct az_ballot_file *f, uint32_t item)
{
    if (az_grow(&f->first, &f->cap_first, item, sizeof(*f->first)) < 0 ||
        az_grow(&f->last, &f->cap_last, item, sizeof(*f->last)) < 0)
        return AZ_ENOMEM;
    for (; f->n_items < item; f->n_items++)
        f->first[f->n_items] = f->last[f->n_items] = 0;
    return 0;
}

/* The line is about the item. */
static int note_extent(struct scan *s, struct az_str id, const struct az_line *line,
                       struct az_error *err)
{
    struct az_ballot_file *f = s->f;
    size_t mark = (size_t)(line->text.p - line->raw.p); /* a byte order mark is left out */
    uint64_t from = s->at + mark;
    size_t n = line->raw.n - mark;
    uint32_t item = az_names_add(&s->roster->items, id);
    if (item == AZ_NAME_NONE || reach_item(f, item) < 0)
        return az_oom(err);
    uint32_t last = f->last[item - 1];
    struct az_extent *e = last ? &f->extents[last - 1] : NULL;
    if (e && e->at + e->n == from && e->n <= UINT32_MAX - n) {
        e->n += (uint32_t)n;
        return 0;
    }
    if (f->n_extents >= UINT32_MAX - 1 ||
        az_grow(&f->extents, &f->cap_extents, f->n_extents + 1, sizeof(*f->extents)) < 0)
        return az_oom(err);
    f->extents[f->n_extents++] = (struct az_extent){.at = from, .n = (uint32_t)n};
    if (last)
        f->extents[last - 1].next = (uint32_t)f->n_extents;
    else
        f->first[item - 1] = (uint32_t)f->n_extents;
    f->last[item - 1] = (uint32_t)f->n_extents;
    return 0;
}

/* 0, or why the line is bad (AZ_EINVAL) or nothing goes on. */
static int scan_line(struct scan *s, const struct az_line *line, struct az_error *err)
{
    struct az_ballot_line l;
    int r = az_ballot_line_read(&s->f->form, line->text, &l, err);
    int got = 0;
    while (r == 0 && (got = az_ballot_line_next(&l, err)) > 0)
        r = note_ballot(s, &l.row, err);
    if (got < 0)
        r = got;
    if (r == 0) {
        s->f->verdicts += l.verdict != NULL;
        r = note_extent(s, l.item, line, err);
    }
    az_ballot_line_release(&l);
    return AZ_MIN(r, 0);
}

static void tell_bad(struct az_ballot_file *f, const char *what)
{
    f->bad_lines++;
    if (f->bad_lines <= BAD_SHOWN)
        az_say("%s: %s", f->path, what);
    else if (f->bad_lines == BAD_SHOWN + 1)
        az_say("%s: more bad lines are counted, not shown", f->path);
}

static int scan_lines(struct scan *s, struct az_lines *lines, struct az_error *first,
                      struct az_error *err)
{
    struct az_line line;
    int r;
    while ((r = az_lines_next(lines, &line, err)) > 0) {
        struct az_error why = {0};
        s->f->form.line = line.number - 1;
        int bad = r == AZ_LINE_LONG ? az_fail(&why, AZ_EINVAL, "line %lld: longer than %d MiB",
                                              (long long)line.number, AZ_LINE_MAX >> 20)
                                    : scan_line(s, &line, &why);
        if (bad < 0 && bad != AZ_EINVAL && bad != AZ_ELIMIT) {
            *err = why;
            return bad;
        }
        if (bad < 0 && !first->code)
            *first = why;
        if (bad < 0)
            tell_bad(s->f, why.what);
        s->at += (uint64_t)line.bytes;
    }
    return r < 0 ? r : az_lines_check_any(lines, err);
}

static int scan_file(struct az_ballot_file *f, struct az_roster *roster, struct az_error *err)
{
    AZ_AUTO(lines) lines = NULL;
    struct scan s = {.f = f, .roster = roster};
    struct az_error first = {0};
    int r = az_lines_open_fd(f->fd, f->path, &lines, err);
    if (r == 0)
        r = scan_lines(&s, lines, &first, err);
    if (r < 0 || f->ballots || f->verdicts)
        return r;
    az_fail(err, AZ_ENOENT, "'%s' has no ballot and no verdict", f->path);
    if (*first.hint)
        az_hint(err, "%s", first.hint);
    return AZ_ENOENT;
}

int az_ballot_file_open(struct az_ballot_file *f, const char *path, struct az_roster *roster,
                        struct az_error *err)
{
    *f = (struct az_ballot_file){.path = strcmp(path, "-") ? path : "stdin", .fd = -1};
    if (!roster->arena && !(roster->arena = az_arena_new(4096)))
        return az_oom(err);
    int r = az_spool_open(path, &f->fd, err);
    return r < 0 ? r : scan_file(f, roster, err);
}

void az_ballot_file_release(struct az_ballot_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    free(f->extents);
    free(f->first);
    free(f->last);
    *f = (struct az_ballot_file){.fd = -1};
}

/* ---- and again, item by item ---- */

bool az_ballot_file_has(const struct az_ballot_file *f, uint32_t item)
{
    return item != AZ_NAME_NONE && item <= f->n_items && f->first[item - 1];
}

static int each_line(struct az_ballot_file *f, struct az_str text, az_ballot_file_fn *each,
                     void *arg, struct az_error *err)
{
    struct az_str line;
    int r = 0;
    while (r == 0 && az_str_line(&text, &line)) {
        struct az_ballot_line l;
        r = az_ballot_line_read(&f->form, line, &l, err);
        if (r == 0)
            r = each(arg, &l, err);
        az_ballot_line_release(&l);
        r = AZ_MIN(r, 0);
    }
    return r;
}

int az_ballot_file_item(struct az_ballot_file *f, uint32_t item, struct az_buf *scratch,
                        az_ballot_file_fn *each, void *arg, struct az_error *err)
{
    uint32_t at = az_ballot_file_has(f, item) ? f->first[item - 1] : 0;
    int r = 0;
    while (r == 0 && at) {
        const struct az_extent *e = &f->extents[at - 1];
        at = e->next;
        az_buf_clear(scratch);
        r = az_spool_read(f->fd, e->at, e->n, scratch, err);
        if (r == 0)
            r = each_line(f, az_buf_view(scratch), each, arg, err);
        if (r < 0)
            return az_wrap(err, "%s", f->path);
    }
    return r;
}
