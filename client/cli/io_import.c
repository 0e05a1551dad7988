#include "client/cli/io_import.h"

#include "client/cli/command.h"
#include "client/cli/import/entry.h"
#include "client/cli/import/reader.h"
#include "client/cli/import/tell.h"
#include "core/io_file.h"
#include "core/io_source.h"
#include "core/io_unzip.h"

struct importing {
    const struct az_import_config *config;
    struct az_join *join;
    struct az_import im;
    struct az_reader reader;
    struct az_out *out, *items_out;
    int64_t told, bad_items; /* bad records that were; bad lines of the items */
    bool broken;             /* it could not be read to its end */
};

static void tell_bad(struct importing *m, const char *file, const char *what)
{
    if (m->told++ < AZ_IMPORT_SHOWN)
        az_say("%s: %s", file, what);
    else if (m->told == AZ_IMPORT_SHOWN + 1)
        az_say("more bad lines are counted, not shown");
}

static void on_bad(void *arg, const char *what)
{
    struct importing *m = arg;
    tell_bad(m, m->config->file, what);
}

/* ---- the items ---- */

static int add_item(struct importing *m, const struct az_line *line, bool too_long,
                    struct az_error *err)
{
    char what[512];
    if (!too_long && !az_str_trim(line->text).n)
        return 0;
    int r = too_long ? az_fail(err, AZ_EINVAL, "longer than any line that is read")
                     : az_join_add(m->join, line->text, line->number, err);
    if (r >= 0 || r == AZ_ENOMEM)
        return AZ_MIN(r, 0);
    if (m->config->strict)
        return az_wrap(err, "'%s': line %lld", m->config->items, (long long)line->number);
    m->bad_items++;
    snprintf(what, sizeof(what), "line %lld: %s", (long long)line->number, err->what);
    tell_bad(m, m->config->items, what);
    return 0;
}

static int read_items(struct importing *m, struct az_error *err)
{
    AZ_AUTO(lines) lines = NULL;
    struct az_line line;
    int r = az_lines_open(m->config->items, &lines, err), got;
    while (r == 0 && (got = az_lines_next(lines, &line, err)) != AZ_LINE_END)
        r = got < 0 ? got : add_item(m, &line, got == AZ_LINE_LONG, err);
    return r < 0 ? r : az_lines_check_any(lines, err);
}

/* ---- the file ---- */

static int pour(struct az_buf *from, struct az_out *to, struct az_error *err)
{
    int r = to ? az_out_write(to, az_buf_view(from), err) : 0;
    az_buf_clear(from);
    return r;
}

static int pour_both(struct importing *m, struct az_error *err)
{
    int r = pour(&m->im.ballots, m->out, err);
    return r < 0 ? r : pour(&m->im.items, m->items_out, err);
}

/* What can't be read any further ends the file; what was read before it counts. */
static int ended(struct importing *m, int r, struct az_error *err)
{
    if ((r != AZ_EINVAL && r != AZ_EIO) || m->config->strict || !m->im.counts.ballots)
        return r == AZ_EINVAL ? az_wrap(err, "'%s'", m->config->file) : r;
    m->broken = true;
    if (r == AZ_EINVAL)
        az_wrap(err, "'%s'", m->config->file);
    az_say("%s", err->what);
    if (*err->hint)
        az_say("%s", err->hint);
    return 0;
}

/* Reading failed, and *err says why: the records before that are read. */
static int cut_off(struct importing *m, int got)
{
    struct az_error other = {0};
    int r = az_reader_cut(&m->reader, &other);
    return r == AZ_ENOMEM ? r : got;
}

static int read_stream(struct importing *m, struct az_source *source, struct az_str bytes,
                       struct az_error *err)
{
    int got = 1, r = 0;
    while (r == 0 && got > 0) {
        r = az_reader_feed(&m->reader, bytes, err);
        int poured = r < 0 ? 0 : pour_both(m, err);
        r = poured < 0 ? poured : r;
        if (r == 0)
            got = az_source_next(source, &bytes, err);
    }
    if (r < 0)
        return r;
    return got < 0 ? cut_off(m, got) : az_reader_end(&m->reader, err);
}

/* ---- an archive ---- */

static bool is_record(const struct az_form *form, struct az_str name)
{
    for (const char *const *e = form->entries; *e; e++) {
        bool folder = az_str_ends(az_str(*e), "/");
        if (folder ? az_str_starts(name, *e) : az_str_eqz(name, *e))
            return true;
    }
    return false;
}

static int read_entry(struct importing *m, struct az_unzip *zip, struct az_entry *entry,
                      struct az_error *err)
{
    struct az_str bytes, record;
    struct az_error bad = {0};
    int got, r = 0;
    while ((got = az_unzip_read(zip, &bytes, err)) > 0) {
        if (r == 0)
            r = az_entry_feed(entry, bytes, &bad);
    }
    if (got < 0)
        return got;
    int ended = az_entry_end(entry, &record, r == 0 ? &bad : NULL);
    r = r == 0 ? ended : r;
    if (r == 0)
        return az_reader_value(&m->reader, record, err);
    *err = bad;
    return r == AZ_EINVAL ? az_reader_bad(&m->reader, err) : r;
}

static int read_archive(struct importing *m, struct az_source *source, struct az_str first,
                        struct az_error *err)
{
    const struct az_form *form = m->config->form;
    if (!form->entries) {
        az_fail(err, AZ_EINVAL, "it is a zip archive");
        az_hint(err, "Of these only Inspect's are read (--as inspect).");
        return AZ_EINVAL;
    }
    struct az_str name;
    struct az_entry entry;
    AZ_AUTO(unzip) zip = az_unzip_new(source, first);
    if (!zip)
        return az_oom(err);
    az_entry_init(&entry, form->members);
    int r = 0, got = 1;
    while (r == 0 && (got = az_unzip_next(zip, &name, err)) > 0) {
        r = is_record(form, name) ? read_entry(m, zip, &entry, err) : 0;
        int poured = r < 0 ? 0 : pour_both(m, err);
        r = poured < 0 ? poured : r;
    }
    az_entry_release(&entry);
    return r < 0 ? r : got;
}

static int read_file(struct importing *m, struct az_error *err)
{
    AZ_AUTO(source) source = NULL;
    struct az_str first;
    int r = az_source_open(m->config->file, &source, err);
    if (r == 0)
        r = az_source_next(source, &first, err);
    if (r == 0)
        return az_fail(err, AZ_ENOENT, "'%s' is empty", m->config->file);
    if (r < 0)
        return r;
    r = az_unzip_is(first) ? read_archive(m, source, first, err)
                           : read_stream(m, source, first, err);
    r = ended(m, r, err);
    return r < 0 ? r : pour_both(m, err);
}

/* A file in which nothing is of the form. */
static int check_any(struct importing *m, struct az_error *err)
{
    const struct az_form *form = m->config->form;
    const struct az_import_counts *c = &m->im.counts;
    if (c->records > c->bad)
        return 0;
    const struct az_form *guess = az_form_guess(az_buf_view(&m->reader.head), form);
    az_fail(err, AZ_EINVAL, "'%s' has nothing that could be read as %s", m->config->file,
            form->name);
    if (guess)
        az_hint(err, "It looks like %s: --as %s.", guess->summary, guess->name);
    else
        az_hint(err, "Expected: %s.", form->summary);
    return AZ_EINVAL;
}

/* ---- all ---- */

static int open_ends(struct importing *m, struct az_error *err)
{
    const struct az_import_config *c = m->config;
    int r = az_out_open(c->out, AZ_OUT_ATOMIC, &m->out, err);
    if (r == 0 && c->items_out)
        r = az_out_open(c->items_out, AZ_OUT_ATOMIC, &m->items_out, err);
    m->im.want_items = c->items_out != NULL;
    return r;
}

static int commit(struct importing *m, struct az_error *err)
{
    int r = az_out_commit(m->out, err);
    return r < 0 || !m->items_out ? r : az_out_commit(m->items_out, err);
}

static void tell(const struct importing *m)
{
    if (m->config->quiet)
        return;
    AZ_AUTO_BUF text = az_buf(65536);
    az_import_tell(&text, &m->im);
    struct az_str rest = az_buf_view(&text), line;
    while (az_str_line(&rest, &line))
        az_say(AZ_STR_FMT, AZ_STR_ARG(line));
    if (m->im.options->n_map == 0 && m->im.counts.ballots == m->im.counts.errors &&
        m->im.counts.ballots)
        az_say("not one ballot has an answer");
}

static int import(struct importing *m, struct az_error *err)
{
    const struct az_import_config *c = m->config;
    m->join = c->items ? az_join_new() : NULL;
    if (c->items && !m->join)
        return az_oom(err);
    int r = az_import_init(&m->im, c->form, c->options, m->join, err);
    az_reader_init(&m->reader, &m->im);
    m->reader.strict = c->strict;
    m->reader.bad = on_bad;
    m->reader.arg = m;
    if (r == 0 && c->items)
        r = read_items(m, err);
    if (r == 0)
        r = open_ends(m, err);
    if (r == 0)
        r = read_file(m, err);
    if (r == 0)
        r = check_any(m, err);
    return r < 0 ? r : commit(m, err);
}

int az_import_run(const struct az_import_config *config)
{
    struct importing m = {.config = config};
    struct az_error err = {0};
    int r = import(&m, &err);
    if (r == 0)
        tell(&m);
    int code = m.im.counts.bad || m.bad_items || m.broken ? AZ_EXIT_ITEMS : AZ_EXIT_OK;
    if (r < 0)
        code = az_report(&err, r == AZ_EINVAL ? AZ_EXIT_ITEMS : az_exit_of(&err));
    az_reader_release(&m.reader);
    az_import_release(&m.im);
    az_join_free(m.join);
    az_out_free(m.out);
    az_out_free(m.items_out);
    return code;
}
